#include "ledger/ledger_view.h"

#include "ledger/ledger_test_priv.h"
#include "stats/evidence.h"

#include <math.h>
#include <sqlite3.h>

static void end_second(struct world *w, int64_t second, uint64_t users) {
    keep_second(w, (struct ledger_second){.second = second, .users = users});
}

/* Seconds 0 … 99: ten GETs of 10 ms (second 50: 500 ms) and one failed POST of 20 ms each. */
static void hundred_seconds(struct world *w) {
    for (int64_t t = 0; t < 100; t++) {
        for (int i = 0; i < 10; i++)
            request(w, "GET", "/todos", "200", t == 50 ? 500 : 10);
        request(w, "POST", "/todos", "503", 20);
        add(w, METRIC_ITERATIONS, 0, 3);
        add(w, METRIC_DATA_RECEIVED, 0, 1000);
        end_second(w, t, (uint64_t)t + 1);
    }
}

static void test_table_of_a_window(void **state) {
    static const struct {
        int64_t from_s, to_s, seconds;
        double get_p99;
    } cases[] = {
        {0, LEDGER_VIEW_END, 100, 14.9},
        {0, 50, 50, 10},
        {45, 55, 10, 500},
        {50, 51, 1, 500},
        {-5, 10, 10, 10},
        {90, 5000, 10, 10},
        {200, 300, 0, 0},
        {30, 30, 0, 0},
    };
    struct error err = ERROR_NULL;
    struct ledger_table t;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    hundred_seconds(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ok(ledger_view_table(w.view, cases[i].from_s, cases[i].to_s, &t, &err), &err);
        assert_int_equal(t.count, cases[i].seconds ? 2 : 0);
        assert_int_equal(t.total.requests, 11 * cases[i].seconds);
        assert_int_equal(t.total.failures, cases[i].seconds);
        assert_true((t.window.width_s > 0) == (cases[i].seconds > 0));
        if (!cases[i].seconds)
            continue;
        assert_true(view_eq(t.rows[0].method, VIEW("GET")) && view_eq(t.rows[1].method, VIEW("POST")));
        assert_int_equal(t.rows[0].requests, 10 * cases[i].seconds);
        assert_int_equal(t.rows[1].failures, cases[i].seconds);
        assert_true(fabs(t.rows[0].times.p99 - cases[i].get_p99) <= cases[i].get_p99 / 100);
        assert_true(t.rows[0].requests_per_s == 10 && t.total.failures_per_s == 1);
        assert_true(isnan(t.rows[0].bytes) && t.total.bytes == 1000.0 * (double)cases[i].seconds);
        assert_int_equal(t.total.histogram->count, t.total.requests);
    }
    world_deinit(&w);
}

static void test_series(void **state) {
    static const struct {
        size_t points, count;
        const char *method;
        double requests_per_s;
    } cases[] = {
        {0, 100, "", 11}, {100, 100, "", 11}, {20, 10, "", 11}, {20, 10, "GET", 10}, {0, 100, "POST", 1}};
    struct error err = ERROR_NULL;
    struct ledger_series s;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    hundred_seconds(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_series_query q = {.to_s = LEDGER_VIEW_END,
            .points = cases[i].points,
            .method = view_of_cstr(cases[i].method),
            .name = cases[i].method[0] ? VIEW("/todos") : VIEW("")};
        ok(ledger_view_series(w.view, &q, &s, &err), &err);
        assert_int_equal(s.count, cases[i].count);
        for (size_t k = 0; k < s.count; k++) {
            int64_t width_s = 100 / (int64_t)s.count;
            assert_int_equal(s.points[k].from_s, (int64_t)k * width_s);
            assert_int_equal(s.points[k].width_s, width_s);
            assert_true(s.points[k].requests_per_s == cases[i].requests_per_s);
            assert_true(s.points[k].users == (double)((int64_t)(k + 1) * width_s));
            assert_int_equal(s.points[k].iterations, 3 * width_s);
            assert_true(s.points[k].bytes_per_s == 1000);
        }
    }
    world_deinit(&w);
}

