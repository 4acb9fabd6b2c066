/* shared-iterations: users draw from one pool until it is empty or maxDuration is over.
 *
 * The pool is common to all stripes; a stripe holds pieces of it on lease. A user that finds no piece asks
 * for one (one request at a time) and waits, idle, in `waiting`. An empty grant means that the pool is
 * exhausted.
 *
 * At maxDuration what is left becomes one drop: first the rest of the pool is asked for (`holding` keeps the
 * executor from finishing), piece by piece when the owner of the pool cannot hand out the rest at once;
 * whoever comes first drops it all. If nobody answers in time (EXECUTOR_SETTLE_US after the deadline), what
 * is known is dropped. */
#include "load/executor_priv.h"

struct own {
    uint64_t first, count; /* the piece on lease */
    uint64_t drop;         /* collected after maxDuration */
    bool asked, exhausted, told;
    struct list waiting;
};

static int init(struct executor *x) {
    struct own *own = x->own;

    list_init(&own->waiting);
    return 0;
}

static void ask(struct executor *x) {
    struct own *own = x->own;

    if (own->asked || own->exhausted)
        return;
    own->asked = true;
    x->options.ops->lease(x->options.ctx);
}

static void tell(struct executor *x) {
    struct own *own = x->own;

    if (own->told)
        return;
    own->told = true;
    x->holding = false;
    executor_drop(x, own->drop + own->count);
    own->drop = own->count = 0;
}

/* Asks for what is left of the pool, as long as answers come inside the call. */
static void collect(struct executor *x) {
    struct own *own = x->own;

    x->holding = true;
    while (!own->asked && !own->exhausted) {
        own->asked = true;
        if (x->options.ops->lease_rest)
            x->options.ops->lease_rest(x->options.ctx);
        else
            x->options.ops->lease(x->options.ctx);
    }
    if (own->exhausted)
        tell(x);
}

static void granted(struct executor *x, uint64_t first, uint64_t count) {
    struct own *own = x->own;

    own->asked = false;
    own->exhausted = own->exhausted || count == 0;
    if (x->stopped) {
        own->drop += x->aborted ? 0 : count;
        if (x->holding && !x->busy) { /* inside a call collect() goes on by itself */
            x->busy = true;
            collect(x);
            x->busy = false;
        }
        return;
    }
    if (count > 0) {
        own->first = first;
        own->count = count;
    }
    while (!list_empty(&own->waiting))
        executor_ready(x, LIST_ENTRY(list_first(&own->waiting), struct executor_slot, entry));
}

static void idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    struct own *own = x->own;

    if (!x->stopped && now_us < x->stop_us) {
        if (own->count == 0)
            ask(x);
        if (own->count > 0) {
            if (executor_hold(x, s)) {
                own->count--;
                executor_run_number(x, s, now_us, own->first++);
            }
            return;
        }
        if (!own->exhausted) {
            list_remove(&s->entry);
            list_push(&own->waiting, &s->entry);
            return;
        }
    }
    executor_let_go(x, s);
    s->closed = true;
}

static void stopped(struct executor *x, int64_t now_us) {
    /* A stripe without users, or one that found the pool empty, has no say in what maxDuration leaves. */
    if (!x->aborted && now_us >= x->stop_us && x->slot_count > 0)
        collect(x);
}

static void settle(struct executor *x) {
    if (x->holding)
        tell(x);
}

static bool over(const struct executor *x) {
    const struct own *own = x->own;
    return x->slot_count == 0 || (own->exhausted && own->count == 0 && x->running == 0 && x->ready_len == 0);
}

static double fraction(const struct executor *x, int64_t now_us) {
    double all = (double)x->scenario->iterations * (double)x->slot_count / (double)x->slots_total;
    (void)now_us;
    return all > 0 ? (double)(x->options.resume_done + x->completed) / all : 1;
}

const struct executor_kind executor_shared_iterations = {.slots = executor_slots_of_users,
    .init = init,
    .idle = idle,
    .stopped = stopped,
    .settle = settle,
    .over = over,
    .fraction = fraction,
    .granted = granted,
    .own_bytes = sizeof(struct own)};
