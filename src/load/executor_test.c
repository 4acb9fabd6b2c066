/* The executors on a simulated clock: fake users whose iterations take a given time. What happened is written
 * down as text, one word per event, times in ms since the scenario's start: 0+3#7    at 0 user 3 starts
 * iteration 7         5-3   its iteration ends         5!3   … is interrupted 5d2      2 iterations are
 * dropped               5g    one more user is asked for 5w    "insufficient VUs" Users are named after their
 * slot, those without a slot 100, 101, … in order of acquiring. */
#include "load/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    MS = 1000,
    S = 1000 * 1000,
    USERS_MAX = 400,
    STRIPES_MAX = 8,
    EVENTS_MAX = 20000,
    STARTS_MAX = 200000
};
#define NEVER INT64_MAX

struct executor_user {
    struct stripe_run *owner;
    int64_t slot;
    bool taken, running;
    int64_t ends_us;
    bool cut;
    int iterations;
};
struct start {
    int64_t at_us, intended_us, slot;
    uint64_t number;
};
struct simulation {
    int64_t now_us;
    int64_t length_us;      /* of an iteration; 0: it ends inside start(); NEVER */
    const int64_t *lengths; /* by start order of the user's iterations; then length_us */
    int length_count;
    int64_t grow_us;                 /* how long a user takes to initialise */
    int64_t interrupt_us;            /* how long an interruption takes; 0: inside interrupt() */
    uint64_t pool, pool_next, chunk; /* shared-iterations */
    int64_t lease_us;                /* how long a lease takes; 0: inside lease(); NEVER: no answer */
    int64_t users_from_us;           /* acquire gives nothing before that */
    bool rest;                       /* offers lease_rest */
    bool counts;                     /* gives numbers itself, from counted */
    uint64_t counted;
    char log[EVENTS_MAX];
    size_t log_len;
    bool log_ends;
    struct start starts[STARTS_MAX];
    size_t start_count;
    uint64_t dropped;
    int drop_calls, anonymous;
};
struct stripe_run {
    struct simulation *sim;
    struct executor *x;
    int64_t wake_us, grown_us, granted_us;
    bool rest_asked;
    struct executor_user users[USERS_MAX];
};
static struct simulation sim;
static struct stripe_run runs[STRIPES_MAX];

static void note(const char *format, ...) {
    char text[64];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    double ms = (double)sim.now_us / MS;
    int n = snprintf(
        sim.log + sim.log_len, sizeof sim.log - sim.log_len, "%s%.10g%s", sim.log_len ? " " : "", ms, text);
    sim.log_len += (size_t)n < sizeof sim.log - sim.log_len ? (size_t)n : 0;
}

static struct executor_user *on_acquire(void *ctx, int64_t slot) {
    struct stripe_run *run = ctx;

    if (sim.now_us < sim.users_from_us)
        return NULL;
    for (size_t i = 0; i < USERS_MAX; i++) {
        struct executor_user *u = &run->users[i];
        if (u->taken)
            continue;
        u->taken = true;
        u->owner = run;
        u->slot = slot >= 0 ? slot : 100 + sim.anonymous++;
        u->iterations = 0;
        return u;
    }
    return NULL;
}

static void on_release(void *ctx, struct executor_user *u) {
    (void)ctx;
    assert_true(u->taken && !u->running);
    u->taken = false;
}

static void end(struct executor_user *u, bool interrupted) {
    u->running = false;
    if (sim.log_ends || interrupted)
        note("%s%d", interrupted ? "!" : "-", (int)u->slot);
    executor_done(u->owner->x, u, interrupted, sim.now_us);
}

static void on_start(void *ctx, struct executor_user *u, const struct executor_iteration *it) {
    int64_t length_us = u->iterations < sim.length_count ? sim.lengths[u->iterations] : sim.length_us;

    (void)ctx;
    assert_true(u->taken && !u->running);
    note("+%d#%d", (int)u->slot, (int)it->number);
    assert_true(sim.start_count < STARTS_MAX);
    sim.starts[sim.start_count++] = (struct start){sim.now_us, it->intended_us, u->slot, it->number};
    u->running = true;
    u->cut = false;
    u->iterations++;
    u->ends_us = length_us == NEVER ? NEVER : sim.now_us + length_us;
    if (length_us == 0)
        end(u, false);
}

static void on_interrupt(void *ctx, struct executor_user *u) {
    (void)ctx;
    assert_true(u->running && !u->cut);
    u->cut = true;
    u->ends_us = sim.now_us + sim.interrupt_us;
    if (sim.interrupt_us == 0)
        end(u, true);
}

static void on_grow(void *ctx) {
    struct stripe_run *run = ctx;

    assert_int_equal(run->grown_us, NEVER); /* one at a time */
    note("g");
    run->grown_us = sim.now_us + sim.grow_us;
}