/* The newest second is a part of one; a pause is a stretch of zeros. */
static void test_series_of_a_broken_run(void **state) {
    struct error err = ERROR_NULL;
    struct ledger_series s;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    ok(ledger_view_series(w.view, &(struct ledger_series_query){.to_s = 10}, &s, &err), &err);
    assert_int_equal(s.count, 0);
    request(&w, "GET", "/", "200", 10);
    end_second(&w, 2, 1);
    request(&w, "GET", "/", "200", 10);
    ok(ledger_frames_add(w.frames, 5, w.delta, &err), &err);
    struct ledger_second half = {.second = 5, .elapsed_us = 5500000, .users = 7};
    ok(ledger_second_add(w.l, w.run, &half, &err), &err);
    ok(ledger_view_series(w.view, &(struct ledger_series_query){.to_s = LEDGER_VIEW_END}, &s, &err), &err);
    static const double rates[] = {0, 0, 1, 0, 0, 2};
    assert_int_equal(s.count, 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(s.points[i].from_s, i);
        assert_true(s.points[i].requests_per_s == rates[i]);
        assert_true(isnan(s.points[i].times.p95) == (rates[i] == 0));
    }
    assert_true(s.points[5].users == 7 && isnan(s.points[0].users));
    world_deinit(&w);
}

static void test_histogram(void **state) {
    static const struct {
        const char *method;
        uint64_t total;
    } cases[] = {{"", 1100}, {"GET", 1000}, {"POST", 100}, {"PUT", 0}};
    struct error err = ERROR_NULL;
    struct ledger_bins b;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    hundred_seconds(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t sum = 0;
        ok(ledger_view_histogram(w.view, 0, LEDGER_VIEW_END, view_of_cstr(cases[i].method),
               cases[i].method[0] ? VIEW("/todos") : VIEW(""), 40, &b, &err),
            &err);
        assert_int_equal(b.total, cases[i].total);
        for (size_t k = 0; k < b.count; k++) {
            assert_true(b.bounds[k] <= b.bounds[k + 1]);
            sum += b.counts[k];
        }
        assert_int_equal(sum, cases[i].total);
    }
    ok(ledger_view_histogram(w.view, 0, LEDGER_VIEW_END, VIEW("GET"), VIEW("/todos"), 40, &b, &err), &err);
    assert_int_equal(b.count, 40);
    assert_int_equal(b.counts[0], 990);
    assert_int_equal(b.counts[39], 10);
    world_deinit(&w);
}

static void test_checks(void **state) {
    struct tag tags[] = {
        {VIEW("check"), VIEW("is 200")}, {VIEW("group"), VIEW("::login")}, {VIEW("scenario"), VIEW("a")}};
    struct error err = ERROR_NULL;
    struct ledger_checks c;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    for (int64_t t = 0; t < 4; t++) {
        add(&w, METRIC_CHECKS, tags_intern(w.tags, tags, 2), 1);
        add(&w, METRIC_CHECKS, tags_intern(w.tags, tags, 3), t >= 2);
        end_second(&w, t, 1);
    }
    ok(ledger_view_checks(w.view, 0, 3, &c, &err), &err);
    assert_int_equal(c.count, 1); /* other tags are the same check */
    assert_true(view_eq(c.rows[0].name, VIEW("is 200")) && view_eq(c.rows[0].group, VIEW("::login")));
    assert_int_equal(c.rows[0].passes, 4);
    assert_int_equal(c.rows[0].fails, 2);
    world_deinit(&w);
}

static void keep_evidence(struct world *w, struct evidence_store *s) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct error err = ERROR_NULL;
    struct pack_writer writer = pack_writer_of(&packed);
    evidence_store_pack(s, &writer);
    ok(ledger_run_keep_evidence(w->l, w->run, buf_view(&packed), &err), &err);
    evidence_store_free(s);
}

