#include "core/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static void test_names(void **state) {
    static const char *const names[] = {"debug", "info", "warning", "error"};
    (void)state;
    for (int l = LOG_DEBUG; l <= LOG_ERROR; l++)
        assert_string_equal(log_level_name((enum log_level)l), names[l]);
    assert_string_equal(log_level_name((enum log_level)99), "unknown");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
