/* How it fits together:
 *
 *   gevent's hub ── io watcher on loop_fd ── runtime_turn: loop_turn(0) reads every ready socket and takes
 * the times; only then the greenlets whose answers are there are resumed, one after the other, each until it
 * waits again. Between them sockets are read every RUNTIME_POLL_EVERY_US, so that an answer's time does not
 * depend on how many users stand before it.
 *
 *   a greenlet ── waiter_wait: switches to the hub by greenlet's C API, without gevent's bookkeeping; so it
 * comes back exactly where the hub had resumed it.
 *
 * Greenlets share one C stack; what a waiting one had on it is copied away. Hence no pointer to a local may
 * be kept by anybody while its owner waits, and whoever is resumed looks at a flag on the heap whether it was
 * really meant: gevent may switch anybody at any time. */
#include "script/python/runtime.h"

#include "script/python/python_text.h"
#include "script/python/session.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* Places in greenlet's C API (greenlet.h, the same since 0.4). */
enum { GREENLET_GET_CURRENT = 4, GREENLET_SWITCH = 6 };

static void **greenlet_api;
static struct runtime *runtime;
static bool forked;

static void after_fork(void) {
    forked = true;
}

static PyObject *greenlet_current(void) {
    return ((PyObject * (*)(void)) greenlet_api[GREENLET_GET_CURRENT])();
}
static PyObject *greenlet_switch(PyObject *to) {
    return ((PyObject * (*)(PyObject *, PyObject *, PyObject *)) greenlet_api[GREENLET_SWITCH])(
        to, NULL, NULL);
}

static PyObject *set_error(int r) {
    if (r == -ENOMEM)
        return PyErr_NoMemory();
    PyErr_SetString(PyExc_OSError, error_name(r));
    return NULL;
}

static int open_runtime(struct runtime *rt) {
    int r = loop_new(&rt->loop, NULL);
    if (r == 0)
        r = loop_nest(rt->loop);
    if (r == 0)
        r = recorder_init(&rt->own, false);
    if (r == 0)
        r = recorder_init(&rt->kept, false);
    list_init(&rt->ready);
    rt->started_wall_us = clock_wall_us();
    rt->thread = pthread_self();
    return r == 0 ? runtime_record_to(rt, &rt->own) : r;
}

struct runtime *runtime_get(void) {
    static bool hooked;
    if (runtime && !forked) {
        if (pthread_equal(runtime->thread, pthread_self()))
            return runtime;
        PyErr_SetString(PyExc_RuntimeError, "this client belongs to another thread: make requests from "
                                            "greenlets of the main thread (gevent.spawn)");
        return NULL;
    }
    if (!greenlet_api && !(greenlet_api = PyCapsule_Import("greenlet._C_API", 0)))
        return NULL;
    if (!hooked)
        hooked = pthread_atfork(NULL, NULL, after_fork) == 0;
    forked = false;
    runtime = NULL; /* the parent's stays what it is; its descriptors are the parent's */
    struct runtime *rt = calloc(1, sizeof *rt);
    int r = rt ? open_runtime(rt) : -ENOMEM;
    if (r < 0) {
        set_error(r);
        return NULL;
    }
    return runtime = rt;
}

int runtime_record_to(struct runtime *rt, struct recorder *r) {
    if (rt->recorder == r)
        return 0;
    entries_deinit(&rt->entries);
    rt->recorder = r;
    return entries_init(&rt->entries, r);
}

void runtime_reset_statistics(struct runtime *rt) {
    series_store_reset(rt->recorder->series);
    evidence_store_zero(rt->recorder->evidence);
    series_store_reset(rt->kept.series);
    evidence_store_zero(rt->kept.evidence);
    rt->started_wall_us = clock_wall_us();
}

/* ---- the hub ---- */

static PyObject *on_hub(PyObject *self, PyObject *unused) {
    (void)self;
    (void)unused;
    struct runtime *rt = runtime_get();
    if (!rt || runtime_turn(rt) < 0)
        return NULL;
    return Py_NewRef(Py_None);
}

static PyMethodDef on_hub_definition = {"halftime_turn", on_hub, METH_NOARGS, NULL};

