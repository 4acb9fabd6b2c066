/* What the backend's processes have done, counted in memory that all of them share with the parent: nothing
 * is lost when a process dies. */
#ifndef TARGET_TALLY_H
#define TARGET_TALLY_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

enum {
    TALLY_ROUTES_MAX = 32, /* rows of the router, and one for requests without a row */
    TALLY_STATUS_LEAST = 100,
    TALLY_STATUSES = 500,
};

struct tally {
    _Atomic uint64_t finished[TALLY_ROUTES_MAX][TALLY_STATUSES];
    _Atomic uint64_t received;    /* requests whose head was read */
    _Atomic uint64_t aborted;     /* finished after their client had gone */
    _Atomic uint64_t log_dropped; /* log lines that could not be written */
    _Atomic int64_t queued;       /* waiting for a worker now */
};

/* row as the router numbers them, or ROUTE_NONE. */
void tally_count(struct tally *t, int row, int status);
uint64_t tally_finished(const struct tally *t);
/* Adds what `from` counted to `into`. */
void tally_merge(struct tally *into, const struct tally *from);
void tally_print(const struct tally *t, FILE *out);

#endif
