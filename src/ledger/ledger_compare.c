/* Each run is walked once, in pieces (frames): every piece gives each endpoint a histogram and a pair of
 * counts. Endpoints are found by their tag set, so a series is looked up by name only once. */
#include "ledger/ledger_compare.h"

#include "ledger/ledger_view_priv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

const double ledger_compare_quantiles[LEDGER_COMPARE_QUANTILES] = {0.5, 0.95, 0.99};

#define ERRORS_MATTER 0.005 /* of all requests */
#define CONFIDENCE    0.99
#define TAIL_WIDTH    8
enum { COMPARE_SEED = 1, WORDS_ENDPOINTS = 3, NOBODY = UINT32_MAX };

/* One run in pieces; endpoint `count` is all of them together. */
struct course {
    struct ledger_view *view;
    const struct ledger_compared *rows;
    size_t count;
    uint32_t *endpoint_of; /* by tag set; 0 = not asked yet, else endpoint + 1, NOBODY = none */
    size_t endpoint_cap;
    size_t pieces, cap;
    struct histogram *times;        /* [endpoint * cap + piece] */
    struct comparison_part *errors; /* the same */
    struct comparison_part *rates;  /* the same */
};

static void course_deinit(struct course *c) {
    for (size_t i = 0; c->times && i < (c->count + 1) * c->cap; i++)
        histogram_deinit(&c->times[i]);
    free(c->times);
    free(c->errors);
    free(c->rates);
    free(c->endpoint_of);
}

static uint32_t look_up(struct course *c, tagset_id tags) {
    struct view method = tags_get(c->view->tags, tags, VIEW("method")),
                name = tags_get(c->view->tags, tags, VIEW("name"));
    for (size_t i = 0; i < c->count; i++)
        if (view_eq(c->rows[i].name, name) && view_eq(c->rows[i].method, method))
            return (uint32_t)i + 1;
    return NOBODY;
}

/* NOBODY = not among those that are compared. -ENOMEM is NOBODY, too: the run's total tells. */
static uint32_t endpoint_of(struct course *c, tagset_id tags) {
    if (tags >= c->endpoint_cap) {
        size_t cap = (size_t)tags * 2 + 64;
        uint32_t *more = realloc(c->endpoint_of, cap * sizeof *more);
        if (!more)
            return NOBODY;
        memset(more + c->endpoint_cap, 0, (cap - c->endpoint_cap) * sizeof *more);
        c->endpoint_of = more;
        c->endpoint_cap = cap;
    }
    if (!c->endpoint_of[tags])
        c->endpoint_of[tags] = look_up(c, tags);
    return c->endpoint_of[tags] == NOBODY ? NOBODY : c->endpoint_of[tags] - 1;
}

static int add_series(struct course *c, enum ledger_part part, size_t at, const struct sink *s) {
    if (part == LEDGER_PART_TIMES)
        return s->type == METRIC_TREND ? histogram_merge(&c->times[at], &s->trend) : 0;
    double n = (double)ledger_view_count(c->view, part, s);
    if (part == LEDGER_PART_FAILURES) {
        c->errors[at].of += n;
    } else {
        c->errors[at].total += n;
        c->rates[at].of += n;
    }
    return 0;
}

static int add_piece(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame) {
    static const enum ledger_part parts[] = {LEDGER_PART_REQUESTS, LEDGER_PART_FAILURES, LEDGER_PART_TIMES};
    struct course *c = ctx;
    size_t piece = c->pieces;
    (void)start_s;

    if (piece == c->cap)
        return 0;
    c->pieces++;
    for (size_t e = 0; e <= c->count; e++)
        c->rates[e * c->cap + piece].total = (double)width_s;
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        metric_id id;
        if (!ledger_view_metric(c->view, parts[p], &id))
            continue;
        for (const struct series *s = series_store_first(frame, id); s; s = s->next_alike) {
            uint32_t e = sink_empty(&s->sink) ? NOBODY : endpoint_of(c, s->tags);
            int r = sink_empty(&s->sink) ? 0 : add_series(c, parts[p], c->count * c->cap + piece, &s->sink);
            r = r < 0 || e == NOBODY ? r : add_series(c, parts[p], e * c->cap + piece, &s->sink);
            if (r < 0)
                return r;
        }
    }
    return 0;
}

