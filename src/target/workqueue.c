/* `waiting` and `stopping` change under the lock; `stopping` is atomic besides, so that a burning worker can
 * look at it without taking the lock. */
#include "target/workqueue.h"
#include <errno.h>
#include <stdlib.h>
#include <time.h>

enum { WORKQUEUE_NS_PER_S = 1000 * 1000 * 1000, WORKQUEUE_BURN_STEPS = 2000 };

struct workqueue_thread {
    struct workqueue *queue;
    pthread_t thread;
    unsigned number;
};

static void *workqueue_run(void *arg) {
    struct workqueue_thread *t = arg;
    struct workqueue *q = t->queue;

    pthread_mutex_lock(&q->lock);
    while (!q->stopping) {
        struct list *e = list_pop(&q->waiting);
        if (!e) {
            pthread_cond_wait(&q->wake, &q->lock);
            continue;
        }
        pthread_mutex_unlock(&q->lock);
        q->table->work(q->ctx, t->number, LIST_ENTRY(e, struct workqueue_job, entry));
        pthread_mutex_lock(&q->lock);
    }
    pthread_mutex_unlock(&q->lock);
    return NULL;
}

static int workqueue_start_threads(struct workqueue *q, unsigned workers) {
    pthread_attr_t attr;
    int rc = 0;

    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, WORKQUEUE_STACK);
    while (rc == 0 && q->count < workers) {
        struct workqueue_thread *t = &q->threads[q->count];
        *t = (struct workqueue_thread){.queue = q, .number = q->count};
        rc = -pthread_create(&t->thread, &attr, workqueue_run, t);
        q->count += rc == 0;
    }
    pthread_attr_destroy(&attr);
    return rc;
}

int workqueue_start(struct workqueue *q, unsigned workers, const struct workqueue_table *table, void *ctx) {
    *q = (struct workqueue){.table = table, .ctx = ctx, .threads = calloc(workers, sizeof *q->threads)};
    if (!q->threads)
        return -ENOMEM;
    list_init(&q->waiting);
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->wake, NULL);
    int rc = workqueue_start_threads(q, workers);
    if (rc)
        workqueue_stop(q);
    return rc;
}

void workqueue_push(struct workqueue *q, struct workqueue_job *job) {
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

void workqueue_stop(struct workqueue *q) {
    if (!q->threads) {
        q->stopping = true;
        return;
    }
    pthread_mutex_lock(&q->lock);
    q->stopping = true;
    pthread_cond_broadcast(&q->wake);
    pthread_mutex_unlock(&q->lock);
    for (unsigned i = 0; i < q->count; i++)
        pthread_join(q->threads[i].thread, NULL);
    for (struct list *e; (e = list_pop(&q->waiting));)
        q->table->drop(q->ctx, LIST_ENTRY(e, struct workqueue_job, entry));
    free(q->threads);
    q->threads = NULL;
    q->count = 0;
}

static int64_t workqueue_thread_cpu_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return t.tv_sec * (int64_t)WORKQUEUE_NS_PER_S + t.tv_nsec;
}

void workqueue_burn(const atomic_bool *stopping, int64_t cpu_ns) {
    int64_t until = workqueue_thread_cpu_ns() + cpu_ns;

    while (!atomic_load_explicit(stopping, memory_order_relaxed) && workqueue_thread_cpu_ns() < until)
        for (unsigned i = 0; i < WORKQUEUE_BURN_STEPS; i++)
            __asm__ volatile("" : : "r"(i)); /* the loop must not vanish */
}
