/* What is wrong with a text that should be JSON. */
#ifndef SCRIPT_JS_JSON_FAULT_H
#define SCRIPT_JS_JSON_FAULT_H

#include <quickjs/quickjs.h>

#include "core/view.h"

/* Throws k6's sentence (line, character, Go's words) in place of the pending exception; that one stays when Go would accept the text. */
JSValue json_fault_throw(JSContext *ctx, struct view text);

#endif
