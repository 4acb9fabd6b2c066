/* Timers of one loop on one heap of absolute deadlines.
 *
 * A timer is unarmed before its callback runs, so the callback may arm it again or free the object it lives in. */
#include "core/timers.h"

#include "core/list.h"

void timers_init(struct timers *ts, const struct clock *clock) {
    heap_init(&ts->heap);
    ts->clock = clock;
}

void timers_deinit(struct timers *ts) {
    heap_deinit(&ts->heap);
}

int timers_arm(struct timers *ts, struct timer *t, int64_t at_us) {
    if (!t->node.index)
        return heap_insert(&ts->heap, &t->node, at_us);
    heap_update(&ts->heap, &t->node, at_us);
    return 0;
}

void timers_cancel(struct timers *ts, struct timer *t) {
    heap_remove(&ts->heap, &t->node);
}

int64_t timers_next_us(const struct timers *ts) {
    if (!ts->heap.len)
        return -1;
    int64_t at_us = ts->heap.slots[0].key;
    return at_us < 0 ? 0 : at_us;
}

size_t timers_fire(struct timers *ts, int64_t now_us) {
    size_t fired = 0;

    while (fired < TIMERS_FIRE_MAX && ts->heap.len && ts->heap.slots[0].key <= now_us) {
        struct heap_node *n = ts->heap.slots[0].node;
        heap_remove(&ts->heap, n);
        fired++;
        struct timer *t = CONTAINER_OF(n, struct timer, node);
        t->fire(t);
    }
    return fired;
}
