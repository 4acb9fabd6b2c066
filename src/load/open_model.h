/* The open model for held users: when tasks arrive, and users of which class they are for. Arrivals lie on
 * one grid, occurrence n at origin + n / rate; a process that is number `index` of `count` has every
 * count-th. So any number of processes keep the same rate at the same instants without talking, and those
 * that are left when one is lost take the whole grid. */
#ifndef LOAD_OPEN_MODEL_H
#define LOAD_OPEN_MODEL_H

#include <stddef.h>
#include <stdint.h>

#include "load/plan.h"

#define OPEN_MODEL_RATE_MAX 1e6 /* per second */

struct open_model {
    double per_s; /* of all processes; 0 = closed model */
    int64_t origin_us;
    uint32_t index, count;
    uint64_t next; /* of ours: the number among our own occurrences */
    double credits[PLAN_SCENARIOS_MAX];
};

/* From now_us on this is the rate, and this our part of it. Nothing that was due before is due again. */
void open_model_set(
    struct open_model *m, double per_s, uint32_t index, uint32_t count, int64_t origin_us, int64_t now_us);
/* When our next arrival is due; INT64_MAX = never. */
int64_t open_model_due_us(const struct open_model *m);
/* Takes it: the class it is for, in proportion to the users of each, evenly spread; n = nobody is there. */
size_t open_model_take(struct open_model *m, const uint64_t *users, size_t n);

#endif
