#include "target/gate.h"
#include <errno.h>

int gate_init(struct gate *g) {
    pthread_mutexattr_t attr;
    int rc = pthread_mutexattr_init(&attr);

    g->size = g->inside = g->head = g->waiting = 0;
    for (size_t i = 0; i < GATE_PROCESSES_MAX; i++)
        g->shares[i] = (struct gate_share){.inside = 0};
    if (rc)
        return -rc;
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    rc = pthread_mutex_init(&g->lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return -rc;
}

void gate_deinit(struct gate *g) {
    pthread_mutex_destroy(&g->lock);
}

/* A dead owner leaves numbers that are off by one at worst, and gate_forget comes soon. */
static void gate_lock(struct gate *g) {
    if (pthread_mutex_lock(&g->lock) == EOWNERDEAD)
        pthread_mutex_consistent(&g->lock);
}

static void gate_admit(struct gate *g, gate_wake_fn *wake, void *ctx) {
    while (g->waiting > 0 && (g->size == 0 || g->inside < g->size)) {
        unsigned process = g->line[g->head];
        g->head = (g->head + 1) % GATE_WAITERS_MAX;
        g->waiting--;
        g->inside++;
        g->shares[process].inside++;
        g->shares[process].granted++;
        wake(ctx, process);
    }
}

enum gate_outcome gate_enter(struct gate *g, unsigned process, struct list *waiters, struct list *entry) {
    enum gate_outcome outcome = GATE_FULL;
    gate_lock(g);
    if (g->waiting == 0 && (g->size == 0 || g->inside < g->size)) {
        g->inside++;
        g->shares[process].inside++;
        outcome = GATE_IN;
    } else if (g->waiting < GATE_WAITERS_MAX) {
        g->line[(g->head + g->waiting++) % GATE_WAITERS_MAX] = (uint16_t)process;
        list_push(waiters, entry);
        outcome = GATE_WAITING;
    }
    pthread_mutex_unlock(&g->lock);
    return outcome;
}

void gate_leave(struct gate *g, unsigned process, gate_wake_fn *wake, void *ctx) {
    gate_lock(g);
    if (g->shares[process].inside > 0) {
        g->shares[process].inside--;
        g->inside--;
    }
    gate_admit(g, wake, ctx);
    pthread_mutex_unlock(&g->lock);
}

struct list *gate_take(struct gate *g, unsigned process, struct list *waiters) {
    struct list *entry = NULL;
    gate_lock(g);
    if (g->shares[process].granted > 0) {
        g->shares[process].granted--;
        entry = list_pop(waiters);
    }
    pthread_mutex_unlock(&g->lock);
    return entry;
}

static void gate_drop_waiters(struct gate *g, unsigned process) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < g->waiting; i++) {
        uint16_t other = g->line[(g->head + i) % GATE_WAITERS_MAX];
        if (other != process)
            g->line[(g->head + kept++) % GATE_WAITERS_MAX] = other;
    }
    g->waiting = kept;
}

static void gate_give_back(struct gate *g, unsigned process, uint32_t count) {
    struct gate_share *share = &g->shares[process];
    g->inside -= count;
    share->inside -= count;
    share->granted = 0;
}

void gate_abandon(struct gate *g, unsigned process, gate_wake_fn *wake, void *ctx) {
    gate_lock(g);
    gate_drop_waiters(g, process);
    gate_give_back(g, process, g->shares[process].granted);
    gate_admit(g, wake, ctx);
    pthread_mutex_unlock(&g->lock);
}

void gate_forget(struct gate *g, unsigned process, gate_wake_fn *wake, void *ctx) {
    gate_lock(g);
    gate_drop_waiters(g, process);
    gate_give_back(g, process, g->shares[process].inside);
    gate_admit(g, wake, ctx);
    pthread_mutex_unlock(&g->lock);
}

void gate_resize(struct gate *g, uint32_t size, gate_wake_fn *wake, void *ctx) {
    gate_lock(g);
    g->size = size;
    gate_admit(g, wake, ctx);
    pthread_mutex_unlock(&g->lock);
}

struct gate_state gate_look(struct gate *g) {
    gate_lock(g);
    struct gate_state s = {.size = g->size, .inside = g->inside, .waiting = g->waiting};
    pthread_mutex_unlock(&g->lock);
    return s;
}
