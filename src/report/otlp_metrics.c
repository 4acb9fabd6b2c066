/* Metric by metric: its name, its data points. A request that has grown to OTLP_CHUNK ends in the middle of a
 * metric; the next one names it again. */
#include "report/otlp_metrics.h"

#include <stdio.h>

#include "core/utf8.h"
#include "report/protobuf.h"

/* Field numbers of opentelemetry/proto. */
enum {
    REQUEST_RESOURCE_METRICS = 1,
    RESOURCE_METRICS_RESOURCE = 1,
    RESOURCE_METRICS_SCOPE = 2,
    RESOURCE_ATTRIBUTE = 1,
    SCOPE_METRICS_SCOPE = 1,
    SCOPE_METRICS_METRIC = 2
};
enum { SCOPE_NAME = 1, KEY_VALUE_KEY = 1, KEY_VALUE_VALUE = 2, ANY_STRING = 1 };
enum {
    METRIC_NAME_FIELD = 1,
    METRIC_UNIT_FIELD = 3,
    METRIC_GAUGE_FIELD = 5,
    METRIC_SUM_FIELD = 7,
    METRIC_HISTOGRAM_FIELD = 9
};
enum { DATA_POINT = 1, DATA_TEMPORALITY = 2, DATA_MONOTONIC = 3, TEMPORALITY_CUMULATIVE = 2 };
enum { NUMBER_START = 2, NUMBER_TIME = 3, NUMBER_DOUBLE = 4, NUMBER_INT = 6, NUMBER_ATTRIBUTE = 7 };
enum {
    POINT_START = 2,
    POINT_TIME = 3,
    POINT_COUNT = 4,
    POINT_SUM = 5,
    POINT_BUCKETS = 6,
    POINT_BOUNDS = 7,
    POINT_ATTRIBUTE = 9,
    POINT_MIN = 11,
    POINT_MAX = 12
};
enum { VALUE_MAX = 64 * 1024 };

/* The boundaries that every OpenTelemetry library begins with. */
static const double bounds[] = {0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000};
enum { BOUND_COUNT = sizeof bounds / sizeof *bounds };

struct otlp_writer {
    struct protobuf_writer pb;
    const struct otlp_metrics *o;
    const struct run_state *run;
    int64_t wall_ns;
    size_t from;
    uint64_t points;
};

static void text(struct protobuf_writer *pb, uint32_t field, struct view v) {
    struct buf fixed CLEANUP(buf_deinit) = BUF_MAX(VALUE_MAX);
    if (!utf8_valid(v) && utf8_append_lossy(&fixed, v) == 0)
        v = buf_view(&fixed);
    protobuf_text(pb, field, v);
}

static void attribute(struct protobuf_writer *pb, uint32_t field, struct view key, struct view value) {
    size_t pair = protobuf_begin(pb, field);
    text(pb, KEY_VALUE_KEY, key);
    size_t any = protobuf_begin(pb, KEY_VALUE_VALUE);
    text(pb, ANY_STRING, value);
    protobuf_end(pb, any);
    protobuf_end(pb, pair);
}

static void attributes(struct otlp_writer *w, uint32_t field, tagset_id set) {
    const struct tags *tags = w->run->total->tags;
    for (size_t i = 0; i < tags_count(tags, set); i++) {
        struct tag t = tags_at(tags, set, i);
        if (t.key.len && t.value.len)
            attribute(&w->pb, field, t.key, t.value);
    }
}

/* condition NULL = none. is_int: value is a count. */
static void number_point(
    struct otlp_writer *w, const struct series *s, const char *condition, bool is_int, double value) {
    size_t mark = protobuf_begin(&w->pb, DATA_POINT);
    protobuf_fixed64(&w->pb, NUMBER_START, (uint64_t)w->run->start_wall_ns);
    protobuf_fixed64(&w->pb, NUMBER_TIME, (uint64_t)w->wall_ns);
    if (is_int)
        protobuf_fixed64(&w->pb, NUMBER_INT, (uint64_t)value);
    else
        protobuf_double(&w->pb, NUMBER_DOUBLE, value);
    attributes(w, NUMBER_ATTRIBUTE, s->tags);
    if (condition)
        attribute(&w->pb, NUMBER_ATTRIBUTE, VIEW("condition"), view_of_cstr(condition));
    protobuf_end(&w->pb, mark);
}

static void histogram_point(struct otlp_writer *w, const struct series *s) {
    const struct histogram *h = &s->sink.trend;
    size_t mark = protobuf_begin(&w->pb, DATA_POINT);
    uint64_t below = 0;
    protobuf_fixed64(&w->pb, POINT_START, (uint64_t)w->run->start_wall_ns);
    protobuf_fixed64(&w->pb, POINT_TIME, (uint64_t)w->wall_ns);
    protobuf_fixed64(&w->pb, POINT_COUNT, h->count);
    protobuf_double(&w->pb, POINT_SUM, h->sum);
    size_t list = protobuf_begin(&w->pb, POINT_BUCKETS);
    for (size_t i = 0; i <= BOUND_COUNT; i++) {
        uint64_t upto = i == BOUND_COUNT ? h->count : histogram_count_at_most(h, bounds[i]);
        upto = upto < below ? below : upto;
        protobuf_packed_fixed64(&w->pb, upto - below);
        below = upto;
    }
    protobuf_end(&w->pb, list);
    list = protobuf_begin(&w->pb, POINT_BOUNDS);
    for (size_t i = 0; i < BOUND_COUNT; i++)
        protobuf_packed_double(&w->pb, bounds[i]);
    protobuf_end(&w->pb, list);
    attributes(w, POINT_ATTRIBUTE, s->tags);
    protobuf_double(&w->pb, POINT_MIN, h->min);
    protobuf_double(&w->pb, POINT_MAX, h->max);
    protobuf_end(&w->pb, mark);
}