static int course_init(struct course *c, struct ledger_view *v, const struct ledger_comparison *of,
    int64_t from_s, int64_t to_s, struct error *err) {
    struct ledger_window w;
    int r = ledger_view_window(v, from_s, to_s ? to_s : LEDGER_VIEW_END, &w, err);

    *c = (struct course){.view = v, .rows = of->rows, .count = of->count, .cap = COMPARISON_PIECES_MAX};
    size_t cells = (c->count + 1) * c->cap;
    c->times = calloc(cells, sizeof *c->times);
    c->errors = calloc(cells, sizeof *c->errors);
    c->rates = calloc(cells, sizeof *c->rates);
    if (r == 0 && (!c->times || !c->errors || !c->rates))
        r = ledger_view_no_memory(err);
    if (r < 0 || !w.width_s)
        return r;
    series_store_reset(v->store);
    r = ledger_frames_each(v->ledger, v->run, w.from_s, w.to_s, c->cap, v->store, add_piece, c, err);
    /* The last piece is rarely a whole one; its rate would be none. */
    if (c->pieces > 1)
        for (size_t e = 0; e <= c->count; e++)
            c->rates[e * c->cap + c->pieces - 1] = (struct comparison_part){0, 0};
    return r;
}

/* --- one endpoint --- */

static int compare_times(const struct course c[2], size_t at, const struct ledger_compare_options *o,
    double confidence, struct ledger_compared *out) {
    const struct histogram *pieces[2][COMPARISON_PIECES_MAX];
    struct comparison_run runs[2];
    int r = 0;

    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < c[k].pieces; i++)
            pieces[k][i] = &c[k].times[at * c[k].cap + i];
        runs[k] = (struct comparison_run){pieces[k], c[k].pieces};
    }
    for (size_t q = 0; q < LEDGER_COMPARE_QUANTILES && r == 0; q++)
        r = comparison_of(&runs[0], &runs[1],
            &(struct comparison_options){.fraction = ledger_compare_quantiles[q],
                .confidence = confidence,
                .matters = o->matters,
                .matters_least = o->matters_least_ms > 0 ? o->matters_least_ms : 0.5,
                .seed = COMPARE_SEED},
            &out->quantiles[q]);
    return r;
}

/* More requests per second are better: the other way round. */
static enum comparison_verdict turned(enum comparison_verdict v) {
    return v == COMPARISON_SLOWER ? COMPARISON_FASTER : v == COMPARISON_FASTER ? COMPARISON_SLOWER : v;
}

static int compare_row(const struct course c[2], size_t at, const struct ledger_compare_options *o,
    double confidence, struct ledger_compared *out) {
    struct comparison_shares errors[2], rates[2];
    struct comparison_options with = {
        .confidence = confidence, .matters_least = ERRORS_MATTER, .seed = COMPARE_SEED};

    for (int k = 0; k < 2; k++) {
        errors[k] = (struct comparison_shares){c[k].errors + at * c[k].cap, c[k].pieces};
        rates[k] = (struct comparison_shares){c[k].rates + at * c[k].cap, c[k].pieces};
    }
    int r = compare_times(c, at, o, confidence, out);
    r = r < 0 ? r : comparison_of_shares(&errors[0], &errors[1], &with, &out->errors);
    with.matters_least = 0;
    r = r < 0 ? r : comparison_of_shares(&rates[0], &rates[1], &with, &out->rate);
    out->rate.verdict = turned(out->rate.verdict);
    return r;
}

/* --- which endpoints --- */

