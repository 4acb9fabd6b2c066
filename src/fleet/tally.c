/* The merged state of the run: one recorder for all that was ever measured, and the figures that sinks show.
 *
 * A snapshot is counted once: its number must follow the one before. Live figures (users, iterations) come
 * from the latest progress of each member; those of a lost member stay as they were told last. */
#include "fleet/controller_priv.h"

#include <errno.h>
#include <stdlib.h>

int tally_init(struct controller *c) {
    c->run.script_path = c->o->source.path;
    c->run.outputs = c->o->outputs;
    c->run.total = &c->total;
    c->run.traces = c->o->traces;
    c->run.validity = &c->validity;
    for (size_t i = 0; i < c->o->sink_count; i++) {
        c->sample_stream = c->sample_stream || c->o->sinks[i]->ops->wants_samples;
        c->deltas_wanted = c->deltas_wanted || c->o->sinks[i]->ops->wants_deltas;
    }
    int r = c->deltas_wanted ? recorder_init(&c->delta, false) : 0;
    return r < 0 ? r : recorder_init(&c->total, false);
}

int tally_plan(struct controller *c) {
    c->run.plan = &c->plan;
    c->run.scenarios = calloc(c->plan.scenario_count + 1, sizeof *c->run.scenarios);
    c->run.thresholds = calloc(c->plan.threshold_count + 1, sizeof *c->run.thresholds);
    return c->run.scenarios && c->run.thresholds ? 0 : -ENOMEM;
}

void tally_deinit(struct controller *c) {
    free(c->run.scenarios);
    free(c->run.thresholds);
    free(c->run.workers);
    recorder_deinit(&c->total);
    recorder_deinit(&c->delta);
}

static void delta_to_sinks(struct controller *c, struct snapshot_head *h, struct view packed) {
    /* By its middle: workers tell a little after the full second. */
    int64_t middle_us = h->from_us + (h->to_us - h->from_us) / 2, second = middle_us > 0 ? middle_us / FLEET_SECOND_US : 0;
    if (snapshot_unpack_merge(packed, h, &c->delta) == 0)
        for (size_t i = 0; i < c->o->sink_count; i++)
            if (c->o->sinks[i]->ops->wants_deltas)
                c->o->sinks[i]->ops->delta(c->o->sinks[i], &c->run, second, c->delta.series);
    series_store_reset(c->delta.series);
    evidence_store_reset(c->delta.evidence);
}

static uint64_t dropped_in(const struct snapshot_head *h) {
    uint64_t n = 0;
    for (size_t i = 0; i < h->scenario_count; i++)
        n += h->scenarios[i].dropped;
    return n;
}

/* Said once, while there is time to do something about it. */
static void warn_if_invalid(struct controller *c) {
    unsigned bits = validity_reasons(&c->validity);
    if (c->invalid_told || validity_state(&c->validity) != VALIDITY_INVALID)
        return;
    c->invalid_told = true;
    for (unsigned i = 0; i < VALIDITY_REASON_COUNT; i++)
        if (bits >> i & 1)
            controller_log(c, LOG_WARN, "this run is INVALID from now on: the load generator is the limit (%s): %s", validity_reason_key(i),
                validity_reason_remedy(i));
}

static void judge(struct controller *c, const struct member *m, const struct snapshot_head *h) {
    struct validity_reading r = validity_reading_of(&h->health, m->seq ? &m->health : NULL);
    uint64_t before = dropped_in(&m->last), now = dropped_in(h);
    r.from_us = h->from_us;
    r.to_us = h->to_us;
    r.users = now > before ? now - before : 0;
    validity_add(&c->validity, &r);
    warn_if_invalid(c);
}

void tally_snapshot(struct controller *c, struct member *m, struct view packed) {
    struct snapshot_head *h = calloc(1, sizeof *h);
    if (!h)
        return;
    /* One that was counted is never counted again. */
    if (snapshot_head_unpack(packed, h) == 0 && h->seq > m->seq &&
        snapshot_unpack_merge(packed, h, &c->total) == 0) {
        if (m != &c->members[0] && (c->phase == PHASE_RUNNING || c->phase == PHASE_DRAINING))
            judge(c, m, h);
        m->seq = h->seq;
        m->snapshot_us = h->to_us;
        m->last = *h;
        m->health = h->health;
        if (c->deltas_wanted)
            delta_to_sinks(c, h, packed);
        if (c->o->callbacks.snapshot)
            c->o->callbacks.snapshot(c->o->callbacks.ctx, packed);
    }
    free(h);
}

