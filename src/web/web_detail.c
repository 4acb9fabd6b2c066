/* What else is kept of a run: failures, exceptions, checks, thresholds, logs, workers, words, the script. */
#include <math.h>
#include <stdio.h>

#include "diagnosis/diagnosis_json.h"
#include "ledger/ledger_course.h"
#include "ledger/ledger_diagnosis.h"
#include "ledger/ledger_view.h"
#include "web/web_priv.h"

enum { DETAIL_LOGS = 500, DETAIL_LOGS_MAX = 5000, DETAIL_LOGS_READ = 100 * 1000, PERCENTILES_BYTES_MAX = 4096 };

static int end_document(struct json_writer *w) {
    json_writer_end(w);
    json_writer_end(w);
    return json_writer_error(w);
}

/* The ledger and a run that is there. */
static struct ledger *known_run(
    struct web_request *q, int64_t *run, int (*each)(void *, const struct ledger_run *), void *ctx) {
    struct error err = ERROR_NULL;

    *run = web_query_run(q);
    struct ledger *l = *run ? web_query_ledger(q) : NULL;
    if (!l)
        return NULL;
    int r = ledger_run_get(l, *run, each, ctx, &err);
    if (r == LEDGER_OK)
        return l;
    if (r < 0)
        (void)web_query_fail(q, &err);
    else
        (void)web_reply_error(
            &q->reply, "not_found", "There is no run %lld in this ledger.", (long long)*run);
    return NULL;
}

static int nothing(void *ctx, const struct ledger_run *r) {
    (void)ctx, (void)r;
    return 0;
}

/* ---- failures ---- */

static int note_start(void *ctx, const struct ledger_run *r) {
    *(int64_t *)ctx = r->started_ms;
    return 0;
}

static void key_since(struct json_writer *w, const char *key, int64_t at_ms, int64_t start_ms) {
    json_member_double(w, key, at_ms > 0 ? (double)(at_ms - start_ms) / 1000 : NAN);
}

