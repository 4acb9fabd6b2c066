#include "stats/omission.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* One user, a request each 10 ms for 100 s, the target stands still for 1.4 s in the middle: of 10,000 that
 * should have been sent 140 fell into the stall, 1.4 %, and waited 1.4 s, 1.39 s … 0. So the true p99 is
 * where 1 % of all are slower: 1400 − 1000 = 400 ms. */
static void a_stall(void **state) {
    (void)state;
    struct histogram h = HISTOGRAM_NULL, estimate = HISTOGRAM_NULL;
    struct omission o;
    for (int i = 0; i < 9860; i++)
        assert_int_equal(histogram_record(&h, 2), 0);
    assert_int_equal(histogram_record(&h, 1400), 0);
    assert_true(histogram_percentile(&h, 0.99) < 3); /* what the closed model measured */
    assert_int_equal(omission_of(&h, 10, &o, &estimate), 0);
    assert_int_equal(o.stalled, 1);
    assert_true(o.unsent >= 138 && o.unsent <= 140);
    assert_true(fabs(histogram_percentile(&estimate, 0.99) - 400) < 20);
    assert_int_equal(omission_of(&h, 10, &o, NULL), 0);
    assert_true(o.unsent >= 138 && o.unsent <= 140);
    histogram_deinit(&h);
    histogram_deinit(&estimate);
}

static void no_stall(void **state) {
    (void)state;
    struct histogram h = HISTOGRAM_NULL, estimate = HISTOGRAM_NULL;
    struct omission o;
    for (int i = 0; i < 10000; i++)
        assert_int_equal(histogram_record(&h, -20 * log(1 - (i + 0.5) / 10000)),
            0); /* exponential: a tail, but no stall */
    assert_int_equal(omission_of(&h, 40, &o, &estimate), 0);
    assert_true(o.unsent == 0 && estimate.count == h.count);
    histogram_deinit(&h);
    histogram_deinit(&estimate);
    assert_int_equal(omission_of(&h, 40, &o, &estimate), 0);
    assert_true(o.unsent == 0);
}

static void bounded(void **state) {
    (void)state;
    struct histogram h = HISTOGRAM_NULL, estimate = HISTOGRAM_NULL;
    struct omission o;
    for (int i = 0; i < 1000; i++)
        assert_int_equal(histogram_record(&h, 0.01), 0);
    assert_int_equal(histogram_record(&h, 60000), 0);
    assert_int_equal(omission_of(&h, 0.02, &o, &estimate), 0);
    assert_true(fabs(o.unsent / 3e6 - 1) < 0.01);
    assert_true(fabs((double)estimate.count / 3e6 - 1) < 0.01);
    assert_true(fabs(histogram_percentile(&estimate, 0.5) / 30000 - 1) < 0.01);
    histogram_deinit(&h);
    histogram_deinit(&estimate);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stall), cmocka_unit_test(no_stall), cmocka_unit_test(bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
