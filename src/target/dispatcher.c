#include "target/dispatcher.h"
#include "core/list.h"
#include <errno.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

enum { DISPATCHER_NS_PER_S = 1000 * 1000 * 1000, DISPATCHER_STACK = 256 * 1024 };

static int64_t dispatcher_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)DISPATCHER_NS_PER_S + t.tv_nsec;
}

static void dispatcher_poke(const struct dispatcher *d) {
    uint64_t one = 1;
    if (write(d->wake_fd, &one, sizeof one) < 0)
        return; /* full: it is awake anyway */
}

/* The next timer that is due, or NULL and how long to wait (-1 = for ever). */
static struct dispatcher_timer *dispatcher_next(struct dispatcher *d, int64_t *wait_ns) {
    struct dispatcher_timer *due = NULL;
    pthread_mutex_lock(&d->lock);
    struct heap_node *n = heap_min(&d->timers);
    *wait_ns = n ? n->key - dispatcher_now_ns() : -1;
    if (n && (*wait_ns <= 0 || d->stopping)) {
        heap_remove(&d->timers, n);
        due = CONTAINER_OF(n, struct dispatcher_timer, node);
    }
    pthread_mutex_unlock(&d->lock);
    return due;
}

static void dispatcher_sleep(struct dispatcher *d, int64_t wait_ns) {
    struct pollfd p = {.fd = d->wake_fd, .events = POLLIN};
    struct timespec t = {.tv_sec = wait_ns / DISPATCHER_NS_PER_S, .tv_nsec = wait_ns % DISPATCHER_NS_PER_S};
    uint64_t count;
    if (ppoll(&p, 1, wait_ns < 0 ? NULL : &t, NULL) == 1 && read(d->wake_fd, &count, sizeof count) > 0)
        d->table->woken(d->ctx);
}

static void *dispatcher_run(void *arg) {
    struct dispatcher *d = arg;
    int64_t wait_ns;

    for (;;) {
        struct dispatcher_timer *t = dispatcher_next(d, &wait_ns);
        if (t)
            d->table->due(d->ctx, t);
        else if (d->stopping)
            return NULL;
        else
            dispatcher_sleep(d, wait_ns);
    }
}

int dispatcher_start(struct dispatcher *d, int wake_fd, const struct dispatcher_table *table, void *ctx) {
    pthread_attr_t attr;
    *d = (struct dispatcher){.table = table, .ctx = ctx, .wake_fd = wake_fd};
    pthread_mutex_init(&d->lock, NULL);
    heap_init(&d->timers);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, DISPATCHER_STACK);
    int rc = -pthread_create(&d->thread, &attr, dispatcher_run, d);
    pthread_attr_destroy(&attr);
    d->started = rc == 0;
    return rc;
}

void dispatcher_arm(struct dispatcher *d, struct dispatcher_timer *t, int64_t at_ns) {
    pthread_mutex_lock(&d->lock);
    bool at_once = d->stopping || heap_insert(&d->timers, &t->node, at_ns) != 0;
    bool first = !at_once && heap_min(&d->timers) == &t->node;
    pthread_mutex_unlock(&d->lock);
    if (at_once)
        d->table->due(d->ctx, t);
    else if (first)
        dispatcher_poke(d);
}

void dispatcher_stop(struct dispatcher *d) {
    if (!d->started)
        return;
    pthread_mutex_lock(&d->lock);
    d->stopping = true;
    pthread_mutex_unlock(&d->lock);
    dispatcher_poke(d);
    pthread_join(d->thread, NULL);
    d->started = false;
}

void dispatcher_deinit(struct dispatcher *d) {
    if (!d->table)
        return;
    heap_deinit(&d->timers);
    pthread_mutex_destroy(&d->lock);
    d->table = NULL;
}