static void on_dropped(void *ctx, uint64_t n) {
    (void)ctx;
    sim.dropped += n;
    sim.drop_calls++;
    note("d%d", (int)n);
}

static void grant(struct stripe_run *run) {
    uint64_t left = sim.pool - sim.pool_next, n = run->rest_asked || left < sim.chunk ? left : sim.chunk,
             first = sim.pool_next;

    sim.pool_next += n;
    run->granted_us = NEVER;
    executor_granted(run->x, first, n);
}

static void on_lease(void *ctx) {
    struct stripe_run *run = ctx;

    assert_int_equal(run->granted_us, NEVER); /* one at a time */
    run->granted_us = sim.lease_us == NEVER ? NEVER - 1 : sim.now_us + sim.lease_us;
    if (sim.lease_us == 0)
        grant(run);
}

static void on_lease_rest(void *ctx) {
    struct stripe_run *run = ctx;

    run->rest_asked = true;
    on_lease(ctx);
}

static void on_insufficient(void *ctx, int64_t users) {
    (void)ctx;
    note("w%d", (int)users);
}

static uint64_t on_number(void *ctx) {
    (void)ctx;
    return sim.counts ? sim.counted++ : UINT64_MAX;
}

static struct executor_users_ops ops = {.acquire = on_acquire,
    .release = on_release,
    .start = on_start,
    .interrupt = on_interrupt,
    .grow = on_grow,
    .dropped = on_dropped,
    .lease = on_lease,
    .insufficient = on_insufficient,
    .number = on_number};

static void reset(void) {
    sim = (struct simulation){.length_us = S, .chunk = 1, .grow_us = 100 * MS};
}

static int64_t next_instant(size_t count) {
    int64_t at_us = NEVER;

    for (size_t i = 0; i < count; i++) {
        struct stripe_run *r = &runs[i];
        int64_t all[] = {r->wake_us, r->grown_us, r->granted_us};
        for (size_t k = 0; k < 3; k++)
            at_us = all[k] >= 0 && all[k] < at_us ? all[k] : at_us;
        for (size_t k = 0; k < USERS_MAX; k++)
            if (r->users[k].running && r->users[k].ends_us < at_us)
                at_us = r->users[k].ends_us;
    }
    return at_us;
}

/* Events of this instant, then one step. Two passes over the stripes, so that all ends come before all
 * starts. */
static void instant(size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct stripe_run *r = &runs[i];
        for (size_t k = 0; k < USERS_MAX; k++)
            if (r->users[k].running && r->users[k].ends_us <= sim.now_us)
                end(&r->users[k], r->users[k].cut);
        if (r->grown_us <= sim.now_us) {
            r->grown_us = NEVER;
            executor_grown(r->x);
        }
        if (r->granted_us <= sim.now_us)
            grant(r);
    }
    for (size_t i = 0; i < count; i++)
        if (runs[i].wake_us != EXECUTOR_FINISHED)
            runs[i].wake_us = executor_step(runs[i].x, sim.now_us);
}

struct plan_run {
    const struct plan_scenario *scenario;
    uint32_t stripes;
    int64_t stop_us; /* executor_stop then; NEVER */
    bool at_once;
    int64_t resume_us;
    uint64_t resume_done;
    uint32_t only; /* 1 + the only stripe to run; 0 = all */
};

static void open_stripes(const struct plan_run *p) {
    sim.pool = (uint64_t)p->scenario->iterations;
    ops.lease_rest = sim.rest ? on_lease_rest : NULL;
    for (uint32_t i = 0; i < p->stripes; i++) {
        runs[i] =
            (struct stripe_run){.sim = &sim, .wake_us = p->resume_us, .grown_us = NEVER, .granted_us = NEVER};
        struct executor_options o = {
            p->scenario, {i, p->stripes}, &ops, &runs[i], p->resume_us, p->resume_done};
        assert_int_equal(executor_new(&runs[i].x, &o), 0);
        if (p->only && p->only != i + 1)
            runs[i].wake_us = EXECUTOR_FINISHED;
    }
    sim.now_us = p->resume_us;
}

/* Runs to the end; the time of the end is written down as "<ms>." */
static void run(const struct plan_run *p) {
    bool stop_pending = p->stop_us != NEVER;

    open_stripes(p);
    for (int turn = 0; turn < 2000000; turn++) {
        int64_t at_us = next_instant(p->stripes);
        if (stop_pending && p->stop_us <= at_us) {
            sim.now_us = p->stop_us;
            stop_pending = false;
            for (uint32_t i = 0; i < p->stripes; i++) {
                executor_stop(runs[i].x, p->at_once, sim.now_us);
                runs[i].wake_us = executor_step(runs[i].x, sim.now_us);
            }
            continue;
        }
        bool all = true;
        for (uint32_t i = 0; i < p->stripes; i++)
            all = all && runs[i].wake_us == EXECUTOR_FINISHED;
        if (all)
            break;
        assert_true(at_us < NEVER - 1); /* else it hangs */
        assert_true(at_us >= sim.now_us);
        sim.now_us = at_us;
        instant(p->stripes);
    }
    note(".");
    for (uint32_t i = 0; i < p->stripes; i++) {
        struct executor_progress g = executor_progress(runs[i].x, sim.now_us);
        assert_int_equal(g.active, 0);
        assert_int_equal(g.allocated, 0);
        assert_int_equal(g.started, g.completed + g.interrupted);
        for (size_t k = 0; k < USERS_MAX; k++)
            assert_false(runs[i].users[k].taken);
        executor_free(runs[i].x);
    }
}