#define EXEMPLAR "POST http://x/todos\nA: b\n\n\nHTTP/1.1 503 Busy\nX-Request-ID: 4711\n\nno\n"

static void test_failures_with_exemplars(void **state) {
    static const struct {
        enum evidence_kind kind;
        const char *subject;
        bool found;
    } cases[] = {
        {EVIDENCE_REQUEST_FAILED, "HTTP 503", true},
        {EVIDENCE_REQUEST_FAILED, "HTTP 500", false},
        {EVIDENCE_CHECK_FAILED, "created", true},
        {EVIDENCE_SCRIPT_ERROR, "HTTP 503", false},
    };
    struct error err = ERROR_NULL;
    struct ledger_failures f;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    hundred_seconds(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct evidence_store *s;
        struct view subject = view_of_cstr(cases[i].subject), object = VIEW("POST /todos");
        assert_int_equal(evidence_store_new(&s), 0);
        evidence_store_add_at(s, cases[i].kind, subject, object, VIEW(""), 1, 5000000);
        evidence_store_exemplar(s, cases[i].kind, subject, object, VIEW(""), VIEW(EXEMPLAR));
        keep_evidence(&w, s);
        ok(ledger_view_failures(w.view, 10, 20, &f, &err), &err);
        assert_int_equal(f.count, 1);
        assert_true(view_eq(f.rows[0].method, VIEW("POST")) && view_eq(f.rows[0].error, VIEW("HTTP 503")));
        assert_true(f.rows[0].count == 10 && f.rows[0].exact);
        assert_int_equal(f.rows[0].exemplar.len > 0, cases[i].found);
        assert_int_equal(view_eq(f.rows[0].correlation, VIEW("4711")), cases[i].found);
    }
    world_deinit(&w);
}

static void locust_request(struct world *w, const char *name, double ms, bool failed) {
    struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), view_of_cstr(name)}};
    static const struct {
        const char *name;
        enum metric_type type;
    } metrics[] = {{"request_duration", METRIC_TREND}, {"request_bytes", METRIC_COUNTER},
        {"request_failures", METRIC_COUNTER}};
    double values[] = {ms, 100, 1};
    for (size_t i = 0; i < (failed ? 3 : 2); i++) {
        metric_id id;
        assert_int_equal(
            metrics_register(w->metrics, view_of_cstr(metrics[i].name), metrics[i].type, METRIC_DEFAULT, &id),
            METRIC_OK);
        add(w, id, tags_intern(w->tags, tags, 2), values[i]);
    }
}

static void test_locust(void **state) {
    struct error err = ERROR_NULL;
    struct evidence_store *s;
    struct ledger_table t;
    struct ledger_series c;
    struct ledger_failures f;
    struct ledger_exceptions x;
    struct world w;
    (void)state;

    world_init(&w, "locust");
    for (int64_t second = 0; second < 10; second++) {
        locust_request(&w, "/b", 0, false); /* a time of zero is one */
        locust_request(&w, "/a", 20, true);
        request(&w, "GET", "/a", "500", 20); /* the same as k6 would count it: not to be counted twice */
        end_second(&w, second, 1);
    }
    ok(ledger_view_table(w.view, 0, LEDGER_VIEW_END, &t, &err), &err);
    assert_int_equal(t.count, 2);
    assert_true(view_eq(t.rows[0].name, VIEW("/a")) && t.rows[0].failures == 10 && t.rows[0].bytes == 1000);
    assert_true(t.rows[1].times.max == 0 && t.total.requests == 20 && t.total.bytes == 2000);
    ok(ledger_view_series(w.view, &(struct ledger_series_query){.to_s = LEDGER_VIEW_END}, &c, &err), &err);
    assert_true(c.count == 10 && c.points[3].requests == 2 && c.points[3].failures == 1);

    assert_int_equal(evidence_store_new(&s), 0);
    evidence_store_add_at(
        s, EVIDENCE_LOCUST_FAILURE, VIEW("GET"), VIEW("/a"), VIEW("HTTPError('500')"), 10, 5000000);
    evidence_store_add(s, EVIDENCE_LOCUST_EXCEPTION, VIEW("4f"), VIEW("local"), VIEW(""), 3);
    evidence_store_exemplar(s, EVIDENCE_LOCUST_EXCEPTION, VIEW("4f"), VIEW("local"), VIEW(""),
        view_of("KeyError: 'id'\0  File \"a.py\"", 28));
    keep_evidence(&w, s);
    ok(ledger_view_failures(w.view, 0, LEDGER_VIEW_END, &f, &err), &err);
    assert_true(f.count == 1 && f.rows[0].count == 10 && !f.rows[0].exact && f.rows[0].first_ms == 5000);
    ok(ledger_view_exceptions(w.view, &x, &err), &err);
    assert_true(x.count == 1 && x.rows[0].count == 3 && view_eq(x.rows[0].text, VIEW("KeyError: 'id'")));
    assert_true(view_starts_with(x.rows[0].trace, VIEW("  File")) && view_eq(x.rows[0].where, VIEW("local")));
    world_deinit(&w);
}

