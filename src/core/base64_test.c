#include "core/base64.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static const struct {
    struct view bytes;
    const char *text[4]; /* by kind */
} cases[] = {
    {VIEW(""), {"", "", "", ""}},
    {VIEW("f"), {"Zg==", "Zg==", "Zg", "Zg"}},
    {VIEW("fo"), {"Zm8=", "Zm8=", "Zm8", "Zm8"}},
    {VIEW("foo"), {"Zm9v", "Zm9v", "Zm9v", "Zm9v"}},
    {VIEW("foobar"), {"Zm9vYmFy", "Zm9vYmFy", "Zm9vYmFy", "Zm9vYmFy"}},
    {VIEW("\xfb\xff\xfe\0"), {"+//+AA==", "-__-AA==", "+//+AA", "-__-AA"}},
};

static void test_both_ways(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int kind = 0; kind < 4; kind++) {
            struct buf b CLEANUP(buf_deinit) = BUF_MAX(100);
            assert_int_equal(base64_encode(&b, cases[i].bytes, (enum base64_kind)kind), 0);
            assert_true(view_eq(buf_view(&b), view_of_cstr(cases[i].text[kind])));
            buf_clear(&b);
            assert_int_equal(base64_decode(&b, view_of_cstr(cases[i].text[kind]), (enum base64_kind)kind, NULL), 0);
            assert_true(view_eq(buf_view(&b), cases[i].bytes));
        }
}

static void test_refused(void **state) {
    static const struct {
        struct view text;
        enum base64_kind kind;
        size_t bad_at;
    } bad[] = {
        {VIEW("Zg"), BASE64_STD, 0},     {VIEW("Zg="), BASE64_STD, 3},     {VIEW("Zg==="), BASE64_STD, 4},
        {VIEW("Zg==x"), BASE64_STD, 4},  {VIEW("Zg=="), BASE64_RAW, 2},    {VIEW("Z"), BASE64_RAW, 0},
        {VIEW("Z-g="), BASE64_STD, 1},   {VIEW("Z+g="), BASE64_URL, 1},    {VIEW("Zm9v="), BASE64_STD, 4},
        {VIEW("Zm 9v"), BASE64_STD, 2},  {VIEW("===="), BASE64_STD, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf b CLEANUP(buf_deinit) = BUF_MAX(100);
        size_t at = 99;
        assert_int_equal(buf_append(&b, "x", 1), 0);
        assert_int_equal(base64_decode(&b, bad[i].text, bad[i].kind, &at), ERROR_SYNTAX);
        assert_int_equal(at, bad[i].bad_at);
        assert_string_equal(b.ptr, "x");
    }
}

static void test_breaks_and_limits(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(6);
    (void)state;
    assert_int_equal(base64_decode(&b, VIEW("Zm9v\r\nYm\nFy\n"), BASE64_STD, NULL), 0);
    assert_string_equal(b.ptr, "foobar");
    buf_clear(&b);
    assert_int_equal(base64_decode(&b, VIEW("Zm9vYmFyZg=="), BASE64_STD, NULL), ERROR_LIMIT);
    assert_int_equal(b.len, 0);
    assert_int_equal(base64_encode(&b, VIEW("foobar"), BASE64_STD), ERROR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ways), cmocka_unit_test(test_refused),
                                       cmocka_unit_test(test_breaks_and_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
