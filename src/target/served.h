/* What the backend's processes have done, counted in memory that all of them share with the parent: nothing
 * is lost when a process dies. */
#ifndef TARGET_SERVED_H
#define TARGET_SERVED_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum {
    SERVED_ROUTES_MAX = 64, /* rows of the router, and one for requests without a row */
    SERVED_STATUS_LEAST = 100,
    SERVED_STATUSES = 500,
};

struct served {
    _Atomic uint64_t finished[SERVED_ROUTES_MAX][SERVED_STATUSES];
    _Atomic uint64_t received;    /* requests whose head was read */
    _Atomic uint64_t aborted;     /* finished after their client had gone */
    _Atomic uint64_t log_dropped; /* log lines that could not be written */
    _Atomic int64_t queued;       /* waiting for a worker now */
};

/* row as the router numbers them, or ROUTE_NONE. */
void served_count(struct served *t, int row, int status);
uint64_t served_finished(const struct served *t);
/* Adds what `from` counted to `into`. */
void served_merge(struct served *into, const struct served *from);
void served_print(const struct served *t, FILE *out);

#endif
