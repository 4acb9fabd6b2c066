/* Timers of one loop: a heap of absolute deadlines on a clock. 1 µs resolution; equal deadlines fire in
 * order of arming. A timer can be re-armed or cancelled from any callback, also its own. */
#ifndef CORE_TIMERS_H
#define CORE_TIMERS_H

#include "core/clock.h"
#include "core/heap.h"

struct timer {
    struct heap_node node;
    void (*fire)(struct timer *t);
};
#define TIMER_NULL ((struct timer){0})

struct timers {
    struct heap heap;
    const struct clock *clock;
};
enum { TIMERS_FIRE_MAX = 4096 }; /* per call of timers_fire, so that a loop's sockets do not starve */

void timers_init(struct timers *ts, const struct clock *clock);
void timers_deinit(struct timers *ts);
int timers_arm(struct timers *ts, struct timer *t, int64_t at_us) MUST_USE; /* absolute; re-arms */
void timers_cancel(struct timers *ts, struct timer *t);                       /* twice is fine */
static inline bool timer_armed(const struct timer *t) { return t->node.index != 0; }
/* Deadline of the first timer, or -1 when there is none. */
int64_t timers_next_us(const struct timers *ts);
/* Fires all timers that are due at now_us (armed before the call or by callbacks with a deadline <= now; at
 * most TIMERS_FIRE_MAX per call). Returns how many. */
size_t timers_fire(struct timers *ts, int64_t now_us);

#endif
