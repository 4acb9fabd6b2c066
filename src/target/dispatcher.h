/* One thread per process that waits for everybody else: timers of sleeping requests, and gates that opened.
 */
#ifndef TARGET_DISPATCHER_H
#define TARGET_DISPATCHER_H

#include "core/error.h"
#include "core/heap.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

struct dispatcher_timer {
    struct heap_node node;
};

/* Called on the dispatcher's thread, one at a time. */
struct dispatcher_table {
    void (*due)(void *ctx, struct dispatcher_timer *t);
    void (*woken)(void *ctx); /* somebody wrote to wake_fd */
};

struct dispatcher {
    const struct dispatcher_table *table;
    void *ctx;
    int wake_fd; /* an eventfd of the caller's */
    pthread_t thread;
    bool started;
    pthread_mutex_t lock;
    struct heap timers; /* by CLOCK_MONOTONIC in ns */
    atomic_bool stopping;
};
#define DISPATCHER_NULL ((struct dispatcher){.wake_fd = -1})

int dispatcher_start(
    struct dispatcher *d, int wake_fd, const struct dispatcher_table *table, void *ctx) MUST_USE;
/* From any thread. When the dispatcher is stopping, or without memory, the timer is due at once, on the
 * caller's thread. */
void dispatcher_arm(struct dispatcher *d, struct dispatcher_timer *t, int64_t at_ns);
/* All timers are due now, the thread ends; later ones are due at once. Fine when never started, and twice. */
void dispatcher_stop(struct dispatcher *d);
void dispatcher_deinit(struct dispatcher *d); /* after the stop, once nobody arms timers any more */

#endif
