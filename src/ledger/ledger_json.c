/* The document is written from top to bottom; whoever fails first ends it. */
#include "ledger/ledger_json.h"

#include "diagnosis/diagnosis_json.h"
#include "ledger/ledger_course.h"
#include "ledger/ledger_diagnosis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void ledger_json_run(struct json_writer *w, const struct ledger_run *r) {
    double took_s = ledger_run_duration_s(r);
    json_member_i64(w, "id", r->id);
    json_member_text(w, "state", view_of_cstr(ledger_run_state_word(r->state)));
    json_member_text(w, "tool", r->tool);
    json_member_text(w, "script", r->script);
    json_member_text(w, "command", r->command);
    json_member_text(w, "machine", r->machine);
    json_member_text(w, "git_commit", r->git_commit);
    json_member_i64(w, "started_ms", r->started_ms);
    json_writer_key(w, VIEW("ended_ms"));
    if (r->ended_ms)
        json_writer_i64(w, r->ended_ms);
    else
        json_writer_null(w);
    json_member_double(w, "duration_s", took_s);
    json_member_i64(w, "requests", r->requests);
    json_member_i64(w, "failures", r->failures);
    json_member_i64(w, "users_max", r->users_max);
    json_member_double(w, "rps", took_s > 0 ? (double)r->requests / took_s : 0);
    json_member_double(w, "p50", r->p50_ms);
    json_member_double(w, "p95", r->p95_ms);
    json_member_double(w, "p99", r->p99_ms);
    json_member_text(w, "outcome", r->outcome);
    json_writer_key(w, VIEW("exit_code"));
    if (r->exit_code >= 0)
        json_writer_i64(w, r->exit_code);
    else
        json_writer_null(w);
    json_member_text(w, "words", r->words);
    json_member_text(w, "label", r->label);
    json_member_text(w, "focus", r->focus);
    json_member_text(w, "changes", r->changes);
    json_member_text(w, "notes", r->notes);
    json_member_text(w, "links", r->links);
}

static void row_members(struct json_writer *w, const struct ledger_row *r) {
    json_member_text(w, "method", r->method);
    json_member_text(w, "name", r->name);
    json_member_i64(w, "requests", (int64_t)r->requests);
    json_member_i64(w, "failures", (int64_t)r->failures);
    json_member_double(w, "rps", r->requests_per_s);
    json_member_double(w, "fails_s", r->failures_per_s);
    json_member_double(w, "avg", r->times.avg);
    json_member_double(w, "min", r->times.min);
    json_member_double(w, "max", r->times.max);
    json_member_double(w, "p50", r->times.p50);
    json_member_double(w, "p90", r->times.p90);
    json_member_double(w, "p95", r->times.p95);
    json_member_double(w, "p99", r->times.p99);
    json_member_double(w, "bytes", r->bytes);
}

void ledger_json_row(struct json_writer *w, const struct ledger_row *r) {
    json_writer_object(w);
    row_members(w, r);
    json_writer_end(w);
}

/* --- probes --- */

/* Six digits: a gauge's are not more. */
static void curve(struct json_writer *w, const char *key, const double *values, size_t n) {
    json_member_array(w, key);
    for (size_t i = 0; i < n; i++) {
        double v = values[i];
        if (isfinite(v) && v != 0 && floor(v) != v) {
            double per_unit = pow(10, 5 - floor(log10(fabs(v))));
            v = isfinite(per_unit) && per_unit > 0 ? round(v * per_unit) / per_unit : v;
        }
        json_writer_double(w, v);
    }
    json_writer_end(w);
}

