/* The worker's own health: was the generator the limit? Read from the kernel once per snapshot. */
#ifndef ENGINE_HEALTH_H
#define ENGINE_HEALTH_H

#include "core/loop.h"
#include "stats/snapshot.h"

struct health {
    int64_t last_wall_us, last_cpu_us, last_wait_us, last_steal_us;
    uint64_t last_drops;
    int64_t send_late_max_us; /* worst lateness of an iteration since the last reading */
};

void health_init(struct health *h, int64_t now_us);
/* An iteration that the schedule wanted at `intended_us` is started at `now_us`. */
void health_note_start(struct health *h, int64_t intended_us, int64_t now_us);
/* Fills what passed since the last call and starts a new interval. `loop` may be NULL. */
void health_take(struct health *h, struct loop *loop, int64_t now_us, struct snapshot_health *out);

#endif
