/* One epoll loop: descriptors, timers, deferred calls. One thread, one loop.
 *
 * A watch lives in its owner's struct. epoll data holds slot index + generation, so that an event for a
 * watch that was removed (and perhaps added again for a new descriptor) in the same batch is dropped. */
#ifndef CORE_LOOP_H
#define CORE_LOOP_H

#include "core/list.h"
#include "core/timers.h"

#include <sys/epoll.h>

struct loop;

struct loop_watch {
    int fd;
    uint32_t events; /* EPOLLIN | EPOLLOUT … as asked (EPOLLET never set by the loop itself) */
    uint32_t slot;   /* 1-based; 0 = not added */
    void (*ready)(struct loop_watch *w, uint32_t events);
};
#define LOOP_WATCH_NULL ((struct loop_watch){.fd = -1})

struct loop_defer {
    struct list entry;
    void (*run)(struct loop_defer *d);
    /* May be NULL. Told while its forerunners run, once at each distance of LOOP_SOON_MAX … 1: the time to prefetch what run will touch. */
    void (*soon)(struct loop_defer *d, int distance);
};
enum { LOOP_SOON_MAX = 2 };

enum { LOOP_EVENTS_MAX = 256 }; /* per turn */

struct loop_options {
    /* NULL = clock_real. On any other clock (tests) armed timers never make a turn sleep nor cut a sleep short. */
    const struct clock *clock;
};

int loop_new(struct loop **out, const struct loop_options *options) MUST_USE;
struct loop *loop_free(struct loop *l);
int loop_fd(const struct loop *l);      /* the epoll descriptor, to nest the loop in another one (gevent) */
struct timers *loop_timers(struct loop *l);
const struct clock *loop_clock(const struct loop *l);
/* Time at the start of the present turn (cached; cheap), and a fresh reading that also refreshes the cache. */
int64_t loop_now_us(const struct loop *l);
int64_t loop_refresh_us(struct loop *l);

int loop_watch_add(struct loop *l, struct loop_watch *w, int fd, uint32_t events) MUST_USE;
int loop_watch_change(struct loop *l, struct loop_watch *w, uint32_t events) MUST_USE; /* no syscall if equal */
void loop_watch_remove(struct loop *l, struct loop_watch *w); /* before close(fd); twice is fine */

/* Runs d->run once, after the present callbacks, before the loop sleeps. Adding it twice runs it once. */
void loop_defer(struct loop *l, struct loop_defer *d);
void loop_defer_cancel(struct loop_defer *d);

/* How long loop_turn may sleep: 0 when work is due, -1 when there is neither timer nor deferred call. For a host that
 * nests loop_fd in its own loop and must call loop_turn(l, 0) in time. */
int64_t loop_wait_us(const struct loop *l);

/* One turn: wait at most max_wait_us (-1 = until something happens; capped by timers), dispatch sockets first,
 * then timers, then deferred calls. Returns 0 or a negative errno; -EBUSY from
 * within a turn. */
int loop_turn(struct loop *l, int64_t max_wait_us) MUST_USE;
/* For a host that nests loop_fd in its own loop: after loop_nest the descriptor also becomes readable when a timer or a deferred call is due,
 * provided that loop_arm was called after the last timer was armed and call deferred (cheap when nothing changed). */
int loop_nest(struct loop *l) MUST_USE;
int loop_arm(struct loop *l) MUST_USE;
/* The host's own work that followed a turn counts as part of it: start_us is when the turn began. */
void loop_note_turn(struct loop *l, int64_t start_us);
int loop_run(struct loop *l) MUST_USE; /* until loop_stop, or nothing is left to wait for */
void loop_stop(struct loop *l);

/* Health of the loop itself, for validity: how long callbacks of a turn took at worst, and how late timers fired,
 * since the last call. µs. */
struct loop_lag {
    int64_t turn_max_us;
    int64_t timer_late_max_us;
};
struct loop_lag loop_take_lag(struct loop *l);

#endif
