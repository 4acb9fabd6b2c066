#include "core/error.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <string.h>

static void test_set_and_wrap(void **state) {
    struct error e = ERROR_NULL;
    (void)state;
    assert_int_equal(error_set(&e, ERROR_SYNTAX, "bad key '%s'", "x"), ERROR_SYNTAX);
    assert_int_equal(error_wrap(&e, "file %s:%d", "a.json", 3), ERROR_SYNTAX);
    assert_string_equal(e.text, "file a.json:3: bad key 'x'");
    assert_int_equal(error_set(NULL, -EINVAL, "nobody listens"), -EINVAL);
    assert_int_equal(error_wrap(NULL, "nobody"), 0);
}

static void test_cut_at_the_limit(void **state) {
    struct error e = ERROR_NULL;
    char big[2 * ERROR_TEXT_MAX];
    (void)state;
    memset(big, 'b', sizeof big - 1);
    big[sizeof big - 1] = 0;
    error_set(&e, -1, "%s", big);
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
    error_wrap(&e, "context");
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
    assert_memory_equal(e.text, "context: bbb", 12);
    error_wrap(&e, "%s", big);
    assert_int_equal(strlen(e.text), ERROR_TEXT_MAX - 1);
}

static void test_names(void **state) {
    static const struct {
        int code;
        const char *name;
    } cases[] = {{0, "no error"},
                 {-ENOENT, "No such file or directory"},
                 {ERROR_LIMIT, "limit reached"},
                 {ERROR_CLOSED, "connection closed"},
                 {ERROR_SYNTAX, "syntax error"},
                 {ERROR_INVALID, "invalid value"},
                 {-4000, "unknown error"},
                 {-9999, "unknown error"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(error_name(cases[i].code), cases[i].name);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set_and_wrap), cmocka_unit_test(test_cut_at_the_limit),
                                       cmocka_unit_test(test_names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
