/* A user's connections between exchanges. At most idle_max wait, and idle_per_host_max per server; beyond, the least recently used is closed. */
#ifndef NET_POOL_H
#define NET_POOL_H

#include "net/connection.h"

/* An idle connection that serves the target, taken out of the pool, or NULL. */
struct connection *pool_take(struct http_session *s, const struct connection_target *t);
/* Back into the pool (or closed, when the limits say so). */
void pool_give(struct connection *c);

#endif
