/* Who does what: cuts a plan into one assignment per worker. Pure. */
#ifndef FLEET_ASSIGNMENT_H
#define FLEET_ASSIGNMENT_H

#include "fleet/message.h"

struct assignment {
    struct arena arena;
    struct message_assign *workers; /* worker_count of them */
    size_t worker_count;
    uint64_t users;      /* planned, over all workers: ids 1 … users */
};

/* How many workers a plan wants when nobody said: one per FLEET_USERS_PER_WORKER users, at most one per core. */
int assignment_workers_wanted(const struct plan *p, int cores);

/* Stripes: a scenario is cut into min(workers, its users) stripes; its first stripe goes to the worker after the one that got the
 * previous scenario's last user, so that small scenarios spread. Users: worker w prepares as many as its own stripes need at once; ids
 * are dealt round by round, so that they are 1 … users without a gap. */
int assignment_init(struct assignment *a, const struct plan *p, size_t worker_count) MUST_USE;
void assignment_deinit(struct assignment *a);

#endif
