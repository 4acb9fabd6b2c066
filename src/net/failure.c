#include "net/failure.h"

#include <stdio.h>

void failure_set(struct failure *f, enum net_fault fault, int os_error, const char *fmt, ...) {
    va_list args;

    f->fault = fault;
    f->os_error = os_error;
    va_start(args, fmt);
    vsnprintf(f->text, sizeof f->text, fmt, args);
    va_end(args);
}

void failure_wrap(struct failure *f, const char *fmt, ...) {
    char context[FAILURE_TEXT_MAX / 2], was[FAILURE_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(context, sizeof context, fmt, args);
    va_end(args);
    memcpy(was, f->text, sizeof was);
    snprintf(f->text, sizeof f->text, "%s: %s", context, was);
}

const char *failure_errno_text(int os_error, char *out, size_t out_size) {
    const char *text = strerrordesc_np(os_error);

    snprintf(out, out_size, "%s", text ? text : "unknown error");
    if (out[0] >= 'A' && out[0] <= 'Z' && !(out[1] >= 'A' && out[1] <= 'Z'))
        out[0] = (char)(out[0] + 32);
    return out;
}

char *failure_quote(struct view v, char *out, size_t out_size) {
    static const char digits[] = "0123456789abcdef";
    size_t n = 0;

    out[n++] = '"';
    for (size_t i = 0; i < v.len && n + 6 < out_size; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        const char *plain = memchr("\n\t\r\"\\", c, 5);
        if (plain && c) {
            out[n++] = '\\';
            out[n++] = c == '\n' ? 'n' : c == '\t' ? 't' : c == '\r' ? 'r' : (char)c;
        } else if (c < ' ' || c >= 127) {
            out[n++] = '\\';
            out[n++] = 'x';
            out[n++] = digits[c >> 4];
            out[n++] = digits[c & 15];
        } else {
            out[n++] = (char)c;
        }
    }
    out[n++] = '"';
    out[n] = 0;
    return out;
}
