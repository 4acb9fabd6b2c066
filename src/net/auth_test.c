#include "net/auth.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void check(struct view got, const char *want) {
    if (!view_eq(got, view_of_cstr(want)))
        fail_msg("got %.*s", VIEW_ARGS(got));
}

static void test_basic(void **state) {
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    check(auth_basic(VIEW("Aladdin:open%20sesame"), &a), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    check(auth_basic(VIEW("u"), &a), "Basic dTo=");
    check(auth_basic(VIEW("u:p:q"), &a), "Basic dTpwOnE=");
    arena_deinit(&a);
}

static struct auth_challenge challenge(const char *text) {
    struct http_header h[] = {{VIEW("X"), VIEW("Digest nonce=no")}, {VIEW("WWW-Authenticate"), view_of_cstr(text)}};
    struct auth_challenge c;
    assert_true(auth_challenge_find(h, 2, &c));
    return c;
}

/* The examples of RFC 2617 §3.5 and RFC 7616 §3.9.1. */
static void test_digest(void **state) {
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    struct auth_challenge c = challenge("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                                        "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"");
    check(auth_digest(&c, VIEW("Mufasa:Circle%20Of%20Life"), VIEW("GET"), VIEW("/dir/index.html"), 1, VIEW("0a4f113b"), &a),
          "Digest username=\"Mufasa\", realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"/dir/index.html\", "
          "response=\"6629fae49393a05397450978507c4ef1\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\", qop=auth, nc=00000001, cnonce=\"0a4f113b\"");
    c = challenge("Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=SHA-256, "
                  "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
    struct view got = auth_digest(&c, VIEW("Mufasa:Circle of Life"), VIEW("GET"), VIEW("/dir/index.html"), 1,
                                  VIEW("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"), &a);
    assert_true(view_find_view(got, VIEW("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"")) >= 0);
    assert_true(view_find_view(got, VIEW("algorithm=SHA-256")) >= 0);
    arena_deinit(&a);
}

static void test_refused(void **state) {
    static const char *const bad[] = {"Basic realm=\"x\"", "Digest realm=\"x\"", "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256",
                                      "Digest realm=\"x\", nonce=\"n\", qop=\"auth-int\"", ""};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct http_header h = {VIEW("www-authenticate"), view_of_cstr(bad[i])};
        struct auth_challenge c;
        assert_false(auth_challenge_find(&h, 1, &c));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_basic), cmocka_unit_test(test_digest), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
