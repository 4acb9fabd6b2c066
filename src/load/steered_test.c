/* steered-users and steered-rate with fake users on given times. */
#include "load/executor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { POOL_MAX = 500, STARTS_MAX = 10000 };

struct executor_user {
    bool taken, running;
};
static struct {
    struct plan_scenario scenario;
    struct executor *x;
    struct executor_user users[POOL_MAX];
    size_t pool, grows;
    int64_t intended_us[STARTS_MAX], startable_us[STARTS_MAX];
    size_t starts;
    uint64_t dropped;
} t;

static struct executor_user *on_acquire(void *ctx, int64_t slot) {
    (void)ctx, (void)slot;
    for (size_t i = 0; i < t.pool; i++)
        if (!t.users[i].taken) {
            t.users[i].taken = true;
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
    assert_true(u->taken && !u->running && t.starts < STARTS_MAX);
    u->running = true;
    t.startable_us[t.starts] = it->startable_us;
    t.intended_us[t.starts++] = it->intended_us;
}
static void on_interrupt(void *ctx, struct executor_user *u) {
    (void)ctx;
    u->running = false;
    executor_done(t.x, u, true, 0);
}
static void on_grow(void *ctx) {
    (void)ctx;
    t.grows++;
}
static void on_dropped(void *ctx, uint64_t n) {
    (void)ctx;
    t.dropped += n;
}
static const struct executor_users_ops ops = {.acquire = on_acquire,
    .release = on_release,
    .start = on_start,
    .interrupt = on_interrupt,
    .grow = on_grow,
    .dropped = on_dropped};

static void begin(enum plan_executor e, int64_t users, int64_t users_max, struct executor_stripe stripe) {
    memset(&t, 0, sizeof t);
    t.scenario = (struct plan_scenario){
        .name = VIEW("s"), .executor = e, .users = users, .users_max = users_max, .duration_us = 0};
    t.pool = (size_t)users;
    assert_int_equal(executor_new(&t.x,
                         &(struct executor_options){.scenario = &t.scenario, .stripe = stripe, .ops = &ops}),
        0);
}

/* Users that were asked for are there at once. */
static void grow_all(int64_t now_us) {
    for (; t.grows; t.grows--) {
        t.pool++;
        executor_grown(t.x);
    }
    (void)!executor_step(t.x, now_us);
}

static size_t running(void) {
    size_t n = 0;
    for (size_t i = 0; i < t.pool; i++)
        n += t.users[i].running;
    return n;
}

static void end_all(int64_t now_us) {
    size_t ended[POOL_MAX], n = 0;
    for (size_t i = 0; i < t.pool; i++)
        if (t.users[i].running)
            ended[n++] = i;
    for (size_t i = 0; i < n; i++) {
        t.users[ended[i]].running = false;
        executor_done(t.x, &t.users[ended[i]], false, now_us);
    }
    (void)!executor_step(t.x, now_us);
}

static void finish(int64_t now_us) {
    executor_stop(t.x, true, now_us);
    int64_t next_us = 0;
    for (int i = 0; i < 3 && next_us != EXECUTOR_FINISHED; i++)
        next_us = executor_step(t.x, now_us);
    assert_int_equal(next_us, EXECUTOR_FINISHED);
    for (size_t i = 0; i < t.pool; i++)
        assert_false(t.users[i].taken);
    t.x = executor_free(t.x);
}

static void users_loop_and_leave_after_their_iteration(void **state) {
    (void)state;
    begin(PLAN_STEERED_USERS, 0, 100, (struct executor_stripe){0, 1});
    (void)!executor_step(t.x, 0);
    assert_int_equal(executor_ask(t.x, 30, 1000), 0);
    (void)!executor_step(t.x, 1000);
    assert_int_equal(t.grows, 30);
    grow_all(1000);
    assert_int_equal(running(), 30);
    end_all(2000);
    assert_int_equal(running(), 30); /* again, by themselves */
    assert_int_equal(t.starts, 60);
    assert_int_equal(executor_ask(t.x, 10, 3000), 0);
    (void)!executor_step(t.x, 3000);
    assert_int_equal(running(), 30); /* nobody is cut */
    end_all(4000);
    assert_int_equal(running(), 10);
    assert_int_equal(executor_ask(t.x, 0, 5000), 0);
    end_all(5000);
    assert_int_equal(running(), 0);
    finish(6000);
}

/* 100/s over two stripes: this one starts every second tick, 20 ms apart, at exact instants. */
static void a_rate_keeps_its_grid(void **state) {
    (void)state;
    begin(PLAN_STEERED_RATE, 10, 10, (struct executor_stripe){1, 2});
    t.pool = 10;
    (void)!executor_step(t.x, 0);
    int64_t now_us = 500000;
    assert_int_equal(executor_ask(t.x, 100 * 1000, now_us), 0);
    for (int guard = 0; t.starts < 50 && guard < 1000; guard++) {
        int64_t next_us = executor_step(t.x, now_us);
        end_all(now_us);
        assert_true(next_us >= now_us && next_us < 5000000);
        now_us = next_us > now_us ? next_us : now_us + 1;
    }
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(t.intended_us[i], 500000 + 20000 * (int64_t)(i + 1));
    assert_int_equal(t.dropped, 0);
    size_t before = t.starts;
    assert_int_equal(executor_ask(t.x, 100 * 1000, now_us), 0); /* the same again: nothing begins anew */
    (void)!executor_step(t.x, now_us);
    assert_true(t.starts <= before + 1);
    finish(now_us);
}

/* Five users that never end: what is due waits, with its own instant; users grow to the most; a new rate
 * forgets it and says so. */
static void late_rather_than_dropped(void **state) {
    (void)state;
    begin(PLAN_STEERED_RATE, 5, 20, (struct executor_stripe){0, 1});
    (void)!executor_step(t.x, 0);
    assert_int_equal(executor_ask(t.x, 1000 * 1000, 0), 0);
    for (int64_t now_us = 0; now_us <= 50000; now_us += 1000) {
        (void)!executor_step(t.x, now_us);
        grow_all(now_us);
    }
    assert_int_equal(t.starts, 20);
    assert_int_equal(t.dropped, 0);
    end_all(60000);
    assert_int_equal(t.starts, 40);
    assert_int_equal(t.intended_us[20], 21000);
    assert_int_equal(t.startable_us[20], 60000); /* nobody was free before: the target is slow, not the generator */
    assert_int_equal(t.startable_us[0], t.intended_us[0]);
    assert_int_equal(executor_ask(t.x, 10 * 1000, 60000), 0);
    assert_int_equal(t.dropped, 20); /* 60 were due, 40 were begun */
    end_all(70000);
    assert_int_equal(t.starts, 40);
    finish(80000);
}

static void others_cannot_be_asked(void **state) {
    (void)state;
    begin(PLAN_CONSTANT_VUS, 1, 1, (struct executor_stripe){0, 1});
    assert_int_equal(executor_ask(t.x, 5, 0), ERROR_INVALID);
    t.x = executor_free(t.x);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(users_loop_and_leave_after_their_iteration),
        cmocka_unit_test(a_rate_keeps_its_grid), cmocka_unit_test(late_rather_than_dropped),
        cmocka_unit_test(others_cannot_be_asked)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