/* --- what else is kept of each second --- */

struct seen {
    size_t count, workers;
    int64_t last;
    double cpu, observed;
    char text[64];
};

static int see_second(void *ctx, const struct ledger_second *s) {
    struct seen *seen = ctx;
    seen->count++;
    seen->last = s->second;
    seen->workers += s->worker_count;
    seen->cpu = s->worker_count ? s->workers[0].cpu : 0;
    return 0;
}

static int see_mark(void *ctx, int64_t second, struct view text) {
    struct seen *seen = ctx;
    seen->count++;
    seen->last = second;
    snprintf(seen->text, sizeof seen->text, "%.*s", VIEW_ARGS(text));
    return 0;
}

static int see_threshold(void *ctx, const struct ledger_threshold *t) {
    struct seen *seen = ctx;
    seen->count++;
    seen->last = t->ok;
    seen->observed = t->observed;
    snprintf(seen->text, sizeof seen->text, "%.*s", VIEW_ARGS(t->target));
    return 0;
}

static void test_seconds_and_health(void **state) {
    static const struct {
        size_t workers, points, rows, kept;
    } cases[] = {{1, 0, 100, 100}, {64, 0, 100, 50 * 64}, {64, 10, 10, 10 * 64}, {640, 0, 100, 10 * 640}};
    struct error err = ERROR_NULL;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_worker *workers = calloc(cases[i].workers, sizeof *workers);
        struct seen seen = {0};
        assert_non_null(workers);
        for (size_t k = 0; k < cases[i].workers; k++)
            workers[k] = (struct ledger_worker){.alive = true, .cpu = 0.5, .users = k, .steal_us = -1};
        int64_t run;
        ok(ledger_run_begin(w.l, &(struct ledger_run){.started_ms = 1, .pid = 1, .options = VIEW("{}")},
               VIEW(""), &run, &err),
            &err);
        assert_int_equal(ledger_second_newest(w.l, run, see_second, &seen, &err), LEDGER_NOT_FOUND);
        for (int64_t t = 0; t < 100; t++) {
            struct ledger_second s = {.second = t, .workers = workers, .worker_count = cases[i].workers};
            ok(ledger_second_add(w.l, run, &s, &err), &err);
        }
        ok(ledger_second_each(w.l, run, 0, 100, cases[i].points, see_second, &seen, &err), &err);
        assert_int_equal(seen.count, cases[i].rows);
        assert_int_equal(seen.workers, cases[i].kept);
        seen = (struct seen){0};
        ok(ledger_second_newest(w.l, run, see_second, &seen, &err), &err);
        assert_true(seen.count == 1 && seen.last >= 90 && seen.cpu == 0.5);
        free(workers);
    }
    world_deinit(&w);
}

