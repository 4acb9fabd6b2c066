/* The vtable on greenlets. The engine calls from its loop, in the hub; Python's Host makes greenlets. What
 * Python says back (a user is over, a wish) comes from any greenlet: it is queued and told to the engine in
 * the next turn, so that the engine is never entered from within.
 *
 * A user here is a few words; the Python object is made when it starts and is gone when it is done. Tokens
 * carry slot and generation, so that a late or doubled user_done means nobody. */
#include "script/python/host.h"

#include "core/rng.h"
#include "script/python/arrivals.h"
#include "script/python/python_text.h"
#include "script/python/runtime.h"
#include "stats/snapshot.h"

#include <errno.h>
#include <stdlib.h>

enum { HOST_USERS_MAX = PLAN_USERS_MAX, HOST_TEXT_MAX = 64 * 1024 * 1024, HOST_FREEZE_FROM = 100 };

enum user_life { USER_FRESH, USER_IDLE, USER_ALIVE, USER_OVER };

struct python_user {
    struct script_user base; /* first */
    struct script_host *host;
    struct list entry; /* in host.news */
    uint32_t slot, generation;
    enum user_life life;
    bool told_to_stop;
    struct arrival_user arrival;
};

struct script_host {
    const struct script_services *services;
    struct runtime *rt;
    PyObject *object; /* of the class Host */
    const struct plan *plan;
    struct python_user **users; /* by slot */
    size_t user_count, user_cap;
    uint32_t *free_slots;
    size_t free_count;
    struct list news; /* users that became ready, or are over */
    struct loop_defer tell_soon;
    struct arrivals arrivals;
    struct buf exit_json, client_id;
    struct view node;
    PyObject *failure_text, *exit_code; /* of the latest failure; of wish_quit */
    size_t frozen_users; /* how many there were when the collector was last told to leave them alone */
    int32_t worker_index;
    uint32_t worker_count;
};

static PyObject *host_class;
static struct script_host *host; /* one per process */

void python_host_use(void *cls) {
    python_set(&host_class, Py_XNewRef((PyObject *)cls));
}

struct view python_host_node(void) {
    return host ? host->node : VIEW("local");
}

static struct script_host *need_host(void) {
    if (!host)
        PyErr_SetString(PyExc_RuntimeError, "there is no run: this process was not started by halftime");
    return host;
}

/* A call of Host that may not fail the process: what it raises is shown. */
static bool call(struct script_host *h, PyObject *result) {
    (void)h;
    if (!result)
        PyErr_Print();
    Py_XDECREF(result);
    return result != NULL;
}

/* ---- loading ---- */

static PyObject *list_of(const struct view *v, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *s = PyUnicode_DecodeFSDefaultAndSize(v[i].ptr, (Py_ssize_t)v[i].len);
        if (!s)
            Py_CLEAR(list);
        else
            (void)PyList_SetItem(list, (Py_ssize_t)i, s);
    }
    return list;
}

static PyObject *source_dict(const struct script_source *s) {
    PyObject *args = list_of(s->args, s->arg_count);
    return args ? Py_BuildValue("{s:N,s:s#,s:s#,s:s#,s:O,s:O,s:O,s:i,s:i}", "argv", args, "program",
                      s->program.ptr, (Py_ssize_t)s->program.len, "cwd", s->cwd.ptr, (Py_ssize_t)s->cwd.len,
                      "path", s->path.ptr, (Py_ssize_t)s->path.len, "conductor",
                      s->conductor ? Py_True : Py_False, "users", s->worker_index >= 0 ? Py_True : Py_False,
                      "local", s->conductor && s->worker_index >= 0 ? Py_True : Py_False, "worker_index",
                      (int)s->worker_index, "worker_count", (int)s->worker_count)
                : NULL;
}

static void fail(struct script_host *h, enum script_failure failure, struct script_result *result) {
    python_set(&h->failure_text, python_take_exception_text());
    *result = (struct script_result){.failure = failure};
    if (!h->failure_text || !python_view(h->failure_text, "", &result->message))
        result->message = VIEW("out of memory");
    PyErr_Clear();
}

/* sys.exit(): the code, as Python's main does it. */
static int take_exit_code(void) {
    PyObject *type, *value, *trace, *code = NULL;
    int n = 1;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    if (value)
        code = PyObject_GetAttrString(value, "code");
    if (code == Py_None)
        n = 0;
    else if (code && PyLong_Check(code))
        n = (int)PyLong_AsLong(code);
    else if (code)
        PySys_FormatStderr("%S\n", code);
    PyErr_Clear();
    Py_XDECREF(code);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return n;
}

