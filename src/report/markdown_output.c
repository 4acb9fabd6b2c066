/* `-o markdown`: a page for the summary of a CI job: verdict, what the run means, thresholds, checks,
 * figures. Where it is $GITHUB_STEP_SUMMARY it is appended, since other steps write there, too. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "report/document_file.h"
#include "report/first_break.h"
#include "report/humanize.h"
#include "report/locust_figures.h"
#include "report/meaning.h"
#include "report/outputs_priv.h"
#include "report/test_results.h"

#define MARKDOWN_FILE_DEFAULT "summary.md"
enum {
    MARKDOWN_BYTES_MAX = 1024 * 1000 /* what GitHub takes of one step */,
    ROWS_MAX = 500,
    MEANING_BYTES_MAX = 64 * 1024
};

struct markdown_output {
    struct report_sink base;
    struct document_file file;
    struct meaning meaning;
    struct first_break *first_break;
};

/* Text in a cell: nothing in it is markup, and it is one line. */
static int append_text(struct buf *out, struct view v) {
    int r = 0;
    for (size_t i = 0; i < v.len && r == 0; i++) {
        char c = v.ptr[i];
        if (c == '<')
            r = buf_append(out, "&lt;", 4);
        else if (c == '&')
            r = buf_append(out, "&amp;", 5);
        else if (c == '\n' || c == '\r')
            r = buf_append_byte(out, ' ');
        else if (strchr("\\`*_[]|~#", c) && c)
            r = buf_printf(out, "\\%c", c);
        else
            r = buf_append_byte(out, c);
    }
    return r;
}

static int cell(struct buf *out, struct view v) {
    int r = append_text(out, v);
    return r < 0 ? r : buf_append(out, " | ", 3);
}

/* ---- tests ---- */

static int test_row(const struct test_result *t, bool counted, struct buf *out) {
    int r = buf_printf(out, "| %s | ", t->failed ? "❌" : "✅");
    if (r == 0 && t->group.len)
        r = append_text(out, t->group);
    if (r == 0 && t->group.len)
        r = buf_append(out, ": ", 2);
    r = r < 0 ? r : cell(out, t->name);
    if (r == 0 && counted)
        r = buf_printf(out, "%llu | %llu |\n", (unsigned long long)t->passes, (unsigned long long)t->fails);
    else if (r == 0)
        r = cell(out, t->figure);
    return r == 0 && !counted ? buf_append_byte(out, '\n') : r;
}

/* Failures first: whoever opens the page looks for them. */
static int test_table(
    const struct test_results *t, enum test_suite suite, const char *heading, bool counted, struct buf *out) {
    size_t shown = 0;
    int r = t->totals[suite] ? buf_printf(out, "\n%s", heading) : 0;
    for (int failed = 1; failed >= 0; failed--) {
        for (size_t i = 0; i < t->count && r == 0; i++) {
            if (t->items[i].suite != suite || t->items[i].failed != failed || shown == ROWS_MAX)
                continue;
            shown++;
            r = test_row(&t->items[i], counted, out);
        }
    }
    if (r == 0 && shown < t->totals[suite])
        r = buf_printf(out, "\n… and %zu more\n", t->totals[suite] - shown);
    return r;
}

/* ---- figures ---- */

static int trend_row(const struct summary_metric *m, struct buf *out) {
    const struct histogram *h = &m->sink.trend;
    double figures[] = {histogram_mean(h), h->min, histogram_percentile(h, 0.5), histogram_percentile(h, 0.9),
        histogram_percentile(h, 0.95), h->max};
    char text[HUMANIZE_MAX];
    int r = buf_append(out, "| ", 2);
    r = r < 0 ? r : cell(out, m->name);
    for (size_t i = 0; i < sizeof figures / sizeof *figures && r == 0; i++)
        r = buf_printf(out, "%s | ", humanize_value(figures[i], m->type, m->contains, HUMANIZE_AUTO, text));
    return r < 0 ? r : buf_append_byte(out, '\n');
}

