/* Deltas come a little after their second, so a second is judged when the one after the next has begun
 * (LAG_S). All figures of a step are taken from the seconds behind its warm-up, merged; their noise from the
 * same figures of each second alone. */
#include "cli/capacity_steer.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LAG_S = 2,
    RECOVERY_MAX_S = 15,
    RECOVERY_MIN_S = 2,
    LONG_STEPS = 3,         /* an unclear step lasts at most so many usual ones */
    BAD_SHARE_PERCENT = 20, /* of the seconds INVALID: the step says nothing */
};
#define CLEAR_SIGMAS     2.0
#define HOPELESS         3.0  /* an objective missed by this factor needs no full step */
#define SUSTAINED        0.97 /* of the rate that was asked for; less was done: it piles up */
#define RECOVERED        1.5  /* times the best mean so far */
#define UNSEEN_MOST      0.2
#define SPAWN_RATE_LEAST 100 /* users per second: a level is reached within a second */
#define RECOVERY_LOAD    0.4 /* of the highest load that held */

struct capacity_steer {
    struct report_sink sink; /* first */
    struct capacity_steer_options o;
    struct objective objectives[CAPACITY_OBJECTIVES_MAX];
    const char *text_list[CAPACITY_OBJECTIVES_MAX];
    struct capacity_search search;
    struct controller *controller;
    struct recorder seconds[CAPACITY_STEP_SECONDS_MAX], whole, scratch;
    bool opened;
    int64_t first; /* second of the load in which this step's level is whole */
    int64_t now;   /* full seconds of the load so far */
    bool recovering, begun;
    int64_t recovering_from;
    double best_mean_ms;
    size_t step_count;
    struct capacity_step steps[CAPACITY_STEPS_MAX];
};

/* ---- figures ---- */

static metric_id durations(const struct recorder *r) {
    metric_id id;
    return metrics_find(r->metrics, VIEW("request_duration"), &id) ? id : METRIC_HTTP_REQ_DURATION;
}

static double counter(const struct recorder *r, metric_id metric) {
    struct sink s;

    if (series_store_collect(r->series, metric, NULL, 0, &s) < 0)
        return 0;
    double sum = s.counter.sum;
    sink_deinit(&s);
    return sum;
}

static double failed_share(const struct recorder *r) {
    struct sink s;

    if (series_store_collect(r->series, METRIC_HTTP_REQ_FAILED, NULL, 0, &s) < 0)
        return 0;
    double share = s.rate.total ? (double)s.rate.hits / (double)s.rate.total : 0;
    sink_deinit(&s);
    return share;
}

static double noise_of(const struct capacity_steer *c, const struct objective *o, size_t from, size_t to) {
    double sum = 0, squares = 0, value;
    size_t n = 0;
    bool passes;

    for (size_t i = from; i < to; i++)
        if (objective_figure(o, &c->seconds[i], 1, &value, &passes)) {
            sum += value;
            squares += value * value;
            n++;
        }
    if (n < 3)
        return -1;
    double mean = sum / (double)n, variance = fmax(0, squares / (double)n - mean * mean);
    return sqrt(variance / (double)(n - 1));
}

static void course(
    const struct capacity_steer *c, size_t n, struct steady_point out[CAPACITY_STEP_SECONDS_MAX]) {
    struct sink s;

    for (size_t i = 0; i < n; i++) {
        out[i] = (struct steady_point){.from_s = (double)i, .to_s = (double)i + 1};
        if (series_store_collect(c->seconds[i].series, durations(&c->seconds[i]), NULL, 0, &s) < 0)
            continue;
        out[i].sum = s.trend.sum;
        out[i].weight = (double)s.trend.count;
        sink_deinit(&s);
    }
}

static int merge_seconds(struct capacity_steer *c, size_t from, size_t to) {
    int r = 0;

    series_store_reset(c->whole.series);
    for (size_t i = from; i < to && r == 0; i++)
        r = series_store_merge(c->whole.series, c->seconds[i].series);
    return r;
}

