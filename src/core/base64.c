/* Base64, four characters per three bytes. Spare bits of the last character are ignored, as in Go's lenient mode. */
#include "core/base64.h"

static const char alphabets[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

int base64_encode(struct buf *out, struct view bytes, enum base64_kind kind) {
    const char *alphabet = alphabets[kind & BASE64_URL];
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    int r = bytes.len > SIZE_MAX / 4 * 3 - 3 ? ERROR_LIMIT : buf_reserve(out, base64_encoded_length(bytes.len));

    if (r < 0)
        return r;
    char *to = out->ptr + out->len;
    for (size_t left = bytes.len; left; p += 3) {
        size_t take = left < 3 ? left : 3;
        uint32_t group = (uint32_t)p[0] << 16 | (take > 1 ? (uint32_t)p[1] << 8 : 0) | (take > 2 ? p[2] : 0);
        for (size_t i = 0; i <= take; i++, group <<= 6)
            *to++ = alphabet[group >> 18 & 63];
        for (size_t i = take; i < 3 && !(kind & BASE64_RAW); i++)
            *to++ = '=';
        left -= take;
    }
    *to = 0;
    out->len = (size_t)(to - out->ptr);
    return 0;
}

static int value_of(char c, enum base64_kind kind) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabets[kind & BASE64_URL][62])
        return 62;
    return c == alphabets[kind & BASE64_URL][63] ? 63 : -1;
}

static bool is_break(char c) {
    return c == '\r' || c == '\n';
}

/* text[at] is the first '='. Whether what follows is exactly the padding that `digits` characters need. */
static bool padding_fits(struct view text, size_t at, size_t digits, size_t *bad_at) {
    size_t need = digits % 4 >= 2 ? 4 - digits % 4 : 0;

    for (; at < text.len; at++) {
        if (is_break(text.ptr[at]))
            continue;
        *bad_at = at;
        if (text.ptr[at] != '=' || !need--)
            return false;
    }
    *bad_at = at;
    return !need;
}

int base64_decode(struct buf *out, struct view text, enum base64_kind kind, size_t *bad_at) {
    size_t at = 0, digits = 0, ignored;
    uint32_t group = 0;
    int r = buf_reserve(out, text.len / 4 * 3 + 3);

    if (!bad_at)
        bad_at = &ignored;
    if (r == ERROR_LIMIT) /* the estimate is for text without breaks and padding; the buffer may be just large enough */
        r = buf_reserve(out, out->max - out->len);
    if (r < 0)
        return r;
    size_t old_len = out->len;
    for (; at < text.len && text.ptr[at] != '='; at++) {
        if (is_break(text.ptr[at]))
            continue;
        int v = value_of(text.ptr[at], kind);
        if (v < 0)
            goto bad;
        group = group << 6 | (uint32_t)v;
        if (digits++ % 4 == 0)
            continue;
        char byte = (char)(group >> (6 - 2 * ((digits - 1) % 4)));
        if ((r = buf_append_byte(out, byte)) < 0)
            goto fail;
    }
    /* An end in the middle of a group is reported at the group's begin. */
    if (at == text.len && digits % 4 && (digits % 4 == 1 || !(kind & BASE64_RAW))) {
        at -= digits % 4;
        goto bad;
    }
    if (digits % 4 == 1)
        goto bad;
    if (kind & BASE64_RAW) {
        if (at < text.len)
            goto bad;
        return 0;
    }
    if (padding_fits(text, at, digits, bad_at))
        return 0;
    at = *bad_at;
bad:
    *bad_at = at;
    r = ERROR_SYNTAX;
fail:
    out->len = old_len;
    if (out->ptr)
        out->ptr[old_len] = 0;
    return r;
}
