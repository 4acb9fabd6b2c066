#include "stats/metric.h"

#include "core/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void builtins_keep_their_numbers(void **arg) {
    struct metrics *m;
    metric_id id;

    (void)arg;
    assert_int_equal(metrics_new(&m), 0);
    assert_int_equal(metrics_count(m), METRIC_BUILTIN_COUNT);
    assert_true(metrics_find(m, VIEW("http_req_waiting"), &id));
    assert_int_equal(id, METRIC_HTTP_REQ_WAITING);
    assert_int_equal(metrics_type(m, METRIC_HTTP_REQ_FAILED), METRIC_RATE);
    assert_int_equal(metrics_contains(m, METRIC_DATA_SENT), METRIC_DATA);
    assert_false(metrics_find(m, VIEW("http_req_waitin"), &id));
    metrics_free(m);
}

static void names(void **arg) {
    static const struct {
        const char *name;
        int want;
    } cases[] = {{"ab", METRIC_OK}, {"_9", METRIC_OK}, {"a", METRIC_BAD_NAME}, {"9a", METRIC_BAD_NAME},
        {"my metric", METRIC_BAD_NAME}, {"", METRIC_BAD_NAME}, {"a-b", METRIC_BAD_NAME},
        {"é1", METRIC_BAD_NAME}};
    struct metrics *m;
    metric_id id;
    char name[140];

    (void)arg;
    assert_int_equal(metrics_new(&m), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            metrics_register(m, view_of_cstr(cases[i].name), METRIC_TREND, METRIC_TIME, &id), cases[i].want);
    memset(name, 'x', sizeof name);
    assert_int_equal(metrics_register(m, view_of(name, 129), METRIC_TREND, METRIC_TIME, &id), METRIC_OK);
    assert_int_equal(
        metrics_register(m, view_of(name, 130), METRIC_TREND, METRIC_TIME, &id), METRIC_BAD_NAME);
    metrics_free(m);
}

static void same_name_is_shared_and_bounded(void **arg) {
    struct metrics *m;
    metric_id a, b;
    char name[32];

    (void)arg;
    assert_int_equal(metrics_new(&m), 0);
    assert_int_equal(metrics_register(m, VIEW("mine"), METRIC_COUNTER, METRIC_DEFAULT, &a), METRIC_OK);
    assert_int_equal(metrics_register(m, VIEW("mine"), METRIC_COUNTER, METRIC_DEFAULT, &b), METRIC_OK);
    assert_int_equal(a, b);
    assert_int_equal(metrics_register(m, VIEW("mine"), METRIC_RATE, METRIC_DEFAULT, &b), METRIC_OTHER_TYPE);
    for (size_t i = metrics_count(m); i < METRICS_MAX; i++) {
        snprintf(name, sizeof name, "metric_%zu", i);
        assert_int_equal(
            metrics_register(m, view_of_cstr(name), METRIC_GAUGE, METRIC_DEFAULT, &b), METRIC_OK);
    }
    assert_int_equal(metrics_register(m, VIEW("one_more"), METRIC_GAUGE, METRIC_DEFAULT, &b), ERROR_LIMIT);
    assert_true(metrics_find(m, VIEW("metric_3000"), &b));
    assert_string_equal(metrics_name(m, b).ptr, "metric_3000");
    metrics_free(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(builtins_keep_their_numbers), cmocka_unit_test(names),
        cmocka_unit_test(same_name_is_shared_and_bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