static void measure_objectives(struct capacity_steer *c, struct capacity_step *s, size_t from, size_t to) {
    for (size_t i = 0; i < c->o.objective_count; i++) {
        struct capacity_objective *o = &s->objectives[i];
        o->counted = objective_figure(&c->objectives[i], &c->whole, (double)(to - from), &o->value, &o->held);
        o->error = noise_of(c, &c->objectives[i], from, to);
        memcpy(o->text, c->objectives[i].text, sizeof o->text);
    }
}

static int measure(struct capacity_steer *c, struct capacity_step *s, size_t n) {
    static struct steady_point points[CAPACITY_STEP_SECONDS_MAX];
    struct sink all;

    course(c, n, points);
    struct steady st = steady_of(points, n);
    size_t from = st.verdict == STEADY_TOO_LITTLE ? 0 : st.warmup;
    int e = merge_seconds(c, from, n);
    e = e < 0 ? e : series_store_collect(c->whole.series, durations(&c->whole), NULL, 0, &all);
    if (e < 0)
        return e;
    double seconds = (double)(n - from);
    *s = (struct capacity_step){.load = c->search.load,
        .phase = c->search.phase,
        .seconds = seconds,
        .warmup_s = (double)c->o.settle_s + (double)from,
        .requests_per_s = (double)all.trend.count / seconds,
        .iterations_per_s = counter(&c->whole, METRIC_ITERATIONS) / seconds,
        .concurrency = all.trend.sum / 1000 / seconds,
        .mean_ms = histogram_mean(&all.trend),
        .p50_ms = histogram_percentile(&all.trend, 0.5),
        .p95_ms = histogram_percentile(&all.trend, 0.95),
        .p99_ms = histogram_percentile(&all.trend, 0.99),
        .failed = failed_share(&c->whole),
        .steady = st.verdict,
        .slope_ms_per_s = st.slope_per_s};
    sink_deinit(&all);
    measure_objectives(c, s, from, n);
    return 0;
}

/* ---- judgement ---- */

enum opinion { OPINION_INVALID, OPINION_FAILED, OPINION_HOPELESS, OPINION_HELD, OPINION_UNSURE };

static bool generator_was_bad(const struct capacity_steer *c, const struct run_state *r, size_t n) {
    size_t bad = 0;

    for (size_t i = 0; i < n && r->validity; i++)
        bad += validity_at(r->validity, c->first + (int64_t)i) == VALIDITY_INVALID;
    return 100 * bad > BAD_SHARE_PERCENT * n;
}

static enum opinion judge_objective(const struct capacity_steer *c, struct capacity_step *s, size_t i) {
    const struct capacity_objective *o = &s->objectives[i];
    double limit = c->objectives[i].expression.limit, away = fabs(o->value - limit);

    if (!o->counted) {
        snprintf(s->why, sizeof s->why, "nothing was measured for %s", o->text);
        return OPINION_UNSURE;
    }
    bool clear = o->error < 0 || away > CLEAR_SIGMAS * o->error;
    if (!o->held)
        snprintf(s->why, sizeof s->why, "%s was %.4g", o->text, o->value);
    else if (!clear)
        snprintf(s->why, sizeof s->why, "%s was %.4g ± %.2g", o->text, o->value, CLEAR_SIGMAS * o->error);
    if (!clear)
        return OPINION_UNSURE;
    if (o->held)
        return OPINION_HELD;
    return limit > 0 && o->value > HOPELESS * limit ? OPINION_HOPELESS : OPINION_FAILED;
}

