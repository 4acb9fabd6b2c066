/* The engine's life: load → plan → prepare users → start → (snapshots each second) → finished → final snapshot.
 *
 * Invariants. A user is running, idle in the crew, or held by one share. Every started iteration ends in exactly one
 * iteration_done, whatever happens to the run. Snapshots are deltas with a running number; the last one is marked final. The engine
 * is finished when every share is; it can be given further shares afterwards (those of a lost worker) and finishes again. */
#include "engine/engine.h"

#include "engine/engine_priv.h"

#include <errno.h>
#include <stdlib.h>

/* ---- what the script host calls ---- */

static void on_user_ready(void *ctx, struct script_user *u, const struct script_result *r) { crew_user_ready(ctx, u->owner, r); }

static void on_iteration_done(void *ctx, struct script_user *u, enum script_outcome outcome) {
    (void)ctx;
    share_iteration_done(u->owner, outcome);
}

static void on_once_done(void *ctx, enum script_once what, const struct script_result *r) {
    struct engine *e = ctx;
    e->o.events->once_done(e->o.ctx, what, r);
}

/* Short iterations of the other users must not go on until the controller's word arrives. Deferred: this runs within a user. */
static void abort_here(struct loop_defer *d) {
    struct engine *e = CONTAINER_OF(d, struct engine, abort_soon);
    engine_stop(e, true);
}

static void on_abort_test(void *ctx, enum script_abort kind, struct view message) {
    struct engine *e = ctx;
    e->o.events->abort_test(e->o.ctx, kind, message);
    if (kind == SCRIPT_ABORT_TEST && e->started)
        loop_defer(e->o.loop, &e->abort_soon);
}

static void on_wish(void *ctx, enum script_wish what, struct view packed) {
    struct engine *e = ctx;
    if (e->o.events->wish)
        e->o.events->wish(e->o.ctx, what, packed);
}

static double on_scenario_progress(void *ctx, uint32_t scenario) {
    struct engine *e = ctx;
    for (size_t i = 0; i < e->share_count; i++) {
        struct share *s = e->shares[i];
        if (s->what.scenario == scenario)
            return executor_progress(s->executor, loop_now_us(e->o.loop) - e->origin_us - s->scenario->start_us).fraction;
    }
    return 0;
}

static int64_t on_scenario_started_us(void *ctx, uint32_t scenario) {
    struct engine *e = ctx;
    return e->plan && scenario < e->plan->scenario_count ? e->origin_us + e->plan->scenarios[scenario].start_us : 0;
}

/* Slots of the requests-per-second limit follow each other at request_gap_us; an unused slot is not saved up (burst 1). */
static void on_note_start(void *ctx, int64_t intended_us) {
    struct engine *e = ctx;
    health_note_start(&e->health, intended_us, loop_now_us(e->o.loop));
}

static int64_t on_request_delay_us(void *ctx) {
    struct engine *e = ctx;
    if (e->request_gap_us == 0)
        return 0;
    int64_t now_us = loop_now_us(e->o.loop);
    int64_t at_us = e->next_request_us > now_us ? e->next_request_us : now_us;
    e->next_request_us = at_us + e->request_gap_us;
    return at_us - now_us;
}

/* ---- reports ---- */

static void add_share_progress(struct share *s, struct snapshot_head *h) {
    struct engine *e = s->engine;
    int64_t now_us = loop_now_us(e->o.loop) - e->origin_us - s->scenario->start_us;
    struct executor_progress p = executor_progress(s->executor, now_us);
    struct snapshot_scenario *to = &h->scenarios[s->what.scenario];
    to->active_users += p.active;
    to->allocated_users += p.allocated;
    to->started += p.started;
    to->completed += p.completed;
    to->interrupted += p.interrupted;
    to->dropped += p.dropped;
}

void engine_fill_head(struct engine *e, struct snapshot_head *h) {
    h->worker = e->o.worker;
    h->from_us = e->last_snapshot_us - e->origin_us;
    h->to_us = loop_now_us(e->o.loop) - e->origin_us;
    h->users_active = e->instance.users_active;
    h->users_initialised = e->instance.users_initialised;
    h->scenario_count = e->plan ? e->plan->scenario_count : 0;
    for (size_t i = 0; i < e->share_count; i++)
        add_share_progress(e->shares[i], h);
}

static void send_samples(struct engine *e) {
    if (!e->recorder.samples || sample_queue_empty(e->recorder.samples))
        return;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(SNAPSHOT_BYTES_MAX);
    struct pack_writer w = pack_writer_of(&out);
    sample_queue_pack_and_reset(e->recorder.samples, &w);
    if (w.error == 0)
        e->o.events->samples(e->o.ctx, buf_view(&out));
}

