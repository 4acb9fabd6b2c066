/* A limit on how many may be inside at once, over several processes, first come, first served: the workers,
 * the connections of a pool, a lock.
 *
 * A gate lies in memory shared by the processes and knows waiters only by their process's number; each
 * process keeps its own waiters in a list, in the same order. So a process that dies leaves nothing behind
 * that gate_forget could not tidy up. Nobody blocks: who has to wait is in the list until gate_take hands it
 * out. */
#ifndef TARGET_GATE_H
#define TARGET_GATE_H

#include "core/error.h"
#include "core/list.h"
#include <pthread.h>
#include <stdint.h>

enum {
    GATE_PROCESSES_MAX = 256,
    GATE_WAITERS_MAX = 256 * 1024, /* over all processes; more are turned away */
};

enum gate_outcome { GATE_IN = 0, GATE_WAITING = 1, GATE_FULL = 2 };

struct gate_share {
    uint32_t inside;  /* includes those granted but not taken yet */
    uint32_t granted; /* may be taken */
};

struct gate {
    pthread_mutex_t lock; /* robust: its owner may die */
    uint32_t size;        /* 0 = open to all */
    uint32_t inside, head, waiting;
    struct gate_share shares[GATE_PROCESSES_MAX];
    uint16_t line[GATE_WAITERS_MAX]; /* whose waiter is next, a ring from head */
};

struct gate_state {
    uint32_t size, inside, waiting;
};

/* Tells a process that gate_take has something for it; ctx is what the call was given. */
typedef void gate_wake_fn(void *ctx, unsigned process);

int gate_init(struct gate *g) MUST_USE;
void gate_deinit(struct gate *g);
/* GATE_WAITING: entry was put into `waiters`, the caller must not touch it any more. */
enum gate_outcome gate_enter(struct gate *g, unsigned process, struct list *waiters, struct list *entry);
void gate_leave(struct gate *g, unsigned process, gate_wake_fn *wake, void *ctx);
/* The next of the process's waiters that is inside now; NULL = none. */
struct list *gate_take(struct gate *g, unsigned process, struct list *waiters);
/* Gives up all that wait in this process: they are in `waiters` still, and not in the line any more. */
void gate_abandon(struct gate *g, unsigned process, gate_wake_fn *wake, void *ctx);
/* The process is dead. */
void gate_forget(struct gate *g, unsigned process, gate_wake_fn *wake, void *ctx);
/* Lets more in if there is room; nobody is thrown out. */
void gate_resize(struct gate *g, uint32_t size, gate_wake_fn *wake, void *ctx);
struct gate_state gate_look(struct gate *g);

#endif