static const struct ledger_row *find_row(const struct ledger_table *t, const struct ledger_row *like) {
    size_t lo = 0, hi = t->count;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = view_cmp(t->rows[mid].name, like->name);
        c = c ? c : view_cmp(t->rows[mid].method, like->method);
        if (c == 0)
            return &t->rows[mid];
        lo = c < 0 ? mid + 1 : lo;
        hi = c < 0 ? hi : mid;
    }
    return NULL;
}

static int by_requests(const void *a, const void *b) {
    const struct ledger_compared *x = a, *y = b;
    return x->requests[0] != y->requests[0] ? (x->requests[0] < y->requests[0] ? 1 : -1) : 0;
}

static int by_endpoint(const void *a, const void *b) {
    const struct ledger_compared *x = a, *y = b;
    int c = view_cmp(x->name, y->name);
    return c ? c : view_cmp(x->method, y->method);
}

static int pick_rows(struct ledger_comparison *c, const struct ledger_table t[2], struct error *err) {
    c->rows = calloc(t[0].count + 1, sizeof *c->rows);
    if (!c->rows)
        return ledger_view_no_memory(err);
    for (size_t i = 0; i < t[0].count; i++) {
        const struct ledger_row *a = &t[0].rows[i], *b = find_row(&t[1], a);
        if (b)
            c->rows[c->count++] = (struct ledger_compared){
                .method = a->method, .name = a->name, .requests = {a->requests, b->requests}};
    }
    c->only_before = t[0].count - c->count;
    c->only_after = t[1].count - c->count;
    if (c->count > LEDGER_COMPARE_ENDPOINTS_MAX) {
        qsort(c->rows, c->count, sizeof *c->rows, by_requests);
        c->left_out = c->count - LEDGER_COMPARE_ENDPOINTS_MAX;
        c->count = LEDGER_COMPARE_ENDPOINTS_MAX;
    }
    if (c->count)
        qsort(c->rows, c->count, sizeof *c->rows, by_endpoint);
    c->total.method = c->total.name = VIEW("");
    c->total.requests[0] = t[0].total.requests;
    c->total.requests[1] = t[1].total.requests;
    return 0;
}

/* --- words --- */

/* The quantile that says it best: p95 if it is among those of the verdict, else the lowest. -1 = none. */
static int telling(const struct ledger_compared *row, enum comparison_verdict v) {
    static const int order[] = {1, 0, 2};
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (row->quantiles[order[i]].verdict == v)
            return order[i];
    return -1;
}

static int decimals_of(double ms) {
    return ms >= 10 ? 0 : ms >= 1 ? 1 : 2;
}

/* "p95 of GET /todos rose by 18–24 ms (45–60 %)" */
static int tell_quantile(const struct ledger_compared *row, int q, struct buf *out) {
    const struct comparison *c = &row->quantiles[q];
    bool rose = c->low > 0;
    double low = rose ? c->low : -c->high, high = rose ? c->high : -c->low;
    int d = decimals_of(high), r = buf_printf(out, "p%.0f of ", 100 * ledger_compare_quantiles[q]);

    r = r < 0           ? r
        : row->name.len ? buf_printf(out, "%.*s %.*s", VIEW_ARGS(row->method), VIEW_ARGS(row->name))
                        : buf_printf(out, "all requests");
    r = r < 0 ? r : buf_printf(out, " %s by %.*f–%.*f ms", rose ? "rose" : "fell", d, low, d, high);
    if (r < 0 || c->before <= 0)
        return r;
    double from = round(100 * low / c->before), to = round(100 * high / c->before);
    return from < to ? buf_printf(out, " (%.0f–%.0f %%)", from, to) : buf_printf(out, " (%.0f %%)", to);
}

static int tell_errors(const struct ledger_compared *row, struct buf *out) {
    const struct comparison *c = &row->errors;
    int r = buf_printf(out, "errors of ");
    r = r < 0           ? r
        : row->name.len ? buf_printf(out, "%.*s %.*s", VIEW_ARGS(row->method), VIEW_ARGS(row->name))
                        : buf_printf(out, "all requests");
    return r < 0 ? r
                 : buf_printf(out, " %s from %.2f %% to %.2f %%", c->after > c->before ? "rose" : "fell",
                       100 * c->before, 100 * c->after);
}

