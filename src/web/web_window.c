/* Windows of a run: curves, table, distribution. The ledger merges histograms, so all figures are of all
 * requests of the window. */
#include <math.h>
#include <stdlib.h>

#include "ledger/ledger_view.h"
#include "web/web_priv.h"

enum { WINDOW_POINTS = 600, WINDOW_ROWS = 1000, WINDOW_ROWS_MAX = 20000, WINDOW_BINS = 60 };

/* Five digits are what a histogram knows, and half as long as what a double could say. */
static double rounded(double v) {
    if (!isfinite(v) || v == 0 || floor(v) == v)
        return v;
    double per_unit = pow(10, 4 - floor(log10(fabs(v))));
    return per_unit > 1 ? round(v * per_unit) / per_unit : round(v);
}

static void number(struct json_writer *w, double v) {
    json_writer_double(w, rounded(v));
}

static void key_double(struct json_writer *w, const char *key, double v) {
    json_writer_key(w, view_of_cstr(key));
    number(w, v);
}

void web_window_write(struct json_writer *w, const struct ledger_window *window) {
    json_writer_key(w, VIEW("window"));
    json_writer_object(w);
    json_member_i64(w, "from", window->from_s);
    json_member_i64(w, "to", window->to_s);
    json_member_i64(w, "width_s", window->width_s);
    json_writer_end(w);
}

bool web_window_of(struct web_request *q, int64_t *from_s, int64_t *to_s) {
    if (!web_query_i64(q, "from", 0, 0, LEDGER_VIEW_END, from_s) ||
        !web_query_i64(q, "to", LEDGER_VIEW_END, 0, LEDGER_VIEW_END, to_s))
        return false;
    if (*from_s < *to_s)
        return true;
    (void)web_reply_error(
        &q->reply, "invalid", "from=%lld is not before to=%lld", (long long)*from_s, (long long)*to_s);
    return false;
}

struct ledger_view *web_window_view(struct web_request *q) {
    struct ledger_view *view = NULL;
    struct error err = ERROR_NULL;
    int64_t run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;

    if (!l)
        return NULL;
    int r = ledger_view_new(&view, l, run, &err);
    if (r < 0)
        (void)web_query_fail(q, &err);
    if (r == LEDGER_NOT_FOUND)
        (void)web_reply_error(&q->reply, "not_found", "There is no run %lld in this ledger.", (long long)run);
    return view;
}

/* ---- curves ---- */

/* X(key, value of point p) */
#define CURVES(X)                                                                                            \
    X("users", p->users)                                                                                     \
    X("rps", p->requests_per_s)                                                                              \
    X("fails_s", p->failures_per_s)                                                                          \
    X("p50", p->times.p50)                                                                                   \
    X("p95", p->times.p95)                                                                                   \
    X("p99", p->times.p99)                                                                                   \
    X("max", p->times.max)                                                                                   \
    X("bytes_s", p->bytes_per_s)

static void begin_curve(struct json_writer *w, const char *key) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_array(w);
}

void web_window_write_series(struct json_writer *w, const struct ledger_series *s) {
    const struct ledger_point *end = s->points + s->count;

    json_member_i64(w, "width_s", s->count ? s->points[0].width_s : s->window.width_s);
    begin_curve(w, "t");
    for (const struct ledger_point *p = s->points; p < end; p++)
        json_writer_i64(w, p->from_s);
    json_writer_end(w);
#define CURVE(key, value)                                                                                    \
    begin_curve(w, key);                                                                                     \
    for (const struct ledger_point *p = s->points; p < end; p++)                                             \
        number(w, value);                                                                                    \
    json_writer_end(w);
    CURVES(CURVE)
#undef CURVE
}

int web_window_series(struct web_request *q) {
    struct ledger_series_query query = {
        .method = web_query_text(q, "method"), .name = web_query_text(q, "name")};
    struct ledger_series s;
    struct error err = ERROR_NULL;
    int64_t points;

    if (!web_window_of(q, &query.from_s, &query.to_s) ||
        !web_query_i64(q, "points", WINDOW_POINTS, 2, LEDGER_VIEW_POINTS_MAX, &points))
        return 0;
    struct ledger_view *view = web_window_view(q);
    if (!view)
        return 0;
    query.points = (size_t)points;
    struct json_writer w = json_writer_of(&q->reply.body);
    int r = ledger_view_series(view, &query, &s, &err);
    if (r == 0) {
        json_writer_object(&w);
        web_window_write(&w, &s.window);
        web_window_write_series(&w, &s);
        web_runs_write_marks(&w, *q->ledger, web_query_run(q), query.from_s, query.to_s);
        json_writer_end(&w);
    }
    ledger_view_free(view);
    return r < 0 ? web_query_fail(q, &err) : json_writer_error(&w);
}

/* ---- table ---- */

/* X(column, value of row r) */
#define COLUMNS(X)                                                                                           \
    X("requests", (double)r->requests)                                                                       \
    X("failures", (double)r->failures)                                                                       \
    X("rps", r->requests_per_s)                                                                              \
    X("fails_s", r->failures_per_s)                                                                          \
    X("avg", r->times.avg)                                                                                   \
    X("min", r->times.min)                                                                                   \
    X("max", r->times.max)                                                                                   \
    X("p50", r->times.p50)                                                                                   \
    X("p90", r->times.p90)                                                                                   \
    X("p95", r->times.p95)                                                                                   \
    X("p99", r->times.p99)                                                                                   \
    X("bytes", r->bytes)