static void load_failed(
    struct script_host *h, const struct script_source *source, struct script_result *result) {
    if (!PyErr_ExceptionMatches(PyExc_SystemExit)) {
        fail(h, SCRIPT_FAILURE_EXCEPTION, result);
        return;
    }
    int code = take_exit_code();
    if (source->conductor) { /* describe tells it */
        if (buf_printf(
                &h->exit_json, "{\"exit\": {\"code\": %d, \"stdout\": \"\", \"stderr\": \"\"}}", code) < 0)
            *result = (struct script_result){SCRIPT_FAILURE_OTHER, VIEW("out of memory"), VIEW_NULL};
        return;
    }
    *result = (struct script_result){SCRIPT_FAILURE_EXCEPTION,
        VIEW("a worker could not read the locustfile that the first process could"), VIEW_NULL};
}

static void tell_news(struct loop_defer *d);

static int host_load(struct script_host **out, const struct script_source *source,
    const struct script_services *services, struct script_result *result) {
    struct runtime *rt = runtime_get();
    struct script_host *h = rt && !host ? calloc(1, sizeof *h) : NULL;
    if (!h)
        return -ENOMEM;
    *out = host = h;
    h->services = services;
    h->rt = rt;
    rt->log = services->log;
    h->worker_index = source->worker_index;
    h->worker_count = source->worker_count;
    h->exit_json = h->client_id = BUF_MAX(4096);
    h->tell_soon.run = tell_news;
    list_init(&h->news);
    int r = runtime_record_to(rt, services->recorder);
    if (r == 0)
        r = buf_append_view(&h->client_id, source->client_id);
    if (r < 0)
        return r;
    h->node = source->conductor && source->worker_index >= 0 ? VIEW("local") : buf_view(&h->client_id);
    h->object = PyObject_CallNoArgs(host_class);
    PyObject *dict = h->object ? source_dict(source) : NULL,
             *done = dict ? python_call(h->object, "load", "(O)", dict) : NULL;
    if (!done)
        load_failed(h, source, result);
    Py_XDECREF(done);
    Py_XDECREF(dict);
    return 0;
}

static struct script_host *host_free(struct script_host *h) {
    if (!h)
        return NULL;
    loop_defer_cancel(&h->tell_soon);
    arrivals_deinit(&h->arrivals);
    for (size_t i = 0; i < h->user_count; i++)
        free(h->users[i]);
    free(h->users);
    free(h->free_slots);
    buf_deinit(&h->exit_json);
    buf_deinit(&h->client_id);
    Py_XDECREF(h->object);
    Py_XDECREF(h->failure_text);
    Py_XDECREF(h->exit_code);
    (void)!runtime_record_to(h->rt, &h->rt->own);
    h->rt->log = NULL;
    free(h);
    host = NULL;
    return NULL;
}

static int host_describe(struct script_host *h, struct buf *json_out, struct script_result *result) {
    struct view text;
    if (h->exit_json.len > 0)
        return buf_append_view(json_out, buf_view(&h->exit_json));
    PyObject *json = python_call(h->object, "describe", "()");
    int r = json && python_view(json, "describe()", &text) ? buf_append_view(json_out, text) : 0;
    if (PyErr_Occurred())
        fail(h, SCRIPT_FAILURE_EXCEPTION, result);
    Py_XDECREF(json);
    return r;
}

static int host_bundle(struct script_host *h, struct buf *out) {
    return (void)h, (void)out, 0; /* every process reads the files itself */
}

static int host_plan(struct script_host *h, const struct plan *p, struct error *err) {
    PyObject *names = PyList_New(0);
    h->plan = p;
    trace_marker_init(&h->rt->marker, p->trace_run, rng_seed_random());
    arrivals_init(&h->arrivals, h->rt, h->services, p);
    for (size_t i = 0; names && i < p->scenario_count; i++) {
        PyObject *name = python_str(p->scenarios[i].exec);
        if (!name || PyList_Append(names, name) < 0)
            Py_CLEAR(names);
        Py_XDECREF(name);
    }
    PyObject *r = names ? python_call(h->object, "plan", "(OO)", names, p->trace_run ? Py_True : Py_False) : NULL;
    Py_XDECREF(names);
    if (r) {
        Py_DECREF(r);
        return 0;
    }
    struct script_result why;
    fail(h, SCRIPT_FAILURE_EXCEPTION, &why);
    return error_set(err, ERROR_INVALID, "%.*s", VIEW_ARGS(view_take(why.message, ERROR_TEXT_MAX - 1)));
}