void ledger_json_probes(struct json_writer *w, const struct ledger_probe_view *v) {
    json_member_i64(w, "width_s", v->width_s);
    json_member_array(w, "t");
    for (size_t i = 0; i < v->points; i++)
        json_writer_i64(w, v->t[i]);
    json_writer_end(w);
    json_member_array(w, "series");
    for (size_t i = 0; i < v->count; i++) {
        const struct ledger_probe_series *s = &v->series[i];
        json_writer_object(w);
        json_member_cstr(w, "source", s->key.source);
        json_member_cstr(w, "name", s->key.name);
        json_member_cstr(w, "unit", probe_unit_name(s->key.unit));
        curve(w, "mean", s->mean, v->points);
        curve(w, "max", s->max, v->points);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_member_array(w, "notes");
    for (size_t i = 0; i < v->note_count; i++) {
        const struct probe_note *n = &v->notes[i];
        json_writer_object(w);
        json_member_cstr(w, "source", n->source);
        json_member_cstr(w, "about", n->about);
        json_member_cstr(w, "text", n->text);
        json_member_double(w, "value", n->value);
        json_writer_end(w);
    }
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

static int head(void *ctx, const struct ledger_run *r) {
    struct document *d = ctx;
    ledger_json_run(d->w, r);
    json_member_text(d->w, "findings", r->findings);
    json_member_text(d->w, "script_sha256", r->script_sha256);
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
        json_member_text(d->w, "script_text", buf_view(&script));
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
    json_member_i64(d->w, "width_s", s.window.width_s);
    for (size_t c = 0; c < sizeof columns / sizeof *columns; c++) {
        json_member_array(d->w, columns[c]);
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
    json_member_array(w, "bounds");
    for (size_t i = 0; n && i <= n; i++)
        json_writer_double(w, round_to(bounds[i], 1e-6));
    json_writer_end(w);
    json_member_array(w, "counts");
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
    json_member_array(d->w, "rows");
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

    json_member_array(d->w, "checks");
    for (size_t i = 0; r == 0 && i < c.count; i++) {
        json_writer_object(d->w);
        json_member_text(d->w, "name", c.rows[i].name);
        json_member_text(d->w, "group", c.rows[i].group);
        json_member_i64(d->w, "passes", (int64_t)c.rows[i].passes);
        json_member_i64(d->w, "fails", (int64_t)c.rows[i].fails);
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return r;
}

static int threshold(void *ctx, const struct ledger_threshold *t) {
    struct document *d = ctx;
    json_writer_object(d->w);
    json_member_text(d->w, "metric", t->target);
    json_member_text(d->w, "expression", t->expression);
    json_writer_key(d->w, VIEW("ok"));
    json_writer_bool(d->w, t->ok);
    json_writer_key(d->w, VIEW("aborted"));
    json_writer_bool(d->w, t->aborted);
    json_member_double(d->w, "observed", t->observed);
    json_writer_end(d->w);
    return 0;
}

static int failures(struct document *d, struct error *err) {
    struct ledger_failures f;
    int r = ledger_view_failures(d->view, 0, LEDGER_VIEW_END, &f, err);

    json_member_array(d->w, "failures");
    for (size_t i = 0; r == 0 && i < f.count; i++) {
        json_writer_object(d->w);
        json_member_text(d->w, "method", f.rows[i].method);
        json_member_text(d->w, "name", f.rows[i].name);
        json_member_text(d->w, "error", f.rows[i].error);
        json_member_i64(d->w, "count", (int64_t)f.rows[i].count);
        json_member_i64(d->w, "first_ms", f.rows[i].first_ms);
        json_member_i64(d->w, "last_ms", f.rows[i].last_ms);
        json_member_text(d->w, "correlation_id", f.rows[i].correlation);
        json_member_text(d->w, "exemplar", f.rows[i].exemplar);
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return r;
}

static int exceptions(struct document *d, struct error *err) {
    struct ledger_exceptions x;
    int r = ledger_view_exceptions(d->view, &x, err);

    json_member_array(d->w, "exceptions");
    for (size_t i = 0; r == 0 && i < x.count; i++) {
        json_writer_object(d->w);
        json_member_i64(d->w, "count", (int64_t)x.rows[i].count);
        json_member_text(d->w, "message", x.rows[i].text);
        json_member_text(d->w, "traceback", x.rows[i].trace);
        json_member_text(d->w, "where", x.rows[i].where);
        json_writer_end(d->w);
    }
    json_writer_end(d->w);
    return r;
}

static int mark(void *ctx, int64_t second, struct view words) {
    struct document *d = ctx;
    json_writer_object(d->w);
    json_member_i64(d->w, "t", second);
    json_member_text(d->w, "text", words);
    json_writer_end(d->w);
    return 0;
}

static int workers(void *ctx, const struct ledger_second *s) {
    struct document *d = ctx;
    for (size_t i = 0; i < s->worker_count; i++) {
        const struct ledger_worker *k = &s->workers[i];
        json_writer_object(d->w);
        json_member_i64(d->w, "id", (int64_t)i);
        json_member_text(d->w, "state", k->lost ? VIEW("lost") : k->alive ? VIEW("running") : VIEW("finished"));
        json_member_i64(d->w, "users", (int64_t)k->users);
        json_member_double(d->w, "cpu", round_to(100 * k->cpu, 0.01));
        json_member_i64(d->w, "rss_bytes", (int64_t)k->rss_bytes);
        json_member_double(d->w, "lag_ms", (double)k->turn_max_us / 1000);
        json_member_double(d->w, "late_ms", (double)k->send_late_us / 1000);
        json_writer_end(d->w);
    }
    return 0;
}

static int log_line(void *ctx, int64_t at_ms, struct view level, struct view words) {
    struct document *d = ctx;
    json_writer_object(d->w);
    json_member_i64(d->w, "at_ms", at_ms);
    json_member_text(d->w, "level", level);
    json_member_text(d->w, "text", words);
    json_writer_end(d->w);
    return 0;
}

static int small_things(struct document *d, struct error *err) {
    json_member_array(d->w, "thresholds");
    int r = ledger_threshold_each(d->ledger, d->run, threshold, d, err);
    json_writer_end(d->w);
    json_member_array(d->w, "marks");
    r = r < 0 ? r : ledger_mark_each(d->ledger, d->run, 0, LEDGER_VIEW_END, mark, d, err);
    json_writer_end(d->w);
    json_member_array(d->w, "workers");
    r = r < 0 ? r : ledger_second_newest(d->ledger, d->run, workers, d, err);
    json_writer_end(d->w);
    json_member_array(d->w, "logs");
    r = r < 0 || !d->o->logs ? r : ledger_run_logs(d->ledger, d->run, d->o->logs, log_line, d, err);
    json_writer_end(d->w);
    return r < 0 ? r : 0;
}

static int diagnosis(struct document *d, struct error *err) {
    struct ledger_diagnosis found;
    struct buf words CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);
    int r = ledger_diagnose(d->ledger, d->run, &(struct diagnosis_options){0}, &found, err);
    json_writer_key(d->w, VIEW("diagnosis"));
    diagnosis_json(d->w, found.findings, found.count);
    if (r == LEDGER_OK && found.measured && percentile_words_write(&found.percentiles, &words) == 0)
        json_member_text(d->w, "percentiles", buf_view(&words));
    ledger_diagnosis_deinit(&found);
    return r;
}

static int probes(struct document *d, struct error *err) {
    struct ledger_probe_view v;
    int r = ledger_probe_view_init(&v, d->ledger, d->run, 0, LEDGER_VIEW_END, d->o->points, VIEW(""), VIEW(""), err);
    if (r < 0)
        return r;
    json_writer_key(d->w, VIEW("probes"));
    json_writer_object(d->w);
    ledger_json_probes(d->w, &v);
    json_writer_end(d->w);
    ledger_probe_view_deinit(&v);
    return 0;
}

static int write_document(struct document *d, struct error *err) {
    json_writer_object(d->w);
    json_member_i64(d->w, "format", LEDGER_JSON_FORMAT);
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
    r = r < 0 ? r : diagnosis(d, err);
    r = r < 0 ? r : small_things(d, err);
    r = r < 0 ? r : probes(d, err);
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
