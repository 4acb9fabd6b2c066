/* The bottom of a stack of streams: a non-blocking TCP socket. Lives in its owner's struct. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "net/address.h"
#include "net/stream.h"

struct tcp {
    struct stream base;
    int fd; /* -1 = none */
    struct address remote;
    uint64_t *sent, *received; /* counted here, may be shared */
};

void tcp_init(struct tcp *t, uint64_t *sent, uint64_t *received); /* may be closed at once */
/* Makes the socket and begins to connect; local may be NULL. 0, or STREAM_FAILED. `open` tells later how it went. */
int tcp_connect(struct tcp *t, const struct address *to, const struct address *local, struct failure *f) MUST_USE;

#endif
