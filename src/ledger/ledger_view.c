/* One run's frames, merged and cut into rows.
 *
 * Which metrics count as requests depends on the tool: Locust's own (stats/request_metric.h) or k6's. Series
 * that differ in other tags (status, scenario …) belong to one row: all parts of all rows are listed, sorted
 * by endpoint, and added up in one sweep. As a rule a row's times are one series, whose histogram is then
 * read in place. */
#include "ledger/ledger_view.h"

#include "ledger/ledger_priv.h"
#include "ledger/ledger_run.h"
#include "ledger/ledger_view_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { BUCKETS_PER_BIN_MIN = 2 };
#define US_PER_S 1e6
#define SLIVER_S 0.25

static const struct {
    struct view k6, locust;
} part_metrics[LEDGER_PARTS] = {
    [LEDGER_PART_REQUESTS] = {VIEW("http_reqs"), VIEW("request_bytes")},
    [LEDGER_PART_FAILURES] = {VIEW("http_req_failed"), VIEW("request_failures")},
    [LEDGER_PART_TIMES] = {VIEW("http_req_duration"), VIEW("request_duration")},
    [LEDGER_PART_BYTES] = {VIEW("data_received"), VIEW("request_bytes")},
};

/* --- life --- */

static int see_run(void *ctx, const struct ledger_run *r) {
    struct ledger_view *v = ctx;
    v->locust = view_eq(r->tool, VIEW("locust"));
    return 0;
}

int ledger_view_no_memory(struct error *err) {
    return error_set(err, -ENOMEM, "out of memory");
}

/* Of all that a frame holds the view needs little. Locust's metrics are no builtins. */
static int want(struct ledger_view *v) {
    static const struct {
        struct view name;
        enum metric_type type;
        enum metric_contains contains;
    } locusts[] = {{VIEW("request_duration"), METRIC_TREND, METRIC_TIME},
        {VIEW("request_bytes"), METRIC_COUNTER, METRIC_DATA},
        {VIEW("request_failures"), METRIC_COUNTER, METRIC_DEFAULT}};
    static const metric_id k6s[] = {
        METRIC_HTTP_REQS, METRIC_HTTP_REQ_FAILED, METRIC_HTTP_REQ_DURATION, METRIC_DATA_RECEIVED};

    v->wanted[v->wanted_count++] = METRIC_CHECKS;
    v->wanted[v->wanted_count++] = METRIC_ITERATIONS;
    for (size_t i = 0; i < sizeof k6s / sizeof *k6s && !v->locust; i++)
        v->wanted[v->wanted_count++] = k6s[i];
    for (size_t i = 0; i < sizeof locusts / sizeof *locusts && v->locust; i++) {
        int r = metrics_register(
            v->metrics, locusts[i].name, locusts[i].type, locusts[i].contains, &v->wanted[v->wanted_count++]);
        if (r < 0)
            return r;
    }
    series_store_read_only(v->table_store, v->wanted, v->wanted_count);
    series_store_read_only(v->store, v->wanted, v->wanted_count);
    return 0;
}

static int make(struct ledger_view *v) {
    int r = metrics_new(&v->metrics);
    r = r < 0 ? r : tags_new(&v->tags, 0);
    r = r < 0 ? r : series_store_new(&v->table_store, v->metrics, v->tags);
    r = r < 0 ? r : series_store_new(&v->store, v->metrics, v->tags);
    return r < 0 ? r : want(v);
}

int ledger_view_new(struct ledger_view **out, struct ledger *l, int64_t run, struct error *err) {
    struct ledger_view *v = calloc(1, sizeof *v);

    *out = NULL;
    if (!v)
        return ledger_view_no_memory(err);
    v->ledger = l;
    v->run = run;
    arena_init(&v->failure_texts, LEDGER_VIEW_ARENA_BYTES_MAX);
    arena_init(&v->exception_texts, LEDGER_VIEW_ARENA_BYTES_MAX);
    int r = ledger_run_get(l, run, see_run, v, err);
    if (r == LEDGER_OK && make(v) < 0)
        r = ledger_view_no_memory(err);
    if (r == LEDGER_OK)
        *out = v;
    else
        ledger_view_free(v);
    return r;
}

