/* A first-in first-out queue with its workers: threads that take one job at a time.
 *
 * It is the accept queue of a server with N synchronous workers: a job waits however long it takes, and is
 * worked on even if nobody waits for it any more.
 */
#ifndef TARGET_WORKQUEUE_H
#define TARGET_WORKQUEUE_H

#include "core/error.h"
#include "core/list.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { WORKQUEUE_STACK = 256 * 1024 };

struct workqueue_job {
    struct list entry;
};

struct workqueue_table {
    /* Works on a job on the thread of worker number `worker`. */
    void (*work)(void *ctx, unsigned worker, struct workqueue_job *job);
    /* For each job that was still waiting at the stop. */
    void (*drop)(void *ctx, struct workqueue_job *job);
};

struct workqueue {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* a job came, or the stop */
    struct list waiting;
    atomic_bool stopping;
    const struct workqueue_table *table;
    void *ctx;
    struct workqueue_thread *threads;
    unsigned count; /* threads running; 0 = not started */
};
#define WORKQUEUE_NULL ((struct workqueue){.count = 0})

int workqueue_start(
    struct workqueue *q, unsigned workers, const struct workqueue_table *table, void *ctx) MUST_USE;
void workqueue_push(struct workqueue *q, struct workqueue_job *job);
/* Lets running jobs end, drops the waiting ones, joins the threads. Fine when never started,
 * and twice. */
void workqueue_stop(struct workqueue *q);

/* For jobs: burns processor time of this thread, less when *stopping becomes true. */
void workqueue_burn(const atomic_bool *stopping, int64_t cpu_ns);

#endif
