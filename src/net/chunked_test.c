#include "net/chunked.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static const struct {
    const char *in, *out;
    size_t rest; /* bytes behind the end */
    int result;
} cases[] = {
    {"0\r\n\r\n", "", 0, 0},
    {"5\r\nhello\r\n0\r\n\r\n", "hello", 0, 0},
    {"5\r\nhello\r\n1;a=\"b\";c\r\n!\r\n0\r\nX: y\r\nZ: 1\r\n\r\nHTTP", "hello!", 4, 0},
    {"A\r\n0123456789\r\n000\r\n\r\n", "0123456789", 0, 0},
    {"5 \r\nhello\r\n0\r\n\r\n", "hello", 0, 0},
    {"5\nhello\n0\n\n", "hello", 0, 0},
    {"\r\n", "", 0, ERROR_SYNTAX},
    {"g\r\n", "", 0, ERROR_SYNTAX},
    {"-1\r\n", "", 0, ERROR_SYNTAX},
    {"5\rhello", "", 0, ERROR_SYNTAX},
    {"5\r\nhelloX\r\n", "hello", 0, ERROR_SYNTAX},
    {"11111111111111111\r\n", "", 0, ERROR_SYNTAX},
    {";a\r\n", "", 0, ERROR_SYNTAX},
};

static void check(size_t i, size_t step) {
    struct chunked c = CHUNKED_NULL;
    struct buf out = BUF_MAX(1000);
    size_t at = 0, len = strlen(cases[i].in);
    uint64_t data = 0;
    int r = 0;

    while (r == 0 && at < len && !chunked_done(&c)) {
        size_t used, n = len - at < step ? len - at : step;
        r = chunked_feed(&c, view_of(cases[i].in + at, n), &out, &used, &data);
        assert_true(used <= n);
        at += used;
        if (r == 0 && !chunked_done(&c))
            assert_int_equal(used, n);
    }
    assert_int_equal(r, cases[i].result);
    assert_string_equal(out.ptr ? out.ptr : "", cases[i].out);
    assert_int_equal(data, out.len);
    if (r == 0) {
        assert_true(chunked_done(&c));
        assert_int_equal(len - at, cases[i].rest);
    }
    buf_deinit(&out);
}

static void test_cases(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t step = 1; step < 30; step++)
            check(i, step);
}

static int feed_many(const char *first, const char *again, size_t times) {
    struct chunked c = CHUNKED_NULL;
    size_t used;
    int r = chunked_feed(&c, view_of_cstr(first), NULL, &used, NULL);

    for (size_t i = 0; r == 0 && i < times; i++)
        r = chunked_feed(&c, view_of_cstr(again), NULL, &used, NULL);
    return r;
}

static void test_limits(void **state) {
    (void)state;
    assert_int_equal(feed_many("1;", "aaaaaaaaaa", 1000), ERROR_LIMIT);
    assert_int_equal(feed_many("0", "0000000000", 1000), ERROR_LIMIT);
    assert_int_equal(feed_many("0\r\n", "A: bbbbbb\r\n", 10000), ERROR_LIMIT);
    assert_int_equal(feed_many("0\r\n", "A: bbbbbb\r\n", 100), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases), cmocka_unit_test(test_limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