static void free_rows(struct ledger_view *v) {
    for (size_t i = 0; i < v->row_count; i++)
        histogram_deinit(&v->merged[i]);
    histogram_deinit(&v->total);
    v->row_count = 0;
}

struct ledger_view *ledger_view_free(struct ledger_view *v) {
    if (!v)
        return NULL;
    free_rows(v);
    free(v->rows);
    free(v->merged);
    free(v->points);
    free(v->bounds);
    free(v->counts);
    free(v->checks);
    free(v->failures);
    free(v->exceptions);
    arena_deinit(&v->failure_texts);
    arena_deinit(&v->exception_texts);
    evidence_store_free(v->failure_evidence);
    evidence_store_free(v->exception_evidence);
    series_store_free(v->table_store);
    series_store_free(v->store);
    tags_free(v->tags);
    metrics_free(v->metrics);
    free(v);
    return NULL;
}

/* --- windows --- */

int ledger_view_window(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_window *out, struct error *err) {
    struct ledger_window span;
    int r = ledger_frames_span(v->ledger, v->run, &span, err);

    *out = (struct ledger_window){.from_s = from_s > 0 ? from_s : 0, .to_s = 0, .width_s = 0};
    if (r < 0)
        return r;
    if (r == LEDGER_OK)
        out->to_s = to_s < span.to_s ? to_s : span.to_s;
    if (out->to_s > out->from_s)
        out->width_s = 1;
    else
        out->to_s = out->from_s;
    return 0;
}

int ledger_view_collect(
    struct ledger_view *v, struct ledger_window *w, struct series_store *into, struct error *err) {
    struct ledger_window seen;

    series_store_reset(into);
    if (w->width_s == 0)
        return 0;
    int r = ledger_frames_collect(v->ledger, v->run, w->from_s, w->to_s, into, &seen, err);
    w->width_s = r == 0 ? seen.width_s : 0;
    if (w->width_s) { /* frames at its edges may be wider than what was asked */
        w->from_s = seen.from_s < w->from_s ? seen.from_s : w->from_s;
        w->to_s = seen.to_s > w->to_s ? seen.to_s : w->to_s;
    }
    return r;
}

/* How long the load had gone on when it was told last; 0 = not known. */
static int elapsed(struct ledger_view *v, double *out_s, struct error *err) {
    sqlite3_stmt *s = ledger_statement(
        v->ledger, "SELECT elapsed_us FROM seconds WHERE run = ?1 ORDER BY second DESC LIMIT 1");
    if (!s)
        return ledger_fail(v->ledger, err);
    sqlite3_bind_int64(s, 1, v->run);
    *out_s = sqlite3_step(s) == SQLITE_ROW ? (double)sqlite3_column_int64(s, 0) / US_PER_S : 0;
    sqlite3_reset(s);
    return 0;
}

/* Of that the part that has been: the newest second is rarely a whole one. */
static double width_of(int64_t from_s, int64_t to_s, double elapsed_s) {
    double whole = (double)(to_s - from_s), had = elapsed_s - (double)from_s;
    return had > whole - 1 && had < whole && had > 0 ? had : whole;
}

/* --- figures --- */

bool ledger_view_metric(const struct ledger_view *v, enum ledger_part part, metric_id *out) {
    return metrics_find(v->metrics, v->locust ? part_metrics[part].locust : part_metrics[part].k6, out);
}

uint64_t ledger_view_count(const struct ledger_view *v, enum ledger_part part, const struct sink *s) {
    if (s->type == METRIC_RATE)
        return s->rate.hits;
    if (s->type != METRIC_COUNTER)
        return 0;
    return part == LEDGER_PART_REQUESTS && v->locust ? s->counter.count : (uint64_t)fmax(0, s->counter.sum);
}

