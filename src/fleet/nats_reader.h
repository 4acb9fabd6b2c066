/* Reads a stream of JetStream from a given place, in order and without gaps, whatever happens to connection
 * and server: after every doubt (a gap, a silence, a new connection) the reading begins anew behind the last
 * message that was handed on. */
#ifndef FLEET_NATS_READER_H
#define FLEET_NATS_READER_H

#include "fleet/nats_link.h"

enum {
    READER_BEAT_US = 1000 * 1000,    /* an idle server says so that often */
    READER_SILENCE_US = 3000 * 1000, /* without that the reading begins anew */
};

struct nats_entry {
    struct view subject, data;
    uint64_t seq;     /* in the stream */
    int64_t time_ns;  /* when the server stored it, by the server's clock */
    uint64_t pending; /* how many more there were */
};
struct nats_reader;
struct nats_reader_ops {
    void (*entry)(void *ctx, const struct nats_entry *e); /* may not free the reader */
    void (*trouble)(void *ctx, const char *what);         /* the stream cannot be read (yet). May be NULL */
};
/* from_seq: the first to read (1 = all). filter: a subject, also with wildcards. */
int nats_reader_new(struct nats_reader **out, struct nats_link *l, const char *stream, const char *filter,
    uint64_t from_seq, const struct nats_reader_ops *ops, void *ctx) MUST_USE;
struct nats_reader *nats_reader_free(struct nats_reader *r);
uint64_t nats_reader_restarts(const struct nats_reader *r);

/* Pure: what the server says of a message in its reply subject. False: it is not of that form. */
struct nats_place {
    struct view consumer;
    uint64_t stream_seq, consumer_seq, pending;
    int64_t time_ns;
};
bool nats_place_parse(struct view reply, struct nats_place *out);

#endif
