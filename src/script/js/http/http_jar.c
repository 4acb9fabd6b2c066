/* http.CookieJar and the cookies object of a Response. */
#include "script/js/http/http_op.h"

#include "core/duration.h"
#include "script/js/atoms.h"

#include <stdio.h>

/* Go's zero time in milliseconds, as k6 shows a cookie without a date. */
#define NO_EXPIRY_MS (-6795364578871)

/* A jar that JavaScript holds: its own, or the VU's (which lives as long as the VU). */
struct jar_handle {
    struct cookie_jar *jar;
    bool own;
};

static void finalize(JSRuntime *rt, JSValue v);
static JSValue jar_cookies_for(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue jar_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue jar_remove(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int all);

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("cookiesForURL", 1, jar_cookies_for),
    JS_CFUNC_DEF("set", 3, jar_set),
    JS_CFUNC_MAGIC_DEF("clear", 1, jar_remove, 1),
    JS_CFUNC_MAGIC_DEF("delete", 2, jar_remove, 0),
};
static struct js_class jar_class = {
    .def = {.class_name = "CookieJar", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)};

static void finalize(JSRuntime *rt, JSValue v) {
    struct jar_handle *h = js_class_opaque(v, &jar_class);
    if (h && h->own)
        cookie_jar_free(h->jar);
    js_free_rt(rt, h);
}

struct cookie_jar *http_jar_of(JSContext *ctx, JSValueConst v) {
    struct jar_handle *h = JS_IsObject(v) ? js_class_opaque(v, &jar_class) : NULL;
    (void)ctx;
    return h ? h->jar : NULL;
}

struct cookie_jar *http_jar_default(struct vu *vu) {
    if (!vu->jar && cookie_jar_new(&vu->jar) < 0)
        vu->jar = NULL;
    return vu->jar;
}

static JSValue handle_new(JSContext *ctx, JSValueConst new_target, struct cookie_jar *jar, bool own) {
    struct jar_handle *h = js_malloc(ctx, sizeof *h);
    if (!h)
        return JS_EXCEPTION;
    *h = (struct jar_handle){jar, own};
    JSValue v = js_class_construct(ctx, &jar_class, new_target, h);
    if (JS_IsException(v))
        js_free(ctx, h);
    return v;
}

JSValue http_jar_current(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    if (js_in_init(ctx))
        return js_throw(ctx, "Making cookie jars in the init context is not supported");
    struct cookie_jar *jar = http_jar_default(js_vu(ctx));
    return jar ? handle_new(ctx, JS_UNDEFINED, jar, false) : JS_ThrowOutOfMemory(ctx);
}

static JSValue construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    struct cookie_jar *jar;
    (void)argc, (void)argv;
    if (cookie_jar_new(&jar) < 0)
        return JS_ThrowOutOfMemory(ctx);
    JSValue v = handle_new(ctx, new_target, jar, true);
    if (JS_IsException(v))
        cookie_jar_free(jar);
    return v;
}

JSValue http_jar_constructor(JSContext *ctx) {
    return js_class_constructor(ctx, &jar_class, construct, "CookieJar", 0);
}

/* --- methods --- */

/* The URL argument; arena is initialised and must be deinit'ed in every case. */
static bool url_argument(JSContext *ctx, int argc, JSValueConst *argv, struct arena *arena, struct url *out) {
    struct error err = ERROR_NULL;
    struct view text;

    arena_init(arena, (size_t)8 * URL_BYTES_MAX);
    if (argc < 1 || !js_text(ctx, argv[0], &text)) {
        if (argc < 1)
            js_throw(ctx, "a URL is needed");
        return false;
    }
    int r = url_parse(text, arena, out, &err);
    js_text_free(ctx, text);
    if (r < 0)
        js_throw(ctx, "invalid URL: %s", err.text);
    return r == 0;
}

struct collect {
    JSContext *ctx;
    JSValue object;
};

static void collect_cookie(void *arg, const struct cookie *c) {
    struct collect *k = arg;
    JSAtom name = JS_NewAtomLen(k->ctx, c->name.ptr, c->name.len);
    JSValue list = JS_GetProperty(k->ctx, k->object, name);
    if (!JS_IsObject(list)) {
        list = JS_NewArray(k->ctx);
        JS_DefinePropertyValue(k->ctx, k->object, name, JS_DupValue(k->ctx, list), JS_PROP_C_W_E);
    }
    JSValue length = JS_GetPropertyStr(k->ctx, list, "length");
    uint32_t n = 0;
    JS_ToUint32(k->ctx, &n, length);
    JS_SetPropertyUint32(k->ctx, list, n, js_string(k->ctx, c->value));
    JS_FreeValue(k->ctx, list);
    JS_FreeAtom(k->ctx, name);
}

static JSValue jar_cookies_for(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct cookie_jar *jar = http_jar_of(ctx, this_val);
    struct arena arena;
    struct url url;
    struct collect k = {ctx, JS_UNDEFINED};

    if (jar && url_argument(ctx, argc, argv, &arena, &url)) {
        k.object = JS_NewObject(ctx);
        cookie_jar_each(jar, &url, clock_wall_us() / 1000000, collect_cookie, &k);
    } else {
        k.object = JS_EXCEPTION;
    }
    if (jar)
        arena_deinit(&arena);
    return jar ? k.object : JS_ThrowTypeError(ctx, "not a CookieJar");
}

