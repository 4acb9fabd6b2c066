/* GET over our own client, for probes: waits for the answer, bounded in time and size, and lets go when the
 * probe shall end. */
#ifndef OBSERVE_WEB_GET_H
#define OBSERVE_WEB_GET_H

#include "net/header.h"
#include "observe/probe_priv.h"

struct web_get;
/* name: what stands before the host in the probe's source: "nginx" gives "nginx 127.0.0.1:80". `what` must be
 * an http or https address; user:password@ in it is sent as basic authorisation, or as a bearer token when
 * there is no colon. wanted_path: of an address that has none; NULL = as it is. ERROR_INVALID with a
 * sentence. */
int web_get_new(struct web_get **out, struct probe *p, const char *name, struct view what,
    const char *wanted_path, struct error *err) MUST_USE;
struct web_get *web_get_free(struct web_get *g);
/* The body of a 200 answer; good until the next call. Anything else is negative, with a sentence. path: other
 * than the address's; NULL = that. */
int web_get(struct web_get *g, const char *path, struct view *body, struct error *err) MUST_USE;
struct view web_get_fragment(const struct web_get *g); /* what stood behind '#' */

#endif
