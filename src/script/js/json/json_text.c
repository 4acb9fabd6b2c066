/* One recursion that writes into a buffer of the process. It looks at objects without calling anything of the
 * script: a value that has (or may have) a getter, a toJSON, a proxy or a class of its own is left to the
 * engine's JSON.stringify, from the start. So no fiber can give way in here, and one buffer serves all users.
 */
#include "script/js/json/json_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEEP_BYTES = 256 * 1024, PROTOTYPES_MAX = 8 };
#define EXACT_MAX 1e15 /* decimals below it are told apart by doubles */

struct writer {
    JSContext *ctx;
    struct buf *out;
    JSAtom to_json, length;
    int depth;
};

static JSClassID object_class, array_class; /* the same in every runtime */

static bool put_value(struct writer *w, JSValueConst v, bool in_array, bool *skipped);

/* --- bytes --- */

/* Room for n more bytes: where they go, NULL without memory. */
static inline char *room(struct buf *out, size_t n) {
    return out->cap - out->len > n || buf_reserve(out, n) == 0 ? out->ptr + out->len : NULL;
}

static inline bool put_byte(struct buf *out, char c) {
    char *at = room(out, 1);
    if (!at)
        return false;
    *at = c;
    out->len++;
    return true;
}

static inline bool put_bytes(struct buf *out, const char *bytes, size_t n) {
    char *at = room(out, n);
    if (!at)
        return false;
    memcpy(at, bytes, n);
    out->len += n;
    return true;
}

/* --- texts --- */

enum { ESCAPED_BYTES_MAX = 6 }; /* of one byte */

/* 0: as it is; else the letter behind the backslash; 'u': four digits. */
static const char escapes[256] = {
    [0 ... 7] = 'u',
    ['\b'] = 'b',
    ['\t'] = 't',
    ['\n'] = 'n',
    [11] = 'u',
    ['\f'] = 'f',
    ['\r'] = 'r',
    [14 ... 31] = 'u',
    ['"'] = '"',
    ['\\'] = '\\',
};

static bool put_text(struct buf *out, struct view v) {
    static const char digits[] = "0123456789abcdef";
    char *at = room(out, v.len * ESCAPED_BYTES_MAX + 2);

    if (!at)
        return false;
    *at++ = '"';
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        char escape = escapes[c];
        if (c == 0xED && i + 1 < v.len && (unsigned char)v.ptr[i + 1] >= 0xA0)
            return false; /* half of a pair, which is written as an escape */
        if (!escape) {
            *at++ = (char)c;
            continue;
        }
        *at++ = '\\';
        *at++ = escape;
        if (escape == 'u') {
            *at++ = '0';
            *at++ = '0';
            *at++ = digits[c >> 4];
            *at++ = digits[c & 15];
        }
    }
    *at++ = '"';
    out->len = (size_t)(at - out->ptr);
    return true;
}

static bool put_string(struct writer *w, JSValueConst v) {
    size_t len;
    const char *text = JS_ToCStringLen(w->ctx, &len, v);
    bool ok = text && put_text(w->out, view_of(text, len));
    JS_FreeCString(w->ctx, text);
    return ok;
}

/* --- numbers --- */

static char *digits_of(uint64_t n, int width, char *end) {
    while (n || width > 0) {
        *--end = (char)('0' + n % 10);
        n /= 10;
        width--;
    }
    return end;
}

static bool put_integer(struct buf *out, int64_t n) {
    char text[24], *end = text + sizeof text,
                   *from = digits_of(n < 0 ? 0 - (uint64_t)n : (uint64_t)n, 1, end);
    if (n < 0)
        *--from = '-';
    return put_bytes(out, from, (size_t)(end - from));
}

/* A number of at most 15 digits, six of them behind the point: no other decimal of that length stands for the
 * same double, so it is the shortest, which JavaScript shows. False: it is no such number. */
static bool put_short_decimal(struct buf *out, double v, bool *ok) {
    static const double powers[] = {1e1, 1e2, 1e3, 1e4, 1e5, 1e6};
    double size = fabs(v);
    char text[32], *end = text + sizeof text;

    for (int i = 0; i < (int)(sizeof powers / sizeof *powers); i++) {
        double n = rint(size * powers[i]);
        if (!(n < EXACT_MAX))
            return false;
        if (n / powers[i] != size)
            continue;
        uint64_t all = (uint64_t)n, unit = (uint64_t)powers[i];
        char *from = digits_of(all % unit, i + 1, end);
        *--from = '.';
        from = digits_of(all / unit, 1, from);
        if (v < 0)
            *--from = '-';
        *ok = put_bytes(out, from, (size_t)(end - from));
        return true;
    }
    return false;
}

static bool put_double(struct writer *w, double v) {
    size_t len;
    bool ok = false;

    if (!isfinite(v))
        return put_bytes(w->out, "null", 4);
    if (v == trunc(v) && fabs(v) < EXACT_MAX)
        return put_integer(w->out, (int64_t)v);
    if (put_short_decimal(w->out, v, &ok))
        return ok;
    JSValue number = JS_NewFloat64(w->ctx, v);
    const char *text = JS_ToCStringLen(w->ctx, &len, number);
    ok = text && put_bytes(w->out, text, len);
    JS_FreeCString(w->ctx, text);
    return ok;
}

/* --- objects --- */

/* A plain object or an array, and nothing up its chain of prototypes has a toJSON or is of another kind. */
static bool is_plain(struct writer *w, JSValueConst v) {
    JSContext *ctx = w->ctx;
    JSValue at = JS_DupValue(ctx, v);
    bool plain = true;

    for (int i = 0; plain && !JS_IsNull(at); i++) {
        JSClassID id = JS_GetClassID(at);
        plain = i < PROTOTYPES_MAX && (id == object_class || id == array_class) &&
                JS_GetOwnProperty(ctx, NULL, at, w->to_json) == 0;
        JSValue next = plain ? JS_GetPrototype(ctx, at) : JS_NULL;
        JS_FreeValue(ctx, at);
        at = next;
    }
    JS_FreeValue(ctx, at);
    return plain;
}

