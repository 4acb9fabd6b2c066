#include "net/http_head.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>

#define OK "HTTP/1.1 200 OK\r\n"

static void test_heads(void **state) {
    static const struct {
        const char *text;
        const char *error; /* NULL = fine */
        int status;
        const char *reason;
        size_t headers;
        int64_t length;
        bool chunked, close;
    } cases[] = {
        {OK "\r\n", NULL, 200, "OK", 0, -1, false, false},
        {"HTTP/1.0 404 Not  Found\n\n", NULL, 404, "Not  Found", 0, -1, false, true},
        {"HTTP/1.1 200\r\nA:b\r\n\r\n", NULL, 200, "", 1, -1, false, false},
        {"HTTP/1.1 200 \r\n\r\n", NULL, 200, "", 0, -1, false, false},
        {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-length:  12 \r\n\r\n", NULL, 200, "OK", 2, 12, false, false},
        {OK "Connection: x, close\r\n\r\n", NULL, 200, "OK", 1, -1, false, true},
        {OK "Transfer-Encoding: Chunked\r\nContent-Length: 5\r\n\r\n", NULL, 200, "OK", 2, -1, true, false},
        {OK "Content-Length: 5\r\nContent-Length: 5\r\n\r\n", NULL, 200, "OK", 2, 5, false, false},
        {OK "A: 1\r\n  2\r\nB:3\r\n\r\n", NULL, 200, "OK", 2, -1, false, false},
        {"\r\n\r\n", "malformed HTTP response \"\"", 0, NULL, 0, 0, 0, 0},
        {"garbage\r\n\r\n", "malformed HTTP response \"garbage\"", 0, NULL, 0, 0, 0, 0},
        {"HTTP/2 200 OK\r\n\r\n", "malformed HTTP response \"HTTP/2 200 OK\"", 0, NULL, 0, 0, 0, 0},
        {"HTTP/1.x 200 OK\r\n\r\n", "malformed HTTP version \"HTTP/1.x\"", 0, NULL, 0, 0, 0, 0},
        {"HTTP/1.1 20 OK\r\n\r\n", "malformed HTTP status code \"20\"", 0, NULL, 0, 0, 0, 0},
        {"HTTP/1.1 2000 OK\r\n\r\n", "malformed HTTP status code \"2000\"", 0, NULL, 0, 0, 0, 0},
        {"HTTP/1.1 -20 OK\r\n\r\n", "malformed HTTP status code \"-20\"", 0, NULL, 0, 0, 0, 0},
        {OK "none\r\n\r\n", "malformed MIME header: missing colon: \"none\"", 0, NULL, 0, 0, 0, 0},
        {OK ": v\r\n\r\n", "malformed MIME header line: \": v\"", 0, NULL, 0, 0, 0, 0},
        {OK "A B: v\r\n\r\n", "malformed MIME header line: \"A B: v\"", 0, NULL, 0, 0, 0, 0},
        {OK " folded: v\r\n\r\n", "malformed MIME header initial line: \" folded: v\"", 0, NULL, 0, 0, 0, 0},
        {OK "Content-Length: -1\r\n\r\n", "bad Content-Length \"-1\"", 0, NULL, 0, 0, 0, 0},
        {OK "Content-Length: 99999999999999999999\r\n\r\n", "bad Content-Length \"99999999999999999999\"", 0, NULL, 0, 0, 0, 0},
        {OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\n", "http: message cannot contain multiple Content-Length headers", 0, NULL, 0, 0, 0, 0},
        {OK "Transfer-Encoding: gzip\r\n\r\n", "unsupported transfer encoding: \"gzip\"", 0, NULL, 0, 0, 0, 0},
    };
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_head h;
        struct error err = ERROR_NULL;
        struct view text = arena_copy(&a, view_of_cstr(cases[i].text));
        int r = http_head_parse(text, &a, &h, &err);
        if (cases[i].error) {
            assert_int_equal(r, ERROR_SYNTAX);
            assert_string_equal(err.text, cases[i].error);
            continue;
        }
        assert_int_equal(r, 0);
        assert_int_equal(h.status, cases[i].status);
        assert_true(view_eq(h.reason, view_of_cstr(cases[i].reason)));
        assert_int_equal(h.header_count, cases[i].headers);
        assert_int_equal(h.content_length, cases[i].length);
        assert_int_equal(h.chunked, cases[i].chunked);
        assert_int_equal(h.close, cases[i].close);
    }
    arena_deinit(&a);
}

static void test_fields(void **state) {
    struct arena a;
    struct http_head h;
    struct error err;
    (void)state;
    arena_init(&a, 1 << 20);
    struct view text = arena_copy(&a, VIEW(OK "X-One:  a b \r\nX-Two:\r\nx-one: second\r\nX-Fold: 1\r\n\t2\r\n\r\n"));
    assert_int_equal(http_head_parse(text, &a, &h, &err), 0);
    assert_int_equal(h.header_count, 4);
    assert_true(view_eq(header_find(h.headers, h.header_count, VIEW("X-ONE")), VIEW("a b")));
    assert_true(view_eq(header_find(h.headers, h.header_count, VIEW("x-two")), VIEW("")));
    assert_non_null(header_find(h.headers, h.header_count, VIEW("x-two")).ptr);
    assert_null(header_find(h.headers, h.header_count, VIEW("x-three")).ptr);
    assert_true(view_eq(h.headers[2].name, VIEW("x-one")));
    struct view fold = header_find(h.headers, h.header_count, VIEW("x-fold"));
    assert_true(view_starts_with(fold, VIEW("1 ")) && view_ends_with(fold, VIEW("2")) && view_find(fold, '\n') < 0);
    arena_deinit(&a);
}

/* The end is found at the same place, however the bytes come. */
static void test_length(void **state) {
    static const struct {
        const char *text;
        size_t length;
    } cases[] = {
        {OK "\r\nbody", 19}, {OK "A: b\r\n\r\n", 25}, {"HTTP/1.1 200 OK\n\nx", 17}, {"a\r\n\n", 4}, {"a\n\r\n\r\n", 4}, {OK "A: b\r\n", 0}, {"", 0}, {"a\n\r", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t scanned = 0, len = strlen(cases[i].text), got = 0;
        assert_int_equal(http_head_length(view_of(cases[i].text, len), &scanned), cases[i].length);
        scanned = 0;
        for (size_t n = 0; n <= len && !got; n++)
            got = http_head_length(view_of(cases[i].text, n), &scanned);
        assert_int_equal(got, cases[i].length);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_heads), cmocka_unit_test(test_fields), cmocka_unit_test(test_length)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
