/* The epoll loop.
 *
 * Watches live in their owners; the loop knows them through a table of slots. An event carries slot index and the
 * slot's generation; a removal raises the generation, so events of the same batch that were meant for the removed
 * watch are recognised as stale and dropped. Slot 0 is the loop's own timerfd (only on kernels without epoll_pwait2).
 * Free slots form a list through `next_free`, last in, first out.
 *
 * A turn: compute the wait from timers and deferred calls, sleep, read the clock, dispatch descriptors, read the clock
 * again (only if there were any), fire timers, run deferred calls. Deferred calls added by deferred calls run in the
 * next turn, which then does not sleep, so two that re-add each other cannot starve the descriptors. The batch of
 * events lives in the loop, not on the stack, because hosts switch stacks inside callbacks; hence turns do not nest.
 *
 * The kernel's timer slack (50 µs by default) is lowered for the thread: lateness of the generator would otherwise show
 * up in the response times of open-model tests. */
#include "core/loop.h"

#include "core/loop_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum {
    LOOP_FIRST_SLOTS = 64,
    LOOP_SLOTS_MAX = 16 * 1024 * 1024,
    LOOP_SLACK_NS = 5000,
    LOOP_WAIT_MAX_US = 1000000000, /* a longer sleep is cut; the caller's next turn sleeps on */
    TIMERFD_SLOT = 0,
};

struct loop_slot {
    struct loop_watch *watch; /* NULL = free */
    uint32_t generation;
    uint32_t next_free;
};

struct loop {
    int epoll_fd;
    int timer_fd; /* -1 unless epoll_pwait2 is missing, or the loop is nested */
    int64_t armed_us; /* nested: what timer_fd waits for; INT64_MAX = nothing */
    const struct clock *clock;
    int64_t now_us;
    struct timers timers;
    struct list deferred;
    struct loop_slot *slots;
    uint32_t slot_cap, first_free; /* first_free 0 = none */
    size_t watches;
    bool in_turn, stopped;
    struct loop_lag lag;
    struct epoll_event events[LOOP_EVENTS_MAX];
};

int loop_new(struct loop **out, const struct loop_options *options) {
    struct loop *l = calloc(1, sizeof *l);

    *out = NULL;
    if (!l)
        return -ENOMEM;
    l->timer_fd = -1;
    l->armed_us = INT64_MAX;
    l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll_fd < 0) {
        int r = -errno;
        free(l);
        return r;
    }
    l->clock = options && options->clock ? options->clock : &clock_real;
    timers_init(&l->timers, l->clock);
    list_init(&l->deferred);
    (void)prctl(PR_SET_TIMERSLACK, (unsigned long)LOOP_SLACK_NS, 0UL, 0UL, 0UL);
    loop_refresh_us(l);
    *out = l;
    return 0;
}

struct loop *loop_free(struct loop *l) {
    if (!l)
        return NULL;
    assert(!l->in_turn);
    while (list_pop(&l->deferred))
        ;
    for (uint32_t i = 0; i < l->slot_cap; i++)
        if (l->slots[i].watch)
            l->slots[i].watch->slot = 0;
    timers_deinit(&l->timers);
    if (l->timer_fd >= 0)
        close(l->timer_fd);
    close(l->epoll_fd);
    free(l->slots);
    free(l);
    return NULL;
}

int loop_fd(const struct loop *l) {
    return l->epoll_fd;
}

struct timers *loop_timers(struct loop *l) {
    return &l->timers;
}

const struct clock *loop_clock(const struct loop *l) {
    return l->clock;
}

int64_t loop_now_us(const struct loop *l) {
    return l->now_us;
}

int64_t loop_refresh_us(struct loop *l) {
    return l->now_us = clock_now_us(l->clock);
}

/* --- descriptors --- */

static int grow_slots(struct loop *l) {
    uint32_t cap = l->slot_cap ? l->slot_cap * 2 : LOOP_FIRST_SLOTS;

    if (cap > LOOP_SLOTS_MAX)
        return ERROR_LIMIT;
    struct loop_slot *slots = reallocarray(l->slots, cap, sizeof *slots);
    if (!slots)
        return -ENOMEM;
    uint32_t first = l->slot_cap ? l->slot_cap : TIMERFD_SLOT + 1;
    for (uint32_t i = first; i < cap; i++)
        slots[i] = (struct loop_slot){.next_free = i + 1 < cap ? i + 1 : 0};
    if (!l->slot_cap)
        slots[TIMERFD_SLOT] = (struct loop_slot){0};
    l->slots = slots;
    l->slot_cap = cap;
    l->first_free = first;
    return 0;
}

static int control(struct loop *l, int op, const struct loop_watch *w, uint32_t events) {
    struct epoll_event e = {.events = events,
                            .data.u64 = (uint64_t)l->slots[w->slot].generation << 32 | w->slot};
    return epoll_ctl(l->epoll_fd, op, w->fd, &e) < 0 ? -errno : 0;
}

