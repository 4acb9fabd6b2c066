#include "core/hex.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static void test_both_ways(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(512), back CLEANUP(buf_deinit) = BUF_MAX(256);
    unsigned char all[256];
    (void)state;
    for (int i = 0; i < 256; i++)
        all[i] = (unsigned char)i;
    assert_int_equal(hex_encode(&b, view_of((char *)all, 256)), 0);
    assert_memory_equal(b.ptr, "000102030405060708090a0b", 24);
    assert_int_equal(hex_decode(&back, buf_view(&b)), 0);
    assert_memory_equal(back.ptr, all, 256);
    assert_int_equal(hex_encode(&b, VIEW("x")), ERROR_LIMIT);
}

static void test_refused(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(4);
    (void)state;
    assert_int_equal(hex_decode(&b, VIEW("FfA0")), 0);
    assert_memory_equal(b.ptr, "\xff\xa0", 2);
    assert_int_equal(hex_decode(&b, VIEW("abc")), ERROR_SYNTAX);
    assert_int_equal(hex_decode(&b, VIEW("0g")), ERROR_SYNTAX);
    assert_int_equal(hex_decode(&b, VIEW("000000")), ERROR_LIMIT);
    assert_int_equal(b.len, 2);
    assert_int_equal(hex_digit('G'), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both_ways), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
