/* Reading values out of nodes: val(), data(), text and HTML as JavaScript strings. */
#include "core/json_writer.h"
#include "script/js/html/html_priv.h"
#include "script/js/json/json_scan.h"

#include <stdlib.h>

JSValue html_text_value(JSContext *ctx, const GumboNode *n) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(HTML_TEXT_BYTES_MAX);
    return html_text(n, &b) < 0 ? JS_ThrowOutOfMemory(ctx) : js_string(ctx, buf_view(&b));
}

JSValue html_inner_value(JSContext *ctx, const GumboNode *n) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(HTML_TEXT_BYTES_MAX);
    return html_inner(n, &b) < 0 ? JS_ThrowOutOfMemory(ctx) : js_string(ctx, buf_view(&b));
}

/* --- val() --- */

static JSValue option_value(JSContext *ctx, const GumboNode *n) {
    struct view value;
    return html_attribute(n, "value", &value) ? js_string(ctx, value) : html_inner_value(ctx, n);
}

static JSValue input_value(JSContext *ctx, const GumboNode *n) {
    struct view value, type = html_attribute_or(n, "type", VIEW(""));

    if (html_attribute(n, "value", &value))
        return js_string(ctx, value);
    return JS_NewString(ctx, view_eq(type, VIEW("radio")) || view_eq(type, VIEW("checkbox")) ? "on" : "");
}

static JSValue select_value(JSContext *ctx, const GumboNode *n) {
    struct view ignored;
    bool multiple = html_attribute(n, "multiple", &ignored);
    uint32_t count = 0;

    JSValue list = multiple ? JS_NewArray(ctx) : JS_NewString(ctx, "");
    for (const GumboNode *at = n; !JS_IsException(list) && (at = html_next(at, n));) {
        if (!html_is(at, "option") || !html_attribute(at, "selected", &ignored))
            continue;
        JSValue v = option_value(ctx, at);
        if (multiple) {
            JS_DefinePropertyValueUint32(ctx, list, count++, v, JS_PROP_C_W_E);
            continue;
        }
        JS_FreeValue(ctx, list);
        list = v;
    }
    return list;
}

JSValue html_value_of(JSContext *ctx, const GumboNode *n) {
    if (html_is(n, "input"))
        return input_value(ctx, n);
    if (html_is(n, "textarea"))
        return html_inner_value(ctx, n);
    if (html_is(n, "button"))
        return js_string(ctx, html_attribute_or(n, "value", VIEW("")));
    if (html_is(n, "option"))
        return option_value(ctx, n);
    return html_is(n, "select") ? select_value(ctx, n) : JS_UNDEFINED;
}

/* --- data() --- */

/* "two-words" → "twoWords" or back; at most out's size. */
static struct view camel(struct view name, char *out, size_t size) {
    size_t n = 0;

    for (size_t i = 0; i < name.len && n < size; i++) {
        bool hump = name.ptr[i] == '-' && i + 1 < name.len && name.ptr[i + 1] >= 'a' && name.ptr[i + 1] <= 'z';
        i += hump;
        out[n++] = hump ? (char)(name.ptr[i] & ~0x20) : name.ptr[i];
    }
    return view_of(out, n);
}

static struct view dashes(struct view name, char *out, size_t size) {
    size_t n = 0;

    for (size_t i = 0; i < name.len && n + 2 < size; i++) {
        bool hump = name.ptr[i] >= 'A' && name.ptr[i] <= 'Z';
        if (hump)
            out[n++] = '-';
        out[n++] = hump ? (char)(name.ptr[i] | 0x20) : name.ptr[i];
    }
    return view_of(out, n);
}

/* jQuery's conversion: JSON where the text reads back the same, else text. */
static JSValue data_value(JSContext *ctx, struct view v) {
    char text[JSON_WRITER_NUMBER_MAX];
    double number;

    if (!v.len || view_eq(v, VIEW("null")))
        return JS_UNDEFINED;
    if (view_eq(v, VIEW("true")) || view_eq(v, VIEW("false")))
        return JS_NewBool(ctx, *v.ptr == 't');
    if (memchr("-.0123456789", *v.ptr, 12) && view_to_double(v, &number) &&
        view_eq(view_of_cstr(json_format_double(number, text)), v))
        return JS_NewFloat64(ctx, number);
    if ((*v.ptr == '{' || *v.ptr == '[') && json_scan_valid(v))
        return js_json_read(ctx, v, "<data>");
    return js_string(ctx, v);
}

enum { DATA_NAME_MAX = 256 };

static JSValue all_data(JSContext *ctx, const GumboNode *n) {
    const GumboVector *attributes = html_attributes(n);
    JSValue object = JS_NewObject(ctx);
    char name[DATA_NAME_MAX];

    for (unsigned i = 0; attributes && !JS_IsException(object) && i < attributes->length; i++) {
        const GumboAttribute *a = attributes->data[i];
        struct view key = view_of_cstr(a->name);
        if (!view_starts_with(key, VIEW("data-")) || key.len == 5)
            continue;
        JSValue v = data_value(ctx, view_of_cstr(a->value));
        if (!JS_IsUndefined(v))
            js_set_view(ctx, object, camel(view_drop(key, 5), name, sizeof name), v);
    }
    return object;
}

JSValue html_selection_data(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = html_selection_set(this_val);
    char name[DATA_NAME_MAX + 8] = "data-";
    struct view key, value;

    if (!s)
        return JS_ThrowTypeError(ctx, "not a Selection");
    if (!s->nodes.count)
        return JS_UNDEFINED;
    if (argc < 1 || JS_IsUndefined(argv[0]))
        return all_data(ctx, s->nodes.at[0]);
    if (!js_text(ctx, argv[0], &key))
        return JS_EXCEPTION;
    size_t n = dashes(key, name + 5, DATA_NAME_MAX).len;
    js_text_free(ctx, key);
    name[5 + n] = '\0';
    return html_attribute(s->nodes.at[0], name, &value) ? data_value(ctx, value) : JS_UNDEFINED;
}
