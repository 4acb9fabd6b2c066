#include "report/protobuf.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

/* Bytes as protoc --encode gives them. */
static void scalars(void **state) {
    (void)state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct protobuf_writer w = protobuf_writer_of(&out);
    protobuf_u64(&w, 1, 150);
    protobuf_u64(&w, 2, UINT64_MAX);
    protobuf_sint(&w, 3, -1);
    protobuf_sint(&w, 3, 2);
    protobuf_sint(&w, 3, INT64_MIN);
    protobuf_double(&w, 16, 1.5);
    protobuf_fixed64(&w, 4, 0x0102030405060708);
    protobuf_text(&w, 5, VIEW("testing"));
    protobuf_text(&w, 5, VIEW(""));
    static const unsigned char expected[] = {0x08, 0x96, 0x01, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0x01, 0x18, 0x01, 0x18, 0x04, 0x18, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0x01, 0x81, 0x01, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 0x21, 8, 7, 6, 5, 4, 3, 2, 1, 0x2a, 7, 't', 'e', 's',
        't', 'i', 'n', 'g', 0x2a, 0};
    assert_int_equal(w.error, 0);
    assert_int_equal(out.len, sizeof expected);
    assert_memory_equal(out.ptr, expected, sizeof expected);
}

static void nested(void **state) {
    (void)state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct protobuf_writer w = protobuf_writer_of(&out);
    char text[200];
    memset(text, 'x', sizeof text);
    size_t outer = protobuf_begin(&w, 1), inner = protobuf_begin(&w, 2);
    protobuf_text(&w, 1, view_of(text, sizeof text));
    protobuf_end(&w, inner);
    protobuf_end(&w, outer);
    size_t empty = protobuf_begin(&w, 3);
    protobuf_end(&w, empty);
    static const unsigned char head[] = {0x0a, 0xce, 0x01, 0x12, 0xcb, 0x01, 0x0a, 0xc8, 0x01, 'x'};
    assert_int_equal(w.error, 0);
    assert_memory_equal(out.ptr, head, sizeof head);
    assert_int_equal(out.len, 3 + 206 + 2);
    assert_memory_equal(out.ptr + out.len - 3, "x\x1a\0", 3);
}

static void limit_sticks(void **state) {
    (void)state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(10);
    struct protobuf_writer w = protobuf_writer_of(&out);
    size_t mark = protobuf_begin(&w, 1);
    protobuf_text(&w, 1, VIEW("longer than ten"));
    protobuf_end(&w, mark);
    assert_int_equal(w.error, ERROR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars), cmocka_unit_test(nested), cmocka_unit_test(limit_sticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
