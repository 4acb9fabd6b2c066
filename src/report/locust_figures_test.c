#include "report/locust_figures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* Expected values: what Python's expressions in Locust give. */
static void rounding(void **state) {
    (void)state;
    static const struct {
        double ms;
        int64_t bucket;
    } cases[] = {{0, 0}, {0.5, 0}, {1.5, 2}, {2.5, 2}, {99.4, 99}, {99.5, 100}, {105, 100}, {115, 120},
        {145, 140}, {147, 150}, {995, 1000}, {1050, 1000}, {1150, 1200}, {3432, 3400}, {9950, 10000},
        {10500, 10000}, {58760, 59000}};
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(locust_bucket(cases[i].ms), cases[i].bucket);
}

static void fill(struct histogram *h, const double *values, size_t n) {
    histogram_init(h);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(histogram_record(h, values[i]), 0);
}

static void percentiles_take_the_rank_that_locust_takes(void **state) {
    (void)state;
    static const double values[] = {1, 1, 1, 1, 1, 2, 2, 2, 10, 10};
    static const struct {
        double fraction;
        int64_t ms;
    } cases[] = {{0.5, 2}, {0.66, 2}, {0.75, 2}, {0.8, 10}, {0.9, 10}, {0.95, 10}, {1.0, 10}, {0.0, 1}};
    struct histogram h;
    fill(&h, values, COUNT(values));
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_int_equal(locust_percentile(&h, cases[i].fraction, false), cases[i].ms);
    histogram_deinit(&h);
    histogram_init(&h);
    assert_int_equal(locust_percentile(&h, 0.5, false), 0);
}

static void coarse_percentiles_round_to_two_digits(void **state) {
    (void)state;
    static const double values[] = {147, 3432};
    struct histogram h;
    bool whole;
    fill(&h, values, COUNT(values));
    assert_int_equal(locust_percentile(&h, 0.1, false), 147);
    assert_int_equal(locust_percentile(&h, 0.1, true), 150);
    assert_int_equal(locust_percentile(&h, 1, true), 3400);
    assert_true(locust_median(&h, true, &whole) == 3400);
    assert_true(whole);
    histogram_deinit(&h);
}

static void a_median_stays_within_the_exact_times(void **state) {
    (void)state;
    static const double values[] = {20.75};
    struct histogram h;
    bool whole;
    fill(&h, values, COUNT(values));
    assert_true(locust_median(&h, false, &whole) == 20.75);
    assert_false(whole);
    histogram_deinit(&h);
    histogram_init(&h);
    assert_true(locust_median(&h, false, &whole) == 0);
    assert_true(whole);
}

struct seen {
    int64_t ms[8];
    uint64_t count[8];
    size_t n;
};
static int see(void *ctx, int64_t ms, uint64_t count) {
    struct seen *s = ctx;
    assert_true(s->n < COUNT(s->ms));
    s->ms[s->n] = ms;
    s->count[s->n++] = count;
    return 0;
}

static void buckets_come_upwards_and_merged(void **state) {
    (void)state;
    static const double values[] = {0, 0.2, 2.9, 3.1, 57, 146, 154, 155.5, 3432};
    static const int64_t ms[] = {0, 3, 57, 150, 160, 3400};
    static const uint64_t counts[] = {2, 2, 1, 2, 1, 1};
    struct seen s = {.n = 0};
    struct histogram h;
    fill(&h, values, COUNT(values));
    assert_int_equal(locust_buckets_each(&h, see, &s), 0);
    assert_int_equal(s.n, COUNT(ms));
    for (size_t i = 0; i < s.n; i++) {
        assert_int_equal(s.ms[i], ms[i]);
        assert_int_equal(s.count[i], counts[i]);
    }
    histogram_deinit(&h);
}

static void floats_are_written_as_python_writes_them(void **state) {
    (void)state;
    static const struct {
        double v;
        const char *text;
    } cases[] = {{0, "0.0"}, {6, "6.0"}, {4.143114210508333, "4.143114210508333"}, {0.0001, "0.0001"},
        {0.00001, "1e-05"}, {1e15, "1000000000000000.0"}, {1e16, "1e+16"}, {1.5e300, "1.5e+300"},
        {-2.5, "-2.5"}, {1795252355.0906587, "1795252355.0906587"}};
    char out[LOCUST_NUMBER_MAX];
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_string_equal(locust_float(cases[i].v, out), cases[i].text);
}

static void columns_count_characters(void **state) {
    (void)state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(100);
    assert_int_equal(locust_pad(&out, VIEW("/grüße"), 8), 0);
    assert_int_equal(locust_pad(&out, VIEW("|too long"), 3), 0);
    assert_string_equal(out.ptr, "/grüße  |too long");
}

static void percentiles_that_a_locustfile_chose(void **state) {
    (void)state;
    static const double chosen[] = {0.5, 0.29, 0.999, 0.12345, 1}, bad[] = {0.5, 1.5},
                        many[LOCUST_PERCENTILES_MAX + 1] = {0};
    static const char *const titles[] = {"50%", "29.0%", "99.9%", "12.345%", "100%"};
    assert_int_equal(locust_percentiles()->count, 11);
    assert_string_equal(locust_percentiles()->titles[9], "99.99%");
    assert_int_equal(locust_percentiles_set(chosen, COUNT(chosen)), 0);
    assert_int_equal(locust_percentiles_set(bad, COUNT(bad)), ERROR_INVALID);
    assert_int_equal(locust_percentiles_set(many, COUNT(many)), ERROR_INVALID);
    assert_int_equal(locust_percentiles_set(bad, 0), ERROR_INVALID);
    assert_int_equal(locust_percentiles()->count, COUNT(chosen));
    for (size_t i = 0; i < COUNT(chosen); i++) {
        assert_true(locust_percentiles()->fractions[i] == chosen[i]);
        assert_string_equal(locust_percentiles()->titles[i], titles[i]);
    }
    assert_int_equal(locust_percentiles_set(NULL, 0), 0);
    assert_int_equal(locust_percentiles()->count, 11);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounding),
        cmocka_unit_test(percentiles_take_the_rank_that_locust_takes),
        cmocka_unit_test(coarse_percentiles_round_to_two_digits),
        cmocka_unit_test(a_median_stays_within_the_exact_times),
        cmocka_unit_test(buckets_come_upwards_and_merged),
        cmocka_unit_test(floats_are_written_as_python_writes_them),
        cmocka_unit_test(columns_count_characters),
        cmocka_unit_test(percentiles_that_a_locustfile_chose),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
