/* Hexadecimal digits. Decoding checks everything before it appends, so a refused text changes nothing. */
#include "core/hex.h"

int hex_digit(char c) {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int hex_encode(struct buf *out, struct view bytes) {
    static const char digits[] = "0123456789abcdef";
    int r = bytes.len > SIZE_MAX / 2 ? ERROR_LIMIT : buf_reserve(out, bytes.len * 2);

    if (r < 0)
        return r;
    for (size_t i = 0; i < bytes.len; i++) {
        out->ptr[out->len++] = digits[(unsigned char)bytes.ptr[i] >> 4];
        out->ptr[out->len++] = digits[bytes.ptr[i] & 15];
    }
    out->ptr[out->len] = 0;
    return 0;
}

int hex_decode(struct buf *out, struct view text) {
    if (text.len % 2)
        return ERROR_SYNTAX;
    for (size_t i = 0; i < text.len; i++)
        if (hex_digit(text.ptr[i]) < 0)
            return ERROR_SYNTAX;
    int r = buf_reserve(out, text.len / 2);
    if (r < 0)
        return r;
    for (size_t i = 0; i < text.len; i += 2)
        out->ptr[out->len++] = (char)(hex_digit(text.ptr[i]) << 4 | hex_digit(text.ptr[i + 1]));
    out->ptr[out->len] = 0;
    return 0;
}
