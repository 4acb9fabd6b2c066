#include "target/dispatcher.h"

#include <semaphore.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { TIMERS = 4 };

struct fixture {
    struct dispatcher dispatcher;
    struct dispatcher_timer timers[TIMERS];
    int order[TIMERS], count, woken, fd;
    sem_t told;
};

static void on_due(void *ctx, struct dispatcher_timer *t) {
    struct fixture *f = ctx;
    f->order[f->count++] = (int)(t - f->timers);
    sem_post(&f->told);
}

static void on_woken(void *ctx) {
    struct fixture *f = ctx;
    f->woken++;
    sem_post(&f->told);
}

static const struct dispatcher_table table = {.due = on_due, .woken = on_woken};

static void start(struct fixture *f) {
    *f = (struct fixture){.fd = eventfd(0, EFD_NONBLOCK)};
    sem_init(&f->told, 0, 0);
    assert_int_equal(dispatcher_start(&f->dispatcher, f->fd, &table, f), 0);
}

static void end(struct fixture *f) {
    dispatcher_stop(&f->dispatcher);
    dispatcher_deinit(&f->dispatcher);
    dispatcher_deinit(&f->dispatcher);
    close(f->fd);
}

static void test_the_past_is_due_in_order(void **state) {
    static struct fixture f;
    (void)state;
    start(&f);
    for (int i = 0; i < TIMERS; i++)
        dispatcher_arm(&f.dispatcher, &f.timers[i], 1);
    while (f.count < TIMERS)
        sem_wait(&f.told);
    end(&f);
    for (int i = 0; i < TIMERS; i++)
        assert_int_equal(f.order[i], i);
}

/* The far future comes at the stop, in its order, and after the stop at once. */
static void test_the_stop_makes_all_due(void **state) {
    static struct fixture f;
    (void)state;
    start(&f);
    dispatcher_arm(&f.dispatcher, &f.timers[0], INT64_MAX);
    dispatcher_arm(&f.dispatcher, &f.timers[1], INT64_MAX - 2);
    dispatcher_arm(&f.dispatcher, &f.timers[2], INT64_MAX - 1);
    dispatcher_stop(&f.dispatcher);
    assert_int_equal(f.count, 3);
    assert_int_equal(f.order[0], 1);
    assert_int_equal(f.order[1], 2);
    assert_int_equal(f.order[2], 0);
    dispatcher_arm(&f.dispatcher, &f.timers[3], INT64_MAX);
    assert_int_equal(f.count, 4);
    end(&f);
}

static void test_a_write_from_outside_wakes(void **state) {
    static struct fixture f;
    uint64_t one = 1;
    (void)state;
    start(&f);
    assert_int_equal(write(f.fd, &one, sizeof one), sizeof one);
    sem_wait(&f.told);
    end(&f);
    assert_true(f.woken >= 1);
    assert_int_equal(f.count, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_past_is_due_in_order),
        cmocka_unit_test(test_the_stop_makes_all_due),
        cmocka_unit_test(test_a_write_from_outside_wakes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