struct telling {
    const struct ledger_comparison *c;
    enum comparison_verdict verdict;
    size_t told, more;
    struct buf *out;
};

static bool has(const struct ledger_compared *row, enum comparison_verdict v, bool errors) {
    return errors ? row->errors.verdict == v : telling(row, v) >= 0;
}

static int tell_one(struct telling *t, const struct ledger_compared *row, bool errors) {
    if (!has(row, t->verdict, errors))
        return 0;
    if (t->told == WORDS_ENDPOINTS) {
        t->more++;
        return 0;
    }
    int r = t->told++ ? buf_printf(t->out, ", ") : 0;
    if (r == 0)
        r = errors ? tell_errors(row, t->out) : tell_quantile(row, telling(row, t->verdict), t->out);
    return r;
}

/* Everything with this verdict, endpoints before the total (which only repeats one endpoint's). */
static int tell_all(struct telling *t) {
    int r = 0;
    for (int errors = 0; errors < 2 && r == 0; errors++) {
        size_t before = t->told;
        for (size_t i = 0; i < t->c->count && r == 0; i++)
            r = tell_one(t, &t->c->rows[i], errors);
        if (r == 0 && t->told == before)
            r = tell_one(t, &t->c->total, errors);
    }
    if (r == 0 && t->more)
        r = buf_printf(t->out, " and %zu more", t->more);
    return r;
}

static int tell_nothing(const struct ledger_comparison *c, struct buf *out) {
    const struct comparison *p95 = &c->total.quantiles[1];
    if (c->end == LEDGER_COMPARE_TOO_LITTLE && p95->verdict == COMPARISON_TOO_LITTLE)
        return buf_printf(out,
            "Too little was measured to say anything: each run needs at least %d seconds with "
            "requests, and some hundred requests.",
            COMPARISON_PIECES_MIN);
    if (c->end == LEDGER_COMPARE_TOO_LITTLE)
        return buf_printf(out,
            "Too little to say: p95 of all requests changed by something between %+.*f and %+.*f ms, which "
            "may be chance. Run "
            "longer, or on a quieter machine.",
            decimals_of(fabs(p95->low)), p95->low, decimals_of(fabs(p95->high)), p95->high);
    return buf_printf(out,
        "No difference that matters: p95 of all requests was %.2f ms and is %.2f ms (the change lies "
        "between %+.2f and %+.2f ms); the rest is noise.",
        p95->before, p95->after, p95->low, p95->high);
}

static int tell(struct ledger_comparison *c) {
    struct telling worse = {.c = c, .verdict = COMPARISON_SLOWER, .out = &c->words},
                   better = {.c = c, .verdict = COMPARISON_FASTER, .out = &c->words};
    int r = tell_all(&worse);
    if (r == 0 && worse.told && buf_printf(&c->words, ", certain; ") < 0)
        r = ERROR_LIMIT;
    r = r < 0 ? r : tell_all(&better);
    if (r == 0 && better.told && buf_printf(&c->words, ", certain; ") < 0)
        r = ERROR_LIMIT;
    if (r < 0)
        return r;
    if (!worse.told && !better.told)
        return tell_nothing(c, &c->words);
    return buf_printf(&c->words,
        c->end == LEDGER_COMPARE_TOO_LITTLE ? "of the rest too little is known." : "the rest is noise.");
}

/* --- the verdict --- */

static bool any(const struct ledger_comparison *c, enum comparison_verdict v) {
    bool found = telling(&c->total, v) >= 0 || c->total.errors.verdict == v;
    for (size_t i = 0; i < c->count && !found; i++)
        found = telling(&c->rows[i], v) >= 0 || c->rows[i].errors.verdict == v;
    return found;
}

