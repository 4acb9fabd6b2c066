/* The module `k6/html`. */
#include "script/js/html/html.h"
#include "script/js/module.h"

static JSValue html_parse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct view text = VIEW("");
    (void)this_val;

    if (argc < 1 || js_is_nullish(argv[0]))
        return html_selection(ctx, text, VIEW(""), VIEW_NULL);
    if (!js_text(ctx, argv[0], &text))
        return JS_EXCEPTION;
    JSValue v = html_selection(ctx, text, VIEW(""), VIEW_NULL);
    js_text_free(ctx, text);
    return v;
}

static const JSCFunctionListEntry members[] = {MODULE_FN("parseHTML", 1, html_parse)};
static const char *const names[] = {"parseHTML", NULL};

static JSValue make(JSContext *ctx) {
    return js_object(ctx, members, JS_COUNT(members));
}
extern const struct module_row module_k6_html;
const struct module_row module_k6_html = {.name = "k6/html", .make = make, .exports = names};
