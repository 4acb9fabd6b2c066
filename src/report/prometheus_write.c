/* A native histogram has buckets that grow by the eighth root of two (schema 3, what k6's factor of 1.1 comes
 * to): bucket i holds values in (2^((i-1)/8), 2^(i/8)]. Ours are finer, so each of ours goes into one of
 * theirs by its middle. */
#include "report/prometheus_write.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/protobuf.h"

/* Field numbers of prometheus/prompb. */
enum {
    REQUEST_SERIES = 1,
    SERIES_LABEL = 1,
    SERIES_SAMPLE = 2,
    SERIES_HISTOGRAM = 4,
    LABEL_NAME = 1,
    LABEL_VALUE = 2,
    SAMPLE_VALUE = 1,
    SAMPLE_TIME = 2
};
enum {
    HISTOGRAM_COUNT = 1,
    HISTOGRAM_SUM = 3,
    HISTOGRAM_SCHEMA = 4,
    HISTOGRAM_ZERO_THRESHOLD = 5,
    HISTOGRAM_ZERO_COUNT = 6,
    HISTOGRAM_NEGATIVE_SPAN = 8,
    HISTOGRAM_NEGATIVE_DELTAS = 9,
    HISTOGRAM_POSITIVE_SPAN = 11,
    HISTOGRAM_POSITIVE_DELTAS = 12,
    HISTOGRAM_TIME = 15,
    SPAN_OFFSET = 1,
    SPAN_LENGTH = 2
};
enum { NATIVE_SCHEMA = 3, NATIVE_BUCKETS_MAX = 2048 };
#define NATIVE_ZERO_THRESHOLD 0x1p-128
#define STALE_BITS            UINT64_C(0x7ff0000000000002)

void prometheus_write_init(struct prometheus_write *w) {
    *w = (struct prometheus_write){.prefix = "k6_"};
    arena_init(&w->scratch, PROMETHEUS_SCRATCH_MAX);
}

void prometheus_write_deinit(struct prometheus_write *w) {
    arena_deinit(&w->scratch);
    free(w->known);
    w->known = NULL;
    w->known_cap = 0;
}

void prometheus_write_forget(struct prometheus_write *w) {
    if (w->known_cap)
        memset(w->known, 0, w->known_cap * sizeof *w->known);
}

/* "p(99.9)" is shown as p999, as k6 does. */
static void stat_suffix(struct view name, char out[PROMETHEUS_STAT_NAME_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < name.len && n < PROMETHEUS_STAT_NAME_MAX - 1; i++)
        if (name.ptr[i] != '(' && name.ptr[i] != ')' && name.ptr[i] != '.')
            out[n++] = name.ptr[i];
    out[n] = 0;
}

int prometheus_write_stats(struct prometheus_write *w, struct view list, struct error *err) {
    w->stat_count = 0;
    while (list.len) {
        struct view name = view_trim(view_cut(&list, ',', NULL));
        struct prometheus_stat *s = &w->stats[w->stat_count];
        if (w->stat_count == PROMETHEUS_STATS_MAX)
            return error_set(err, ERROR_LIMIT, "at most %d trend stats", PROMETHEUS_STATS_MAX);
        *s = (struct prometheus_stat){.sum = view_eq(name, VIEW("sum"))};
        int r = s->sum ? 0 : trend_stat_parse(name, &s->stat, err);
        if (r < 0)
            return r;
        stat_suffix(name, s->suffix);
        w->stat_count++;
    }
    return w->stat_count ? 0 : error_set(err, ERROR_INVALID, "there must be a trend stat");
}

/* ---- one series ---- */

struct series_writer {
    struct protobuf_writer pb;
    const struct prometheus_labels *labels;
    struct view metric;
    const char *prefix;
    int64_t wall_ms;
    bool stale;
};

static void write_label(struct protobuf_writer *pb, struct view name, struct view value) {
    size_t mark = protobuf_begin(pb, SERIES_LABEL);
    protobuf_text(pb, LABEL_NAME, name);
    protobuf_text(pb, LABEL_VALUE, value);
    protobuf_end(pb, mark);
}

