/* JSON.stringify for the values that scripts send: plain objects, arrays, texts, numbers. */
#ifndef SCRIPT_JS_JSON_TEXT_H
#define SCRIPT_JS_JSON_TEXT_H

#include <quickjs/quickjs.h>

#include "core/buf.h"

enum { JSON_TEXT_DEPTH_MAX = 48, JSON_TEXT_BYTES_MAX = 64 << 20 };

/* True: *out is the text that JSON.stringify(v) gives, as a new string. False: ask JS_JSONStringify; no
 * script was called and nothing thrown. */
bool json_text_of(JSContext *ctx, JSValueConst v, JSValue *out);

#endif
