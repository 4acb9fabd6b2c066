/* Forms: what of a page is sent, as k6 serialises it: a checkbox or radio only with checked="checked", nothing with
 * disabled="disabled", no buttons; of several fields with one name the last. */
#include "script/js/html/html.h"

#include "script/js/html/html_priv.h"

#include <stdlib.h>

enum { QUERY_BYTES_MAX = 64 * 1024 * 1024 };

static bool is_field(const GumboNode *n) {
    return html_is(n, "input") || html_is(n, "select") || html_is(n, "textarea") || html_is(n, "keygen");
}

static bool is_sent(const GumboNode *n) {
    static const char *const silent[] = {"submit", "button", "reset", "image", "file", NULL};
    struct view type = html_attribute_or(n, "type", VIEW(""));

    if (!html_attribute_or(n, "name", VIEW("")).len || view_eq(html_attribute_or(n, "disabled", VIEW("")), VIEW("disabled")))
        return false;
    for (const char *const *s = silent; *s; s++)
        if (view_eq(type, view_of_cstr(*s)))
            return false;
    if (view_eq(type, VIEW("checkbox")) || view_eq(type, VIEW("radio")))
        return view_eq(html_attribute_or(n, "checked", VIEW("")), VIEW("checked"));
    return true;
}

/* All fields that would be sent: those inside, when the first node is a form, else those among the nodes. */
static void collect(const struct html_set *s, struct html_nodes *fields) {
    bool inside = false;

    for (size_t i = 0; i < s->nodes.count; i++)
        inside = inside || html_is(s->nodes.at[i], "form");
    for (size_t i = 0; i < s->nodes.count; i++) {
        const GumboNode *n = s->nodes.at[i];
        if (!inside && is_field(n) && is_sent(n))
            html_nodes_add(fields, n);
        for (const GumboNode *at = n; inside && (at = html_next(at, n));)
            if (is_field(at) && is_sent(at))
                html_nodes_add(fields, at);
    }
}

static JSValue object_of(JSContext *ctx, const struct html_set *s) {
    struct html_nodes fields = HTML_NODES_NULL;
    JSValue object = JS_NewObject(ctx);

    collect(s, &fields);
    for (size_t i = 0; !JS_IsException(object) && i < fields.count; i++)
        js_set_view(ctx, object, html_attribute_or(fields.at[i], "name", VIEW("")), html_value_of(ctx, fields.at[i]));
    html_nodes_deinit(&fields);
    return object;
}

static struct html_set *self(JSContext *ctx, JSValueConst this_val) {
    struct html_set *s = html_selection_set(this_val);

    if (!s)
        JS_ThrowTypeError(ctx, "not a Selection");
    return s;
}

JSValue html_selection_serialize_object(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;
    return s ? object_of(ctx, s) : JS_EXCEPTION;
}

JSValue html_selection_serialize_array(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct html_nodes fields = HTML_NODES_NULL;
    struct html_set *s = self(ctx, this_val);
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    JSValue list = JS_NewArray(ctx);
    collect(s, &fields);
    for (uint32_t i = 0; !JS_IsException(list) && i < fields.count; i++) {
        JSValue row = JS_NewObject(ctx);
        if (JS_IsException(row))
            break;
        js_set(ctx, row, "name", js_string(ctx, html_attribute_or(fields.at[i], "name", VIEW(""))));
        js_set(ctx, row, "value", html_value_of(ctx, fields.at[i]));
        JS_DefinePropertyValueUint32(ctx, list, i, row, JS_PROP_C_W_E);
    }
    html_nodes_deinit(&fields);
    return list;
}

/* --- serialize() --- */

static int append_query_text(struct buf *out, struct view v) {
    int r = 0;

    for (size_t i = 0; i < v.len && r == 0; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && memchr("-_.~", c, 4));
        if (plain || c == ' ')
            r = buf_append_byte(out, plain ? (char)c : '+');
        else
            r = buf_printf(out, "%%%02X", c);
    }
    return r;
}

