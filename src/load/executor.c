/* The machine under all executors.
 *
 * A stripe has slots; a slot may hold a user; a user runs one iteration at a time. Everything an executor
 * kind decides it decides about a slot that runs nothing: its idle() is called for every slot in the `ready`
 * list. A slot becomes ready when its iteration is done, when the schedule wants something of it, when the
 * regular end comes, or when it had to wait for a user.
 *
 * No recursion: start() may call executor_done() before it returns. While any call is at work (`busy`),
 * executor_done only queues the slot. A call drains as many slots as were queued when it began, so iterations
 * that end at once cannot hold it forever; what is left makes executor_step ask to be called again at once.
 *
 * Ends. stop_us: nothing starts from there on (kinds with a schedule handle what was due up to it first).
 * deadline_us: everything still running is interrupted, once (`cut`). executor_stop moves both forward in
 * time. Finished = stopped, nothing running, nobody held, and the kind has nothing to settle (`holding`).
 *
 * Numbers come from the holder of users when it counts for all stripes. Else the i-th iteration that this
 * stripe starts has the number executor_stripe_nth(i) (shared-iterations: its place in the pool): over all
 * stripes every number at most once, and without a gap where the stripes keep pace. */
#include "load/executor_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const struct executor_kind *const kinds[PLAN_EXECUTOR_COUNT] = {
    [PLAN_SHARED_ITERATIONS] = &executor_shared_iterations,
    [PLAN_PER_VU_ITERATIONS] = &executor_per_vu_iterations,
    [PLAN_CONSTANT_VUS] = &executor_constant_vus,
    [PLAN_RAMPING_VUS] = &executor_ramping_vus,
    [PLAN_CONSTANT_ARRIVAL_RATE] = &executor_constant_arrival_rate,
    [PLAN_RAMPING_ARRIVAL_RATE] = &executor_ramping_arrival_rate,
    [PLAN_HELD_USERS] = &executor_held_users,
    [PLAN_STEERED_USERS] = &executor_steered_users,
    [PLAN_STEERED_RATE] = &executor_steered_rate,
};

/* --- stripes --- */

uint64_t executor_stripe_slots(struct executor_stripe s, uint64_t slots) {
    return slots / s.count + (s.index < slots % s.count);
}

uint64_t executor_stripe_nth(struct executor_stripe s, uint64_t slots, uint64_t n) {
    uint64_t mine = executor_stripe_slots(s, slots);

    if (!mine)
        return UINT64_MAX;
    return n / mine * slots + n % mine * s.count + s.index;
}

int64_t executor_slots_of_users(const struct executor *x) {
    return (int64_t)executor_stripe_slots(x->options.stripe, (uint64_t)plan_scenario_users(x->scenario));
}

/* --- which slot a user sits in --- */

static size_t user_position(const struct executor *x, const struct executor_user *u) {
    uint64_t h = (uint64_t)(uintptr_t)u * 0x9e3779b97f4a7c15u;
    return (size_t)(h >> 32) & (x->by_user_cap - 1);
}

static void user_put(struct executor *x, struct executor_slot *s) {
    size_t at = user_position(x, s->user);

    while (x->by_user[at])
        at = (at + 1) & (x->by_user_cap - 1);
    x->by_user[at] = s;
}

static size_t user_find(const struct executor *x, const struct executor_user *u) {
    size_t at = user_position(x, u);

    while (x->by_user[at] && x->by_user[at]->user != u)
        at = (at + 1) & (x->by_user_cap - 1);
    return at;
}

static void user_remove(struct executor *x, const struct executor_user *u) {
    size_t hole = user_find(x, u), mask = x->by_user_cap - 1;

    assert(x->by_user[hole]);
    /* Whoever stands behind the hole and would be found there moves into it. */
    for (size_t at = (hole + 1) & mask; x->by_user[at]; at = (at + 1) & mask) {
        size_t home = user_position(x, x->by_user[at]->user);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            x->by_user[hole] = x->by_user[at];
            hole = at;
        }
    }
    x->by_user[hole] = NULL;
}

/* --- what kinds use --- */

