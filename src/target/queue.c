/* One mutex, two condition variables: idle workers and sleeping jobs never take each other's signals.
 * `waiting` and `stopping` change under the lock; `stopping` is atomic besides, so that a burning worker can
 * look at it without taking the lock. */
#include "target/queue.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { QUEUE_NS_PER_S = 1000 * 1000 * 1000, QUEUE_BURN_STEPS = 2000 };

struct queue_thread {
    struct queue *queue;
    pthread_t thread;
    unsigned number;
};

static void *queue_run(void *arg) {
    struct queue_thread *t = arg;
    struct queue *q = t->queue;

    pthread_mutex_lock(&q->lock);
    while (!q->stopping) {
        struct list *e = list_pop(&q->waiting);
        if (!e) {
            pthread_cond_wait(&q->wake, &q->lock);
            continue;
        }
        pthread_mutex_unlock(&q->lock);
        q->table->work(q->ctx, t->number, LIST_ENTRY(e, struct queue_job, entry));
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static int queue_start_threads(struct queue *q, unsigned workers) {
    pthread_attr_t attr;
    int rc = 0;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, QUEUE_STACK);
    while (rc == 0 && q->count < workers) {
        struct queue_thread *t = &q->threads[q->count];
        *t = (struct queue_thread){.queue = q, .number = q->count};
        rc = -pthread_create(&t->thread, &attr, queue_run, t);
        q->count += rc == 0;
    }
    pthread_attr_destroy(&attr);
    return rc;
}

int queue_start(struct queue *q, unsigned workers, const struct queue_table *table, void *ctx) {
    pthread_condattr_t attr;

    *q = (struct queue){.table = table, .ctx = ctx, .threads = calloc(workers, sizeof *q->threads)};
    if (!q->threads)
        return -ENOMEM;
    list_init(&q->waiting);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->wake, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&q->stop, &attr);
    pthread_condattr_destroy(&attr);
    int rc = queue_start_threads(q, workers);
    if (rc)
        queue_stop(q);
    return rc;
}

void queue_push(struct queue *q, struct queue_job *job) {
    pthread_mutex_lock(&q->lock);
    bool late = q->stopping;
    if (!late) {
        list_push(&q->waiting, &job->entry);
        pthread_cond_signal(&q->wake);
    }
    pthread_mutex_unlock(&q->lock);
    if (late)
        q->table->drop(q->ctx, job);
}

void queue_stop(struct queue *q) {
    if (!q->threads) {
        q->stopping = true;
        return;
    }
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    pthread_cond_broadcast(&q->wake);
    pthread_cond_broadcast(&q->stop);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->count; i++)
        pthread_join(q->threads[i].thread, NULL);
    for (struct list *e; (e = list_pop(&q->waiting));)
        q->table->drop(q->ctx, LIST_ENTRY(e, struct queue_job, entry));
    free(q->threads);
    q->threads = NULL;
    q->count = 0;
}

void queue_sleep(struct queue *q, int64_t until_ns) {
    struct timespec until = {.tv_sec = until_ns / QUEUE_NS_PER_S, .tv_nsec = until_ns % QUEUE_NS_PER_S};
    int rc = 0;

    pthread_mutex_lock(&q->lock);
    while (!q->stopping && rc == 0)
        rc = pthread_cond_timedwait(&q->stop, &q->lock, &until);
    pthread_mutex_unlock(&q->lock);
}

static int64_t queue_thread_cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * (int64_t)QUEUE_NS_PER_S + t.tv_nsec;
}

void queue_burn(struct queue *q, int64_t cpu_ns) {
    volatile unsigned sink = 0;
    int64_t until = queue_thread_cpu_ns() + cpu_ns;

    while (!atomic_load_explicit(&q->stopping, memory_order_relaxed) && queue_thread_cpu_ns() < until)
        for (unsigned i = 0; i < QUEUE_BURN_STEPS; i++)
            sink += i;
}
