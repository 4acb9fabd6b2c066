/* What the system under test said about a run: its traces, what they say per endpoint, and its log lines. */
#include <stdio.h>

#include "ledger/ledger_trace.h"
#include "stats/trace_summary.h"
#include "web/web_priv.h"

enum { TRACES_LIMIT = 500, LOGS_LIMIT = 500, LOGS_LIMIT_MAX = 5000, COUNTS_MAX = 8192 };

/* ---- the list, with what traces say ---- */

static int write_trace(void *ctx, const struct ledger_trace *t) {
    struct json_writer *w = ctx;

    json_writer_object(w);
    json_member_text(w, "trace", t->trace);
    json_member_text(w, "span", t->span);
    json_member_text(w, "endpoint", t->endpoint);
    json_member_i64(w, "at_ms", t->at_ms);
    json_member_double(w, "duration_ms", t->duration_ms);
    json_member_i64(w, "status", t->status);
    json_member_bool(w, "failed", t->failed);
    json_member_text(w, "error", t->error);
    json_member_i64(w, "bytes", t->bytes);
    json_member_i64(w, "spans", t->spans);
    json_writer_end(w);
    return 0;
}

static void write_spread(struct json_writer *w, const char *key, const struct histogram *h) {
    json_writer_key(w, view_of_cstr(key));
    json_writer_object(w);
    json_member_double(w, "p50", histogram_percentile(h, 0.5));
    json_member_double(w, "p95", histogram_percentile(h, 0.95));
    json_member_double(w, "max", h->count ? h->max : 0);
    json_writer_end(w);
}

static void write_summary(struct json_writer *w, const struct trace_summary *t) {
    json_writer_object(w);
    json_member_text(w, "endpoint", t->endpoint);
    json_member_u64(w, "requests", t->requests);
    json_member_u64(w, "errors", t->errors);
    json_member_double(w, "seconds", t->seconds);
    json_member_array(w, "parts");
    for (size_t i = 0; i < t->part_count; i++) {
        json_writer_object(w);
        json_member_text(w, "service", t->parts[i].service);
        json_member_cstr(w, "kind", trace_kind_name(t->parts[i].kind));
        json_member_u64(w, "spans", t->parts[i].spans);
        json_member_u64(w, "errors", t->parts[i].errors);
        json_member_double(w, "seconds", t->parts[i].seconds);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_member_array(w, "statements");
    for (size_t i = 0; i < t->statement_count; i++) {
        json_writer_object(w);
        json_member_text(w, "text", t->statements[i].text);
        json_member_u64(w, "requests", t->statements[i].requests);
        json_member_u64(w, "spans", t->statements[i].spans);
        json_member_u64(w, "most", t->statements[i].most);
        json_member_double(w, "seconds", t->statements[i].seconds);
        json_writer_end(w);
    }
    json_writer_end(w);
    write_spread(w, "database_spans", t->database_spans);
    write_spread(w, "repeats", t->repeats);
    json_member_double(w, "grows_with_size", trace_growth_correlation(&t->by_size));
    json_member_double(w, "grows_with_time", trace_growth_correlation(&t->by_time));
    json_writer_end(w);
}

static void write_summaries(struct json_writer *w, struct view packed) {
    struct pack_reader r = pack_reader_of(packed);
    struct trace_summary_store *s;

    json_member_array(w, "summaries");
    if (trace_summary_store_new(&s) == 0) {
        if (packed.len && trace_summary_store_unpack_merge(s, &r) == 0)
            for (size_t i = 0; i < trace_summary_store_count(s); i++) {
                struct trace_summary t = trace_summary_store_at(s, i);
                write_summary(w, &t);
            }
        trace_summary_store_free(s);
    }
    json_writer_end(w);
}

int web_trace_list(struct web_request *q) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_TRACE_SUMMARY_MAX), counts CLEANUP(buf_deinit) = BUF_MAX(COUNTS_MAX);
    struct json_writer w = json_writer_of(&q->reply.body);
    struct error err = ERROR_NULL;
    int64_t limit, failed, run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;

    if (!l || !web_query_i64(q, "limit", TRACES_LIMIT, 1, LEDGER_TRACE_LIST_MAX, &limit) || !web_query_i64(q, "failed", 0, 0, 1, &failed))
        return 0;
    struct ledger_trace_filter filter = {.endpoint = web_query_text(q, "endpoint"), .failed = failed, .limit = (int)limit};
    int r = ledger_trace_summary(l, run, &packed, &counts, &err);
    if (r < 0)
        return web_query_fail(q, &err);
    json_writer_object(&w);
    json_writer_key(&w, VIEW("counts"));
    if (counts.len)
        json_writer_raw(&w, buf_view(&counts));
    else
        json_writer_null(&w);
    json_member_array(&w, "traces");
    r = ledger_trace_list(l, run, &filter, write_trace, &w, &err);
    json_writer_end(&w);
    write_summaries(&w, buf_view(&packed));
    json_writer_end(&w);
    return r < 0 ? web_query_fail(q, &err) : json_writer_error(&w);
}

