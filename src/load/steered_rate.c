/* steered-rate: iterations at the rate that was last asked for. Ticks lie on a grid from the instant of the
 * asking, every stripe has every count-th. A tick without an idle user is not dropped but done late, by the
 * first user that is free, with its intended instant: what waits is `next` … the ticks that are due. A new
 * rate begins anew; what still waited then is dropped, so a system that was overloaded is left in peace at
 * once. Users are made while ticks wait, up to maxVUs. */
#include "load/executor_priv.h"

#include <errno.h>

enum { GROW_AT_ONCE = 16, PER_UNIT = 1000 };

struct own {
    uint64_t rate; /* thousandths of an iteration per second, over all stripes */
    int64_t origin_us;
    uint64_t next;    /* the next tick of ours */
    struct list idle; /* slots with an idle user; FIFO */
    size_t allocated; /* slots that have or were promised a user */
    size_t requested; /* allocated, and those that are being made */
};

static int64_t slots(const struct executor *x) {
    return (int64_t)executor_stripe_slots(x->options.stripe, (uint64_t)plan_scenario_users_max(x->scenario));
}

static int init(struct executor *x) {
    struct own *own = x->own;

    list_init(&own->idle);
    for (size_t i = 0; i < x->slot_count; i++)
        x->slots[i].number = -1;
    return 0;
}

static void begin(struct executor *x, int64_t now_us) {
    struct own *own = x->own;

    own->allocated = own->requested = (size_t)executor_slots_of_users(x);
    for (size_t i = 0; i < own->allocated; i++)
        executor_ready(x, &x->slots[i]);
    executor_drain(x, now_us);
}

static int64_t tick_us(const struct executor *x, uint64_t k) {
    const struct own *own = x->own;
    double n = (double)k * x->options.stripe.count + x->options.stripe.index + 1;

    return own->rate ? own->origin_us + (int64_t)(n * 1e6 * PER_UNIT / (double)own->rate) : INT64_MAX;
}

/* How many ticks are due and not done. */
static uint64_t waiting(const struct executor *x, int64_t now_us) {
    const struct own *own = x->own;

    if (!own->rate || now_us < own->origin_us)
        return 0;
    double n = (double)(now_us - own->origin_us) * (double)own->rate / (1e6 * PER_UNIT);
    double due = (n - x->options.stripe.index - 1) / x->options.stripe.count + 1;
    return due > (double)own->next ? (uint64_t)due - own->next : 0;
}

static void grow(struct executor *x, uint64_t wanted) {
    struct own *own = x->own;

    while (own->requested < x->slot_count && own->requested - own->allocated < GROW_AT_ONCE &&
           own->requested - own->allocated < wanted) {
        own->requested++;
        x->options.ops->grow(x->options.ctx);
    }
}

static void advance(struct executor *x, int64_t until_us, int64_t now_us) {
    struct own *own = x->own;

    while (!x->stopped && tick_us(x, own->next) <= until_us) {
        if (list_empty(&own->idle))
            executor_drain(x, now_us); /* users whose iteration ended inside start() */
        struct list *e = list_pop(&own->idle);
        if (!e) {
            grow(x, waiting(x, now_us));
            return;
        }
        int64_t intended_us = tick_us(x, own->next++);
        struct executor_slot *s = LIST_ENTRY(e, struct executor_slot, entry);
        executor_run_late(x, s, intended_us, s->idle_us > intended_us ? s->idle_us : intended_us);
    }
}

/* Who waits for a user hears of it: executor_done and executor_grown are followed by a step. */
static int64_t next(struct executor *x) {
    const struct own *own = x->own;

    return x->stopped || list_empty(&own->idle) ? INT64_MAX : tick_us(x, own->next);
}

static void idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    struct own *own = x->own;

    s->idle_us = now_us;
    if (x->stopped)
        executor_let_go(x, s);
    else if (executor_hold(x, s))
        list_push(&own->idle, &s->entry);
}

static void grown(struct executor *x) {
    struct own *own = x->own;

    if (own->allocated < own->requested && !x->stopped)
        executor_ready(x, &x->slots[own->allocated++]);
}

static int ask(struct executor *x, uint64_t rate, int64_t now_us) {
    struct own *own = x->own;

    if (rate == own->rate)
        return 0;
    executor_drop(x, waiting(x, now_us));
    own->rate = rate;
    own->origin_us = now_us;
    own->next = 0;
    return 0;
}

const struct executor_kind executor_steered_rate = {.slots = slots,
    .init = init,
    .begin = begin,
    .advance = advance,
    .next = next,
    .idle = idle,
    .grown = grown,
    .ask = ask,
    .own_bytes = sizeof(struct own),
    .endless = true};
