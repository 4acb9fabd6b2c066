/* What was recorded since the last round is a round's, once its iteration has ended; that is read from the
 * snapshots which carry the values (progress is told more often, and ahead of them). With one iteration each
 * few seconds two rarely overlap; where they do, their values are judged together. */
#include "cli/watch_judge.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/watch_rounds.h"

enum { SLACK_MS = 1500 }; /* between the clocks of controller and workers, and a second's grain */

struct watch_judge {
    struct report_sink sink; /* first member */
    struct watch_judge_options o;
    struct objective objectives[OBJECTIVES_MAX];
    struct recorder since; /* the last round */
    struct watch_rounds rounds;
    struct uptime uptime;
    uint64_t counts[UPTIME_BAD + 1], exceptions, finished; /* finished: iterations whose values are here */
    double last_ms;
    char reason[WATCH_REASON_MAX];
};

/* ---- one round ---- */

static uint64_t exceptions_of(const struct run_state *r) {
    uint64_t n = 0;

    for (size_t i = 0; i < evidence_store_count(r->total->evidence); i++) {
        struct evidence e = evidence_store_at(r->total->evidence, i);
        n += e.kind == EVIDENCE_SCRIPT_ERROR ? e.count : 0;
    }
    return n;
}

/* The latest of a kind since then; count 0 = none. */
static struct evidence latest_of(const struct run_state *r, enum evidence_kind kind, int64_t since_us) {
    struct evidence found = {0};

    for (size_t i = 0; i < evidence_store_count(r->total->evidence); i++) {
        struct evidence e = evidence_store_at(r->total->evidence, i);
        if (e.kind == kind && e.count && e.last_wall_us >= since_us &&
            (!found.count || e.last_wall_us > found.last_wall_us))
            found = e;
    }
    return found;
}

static void add_failure(struct watch_judge *j, const struct run_state *r, int64_t begun_ms) {
    struct evidence e = latest_of(r, EVIDENCE_REQUEST_FAILED, 1000 * (begun_ms - SLACK_MS));
    size_t n = strlen(j->reason);

    if (e.count)
        snprintf(j->reason + n, sizeof j->reason - n, " (%.*s: %.*s)", VIEW_ARGS(view_take(e.object, 120)),
            VIEW_ARGS(view_take(e.subject, 120)));
}

static enum uptime_round judge_objectives(
    struct watch_judge *j, const struct run_state *r, int64_t begun_ms) {
    enum uptime_round worst = UPTIME_GOOD;

    for (size_t i = 0; i < j->o.objective_count; i++) {
        const struct objective *o = &j->objectives[i];
        double value;
        bool holds;
        if (!objective_figure(o, &j->since, 1, &value, &holds) || holds)
            continue;
        enum uptime_round is =
            metrics_type(j->since.metrics, o->metric) == METRIC_TREND ? UPTIME_SLOW : UPTIME_BAD;
        if (is <= worst)
            continue;
        worst = is;
        snprintf(j->reason, sizeof j->reason, "%s was %.4g", o->text, value);
        if (is == UPTIME_BAD)
            add_failure(j, r, begun_ms);
    }
    return worst;
}

static enum uptime_round judge_round(struct watch_judge *j, const struct run_state *r, int64_t begun_ms) {
    uint64_t exceptions = exceptions_of(r);
    enum uptime_round round = judge_objectives(j, r, begun_ms);

    if (exceptions > j->exceptions && round != UPTIME_BAD) {
        struct evidence e = latest_of(r, EVIDENCE_SCRIPT_ERROR, 0);
        round = UPTIME_BAD;
        snprintf(j->reason, sizeof j->reason, "the script threw: %.*s", VIEW_ARGS(view_take(e.subject, 300)));
    }
    j->exceptions = exceptions;
    return round;
}

static void note_time(struct watch_judge *j) {
    struct sink all;

    j->last_ms = NAN;
    if (series_store_collect(j->since.series, METRIC_HTTP_REQ_DURATION, NULL, 0, &all) < 0)
        return;
    if (all.trend.count)
        j->last_ms = histogram_mean(&all.trend);
    sink_deinit(&all);
}

/* ---- the course ---- */

