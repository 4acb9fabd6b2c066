#include "target/correlation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_pick(void **state) {
    static const char trace[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    static const struct {
        const char *request_id, *traceparent, *id; /* id NULL = a new one */
    } cases[] = {
        {"abc-1", NULL, "abc-1"},
        {"abc-1", trace, "abc-1"},
        {NULL, trace, "0af7651916cd43dd8448eb211c80319c"},
        {"", trace, "0af7651916cd43dd8448eb211c80319c"},
        {"with blank", trace, "0af7651916cd43dd8448eb211c80319c"},
        {"quote\"", NULL, NULL},
        {"back\\slash", NULL, NULL},
        {"line\nbreak", NULL, NULL},
        {"\xc3\xbc", NULL, NULL},
        {"12345678901234567890123456789012345678901234567890123456789012345678901", NULL,
            "12345678901234567890123456789012345678901234567890123456789012345678901"},
        {"123456789012345678901234567890123456789012345678901234567890123456789012", NULL, NULL},
        {NULL, "00-00000000000000000000000000000000-b7ad6b7169203331-01", NULL},
        {NULL, "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", NULL},
        {NULL, "00-0af7651916cd43dd8448eb211c80319c", NULL},
        {NULL, NULL, NULL},
    };
    struct rng rng;
    (void)state;
    rng_init(&rng, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char id[CORRELATION_SIZE];
        correlation_pick(id, view_of_cstr(cases[i].request_id), view_of_cstr(cases[i].traceparent), &rng);
        if (cases[i].id) {
            assert_string_equal(id, cases[i].id);
            continue;
        }
        assert_int_equal(strlen(id), 36);
        assert_int_equal(strspn(id, "0123456789abcdef-"), 36);
        assert_int_equal(id[14], '4');
        assert_non_null(strchr("89ab", id[19]));
    }
}

static void test_new_ids_differ(void **state) {
    char a[CORRELATION_SIZE], b[CORRELATION_SIZE];
    struct rng rng;
    (void)state;
    rng_init(&rng, 1);
    correlation_pick(a, VIEW_NULL, VIEW_NULL, &rng);
    correlation_pick(b, VIEW_NULL, VIEW_NULL, &rng);
    assert_string_not_equal(a, b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pick),
        cmocka_unit_test(test_new_ids_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
