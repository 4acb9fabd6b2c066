/* The module `k6/encoding`: base64. An unknown encoding is the standard one, as in k6. */
#include "core/base64.h"
#include "script/js/module.h"

enum { ENCODED_BYTES_MAX = 1 << 30 };

static const struct {
    const char *name;
    enum base64_kind kind;
} encodings[] = {
    {"std", BASE64_STD},
    {"rawstd", BASE64_STD | BASE64_RAW},
    {"url", BASE64_URL},
    {"rawurl", BASE64_RAW_URL},
};

static bool encoding_of(JSContext *ctx, int argc, JSValueConst *argv, enum base64_kind *kind) {
    struct view name;

    *kind = BASE64_STD;
    if (argc < 2 || js_is_nullish(argv[1]))
        return true;
    if (!js_text(ctx, argv[1], &name))
        return false;
    for (size_t i = 0; i < sizeof encodings / sizeof *encodings; i++)
        if (view_eq(name, view_of_cstr(encodings[i].name)))
            *kind = encodings[i].kind;
    js_text_free(ctx, name);
    return true;
}

static JSValue encoding_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(ENCODED_BYTES_MAX);
    JSValueConst input = argc > 0 ? argv[0] : JS_UNDEFINED;
    enum base64_kind kind;
    struct js_bytes bytes;
    (void)this_val;

    if (!encoding_of(ctx, argc, argv, &kind))
        return JS_EXCEPTION;
    if (!js_bytes(ctx, input, &bytes))
        return js_throw(ctx, "invalid type %s, expected string, []byte or ArrayBuffer", js_go_type(ctx, input));
    int r = base64_encode(&out, bytes.view, kind);
    js_bytes_free(ctx, &bytes);
    return r < 0 ? JS_ThrowOutOfMemory(ctx) : js_string(ctx, buf_view(&out));
}

static bool wants_text(JSContext *ctx, int argc, JSValueConst *argv, bool *text) {
    struct view format;

    *text = false;
    if (argc < 3 || js_is_nullish(argv[2]))
        return true;
    if (!js_text(ctx, argv[2], &format))
        return false;
    *text = view_eq(format, VIEW("s"));
    js_text_free(ctx, format);
    return true;
}

static JSValue encoding_decode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(ENCODED_BYTES_MAX);
    struct view input = VIEW_NULL;
    enum base64_kind kind;
    size_t bad_at = 0;
    bool text;
    (void)this_val;

    if (!encoding_of(ctx, argc, argv, &kind) || !wants_text(ctx, argc, argv, &text))
        return JS_EXCEPTION;
    if (argc > 0 && !js_is_nullish(argv[0]) && !js_text(ctx, argv[0], &input))
        return JS_EXCEPTION;
    int r = base64_decode(&out, input, kind, &bad_at);
    js_text_free(ctx, input);
    if (r == ERROR_SYNTAX)
        return js_throw(ctx, "illegal base64 data at input byte %zu", bad_at);
    if (r < 0)
        return JS_ThrowOutOfMemory(ctx);
    return text ? js_string(ctx, buf_view(&out)) : js_buffer(ctx, buf_view(&out));
}

static const JSCFunctionListEntry members[] = {
    MODULE_FN("b64encode", 2, encoding_encode),
    MODULE_FN("b64decode", 3, encoding_decode),
};
static const char *const names[] = {"b64encode", "b64decode", NULL};

static JSValue make(JSContext *ctx) {
    return js_object(ctx, members, JS_COUNT(members));
}
extern const struct module_row module_k6_encoding;
const struct module_row module_k6_encoding = {.name = "k6/encoding", .make = make, .exports = names};
