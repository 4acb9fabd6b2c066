/* Files made of what the ledger keeps. CSV columns are those of Locust's files, as far as the ledger knows
 * the figures. */
#include <math.h>
#include <stdio.h>

#include "ledger/ledger_json.h"
#include "report/html_report.h"
#include "web/web_priv.h"

static int csv_field(struct buf *out, struct view v) {
    bool quoted = view_find(v, ',') >= 0 || view_find(v, '"') >= 0 || view_find(v, '\n') >= 0 ||
                  view_find(v, '\r') >= 0;
    int r = quoted ? buf_append_byte(out, '"') : 0;

    for (size_t i = 0; i < v.len && r == 0; i++) {
        r = quoted && v.ptr[i] == '"' ? buf_append_byte(out, '"') : 0;
        r = r < 0 ? r : buf_append_byte(out, v.ptr[i]);
    }
    return r == 0 && quoted ? buf_append_byte(out, '"') : r;
}

static int csv_number(struct buf *out, double v) {
    return isnan(v) ? buf_append_byte(out, ',') : buf_printf(out, ",%.10g", v);
}

static const double fractions[] = {0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0};
enum { FRACTIONS = sizeof fractions / sizeof *fractions };

static int requests_row(struct buf *out, const struct ledger_row *row, struct view name) {
    const double figures[] = {row->times.p50, row->times.avg, row->times.min, row->times.max,
        row->requests ? row->bytes / (double)row->requests : NAN, row->requests_per_s, row->failures_per_s};
    int r = csv_field(out, row->method);

    r = r < 0 ? r : buf_append_byte(out, ',');
    r = r < 0 ? r : csv_field(out, name);
    r = r < 0 ? r
              : buf_printf(
                    out, ",%llu,%llu", (unsigned long long)row->requests, (unsigned long long)row->failures);
    for (size_t i = 0; i < sizeof figures / sizeof *figures && r == 0; i++)
        r = csv_number(out, figures[i]);
    for (size_t i = 0; i < FRACTIONS && r == 0; i++)
        r = csv_number(out, row->histogram->count ? histogram_percentile(row->histogram, fractions[i]) : NAN);
    return r < 0 ? r : buf_append_view(out, VIEW("\r\n"));
}

static int write_requests(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct buf *out, struct error *err) {
    struct ledger_table t;
    int r = ledger_view_table(v, from_s, to_s, &t, err);

    r = r < 0 ? r
              : buf_append_view(out,
                    VIEW("Type,Name,Request Count,Failure Count,Median Response Time,Average Response "
                         "Time,Min Response Time,"
                         "Max Response Time,Average Content "
                         "Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n"));
    for (size_t i = 0; r == 0 && i < t.count; i++)
        r = requests_row(out, &t.rows[i], t.rows[i].name);
    return r < 0 ? r : requests_row(out, &t.total, VIEW("Aggregated"));
}

static int write_failures(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct buf *out, struct error *err) {
    struct ledger_failures f;
    int r = ledger_view_failures(v, from_s, to_s, &f, err);

    r = r < 0 ? r : buf_append_view(out, VIEW("Method,Name,Error,Occurrences\r\n"));
    for (size_t i = 0; r == 0 && i < f.count; i++) {
        r = csv_field(out, f.rows[i].method);
        r = r < 0 ? r : buf_append_byte(out, ',');
        r = r < 0 ? r : csv_field(out, f.rows[i].name);
        r = r < 0 ? r : buf_append_byte(out, ',');
        r = r < 0 ? r : csv_field(out, f.rows[i].error);
        r = r < 0 ? r : buf_printf(out, ",%llu\r\n", (unsigned long long)f.rows[i].count);
    }
    return r;
}

static int write_exceptions(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct buf *out, struct error *err) {
    struct ledger_exceptions x;
    int r = ledger_view_exceptions(v, &x, err);

    (void)from_s, (void)to_s;
    r = r < 0 ? r : buf_append_view(out, VIEW("Count,Message,Traceback,Nodes\r\n"));
    for (size_t i = 0; r == 0 && i < x.count; i++) {
        r = buf_printf(out, "%llu,", (unsigned long long)x.rows[i].count);
        r = r < 0 ? r : csv_field(out, x.rows[i].text);
        r = r < 0 ? r : buf_append_byte(out, ',');
        r = r < 0 ? r : csv_field(out, x.rows[i].trace);
        r = r < 0 ? r : buf_append_byte(out, ',');
        r = r < 0 ? r : csv_field(out, x.rows[i].where);
        r = r < 0 ? r : buf_append_view(out, VIEW("\r\n"));
    }
    return r;
}

