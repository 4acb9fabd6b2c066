#include "net/encoding.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdlib.h>
#include <zlib.h>

static size_t gzip(const char *text, char *out, size_t max) {
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)text, .avail_in = (unsigned)strlen(text), .next_out = (unsigned char *)out, .avail_out = (unsigned)max};
    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return z.total_out;
}

/* Two members one after the other are one text; every shorter input is an error, never a crash or a partial text. */
static void test_gzip(void **state) {
    char in[300];
    size_t n = gzip("one ", in, sizeof in);
    size_t len = n + gzip("two", in + n, sizeof in - n);
    struct error err;
    (void)state;
    for (size_t i = 0; i <= len; i++) {
        struct buf out = BUF_MAX(1000);
        char *copy = malloc(i + 1);
        memcpy(copy, in, i);
        int r = encoding_decode(VIEW("gzip"), view_of(copy, i), &out, &err);
        free(copy);
        if (i == len)
            assert_string_equal(out.ptr, "one two");
        assert_int_equal(r == 0, i == len || i == n || i == n + 1);
        buf_deinit(&out);
    }
}

static void test_names(void **state) {
    (void)state;
    assert_true(encoding_is_known(VIEW("GZip")));
    assert_true(encoding_is_known(VIEW("rot13 , br")));
    assert_false(encoding_is_known(VIEW("identity")));
    assert_false(encoding_is_known(VIEW("")));
}

static void test_garbage(void **state) {
    static const char *const encodings[] = {"gzip", "deflate", "br", "zstd", "gzip, br"};
    struct error err;
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        struct buf out = BUF_MAX(1000);
        assert_int_equal(encoding_decode(view_of_cstr(encodings[i]), VIEW("no such thing at all"), &out, &err), ERROR_SYNTAX);
        assert_int_equal(encoding_decode(view_of_cstr(encodings[i]), VIEW(""), &out, &err), ERROR_SYNTAX);
        buf_deinit(&out);
    }
}

static void test_limit(void **state) {
    char text[2001], in[300];
    struct buf out = BUF_MAX(1000);
    struct error err;
    (void)state;
    memset(text, 'a', 2000);
    text[2000] = 0;
    size_t n = gzip(text, in, sizeof in);
    assert_int_equal(encoding_decode(VIEW("gzip"), view_of(in, n), &out, &err), ERROR_LIMIT);
    buf_deinit(&out);
    out.max = 5000;
    assert_int_equal(encoding_decode(VIEW("gzip"), view_of(in, n), &out, &err), 0);
    assert_int_equal(out.len, 2000);
    buf_deinit(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_gzip), cmocka_unit_test(test_names), cmocka_unit_test(test_garbage), cmocka_unit_test(test_limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
