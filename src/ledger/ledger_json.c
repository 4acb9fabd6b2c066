/* The document is written from top to bottom; whoever fails first ends it. */
#include "ledger/ledger_json.h"

#include "ledger/ledger_course.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void text(struct json_writer *w, const char *key, struct view v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_string(w, v);
}

static void whole(struct json_writer *w, const char *key, int64_t v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_i64(w, v);
}

static void number(struct json_writer *w, const char *key, double v) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_double(w, v);
}

void ledger_json_run(struct json_writer *w, const struct ledger_run *r) {
    double took_s = ledger_run_duration_s(r);
    whole(w, "id", r->id);
    text(w, "state", view_of_cstr(ledger_run_state_word(r->state)));
    text(w, "tool", r->tool);
    text(w, "script", r->script);
    text(w, "command", r->command);
    text(w, "machine", r->machine);
    text(w, "git_commit", r->git_commit);
    whole(w, "started_ms", r->started_ms);
    json_writer_key(w, VIEW("ended_ms"));
    if (r->ended_ms)
        json_writer_i64(w, r->ended_ms);
    else
        json_writer_null(w);
    number(w, "duration_s", took_s);
    whole(w, "requests", r->requests);
    whole(w, "failures", r->failures);
    whole(w, "users_max", r->users_max);
    number(w, "rps", took_s > 0 ? (double)r->requests / took_s : 0);
    number(w, "p50", r->p50_ms);
    number(w, "p95", r->p95_ms);
    number(w, "p99", r->p99_ms);
    text(w, "outcome", r->outcome);
    json_writer_key(w, VIEW("exit_code"));
    if (r->exit_code >= 0)
        json_writer_i64(w, r->exit_code);
    else
        json_writer_null(w);
    text(w, "words", r->words);
    text(w, "label", r->label);
    text(w, "focus", r->focus);
    text(w, "changes", r->changes);
    text(w, "notes", r->notes);
    text(w, "links", r->links);
}

static void row_members(struct json_writer *w, const struct ledger_row *r) {
    text(w, "method", r->method);
    text(w, "name", r->name);
    whole(w, "requests", (int64_t)r->requests);
    whole(w, "failures", (int64_t)r->failures);
    number(w, "rps", r->requests_per_s);
    number(w, "fails_s", r->failures_per_s);
    number(w, "avg", r->times.avg);
    number(w, "min", r->times.min);
    number(w, "max", r->times.max);
    number(w, "p50", r->times.p50);
    number(w, "p90", r->times.p90);
    number(w, "p95", r->times.p95);
    number(w, "p99", r->times.p99);
    number(w, "bytes", r->bytes);
}

void ledger_json_row(struct json_writer *w, const struct ledger_row *r) {
    json_writer_object(w);
    row_members(w, r);
    json_writer_end(w);
}

/* --- the document --- */

struct document {
    struct ledger *ledger;
    struct ledger_view *view;
    int64_t run;
    const struct ledger_json_options *o;
    struct json_writer *w;
    uint64_t least; /* requests of an endpoint that has its histogram here */
};

static void begin(struct json_writer *w, const char *key) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_array(w);
}

static int head(void *ctx, const struct ledger_run *r) {
    struct document *d = ctx;
    ledger_json_run(d->w, r);
    text(d->w, "findings", r->findings);
    text(d->w, "script_sha256", r->script_sha256);
    json_writer_key(d->w, VIEW("options"));
    if (r->options.len)
        json_writer_raw(d->w, r->options);
    else
        json_writer_null(d->w);
    return 0;
}

static int texts(struct document *d, struct error *err) {
    struct buf script CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX),
                      summary CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);
    if (!d->o->script)
        return 0;
    int r = ledger_run_script(d->ledger, d->run, &script, err);
    if (r == LEDGER_OK)
        text(d->w, "script_text", buf_view(&script));
    r = r < 0 ? r : ledger_run_summary(d->ledger, d->run, &summary, err);
    if (r == LEDGER_OK) {
        json_writer_key(d->w, VIEW("summary"));
        json_writer_raw(d->w, buf_view(&summary));
    }
    return r < 0 ? r : 0;
}

static double round_to(double v, double unit) {
    return isfinite(v) ? round(v / unit) * unit : v;
}

static double point_value(const struct ledger_point *p, int column) {
    const double values[] = {(double)p->from_s, p->users, round_to(p->requests_per_s, 0.01),
        round_to(p->failures_per_s, 0.01), round_to(p->times.p50, 0.001), round_to(p->times.p95, 0.001),
        round_to(p->times.p99, 0.001), round_to(p->times.max, 0.001), round_to(p->bytes_per_s, 1),
        round_to(p->iterations_per_s, 0.01)};
    return values[column];
}

