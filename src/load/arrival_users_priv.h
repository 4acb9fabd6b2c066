/* What the two arrival-rate executors have in common: everything but the schedule, which load/arrival tells apart by the scenario. */
#ifndef LOAD_ARRIVAL_USERS_PRIV_H
#define LOAD_ARRIVAL_USERS_PRIV_H

#include "load/arrival.h"
#include "load/executor_priv.h"

struct arrival_users {
    struct arrival schedule;
    uint64_t tick;     /* how many ticks of this stripe are behind us */
    int64_t tick_us;   /* when the next one is due; INT64_MAX = never */
    struct list idle;  /* slots with an idle user; FIFO */
    size_t allocated;  /* slots that have or were promised a user; those before are pre-allocated or grown */
    size_t requested;  /* allocated, and the one that is being made */
    bool warned;
};

int64_t arrival_users_slots(const struct executor *x);
int arrival_users_init(struct executor *x);
void arrival_users_begin(struct executor *x, int64_t now_us);
void arrival_users_advance(struct executor *x, int64_t until_us, int64_t now_us);
int64_t arrival_users_next(struct executor *x);
void arrival_users_idle(struct executor *x, struct executor_slot *s, int64_t now_us);
void arrival_users_grown(struct executor *x);

#define ARRIVAL_USERS_KIND                                                                         \
    {                                                                                              \
        .slots = arrival_users_slots, .init = arrival_users_init, .begin = arrival_users_begin,    \
        .advance = arrival_users_advance, .next = arrival_users_next, .idle = arrival_users_idle,  \
        .grown = arrival_users_grown, .own_bytes = sizeof(struct arrival_users)                    \
    }

#endif