static void sample_to_sinks(void *ctx, const struct sample *s) {
    struct controller *c = ctx;
    for (size_t i = 0; i < c->o->sink_count; i++) {
        struct report_sink *sink = c->o->sinks[i];
        if (sink->ops->wants_samples && sink->ops->sample)
            sink->ops->sample(sink, &c->run, s);
    }
}

void tally_samples(struct controller *c, struct view packed) {
    struct pack_reader r = pack_reader_of(packed);
    if (sample_chunk_unpack(&r, c->total.metrics, c->total.tags, sample_to_sinks, c) < 0)
        controller_log(c, LOG_WARN,
            "a chunk of the sample stream could not be read; its points are missing in the outputs");
}

/* ---- live figures ---- */

static double fraction_of(const struct plan_scenario *p, const struct run_scenario *s) {
    double duration_us = (double)plan_scenario_duration_us(p), done = (double)s->completed, all = 0;
    if (p->executor == PLAN_SHARED_ITERATIONS)
        all = (double)p->iterations;
    else if (p->executor == PLAN_PER_VU_ITERATIONS)
        all = (double)p->iterations * (double)p->users;
    double fraction = 0;
    if (all > 0)
        fraction = done / all;
    else if (duration_us > 0 && s->elapsed_us > 0)
        fraction = (double)s->elapsed_us / duration_us;
    return fraction > 1 ? 1 : fraction;
}

static bool scenario_over(const struct controller *c, size_t scenario) {
    for (size_t i = 1; i < c->member_count; i++) {
        const struct member *m = &c->members[i];
        for (size_t k = 0; k < m->share_count; k++)
            if (m->shares[k].scenario == scenario && !m->share_done[k])
                return false;
    }
    return true;
}

static void count_scenario(const struct controller *c, size_t i, struct run_scenario *s) {
    for (size_t k = 1; k < c->member_count; k++) {
        const struct snapshot_scenario *from = &c->members[k].last.scenarios[i];
        bool alive = c->members[k].state != MEMBER_GONE;
        s->active_users += alive ? from->active_users : 0;
        s->allocated_users += alive ? from->allocated_users : 0;
        s->started += from->started;
        s->completed += from->completed;
        s->interrupted += from->interrupted;
        s->dropped += from->dropped;
    }
}

static void refresh_scenario(struct controller *c, size_t i) {
    const struct plan_scenario *p = &c->plan.scenarios[i];
    struct run_scenario *s = &c->run.scenarios[i], before = *s;
    bool running = c->phase >= PHASE_RUNNING && c->load_zero_us > 0;
    *s = (struct run_scenario){.state = s->state};
    count_scenario(c, i, s);
    if (s->state >= RUN_SCENARIO_DONE) { /* over; but the workers' last counts may come after that news */
        s->elapsed_us = before.elapsed_us;
        s->fraction = before.fraction;
        s->allocated_users = before.allocated_users;
        s->active_users = 0;
        return;
    }
    s->elapsed_us = running ? c->run.load_elapsed_us - p->start_us : -p->start_us;
    s->fraction = fraction_of(p, s);
    if (running && s->elapsed_us >= 0)
        s->state =
            s->elapsed_us >= plan_scenario_duration_us(p) ? RUN_SCENARIO_STOPPING : RUN_SCENARIO_RUNNING;
    if (running && scenario_over(c, i)) {
        s->state = c->stop_sent ? RUN_SCENARIO_INTERRUPTED : RUN_SCENARIO_DONE;
        s->fraction = c->stop_sent ? s->fraction : 1;
        s->active_users = 0;
    }
}

