#include "load/dispatch.h"

#include "core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { TEXT_MAX = 256 };

static struct dispatch *make(const struct dispatch_class *classes, size_t n, uint32_t workers) {
    struct dispatch *d;

    assert_int_equal(dispatch_new(&d, classes, n), 0);
    for (uint32_t w = 0; w < workers; w++)
        assert_int_equal(dispatch_worker_add(d, w, VIEW("here")), 0);
    return d;
}

/* One user per step: which class grew (upper case: as named) or shrank (in brackets). */
static void step_text(struct dispatch *d, const char *names, int64_t now_us, char *text) {
    int64_t before[8];
    size_t n = strlen(names), at = strlen(text);

    for (size_t i = 0; i < n; i++)
        before[i] = dispatch_wished_of_class(d, i);
    assert_true(dispatch_step(d, now_us) >= 0);
    for (size_t i = 0; i < n; i++) {
        int64_t diff = dispatch_wished_of_class(d, i) - before[i];
        for (; diff > 0; diff--)
            text[at++] = names[i];
        for (; diff < 0; diff++)
            text[at++] = (char)(names[i] + 32);
    }
    text[at] = 0;
}

static void run_all(struct dispatch *d, const char *names, int64_t *now_us, char *text) {
    text[0] = 0;
    for (int i = 0; i < 1000 && dispatch_busy(d); i++) {
        int64_t next_us = dispatch_next_us(d);
        *now_us = next_us > *now_us ? next_us : *now_us;
        step_text(d, names, *now_us, text);
    }
    assert_false(dispatch_busy(d));
}

static void test_sequences(void **state) {
    static const struct {
        struct dispatch_class classes[3];
        size_t n;
        int64_t users;
        const char *expected;
    } cases[] = {
        {{{VIEW("A"), 1, 0}, {VIEW("B"), 1, 0}}, 2, 8, "ABABABAB"},
        {{{VIEW("A"), 3, 0}, {VIEW("B"), 1, 0}}, 2, 12, "ABAAABAAABAA"},
        {{{VIEW("A"), 5, 0}, {VIEW("B"), 1, 0}}, 2, 21, "AABAAAAABAAAAABAAAAAB"},
        {{{VIEW("A"), 10, 0}, {VIEW("B"), 1, 0}}, 2, 20, "AAAABAAAAAAAAAAABAAA"},
        {{{VIEW("A"), 2, 0}, {VIEW("B"), 3, 0}, {VIEW("C"), 5, 0}}, 3, 20, "CBACBCCABCCBACBCCABC"},
        {{{VIEW("A"), 0.5, 0}, {VIEW("B"), 1, 0}}, 2, 6, "BABBAB"},
        {{{VIEW("B"), 1, 0}, {VIEW("A"), 1, 0}}, 2, 4, "ABAB"}, /* ties go by name, not by order */
        {{{VIEW("A"), 1, 2}, {VIEW("B"), 1, 0}}, 2, 6, "AABBBB"},
        {{{VIEW("A"), 1, 2}, {VIEW("B"), 1, 3}, {VIEW("C"), 1, 0}}, 3, 8, "BABABCCC"},
        {{{VIEW("A"), 1, 2}}, 1, 5, "AA"}, /* nobody is left to add: ends below its target */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char names[4] = "", text[TEXT_MAX];
        int64_t now_us = 0;
        struct dispatch *d = make(cases[i].classes, cases[i].n, 1);
        for (size_t k = 0; k < cases[i].n; k++)
            names[k] = cases[i].classes[k].name.ptr[0];
        assert_int_equal(dispatch_target(d, cases[i].users, 1, NULL, 0), 0);
        run_all(d, names, &now_us, text);
        assert_string_equal(text, cases[i].expected);
        dispatch_free(d);
    }
}

