#include "core/clock.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static void test_fake(void **state) {
    struct clock_fake f;
    (void)state;
    clock_fake_init(&f, 100);
    assert_int_equal(clock_now_us(&f.base), 100);
    clock_fake_advance(&f, 23);
    assert_int_equal(clock_now_us(&f.base), 123);
}

static void test_real_never_goes_back(void **state) {
    int64_t last = clock_now_us(&clock_real);
    (void)state;
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_now_us(&clock_real);
        assert_true(now >= last);
        last = now;
    }
    assert_true(clock_wall_us() > INT64_C(1700000000000000));
    assert_true(clock_wall_ns() / 1000 >= clock_wall_us() - 1000000);
    assert_true(clock_process_cpu_us() >= 0);
}

static void test_rfc3339(void **state) {
    static const struct {
        int64_t ns;
        int digits;
        const char *text;
    } cases[] = {{0, 0, "1970-01-01T00:00:00Z"},
                 {INT64_C(1767323045123456789), 9, "2026-01-02T03:04:05.123456789Z"},
                 {INT64_C(1767323045123456789), 3, "2026-01-02T03:04:05.123Z"},
                 {INT64_C(1767323045000000001), 6, "2026-01-02T03:04:05.000000Z"},
                 {-1, 9, "1969-12-31T23:59:59.999999999Z"}};
    char out[40];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(clock_format_rfc3339(cases[i].ns, cases[i].digits, out, sizeof out), cases[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_fake), cmocka_unit_test(test_real_never_goes_back),
                                       cmocka_unit_test(test_rfc3339)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