static void host_setup_data(struct script_host *h, struct view json) {
    (void)h, (void)json;
}

/* ---- users ---- */

static void tell_later(struct python_user *u) {
    struct script_host *h = u->host;
    if (!list_linked(&u->entry))
        list_push(&h->news, &u->entry);
    loop_defer(h->services->loop, &h->tell_soon);
}

static void tell_news(struct loop_defer *d) {
    struct script_host *h = CONTAINER_OF(d, struct script_host, tell_soon);
    static const struct script_result fine;
    for (struct list *e; (e = list_pop(&h->news)) != NULL;) {
        struct python_user *u = LIST_ENTRY(e, struct python_user, entry);
        bool fresh = u->life == USER_FRESH;
        u->life = USER_IDLE;
        if (fresh)
            h->services->user_ready(h->services->ctx, &u->base, &fine);
        else
            h->services->iteration_done(h->services->ctx, &u->base,
                u->told_to_stop ? SCRIPT_ITERATION_INTERRUPTED : SCRIPT_ITERATION_OK);
    }
}

static int more_slots(struct script_host *h) {
    size_t cap = h->user_cap ? h->user_cap * 2 : 64;
    if (h->user_count >= HOST_USERS_MAX)
        return ERROR_LIMIT;
    struct python_user **users = reallocarray(h->users, cap, sizeof(struct python_user *));
    h->users = users ? users : h->users;
    uint32_t *free_slots = reallocarray(h->free_slots, cap, sizeof *free_slots);
    h->free_slots = free_slots ? free_slots : h->free_slots;
    if (!users || !free_slots)
        return -ENOMEM;
    h->user_cap = cap;
    return 0;
}

static int host_user_new(
    struct script_host *h, uint64_t id, struct view local_address, struct script_user **out) {
    (void)id;
    (void)local_address;
    int r = h->user_count == h->user_cap && h->free_count == 0 ? more_slots(h) : 0;
    struct python_user *u = r == 0 ? calloc(1, sizeof *u) : NULL;
    if (!u)
        return r < 0 ? r : -ENOMEM;
    u->host = h;
    u->slot = h->free_count > 0 ? h->free_slots[--h->free_count] : (uint32_t)h->user_count++;
    h->users[u->slot] = u;
    *out = &u->base;
    tell_later(u);
    return 0;
}

static struct script_user *host_user_free(struct script_user *base) {
    struct python_user *u = (struct python_user *)base;
    if (!u)
        return NULL;
    list_remove(&u->entry);
    u->host->users[u->slot] = NULL;
    u->host->free_slots[u->host->free_count++] = u->slot;
    free(u);
    return NULL;
}

static void over(struct python_user *u) {
    if (u->life != USER_ALIVE)
        return;
    u->life = USER_OVER;
    arrivals_user_end(&u->host->arrivals, &u->arrival);
    tell_later(u);
}

static void host_user_start(struct script_user *base, const struct script_iteration *it) {
    struct python_user *u = (struct python_user *)base;
    u->life = USER_ALIVE;
    u->told_to_stop = false;
    u->generation++;
    arrivals_user_begin(&u->host->arrivals, &u->arrival, it->scenario);
    unsigned long long token = (unsigned long long)u->generation << 32 | u->slot;
    if (!call(u->host, python_call(u->host->object, "user_start", "(KI)", token, (unsigned)it->scenario)))
        over(u);
}

static void host_user_interrupt(struct script_user *base) {
    struct python_user *u = (struct python_user *)base;
    if (u->life != USER_ALIVE || u->told_to_stop)
        return;
    u->told_to_stop = true;
    unsigned long long token = (unsigned long long)u->generation << 32 | u->slot;
    if (!call(u->host, python_call(u->host->object, "user_stop", "(K)", token)))
        over(u);
}

void *python_host_user_done(void *self, void *token) {
    struct script_host *h = need_host();
    unsigned long long n = h ? PyLong_AsUnsignedLongLong(token) : 0;
    (void)self;
    if (PyErr_Occurred())
        return NULL;
    struct python_user *u = (uint32_t)n < h->user_count ? h->users[(uint32_t)n] : NULL;
    if (u && u->generation == n >> 32)
        over(u);
    runtime_arm(h->rt);
    return Py_NewRef(Py_None);
}

