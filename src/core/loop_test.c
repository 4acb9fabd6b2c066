#include "core/loop.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <setjmp.h>

#include <cmocka.h>
#include "core/loop_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    struct loop_watch watch;
    struct loop *loop;
    int calls;
    uint32_t last;
    struct loop_watch *victim; /* removed in the callback */
    int victim_fd;             /* and closed, when >= 0 */
    struct loop_watch *reborn; /* added on reborn_fd in the callback */
    int reborn_fd;
};

static void peer_ready(struct loop_watch *w, uint32_t events) {
    struct peer *p = CONTAINER_OF(w, struct peer, watch);
    p->calls++;
    p->last = events;
    if (p->victim)
        loop_watch_remove(p->loop, p->victim);
    p->victim = NULL;
    if (p->reborn)
        assert_int_equal(loop_watch_add(p->loop, p->reborn, p->reborn_fd, EPOLLIN), 0);
    p->reborn = NULL;
}

static struct loop *new_loop(const struct clock *clock) {
    struct loop *l;
    struct loop_options o = {.clock = clock};
    assert_int_equal(loop_new(&l, &o), 0);
    return l;
}

static int ready_fd(void) {
    int fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(fd >= 0);
    return fd;
}

static void test_readiness(void **state) {
    struct loop *l = new_loop(NULL);
    struct peer p = {.watch = {.fd = -1, .ready = peer_ready}, .loop = l};
    int fds[2];
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    assert_int_equal(loop_watch_add(l, &p.watch, fds[0], EPOLLIN), 0);
    assert_int_equal(loop_turn(l, 0), 0);
    assert_int_equal(p.calls, 0);
    assert_int_equal(write(fds[1], "x", 1), 1);
    assert_int_equal(loop_turn(l, -1), 0);
    assert_int_equal(p.calls, 1);
    assert_int_equal(p.last, EPOLLIN);
    assert_int_equal(loop_watch_change(l, &p.watch, EPOLLOUT), 0);
    assert_int_equal(loop_turn(l, -1), 0);
    assert_int_equal(p.last, EPOLLOUT);
    assert_int_equal(loop_watch_change(l, &p.watch, 0), 0);
    assert_int_equal(loop_turn(l, 0), 0);
    assert_int_equal(p.calls, 2);
    loop_watch_remove(l, &p.watch);
    loop_watch_remove(l, &p.watch);
    assert_int_equal(loop_watch_add(l, &p.watch, -1, EPOLLIN), -EBADF);
    assert_int_equal(p.watch.slot, 0);
    close(fds[0]);
    close(fds[1]);
    loop_free(l);
}

/* Two descriptors are ready in one batch; whichever comes first removes the other, and another watch takes
 * the other's slot. */
static void test_stale_events_are_dropped(void **state) {
    struct loop *l = new_loop(NULL);
    struct peer a = {.watch.ready = peer_ready, .loop = l}, b = a, c = a;
    int fa = ready_fd(), fb = ready_fd(), idle = eventfd(0, EFD_CLOEXEC);
    (void)state;
    assert_int_equal(loop_watch_add(l, &a.watch, fa, EPOLLIN), 0);
    assert_int_equal(loop_watch_add(l, &b.watch, fb, EPOLLIN), 0);
    a.victim = &b.watch;
    b.victim = &a.watch;
    a.reborn = b.reborn = &c.watch;
    a.reborn_fd = b.reborn_fd = idle;
    assert_int_equal(loop_turn(l, -1), 0);
    assert_int_equal(a.calls + b.calls, 1);
    assert_int_equal(c.calls, 0);
    assert_int_not_equal(c.watch.slot, 0);
    loop_free(l);
    assert_int_equal(c.watch.slot, 0);
    close(fa);
    close(fb);
    close(idle);
}

static void test_more_than_a_batch(void **state) {
    enum { COUNT = LOOP_EVENTS_MAX + 50 };
    static struct peer peers[COUNT];
    struct loop *l = new_loop(NULL);
    (void)state;
    for (int i = 0; i < COUNT; i++) {
        peers[i] = (struct peer){.watch.ready = peer_ready, .loop = l};
        peers[i].victim = &peers[i].watch; /* once each */
        assert_int_equal(loop_watch_add(l, &peers[i].watch, ready_fd(), EPOLLIN), 0);
    }
    assert_int_equal(loop_run(l), 0); /* ends, since nothing is left to wait for */
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(peers[i].calls, 1);
        close(peers[i].watch.fd);
    }
    loop_free(l);
}