static int series(struct document *d, struct error *err) {
    static const char *const columns[] = {
        "t", "users", "rps", "fails_s", "p50", "p95", "p99", "max", "bytes_s", "iterations_s"};
    struct ledger_series s;
    struct ledger_series_query q = {.to_s = LEDGER_VIEW_END, .points = d->o->points};
    int r = ledger_view_series(d->view, &q, &s, err);

    if (r < 0)
        return r;
    json_writer_key(d->w, VIEW("series"));
    json_writer_object(d->w);
    whole(d->w, "width_s", s.window.width_s);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        begin(d->w, columns[c]);
        for (size_t i = 0; i < s.count; i++) {
            char number[32]; /* rounded figures shall look so */
            double v = point_value(&s.points[i], (int)c);
            snprintf(number, sizeof number, "%.10g", v);
            json_writer_raw(d->w, isfinite(v) ? view_of_cstr(number) : VIEW("null"));
        }
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return 0;
}

static void bins(struct json_writer *w, const struct histogram *h) {
    double bounds[LEDGER_JSON_BINS + 1];
    uint64_t counts[LEDGER_JSON_BINS];
    size_t n = ledger_bins_of(h, LEDGER_JSON_BINS, bounds, counts);

    json_writer_key(w, VIEW("histogram"));
    json_writer_object(w);
    begin(w, "bounds");
    for (size_t i = 0; n && i <= n; i++)
        json_writer_double(w, round_to(bounds[i], 1e-6));
    json_writer_end(w);
    begin(w, "counts");
    for (size_t i = 0; i < n; i++)
        json_writer_u64(w, counts[i]);
    json_writer_end(w);
    json_writer_end(w);
}

static void row(struct document *d, const struct ledger_row *r) {
    json_writer_object(d->w);
    row_members(d->w, r);
    if (r->requests >= d->least && r->histogram->count)
        bins(d->w, r->histogram);
    json_writer_end(d->w);
}

