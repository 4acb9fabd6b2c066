/* A bench has no plan and no controller, so a run's state is made up of what it has: one endpoint, and as
 * many users as connections. */
#include "cli/bench_keeper.h"

#include "cli/run_keeper.h"
#include "core/clock.h"

#include <stdlib.h>

enum { BENCH_SECOND_US = 1000 * 1000 };

struct bench_keeper {
    struct report_sink *sink, *page_sink;
    struct ui_session *page; /* NULL = there is none */
    struct plan plan;
    struct recorder total, delta;
    struct run_state state;
    tagset_id total_tags, delta_tags;
    const struct raw_options *raw;
    struct observing *observing;
    int64_t elapsed_us;
};

struct bench_keeper *bench_keeper_free(struct bench_keeper *k) {
    if (!k)
        return NULL;
    if (k->sink)
        k->sink->ops->free(k->sink);
    recorder_deinit(&k->total);
    recorder_deinit(&k->delta);
    free(k);
    return NULL;
}

static tagset_id endpoint(struct recorder *r, const struct raw_options *o) {
    struct tag tags[] = {{VIEW("method"), o->method}, {VIEW("name"), o->url}};
    return tags_intern(r->tags, tags, sizeof tags / sizeof *tags);
}

struct bench_keeper *bench_keeper_new(const struct bench_keeper_options *o) {
    struct bench_keeper *k = !o->page && run_keeper_off(o->path) ? NULL : calloc(1, sizeof *k);

    if (!k)
        return NULL;
    k->raw = o->raw;
    k->observing = o->observing;
    k->page = o->page;
    k->page_sink = o->page ? ui_session_sink(o->page) : NULL;
    k->plan.host_options = VIEW("{}");
    if (recorder_init(&k->total, false) < 0 || recorder_init(&k->delta, false) < 0)
        return bench_keeper_free(k);
    k->total_tags = endpoint(&k->total, o->raw);
    k->delta_tags = endpoint(&k->delta, o->raw);
    k->sink =
        run_keeper_new(&(struct run_keeper_options){.path = o->page ? ui_session_ledger(o->page) : o->path,
            .tool = "bench",
            .label = o->label,
            .log = o->log});
    if (!k->sink)
        return bench_keeper_free(k);
    k->state = (struct run_state){.plan = &k->plan,
        .script_path = o->raw->url,
        .phase = RUN_RUNNING,
        .start_wall_ns = clock_wall_ns(),
        .total = &k->total,
        .users_active = o->raw->connections,
        .users_initialised = o->raw->connections};
    k->sink->ops->start(k->sink, &k->state);
    return k;
}

void bench_keeper_opened(struct bench_keeper *k, struct loop *loop) {
    if (!k || !k->page)
        return;
    ui_session_attach(k->page, loop);
    ui_session_run(k->page, run_keeper_run(k->sink));
    k->page_sink->ops->start(k->page_sink, &k->state);
}

void bench_keeper_closed(struct bench_keeper *k, struct loop *loop) {
    if (k && k->page)
        ui_session_detach(k->page, loop);
}

/* A failed request has no time of its own but the timeouts, which stand in the tally at their limit. */
static int record(struct recorder *r, tagset_id tags, const struct raw_tally *t) {
    double answers = (double)raw_tally_answers(t), failures = (double)raw_tally_failures(t);
    double refused = (double)(t->statuses[4] + t->statuses[5]);
    struct sink reqs = {.type = METRIC_COUNTER,
                    .counter = {.sum = answers + failures, .count = (uint64_t)(answers + failures)}},
                failed = {.type = METRIC_RATE,
                    .rate = {.hits = (uint64_t)(failures + refused),
                        .total = (uint64_t)(answers + failures)}},
                bytes = {.type = METRIC_COUNTER, .counter = {.sum = (double)t->bytes_received, .count = 1}},
                times = {.type = METRIC_TREND, .trend = *raw_tally_latency(t)};
    int e = series_store_merge_sink(r->series, METRIC_HTTP_REQS, tags, &reqs);

    e = e < 0 ? e : series_store_merge_sink(r->series, METRIC_HTTP_REQ_FAILED, tags, &failed);
    e = e < 0 ? e : series_store_merge_sink(r->series, METRIC_DATA_RECEIVED, tags, &bytes);
    return e < 0 ? e : series_store_merge_sink(r->series, METRIC_HTTP_REQ_DURATION, tags, &times);
}

void bench_keeper_second(struct bench_keeper *k, int64_t elapsed_us, const struct raw_tally *second) {
    if (!k)
        return;
    int64_t middle_us = k->elapsed_us + (elapsed_us - k->elapsed_us) / 2;
    if (record(&k->delta, k->delta_tags, second) == 0 && record(&k->total, k->total_tags, second) == 0) {
        k->sink->ops->delta(k->sink, &k->state, middle_us / BENCH_SECOND_US, k->delta.series);
        if (k->page)
            k->page_sink->ops->delta(k->page_sink, &k->state, middle_us / BENCH_SECOND_US, k->delta.series);
    }
    series_store_reset(k->delta.series);
    k->elapsed_us = k->state.elapsed_us = k->state.load_elapsed_us = elapsed_us;
    k->state.observed = observing_second(k->observing);
    k->sink->ops->second(k->sink, &k->state);
    k->state.observed = NULL;
    if (k->page)
        k->page_sink->ops->redraw(k->page_sink, &k->state);
}

void bench_keeper_end(struct bench_keeper *k, const char *outcome, int exit_code) {
    struct error err = ERROR_NULL;

    if (!k)
        return;
    k->state.phase = RUN_ENDED;
    /* What went wrong was said when it did. */
    if (k->sink->ops->finish(k->sink, &k->state, &err) == 0)
        run_keeper_end(k->sink, outcome, exit_code);
    if (k->page && k->page_sink->ops->finish(k->page_sink, &k->state, &err) == 0)
        ui_session_ended(k->page, "");
}
