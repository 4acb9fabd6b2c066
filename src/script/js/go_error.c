#include "script/js/go_error.h"

#include <stdlib.h>

struct sentence {
    bool timeout;
    size_t len;
    char text[];
};

static void finalize(JSRuntime *rt, JSValue v);
static JSValue text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue timeout(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue unwrap(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("toString", 0, text),
    JS_CFUNC_DEF("error", 0, text),
    JS_CFUNC_DEF("timeout", 0, timeout),
    JS_CFUNC_DEF("temporary", 0, timeout),
    JS_CFUNC_DEF("unwrap", 0, unwrap),
};
static struct js_class error_class = {
    .def = {.class_name = "Object", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)};

static void finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    free(js_class_opaque(v, &error_class));
}

static JSValue text(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const struct sentence *s = js_class_opaque(this_val, &error_class);
    (void)argc, (void)argv;
    return s ? js_string(ctx, view_of(s->text, s->len)) : JS_UNDEFINED;
}

static JSValue timeout(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const struct sentence *s = js_class_opaque(this_val, &error_class);
    (void)ctx, (void)argc, (void)argv;
    return JS_NewBool(ctx, s && s->timeout);
}

static JSValue unwrap(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)argc, (void)argv;
    return JS_GetPropertyStr(ctx, this_val, "err");
}

JSValue go_error_new(JSContext *ctx, const struct go_error *e) {
    struct sentence *s = malloc(sizeof *s + e->text.len);
    JSValue v = s ? js_class_new(ctx, &error_class, s) : JS_ThrowOutOfMemory(ctx);

    if (JS_IsException(v)) {
        free(s);
        return v;
    }
    s->timeout = e->timeout;
    s->len = e->text.len;
    memcpy(s->text, e->text.ptr ? e->text.ptr : "", e->text.len);
    if (e->op.ptr)
        js_set(ctx, v, "op", js_string(ctx, e->op));
    if (e->url.ptr)
        js_set(ctx, v, "url", js_string(ctx, e->url));
    if (e->cause.ptr)
        js_set(ctx, v, "err", go_error_new(ctx, &(struct go_error){.text = e->cause, .timeout = e->timeout}));
    return v;
}

bool go_error_is(JSValueConst v) { return JS_IsObject(v) && js_class_opaque(v, &error_class); }
