/* Which proxy a request goes through (HTTP_PROXY, HTTPS_PROXY, NO_PROXY as Go reads them), and the tunnel for https (CONNECT). */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include "net/stream.h"
#include "net/url.h"

enum { PROXY_ANSWER_BYTES_MAX = 16 * 1024, NO_PROXY_RULES_MAX = 1000 };

struct proxy {
    bool tls;                  /* https://proxy */
    struct view host;
    uint16_t port;
    struct view authorization; /* "Basic …", or empty */
};
struct proxy_rules {
    struct proxy *http, *https; /* NULL = direct; in the arena */
    struct view *no_proxy; /* host, .suffix, ip, cidr, each perhaps with :port; "*" */
    size_t no_proxy_count;
    bool all; /* for loopback, too */
};
/* get(name) is getenv, or a test's. ERROR_INVALID with a sentence for an address that cannot be used. */
int proxy_rules_read(struct proxy_rules *r, const char *(*get)(const char *name), struct arena *arena, struct error *err) MUST_USE;
/* Two addresses instead of the environment's (NUL-terminated; empty = direct), for all hosts. */
int proxy_rules_set(struct proxy_rules *r, struct view http, struct view https, struct arena *arena, struct error *err) MUST_USE;
/* NULL = connect directly. Never a proxy for localhost and loopback addresses, unless `all`. */
const struct proxy *proxy_for(const struct proxy_rules *r, const struct url *u);

/* A filter above the connection to the proxy: CONNECT host:port. */
int proxy_tunnel_new(struct stream **out, struct stream *below, const struct proxy *p, struct view host, uint16_t port) MUST_USE;

#endif