static void run_one(const struct plan_scenario *s) {
    run(&(struct plan_run){.scenario = s, .stripes = 1, .stop_us = NEVER});
}

static void assert_log(const char *want) {
    assert_string_equal(sim.log, want);
}

/* --- closed models --- */

static const struct plan_scenario constant = {
    .executor = PLAN_CONSTANT_VUS, .users = 2, .duration_us = 3 * S, .graceful_stop_us = 30 * S};

static void constant_vus(void **arg) {
    (void)arg;
    reset();
    run_one(&constant);
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 2000+0#4 2000+1#5 3000.");
    reset();
    sim.length_us = 2500 * MS; /* the last ones end within gracefulStop, and so does the executor */
    sim.log_ends = true;
    run_one(&constant);
    assert_log("0+0#0 0+1#1 2500-0 2500+0#2 2500-1 2500+1#3 5000-0 5000-1 5000.");
}

static void graceful_stop(void **arg) {
    struct plan_scenario s = constant;

    (void)arg;
    reset();
    s.graceful_stop_us = 500 * MS;
    sim.length_us = 2 * S;
    run_one(&s);
    assert_log("0+0#0 0+1#1 2000+0#2 2000+1#3 3500!0 3500!1 3500.");
    reset();
    s.graceful_stop_us = 0; /* cut at once */
    sim.length_us = 2 * S;
    run_one(&s);
    assert_log("0+0#0 0+1#1 2000+0#2 2000+1#3 3000!0 3000!1 3000.");
    reset();
    sim.interrupt_us = 40 * MS; /* interrupted once, however long it takes */
    sim.length_us = NEVER;
    run_one(&s);
    assert_log("0+0#0 0+1#1 3040!0 3040!1 3040.");
}

static void stopping_early(void **arg) {
    struct plan_scenario s = constant;

    (void)arg;
    reset();
    run(&(struct plan_run){.scenario = &s, .stripes = 1, .stop_us = 1500 * MS, .at_once = true});
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 1500!0 1500!1 1500.");
    reset();
    run(&(struct plan_run){.scenario = &s, .stripes = 1, .stop_us = 1500 * MS});
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 2000.");
    reset();
    s.graceful_stop_us = 100 * MS;
    run(&(struct plan_run){.scenario = &s, .stripes = 1, .stop_us = 1500 * MS});
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 1600!0 1600!1 1600.");
}

/* Iterations that end inside start(): no recursion, no endless call, everybody gets a turn. */
static void endless_supply(void **arg) {
    struct plan_scenario s = constant;
    struct executor *x;

    (void)arg;
    reset();
    sim.length_us = 0;
    struct plan_run p = {.scenario = &s, .stripes = 1, .stop_us = NEVER};
    open_stripes(&p);
    x = runs[0].x;
    assert_int_equal(executor_step(x, 0), 0);
    size_t first = sim.start_count;
    assert_in_range(first, 2, 8);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(executor_step(x, 0), 0);
    assert_in_range(sim.start_count, 2000, 8000);
    sim.now_us = 3 * S;
    assert_int_equal(executor_step(x, 3 * S), EXECUTOR_FINISHED);
    executor_free(x);
}

static void users_that_come_late(void **arg) {
    struct plan_scenario s = constant;

    (void)arg;
    reset();
    s.users = 1;
    sim.users_from_us = 25 * MS;
    run_one(&s);
    assert_log("30+0#0 1030+0#1 2030+0#2 3030.");
}

static const struct plan_scenario per_vu = {.executor = PLAN_PER_VU_ITERATIONS,
    .users = 2,
    .iterations = 3,
    .duration_us = 10 * S,
    .graceful_stop_us = 30 * S};

static void per_vu_iterations(void **arg) {
    struct plan_scenario s = per_vu;
    static const int64_t first_is_long[] = {2500 * MS};

    (void)arg;
    reset();
    run_one(&s);
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 2000+0#4 2000+1#5 3000.");
    reset(); /* maxDuration: each user drops its own remainder, when it is through */
    s.duration_us = 1500 * MS;
    run_one(&s);
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 2000d1 2000d1 2000.");
    reset(); /* also one that is interrupted */
    s.graceful_stop_us = 0;
    sim.lengths = first_is_long;
    sim.length_count = 1;
    run_one(&s);
    assert_log("0+0#0 0+1#1 1500!0 1500!1 1500d2 1500d2 1500.");
    reset(); /* stopped by a person: nothing is dropped */
    run(&(struct plan_run){.scenario = &per_vu, .stripes = 1, .stop_us = 1500 * MS, .at_once = true});
    assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 1500!0 1500!1 1500.");
    reset();
    sim.length_us = 0;
    run_one(&per_vu);
    assert_int_equal(sim.start_count, 6);
}

