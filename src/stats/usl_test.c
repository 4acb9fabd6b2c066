#include "stats/usl.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/rng.h"

static const double loads[] = {1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128};
enum { LOADS = sizeof loads / sizeof *loads };

static size_t system_of(
    double gamma, double alpha, double beta, double noise, uint64_t seed, struct usl_point *out) {
    struct usl u = {.gamma = gamma, .alpha = alpha, .beta = beta};
    struct rng r;

    rng_init(&r, seed);
    for (size_t i = 0; i < LOADS; i++)
        out[i] = (struct usl_point){
            loads[i], usl_throughput(&u, loads[i]) * (1 + noise * (2 * rng_double(&r) - 1))};
    return LOADS;
}

static void exact(void **state) {
    (void)state;
    static const double cases[][3] = {
        {1000, 0.03, 0.0003}, {20, 0.2, 0.001}, {5, 0, 0.0001}, {400, 0.08, 0}, {7, 0, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct usl_point p[LOADS];
        struct usl u = usl_fit(p, system_of(cases[i][0], cases[i][1], cases[i][2], 0, 1, p));
        assert_int_equal(u.end, USL_OK);
        assert_true(fabs(u.gamma / cases[i][0] - 1) < 0.01);
        assert_true(fabs(u.alpha - cases[i][1]) < 0.002);
        assert_true(fabs(u.beta - cases[i][2]) < 0.00002);
    }
}

static void with_noise(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct usl_point p[LOADS];
        struct usl u = usl_fit(p, system_of(100, 0.05, 0.0005, 0.03, seed, p));
        double peak = sqrt(0.95 / 0.0005);
        assert_int_equal(u.end, USL_OK);
        assert_true(u.fit > 0.95);
        if (fabs(u.peak_n / peak - 1) > 0.25)
            fail_msg("seed %d: peak at %g instead of %g", (int)seed, u.peak_n, peak);
    }
}

static void no_peak_without_coherency(void **state) {
    (void)state;
    struct usl_point p[LOADS];
    struct usl u = usl_fit(p, system_of(10, 0.1, 0, 0, 1, p));
    assert_true(isinf(u.peak_n));
    assert_true(fabs(u.peak_x - 100) < 2);
}

static void too_little(void **state) {
    (void)state;
    struct usl_point few[] = {{1, 10}, {2, 20}, {3, 30}},
                     narrow[] = {{100, 10}, {101, 20}, {102, 30}, {103, 30}},
                     empty[] = {{0, 0}, {1, 0}, {2, 0}, {0, 5}};
    assert_int_equal(usl_fit(few, 3).end, USL_TOO_LITTLE);
    assert_int_equal(usl_fit(narrow, 4).end, USL_TOO_LITTLE);
    assert_int_equal(usl_fit(empty, 4).end, USL_TOO_LITTLE);
    struct usl_point odd[] = {{1, 100}, {2, 1}, {4, 100}, {8, 1}, {16, 100}, {32, 1}};
    assert_int_equal(usl_fit(odd, 6).end, USL_NOT_SO);
}

static void the_chart(void **state) {
    (void)state;
    struct usl_point p[LOADS];
    size_t n = system_of(100, 0.05, 0.0005, 0, 1, p);
    struct usl u = usl_fit(p, n);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 16);
    assert_int_equal(usl_draw(&u, p, n, "users", &out), 0);
    int lines = 0, marks = 0;
    for (const char *c = out.ptr; *c; c++) {
        lines += *c == '\n';
        marks += *c == 'o';
    }
    assert_int_equal(lines, USL_CHART_ROWS + 2);
    assert_true(marks >= 8);
    assert_non_null(strchr(out.ptr, '.'));
    assert_non_null(strstr(out.ptr, "users"));
    assert_int_equal(usl_draw(&u, p, 0, "users", &out), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(exact), cmocka_unit_test(with_noise),
        cmocka_unit_test(no_peak_without_coherency), cmocka_unit_test(too_little),
        cmocka_unit_test(the_chart)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
