/* A recursion over strict JSON (RFC 8259). It gives up where the text is anything else, or unusual; giving up
 * costs no more than the part that was read. Strings go from the text into the engine without a copy between;
 * names of members become atoms, which are mostly known already. */
#include "script/js/json/json_reader.h"

#include "core/buf.h"
#include "core/hex.h"
#include "core/utf8.h"
#include "script/js/json/json_scan.h"

#include <string.h>

enum { NUMBER_BYTES_MAX = 24, SHORT_DIGITS_MAX = 9, UNESCAPED_BYTES_MAX = 16 << 20 };

struct reader {
    JSContext *ctx;
    const char *p, *end;
    int depth;
};

static bool read_value(struct reader *r, JSValue *out);

static void skip_blanks(struct reader *r) {
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r'))
        r->p++;
}

/* Blanks, then this byte. */
static bool take(struct reader *r, char c) {
    skip_blanks(r);
    if (r->p >= r->end || *r->p != c)
        return false;
    r->p++;
    return true;
}

/* --- strings --- */

struct string {
    struct view inside; /* of the quotes */
    bool escaped, wide; /* has a backslash; a byte beyond ASCII */
};

static bool scan_string(struct reader *r, struct string *s) {
    const char *from = r->p + 1, *p = from;

    *s = (struct string){0};
    for (; p < r->end && *p != '"'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20)
            return false;
        s->wide = s->wide || c >= 0x80;
        if (c == '\\') {
            s->escaped = true;
            p++;
        }
    }
    if (p >= r->end)
        return false;
    s->inside = view_of(from, (size_t)(p - from));
    r->p = p + 1;
    return !s->wide || utf8_valid(s->inside);
}