static const struct plan_scenario shared = {.executor = PLAN_SHARED_ITERATIONS,
    .users = 2,
    .iterations = 5,
    .duration_us = 10 * S,
    .graceful_stop_us = 30 * S};

static void shared_iterations(void **arg) {
    struct plan_scenario s = shared;

    (void)arg;
    for (uint64_t chunk = 1; chunk <= 8; chunk++) {
        reset();
        sim.chunk = chunk;
        run_one(&s);
        assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 2000+0#4 3000.");
    }
    reset();
    sim.chunk = 3;
    sim.lease_us = 10 * MS;
    run_one(&s);
    assert_log("10+0#0 10+1#1 1010+0#2 1020+1#3 2010+0#4 3010.");
}

/* maxDuration: the unstarted rest, on lease or still in the pool, in one drop. */
static void shared_remainder(void **arg) {
    struct plan_scenario s = shared;

    (void)arg;
    s.iterations = 50;
    s.duration_us = 1500 * MS;
    for (uint64_t chunk = 1; chunk <= 64; chunk *= 4) {
        for (int way = 0; way < 3; way++) {
            reset();
            sim.chunk = chunk;
            sim.rest = way == 1;
            run_one(&s);
            assert_log("0+0#0 0+1#1 1000+0#2 1000+1#3 1500d46 2000.");
        }
    }
    reset();
    sim.chunk = 10;
    sim.lease_us = 10 * MS;
    sim.rest = true;
    run_one(&s);
    assert_log("10+0#0 10+1#1 1010+0#2 1010+1#3 1520d46 2010.");
    reset(); /* no graceful stop, and leases take their time: still everything is counted */
    s.graceful_stop_us = 0;
    sim.chunk = 10;
    sim.lease_us = 10 * MS;
    run_one(&s);
    assert_log("10+0#0 10+1#1 1010+0#2 1010+1#3 1500!0 1500!1 1550d46 1550.");
    reset(); /* the pool's owner falls silent: after a while what is known is dropped */
    s.graceful_stop_us = 100 * MS;
    sim.chunk = 10;
    sim.lease_us = NEVER;
    run_one(&s);
    assert_log("2600.");
    reset();
    run(&(struct plan_run){.scenario = &shared, .stripes = 1, .stop_us = 500 * MS});
    assert_log("0+0#0 0+1#1 1000.");
}

/* --- ramping-vus --- */

#define RAMP(start, ...)                                                                                     \
    .executor = PLAN_RAMPING_VUS, .users = start, .stages = (struct plan_stage[]){__VA_ARGS__},              \
    .stage_count = sizeof((struct plan_stage[]){__VA_ARGS__}) / sizeof(struct plan_stage)

static void ramping_up(void **arg) {
    struct plan_scenario s = {
        RAMP(1, {3 * S, 4}, {1 * S, 4}), .graceful_stop_us = 30 * S, .graceful_ramp_down_us = 30 * S};

    (void)arg;
    reset();
    sim.length_us = 10 * S;
    run_one(&s);
    assert_log("0+0#0 1000+1#1 2000+2#2 3000+3#3 13000.");
    reset(); /* the one that would start at the very end does not */
    s.stage_count = 1;
    sim.length_us = 10 * S;
    run_one(&s);
    assert_log("0+0#0 1000+1#1 2000+2#2 12000.");
}

static void ramping_down(void **arg) {
    struct plan_scenario s = {
        RAMP(3, {3 * S, 0}, {2 * S, 0}), .graceful_stop_us = 30 * S, .graceful_ramp_down_us = 30 * S};

    (void)arg;
    reset(); /* the highest first; they finish what they do, and none starts at the instant it is to stop */
    sim.length_us = 600 * MS;
    sim.log_ends = true;
    run_one(&s);
    assert_log(
        "0+0#0 0+1#1 0+2#2 600-0 600+0#3 600-1 600+1#4 600-2 600+2#5 1200-0 1200+0#6 1200-1 1200+1#7 1200-2 "
        "1800-0 1800+0#8 1800-1 1800+1#9 2400-0 2400+0#10 2400-1 3000-0 5000.");
    reset(); /* gracefulRampDown cuts */
    s.graceful_ramp_down_us = 500 * MS;
    sim.length_us = 10 * S;
    run_one(&s);
    assert_log("0+0#0 0+1#1 0+2#2 1500!2 2500!1 3500!0 5000.");
    reset(); /* 0 cuts at once */
    s.graceful_ramp_down_us = 0;
    sim.length_us = 10 * S;
    run_one(&s);
    assert_log("0+0#0 0+1#1 0+2#2 1000!2 2000!1 3000!0 5000.");
    reset(); /* never later than end + gracefulStop */
    s.stage_count = 1;
    s.graceful_ramp_down_us = 30 * S;
    s.graceful_stop_us = 1 * S;
    sim.length_us = 100 * S;
    run_one(&s);
    assert_log("0+0#0 0+1#1 0+2#2 4000!2 4000!1 4000!0 4000.");
}

