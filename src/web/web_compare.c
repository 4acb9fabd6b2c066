/* Runs side by side: the first is the baseline. */
#include <math.h>
#include <stdlib.h>

#include "ledger/ledger_compare.h"
#include "web/web_priv.h"

enum { COMPARE_RUNS_MAX = 8, COMPARE_POINTS = 300 };

struct compared_runs {
    int64_t ids[COMPARE_RUNS_MAX];
    size_t count;
};

static bool runs_of(struct web_request *q, struct compared_runs *out) {
    struct view list = web_query_text(q, "runs");

    out->count = 0;
    while (list.len) {
        struct view piece = view_trim(view_cut(&list, ',', NULL));
        int64_t id = view_eq(piece, VIEW("current")) ? q->run : 0;
        if (out->count == COMPARE_RUNS_MAX || (!id && !view_to_i64(piece, &id)) || id < 1) {
            (void)web_reply_error(&q->reply, "invalid",
                "runs: 2 to %d numbers of runs with commas between them", COMPARE_RUNS_MAX);
            return false;
        }
        out->ids[out->count++] = id;
    }
    if (out->count < 2)
        (void)web_reply_error(
            &q->reply, "invalid", "runs: 2 to %d numbers of runs with commas between them", COMPARE_RUNS_MAX);
    return out->count >= 2;
}

/* ---- one pair ---- */

static void write_comparison(struct json_writer *w, const struct comparison *c) {
    json_member_double(w, "before", c->before);
    json_member_double(w, "after", c->after);
    json_member_double(w, "low", c->low);
    json_member_double(w, "high", c->high);
    json_member_text(w, "verdict", view_of_cstr(comparison_word(c->verdict)));
    json_writer_end(w);
}

static void write_endpoint(struct json_writer *w, const struct ledger_compared *c, struct view name) {
    json_writer_object(w);
    json_member_text(w, "method", c->method);
    json_member_text(w, "name", name);
    json_member_array(w, "requests");
    json_writer_u64(w, c->requests[0]);
    json_writer_u64(w, c->requests[1]);
    json_writer_end(w);
    json_member_array(w, "quantiles");
    for (size_t i = 0; i < LEDGER_COMPARE_QUANTILES; i++) {
        json_writer_object(w);
        json_member_double(w, "p", ledger_compare_quantiles[i]);
        write_comparison(w, &c->quantiles[i]);
    }
    json_writer_end(w);
    json_writer_key(w, VIEW("rps"));
    json_writer_object(w);
    write_comparison(w, &c->rate);
    json_writer_key(w, VIEW("error_rate"));
    json_writer_object(w);
    write_comparison(w, &c->errors);
    json_writer_end(w);
}

static int write_pair(
    struct json_writer *w, struct ledger *l, int64_t before, int64_t after, struct error *err) {
    struct ledger_compare_options o = {.before = before, .after = after};
    struct ledger_comparison c;
    int r = ledger_compare(l, &o, &c, err);

    if (r != LEDGER_OK)
        return r;
    json_writer_object(w);
    json_writer_key(w, VIEW("before"));
    json_writer_i64(w, before);
    json_writer_key(w, VIEW("after"));
    json_writer_i64(w, after);
    json_member_text(w, "verdict", view_of_cstr(comparison_word(c.verdict)));
    json_member_text(w, "text", view_trim(buf_view(&c.words)));
    json_writer_key(w, VIEW("total"));
    write_endpoint(w, &c.total, VIEW("Aggregated"));
    json_member_array(w, "endpoints");
    for (size_t i = 0; i < c.count; i++)
        write_endpoint(w, &c.rows[i], c.rows[i].name);
    json_writer_end(w);
    json_writer_key(w, VIEW("only_before"));
    json_writer_u64(w, c.only_before);
    json_writer_key(w, VIEW("only_after"));
    json_writer_u64(w, c.only_after);
    json_writer_key(w, VIEW("left_out"));
    json_writer_u64(w, c.left_out);
    json_writer_end(w);
    ledger_comparison_deinit(&c);
    return json_writer_error(w);
}

/* ---- all ---- */

static int write_run(void *ctx, const struct ledger_run *r) {
    web_runs_write(ctx, r);
    json_writer_end(ctx);
    return 0;
}

static int write_curves(struct json_writer *w, struct ledger *l, int64_t run, struct error *err) {
    struct ledger_series_query q = {.to_s = LEDGER_VIEW_END, .points = COMPARE_POINTS};
    struct ledger_view *view = NULL;
    struct ledger_series s;
    int r = ledger_view_new(&view, l, run, err);

    r = r != LEDGER_OK ? r : ledger_view_series(view, &q, &s, err);
    if (r == 0) {
        json_writer_object(w);
        json_writer_key(w, VIEW("run"));
        json_writer_i64(w, run);
        web_window_write_series(w, &s);
        json_writer_end(w);
    }
    ledger_view_free(view);
    return r;
}

static int write_all(
    struct json_writer *w, struct ledger *l, const struct compared_runs *runs, struct error *err) {
    int r = LEDGER_OK;

    json_writer_object(w);
    json_member_array(w, "runs");
    for (size_t i = 0; i < runs->count && r == LEDGER_OK; i++)
        if ((r = ledger_run_get(l, runs->ids[i], write_run, w, err)) == LEDGER_NOT_FOUND)
            error_set(err, ERROR_INVALID, "There is no run %lld in this ledger.", (long long)runs->ids[i]);
    json_writer_end(w);
    json_member_array(w, "pairs");
    for (size_t i = 1; i < runs->count && r == LEDGER_OK; i++)
        r = write_pair(w, l, runs->ids[0], runs->ids[i], err);
    json_writer_end(w);
    json_member_array(w, "series");
    for (size_t i = 0; i < runs->count && r == LEDGER_OK; i++)
        r = write_curves(w, l, runs->ids[i], err);
    json_writer_end(w);
    json_writer_end(w);
    return r < 0 ? r : r == LEDGER_OK ? json_writer_error(w) : r;
}

int web_compare(struct web_request *q) {
    struct json_writer w = json_writer_of(&q->reply.body);
    struct compared_runs runs;
    struct error err = ERROR_NULL;
    struct ledger *l = runs_of(q, &runs) ? web_query_ledger(q) : NULL;

    if (!l)
        return 0;
    int r = write_all(&w, l, &runs, &err);
    if (r == LEDGER_NOT_FOUND)
        return web_reply_error(&q->reply, "not_found", "%s", err.text);
    return r < 0 ? web_query_fail(q, &err) : 0;
}