static void release_slot(struct loop *l, struct loop_watch *w) {
    struct loop_slot *s = &l->slots[w->slot];

    s->watch = NULL;
    s->generation++;
    s->next_free = l->first_free;
    l->first_free = w->slot;
    w->slot = 0;
    l->watches--;
}

int loop_watch_add(struct loop *l, struct loop_watch *w, int fd, uint32_t events) {
    assert(!w->slot && w->ready);
    int r = l->first_free ? 0 : grow_slots(l);
    if (r < 0)
        return r;
    w->fd = fd;
    w->events = events;
    w->slot = l->first_free;
    l->first_free = l->slots[w->slot].next_free;
    l->slots[w->slot].watch = w;
    l->watches++;
    r = control(l, EPOLL_CTL_ADD, w, events);
    if (r < 0)
        release_slot(l, w);
    return r;
}

int loop_watch_change(struct loop *l, struct loop_watch *w, uint32_t events) {
    assert(w->slot);
    if (w->events == events)
        return 0;
    int r = control(l, EPOLL_CTL_MOD, w, events);
    if (r == 0)
        w->events = events;
    return r;
}

void loop_watch_remove(struct loop *l, struct loop_watch *w) {
    if (!w->slot)
        return;
    assert(w->slot < l->slot_cap && l->slots[w->slot].watch == w);
    /* EBADF and ENOENT mean that the descriptor was closed first; the slot must be released all the same. */
    (void)control(l, EPOLL_CTL_DEL, w, 0);
    release_slot(l, w);
}

/* --- deferred calls --- */

void loop_defer(struct loop *l, struct loop_defer *d) {
    if (!list_linked(&d->entry))
        list_push(&l->deferred, &d->entry);
}

void loop_defer_cancel(struct loop_defer *d) {
    list_remove(&d->entry);
}

/* With thousands of users each one's memory is cold when its turn comes. */
static void announce(struct list *batch) {
    struct list *e = batch->next;

    for (int distance = 1; distance <= LOOP_SOON_MAX && e != batch; distance++, e = e->next) {
        struct loop_defer *d = LIST_ENTRY(e, struct loop_defer, entry);
        if (d->soon)
            d->soon(d, distance);
    }
    __builtin_prefetch(e);
}

static void run_deferred(struct loop *l) {
    struct list batch, *e;

    if (list_empty(&l->deferred))
        return;
    list_init(&batch);
    list_insert_before(l->deferred.next, &batch);
    list_remove(&l->deferred);
    list_init(&l->deferred);
    while ((e = list_pop(&batch))) {
        struct loop_defer *d = LIST_ENTRY(e, struct loop_defer, entry);
        announce(&batch);
        d->run(d);
    }
}

/* --- waiting --- */

int loop_force_timerfd(struct loop *l) {
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = TIMERFD_SLOT};

    if (l->timer_fd >= 0)
        return 0;
    int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (fd < 0 || epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0) {
        int r = -errno;
        if (fd >= 0)
            close(fd);
        return r;
    }
    l->timer_fd = fd;
    return 0;
}

static int wait_timerfd(struct loop *l, int64_t wait_us) {
    /* All zero disarms. Arming also clears an expiration of an earlier wait. */
    struct itimerspec at = {.it_value = {.tv_sec = wait_us > 0 ? wait_us / 1000000 : 0,
                                         .tv_nsec = wait_us > 0 ? wait_us % 1000000 * 1000 : 0}};
    int n;

    if (wait_us != 0)
        l->armed_us = INT64_MAX;
    if (wait_us != 0 && timerfd_settime(l->timer_fd, 0, &at, NULL) < 0)
        return -errno;
    n = epoll_wait(l->epoll_fd, l->events, LOOP_EVENTS_MAX, wait_us == 0 ? 0 : -1);
    return n < 0 ? -errno : n;
}

/* Number of events or a negative errno. */
static int wait_events(struct loop *l, int64_t wait_us) {
    struct timespec at = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    int n;

    if (wait_us == 0 && l->timer_fd < 0) {
        n = epoll_wait(l->epoll_fd, l->events, LOOP_EVENTS_MAX, 0);
        return n < 0 ? -errno : n;
    }
    if (l->timer_fd < 0) {
        n = epoll_pwait2(l->epoll_fd, l->events, LOOP_EVENTS_MAX, wait_us < 0 ? NULL : &at, NULL);
        if (n >= 0)
            return n;
        if (errno != ENOSYS && errno != EPERM) /* EPERM: container runtimes that filter unknown system calls */
            return -errno;
        int r = loop_force_timerfd(l);
        if (r < 0)
            return r;
    }
    return wait_timerfd(l, wait_us);
}

int loop_nest(struct loop *l) {
    return loop_force_timerfd(l);
}

