/* Hours of pauses and limits, on given times. */
#include "target/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define MS INT64_C(1000000)
#define S  (1000 * MS)

static struct fault_set with(const char *fault) {
    struct fault_set f = FAULT_SET_NULL;
    assert_int_equal(fault_parse(&f, view_of_cstr(fault), NULL), 0);
    return f;
}

static void test_stall_at_the_end_of_each_period(void **state) {
    static const struct {
        int64_t now_ns, until_ns;
    } cases[] = {
        {7 * S, 0},
        {7 * S + 9499 * MS, 0},
        {7 * S + 9500 * MS, 17 * S},
        {7 * S + 9999 * MS, 17 * S},
        {17 * S, 0},
        {7 * S + 3600 * S - 100 * MS, 7 * S + 3600 * S},
    };
    struct fault_set f = with("stall-every=10:500"), none = FAULT_SET_NULL;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(pace_stall_until(&f, 7 * S, cases[i].now_ns), cases[i].until_ns);
        assert_int_equal(pace_stall_until(&none, 7 * S, cases[i].now_ns), 0);
    }
    f.since_ns[FAULT_STALL_EVERY] = 100 * S; /* switched on later: counts from then */
    assert_int_equal(pace_stall_until(&f, 7 * S, 107 * S), 0);
    assert_int_equal(pace_stall_until(&f, 7 * S, 109 * S + 700 * MS), 110 * S);
}

static void test_slow_start_gets_faster(void **state) {
    struct fault_set f = with("slow-start=20"), none = FAULT_SET_NULL;
    (void)state;
    assert_int_equal(pace_slow_start_ns(&f, 5 * S, 5 * S), PACE_SLOW_START_MS * MS);
    assert_int_equal(pace_slow_start_ns(&f, 5 * S, 15 * S), PACE_SLOW_START_MS * MS / 2);
    assert_int_equal(pace_slow_start_ns(&f, 5 * S, 25 * S), 0);
    assert_int_equal(pace_slow_start_ns(&f, 5 * S, 3600 * S), 0);
    assert_int_equal(pace_slow_start_ns(&none, 5 * S, 5 * S), 0);
    f.since_ns[FAULT_SLOW_START] = 100 * S;
    assert_int_equal(pace_slow_start_ns(&f, 5 * S, 100 * S), PACE_SLOW_START_MS * MS);
}

/* How many of `count` requests pass that come every step_ns. */
static int passed(const char *fault, int count, int64_t step_ns) {
    struct fault_set f = with(fault);
    _Atomic int64_t meter = 0;
    int n = 0;
    for (int i = 0; i < count; i++)
        n += pace_rate_limit_ns(&f, &meter, 1000 * S + i * step_ns) == 0;
    return n;
}

static void test_rate_limit(void **state) {
    struct fault_set f = with("rate-limit=6/m"), none = FAULT_SET_NULL;
    _Atomic int64_t meter = 0;
    (void)state;
    assert_int_equal(passed("rate-limit=100/s", 1000, 10 * MS), 1000);  /* exactly the limit */
    assert_int_equal(passed("rate-limit=100/s", 10000, MS), 100 + 999); /* a burst, then the limit */
    assert_int_equal(passed("rate-limit=100/s", 500, 0), 100);
    assert_int_equal(pace_rate_limit_ns(&f, &meter, 50 * S), 0);
    assert_int_equal(pace_rate_limit_ns(&f, &meter, 51 * S), 9 * S);
    assert_int_equal(pace_rate_limit_ns(&f, &meter, 60 * S), 0);
    assert_int_equal(pace_rate_limit_ns(&none, &meter, 60 * S), 0);
}

static void test_error_rate(void **state) {
    struct fault_set f = with("error-rate=5%"), none = FAULT_SET_NULL, all = with("error-rate=1");
    (void)state;
    assert_true(pace_fails(&f, 0) && pace_fails(&f, 0.049));
    assert_false(pace_fails(&f, 0.05) || pace_fails(&none, 0));
    assert_true(pace_fails(&all, 0.999999));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stall_at_the_end_of_each_period),
        cmocka_unit_test(test_slow_start_gets_faster),
        cmocka_unit_test(test_rate_limit),
        cmocka_unit_test(test_error_rate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