int runtime_attach(struct runtime *rt) {
    if (rt->attached)
        return 0;
    PyObject *gevent = PyImport_ImportModule("gevent"), *loop = NULL, *turn = NULL, *started = NULL;
    PyObject *hub = gevent ? python_call(gevent, "get_hub", "()") : NULL;
    if (hub)
        loop = PyObject_GetAttrString(hub, "loop");
    PyObject *watcher = loop ? python_call(loop, "io", "(ii)", loop_fd(rt->loop), 1) : NULL;
    if (watcher && (turn = PyCFunction_New(&on_hub_definition, NULL)) != NULL)
        started = python_call(watcher, "start", "(O)", turn);
    if (started) {
        rt->hub = Py_NewRef(hub);
        rt->watcher = Py_NewRef(watcher);
        rt->attached = true;
    }
    Py_XDECREF(started);
    Py_XDECREF(turn);
    Py_XDECREF(watcher);
    Py_XDECREF(loop);
    Py_XDECREF(hub);
    Py_XDECREF(gevent);
    return rt->attached ? 0 : -1;
}

void runtime_arm(struct runtime *rt) {
    if (loop_arm(rt->loop) < 0)
        abort(); /* a timerfd of ours that cannot be set: nothing would ever happen again */
}

/* ---- greenlets ---- */

static void resume(struct runtime *rt, struct waiter *w) {
    PyObject *greenlet = Py_NewRef((PyObject *)w->greenlet);
    rt->answered = w->for_answer ? greenlet : NULL;
    PyObject *r = greenlet_switch(greenlet);
    if (!r)
        PyErr_WriteUnraisable(greenlet); /* gevent's own greenlets never do that */
    Py_XDECREF(r);
    Py_DECREF(greenlet);
}

static int poll_loop(struct runtime *rt) {
    int r = loop_turn(rt->loop, 0);
    if (r < 0 && !PyErr_Occurred())
        set_error(r);
    return r < 0 ? -1 : 0;
}

static void do_nothing(struct loop_defer *d) {
    (void)d;
}

int runtime_turn(struct runtime *rt) {
    static struct loop_defer again = {.run = do_nothing}; /* makes the loop want another turn at once */
    if (poll_loop(rt) < 0)
        return -1;
    int64_t start_us = loop_now_us(rt->loop), polled_us = start_us;
    rt->turns++;
    for (int i = 0; i < RUNTIME_RESUMES_MAX && !list_empty(&rt->ready); i++) {
        resume(rt, LIST_ENTRY(list_pop(&rt->ready), struct waiter, entry));
        int64_t now_us = clock_now_us(loop_clock(rt->loop));
        if (now_us - polled_us < RUNTIME_POLL_EVERY_US)
            continue;
        polled_us = now_us;
        rt->turns++;
        if (poll_loop(rt) < 0)
            return -1;
    }
    if (polled_us != start_us)
        loop_note_turn(rt->loop, start_us);
    if (!list_empty(&rt->ready))
        loop_defer(rt->loop, &again);
    if (rt->after_turn)
        rt->after_turn(rt);
    runtime_arm(rt);
    return 0;
}

bool runtime_has_given_way(struct runtime *rt) {
    if (!rt->answered)
        return false;
    PyObject *me = greenlet_current();
    bool is_me = me == rt->answered;
    Py_XDECREF(me);
    rt->answered = NULL;
    return is_me;
}

int waiter_wait(struct runtime *rt, struct waiter *w) {
    if (runtime_attach(rt) < 0)
        return -1;
    PyObject *me = greenlet_current();
    if (me == rt->hub) {
        Py_DECREF(me);
        PyErr_SetString(
            PyExc_RuntimeError, "gevent's hub itself cannot wait: call this from a greenlet (gevent.spawn)");
        return -1;
    }
    w->greenlet = me;
    PyObject *r = Py_NewRef(Py_None);
    while (r && !w->done) {
        Py_DECREF(r);
        runtime_arm(rt);
        r = greenlet_switch(rt->hub);
    }
    list_remove(&w->entry);
    w->greenlet = NULL;
    Py_DECREF(me);
    Py_XDECREF(r);
    return r ? 0 : -1;
}

void waiter_wake(struct runtime *rt, struct waiter *w) {
    if (w->done)
        return;
    w->done = true;
    if (w->greenlet)
        list_push(&rt->ready, &w->entry);
}