static void test_times(void **state) {
    static const struct {
        double rate;
        int64_t users;
        int64_t at_ms[6]; /* when a step is due; −1 ends */
        int64_t users_then[6];
    } cases[] = {
        {1, 3, {0, 1000, 2000, -1}, {1, 2, 3}},
        {2.5, 5, {0, 800, 1600, -1}, {2, 4, 5}},
        {0.5, 2, {0, 2000, -1}, {1, 2}},
        {100, 7, {0, -1}, {7}},
        {3, 6, {0, 1000, -1}, {3, 6}},
    };
    static const struct dispatch_class one[] = {{VIEW("A"), 1, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct clock_fake clock;
        struct dispatch *d = make(one, 1, 2);
        clock_fake_init(&clock, 5000000);
        assert_int_equal(dispatch_target(d, cases[i].users, cases[i].rate, NULL, clock.now_us), 0);
        for (int k = 0; cases[i].at_ms[k] >= 0; k++) {
            clock.now_us = 5000000 + cases[i].at_ms[k] * 1000;
            assert_int_equal(dispatch_next_us(d), clock.now_us);
            assert_int_equal(dispatch_step(d, clock.now_us - 1), DISPATCH_WAIT);
            bool last = cases[i].at_ms[k + 1] < 0;
            assert_int_equal(dispatch_step(d, clock.now_us), last ? DISPATCH_LAST : DISPATCH_STEPPED);
            assert_int_equal(dispatch_users(d), cases[i].users_then[k]);
        }
        assert_int_equal(dispatch_next_us(d), -1);
        assert_false(dispatch_busy(d));
        dispatch_free(d);
    }
}

static void test_late_steps_do_not_bunch(void **state) {
    static const struct dispatch_class one[] = {{VIEW("A"), 1, 0}};
    struct dispatch *d = make(one, 1, 1);
    (void)state;
    assert_int_equal(dispatch_target(d, 10, 1, NULL, 0), 0);
    assert_int_equal(dispatch_step(d, 300), DISPATCH_STEPPED);
    assert_int_equal(dispatch_next_us(d), 1000000); /* a little late: the rhythm is kept */
    assert_int_equal(dispatch_step(d, 5000000), DISPATCH_STEPPED);
    assert_int_equal(dispatch_next_us(d), 6000000); /* very late: it is not caught up */
    dispatch_free(d);
}

/* Removal is the reverse of adding; what is missing of a fixed class comes first afterwards. */
static void test_ramp_down_and_up(void **state) {
    static const struct dispatch_class classes[] = {{VIEW("A"), 2, 0}, {VIEW("B"), 3, 0}, {VIEW("C"), 5, 0}};
    static const struct dispatch_class fixed[] = {{VIEW("A"), 1, 2}, {VIEW("B"), 1, 0}};
    char text[TEXT_MAX];
    int64_t now_us = 0;
    struct dispatch *d = make(classes, 3, 1);
    (void)state;
    assert_int_equal(dispatch_target(d, 6, 1, NULL, now_us), 0);
    run_all(d, "ABC", &now_us, text);
    assert_string_equal(text, "CBACBC");
    assert_int_equal(dispatch_target(d, 2, 1, NULL, now_us), 0);
    run_all(d, "ABC", &now_us, text);
    assert_string_equal(text, "cbca");
    assert_int_equal(dispatch_target(d, 0, 100, NULL, now_us), 0);
    run_all(d, "ABC", &now_us, text);
    assert_string_equal(text, "bc");
    dispatch_free(d);
    d = make(fixed, 2, 1);
    assert_int_equal(dispatch_target(d, 4, 1, NULL, now_us), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "AABB");
    assert_int_equal(dispatch_target(d, 1, 1, NULL, now_us), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "bba");
    assert_int_equal(dispatch_target(d, 3, 1, NULL, now_us), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "AB");
    dispatch_free(d);
}

static void expect_wished(const struct dispatch *d, uint32_t worker, int64_t a, int64_t b) {
    assert_int_equal(dispatch_wished(d, worker, 0), a);
    assert_int_equal(dispatch_wished(d, worker, 1), b);
}

static void test_workers_take_turns(void **state) {
    static const struct dispatch_class classes[] = {{VIEW("A"), 1, 0}, {VIEW("B"), 1, 0}};
    char text[TEXT_MAX];
    int64_t now_us = 0;
    struct dispatch *d = make(classes, 2, 3);
    (void)state;
    assert_int_equal(dispatch_target(d, 7, 1, NULL, 0), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "ABABABA");
    expect_wished(d, 0, 2, 1); /* users 1, 4, 7 */
    expect_wished(d, 1, 1, 1);
    expect_wished(d, 2, 1, 1);
    expect_wished(d, 9, 0, 0);
    dispatch_free(d);
}

static void test_hosts_are_spread(void **state) {
    static const struct dispatch_class one[] = {{VIEW("A"), 1, 0}};
    struct dispatch *d = make(one, 1, 0);
    (void)state;
    assert_int_equal(dispatch_worker_add(d, 1, VIEW("east")), 0);
    assert_int_equal(dispatch_worker_add(d, 2, VIEW("east")), 0);
    assert_int_equal(dispatch_worker_add(d, 3, VIEW("west")), 0);
    assert_true(dispatch_worker_add(d, 3, VIEW("west")) < 0);
    assert_int_equal(dispatch_target(d, 2, 10, NULL, 0), 0);
    assert_int_equal(dispatch_step(d, 0), DISPATCH_LAST);
    assert_int_equal(dispatch_wished(d, 1, 0), 1);
    assert_int_equal(dispatch_wished(d, 2, 0), 0);
    assert_int_equal(dispatch_wished(d, 3, 0), 1);
    dispatch_free(d);
}

static void test_lost_and_new_workers(void **state) {
    static const struct dispatch_class classes[] = {{VIEW("A"), 1, 1}, {VIEW("B"), 1, 0}};
    char text[TEXT_MAX];
    int64_t now_us = 0;
    struct dispatch *d = make(classes, 2, 2);
    (void)state;
    assert_int_equal(dispatch_target(d, 6, 2, NULL, now_us), 0);
    assert_int_equal(dispatch_step(d, 0), DISPATCH_STEPPED);
    assert_int_equal(dispatch_step(d, 1000000), DISPATCH_STEPPED);
    expect_wished(d, 0, 1, 1);
    expect_wished(d, 1, 0, 2);
    dispatch_worker_remove(
        d, 0); /* in the middle of a ramp: dealt anew at once, the ramp goes on in its rhythm */
    assert_true(dispatch_next_us(d) <= 1000001);
    assert_int_equal(dispatch_step(d, 1000001), DISPATCH_STEPPED);
    expect_wished(d, 0, 0, 0);
    expect_wished(d, 1, 1, 3);
    assert_int_equal(dispatch_next_us(d), 2000000);
    assert_int_equal(dispatch_step(d, 2000000), DISPATCH_LAST);
    expect_wished(d, 1, 1, 5);
    assert_int_equal(dispatch_worker_add(d, 7, VIEW("here")), 0); /* at rest */
    assert_true(dispatch_busy(d));
    assert_int_equal(dispatch_step(d, 3000000), DISPATCH_LAST);
    expect_wished(d, 1, 1, 2);
    expect_wished(d, 7, 0, 3);
    assert_int_equal(dispatch_users(d), 6);
    dispatch_worker_remove(d, 1);
    dispatch_worker_remove(d, 7);
    assert_int_equal(dispatch_step(d, 4000000), DISPATCH_LAST); /* nobody is left */
    assert_int_equal(dispatch_users(d), 0);
    run_all(d, "AB", &now_us, text);
    dispatch_free(d);
}

/* A shape's third element: the classes for new users; the others stay. */
static void test_classes_of_a_shape(void **state) {
    static const struct dispatch_class classes[] = {{VIEW("A"), 1, 0}, {VIEW("B"), 1, 0}};
    char text[TEXT_MAX];
    int64_t now_us = 0;
    struct dispatch *d = make(classes, 2, 1);
    (void)state;
    assert_int_equal(dispatch_target(d, 2, 1, (bool[]){true, false}, now_us), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "AA");
    assert_int_equal(dispatch_target(d, 4, 1, (bool[]){false, true}, now_us), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "BB");
    assert_int_equal(dispatch_target(d, 6, 1, (bool[]){true, true}, now_us), 0);
    run_all(d, "AB", &now_us, text);
    assert_string_equal(text, "AB");
    dispatch_free(d);
}

/* The same target once more is a step of its own: counts go out again, so that users who ended are made anew.
 */
static void test_same_target_again(void **state) {
    static const struct dispatch_class one[] = {{VIEW("A"), 1, 0}};
    struct dispatch *d = make(one, 1, 1);
    (void)state;
    assert_int_equal(dispatch_target(d, 3, 10, NULL, 0), 0);
    assert_int_equal(dispatch_step(d, 0), DISPATCH_LAST);
    assert_int_equal(dispatch_step(d, 1000), DISPATCH_WAIT);
    assert_int_equal(dispatch_target(d, 3, 10, NULL, 2000), 0);
    assert_int_equal(dispatch_step(d, 2000), DISPATCH_LAST);
    assert_int_equal(dispatch_wished(d, 0, 0), 3);
    dispatch_free(d);
}

static void test_refusals(void **state) {
    static const struct dispatch_class one[] = {{VIEW("A"), 1, 0}};
    struct dispatch *d = make(one, 1, 1);
    (void)state;
    assert_int_equal(dispatch_target(d, -1, 1, NULL, 0), ERROR_INVALID);
    assert_int_equal(dispatch_target(d, 1, 0, NULL, 0), ERROR_INVALID);
    assert_int_equal(dispatch_target(d, 1, -2, NULL, 0), ERROR_INVALID);
    assert_int_equal(dispatch_target(d, (int64_t)DISPATCH_USERS_MAX + 1, 1, NULL, 0), ERROR_INVALID);
    assert_false(dispatch_busy(d));
    assert_null(dispatch_free(d));
    assert_null(dispatch_free(NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sequences),
        cmocka_unit_test(test_times),
        cmocka_unit_test(test_late_steps_do_not_bunch),
        cmocka_unit_test(test_ramp_down_and_up),
        cmocka_unit_test(test_workers_take_turns),
        cmocka_unit_test(test_hosts_are_spread),
        cmocka_unit_test(test_lost_and_new_workers),
        cmocka_unit_test(test_classes_of_a_shape),
        cmocka_unit_test(test_same_target_again),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
