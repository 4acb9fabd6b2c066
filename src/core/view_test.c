#include "core/view.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

#define assert_view(v, text) assert_true(view_eq((v), view_of_cstr(text)))

static void test_compare(void **state) {
    (void)state;
    assert_true(view_eq_nocase(VIEW("Content-TYPE"), VIEW("content-type")));
    assert_false(view_eq_nocase(VIEW("a["), VIEW("a{"))); /* differ by the case bit, but are no letters */
    assert_true(view_eq(VIEW_NULL, VIEW("")));
    assert_true(view_cmp(VIEW("ab"), VIEW("abc")) < 0);
    assert_true(view_cmp(VIEW("\xff"), VIEW("a")) > 0);
    assert_int_equal(view_cmp(VIEW_NULL, VIEW("")), 0);
    assert_true(view_starts_with(VIEW("abc"), VIEW("ab")) && !view_starts_with(VIEW("a"), VIEW("ab")));
    assert_true(view_ends_with(VIEW("abc"), VIEW("bc")) && !view_ends_with(VIEW("c"), VIEW("bc")));
    assert_true(view_starts_with(VIEW_NULL, VIEW_NULL));
}

static void test_cutting(void **state) {
    bool found;
    struct view rest = VIEW("a=b=c");
    (void)state;
    assert_view(view_cut(&rest, '=', &found), "a");
    assert_true(found);
    assert_view(rest, "b=c");
    assert_view(view_cut(&rest, '=', NULL), "b");
    assert_view(view_cut(&rest, '=', &found), "c");
    assert_false(found);
    assert_null(rest.ptr);
    assert_view(view_trim(VIEW(" \t\r\n x y \n")), "x y");
    assert_view(view_trim(VIEW("  ")), "");
    assert_view(view_drop(VIEW("ab"), 5), "");
    assert_view(view_take(VIEW("ab"), 5), "ab");
    assert_int_equal(view_find(VIEW("abc"), 'c'), 2);
    assert_int_equal(view_find(VIEW_NULL, 'c'), -1);
    assert_true(view_eq(view_after_last(VIEW("file:///a/b.js:1:2"), '/'), VIEW("b.js:1:2")));
    assert_true(view_eq(view_after_last(VIEW("b.js"), '/'), VIEW("b.js")));
    assert_int_equal(view_after_last(VIEW("a/"), '/').len, 0);
    assert_int_equal(view_after_last(VIEW_NULL, '/').len, 0);
    assert_int_equal(view_find_view(VIEW("hello"), VIEW("llo")), 2);
    assert_int_equal(view_find_view(VIEW("hello"), VIEW("lol")), -1);
    assert_int_equal(view_find_view(VIEW_NULL, VIEW("")), 0);
}

static void test_integers(void **state) {
    uint64_t u = 7;
    int64_t i = 7;
    (void)state;
    assert_true(view_to_u64(VIEW("18446744073709551615"), &u) && u == UINT64_MAX);
    assert_false(view_to_u64(VIEW("18446744073709551616"), &u));
    assert_false(view_to_u64(VIEW(""), &u) || view_to_u64(VIEW("+1"), &u) || view_to_u64(VIEW("1 "), &u));
    assert_true(view_to_i64(VIEW("-9223372036854775808"), &i) && i == INT64_MIN);
    assert_true(view_to_i64(VIEW("+9223372036854775807"), &i) && i == INT64_MAX);
    assert_false(view_to_i64(VIEW("9223372036854775808"), &i) || view_to_i64(VIEW("-9223372036854775809"), &i));
    assert_false(view_to_i64(VIEW("-"), &i) || view_to_i64(VIEW("--1"), &i));
}

static const char pi_128_digits[] = "3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"
                                    "8628034825342117067982148086513282306647093844609550582231725359408128481117450284";

static void test_doubles(void **state) {
    static const char *const good[] = {"0",     "-0",    "1",      "+2.5",   ".5",     "-.25",     "1e3",      "1E-3",
                                       "123.456e+2",     "9007199254740993", "0.1",    "1.7976931348623157e308",
                                       "5e-324", "2.2250738585072011e-308", "1e23", "0.000001", "1e-400", "123456789012345e22",
                                       pi_128_digits};
    static const char *const bad[] = {"", "+", ".", "1.", "01", "1e", "1e+", "0x1", "inf", "nan", " 1", "1 ", "1e400", "1_0", "--1"};
    (void)state;
    for (size_t k = 0; k < sizeof good / sizeof *good; k++) {
        double d = 0, expected = strtod(good[k], NULL);
        if (!view_to_double(view_of_cstr(good[k]), &d))
            fail_msg("refused %s", good[k]);
        if (memcmp(&d, &expected, sizeof d) != 0)
            fail_msg("%s read as %.17g", good[k], d);
    }
    for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
        double d;
        if (view_to_double(view_of_cstr(bad[k]), &d))
            fail_msg("accepted '%s'", bad[k]);
    }
}

static void test_hash(void **state) {
    char text[64];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t n = 0; n < sizeof text; n++) {
        uint64_t h = view_hash(view_of(text, n), 1);
        assert_true(h == view_hash(view_of(text, n), 1));
        assert_true(h != view_hash(view_of(text, n), 2));
        assert_true(h != view_hash(view_of(text, n + 1), 1));
        text[n / 2] = 'y';
        if (n)
            assert_true(h != view_hash(view_of(text, n), 1));
        text[n / 2] = 'x';
    }
}

static void test_dup(void **state) {
    (void)state;
    char *s = view_dup_cstr(view_of("abcdef", 3));
    assert_string_equal(s, "abc");
    free(s);
    s = view_dup_cstr(VIEW_NULL);
    assert_string_equal(s, "");
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare),  cmocka_unit_test(test_cutting),
                                       cmocka_unit_test(test_integers), cmocka_unit_test(test_doubles),
                                       cmocka_unit_test(test_hash),     cmocka_unit_test(test_dup)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
