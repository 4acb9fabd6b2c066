#include "net/url.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void check_view(struct view got, const char *want) {
    struct view w = view_of_cstr(want ? want : "");
    if (want == NULL)
        assert_null(got.ptr);
    else if (!view_eq(got, w))
        fail_msg("got \"%.*s\", wanted \"%s\"", VIEW_ARGS(got), want);
}

static void test_parse(void **state) {
    static const struct {
        const char *text, *scheme, *userinfo, *host, *path, *query, *fragment, *formatted;
        uint16_t port;
    } cases[] = {
        {"http://a", "http", NULL, "a", "/", NULL, NULL, "http://a", 80},
        {"HTTPS://A.Test:8443/x?y=1#z", "https", NULL, "a.test", "/x", "y=1", "z", "https://A.Test:8443/x?y=1#z", 8443},
        {"http://u:p%40@h:81?q", "http", "u:p%40", "h", "/", "q", NULL, "http://h:81?q", 81},
        {"http://[::1]:9/a b", "http", NULL, "::1", "/a%20b", NULL, NULL, "http://[::1]:9/a%20b", 9},
        {"http://h/a?b c=\xc3\xa9", "http", NULL, "h", "/a", "b c=\xc3\xa9", NULL, "http://h/a?b c=\xc3\xa9", 80},
        {"http://h/\xc3\xa9?", "http", NULL, "h", "/%C3%A9", "", NULL, "http://h/%C3%A9?", 80},
        {"http://a@b@h/", "http", "a@b", "h", "/", NULL, NULL, "http://h/", 80},
        {"http://h:/x", "http", NULL, "h", "/x", NULL, NULL, "http://h/x", 80},
        {"http://h:99999/", "http", NULL, "h", "/", NULL, NULL, "http://h:99999/", 0},
        {"wss://h/?a#", "wss", NULL, "h", "/", "a", "", "wss://h/?a", 443},
        {"http://h/[]!*'()~%2f", "http", NULL, "h", "/[]!*'()~%2f", NULL, NULL, "http://h/[]!*'()~%2f", 80},
        {"http://h/[]!*'()~%2f|", "http", NULL, "h", "/%5B%5D%21%2A%27%28%29~/%7C", NULL, NULL, "http://h/%5B%5D%21%2A%27%28%29~/%7C", 80},
        {"http://h/#a b(%", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://h/#a b(%\": invalid URL escape \"%\"", 0},
        {"http://h/#a b(", "http", NULL, "h", "/", NULL, "a b(", "http://h/#a%20b(", 80},
        {"http://b\xc3\xbc" "cher.test/", "http", NULL, "xn--bcher-kva.test", "/", NULL, NULL, "http://b%C3%BCcher.test/", 80},
        {"http://B%C3%9CCHER.test/", "http", NULL, "xn--bcher-kva.test", "/", NULL, NULL, "http://B%C3%9CCHER.test/", 80},
        {"http://fa\xc3\x9f.test/", "http", NULL, "xn--fa-hia.test", "/", NULL, NULL, "http://fa%C3%9F.test/", 80},
        {"http://\xe2\x98\x83.test/", "http", NULL, "xn--n3h.test", "/", NULL, NULL, "http://%E2%98%83.test/", 80},
        {"http://a%41/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://a%41/\": invalid URL escape \"%41\"", 0},
        {"http://a<b:c@h/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://a<b:c@h/\": net/url: invalid userinfo", 0},
        {"http:///x", "http", NULL, "", "/x", NULL, NULL, "http:///x", 80},
        {"http://h/%41%zz?%zz", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://h/%41%zz?%zz\": invalid URL escape \"%zz\"", 0},
        {"http://h/\x01", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://h/\x01\": net/url: invalid control character in URL", 0},
        {"http://a b/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://a b/\": invalid character \" \" in host name", 0},
        {"http://[::1/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://[::1/\": missing ']' in host", 0},
        {"http://[x]/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://[x]/\": invalid IPv6 address in host", 0},
        {"http://h:8x/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"http://h:8x/\": invalid port \":8x\" after host", 0},
        {"://h/", NULL, NULL, NULL, NULL, NULL, NULL, "parse \"://h/\": missing protocol scheme", 0},
        {"nope", NULL, NULL, NULL, NULL, NULL, NULL, "unsupported protocol scheme \"\"", 0},
        {"h:80/x", NULL, NULL, NULL, NULL, NULL, NULL, "unsupported protocol scheme \"h\"", 0},
    };
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct url u;
        struct error err = ERROR_NULL;
        int r = url_parse(view_of_cstr(cases[i].text), &a, &u, &err);
        if (!cases[i].scheme) {
            assert_true(r < 0);
            assert_string_equal(err.text, cases[i].formatted);
            continue;
        }
        assert_int_equal(r, 0);
        check_view(u.scheme, cases[i].scheme);
        check_view(u.userinfo, cases[i].userinfo);
        check_view(u.host, cases[i].host);
        check_view(u.path, cases[i].path);
        check_view(u.query, cases[i].query);
        check_view(u.fragment, cases[i].fragment);
        assert_int_equal(u.port, cases[i].port);
        check_view(url_format(&u, URL_NO_USERINFO, &a), cases[i].formatted);
    }
    arena_deinit(&a);
}

/* RFC 3986 §5.4, as far as it is about http. */
static void test_resolve(void **state) {
    static const char *const cases[][2] = {
        {"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"}, {"g/", "http://a/b/c/g/"}, {"/g", "http://a/g"}, {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"}, {"g?y", "http://a/b/c/g?y"}, {"#s", "http://a/b/c/d;p?q#s"}, {"g#s", "http://a/b/c/g#s"},
        {";x", "http://a/b/c/;x"}, {"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"}, {"./", "http://a/b/c/"}, {"..", "http://a/b/"},
        {"../g", "http://a/b/g"}, {"../..", "http://a/"}, {"../../g", "http://a/g"}, {"../../../g", "http://a/g"}, {"/./g", "http://a/g"},
        {"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."}, {"..g", "http://a/b/c/..g"}, {"./../g", "http://a/b/g"},
        {"g/./h", "http://a/b/c/g/h"}, {"g/../h", "http://a/b/c/h"}, {"g?y/../x", "http://a/b/c/g?y/../x"}, {"https://x/a/../b", "https://x/b"},
        {"//h:8/p", "http://h:8/p"},
    };
    struct arena a;
    struct url base, u;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(url_parse(VIEW("http://a/b/c/d;p?q"), &a, &base, &err), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(url_resolve(&base, view_of_cstr(cases[i][0]), &a, &u, &err), 0);
        check_view(url_format(&u, URL_USERINFO, &a), cases[i][1]);
    }
    assert_int_equal(url_resolve(&base, VIEW("http://%zz"), &a, &u, &err), ERROR_SYNTAX);
    assert_int_equal(url_resolve(&base, VIEW("g#%zz"), &a, &u, &err), ERROR_SYNTAX);
    arena_deinit(&a);
}

static void test_userinfo(void **state) {
    static const char *const cases[][3] = {
        {"http://u:p@h/", "http://u:p@h/", "http://u:***@h/"}, {"http://u@h/", "http://u@h/", "http://u@h/"},
        {"http://:p@h/", "http://:p@h/", "http://:***@h/"}, {"http://a:b:c%40@h/", "http://a:b%3Ac%40@h/", "http://a:***@h/"},
        {"http://h/", "http://h/", "http://h/"},
    };
    struct arena a;
    struct url u;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(url_parse(view_of_cstr(cases[i][0]), &a, &u, &err), 0);
        check_view(url_format(&u, URL_USERINFO, &a), cases[i][1]);
        check_view(url_format(&u, URL_USERINFO_MASKED, &a), cases[i][2]);
        check_view(url_format(&u, URL_NO_USERINFO, &a), "http://h/");
    }
    arena_deinit(&a);
}

static void test_wire_host(void **state) {
    static const char *const cases[][2] = {{"http://LocalHost/", "LocalHost"}, {"http://B\xc3\xbc.de", "xn--b-eha.de"}};
    struct arena a;
    struct url u;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(url_parse(view_of_cstr(cases[i][0]), &a, &u, &err), 0);
        check_view(url_wire_host(&u), cases[i][1]);
    }
    arena_deinit(&a);
}

static void test_percent_decode(void **state) {
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    check_view(url_percent_decode(VIEW("a%20b%zz%4"), &a), "a b%zz%4");
    check_view(url_percent_decode(VIEW("%C3%A9"), &a), "\xc3\xa9");
    arena_deinit(&a);
}

static void test_too_long(void **state) {
    static char text[URL_BYTES_MAX + 100];
    struct arena a;
    struct url u;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    memset(text, 'a', sizeof text);
    memcpy(text, "http://h/", 9);
    assert_int_equal(url_parse(view_of(text, sizeof text), &a, &u, &err), ERROR_SYNTAX);
    assert_int_equal(url_parse(view_of(text, URL_BYTES_MAX), &a, &u, &err), 0);
    arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_parse), cmocka_unit_test(test_resolve), cmocka_unit_test(test_userinfo),
                                       cmocka_unit_test(test_wire_host), cmocka_unit_test(test_percent_decode),
                                       cmocka_unit_test(test_too_long)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
