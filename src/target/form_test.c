#include "target/form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_find(void **state) {
    static const struct {
        const char *form, *name, *value;
    } cases[] = {
        {"a=1&b=2", "b", "2"},
        {"a=1&b=2", "c", ""},
        {"a=%40x+y%2", "a", "@x y%2"},
        {"a=&a=3", "a", "3"},
        {"a", "a", ""},
        {"a=b=c", "a", "b=c"},
        {"&&a=%zz", "a", "%zz"},
        {"a=0123456789", "a", "0123456"},
        {"", "a", ""},
        {"a=%4", "a", "%4"},
        {"x=1&a=%41", "a", "A"},
    };
    char out[8];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(
            form_find(view_of_cstr(cases[i].form), cases[i].name, out, sizeof out), strlen(cases[i].value));
        assert_string_equal(out, cases[i].value);
    }
    assert_int_equal(form_find(VIEW_NULL, "a", out, sizeof out), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_find)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