struct tick {
    struct timer timer;
    struct loop *loop;
    int calls;
    int64_t at_us, stop;
};

static void tick(struct timer *t) {
    struct tick *k = CONTAINER_OF(t, struct tick, timer);
    k->calls++;
    k->at_us = loop_now_us(k->loop);
    if (k->stop)
        loop_stop(k->loop);
}

static void test_timers_on_a_fake_clock(void **state) {
    struct clock_fake clock;
    clock_fake_init(&clock, 1000);
    struct loop *l = new_loop(&clock.base);
    struct tick k = {.timer.fire = tick, .loop = l};
    (void)state;
    assert_int_equal(loop_wait_us(l), -1);
    assert_int_equal(timers_arm(loop_timers(l), &k.timer, 1500), 0);
    assert_int_equal(loop_wait_us(l), 500);
    assert_int_equal(loop_turn(l, -1), 0); /* does not sleep: the clock would never move */
    assert_int_equal(k.calls, 0);
    clock_fake_advance(&clock, 530);
    assert_int_equal(loop_wait_us(l), 0);
    assert_int_equal(loop_now_us(l), 1000);
    assert_int_equal(loop_turn(l, -1), 0);
    assert_int_equal(k.calls, 1);
    assert_int_equal(k.at_us, 1530);
    assert_int_equal(loop_take_lag(l).timer_late_max_us, 30);
    assert_int_equal(loop_take_lag(l).timer_late_max_us, 0);
    loop_free(l);
}

/* The real clock, both ways of waiting: never early, however late the machine may be. */
static void real_sleep(bool timerfd) {
    struct loop *l = new_loop(NULL);
    struct tick k = {.timer.fire = tick, .loop = l};
    if (timerfd)
        assert_int_equal(loop_force_timerfd(l), 0);
    for (int i = 0; i < 5; i++) {
        int64_t at_us = loop_refresh_us(l) + 1700;
        assert_int_equal(timers_arm(loop_timers(l), &k.timer, at_us), 0);
        assert_int_equal(loop_run(l), 0);
        assert_int_equal(k.calls, i + 1);
        assert_true(k.at_us >= at_us);
    }
    int64_t start_us = clock_now_us(&clock_real);
    assert_int_equal(loop_turn(l, 1500), 0); /* the cap alone */
    assert_true(clock_now_us(&clock_real) - start_us >= 1500);
    loop_free(l);
}

static void test_sleep(void **state) {
    (void)state;
    real_sleep(false);
}

static void test_sleep_with_timerfd(void **state) {
    (void)state;
    real_sleep(true);
}

struct later {
    struct loop_defer defer;
    struct loop *loop;
    int calls, again;
    struct loop_defer *cancel;
};

static void later_run(struct loop_defer *d) {
    struct later *x = CONTAINER_OF(d, struct later, defer);
    x->calls++;
    if (x->again-- > 0)
        loop_defer(x->loop, d);
    if (x->cancel)
        loop_defer_cancel(x->cancel);
    assert_int_equal(loop_turn(x->loop, 0), -EBUSY);
}

struct announced {
    struct loop_defer defer;
    char *log;
    char name;
};
enum { LOG_BYTES = 64 };

static void announced_run(struct loop_defer *d) {
    struct announced *x = CONTAINER_OF(d, struct announced, defer);
    size_t len = strlen(x->log);
    snprintf(x->log + len, LOG_BYTES - len, "%c ", x->name);
}

static void announced_soon(struct loop_defer *d, int distance) {
    struct announced *x = CONTAINER_OF(d, struct announced, defer);
    size_t len = strlen(x->log);
    snprintf(x->log + len, LOG_BYTES - len, "%c%d ", x->name, distance);
}

static void test_deferred_calls_are_announced(void **state) {
    struct loop *l = new_loop(NULL);
    char log[LOG_BYTES] = "";
    struct announced calls[4];
    (void)state;
    for (int i = 0; i < 4; i++) {
        calls[i] = (struct announced){
            .defer = {.run = announced_run, .soon = i == 2 ? NULL : announced_soon}, .log = log, .name = (char)('a' + i)};
        loop_defer(l, &calls[i].defer);
    }
    assert_int_equal(loop_turn(l, 0), 0);
    assert_string_equal(log, "b1 a d2 b d1 c d ");
    loop_free(l);
}

