/* A growable byte buffer with a mandatory cap. One owner; NUL is kept behind the last byte so that
 * `ptr` can be handed to the OS as a C string. Every append returns 0, -ENOMEM or ERROR_LIMIT. */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/error.h"
#include "core/view.h"

struct buf {
    char *ptr;
    size_t len;
    size_t cap;
    size_t max; /* never holds more than this many bytes */
};

#define BUF_NULL ((struct buf){0})
#define BUF_MAX(max_bytes) ((struct buf){.max = (max_bytes)})

void buf_init(struct buf *b, size_t max_bytes);
void buf_deinit(struct buf *b); /* also the cleanup function: struct buf b CLEANUP(buf_deinit) */
int buf_reserve(struct buf *b, size_t more) MUST_USE; /* room for `more` bytes behind len (+NUL) */
int buf_append(struct buf *b, const void *bytes, size_t len) MUST_USE;
int buf_append_view(struct buf *b, struct view v) MUST_USE;
int buf_append_byte(struct buf *b, char c) MUST_USE;
int buf_printf(struct buf *b, const char *fmt, ...) MUST_USE PRINTF_LIKE(2, 3);
void buf_clear(struct buf *b);                 /* len = 0, keeps memory */
void buf_consume(struct buf *b, size_t n);     /* drops n bytes at the front */
void buf_shrink(struct buf *b, size_t keep_cap); /* gives memory back when cap > keep_cap and empty */
struct view buf_view(const struct buf *b);
/* Hands the memory over (malloc'ed, NUL-terminated; never NULL unless out of memory) and empties b. */
char *buf_steal(struct buf *b, size_t *len_out);

#endif