static void test_marks_and_thresholds(void **state) {
    struct error err = ERROR_NULL;
    struct seen seen = {0};
    struct world w;
    (void)state;

    world_init(&w, "k6");
    ok(ledger_mark_add(w.l, w.run, 12, VIEW("deployed"), &err), &err);
    ok(ledger_mark_add(w.l, w.run, 3, VIEW("warm"), &err), &err);
    ok(ledger_mark_each(w.l, w.run, 0, 100, see_mark, &seen, &err), &err);
    assert_true(seen.count == 2 && seen.last == 12);
    assert_string_equal(seen.text, "deployed");
    seen = (struct seen){0};
    ok(ledger_mark_each(w.l, w.run, 0, 12, see_mark, &seen, &err), &err);
    assert_int_equal(seen.count, 1);

    struct ledger_threshold t = {
        .target = VIEW("checks"), .expression = VIEW("rate>0.9"), .ok = true, .observed = (double)NAN};
    ok(ledger_threshold_set(w.l, w.run, 0, &t, &err), &err);
    t.ok = false;
    t.observed = 0.25;
    ok(ledger_threshold_set(w.l, w.run, 0, &t, &err), &err);
    seen = (struct seen){0};
    ok(ledger_threshold_each(w.l, w.run, see_threshold, &seen, &err), &err);
    assert_true(seen.count == 1 && seen.last == 0 && seen.observed == 0.25);
    assert_string_equal(seen.text, "checks");
    world_deinit(&w);
}

/* A ledger of the first version, with a run in it, is read as before. */
static void test_an_older_ledger_is_read(void **state) {
    struct error err = ERROR_NULL;
    struct ledger_series s;
    struct ledger_table t;
    struct world w;
    sqlite3 *db;
    (void)state;

    world_init(&w, "k6");
    hundred_seconds(&w);
    w.view = ledger_view_free(w.view);
    w.frames = ledger_frames_free(w.frames);
    w.l = ledger_free(w.l);
    assert_int_equal(sqlite3_open(w.place.path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db,
            "DROP TABLE totals; DROP TABLE seconds; DROP TABLE health; DROP TABLE marks; DROP TABLE "
            "thresholds; DROP TABLE probe_series; DROP TABLE probe_values; DROP TABLE probe_notes; DROP TABLE rounds; "
            "DROP TABLE states; DROP TABLE traces; DROP TABLE trace_summaries; DROP TABLE server_logs; "
            "ALTER TABLE runs DROP COLUMN findings; PRAGMA user_version = 1",
            NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    ok(ledger_open(&w.l, w.place.path, LEDGER_READ, &err), &err);
    ok(ledger_view_new(&w.view, w.l, w.run, &err), &err);
    ok(ledger_view_table(w.view, 0, LEDGER_VIEW_END, &t, &err), &err);
    assert_int_equal(t.total.requests, 1100);
    ok(ledger_view_series(w.view, &(struct ledger_series_query){.to_s = LEDGER_VIEW_END}, &s, &err), &err);
    assert_true(s.count == 100 && s.points[7].requests == 11 && isnan(s.points[7].users));
    world_deinit(&w);
}

static void test_no_such_run(void **state) {
    struct error err = ERROR_NULL;
    struct ledger_view *v;
    struct world w;
    (void)state;

    world_init(&w, "k6");
    assert_int_equal(ledger_view_new(&v, w.l, w.run + 1, &err), LEDGER_NOT_FOUND);
    assert_null(v);
    world_deinit(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_of_a_window),
        cmocka_unit_test(test_series),
        cmocka_unit_test(test_series_of_a_broken_run),
        cmocka_unit_test(test_histogram),
        cmocka_unit_test(test_checks),
        cmocka_unit_test(test_failures_with_exemplars),
        cmocka_unit_test(test_locust),
        cmocka_unit_test(test_seconds_and_health),
        cmocka_unit_test(test_marks_and_thresholds),
        cmocka_unit_test(test_an_older_ledger_is_read),
        cmocka_unit_test(test_no_such_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
