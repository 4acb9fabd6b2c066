#include "stats/steady.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/rng.h"

enum { POINTS_MAX = 2000 };

/* Seconds with 50 answers each, noise of one standard deviation, correlated from second to second by
 * `memory`. */
static size_t course(struct steady_point *p, size_t n, double (*level)(double at_s), double noise,
    double memory, uint64_t seed) {
    struct rng r;
    double off = 0;

    rng_init(&r, seed);
    for (size_t i = 0; i < n; i++) {
        double u = rng_double(&r) + rng_double(&r) + rng_double(&r) - 1.5; /* sd 0.5 */
        off = memory * off + sqrt(1 - memory * memory) * 2 * u * noise;
        p[i] = (struct steady_point){
            .from_s = (double)i, .to_s = (double)i + 1, .weight = 50, .sum = 50 * (level((double)i) + off)};
    }
    return n;
}

static double flat(double s) {
    return 100 + 0 * s;
}
static double cold(double s) {
    return s < 6 ? 900 - 130 * s : 100;
}
static double rising(double s) {
    return 50 + 14 * s;
}
static double slowly(double s) {
    return 200 + 2 * s;
}
static double falling(double s) {
    return 1000 - 9 * s;
}
static double settling(double s) {
    return 100 + 400 * exp(-s / 8);
}

static void verdicts(void **state) {
    (void)state;
    static const struct {
        const char *what;
        double (*level)(double);
        size_t n;
        enum steady_verdict want;
    } cases[] = {{"flat", flat, 60, STEADY_YES}, {"a cold start", cold, 60, STEADY_YES},
        {"rising", rising, 60, STEADY_RISING}, {"rising slowly", slowly, 100, STEADY_RISING},
        {"falling", falling, 60, STEADY_FALLING}, {"settling", settling, 90, STEADY_YES},
        {"too short", flat, 7, STEADY_TOO_LITTLE}};
    struct steady_point p[POINTS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (uint64_t seed = 1; seed <= 20; seed++) {
            struct steady s = steady_of(p, course(p, cases[i].n, cases[i].level, 5, 0.3, seed));
            if (s.verdict != cases[i].want)
                fail_msg(
                    "%s, seed %d: verdict %d, slope %g", cases[i].what, (int)seed, s.verdict, s.slope_per_s);
        }
}

static void the_cold_start_is_left_out(void **state) {
    (void)state;
    struct steady_point p[POINTS_MAX];
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct steady s = steady_of(p, course(p, 60, cold, 4, 0, seed));
        assert_true(s.warmup >= 5 && s.warmup <= 30);
        assert_true(fabs(s.mean - 100) < 3);
        assert_true(s.warmup_mean > 150);
    }
    struct steady s = steady_of(p, course(p, 60, rising, 1, 0, 1));
    assert_true(fabs(s.slope_per_s - 14) < 0.5);
}

/* The true mean lies in the interval as often as promised, or nearly: also with some memory. */
static void the_interval_holds_the_mean(void **state) {
    (void)state;
    static const struct {
        double memory;
        int least;
    } cases[] = {{0, 920}, {0.5, 850}};
    struct steady_point p[POINTS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int inside = 0;
        for (uint64_t seed = 1; seed <= 1000; seed++) {
            struct steady s = steady_of(p, course(p, 120, flat, 10, cases[i].memory, seed));
            inside += fabs(s.mean - 100) <= s.half_width;
        }
        if (inside < cases[i].least)
            fail_msg("memory %g: %d of 1000", cases[i].memory, inside);
    }
}

/* No trend is seen where none is: neighbouring seconds resemble each other. */
static void noise_is_no_trend(void **state) {
    (void)state;
    struct steady_point p[POINTS_MAX];
    int wrong = 0;
    for (uint64_t seed = 1; seed <= 500; seed++)
        wrong += steady_of(p, course(p, 60, flat, 20, 0.4, seed)).verdict != STEADY_YES;
    if (wrong > 10)
        fail_msg("%d of 500", wrong);
}

static void how_much_longer(void **state) {
    (void)state;
    struct steady s = {.mean = 100, .half_width = 10, .seconds = 60};
    assert_true(fabs(steady_seconds_needed(&s, 0.05) - 240) < 1e-9);
    s.half_width = -1;
    assert_true(steady_seconds_needed(&s, 0.05) < 0);
}

static void seconds_without_answers(void **state) {
    (void)state;
    struct steady_point p[POINTS_MAX];
    size_t n = course(p, 60, flat, 3, 0, 4);
    for (size_t i = 0; i < n; i += 3)
        p[i].weight = p[i].sum = 0;
    for (size_t i = 50; i < n; i++)
        p[i].weight = p[i].sum = 0;
    struct steady s = steady_of(p, n);
    assert_int_equal(s.verdict, STEADY_YES);
    assert_true(fabs(s.mean - 100) < 3);
    for (size_t i = 0; i < n; i++)
        p[i].weight = p[i].sum = 0;
    assert_int_equal(steady_of(p, n).verdict, STEADY_TOO_LITTLE);
    assert_int_equal(steady_of(p, 0).verdict, STEADY_TOO_LITTLE);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(verdicts),
        cmocka_unit_test(the_cold_start_is_left_out), cmocka_unit_test(the_interval_holds_the_mean),
        cmocka_unit_test(noise_is_no_trend), cmocka_unit_test(how_much_longer),
        cmocka_unit_test(seconds_without_answers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