void executor_ready(struct executor *x, struct executor_slot *s) {
    if (s->ready)
        return;
    list_remove(&s->entry);
    list_push(&x->ready, &s->entry);
    s->ready = true;
    x->ready_len++;
}

bool executor_hold(struct executor *x, struct executor_slot *s) {
    if (s->user)
        return true;
    s->user = x->options.ops->acquire(x->options.ctx, s->number);
    if (!s->user) {
        x->starving += !s->starved;
        s->starved = true;
        return false;
    }
    x->starving -= s->starved;
    s->starved = false;
    user_put(x, s);
    x->held++;
    return true;
}

void executor_let_go(struct executor *x, struct executor_slot *s) {
    struct executor_user *u = s->user;

    assert(!s->running);
    x->starving -= s->starved;
    s->starved = false;
    if (!u)
        return;
    user_remove(x, u);
    s->user = NULL;
    x->held--;
    x->options.ops->release(x->options.ctx, u);
}

static void run(struct executor *x, struct executor_slot *s, int64_t intended_us, int64_t startable_us, uint64_t number) {
    uint64_t common = x->options.ops->number ? x->options.ops->number(x->options.ctx) : UINT64_MAX;
    struct executor_iteration it = {
        .intended_us = intended_us, .startable_us = startable_us, .number = common != UINT64_MAX ? common : number};

    assert(s->user && !s->running);
    if (s->ready) { /* its schedule wanted it again while it was being looked at */
        s->ready = false;
        x->ready_len--;
    }
    list_remove(&s->entry);
    s->running = true;
    s->started++;
    x->running++;
    x->started++;
    x->options.ops->start(x->options.ctx, s->user, &it);
}

void executor_run_number(struct executor *x, struct executor_slot *s, int64_t intended_us, uint64_t number) {
    run(x, s, intended_us, intended_us, number);
}

void executor_run_late(struct executor *x, struct executor_slot *s, int64_t intended_us, int64_t startable_us) {
    run(x, s, intended_us, startable_us, executor_stripe_nth(x->options.stripe, x->slots_total, x->numbered++));
}

void executor_run(struct executor *x, struct executor_slot *s, int64_t intended_us) {
    executor_run_number(
        x, s, intended_us, executor_stripe_nth(x->options.stripe, x->slots_total, x->numbered++));
}

void executor_cut(struct executor *x, struct executor_slot *s) {
    if (!s->running || s->interrupting)
        return;
    s->interrupting = true;
    x->options.ops->interrupt(x->options.ctx, s->user);
}

void executor_drop(struct executor *x, uint64_t n) {
    if (!n)
        return;
    x->dropped += n;
    x->options.ops->dropped(x->options.ctx, n);
}

/* --- life --- */

static int slots_init(struct executor *x) {
    int64_t n = x->kind->slots(x);

    x->slot_count = n > 0 ? (size_t)n : 0;
    x->by_user_cap = 8;
    while (x->by_user_cap < 2 * x->slot_count)
        x->by_user_cap *= 2;
    x->slots = calloc(x->slot_count + 1, sizeof *x->slots);
    x->by_user = calloc(x->by_user_cap, sizeof(struct executor_slot *));
    if (!x->slots || !x->by_user)
        return -ENOMEM;
    for (size_t i = 0; i < x->slot_count; i++)
        x->slots[i] = (struct executor_slot){
            .number = (int64_t)(i * x->options.stripe.count + x->options.stripe.index), .wind_us = INT64_MAX};
    return 0;
}