static void test_deferred_calls(void **state) {
    struct loop *l = new_loop(NULL);
    struct later a = {.defer.run = later_run, .loop = l, .again = 1}, b = {.defer.run = later_run, .loop = l};
    (void)state;
    loop_defer(l, &a.defer);
    loop_defer(l, &a.defer);
    loop_defer(l, &b.defer);
    a.cancel = &b.defer;
    assert_int_equal(loop_wait_us(l), 0);
    assert_int_equal(loop_turn(l, -1), 0);
    assert_int_equal(a.calls, 1);
    assert_int_equal(b.calls, 0);
    assert_int_equal(loop_turn(l, -1), 0); /* added again by itself: next turn, which does not sleep */
    assert_int_equal(a.calls, 2);
    assert_int_equal(loop_run(l), 0);
    assert_int_equal(a.calls, 2);
    loop_defer(l, &b.defer);
    loop_free(l);
    assert_false(list_linked(&b.defer.entry));
}

static void test_stop_and_nesting(void **state) {
    struct loop *outer = new_loop(NULL), *inner = new_loop(NULL);
    struct peer nested = {.watch.ready = peer_ready, .loop = outer},
                p = {.watch.ready = peer_ready, .loop = inner};
    struct tick k = {.timer.fire = tick, .loop = outer, .stop = 1};
    int fd = ready_fd();
    (void)state;
    assert_int_equal(loop_watch_add(inner, &p.watch, fd, EPOLLIN), 0);
    assert_int_equal(loop_watch_add(outer, &nested.watch, loop_fd(inner), EPOLLIN), 0);
    assert_int_equal(timers_arm(loop_timers(outer), &k.timer, loop_refresh_us(outer)), 0);
    assert_int_equal(loop_run(outer), 0); /* stopped by the timer although a watch is left */
    assert_int_equal(k.calls, 1);
    assert_true(nested.calls >= 1);
    assert_int_equal(loop_turn(inner, 0), 0);
    assert_int_equal(p.calls, 1);
    loop_free(inner);
    loop_free(outer);
    close(fd);
    assert_null(loop_free(NULL));
}

static bool wakes(struct loop *l, int within_ms) {
    struct pollfd p = {.fd = loop_fd(l), .events = POLLIN};
    return poll(&p, 1, within_ms) == 1;
}

/* Somebody else waits for loop_fd: it must wake him for timers and deferred calls, too. */
static void test_a_nested_loop_wakes_its_host(void **state) {
    struct loop *l = new_loop(NULL);
    struct later d = {.defer.run = later_run, .loop = l};
    struct tick soon = {.timer.fire = tick, .loop = l}, late = {.timer.fire = tick, .loop = l};
    (void)state;
    assert_int_equal(loop_nest(l), 0);
    assert_int_equal(loop_arm(l), 0);
    assert_false(wakes(l, 0));
    loop_defer(l, &d.defer);
    assert_int_equal(loop_arm(l), 0);
    assert_true(wakes(l, 1000));
    assert_int_equal(loop_turn(l, 0), 0);
    assert_int_equal(d.calls, 1);
    assert_false(wakes(l, 0));
    assert_int_equal(timers_arm(loop_timers(l), &late.timer, loop_refresh_us(l) + 3600LL * 1000000), 0);
    assert_int_equal(loop_arm(l), 0);
    assert_int_equal(timers_arm(loop_timers(l), &soon.timer, loop_refresh_us(l) + 2000), 0);
    assert_int_equal(loop_arm(l), 0); /* an earlier one */
    assert_true(wakes(l, 5000));
    for (int i = 0; i < 1000 && soon.calls == 0; i++)
        assert_int_equal(loop_turn(l, 0), 0);
    assert_int_equal(soon.calls, 1);
    assert_int_equal(late.calls, 0);
    assert_int_equal(loop_arm(l), 0);
    assert_false(wakes(l, 0));
    timers_cancel(loop_timers(l), &late.timer);
    loop_free(l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_readiness),
        cmocka_unit_test(test_stale_events_are_dropped),
        cmocka_unit_test(test_more_than_a_batch),
        cmocka_unit_test(test_timers_on_a_fake_clock),
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_sleep_with_timerfd),
        cmocka_unit_test(test_deferred_calls_are_announced),
        cmocka_unit_test(test_deferred_calls),
        cmocka_unit_test(test_stop_and_nesting),
        cmocka_unit_test(test_a_nested_loop_wakes_its_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
