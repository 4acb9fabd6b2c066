#include "target/pace.h"
#include <stdatomic.h>

enum { PACE_NS_PER_MS = 1000 * 1000, PACE_NS_PER_S = 1000 * 1000 * 1000, PACE_S_PER_MINUTE = 60 };

static int64_t pace_since(const struct fault_set *f, enum fault_id id, int64_t started_ns) {
    int64_t switched_ns = f->since_ns[id];
    return switched_ns > started_ns ? switched_ns : started_ns;
}

int64_t pace_stall_until(const struct fault_set *f, int64_t started_ns, int64_t now_ns) {
    if (!fault_value(f, FAULT_STALL_EVERY))
        return 0;
    int64_t period_ns = fault_period_ms(f, FAULT_STALL_EVERY) * PACE_NS_PER_MS;
    int64_t pause_ns = fault_pause_ms(f, FAULT_STALL_EVERY) * PACE_NS_PER_MS;
    int64_t phase_ns = (now_ns - pace_since(f, FAULT_STALL_EVERY, started_ns)) % period_ns;
    return phase_ns < period_ns - pause_ns ? 0 : now_ns + period_ns - phase_ns;
}

int64_t pace_slow_start_ns(const struct fault_set *f, int64_t started_ns, int64_t now_ns) {
    int64_t all_ms = fault_value(f, FAULT_SLOW_START);
    int64_t left_ms = all_ms - (now_ns - pace_since(f, FAULT_SLOW_START, started_ns)) / PACE_NS_PER_MS;
    return all_ms && left_ms > 0 ? PACE_SLOW_START_MS * left_ms * PACE_NS_PER_MS / all_ms : 0;
}

int64_t pace_rate_limit_ns(const struct fault_set *f, _Atomic int64_t *meter, int64_t now_ns) {
    int64_t per_minute = fault_value(f, FAULT_RATE_LIMIT);
    if (!per_minute)
        return 0;
    int64_t step_ns = (int64_t)PACE_NS_PER_S * PACE_S_PER_MINUTE / per_minute;
    int64_t burst_ns = step_ns > PACE_NS_PER_S ? step_ns : PACE_NS_PER_S;
    int64_t due_ns = atomic_load(meter), next_ns;
    do {
        int64_t from_ns = due_ns > now_ns ? due_ns : now_ns;
        next_ns = from_ns + step_ns;
        if (next_ns - now_ns > burst_ns)
            return next_ns - now_ns - burst_ns;
    } while (!atomic_compare_exchange_weak(meter, &due_ns, next_ns));
    return 0;
}

bool pace_fails(const struct fault_set *f, double chance) {
    return chance * FAULT_SHARE_ALL < (double)fault_value(f, FAULT_ERROR_RATE);
}
