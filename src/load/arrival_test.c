#include "load/arrival.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { S = 1000 * 1000 };

static void constant_is_truncated_to_ns(void **arg) {
    static const struct {
        int64_t rate, unit_us;
        uint64_t n;
        int64_t want_ns;
    } cases[] = {{3, S, 0, 0}, {3, S, 1, 333333333}, {3, S, 2, 666666666}, {3, S, 3, 1000000000},
        {7, 60 * S, 5, 42857142857}, {1, 3600 * (int64_t)S, 1, 3600000000000},
        {1000000, S, 123456789, 123456789000}};

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan_scenario s = {.executor = PLAN_CONSTANT_ARRIVAL_RATE,
            .rate = cases[i].rate,
            .time_unit_us = cases[i].unit_us,
            .duration_us = 86400 * (int64_t)S};
        struct arrival a;
        arrival_init(&a, &s);
        assert_int_equal(arrival_at_ns(&a, cases[i].n), cases[i].want_ns);
    }
}

static void constant_ends_with_its_duration(void **arg) {
    struct plan_scenario s = {
        .executor = PLAN_CONSTANT_ARRIVAL_RATE, .rate = 10, .time_unit_us = S, .duration_us = 2 * S};
    struct arrival a;

    (void)arg;
    arrival_init(&a, &s);
    assert_int_equal(arrival_at_ns(&a, 20), 2000000000);
    assert_true(arrival_at_ns(&a, 21) == ARRIVAL_NEVER);
    assert_int_equal(arrival_count_before(&s, 2 * S), 20);
    assert_int_equal(arrival_count_before(&s, 100 * S), 21);
    s.rate = 0;
    arrival_init(&a, &s);
    assert_true(arrival_at_ns(&a, 0) == ARRIVAL_NEVER);
}

#define STAGES(...)                                                                                          \
    .stages = (struct plan_stage[]){__VA_ARGS__},                                                            \
    .stage_count = sizeof((struct plan_stage[]){__VA_ARGS__}) / sizeof(struct plan_stage)

static const struct plan_scenario ramps[] = {
    {.rate = 0, .time_unit_us = S, STAGES({10 * S, 10})},
    {.rate = 10, .time_unit_us = S, STAGES({10 * S, 0})},
    {.rate = 5, .time_unit_us = S, STAGES({10 * S, 5})},
    {.rate = 0,
        .time_unit_us = S,
        STAGES({10 * S, 0}, {0, 7}, {1500000, 7}, {3 * S, 100}, {0, 0}, {1 * S, 0}, {1 * S, 1})},
    {.rate = 1,
        .time_unit_us = 60 * (int64_t)S,
        STAGES({333333, 50}, {333333, 50}, {600 * (int64_t)S, 77}, {3 * S, 3})},
    {.rate = 1000000, .time_unit_us = S, STAGES({100000, 1000001}, {50000, 999999})},
    {.rate = 0, .time_unit_us = S, STAGES({0, 3})},
};

/* The integral by its definition, in iterations. */
static long double integral(const struct plan_scenario *s, long double at_s) {
    long double area = 0, start = 0, a = (long double)s->rate, unit_s = (long double)s->time_unit_us / S;

    for (size_t i = 0; i < s->stage_count; i++) {
        long double d = (long double)s->stages[i].duration_us / S, b = (long double)s->stages[i].target;
        long double x = at_s - start;
        x = x < 0 ? 0 : x > d ? d : x;
        if (d > 0)
            area += (a * x + (b - a) * x * x / (2 * d)) / unit_s;
        start += d;
        a = b;
    }
    return area;
}

/* Occurrence n is where the integral reaches n + 1; there are as many as the integral's whole part at the
 * end. */