static int write_history(
    struct ledger_view *v, int64_t from_s, int64_t to_s, struct buf *out, struct error *err) {
    struct ledger_series s;
    struct ledger_series_query query = {.from_s = from_s, .to_s = to_s};
    int r = ledger_view_series(v, &query, &s, err);

    r = r < 0 ? r
              : buf_append_view(
                    out, VIEW("Second,Width,Users,Requests/s,Failures/s,50%,95%,99%,Max,Bytes/s\r\n"));
    for (size_t i = 0; r == 0 && i < s.count; i++) {
        const struct ledger_point *p = &s.points[i];
        const double figures[] = {p->users, p->requests_per_s, p->failures_per_s, p->times.p50, p->times.p95,
            p->times.p99, p->times.max, p->bytes_per_s};
        r = buf_printf(out, "%lld,%lld", (long long)p->from_s, (long long)p->width_s);
        for (size_t k = 0; k < sizeof figures / sizeof *figures && r == 0; k++)
            r = csv_number(out, figures[k]);
        r = r < 0 ? r : buf_append_view(out, VIEW("\r\n"));
    }
    return r;
}

static const struct {
    const char *name;
    int (*write)(struct ledger_view *v, int64_t from_s, int64_t to_s, struct buf *out, struct error *err);
} files[] = {
    {"requests.csv", write_requests},
    {"failures.csv", write_failures},
    {"exceptions.csv", write_exceptions},
    {"history.csv", write_history},
};

static int send_summary(struct web_request *q) {
    struct error err = ERROR_NULL;
    int64_t run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;

    if (!l)
        return 0;
    int r = ledger_run_summary(l, run, &q->reply.body, &err);
    if (r < 0)
        return web_query_fail(q, &err);
    if (r == LEDGER_NOT_FOUND || !q->reply.body.len)
        return web_reply_error(&q->reply, "not_found",
            "This run has no summary: there is no such run, or it has not ended in order.");
    snprintf(q->reply.attachment, sizeof q->reply.attachment, "run-%lld-summary.json", (long long)run);
    return 0;
}

enum { REPORT_POINTS = 600, REPORT_LOGS = 1000 };

int web_report(struct web_request *q) {
    struct buf document CLEANUP(buf_deinit) = BUF_MAX(WEB_REPLY_MAX);
    struct ledger_json_options o = {.points = REPORT_POINTS, .logs = REPORT_LOGS};
    struct error err = ERROR_NULL;

    q->place.current = q->place.current || !q->place.has_run; /* Locust's route names none */
    int64_t run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;
    if (!l)
        return 0;
    int r = ledger_json_document(l, run, &o, &document, &err);
    if (r == LEDGER_NOT_FOUND)
        return web_reply_error(
            &q->reply, "not_found", "There is no run %lld in this ledger.", (long long)run);
    if (r < 0)
        return web_query_fail(q, &err);
    q->reply.type = "text/html; charset=utf-8";
    if (q->place.has_run || web_query_text(q, "download").len)
        snprintf(q->reply.attachment, sizeof q->reply.attachment, "run-%lld-report.html", (long long)run);
    return html_report_write(buf_view(&document), &q->reply.body);
}

int web_download(struct web_request *q) {
    struct error err = ERROR_NULL;
    int64_t from_s, to_s;

    if (strcmp(q->place.name, "summary.json") == 0)
        return send_summary(q);
    if (strcmp(q->place.name, "report.html") == 0)
        return web_report(q);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, q->place.name) != 0)
            continue;
        struct ledger_view *view = web_window_of(q, &from_s, &to_s) ? web_window_view(q) : NULL;
        if (!view)
            return 0;
        int r = files[i].write(view, from_s, to_s, &q->reply.body, &err);
        ledger_view_free(view);
        if (r < 0)
            return err.code ? web_query_fail(q, &err) : r;
        q->reply.type = "text/csv; charset=utf-8";
        snprintf(q->reply.attachment, sizeof q->reply.attachment, "run-%lld-%s", (long long)web_query_run(q),
            files[i].name);
        return 0;
    }
    return web_reply_error(&q->reply, "not_found",
        "There is no such file; there are requests.csv, failures.csv, exceptions.csv, history.csv, "
        "report.html and summary.json.");
}
