#include "core/duration.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#define MS INT64_C(1000000)
#define SEC INT64_C(1000000000)

enum { PLAIN = 0, DAYS = 1, BARE = 2 };

static void test_parse(void **state) {
    static const struct {
        const char *text;
        int allow;
        int64_t ns;
    } cases[] = {
        {"0", PLAIN, 0},
        {"1h30m5.5s", PLAIN, 5405 * SEC + 500 * MS},
        {"100ms", PLAIN, 100 * MS},
        {"1us", PLAIN, 1000},
        {"1\xc2\xb5s", PLAIN, 1000},
        {"1\xce\xbcs", PLAIN, 1000},
        {"-1.5s", PLAIN, -1500 * MS},
        {"+.5s", PLAIN, 500 * MS},
        {"1.s", PLAIN, SEC},
        {"0.1ns", PLAIN, 0},
        {"9223372036854775807ns", PLAIN, INT64_MAX},
        {"-9223372036854775808ns", PLAIN, INT64_MIN},
        {"0.3333333333333333333h", PLAIN, 1200 * SEC},
        {"2d", DAYS, 172800 * SEC},
        {"1d12h", DAYS, 129600 * SEC},
        {"-1d12h", DAYS, -129600 * SEC},
        {"300", BARE, 300 * MS},
        {"1.5", BARE, 1500000},
        {"1s", BARE | DAYS, SEC},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t ns = -7;
        int r = duration_parse(view_of_cstr(cases[i].text), cases[i].allow & DAYS, cases[i].allow & BARE, &ns, NULL);
        if (r != 0 || ns != cases[i].ns)
            fail_msg("%s: %d, %lld", cases[i].text, r, (long long)ns);
    }
}

static void test_refused(void **state) {
    static const struct {
        const char *text;
        int allow;
        const char *sentence;
    } cases[] = {
        {"", PLAIN, "time: invalid duration \"\""},
        {"3", PLAIN, "time: missing unit in duration \"3\""},
        {"1x", PLAIN, "time: unknown unit \"x\" in duration \"1x\""},
        {"1d", PLAIN, "time: unknown unit \"d\" in duration \"1d\""},
        {"-", PLAIN, "time: invalid duration \"-\""},
        {".s", PLAIN, "time: invalid duration \".s\""},
        {"s", BARE, "time: invalid duration \"s\""},
        {"9223372036854775808ns", PLAIN, "time: invalid duration \"9223372036854775808ns\""},
        {"3000000h", PLAIN, "time: invalid duration \"3000000h\""},
        {"1d-1h", DAYS, "time: invalid duration \"1d-1h\""},
        {"1.5d", DAYS, "time: invalid duration \"1.5d\""},
        {"999999999d", DAYS, "time: invalid duration \"999999999d\""},
        {"1e30", BARE, "time: invalid duration \"1e30\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error e = ERROR_NULL;
        int64_t ns;
        int r = duration_parse(view_of_cstr(cases[i].text), cases[i].allow & DAYS, cases[i].allow & BARE, &ns, &e);
        assert_int_equal(r, ERROR_SYNTAX);
        assert_string_equal(e.text, cases[i].sentence);
    }
}

static void test_format(void **state) {
    static const struct {
        int64_t ns;
        const char *text;
    } cases[] = {{0, "0s"},
                 {1, "1ns"},
                 {1100, "1.1\xc2\xb5s"},
                 {2200000, "2.2ms"},
                 {300 * MS, "300ms"},
                 {SEC, "1s"},
                 {1500 * MS, "1.5s"},
                 {90 * SEC, "1m30s"},
                 {245 * SEC + MS, "4m5.001s"},
                 {3600 * SEC, "1h0m0s"},
                 {18367 * SEC + 1 * MS, "5h6m7.001s"},
                 {-SEC, "-1s"},
                 {INT64_MAX, "2562047h47m16.854775807s"},
                 {INT64_MIN, "-2562047h47m16.854775808s"}};
    char out[DURATION_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(duration_format(cases[i].ns, out), cases[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_format)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
