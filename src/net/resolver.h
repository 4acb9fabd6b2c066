/* Names to addresses: c-ares on the loop, with a cache of our own time to live, a choice among the addresses, and lookups of
 * one name at the same time made one. One address per lookup, chosen anew each time (k6: one IP per dial). */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "core/loop.h"
#include "core/rng.h"
#include "net/address.h"
#include "net/failure.h"
#include "net/http_client.h"

enum { RESOLVER_NAMES_MAX = 10000, RESOLVER_ADDRESSES_MAX = 256, RESOLVER_TIMEOUT_MS = 5000, RESOLVER_TRIES = 2 };

struct resolver;
struct resolver_options {
    int64_t ttl_us; /* as http_client_options.dns_ttl_us */
    enum dns_select select;
    enum dns_policy policy;
    struct view servers; /* "ip:port,…"; empty = the system's */
};
int resolver_new(struct resolver **out, struct loop *loop, const struct resolver_options *o) MUST_USE;
struct resolver *resolver_free(struct resolver *r);

/* A lookup under way; lives in its owner's struct. */
struct lookup {
    struct list entry;
    void (*done)(struct lookup *l, const struct address *a, const struct failure *f); /* one of them is NULL; a has port 0 */
};
enum { RESOLVER_WAIT = 0, RESOLVER_FOUND = 1, RESOLVER_FAILED = -1 };
/* FOUND: *out is set at once (numeric or cached). WAIT: done() comes from the loop, never from inside. */
int resolver_lookup(struct resolver *r, struct view host, struct lookup *l, struct address *out, struct failure *f) MUST_USE;
void resolver_cancel(struct lookup *l); /* twice is fine */

#endif