static void write_failure(struct json_writer *w, const struct ledger_failure *f, int64_t start_ms) {
    json_writer_object(w);
    json_member_text(w, "method", f->method);
    json_member_text(w, "name", f->name);
    json_member_text(w, "error", f->error);
    json_member_u64(w, "count", f->count);
    json_member_bool(w, "exact", f->exact);
    key_since(w, "first_s", f->first_ms, start_ms);
    key_since(w, "last_s", f->last_ms, start_ms);
    json_member_array(w, "exemplars");
    if (f->exemplar.len) {
        json_writer_object(w);
        json_writer_key(w, VIEW("correlation_id"));
        if (f->correlation.len)
            json_writer_string(w, f->correlation);
        else
            json_writer_null(w);
        json_member_text(w, "text", f->exemplar);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_writer_end(w);
}

int web_detail_failures(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_failures f;
    struct error err = ERROR_NULL;
    int64_t from_s, to_s, run, start_ms = 0;

    if (!web_window_of(q, &from_s, &to_s) || !known_run(q, &run, note_start, &start_ms))
        return 0;
    struct ledger_view *view = web_window_view(q);
    if (!view)
        return 0;
    int r = ledger_view_failures(view, from_s, to_s, &f, &err);
    if (r == 0) {
        json_writer_object(&w);
        web_window_write(&w, &f.window);
        json_member_array(&w, "failures");
        for (size_t i = 0; i < f.count; i++)
            write_failure(&w, &f.rows[i], start_ms);
        r = end_document(&w);
    }
    ledger_view_free(view);
    return err.code ? web_query_fail(q, &err) : r;
}

int web_detail_exceptions(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_exceptions x;
    struct error err = ERROR_NULL;
    struct ledger_view *view = web_window_view(q);

    if (!view)
        return 0;
    int r = ledger_view_exceptions(view, &x, &err);
    if (r == 0) {
        json_writer_object(&w);
        json_member_array(&w, "exceptions");
        for (size_t i = 0; i < x.count; i++) {
            json_writer_object(&w);
            json_member_u64(&w, "count", x.rows[i].count);
            json_member_text(&w, "message", x.rows[i].text);
            json_member_text(&w, "traceback", x.rows[i].trace);
            json_member_array(&w, "nodes");
            if (x.rows[i].where.len)
                json_writer_string(&w, x.rows[i].where);
            json_writer_end(&w);
            json_writer_end(&w);
        }
        r = end_document(&w);
    }
    ledger_view_free(view);
    return err.code ? web_query_fail(q, &err) : r;
}

/* ---- checks, thresholds ---- */

int web_detail_checks(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_checks c;
    struct error err = ERROR_NULL;
    int64_t from_s, to_s;

    if (!web_window_of(q, &from_s, &to_s))
        return 0;
    struct ledger_view *view = web_window_view(q);
    if (!view)
        return 0;
    int r = ledger_view_checks(view, from_s, to_s, &c, &err);
    if (r == 0) {
        json_writer_object(&w);
        web_window_write(&w, &c.window);
        json_member_array(&w, "checks");
        for (size_t i = 0; i < c.count; i++) {
            json_writer_object(&w);
            json_member_text(&w, "name", c.rows[i].name);
            json_member_text(&w, "group", c.rows[i].group);
            json_member_u64(&w, "passes", c.rows[i].passes);
            json_member_u64(&w, "fails", c.rows[i].fails);
            json_writer_end(&w);
        }
        r = end_document(&w);
    }
    ledger_view_free(view);
    return err.code ? web_query_fail(q, &err) : r;
}

static int write_threshold(void *ctx, const struct ledger_threshold *t) {
    struct json_writer *w = ctx;

    json_writer_object(w);
    json_member_text(w, "metric", t->target);
    json_member_text(w, "expression", t->expression);
    json_member_bool(w, "ok", t->ok);
    json_member_bool(w, "aborted", t->aborted);
    json_member_double(w, "observed", t->observed);
    json_writer_end(w);
    return 0;
}

int web_detail_thresholds(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct error err = ERROR_NULL;
    int64_t run;
    struct ledger *l = known_run(q, &run, nothing, NULL);

    if (!l)
        return 0;
    json_writer_object(&w);
    json_member_array(&w, "thresholds");
    if (ledger_threshold_each(l, run, write_threshold, &w, &err) < 0)
        return web_query_fail(q, &err);
    return end_document(&w);
}

/* ---- logs ---- */

struct log_reader {
    struct json_writer *w; /* NULL = they are only counted */
    struct view level;
    int64_t after, seq, count, skip; /* the oldest are skipped, so that the latest are in the limit */
};

static int write_log(void *ctx, int64_t at_ms, struct view level, struct view text) {
    struct log_reader *l = ctx;

    if (++l->seq <= l->after || (l->level.len && !view_eq_nocase(l->level, level)))
        return 0;
    if (++l->count <= l->skip || !l->w)
        return 0;
    json_writer_object(l->w);
    json_member_u64(l->w, "seq", (uint64_t)l->seq);
    json_member_u64(l->w, "at_ms", (uint64_t)at_ms);
    json_member_text(l->w, "level", level);
    json_member_text(l->w, "text", text);
    json_writer_end(l->w);
    return 0;
}

static int read_logs(
    struct ledger *l, int64_t run, int64_t limit, struct log_reader *reader, struct error *err) {
    struct log_reader counted = *reader;

    counted.w = NULL;
    int r = ledger_run_logs(l, run, DETAIL_LOGS_READ, write_log, &counted, err);
    reader->skip = counted.count > limit ? counted.count - limit : 0;
    return r < 0 ? r : ledger_run_logs(l, run, DETAIL_LOGS_READ, write_log, reader, err);
}

int web_detail_logs(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct log_reader reader = {.w = &w, .level = web_query_text(q, "level")};
    struct error err = ERROR_NULL;
    int64_t run, limit;

    if (!web_query_i64(q, "after", 0, 0, INT64_MAX, &reader.after) ||
        !web_query_i64(q, "limit", DETAIL_LOGS, 1, DETAIL_LOGS_MAX, &limit))
        return 0;
    struct ledger *l = known_run(q, &run, nothing, NULL);
    if (!l)
        return 0;
    json_writer_object(&w);
    json_member_array(&w, "logs");
    if (read_logs(l, run, limit, &reader, &err) < 0)
        return web_query_fail(q, &err);
    return end_document(&w);
}

/* ---- workers ---- */

static int write_workers(void *ctx, const struct ledger_second *s) {
    struct json_writer *w = ctx;

    for (size_t i = 0; i < s->worker_count; i++) {
        const struct ledger_worker *one = &s->workers[i];
        json_writer_object(w);
        json_member_u64(w, "id", i);
        json_member_text(w, "state", one->lost ? VIEW("lost") : one->alive ? VIEW("running") : VIEW("finished"));
        json_member_u64(w, "users", one->users);
        json_member_double(w, "cpu", round(one->cpu * 1000) / 10);
        json_member_u64(w, "rss_bytes", one->rss_bytes);
        json_member_double(w, "lag_ms", (double)one->turn_max_us / 1000);
        json_member_double(w, "late_ms", (double)one->send_late_us / 1000);
        json_member_u64(w, "steal_us", (uint64_t)one->steal_us);
        json_member_u64(w, "ports_exhausted", one->ports_exhausted);
        json_member_u64(w, "descriptors_exhausted", one->descriptors_exhausted);
        json_writer_end(w);
    }
    return 0;
}

int web_detail_workers(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct error err = ERROR_NULL;
    int64_t run;
    struct ledger *l = known_run(q, &run, nothing, NULL);

    if (!l)
        return 0;
    json_writer_object(&w);
    json_member_array(&w, "workers");
    if (ledger_second_newest(l, run, write_workers, &w, &err) < 0)
        return web_query_fail(q, &err);
    return end_document(&w);
}

/* ---- words, script ---- */

static int write_words(void *ctx, const struct ledger_run *r) {
    json_member_text(ctx, "words", r->words);
    return 0;
}

int web_detail_findings(struct web_request *q) {
    struct buf words CLEANUP(buf_deinit) = BUF_MAX(PERCENTILES_BYTES_MAX);
    struct json_writer w = json_writer_of(&q->reply.body);
    struct ledger_diagnosis found;
    struct error err = ERROR_NULL;
    int64_t run;

    json_writer_object(&w);
    struct ledger *l = known_run(q, &run, write_words, &w);
    if (!l)
        return 0;
    if (ledger_diagnose(l, run, &(struct diagnosis_options){0}, &found, &err) < 0)
        return web_query_fail(q, &err);
    json_writer_key(&w, VIEW("findings"));
    diagnosis_json(&w, found.findings, found.count);
    if (found.measured && percentile_words_write(&found.percentiles, &words) == 0)
        json_member_text(&w, "percentiles", buf_view(&words));
    ledger_diagnosis_deinit(&found);
    json_writer_end(&w);
    return json_writer_error(&w);
}

static int note_script(void *ctx, const struct ledger_run *r) {
    struct web_reply *reply = ctx;
    size_t n = 0;

    for (; n < r->script.len && n < sizeof reply->script_name - 1; n++) {
        unsigned char c = (unsigned char)r->script.ptr[n];
        reply->script_name[n] = (char)(c < 0x20 || c > 0x7e ? '_' : c);
    }
    return 0;
}

int web_detail_script(struct web_request *q) {
    struct error err = ERROR_NULL;
    int64_t run;
    struct ledger *l = known_run(q, &run, note_script, &q->reply);

    if (!l)
        return 0;
    int r = ledger_run_script(l, run, &q->reply.body, &err);
    if (r < 0)
        return web_query_fail(q, &err);
    if (r == LEDGER_NOT_FOUND)
        return web_reply_error(&q->reply, "not_found", "The text of this run's script was not kept.");
    q->reply.type = "text/plain; charset=utf-8";
    return 0;
}
