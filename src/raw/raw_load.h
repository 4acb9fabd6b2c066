/* The load of one process: its connections on one loop. Knows nothing of processes; it is given times and tells when it is done. */
#ifndef RAW_RAW_LOAD_H
#define RAW_RAW_LOAD_H

#include "core/loop.h"
#include "raw/raw.h"
#include "raw/raw_schedule.h"

enum {
    RAW_DIALS_AT_ONCE = 128,           /* so that a server's queue of connections does not overflow */
    RAW_BACKOFF_FIRST_US = 1000,       /* closed model: before asking again after a failure without an answer … */
    RAW_BACKOFF_LAST_US = 100 * 1000,  /* … doubled up to this */
    RAW_RATE_SAMPLE_US = 100 * 1000,
};

struct raw_load;
struct raw_load_events {
    void (*finished)(void *ctx);                       /* nothing is under way any more; from the loop */
    void (*unreachable)(void *ctx, struct view why);   /* as many failures as connections and not one answer; once */
    void *ctx;
};

/* `index` of o->processes; o must stay. start_us on the loop's clock. */
int raw_load_new(struct raw_load **out, struct loop *loop, const struct raw_options *o, size_t index, int64_t start_us,
    const struct raw_load_events *events, struct error *err) MUST_USE;
struct raw_load *raw_load_free(struct raw_load *l);
/* No more requests; those under way are waited for, unless at_once. `finished` follows. */
void raw_load_stop(struct raw_load *l, bool at_once);
/* What was counted since the last reset; brought up to date. */
struct raw_tally *raw_load_tally(struct raw_load *l);
/* Worst lateness of a request that had a free connection, since the last call: this process's own fault. */
int64_t raw_load_take_late_us(struct raw_load *l);

#endif
