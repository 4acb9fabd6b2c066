/* One recursion over the value. Members of objects are sorted by name, bytewise, as Go does with maps; a member that is a function is an
 * error and not left out as in JSON.stringify. */
#include "script/js/json/go_json.h"

#include "core/base64.h"
#include "core/json_writer.h"
#include "script/js/module.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

struct walk {
    JSContext *ctx;
    struct json_writer w;
    struct error *err;
    void *path[GO_JSON_DEPTH_MAX];
    int depth;
};

static int put(struct walk *k, JSValueConst v);

static int put_number(struct walk *k, JSValueConst v) {
    double d;
    if (JS_ToFloat64(k->ctx, &d, v) < 0)
        return ERROR_SYNTAX;
    if (!isfinite(d))
        return error_set(k->err, ERROR_INVALID, "json: unsupported value: %s", isnan(d) ? "NaN" : d > 0 ? "+Inf" : "-Inf");
    json_writer_double(&k->w, d);
    return 0;
}

static int put_text(struct walk *k, JSValueConst v) {
    struct view text;
    if (!js_text(k->ctx, v, &text))
        return ERROR_SYNTAX;
    json_writer_string(&k->w, text);
    js_text_free(k->ctx, text);
    return 0;
}

static int put_array(struct walk *k, JSValueConst v) {
    JSValue length = JS_GetPropertyStr(k->ctx, v, "length");
    int64_t n = 0;
    int r = JS_ToInt64(k->ctx, &n, length) < 0 ? ERROR_SYNTAX : 0;

    json_writer_array(&k->w);
    for (int64_t i = 0; r == 0 && i < n; i++) {
        JSValue item = JS_GetPropertyUint32(k->ctx, v, (uint32_t)i);
        r = JS_IsException(item) ? ERROR_SYNTAX : put(k, item);
        JS_FreeValue(k->ctx, item);
    }
    if (r == 0)
        json_writer_end(&k->w);
    return r;
}

struct member {
    struct view name;
    JSAtom atom;
};

static int by_name(const void *a, const void *b) {
    return view_cmp(((const struct member *)a)->name, ((const struct member *)b)->name);
}

static int put_members(struct walk *k, struct member *members, size_t count, JSValueConst v) {
    int r = 0;

    qsort(members, count, sizeof *members, by_name);
    json_writer_object(&k->w);
    for (size_t i = 0; r == 0 && i < count; i++) {
        JSValue member = JS_GetProperty(k->ctx, v, members[i].atom);
        json_writer_key(&k->w, members[i].name);
        r = JS_IsException(member) ? ERROR_SYNTAX : put(k, member);
        JS_FreeValue(k->ctx, member);
    }
    if (r == 0)
        json_writer_end(&k->w);
    return r;
}

static int put_object(struct walk *k, JSValueConst v) {
    JSContext *ctx = k->ctx;
    JSPropertyEnum *names;
    uint32_t count;

    if (JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return ERROR_SYNTAX;
    struct member *members = calloc(count + 1, sizeof *members);
    int r = members ? 0 : -ENOMEM;
    for (uint32_t i = 0; i < count; i++) {
        size_t len = 0;
        const char *name = r == 0 ? JS_AtomToCString(ctx, names[i].atom) : NULL;
        if (name)
            len = strlen(name);
        else if (r == 0)
            r = ERROR_SYNTAX;
        if (members)
            members[i] = (struct member){view_of(name, len), names[i].atom};
    }
    if (r == 0)
        r = put_members(k, members, count, v);
    for (uint32_t i = 0; members && i < count; i++)
        if (members[i].name.ptr)
            JS_FreeCString(ctx, members[i].name.ptr);
    for (uint32_t i = 0; i < count; i++)
        JS_FreeAtom(ctx, names[i].atom);
    free(members);
    js_free(ctx, names);
    return r;
}

static bool is_named(JSContext *ctx, JSValueConst v, struct view wanted) {
    struct view name = VIEW_NULL;
    JSValue constructor = JS_GetPropertyStr(ctx, v, "constructor");
    JSValue text = JS_IsObject(constructor) ? JS_GetPropertyStr(ctx, constructor, "name") : JS_UNDEFINED;
    bool is = JS_IsString(text) && js_text(ctx, text, &name) && view_eq(name, wanted);
    js_text_free(ctx, name);
    JS_FreeValue(ctx, text);
    JS_FreeValue(ctx, constructor);
    return is;
}

static int put_date(struct walk *k, JSValueConst v) {
    JSValue method = JS_GetPropertyStr(k->ctx, v, "toISOString");
    JSValue iso = JS_Call(k->ctx, method, v, 0, NULL);
    struct view text;
    int r = ERROR_SYNTAX;

    JS_FreeValue(k->ctx, method);
    if (JS_IsString(iso) && js_text(k->ctx, iso, &text)) {
        /* Go drops zeros at the end of the fraction. */
        char out[40];
        size_t n = text.len < sizeof out - 1 ? text.len : sizeof out - 1;
        memcpy(out, text.ptr, n);
        if (n > 5 && out[n - 1] == 'Z' && out[n - 5] == '.') {
            n--;
            while (out[n - 1] == '0')
                n--;
            if (out[n - 1] == '.')
                n--;
            out[n++] = 'Z';
        }
        json_writer_string(&k->w, view_of(out, n));
        js_text_free(k->ctx, text);
        r = 0;
    }
    JS_FreeValue(k->ctx, iso);
    return r;
}

static int put_bytes(struct walk *k, struct view bytes) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX((size_t)1 << 30);
    int r = base64_encode(&text, bytes, BASE64_STD);
    if (r == 0)
        json_writer_string(&k->w, buf_view(&text));
    return r;
}

static int put_container(struct walk *k, JSValueConst v) {
    struct js_bytes bytes;
    int r;

    for (int i = 0; i < k->depth; i++)
        if (k->path[i] == JS_VALUE_GET_PTR(v))
            return error_set(k->err, ERROR_INVALID, "json: unsupported value: encountered a cycle via %s", js_go_type(k->ctx, v));
    if (k->depth == GO_JSON_DEPTH_MAX)
        return error_set(k->err, ERROR_INVALID, "json: unsupported value: nested too deeply");
    k->path[k->depth++] = JS_VALUE_GET_PTR(v);
    if (js_is_array(k->ctx, v))
        r = put_array(k, v);
    else if (is_named(k->ctx, v, VIEW("Date")))
        r = put_date(k, v);
    else if (is_named(k->ctx, v, VIEW("Uint8Array")) && js_bytes(k->ctx, v, &bytes))
        r = put_bytes(k, bytes.view);
    else
        r = put_object(k, v);
    k->depth--;
    return r;
}

static int put(struct walk *k, JSValueConst v) {
    int tag = JS_VALUE_GET_NORM_TAG(v);

    if (JS_IsFunction(k->ctx, v))
        return error_set(k->err, ERROR_INVALID, "json: unsupported type: %s", js_go_type(k->ctx, v));
    if (JS_IsObject(v))
        return put_container(k, v);
    if (js_is_nullish(v)) {
        json_writer_null(&k->w);
        return 0;
    }
    if (tag == JS_TAG_BOOL) {
        json_writer_bool(&k->w, JS_VALUE_GET_BOOL(v));
        return 0;
    }
    return JS_IsNumber(v) ? put_number(k, v) : put_text(k, v);
}

int go_json_write(JSContext *ctx, JSValueConst v, struct buf *out, struct error *err) {
    struct walk k = {.ctx = ctx, .w = json_writer_of(out), .err = err};
    int r = put(&k, v);
    return r < 0 ? r : json_writer_error(&k.w);
}
