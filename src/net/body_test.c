#include "net/body.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_framing(void **state) {
    static const struct {
        int status;
        int64_t length;
        bool chunked, head_request;
        enum body_kind kind;
        bool done;
    } cases[] = {
        {200, 5, false, false, BODY_LENGTH, false}, {200, 0, false, false, BODY_LENGTH, true},  {200, -1, true, false, BODY_CHUNKED, false},
        {200, -1, false, false, BODY_UNTIL_CLOSE, false}, {200, 5, false, true, BODY_NONE, true}, {204, 5, false, false, BODY_NONE, true},
        {304, -1, true, false, BODY_NONE, true}, {404, 5, false, false, BODY_LENGTH, false},
    };
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_head h = {.status = cases[i].status, .content_length = cases[i].length, .chunked = cases[i].chunked};
        struct body b;
        assert_int_equal(body_init(&b, &h, cases[i].head_request, false, 1000, &a), 0);
        assert_int_equal(b.kind, cases[i].kind);
        assert_int_equal(b.done, cases[i].done);
        assert_int_equal(body_end(&b) == 0, b.done || b.kind == BODY_UNTIL_CLOSE);
        body_deinit(&b);
        body_deinit(&b);
    }
    arena_deinit(&a);
}

/* A server that promises a gigabyte and sends five bytes costs five bytes, not a gigabyte. */
static void test_lying_length(void **state) {
    struct http_head h = {.status = 200, .content_length = 1 << 30};
    struct arena a;
    struct body b;
    struct error err;
    size_t used;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(body_init(&b, &h, false, false, SIZE_MAX / 2, &a), 0);
    assert_int_equal(body_feed(&b, VIEW("hello"), &used, &err), 0);
    assert_int_equal(used, 5);
    assert_true(b.buf.cap < 1000 && a.total == 0);
    assert_int_equal(body_end(&b), ERROR_CLOSED);
    assert_true(view_eq(body_view(&b), VIEW("hello")));
    body_deinit(&b);
    arena_deinit(&a);
}

static void test_surplus_and_discard(void **state) {
    struct http_head h = {.status = 200, .content_length = 3};
    struct arena a;
    struct body b;
    struct error err;
    size_t used;
    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(body_init(&b, &h, false, true, 1, &a), 0); /* the limit does not count for what is thrown away */
    assert_int_equal(body_feed(&b, VIEW("ab"), &used, &err), 0);
    assert_int_equal(body_feed(&b, VIEW("cdef"), &used, &err), 0);
    assert_int_equal(used, 1);
    assert_true(b.done);
    assert_int_equal(b.wire_bytes, 3);
    assert_null(body_view(&b).ptr);
    assert_int_equal(body_feed(&b, VIEW("more"), &used, &err), 0);
    assert_int_equal(used, 0);
    assert_int_equal(body_init(&b, &h, false, false, 2, &a), 0);
    assert_int_equal(body_feed(&b, VIEW("abc"), &used, &err), ERROR_LIMIT);
    body_deinit(&b);
    arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_framing), cmocka_unit_test(test_lying_length), cmocka_unit_test(test_surplus_and_discard)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