static void add(struct watch_judge *j, enum uptime_round round, uint64_t n, int64_t begun_ms, int64_t at_ms) {
    for (uint64_t i = 0; i < n; i++) {
        enum uptime_state before = j->uptime.state;
        j->counts[round]++;
        if (j->o.round)
            j->o.round(j->o.ctx, round, at_ms);
        if (!uptime_add(&j->uptime, round, begun_ms) || !j->o.changed)
            continue;
        struct watch_change change = {.before = before,
            .state = j->uptime.state,
            .at_ms = at_ms,
            .since_ms = j->uptime.since_ms,
            .reason = j->uptime.state == UPTIME_UP ? "" : j->reason};
        j->o.changed(j->o.ctx, &change);
    }
}

/* running: what was interrupted by a person, or is still under way at the end, says nothing. */
static void look(struct watch_judge *j, const struct run_state *r, bool running) {
    const struct run_scenario *x = &r->scenarios[0];
    int64_t start_ms = r->start_wall_ns / 1000000, at_ms = start_ms + r->elapsed_us / 1000;
    struct watch_rounds_over over =
        watch_rounds_tell(&j->rounds, x->started, j->finished, x->dropped, r->elapsed_us);
    int64_t begun_ms = start_ms + over.begun_us / 1000;
    if (over.overdue && running) {
        snprintf(j->reason, sizeof j->reason, "no end within %.4g s", (double)j->o.limit_us / 1e6);
        add(j, UPTIME_BAD, over.overdue, begun_ms, at_ms);
    }
    if (over.dropped && running) {
        snprintf(j->reason, sizeof j->reason, "all users are still busy with earlier rounds");
        add(j, UPTIME_BAD, over.dropped, at_ms, at_ms);
    }
    if (over.ended) {
        enum uptime_round round = judge_round(j, r, begun_ms);
        note_time(j);
        add(j, round, over.ended, begun_ms, at_ms);
    }
    if (over.ended || over.late)
        series_store_reset(j->since.series);
}

static void on_second(struct report_sink *s, const struct run_state *r) {
    if (r->phase == RUN_RUNNING && r->plan->scenario_count)
        look((struct watch_judge *)s, r, true);
}

static int on_finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    (void)err;
    if (r->plan->scenario_count)
        look((struct watch_judge *)s, r, false);
    return 0;
}

static void on_delta(
    struct report_sink *s, const struct run_state *r, int64_t second, const struct series_store *delta) {
    struct watch_judge *j = (struct watch_judge *)s;
    struct sink done;
    (void)r, (void)second;

    if (series_store_merge(j->since.series, delta) < 0 ||
        series_store_collect(delta, METRIC_ITERATIONS, NULL, 0, &done) < 0)
        return; /* without memory a round is judged by less, or is overdue */
    j->finished += done.counter.count;
    sink_deinit(&done);
}

/* ---- life ---- */

static void leave(struct report_sink *s) {
    (void)s; /* its owner frees it */
}

static const struct report_sink_ops ops = {.name = "watch",
    .second = on_second,
    .finish = on_finish,
    .delta = on_delta,
    .free = leave,
    .wants_deltas = true};

int watch_judge_new(struct watch_judge **out, const struct watch_judge_options *o, struct error *err) {
    struct watch_judge *j = calloc(1, sizeof *j);
    int r = j ? recorder_init(&j->since, false) : -ENOMEM;

    if (r < 0) {
        free(j);
        return error_set(err, r, "out of memory");
    }
    j->sink.ops = &ops;
    j->o = *o;
    j->last_ms = NAN;
    watch_rounds_init(&j->rounds, o->limit_us);
    uptime_init(&j->uptime, o->fail_after, o->recover_after, o->state, o->since_ms);
    for (size_t i = 0; i < o->objective_count && r == 0; i++)
        r = objective_read(&j->objectives[i], o->objectives[i], j->since.metrics, err);
    *out = r < 0 ? watch_judge_free(j) : j;
    return r;
}

struct watch_judge *watch_judge_free(struct watch_judge *j) {
    if (j)
        recorder_deinit(&j->since);
    free(j);
    return NULL;
}

struct report_sink *watch_judge_sink(struct watch_judge *j) {
    return &j->sink;
}

void watch_judge_resume(struct watch_judge *j, enum uptime_state state, int64_t since_ms) {
    uptime_init(&j->uptime, j->o.fail_after, j->o.recover_after, state, since_ms);
}

struct watch_figures watch_judge_figures(const struct watch_judge *j) {
    return (struct watch_figures){.state = j->uptime.state,
        .since_ms = j->uptime.since_ms,
        .good = j->counts[UPTIME_GOOD],
        .slow = j->counts[UPTIME_SLOW],
        .bad = j->counts[UPTIME_BAD],
        .last_ms = j->last_ms,
        .reason = j->reason};
}
