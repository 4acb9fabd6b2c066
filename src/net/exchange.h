/* One request and its response on one connection, HTTP/1.1. (HTTP/2 will be a second implementation of this contract.) */
#ifndef NET_EXCHANGE_H
#define NET_EXCHANGE_H

#include "net/body.h"
#include "net/connection.h"

struct exchange {
    /* in */
    void (*ended)(struct exchange *x); /* may come from inside exchange_start */
    void (*came)(struct exchange *x);  /* may be NULL: the head is complete, or the body has grown; not for the last piece */
    struct arena *arena;
    struct timing *timing;
    bool head_request, discard_body, close_after; /* close_after: the request says Connection: close */
    /* out; valid when ended */
    struct http_head head;  /* status 0 = no complete head came */
    struct body body;
    struct failure *failure; /* NULL = fine; in the arena */
    int64_t heard_us;        /* when the last piece of the answer came; 0 = none did */
    bool written, answered;  /* any byte of the request went out, of the response came in */
    /* private */
    struct connection *connection;
    struct view head_rest, body_rest; /* of the request */
    struct buf partial;               /* of a response head that came in pieces */
    size_t scanned;
    int informational;
    bool head_done, surplus;
};

/* head must be good only during the call, body until the end. */
void exchange_start(struct exchange *x, struct connection *c, struct view head, struct view body);
void exchange_fail(struct exchange *x, const struct failure *f); /* closes the connection; ended() follows at once */
void exchange_deinit(struct exchange *x); /* closes the connection of one under way without ended(); frees the body */

#endif
