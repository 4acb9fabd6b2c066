#include "net/failure.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_texts(void **state) {
    struct failure f;
    char out[40];
    (void)state;
    failure_set(&f, NET_FAULT_RESET, 104, "read %d", 1);
    failure_wrap(&f, "while %s", "busy");
    assert_string_equal(f.text, "while busy: read 1");
    assert_int_equal(f.fault, NET_FAULT_RESET);
    assert_string_equal(failure_quote(VIEW("a\"\\\n\x01\xff"), out, sizeof out), "\"a\\\"\\\\\\n\\x01\\xff\"");
    assert_string_equal(failure_errno_text(111, out, sizeof out), "connection refused");
    assert_true(strlen(failure_quote(VIEW("0123456789012345678901234567890123456789012345678901234567890"), out, sizeof out)) < sizeof out);
    for (unsigned i = 0; i < NET_FAULT_COUNT; i++)
        assert_non_null(net_fault_text((enum net_fault)i));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_texts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
