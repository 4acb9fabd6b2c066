/* constant-vus: every user iterates without a pause until the duration is over. */
#include "load/executor_priv.h"

static void idle(struct executor *x, struct executor_slot *s, int64_t now_us) {
    if (x->stopped || now_us >= x->stop_us)
        executor_let_go(x, s);
    else if (executor_hold(x, s))
        executor_run(x, s, now_us);
}

const struct executor_kind executor_constant_vus = {.slots = executor_slots_of_users, .idle = idle};
