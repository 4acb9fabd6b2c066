/* One block per metric: its TYPE, then its series, as the format demands. The first error sticks in the
 * writer. */
#include <stdio.h>

#include "core/json_writer.h"
#include "report/output_settings.h"
#include "report/prometheus.h"

#define TEXT_LABELS_MAX (64 * 1024)

static const double bucket_limits_s[] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60};
static const double quantiles[] = {0.5, 0.9, 0.95, 0.99};

struct text_writer {
    const struct run_state *run;
    struct buf *out;
    struct arena scratch;
    struct buf labels; /* of the present series: a="b",c="d" */
    const char *prefix;
    int error;
};

static void put(struct text_writer *w, int r) {
    if (!w->error && r < 0)
        w->error = r;
}

static int append_escaped(struct buf *out, struct view v) {
    int r = 0;
    for (size_t i = 0; i < v.len && r == 0; i++) {
        char c = v.ptr[i];
        if (c == '\n')
            r = buf_append(out, "\\n", 2);
        else if (c == '"' || c == '\\')
            r = buf_printf(out, "\\%c", c);
        else
            r = buf_append_byte(out, c);
    }
    return r;
}

static void label(struct text_writer *w, struct view name, struct view value) {
    put(w, buf_printf(&w->labels, "%s%.*s=\"", w->labels.len ? "," : "", VIEW_ARGS(name)));
    put(w, append_escaped(&w->labels, value));
    put(w, buf_append_byte(&w->labels, '"'));
}

/* name{labels,extra} value */
static void line(struct text_writer *w, const char *prefix, struct view name, const char *suffix,
    const char *extra, double value) {
    char number[JSON_WRITER_NUMBER_MAX];
    bool comma = extra[0] && w->labels.len, braces = extra[0] || w->labels.len;
    put(w, buf_printf(w->out, "%s%.*s%s%s%.*s%s%s%s %s\n", prefix, VIEW_ARGS(name), suffix, braces ? "{" : "",
               VIEW_ARGS(buf_view(&w->labels)), comma ? "," : "", extra, braces ? "}" : "",
               json_format_double(value == 0 ? 0 : value, number)));
}

static void line_histogram(
    struct text_writer *w, struct view name, const char *unit, const struct histogram *h) {
    char extra[64], suffix[32], limit[JSON_WRITER_NUMBER_MAX];
    snprintf(suffix, sizeof suffix, "%s_bucket", unit);
    for (size_t i = 0; i < sizeof bucket_limits_s / sizeof *bucket_limits_s; i++) {
        snprintf(extra, sizeof extra, "le=\"%s\"", json_format_double(bucket_limits_s[i], limit));
        line(
            w, w->prefix, name, suffix, extra, (double)histogram_count_at_most(h, bucket_limits_s[i] * 1000));
    }
    line(w, w->prefix, name, suffix, "le=\"+Inf\"", (double)h->count);
}

static void line_quantiles(
    struct text_writer *w, struct view name, const char *unit, const struct histogram *h) {
    char extra[64], number[JSON_WRITER_NUMBER_MAX];
    for (size_t i = 0; i < sizeof quantiles / sizeof *quantiles; i++) {
        snprintf(extra, sizeof extra, "quantile=\"%s\"", json_format_double(quantiles[i], number));
        line(w, w->prefix, name, unit, extra, histogram_percentile(h, quantiles[i]));
    }
}

static void line_trend(
    struct text_writer *w, struct view name, enum metric_contains contains, const struct histogram *h) {
    const char *unit = contains == METRIC_TIME ? "_seconds" : contains == METRIC_DATA ? "_bytes" : "";
    char suffix[32];
    if (contains == METRIC_TIME)
        line_histogram(w, name, unit, h);
    else
        line_quantiles(w, name, unit, h);
    snprintf(suffix, sizeof suffix, "%s_sum", unit);
    line(w, w->prefix, name, suffix, "", prometheus_unit(contains, h->sum));
    snprintf(suffix, sizeof suffix, "%s_count", unit);
    line(w, w->prefix, name, suffix, "", (double)h->count);
}

