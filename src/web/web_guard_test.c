#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/web_guard.h"

#define OPT(text) ((text)[0] ? view_of_cstr(text) : VIEW_NULL)

static void test_hosts_of_a_loopback_server(void **state) {
    static const struct {
        const char *host;
        bool ok;
    } cases[] = {{"localhost", true}, {"LOCALHOST:80", true}, {"127.0.0.1:8089", true}, {"127.9.9.9", true},
        {"[::1]:80", true}, {"a.localhost", true}, {"evil.example", false}, {"localhost.evil.example", false},
        {"127.0.0.1.evil.example", false}, {"10.0.0.1", false}, {"[::2]", false}, {"[::1", false},
        {"::1", false}, {"", false}, {":80", false}, {".localhost", false}};
    struct web_guard g = {.loopback = true};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct web_guard_request r = {.method = VIEW("GET"), .host = OPT(cases[i].host)};
        assert_int_equal(web_guard_check(&g, &r), cases[i].ok ? WEB_GUARD_PASS : WEB_GUARD_WRONG_HOST);
    }
}

static void test_other_origins(void **state) {
    static const struct {
        const char *origin, *referer, *site;
        bool open, ok;
    } cases[] = {
        {"", "", "", false, true},
        {"http://localhost:1", "", "same-origin", false, true},
        {"http://localhost:2", "", "", false, false},
        {"http://localhost:1.evil.example", "", "", false, false},
        {"null", "", "", false, false},
        {"", "http://localhost:1/page", "", false, true},
        {"", "http://evil.example/http://localhost:1/", "", false, false},
        {"", "", "none", false, true},
        {"", "", "cross-site", false, false},
        {"", "", "same-site", false, false},
        {"", "http://localhost:1/", "cross-site", false, false},
        {"", "", "cross-site", true, true},
        {"http://evil.example", "", "", true, true},
    };
    struct web_guard g = {.loopback = true};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct web_guard_request r = {.method = VIEW("GET"),
            .host = VIEW("localhost:1"),
            .origin = OPT(cases[i].origin),
            .referer = OPT(cases[i].referer),
            .sec_fetch_site = OPT(cases[i].site),
            .open = cases[i].open};
        assert_int_equal(web_guard_check(&g, &r), cases[i].ok ? WEB_GUARD_PASS : WEB_GUARD_FOREIGN);
        r.method = VIEW("POST"); /* a link never posts */
        bool same = cases[i].ok && !cases[i].open;
        assert_int_equal(web_guard_check(&g, &r), same ? WEB_GUARD_PASS : WEB_GUARD_FOREIGN);
    }
}

static void test_the_scheme_of_an_origin(void **state) {
    static const struct {
        bool tls;
        const char *origin;
        bool ok;
    } cases[] = {
        {true, "https://localhost:1", true},
        {true, "http://localhost:1", false},
        {true, "://localhost:1", false},
        {false, "http://localhost:1", true},
        {false, "https://localhost:1", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct web_guard g = {.loopback = true, .tls = cases[i].tls};
        struct web_guard_request r = {
            .method = VIEW("GET"), .host = VIEW("localhost:1"), .origin = OPT(cases[i].origin)};
        assert_int_equal(web_guard_check(&g, &r), cases[i].ok ? WEB_GUARD_PASS : WEB_GUARD_FOREIGN);
    }
}

static void test_tokens(void **state) {
    static const struct {
        const char *authorization, *cookie, *query;
        bool free, ok;
    } cases[] = {
        {"", "", "", false, false},
        {"", "", "", true, true},
        {"Bearer abc", "", "", false, true},
        {"bearer  abc ", "", "", false, true},
        {"Bearer ab", "", "", false, false},
        {"Bearer abcabc", "", "", false, false},
        {"Bearer abcd", "", "", false, false},
        {"Basic abc", "", "", false, false},
        {"Bearer", "", "", false, false},
        {"", "halftime_token=abc", "", false, true},
        {"", "x=1;  halftime_token=abc ; y=2", "", false, true},
        {"", "not_halftime_token=abc", "", false, false},
        {"", "halftime_token=", "", false, false},
        {"", "", "abc", false, true},
        {"", "", "abd", false, false},
    };
    struct web_guard g = {.token = VIEW("abc")};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct web_guard_request r = {.method = VIEW("GET"),
            .host = VIEW("anything"),
            .authorization = OPT(cases[i].authorization),
            .cookie = OPT(cases[i].cookie),
            .token = OPT(cases[i].query),
            .free = cases[i].free};
        assert_int_equal(web_guard_check(&g, &r), cases[i].ok ? WEB_GUARD_PASS : WEB_GUARD_NO_TOKEN);
    }
    assert_false(web_guard_token_ok(VIEW(""), VIEW("")));
}

static void test_changes_need_the_header(void **state) {
    struct web_guard g = {.loopback = true};
    struct web_guard_request r = {.method = VIEW("POST"), .host = VIEW("localhost"), .strict = true};

    (void)state;
    assert_int_equal(web_guard_check(&g, &r), WEB_GUARD_NO_HEADER);
    r.header = true;
    assert_int_equal(web_guard_check(&g, &r), WEB_GUARD_PASS);
    r.header = false;
    r.method = VIEW("GET");
    assert_int_equal(web_guard_check(&g, &r), WEB_GUARD_PASS);
    assert_int_equal(web_guard_status(WEB_GUARD_NO_TOKEN), 401);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hosts_of_a_loopback_server),
        cmocka_unit_test(test_other_origins),
        cmocka_unit_test(test_the_scheme_of_an_origin),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_changes_need_the_header),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
