#include "core/pack.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <math.h>

static void test_round_trip(void **state) {
    static const uint64_t us[] = {0, 1, 127, 128, 300, 16383, 16384, UINT32_MAX, (uint64_t)1 << 63, UINT64_MAX};
    static const int64_t is[] = {0, -1, 1, -64, 64, INT32_MIN, INT64_MIN, INT64_MAX};
    static const double ds[] = {0, -0.0, 1.5, -1e300, 5e-324, INFINITY};
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(1000);
    struct pack_writer w = pack_writer_of(&b);
    (void)state;
    for (size_t i = 0; i < sizeof us / sizeof *us; i++)
        pack_u64(&w, us[i]);
    for (size_t i = 0; i < sizeof is / sizeof *is; i++)
        pack_i64(&w, is[i]);
    for (size_t i = 0; i < sizeof ds / sizeof *ds; i++)
        pack_double(&w, ds[i]);
    pack_bool(&w, true);
    pack_view(&w, VIEW("text\0more"));
    pack_view(&w, VIEW_NULL);
    pack_bool(&w, false);
    assert_int_equal(w.error, 0);

    struct pack_reader r = pack_reader_of(buf_view(&b));
    for (size_t i = 0; i < sizeof us / sizeof *us; i++)
        assert_true(unpack_u64(&r) == us[i]);
    for (size_t i = 0; i < sizeof is / sizeof *is; i++)
        assert_true(unpack_i64(&r) == is[i]);
    for (size_t i = 0; i < sizeof ds / sizeof *ds; i++) {
        double d = unpack_double(&r);
        assert_memory_equal(&d, &ds[i], sizeof d);
    }
    assert_true(unpack_bool(&r));
    assert_true(view_eq(unpack_view(&r), VIEW("text\0more")));
    assert_int_equal(unpack_view(&r).len, 0);
    assert_false(unpack_bool(&r));
    assert_false(r.failed);
    assert_int_equal(r.rest.len, 0);
    unpack_u64(&r);
    assert_true(r.failed);
}

static void test_every_prefix_fails(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(1000);
    struct pack_writer w = pack_writer_of(&b);
    (void)state;
    pack_u64(&w, 1000);
    pack_double(&w, 1.5);
    pack_view(&w, VIEW("abcdef"));
    for (size_t n = 0; n <= b.len; n++) {
        struct pack_reader r = pack_reader_of(view_take(buf_view(&b), n));
        unpack_u64(&r);
        unpack_double(&r);
        unpack_view(&r);
        assert_int_equal(r.failed, n < b.len);
    }
}

static void test_malformed(void **state) {
    static const struct view overlong[] = {VIEW("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),
                                           VIEW("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), VIEW("\x80"), VIEW("")};
    (void)state;
    for (size_t i = 0; i < sizeof overlong / sizeof *overlong; i++) {
        struct pack_reader r = pack_reader_of(overlong[i]);
        assert_true(unpack_u64(&r) == 0 && r.failed);
    }
    struct pack_reader r = pack_reader_of(VIEW("\x02"));
    assert_false(unpack_bool(&r));
    assert_true(r.failed);
    r = pack_reader_of(VIEW("\x03" "ab"));
    assert_null(unpack_view(&r).ptr);
    assert_true(r.failed);
    r = pack_reader_of(VIEW("\x03" "abcdef"));
    assert_int_equal(unpack_count(&r, 2), 3);
    r = pack_reader_of(VIEW("\x04" "abcdef"));
    assert_int_equal(unpack_count(&r, 2), 0);
    assert_true(r.failed);
}

static void test_writer_error_sticks(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(4);
    struct pack_writer w = pack_writer_of(&b);
    (void)state;
    pack_double(&w, 1);
    pack_bool(&w, true);
    assert_int_equal(w.error, ERROR_LIMIT);
    assert_int_equal(b.len, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_round_trip), cmocka_unit_test(test_every_prefix_fails),
                                       cmocka_unit_test(test_malformed), cmocka_unit_test(test_writer_error_sticks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
