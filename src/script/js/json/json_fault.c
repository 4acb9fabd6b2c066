#include "script/js/json/json_fault.h"

#include "core/utf8.h"
#include "script/js/json/json_scan.h"
#include "script/js/module.h"

JSValue json_fault_throw(JSContext *ctx, struct view text) {
    struct error err = ERROR_NULL;
    size_t at, lines = 1, characters = 0;

    if (json_scan_check(text, &at, &err) == 0)
        return JS_EXCEPTION;
    JS_FreeValue(ctx, JS_GetException(ctx));
    struct view read = view_take(text, at + 1);
    while (read.len) {
        int32_t c = utf8_decode(&read);
        lines += c == '\n';
        characters = c == '\n' ? 0 : characters + 1;
    }
    if (characters == 0 && text.len)
        characters = 1;
    return js_throw(ctx, "cannot parse json due to an error at line %zu, character %zu , error: %s", lines, characters, err.text);
}
