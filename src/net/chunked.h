/* Decoder of chunked bodies (RFC 9112 §7.1): incremental, pure. Extensions and trailers are skipped within named limits. */
#ifndef NET_CHUNKED_H
#define NET_CHUNKED_H

#include "core/buf.h"

enum chunked_state { CHUNKED_SIZE, CHUNKED_DATA, CHUNKED_DATA_CR, CHUNKED_DATA_LF, CHUNKED_TRAILER, CHUNKED_DONE };

struct chunked {
    enum chunked_state state;
    uint64_t left;       /* of the present chunk */
    size_t line_len;     /* bytes of the present line seen so far */
    size_t trailer_len;
    bool size_digits, in_extension;
    char last;
};
#define CHUNKED_NULL ((struct chunked){0})

enum { CHUNKED_TRAILER_BYTES_MAX = 64 * 1024 };

/* Reads as much of `in` as belongs to the body and appends data to `out` (NULL: counts only, into *data_len if given).
 * *used tells how many bytes were taken. 0 = fine (see state), ERROR_SYNTAX (malformed), ERROR_LIMIT, -ENOMEM. */
int chunked_feed(struct chunked *c, struct view in, struct buf *out, size_t *used, uint64_t *data_len) MUST_USE;
static inline bool chunked_done(const struct chunked *c) { return c->state == CHUNKED_DONE; }

#endif
