/* The params object of a request. Unknown keys are ignored, wrong types too unless k6 complains; what k6
 * complains about becomes the op's failure. */
#include "script/js/http/http_op.h"

#include "core/duration.h"
#include "script/js/atoms.h"
#include "script/js/evidence_js.h"
#include "script/js/host_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TIMEOUT_MAX_MS 1e12

enum letter { NO_TOKEN, OTHER, DASH, SMALL, CAPITAL };
static const unsigned char letters[256] = {
    ['!'] = OTHER,
    ['#' ... '\''] = OTHER,
    ['*'] = OTHER,
    ['+'] = OTHER,
    ['.'] = OTHER,
    ['^' ... '`'] = OTHER,
    ['|'] = OTHER,
    ['~'] = OTHER,
    ['0' ... '9'] = OTHER,
    ['-'] = DASH,
    ['a' ... 'z'] = SMALL,
    ['A' ... 'Z'] = CAPITAL,
};

/* False when it is no token; *changed: its canonical form is another. */
static bool is_token(struct view v, bool *changed) {
    bool start = true;

    *changed = false;
    for (size_t i = 0; i < v.len; i++) {
        unsigned char letter = letters[(unsigned char)v.ptr[i]];
        if (!letter)
            return false;
        *changed = *changed || letter == (start ? SMALL : CAPITAL);
        start = letter == DASH;
    }
    return v.len > 0;
}

static void make_canonical(char *p, size_t len) {
    bool start = true;

    for (size_t i = 0; i < len; i++) {
        if (start && p[i] >= 'a' && p[i] <= 'z')
            p[i] = (char)(p[i] - 32);
        else if (!start && p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] + 32);
        start = p[i] == '-';
    }
}

struct view http_header_canonical(struct arena *a, struct view name) {
    bool changed;

    if (!is_token(name, &changed) || !changed)
        return name;
    struct view out = arena_copy(a, name);
    if (out.ptr)
        make_canonical((char *)(uintptr_t)out.ptr, out.len);
    return out;
}

/* --- expected statuses --- */

static void expected_finalize(JSRuntime *rt, JSValue v);
static struct js_class expected_class = {
    .def = {.class_name = "ExpectedStatuses", .finalizer = expected_finalize}};

static void expected_finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    free(js_class_opaque(v, &expected_class));
}

static size_t expected_size(size_t count) {
    struct http_expected *e;
    return sizeof *e + count * sizeof e->ranges[0];
}

static bool read_range(JSContext *ctx, JSValueConst v, int *min, int *max) {
    int32_t a = 0, b = 0;
    if (JS_VALUE_GET_TAG(v) == JS_TAG_INT) {
        *min = *max = JS_VALUE_GET_INT(v);
        return true;
    }
    if (!JS_IsObject(v))
        return false;
    JSValue low = JS_GetPropertyStr(ctx, v, "min"), high = JS_GetPropertyStr(ctx, v, "max");
    bool ok = JS_IsNumber(low) && JS_IsNumber(high) && JS_ToInt32(ctx, &a, low) == 0 &&
              JS_ToInt32(ctx, &b, high) == 0;
    JS_FreeValue(ctx, low);
    JS_FreeValue(ctx, high);
    *min = a;
    *max = b;
    return ok;
}

JSValue http_expected_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (argc < 1)
        return js_throw(ctx, "no arguments");
    struct http_expected *e = malloc(expected_size((size_t)argc));
    if (!e)
        return JS_ThrowOutOfMemory(ctx);
    e->count = (size_t)argc;
    for (int i = 0; i < argc; i++)
        if (!read_range(ctx, argv[i], &e->ranges[i].min, &e->ranges[i].max)) {
            free(e);
            return js_throw(ctx,
                "argument number %d to expectedStatuses was neither an integer nor an object like {min:100, "
                "max:329}",
                i + 1);
        }
    JSValue v = js_class_new(ctx, &expected_class, e);
    if (JS_IsException(v))
        free(e);
    return v;
}

bool http_is_expected(const struct http_expected *e, int status) {
    if (!e)
        return status >= 200 && status < 400;
    for (size_t i = 0; i < e->count; i++)
        if (status >= e->ranges[i].min && status <= e->ranges[i].max)
            return true;
    return false;
}