int executor_more_slots(struct executor *x, size_t slot_count) {
    size_t cap = x->by_user_cap;
    while (cap < 2 * slot_count)
        cap *= 2;
    struct executor_slot *slots = calloc(slot_count + 1, sizeof *slots), **by_user = calloc(cap, sizeof(struct executor_slot *));
    struct list ready;

    assert(!x->busy && slot_count >= x->slot_count);
    if (!slots || !by_user) {
        free(slots);
        free(by_user);
        return -ENOMEM;
    }
    list_init(&ready);
    for (size_t i = 0; i < slot_count; i++) {
        slots[i] = i < x->slot_count ? x->slots[i] : (struct executor_slot){.number = -1, .wind_us = INT64_MAX};
        slots[i].entry = slots[i].winding = (struct list){NULL, NULL};
    }
    for (struct list *e; (e = list_pop(&x->ready)) != NULL;)
        list_push(&ready, &slots[LIST_ENTRY(e, struct executor_slot, entry) - x->slots].entry);
    for (struct list *e; (e = list_pop(&ready)) != NULL;)
        list_push(&x->ready, e);
    free(x->slots);
    free(x->by_user);
    x->slots = slots;
    x->by_user = by_user;
    x->by_user_cap = cap;
    x->slot_count = slot_count;
    for (size_t i = 0; i < slot_count; i++)
        if (slots[i].user)
            user_put(x, &slots[i]);
    return 0;
}

int executor_new(struct executor **out, const struct executor_options *o) {
    struct executor *x = calloc(1, sizeof *x);

    assert(o->stripe.count > 0 && o->stripe.index < o->stripe.count);
    if (!x)
        return -ENOMEM;
    x->options = *o;
    x->scenario = o->scenario;
    x->kind = kinds[o->scenario->executor];
    x->slots_total = (uint64_t)plan_scenario_users(o->scenario);
    x->numbered = o->resume_done;
    x->stop_us = x->kind->endless ? PLAN_ENDLESS_US : plan_scenario_duration_us(o->scenario);
    x->deadline_us = x->stop_us + o->scenario->graceful_stop_us;
    list_init(&x->ready);
    x->own = x->kind->own_bytes ? calloc(1, x->kind->own_bytes) : NULL;
    int r = x->kind->own_bytes && !x->own ? -ENOMEM : slots_init(x);
    if (r == 0 && x->kind->init)
        r = x->kind->init(x);
    if (r < 0) {
        executor_free(x);
        return r;
    }
    *out = x;
    return 0;
}

struct executor *executor_free(struct executor *x) {
    if (!x)
        return NULL;
    free(x->own);
    free(x->slots);
    free(x->by_user);
    free(x);
    return NULL;
}

/* --- the machine --- */

void executor_drain(struct executor *x, int64_t now_us) {
    for (size_t n = x->ready_len; n > 0 && x->ready_len > 0; n--) {
        struct executor_slot *s = LIST_ENTRY(list_pop(&x->ready), struct executor_slot, entry);
        x->ready_len--;
        s->ready = false;
        if (!s->running)
            x->kind->idle(x, s, now_us);
    }
}

static void ready_all(struct executor *x, bool only_starved) {
    for (size_t i = 0; i < x->slot_count; i++)
        if (!x->slots[i].running && (x->slots[i].starved || !only_starved))
            executor_ready(x, &x->slots[i]);
}

static void cut_all(struct executor *x) {
    x->cut = true;
    for (size_t i = 0; i < x->slot_count; i++)
        executor_cut(x, &x->slots[i]);
}

static void stop_now(struct executor *x, int64_t now_us) {
    x->stopped = true;
    if (x->kind->stopped)
        x->kind->stopped(x, now_us);
    ready_all(x, false);
}

static void begin(struct executor *x, int64_t now_us) {
    x->begun = true;
    if (x->kind->begin)
        x->kind->begin(x, now_us);
    else
        ready_all(x, false);
}

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t next_us(struct executor *x, int64_t now_us) {
    int64_t next = INT64_MAX;

    if (x->ready_len > 0)
        return now_us;
    if (!x->stopped) {
        next = x->stop_us;
        if (x->starving > 0)
            next = min(next, now_us + EXECUTOR_RETRY_US);
    }
    if (x->kind->next)
        next = min(next, x->kind->next(x));
    if (!x->cut)
        next = min(next, x->deadline_us);
    if (x->holding)
        next = min(next, x->deadline_us + EXECUTOR_SETTLE_US);
    if (next == INT64_MAX)
        return -1;
    return next > now_us ? next : now_us;
}

