/* A sleeper lives on the heap: its owner's stack is elsewhere when the timer fires. */
#include "script/python/sleep.h"

#include "script/python/python_text.h"
#include "script/python/runtime.h"

#include <stdlib.h>

struct sleeper {
    struct timer timer;
    struct waiter waiter;
    struct runtime *runtime;
};

static void on_timer(struct timer *t) {
    struct sleeper *s = CONTAINER_OF(t, struct sleeper, timer);
    waiter_wake(s->runtime, &s->waiter);
}

void *python_sleep(void *self, void *seconds) {
    double s = PyFloat_AsDouble(seconds);
    (void)self;
    if (PyErr_Occurred())
        return NULL;
    struct runtime *rt = runtime_get();
    if (rt && !(s > 0) && runtime_has_given_way(rt))
        return Py_NewRef(Py_None); /* others have had their turn since */
    struct sleeper *z = rt ? calloc(1, sizeof *z) : NULL;
    if (!z)
        return rt ? PyErr_NoMemory() : NULL;
    z->runtime = rt;
    z->timer.fire = on_timer;
    int64_t wait_us = s > 0 ? (s < 1e12 ? (int64_t)(s * 1e6) : (int64_t)1e18) : 0;
    int r = timers_arm(loop_timers(rt->loop), &z->timer, loop_refresh_us(rt->loop) + wait_us);
    bool woken = r == 0 && waiter_wait(rt, &z->waiter) == 0;
    timers_cancel(loop_timers(rt->loop), &z->timer);
    free(z);
    if (woken)
        return Py_NewRef(Py_None);
    return r < 0 ? PyErr_NoMemory() : NULL;
}
