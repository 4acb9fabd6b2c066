/* Growable bytes with a mandatory cap.
 *
 * Invariants: len <= max; when ptr is not NULL, len < cap and ptr[len] == 0. Memory doubles, but never beyond
 * max + 1 (the NUL). An append that fails changes nothing. */
#include "core/buf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_FIRST_CAP = 64 };

void buf_init(struct buf *b, size_t max_bytes) {
    *b = BUF_MAX(max_bytes);
}

void buf_deinit(struct buf *b) {
    free(b->ptr);
    *b = BUF_MAX(b->max);
}

int buf_reserve(struct buf *b, size_t more) {
    if (more > b->max - b->len)
        return ERROR_LIMIT;
    size_t need = b->len + more + 1;
    if (need <= b->cap)
        return 0;
    size_t cap = b->cap ? b->cap : BUF_FIRST_CAP;
    while (cap < need && cap <= SIZE_MAX / 2)
        cap *= 2;
    if (cap > b->max && b->max < SIZE_MAX)
        cap = b->max + 1;
    if (cap < need)
        return -ENOMEM;
    char *ptr = realloc(b->ptr, cap);
    if (!ptr)
        return -ENOMEM;
    b->ptr = ptr;
    b->cap = cap;
    b->ptr[b->len] = 0;
    return 0;
}

int buf_append(struct buf *b, const void *bytes, size_t len) {
    int r = buf_reserve(b, len);

    if (r < 0)
        return r;
    if (len)
        memcpy(b->ptr + b->len, bytes, len);
    b->len += len;
    b->ptr[b->len] = 0;
    return 0;
}

int buf_append_view(struct buf *b, struct view v) {
    return buf_append(b, v.ptr, v.len);
}

int buf_append_byte(struct buf *b, char c) {
    return buf_append(b, &c, 1);
}

int buf_printf(struct buf *b, const char *fmt, ...) {
    va_list args;
    size_t room = b->cap ? b->cap - b->len : 0;

    va_start(args, fmt);
    int n = vsnprintf(room ? b->ptr + b->len : NULL, room, fmt, args);
    va_end(args);
    int r = n < 0 ? -EINVAL : buf_reserve(b, (size_t)n);
    if (r < 0) {
        if (room)
            b->ptr[b->len] = 0; /* the attempt may have written behind len */
        return r;
    }
    if ((size_t)n >= room) {
        va_start(args, fmt);
        vsnprintf(b->ptr + b->len, (size_t)n + 1, fmt, args);
        va_end(args);
    }
    b->len += (size_t)n;
    return 0;
}

void buf_clear(struct buf *b) {
    b->len = 0;
    if (b->ptr)
        b->ptr[0] = 0;
}

void buf_consume(struct buf *b, size_t n) {
    if (n >= b->len) {
        buf_clear(b);
        return;
    }
    if (!n)
        return;
    memmove(b->ptr, b->ptr + n, b->len - n + 1);
    b->len -= n;
}

void buf_shrink(struct buf *b, size_t keep_cap) {
    if (!b->len && b->cap > keep_cap)
        buf_deinit(b);
}

struct view buf_view(const struct buf *b) {
    return view_of(b->ptr, b->len);
}

char *buf_steal(struct buf *b, size_t *len_out) {
    char *ptr = b->ptr ? b->ptr : calloc(1, 1);

    if (len_out)
        *len_out = ptr ? b->len : 0;
    *b = BUF_MAX(b->max);
    return ptr;
}