void tally_refresh(struct controller *c) {
    int64_t now_us = controller_now_us(c);
    struct run_state *r = &c->run;
    if (c->phase == PHASE_ENDED)
        return;
    r->elapsed_us = c->test_zero_us ? now_us - c->test_zero_us : 0;
    if (c->phase == PHASE_RUNNING)
        r->load_elapsed_us = now_us > c->load_zero_us ? now_us - c->load_zero_us : 0; /* other machines start a little ahead */
    r->users_active = r->users_initialised = 0;
    r->iterations_complete = r->iterations_interrupted = 0;
    for (size_t i = 0; i < c->plan.scenario_count && r->scenarios; i++) {
        refresh_scenario(c, i);
        r->iterations_complete += r->scenarios[i].completed;
        r->iterations_interrupted += r->scenarios[i].interrupted;
    }
    r->iterations_interrupted += c->lost_interrupted;
    for (size_t k = 1; k < c->member_count; k++) {
        const struct member *m = &c->members[k];
        if (m->state == MEMBER_GONE && !m->dismissed)
            continue;
        r->users_active += m->state == MEMBER_GONE ? 0 : m->last.users_active;
        r->users_initialised +=
            m->last.users_initialised > m->initialised ? m->last.users_initialised : m->initialised;
    }
    for (size_t k = 1; k < c->member_count && r->workers; k++)
        r->workers[k - 1] = (struct run_worker){.alive = c->members[k].state != MEMBER_GONE,
            .lost = c->members[k].lost,
            .health = c->members[k].health,
            .missing_us = roster_missing_us(c, &c->members[k]),
            .users = c->members[k].state != MEMBER_GONE ? c->members[k].last.users_active : 0};
    r->worker_count = c->member_count ? c->member_count - 1 : 0;
}

static void gauge(struct controller *c, metric_id metric, tagset_id tags, double value) {
    struct recorder_at at = {.wall_ns = clock_wall_ns(), .iter = -1};
    recorder_add(&c->total, metric, tags, value, &at);
    if (c->sample_stream)
        sample_to_sinks(
            c, &(struct sample){
                   .metric = metric, .tags = tags, .wall_ns = at.wall_ns, .value = value, .iter = -1});
}

void tally_gauges(struct controller *c) {
    struct tag tags[TAGS_PER_SET_MAX];
    size_t n = 0;
    for (; n < c->plan.tag_count && n < TAGS_PER_SET_MAX; n++)
        tags[n] = (struct tag){c->plan.tags[n].key, c->plan.tags[n].value};
    tagset_id set = tags_intern(c->total.tags, tags, n);
    gauge(c, METRIC_VUS, set, (double)c->run.users_active);
    gauge(c, METRIC_VUS_MAX, set, (double)c->run.users_initialised);
}

void tally_finish(struct controller *c) {
    struct run_state *r = &c->run;
    tally_refresh(c);
    for (size_t i = 0; i < evidence_store_count(c->total.evidence); i++) {
        struct evidence e = evidence_store_at(c->total.evidence, i);
        if (e.kind == EVIDENCE_REQUEST_INTERRUPTED)
            r->requests_in_flight_at_end += e.count;
    }
    for (size_t k = 0; k < c->member_count; k++)
        r->samples_dropped += c->members[k].health.samples_dropped;
}

/* ---- sinks ---- */

void tally_sinks_start(struct controller *c) {
    for (size_t i = 0; i < c->o->sink_count; i++)
        if (c->o->sinks[i]->ops->start)
            c->o->sinks[i]->ops->start(c->o->sinks[i], &c->run);
}

void tally_sinks_second(struct controller *c) {
    const struct fleet_callbacks *callbacks = &c->o->callbacks;
    c->run.observed = callbacks->observed && !c->recalling ? callbacks->observed(callbacks->ctx) : NULL;
    for (size_t i = 0; i < c->o->sink_count; i++) {
        struct error err = ERROR_NULL;
        struct report_sink *s = c->o->sinks[i];
        if (s->ops->second)
            s->ops->second(s, &c->run);
        if (s->ops->trouble && s->ops->trouble(s, &err) < 0)
            controller_log(c, LOG_WARN, "output %s: %s", s->ops->name, err.text);
    }
    c->run.observed = NULL; /* it was of this second */
}

void tally_sinks_redraw(struct controller *c) {
    for (size_t i = 0; i < c->o->sink_count; i++)
        if (c->o->sinks[i]->ops->redraw)
            c->o->sinks[i]->ops->redraw(c->o->sinks[i], &c->run);
}

void tally_sinks_finish(struct controller *c) {
    for (size_t i = 0; i < c->o->sink_count; i++) {
        struct error err = ERROR_NULL;
        struct report_sink *s = c->o->sinks[i];
        if (s->ops->finish && s->ops->finish(s, &c->run, &err) < 0)
            controller_log(c, LOG_ERROR, "output %s: %s", s->ops->name, err.text);
    }
}
