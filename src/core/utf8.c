/* UTF-8 after the table of well-formed byte sequences in the Unicode Standard (table 3-7): the second byte's range
 * depends on the first, all later ones are 80..BF. */
#include "core/utf8.h"

enum { CODE_POINT_MAX = 0x10FFFF, SURROGATE_FIRST = 0xD800, SURROGATE_LAST = 0xDFFF };

struct lead {
    unsigned char first, last;           /* range of the first byte */
    unsigned char length;                /* of the whole sequence */
    unsigned char second_min, second_max;
};

static const struct lead leads[] = {
    {0xC2, 0xDF, 2, 0x80, 0xBF}, {0xE0, 0xE0, 3, 0xA0, 0xBF}, {0xE1, 0xEC, 3, 0x80, 0xBF},
    {0xED, 0xED, 3, 0x80, 0x9F}, {0xEE, 0xEF, 3, 0x80, 0xBF}, {0xF0, 0xF0, 4, 0x90, 0xBF},
    {0xF1, 0xF3, 4, 0x80, 0xBF}, {0xF4, 0xF4, 4, 0x80, 0x8F},
};

static const struct lead *lead_of(unsigned char byte) {
    for (size_t i = 0; i < sizeof leads / sizeof leads[0]; i++)
        if (byte >= leads[i].first && byte <= leads[i].last)
            return &leads[i];
    return NULL;
}

int32_t utf8_decode(struct view *rest) {
    const unsigned char *p = (const unsigned char *)rest->ptr;
    size_t n = 1;

    if (p[0] < 0x80) {
        *rest = view_drop(*rest, 1);
        return p[0];
    }
    const struct lead *lead = lead_of(p[0]);
    int32_t code = lead ? p[0] & (0x7F >> lead->length) : -1;
    while (lead && n < lead->length) {
        unsigned char min = n == 1 ? lead->second_min : 0x80, max = n == 1 ? lead->second_max : 0xBF;
        if (n == rest->len || p[n] < min || p[n] > max) {
            code = -1;
            break;
        }
        code = code << 6 | (p[n++] & 0x3F);
    }
    *rest = view_drop(*rest, n);
    return code;
}

/* Length of the ASCII prefix, eight bytes a step: most text is nothing else. */
static size_t ascii_prefix(struct view v) {
    size_t n = 0;
    uint64_t word;

    for (; n + sizeof word <= v.len; n += sizeof word) {
        memcpy(&word, v.ptr + n, sizeof word);
        if (word & UINT64_C(0x8080808080808080))
            break;
    }
    while (n < v.len && (unsigned char)v.ptr[n] < 0x80)
        n++;
    return n;
}

bool utf8_valid(struct view v) {
    for (;;) {
        v = view_drop(v, ascii_prefix(v));
        if (!v.len)
            return true;
        if (utf8_decode(&v) < 0)
            return false;
    }
}

size_t utf8_encode(uint32_t c, char out[UTF8_BYTES_MAX]) {
    if (c > CODE_POINT_MAX || (c >= SURROGATE_FIRST && c <= SURROGATE_LAST))
        c = UTF8_REPLACEMENT;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)((0xF00U >> n) | c);
    return n;
}

int utf8_append(struct buf *out, uint32_t code_point) {
    char bytes[UTF8_BYTES_MAX];
    return buf_append(out, bytes, utf8_encode(code_point, bytes));
}

int utf8_append_lossy(struct buf *out, struct view v) {
    struct view rest = v; /* v: not yet copied; rest: not yet looked at */

    for (;;) {
        rest = view_drop(rest, ascii_prefix(rest));
        if (!rest.len)
            return buf_append_view(out, v);
        const char *at = rest.ptr;
        if (utf8_decode(&rest) >= 0)
            continue;
        int r = buf_append(out, v.ptr, (size_t)(at - v.ptr));
        if (r == 0)
            r = utf8_append(out, UTF8_REPLACEMENT);
        if (r < 0)
            return r;
        v = rest;
    }
}

size_t utf8_length(struct view v) {
    size_t n = 0;

    while (v.len) {
        size_t ascii = ascii_prefix(v);
        n += ascii;
        v = view_drop(v, ascii);
        if (v.len) {
            (void)utf8_decode(&v);
            n++;
        }
    }
    return n;
}

size_t utf8_utf16_length(struct view v) {
    size_t n = 0;

    while (v.len) {
        size_t ascii = ascii_prefix(v);
        n += ascii;
        v = view_drop(v, ascii);
        if (v.len)
            n += utf8_decode(&v) >= 0x10000 ? 2 : 1;
    }
    return n;
}
