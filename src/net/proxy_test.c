#include "net/proxy.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>

static const char *const (*variables)[2];

static const char *get(const char *name) {
    for (size_t i = 0; variables[i][0]; i++)
        if (strcmp(variables[i][0], name) == 0)
            return variables[i][1];
    return NULL;
}

static void test_rules(void **state) {
    static const char *const set[][2] = {{"HTTP_PROXY", "http://u:p@proxy.test:3128"},
        {"https_proxy", "secure.test"},
        {"NO_PROXY", "exact.test, .below.test,*.star.test,10.0.0.0/8,1.2.3.4:81,port.test:8080"},
        {NULL, NULL}};
    static const struct {
        const char *url, *proxy; /* NULL = direct */
    } cases[] = {
        {"http://a.test/", "proxy.test"},
        {"https://a.test/", "secure.test"},
        {"http://localhost/", NULL},
        {"http://127.0.0.1/", NULL},
        {"http://[::1]/", NULL},
        {"http://exact.test/", NULL},
        {"http://x.exact.test/", NULL},
        {"http://inexact.test/", "proxy.test"},
        {"http://below.test/", "proxy.test"},
        {"http://x.below.test/", NULL},
        {"http://star.test/", "proxy.test"},
        {"http://y.star.test/", NULL},
        {"http://10.9.8.7/", NULL},
        {"http://11.9.8.7/", "proxy.test"},
        {"http://1.2.3.4:81/", NULL},
        {"http://1.2.3.4/", "proxy.test"},
        {"http://port.test:8080/", NULL},
        {"http://port.test/", "proxy.test"},
    };
    struct proxy_rules r;
    struct arena a;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    variables = set;
    assert_int_equal(proxy_rules_read(&r, get, &a, &err), 0);
    assert_int_equal(r.http->port, 3128);
    assert_int_equal(r.https->port, 80);
    assert_true(view_eq(r.http->authorization, VIEW("Basic dTpw")));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url u;
        assert_int_equal(url_parse(view_of_cstr(cases[i].url), &a, &u, &err), 0);
        const struct proxy *p = proxy_for(&r, &u);
        if ((p == NULL) != (cases[i].proxy == NULL) || (p && !view_eq(p->host, view_of_cstr(cases[i].proxy))))
            fail_msg("%s", cases[i].url);
    }
    arena_deinit(&a);
}

static void test_unusable(void **state) {
    static const char *const none[][2] = {{"HTTP_PROXY", ""}, {NULL, NULL}},
                             *const socks[][2] = {{"HTTP_PROXY", "socks5://p:1"}, {NULL, NULL}},
                             *const bad[][2] = {{"HTTPS_PROXY", "http://[::1"}, {NULL, NULL}},
                             *const all[][2] = {{"HTTP_PROXY", "p:1"}, {"NO_PROXY", "*"}, {NULL, NULL}};
    struct proxy_rules r;
    struct arena a;
    struct url u;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(url_parse(VIEW("http://a.test/"), &a, &u, &err), 0);
    variables = none;
    assert_int_equal(proxy_rules_read(&r, get, &a, &err), 0);
    assert_null(proxy_for(&r, &u));
    variables = all;
    assert_int_equal(proxy_rules_read(&r, get, &a, &err), 0);
    assert_null(proxy_for(&r, &u));
    variables = socks;
    assert_int_equal(proxy_rules_read(&r, get, &a, &err), ERROR_INVALID);
    variables = bad;
    assert_true(proxy_rules_read(&r, get, &a, &err) < 0);
    arena_deinit(&a);
}

static void test_given(void **state) {
    struct arena a;
    struct proxy_rules r;
    struct url plain, secure;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(url_parse(VIEW("http://127.0.0.1/"), &a, &plain, &err), 0);
    assert_int_equal(url_parse(VIEW("https://localhost/"), &a, &secure, &err), 0);
    assert_int_equal(proxy_rules_set(&r, VIEW("http://p.test:3128"), VIEW(""), &a, &err), 0);
    assert_int_equal(proxy_for(&r, &plain)->port, 3128); /* this machine, too */
    assert_null(proxy_for(&r, &secure));
    assert_int_equal(proxy_rules_set(&r, VIEW("socks5://p.test"), VIEW(""), &a, &err), ERROR_INVALID);
    arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules), cmocka_unit_test(test_unusable), cmocka_unit_test(test_given)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
