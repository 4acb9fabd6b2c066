#include "core/utf8.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static const struct {
    struct view text;
    const char *lossy;
    size_t length, utf16;
    bool valid;
} cases[] = {
    {VIEW(""), "", 0, 0, true},
    {VIEW("plain ascii, long enough for a word"), "plain ascii, long enough for a word", 35, 35, true},
    {VIEW("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f", 4, 4, true},
    {VIEW("\xe2\x82\xac"), "\xe2\x82\xac", 1, 1, true},
    {VIEW("a\xf0\x9f\x98\x80z"), "a\xf0\x9f\x98\x80z", 3, 4, true},
    {VIEW("\xf4\x8f\xbf\xbf"), "\xf4\x8f\xbf\xbf", 1, 2, true},
    {VIEW("a\x80z"), "a\xef\xbf\xbdz", 3, 3, false},                         /* lone continuation */
    {VIEW("\xc0\xaf"), "\xef\xbf\xbd\xef\xbf\xbd", 2, 2, false},               /* overlong */
    {VIEW("\xe0\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3, 3, false}, /* overlong */
    {VIEW("\xed\xa0\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 3, 3, false}, /* surrogate */
    {VIEW("\xf4\x90\x80\x80"), "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", 4, 4, false},
    {VIEW("\xf0\x9f\x98"), "\xef\xbf\xbd", 1, 1, false}, /* cut: one maximal prefix */
    {VIEW("\xf0\x9f\x98x"), "\xef\xbf\xbdx", 2, 2, false},
    {VIEW("\xe2\x82\xf0\x9f\x98\x80"), "\xef\xbf\xbd\xf0\x9f\x98\x80", 2, 3, false},
    {VIEW("\xff"), "\xef\xbf\xbd", 1, 1, false},
};

static void test_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b CLEANUP(buf_deinit) = BUF_MAX(100);
        assert_int_equal(utf8_valid(cases[i].text), cases[i].valid);
        assert_int_equal(utf8_length(cases[i].text), cases[i].length);
        assert_int_equal(utf8_utf16_length(cases[i].text), cases[i].utf16);
        assert_int_equal(utf8_append_lossy(&b, cases[i].text), 0);
        assert_true(view_eq(buf_view(&b), view_of_cstr(cases[i].lossy)));
    }
}

static void test_all_code_points(void **state) {
    char bytes[UTF8_BYTES_MAX];
    (void)state;
    for (uint32_t c = 0; c <= 0x110000; c++) {
        struct view v = view_of(bytes, utf8_encode(c, bytes));
        bool bad = c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF);
        assert_int_equal(utf8_decode(&v), bad ? UTF8_REPLACEMENT : (int32_t)c);
        assert_int_equal(v.len, 0);
    }
    struct buf small CLEANUP(buf_deinit) = BUF_MAX(2);
    assert_int_equal(utf8_append(&small, 0x20AC), ERROR_LIMIT);
    assert_int_equal(utf8_append_lossy(&small, VIEW("\xff")), ERROR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_all_code_points)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
