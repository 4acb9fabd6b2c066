#include "report/humanize.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* Inputs and texts as the real k6 printed them. */
static void durations(void **state) {
    (void)state;
    static const struct { double ms; const char *text; } cases[] = {
        {0, "0s"}, {0.000551, "551ns"}, {0.00151, "1.51µs"}, {0.52402, "524.02µs"}, {1.2345678, "1.23ms"}, {999.9999999, "999.99ms"},
        {1000, "1s"}, {1234.5, "1.23s"}, {2469, "2.46s"}, {15000, "15s"}, {60000, "1m0s"}, {12345678.9, "3h25m45s"},
        {123456789012, "34293h33m9s"}, {-1, "-1000000ns"}, {0.1, "100µs"}, {1e-7, "0ns"}, {1e21, "277777777777777h46m40s"},
        {100.5, "100.5ms"}, {59999, "59.99s"},
    };
    char out[HUMANIZE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(humanize_duration(cases[i].ms, HUMANIZE_AUTO, out), cases[i].text);
    assert_string_equal(humanize_duration(1234.5, HUMANIZE_MS, out), "1234.50ms");
    assert_string_equal(humanize_duration(1234.5, HUMANIZE_S, out), "1.23s");
    assert_string_equal(humanize_duration(1.5, HUMANIZE_US, out), "1500.00µs");
    assert_int_equal(humanize_unit_of(VIEW("us")), HUMANIZE_US);
    assert_int_equal(humanize_unit_of(VIEW("h")), HUMANIZE_AUTO);
}

static void numbers(void **state) {
    (void)state;
    static const struct { double v; const char *text; } cases[] = {
        {0, "0"}, {-0.0, "0"}, {1, "1"}, {-1, "-1"}, {0.1, "0.1"}, {1.23456789, "1.234568"}, {999.9999999, "1000"},
        {12345678.9, "12345678.9"}, {1e-7, "0"}, {1e21, "1e+21"}, {123456789012.0, "123456789012"},
        {5.722788142382969e+24, "5.722788142382969e+24"}, {94.86583, "94.86583"},
    };
    char out[HUMANIZE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(humanize_number(cases[i].v, 6, out), cases[i].text);
    assert_string_equal(humanize_fixed(0.125, 2, out), "0.13");
    assert_string_equal(humanize_fixed(2.5, 0, out), "3");
    assert_string_equal(humanize_fixed(-2.5, 0, out), "-3");
    assert_string_equal(humanize_fixed(1.005, 2, out), "1.00");
    assert_string_equal(humanize_fixed(8.345, 2, out), "8.35"); /* 8.3450000000000006 */
    assert_string_equal(humanize_count(1234567, out), "1,234,567");
    assert_string_equal(humanize_count(999, out), "999");
}

static void bytes_and_shares(void **state) {
    (void)state;
    static const struct { double v; const char *text; } cases[] = {
        {0, "0 B"}, {7.5, "7.5 B"}, {74, "74 B"}, {687, "687 B"}, {2414, "2.4 kB"}, {7648.08, "7.6 kB"}, {357000, "357 kB"}, {1078, "1.1 kB"},
        {1e9, "1.0 GB"}, {9999999, "10 MB"},
    };
    char out[HUMANIZE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(humanize_bytes(cases[i].v, out), cases[i].text);
    assert_string_equal(humanize_share(8.0 / 30, out), "26.66%");
    assert_string_equal(humanize_share(22.0 / 30, out), "73.33%");
    assert_string_equal(humanize_share(1, out), "100.00%");
    assert_string_equal(humanize_share(0, out), "0.00%");
}

static void clocks(void **state) {
    (void)state;
    static const struct { int64_t us, max_us; const char *text; } cases[] = {
        {300000, 630000000, "00m00.3s"}, {2000000, 32000000, "02.0s"}, {1000000, 5000000, "1.0s"}, {900000, 60000000, "0m00.9s"},
        {2000000, 2000000, "2.0s"}, {12049000, 2000000, "12.0s"}, {3661000000, 7200000000, "1h01m01.0s"}, {INT64_C(90061000000), INT64_C(950400000000), "01d01h01m01.0s"}, {-400000, 1000000, "-0.4s"},
        {61000000, 30000000, "1m01.0s"}, {0, 1000000, "0.0s"},
    };
    char out[HUMANIZE_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(humanize_clock(cases[i].us, cases[i].max_us, out), cases[i].text);
    assert_int_equal(humanize_width(VIEW("1.51µs")), 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations), cmocka_unit_test(numbers), cmocka_unit_test(bytes_and_shares), cmocka_unit_test(clocks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