static int plain_row(const struct summary_data *d, const struct summary_metric *m, struct buf *out) {
    char value[HUMANIZE_MAX], rest[HUMANIZE_MAX] = "";
    const struct sink *s = &m->sink;
    if (m->type == METRIC_COUNTER) {
        humanize_value(s->counter.sum, m->type, m->contains, HUMANIZE_AUTO, value);
        humanize_value(summary_rate(d, s->counter.sum), m->type, m->contains, HUMANIZE_AUTO, rest);
        memcpy(rest + strlen(rest), "/s", 3);
    } else if (m->type == METRIC_RATE) {
        humanize_share(s->rate.total ? (double)s->rate.hits / (double)s->rate.total : 0, value);
        snprintf(rest, sizeof rest, "%llu of %llu", (unsigned long long)s->rate.hits,
            (unsigned long long)s->rate.total);
    } else {
        humanize_value(s->gauge.last, m->type, m->contains, HUMANIZE_AUTO, value);
        char low[HUMANIZE_MAX], high[HUMANIZE_MAX];
        snprintf(rest, sizeof rest, "%.100s … %.100s",
            humanize_value(s->gauge.min, m->type, m->contains, HUMANIZE_AUTO, low),
            humanize_value(s->gauge.max, m->type, m->contains, HUMANIZE_AUTO, high));
    }
    int r = buf_append(out, "| ", 2);
    r = r < 0 ? r : cell(out, m->name);
    return r < 0 ? r : buf_printf(out, "%s | %s |\n", value, rest);
}

static int metric_tables(const struct summary_data *d, struct buf *out) {
    const struct summary_section *s = &d->total;
    int r = 0;
    for (int trends = 1; trends >= 0 && r == 0; trends--) {
        bool begun = false;
        for (size_t i = 0; i < s->metric_count && r == 0; i++) {
            const struct summary_metric *m = &s->metrics[i];
            if ((m->type == METRIC_TREND) != trends || !m->observed)
                continue;
            if (!begun)
                r = buf_printf(out, "%s",
                    trends ? "\n| Metric | avg | min | med | p(90) | p(95) | max "
                             "|\n|---|--:|--:|--:|--:|--:|--:|\n"
                           : "\n| Metric | Value | |\n|---|--:|--:|\n");
            begun = true;
            if (r == 0)
                r = trends ? trend_row(m, out) : plain_row(d, m, out);
        }
    }
    return r;
}

static int request_row(const struct locust_stats *s, const struct locust_entry *e, struct buf *out) {
    const double fractions[] = {0.5, 0.95, 0.99, 1};
    int r = buf_append(out, "| ", 2);
    r = r < 0 ? r : cell(out, e->method);
    r = r < 0 ? r : cell(out, e->name);
    r = r < 0 ? r
              : buf_printf(out, "%llu | %llu | %.0f | ", (unsigned long long)e->requests,
                    (unsigned long long)e->failures, locust_entry_average(e));
    for (size_t i = 0; i < sizeof fractions / sizeof *fractions && r == 0; i++)
        r = buf_printf(out, "%lld | ", (long long)locust_percentile(e->times, fractions[i], false));
    return r < 0 ? r : buf_printf(out, "%.1f |\n", locust_rates_total(s, e).requests);
}

static int request_table(const struct locust_stats *s, struct buf *out) {
    int r = buf_printf(out, "\n### Requests\n\n| Type | Name | Requests | Fails | Average ms | Median | 95%% "
                            "| 99%% | Max | Requests/s |\n"
                            "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    for (size_t i = 0; i < s->entry_count && i < ROWS_MAX && r == 0; i++)
        r = request_row(s, s->sorted[i], out);
    return r < 0 ? r : request_row(s, &s->total, out);
}

/* ---- the page ---- */

/* The paragraphs as they stand on the terminal, without heading and indentation. */
static int meaning_paragraphs(const struct meaning *m, const struct run_state *r, struct buf *out) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(MEANING_BYTES_MAX);
    int e = meaning_write(m, r, false, &text);
    struct view rest = buf_view(&text);
    while (rest.ptr && e == 0) {
        struct view line = view_trim(view_cut(&rest, '\n', NULL));
        if (view_starts_with(line, VIEW("█")))
            continue;
        e = append_text(out, line);
        e = e < 0 ? e : buf_append_byte(out, '\n');
    }
    return e;
}

