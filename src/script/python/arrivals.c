/* What is recorded of each arrival, with the class as `scenario`:
 *
 *   iterations, iteration_duration   tasks that ended, and how long they took
 *   halftime_iteration_response      from when it was due to the end: what a visitor felt
 *   halftime_iteration_lateness      how much later than due it began
 *   dropped_iterations               nobody of the class was free
 *
 * A process that was held finds many due at once and begins them late, one per free user: the schedule is
 * never moved. The class that an arrival is for is decided before anybody looks who is free, so that slow
 * classes do not lose their share to quick ones. A process without users is never told a rate, so nothing is
 * due there. */
#include "script/python/arrivals.h"

#include "core/clock.h"

#include <assert.h>

static void record(struct arrivals *a, metric_id metric, uint32_t class, double value) {
    recorder_add(a->services->recorder, metric, a->tags[class], value,
        &(struct recorder_at){.wall_ns = clock_wall_ns(), .iter = -1});
}

static double ms_between(int64_t from_us, int64_t to_us) {
    return to_us > from_us ? (double)(to_us - from_us) / 1000.0 : 0;
}

static void hand_out(struct arrivals *a, uint32_t class, int64_t intended_us) {
    struct list *entry = class < a->classes ? list_pop(&a->free[class]) : NULL;

    if (!entry) {
        record(a, METRIC_DROPPED_ITERATIONS, class < a->classes ? class : 0, 1);
        return;
    }
    struct arrival_user *u = LIST_ENTRY(entry, struct arrival_user, entry);
    u->intended_us = intended_us;
    waiter_wake(a->runtime, &u->waiter);
}

static void arm(struct arrivals *a) {
    int64_t due_us = open_model_due_us(&a->model);

    if (!a->open || a->closed || due_us == INT64_MAX)
        return;
    if (timers_arm(loop_timers(a->runtime->loop), &a->timer, due_us) < 0)
        a->closed = true; /* without memory for a timer there is nothing to keep a schedule with */
}

static void on_timer(struct timer *t) {
    struct arrivals *a = CONTAINER_OF(t, struct arrivals, timer);
    int64_t now_us = loop_now_us(a->runtime->loop), due_us;

    for (int i = 0; i < ARRIVALS_AT_ONCE_MAX && (due_us = open_model_due_us(&a->model)) <= now_us; i++)
        hand_out(a, (uint32_t)open_model_take(&a->model, a->users, a->classes), due_us);
    arm(a);
}

/* ---- when it begins ---- */

static void begin(struct arrivals *a) {
    struct open_model *m = &a->model;

    a->open = true;
    timers_cancel(loop_timers(a->runtime->loop), &a->patience);
    a->opened_us = loop_refresh_us(a->runtime->loop);
    open_model_set(m, m->per_s, m->index, m->count, m->origin_us, a->opened_us);
    arm(a);
}

static void look(struct arrivals *a) {
    if (a->spawned && !a->open && !a->closed && a->model.per_s > 0 && a->fresh == 0)
        begin(a);
}

static void on_patience(struct timer *t) {
    struct arrivals *a = CONTAINER_OF(t, struct arrivals, patience);
    struct log_record r = {.level = LOG_WARN,
        .message =
            VIEW("--rate: some users are still in on_start 10 s after all were spawned; tasks arrive for "
                 "the others from now on")};

    a->services->log->write(a->services->log, &r);
    begin(a);
}

void arrivals_spawned(struct arrivals *a) {
    if (!a->classes || a->closed || a->spawned)
        return;
    a->spawned = true;
    look(a);
    if (!a->open && a->model.per_s > 0)
        (void)!timers_arm(loop_timers(a->runtime->loop), &a->patience,
            loop_now_us(a->runtime->loop) + ARRIVALS_PATIENCE_US); /* then all are waited for */
}

void arrivals_set(struct arrivals *a, double per_s, uint32_t index, uint32_t count, int64_t origin_us) {
    int64_t due_us = open_model_due_us(&a->model), from_us = loop_now_us(a->runtime->loop);

    if (a->open && due_us < from_us)
        from_us = due_us; /* what is due and was not looked at yet stays due */
    open_model_set(&a->model, per_s, index, count, origin_us, from_us);
    timers_cancel(loop_timers(a->runtime->loop), &a->timer);
    arm(a);
    look(a);
}

void arrivals_close(struct arrivals *a) {
    if (!a->classes)
        return;
    a->closed = true;
    timers_cancel(loop_timers(a->runtime->loop), &a->timer);
    timers_cancel(loop_timers(a->runtime->loop), &a->patience);
}

/* ---- users ---- */

void arrivals_user_begin(struct arrivals *a, struct arrival_user *u, uint32_t class) {
    *u = (struct arrival_user){.class = class, .counted = class < a->classes};
    a->users[class] += u->counted;
    a->fresh += u->counted;
}

void arrivals_user_end(struct arrivals *a, struct arrival_user *u) {
    if (!u->counted)
        return;
    list_remove(&u->entry);
    a->users[u->class]--;
    a->fresh -= !u->asked;
    u->counted = false;
    look(a);
}

int arrivals_wait(struct arrivals *a, struct arrival_user *u) {
    assert(u->counted);
    if (!u->asked)
        a->fresh--;
    u->asked = true;
    u->waiter = (struct waiter){0};
    u->intended_us = 0;
    list_push(&a->free[u->class], &u->entry);
    look(a);
    int r = waiter_wait(a->runtime, &u->waiter);
    list_remove(&u->entry);
    if (r < 0)
        return r;
    u->began_us = loop_refresh_us(a->runtime->loop);
    record(a, METRIC_ITERATION_LATENESS, u->class, ms_between(u->intended_us, u->began_us));
    a->services->note_start(a->services->ctx, u->intended_us);
    return 0;
}

void arrivals_done(struct arrivals *a, struct arrival_user *u) {
    if (!u->intended_us)
        return;
    int64_t now_us = loop_refresh_us(a->runtime->loop);
    record(a, METRIC_ITERATIONS, u->class, 1);
    record(a, METRIC_ITERATION_DURATION, u->class, ms_between(u->began_us, now_us));
    record(a, METRIC_ITERATION_RESPONSE, u->class, ms_between(u->intended_us, now_us));
    u->intended_us = 0;
}

/* ---- life ---- */

void arrivals_init(
    struct arrivals *a, struct runtime *rt, const struct script_services *s, const struct plan *p) {
    *a =
        (struct arrivals){.runtime = rt, .services = s, .timer.fire = on_timer, .patience.fire = on_patience};
    a->classes = p->rate_per_s > 0 ? p->scenario_count : 0;
    for (size_t i = 0; i < a->classes; i++) {
        struct tag tag = {VIEW("scenario"), p->scenarios[i].name};
        list_init(&a->free[i]);
        a->tags[i] = tags_intern(s->recorder->tags, &tag, 1);
    }
}

void arrivals_deinit(struct arrivals *a) {
    if (!a->runtime)
        return;
    arrivals_close(a);
    *a = (struct arrivals){0};
}