static bool append_pair(JSContext *ctx, struct buf *out, struct view name, JSValueConst v) {
    struct view text;

    if (!js_text(ctx, v, &text))
        return false;
    int r = out->len ? buf_append_byte(out, '&') : 0;
    if (r == 0)
        r = append_query_text(out, name);
    if (r == 0)
        r = buf_append_byte(out, '=');
    if (r == 0)
        r = append_query_text(out, text);
    js_text_free(ctx, text);
    if (r < 0)
        JS_ThrowOutOfMemory(ctx);
    return r == 0;
}

static bool append_field(JSContext *ctx, struct buf *out, struct view name, JSValueConst v) {
    int64_t count = 0;

    if (!js_is_array(ctx, v))
        return append_pair(ctx, out, name, v);
    JSValue length = JS_GetPropertyStr(ctx, v, "length");
    bool ok = JS_ToInt64(ctx, &count, length) == 0;
    for (uint32_t i = 0; ok && i < count; i++) {
        JSValue one = JS_GetPropertyUint32(ctx, v, i);
        ok = append_pair(ctx, out, name, one);
        JS_FreeValue(ctx, one);
    }
    return ok;
}

static int by_name(const void *a, const void *b) {
    return view_cmp(html_attribute_or(*(const GumboNode *const *)a, "name", VIEW("")),
                    html_attribute_or(*(const GumboNode *const *)b, "name", VIEW("")));
}

JSValue html_selection_serialize(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(QUERY_BYTES_MAX);
    struct html_nodes fields = HTML_NODES_NULL;
    struct html_set *s = self(ctx, this_val);
    bool ok = true;
    (void)argc, (void)argv;

    if (!s)
        return JS_EXCEPTION;
    JSValue values = object_of(ctx, s);
    collect(s, &fields);
    if (fields.count)
        qsort(fields.at, fields.count, sizeof *fields.at, by_name);
    for (size_t i = 0; ok && i < fields.count; i++) {
        if (i && by_name(&fields.at[i - 1], &fields.at[i]) == 0)
            continue;
        struct view name = html_attribute_or(fields.at[i], "name", VIEW(""));
        JSAtom key = JS_NewAtomLen(ctx, name.ptr, name.len);
        JSValue v = JS_GetProperty(ctx, values, key);
        ok = append_field(ctx, &out, name, v);
        JS_FreeValue(ctx, v);
        JS_FreeAtom(ctx, key);
    }
    html_nodes_deinit(&fields);
    JS_FreeValue(ctx, values);
    return ok ? js_string(ctx, buf_view(&out)) : JS_EXCEPTION;
}

/* --- for Response --- */

JSValue html_selection(JSContext *ctx, struct view text, struct view base_url, struct view selector) {
    struct html_set *whole = html_set_parse(text, base_url);

    if (!whole || !selector.ptr)
        return html_selection_new(ctx, whole);
    struct html_set *found = html_set_find(whole, selector);
    html_set_unref(whole);
    return html_selection_new(ctx, found);
}

