/* JSON text to JavaScript values in one pass, for the JSON that servers send. What it does not take (faults,
 * escapes that stand for half a character, absurd depth) is for the engine's own parser, which is slower by
 * half and knows every corner: js_json_read asks both. */
#ifndef SCRIPT_JS_JSON_READER_H
#define SCRIPT_JS_JSON_READER_H

#include <quickjs/quickjs.h>
#include <stdbool.h>

#include "core/view.h"

enum { JSON_READER_DEPTH_MAX = 48 };

/* True: *out is the value, a new reference, the same that JS_ParseJSON would make. False: ask that one;
 * nothing was thrown. */
bool json_reader_value(JSContext *ctx, struct view text, JSValue *out);

#endif
