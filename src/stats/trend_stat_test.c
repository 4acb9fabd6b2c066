#include "stats/trend_stat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void names_and_values(void **arg) {
    static const struct {
        const char *name;
        double value; /* of 1 … 5 */
    } cases[] = {{"avg", 3}, {"min", 1}, {"med", 3}, {"max", 5}, {"count", 5}, {"p(0)", 1}, {"p(100)", 5},
        {"p(99.9)", 4.996}, {"p(62.5)", 3.5}};
    struct histogram h;

    (void)arg;
    histogram_init(&h);
    for (int i = 1; i <= 5; i++)
        assert_int_equal(histogram_record(&h, i), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct trend_stat s;
        assert_int_equal(trend_stat_parse(view_of_cstr(cases[i].name), &s, NULL), 0);
        double got = trend_stat_value(s, &h);
        if (got < cases[i].value * 0.999 || got > cases[i].value * 1.001)
            fail_msg("%s: %g", cases[i].name, got);
        struct histogram empty = HISTOGRAM_NULL;
        assert_true(trend_stat_value(s, &empty) == 0);
    }
    histogram_deinit(&h);
}

static void bad_names(void **arg) {
    static const char *const bad[] = {
        "", "mean", "p", "p()", "p(", "p(101)", "p(-0.1)", "p(9x)", "p95", "avg ", "AVG", "p(nan)"};

    (void)arg;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct trend_stat s;
        struct error err = ERROR_NULL;
        if (trend_stat_parse(view_of_cstr(bad[i]), &s, &err) != ERROR_SYNTAX)
            fail_msg("'%s' was taken", bad[i]);
        assert_non_null(strstr(err.text, bad[i]));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names_and_values), cmocka_unit_test(bad_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
