/* The body of a response: how it is framed, and where its bytes go. */
#ifndef NET_BODY_H
#define NET_BODY_H

#include "net/chunked.h"
#include "net/http_head.h"

enum body_kind { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_UNTIL_CLOSE };
enum { BODY_IN_ARENA_MAX = 64 * 1024 }; /* bodies of known length up to this size are stored in the arena */

struct body {
    enum body_kind kind;
    bool done, discard;
    uint64_t left;       /* LENGTH */
    struct chunked chunked;
    uint64_t wire_bytes; /* of data, without chunk framing */
    size_t max;
    char *fixed;         /* in the arena, or NULL */
    size_t fixed_len;
    struct buf buf;      /* otherwise */
};
#define BODY_NULL ((struct body){0})

/* Framing by RFC 9112 §6.3. max_bytes does not count for a body that is discarded. head_request: the answer to a HEAD has no body. 0 or -ENOMEM. */
int body_init(struct body *b, const struct http_head *head, bool head_request, bool discard, size_t max_bytes, struct arena *arena) MUST_USE;
void body_deinit(struct body *b); /* twice is fine */
/* Takes what belongs to the body; *used tells how much. 0, ERROR_SYNTAX (err says why), ERROR_LIMIT, -ENOMEM. */
int body_feed(struct body *b, struct view in, size_t *used, struct error *err) MUST_USE;
/* The connection ended: 0 when that ends the body, else ERROR_CLOSED. */
int body_end(struct body *b) MUST_USE;
void body_drop(struct body *b); /* what has come was taken: body_view begins anew with what comes */
struct view body_view(const struct body *b); /* ptr NULL for BODY_NONE or discarded */

#endif