static void series_line(
    struct text_writer *w, struct view name, enum metric_contains contains, const struct series *s) {
    struct prometheus_labels labels;
    arena_reset(&w->scratch);
    buf_clear(&w->labels);
    prometheus_labels_init(&labels, w->run->total->tags, s->tags, &w->scratch);
    for (size_t i = 0; i < labels.count; i++)
        label(w, labels.items[i].key, labels.items[i].value);
    switch (s->sink.type) {
    case METRIC_COUNTER: line(w, w->prefix, name, "_total", "", s->sink.counter.sum); break;
    case METRIC_GAUGE: line(w, w->prefix, name, "", "", s->sink.gauge.last); break;
    case METRIC_RATE:
        line(w, w->prefix, name, "_rate", "", (double)s->sink.rate.hits / (double)s->sink.rate.total);
        break;
    case METRIC_TREND: line_trend(w, name, contains, &s->sink.trend); break;
    }
}

static void type_line(
    struct text_writer *w, struct view name, enum metric_type type, enum metric_contains contains) {
    static const char *const suffixes[] = {"_total", "", "_rate", ""}, *const types[] = {"counter", "gauge",
                                                                           "gauge", "summary"};
    bool time = contains == METRIC_TIME, trend = type == METRIC_TREND;
    const char *suffix = !trend                    ? suffixes[type]
                         : time                    ? "_seconds"
                         : contains == METRIC_DATA ? "_bytes"
                                                   : "";
    put(w, buf_printf(w->out, "# TYPE %s%.*s%s %s\n", w->prefix, VIEW_ARGS(name), suffix,
               trend && time ? "histogram" : types[type]));
}

static void metric_block(struct text_writer *w, metric_id id) {
    const struct metrics *m = w->run->total->metrics;
    struct view name = metrics_name(m, id);
    bool begun = false;
    if (prometheus_hidden(name))
        return;
    for (const struct series *s = series_store_first(w->run->total->series, id); s; s = s->next_alike) {
        if (!prometheus_count(&s->sink))
            continue;
        if (!begun)
            type_line(w, name, metrics_type(m, id), metrics_contains(m, id));
        begun = true;
        series_line(w, name, metrics_contains(m, id), s);
    }
}

static void own(struct text_writer *w, const char *name, const char *type, const char *suffix, double value) {
    buf_clear(&w->labels);
    put(w, buf_printf(w->out, "# TYPE halftime_%s%s %s\n", name, suffix, type));
    line(w, "halftime_", view_of_cstr(name), suffix, "", value);
}

static void own_thresholds(struct text_writer *w) {
    const struct run_state *r = w->run;
    if (!r->plan || !r->plan->threshold_count || !r->thresholds)
        return;
    put(w, buf_printf(w->out, "# TYPE halftime_threshold_ok gauge\n"));
    for (size_t i = 0; i < r->plan->threshold_count; i++) {
        buf_clear(&w->labels);
        label(w, VIEW("expression"), r->plan->thresholds[i].expression);
        label(w, VIEW("target"), r->plan->thresholds[i].target);
        line(w, "halftime_", VIEW("threshold_ok"), "", "", r->thresholds[i].ok);
    }
}

static void own_workers(struct text_writer *w) {
    const struct run_state *r = w->run;
    char worker[32];
    if (!r->worker_count || !r->workers)
        return;
    put(w, buf_printf(w->out, "# TYPE halftime_worker_cpu_ratio gauge\n"));
    for (size_t i = 0; i < r->worker_count; i++) {
        const struct snapshot_health *h = &r->workers[i].health;
        buf_clear(&w->labels);
        snprintf(worker, sizeof worker, "worker=\"%zu\"", i);
        if (h->wall_us > 0)
            line(
                w, "halftime_", VIEW("worker_cpu_ratio"), "", worker, (double)h->cpu_us / (double)h->wall_us);
    }
}

int prometheus_text_render(const struct run_state *r, struct buf *out) {
    struct text_writer w = {.run = r, .out = out, .prefix = setting_prefix(r->plan)};
    buf_init(&w.labels, TEXT_LABELS_MAX);
    arena_init(&w.scratch, PROMETHEUS_SCRATCH_MAX);
    for (metric_id id = 0; r->total && id < metrics_count(r->total->metrics) && !w.error; id++)
        metric_block(&w, id);
    own(&w, "run_elapsed_seconds", "gauge", "", (double)r->elapsed_us / 1e6);
    own(&w, "users", "gauge", "", (double)r->users_active);
    own(&w, "iterations", "counter", "_total", (double)r->iterations_complete);
    own(&w, "workers", "gauge", "", (double)r->worker_count);
    own(&w, "samples_dropped", "counter", "_total", (double)r->samples_dropped);
    own_workers(&w);
    own_thresholds(&w);
    buf_deinit(&w.labels);
    arena_deinit(&w.scratch);
    return w.error;
}
