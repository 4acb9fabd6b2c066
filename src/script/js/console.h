/* console.log and its siblings, with k6's formatting of values. */
#ifndef SCRIPT_JS_CONSOLE_H
#define SCRIPT_JS_CONSOLE_H

#include "core/buf.h"
#include "script/js/vu.h"

enum { CONSOLE_LINE_BYTES_MAX = 4 * 1024 * 1024, CONSOLE_DEPTH_MAX = 64 };

JSValue console_new(JSContext *ctx);
/* One value as console.log prints it: strings raw at the top, quoted inside. Leaves no exception behind. */
void console_format(JSContext *ctx, JSValueConst v, struct buf *out);

#endif
