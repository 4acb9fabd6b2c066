/* Streams and key-value buckets of JetStream: what is asked before and after a run. Every call blocks for at
 * most NATS_SYNC_MS. */
#ifndef FLEET_NATS_STORE_H
#define FLEET_NATS_STORE_H

#include "fleet/nats_link.h"

int nats_stream_new(struct nats_link *l, const char *stream, const char *subject, int64_t bytes_max,
    int64_t age_max_s, struct error *err) MUST_USE;
void nats_stream_delete(struct nats_link *l, const char *stream);
bool nats_stream_exists(struct nats_link *l, const char *stream);
/* The sequence number of the stream's last message. */
int nats_stream_last(struct nats_link *l, const char *stream, uint64_t *seq, struct error *err) MUST_USE;

/* A bucket is made when it is not there. revision: in, what is to be replaced (0 = the key must be new); out,
 * the new one. ERROR_CLOSED: somebody else was faster. */
int nats_kv_put(struct nats_link *l, const char *bucket, const char *key, struct view value,
    uint64_t *revision, struct error *err) MUST_USE;
/* ERROR_INVALID: there is no such key. */
int nats_kv_get(struct nats_link *l, const char *bucket, const char *key, struct buf *value,
    uint64_t *revision, struct error *err) MUST_USE;
int nats_kv_each(struct nats_link *l, const char *bucket, void (*each)(void *ctx, struct view key), void *ctx,
    struct error *err) MUST_USE;

#endif
