/* JSON text: what the short way reads is what the engine reads; and what is written of it in the short way is what the engine writes.
 * links: ht_script_js */
#include "script/js/json/json_reader.h"
#include "script/js/json/json_text.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static JSContext *context(void) {
    static JSContext *ctx;
    if (!ctx)
        ctx = JS_NewContext(JS_NewRuntime());
    return ctx;
}

static void same(JSContext *ctx, JSValue a, JSValue b) {
    if (!JS_StrictEq(ctx, a, b))
        abort();
    JS_FreeValue(ctx, a);
    JS_FreeValue(ctx, b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    JSContext *ctx = context();
    JSValue fast, text;

    if (!json_reader_value(ctx, view_of((const char *)data, size), &fast))
        return 0;
    char *copy = view_dup_cstr(view_of((const char *)data, size));
    JSValue slow = copy ? JS_ParseJSON(ctx, copy, size, "<fuzz>") : JS_UNDEFINED;
    free(copy);
    if (JS_IsException(slow))
        abort();
    same(ctx, JS_JSONStringify(ctx, fast, JS_UNDEFINED, JS_UNDEFINED), JS_JSONStringify(ctx, slow, JS_UNDEFINED, JS_UNDEFINED));
    if (json_text_of(ctx, fast, &text))
        same(ctx, text, JS_JSONStringify(ctx, slow, JS_UNDEFINED, JS_UNDEFINED));
    JS_FreeValue(ctx, fast);
    JS_FreeValue(ctx, slow);
    return 0;
}