/* ---- the open model ---- */

static struct python_user *user_of(struct script_host *h, PyObject *token) {
    unsigned long long n = h ? PyLong_AsUnsignedLongLong(token) : 0;
    if (!h || PyErr_Occurred())
        return NULL;
    struct python_user *u = (uint32_t)n < h->user_count ? h->users[(uint32_t)n] : NULL;
    if (u && u->generation == n >> 32 && u->life == USER_ALIVE && u->arrival.counted)
        return u;
    PyErr_SetString(PyExc_RuntimeError, "no tasks arrive for this user: it is over, or there is no --rate");
    return NULL;
}

void *python_host_arrival(void *self, void *token) {
    struct python_user *u = user_of(need_host(), token);
    (void)self;
    return u && arrivals_wait(&u->host->arrivals, &u->arrival) == 0 ? Py_NewRef(Py_None) : NULL;
}

void *python_host_arrival_done(void *self, void *token) {
    struct python_user *u = user_of(need_host(), token);
    (void)self;
    if (!u)
        return NULL;
    arrivals_done(&u->host->arrivals, &u->arrival);
    return Py_NewRef(Py_None);
}

/* ---- once per test ---- */

static const char *const once_names[] = {[SCRIPT_SETUP] = "setup",
    [SCRIPT_TEARDOWN] = "teardown",
    [SCRIPT_HANDLE_SUMMARY] = "summary",
    [SCRIPT_STOPPING] = "stopping"};

static void host_once(struct script_host *h, enum script_once what, struct view input, int64_t timeout_us) {
    (void)timeout_us;
    if (what == SCRIPT_STOPPING)
        arrivals_close(&h->arrivals);
    PyObject *argument = python_str(what == SCRIPT_HANDLE_SUMMARY ? VIEW_NULL : input);
    PyObject *r = argument ? python_call(h->object, "once", "(sO)", once_names[what], argument) : NULL;
    Py_XDECREF(argument);
    if (r) {
        Py_DECREF(r);
        return;
    }
    struct script_result why;
    fail(h, SCRIPT_FAILURE_EXCEPTION, &why);
    h->services->once_done(h->services->ctx, what, &why);
}

static void host_once_interrupt(struct script_host *h) {
    (void)h;
}

/* {"exit_code": …} of "summary", with the code that wish_quit gave where Python gives none. */
void *python_host_once_done(void *self, void *args, void *kwargs) {
    static char *names[] = {"what", "answer", "failure", NULL};
    const char *what;
    PyObject *answer = NULL, *failure = NULL;
    struct script_result result = {.output = VIEW(""), .message = VIEW("")};
    struct script_host *h = need_host();
    (void)self;
    if (!h || !PyArg_ParseTupleAndKeywords(args, kwargs, "s|OO:once_done", names, &what, &answer, &failure))
        return NULL;
    if ((answer && !python_view(answer, "answer", &result.output)) ||
        (failure && !python_view(failure, "failure", &result.message)))
        return NULL;
    if (result.message.len > 0)
        result.failure = SCRIPT_FAILURE_EXCEPTION;
    for (size_t i = 0; i < sizeof once_names / sizeof *once_names; i++)
        if (strcmp(what, once_names[i]) == 0) {
            h->services->once_done(h->services->ctx, (enum script_once)i, &result);
            runtime_arm(h->rt);
            return Py_NewRef(Py_None);
        }
    PyErr_Format(PyExc_ValueError, "once_done: \"%s\" is none of setup, stopping, teardown, summary", what);
    return NULL;
}

/* ---- wishes ---- */

static void *wish(struct script_host *h, enum script_wish what, const struct pack_writer *w) {
    if (w->error < 0)
        return PyErr_NoMemory();
    h->services->wish(h->services->ctx, what, buf_view(w->out));
    runtime_arm(h->rt);
    return Py_NewRef(Py_None);
}

static bool pack_classes(struct script_host *h, PyObject *classes, struct pack_writer *w) {
    bool used[PLAN_SCENARIOS_MAX] = {false};
    Py_ssize_t n = PySequence_Size(classes);
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *index = PySequence_GetItem(classes, i);
        Py_ssize_t k = index ? PyLong_AsSsize_t(index) : -1;
        Py_XDECREF(index);
        if (PyErr_Occurred() || k < 0 || (size_t)k >= h->plan->scenario_count) {
            if (!PyErr_Occurred())
                PyErr_Format(PyExc_ValueError, "there is no user class %zd", k);
            return false;
        }
        used[k] = true;
    }
    for (size_t i = 0; i < h->plan->scenario_count; i++)
        pack_bool(w, used[i]);
    return n >= 0;
}