static void send_snapshot(struct engine *e, bool final) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(SNAPSHOT_BYTES_MAX);
    struct snapshot_head *h = calloc(1, sizeof *h);
    if (!h)
        return; /* the deltas stay in the recorder and go with the next one */
    engine_fill_head(e, h);
    h->final = final;
    h->seq = e->seq + 1;
    health_take(&e->health, e->o.loop, loop_now_us(e->o.loop), &h->health);
    if (e->host && e->o.host->exhausted) {
        struct script_exhausted x = e->o.host->exhausted(e->host);
        h->health.port_exhausted = x.ports;
        h->health.fd_exhausted = x.descriptors;
    }
    if (e->recorder.samples)
        h->health.samples_dropped = sample_queue_dropped(e->recorder.samples);
    send_samples(e);
    if (snapshot_pack(h, &e->recorder, &out) == 0) {
        e->seq++;
        e->last_snapshot_us = loop_now_us(e->o.loop);
        e->o.events->snapshot(e->o.ctx, buf_view(&out));
    }
    free(h);
}

static void arm_next(struct engine *e, struct timer *t, int64_t every_us) {
    int64_t elapsed_us = loop_now_us(e->o.loop) - e->origin_us;
    if (timers_arm(loop_timers(e->o.loop), t, e->origin_us + (elapsed_us / every_us + 1) * every_us) < 0)
        e->o.events->failed(e->o.ctx, &(struct script_result){SCRIPT_FAILURE_OTHER, VIEW("out of memory"), VIEW_NULL});
}

static void on_snapshot_timer(struct timer *t) {
    struct engine *e = CONTAINER_OF(t, struct engine, snapshot_timer);
    send_snapshot(e, false);
    arm_next(e, t, ENGINE_SNAPSHOT_EVERY_US);
}

void engine_tell_progress(struct engine *e) {
    struct snapshot_head *h = calloc(1, sizeof *h);
    if (!h)
        return; /* the next one says the same */
    engine_fill_head(e, h);
    e->o.events->progress(e->o.ctx, h);
    free(h);
}

static void on_progress_timer(struct timer *t) {
    struct engine *e = CONTAINER_OF(t, struct engine, progress_timer);
    engine_tell_progress(e);
    send_samples(e);
    arm_next(e, t, ENGINE_PROGRESS_EVERY_US);
}

void engine_final_snapshot(struct engine *e) {
    timers_cancel(loop_timers(e->o.loop), &e->snapshot_timer);
    timers_cancel(loop_timers(e->o.loop), &e->progress_timer);
    send_snapshot(e, true);
}

void engine_flush(struct engine *e) { send_snapshot(e, false); }

/* ---- readiness and the end, told from a clean stack ---- */

void engine_check_ready(struct engine *e) {
    struct crew *c = &e->crew;
    if (e->ready_told || c->ready < c->planned)
        return;
    e->ready_told = true;
    e->o.events->initialised(e->o.ctx, e->instance.users_initialised);
    e->o.events->ready(e->o.ctx);
}

static void tell_finished(struct loop_defer *d) {
    struct engine *e = CONTAINER_OF(d, struct engine, finished_soon);
    for (size_t i = 0; i < e->share_count; i++)
        if (!e->shares[i]->finished)
            return;
    if (!e->finished_told) {
        e->finished_told = true;
        e->o.events->finished(e->o.ctx);
    }
}

void engine_check_finished(struct engine *e) { loop_defer(e->o.loop, &e->finished_soon); }

/* ---- life ---- */

int engine_new(struct engine **out, const struct engine_options *o) {
    struct engine *e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    e->o = *o;
    crew_init(&e->crew);
    e->snapshot_timer.fire = on_snapshot_timer;
    e->progress_timer.fire = on_progress_timer;
    e->finished_soon.run = tell_finished;
    e->abort_soon.run = abort_here;
    int r = recorder_init(&e->recorder, o->samples);
    if (r == 0)
        r = fiber_pool_new(&e->fibers, o->users_max);
    if (r < 0) {
        engine_free(e);
        return r;
    }
    e->services = (struct script_services){
        .loop = o->loop,
        .fibers = e->fibers,
        .recorder = &e->recorder,
        .log = o->log,
        .instance = &e->instance,
        .ctx = e,
        .user_ready = on_user_ready,
        .iteration_done = on_iteration_done,
        .once_done = on_once_done,
        .abort_test = on_abort_test,
        .wish = on_wish,
        .scenario_progress = on_scenario_progress,
        .scenario_started_us = on_scenario_started_us,
        .note_start = on_note_start,
        .request_delay_us = on_request_delay_us,
    };
    e->origin_us = e->last_snapshot_us = loop_now_us(o->loop);
    health_init(&e->health, e->origin_us);
    *out = e;
    return 0;
}