int loop_arm(struct loop *l) {
    int64_t at_us = timers_next_us(&l->timers);

    at_us = !list_empty(&l->deferred) ? 0 : at_us < 0 ? INT64_MAX : at_us;
    if (l->timer_fd < 0 || at_us >= l->armed_us) /* it wakes early enough; once too often does no harm */
        return 0;
    struct itimerspec at = {.it_value = {.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000}};
    if (at_us <= 0)
        at.it_value.tv_nsec = 1; /* zero would disarm */
    if (timerfd_settime(l->timer_fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
        return -errno;
    l->armed_us = at_us;
    return 0;
}

int64_t loop_wait_us(const struct loop *l) {
    int64_t at_us = timers_next_us(&l->timers);

    if (!list_empty(&l->deferred))
        return 0;
    if (at_us < 0)
        return -1;
    int64_t wait_us = at_us - clock_now_us(l->clock);
    return wait_us < 0 ? 0 : wait_us < LOOP_WAIT_MAX_US ? wait_us : LOOP_WAIT_MAX_US;
}

static int64_t turn_wait_us(const struct loop *l, int64_t max_wait_us) {
    int64_t wait_us = max_wait_us == 0 ? 0 : loop_wait_us(l);

    if (wait_us > 0 && l->clock != &clock_real)
        wait_us = l->watches ? -1 : 0;
    if (max_wait_us >= 0 && (wait_us < 0 || wait_us > max_wait_us))
        wait_us = max_wait_us;
    return wait_us < LOOP_WAIT_MAX_US ? wait_us : LOOP_WAIT_MAX_US;
}

/* --- turns --- */

/* Two steps ahead the slot, one step ahead the watch and what stands behind it. */
static void prefetch_watch(const struct loop *l, int i, int count) {
    enum { WATCH_OWNER_BYTES = 256, LINE_BYTES = 64 };

    if (i + 2 < count)
        __builtin_prefetch(&l->slots[(uint32_t)l->events[i + 2].data.u64]);
    if (i + 1 >= count)
        return;
    const char *watch = (const char *)l->slots[(uint32_t)l->events[i + 1].data.u64].watch;
    for (int at = 0; watch && at < WATCH_OWNER_BYTES; at += LINE_BYTES)
        __builtin_prefetch(watch + at);
}

static void dispatch(struct loop *l, int count) {
    for (int i = 0; i < count; i++) {
        prefetch_watch(l, i, count);
        uint32_t slot = (uint32_t)l->events[i].data.u64;
        uint32_t generation = (uint32_t)(l->events[i].data.u64 >> 32);

        if (slot == TIMERFD_SLOT) {
            uint64_t expirations;
            (void)!read(l->timer_fd, &expirations, sizeof expirations);
            l->armed_us = INT64_MAX;
            continue;
        }
        struct loop_slot *s = &l->slots[slot];
        if (s->watch && s->generation == generation)
            s->watch->ready(s->watch, l->events[i].events);
    }
}

static void fire_timers(struct loop *l) {
    int64_t next_us = timers_next_us(&l->timers);

    if (next_us < 0 || next_us > l->now_us)
        return;
    if (l->now_us - next_us > l->lag.timer_late_max_us)
        l->lag.timer_late_max_us = l->now_us - next_us;
    timers_fire(&l->timers, l->now_us);
}

int loop_turn(struct loop *l, int64_t max_wait_us) {
    if (l->in_turn)
        return -EBUSY;
    int n = wait_events(l, turn_wait_us(l, max_wait_us));
    if (n < 0 && n != -EINTR)
        return n;
    int64_t start_us = loop_refresh_us(l);
    bool worked = n > 0 || !list_empty(&l->deferred);
    l->in_turn = true;
    if (n > 0) {
        dispatch(l, n);
        loop_refresh_us(l);
    }
    int64_t next_us = timers_next_us(&l->timers);
    worked |= next_us >= 0 && next_us <= l->now_us;
    fire_timers(l);
    run_deferred(l);
    l->in_turn = false;
    if (worked)
        loop_note_turn(l, start_us);
    return 0;
}

void loop_note_turn(struct loop *l, int64_t start_us) {
    int64_t took_us = clock_now_us(l->clock) - start_us;

    if (took_us > l->lag.turn_max_us)
        l->lag.turn_max_us = took_us;
}

int loop_run(struct loop *l) {
    l->stopped = false;
    while (!l->stopped && (l->watches || l->timers.heap.len || !list_empty(&l->deferred))) {
        int r = loop_turn(l, -1);
        if (r < 0)
            return r;
    }
    return 0;
}

void loop_stop(struct loop *l) {
    l->stopped = true;
}

struct loop_lag loop_take_lag(struct loop *l) {
    struct loop_lag lag = l->lag;
    l->lag = (struct loop_lag){0};
    return lag;
}