static void ramping_reclaims(void **arg) {
    struct plan_scenario s = {RAMP(2, {2 * S, 0}, {2 * S, 2}, {1 * S, 2}), .graceful_stop_us = 30 * S,
        .graceful_ramp_down_us = 30 * S};

    (void)arg;
    reset(); /* 2 → 0 over 2 s: user 1 stops at 1 s, user 0 at 2 s; back at 3 s and 4 s, with their iterations
                still running */
    sim.length_us = 4500 * MS;
    run_one(&s);
    assert_log("0+0#0 0+1#1 4500+0#2 4500+1#3 9000.");
    reset(); /* user 1 is interrupted 1.5 s after its stop and started anew at 4 s; user 0 is reclaimed at 3 s
              */
    s.graceful_ramp_down_us = 1500 * MS;
    sim.length_us = 4500 * MS;
    run_one(&s);
    assert_log("0+0#0 0+1#1 2500!1 4000+1#2 4500+0#3 9000.");
    reset(); /* an interruption that is on its way when the ramp-up comes: the user starts again after it */
    s.graceful_ramp_down_us = 900 * MS;
    sim.interrupt_us = 300 * MS;
    sim.length_us = 4500 * MS;
    run_one(&s);
    assert_log("0+0#0 0+1#1 2200!1 3200!0 3200+0#2 4000+1#3 8500.");
}

static void ramping_jumps(void **arg) {
    struct plan_scenario s = {RAMP(0, {0, 2}, {1 * S, 2}, {0, 3}, {1 * S, 3}, {0, 1}, {1 * S, 1}),
        .graceful_stop_us = 0, .graceful_ramp_down_us = 0};

    (void)arg;
    reset();
    sim.length_us = 10 * S;
    run_one(&s);
    assert_log("0+0#0 0+1#1 1000+2#2 2000!2 2000!1 3000!0 3000.");
}

/* --- arrival rates --- */

static const struct plan_scenario arrivals = {.executor = PLAN_CONSTANT_ARRIVAL_RATE,
    .users = 2,
    .users_max = 2,
    .rate = 2,
    .time_unit_us = S,
    .duration_us = 2 * S,
    .graceful_stop_us = 30 * S};

static void constant_arrival_rate(void **arg) {
    struct plan_scenario s = arrivals;

    (void)arg;
    reset();
    sim.length_us = 700 * MS;
    run_one(&s);
    assert_log("0+0#0 500+1#1 1000+0#2 1500+1#3 2000+0#4 2700.");
    reset(); /* a user that ends at the instant of a tick takes it */
    s.users = s.users_max = 1;
    sim.length_us = 500 * MS;
    run_one(&s);
    assert_log("0+0#0 500+0#1 1000+0#2 1500+0#3 2000+0#4 2500.");
    reset();
    s.rate = 3;
    s.duration_us = S;
    sim.length_us = 100 * MS;
    run_one(&s);
    assert_log("0+0#0 333.333+0#1 666.666+0#2 1000+0#3 1100.");
    reset(); /* nothing runs: the executor still lasts for its duration */
    s.rate = 1;
    s.time_unit_us = 10 * S;
    run_one(&s);
    assert_log("0+0#0 1000.");
}

static void arrivals_drop_and_grow(void **arg) {
    struct plan_scenario s = arrivals;

    (void)arg;
    reset(); /* no idle user: dropped, never retried, one warning at maxVUs */
    s.users = s.users_max = 1;
    sim.length_us = 1200 * MS;
    run_one(&s);
    assert_log("0+0#0 500d1 500w1 1000d1 1500+0#1 2000d1 2700.");
    reset(); /* growing: one at a time, for the next ticks */
    s.rate = 10;
    s.duration_us = 800 * MS;
    s.users_max = 3;
    sim.length_us = 10 * S;
    sim.grow_us = 150 * MS;
    run_one(&s);
    assert_log("0+0#0 100d1 100g 200d1 300+100#1 400d1 400g 500d1 500w3 600+101#2 700d1 800d1 10600.");
    reset(); /* no user at all at the start */
    s.users = 0;
    s.users_max = 1;
    s.duration_us = 300 * MS;
    sim.grow_us = 50 * MS;
    run_one(&s);
    assert_log("0d1 0g 100+100#0 200d1 200w1 300d1 1100.");
}

