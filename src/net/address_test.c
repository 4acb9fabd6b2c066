#include "net/address.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_with_port(void **state) {
    static const struct {
        const char *text, *formatted; /* NULL = refused */
        bool loopback;
    } cases[] = {
        {"1.2.3.4", "1.2.3.4:0", false}, {"127.9.0.1:80", "127.9.0.1:80", true}, {"::1", "[::1]:0", true}, {"[::1]:443", "[::1]:443", true},
        {"[fe80::1]", "[fe80::1]:0", false}, {"1.2.3", NULL, false}, {"1.2.3.4:65536", NULL, false}, {"1.2.3.4:", NULL, false}, {"", NULL, false},
        {"[::1", NULL, false}, {"[::1]x", NULL, false}, {"localhost:80", NULL, false}, {"1.2.3.4.5", NULL, false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct address a;
        char text[ADDRESS_TEXT_MAX];
        assert_int_equal(address_parse_with_port(view_of_cstr(cases[i].text), &a), cases[i].formatted != NULL);
        if (!cases[i].formatted)
            continue;
        assert_string_equal(address_format(&a, text), cases[i].formatted);
        assert_int_equal(address_is_loopback(&a), cases[i].loopback);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_with_port)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
