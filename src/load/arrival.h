/* Arrival schedules: at which instant which occurrence is due.
 *
 * constant-arrival-rate: occurrence n = 0, 1, … at n · timeUnit / rate, truncated to ns, the duration's end included.
 * ramping-arrival-rate: the rate is piecewise linear; occurrence n is where its integral reaches n + 1, the end included; what is
 * left of an iteration at the end of a stage carries over. */
#ifndef LOAD_ARRIVAL_H
#define LOAD_ARRIVAL_H

#include "load/plan.h"

#define ARRIVAL_NEVER INT64_MAX

struct arrival {
    const struct plan_scenario *scenario;
    size_t stage;           /* where the last answer was found */
    int64_t stage_start_ns;
    __int128 before;        /* integral of the rate before that stage, in iterations · 2 · time unit (ns): a whole number */
};

void arrival_init(struct arrival *a, const struct plan_scenario *s); /* s must outlive a */
/* ns since the scenario's start, or ARRIVAL_NEVER. n must not be smaller than in the call before. */
int64_t arrival_at_ns(struct arrival *a, uint64_t n);
/* How many occurrences are due before the instant. */
uint64_t arrival_count_before(const struct plan_scenario *s, int64_t at_us);
/* Iterations per second that are wanted at the instant. */
double arrival_rate(const struct plan_scenario *s, int64_t at_us);

#endif