static int hex4(const char *p) {
    int unit = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

/* A whole character: no half of a pair, no NUL. *length: bytes of the escape (or of both). */
static bool whole_character(struct view v, size_t *length) {
    int unit = v.len >= 6 ? hex4(v.ptr + 2) : -1;

    *length = 6;
    if (unit < 0xD800 || unit >= 0xE000)
        return unit > 0;
    *length = 12;
    if (unit >= 0xDC00 || v.len < 12 || v.ptr[6] != '\\' || v.ptr[7] != 'u')
        return false;
    unit = hex4(v.ptr + 8);
    return unit >= 0xDC00 && unit < 0xE000;
}

static bool escapes_are_plain(struct view v) {
    while (v.len) {
        const char *slash = memchr(v.ptr, '\\', v.len);
        size_t length = 2;
        if (!slash)
            return true;
        v = view_drop(v, (size_t)(slash - v.ptr));
        if (v.len < 2 ||
            (v.ptr[1] == 'u' ? !whole_character(v, &length) : !memchr("\"\\/bfnrt", v.ptr[1], 8)))
            return false;
        v = view_drop(v, length);
    }
    return true;
}

static bool string_value(struct reader *r, const struct string *s, JSValue *out) {
    if (!s->escaped) {
        *out = JS_NewStringLen(r->ctx, s->inside.ptr, s->inside.len);
        return !JS_IsException(*out);
    }
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(UNESCAPED_BYTES_MAX);
    if (!escapes_are_plain(s->inside) || json_scan_unescape(s->inside, &text) < 0)
        return false;
    *out = JS_NewStringLen(r->ctx, text.ptr ? text.ptr : "", text.len);
    return !JS_IsException(*out);
}

static bool read_string(struct reader *r, JSValue *out) {
    struct string s;
    return scan_string(r, &s) && string_value(r, &s, out);
}

static bool read_name(struct reader *r, JSAtom *out) {
    struct string s;
    JSValue v;

    skip_blanks(r);
    if (r->p >= r->end || *r->p != '"' || !scan_string(r, &s))
        return false;
    if (!s.escaped && !s.wide) {
        *out = JS_NewAtomLen(r->ctx, s.inside.ptr, s.inside.len);
    } else {
        if (!string_value(r, &s, &v))
            return false;
        *out = JS_ValueToAtom(r->ctx, v);
        JS_FreeValue(r->ctx, v);
    }
    return *out != JS_ATOM_NULL;
}

/* --- the other values --- */

static const char *skip_digits(const char *p, const char *end) {
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static bool read_number(struct reader *r, JSValue *out) {
    const char *from = r->p, *digits = *from == '-' ? from + 1 : from, *p = skip_digits(digits, r->end);
    size_t count = (size_t)(p - digits);
    double d;

    if (!count || (count > 1 && *digits == '0'))
        return false;
    if (digits == from && count <= SHORT_DIGITS_MAX &&
        (p == r->end || (*p != '.' && *p != 'e' && *p != 'E'))) {
        int32_t n = 0;
        for (const char *at = digits; at < p; at++)
            n = n * 10 + (*at - '0');
        r->p = p;
        *out = JS_NewInt32(r->ctx, n);
        return true;
    }
    if (p < r->end && *p == '.') {
        const char *fraction = p + 1;
        p = skip_digits(fraction, r->end);
        if (p == fraction)
            return false;
    }
    if (p < r->end && (*p == 'e' || *p == 'E')) {
        const char *exponent = p + 1 < r->end && (p[1] == '+' || p[1] == '-') ? p + 2 : p + 1;
        p = skip_digits(exponent, r->end);
        if (p == exponent)
            return false;
    }
    /* Of longer ones the engine drops digits, and may round the other way. */
    if (p - digits > NUMBER_BYTES_MAX || !view_to_double(view_of(from, (size_t)(p - from)), &d))
        return false;
    r->p = p;
    *out = JS_NewFloat64(r->ctx, d);
    return true;
}

static bool read_word(struct reader *r, struct view word, JSValue v, JSValue *out) {
    if ((size_t)(r->end - r->p) < word.len || memcmp(r->p, word.ptr, word.len) != 0)
        return false;
    r->p += word.len;
    *out = v;
    return true;
}

static bool read_member(struct reader *r, JSValueConst object) {
    JSAtom name;
    JSValue v;

    if (!read_name(r, &name))
        return false;
    bool ok = take(r, ':') && read_value(r, &v) &&
              JS_DefinePropertyValue(r->ctx, object, name, v, JS_PROP_C_W_E) >= 0;
    JS_FreeAtom(r->ctx, name);
    return ok;
}

static bool read_element(struct reader *r, JSValueConst array, uint32_t index) {
    JSValue v;
    return read_value(r, &v) && JS_DefinePropertyValueUint32(r->ctx, array, index, v, JS_PROP_C_W_E) >= 0;
}

static bool read_container(struct reader *r, JSValue *out) {
    bool object = *r->p == '{';
    char close = object ? '}' : ']';
    uint32_t index = 0;

    if (r->depth == JSON_READER_DEPTH_MAX)
        return false;
    r->depth++;
    r->p++;
    JSValue v = object ? JS_NewObject(r->ctx) : JS_NewArray(r->ctx);
    bool ok = !JS_IsException(v), closed = ok && take(r, close);
    while (ok && !closed) {
        ok = (object ? read_member(r, v) : read_element(r, v, index++));
        closed = ok && take(r, close);
        ok = ok && (closed || take(r, ','));
    }
    r->depth--;
    if (ok)
        *out = v;
    else
        JS_FreeValue(r->ctx, v);
    return ok;
}

static bool read_value(struct reader *r, JSValue *out) {
    skip_blanks(r);
    if (r->p >= r->end)
        return false;
    switch (*r->p) {
    case '{':
    case '[': return read_container(r, out);
    case '"': return read_string(r, out);
    case 't': return read_word(r, VIEW("true"), JS_TRUE, out);
    case 'f': return read_word(r, VIEW("false"), JS_FALSE, out);
    case 'n': return read_word(r, VIEW("null"), JS_NULL, out);
    default: return read_number(r, out);
    }
}

bool json_reader_value(JSContext *ctx, struct view text, JSValue *out) {
    struct reader r = {.ctx = ctx, .p = text.ptr, .end = text.ptr + text.len};
    JSValue v;

    if (!text.len)
        return false;
    bool read = read_value(&r, &v);
    if (read) {
        skip_blanks(&r);
        if (r.p == r.end) {
            *out = v;
            return true;
        }
        JS_FreeValue(ctx, v);
    }
    JS_FreeValue(ctx, JS_GetException(ctx)); /* out of memory: the other parser will find that, too */
    return false;
}
