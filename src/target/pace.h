/* Faults that depend on the time, as functions of it: instants are nanoseconds of CLOCK_MONOTONIC, given by
 * the caller. */
#ifndef TARGET_PACE_H
#define TARGET_PACE_H

#include "target/fault.h"

enum { PACE_SLOW_START_MS = 400 }; /* how much longer a request takes right after the start */

/* stall-every: when the pause ends in which now_ns lies; 0 = there is none now. The first pause ends one
 * period after the start, or after the fault was switched on. */
int64_t pace_stall_until(const struct fault_set *f, int64_t started_ns, int64_t now_ns);
/* slow-start: by how much a request that comes now is delayed. */
int64_t pace_slow_start_ns(const struct fault_set *f, int64_t started_ns, int64_t now_ns);
/* rate-limit: 0 = let it pass (and count it), else after so long it would pass. A burst of one second's worth
 * passes at once. *meter, shared by all who share the limit, begins with 0 (GCRA: ATM Forum, TM 4.0 §4.4). */
int64_t pace_rate_limit_ns(const struct fault_set *f, _Atomic int64_t *meter, int64_t now_ns);
/* error-rate: whether this one fails; chance is uniform in [0, 1). */
bool pace_fails(const struct fault_set *f, double chance);

#endif
