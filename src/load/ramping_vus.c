/* ramping-vus: the ramp says which slots are wanted. A wanted slot iterates without a pause. One that is no
 * longer wanted finishes its iteration within gracefulRampDown (never later than end + gracefulStop), in the
 * list `winding`, ordered by deadline because the ramp's events come in order; a ramp-up before that takes it
 * out again, and its user goes on as if nothing had been. */
#include "load/executor_priv.h"

#include "load/ramp.h"

struct own {
    struct ramp ramp;
    struct ramp_event next;
    bool more; /* next is valid */
    struct list winding;
};

static bool mine(const struct executor *x, int64_t slot) {
    return (uint64_t)slot % x->options.stripe.count == x->options.stripe.index;
}

static void fetch(struct executor *x) {
    struct own *own = x->own;

    do
        own->more = ramp_next(&own->ramp, &own->next);
    while (own->more && !mine(x, own->next.slot));
}

static int init(struct executor *x) {
    struct own *own = x->own;

    list_init(&own->winding);
    ramp_init(&own->ramp, x->scenario);
    fetch(x);
    return 0;
}

/* Interrupts whose deadline is before (or, at the end of a call, at) the instant. */
static void expire(struct executor *x, int64_t until_us) {
    struct own *own = x->own;

    for (struct list *e; (e = list_first(&own->winding)) != NULL;) {
        struct executor_slot *s = LIST_ENTRY(e, struct executor_slot, winding);
        if (s->wind_us > until_us)
            return;
        list_remove(e);
        executor_cut(x, s);
    }
}

static void apply(struct executor *x, const struct ramp_event *e) {
    struct own *own = x->own;
    struct executor_slot *s = &x->slots[(uint64_t)e->slot / x->options.stripe.count];
    int64_t wind_us = e->at_us + x->scenario->graceful_ramp_down_us;

    s->wanted = e->up;
    list_remove(&s->winding);
    if (s->running) {
        if (e->up)
            return; /* reclaimed */
        s->wind_us = wind_us < x->deadline_us ? wind_us : x->deadline_us;
        list_push(&own->winding, &s->winding);
        return;
    }
    executor_ready(x, s);
}

static void follow(struct executor *x, int64_t until_us) {
    struct own *own = x->own;

    while (own->more && own->next.at_us <= until_us) {
        expire(x, own->next.at_us - 1);
        apply(x, &own->next);
        fetch(x);
    }
}

static void advance(struct executor *x, int64_t until_us, int64_t now_us) {
    if (!x->stopped)
        follow(x, until_us);
    expire(x, now_us);
}

static int64_t next(struct executor *x) {
    struct own *own = x->own;
    int64_t at_us = own->more && !x->stopped ? own->next.at_us : INT64_MAX;
    struct list *first = list_first(&own->winding);

    if (first) {
        int64_t wind_us = LIST_ENTRY(first, struct executor_slot, winding)->wind_us;
        at_us = wind_us < at_us ? wind_us : at_us;
    }
    return at_us;
}

static void idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    if (!x->stopped)
        follow(x,
            now_us < x->stop_us ? now_us : x->stop_us); /* who is not wanted from now on must not start now */
    list_remove(&s->winding);
    if (!s->wanted || x->stopped || now_us >= x->stop_us)
        executor_let_go(x, s);
    else if (executor_hold(x, s))
        executor_run(x, s, now_us);
}

const struct executor_kind executor_ramping_vus = {.slots = executor_slots_of_users,
    .init = init,
    .advance = advance,
    .next = next,
    .idle = idle,
    .own_bytes = sizeof(struct own)};
