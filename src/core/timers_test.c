#include "core/timers.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include "core/list.h"

#include <stdlib.h>

static char trace[64];
static size_t traced;

struct probe {
    struct timer timer;
    struct timers *timers;
    char name;
    int64_t again_us; /* re-arm at this time, 0 = not */
    struct timer *cancel;
    bool die;
};

static void fired(struct timer *t) {
    struct probe *p = CONTAINER_OF(t, struct probe, timer);
    assert_false(timer_armed(t));
    if (traced < sizeof trace - 1)
        trace[traced++] = p->name;
    trace[traced] = 0;
    if (p->again_us)
        assert_int_equal(timers_arm(p->timers, t, p->again_us), 0);
    if (p->cancel)
        timers_cancel(p->timers, p->cancel);
    if (p->die)
        free(p);
}

static void test_order_and_callbacks(void **state) {
    struct clock_fake clock;
    struct timers ts;
    struct probe a = {.timer.fire = fired, .timers = &ts, .name = 'a'};
    struct probe b = {.timer.fire = fired, .timers = &ts, .name = 'b'};
    struct probe c = {.timer.fire = fired, .timers = &ts, .name = 'c'};
    struct probe *d = malloc(sizeof *d);
    (void)state;
    traced = 0;
    *d = (struct probe){.timer.fire = fired, .timers = &ts, .name = 'd', .die = true};
    clock_fake_init(&clock, 0);
    timers_init(&ts, &clock.base);
    assert_int_equal(timers_next_us(&ts), -1);
    assert_int_equal(timers_fire(&ts, 1000), 0);
    assert_int_equal(timers_arm(&ts, &a.timer, 10), 0);
    assert_int_equal(timers_arm(&ts, &b.timer, 10), 0);
    assert_int_equal(timers_arm(&ts, &c.timer, 5), 0);
    assert_int_equal(timers_arm(&ts, &d->timer, 7), 0);
    assert_int_equal(timers_arm(&ts, &a.timer, 10), 0); /* re-armed: now behind b */
    assert_int_equal(timers_next_us(&ts), 5);
    assert_int_equal(timers_fire(&ts, 4), 0);
    assert_int_equal(timers_fire(&ts, 10), 4);
    assert_string_equal(trace, "cdba");
    traced = 0;
    a.again_us = 20; /* arms itself while firing … */
    b.cancel = &c.timer; /* … and one takes another out that was due in the same call */
    assert_int_equal(timers_arm(&ts, &a.timer, 15), 0);
    assert_int_equal(timers_arm(&ts, &b.timer, 16), 0);
    assert_int_equal(timers_arm(&ts, &c.timer, 17), 0);
    assert_int_equal(timers_fire(&ts, 18), 2);
    assert_string_equal(trace, "ab");
    assert_int_equal(timers_next_us(&ts), 20);
    timers_cancel(&ts, &a.timer);
    timers_cancel(&ts, &a.timer);
    assert_int_equal(timers_next_us(&ts), -1);
    timers_deinit(&ts);
}

static void test_limit_per_call(void **state) {
    struct clock_fake clock;
    struct timers ts;
    struct probe a = {.timer.fire = fired, .timers = &ts, .name = 'a', .again_us = 1};
    (void)state;
    clock_fake_init(&clock, 0);
    timers_init(&ts, &clock.base);
    assert_int_equal(timers_arm(&ts, &a.timer, 1), 0);
    assert_int_equal(timers_fire(&ts, 1), TIMERS_FIRE_MAX);
    assert_true(timer_armed(&a.timer));
    timers_deinit(&ts);
    assert_false(timer_armed(&a.timer));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order_and_callbacks),
                                       cmocka_unit_test(test_limit_per_call)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
