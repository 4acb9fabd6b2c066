/* A byte stream as a stack of filters: tcp at the bottom, then perhaps a proxy's tunnel, then perhaps TLS. Each layer is a struct whose first
 * member is a struct stream with one const vtable; it knows the layer below and nothing else. Nothing blocks.
 *
 * open, read and write return STREAM_WANT_* when the socket must become ready first, and STREAM_FAILED with the failure filled in. */
#ifndef NET_STREAM_H
#define NET_STREAM_H

#include "net/failure.h"

#include <sys/types.h>
#include <sys/uio.h>

enum { STREAM_EOF = 0, STREAM_WANT_READ = -1, STREAM_WANT_WRITE = -2, STREAM_FAILED = -3 };

struct stream;
struct stream_ops {
    /* Goes on with the handshake of this layer (those below are open). 1 = open. */
    int (*open)(struct stream *s, struct failure *f);
    /* > 0 bytes, STREAM_EOF or one of the negatives. */
    ssize_t (*read)(struct stream *s, void *to, size_t len, struct failure *f);
    /* May take less than offered; never 0. */
    ssize_t (*write)(struct stream *s, const struct iovec *parts, int count, struct failure *f);
    /* Frees what the layer owns, the layers below excepted. */
    void (*close)(struct stream *s);
};
struct stream {
    const struct stream_ops *ops;
    struct stream *below;
};

static inline int stream_open(struct stream *s, struct failure *f) { return s->ops->open(s, f); }
static inline ssize_t stream_read(struct stream *s, void *to, size_t len, struct failure *f) { return s->ops->read(s, to, len, f); }
static inline ssize_t stream_write(struct stream *s, const struct iovec *parts, int count, struct failure *f) {
    return s->ops->write(s, parts, count, f);
}
/* Closes s and everything below. */
static inline void stream_close(struct stream *s) {
    while (s) {
        struct stream *below = s->below;
        s->ops->close(s);
        s = below;
    }
}

#endif