/* A late step: due ticks start late (and say when they were meant) as long as there are users. */
static void late_ticks(void **arg) {
    struct plan_scenario s = arrivals;

    (void)arg;
    reset();
    sim.length_us = 10 * S;
    struct plan_run p = {.scenario = &s, .stripes = 1, .stop_us = NEVER};
    open_stripes(&p);
    assert_int_equal(executor_step(runs[0].x, 0), 500 * MS);
    sim.now_us = 1200 * MS;
    assert_int_equal(executor_step(runs[0].x, 1200 * MS), 1500 * MS);
    assert_log("0+0#0 1200+1#1 1200d1 1200w2");
    assert_int_equal(sim.starts[1].intended_us, 500 * MS);
    executor_stop(runs[0].x, true, 1200 * MS);
    assert_int_equal(executor_step(runs[0].x, 1200 * MS), EXECUTOR_FINISHED);
    executor_free(runs[0].x);
    reset(); /* a user whose iterations end at once serves all of a burst */
    s.users = s.users_max = 1;
    sim.length_us = 0;
    open_stripes(&p);
    assert_int_equal(executor_step(runs[0].x, 0), 500 * MS);
    sim.now_us = 2500 * MS;
    assert_int_equal(executor_step(runs[0].x, 2500 * MS), EXECUTOR_FINISHED);
    assert_int_equal(sim.start_count, 5);
    assert_int_equal(sim.dropped, 0);
    executor_free(runs[0].x);
}

static void ramping_arrival_rate(void **arg) {
    struct plan_scenario s = {
        RAMP(5, {10 * S, 10}), .rate = 0, .time_unit_us = S, .graceful_stop_us = 30 * S};

    (void)arg;
    reset();
    s.executor = PLAN_RAMPING_ARRIVAL_RATE;
    s.users_max = 5;
    sim.length_us = 10 * MS;
    run_one(&s);
    assert_int_equal(sim.start_count, 50);
    assert_int_equal(sim.starts[0].at_us, 1414213);
    assert_int_equal(sim.starts[1].at_us, 2000000);
    assert_int_equal(sim.starts[49].at_us, 10 * S);
    assert_int_equal(sim.dropped, 0);
    reset();
    s.rate = 4;
    s.stages = (struct plan_stage[]){{1 * S, 4}};
    sim.length_us = 10 * MS;
    run_one(&s);
    assert_log("250+0#0 500+1#1 750+2#2 1000+3#3 1010.");
    reset();
    s.graceful_stop_us = 0;
    sim.length_us = 10 * MS;
    run_one(&s);
    assert_log("250+0#0 500+1#1 750+2#2 1000+3#3 1000!3 1000.");
}

/* --- stripes --- */

static void stripe_arithmetic(void **arg) {
    (void)arg;
    for (uint32_t count = 1; count <= 5; count++) {
        for (uint64_t slots = 1; slots <= 12; slots++) {
            bool seen[200] = {false};
            uint64_t total = 0;
            for (uint32_t i = 0; i < count; i++) {
                struct executor_stripe s = {i, count};
                uint64_t last = 0;
                total += executor_stripe_slots(s, slots);
                for (uint64_t n = 0, at; (at = executor_stripe_nth(s, slots, n)) < 200; n++) {
                    assert_false(seen[at]);
                    assert_true(n == 0 || at > last);
                    assert_int_equal(at % slots % count, i);
                    seen[at] = true;
                    last = at;
                }
            }
            assert_int_equal(total, slots);
            for (size_t n = 0; n < 200; n++)
                assert_true(seen[n]);
        }
    }
}

static int compare_starts(const void *a, const void *b) {
    const struct start *x = a, *y = b;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return 0;
}

static int compare_slots(const void *a, const void *b) {
    const struct start *x = a, *y = b;
    if (x->at_us != y->at_us)
        return x->at_us < y->at_us ? -1 : 1;
    return (x->slot > y->slot) - (x->slot < y->slot);
}

