/* Executors decide when users iterate. Pure logic on a given time: they hold no timers, no users, no sockets; they say what to do
 * through `executor_users` and when they want to be asked again. All times are µs since the scenario's own start, given by the
 * caller; so a test replays hours in milliseconds.
 *
 * Shares. A scenario is cut into `count` stripes; an executor instance works one of them: user slot k (0-based) of the scenario belongs to
 * stripe k % count, and occurrence n (an iteration number, an arrival tick) belongs to the stripe of slot n % users (weighted when users
 * is not a multiple of count). So any number of workers starts the same iterations at the same instants as one. A lost worker's stripe
 * is started again elsewhere with `resume_us`/`resume_done`. */
#ifndef LOAD_EXECUTOR_H
#define LOAD_EXECUTOR_H

#include "load/plan.h"

struct executor;
struct executor_user; /* the caller's; opaque here */

struct executor_stripe {
    uint32_t index, count;
};

/* One iteration to run. */
struct executor_iteration {
    int64_t intended_us;   /* when the schedule wanted it (arrival-rate); else the time it was started */
    int64_t startable_us;  /* since then a user was free for it: what is later than this is the generator's own lateness */
    uint64_t number;       /* k6's iterationInTest: 0-based, unique over all stripes */
};

/* What an executor asks of the holder of users. */
struct executor_users_ops {
    /* An initialised idle user for this scenario's slot (0-based in the scenario; -1 = any), or NULL when none is ready. */
    struct executor_user *(*acquire)(void *ctx, int64_t slot);
    /* Back to the shared pool; idle. */
    void (*release)(void *ctx, struct executor_user *u);
    /* Starts one iteration on an idle acquired user. The caller later calls executor_done() exactly once for it. It may call it from
     * inside start (an iteration that ended at once). */
    void (*start)(void *ctx, struct executor_user *u, const struct executor_iteration *it);
    /* Cuts the running iteration: executor_done(interrupted = true) follows (soon, maybe inside this call). */
    void (*interrupt)(void *ctx, struct executor_user *u);
    /* Arrival-rate: initialise one more user in the background; executor_grown() follows. */
    void (*grow)(void *ctx);
    /* k6's `dropped_iterations`: n iterations that were due and not started. */
    void (*dropped)(void *ctx, uint64_t n);
    /* shared-iterations: asks for more of the common pool; executor_granted() follows (maybe inside this call). */
    void (*lease)(void *ctx);
    /* Said once: k6's "Insufficient VUs, reached N active VUs and cannot initialize more". */
    void (*insufficient)(void *ctx, int64_t users);
    /* shared-iterations, may be NULL: asks for all that is left in the pool, which will be dropped at maxDuration; executor_granted()
     * follows. Without it the rest is leased piece by piece. */
    void (*lease_rest)(void *ctx);
    /* May be NULL: the number of the iteration that starts now, from one count for all stripes; UINT64_MAX = there is none. Without it
     * the numbers are dealt over the stripes, and have gaps where a stripe does fewer iterations than the others. */
    uint64_t (*number)(void *ctx);
};

struct executor_options {
    const struct plan_scenario *scenario; /* must outlive the executor */
    struct executor_stripe stripe;
    const struct executor_users_ops *ops;
    void *ctx;
    int64_t resume_us;    /* taking over a lost stripe: the time on the scenario's clock; 0 = fresh */
    uint64_t resume_done; /* iterations (or ticks) of this stripe that were already started by the lost worker */
};

int executor_new(struct executor **out, const struct executor_options *o) MUST_USE;
struct executor *executor_free(struct executor *x);

/* Iterations that end inside start() are followed by one more per user and call, the rest at the next step (which is then at once).
 * An executor that misses a user (acquire gave NULL) asks again every EXECUTOR_RETRY_US. */
enum { EXECUTOR_RETRY_US = 10000 };
/* Does everything that is due at now_us. Returns the next time it wants to be called (µs), or -1 when only events matter,
 * or EXECUTOR_FINISHED when nothing will happen any more (all iterations over, all users released). */
enum { EXECUTOR_FINISHED = -2 };
int64_t executor_step(struct executor *x, int64_t now_us) MUST_USE;
/* Events; call executor_step afterwards. */
void executor_done(struct executor *x, struct executor_user *u, bool interrupted, int64_t now_us);
void executor_grown(struct executor *x);
/* held-users, steered-users: how many users there shall be from now on. Held ones who left by themselves since are made anew.
 * steered-rate: thousandths of an iteration per second over all stripes. 0, -ENOMEM, ERROR_INVALID. */
int executor_ask(struct executor *x, uint64_t value, int64_t now_us) MUST_USE;
void executor_granted(struct executor *x, uint64_t first, uint64_t count); /* count 0 = the pool is empty */
/* Stop early: graceful (no new iterations; running ones get the rest of gracefulStop counted from now) or at once. */
void executor_stop(struct executor *x, bool at_once, int64_t now_us);

struct executor_progress {
    enum { EXECUTOR_WAITING, EXECUTOR_RUNNING, EXECUTOR_STOPPING, EXECUTOR_DONE, EXECUTOR_INTERRUPTED } state;
    double fraction;              /* 0…1 as k6's bar and exec.scenario.progress */
    uint64_t active, allocated;   /* users running an iteration / held by this stripe */
    uint64_t started, completed, interrupted, dropped;
};
struct executor_progress executor_progress(const struct executor *x, int64_t now_us);

/* The n-th (0-based) occurrence number that belongs to a stripe, for `slots` users: exact cover of 0…∞ over all stripes. */
uint64_t executor_stripe_nth(struct executor_stripe s, uint64_t slots, uint64_t n);
/* How many of `slots` belong to the stripe. */
uint64_t executor_stripe_slots(struct executor_stripe s, uint64_t slots);

#endif
