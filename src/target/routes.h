/* Which handler answers which method and path: one row per route. */
#ifndef TARGET_ROUTES_H
#define TARGET_ROUTES_H

#include "target/exchange.h"

enum {
    ROUTE_USES_DB = 1,       /* needs a connection of the pool, and the lock */
    ROUTE_SPARED_CPU = 2,    /* cpu-ms, rate-limit and error-rate do not touch it */
    ROUTE_STATIC = 4,        /* served before the application: no queue, no cpu-ms */
    ROUTE_STATIC_BY_APP = 8, /* what the fault static-by-app makes of ROUTE_STATIC */
};

struct route {
    enum exchange_method method;
    const char *pattern; /* exact, or one {id} (a non-empty segment) or * (any rest) as its last segment */
    void (*handle)(struct exchange *x);
    unsigned flags;
};

enum { ROUTE_NONE = -1 };

/* How many rows there are; a row's number is its name in the statistics. */
int routes_count(void);
const struct route *routes_row(int row);

/* Finds the row for x->method and x->path and sets x->param; HEAD finds GET's row. ROUTE_NONE: there is none,
 * and x is answered already (404, 405 with Allow, 204 with Allow for OPTIONS). */
int routes_find(struct exchange *x);

#endif
