/* The users of an arrival-rate executor. A due tick takes the user that has been idle longest. If there is
 * none, the tick is dropped, and one more user is asked for: one at a time, up to the stripe's share of
 * maxVUs.
 *
 * Shares. Tick n belongs to pre-allocated slot n % preAllocatedVUs, hence to that slot's stripe. The users
 * that may still grow are dealt over the stripes that have ticks. With no pre-allocated user the slots are
 * those of maxVUs.
 *
 * The first `allocated` slots have a user or are promised one; the pre-allocated come first. */
#include "load/arrival_users_priv.h"

static uint64_t tick_slots(const struct plan_scenario *s) {
    int64_t slots = s->users > 0 ? s->users : plan_scenario_users_max(s);
    return slots > 0 ? (uint64_t)slots : 1;
}

static size_t preallocated(const struct executor *x) {
    return executor_stripe_slots(x->options.stripe, (uint64_t)x->scenario->users);
}

int64_t arrival_users_slots(const struct executor *x) {
    struct executor_stripe stripe = x->options.stripe;
    uint64_t slots = tick_slots(x->scenario),
             extra = (uint64_t)(plan_scenario_users_max(x->scenario) - x->scenario->users);

    if (stripe.count > slots)
        stripe.count = (uint32_t)slots; /* the other stripes have no ticks */
    if (stripe.index >= stripe.count)
        return 0;
    return (int64_t)(preallocated(x) + executor_stripe_slots(stripe, extra));
}

static void fetch(struct executor *x) {
    struct arrival_users *own = x->own;
    uint64_t n = executor_stripe_nth(x->options.stripe, x->slots_total, own->tick);
    int64_t at_ns = n == UINT64_MAX ? ARRIVAL_NEVER : arrival_at_ns(&own->schedule, n);

    own->tick_us = at_ns == ARRIVAL_NEVER ? INT64_MAX : at_ns / 1000;
}

/* How many of the first n occurrences are this stripe's. */
static uint64_t mine_of(const struct executor *x, uint64_t n) {
    return n / x->slots_total * executor_stripe_slots(x->options.stripe, x->slots_total) +
           executor_stripe_slots(x->options.stripe, n % x->slots_total);
}

int arrival_users_init(struct executor *x) {
    struct arrival_users *own = x->own;

    list_init(&own->idle);
    x->slots_total = tick_slots(x->scenario);
    for (size_t i = preallocated(x); i < x->slot_count; i++)
        x->slots[i].number = -1;
    arrival_init(&own->schedule, x->scenario);
    if (x->options.resume_us > 0)
        own->tick = mine_of(x, arrival_count_before(x->scenario, x->options.resume_us));
    fetch(x);
    return 0;
}

void arrival_users_begin(struct executor *x, int64_t now_us) {
    struct arrival_users *own = x->own;

    (void)now_us;
    own->allocated = own->requested = preallocated(x);
    for (size_t i = 0; i < own->allocated; i++)
        executor_ready(x, &x->slots[i]);
    executor_drain(x, now_us);
}

static void drop(struct executor *x) {
    struct arrival_users *own = x->own;

    executor_drop(x, 1);
    if (own->requested < x->slot_count) {
        if (own->requested == own->allocated) {
            own->requested++;
            x->options.ops->grow(x->options.ctx);
        }
    } else if (!own->warned) {
        own->warned = true;
        x->options.ops->insufficient(x->options.ctx, (int64_t)x->slot_count);
    }
}

void arrival_users_advance(struct executor *x, int64_t until_us, int64_t now_us) {
    struct arrival_users *own = x->own;

    for (; !x->stopped && own->tick_us <= until_us; own->tick++, fetch(x)) {
        if (list_empty(&own->idle))
            executor_drain(x, now_us); /* users whose iteration ended inside start() */
        struct list *e = list_pop(&own->idle);
        if (e)
            executor_run(x, LIST_ENTRY(e, struct executor_slot, entry), own->tick_us);
        else
            drop(x);
    }
}

int64_t arrival_users_next(struct executor *x) {
    const struct arrival_users *own = x->own;
    return x->stopped ? INT64_MAX : own->tick_us;
}

void arrival_users_idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    struct arrival_users *own = x->own;

    (void)now_us;
    if (x->stopped)
        executor_let_go(x, s);
    else if (executor_hold(x, s))
        list_push(&own->idle, &s->entry);
}

void arrival_users_grown(struct executor *x) {
    struct arrival_users *own = x->own;

    if (own->allocated == own->requested || x->stopped)
        return; /* nobody had asked, or it comes too late */
    executor_ready(x, &x->slots[own->allocated++]);
}
