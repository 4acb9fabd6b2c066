/* The value that a promise of http.asyncRequest is rejected with: k6 hands out Go's *url.Error itself, which is no Error of JavaScript.
 * It has op, url and err, String(e) and e.error() give the sentence, and e.message is undefined. */
#ifndef SCRIPT_JS_GO_ERROR_H
#define SCRIPT_JS_GO_ERROR_H

#include "script/js/module.h"

struct go_error {
    struct view text;    /* the sentence */
    struct view op, url; /* ptr NULL: it has none of these */
    struct view cause;   /* text of err; ptr NULL: none */
    bool timeout;
};
JSValue go_error_new(JSContext *ctx, const struct go_error *e);
bool go_error_is(JSValueConst v);

#endif
