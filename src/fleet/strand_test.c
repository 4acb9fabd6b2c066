#include "fleet/strand.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct view segment(struct strand_out *s, char *into, const char *text) {
    struct view head = strand_head(s, into);
    memcpy(into + head.len, text, strlen(text));
    return view_of(into, head.len + strlen(text));
}

static void each_is_taken_once_and_in_order(void **state) {
    (void)state;
    struct strand_out out = {.epoch = 1};
    struct strand_in in = {0};
    char a[64], b[64], c[64];
    struct view first = segment(&out, a, "one"), second = segment(&out, b, "two"),
                third = segment(&out, c, "three"), bytes;

    assert_int_equal(strand_take(&in, first, &bytes), STRAND_NEW_EPOCH);
    assert_true(view_eq(bytes, VIEW("one")));
    assert_int_equal(strand_take(&in, third, &bytes), STRAND_SKIPPED); /* behind a hole */
    assert_int_equal(strand_take(&in, first, &bytes), STRAND_SKIPPED); /* again */
    assert_int_equal(strand_take(&in, second, &bytes), STRAND_TAKEN);
    assert_true(view_eq(bytes, VIEW("two")));
    assert_int_equal(strand_take(&in, second, &bytes), STRAND_SKIPPED);
    assert_int_equal(
        strand_take(&in, third, &bytes), STRAND_TAKEN); /* it came again, since nobody had taken it */
    assert_int_equal(in.early, 1);
    assert_int_equal(in.repeated, 2);
}

static void a_younger_controller_is_obeyed_and_the_older_no_more(void **state) {
    (void)state;
    struct strand_out old = {.epoch = 1}, young = {.epoch = 2};
    struct strand_in in = {0};
    char a[64], b[64], c[64], d[64];
    struct view bytes, o1 = segment(&old, a, "a"), o2 = segment(&old, b, "b"), y1 = segment(&young, c, ""),
                       y2 = segment(&young, d, "d");

    assert_int_equal(strand_take(&in, o1, &bytes), STRAND_NEW_EPOCH);
    assert_int_equal(strand_take(&in, y2, &bytes), STRAND_SKIPPED); /* its first is missing */
    assert_int_equal(strand_take(&in, y1, &bytes), STRAND_NEW_EPOCH);
    assert_int_equal(bytes.len, 0);
    assert_int_equal(strand_take(&in, o2, &bytes), STRAND_SKIPPED);
    assert_int_equal(strand_take(&in, y2, &bytes), STRAND_TAKEN);
}

static void what_is_no_segment_is_refused(void **state) {
    static const struct view bad[] = {{"", 0}, {"\x01\x00\x01\x01", 4}, {"\x02", 1}, {"\x02\x00\x01\x00", 4},
        {"\x02\x07\x01\x01", 4}, {"\x02\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 13}};
    struct strand_in in = {0};
    struct view bytes;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(strand_take(&in, bad[i], &bytes), ERROR_SYNTAX);
    assert_int_equal(in.n, 0);
}

static void a_stranger_who_does_not_know_the_key_is_not_heard(void **state) {
    struct strand_out ours = {.key = 99, .epoch = 1}, theirs = {.key = 98, .epoch = 7};
    struct strand_in in = {.key = 99};
    char a[64], b[64];
    struct view forged = segment(&theirs, a, "x"), real = segment(&ours, b, "real"), bytes;

    (void)state;
    assert_int_equal(strand_take(&in, forged, &bytes), ERROR_SYNTAX);
    assert_int_equal(strand_take(&in, real, &bytes), STRAND_NEW_EPOCH);
    assert_true(view_eq(bytes, VIEW("real")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_is_taken_once_and_in_order),
        cmocka_unit_test(a_younger_controller_is_obeyed_and_the_older_no_more),
        cmocka_unit_test(what_is_no_segment_is_refused),
        cmocka_unit_test(a_stranger_who_does_not_know_the_key_is_not_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
