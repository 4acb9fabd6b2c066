#include "net/cidr.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_contains(void **state) {
    static const struct {
        const char *range, *ip;
        bool inside;
    } cases[] = {
        {"10.0.0.0/8", "10.255.0.1", true}, {"10.0.0.0/8", "11.0.0.1", false}, {"10.1.2.3/8", "10.9.9.9", true}, {"1.2.3.4", "1.2.3.4", true},
        {"1.2.3.4", "1.2.3.5", false}, {"0.0.0.0/0", "9.9.9.9", true}, {"0.0.0.0/0", "::1", false}, {"192.168.128.0/17", "192.168.127.255", false},
        {"192.168.128.0/17", "192.168.128.0", true}, {"fd00::/8", "fdff::1", true}, {"fd00::/8", "fe00::1", false}, {"::/0", "::1", true},
        {"10.0.0.0/8", "::ffff:10.0.0.1", true}, {"2001:db8::/33", "2001:db8:8000::", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct cidr c;
        struct address a;
        assert_int_equal(cidr_parse(view_of_cstr(cases[i].range), &c), 0);
        assert_true(address_parse(view_of_cstr(cases[i].ip), 0, &a));
        assert_int_equal(cidr_contains(&c, &a), cases[i].inside);
    }
}

static void test_parse_and_format(void **state) {
    static const char *const bad[] = {"", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/x", "10.0.0.0/", "a.test/8"};
    struct cidr c;
    char text[CIDR_TEXT_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(cidr_parse(view_of_cstr(bad[i]), &c), ERROR_SYNTAX);
    assert_int_equal(cidr_parse(VIEW("10.1.2.3/8"), &c), 0);
    assert_string_equal(cidr_format(&c, text), "10.0.0.0/8");
    assert_int_equal(cidr_parse(VIEW("fd12::1/16"), &c), 0);
    assert_string_equal(cidr_format(&c, text), "fd12::/16");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_contains), cmocka_unit_test(test_parse_and_format)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
