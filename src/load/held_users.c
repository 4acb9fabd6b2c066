/* held-users: as many users as was last asked for. A user's one iteration is its whole life, so an iteration
 * that ends by itself is a user who has left; nobody takes its place until somebody asks again, with whatever
 * number (Locust's rule).
 *
 * steered-users is the same with users that loop: an iteration that ends is followed by the next, and whoever is no longer wanted ends
 * its iteration first.
 *
 * Slots without a user are spare; there are always as many as were ever wanted at once. Users come from the
 * pool or are asked for
 * (`grow`), one request per slot that starves. Who is let go: the latest slots first; which user of a class
 * that is does not matter. */
#include "load/executor_priv.h"

#include <errno.h>

struct own {
    size_t asked_for; /* users that grow() was called for and that have not come */
};

static int64_t first_slots(const struct executor *x) {
    (void)x;
    return 0;
}

static bool is_spare(const struct executor_slot *s) {
    return !s->wanted && !s->running && !s->ready && !s->user;
}

static void want(struct executor *x, struct executor_slot *s) {
    s->wanted = true;
    s->started = 0;
    executor_ready(x, s);
}

static void unwant(struct executor *x, struct executor_slot *s) {
    s->wanted = false;
    if (s->running && x->kind == &executor_held_users)
        executor_cut(x, s);
    else
        executor_ready(x, s); /* it waits for a user: looked at, and let go */
}

static size_t count(const struct executor *x, bool spare) {
    size_t n = 0;

    for (size_t i = 0; i < x->slot_count; i++)
        n += spare ? is_spare(&x->slots[i]) : x->slots[i].wanted;
    return n;
}

static void idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    struct own *own = x->own;
    bool left = s->started > 0 && x->kind == &executor_held_users;

    if (left || x->stopped)
        s->wanted = false;
    if (!s->wanted) {
        executor_let_go(x, s);
        return;
    }
    if (executor_hold(x, s)) {
        executor_run(x, s, now_us);
    } else if (own->asked_for < x->starving) {
        own->asked_for++;
        x->options.ops->grow(x->options.ctx);
    }
}

static void grown(struct executor *x) {
    struct own *own = x->own;

    own->asked_for -= own->asked_for > 0;
}

static int ask(struct executor *x, uint64_t users, int64_t now_us) {
    if (users > PLAN_USERS_MAX)
        return ERROR_INVALID;
    size_t there = count(x, false), spare = count(x, true);
    if (users > there + spare) {
        int r = executor_more_slots(x, x->slot_count + (size_t)users - there - spare);
        if (r < 0)
            return r;
    }
    x->now_us = now_us;
    for (size_t i = 0; i < x->slot_count && there < users; i++)
        if (is_spare(&x->slots[i])) {
            want(x, &x->slots[i]);
            there++;
        }
    x->busy = true; /* users that end at once only queue */
    for (size_t i = x->slot_count; i > 0 && there > users; i--)
        if (x->slots[i - 1].wanted) {
            unwant(x, &x->slots[i - 1]);
            there--;
        }
    x->busy = false;
    return 0;
}

static void begin(struct executor *x, int64_t now_us) {
    (void)x;
    (void)now_us;
}

#define HELD_USERS_KIND                                                                                                 \
    {                                                                                                                   \
        .slots = first_slots, .begin = begin, .idle = idle, .grown = grown, .ask = ask, .own_bytes = sizeof(struct own), \
        .endless = true                                                                                                 \
    }
const struct executor_kind executor_held_users = HELD_USERS_KIND;
const struct executor_kind executor_steered_users = HELD_USERS_KIND;
