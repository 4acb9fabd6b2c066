#include "ledger/ledger_compare.h"

#include "core/rng.h"
#include "ledger/ledger_test_priv.h"

struct runs {
    struct place place;
    struct ledger *l;
    struct metrics *metrics;
    struct tags *tags;
    struct rng rng;
};

static void runs_init(struct runs *w) {
    struct error err = ERROR_NULL;
    place_init(&w->place);
    ok(ledger_open(&w->l, w->place.path, LEDGER_WRITE, &err), &err);
    assert_int_equal(metrics_new(&w->metrics), 0);
    assert_int_equal(tags_new(&w->tags, 0), 0);
    rng_init(&w->rng, 3);
}

static void runs_deinit(struct runs *w) {
    tags_free(w->tags);
    metrics_free(w->metrics);
    ledger_free(w->l);
    place_deinit(&w->place);
}

struct shape {
    int seconds, per_second;
    double ms[2], failed; /* of /a and /b; share */
    bool only_a;
};

static void one(struct runs *w, struct series_store *s, const char *name, double ms, bool failed) {
    struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), view_of_cstr(name)}};
    tagset_id set = tags_intern(w->tags, tags, 2);
    double noisy = ms * (0.9 + 0.2 * rng_double(&w->rng));
    assert_int_equal(series_store_add(s, series_store_get(s, METRIC_HTTP_REQS, set), 1, 0), 0);
    assert_int_equal(series_store_add(s, series_store_get(s, METRIC_HTTP_REQ_FAILED, set), failed, 0), 0);
    assert_int_equal(series_store_add(s, series_store_get(s, METRIC_HTTP_REQ_DURATION, set), noisy, 0), 0);
}

static int64_t run_of(struct runs *w, const struct shape *shape) {
    struct error err = ERROR_NULL;
    struct series_store *s;
    struct ledger_frames *f;
    int64_t run;
    struct ledger_run r = {.started_ms = 1, .pid = (int)getpid(), .tool = VIEW("k6"), .options = VIEW("{}")};
    ok(ledger_run_begin(w->l, &r, VIEW(""), &run, &err), &err);
    assert_int_equal(series_store_new(&s, w->metrics, w->tags), 0);
    assert_int_equal(ledger_frames_new(&f, w->l,
                         &(struct ledger_frames_options){.run = run, .metrics = w->metrics, .tags = w->tags}),
        0);
    for (int t = 0; t < shape->seconds; t++) {
        for (int i = 0; i < shape->per_second; i++) {
            one(w, s, "/a", shape->ms[0], rng_double(&w->rng) < shape->failed);
            if (!shape->only_a)
                one(w, s, "/b", shape->ms[1], false);
        }
        ok(ledger_frames_add(f, t, s, &err), &err);
        series_store_reset(s);
    }
    ledger_frames_free(f);
    series_store_free(s);
    return run;
}

static void test_verdicts(void **state) {
    static const struct {
        struct shape before, after;
        enum ledger_compare_end end;
        enum comparison_verdict verdict;
        const char *words;
    } cases[] = {
        {{30, 50, {20, 40}, 0, false}, {30, 50, {20, 40}, 0, false}, LEDGER_COMPARE_GOOD, COMPARISON_SAME,
            "No difference that matters"},
        {{30, 50, {20, 40}, 0, false}, {30, 50, {20, 48}, 0, false}, LEDGER_COMPARE_WORSE, COMPARISON_SLOWER,
            "p95 of GET /b rose by "},
        {{30, 50, {20, 48}, 0, false}, {30, 50, {20, 40}, 0, false}, LEDGER_COMPARE_GOOD, COMPARISON_FASTER,
            "p95 of GET /b fell by "},
        {{30, 50, {20, 40}, 0, false}, {30, 50, {20, 40}, 0.2, false}, LEDGER_COMPARE_WORSE,
            COMPARISON_SLOWER, "errors of GET /a rose from 0.00 %"},
        {{5, 50, {20, 40}, 0, false}, {30, 50, {20, 90}, 0, false}, LEDGER_COMPARE_TOO_LITTLE,
            COMPARISON_TOO_LITTLE, "Too little was measured"},
        {{30, 50, {20, 40}, 0, false}, {0, 0, {0, 0}, 0, false}, LEDGER_COMPARE_TOO_LITTLE,
            COMPARISON_TOO_LITTLE, "Too little was measured"},
    };
    struct error err = ERROR_NULL;
    struct ledger_comparison c;
    struct runs w;
    (void)state;

    runs_init(&w);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct ledger_compare_options o = {
            .before = run_of(&w, &cases[i].before), .after = run_of(&w, &cases[i].after)};
        ok(ledger_compare(w.l, &o, &c, &err), &err);
        if (c.end != cases[i].end || c.verdict != cases[i].verdict || !strstr(c.words.ptr, cases[i].words))
            fail_msg("case %zu: end %d, %s: %s", i, (int)c.end, comparison_word(c.verdict), c.words.ptr);
        ledger_comparison_deinit(&c);
    }
    runs_deinit(&w);
}

static void test_only_what_both_have_is_compared(void **state) {
    static const struct shape both = {20, 20, {20, 40}, 0, false}, one_only = {20, 20, {20, 0}, 0, true};
    struct error err = ERROR_NULL;
    struct ledger_comparison c;
    struct runs w;
    (void)state;

    runs_init(&w);
    struct ledger_compare_options o = {.before = run_of(&w, &both), .after = run_of(&w, &one_only)};
    ok(ledger_compare(w.l, &o, &c, &err), &err);
    assert_int_equal(c.count, 1);
    assert_int_equal(c.only_before, 1);
    assert_int_equal(c.only_after, 0);
    assert_true(view_eq(c.rows[0].name, VIEW("/a")) && c.rows[0].requests[0] == 400);
    assert_true(c.rows[0].quantiles[0].verdict == COMPARISON_SAME && c.rows[0].rate.before == 20);
    ledger_comparison_deinit(&c);
    o.after += 1;
    assert_int_equal(ledger_compare(w.l, &o, &c, &err), LEDGER_NOT_FOUND);
    ledger_comparison_deinit(&c);
    runs_deinit(&w);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts),
        cmocka_unit_test(test_only_what_both_have_is_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
