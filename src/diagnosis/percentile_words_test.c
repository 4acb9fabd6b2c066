#include "diagnosis/percentile_words.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

/* 1 … 10000 ms, each once. */
static void even(struct histogram *h) {
    histogram_init(h);
    for (int i = 1; i <= 10000; i++)
        assert_int_equal(histogram_record(h, i), 0);
}

static void the_percentile_that_visits_meet(void **state) {
    (void)state;
    static const struct {
        double visit, quantile;
    } cases[] = {{1, 0.5}, {2, 0.5}, {7, 0.9}, {14, 0.95}, {0, 0.95}, {69, 0.99}, {96, 0.99}, {693, 0.999}};
    struct histogram h;
    struct percentile_words p;
    even(&h);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(percentile_words_of(&h, 200, cases[i].visit, &(struct diagnosis_options){0}, &p));
        assert_true(fabs(p.quantile - cases[i].quantile) < 1e-9);
        assert_true(fabs(p.ms / (10000 * cases[i].quantile) - 1) < 0.01);
        assert_true(fabs(p.feel_per_hour - 200 * 3600 * (1 - cases[i].quantile)) < 1);
    }
    histogram_deinit(&h);
}

static void apdex_and_cost(void **state) {
    (void)state;
    struct histogram h;
    struct percentile_words p;
    struct buf out = BUF_MAX(4096);
    even(&h);
    assert_true(percentile_words_of(
        &h, 100, 5, &(struct diagnosis_options){.apdex_ms = 1000, .cost_per_hour = 0.72}, &p));
    assert_true(fabs(p.apdex - (0.1 + 0.3 / 2)) < 0.01); /* a tenth satisfied, three tenths tolerated */
    assert_true(fabs(p.cost_per_million - 2) < 1e-9);
    assert_int_equal(percentile_words_write(&p, &out), 0);
    assert_non_null(strstr(out.ptr, "Apdex (1.0 s): 0.25"));
    assert_non_null(strstr(out.ptr, "A million requests cost 2.00"));
    assert_non_null(strstr(out.ptr, "A visit is 5 requests"));
    buf_deinit(&out);
    histogram_deinit(&h);
}

static void too_little(void **state) {
    (void)state;
    struct histogram h = HISTOGRAM_NULL;
    struct percentile_words p;
    assert_false(percentile_words_of(&h, 100, 5, &(struct diagnosis_options){0}, &p));
    assert_false(percentile_words_of(NULL, 100, 5, &(struct diagnosis_options){0}, &p));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_percentile_that_visits_meet),
        cmocka_unit_test(apdex_and_cost),
        cmocka_unit_test(too_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
