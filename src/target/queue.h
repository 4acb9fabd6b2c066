/* A first-in first-out queue with its workers: threads that take one job at a time.
 *
 * It is the accept queue of a server with N synchronous workers: a job waits however long it takes, and is
 * worked on even if nobody waits for it any more. With one worker that only sleeps it is also a delay line.
 */
#ifndef TARGET_QUEUE_H
#define TARGET_QUEUE_H

#include "core/error.h"
#include "core/list.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { QUEUE_STACK = 256 * 1024 };

struct queue_job {
    struct list entry;
};

struct queue_table {
    /* Works on a job on the thread of worker number `worker`. */
    void (*work)(void *ctx, unsigned worker, struct queue_job *job);
    /* For each job that was still waiting at the stop. */
    void (*drop)(void *ctx, struct queue_job *job);
};

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t wake; /* a job came, or the stop */
    pthread_cond_t stop; /* what sleeping jobs wait for */
    struct list waiting;
    atomic_bool stopping;
    const struct queue_table *table;
    void *ctx;
    struct queue_thread *threads;
    unsigned count; /* threads running; 0 = not started */
};
#define QUEUE_NULL ((struct queue){.count = 0})

int queue_start(struct queue *q, unsigned workers, const struct queue_table *table, void *ctx) MUST_USE;
void queue_push(struct queue *q, struct queue_job *job);
/* Wakes sleepers, lets running jobs end, drops the waiting ones, joins the threads. Fine when never started,
 * and twice. */
void queue_stop(struct queue *q);

/* For jobs: sleeps until CLOCK_MONOTONIC is until_ns, less when the queue stops. */
void queue_sleep(struct queue *q, int64_t until_ns);
/* For jobs: burns processor time of this thread, less when the queue stops. */
void queue_burn(struct queue *q, int64_t cpu_ns);

#endif
