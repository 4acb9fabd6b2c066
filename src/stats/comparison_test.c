/* Runs with a known truth: drawn from the same law, or from one that is slower by a known part. */
#include "stats/comparison.h"

#include "core/rng.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PIECES = 48, PER_PIECE = 60, REPETITIONS = 8, COVERED = 20 };

struct run {
    struct histogram pieces[PIECES];
    const struct histogram *views[PIECES];
};

static double normal(struct rng *r) {
    double u = rng_double(r), v = rng_double(r);
    return sqrt(-2 * log(u > 0 ? u : 1e-12)) * cos(6.283185307179586 * v);
}

/* Log-normal times around 20 ms × factor; each second as a whole drifts a little, as real ones do. */
static void draw(struct run *run, struct rng *r, double factor, size_t per_piece) {
    double drift = 0;
    for (size_t i = 0; i < PIECES; i++) {
        drift = 0.7 * drift + 0.01 * normal(r);
        histogram_init(&run->pieces[i]);
        run->views[i] = &run->pieces[i];
        for (size_t k = 0; k < per_piece; k++)
            assert_int_equal(
                histogram_record(&run->pieces[i], 20 * factor * exp(drift + 0.25 * normal(r))), 0);
    }
}

static void undraw(struct run *run) {
    for (size_t i = 0; i < PIECES; i++)
        histogram_deinit(&run->pieces[i]);
}

static struct comparison compare(struct rng *r, double factor, double fraction, size_t per_piece) {
    struct run a, b;
    struct comparison c;
    draw(&a, r, 1, per_piece);
    draw(&b, r, factor, per_piece);
    struct comparison_options o = {.fraction = fraction, .resamples = 200, .seed = 1};
    assert_int_equal(comparison_of(&(struct comparison_run){a.views, PIECES},
                         &(struct comparison_run){b.views, PIECES}, &o, &c),
        0);
    undraw(&a);
    undraw(&b);
    return c;
}

static void test_verdicts_on_known_truth(void **state) {
    static const struct {
        double factor, fraction;
        enum comparison_verdict right;
        int least;
    } cases[] = {
        {1, 0.5, COMPARISON_SAME, 7},
        {1, 0.95, COMPARISON_SAME, 6},
        {1.15, 0.5, COMPARISON_SLOWER, 7},
        {1.3, 0.95, COMPARISON_SLOWER, 7},
        {0.75, 0.95, COMPARISON_FASTER, 7},
    };
    struct rng r;
    (void)state;

    rng_init(&r, 7);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int right = 0;
        for (int k = 0; k < REPETITIONS; k++)
            right += compare(&r, cases[i].factor, cases[i].fraction, PER_PIECE).verdict == cases[i].right;
        if (right < cases[i].least)
            fail_msg("factor %g, quantile %g: %d of %d right", cases[i].factor, cases[i].fraction, right,
                REPETITIONS);
    }
}

static void test_the_interval_holds_the_truth(void **state) {
    struct rng r;
    int held = 0;
    (void)state;

    rng_init(&r, 11);
    for (int k = 0; k < COVERED; k++) {
        struct comparison c =
            compare(&r, 1.1, 0.5, PER_PIECE); /* the median of the law is 20 ms, then 22 ms */
        held += c.low <= 2 && 2 <= c.high;
    }
    assert_true(held >= 15); /* nominally all; with drift like this, 9 of 10 */
}

static void test_too_little_says_so(void **state) {
    struct histogram h = HISTOGRAM_NULL;
    const struct histogram *one[] = {&h};
    struct comparison c;
    struct rng r;
    (void)state;

    assert_int_equal(histogram_record(&h, 5), 0);
    struct comparison_run run = {one, 1}, nothing = {one, 0};
    struct comparison_options o = {.fraction = 0.5};
    assert_int_equal(comparison_of(&run, &run, &o, &c), 0);
    assert_int_equal(c.verdict, COMPARISON_TOO_LITTLE);
    assert_true(c.before == 5 && c.after == 5);
    assert_int_equal(comparison_of(&run, &nothing, &o, &c), 0);
    assert_int_equal(c.verdict, COMPARISON_TOO_LITTLE);
    histogram_deinit(&h);

    rng_init(&r, 3);
    assert_int_equal(
        compare(&r, 1, 0.99, 2).verdict, COMPARISON_TOO_LITTLE); /* 1.2 values beyond the quantile */
}

static void test_zeros_and_repeatability(void **state) {
    struct run a;
    struct comparison c, again;
    struct rng r;
    (void)state;

    rng_init(&r, 5);
    draw(&a, &r, 1, PER_PIECE);
    for (size_t i = 0; i < PIECES; i++)
        assert_int_equal(histogram_record_n(&a.pieces[i], 0, 150), 0);
    struct comparison_run run = {a.views, PIECES};
    struct comparison_options o = {.fraction = 0.9, .seed = 42};
    assert_int_equal(comparison_of(&run, &run, &o, &c), 0);
    assert_int_equal(comparison_of(&run, &run, &o, &again), 0);
    assert_int_equal(c.verdict, COMPARISON_SAME);
    assert_memory_equal(&c, &again, sizeof c);
    assert_true(c.low <= 0 && c.high >= 0);
    o.fraction = 0.2; /* among the zeros */
    assert_int_equal(comparison_of(&run, &run, &o, &c), 0);
    assert_true(c.before == 0 && c.low == 0 && c.high == 0);
    undraw(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_verdicts_on_known_truth),
        cmocka_unit_test(test_the_interval_holds_the_truth),
        cmocka_unit_test(test_too_little_says_so),
        cmocka_unit_test(test_zeros_and_repeatability),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
