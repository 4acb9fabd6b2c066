/* A share: one stripe of one scenario at work in this worker. It ties the executor, which only says what should happen, to the users
 * that do it and to the loop's clock.
 *
 * The executor counts time from its scenario's start; the share translates. Every event is followed by a step, deferred to the end of
 * the loop's turn, so that the executor is never entered from within itself. */
#include "engine/engine_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t scenario_zero_us(const struct share *s) { return s->engine->origin_us + s->scenario->start_us; }
static int64_t share_now_us(const struct share *s) {
    return loop_now_us(s->engine->o.loop) - scenario_zero_us(s);
}

/* ---- what the executor asks for ---- */

static struct executor_user *on_acquire(void *ctx, int64_t slot) {
    struct share *s = ctx;
    (void)slot;
    struct executor_user *u = crew_take(s->engine);
    if (u)
        u->share = s;
    return u;
}

static void on_release(void *ctx, struct executor_user *u) {
    struct share *s = ctx;
    crew_give_back(s->engine, u);
}

static void on_start(void *ctx, struct executor_user *u, const struct executor_iteration *it) {
    struct share *s = ctx;
    struct engine *e = s->engine;
    int64_t now_us = loop_now_us(e->o.loop);
    u->intended_us = scenario_zero_us(s) + it->intended_us;
    u->state = USER_RUNNING;
    e->crew.running++;
    e->instance.users_active++;
    if (s->open_model) {
        health_note_start(&e->health, scenario_zero_us(s) + it->startable_us, now_us);
        recorder_add(&e->recorder, METRIC_ITERATION_LATENESS, s->tags, (double)(now_us - u->intended_us) / 1000.0, NULL);
    }
    s->spawned = s->scenario->executor == PLAN_HELD_USERS;
    e->o.host->user_start(u->script, &(struct script_iteration){.scenario = s->what.scenario,
                                                                .number = it->number,
                                                                .intended_us = u->intended_us});
}

static void on_interrupt(void *ctx, struct executor_user *u) {
    struct share *s = ctx;
    if (u->state == USER_RUNNING)
        s->engine->o.host->user_interrupt(u->script);
}

static void on_grow(void *ctx) {
    struct share *s = ctx;
    struct crew *c = &s->engine->crew;
    uint64_t id = c->extra_first + c->extra_step * c->extra_made++;
    if (crew_add(s->engine, id, s) < 0)
        c->extra_made--; /* no memory: the pool simply does not grow, drops are counted */
}

static void on_dropped(void *ctx, uint64_t n) {
    struct share *s = ctx;
    struct recorder_at at = {.wall_ns = clock_wall_ns(), .iter = -1};
    recorder_add(&s->engine->recorder, METRIC_DROPPED_ITERATIONS, s->tags, (double)n, &at);
}

static uint64_t on_number(void *ctx) {
    struct share *s = ctx;
    _Atomic uint64_t *numbers = s->engine->o.numbers;
    return numbers ? atomic_fetch_add_explicit(&numbers[s->what.scenario], 1, memory_order_relaxed) : UINT64_MAX;
}

static void on_lease(void *ctx) {
    struct share *s = ctx;
    s->engine->o.events->lease(s->engine->o.ctx, s->what.scenario, s->what.stripe.index);
}

static void on_insufficient(void *ctx, int64_t users) {
    struct share *s = ctx;
    char text[128];
    int n = snprintf(text, sizeof text, "Insufficient VUs, reached %lld active VUs and cannot initialize more", (long long)users);
    struct log_record r = {.level = LOG_WARN,
                           .message = view_of(text, (size_t)n),
                           .fields = {{VIEW("executor"), view_of_cstr(plan_executor_name(s->scenario->executor))},
                                      {VIEW("scenario"), s->scenario->name}},
                           .field_count = 2};
    s->engine->o.log->write(s->engine->o.log, &r);
}

static const struct executor_users_ops users_ops = {
    .acquire = on_acquire,
    .release = on_release,
    .start = on_start,
    .interrupt = on_interrupt,
    .grow = on_grow,
    .dropped = on_dropped,
    .lease = on_lease,
    .insufficient = on_insufficient,
    .number = on_number,
};

/* ---- clockwork ---- */