static struct view option_text(JSContext *ctx, JSValueConst options, const char *name, struct arena *a) {
    struct view text, out = VIEW_NULL;
    JSValue v = JS_GetPropertyStr(ctx, options, name);
    if (!js_is_nullish(v) && js_text(ctx, v, &text)) {
        out = arena_copy(a, text);
        js_text_free(ctx, text);
    }
    JS_FreeValue(ctx, v);
    return out;
}

static bool read_options(JSContext *ctx, JSValueConst options, struct arena *a, struct cookie *c) {
    c->domain = option_text(ctx, options, "domain", a);
    c->path = option_text(ctx, options, "path", a);
    struct view expires = option_text(ctx, options, "expires", a), max_age = option_text(ctx, options, "max_age", a);
    if (expires.len && !cookie_parse_date(expires, &c->expires_s)) {
        js_throw(ctx, "unable to parse \"expires\" date string \"%.*s\"", VIEW_ARGS(expires));
        return false;
    }
    if (max_age.len && !view_to_i64(max_age, &c->max_age_s))
        c->max_age_s = 0;
    JSValue secure = JS_GetPropertyStr(ctx, options, "secure"), http_only = JS_GetPropertyStr(ctx, options, "http_only");
    c->secure = JS_ToBool(ctx, secure) > 0;
    c->http_only = JS_ToBool(ctx, http_only) > 0;
    JS_FreeValue(ctx, secure);
    JS_FreeValue(ctx, http_only);
    return true;
}

static JSValue jar_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct cookie_jar *jar = http_jar_of(ctx, this_val);
    struct cookie c = {0};
    struct arena arena;
    struct url url;
    struct view name, value;
    JSValue r = JS_EXCEPTION;

    if (!jar)
        return JS_ThrowTypeError(ctx, "not a CookieJar");
    bool ok = url_argument(ctx, argc, argv, &arena, &url) && argc > 2 && js_text(ctx, argv[1], &name);
    if (ok) {
        c.name = arena_copy(&arena, name);
        js_text_free(ctx, name);
        ok = js_text(ctx, argv[2], &value);
    }
    if (ok) {
        c.value = arena_copy(&arena, value);
        js_text_free(ctx, value);
        if (argc < 4 || !JS_IsObject(argv[3]) || read_options(ctx, argv[3], &arena, &c))
            r = JS_NewBool(ctx, cookie_jar_store(jar, &url, &c, clock_wall_us() / 1000000) >= 0);
    }
    arena_deinit(&arena);
    return JS_IsException(r) && !JS_HasException(ctx) ? js_throw(ctx, "set(url, name, value) needs three arguments") : r;
}

static JSValue jar_remove(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int all) {
    struct cookie_jar *jar = http_jar_of(ctx, this_val);
    struct arena arena;
    struct url url;
    struct view name = VIEW_NULL;
    JSValue r = JS_EXCEPTION;

    if (!jar)
        return JS_ThrowTypeError(ctx, "not a CookieJar");
    if (url_argument(ctx, argc, argv, &arena, &url) && (all || (argc > 1 && js_text(ctx, argv[1], &name)))) {
        cookie_jar_delete(jar, &url, name);
        js_text_free(ctx, name);
        r = JS_UNDEFINED;
    }
    arena_deinit(&arena);
    return JS_IsException(r) && !JS_HasException(ctx) ? js_throw(ctx, "delete(url, name) needs a name") : r;
}

/* --- Response.cookies --- */

static void add_response_cookie(JSContext *ctx, JSValueConst object, const struct cookie *c) {
    JSValue v = JS_NewObject(ctx);
    js_set(ctx, v, "name", js_string(ctx, c->name));
    js_set(ctx, v, "value", js_string(ctx, c->value));
    js_set(ctx, v, "domain", js_string(ctx, c->domain));
    js_set(ctx, v, "path", js_string(ctx, c->path));
    js_set(ctx, v, "http_only", JS_NewBool(ctx, c->http_only));
    js_set(ctx, v, "secure", JS_NewBool(ctx, c->secure));
    js_set(ctx, v, "max_age", JS_NewInt64(ctx, c->max_age_s));
    js_set(ctx, v, "expires", JS_NewInt64(ctx, c->expires_s ? c->expires_s * 1000 : NO_EXPIRY_MS));

    JSAtom name = JS_NewAtomLen(ctx, c->name.ptr, c->name.len);
    JSValue list = JS_GetProperty(ctx, object, name);
    uint32_t n = 0;
    if (JS_IsObject(list)) {
        JSValue length = JS_GetPropertyStr(ctx, list, "length");
        JS_ToUint32(ctx, &n, length);
    } else {
        list = JS_NewArray(ctx);
        JS_DefinePropertyValue(ctx, object, name, JS_DupValue(ctx, list), JS_PROP_C_W_E);
    }
    JS_SetPropertyUint32(ctx, list, n, v);
    JS_FreeValue(ctx, list);
    JS_FreeAtom(ctx, name);
}

JSValue http_cookies_object(JSContext *ctx, const struct http_header *headers, size_t count) {
    JSValue object = JS_NewObject(ctx);
    struct cookie c;

    for (size_t i = 0; i < count; i++)
        if (view_eq_nocase(headers[i].name, VIEW("Set-Cookie")) && cookie_parse(headers[i].value, &c) == 0)
            add_response_cookie(ctx, object, &c);
    return object;
}