static const struct plan_scenario everything[] = {
    {.executor = PLAN_SHARED_ITERATIONS,
        .users = 10,
        .iterations = 107,
        .duration_us = 60 * S,
        .graceful_stop_us = S},
    {.executor = PLAN_SHARED_ITERATIONS,
        .users = 10,
        .iterations = 500,
        .duration_us = 10 * S,
        .graceful_stop_us = S},
    {.executor = PLAN_SHARED_ITERATIONS, /* fewer users than stripes */
        .users = 2,
        .iterations = 61,
        .duration_us = 60 * S,
        .graceful_stop_us = S},
    {.executor = PLAN_PER_VU_ITERATIONS,
        .users = 10,
        .iterations = 7,
        .duration_us = 60 * S,
        .graceful_stop_us = S},
    {.executor = PLAN_PER_VU_ITERATIONS,
        .users = 10,
        .iterations = 70,
        .duration_us = 9 * S,
        .graceful_stop_us = 0},
    {.executor = PLAN_CONSTANT_VUS, .users = 10, .duration_us = 20 * S, .graceful_stop_us = S},
    {.executor = PLAN_CONSTANT_VUS, .users = 2, .duration_us = 20 * S, .graceful_stop_us = S},
    {RAMP(2, {7 * S, 11}, {3 * S, 4}, {0, 9}, {5 * S, 0}, {5 * S, 6}), .graceful_stop_us = S,
        .graceful_ramp_down_us = 300 * MS},
    {.executor = PLAN_CONSTANT_ARRIVAL_RATE,
        .users = 2,
        .users_max = 2,
        .rate = 10, /* two users manage less than three: most is dropped */
        .time_unit_us = S,
        .duration_us = 20 * S,
        .graceful_stop_us = S},
    {.executor = PLAN_CONSTANT_ARRIVAL_RATE,
        .users = 30,
        .users_max = 30,
        .rate = 21,
        .time_unit_us = S,
        .duration_us = 20 * S,
        .graceful_stop_us = S},
    {.executor = PLAN_RAMPING_ARRIVAL_RATE,
        .users = 40,
        .users_max = 40,
        .rate = 3,
        .time_unit_us = S,
        .stages = (struct plan_stage[]){{7 * S, 20}, {3 * S, 5}, {0, 13}, {4 * S, 13}, {2 * S, 0}},
        .stage_count = 5,
        .graceful_stop_us = S},
};

/* Any number of workers starts the same iterations at the same instants as one: (start, number), and per user
 * slot for closed models. */
static void stripes_start_what_one_starts(void **arg) {
    static struct start one[STARTS_MAX];

    (void)arg;
    for (size_t k = 0; k < sizeof everything / sizeof *everything; k++) {
        const struct plan_scenario *s = &everything[k];
        bool open = s->executor == PLAN_CONSTANT_ARRIVAL_RATE || s->executor == PLAN_RAMPING_ARRIVAL_RATE;
        size_t count = 0;
        uint64_t dropped = 0;
        for (uint32_t stripes = 1; stripes <= 5; stripes++) {
            reset();
            sim.length_us = 730 * MS;
            run(&(struct plan_run){.scenario = s, .stripes = stripes, .stop_us = NEVER});
            bool ramp = s->executor == PLAN_RAMPING_VUS;
            qsort(sim.starts, sim.start_count, sizeof *sim.starts, ramp ? compare_slots : compare_starts);
            if (stripes == 1) {
                count = sim.start_count;
                dropped = sim.dropped;
                memcpy(one, sim.starts, count * sizeof *one);
                assert_true(count >= 50);
                continue;
            }
            assert_int_equal(sim.start_count, count);
            assert_int_equal(sim.dropped, dropped);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(sim.starts[i].at_us, one[i].at_us);
                if (!ramp)
                    assert_int_equal(sim.starts[i].number, one[i].number);
                if (ramp)
                    assert_int_equal(sim.starts[i].slot, one[i].slot);
            }
            if (!open && !ramp && s->executor != PLAN_SHARED_ITERATIONS) {
                qsort(sim.starts, count, sizeof *sim.starts, compare_slots);
                qsort(one, count, sizeof *one, compare_slots);
                for (size_t i = 0; i < count; i++)
                    assert_int_equal(sim.starts[i].slot, one[i].slot);
                qsort(one, count, sizeof *one, compare_starts);
            }
        }
    }
}

/* Numbers are unique over all stripes, also when users are not equally fast; if somebody counts for all, they are
 * in the order of starting, without a gap. */
static void numbers_are_unique(void **arg) {
    static bool seen[STARTS_MAX];

    (void)arg;
    for (size_t k = 0; k < 2 * sizeof everything / sizeof *everything; k++) {
        reset();
        static const int64_t lengths[] = {100 * MS, 1900 * MS, 10 * MS, 0, 300 * MS, 20 * MS, 5 * MS};
        sim.lengths = lengths;
        sim.length_count = 7;
        sim.length_us = 150 * MS;
        sim.counts = k % 2;
        run(&(struct plan_run){.scenario = &everything[k / 2], .stripes = 4, .stop_us = NEVER});
        memset(seen, 0, sizeof seen);
        for (size_t i = 0; i < sim.start_count; i++) {
            assert_true(sim.starts[i].number < STARTS_MAX);
            assert_false(seen[sim.starts[i].number]);
            seen[sim.starts[i].number] = true;
            if (sim.counts)
                assert_int_equal(sim.starts[i].number, i);
        }
    }
}

/* maxVUs are dealt over the stripes; none is lost. */
static void growth_over_stripes(void **arg) {
    struct plan_scenario s = arrivals;

    (void)arg;
    s.rate = 50;
    s.users = 3;
    s.users_max = 17;
    s.duration_us = 10 * S;
    for (uint32_t stripes = 1; stripes <= 5; stripes++) {
        reset();
        sim.length_us = NEVER; /* each user serves one tick */
        sim.grow_us = MS;
        s.graceful_stop_us = 0;
        run(&(struct plan_run){.scenario = &s, .stripes = stripes, .stop_us = NEVER});
        assert_int_equal(sim.start_count, 17);
        assert_int_equal(sim.dropped, 501 - 17);
    }
}

