/* Bodies. An object is a form (keys sorted, arrays repeated, blanks as "+"), or multipart when one of its values is an http.file. Values
 * that have no text of their own are written as Go prints them, as k6 2.2 does: <nil>, map[b:1]. */
#include "script/js/http/http_op.h"

#include "core/rng.h"
#include "script/js/host_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum { GO_PRINT_DEPTH_MAX = 32 };

/* --- http.file --- */

/* An object with the members data, filename and content_type; its class is what tells it from others. */
static struct js_class file_class = {.def = {.class_name = "FileData"}};

static bool is_file(JSValueConst v) { return JS_IsObject(v) && js_class_opaque(v, &file_class); }

static JSValue text_argument(JSContext *ctx, int argc, JSValueConst *argv, int at, const char *otherwise) {
    return argc <= at || js_is_nullish(argv[at]) ? JS_NewString(ctx, otherwise) : JS_ToString(ctx, argv[at]);
}

static bool is_array_buffer(JSContext *ctx, JSValueConst v) {
    size_t len;
    bool is = JS_IsObject(v) && JS_GetArrayBuffer(ctx, &len, v);

    if (!is)
        JS_FreeValue(ctx, JS_GetException(ctx));
    return is;
}

JSValue http_file_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    char stamp[32];
    (void)this_val;

    if (argc < 1 || !(JS_IsString(argv[0]) || is_array_buffer(ctx, argv[0])))
        return js_throw(ctx, "invalid type %s, expected string or ArrayBuffer", argc ? js_go_type(ctx, argv[0]) : "<nil>");
    snprintf(stamp, sizeof stamp, "%lld", (long long)clock_wall_ns());
    JSValue v = js_class_new(ctx, &file_class, &file_class);
    if (JS_IsException(v))
        return v;
    if (js_set(ctx, v, "data", JS_DupValue(ctx, argv[0])) < 0 || js_set(ctx, v, "filename", text_argument(ctx, argc, argv, 1, stamp)) < 0 ||
        js_set(ctx, v, "content_type", text_argument(ctx, argc, argv, 2, "application/octet-stream")) < 0) {
        JS_FreeValue(ctx, v);
        return JS_EXCEPTION;
    }
    return v;
}

/* --- texts of values --- */