static struct ledger_times times_of(const struct histogram *h) {
    if (!h->count)
        return (struct ledger_times){
            (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN, (double)NAN};
    return (struct ledger_times){.avg = histogram_mean(h),
        .min = h->min,
        .max = h->max,
        .p50 = histogram_percentile(h, 0.5),
        .p90 = histogram_percentile(h, 0.9),
        .p95 = histogram_percentile(h, 0.95),
        .p99 = histogram_percentile(h, 0.99)};
}

/* --- the table --- */

struct piece {
    struct view method, name;
    enum ledger_part part;
    const struct series *series;
};
struct pieces {
    struct piece *items;
    size_t count, cap;
};

static int add_piece(struct pieces *p, struct piece one) {
    if (p->count == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 256;
        struct piece *items = realloc(p->items, cap * sizeof *items);
        if (!items)
            return -ENOMEM;
        p->items = items;
        p->cap = cap;
    }
    p->items[p->count++] = one;
    return 0;
}

static int list_pieces(struct ledger_view *v, struct pieces *p) {
    for (int part = 0; part < LEDGER_PARTS; part++) {
        metric_id id;
        if (!ledger_view_metric(v, (enum ledger_part)part, &id))
            continue;
        for (const struct series *s = series_store_first(v->table_store, id); s; s = s->next_alike) {
            struct view name = tags_get(v->tags, s->tags, VIEW("name"));
            if (sink_empty(&s->sink) || (part == LEDGER_PART_BYTES && !name.ptr))
                continue;
            int r = add_piece(p, (struct piece){.method = tags_get(v->tags, s->tags, VIEW("method")),
                                     .name = name.ptr ? name : tags_get(v->tags, s->tags, VIEW("url")),
                                     .part = (enum ledger_part)part,
                                     .series = s});
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int by_endpoint(const void *a, const void *b) {
    const struct piece *x = a, *y = b;
    int c = view_cmp(x->name, y->name);
    return c ? c : view_cmp(x->method, y->method);
}

static int new_row(struct ledger_view *v, struct view method, struct view name, struct ledger_row **out) {
    static const struct histogram nothing;
    if (v->row_count == v->row_cap) {
        size_t cap = v->row_cap ? 2 * v->row_cap : 64;
        struct ledger_row *rows = realloc(v->rows, cap * sizeof *rows);
        v->rows = rows ? rows : v->rows;
        struct histogram *merged = realloc(v->merged, cap * sizeof *merged);
        v->merged = merged ? merged : v->merged;
        if (!rows || !merged)
            return -ENOMEM;
        v->row_cap = cap;
    }
    v->merged[v->row_count] = HISTOGRAM_NULL;
    *out = &v->rows[v->row_count++];
    **out = (struct ledger_row){.method = method, .name = name, .bytes = (double)NAN, .histogram = &nothing};
    return 0;
}

static int add_times(struct ledger_view *v, struct ledger_row *row, const struct histogram *h) {
    struct histogram *merged = &v->merged[row - v->rows];
    int r = 0;
    if (row->histogram->count == 0) {
        row->histogram = h;
        return 0;
    }
    if (merged->count == 0)
        r = histogram_merge(merged, row->histogram);
    r = r < 0 ? r : histogram_merge(merged, h);
    return r;
}

static int add_to_row(struct ledger_view *v, struct ledger_row *row, const struct piece *p) {
    const struct sink *s = &p->series->sink;
    switch (p->part) {
    case LEDGER_PART_REQUESTS: row->requests += ledger_view_count(v, p->part, s); break;
    case LEDGER_PART_FAILURES: row->failures += ledger_view_count(v, p->part, s); break;
    case LEDGER_PART_BYTES:
        row->bytes = (isnan(row->bytes) ? 0 : row->bytes) + (s->type == METRIC_COUNTER ? s->counter.sum : 0);
        break;
    case LEDGER_PART_TIMES: return s->type == METRIC_TREND ? add_times(v, row, &s->trend) : 0;
    }
    return 0;
}

static int sweep(struct ledger_view *v, const struct pieces *p) {
    struct ledger_row *row = NULL;
    int r = 0;
    for (size_t i = 0; i < p->count && r == 0; i++) {
        if (i == 0 || by_endpoint(&p->items[i - 1], &p->items[i]) != 0)
            r = new_row(v, p->items[i].method, p->items[i].name, &row);
        r = r < 0 ? r : add_to_row(v, row, &p->items[i]);
    }
    return r;
}

static double all_bytes(struct ledger_view *v) {
    metric_id id;
    double bytes = 0;
    if (!ledger_view_metric(v, LEDGER_PART_BYTES, &id))
        return (double)NAN;
    for (const struct series *s = series_store_first(v->table_store, id); s; s = s->next_alike)
        bytes += s->sink.type == METRIC_COUNTER ? s->sink.counter.sum : 0;
    return bytes;
}

static void finish_row(struct ledger_row *row, double width_s) {
    row->requests_per_s = width_s > 0 ? (double)row->requests / width_s : 0;
    row->failures_per_s = width_s > 0 ? (double)row->failures / width_s : 0;
    row->times = times_of(row->histogram);
}

static int add_up(struct ledger_view *v, struct ledger_table *t, double elapsed_s) {
    double width_s = t->window.width_s ? width_of(t->window.from_s, t->window.to_s, elapsed_s) : 0;
    t->total = (struct ledger_row){
        .method = VIEW(""), .name = VIEW(""), .bytes = all_bytes(v), .histogram = &v->total};
    for (size_t i = 0; i < v->row_count; i++) {
        struct ledger_row *row = &v->rows[i];
        row->histogram = v->merged[i].count ? &v->merged[i] : row->histogram; /* rows may have moved */
        t->total.requests += row->requests;
        t->total.failures += row->failures;
        if (histogram_merge(&v->total, row->histogram) < 0)
            return -ENOMEM;
        finish_row(row, width_s);
    }
    finish_row(&t->total, width_s);
    t->rows = v->rows;
    t->count = v->row_count;
    return 0;
}

int ledger_view_table(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct ledger_table *out, struct error *err) {
    struct pieces p = {0};
    double elapsed_s;

    *out = (struct ledger_table){0};
    free_rows(v);
    int r = ledger_view_window(v, from_s, to_s, &out->window, err);
    r = r < 0 ? r : elapsed(v, &elapsed_s, err);
    r = r < 0 ? r : ledger_view_collect(v, &out->window, v->table_store, err);
    if (r < 0)
        return r;
    r = list_pieces(v, &p);
    if (p.count)
        qsort(p.items, p.count, sizeof *p.items, by_endpoint);
    r = r < 0 ? r : sweep(v, &p);
    r = r < 0 ? r : add_up(v, out, elapsed_s);
    free(p.items);
    return r < 0 ? ledger_view_no_memory(err) : 0;
}

/* --- curves --- */

struct drawing {
    struct ledger_view *v;
    const struct ledger_series_query *q;
    struct ledger_window window;
    int64_t step_s, next_s; /* where the next point begins */
    double elapsed_s;
    size_t count, cap;
    struct tag filter[2];
    size_t filters;
};

static struct ledger_point *new_point(struct drawing *d, int64_t from_s, int64_t width_s) {
    struct ledger_point *p = d->count < d->cap ? &d->v->points[d->count++] : NULL;
    if (p)
        *p = (struct ledger_point){
            .from_s = from_s, .width_s = width_s, .users = (double)NAN, .times = times_of(&HISTOGRAM_NULL)};
    d->next_s = from_s + width_s;
    return p;
}

/* Stretches in which nothing happened are points, too. */
static void fill(struct drawing *d, int64_t to_s) {
    while (d->next_s < to_s && d->count < d->cap)
        new_point(d, d->next_s, d->step_s);
}

static int value_of(
    struct drawing *d, enum ledger_part part, const struct series_store *frame, struct sink *out) {
    metric_id id;
    sink_init(out, METRIC_COUNTER);
    if (!ledger_view_metric(d->v, part, &id))
        return 0;
    return series_store_collect(
        frame, id, d->filter, part == LEDGER_PART_BYTES && !d->v->locust ? 0 : d->filters, out);
}

static int iterations_of(struct drawing *d, const struct series_store *frame, uint64_t *out) {
    struct sink s;
    int r = series_store_collect(frame, METRIC_ITERATIONS, NULL, 0, &s);
    (void)d;
    *out = r == 0 ? (uint64_t)s.counter.sum : 0;
    return r;
}

static int draw(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame) {
    struct drawing *d = ctx;
    struct sink parts[LEDGER_PARTS] = {0};
    int r = 0;

    fill(d, start_s);
    struct ledger_point *p = new_point(d, start_s, width_s);
    if (!p)
        return 0;
    for (int i = 0; i < LEDGER_PARTS && r == 0; i++)
        r = value_of(d, (enum ledger_part)i, frame, &parts[i]);
    r = r < 0 ? r : iterations_of(d, frame, &p->iterations);
    double width = width_of(start_s, start_s + width_s, d->elapsed_s);
    p->requests = ledger_view_count(d->v, LEDGER_PART_REQUESTS, &parts[LEDGER_PART_REQUESTS]);
    p->failures = ledger_view_count(d->v, LEDGER_PART_FAILURES, &parts[LEDGER_PART_FAILURES]);
    p->requests_per_s = (double)p->requests / width;
    p->failures_per_s = (double)p->failures / width;
    p->iterations_per_s = (double)p->iterations / width;
    p->bytes_per_s =
        parts[LEDGER_PART_BYTES].type == METRIC_COUNTER ? parts[LEDGER_PART_BYTES].counter.sum / width : 0;
    if (parts[LEDGER_PART_TIMES].type == METRIC_TREND)
        p->times = times_of(&parts[LEDGER_PART_TIMES].trend);
    for (int i = 0; i < LEDGER_PARTS; i++)
        sink_deinit(&parts[i]);
    return r;
}

/* The most users in each point. */
static int draw_users(struct drawing *d, struct error *err) {
    sqlite3_stmt *s = ledger_statement(d->v->ledger,
        "SELECT second / ?4 * ?4, max(users) FROM seconds WHERE run = ?1 AND second >= ?2 AND second < ?3"
        " GROUP BY second / ?4 ORDER BY 1");
    size_t at = 0;
    int code;
    if (!s)
        return ledger_fail(d->v->ledger, err);
    sqlite3_bind_int64(s, 1, d->v->run);
    sqlite3_bind_int64(s, 2, d->window.from_s);
    sqlite3_bind_int64(s, 3, d->window.to_s);
    sqlite3_bind_int64(s, 4, d->step_s);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t second = sqlite3_column_int64(s, 0);
        double users = sqlite3_column_double(s, 1);
        while (at < d->count && d->v->points[at].from_s + d->v->points[at].width_s <= second)
            at++;
        if (at < d->count && !(d->v->points[at].users >= users))
            d->v->points[at].users = users;
    }
    sqlite3_reset(s);
    return code == SQLITE_DONE ? 0 : ledger_fail(d->v->ledger, err);
}

/* A last point of few milliseconds has rates that mean nothing. */
static void drop_sliver(struct drawing *d) {
    const struct ledger_point *last = d->count ? &d->v->points[d->count - 1] : NULL;
    if (d->count > 1 && width_of(last->from_s, last->from_s + last->width_s, d->elapsed_s) < SLIVER_S)
        d->count--;
}

static int draw_all(struct drawing *d, size_t points, struct error *err) {
    const struct ledger_series_query *q = d->q;
    bool whole = !q->method.len && !q->name.len;
    int r;

    d->filter[d->filters] = (struct tag){VIEW("name"), q->name};
    d->filters += whole ? 0 : 1;
    d->filter[d->filters] = (struct tag){VIEW("method"), q->method};
    d->filters += q->method.len ? 1 : 0;
    series_store_reset(d->v->store);
    r = (whole ? ledger_frames_each_total : ledger_frames_each)(
        d->v->ledger, d->v->run, d->window.from_s, d->window.to_s, points, d->v->store, draw, d, err);
    if (r == 0)
        fill(d, d->window.to_s);
    drop_sliver(d);
    return r < 0 ? r : draw_users(d, err);
}

int ledger_view_series(struct ledger_view *v, const struct ledger_series_query *q, struct ledger_series *out,
    struct error *err) {
    size_t points = q->points && q->points < LEDGER_VIEW_POINTS_MAX ? q->points : LEDGER_VIEW_POINTS_MAX;
    struct drawing d = {.v = v, .q = q};

    *out = (struct ledger_series){0};
    int r = ledger_view_window(v, q->from_s, q->to_s, &d.window, err);
    r = r < 0 ? r : elapsed(v, &d.elapsed_s, err);
    out->window = d.window;
    if (r < 0 || d.window.width_s == 0)
        return r;
    d.step_s = ledger_frames_width_s(d.window.from_s, d.window.to_s, points);
    d.next_s = d.window.from_s / d.step_s * d.step_s;
    d.cap = (size_t)((d.window.to_s - d.next_s + d.step_s - 1) / d.step_s) + 1;
    struct ledger_point *fresh = realloc(v->points, d.cap * sizeof *fresh);
    if (!fresh)
        return ledger_view_no_memory(err);
    v->points = fresh;
    r = draw_all(&d, points, err);
    out->window.width_s = d.step_s;
    out->points = v->points;
    out->count = d.count;
    return r;
}

/* --- distributions --- */

static int take_times(struct ledger_view *v, struct view method, struct view name, struct sink *out) {
    struct tag filter[2] = {{VIEW("name"), name}, {VIEW("method"), method}};
    metric_id id;
    sink_init(out, METRIC_TREND);
    if (!ledger_view_metric(v, LEDGER_PART_TIMES, &id))
        return 0;
    size_t filters = method.len ? 2 : name.len ? 1 : 0;
    return series_store_collect(v->store, id, filter, filters, out);
}

/* Zeros and whatever lies below the first bound go into the first bin. */
static void sort_into(const double *bounds, uint64_t *counts, size_t n, const struct histogram *h) {
    double low = bounds[0] > 0 ? bounds[0] : bounds[1], span = log(bounds[n] / low);
    counts[0] += h->zeros;
    for (uint32_t p = 0; p < h->page_count; p++)
        for (int32_t k = 0; k < HISTOGRAM_PAGE_BUCKETS; k++) {
            double value = histogram_bucket_value(h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + k);
            size_t at = 0;
            if (!h->pages[p]->counts[k])
                continue;
            if (value > bounds[0] && span > 0)
                at = (size_t)fmax(0, (double)n * log(value / low) / span);
            counts[at < n ? at : n - 1] += h->pages[p]->counts[k];
        }
}

size_t ledger_bins_of(const struct histogram *h, size_t bins, double *bounds, uint64_t *counts) {
    double low = h->min > 0 ? h->min : histogram_percentile(h, 0.01), high = h->max;
    if (!h->count)
        return 0;
    low = low > 0 ? low : high / 1000;
    bins = bins < 2 ? 2 : bins > LEDGER_VIEW_BINS_MAX ? LEDGER_VIEW_BINS_MAX : bins;
    /* Bins narrower than buckets would be empty by turns. */
    double octaves = high > low && low > 0 ? log2(high / low) : 0, most = octaves * 512 / BUCKETS_PER_BIN_MIN;
    bins = (double)bins > most ? (size_t)fmax(1, most) : bins;
    for (size_t i = 0; i <= bins; i++)
        bounds[i] = octaves > 0 ? low * pow(high / low, (double)i / (double)bins) : i ? high : h->min;
    bounds[bins] = high;
    memset(counts, 0, bins * sizeof *counts);
    sort_into(bounds, counts, bins, h);
    return bins;
}

static int make_bins(struct ledger_view *v, const struct histogram *h, size_t bins, struct ledger_bins *out) {
    if (!v->bounds)
        v->bounds = calloc(LEDGER_VIEW_BINS_MAX + 1, sizeof *v->bounds);
    if (!v->counts)
        v->counts = calloc(LEDGER_VIEW_BINS_MAX, sizeof *v->counts);
    if (!v->bounds || !v->counts)
        return -ENOMEM;
    out->count = ledger_bins_of(h, bins, v->bounds, v->counts);
    out->total = h->count;
    out->bounds = v->bounds;
    out->counts = v->counts;
    return 0;
}

int ledger_view_histogram(struct ledger_view *v, int64_t from_s, int64_t to_s, struct view method,
    struct view name, size_t bins, struct ledger_bins *out, struct error *err) {
    struct sink times;

    *out = (struct ledger_bins){0};
    int r = ledger_view_window(v, from_s, to_s, &out->window, err);
    r = r < 0 ? r : ledger_view_collect(v, &out->window, v->store, err);
    if (r < 0)
        return r;
    r = take_times(v, method, name, &times);
    if (r == 0 && times.trend.count)
        r = make_bins(v, &times.trend, bins, out);
    sink_deinit(&times);
    return r < 0 ? ledger_view_no_memory(err) : 0;
}
