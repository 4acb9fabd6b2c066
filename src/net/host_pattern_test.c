#include "net/host_pattern.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static struct view at(const void *patterns, size_t i) {
    return view_of_cstr(((const char *const *)patterns)[i]);
}

static void test_best(void **state) {
    static const char *const patterns[] = {"*.e.test", "*", "*.a.e.test", "b.a.e.test", "C.test:80"};
    static const struct {
        const char *host;
        ptrdiff_t best;
    } cases[] = {{"x.e.test", 0}, {"e.test", 1}, {"x.a.e.test", 2}, {"B.A.e.test", 3}, {"c.test:80", 4}, {"other", 1}, {"X.Y.E.TEST", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(host_pattern_best(patterns, 5, at, view_of_cstr(cases[i].host)), cases[i].best);
    assert_int_equal(host_pattern_best(patterns, 1, at, VIEW("e.test")), -1);
    assert_false(host_pattern_matches(VIEW(""), VIEW("a")));
    assert_false(host_pattern_matches(VIEW("*a"), VIEW("a")));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_best)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