int web_trace_get(struct web_request *q) {
    struct error err = ERROR_NULL;
    int64_t run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;

    if (!l)
        return 0;
    int r = ledger_trace_get(l, run, view_of_cstr(q->place.name), web_query_text(q, "span"), &q->reply.body, &err);
    if (r == LEDGER_NOT_FOUND)
        return web_reply_error(&q->reply, "not_found", "No spans of that trace were kept: those of the slowest and of failed requests are.");
    return r < 0 ? web_query_fail(q, &err) : 0;
}

/* ---- log lines ---- */

static int write_log(void *ctx, const struct ledger_server_log *log) {
    struct json_writer *w = ctx;

    json_writer_object(w);
    json_member_i64(w, "at_ms", log->at_ms);
    json_member_text(w, "level", log->level);
    json_member_text(w, "trace", log->trace);
    json_member_text(w, "span", log->span);
    json_writer_key(w, VIEW("line"));
    json_writer_raw(w, log->json);
    json_writer_end(w);
    return 0;
}

/* Every parameter that is none of ours is a field and its value. */
static size_t read_conditions(struct web_request *q, struct ledger_log_condition *out) {
    static const struct view ours[] = {{"limit", 5}, {"trace", 5}, {"span", 4}, {"q", 1}, {"token", 5}};
    struct view anywhere = web_query_text(q, "q");
    size_t n = 0;
    const char *key;
    json_t *value;

    if (anywhere.len)
        out[n++] = (struct ledger_log_condition){.value = anywhere, .contains = true};
    json_object_foreach(q->query, key, value) {
        struct view name = view_of_cstr(key);
        bool own = false;
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            own = own || view_eq(name, ours[i]);
        if (own || n == LEDGER_SERVER_LOG_FIELDS_MAX)
            continue;
        bool contains = name.len > 1 && name.ptr[name.len - 1] == '~';
        out[n++] = (struct ledger_log_condition){.field = contains ? view_take(name, name.len - 1) : name, .value = web_query_text(q, key), .contains = contains};
    }
    return n;
}

int web_trace_logs(struct web_request *q) {
    struct ledger_log_condition conditions[LEDGER_SERVER_LOG_FIELDS_MAX];
    struct json_writer w = json_writer_of(&q->reply.body);
    struct error err = ERROR_NULL;
    int64_t limit, run = web_query_run(q);
    struct ledger *l = run ? web_query_ledger(q) : NULL;

    if (!l || !web_query_i64(q, "limit", LOGS_LIMIT, 1, LOGS_LIMIT_MAX, &limit))
        return 0;
    struct ledger_log_filter filter = {.trace = web_query_text(q, "trace"), .span = web_query_text(q, "span"), .conditions = conditions,
        .condition_count = read_conditions(q, conditions), .limit = (int)limit};
    json_writer_object(&w);
    json_member_array(&w, "logs");
    int r = ledger_server_logs(l, run, &filter, write_log, &w, &err);
    json_writer_end(&w);
    json_writer_end(&w);
    return r < 0 ? web_query_fail(q, &err) : json_writer_error(&w);
}
