/* per-vu-iterations: every user does its own number of iterations; what maxDuration leaves undone each user
 * drops for itself. */
#include "load/executor_priv.h"

struct own {
    size_t closed; /* slots that are through */
};

/* A stripe that is taken over: its iterations were started evenly over its slots. */
static int init(struct executor *x) {
    uint64_t done = x->options.resume_done;

    for (size_t i = 0; i < x->slot_count; i++) {
        uint64_t share = done / x->slot_count + (i < done % x->slot_count);
        uint64_t all = (uint64_t)x->scenario->iterations;
        x->slots[i].started = share < all ? share : all;
    }
    return 0;
}

static void close(struct executor *x, struct executor_slot *s) {
    struct own *own = x->own;

    executor_let_go(x, s);
    own->closed += !s->closed;
    s->closed = true;
}

static void idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    uint64_t left = (uint64_t)x->scenario->iterations - s->started;

    if (s->closed)
        return;
    if (left > 0 && !x->stopped && now_us < x->stop_us) {
        if (executor_hold(x, s))
            executor_run(x, s, now_us);
        return;
    }
    if (!x->aborted)
        executor_drop(x, left);
    close(x, s);
}

static bool over(const struct executor *x) {
    const struct own *own = x->own;
    return own->closed == x->slot_count;
}

static double fraction(const struct executor *x, int64_t now_us) {
    double all = (double)x->scenario->iterations * (double)x->slot_count;
    (void)now_us;
    return all > 0 ? (double)(x->options.resume_done + x->completed) / all : 1;
}

const struct executor_kind executor_per_vu_iterations = {.slots = executor_slots_of_users,
    .init = init,
    .idle = idle,
    .over = over,
    .fraction = fraction,
    .own_bytes = sizeof(struct own)};
