/* Exceptions as text for people, in k6's form: the message, then one line "\tat function (file:///x.js:3:9)" per frame. */
#ifndef SCRIPT_JS_EXCEPTION_H
#define SCRIPT_JS_EXCEPTION_H

#include "script/js/vu.h"

enum { EXCEPTION_TEXT_MAX = 64 * 1024 };

/* malloc'ed; ends with a newline when there are frames. in_promise puts "Uncaught (in promise) " in front. Needs no free memory of ctx. */
char *exception_text(JSContext *ctx, JSValueConst error, bool in_promise);
/* "at function (file:///x.js:3:9)" of the innermost frame of JavaScript that runs now; malloc'ed, may be "". */
char *exception_here(JSContext *ctx);
/* Position "file:///x.js:3:9" of the innermost frame in a stack text; empty when none. */
struct view exception_position(struct view stack);
/* Logs at error level with k6's fields, and keeps it as evidence (SCRIPT_ERROR). */
void exception_log(struct vu *vu, const char *text, bool from_stack);

#endif