static void ramps_follow_the_integral(void **arg) {
    static const uint64_t counts[] = {50, 50, 50, 0, 0, 0, 0};

    (void)arg;
    for (size_t k = 0; k < sizeof ramps / sizeof *ramps; k++) {
        struct plan_scenario s = ramps[k];
        s.executor = PLAN_RAMPING_ARRIVAL_RATE;
        struct arrival a;
        arrival_init(&a, &s);
        int64_t last = 0;
        uint64_t n = 0;
        for (int64_t at; (at = arrival_at_ns(&a, n)) != ARRIVAL_NEVER; n++) {
            assert_true(at >= last);
            last = at;
            long double got = integral(&s, (long double)at / 1e9L);
            long double slope = (long double)arrival_rate(&s, at / 1000) + 1000;
            if (fabsl(got - (long double)(n + 1)) > 2e-9L * slope + 1e-6L)
                fail_msg("ramp %zu: at occurrence %zu the integral is %.12Lf", k, (size_t)n, got);
        }
        assert_int_equal(n, (uint64_t)(integral(&s, 1e6L) + 1e-9L));
        if (counts[k])
            assert_int_equal(n, counts[k]);
        /* Counting agrees with the instants. */
        arrival_init(&a, &s);
        for (uint64_t i = 0; i < n; i += 1 + n / 97) {
            int64_t at_us = arrival_at_ns(&a, i) / 1000;
            uint64_t before = arrival_count_before(&s, at_us);
            assert_true(before <= i);
            assert_true(arrival_count_before(&s, at_us + 1) > i);
        }
    }
}

static void first_starts(void **arg) {
    struct plan_scenario s = ramps[0];
    struct arrival a;

    (void)arg;
    s.executor = PLAN_RAMPING_ARRIVAL_RATE;
    arrival_init(&a, &s);
    assert_int_equal(arrival_at_ns(&a, 0), 1414213562);
    assert_int_equal(arrival_at_ns(&a, 1), 2000000000);
    assert_int_equal(arrival_at_ns(&a, 49), 10000000000);
    s = ramps[2];
    s.executor = PLAN_RAMPING_ARRIVAL_RATE;
    arrival_init(&a, &s);
    assert_int_equal(arrival_at_ns(&a, 0), 200000000); /* not at 0 */
    assert_int_equal(arrival_at_ns(&a, 49), 10000000000);
}

/* 0.3 s at 1/s, then 10/s: the 0.3 of an iteration carry over, so the first is due 0.07 s into the second
 * stage. */
static void fractions_carry_over(void **arg) {
    struct plan_scenario s = {.executor = PLAN_RAMPING_ARRIVAL_RATE,
        .rate = 1,
        .time_unit_us = S,
        STAGES({300000, 1}, {0, 10}, {1 * S, 10})};
    struct arrival a;

    (void)arg;
    arrival_init(&a, &s);
    assert_int_equal(arrival_at_ns(&a, 0), 370000000);
    assert_int_equal(arrival_at_ns(&a, 1), 470000000);
    assert_int_equal(arrival_count_before(&s, 2 * S), 10);
}

static void rates(void **arg) {
    struct plan_scenario s = {.executor = PLAN_RAMPING_ARRIVAL_RATE,
        .rate = 60,
        .time_unit_us = 60 * S,
        STAGES({10 * S, 120}, {0, 600}, {10 * S, 600})};

    (void)arg;
    assert_true(arrival_rate(&s, 0) == 1);
    assert_true(arrival_rate(&s, 5 * S) == 1.5);
    assert_true(arrival_rate(&s, 10 * S) == 10);
    assert_true(arrival_rate(&s, 15 * S) == 10);
    s.executor = PLAN_CONSTANT_ARRIVAL_RATE;
    assert_true(arrival_rate(&s, 15 * S) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(constant_is_truncated_to_ns),
        cmocka_unit_test(constant_ends_with_its_duration), cmocka_unit_test(ramps_follow_the_integral),
        cmocka_unit_test(first_starts), cmocka_unit_test(fractions_carry_over), cmocka_unit_test(rates)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
