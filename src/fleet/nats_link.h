/* A connection to NATS on a loop: libnats has threads of its own, which hand everything over here by an
 * eventfd, so that all callbacks come from the loop. It reconnects for ever. What arrives and is not yet
 * handled is bounded; beyond it is dropped (who needs every message reads a stream:
 * fleet/nats_reader). */
#ifndef FLEET_NATS_LINK_H
#define FLEET_NATS_LINK_H

#include "core/buf.h"
#include "core/loop.h"

enum {
    NATS_SERVERS_MAX = 16,
    NATS_SUBJECT_MAX = 256,
    NATS_INBOX_BYTES_MAX = 64 * 1024 * 1024,
    NATS_PAYLOAD_MAX = 512 * 1024, /* of our messages; the server's own limit is 1 MiB unless set */
    NATS_SYNC_MS = 5000,           /* what is asked while nothing else goes on */
};

struct nats_options {
    const char *url; /* "nats://host:4222", "nats://user:password@host", "nats://token@host", "tls://…";
                        several by commas */
    const char *user, *password, *token;     /* NULL = as in the URL */
    const char *credentials;                 /* file as nsc writes it; NULL = none */
    const char *tls_ca, *tls_cert, *tls_key; /* PEM files; NULL = none. tls_ca turns TLS on */
    const char *name;                        /* shown by the server */
    bool patient;                            /* a server that is not there yet is waited for */
};

struct nats_link;
struct nats_message {
    struct view subject, reply, data; /* good during the call; reply empty = none */
    bool no_responders;
    const void *raw; /* for nats_message_header */
};
const char *nats_message_header(const struct nats_message *m, const char *key); /* NULL = absent */

/* One subscription. Zero it before use. */
struct nats_watch {
    void (*message)(struct nats_watch *w, const struct nats_message *m);
    struct nats_sub *sub;
};
/* Told on every change of the connection. Zero it before use. */
struct nats_hook {
    struct list entry;
    void (*changed)(struct nats_hook *h, bool connected);
};
/* closed: the server will not have us any more (credentials); nothing follows. May be NULL. */
struct nats_link_ops {
    void (*closed)(void *ctx, const char *why);
};

/* Waits for the connection unless patient. ERROR_INVALID for refused credentials and bad files, ERROR_CLOSED
 * when nobody answers; err tells. */
int nats_link_new(struct nats_link **out, struct loop *loop, const struct nats_options *o,
    const struct nats_link_ops *ops, void *ctx, struct error *err) MUST_USE;
struct nats_link *nats_link_free(struct nats_link *l); /* not from within one of its callbacks */
bool nats_link_connected(const struct nats_link *l);
const char *nats_link_url(const struct nats_link *l);   /* without secrets */
const char *nats_link_inbox(const struct nats_link *l); /* a subject of its own: "_INBOX.…"; append ".x" */
struct loop *nats_link_loop(const struct nats_link *l);

int nats_link_watch(struct nats_link *l, struct nats_watch *w, const char *subject) MUST_USE;
void nats_link_unwatch(struct nats_link *l, struct nats_watch *w); /* twice is fine */
void nats_link_hook(struct nats_link *l, struct nats_hook *h);
void nats_link_unhook(struct nats_hook *h);
/* reply NULL = none. ERROR_CLOSED without a connection. */
int nats_link_publish(struct nats_link *l, const char *subject, const char *reply, struct view data) MUST_USE;
void nats_link_flush(struct nats_link *l, int timeout_ms); /* blocks until the server has all */
/* Blocks: only before and after a run. ERROR_CLOSED: nobody answered. */
int nats_link_ask(
    struct nats_link *l, const char *subject, struct view data, int timeout_ms, struct buf *answer) MUST_USE;
/* Publishes `ask` and hands on what comes on `subject` until each() says enough or the time is over. Blocks.
 */
int nats_link_gather(struct nats_link *l, const char *subject, const char *ask, int timeout_ms,
    bool (*each)(void *ctx, struct view data), void *ctx) MUST_USE;
void *nats_link_connection(struct nats_link *l); /* natsConnection *: for nats_store.c alone */

#endif
