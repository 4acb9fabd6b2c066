/* Values as Go's JSON encoder writes what k6 exports from JavaScript: setup data and options travel like that. */
#ifndef SCRIPT_JS_GO_JSON_H
#define SCRIPT_JS_GO_JSON_H

#include <quickjs/quickjs.h>

#include "core/buf.h"
#include "core/error.h"

enum { GO_JSON_DEPTH_MAX = 60 };

/* Keys are sorted, undefined is null, a Date is RFC 3339 without ".000", a typed array of bytes is base64. ERROR_INVALID with Go's
 * sentence for functions, cycles and NaN; ERROR_SYNTAX when an exception is pending (a getter threw). */
int go_json_write(JSContext *ctx, JSValueConst v, struct buf *out, struct error *err) MUST_USE;

#endif