static enum opinion judge(
    const struct capacity_steer *c, struct capacity_step *s, const struct run_state *r, size_t n) {
    enum opinion worst = OPINION_HELD;

    if (generator_was_bad(c, r, n)) {
        snprintf(s->why, sizeof s->why, "the load generator was the limit");
        return OPINION_INVALID;
    }
    for (size_t i = 0; i < c->o.objective_count; i++) {
        struct capacity_step scratch = *s;
        enum opinion o = judge_objective(c, &scratch, i);
        if (o == OPINION_HOPELESS || o == OPINION_FAILED) {
            memcpy(s->why, scratch.why, sizeof s->why);
            return o;
        }
        if (o == OPINION_UNSURE) {
            memcpy(s->why, scratch.why, sizeof s->why);
            worst = o;
        }
    }
    if (c->o.rate && s->iterations_per_s < SUSTAINED * s->load) {
        snprintf(
            s->why, sizeof s->why, "only %.4g of %.4g iterations/s were done", s->iterations_per_s, s->load);
        return OPINION_FAILED;
    }
    if (s->steady == STEADY_RISING && worst == OPINION_HELD) {
        snprintf(s->why, sizeof s->why, "response times were still rising by %.3g ms/s: not sustained",
            s->slope_ms_per_s);
        return OPINION_UNSURE;
    }
    return worst;
}

/* ---- steps ---- */

static void set_level(struct capacity_steer *c, double level) {
    if (c->controller && c->o.held)
        (void)!control_users(c->controller, llround(level), fmax(SPAWN_RATE_LEAST, level), NULL);
    else if (c->controller)
        (void)!control_level(c->controller, level); /* when it runs no more, the end is near anyway */
}

static void begin_step(struct capacity_steer *c) {
    c->recovering = false;
    c->first = c->now + 1 + c->o.settle_s;
    for (size_t i = 0; i < CAPACITY_STEP_SECONDS_MAX; i++)
        series_store_reset(c->seconds[i].series);
    set_level(c, c->search.load);
}

static void begin_recovery(struct capacity_steer *c) {
    double low = c->search.held > 0 ? RECOVERY_LOAD * c->search.held : c->search.load / 2;

    begin_step(c);
    c->recovering = true;
    c->recovering_from = c->now;
    c->first = c->now + 1;
    set_level(c, c->o.rate ? low : fmax(1, floor(low)));
}

static void recover(struct capacity_steer *c) {
    int64_t passed = c->now - c->recovering_from;
    static struct steady_point points[CAPACITY_STEP_SECONDS_MAX];

    if (passed < RECOVERY_MIN_S + LAG_S)
        return;
    size_t n = (size_t)(passed - LAG_S);
    course(c, n, points);
    double mean = points[n - 1].weight > 0 ? points[n - 1].sum / points[n - 1].weight : INFINITY;
    if (mean <= RECOVERED * c->best_mean_ms || c->best_mean_ms <= 0 || passed >= RECOVERY_MAX_S)
        begin_step(c);
}

static void end_step(struct capacity_steer *c, const struct capacity_step *s) {
    if (c->step_count < CAPACITY_STEPS_MAX)
        c->steps[c->step_count++] = *s;
    if (s->outcome == CAPACITY_HELD && (c->best_mean_ms <= 0 || s->mean_ms < c->best_mean_ms))
        c->best_mean_ms = s->mean_ms;
    capacity_search_tell(&c->search, s->outcome);
    if (c->o.told)
        c->o.told(c->o.ctx, s);
    if (c->search.end != CAPACITY_END_RUNNING) {
        set_level(c, 0);
        if (c->controller)
            control_stop(c->controller);
    } else if (s->outcome != CAPACITY_HELD)
        begin_recovery(c);
    else
        begin_step(c);
}

