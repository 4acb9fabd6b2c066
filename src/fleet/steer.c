/* Steered scenarios: one level for all of them, dealt over the living workers. Users are cut into whole ones;
 * a rate is told as it is, since every stripe knows its part of the grid. */
#include "fleet/control.h"
#include "fleet/controller_priv.h"

#include <math.h>

enum { LEVEL_UNITS = 1000 }; /* a rate travels in thousandths (load/executor.h) */

static uint64_t share_of(
    const struct controller *c, size_t scenario, double level, uint64_t index, uint64_t count) {
    if (c->plan.scenarios[scenario].executor == PLAN_STEERED_RATE)
        return (uint64_t)llround(level * LEVEL_UNITS);
    uint64_t users = (uint64_t)llround(level);
    return users / count + (index < users % count);
}

int control_level(struct controller *c, double level) {
    uint64_t living = roster_living(c), index = 0;

    if (c->phase != PHASE_RUNNING || c->stopping || c->stop_sent || living == 0)
        return ERROR_CLOSED;
    if (!(level >= 0) || level > PLAN_USERS_MAX)
        return ERROR_INVALID;
    for (size_t i = 1; i < c->member_count; i++) {
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
        struct pack_writer w = pack_writer_of(&out);
        if (c->members[i].state == MEMBER_GONE)
            continue;
        pack_u64(&w, c->plan.scenario_count);
        for (size_t s = 0; s < c->plan.scenario_count; s++) {
            pack_u64(&w, s);
            pack_u64(&w, share_of(c, s, level, index, living));
        }
        if (w.error < 0)
            return w.error;
        roster_tell(&c->members[i], MESSAGE_TARGET, buf_view(&out));
        index++;
    }
    return 0;
}
