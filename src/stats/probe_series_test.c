#include "stats/probe_series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

static void units(void **state) {
    (void)state;
    for (int i = 0; i < PROBE_UNIT_COUNT; i++) {
        enum probe_unit back;
        assert_true(probe_unit_of(view_of_cstr(probe_unit_name((enum probe_unit)i)), &back));
        assert_int_equal(back, i);
    }
    enum probe_unit u;
    assert_false(probe_unit_of(VIEW("furlongs"), &u));
}

static void keys_keep_their_index(void **state) {
    (void)state;
    struct probe_keys k = PROBE_KEYS_NULL;
    char name[32];
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 500; i++) {
            snprintf(name, sizeof name, "host.cpu.%d", i);
            assert_int_equal(probe_keys_add(&k, VIEW("host"), view_of_cstr(name), PROBE_SHARE), i);
        }
    assert_int_equal(probe_keys_add(&k, VIEW("other"), VIEW("host.cpu.3"), PROBE_SHARE), 500);
    assert_int_equal(probe_keys_find(&k, VIEW("host"), VIEW("host.cpu.3")), 3);
    assert_int_equal(probe_keys_find(&k, VIEW("host"), VIEW("nothing")), -1);
    assert_string_equal(k.list[500].source, "other");
    assert_int_equal(k.list[3].unit, PROBE_SHARE);
    probe_keys_deinit(&k);
}

static void keys_have_limits(void **state) {
    (void)state;
    struct probe_keys k = PROBE_KEYS_NULL;
    char name[2 * PROBE_NAME_MAX];
    memset(name, 'x', sizeof name);
    assert_int_equal(probe_keys_add(&k, VIEW("s"), view_of(name, sizeof name), PROBE_COUNT), 0);
    assert_int_equal(strlen(k.list[0].name), PROBE_NAME_MAX - 1);
    assert_int_equal(
        probe_keys_add(&k, VIEW("s"), view_of(name, sizeof name - 1), PROBE_COUNT), 0); /* cut alike */
    memcpy(name + PROBE_NAME_MAX - 2, "\xc3\xa4", 2); /* its second byte would be cut off */
    assert_int_equal(probe_keys_add(&k, VIEW("s"), view_of(name, PROBE_NAME_MAX), PROBE_COUNT), 1);
    assert_int_equal(strlen(k.list[1].name), PROBE_NAME_MAX - 2);
    for (int i = 2; i < PROBE_SERIES_MAX; i++) {
        snprintf(name, sizeof name, "n%d", i);
        assert_int_equal(probe_keys_add(&k, VIEW("s"), view_of_cstr(name), PROBE_COUNT), i);
    }
    assert_int_equal(probe_keys_add(&k, VIEW("s"), VIEW("one more"), PROBE_COUNT), ERROR_LIMIT);
    assert_int_equal(probe_keys_add(&k, VIEW("s"), VIEW("n77"), PROBE_COUNT), 77);
    probe_keys_deinit(&k);
}

static void seconds(void **state) {
    (void)state;
    const struct probe_key keys[] = {{"host", "host.cpu.used", PROBE_SHARE},
        {"proc a", "proc.count", PROBE_COUNT}, {"proc b", "proc.count", PROBE_COUNT}};
    const struct probe_value values[] = {{2, 4}, {0, 0.5}};
    const struct probe_second s = {.keys = keys, .key_count = 3, .values = values, .value_count = 2};
    assert_int_equal(probe_second_find(&s, VIEW("proc b"), VIEW("proc.count")), 2);
    assert_int_equal(probe_second_find(&s, VIEW(""), VIEW("proc.count")), 1);
    assert_int_equal(probe_second_find(&s, VIEW("host"), VIEW("proc.count")), -1);
    assert_true(probe_second_value(&s, 2) == 4);
    assert_true(isnan(probe_second_value(&s, 1)));
}

static void folds(void **state) {
    (void)state;
    struct probe_fold a = PROBE_FOLD_NULL, b = PROBE_FOLD_NULL;
    struct buf bytes = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&bytes);
    const struct probe_value first[] = {{1, 2}, {300, -8}, {5, NAN}}, second[] = {{1, 6}};

    assert_int_equal(probe_fold_add(&a, first, 3), 0);
    assert_int_equal(probe_fold_add(&a, second, 1), 0);
    assert_int_equal(a.means[5].heard, 0);
    probe_fold_pack(&a, &w);
    assert_int_equal(w.error, 0);
    for (int i = 0; i < 2; i++) {
        struct pack_reader r = pack_reader_of(buf_view(&bytes));
        assert_int_equal(probe_fold_unpack_merge(&b, &r), 0);
        assert_int_equal(r.rest.len, 0);
    }
    assert_int_equal(b.means[1].heard, 4);
    assert_true(b.means[1].sum == 16 && b.means[1].max == 6);
    assert_true(b.means[300].sum == -16 && b.means[300].max == -8);
    for (size_t cut = 0; cut < bytes.len; cut++) { /* no half of it is taken for all */
        struct pack_reader r = pack_reader_of(view_of(bytes.ptr, cut));
        probe_fold_clear(&b);
        assert_int_equal(probe_fold_unpack_merge(&b, &r), ERROR_SYNTAX);
    }
    assert_int_equal(probe_fold_add(&a, &(struct probe_value){PROBE_SERIES_MAX, 1}, 1), ERROR_LIMIT);
    buf_deinit(&bytes);
    probe_fold_deinit(&a);
    probe_fold_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units),
        cmocka_unit_test(keys_keep_their_index),
        cmocka_unit_test(keys_have_limits),
        cmocka_unit_test(seconds),
        cmocka_unit_test(folds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
