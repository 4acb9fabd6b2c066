/* held-users with fake users on given times. */
#include "load/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { POOL_MAX = 5000 };

struct executor_user {
    bool taken, running, interrupted;
};
static struct fixture {
    struct plan_scenario scenario;
    struct executor *x;
    struct executor_user users[POOL_MAX];
    size_t pool, grows, grows_max_pending;
    int64_t now_us;
    bool stops_at_once, ends_at_once;
    int starts;
} t;

static struct executor_user *on_acquire(void *ctx, int64_t slot) {
    (void)ctx;
    (void)slot;
    for (size_t i = 0; i < t.pool; i++)
        if (!t.users[i].taken) {
            t.users[i] = (struct executor_user){.taken = true};
            return &t.users[i];
        }
    return NULL;
}

static void on_release(void *ctx, struct executor_user *u) {
    (void)ctx;
    assert_true(u->taken && !u->running);
    u->taken = false;
}

static void on_start(void *ctx, struct executor_user *u, const struct executor_iteration *it) {
    (void)ctx;
    (void)it;
    assert_true(u->taken && !u->running);
    t.starts++;
    u->running = !t.ends_at_once;
    if (t.ends_at_once)
        executor_done(t.x, u, false, t.now_us);
}

static void on_interrupt(void *ctx, struct executor_user *u) {
    (void)ctx;
    assert_true(u->running && !u->interrupted);
    u->interrupted = true;
    if (t.stops_at_once) {
        u->running = false;
        executor_done(t.x, u, true, t.now_us);
    }
}

static void on_grow(void *ctx) {
    (void)ctx;
    t.grows++;
}

static const struct executor_users_ops ops = {.acquire = on_acquire,
    .release = on_release,
    .start = on_start,
    .interrupt = on_interrupt,
    .grow = on_grow};

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    t.stops_at_once = true;
    t.scenario = (struct plan_scenario){.name = VIEW("A"), .executor = PLAN_HELD_USERS};
    return executor_new(&t.x,
        &(struct executor_options){.scenario = &t.scenario, .stripe = {0, 1}, .ops = &ops, .ctx = NULL});
}

static int tear_down(void **state) {
    (void)state;
    executor_free(t.x);
    return 0;
}

static int64_t step(void) {
    int64_t next_us;

    for (int i = 0; i < 100; i++) { /* until it does not ask for an immediate call */
        for (; t.grows > 0 && t.pool < POOL_MAX; t.grows--) {
            t.pool++;
            executor_grown(t.x);
        }
        next_us = executor_step(t.x, t.now_us);
        if (next_us != t.now_us && t.grows == 0)
            break;
    }
    return next_us;
}

static size_t running(void) {
    size_t n = 0;
    for (size_t i = 0; i < POOL_MAX; i++)
        n += t.users[i].running;
    return n;
}

static void ask(uint64_t n) {
    assert_int_equal(executor_ask(t.x, n, t.now_us), 0);
    step();
}

static void leave(size_t n) {
    for (size_t i = 0; i < POOL_MAX && n > 0; i++)
        if (t.users[i].running) {
            t.users[i].running = false;
            executor_done(t.x, &t.users[i], false, t.now_us);
            n--;
        }
    step();
}

static void follows_what_is_asked(void **state) {
    static const uint64_t wishes[] = {0, 3, 3, 10, 4, 0, 1, 3000, 2, 0};
    (void)state;
    step();
    for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        t.now_us += 1000000;
        ask(wishes[i]);
        assert_int_equal(running(), wishes[i]);
        assert_int_equal(executor_progress(t.x, t.now_us).active, wishes[i]);
        assert_int_equal(executor_progress(t.x, t.now_us).allocated, wishes[i]);
    }
    assert_int_equal(t.pool, 3000); /* users are used again */
}

static void whoever_leaves_is_missed_only_when_asked_again(void **state) {
    (void)state;
    step();
    ask(5);
    leave(2);
    assert_int_equal(running(), 3);
    t.now_us += 60000000;
    step();
    assert_int_equal(running(), 3);
    ask(5);
    assert_int_equal(running(), 5);
    leave(4);
    ask(2);
    assert_int_equal(running(), 2);
}

static void users_that_go_slowly_are_not_counted(void **state) {
    (void)state;
    t.stops_at_once = false;
    step();
    ask(4);
    ask(1);
    assert_int_equal(running(), 4); /* three are going */
    ask(3);
    assert_int_equal(running(), 6); /* two new ones beside them */
    for (size_t i = 0; i < POOL_MAX; i++)
        if (t.users[i].interrupted && t.users[i].running) {
            t.users[i].running = false;
            executor_done(t.x, &t.users[i], true, t.now_us);
        }
    step();
    assert_int_equal(running(), 3);
    assert_int_equal(executor_progress(t.x, t.now_us).interrupted, 3);
}

static void users_that_end_at_once_do_not_spin(void **state) {
    (void)state;
    t.ends_at_once = true;
    step();
    ask(50);
    assert_int_equal(t.starts, 50);
    assert_int_equal(running(), 0);
    ask(50);
    assert_int_equal(t.starts, 100);
}

static void a_wish_withdrawn_before_the_user_came(void **state) {
    (void)state;
    step();
    assert_int_equal(executor_ask(t.x, 3, t.now_us), 0);
    assert_true(executor_step(t.x, t.now_us) >= 0); /* asks for users; none yet */
    assert_int_equal(t.grows, 3);
    assert_int_equal(executor_ask(t.x, 0, t.now_us), 0);
    step();
    assert_int_equal(running(), 0);
    ask(2);
    assert_int_equal(running(), 2);
}

static void it_never_ends_by_itself_and_stops_when_told(void **state) {
    (void)state;
    step();
    ask(3);
    t.now_us = (int64_t)30 * 86400 * 1000000;
    assert_true(step() >= 0);
    assert_int_equal(running(), 3);
    t.stops_at_once = false;
    executor_stop(t.x, true, t.now_us);
    assert_true(step() != EXECUTOR_FINISHED);
    assert_int_equal(executor_ask(t.x, 9, t.now_us), 0); /* too late */
    for (size_t i = 0; i < POOL_MAX; i++)
        if (t.users[i].running) {
            assert_true(t.users[i].interrupted);
            t.users[i].running = false;
            executor_done(t.x, &t.users[i], true, t.now_us);
        }
    assert_int_equal(step(), EXECUTOR_FINISHED);
}

static void refusals(void **state) {
    (void)state;
    assert_int_equal(executor_ask(t.x, (uint64_t)PLAN_USERS_MAX + 1, 0), ERROR_INVALID);
    struct plan_scenario other = {
        .name = VIEW("A"), .executor = PLAN_CONSTANT_VUS, .users = 1, .duration_us = 1000000};
    struct executor *x;
    assert_int_equal(
        executor_new(&x, &(struct executor_options){.scenario = &other, .stripe = {0, 1}, .ops = &ops}), 0);
    assert_int_equal(executor_ask(x, 1, 0), ERROR_INVALID);
    executor_free(x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(follows_what_is_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whoever_leaves_is_missed_only_when_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(users_that_go_slowly_are_not_counted, set_up, tear_down),
        cmocka_unit_test_setup_teardown(users_that_end_at_once_do_not_spin, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_wish_withdrawn_before_the_user_came, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_never_ends_by_itself_and_stops_when_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refusals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