void *python_host_wish_users(void *self, void *args, void *kwargs) {
    static char *names[] = {"users", "spawn_rate", "user_classes", NULL};
    struct script_host *h = need_host();
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    struct pack_writer w = pack_writer_of(&out);
    PyObject *classes = NULL;
    long long users;
    double rate;
    (void)self;
    if (!h || !PyArg_ParseTupleAndKeywords(args, kwargs, "Ld|O:wish_users", names, &users, &rate, &classes))
        return NULL;
    bool chosen = classes && classes != Py_None;
    pack_i64(&w, users);
    pack_double(&w, rate);
    pack_bool(&w, chosen);
    if (chosen && (!h->plan || !pack_classes(h, classes, &w)))
        return PyErr_Occurred()
                   ? NULL
                   : (PyErr_SetString(PyExc_RuntimeError, "user classes are not known yet"), NULL);
    return wish(h, SCRIPT_WISH_USERS, &w);
}

void *python_host_wish_stop(void *self, void *unused) {
    struct script_host *h = need_host();
    struct buf none = BUF_MAX(1);
    struct pack_writer w = pack_writer_of(&none);
    (void)self;
    (void)unused;
    return h ? wish(h, SCRIPT_WISH_STOP, &w) : NULL;
}

void *python_host_wish_quit(void *self, void *args, void *kwargs) {
    static char *names[] = {"exit_code", NULL};
    struct script_host *h = need_host();
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    PyObject *code = NULL;
    (void)self;
    if (!h || !PyArg_ParseTupleAndKeywords(args, kwargs, "|O:wish_quit", names, &code))
        return NULL;
    bool given = code && code != Py_None;
    pack_bool(&w, given);
    pack_i64(&w, given ? PyLong_AsLong(code) : 0);
    return PyErr_Occurred() ? NULL : wish(h, SCRIPT_WISH_QUIT, &w);
}

void *python_host_send_message(void *self, void *args, void *kwargs) {
    static char *names[] = {"kind", "data", "node_id", NULL};
    struct script_host *h = need_host();
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(HOST_TEXT_MAX);
    struct pack_writer w = pack_writer_of(&out);
    PyObject *texts[3] = {NULL, NULL, NULL};
    (void)self;
    if (!h || !PyArg_ParseTupleAndKeywords(
                  args, kwargs, "OO|O:send_message", names, &texts[0], &texts[1], &texts[2]))
        return NULL;
    for (int i = 0; i < 3; i++) {
        struct view v = VIEW("");
        if (texts[i] && !python_view(texts[i], names[i], &v))
            return NULL;
        pack_view(&w, v);
    }
    return wish(h, SCRIPT_WISH_MESSAGE, &w);
}

void *python_host_client_id(void *self, void *unused) {
    (void)self;
    (void)unused;
    return python_str(host ? buf_view(&host->client_id) : VIEW("local"));
}

void *python_host_reset_stats(void *self, void *unused) {
    struct buf none = BUF_MAX(1);
    struct pack_writer w = pack_writer_of(&none);
    struct runtime *rt = runtime_get();
    (void)self;
    (void)unused;
    if (!rt)
        return NULL;
    if (host)
        return wish(host, SCRIPT_WISH_RESET, &w);
    runtime_reset_statistics(rt);
    return Py_NewRef(Py_None);
}

/* ---- news ---- */

static PyObject *counts_of(struct pack_reader *r, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *o = PyLong_FromUnsignedLongLong(unpack_u64(r));
        if (!o)
            Py_CLEAR(list);
        else
            (void)PyList_SetItem(list, (Py_ssize_t)i, o);
    }
    return list;
}

static PyObject *tell_counts(struct script_host *h, struct pack_reader *r) {
    struct view state = unpack_view(r);
    unsigned long long wished = unpack_u64(r);
    PyObject *counts = counts_of(r, h->plan ? h->plan->scenario_count : 0);
    return counts
               ? python_call(h->object, "counts", "(Ns#K)", counts, state.ptr, (Py_ssize_t)state.len, wished)
               : NULL;
}