/* What is decided now; false = go on measuring. */
static bool decide(const struct capacity_steer *c, const struct capacity_step *s, enum opinion o, int64_t n,
    enum capacity_outcome *out) {
    int64_t usual = c->o.step_s, longest = LONG_STEPS * usual;
    bool growing = c->search.phase == CAPACITY_GROW && c->search.failed <= 0;
    bool rising = s->steady == STEADY_RISING;

    longest = longest < CAPACITY_STEP_SECONDS_MAX ? longest : CAPACITY_STEP_SECONDS_MAX;
    *out = o == OPINION_INVALID  ? CAPACITY_INVALID
           : o == OPINION_HELD   ? CAPACITY_HELD
           : o == OPINION_UNSURE ? CAPACITY_UNSURE
                                 : CAPACITY_FAILED;
    if (o == OPINION_HOPELESS)
        return n >= 3;
    if (o == OPINION_HELD && growing)
        return n >= (usual + 1) / 2;
    if (o != OPINION_UNSURE)
        return n >= usual;
    if (rising && n >= 2 * usual) { /* it had time to settle, and did not */
        *out = CAPACITY_FAILED;
        return true;
    }
    return n >= longest;
}

static void on_second(struct report_sink *sink, const struct run_state *r) {
    struct capacity_steer *c = (struct capacity_steer *)sink;
    struct capacity_step s;
    enum capacity_outcome outcome;

    if (r->phase != RUN_RUNNING || !c->controller || c->search.end != CAPACITY_END_RUNNING)
        return;
    c->now = r->load_elapsed_us / 1000000;
    if (!c->begun) {
        c->begun = true;
        begin_step(c);
        return;
    }
    if (c->recovering) {
        recover(c);
        return;
    }
    int64_t n = c->now - LAG_S + 1 - c->first;
    if (n < 3)
        return;
    n = n < CAPACITY_STEP_SECONDS_MAX ? n : CAPACITY_STEP_SECONDS_MAX;
    if (measure(c, &s, (size_t)n) < 0)
        return;
    enum opinion o = judge(c, &s, r, (size_t)n);
    if (!decide(c, &s, o, n, &outcome))
        return;
    s.outcome = outcome;
    if (outcome == CAPACITY_HELD)
        s.why[0] = '\0';
    end_step(c, &s);
}

static tagset_id same_tags(struct capacity_steer *c, struct recorder *into, tagset_id from) {
    struct tag tags[TAGS_PER_SET_MAX];
    size_t n = tags_count(c->scratch.tags, from);

    for (size_t i = 0; i < n; i++)
        tags[i] = tags_at(c->scratch.tags, from, i);
    return tags_intern(into->tags, tags, n);
}

static struct series *scratch_first(struct capacity_steer *c, struct view name) {
    metric_id id;

    return metrics_find(c->scratch.metrics, name, &id) ? series_store_first(c->scratch.series, id) : NULL;
}

static uint64_t failures_of(struct capacity_steer *c, tagset_id tags) {
    for (const struct series *s = scratch_first(c, VIEW("request_failures")); s; s = s->next_alike)
        if (s->tags == tags)
            return (uint64_t)s->sink.counter.sum;
    return 0;
}

/* Locust's requests in k6's words, so that objectives read the same: those that fired an event, of whatever
 * protocol, and failed if the event says so (stats/request_metric.h). */
static int merge_locust(struct capacity_steer *c, struct recorder *into, const struct series_store *delta) {
    int r = series_store_merge(c->scratch.series, delta);

    for (struct series *s = scratch_first(c, VIEW("request_duration")); s && r == 0; s = s->next_alike)
        if (!sink_empty(&s->sink))
            r = series_store_merge_sink(
                into->series, METRIC_HTTP_REQ_DURATION, same_tags(c, into, s->tags), &s->sink);
    for (struct series *s = scratch_first(c, VIEW("request_bytes")); s && r == 0; s = s->next_alike) {
        struct sink rate = {
            .type = METRIC_RATE, .rate = {.hits = failures_of(c, s->tags), .total = s->sink.counter.count}};
        if (rate.rate.total)
            r = series_store_merge_sink(
                into->series, METRIC_HTTP_REQ_FAILED, same_tags(c, into, s->tags), &rate);
    }
    series_store_reset(c->scratch.series);
    return r;
}

