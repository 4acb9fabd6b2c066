#include "report/locust_window.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static void record(struct histogram *h, double ms, int n) {
    for (int i = 0; i < n; i++)
        assert_int_equal(histogram_record(h, ms), 0);
}

static void the_window_slides(void **state) {
    (void)state;
    struct locust_window w = LOCUST_WINDOW_NULL;
    struct histogram h;
    histogram_init(&h);
    assert_int_equal(locust_window_percentile(&w, &h, 0.5, false), 0);
    assert_int_equal(locust_window_push(&w, &h), 0); /* second 0: nothing yet */
    for (int second = 1; second <= 30; second++) {
        record(&h, second, 2);
        record(&h, 0, 1);
        int first = second > LOCUST_WINDOW_S ? second - LOCUST_WINDOW_S + 1 : 1;
        assert_int_equal(locust_window_percentile(&w, &h, 1, false), second);
        assert_int_equal(locust_window_percentile(&w, &h, 0, false), 0);
        /* a third is zeros, the next value is that of the oldest second in the window */
        assert_int_equal(locust_window_percentile(&w, &h, 1.0 / 3 + 0.001, false), first);
        assert_int_equal(locust_window_push(&w, &h), 0);
    }
    for (int second = 0; second < LOCUST_WINDOW_S; second++)
        assert_int_equal(locust_window_push(&w, &h), 0);
    assert_int_equal(locust_window_percentile(&w, &h, 0.5, false), 0); /* ten idle seconds */
    record(&h, 147, 1);
    assert_int_equal(locust_window_percentile(&w, &h, 0.5, false), 147);
    assert_int_equal(locust_window_percentile(&w, &h, 0.5, true), 150);
    locust_window_deinit(&w);
    histogram_deinit(&h);
}

static void a_reset_is_noticed(void **state) {
    (void)state;
    struct locust_window w = LOCUST_WINDOW_NULL;
    struct histogram h;
    histogram_init(&h);
    record(&h, 5, 10);
    assert_int_equal(locust_window_push(&w, &h), 0);
    histogram_reset(&h);
    record(&h, 7, 1);
    assert_int_equal(locust_window_push(&w, &h), 0);
    assert_int_equal(w.len, 1);
    record(&h, 9, 1);
    assert_int_equal(locust_window_percentile(&w, &h, 0, false), 9);
    locust_window_deinit(&w);
    histogram_deinit(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_slides), cmocka_unit_test(a_reset_is_noticed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