static int by_text(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted names of an object's members; js strings to free with names_free. */
static const char **names_of(JSContext *ctx, JSValueConst v, uint32_t *count) {
    JSPropertyEnum *names;

    *count = 0;
    if (JS_GetOwnPropertyNames(ctx, &names, count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return NULL;
    const char **texts = calloc(*count + 1, sizeof *texts);
    uint32_t n = 0;
    for (uint32_t i = 0; i < *count; i++) {
        const char *text = texts ? JS_AtomToCString(ctx, names[i].atom) : NULL;
        if (text)
            texts[n++] = text;
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    *count = n;
    if (texts)
        qsort(texts, n, sizeof *texts, by_text);
    return texts;
}

static void names_free(JSContext *ctx, const char **names, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        JS_FreeCString(ctx, names[i]);
    free(names);
}

/* As Go's %v. */
static int go_print(JSContext *ctx, JSValueConst v, struct buf *out, int depth) {
    struct view text;
    int r = 0;

    if (js_is_nullish(v))
        return buf_append_view(out, VIEW("<nil>"));
    if (!JS_IsObject(v) || JS_IsFunction(ctx, v) || depth == GO_PRINT_DEPTH_MAX) {
        if (!js_text(ctx, v, &text))
            return -1;
        r = buf_append_view(out, text);
        js_text_free(ctx, text);
        return r;
    }
    bool list = js_is_array(ctx, v);
    uint32_t count;
    const char **names = names_of(ctx, v, &count);
    r = names ? buf_append_view(out, list ? VIEW("[") : VIEW("map[")) : -1;
    for (uint32_t i = 0; r == 0 && i < count; i++) {
        JSValue member = JS_GetPropertyStr(ctx, v, names[i]);
        if (i)
            r = buf_append_byte(out, ' ');
        if (r == 0 && !list)
            r = buf_printf(out, "%s:", names[i]);
        if (r == 0)
            r = go_print(ctx, member, out, depth + 1);
        JS_FreeValue(ctx, member);
    }
    names_free(ctx, names, count);
    return r < 0 ? r : buf_append_byte(out, ']');
}

static int append_form_text(struct buf *out, struct view v) {
    static const char digits[] = "0123456789ABCDEF";
    int r = 0;
    for (size_t i = 0; r == 0 && i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~')
            r = buf_append_byte(out, (char)c);
        else if (c == ' ')
            r = buf_append_byte(out, '+');
        else
            r = buf_append(out, (char[]){'%', digits[c >> 4], digits[c & 15]}, 3);
    }
    return r;
}

/* --- forms --- */

typedef int (*field_writer)(JSContext *ctx, struct buf *out, const char *name, JSValueConst v, void *arg);

/* Calls write for each field; arrays give one field per item. */
static int each_field(JSContext *ctx, JSValueConst form, struct buf *out, field_writer write, void *arg) {
    uint32_t count;
    const char **names = names_of(ctx, form, &count);
    int r = names ? 0 : -1;

    for (uint32_t i = 0; r == 0 && i < count; i++) {
        JSValue v = JS_GetPropertyStr(ctx, form, names[i]);
        if (js_is_array(ctx, v)) {
            int64_t n = 0;
            JSValue length = JS_GetPropertyStr(ctx, v, "length");
            JS_ToInt64(ctx, &n, length);
            for (int64_t k = 0; r == 0 && k < n; k++) {
                JSValue item = JS_GetPropertyUint32(ctx, v, (uint32_t)k);
                r = write(ctx, out, names[i], item, arg);
                JS_FreeValue(ctx, item);
            }
        } else {
            r = JS_IsException(v) ? -1 : write(ctx, out, names[i], v, arg);
        }
        JS_FreeValue(ctx, v);
    }
    names_free(ctx, names, count);
    return r;
}

static int write_form_field(JSContext *ctx, struct buf *out, const char *name, JSValueConst v, void *arg) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(HTTP_REQUEST_BODY_BYTES_MAX);
    (void)arg;
    int r = go_print(ctx, v, &text, 0);
    if (r == 0 && out->len)
        r = buf_append_byte(out, '&');
    if (r == 0)
        r = append_form_text(out, view_of_cstr(name));
    if (r == 0)
        r = buf_append_byte(out, '=');
    return r < 0 ? r : append_form_text(out, buf_view(&text));
}

static int append_escaped(struct buf *out, struct view v) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < v.len; i++) {
        char c = v.ptr[i];
        if (c == '"' || c == '\\')
            r = buf_append_byte(out, '\\');
        if (r == 0)
            r = buf_append_byte(out, c);
    }
    return r;
}

/* One member of an http.file, written by `write`. */
static int append_member(JSContext *ctx, struct buf *out, JSValueConst file, const char *name, int (*write)(struct buf *out, struct view v)) {
    JSValue v = JS_GetPropertyStr(ctx, file, name);
    struct js_bytes bytes;
    int r = -1;

    if (!JS_IsException(v) && js_bytes(ctx, v, &bytes)) {
        r = write(out, bytes.view);
        js_bytes_free(ctx, &bytes);
    }
    JS_FreeValue(ctx, v);
    return r;
}

static int write_part(JSContext *ctx, struct buf *out, const char *name, JSValueConst v, void *arg) {
    const char *boundary = arg;
    int r = buf_printf(out, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);

    if (r == 0)
        r = append_escaped(out, view_of_cstr(name));
    if (r == 0 && is_file(v)) {
        r = buf_printf(out, "\"; filename=\"");
        if (r == 0)
            r = append_member(ctx, out, v, "filename", append_escaped);
        if (r == 0)
            r = buf_printf(out, "\"\r\nContent-Type: ");
        if (r == 0)
            r = append_member(ctx, out, v, "content_type", buf_append_view);
        if (r == 0)
            r = buf_printf(out, "\r\n\r\n");
        if (r == 0)
            r = append_member(ctx, out, v, "data", buf_append_view);
    } else if (r == 0) {
        r = buf_printf(out, "\"\r\n\r\n");
        if (r == 0)
            r = go_print(ctx, v, out, 0);
    }
    return r < 0 ? r : buf_append(out, "\r\n", 2);
}

static int look_for_file(JSContext *ctx, struct buf *out, const char *name, JSValueConst v, void *arg) {
    (void)ctx, (void)out, (void)name;
    if (is_file(v))
        *(bool *)arg = true;
    return 0;
}

static void read_object(struct http_op *op, JSValueConst body, struct view *content_type) {
    JSContext *ctx = op->vu->ctx;
    struct arena *a = http_fetch_arena(op->fetch);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(HTTP_REQUEST_BODY_BYTES_MAX);
    bool multipart = false;
    int r = each_field(ctx, body, &out, look_for_file, &multipart);

    if (r == 0 && multipart) {
        struct rng rng;
        char boundary[64];
        rng_init(&rng, rng_seed_random());
        snprintf(boundary, sizeof boundary, "%016llx%016llx%016llx", (unsigned long long)rng_u64(&rng), (unsigned long long)rng_u64(&rng),
                 (unsigned long long)rng_u64(&rng));
        r = each_field(ctx, body, &out, write_part, boundary);
        if (r == 0)
            r = buf_printf(&out, "--%s--\r\n", boundary);
        *content_type = view_of_cstr(arena_printf(a, "multipart/form-data; boundary=%s", boundary));
    } else if (r == 0) {
        r = each_field(ctx, body, &out, write_form_field, NULL);
        *content_type = VIEW("application/x-www-form-urlencoded");
    }
    if (r < 0) {
        if (!JS_HasException(ctx))
            JS_ThrowOutOfMemory(ctx);
        return;
    }
    op->request.body = arena_copy(a, buf_view(&out));
    op->request.has_body = true;
}

void http_body_read(struct http_op *op, JSValueConst body, struct view *content_type) {
    JSContext *ctx = op->vu->ctx;
    struct js_bytes bytes;

    if (js_bytes(ctx, body, &bytes)) {
        op->request.body = arena_copy(http_fetch_arena(op->fetch), bytes.view);
        op->request.has_body = true;
        js_bytes_free(ctx, &bytes);
        if (!op->request.body.ptr)
            JS_ThrowOutOfMemory(ctx);
        return;
    }
    if (JS_HasException(ctx))
        return;
    bool object = JS_IsObject(body) && !JS_IsFunction(ctx, body) && !js_is_array(ctx, body);
    if (object) {
        /* A Date is no form. */
        JSValue constructor = JS_GetPropertyStr(ctx, body, "getTimezoneOffset");
        bool date = JS_IsFunction(ctx, constructor);
        JS_FreeValue(ctx, constructor);
        if (date) {
            http_op_fail(op, 0, "unknown request body type time.Time");
            return;
        }
        read_object(op, body, content_type);
        return;
    }
    http_op_fail(op, 0, "unknown request body type %s", js_go_type(ctx, body));
}
