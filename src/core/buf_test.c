#include "core/buf.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>

static void test_append_and_cap(void **state) {
    struct buf b = BUF_MAX(10);
    (void)state;
    assert_int_equal(buf_append(&b, "hello", 5), 0);
    assert_int_equal(buf_append_byte(&b, ' '), 0);
    assert_int_equal(buf_append(&b, "world", 5), ERROR_LIMIT);
    assert_string_equal(b.ptr, "hello ");
    assert_int_equal(buf_append_view(&b, VIEW("1234")), 0);
    assert_int_equal(b.len, 10);
    assert_true(b.cap <= 11);
    assert_int_equal(b.ptr[10], 0);
    assert_int_equal(buf_append_byte(&b, 'x'), ERROR_LIMIT);
    assert_int_equal(buf_append(&b, NULL, 0), 0);
    assert_int_equal(buf_reserve(&b, SIZE_MAX), ERROR_LIMIT);
    buf_deinit(&b);
    buf_deinit(&b);
    struct buf none = BUF_NULL;
    assert_int_equal(buf_append_byte(&none, 'x'), ERROR_LIMIT);
    buf_deinit(&none);
}

static void test_printf(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(300);
    (void)state;
    assert_int_equal(buf_printf(&b, "%d-%s", 42, "x"), 0);
    assert_int_equal(buf_printf(&b, "%200d", 7), 0);
    assert_int_equal(b.len, 204);
    assert_int_equal(buf_printf(&b, "%200d", 7), ERROR_LIMIT);
    assert_int_equal(b.len, 204);
    assert_int_equal(strlen(b.ptr), 204);
    assert_memory_equal(b.ptr, "42-x ", 5);
    assert_int_equal(b.ptr[203], '7');
}

static void test_consume_shrink_steal(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(1000);
    size_t len = 9;
    (void)state;
    buf_consume(&b, 3);
    char *empty = buf_steal(&b, &len);
    assert_string_equal(empty, "");
    assert_int_equal(len, 0);
    free(empty);
    assert_int_equal(buf_printf(&b, "%0500d", 1), 0);
    buf_shrink(&b, 64);
    assert_int_equal(b.len, 500);
    buf_consume(&b, 498);
    assert_string_equal(b.ptr, "01");
    buf_consume(&b, 7);
    assert_int_equal(b.len, 0);
    buf_shrink(&b, 64);
    assert_int_equal(b.cap, 0);
    assert_int_equal(buf_append(&b, "abc", 3), 0);
    char *s = buf_steal(&b, &len);
    assert_string_equal(s, "abc");
    assert_int_equal(len, 3);
    assert_null(b.ptr);
    assert_int_equal(b.max, 1000);
    free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_append_and_cap), cmocka_unit_test(test_printf),
                                       cmocka_unit_test(test_consume_shrink_steal)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
