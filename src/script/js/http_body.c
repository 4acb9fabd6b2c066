/* Bodies. An object is a form (keys sorted, arrays repeated, blanks as "+"), or multipart when one of its values is an http.file. Values
 * that have no text of their own are written as Go prints them, as k6 2.2 does: <nil>, map[b:1]. */
#include "script/js/http_op.h"

#include "core/rng.h"
#include "script/js/host_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum { GO_PRINT_DEPTH_MAX = 32 };

/* --- http.file --- */

struct file_data {
    char *data;
    size_t len;
    char *filename, *content_type;
};

static void file_free(struct file_data *f) {
    if (!f)
        return;
    free(f->data);
    free(f->filename);
    free(f->content_type);
    free(f);
}

static void file_finalize(JSRuntime *rt, JSValue v);
static JSValue file_get(JSContext *ctx, JSValueConst this_val, int which);
static const JSCFunctionListEntry file_members[] = {
    JS_CGETSET_MAGIC_DEF("data", file_get, NULL, 0),
    JS_CGETSET_MAGIC_DEF("filename", file_get, NULL, 1),
    JS_CGETSET_MAGIC_DEF("content_type", file_get, NULL, 2),
};
static struct js_class file_class = {
    .def = {.class_name = "FileData", .finalizer = file_finalize}, .members = file_members, .member_count = JS_COUNT(file_members)};

static void file_finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    file_free(js_class_opaque(v, &file_class));
}

static JSValue file_get(JSContext *ctx, JSValueConst this_val, int which) {
    struct file_data *f = js_class_opaque(this_val, &file_class);
    if (!f)
        return JS_UNDEFINED;
    if (which == 0)
        return js_buffer(ctx, view_of(f->data, f->len));
    return JS_NewString(ctx, which == 1 ? f->filename : f->content_type);
}

static char *text_argument(JSContext *ctx, int argc, JSValueConst *argv, int at, const char *otherwise) {
    struct view text;
    if (argc <= at || js_is_nullish(argv[at]))
        return view_dup_cstr(view_of_cstr(otherwise));
    if (!js_text(ctx, argv[at], &text))
        return NULL;
    char *out = view_dup_cstr(text);
    js_text_free(ctx, text);
    return out;
}

JSValue http_file_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    char stamp[32];
    struct js_bytes bytes;
    struct file_data *f = calloc(1, sizeof *f);
    (void)this_val;

    if (!f)
        return JS_ThrowOutOfMemory(ctx);
    if (argc < 1 || !js_bytes(ctx, argv[0], &bytes)) {
        file_free(f);
        return js_throw(ctx, "invalid type %s, expected string, []byte or ArrayBuffer", argc ? js_go_type(ctx, argv[0]) : "<nil>");
    }
    f->data = malloc(bytes.view.len + 1);
    if (f->data)
        memcpy(f->data, bytes.view.ptr, bytes.view.len);
    f->len = bytes.view.len;
    js_bytes_free(ctx, &bytes);
    snprintf(stamp, sizeof stamp, "%lld", (long long)clock_wall_ns());
    f->filename = text_argument(ctx, argc, argv, 1, stamp);
    f->content_type = text_argument(ctx, argc, argv, 2, "application/octet-stream");
    JSValue v = f->data && f->filename && f->content_type ? js_class_new(ctx, &file_class, f) : JS_EXCEPTION;
    if (JS_IsException(v)) {
        file_free(f);
        if (!JS_HasException(ctx))
            JS_ThrowOutOfMemory(ctx);
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

static int write_part(JSContext *ctx, struct buf *out, const char *name, JSValueConst v, void *arg) {
    const char *boundary = arg;
    struct file_data *f = JS_IsObject(v) ? js_class_opaque(v, &file_class) : NULL;
    int r = buf_printf(out, "--%s\r\nContent-Disposition: form-data; name=\"", boundary);

    if (r == 0)
        r = append_escaped(out, view_of_cstr(name));
    if (r == 0 && f) {
        r = buf_printf(out, "\"; filename=\"");
        if (r == 0)
            r = append_escaped(out, view_of_cstr(f->filename));
        if (r == 0)
            r = buf_printf(out, "\"\r\nContent-Type: %s\r\n\r\n", f->content_type);
        if (r == 0)
            r = buf_append(out, f->data, f->len);
    } else if (r == 0) {
        r = buf_printf(out, "\"\r\n\r\n");
        if (r == 0)
            r = go_print(ctx, v, out, 0);
    }
    return r < 0 ? r : buf_append(out, "\r\n", 2);
}

static int is_file(JSContext *ctx, struct buf *out, const char *name, JSValueConst v, void *arg) {
    (void)ctx, (void)out, (void)name;
    if (JS_IsObject(v) && js_class_opaque(v, &file_class))
        *(bool *)arg = true;
    return 0;
}

static void read_object(struct http_op *op, JSValueConst body, struct view *content_type) {
    JSContext *ctx = op->vu->ctx;
    struct arena *a = http_fetch_arena(op->fetch);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(HTTP_REQUEST_BODY_BYTES_MAX);
    bool multipart = false;
    int r = each_field(ctx, body, &out, is_file, &multipart);

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
