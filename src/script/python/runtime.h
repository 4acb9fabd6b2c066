/* One Python process of ours: the engine's loop nested in gevent's hub, greenlets that wait for it, and what
 * they share.
 *
 * It is made at the first use, so after any fork that came before; a fork after that makes a new one in the
 * child. */
#ifndef SCRIPT_PYTHON_RUNTIME_H
#define SCRIPT_PYTHON_RUNTIME_H

#include "core/list.h"
#include "core/log.h"
#include "core/loop.h"
#include "script/python/entry.h"
#include "stats/trace_mark.h"

#include <pthread.h>

enum {
    RUNTIME_RESUMES_MAX = 4096, /* greenlets per turn; then gevent's own watchers have theirs */
    RUNTIME_POLL_EVERY_US =
        500, /* between resumed greenlets: sockets are read, so that answers get their time */
};

/* A greenlet that waits. Lives on the heap, never on a stack: greenlets' stacks are moved away while others
 * run. */
struct waiter {
    struct list entry; /* in runtime.ready */
    void *greenlet;    /* PyObject, held while it waits */
    bool done;
    bool for_answer; /* of a request; others wait for time to pass */
};

struct runtime {
    struct loop *loop;
    struct recorder own;       /* without an engine */
    struct recorder *recorder; /* the engine's, or own */
    struct recorder kept; /* of all that the recorder has handed away (snapshots, in the conductor also those
                             of others) */
    struct entries entries;
    struct log_sink *log; /* of the run; NULL = there is none */
    struct http_clients *clients;
    struct list ready;
    void *answered;          /* the greenlet that was resumed last, if it was for an answer (compared only) */
    void *hub, *watcher;     /* PyObjects; NULL = not attached yet */
    struct trace_marker marker; /* of requests, when the plan wants it */
    int64_t started_wall_us; /* of the statistics */
    _Atomic uint64_t turns;  /* for the watchdog */
    pthread_t thread;        /* the only one that may come here */
    bool attached;
    void (*after_turn)(struct runtime *rt);     /* NULL, or called at the end of every turn */
    void (*after_snapshot)(struct runtime *rt); /* NULL, or called when `kept` has grown */
};

/* NULL with a Python exception. */
struct runtime *runtime_get(void);
/* Hangs the loop into gevent's hub (once). 0 or -1 with an exception. */
int runtime_attach(struct runtime *rt);
/* What the hub's watcher calls: a turn of the loop, then the greenlets that are done. 0 or -1 with an
 * exception. */
int runtime_turn(struct runtime *rt);
/* After anything that may have armed a timer or deferred a call outside of a turn. */
void runtime_arm(struct runtime *rt);
/* From now on this recorder takes the measurements. 0 or negative. */
int runtime_record_to(struct runtime *rt, struct recorder *r) MUST_USE;
/* Empties the statistics. */
void runtime_reset_statistics(struct runtime *rt);

/* Whether the present greenlet gave way for an answer since it last asked this: then it need not give way
 * once more (sleep(0)). */
bool runtime_has_given_way(struct runtime *rt);
/* Gives way to the hub until waiter_wake. -1: an exception was thrown into the greenlet; then it waits no
 * more. */
int waiter_wait(struct runtime *rt, struct waiter *w);
void waiter_wake(struct runtime *rt, struct waiter *w);

#endif
