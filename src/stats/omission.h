/* What a stall kept from being measured (coordinated omission). A user of a closed model waits for its
 * answer; while the target stalls it sends nothing, so one slow request stands for all that would have been
 * sent meanwhile and would have been slow, too.
 *
 * omission_of() counts those never sent and estimates what would have been measured: a request that took v on
 * a cycle of c stands for further ones of v − c, v − 2c … (Gil Tene's correction). An estimate, to be
 * labelled as one: nobody knows whether real users would have kept coming. Only stalls are corrected: what
 * took OMISSION_CYCLES cycles and OMISSION_MEDIANS times the median. */
#ifndef STATS_OMISSION_H
#define STATS_OMISSION_H

#include "stats/histogram.h"

enum {
    OMISSION_CYCLES = 5,
    OMISSION_MEDIANS = 10,
    OMISSION_STEPS_MAX = 2000 /* per bucket; then each stands for several */
};

struct omission {
    uint64_t stalled; /* requests that took so long */
    double unsent;    /* requests that were not sent meanwhile */
};
/* cycle: time from one request of a user to its next when nothing stalls, in the histogram's unit (> 0).
 * `estimate` (initialised, empty; NULL = only count) receives what is estimated. 0 or -ENOMEM. */
int omission_of(
    const struct histogram *h, double cycle, struct omission *out, struct histogram *estimate) MUST_USE;

#endif