/* k6 prints a list among a form's fields as Go does: [1 3]. */
static bool flatten_lists(JSContext *ctx, JSValueConst object) {
    JSPropertyEnum *names;
    uint32_t count;
    bool ok = true;

    if (JS_GetOwnPropertyNames(ctx, &names, &count, object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        JSValue v = JS_GetProperty(ctx, object, names[i].atom);
        if (ok && js_is_array(ctx, v)) {
            JSValue blank = JS_NewString(ctx, " "), join = JS_GetPropertyStr(ctx, v, "join");
            JSValue joined = JS_Call(ctx, join, v, 1, &blank);
            struct view text;
            ok = !JS_IsException(joined) && js_text(ctx, joined, &text);
            if (ok) {
                struct buf b CLEANUP(buf_deinit) = BUF_MAX(QUERY_BYTES_MAX);
                ok = buf_printf(&b, "[%.*s]", VIEW_ARGS(text)) == 0 && JS_SetProperty(ctx, object, names[i].atom, js_string(ctx, buf_view(&b))) >= 0;
                js_text_free(ctx, text);
            }
            JS_FreeValue(ctx, joined);
            JS_FreeValue(ctx, join);
            JS_FreeValue(ctx, blank);
        }
        JS_FreeValue(ctx, v);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    return ok;
}

static bool copy_members(JSContext *ctx, JSValueConst to, JSValueConst from) {
    JSPropertyEnum *names;
    uint32_t count;

    if (!JS_IsObject(from))
        return true;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, from, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    bool ok = true;
    for (uint32_t i = 0; i < count; i++) {
        ok = ok && JS_SetProperty(ctx, to, names[i].atom, JS_GetProperty(ctx, from, names[i].atom)) >= 0;
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    return ok;
}

static struct view upper_copy(struct arena *arena, struct view v) {
    struct view copy = arena_copy(arena, v);

    for (size_t i = 0; copy.ptr && i < copy.len; i++)
        if (copy.ptr[i] >= 'a' && copy.ptr[i] <= 'z')
            ((char *)copy.ptr)[i] &= (char)~0x20;
    return copy;
}

/* What the submit button adds. */
static void add_submit(JSContext *ctx, struct html_set *form, struct view selector, JSValueConst fields) {
    struct html_set *submit = html_set_find(form, selector);

    if (submit && submit->nodes.count) {
        const GumboNode *n = submit->nodes.at[0];
        struct view name;
        if (html_attribute(n, "name", &name))
            js_set_view(ctx, fields, name, html_value_of(ctx, n));
    }
    html_set_unref(submit);
}

bool html_form_read(JSContext *ctx, struct view text, struct view page_url, struct view form_selector, struct view submit_selector,
                    JSValueConst fields, struct arena *arena, struct html_form *out) {
    struct html_set *whole = html_set_parse(text, VIEW(""));
    struct html_set *form = whole ? html_set_find(whole, form_selector) : NULL;
    bool ok = false;

    if (!form) {
        JS_ThrowOutOfMemory(ctx);
    } else if (!form->nodes.count) {
        js_throw(ctx, "no form found for selector '%.*s' in response '%.*s'", VIEW_ARGS(form_selector), VIEW_ARGS(page_url));
    } else {
        const GumboNode *n = form->nodes.at[0];
        out->method = upper_copy(arena, html_attribute_or(n, "method", VIEW("GET")));
        out->action = arena_copy(arena, html_attribute_or(n, "action", VIEW("")));
        out->fields = object_of(ctx, form);
        ok = !JS_IsException(out->fields);
    }
    if (ok) {
        add_submit(ctx, form, submit_selector, out->fields);
        ok = flatten_lists(ctx, out->fields) && copy_members(ctx, out->fields, fields);
        if (!ok)
            JS_FreeValue(ctx, out->fields);
    }
    html_set_unref(form);
    html_set_unref(whole);
    return ok;
}

bool html_link_read(JSContext *ctx, struct view text, struct view page_url, struct view selector, struct arena *arena, struct view *href) {
    struct html_set *whole = html_set_parse(text, VIEW(""));
    struct html_set *link = whole ? html_set_find(whole, selector) : NULL;
    bool ok = false;

    if (!link)
        JS_ThrowOutOfMemory(ctx);
    else if (!link->nodes.count)
        js_throw(ctx, "no element found for selector '%.*s' in response '%.*s'", VIEW_ARGS(selector), VIEW_ARGS(page_url));
    else if (!html_attribute(link->nodes.at[0], "href", href))
        js_throw(ctx, "no valid href attribute value found on element '%.*s' in response '%.*s'", VIEW_ARGS(selector), VIEW_ARGS(page_url));
    else
        ok = true;
    if (ok)
        *href = arena_copy(arena, *href);
    html_set_unref(link);
    html_set_unref(whole);
    return ok;
}
