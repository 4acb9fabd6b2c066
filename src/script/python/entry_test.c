#include "script/python/entry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct recorder recorder;
static struct entries entries;

static int set_up(void **state) {
    (void)state;
    return recorder_init(&recorder, false) == 0 ? entries_init(&entries, &recorder) : -1;
}

static int tear_down(void **state) {
    (void)state;
    entries_deinit(&entries);
    recorder_deinit(&recorder);
    return 0;
}

static const struct sink *sink_of(const char *metric, const char *method, const char *name) {
    metric_id id;
    struct tag tags[] = {{VIEW("method"), view_of_cstr(method)}, {VIEW("name"), view_of_cstr(name)}};
    assert_true(metrics_find(recorder.metrics, view_of_cstr(metric), &id));
    return &series_store_get(recorder.series, id, tags_intern(recorder.tags, tags, 2))->sink;
}

static void record(
    const char *method, const char *name, double ms, bool timed, uint64_t length, const char *failure) {
    entry_record(&entries, entries_get(&entries, view_of_cstr(method), view_of_cstr(name)),
        &(struct entry_request){.ms = ms,
            .timed = timed,
            .length = length,
            .failure = view_of_cstr(failure),
            .wall_ns = 5000000000});
}

static void requests_are_counted_by_method_and_name(void **state) {
    (void)state;
    record("GET", "/a", 1.5, true, 10, NULL);
    record("GET", "/a", 2.5, true, 20, "Boom('x')");
    record("GET", "/a", 0, false, 5, NULL);
    record("POST", "/a", 7, true, 1, NULL);
    record("", "/a", 9, true, 1, "");
    const struct sink *times = sink_of("request_duration", "GET", "/a"),
                      *bytes = sink_of("request_bytes", "GET", "/a");
    assert_int_equal(times->trend.count, 2);
    assert_true(times->trend.sum == 4);
    assert_int_equal(bytes->counter.count, 3); /* all requests, also untimed ones */
    assert_true(bytes->counter.sum == 35);
    assert_true(sink_of("request_failures", "GET", "/a")->counter.sum == 1);
    assert_true(
        sink_of("request_failures", "", "/a")->counter.sum == 1); /* an empty text is a failure, too */
    assert_int_equal(sink_of("request_duration", "POST", "/a")->trend.count, 1);
    struct evidence e = evidence_store_at(recorder.evidence, 0);
    assert_int_equal(e.kind, EVIDENCE_LOCUST_FAILURE);
    assert_true(view_eq(e.subject, VIEW("GET")) && view_eq(e.object, VIEW("/a")) &&
                view_eq(e.detail, VIEW("Boom('x')")));
    assert_int_equal(e.first_wall_us, 5000000);
}

static void the_same_entry_comes_back(void **state) {
    (void)state;
    struct entry *a = entries_get(&entries, VIEW("GET"), VIEW("/a"));
    assert_ptr_equal(entries_get(&entries, VIEW("GET"), VIEW("/a")), a);
    assert_ptr_not_equal(entries_get(&entries, VIEW("GET/"), VIEW("a")), a);
    assert_ptr_not_equal(entries_get(&entries, VIEW("GE"), VIEW("T/a")), a);
}

static void names_beyond_the_limit_are_counted_all_the_same(void **state) {
    (void)state;
    char name[32], *large = calloc(1, 10001);
    for (int i = 0; i < ENTRIES_MAX + 100; i++) {
        snprintf(name, sizeof name, "/%d", i);
        record("GET", name, 1, true, 1, NULL);
    }
    memset(large, 'x', 10000);
    record("GET", large, 1, true, 1, NULL);
    record("GET", large, 1, true, 1, NULL);
    /* Series beyond their own limit are folded into "(other)"; none is lost. */
    metric_id id;
    struct sink all;
    assert_true(metrics_find(recorder.metrics, VIEW("request_bytes"), &id));
    assert_int_equal(series_store_collect(recorder.series, id, NULL, 0, &all), 0);
    assert_int_equal(all.counter.count, ENTRIES_MAX + 102);
    assert_int_equal(recorder.lost, 0);
    sink_deinit(&all);
    free(large);
}

static void http_round_trips_have_their_own_tags(void **state) {
    (void)state;
    struct timing t = {
        .asked_us = 1000, .got_connection_us = 1500, .sent_us = 1600, .first_byte_us = 3600, .done_us = 4600};
    struct entry *e = entries_get(&entries, VIEW("GET"), VIEW("/a"));
    struct tag scenario = {VIEW("scenario"), VIEW("U")};
    tagset_id base = tags_intern(recorder.tags, &scenario, 1);
    for (int i = 0; i < 3; i++)
        for (int status = 200; status < 207; status++) /* more than are kept */
            entry_record_http(&entries, e, base, status, true, &t, 1);
    entry_record_http(&entries, e, base, 0, false, &t, 1);
    struct sink all;
    struct tag ok[] = {{VIEW("status"), VIEW("203")}, {VIEW("scenario"), VIEW("U")},
        {VIEW("expected_response"), VIEW("true")}};
    assert_int_equal(series_store_collect(recorder.series, METRIC_HTTP_REQ_DURATION, ok, 3, &all), 0);
    assert_int_equal(all.trend.count, 3);
    assert_true(all.trend.max == 3.1);
    sink_deinit(&all);
    struct tag none[] = {{VIEW("status"), VIEW("0")}, {VIEW("expected_response"), VIEW("false")}};
    assert_int_equal(series_store_collect(recorder.series, METRIC_HTTP_REQ_FAILED, none, 2, &all), 0);
    assert_int_equal(all.rate.hits, 1);
    sink_deinit(&all);
}

static void exceptions_are_one_row_by_their_frames(void **state) {
    (void)state;
    entries_exception(&entries, VIEW("first"), VIEW("  File a\n"), VIEW("local"));
    entries_exception(&entries, VIEW("second"), VIEW("  File a\n"), VIEW("local"));
    entries_exception(&entries, VIEW("third"), VIEW("  File b\n"), VIEW("local"));
    assert_int_equal(evidence_store_count(recorder.evidence), 2);
    struct evidence e = evidence_store_at(recorder.evidence, 0);
    assert_int_equal(e.count, 2);
    assert_true(view_eq(e.exemplar, view_of("first\0  File a\n", 15)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_are_counted_by_method_and_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_same_entry_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_beyond_the_limit_are_counted_all_the_same, set_up, tear_down),
        cmocka_unit_test_setup_teardown(http_round_trips_have_their_own_tags, set_up, tear_down),
        cmocka_unit_test_setup_teardown(exceptions_are_one_row_by_their_frames, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