JSValue http_set_callback(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    (void)this_val;
    const struct http_expected *e =
        argc > 0 && JS_IsObject(argv[0]) ? js_class_opaque(argv[0], &expected_class) : NULL;

    if (!e && !(argc > 0 && js_is_nullish(argv[0])))
        return js_throw(ctx, "unsupported argument, expected http.expectedStatuses");
    free(vu->expected);
    vu->expected = NULL;
    vu->expected_off = !e;
    if (e) {
        vu->expected = malloc(expected_size(e->count));
        if (!vu->expected)
            return JS_ThrowOutOfMemory(ctx);
        memcpy(vu->expected, e, expected_size(e->count));
    }
    return JS_UNDEFINED;
}

/* --- headers and cookies --- */

static void add_header(struct http_op *op, struct http_header *list, struct view name, struct view value) {
    size_t *n = &op->request.header_count;
    for (size_t i = 0; i < *n; i++)
        if (view_eq(list[i].name, name)) {
            list[i].value = value;
            return;
        }
    list[(*n)++] = (struct http_header){name, value};
}

static void check_content_length(struct http_op *op, struct view value) {
    int64_t given;
    char text[1024];
    if (view_to_i64(value, &given) && given == (int64_t)op->request.body.len)
        return;
    int n = snprintf(text, sizeof text,
        "The specified Content-Length header \"%.*s\" in the %.*s request for %.*s doesn't match the actual "
        "request body "
        "length of %zu, so it will be ignored!",
        VIEW_ARGS(view_take(value, 64)), VIEW_ARGS(op->request.method), VIEW_ARGS(view_take(op->url, 512)),
        op->request.body.len);
    js_warn(op->vu->ctx, view_of(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1), NULL, VIEW_NULL);
}

static void take_header(struct http_op *op, struct http_header *list, struct view name, struct view value) {
    struct arena *a = http_fetch_arena(op->fetch);
    bool changed;

    if (!is_token(name, &changed)) {
        http_op_fail(op, 1000, "net/http: invalid header field name \"%.*s\"", VIEW_ARGS(name));
        return;
    }
    name = arena_copy(a, name);
    if (changed && name.ptr)
        make_canonical((char *)(uintptr_t)name.ptr, name.len);
    for (size_t i = 0; i < value.len; i++)
        if ((unsigned char)value.ptr[i] < ' ' && value.ptr[i] != '\t') {
            http_op_fail(op, 1000, "net/http: invalid header field value for \"%.*s\"", VIEW_ARGS(name));
            return;
        }
    if (view_eq(name, VIEW("Content-Length"))) {
        check_content_length(op, value);
        return;
    }
    add_header(op, list, name, arena_copy(a, value));
}

static void take_member(struct http_op *op, struct http_header *list, JSValueConst headers, JSAtom key) {
    JSContext *ctx = op->vu->ctx;
    struct view text;
    const char *name = JS_AtomToCString(ctx, key);
    JSValue value = JS_GetProperty(ctx, headers, key);

    if (name && js_text(ctx, value, &text)) {
        take_header(op, list, view_of_cstr(name), text);
        js_text_free(ctx, text);
    }
    JS_FreeValue(ctx, value);
    JS_FreeCString(ctx, name);
}