/* ---- one metric ---- */

enum rate_part { RATE_CONDITIONS, RATE_OCCURRED, RATE_TOTAL };

static void point(struct otlp_writer *w, const struct series *s, enum rate_part part) {
    double hits = (double)s->sink.rate.hits, total = (double)s->sink.rate.total;
    switch (s->sink.type) {
    case METRIC_COUNTER: number_point(w, s, NULL, false, s->sink.counter.sum); break;
    case METRIC_GAUGE: number_point(w, s, NULL, false, s->sink.gauge.last); break;
    case METRIC_TREND: histogram_point(w, s); break;
    case METRIC_RATE:
        if (part == RATE_CONDITIONS && hits > 0)
            number_point(w, s, "nonzero", true, hits);
        if (part == RATE_CONDITIONS && total > hits)
            number_point(w, s, "zero", true, total - hits);
        if (part != RATE_CONDITIONS)
            number_point(w, s, NULL, true, part == RATE_TOTAL ? total : hits);
    }
}

/* From `first` on; returns where it stopped, NULL = at the end. */
static const struct series *metric(
    struct otlp_writer *w, metric_id id, const struct series *first, enum rate_part part) {
    static const char *const units[] = {[METRIC_DEFAULT] = "", [METRIC_TIME] = "ms", [METRIC_DATA] = "By"};
    static const uint32_t fields[] = {[METRIC_COUNTER] = METRIC_SUM_FIELD,
        [METRIC_GAUGE] = METRIC_GAUGE_FIELD,
        [METRIC_RATE] = METRIC_SUM_FIELD,
        [METRIC_TREND] = METRIC_HISTOGRAM_FIELD};
    const struct metrics *m = w->run->total->metrics;
    enum metric_type type = metrics_type(m, id);
    const char *unit = type == METRIC_RATE ? "" : units[metrics_contains(m, id)];
    char name[2 * METRIC_NAME_MAX + 64];
    snprintf(name, sizeof name, "%.*s%.*s%s", VIEW_ARGS(w->o->prefix), VIEW_ARGS(metrics_name(m, id)),
        type != METRIC_RATE     ? ""
        : part == RATE_OCCURRED ? ".occurred"
                                : ".total");
    size_t mark = protobuf_begin(&w->pb, SCOPE_METRICS_METRIC);
    text(&w->pb, METRIC_NAME_FIELD, view_of_cstr(name));
    if (unit[0])
        protobuf_text(&w->pb, METRIC_UNIT_FIELD, view_of_cstr(unit));
    size_t data = protobuf_begin(&w->pb, fields[type]);
    for (; first && (w->pb.out->len - w->from < OTLP_CHUNK || part == RATE_TOTAL);
         first = first->next_alike) {
        if (sink_empty(&first->sink))
            continue;
        point(w, first, part);
        w->points++;
    }
    if (type != METRIC_GAUGE)
        protobuf_u64(&w->pb, DATA_TEMPORALITY, TEMPORALITY_CUMULATIVE);
    if (type == METRIC_COUNTER || type == METRIC_RATE)
        protobuf_u64(&w->pb, DATA_MONOTONIC, 1);
    protobuf_end(&w->pb, data);
    protobuf_end(&w->pb, mark);
    return first;
}

static bool worth(const struct run_state *r, metric_id id, const struct series *s) {
    for (; s && sink_empty(&s->sink); s = s->next_alike)
        ;
    return s && !view_starts_with(metrics_name(r->total->metrics, id), VIEW("halftime_"));
}

static void metrics_of_scope(struct otlp_writer *w, struct otlp_cursor *at) {
    const struct run_state *r = w->run;
    for (; at->metric < metrics_count(r->total->metrics) && w->pb.out->len - w->from < OTLP_CHUNK;
         at->metric++, at->series = NULL) {
        const struct series *first =
            at->series ? at->series : series_store_first(r->total->series, at->metric);
        bool pair = w->o->rate_pair && metrics_type(r->total->metrics, at->metric) == METRIC_RATE;
        if (!worth(r, at->metric, first))
            continue;
        if (pair)
            (void)metric(w, at->metric, first, RATE_TOTAL);
        at->series = metric(w, at->metric, first, pair ? RATE_OCCURRED : RATE_CONDITIONS);
        if (at->series)
            return;
    }
    at->done = at->metric >= metrics_count(r->total->metrics);
}

int otlp_metrics_encode(const struct otlp_metrics *o, const struct run_state *r, int64_t wall_ns,
    struct otlp_cursor *at, struct buf *out, uint64_t *points) {
    struct otlp_writer w = {
        .pb = protobuf_writer_of(out), .o = o, .run = r, .wall_ns = wall_ns, .from = out->len};
    size_t all = protobuf_begin(&w.pb, REQUEST_RESOURCE_METRICS),
           resource = protobuf_begin(&w.pb, RESOURCE_METRICS_RESOURCE);
    attribute(&w.pb, RESOURCE_ATTRIBUTE, VIEW("service.name"), o->service);
    attribute(&w.pb, RESOURCE_ATTRIBUTE, VIEW("service.version"), o->version);
    protobuf_end(&w.pb, resource);
    size_t scope = protobuf_begin(&w.pb, RESOURCE_METRICS_SCOPE),
           scope_name = protobuf_begin(&w.pb, SCOPE_METRICS_SCOPE);
    protobuf_text(&w.pb, SCOPE_NAME, VIEW("k6"));
    protobuf_end(&w.pb, scope_name);
    metrics_of_scope(&w, at);
    protobuf_end(&w.pb, scope);
    protobuf_end(&w.pb, all);
    *points = w.points;
    return w.pb.error;
}
