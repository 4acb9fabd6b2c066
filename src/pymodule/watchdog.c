/* A thread of its own looks whether the loop still turns. When it does not, it signals the main thread;
 * faulthandler's handler, which needs no interpreter lock, writes the Python stack into a pipe, and the
 * thread makes a sentence of it. Each standstill is told once.
 *
 * The loop turns by itself only while a timer of the engine is armed (progress, five times a second); before
 * the load and after it nobody is watched: a tick of ours is put on the loop for that. */
#include "pymodule/watchdog.h"

#include "script/python/python_text.h"

#include "script/python/runtime.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { STACK_TEXT_MAX = 8192, FRAMES_TOLD = 6, TICK_US = 200 * 1000 };

static struct watchdog {
    pthread_t thread, watched;
    struct runtime *runtime;
    struct timer tick;
    int pipe[2], stop[2];
    int signal;
    bool running;
} dog;

static void on_tick(struct timer *t) {
    (void)!timers_arm(loop_timers(dog.runtime->loop), t, loop_now_us(dog.runtime->loop) + TICK_US);
}

static size_t read_stack(char *out, size_t size) {
    size_t len = 0;
    struct pollfd p = {.fd = dog.pipe[0], .events = POLLIN};
    pthread_kill(dog.watched, dog.signal);
    while (len < size && poll(&p, 1, 500) == 1) {
        ssize_t n = read(dog.pipe[0], out + len, size - len);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return len;
}

/* "  File "x.py", line 12 in task_name", innermost first: a few are enough. */
static void tell(struct view stack) {
    char text[STACK_TEXT_MAX];
    int at = snprintf(text, sizeof text,
        "halftime: a greenlet has not given way for %d s; all users of this process stand still with it. It "
        "is here:\n",
        WATCHDOG_PATIENCE_MS / 1000);
    int frames = 0;
    while (stack.ptr && frames < FRAMES_TOLD) {
        struct view line = view_cut(&stack, '\n', NULL);
        if (!view_starts_with(line, VIEW("  File ")) || at >= (int)sizeof text - 1)
            continue;
        at += snprintf(text + at, sizeof text - (size_t)at, "%.*s\n", VIEW_ARGS(view_take(line, 500)));
        frames++;
    }
    if (at < (int)sizeof text)
        at += snprintf(text + at, sizeof text - (size_t)at,
            "Long computations need a gevent.sleep(0) now and then; waiting in a C library that gevent "
            "cannot patch belongs into "
            "gevent.get_hub().threadpool.\n");
    (void)!write(STDERR_FILENO, text, at < (int)sizeof text ? (size_t)at : sizeof text - 1);
}

static void *watch(void *unused) {
    char stack[STACK_TEXT_MAX];
    uint64_t seen = dog.runtime->turns;
    int still_ms = 0;
    struct pollfd stop = {.fd = dog.stop[0], .events = POLLIN};
    (void)unused;
    while (poll(&stop, 1, WATCHDOG_LOOK_EVERY_MS) == 0) {
        uint64_t now = dog.runtime->turns;
        bool told = still_ms >= WATCHDOG_PATIENCE_MS;
        still_ms = now == seen ? still_ms + WATCHDOG_LOOK_EVERY_MS : 0;
        seen = now;
        if (!told && still_ms >= WATCHDOG_PATIENCE_MS)
            tell(view_of(stack, read_stack(stack, sizeof stack)));
    }
    return NULL;
}

/* faulthandler.register(signal, file=pipe, all_threads=False) */
static bool register_handler(void) {
    PyObject *module = PyImport_ImportModule("faulthandler");
    PyObject *function = module ? PyObject_GetAttrString(module, "register") : NULL;
    PyObject *args = Py_BuildValue("(i)", dog.signal),
             *kwargs = Py_BuildValue(
                 "{s:i,s:O,s:O}", "file", dog.pipe[1], "all_threads", Py_False, "chain", Py_False);
    PyObject *r = function && args && kwargs ? PyObject_Call(function, args, kwargs) : NULL;
    Py_XDECREF(r);
    Py_XDECREF(kwargs);
    Py_XDECREF(args);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return r != NULL;
}

int watchdog_start(struct runtime *rt) {
    sigset_t all, before;
    dog = (struct watchdog){
        .runtime = rt, .watched = pthread_self(), .signal = SIGRTMIN + 9, .tick.fire = on_tick};
    if (pipe2(dog.pipe, O_CLOEXEC | O_NONBLOCK) < 0 || pipe2(dog.stop, O_CLOEXEC) < 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    if (!register_handler())
        return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before); /* the thread must get none of the process's signals */
    int r = pthread_create(&dog.thread, NULL, watch, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    dog.running = r == 0; /* without it nothing is missing but the sentence */
    if (dog.running)
        on_tick(&dog.tick);
    return 0;
}

void watchdog_stop(void) {
    if (!dog.running)
        return;
    dog.running = false;
    timers_cancel(loop_timers(dog.runtime->loop), &dog.tick);
    (void)!write(dog.stop[1], "", 1);
    pthread_join(dog.thread, NULL);
}
