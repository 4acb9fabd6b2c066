#include "net/redirect.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_methods(void **state) {
    static const struct {
        int status;
        const char *method, *next; /* NULL = not followed */
        bool keeps;
        enum http_redirects rules;
    } cases[] = {
        {301, "POST", "GET", false, HTTP_REDIRECTS_GO},
        {302, "PUT", "GET", false, HTTP_REDIRECTS_GO},
        {303, "DELETE", "GET", false, HTTP_REDIRECTS_GO},
        {302, "HEAD", "HEAD", false, HTTP_REDIRECTS_GO},
        {301, "GET", "GET", false, HTTP_REDIRECTS_GO},
        {307, "POST", "POST", true, HTTP_REDIRECTS_GO},
        {308, "PATCH", "PATCH", true, HTTP_REDIRECTS_GO},
        {300, "GET", NULL, false, HTTP_REDIRECTS_GO},
        {304, "GET", NULL, false, HTTP_REDIRECTS_GO},
        {305, "GET", NULL, false, HTTP_REDIRECTS_GO},
        {200, "GET", NULL, false, HTTP_REDIRECTS_GO},
        {301, "POST", "GET", false, HTTP_REDIRECTS_REQUESTS},
        {301, "PUT", "PUT", false, HTTP_REDIRECTS_REQUESTS},
        {302, "PUT", "GET", false, HTTP_REDIRECTS_REQUESTS},
        {303, "HEAD", "HEAD", false, HTTP_REDIRECTS_REQUESTS},
        {308, "PUT", "PUT", true, HTTP_REDIRECTS_REQUESTS},
        {301, "POST", "GET", false, HTTP_REDIRECTS_GEVENTHTTP},
        {302, "HEAD", "HEAD", false, HTTP_REDIRECTS_GEVENTHTTP},
        {302, "POST", "GET", false, HTTP_REDIRECTS_GEVENTHTTP},
        {307, "POST", "POST", true, HTTP_REDIRECTS_GEVENTHTTP},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct redirect r = redirect_of(cases[i].rules, cases[i].status, view_of_cstr(cases[i].method));
        assert_int_equal(r.follow, cases[i].next != NULL);
        assert_int_equal(r.keep_body, cases[i].keeps);
        if (cases[i].next)
            assert_true(view_eq(r.method, view_of_cstr(cases[i].next)));
    }
}

static void test_secrets_and_referer(void **state) {
    static const struct {
        const char *from, *to;
        bool keeps;
        const char *referer;
    } cases[] = {
        {"http://a.test/x?y", "http://a.test:81/", true, "http://a.test/x?y"},
        {"http://a.test/", "https://www.a.test/", true, "http://a.test/"},
        {"http://www.a.test/", "http://a.test/", false, "http://www.a.test/"},
        {"http://a.test/", "http://ba.test/", false, "http://a.test/"},
        {"https://u:p@a.test/", "https://b.test/", false, "https://a.test/"},
        {"https://a.test/", "http://a.test/", true, NULL},
    };
    struct arena a;
    struct url from, to;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(url_parse(view_of_cstr(cases[i].from), &a, &from, &err), 0);
        assert_int_equal(url_parse(view_of_cstr(cases[i].to), &a, &to, &err), 0);
        assert_int_equal(redirect_keeps_secrets(&from, &to), cases[i].keeps);
        struct view referer = redirect_referer(&from, &to, &a);
        assert_int_equal(referer.ptr != NULL, cases[i].referer != NULL);
        if (cases[i].referer)
            assert_true(view_eq(referer, view_of_cstr(cases[i].referer)));
    }
    arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_methods), cmocka_unit_test(test_secrets_and_referer)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