static void share_step(struct share *s) {
    if (s->finished || !s->engine->started)
        return;
    int64_t next_us = executor_step(s->executor, share_now_us(s));
    if (s->spawned) {
        /* At once: the first thing they do may be to hold the process for seconds. */
        s->spawned = false;
        engine_tell_progress(s->engine);
    }
    if (next_us == EXECUTOR_FINISHED) {
        s->finished = true;
        timers_cancel(loop_timers(s->engine->o.loop), &s->timer);
        s->engine->o.events->scenario_done(s->engine->o.ctx, s->what.scenario, s->what.stripe.index);
        engine_check_finished(s->engine);
    } else if (next_us < 0) {
        timers_cancel(loop_timers(s->engine->o.loop), &s->timer);
    } else if (timers_arm(loop_timers(s->engine->o.loop), &s->timer, scenario_zero_us(s) + next_us) < 0) {
        loop_defer(s->engine->o.loop, &s->step_soon); /* no memory for a timer: poll, rather than stall */
    }
}

static void on_timer(struct timer *t) { share_step(CONTAINER_OF(t, struct share, timer)); }
static void on_step_soon(struct loop_defer *d) { share_step(CONTAINER_OF(d, struct share, step_soon)); }

void share_wake(struct share *s) { loop_defer(s->engine->o.loop, &s->step_soon); }

void share_start(struct share *s) {
    if (share_now_us(s) >= 0)
        share_wake(s);
    else if (timers_arm(loop_timers(s->engine->o.loop), &s->timer, scenario_zero_us(s)) < 0)
        share_wake(s);
}

void share_iteration_done(struct executor_user *u, enum script_outcome outcome) {
    struct share *s = u->share;
    struct engine *e = s->engine;
    bool interrupted = outcome == SCRIPT_ITERATION_INTERRUPTED;
    int64_t now_us = loop_now_us(e->o.loop);
    u->state = USER_IDLE;
    e->crew.running--;
    e->instance.users_active--;
    if (interrupted)
        e->instance.iterations_interrupted++;
    else
        e->instance.iterations_completed++;
    if (s->open_model && !interrupted)
        recorder_add(&e->recorder, METRIC_ITERATION_RESPONSE, s->tags, (double)(now_us - u->intended_us) / 1000.0, NULL);
    executor_done(s->executor, u, interrupted, now_us - scenario_zero_us(s));
    share_wake(s);
}

/* ---- life ---- */

static tagset_id share_tags(struct engine *e, const struct plan_scenario *sc) {
    struct tag tags[TAGS_PER_SET_MAX];
    size_t n = 0;
    for (size_t i = 0; i < e->plan->tag_count && n < TAGS_PER_SET_MAX - 1; i++)
        tags[n++] = (struct tag){e->plan->tags[i].key, e->plan->tags[i].value};
    for (size_t i = 0; i < sc->tag_count && n < TAGS_PER_SET_MAX - 1; i++)
        tags[n++] = (struct tag){sc->tags[i].key, sc->tags[i].value};
    tags[n++] = (struct tag){VIEW("scenario"), sc->name};
    return tags_intern(e->recorder.tags, tags, n);
}

int share_new(struct engine *e, const struct engine_share *what, struct share **out) {
    struct share *s = calloc(1, sizeof *s);
    if (!s)
        return -ENOMEM;
    const struct plan_scenario *sc = &e->plan->scenarios[what->scenario];
    s->engine = e;
    s->what = *what;
    s->scenario = sc;
    s->tags = share_tags(e, sc);
    s->open_model = sc->executor == PLAN_CONSTANT_ARRIVAL_RATE || sc->executor == PLAN_RAMPING_ARRIVAL_RATE || sc->executor == PLAN_STEERED_RATE;
    s->timer.fire = on_timer;
    s->step_soon.run = on_step_soon;
    int r = executor_new(&s->executor, &(struct executor_options){.scenario = sc,
                                                                  .stripe = what->stripe,
                                                                  .ops = &users_ops,
                                                                  .ctx = s,
                                                                  .resume_us = what->resume_us,
                                                                  .resume_done = what->resume_done});
    if (r < 0) {
        free(s);
        return r;
    }
    *out = s;
    return 0;
}

struct share *share_free(struct share *s) {
    if (!s)
        return NULL;
    timers_cancel(loop_timers(s->engine->o.loop), &s->timer);
    loop_defer_cancel(&s->step_soon);
    executor_free(s->executor);
    free(s);
    return NULL;
}
