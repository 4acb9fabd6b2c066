/* halftime._native: what Python sees of the engine. The contract is python/halftime/_native.pyi. */
#include "script/python/python_text.h"

#include "pymodule/serve.h"
#include "pymodule/statistics.h"
#include "script/python/host.h"
#include "script/python/runtime.h"
#include "script/python/session.h"
#include "script/python/sleep.h"

enum { MODULE_LOG_LINE_MAX = 16 * 1024 };

static PyObject *record(PyObject *self, PyObject *const *args, Py_ssize_t n) {
    struct view method, name, failure = VIEW_NULL;
    struct runtime *rt = runtime_get();
    (void)self;
    if (n != 5) {
        PyErr_Format(PyExc_TypeError, "record() takes 5 positional arguments, %zd were given", n);
        return NULL;
    }
    if (!rt || !python_view(args[0], "request_type", &method) || !python_view(args[1], "name", &name))
        return NULL;
    if (args[4] != Py_None && !python_view(args[4], "failure", &failure))
        return NULL;
    struct entry_request r = {.failure = failure, .timed = args[2] != Py_None, .wall_ns = clock_wall_ns()};
    if (r.timed)
        r.ms = PyFloat_AsDouble(args[2]);
    long long length = PyLong_AsLongLong(args[3]);
    if (PyErr_Occurred())
        return NULL;
    r.length = length > 0 ? (uint64_t)length : 0;
    entry_record(&rt->entries, entries_get(&rt->entries, method, name), &r);
    return Py_NewRef(Py_None);
}

static enum log_level level_of(int number) {
    return number < 20 ? LOG_DEBUG : number < 30 ? LOG_INFO : number < 40 ? LOG_WARN : LOG_ERROR;
}

static PyObject *write_log(PyObject *self, PyObject *args) {
    PyObject *text;
    int level;
    struct view message;
    struct runtime *rt = runtime_get();
    (void)self;
    if (!rt || !PyArg_ParseTuple(args, "iO:log", &level, &text) || !python_view(text, "text", &message))
        return NULL;
    if (!rt->log)
        return Py_NewRef(Py_None);
    struct log_record r = {.level = level_of(level),
        .wall_ns = clock_wall_ns(),
        .message = view_take(message, MODULE_LOG_LINE_MAX),
        .fields = {{VIEW("source"), VIEW("process")}},
        .field_count = 1};
    rt->log->write(rt->log, &r);
    runtime_arm(rt);
    return Py_NewRef(Py_None);
}

static PyObject *record_exception(PyObject *self, PyObject *args) {
    PyObject *message, *trace;
    struct view m, t;
    struct runtime *rt = runtime_get();
    (void)self;
    if (!rt || !PyArg_ParseTuple(args, "OO:record_exception", &message, &trace) ||
        !python_view(message, "message", &m) || !python_view(trace, "traceback", &t))
        return NULL;
    entries_exception(&rt->entries, m, t, python_host_node());
    return Py_NewRef(Py_None);
}

static PyMethodDef methods[] = {
    {"serve", (PyCFunction)(void (*)(void))serve, METH_VARARGS, "The life of a worker or conductor process."},
    {"user_done", (PyCFunction)(void (*)(void))python_host_user_done, METH_O, "That user is gone."},
    {"arrival", (PyCFunction)(void (*)(void))python_host_arrival, METH_O,
        "Waits until a task arrives for that user."},
    {"arrival_done", (PyCFunction)(void (*)(void))python_host_arrival_done, METH_O,
        "That user's task has ended."},
    {"once_done", (PyCFunction)(void (*)(void))python_host_once_done, METH_VARARGS | METH_KEYWORDS,
        "The answer to Host.once."},
    {"wish_users", (PyCFunction)(void (*)(void))python_host_wish_users, METH_VARARGS | METH_KEYWORDS,
        "How many users there shall be."},
    {"wish_stop", (PyCFunction)(void (*)(void))python_host_wish_stop, METH_NOARGS, "The test shall end."},
    {"wish_quit", (PyCFunction)(void (*)(void))python_host_wish_quit, METH_VARARGS | METH_KEYWORDS,
        "The test and the program shall end."},
    {"send_message", (PyCFunction)(void (*)(void))python_host_send_message, METH_VARARGS | METH_KEYWORDS,
        "A message of the locustfile's own."},
    {"client_id", (PyCFunction)(void (*)(void))python_host_client_id, METH_NOARGS,
        "The name of this process."},
    {"reset_stats", (PyCFunction)(void (*)(void))python_host_reset_stats, METH_NOARGS,
        "Statistics begin anew."},
    {"record", (PyCFunction)(void (*)(void))record, METH_FASTCALL, "One request of any kind."},
    {"record_exception", record_exception, METH_VARARGS, "A row of the exceptions."},
    {"log", write_log, METH_VARARGS, "A line of this process's log, which it has printed."},
    {"stats", (PyCFunction)(void (*)(void))statistics, METH_VARARGS | METH_KEYWORDS,
        "Everything measured so far."},
    {"sleep", (PyCFunction)(void (*)(void))python_sleep, METH_O, "As gevent.sleep, on the engine's timer."},
    {NULL, NULL, 0, NULL}};

PyMODINIT_FUNC PyInit__native(void);
PyMODINIT_FUNC PyInit__native(void) {
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "halftime._native",
        "The engine of halftime.", -1, methods, NULL, NULL, NULL, NULL};
    PyObject *module = PyModule_Create(&definition);
    if (module && session_add_to_module(module) < 0)
        Py_CLEAR(module);
    return module;
}