static uint32_t member_count(JSContext *ctx, JSValueConst v) {
    JSPropertyEnum *names;
    uint32_t count = 0;
    if (!JS_IsObject(v) ||
        JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return 0;
    for (uint32_t i = 0; i < count; i++)
        JS_FreeAtom(ctx, names[i].atom);
    js_free(ctx, names);
    return count < HTTP_REQUEST_HEADERS_MAX ? count : HTTP_REQUEST_HEADERS_MAX;
}

static void read_headers(struct http_op *op, JSValueConst headers, struct view content_type) {
    JSContext *ctx = op->vu->ctx;
    JSPropertyEnum *names = NULL;
    uint32_t count = 0;

    if (JS_IsObject(headers) &&
        JS_GetOwnPropertyNames(ctx, &names, &count, headers, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        count = 0;
    uint32_t taken = count < HTTP_REQUEST_HEADERS_MAX ? count : HTTP_REQUEST_HEADERS_MAX;
    struct http_header *list = arena_alloc(http_fetch_arena(op->fetch), (taken + 2) * sizeof *list);
    op->request.headers = list;
    if (list && content_type.ptr)
        add_header(op, list, VIEW("Content-Type"), content_type);
    for (uint32_t i = 0; list && i < taken; i++)
        take_member(op, list, headers, names[i].atom);
    for (uint32_t i = 0; i < count; i++)
        JS_FreeAtom(ctx, names[i].atom);
    js_free(ctx, names);
}

static void read_cookies(struct http_op *op, JSValueConst cookies) {
    JSContext *ctx = op->vu->ctx;
    struct arena *a = http_fetch_arena(op->fetch);
    uint32_t n = member_count(ctx, cookies);
    JSPropertyEnum *names;
    uint32_t count;

    if (!n || JS_GetOwnPropertyNames(ctx, &names, &count, cookies, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return;
    struct http_header *list = arena_calloc(a, count, sizeof *list);
    bool *replaces = arena_calloc(a, count, sizeof *replaces);
    for (uint32_t i = 0; list && replaces && i < n; i++) {
        struct view text;
        const char *name = JS_AtomToCString(ctx, names[i].atom);
        JSValue v = JS_GetProperty(ctx, cookies, names[i].atom);
        if (JS_IsObject(v)) {
            JSValue value = JS_GetProperty(ctx, v, atom(op->vu, ATOM_VALUE)),
                    replace = JS_GetProperty(ctx, v, atom(op->vu, ATOM_REPLACE));
            replaces[i] = JS_ToBool(ctx, replace) > 0;
            JS_FreeValue(ctx, replace);
            JS_FreeValue(ctx, v);
            v = value;
        }
        if (name && js_text(ctx, v, &text)) {
            list[op->request.cookie_count++] =
                (struct http_header){arena_copy(a, view_of_cstr(name)), arena_copy(a, text)};
            js_text_free(ctx, text);
        }
        JS_FreeValue(ctx, v);
        JS_FreeCString(ctx, name);
    }
    op->request.cookies = list;
    op->request.cookie_replaces = replaces;
    for (uint32_t i = 0; i < count; i++)
        JS_FreeAtom(ctx, names[i].atom);
    js_free(ctx, names);
}

/* --- the other keys --- */

static void read_timeout(struct http_op *op, JSValueConst v) {
    JSContext *ctx = op->vu->ctx;
    int64_t ns = 0;
    struct view text;
    double ms;

    if (JS_IsNumber(v) && JS_ToFloat64(ctx, &ms, v) == 0) {
        ns = (int64_t)(isfinite(ms) ? fmin(ms, TIMEOUT_MAX_MS) * 1e6 : 0);
    } else if (JS_IsString(v) && js_text(ctx, v, &text)) {
        struct error err = ERROR_NULL;
        if (duration_parse(text, true, true, &ns, &err) < 0)
            http_op_fail(op, 0, "invalid timeout value: time: invalid duration \"%.*s\"", VIEW_ARGS(text));
        js_text_free(ctx, text);
    } else {
        http_op_fail(
            op, 0, "invalid timeout value: unable to use type %s as a duration value", js_go_type(ctx, v));
    }
    op->request.timeout_us = ns / 1000 > 0 ? ns / 1000 : 1; /* k6: none at all is over at once */
}

static void read_tags(struct http_op *op, JSValueConst v) {
    JSContext *ctx = op->vu->ctx;
    struct view text;
    tagset_id tags;

    if (!JS_IsObject(v))
        return;
    if (!record_js_tags(op->vu, v, op->tags, &tags, "HTTP request")) {
        struct view message = VIEW("invalid tags");
        JSValue error = JS_GetException(ctx), told = JS_GetPropertyStr(ctx, error, "message");
        if (js_text(ctx, told, &text)) {
            http_op_fail(op, 0, "%.*s", VIEW_ARGS(text));
            js_text_free(ctx, text);
        } else {
            http_op_fail(op, 0, "%.*s", VIEW_ARGS(message));
        }
        JS_FreeValue(ctx, told);
        JS_FreeValue(ctx, error);
        return;
    }
    op->tags = tags;
    JSValue name = JS_GetProperty(ctx, v, atom(op->vu, ATOM_NAME));
    if (!JS_IsUndefined(name) && js_text(ctx, name, &text)) {
        op->name = arena_copy(http_fetch_arena(op->fetch), text);
        js_text_free(ctx, text);
    }
    JS_FreeValue(ctx, name);
}

static void read_response_type(struct http_op *op, JSValueConst v) {
    static const struct view names[] = {{"text", 4}, {"binary", 6}, {"none", 4}};
    struct view text;

    if (!js_text(op->vu->ctx, v, &text))
        return;
    size_t i = 0;
    while (i < 3 && !view_eq(names[i], text))
        i++;
    if (i < 3)
        op->type = (enum http_response_type)i;
    else
        http_op_fail(op, 0, "%.*s does not belong to ResponseType values", VIEW_ARGS(text));
    js_text_free(op->vu->ctx, text);
}

static void read_callback(struct http_op *op, JSValueConst v) {
    struct arena *a = http_fetch_arena(op->fetch);
    const struct http_expected *e = JS_IsObject(v) ? js_class_opaque(v, &expected_class) : NULL;

    if (JS_IsNull(v)) {
        op->expected_off = true;
        return;
    }
    if (!e) {
        http_op_fail(op, 0, "unsupported responseCallback");
        return;
    }
    struct view copy = arena_copy(a, view_of((const char *)e, expected_size(e->count)));
    op->expected = (const void *)copy.ptr;
    op->expected_off = false;
}

static void read_auth(struct http_op *op, JSValueConst v) {
    struct view text;
    if (!JS_IsString(v) || !js_text(op->vu->ctx, v, &text))
        return;
    if (view_eq(text, VIEW("digest")))
        op->request.auth = HTTP_AUTH_DIGEST;
    else if (view_eq(text, VIEW("ntlm")))
        http_op_fail(op, 1000, "NTLM authentication is not supported");
    js_text_free(op->vu->ctx, text);
}

static void read_jar(struct http_op *op, JSValueConst v) {
    struct cookie_jar *jar = http_jar_of(op->vu->ctx, v);
    if (jar)
        op->request.jar = jar;
}

static void read_redirects(struct http_op *op, JSValueConst v) {
    int32_t n;
    if (!JS_IsNumber(v) || JS_ToInt32(op->vu->ctx, &n, v) < 0)
        return;
    op->request.redirects_max = n < 0 ? 0 : n < HTTP_REDIRECTS_MAX ? n : HTTP_REDIRECTS_MAX;
    op->redirects_given = true;
}

static void read_throw(struct http_op *op, JSValueConst v) {
    op->throws = JS_ToBool(op->vu->ctx, v) > 0;
}

static const struct {
    enum atom_name name;
    bool takes_null;
    void (*read)(struct http_op *op, JSValueConst v);
} keys[] = {
    {ATOM_TAGS, false, read_tags},
    {ATOM_TIMEOUT, false, read_timeout},
    {ATOM_COOKIES, false, read_cookies},
    {ATOM_JAR, false, read_jar},
    {ATOM_REDIRECTS, false, read_redirects},
    {ATOM_AUTH, false, read_auth},
    {ATOM_RESPONSE_TYPE, false, read_response_type},
    {ATOM_RESPONSE_CALLBACK, true, read_callback},
    {ATOM_COMPRESSION, false, http_compress},
    {ATOM_THROW, false, read_throw},
};

void http_params_read(struct http_op *op, JSValueConst params, struct view content_type) {
    JSContext *ctx = op->vu->ctx;
    JSValue headers = JS_UNDEFINED;

    if (JS_IsObject(params))
        headers = JS_GetProperty(ctx, params, atom(op->vu, ATOM_HEADERS));
    if (JS_IsObject(headers) || content_type.ptr)
        read_headers(op, headers, content_type);
    JS_FreeValue(ctx, headers);
    if (!JS_IsObject(params))
        return;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        JSValue v = JS_GetProperty(ctx, params, atom(op->vu, keys[i].name));
        if (!JS_IsUndefined(v) && !JS_IsException(v) && (keys[i].takes_null || !JS_IsNull(v)))
            keys[i].read(op, v);
        JS_FreeValue(ctx, v);
    }
}
