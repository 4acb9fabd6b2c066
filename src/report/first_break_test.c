#include "report/first_break.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct diagnosis_finding finding(enum diagnosis_kind kind, const char *sentence) {
    struct diagnosis_finding d = {.kind = kind, .confidence = 0.9, .impact = 0.5};
    snprintf(d.sentence, sizeof d.sentence, "%s", sentence);
    snprintf(d.remedy, sizeof d.remedy, "Do something about it.");
    d.evidence_count = 2;
    snprintf(d.evidence[0].series, sizeof d.evidence[0].series, "app.pool.waiting");
    snprintf(d.evidence[0].text, sizeof d.evidence[0].text, "61 waiting");
    snprintf(d.evidence[1].text, sizeof d.evidence[1].text, "a figure of the load");
    return d;
}

static int plain(struct buf *out, struct view v) {
    return buf_append_view(out, v);
}

static void quiet_when_nothing_broke(void **state) {
    (void)state;
    struct buf out = BUF_MAX(65536);
    struct diagnosis_finding note = finding(DIAGNOSIS_KNEE, "The knee lies near 12 users.");
    assert_int_equal(first_break_write(NULL, 0, false, false, &out), 0);
    assert_int_equal(first_break_write(&note, 1, false, false, &out), 0);
    assert_int_equal(first_break_markdown(&note, 1, plain, &out), 0);
    assert_int_equal(out.len, 0);
    assert_int_equal(
        first_break_write(&note, 1, true, false, &out), 0); /* who asks for all gets notes, too */
    assert_non_null(strstr(out.ptr, "1. the knee (nearly certain)"));
    buf_deinit(&out);
}

static void three_at_most(void **state) {
    (void)state;
    struct buf out = BUF_MAX(65536);
    struct diagnosis_finding list[5];
    for (size_t i = 0; i < 5; i++)
        list[i] = finding(i == 1 ? DIAGNOSIS_KNEE : DIAGNOSIS_DB_POOL, "The queue is in the pool.");
    assert_int_equal(first_break_write(list, 5, false, false, &out), 0);
    assert_non_null(strstr(out.ptr, "WHAT BROKE FIRST"));
    assert_non_null(strstr(out.ptr, "3. the database pool is full"));
    assert_null(strstr(out.ptr, "4. "));
    assert_null(strstr(out.ptr, "the knee"));
    assert_non_null(strstr(out.ptr, "Seen from the server: app.pool.waiting: 61 waiting\n"));
    assert_null(strstr(out.ptr, "a figure of the load"));
    assert_null(strchr(out.ptr, '\x1b'));
    buf_clear(&out);
    assert_int_equal(first_break_markdown(list, 5, plain, &out), 0);
    assert_non_null(strstr(out.ptr, "3. **the database pool is full** (nearly certain): The queue"));
    assert_null(strstr(out.ptr, "4. "));
    buf_deinit(&out);
}

/* A run of ten seconds whose deltas come one by one; in the last five half of the requests are refused. */
static void from_a_run(void **state) {
    (void)state;
    struct recorder total, worker;
    struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    struct first_break *b = first_break_new(&(struct diagnosis_options){.cost_per_hour = 3.6});
    struct buf words = BUF_MAX(65536);
    assert_non_null(b);
    assert_int_equal(recorder_init(&total, false), 0);
    assert_int_equal(recorder_init(&worker, false), 0);
    struct run_state r = {.phase = RUN_RUNNING, .total = &total, .users_active = 3};
    for (int s = 0; s < 10; s++) {
        for (int i = 0; i < 40; i++) {
            struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), VIEW("/a")},
                {VIEW("status"), s > 4 && i % 2 ? VIEW("429") : VIEW("200")}};
            recorder_add_http(&worker, tags_intern(worker.tags, tags, 3),
                &(struct recorder_http){.duration_ms = 4}, &(struct recorder_at){.wall_ns = 1, .iter = -1});
        }
        first_break_delta(b, s, worker.series);
        series_store_reset(worker.series);
        r.load_elapsed_us = (s + 1) * 1000000LL;
        first_break_second(b, &r);
    }
    r.iterations_complete = 200;
    assert_true(first_break_diagnose(b, &r, found, DIAGNOSIS_FINDINGS_MAX) > 0);
    assert_int_equal(found[0].kind, DIAGNOSIS_RATE_LIMIT);
    assert_true(found[0].evidence[0].from_s == 5 && found[0].evidence[0].to_s == 10);
    assert_int_equal(first_break_percentiles(b, &r, &words), 0);
    assert_non_null(strstr(words.ptr, "A visit is 2 requests"));
    assert_non_null(strstr(words.ptr, "A million requests cost 25.00"));
    buf_deinit(&words);
    recorder_deinit(&total);
    recorder_deinit(&worker);
    first_break_free(b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quiet_when_nothing_broke),
        cmocka_unit_test(three_at_most),
        cmocka_unit_test(from_a_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