static bool check_finished(struct executor *x) {
    if (x->stopped && x->running == 0 && x->held == 0 && x->ready_len == 0 && !x->holding)
        x->finished = true;
    return x->finished;
}

int64_t executor_step(struct executor *x, int64_t now_us) {
    if (x->finished)
        return EXECUTOR_FINISHED;
    if (now_us < 0 && !x->stopped)
        return 0;
    x->now_us = now_us;
    x->busy = true;
    if (!x->begun && !x->stopped)
        begin(x, now_us);
    if (!x->stopped) {
        if (x->starving > 0)
            ready_all(x, true);
        executor_drain(x, now_us);
    }
    if (x->kind->advance)
        x->kind->advance(x, min(now_us, x->stop_us), now_us);
    if (!x->stopped) {
        if (now_us >= x->stop_us || (x->kind->over && x->kind->over(x)))
            stop_now(x, now_us);
    }
    executor_drain(x, now_us);
    if (x->stopped && now_us >= x->deadline_us && !x->cut) {
        cut_all(x);
        executor_drain(x, now_us);
    }
    if (x->holding && now_us >= x->deadline_us + EXECUTOR_SETTLE_US)
        x->kind->settle(x);
    x->busy = false;
    return check_finished(x) ? EXECUTOR_FINISHED : next_us(x, now_us);
}

void executor_done(struct executor *x, struct executor_user *u, bool interrupted, int64_t now_us) {
    struct executor_slot *s = x->by_user[user_find(x, u)];

    assert(s && s->running);
    s->running = s->interrupting = false;
    x->running--;
    if (interrupted)
        x->interrupted++;
    else
        x->completed++;
    executor_ready(x, s);
    if (x->busy)
        return;
    x->now_us = now_us;
    x->busy = true;
    executor_drain(x, now_us);
    x->busy = false;
}

void executor_grown(struct executor *x) {
    if (x->kind->grown)
        x->kind->grown(x);
}

int executor_ask(struct executor *x, uint64_t value, int64_t now_us) {
    if (!x->kind->ask)
        return ERROR_INVALID;
    assert(!x->busy);
    return x->stopped ? 0 : x->kind->ask(x, value, now_us);
}

void executor_granted(struct executor *x, uint64_t first, uint64_t count) {
    if (x->kind->granted)
        x->kind->granted(x, first, count);
}

void executor_stop(struct executor *x, bool at_once, int64_t now_us) {
    if (x->finished)
        return;
    x->now_us = now_us;
    x->aborted = true; /* an early stop drops nothing: k6 counts only what maxDuration took away */
    x->stop_us = min(x->stop_us, now_us);
    x->deadline_us = min(x->deadline_us, at_once ? now_us : now_us + x->scenario->graceful_stop_us);
    bool outer = !x->busy;
    x->busy = true;
    if (!x->stopped)
        stop_now(x, now_us);
    if (at_once && !x->cut)
        cut_all(x);
    if (at_once && x->holding)
        x->kind->settle(x);
    if (outer) {
        executor_drain(x, now_us);
        x->busy = false;
    }
}

/* --- what others are told --- */

struct executor_progress executor_progress(const struct executor *x, int64_t now_us) {
    struct executor_progress p = {.active = x->running,
        .allocated = x->held,
        .started = x->started,
        .completed = x->completed,
        .interrupted = x->interrupted,
        .dropped = x->dropped};
    int64_t duration_us = plan_scenario_duration_us(x->scenario);

    if (x->kind->fraction)
        p.fraction = x->kind->fraction(x, now_us);
    else
        p.fraction = duration_us > 0 ? (double)now_us / (double)duration_us : 1;
    p.fraction = p.fraction < 0 ? 0 : p.fraction > 1 ? 1 : p.fraction;
    if (x->finished || x->stopped)
        p.state = x->aborted ? EXECUTOR_INTERRUPTED : x->finished ? EXECUTOR_DONE : EXECUTOR_STOPPING;
    else
        p.state = x->begun ? EXECUTOR_RUNNING : EXECUTOR_WAITING;
    if (x->finished && !x->aborted)
        p.fraction = 1;
    return p;
}