static size_t begin_series(struct series_writer *s, const char *glue, const char *suffix) {
    char name[METRIC_NAME_MAX + 64];
    bool named = false;
    size_t mark = protobuf_begin(&s->pb, REQUEST_SERIES);
    snprintf(name, sizeof name, "%s%.*s%s%s", s->prefix, VIEW_ARGS(s->metric), glue, suffix);
    for (size_t i = 0; i <= s->labels->count;
         i++) { /* sorted with the name among them: capitals come before "_" */
        bool last = i == s->labels->count;
        if (!named && (last || view_cmp(s->labels->items[i].key, VIEW("__name__")) > 0)) {
            write_label(&s->pb, VIEW("__name__"), view_of_cstr(name));
            named = true;
        }
        if (!last)
            write_label(&s->pb, s->labels->items[i].key, s->labels->items[i].value);
    }
    return mark;
}

static void write_sample(struct series_writer *s, double value) {
    size_t mark = protobuf_begin(&s->pb, SERIES_SAMPLE);
    if (s->stale)
        protobuf_fixed64(&s->pb, SAMPLE_VALUE, STALE_BITS);
    else
        protobuf_double(&s->pb, SAMPLE_VALUE, value);
    protobuf_u64(&s->pb, SAMPLE_TIME, (uint64_t)s->wall_ms);
    protobuf_end(&s->pb, mark);
}

static void write_figure(struct series_writer *s, const char *glue, const char *suffix, double value) {
    size_t mark = begin_series(s, glue, suffix);
    write_sample(s, value);
    protobuf_end(&s->pb, mark);
}

/* ---- native histograms ---- */

struct native_bucket {
    int32_t index;
    uint64_t count;
};
struct native_side {
    struct native_bucket buckets[NATIVE_BUCKETS_MAX];
    size_t count;
};

static void native_add(struct native_side *side, double value, uint64_t n, bool at_front) {
    int32_t index = (int32_t)ceil(log2(value) * (1 << NATIVE_SCHEMA));
    size_t last = at_front ? 0 : side->count - 1;
    if (side->count && side->buckets[last].index == index) {
        side->buckets[last].count += n;
        return;
    }
    if (side->count == NATIVE_BUCKETS_MAX)
        return;
    if (at_front)
        memmove(side->buckets + 1, side->buckets, side->count * sizeof *side->buckets);
    side->buckets[at_front ? 0 : side->count] = (struct native_bucket){index, n};
    side->count++;
}

/* Pages go upwards: negative values from the largest magnitude down, so those are put at the front. */
static void native_collect(const struct histogram *h, enum metric_contains contains,
    struct native_side *positive, struct native_side *negative) {
    for (uint32_t p = 0; p < h->page_count; p++) {
        for (int32_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS; slot++) {
            uint64_t n = h->pages[p]->counts[slot];
            double value = n ? prometheus_unit(contains,
                                   histogram_bucket_value(h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + slot))
                             : 0;
            if (value > 0)
                native_add(positive, value, n, false);
            else if (value < 0)
                native_add(negative, -value, n, true);
        }
    }
}

static void native_write_side(
    struct protobuf_writer *pb, const struct native_side *side, uint32_t span_field, uint32_t deltas_field) {
    int32_t end = 0;
    for (size_t i = 0, n; i < side->count; i += n) {
        for (n = 1; i + n < side->count && side->buckets[i + n].index == side->buckets[i].index + (int32_t)n;)
            n++;
        size_t mark = protobuf_begin(pb, span_field);
        protobuf_sint(pb, SPAN_OFFSET, side->buckets[i].index - end);
        protobuf_u64(pb, SPAN_LENGTH, n);
        protobuf_end(pb, mark);
        end = side->buckets[i].index + (int32_t)n;
    }
    size_t mark = side->count ? protobuf_begin(pb, deltas_field) : 0;
    for (size_t i = 0; i < side->count; i++)
        protobuf_packed_sint(pb, (int64_t)(side->buckets[i].count - (i ? side->buckets[i - 1].count : 0)));
    if (side->count)
        protobuf_end(pb, mark);
}