static void take_rate(struct script_host *h, struct pack_reader *r) {
    double per_s = unpack_double(r);
    uint64_t index = unpack_u64(r), count = unpack_u64(r);
    int64_t origin_us = unpack_i64(r);
    if (!r->failed && per_s >= 0 && per_s <= OPEN_MODEL_RATE_MAX && index < count && count <= UINT32_MAX)
        arrivals_set(&h->arrivals, per_s, (uint32_t)index, (uint32_t)count, origin_us);
}

static PyObject *worker_dict(struct pack_reader *r) {
    struct view id = unpack_view(r);
    uint64_t index = unpack_u64(r);
    struct view state = unpack_view(r);
    uint64_t users = unpack_u64(r);
    double cpu = unpack_double(r);
    uint64_t memory = unpack_u64(r);
    return Py_BuildValue("{s:s#,s:K,s:s#,s:K,s:d,s:K}", "id", id.ptr ? id.ptr : "", (Py_ssize_t)id.len,
        "index", (unsigned long long)index, "state", state.ptr ? state.ptr : "", (Py_ssize_t)state.len,
        "users", (unsigned long long)users, "cpu", cpu, "memory", (unsigned long long)memory);
}

static PyObject *tell_workers(struct script_host *h, struct pack_reader *r) {
    size_t n = unpack_count(r, 6);
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < n && !r->failed; i++) {
        PyObject *d = worker_dict(r);
        if (!d || PyList_Append(list, d) < 0)
            Py_CLEAR(list);
        Py_XDECREF(d);
    }
    return list ? python_call(h->object, "workers", "(N)", list) : NULL;
}

static PyObject *tell_message(struct script_host *h, struct pack_reader *r) {
    struct view kind = unpack_view(r), data = unpack_view(r), node = unpack_view(r);
    return python_call(h->object, "message", "(s#s#s#)", kind.ptr ? kind.ptr : "", (Py_ssize_t)kind.len,
        data.ptr ? data.ptr : "", (Py_ssize_t)data.len, node.ptr ? node.ptr : "", (Py_ssize_t)node.len);
}

/* What is there after a ramp stays; without this every full collection would walk over all users. Only for a
 * new peak, because what is frozen and becomes garbage in cycles is never found. */
static void freeze_collector(struct script_host *h) {
    size_t users = h->user_count - h->free_count;
    if (users < HOST_FREEZE_FROM || users <= h->frozen_users + h->frozen_users / 4)
        return;
    h->frozen_users = users;
    PyObject *gc = PyImport_ImportModule("gc");
    call(h, gc ? python_call(gc, "freeze", "()") : NULL);
    Py_XDECREF(gc);
}

static void keep_snapshot(struct script_host *h, struct view packed) {
    struct snapshot_head *head = calloc(1, sizeof *head);
    if (head)
        (void)!snapshot_unpack_merge(
            packed, head, &h->rt->kept); /* a damaged one is missing in environment.stats only */
    free(head);
    if (h->rt->after_snapshot)
        h->rt->after_snapshot(h->rt);
}

static void host_notice(struct script_host *h, enum script_notice what, struct view packed) {
    struct pack_reader r = pack_reader_of(packed);
    switch (what) {
    case SCRIPT_NOTICE_SPAWNED:
        freeze_collector(h);
        arrivals_spawned(&h->arrivals);
        call(h, python_call(h->object, "spawned", "(K)", (unsigned long long)unpack_u64(&r)));
        break;
    case SCRIPT_NOTICE_COUNTS: call(h, tell_counts(h, &r)); break;
    case SCRIPT_NOTICE_WORKERS: call(h, tell_workers(h, &r)); break;
    case SCRIPT_NOTICE_SNAPSHOT: keep_snapshot(h, packed); break;
    case SCRIPT_NOTICE_MESSAGE: call(h, tell_message(h, &r)); break;
    case SCRIPT_NOTICE_RESET:
        runtime_reset_statistics(h->rt);
        call(h, python_call(h->object, "reset_stats", "()"));
        break;
    case SCRIPT_NOTICE_RATE: take_rate(h, &r); break;
    case SCRIPT_NOTICE_COUNT: break;
    }
}

const struct script_ops python_host = {
    .name = "locust",
    .load = host_load,
    .free = host_free,
    .describe = host_describe,
    .bundle = host_bundle,
    .plan = host_plan,
    .setup_data = host_setup_data,
    .user_new = host_user_new,
    .user_free = host_user_free,
    .user_start = host_user_start,
    .user_interrupt = host_user_interrupt,
    .once = host_once,
    .once_interrupt = host_once_interrupt,
    .notice = host_notice,
};