static bool known(enum comparison_verdict v) {
    return v == COMPARISON_SAME || v == COMPARISON_FASTER;
}

/* A tail wavers by nature: that no change was seen, and that a big one would have been, is enough. */
static bool settled(const struct comparison *p95, const struct ledger_compare_options *o) {
    double matters = fmax(p95->before * (o->matters > 0 ? o->matters : 0.05),
        o->matters_least_ms > 0 ? o->matters_least_ms : 0.5);
    bool around = p95->low <= 0 && p95->high >= 0;
    return known(p95->verdict) ||
           (p95->verdict == COMPARISON_UNSURE && around && p95->high - p95->low < TAIL_WIDTH * matters);
}

static void judge(struct ledger_comparison *c, const struct ledger_compare_options *o) {
    bool slower = any(c, COMPARISON_SLOWER), faster = any(c, COMPARISON_FASTER),
         little = c->total.quantiles[1].verdict == COMPARISON_TOO_LITTLE;
    bool sure = known(c->total.quantiles[0].verdict) && settled(&c->total.quantiles[1], o);
    c->end = slower ? LEDGER_COMPARE_WORSE : sure ? LEDGER_COMPARE_GOOD : LEDGER_COMPARE_TOO_LITTLE;
    c->verdict = slower   ? COMPARISON_SLOWER
                 : little ? COMPARISON_TOO_LITTLE
                 : !sure  ? COMPARISON_UNSURE
                 : faster ? COMPARISON_FASTER
                          : COMPARISON_SAME;
}

static int compare_all(
    struct ledger_comparison *out, const struct course c[2], const struct ledger_compare_options *o) {
    double wanted = o->confidence > 0 ? o->confidence : CONFIDENCE,
           each = 1 - (1 - wanted) / (double)(out->count + 1);
    int r = compare_row(c, out->count, o, each, &out->total);
    for (size_t i = 0; i < out->count && r == 0; i++)
        r = compare_row(c, i, o, each, &out->rows[i]);
    if (r < 0)
        return r;
    judge(out, o);
    return tell(out);
}

static int open_views(struct ledger *l, const struct ledger_compare_options *o, struct ledger_comparison *out,
    struct ledger_table t[2], struct error *err) {
    int64_t runs[2] = {o->before, o->after};
    for (int k = 0; k < 2; k++) {
        int r = ledger_view_new(&out->views[k], l, runs[k], err);
        if (r == LEDGER_NOT_FOUND)
            error_set(err, 0, "there is no run %lld", (long long)runs[k]);
        if (r == LEDGER_OK)
            r = ledger_view_table(
                out->views[k], o->from_s[k], o->to_s[k] ? o->to_s[k] : LEDGER_VIEW_END, &t[k], err);
        if (r != LEDGER_OK)
            return r;
    }
    return LEDGER_OK;
}

int ledger_compare(struct ledger *l, const struct ledger_compare_options *o, struct ledger_comparison *out,
    struct error *err) {
    struct ledger_table t[2];
    struct course c[2] = {0};

    *out = (struct ledger_comparison){.words = BUF_MAX(LEDGER_COMPARE_WORDS_MAX)};
    int r = open_views(l, o, out, t, err);
    if (r != LEDGER_OK)
        return r;
    r = pick_rows(out, t, err);
    for (int k = 0; k < 2 && r == 0; k++)
        r = course_init(&c[k], out->views[k], out, o->from_s[k], o->to_s[k], err);
    if (r == 0 && (r = compare_all(out, c, o)) < 0)
        error_set(err, r, "the runs could not be compared: %s", error_name(r));
    course_deinit(&c[0]);
    course_deinit(&c[1]);
    return r;
}

void ledger_comparison_deinit(struct ledger_comparison *c) {
    free(c->rows);
    buf_deinit(&c->words);
    ledger_view_free(c->views[0]);
    ledger_view_free(c->views[1]);
    *c = (struct ledger_comparison){0};
}