static int write_native(struct series_writer *s, enum metric_contains contains, const struct histogram *h) {
    static const char *const units[] = {
        [METRIC_DEFAULT] = "", [METRIC_TIME] = "seconds", [METRIC_DATA] = "bytes"};
    struct native_side *sides = calloc(2, sizeof *sides);
    if (!sides)
        return -ENOMEM;
    size_t series = begin_series(s, contains == METRIC_DEFAULT ? "" : "_", units[contains]);
    if (s->stale) {
        write_sample(s, 0);
    } else {
        native_collect(h, contains, &sides[0], &sides[1]);
        size_t mark = protobuf_begin(&s->pb, SERIES_HISTOGRAM);
        protobuf_u64(&s->pb, HISTOGRAM_COUNT, h->count);
        protobuf_double(&s->pb, HISTOGRAM_SUM, prometheus_unit(contains, h->sum));
        protobuf_sint(&s->pb, HISTOGRAM_SCHEMA, NATIVE_SCHEMA);
        protobuf_double(&s->pb, HISTOGRAM_ZERO_THRESHOLD, NATIVE_ZERO_THRESHOLD);
        protobuf_u64(&s->pb, HISTOGRAM_ZERO_COUNT, h->zeros);
        native_write_side(&s->pb, &sides[1], HISTOGRAM_NEGATIVE_SPAN, HISTOGRAM_NEGATIVE_DELTAS);
        native_write_side(&s->pb, &sides[0], HISTOGRAM_POSITIVE_SPAN, HISTOGRAM_POSITIVE_DELTAS);
        protobuf_u64(&s->pb, HISTOGRAM_TIME, (uint64_t)s->wall_ms);
        protobuf_end(&s->pb, mark);
    }
    protobuf_end(&s->pb, series);
    free(sides);
    return 0;
}

/* ---- the request ---- */

static int write_series(struct prometheus_write *w, const struct run_state *r, const struct series *from,
    struct series_writer *s) {
    struct prometheus_labels labels;
    enum metric_contains contains = metrics_contains(r->total->metrics, from->metric);
    const struct sink *v = &from->sink;
    arena_reset(&w->scratch);
    prometheus_labels_init(&labels, r->total->tags, from->tags, &w->scratch);
    s->labels = &labels;
    s->metric = metrics_name(r->total->metrics, from->metric);
    switch (v->type) {
    case METRIC_COUNTER: write_figure(s, "_", "total", v->counter.sum); break;
    case METRIC_GAUGE: write_figure(s, "", "", v->gauge.last); break;
    case METRIC_RATE:
        write_figure(s, "_", "rate", v->rate.total ? (double)v->rate.hits / (double)v->rate.total : 0);
        break;
    case METRIC_TREND:
        if (w->native)
            return write_native(s, contains, &v->trend);
        for (size_t i = 0; i < w->stat_count; i++) {
            const struct prometheus_stat *t = &w->stats[i];
            double figure = t->sum ? v->trend.sum : trend_stat_value(t->stat, &v->trend);
            /* k6 turns counts of times into "seconds", too; whoever reads its dashboards expects that. */
            write_figure(s, "_", t->suffix, prometheus_unit(contains, figure));
        }
    }
    return 0;
}

static int reserve(struct prometheus_write *w, size_t count) {
    if (count <= w->known_cap)
        return 0;
    size_t cap = w->known_cap ? w->known_cap : 256;
    while (cap < count)
        cap *= 2;
    uint64_t *known = realloc(w->known, cap * sizeof *known);
    if (!known)
        return -ENOMEM;
    memset(known + w->known_cap, 0, (cap - w->known_cap) * sizeof *known);
    w->known = known;
    w->known_cap = cap;
    return 0;
}

int prometheus_write_encode(struct prometheus_write *w, const struct run_state *r,
    enum prometheus_values which, int64_t wall_ms, size_t *at, struct buf *out, uint64_t *points) {
    const struct series_store *store = r->total->series;
    struct series_writer s = {.pb = protobuf_writer_of(out),
        .prefix = w->prefix,
        .wall_ms = wall_ms,
        .stale = which == PROMETHEUS_STALE};
    size_t count = series_store_count(store), from = out->len;
    int e = reserve(w, count);
    *points = 0;
    for (; e == 0 && *at < count && out->len - from < PROMETHEUS_WRITE_CHUNK; ++*at) {
        const struct series *one = series_store_at(store, *at);
        uint64_t n = prometheus_count(&one->sink), *known = &w->known[*at];
        bool wanted = s.stale ? *known > 0 : n && n != *known;
        if (!wanted || prometheus_hidden(metrics_name(r->total->metrics, one->metric)))
            continue;
        e = write_series(w, r, one, &s);
        e = e < 0 ? e : s.pb.error;
        ++*points;
        *known = n;
    }
    return e;
}
