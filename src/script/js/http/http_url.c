/* http.url`https://x/${id}`: a URL with a name tag in which the variable parts are "${}". */
#include "script/js/http/http_op.h"

#include <stdlib.h>

struct template_url {
    struct view url, name; /* behind the struct, in one block */
};

static void finalize(JSRuntime *rt, JSValue v);
static JSValue get_part(JSContext *ctx, JSValueConst this_val, int which);
static const JSCFunctionListEntry members[] = {
    JS_CGETSET_MAGIC_DEF("url", get_part, NULL, 0),
    JS_CGETSET_MAGIC_DEF("name", get_part, NULL, 1),
};
static struct js_class url_class = {
    .def = {.class_name = "URL", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)};

static void finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    free(js_class_opaque(v, &url_class));
}

static JSValue get_part(JSContext *ctx, JSValueConst this_val, int which) {
    struct template_url *u = js_class_opaque(this_val, &url_class);
    return u ? js_string(ctx, which ? u->name : u->url) : JS_UNDEFINED;
}

bool http_url_read(JSValueConst v, struct view *url, struct view *name) {
    struct template_url *u = JS_IsObject(v) ? js_class_opaque(v, &url_class) : NULL;
    if (!u)
        return false;
    *url = u->url;
    *name = u->name;
    return true;
}

static int append_value(JSContext *ctx, struct buf *out, JSValueConst v) {
    struct view text;
    if (!js_text(ctx, v, &text))
        return -1;
    int r = buf_append_view(out, text);
    js_text_free(ctx, text);
    return r;
}

JSValue http_url_tag(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf url CLEANUP(buf_deinit) = BUF_MAX(URL_BYTES_MAX), name CLEANUP(buf_deinit) = BUF_MAX(URL_BYTES_MAX);
    int64_t parts = 0;
    int r = 0;
    (void)this_val;

    if (argc < 1 || !JS_IsObject(argv[0]))
        return js_throw(ctx, "http.url is a template tag: http.url`https://…`");
    JSValue length = JS_GetPropertyStr(ctx, argv[0], "length");
    JS_ToInt64(ctx, &parts, length);
    for (int64_t i = 0; r == 0 && i < parts; i++) {
        JSValue part = JS_GetPropertyUint32(ctx, argv[0], (uint32_t)i);
        r = append_value(ctx, &url, part);
        if (r == 0)
            r = append_value(ctx, &name, part);
        JS_FreeValue(ctx, part);
        if (r == 0 && i + 1 < parts && i + 1 < argc) {
            r = append_value(ctx, &url, argv[i + 1]);
            if (r == 0)
                r = buf_append(&name, "${}", 3);
        }
    }
    if (r < 0)
        return JS_HasException(ctx) ? JS_EXCEPTION : js_throw(ctx, "the URL is too long");
    struct template_url *u = malloc(sizeof *u + url.len + name.len);
    if (!u)
        return JS_ThrowOutOfMemory(ctx);
    char *text = (char *)(u + 1);
    memcpy(text, url.len ? url.ptr : "", url.len);
    memcpy(text + url.len, name.len ? name.ptr : "", name.len);
    *u = (struct template_url){view_of(text, url.len), view_of(text + url.len, name.len)};
    JSValue v = js_class_new(ctx, &url_class, u);
    if (JS_IsException(v))
        free(u);
    return v;
}