static void on_delta(
    struct report_sink *sink, const struct run_state *r, int64_t second, const struct series_store *delta) {
    struct capacity_steer *c = (struct capacity_steer *)sink;
    int64_t i = second - c->first;
    (void)r;

    if (!c->begun || i < 0 || i >= CAPACITY_STEP_SECONDS_MAX)
        return;
    /* without memory the step measures less */
    (void)!(
        c->o.held ? merge_locust(c, &c->seconds[i], delta) : series_store_merge(c->seconds[i].series, delta));
}

/* ---- life ---- */

static void leave(struct report_sink *sink) {
    (void)sink; /* its owner frees it */
}

static const struct report_sink_ops ops = {
    .name = "capacity", .second = on_second, .delta = on_delta, .free = leave, .wants_deltas = true};

int capacity_steer_new(
    struct capacity_steer **out, const struct capacity_steer_options *o, struct error *err) {
    struct capacity_steer *c = calloc(1, sizeof *c);
    int r = c ? recorder_init(&c->whole, false) : -ENOMEM;
    r = r < 0 ? r : recorder_init(&c->scratch, false);

    if (c) {
        c->sink.ops = &ops;
        c->o = *o;
        capacity_search_init(&c->search, &o->search);
    }
    for (size_t i = 0; i < CAPACITY_STEP_SECONDS_MAX && r == 0; i++)
        r = recorder_init(&c->seconds[i], false);
    if (r < 0)
        error_set(err, r, "out of memory");
    for (size_t i = 0; i < o->objective_count && r == 0; i++)
        r = objective_read(&c->objectives[i], o->objectives[i], c->whole.metrics, err);
    for (size_t i = 0; c && i < o->objective_count; i++)
        c->text_list[i] = c->objectives[i].text;
    if (r < 0) {
        capacity_steer_free(c);
        return r;
    }
    *out = c;
    return 0;
}

struct report_sink *capacity_steer_sink(struct capacity_steer *c) {
    return &c->sink;
}

void capacity_steer_hold(struct capacity_steer *c, struct controller *controller) {
    c->controller = controller;
}

/* A rate a little above the capacity makes a queue that grows by that share of each second: after T seconds
 * at which p95 was p nobody can tell it from one that is lower by p/T. The best of all measurements at this
 * load. */
static double unseen_share(const struct capacity_steer *c, double load) {
    double best = INFINITY;

    for (size_t i = 0; i < c->step_count; i++) {
        const struct capacity_step *s = &c->steps[i];
        if (s->outcome == CAPACITY_HELD && fabs(s->load - load) < 1e-6 * load && s->seconds > 0)
            best = fmin(best, s->p95_ms / 1000 / (s->seconds + s->warmup_s));
    }
    return isfinite(best) ? fmin(best, UNSEEN_MOST) : 0;
}

void capacity_steer_report(const struct capacity_steer *c, struct capacity_report *out) {
    *out = (struct capacity_report){.unit = c->o.rate ? "iterations/s" : "users",
        .rate = c->o.rate,
        .objectives = c->text_list,
        .objective_count = c->o.objective_count,
        .steps = c->steps,
        .step_count = c->step_count,
        .end = c->search.end,
        .answer = capacity_search_answer(&c->search),
        .elapsed_s = (double)c->now};
    if (c->o.rate && out->answer.load > 0)
        out->answer.low = fmin(out->answer.low, out->answer.load * (1 - unseen_share(c, out->answer.load)));
}

int64_t capacity_steer_second(const struct capacity_steer *c) {
    return c->now;
}

void capacity_steer_free(struct capacity_steer *c) {
    if (!c)
        return;
    recorder_deinit(&c->whole);
    recorder_deinit(&c->scratch);
    for (size_t i = 0; i < CAPACITY_STEP_SECONDS_MAX; i++)
        recorder_deinit(&c->seconds[i]);
    free(c);
}
