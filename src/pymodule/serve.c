/* First the script is loaded in the main greenlet, where it may block as any program; then the loop goes into
 * gevent's hub, and the main greenlet sleeps until the controller says FINISH. */
#include "pymodule/serve.h"

#include "script/python/python_text.h"

#include "fleet/worker.h"
#include "pymodule/statistics.h"
#include "pymodule/watchdog.h"
#include "script/python/host.h"
#include "script/python/runtime.h"

#include <fcntl.h>

static struct end {
    struct waiter waiter;
    struct loop_defer look_soon;
    struct fleet_worker *worker;
    struct runtime *runtime;
} end;

static void look(struct loop_defer *d) {
    (void)d;
    if (fleet_worker_over(end.worker))
        waiter_wake(end.runtime, &end.waiter);
}

/* After every turn: whether it was the last. */
static void after_turn(struct runtime *rt) {
    (void)rt;
    look(NULL);
}

static int load(struct runtime *rt, struct fleet_worker *w) {
    while (!fleet_worker_loaded(w) && !fleet_worker_over(w)) {
        int r = loop_turn(rt->loop, -1);
        if (r < 0 && !PyErr_Occurred())
            PyErr_SetString(PyExc_OSError, error_name(r));
        if (PyErr_Occurred())
            return -1;
    }
    return 0;
}

void *serve(void *self, void *args) {
    PyObject *host_class;
    int fd, code = 1;
    (void)self;
    if (!PyArg_ParseTuple(args, "iO:serve", &fd, &host_class))
        return NULL;
    struct runtime *rt = runtime_get();
    if (!rt)
        return NULL;
    (void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* what the locustfile starts must not keep the bus open */
    python_host_use(host_class);
    rt->after_turn = after_turn;
    rt->after_snapshot = statistics_tick;
    int r = fleet_worker_new(&end.worker, rt->loop, &python_host, fd);
    if (r < 0) {
        PyErr_Format(PyExc_OSError,
            "descriptor %d is not the bus: %s. python3 -m halftime.worker is started by halftime, not by "
            "hand",
            fd, error_name(r));
        return NULL;
    }
    end.runtime = rt;
    end.look_soon.run = look;
    if (load(rt, end.worker) == 0 && watchdog_start(rt) == 0) {
        loop_defer(rt->loop, &end.look_soon);
        code = waiter_wait(rt, &end.waiter) < 0 ? 1 : 0;
    }
    watchdog_stop();
    rt->after_turn = NULL;
    fleet_worker_free(end.worker);
    end.worker = NULL;
    return PyErr_Occurred() ? NULL : PyLong_FromLong(code);
}