/* The value of an own property that is data; a new reference. */
static bool own_value(struct writer *w, JSValueConst object, JSAtom name, JSValue *out) {
    JSPropertyDescriptor d;

    if (JS_GetOwnProperty(w->ctx, &d, object, name) <= 0)
        return false;
    if (d.flags & JS_PROP_GETSET) {
        JS_FreeValue(w->ctx, d.getter);
        JS_FreeValue(w->ctx, d.setter);
        return false;
    }
    *out = d.value;
    return true;
}

static bool put_array(struct writer *w, JSValueConst v) {
    JSValue length, item;
    bool skipped;

    if (!own_value(w, v, w->length, &length))
        return false;
    if (JS_VALUE_GET_TAG(length) != JS_TAG_INT) {
        JS_FreeValue(w->ctx, length);
        return false;
    }
    uint32_t count = (uint32_t)JS_VALUE_GET_INT(length);
    bool ok = put_byte(w->out, '[');
    for (uint32_t i = 0; ok && i < count; i++) {
        JSAtom index = JS_NewAtomUInt32(w->ctx, i);
        ok = own_value(w, v, index, &item);
        JS_FreeAtom(w->ctx, index);
        if (!ok)
            break;
        ok = (i == 0 || put_byte(w->out, ',')) && put_value(w, item, true, &skipped);
        JS_FreeValue(w->ctx, item);
    }
    return ok && put_byte(w->out, ']');
}

static bool put_member(struct writer *w, JSValueConst object, JSAtom name, bool *first) {
    JSValue v;
    bool skipped = false;
    size_t before = w->out->len;

    if (!own_value(w, object, name, &v))
        return false;
    const char *text = JS_AtomToCString(w->ctx, name);
    size_t len = text ? strlen(text) : 0;
    bool ok = text && !memchr(text, 0xED, len) && (*first || put_byte(w->out, ',')) &&
              put_text(w->out, view_of(text, len)) && put_byte(w->out, ':') &&
              put_value(w, v, false, &skipped);
    if (skipped)
        w->out->len = before;
    else
        *first = false;
    JS_FreeCString(w->ctx, text);
    JS_FreeValue(w->ctx, v);
    return ok;
}

static bool put_object(struct writer *w, JSValueConst v) {
    JSPropertyEnum *names;
    uint32_t count;
    bool first = true;

    if (JS_GetOwnPropertyNames(w->ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    bool ok = put_byte(w->out, '{');
    for (uint32_t i = 0; i < count; i++) {
        ok = ok && put_member(w, v, names[i].atom, &first);
        JS_FreeAtom(w->ctx, names[i].atom);
    }
    js_free(w->ctx, names);
    return ok && put_byte(w->out, '}');
}

static bool put_container(struct writer *w, JSValueConst v) {
    if (w->depth == JSON_TEXT_DEPTH_MAX || !is_plain(w, v)) /* a circle is deep, too */
        return false;
    w->depth++;
    bool ok = JS_GetClassID(v) == array_class ? put_array(w, v) : put_object(w, v);
    w->depth--;
    return ok;
}

/* skipped: it has no text, so its member is left out. */
static bool put_value(struct writer *w, JSValueConst v, bool in_array, bool *skipped) {
    switch (JS_VALUE_GET_NORM_TAG(v)) {
    case JS_TAG_STRING:
    case JS_TAG_STRING_ROPE: return put_string(w, v);
    case JS_TAG_INT: return put_integer(w->out, JS_VALUE_GET_INT(v));
    case JS_TAG_FLOAT64: return put_double(w, JS_VALUE_GET_FLOAT64(v));
    case JS_TAG_BOOL:
        return JS_VALUE_GET_BOOL(v) ? put_bytes(w->out, "true", 4) : put_bytes(w->out, "false", 5);
    case JS_TAG_NULL: return put_bytes(w->out, "null", 4);
    case JS_TAG_UNDEFINED: *skipped = true; return !in_array || put_bytes(w->out, "null", 4);
    case JS_TAG_OBJECT: return put_container(w, v);
    default: return false;
    }
}

static void know_classes(JSContext *ctx) {
    JSValue object = JS_NewObject(ctx), array = JS_NewArray(ctx);
    object_class = JS_GetClassID(object);
    array_class = JS_GetClassID(array);
    JS_FreeValue(ctx, object);
    JS_FreeValue(ctx, array);
}

bool json_text_of(JSContext *ctx, JSValueConst v, JSValue *out) {
    static struct buf text = BUF_MAX(JSON_TEXT_BYTES_MAX);
    struct writer w = {.ctx = ctx, .out = &text};

    if (!JS_IsObject(v))
        return false;
    if (!array_class)
        know_classes(ctx);
    buf_clear(&text);
    w.to_json = JS_NewAtomLen(ctx, "toJSON", 6);
    w.length = JS_NewAtomLen(ctx, "length", 6);
    bool ok = w.to_json != JS_ATOM_NULL && w.length != JS_ATOM_NULL && put_container(&w, v);
    if (ok) {
        *out = JS_NewStringLen(ctx, text.ptr, text.len);
        ok = !JS_IsException(*out);
    }
    JS_FreeAtom(ctx, w.to_json);
    JS_FreeAtom(ctx, w.length);
    buf_clear(&text);
    buf_shrink(&text, KEEP_BYTES);
    if (!ok)
        JS_FreeValue(ctx, JS_GetException(ctx));
    return ok;
}
