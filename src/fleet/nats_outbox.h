/* What must get into a stream of JetStream: queued, published in order, kept until the stream has it, sent
 * again after every doubt. Bounded: what does not fit is refused, and the caller decides what that means.
 * What was sent again may be in the stream twice and out of its place; readers count (fleet/strand). */
#ifndef FLEET_NATS_OUTBOX_H
#define FLEET_NATS_OUTBOX_H

#include "fleet/nats_link.h"

enum {
    OUTBOX_WINDOW_BYTES = 1024 * 1024, /* on their way at once */
    OUTBOX_WINDOW_MESSAGES = 512,
    OUTBOX_PATIENCE_US = 1000 * 1000,     /* for the first acknowledgement; doubled with every doubt … */
    OUTBOX_PATIENCE_MAX_US = 8000 * 1000, /* … up to this */
};

struct nats_outbox;
struct nats_outbox_ops {
    void (*taken)(void *ctx, size_t left); /* the stream has one more; left are still to go. May be NULL */
    void (*trouble)(void *ctx,
        const char
            *what); /* the stream will not have it (yet); it is tried again. At most every few seconds */
};
int nats_outbox_new(struct nats_outbox **out, struct nats_link *l, size_t bytes_max,
    const struct nats_outbox_ops *ops, void *ctx) MUST_USE;
struct nats_outbox *nats_outbox_free(struct nats_outbox *o); /* what was not taken is gone */
/* Copies. ERROR_LIMIT: full. */
int nats_outbox_put(struct nats_outbox *o, const char *subject, struct view head, struct view body) MUST_USE;
size_t nats_outbox_bytes(const struct nats_outbox *o);
size_t nats_outbox_count(const struct nats_outbox *o);     /* messages not yet taken */
uint64_t nats_outbox_repeats(const struct nats_outbox *o); /* how often it had to go back */

#endif