static int by_size(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static uint64_t least_of(const struct ledger_table *t) {
    uint64_t *sizes = t->count > LEDGER_JSON_HISTOGRAMS ? calloc(t->count, sizeof *sizes) : NULL, least = 0;
    for (size_t i = 0; sizes && i < t->count; i++)
        sizes[i] = t->rows[i].requests;
    if (sizes) {
        qsort(sizes, t->count, sizeof *sizes, by_size);
        least = sizes[LEDGER_JSON_HISTOGRAMS];
    }
    free(sizes);
    return least;
}

static int table(struct document *d, struct error *err) {
    struct ledger_table t;
    int r = ledger_view_table(d->view, 0, LEDGER_VIEW_END, &t, err);

    if (r < 0)
        return r;
    d->least = least_of(&t);
    begin(d->w, "rows");
    for (size_t i = 0; i < t.count; i++)
        row(d, &t.rows[i]);
    json_writer_end(d->w);
    json_writer_key(d->w, VIEW("total"));
    row(d, &t.total);
    return 0;
}

static int checks(struct document *d, struct error *err) {
    struct ledger_checks c;
    int r = ledger_view_checks(d->view, 0, LEDGER_VIEW_END, &c, err);

    begin(d->w, "checks");
    for (size_t i = 0; r == 0 && i < c.count; i++) {
        json_writer_object(d->w);
        text(d->w, "name", c.rows[i].name);
        text(d->w, "group", c.rows[i].group);
        whole(d->w, "passes", (int64_t)c.rows[i].passes);
        whole(d->w, "fails", (int64_t)c.rows[i].fails);
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return r;
}

static int threshold(void *ctx, const struct ledger_threshold *t) {
    struct document *d = ctx;
    json_writer_object(d->w);
    text(d->w, "metric", t->target);
    text(d->w, "expression", t->expression);
    json_writer_key(d->w, VIEW("ok"));
    json_writer_bool(d->w, t->ok);
    json_writer_key(d->w, VIEW("aborted"));
    json_writer_bool(d->w, t->aborted);
    number(d->w, "observed", t->observed);
    json_writer_end(d->w);
    return 0;
}

static int failures(struct document *d, struct error *err) {
    struct ledger_failures f;
    int r = ledger_view_failures(d->view, 0, LEDGER_VIEW_END, &f, err);

    begin(d->w, "failures");
    for (size_t i = 0; r == 0 && i < f.count; i++) {
        json_writer_object(d->w);
        text(d->w, "method", f.rows[i].method);
        text(d->w, "name", f.rows[i].name);
        text(d->w, "error", f.rows[i].error);
        whole(d->w, "count", (int64_t)f.rows[i].count);
        whole(d->w, "first_ms", f.rows[i].first_ms);
        whole(d->w, "last_ms", f.rows[i].last_ms);
        text(d->w, "correlation_id", f.rows[i].correlation);
        text(d->w, "exemplar", f.rows[i].exemplar);
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return r;
}

static int exceptions(struct document *d, struct error *err) {
    struct ledger_exceptions x;
    int r = ledger_view_exceptions(d->view, &x, err);

    begin(d->w, "exceptions");
    for (size_t i = 0; r == 0 && i < x.count; i++) {
        json_writer_object(d->w);
        whole(d->w, "count", (int64_t)x.rows[i].count);
        text(d->w, "message", x.rows[i].text);
        text(d->w, "traceback", x.rows[i].trace);
        text(d->w, "where", x.rows[i].where);
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return r;
}

static int mark(void *ctx, int64_t second, struct view words) {
    struct document *d = ctx;
    json_writer_object(d->w);
    whole(d->w, "t", second);
    text(d->w, "text", words);
    json_writer_end(d->w);
    return 0;
}

static int workers(void *ctx, const struct ledger_second *s) {
    struct document *d = ctx;
    for (size_t i = 0; i < s->worker_count; i++) {
        const struct ledger_worker *k = &s->workers[i];
        json_writer_object(d->w);
        whole(d->w, "id", (int64_t)i);
        text(d->w, "state", k->lost ? VIEW("lost") : k->alive ? VIEW("running") : VIEW("finished"));
        whole(d->w, "users", (int64_t)k->users);
        number(d->w, "cpu", round_to(100 * k->cpu, 0.01));
        whole(d->w, "rss_bytes", (int64_t)k->rss_bytes);
        number(d->w, "lag_ms", (double)k->turn_max_us / 1000);
        number(d->w, "late_ms", (double)k->send_late_us / 1000);
        json_writer_end(d->w);
    }
    return 0;
}

static int log_line(void *ctx, int64_t at_ms, struct view level, struct view words) {
    struct document *d = ctx;
    json_writer_object(d->w);
    whole(d->w, "at_ms", at_ms);
    text(d->w, "level", level);
    text(d->w, "text", words);
    json_writer_end(d->w);
    return 0;
}

static int small_things(struct document *d, struct error *err) {
    begin(d->w, "thresholds");
    int r = ledger_threshold_each(d->ledger, d->run, threshold, d, err);
    json_writer_end(d->w);
    begin(d->w, "marks");
    r = r < 0 ? r : ledger_mark_each(d->ledger, d->run, 0, LEDGER_VIEW_END, mark, d, err);
    json_writer_end(d->w);
    begin(d->w, "workers");
    r = r < 0 ? r : ledger_second_newest(d->ledger, d->run, workers, d, err);
    json_writer_end(d->w);
    begin(d->w, "logs");
    r = r < 0 || !d->o->logs ? r : ledger_run_logs(d->ledger, d->run, d->o->logs, log_line, d, err);
    json_writer_end(d->w);
    return r < 0 ? r : 0;
}

static int write_document(struct document *d, struct error *err) {
    json_writer_object(d->w);
    whole(d->w, "format", LEDGER_JSON_FORMAT);
    json_writer_key(d->w, VIEW("run"));
    json_writer_object(d->w);
    int r = ledger_run_get(d->ledger, d->run, head, d, err);
    r = r < 0 ? r : texts(d, err);
    json_writer_end(d->w);
    r = r < 0 ? r : series(d, err);
    r = r < 0 ? r : table(d, err);
    r = r < 0 ? r : checks(d, err);
    r = r < 0 ? r : failures(d, err);
    r = r < 0 ? r : exceptions(d, err);
    r = r < 0 ? r : small_things(d, err);
    json_writer_end(d->w);
    if (r == 0 && (r = json_writer_error(d->w)) < 0)
        error_set(err, r, "the run's document: %s", error_name(r));
    return r;
}

int ledger_json_document(
    struct ledger *l, int64_t run, const struct ledger_json_options *o, struct buf *out, struct error *err) {
    struct json_writer w = json_writer_of(out);
    struct document d = {.ledger = l, .run = run, .o = o, .w = &w};
    int r = ledger_view_new(&d.view, l, run, err);

    w.escape_html = true; /* it may stand in a page */
    if (r == LEDGER_OK)
        r = write_document(&d, err);
    ledger_view_free(d.view);
    return r;
}
