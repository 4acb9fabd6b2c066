/* The open model (--rate): tasks arrive by the schedule, whoever has a free user begins them, and what finds
 * none is dropped and counted. One per process. Users wait here between their tasks instead of by their
 * wait_time. */
#ifndef SCRIPT_PYTHON_ARRIVALS_H
#define SCRIPT_PYTHON_ARRIVALS_H

#include "load/open_model.h"
#include "script/python/runtime.h"
#include "script/script.h"

enum {
    ARRIVALS_PATIENCE_US = 10 * 1000 * 1000, /* for users that are still in on_start when all are there */
    ARRIVALS_AT_ONCE_MAX = 100 * 1000,       /* due ones that are looked at before others have their turn */
};

/* Part of a user. It lives as long as the greenlet that waits in it. */
struct arrival_user {
    struct list entry; /* among those of its class that are free */
    struct waiter waiter;
    int64_t intended_us, began_us; /* of the task at work; 0 = none */
    uint32_t class;
    bool counted, asked; /* it is in the pool; it is through with on_start */
};

struct arrivals {
    struct runtime *runtime;
    const struct script_services *services;
    struct open_model model;
    struct timer timer, patience;
    struct list free[PLAN_SCENARIOS_MAX];
    uint64_t users[PLAN_SCENARIOS_MAX];
    tagset_id tags[PLAN_SCENARIOS_MAX];
    uint64_t fresh; /* users that have not asked yet */
    size_t classes;
    int64_t opened_us;
    bool spawned, open, closed;
};

void arrivals_init(
    struct arrivals *a, struct runtime *rt, const struct script_services *s, const struct plan *p);
void arrivals_deinit(struct arrivals *a);
/* The rate and our part of it; may change while it runs. Arrivals begin once all users are free. */
void arrivals_set(struct arrivals *a, double per_s, uint32_t index, uint32_t count, int64_t origin_us);
void arrivals_spawned(struct arrivals *a);
void arrivals_close(struct arrivals *a); /* the end: nothing is due any more */

void arrivals_user_begin(struct arrivals *a, struct arrival_user *u, uint32_t class);
void arrivals_user_end(struct arrivals *a, struct arrival_user *u);
/* Blocks until a task has arrived for this user. -1 with what was thrown into the greenlet. */
int arrivals_wait(struct arrivals *a, struct arrival_user *u);
void arrivals_done(struct arrivals *a, struct arrival_user *u);

#endif