/* A lost stripe is started again elsewhere at 5.1 s: from then on it does what the lost one would have done.
 */
static void resuming(void **arg) {
    static struct start want[STARTS_MAX];

    (void)arg;
    for (size_t k = 5; k < sizeof everything / sizeof *everything; k++) {
        const struct plan_scenario *s = &everything[k];
        bool open = s->executor == PLAN_CONSTANT_ARRIVAL_RATE || s->executor == PLAN_RAMPING_ARRIVAL_RATE;
        size_t count = 0;
        uint64_t done = 0;
        int64_t at_us = 5100 * MS;
        reset();
        sim.length_us = 100 * MS;
        run(&(struct plan_run){.scenario = s, .stripes = 3, .only = 2, .stop_us = NEVER});
        for (size_t i = 0; i < sim.start_count; i++) {
            if (sim.starts[i].at_us >= at_us)
                want[count++] = sim.starts[i];
            else
                done++;
        }
        reset();
        sim.length_us = 100 * MS;
        run(&(struct plan_run){.scenario = s,
            .stripes = 3,
            .only = 2,
            .stop_us = NEVER,
            .resume_us = at_us,
            .resume_done = done});
        if (open)
            assert_int_equal(sim.start_count, count);
        for (size_t i = 0; open && i < count; i++) {
            assert_int_equal(sim.starts[i].at_us, want[i].at_us);
            assert_int_equal(sim.starts[i].number, want[i].number);
        }
        assert_int_equal(sim.starts[0].number, want[0].number); /* numbers go on where they were */
        assert_true(sim.starts[0].at_us >= at_us);
    }
    reset(); /* per-vu-iterations: 4 of 6 were started */
    run(&(struct plan_run){
        .scenario = &per_vu, .stripes = 1, .stop_us = NEVER, .resume_us = 2 * S, .resume_done = 4});
    assert_log("2000+0#4 2000+1#5 3000.");
}

static void progress(void **arg) {
    struct plan_scenario s = constant;

    (void)arg;
    reset();
    struct plan_run p = {.scenario = &s, .stripes = 1, .stop_us = NEVER};
    open_stripes(&p);
    struct executor *x = runs[0].x;
    assert_int_equal(executor_step(x, -5 * S), 0);
    assert_int_equal(executor_progress(x, -5 * S).state, EXECUTOR_WAITING);
    assert_int_equal(executor_step(x, 0), 3 * S);
    struct executor_progress g = executor_progress(x, 1500 * MS);
    assert_int_equal(g.state, EXECUTOR_RUNNING);
    assert_true(g.fraction == 0.5 && g.active == 2 && g.allocated == 2 && g.started == 2 && g.completed == 0);
    assert_int_equal(executor_step(x, 3 * S), 33 * S);
    assert_int_equal(executor_progress(x, 3 * S).state, EXECUTOR_STOPPING);
    sim.now_us = 4 * S;
    end(&runs[0].users[0], false);
    end(&runs[0].users[1], false);
    assert_int_equal(executor_step(x, 4 * S), EXECUTOR_FINISHED);
    g = executor_progress(x, 4 * S);
    assert_true(g.state == EXECUTOR_DONE && g.fraction == 1 && g.completed == 2);
    executor_free(x);
    open_stripes(&p); /* stopped while it waits for its start */
    executor_stop(runs[0].x, true, -S);
    assert_int_equal(executor_step(runs[0].x, -S), EXECUTOR_FINISHED);
    assert_int_equal(executor_progress(runs[0].x, 0).state, EXECUTOR_INTERRUPTED);
    executor_free(runs[0].x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(constant_vus),
        cmocka_unit_test(graceful_stop),
        cmocka_unit_test(stopping_early),
        cmocka_unit_test(endless_supply),
        cmocka_unit_test(users_that_come_late),
        cmocka_unit_test(per_vu_iterations),
        cmocka_unit_test(shared_iterations),
        cmocka_unit_test(shared_remainder),
        cmocka_unit_test(ramping_up),
        cmocka_unit_test(ramping_down),
        cmocka_unit_test(ramping_reclaims),
        cmocka_unit_test(ramping_jumps),
        cmocka_unit_test(constant_arrival_rate),
        cmocka_unit_test(arrivals_drop_and_grow),
        cmocka_unit_test(late_ticks),
        cmocka_unit_test(ramping_arrival_rate),
        cmocka_unit_test(stripe_arithmetic),
        cmocka_unit_test(stripes_start_what_one_starts),
        cmocka_unit_test(numbers_are_unique),
        cmocka_unit_test(growth_over_stripes),
        cmocka_unit_test(resuming),
        cmocka_unit_test(progress),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
