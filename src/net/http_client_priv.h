/* What the rooms of the client share: the client, a user's session, its connections. */
#ifndef NET_HTTP_CLIENT_PRIV_H
#define NET_HTTP_CLIENT_PRIV_H

#include "core/buf.h"
#include "net/cidr.h"
#include "net/http_client.h"
#include "net/proxy.h"
#include "net/resolver.h"
#include "net/tls.h"

enum {
    HTTP_READ_BYTES = 64 * 1024,      /* one read; the buffer is shared by all connections of a client */
    HTTP_READS_PER_EVENT_MAX = 16,    /* then others have their turn */
    HTTP_BODY_JOINED_MAX = 16 * 1024, /* bodies up to this size are sent in one piece with the head */
    HTTP_FREE_FETCHES_MAX = 256,
};

struct host_override {
    struct view pattern;
    struct address to; /* port 0 = keep */
};

struct http_client {
    struct loop *loop;
    struct arena texts; /* of the options */
    struct http_client_options options;
    struct resolver *resolver;
    struct tls_context *tls;
    struct proxy_rules proxies;
    struct host_override *overrides;
    struct cidr *blacklist;
    struct http_client_counters counters;
    struct buf out;                   /* request being written; valid within one call */
    char in[HTTP_READ_BYTES];
    struct list starting, coming, settling;   /* fetches; see fetch.c */
    struct loop_defer work;
    struct list free_fetches;
    size_t free_fetch_count;
};

struct http_session {
    struct http_client *client;
    struct list idle, busy;           /* connections; idle: most recently used first */
    int idle_count;
    bool has_local;
    struct address local;
    uint64_t sent, received, sent_taken, received_taken;
    struct tls_sessions *tls_sessions;
};

#endif
