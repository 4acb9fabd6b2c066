/* A stage is a staircase with |B - A| equal steps; both questions, "what comes next" and "how many at t", are
 * arithmetic on its number of steps done, in 128 bits where a product could overflow. */
#include "load/ramp.h"

#include <stdlib.h>

void ramp_init(struct ramp *r, const struct plan_scenario *s) {
    *r = (struct ramp){.scenario = s};
}

static int64_t step_at(int64_t duration_us, int64_t step, int64_t steps) {
    return (int64_t)((__int128)duration_us * step / steps);
}

/* Target and duration of the present stage; the users at the start are a stage of duration 0. */
static struct plan_stage present(const struct ramp *r) {
    if (r->stage == 0)
        return (struct plan_stage){0, r->scenario->users};
    return r->scenario->stages[r->stage - 1];
}

bool ramp_next(struct ramp *r, struct ramp_event *out) {
    while (r->stage <= r->scenario->stage_count) {
        struct plan_stage s = present(r);
        int64_t steps = llabs(s.target - r->from);
        if (r->done < steps) {
            r->done++;
            out->up = s.target > r->from;
            out->slot = out->up ? r->from + r->done - 1 : r->from - r->done;
            out->at_us = r->stage_start_us + step_at(s.duration_us, r->done, steps);
            return true;
        }
        r->stage++;
        r->stage_start_us += s.duration_us;
        r->from = s.target;
        r->done = 0;
    }
    return false;
}

/* How many of `steps` have happened at `into` µs of a stage. */
static int64_t steps_done(int64_t duration_us, int64_t steps, int64_t into_us, bool before) {
    int64_t done = (int64_t)((__int128)into_us * steps / duration_us);

    if (done < steps && step_at(duration_us, done + 1, steps) <= into_us)
        done++; /* step times are truncated */
    while (before && done > 0 && step_at(duration_us, done, steps) >= into_us)
        done--;
    return done;
}

int64_t ramp_users_at(const struct plan_scenario *s, int64_t at_us, bool before) {
    int64_t users = s->users, start_us = 0;

    if (at_us < 0 || (at_us == 0 && before))
        return 0;
    for (size_t i = 0; i < s->stage_count; i++) {
        const struct plan_stage *g = &s->stages[i];
        int64_t end_us = start_us + g->duration_us;
        if (g->duration_us == 0 && before && at_us == start_us)
            return users;
        if (at_us < end_us || (before && at_us == end_us && g->duration_us > 0)) {
            int64_t steps = llabs(g->target - users);
            int64_t done = steps ? steps_done(g->duration_us, steps, at_us - start_us, before) : 0;
            return g->target > users ? users + done : users - done;
        }
        users = g->target;
        start_us = end_us;
    }
    return at_us > start_us || (at_us == start_us && !before) ? 0 : users;
}