struct engine *engine_free(struct engine *e) {
    if (!e)
        return NULL;
    timers_cancel(loop_timers(e->o.loop), &e->snapshot_timer);
    timers_cancel(loop_timers(e->o.loop), &e->progress_timer);
    loop_defer_cancel(&e->finished_soon);
    loop_defer_cancel(&e->abort_soon);
    for (size_t i = 0; i < e->share_count; i++)
        share_free(e->shares[i]);
    free(e->shares);
    crew_deinit(e);
    if (e->host)
        e->o.host->free(e->host);
    fiber_pool_free(e->fibers);
    recorder_deinit(&e->recorder);
    free(e);
    return NULL;
}

struct script_host *engine_host(struct engine *e) { return e->host; }
struct recorder *engine_recorder(struct engine *e) { return &e->recorder; }

int engine_load(struct engine *e, const struct script_source *source, struct script_result *r) {
    return e->o.host->load(&e->host, source, &e->services, r);
}

int engine_plan(struct engine *e, const struct plan *p, struct error *err) {
    if (p->scenario_count > SNAPSHOT_SCENARIOS_MAX)
        return error_set(err, ERROR_LIMIT, "%zu scenarios are too many, the most is %d", p->scenario_count, SNAPSHOT_SCENARIOS_MAX);
    e->plan = p;
    return e->o.host->plan(e->host, p, err);
}

int engine_prepare(struct engine *e, const uint64_t *ids, size_t n) {
    e->crew.planned += n;
    for (size_t i = 0; i < n; i++) {
        int r = crew_add(e, ids[i], NULL);
        if (r < 0)
            return r;
    }
    e->ready_told = false;
    engine_check_ready(e); /* none at all: ready at once */
    return 0;
}

void engine_extra_ids(struct engine *e, uint64_t first, uint64_t step) {
    e->crew.extra_first = first;
    e->crew.extra_step = step;
}

int engine_add_share(struct engine *e, const struct engine_share *what) {
    if (e->share_count == ENGINE_SHARES_MAX || !e->plan || what->scenario >= e->plan->scenario_count)
        return ERROR_LIMIT;
    struct share **shares = realloc(e->shares, (e->share_count + 1) * sizeof(struct share *));
    if (!shares)
        return -ENOMEM;
    e->shares = shares;
    int r = share_new(e, what, &e->shares[e->share_count]);
    if (r < 0)
        return r;
    struct share *s = e->shares[e->share_count++];
    e->finished_told = false;
    if (e->started)
        share_start(s);
    return 0;
}

int engine_start(struct engine *e, int64_t origin_us) {
    e->started = true;
    e->origin_us = e->last_snapshot_us = origin_us;
    e->instance.run_started_us = origin_us;
    health_init(&e->health, loop_now_us(e->o.loop));
    (void)loop_take_lag(e->o.loop); /* loading the script was no load */
    for (size_t i = 0; i < e->share_count; i++)
        share_start(e->shares[i]);
    arm_next(e, &e->snapshot_timer, ENGINE_SNAPSHOT_EVERY_US);
    if (timers_arm(loop_timers(e->o.loop), &e->progress_timer, origin_us + ENGINE_PROGRESS_FIRST_US) < 0)
        arm_next(e, &e->progress_timer, ENGINE_PROGRESS_EVERY_US);
    engine_check_finished(e);
    return 0;
}

void engine_request_gap(struct engine *e, int64_t gap_us) { e->request_gap_us = gap_us; }

void engine_grant(struct engine *e, uint32_t scenario, uint32_t stripe, uint64_t first, uint64_t count) {
    for (size_t i = 0; i < e->share_count; i++) {
        struct share *s = e->shares[i];
        if (s->what.scenario == scenario && s->what.stripe.index == stripe && !s->finished) {
            executor_granted(s->executor, first, count);
            share_wake(s);
        }
    }
}

int engine_ask(struct engine *e, uint32_t scenario, uint64_t users) {
    for (size_t i = 0; i < e->share_count; i++) {
        struct share *s = e->shares[i];
        if (s->what.scenario != scenario || s->finished)
            continue;
        int r = executor_ask(s->executor, users, loop_now_us(e->o.loop) - e->origin_us - s->scenario->start_us);
        if (r == 0)
            share_wake(s);
        return r; /* a worker has one stripe of each such scenario */
    }
    return 0;
}

void engine_stop(struct engine *e, bool at_once) {
    e->stopping = true;
    for (size_t i = 0; i < e->share_count; i++) {
        struct share *s = e->shares[i];
        if (s->finished)
            continue;
        executor_stop(s->executor, at_once, loop_now_us(e->o.loop) - e->origin_us - s->scenario->start_us);
        if (e->started)
            share_wake(s);
        else
            s->finished = true;
    }
    engine_check_finished(e);
}
