#include "target/workqueue.h"

#include <semaphore.h>
#include <stdbool.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { JOBS = 50 };

struct numbered {
    struct workqueue_job job;
    int number;
};

struct fixture {
    struct workqueue queue;
    struct numbered jobs[JOBS];
    atomic_int active, most_active, done, dropped;
    int order[JOBS];
    pthread_barrier_t together;
    sem_t finished, gate, begun;
    bool wait_together, wait_gate;
};

static void on_work(void *ctx, unsigned worker, struct workqueue_job *job) {
    struct fixture *f = ctx;
    int active = ++f->active;
    (void)worker;
    if (active > f->most_active)
        f->most_active = active;
    f->order[f->done++ % JOBS] = CONTAINER_OF(job, struct numbered, job)->number;
    sem_post(&f->begun);
    if (f->wait_together)
        pthread_barrier_wait(&f->together);
    if (f->wait_gate)
        sem_wait(&f->gate);
    f->active--;
    sem_post(&f->finished);
}

static void on_drop(void *ctx, struct workqueue_job *job) {
    struct fixture *f = ctx;
    (void)job;
    f->dropped++;
}

static const struct workqueue_table table = {.work = on_work, .drop = on_drop};

static void fixture_start(struct fixture *f, unsigned workers) {
    *f = (struct fixture){.wait_gate = false};
    sem_init(&f->finished, 0, 0);
    sem_init(&f->gate, 0, 0);
    sem_init(&f->begun, 0, 0);
    pthread_barrier_init(&f->together, NULL, workers);
    assert_int_equal(workqueue_start(&f->queue, workers, &table, f), 0);
}

static void fixture_push(struct fixture *f, int count) {
    for (int i = 0; i < count; i++) {
        f->jobs[i].number = i;
        workqueue_push(&f->queue, &f->jobs[i].job);
    }
}

static void test_one_worker_takes_one_after_the_other(void **state) {
    static struct fixture f;
    (void)state;
    fixture_start(&f, 1);
    fixture_push(&f, JOBS);
    for (int i = 0; i < JOBS; i++)
        sem_wait(&f.finished);
    workqueue_stop(&f.queue);
    assert_int_equal(f.most_active, 1);
    for (int i = 0; i < JOBS; i++)
        assert_int_equal(f.order[i], i);
    assert_int_equal(f.dropped, 0);
}

static void test_four_workers_work_at_once(void **state) {
    static struct fixture f;
    (void)state;
    fixture_start(&f, 4);
    f.wait_together = true; /* nobody gets on before all four are there */
    fixture_push(&f, 4);
    for (int i = 0; i < 4; i++)
        sem_wait(&f.finished);
    workqueue_stop(&f.queue);
    assert_int_equal(f.most_active, 4);
}

static void test_stop_ends_the_running_and_drops_the_waiting(void **state) {
    static struct fixture f;
    (void)state;
    fixture_start(&f, 1);
    f.wait_gate = true;
    fixture_push(&f, 10);
    sem_wait(&f.begun);
    atomic_store(&f.queue.stopping, true); /* so that the worker takes no second job once the gate opens */
    sem_post(&f.gate);
    workqueue_stop(&f.queue);
    assert_int_equal(f.done, 1);
    assert_int_equal(f.dropped, 9);
    workqueue_stop(&f.queue);
    workqueue_push(&f.queue, &f.jobs[0].job);
    assert_int_equal(f.dropped, 10);
}

static void on_burn(void *ctx, unsigned worker, struct workqueue_job *job) {
    struct fixture *f = ctx;
    (void)worker;
    (void)job;
    sem_post(&f->begun);
    workqueue_burn(&f->queue.stopping, INT64_MAX / 2);
    f->done++;
}

static void test_stop_ends_burners(void **state) {
    static const struct workqueue_table burners = {.work = on_burn, .drop = on_drop};
    static struct fixture f;
    (void)state;
    sem_init(&f.begun, 0, 0);
    assert_int_equal(workqueue_start(&f.queue, 2, &burners, &f), 0);
    fixture_push(&f, 2);
    sem_wait(&f.begun);
    sem_wait(&f.begun);
    workqueue_stop(&f.queue);
    assert_int_equal(f.done, 2);
}

static void test_never_started(void **state) {
    struct workqueue q = WORKQUEUE_NULL;
    (void)state;
    workqueue_stop(&q);
    workqueue_stop(&q);
    assert_true(q.stopping);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_worker_takes_one_after_the_other),
        cmocka_unit_test(test_four_workers_work_at_once),
        cmocka_unit_test(test_stop_ends_the_running_and_drops_the_waiting),
        cmocka_unit_test(test_stop_ends_burners),
        cmocka_unit_test(test_never_started),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
