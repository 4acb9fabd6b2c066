#include "net/request_head.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void check(const struct http_request *r, const struct hop_plan *p, bool keep_alive, struct arena *a, const char *want) {
    struct buf out = BUF_MAX(10000);
    struct http_header *fields;
    size_t count;

    assert_int_equal(request_head_build(r, p, VIEW("agent/1"), keep_alive, 100, a, &fields, &count, &out), 0);
    assert_string_equal(out.ptr, want);
    buf_deinit(&out);
}

static void test_build(void **state) {
    struct http_header h[] = {{VIEW("Accept"), VIEW("x")}, {VIEW("content-length"), VIEW("77")}, {VIEW("Cookie"), VIEW("own=1")},
                              {VIEW("Content-Type"), VIEW("text/plain")}, {VIEW("authorization"), VIEW("s")}};
    struct http_header cookies[] = {{VIEW("q"), VIEW("a b")}, {VIEW("r"), VIEW("1;2")}};
    struct http_request r = {.method = VIEW("POST"), .headers = h, .header_count = 5, .cookies = cookies, .cookie_count = 2, .body = VIEW("abc"),
                             .has_body = true};
    struct hop_plan p = {.method = VIEW("POST"), .send_body = true, .first = true};
    struct arena a;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(url_parse(VIEW("http://h:81/p?q#f"), &a, &p.url, &err), 0);
    check(&r, &p, true, &a,
          "POST /p?q HTTP/1.1\r\nHost: h:81\r\nUser-Agent: agent/1\r\nContent-Length: 3\r\nAccept: x\r\nContent-Type: text/plain\r\nauthorization: s\r\n"
          "Cookie: own=1; q=\"a b\"; r=12\r\n\r\n");
    p = (struct hop_plan){.method = VIEW("GET"), .url = p.url, .strip_secrets = true, .strip_body_fields = true, .referer = VIEW("http://x/")};
    r.cookie_count = 0;
    check(&r, &p, false, &a, "GET /p?q HTTP/1.1\r\nHost: h:81\r\nUser-Agent: agent/1\r\nConnection: close\r\nAccept: x\r\nReferer: http://x/\r\n\r\n");
    arena_deinit(&a);
}

static void test_check(void **state) {
    static const struct {
        const char *method, *name, *value, *error;
    } cases[] = {
        {"GET", "A", "b\tc\xc3\xa9", NULL}, {"G T", "A", "b", "net/http: invalid method \"G T\""}, {"", "A", "b", "net/http: invalid method \"\""},
        {"GET", "A:", "b", "net/http: invalid header field name \"A:\""}, {"GET", "A", "b\r\nEvil: 1", "net/http: invalid header field value for \"A\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_header h = {view_of_cstr(cases[i].name), view_of_cstr(cases[i].value)};
        struct http_request r = {.method = view_of_cstr(cases[i].method), .headers = &h, .header_count = 1};
        struct failure f;
        assert_int_equal(request_check(&r, &f) == 0, cases[i].error == NULL);
        if (cases[i].error)
            assert_string_equal(f.text, cases[i].error);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_build), cmocka_unit_test(test_check)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