static int what_broke(const struct markdown_output *o, const struct run_state *r, struct buf *out) {
    struct diagnosis_finding *found = calloc(DIAGNOSIS_FINDINGS_MAX, sizeof *found);
    if (!found)
        return -ENOMEM;
    size_t n = first_break_diagnose(o->first_break, r, found, DIAGNOSIS_FINDINGS_MAX);
    int e = first_break_markdown(found, n, append_text, out);
    free(found);
    return e;
}

static int write_page(const struct markdown_output *o, const struct test_results *t,
    const struct run_state *r, struct buf *out) {
    size_t failed = test_results_failed(t);
    int e = buf_printf(out, "## %s ", failed ? "❌" : "✅");
    e = e < 0 ? e : append_text(out, r->script_path.len ? r->script_path : VIEW("Load test"));
    if (e == 0)
        e = failed ? buf_printf(out, ": %zu of %zu failed\n", failed, t->count)
                   : buf_printf(out, ": all %zu passed\n", t->count);
    e = e < 0 ? e : meaning_paragraphs(&o->meaning, r, out);
    e = e < 0 ? e : what_broke(o, r, out);
    if (e == 0 && t->failures[TEST_SUITE_RUN])
        e = buf_printf(out, "\n**%.*s**\n", VIEW_ARGS(t->items[0].figure));
    e = e < 0 ? e
              : test_table(t, TEST_SUITE_THRESHOLDS,
                    "### Thresholds\n\n| | Threshold | Observed |\n|---|---|---|\n", false, out);
    e = e < 0 ? e
              : test_table(t, TEST_SUITE_CHECKS,
                    "### Checks\n\n| | Check | Passed | Failed |\n|---|---|--:|--:|\n", true, out);
    if (e < 0)
        return e;
    if (t->is_locust)
        return request_table(&t->locust, out);
    e = buf_printf(out, "\n### Figures\n");
    return e < 0 ? e : metric_tables(&t->summary, out);
}

static void second(struct report_sink *s, const struct run_state *r) {
    meaning_second(&((struct markdown_output *)s)->meaning, r);
    first_break_second(((struct markdown_output *)s)->first_break, r);
}

static void delta(struct report_sink *s, const struct run_state *r, int64_t at, const struct series_store *d) {
    (void)r;
    first_break_delta(((struct markdown_output *)s)->first_break, at, d);
}

static int finish(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct markdown_output *o = (struct markdown_output *)s;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(MARKDOWN_BYTES_MAX);
    struct test_results t;
    meaning_second(&o->meaning, r);
    int e = test_results_init(&t, r);
    if (e == 0) {
        e = write_page(o, &t, r, &text);
        test_results_deinit(&t);
    }
    if (e < 0)
        return error_set(err, e, "the summary could not be written to %s: %s", o->file.path, error_name(e));
    return document_file_write(&o->file, buf_view(&text), err);
}

static void markdown_output_free(struct report_sink *s) {
    document_file_close(&((struct markdown_output *)s)->file);
    first_break_free(((struct markdown_output *)s)->first_break);
    free(s);
}

static const struct report_sink_ops ops = {
    .name = "markdown", .second = second, .delta = delta, .finish = finish, .free = markdown_output_free, .wants_deltas = true};

static struct view path_of(struct view argument, bool *append) {
    struct view step = view_of_cstr(getenv("GITHUB_STEP_SUMMARY"));
    struct view path = argument.len ? argument : step.len ? step : VIEW(MARKDOWN_FILE_DEFAULT);
    *append = step.len && view_eq(path, step);
    return path;
}

int markdown_output_new(struct view argument, struct report_sink **out, struct error *err) {
    struct markdown_output *o = calloc(1, sizeof *o);
    bool append;
    if (!o)
        return error_set(err, -ENOMEM, "no memory for the markdown output");
    o->base.ops = &ops;
    meaning_init(&o->meaning);
    o->first_break = first_break_new(&(struct diagnosis_options){0});
    if (!o->first_break) {
        free(o);
        return error_set(err, -ENOMEM, "no memory for the markdown output");
    }
    struct view path = path_of(argument, &append);
    int r = document_file_open(&o->file, path, append, err);
    if (r < 0) {
        first_break_free(o->first_break);
        free(o);
        return r;
    }
    *out = &o->base;
    return 0;
}

int markdown_output_describe(struct view argument, struct buf *out) {
    bool append;
    return buf_printf(out, "markdown (%.*s)", VIEW_ARGS(path_of(argument, &append)));
}