static double column_value(const struct ledger_row *r, size_t column) {
    const double values[] = {
#define VALUE(key, value) value,
        COLUMNS(VALUE)
#undef VALUE
    };
    return values[column];
}

static const char *const column_keys[] = {
#define KEY(key, value) key,
    COLUMNS(KEY)
#undef KEY
};
enum { COLUMN_COUNT = sizeof column_keys / sizeof *column_keys, COLUMN_NAME = COLUMN_COUNT, COLUMN_METHOD };

struct order {
    size_t column;
    bool down;
};

static bool order_of(struct web_request *q, struct order *out) {
    struct view text = web_query_text(q, "sort");

    out->down = text.len && text.ptr[0] == '-';
    text = view_drop(text, out->down);
    out->column = COLUMN_NAME;
    if (!text.len || view_eq(text, VIEW("name")))
        return true;
    out->column = COLUMN_METHOD;
    if (view_eq(text, VIEW("method")))
        return true;
    for (out->column = 0; out->column < COLUMN_COUNT; out->column++)
        if (view_eq(text, view_of_cstr(column_keys[out->column])))
            return true;
    (void)web_reply_error(&q->reply, "invalid", "sort=%.40s: there is no such column", text.ptr);
    return false;
}

static int compare_rows(const void *a, const void *b, void *ctx) {
    const struct ledger_row *x = a, *y = b;
    const struct order *o = ctx;
    int c = 0;

    if (o->column == COLUMN_METHOD) {
        c = view_cmp(x->method, y->method);
    } else if (o->column < COLUMN_COUNT) {
        double p = column_value(x, o->column), s = column_value(y, o->column);
        if (isnan(p) || isnan(s))
            return isnan(p) - isnan(s); /* what is not known comes last, up or down */
        c = (p > s) - (p < s);
    }
    c = o->down ? -c : c;
    if (c)
        return c;
    c = view_cmp(x->name, y->name);
    c = c ? c : view_cmp(x->method, y->method);
    return o->down && o->column == COLUMN_NAME ? -c : c;
}

static void write_row(struct json_writer *w, const struct ledger_row *r, struct view name) {
    json_writer_object(w);
    json_writer_key(w, VIEW("method"));
    json_writer_string(w, r->method);
    json_writer_key(w, VIEW("name"));
    json_writer_string(w, name);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        key_double(w, column_keys[i], column_value(r, i));
    json_writer_end(w);
}

static bool has_nocase(struct view text, struct view piece) {
    for (size_t i = 0; i + piece.len <= text.len; i++)
        if (view_eq_nocase(view_of(text.ptr + i, piece.len), piece))
            return true;
    return false;
}

static void write_table(struct web_request *q, struct ledger_table *t, int64_t limit, struct order order) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct view filter = web_query_text(q, "filter");
    int64_t fitting = 0;

    if (t->count)
        qsort_r(t->rows, t->count, sizeof *t->rows, compare_rows, &order);
    json_writer_object(&w);
    web_window_write(&w, &t->window);
    json_member_array(&w, "rows");
    for (size_t i = 0; i < t->count; i++) {
        const struct ledger_row *r = &t->rows[i];
        if (filter.len && !has_nocase(r->name, filter) && !has_nocase(r->method, filter))
            continue;
        if (fitting++ < limit)
            write_row(&w, r, r->name);
    }
    json_writer_end(&w);
    json_member_i64(&w, "rows_total", fitting);
    json_writer_key(&w, VIEW("total"));
    write_row(&w, &t->total, VIEW("Aggregated"));
    json_writer_end(&w);
    if (json_writer_error(&w) < 0)
        (void)web_reply_error(&q->reply, "internal", "%s", error_name(json_writer_error(&w)));
}

int web_window_table(struct web_request *q) {
    struct ledger_table t;
    struct order order;
    struct error err = ERROR_NULL;
    int64_t from_s, to_s, limit;

    if (!web_window_of(q, &from_s, &to_s) || !order_of(q, &order) ||
        !web_query_i64(q, "limit", WINDOW_ROWS, 1, WINDOW_ROWS_MAX, &limit))
        return 0;
    struct ledger_view *view = web_window_view(q);
    if (!view)
        return 0;
    int r = ledger_view_table(view, from_s, to_s, &t, &err);
    if (r == 0)
        write_table(q, &t, limit, order);
    ledger_view_free(view);
    return r < 0 ? web_query_fail(q, &err) : 0;
}

/* ---- distribution ---- */

static void write_bins(struct json_writer *w, const struct ledger_bins *b) {
    json_writer_object(w);
    web_window_write(w, &b->window);
    json_member_i64(w, "count", (int64_t)b->total);
    begin_curve(w, "bounds");
    for (size_t i = 0; b->count && i <= b->count; i++)
        number(w, b->bounds[i]);
    json_writer_end(w);
    begin_curve(w, "counts");
    for (size_t i = 0; i < b->count; i++)
        json_writer_u64(w, b->counts[i]);
    json_writer_end(w);
    json_writer_end(w);
}

int web_window_histogram(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_bins b;
    struct error err = ERROR_NULL;
    int64_t from_s, to_s;

    if (!web_window_of(q, &from_s, &to_s))
        return 0;
    struct ledger_view *view = web_window_view(q);
    if (!view)
        return 0;
    int r = ledger_view_histogram(
        view, from_s, to_s, web_query_text(q, "method"), web_query_text(q, "name"), WINDOW_BINS, &b, &err);
    if (r == 0)
        write_bins(&w, &b);
    ledger_view_free(view);
    return r < 0 ? web_query_fail(q, &err) : json_writer_error(&w);
}
