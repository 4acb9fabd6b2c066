/* What the executors of this folder share: slots for users, the machine that drives them, and the table row each of them fills. */
#ifndef LOAD_EXECUTOR_PRIV_H
#define LOAD_EXECUTOR_PRIV_H

#include "core/list.h"
#include "load/executor.h"

/* How long after its deadline an executor waits for what others owe it (`holding`). */
enum { EXECUTOR_SETTLE_US = 1000 * 1000 };

struct executor_slot {
    struct list entry;          /* in executor.ready or in a list of the kind's own, or unlinked */
    struct list winding;        /* ramping-vus: users that finish their last iteration, in order of wind_us */
    struct executor_user *user; /* NULL = none held */
    int64_t number;             /* of the slot in the scenario; -1 = any user will do */
    int64_t wind_us;            /* interrupted then; INT64_MAX = not winding down */
    int64_t idle_us;            /* steered-rate: its user is idle since */
    uint64_t started;           /* iterations */
    bool running, interrupting; /* an iteration is running; it was told to stop */
    bool ready;                 /* linked in executor.ready */
    bool starved;               /* wants a user and none was there */
    bool wanted;                /* ramping-vus: the ramp wants this user to iterate */
    bool closed;                /* nothing will start here any more */
};

/* One row of the table of executors. Those marked (o) may be NULL. */
struct executor_kind {
    int64_t (*slots)(const struct executor *x); /* how many this stripe needs at the utmost */
    int (*init)(struct executor *x);                             /* (o) makes x->own */
    void (*begin)(struct executor *x, int64_t now_us);           /* (o) the first step; without it all slots become ready */
    /* (o) what the schedule wants up to and including until_us (never beyond the regular end); also called after the regular end */
    void (*advance)(struct executor *x, int64_t until_us, int64_t now_us);
    int64_t (*next)(struct executor *x); /* (o) when advance wants to be called next; INT64_MAX never */
    void (*idle)(struct executor *x, struct executor_slot *s, int64_t now_us); /* the slot runs nothing: start, park or let go */
    void (*stopped)(struct executor *x, int64_t now_us);         /* (o) the regular end, before idle users are let go */
    void (*settle)(struct executor *x);                          /* (o, with holding) give up waiting for others */
    bool (*over)(const struct executor *x);                      /* (o) nothing is left to do before the regular end */
    double (*fraction)(const struct executor *x, int64_t now_us); /* (o) default: time / duration */
    void (*grown)(struct executor *x);                           /* (o) */
    void (*granted)(struct executor *x, uint64_t first, uint64_t count); /* (o) */
    int (*ask)(struct executor *x, uint64_t value, int64_t now_us); /* (o) see executor_ask */
    bool endless;     /* it ends only when it is stopped */
    size_t own_bytes; /* of x->own, zeroed */
};

struct executor {
    const struct executor_kind *kind;
    const struct plan_scenario *scenario;
    struct executor_options options;
    void *own; /* the kind's */

    struct executor_slot *slots;
    size_t slot_count;
    struct executor_slot **by_user; /* open addressing by the user's address */
    size_t by_user_cap;
    struct list ready; /* slots to be looked at; FIFO */
    size_t ready_len;
    size_t starving; /* slots with starved set */
    uint64_t numbered; /* iterations of this stripe that have a number */
    uint64_t slots_total; /* of the scenario, for numbering */

    int64_t now_us;      /* of the latest call */
    int64_t stop_us;     /* nothing starts from here on */
    int64_t deadline_us; /* what still runs then is interrupted */
    bool begun, stopped, cut, aborted, finished;
    bool busy;    /* inside a call: executor_done only queues */
    bool holding; /* the kind has something to settle before it may finish */
    uint64_t held, running, started, completed, interrupted, dropped;
};

void executor_drain(struct executor *x, int64_t now_us); /* calls idle() for the slots that are ready now */
void executor_ready(struct executor *x, struct executor_slot *s); /* look at it soon; takes it out of any other list */
/* A user for the slot, or false: then it is starved and looked at again. */
bool executor_hold(struct executor *x, struct executor_slot *s);
void executor_let_go(struct executor *x, struct executor_slot *s); /* gives an idle user back; fine without one */
/* Starts the stripe's next iteration; intended_us as in executor_iteration. The slot holds an idle user. */
void executor_run(struct executor *x, struct executor_slot *s, int64_t intended_us);
/* The same of a tick that had to wait for a user, who was free at startable_us. */
void executor_run_late(struct executor *x, struct executor_slot *s, int64_t intended_us, int64_t startable_us);
void executor_run_number(struct executor *x, struct executor_slot *s, int64_t intended_us, uint64_t number);
void executor_cut(struct executor *x, struct executor_slot *s); /* interrupts a running slot once */
void executor_drop(struct executor *x, uint64_t n);             /* tells and counts; 0 is fine */
int executor_more_slots(struct executor *x, size_t slot_count) MUST_USE; /* moves all slots; not from within the machine */
int64_t executor_slots_of_users(const struct executor *x);       /* the stripe's part of plan_scenario_users */

extern const struct executor_kind executor_shared_iterations, executor_per_vu_iterations, executor_constant_vus,
    executor_ramping_vus, executor_constant_arrival_rate, executor_ramping_arrival_rate, executor_held_users, executor_steered_users,
    executor_steered_rate;

#endif
