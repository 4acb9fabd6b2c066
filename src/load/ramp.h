/* ramping-vus: when which user starts and stops. In a stage from A to B users over D, ramping up, user A+j starts at D·j/(B-A) into the
 * stage; ramping down, the count becomes A-j at D·j/(A-B). A stage of duration 0 is a jump. Users are slots 0, 1, …; the highest stops
 * first. Times are µs since the scenario's start, truncated. */
#ifndef LOAD_RAMP_H
#define LOAD_RAMP_H

#include "load/plan.h"

struct ramp {
    const struct plan_scenario *scenario;
    size_t stage;           /* 0 = the users at the start, i = stages[i - 1] */
    int64_t stage_start_us; /* of the present stage */
    int64_t from;           /* users when the present stage began */
    int64_t done;           /* events of the present stage that were handed out */
};
struct ramp_event {
    int64_t at_us;
    int64_t slot;
    bool up;
};

void ramp_init(struct ramp *r, const struct plan_scenario *s); /* s must outlive r */
/* The next event in order of time; false after the last. */
bool ramp_next(struct ramp *r, struct ramp_event *out);
/* Users wanted at that time; `before`: just before it (they differ where something changes). 0 outside the stages. */
int64_t ramp_users_at(const struct plan_scenario *s, int64_t at_us, bool before);

#endif
