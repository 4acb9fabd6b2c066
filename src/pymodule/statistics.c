/* What was handed away in snapshots (runtime.kept) and what was measured since (runtime.recorder) are put
 * together anew for each look, in a recorder of its own; report/locust_stats then reads it as it reads the
 * controller's. */
#include "pymodule/statistics.h"

#include "script/python/python_text.h"

#include "report/locust_figures.h"
#include "report/locust_stats.h"
#include "script/python/runtime.h"

enum { SECONDS_TOLD = 20, EVIDENCE_BYTES_MAX = 64 * 1024 * 1024 };
#define TICK_US 900000

static struct view_of_all {
    struct recorder all;
    struct locust_stats stats;
    struct run_state run;
    struct runtime *runtime; /* that it was made for */
    int64_t ticked_us;
} view_all;

static int merge_evidence(struct recorder *into, const struct recorder *from) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(EVIDENCE_BYTES_MAX);
    struct pack_writer w = pack_writer_of(&packed);
    evidence_store_pack(from->evidence, &w);
    struct pack_reader r = pack_reader_of(buf_view(&packed));
    return w.error < 0 ? w.error : evidence_store_unpack_merge(into->evidence, &r);
}

static int merge(struct recorder *into, const struct recorder *from) {
    int r = series_store_merge(into->series, from->series);
    return r < 0 ? r : merge_evidence(into, from);
}

static int look(struct runtime *rt) {
    struct view_of_all *v = &view_all;
    int r = 0;
    if (v->runtime != rt) {
        *v = (struct view_of_all){.runtime = rt}; /* one of before a fork is left as it is */
        locust_stats_init(&v->stats);
        r = recorder_init(&v->all, false);
    }
    series_store_reset(v->all.series);
    evidence_store_zero(v->all.evidence);
    if (r == 0)
        r = merge(&v->all, &rt->kept);
    if (r == 0)
        r = merge(&v->all, rt->recorder);
    v->run = (struct run_state){.total = &v->all, .start_wall_ns = rt->started_wall_us * 1000};
    return r < 0 ? r : locust_stats_refresh(&v->stats, &v->run, (double)clock_wall_us() / 1e6);
}

void statistics_tick(struct runtime *rt) {
    int64_t now_us = loop_now_us(rt->loop);
    if (now_us - view_all.ticked_us < TICK_US)
        return;
    view_all.ticked_us = now_us;
    (void)!look(rt); /* without memory this second is missing in the current rates */
}

/* ---- to Python ---- */

static bool put(PyObject *dict, const char *key, PyObject *value) {
    bool fine = value && PyDict_SetItemString(dict, key, value) == 0;
    Py_XDECREF(value);
    return fine;
}

static PyObject *count_of(uint64_t n) {
    return PyLong_FromUnsignedLongLong(n);
}
static PyObject *time_of(double at) {
    return at > 0 ? PyFloat_FromDouble(at) : Py_NewRef(Py_None);
}

static bool put_count(PyObject *dict, int64_t key, uint64_t n) {
    PyObject *k = PyLong_FromLongLong(key), *v = k ? count_of(n) : NULL;
    bool fine = v && PyDict_SetItem(dict, k, v) == 0;
    Py_XDECREF(k);
    Py_XDECREF(v);
    return fine;
}

static int put_bucket(void *dict, int64_t ms, uint64_t n) {
    return put_count(dict, ms, n) ? 0 : -1;
}

static PyObject *buckets(const struct histogram *h) {
    PyObject *d = PyDict_New();
    if (d && locust_buckets_each(h, put_bucket, d) != 0)
        Py_CLEAR(d);
    return d;
}

static PyObject *seconds(const struct locust_entry *e, bool failures) {
    PyObject *d = PyDict_New();
    size_t from = e->second_count > SECONDS_TOLD ? e->second_count - SECONDS_TOLD : 0;
    for (size_t i = from; d && i < e->second_count; i++) {
        uint64_t n = failures ? e->seconds[i].failures : e->seconds[i].requests;
        if (n > 0 && !put_count(d, e->seconds[i].epoch_s, n))
            Py_CLEAR(d);
    }
    return d;
}

static PyObject *entry_dict(const struct locust_entry *e, double start_at) {
    PyObject *d = PyDict_New();
    const struct histogram *h = e->times;
    bool any = h->count > 0;
    if (d && put(d, "name", python_str(e->name)) && put(d, "method", python_str(e->method)) &&
        put(d, "num_requests", count_of(e->requests)) && put(d, "num_none_requests", count_of(e->untimed)) &&
        put(d, "num_failures", count_of(e->failures)) &&
        put(d, "total_response_time", PyFloat_FromDouble(any ? h->sum : 0)) &&
        put(d, "min_response_time", any ? PyFloat_FromDouble(h->min) : Py_NewRef(Py_None)) &&
        put(d, "max_response_time", PyFloat_FromDouble(any ? h->max : 0)) &&
        put(d, "total_content_length", PyLong_FromDouble(e->bytes)) &&
        put(d, "start_time", PyFloat_FromDouble(e->first_at > 0 ? e->first_at : start_at)) &&
        put(d, "last_request_timestamp", time_of(e->last_at)) && put(d, "response_times", buckets(h)) &&
        put(d, "num_reqs_per_sec", seconds(e, false)) && put(d, "num_fail_per_sec", seconds(e, true)))
        return d;
    Py_XDECREF(d);
    return NULL;
}

static PyObject *error_dict(const struct locust_error *e) {
    PyObject *d = PyDict_New();
    if (d && put(d, "name", python_str(e->name)) && put(d, "method", python_str(e->method)) &&
        put(d, "error", python_str(e->text)) && put(d, "occurrences", count_of(e->count)) &&
        put(d, "first_seen", PyFloat_FromDouble(e->first_at)) &&
        put(d, "last_seen", PyFloat_FromDouble(e->last_at)))
        return d;
    Py_XDECREF(d);
    return NULL;
}

static PyObject *nodes_list(struct view text) {
    PyObject *list = PyList_New(0);
    while (list && text.ptr && text.len > 0) {
        PyObject *node = python_str(view_trim(view_cut(&text, ',', NULL)));
        if (!node || PyList_Append(list, node) < 0)
            Py_CLEAR(list);
        Py_XDECREF(node);
    }
    return list;
}

static PyObject *exception_dict(const struct locust_exception *e) {
    PyObject *d = PyDict_New();
    if (d && put(d, "count", count_of(e->count)) && put(d, "msg", python_str(e->message)) &&
        put(d, "traceback", python_str(e->frames)) && put(d, "nodes", nodes_list(buf_view(&e->nodes))))
        return d;
    Py_XDECREF(d);
    return NULL;
}

static bool add(PyObject *list, PyObject *item) {
    bool fine = item && PyList_Append(list, item) == 0;
    Py_XDECREF(item);
    return fine;
}

static PyObject *entry_list(const struct locust_stats *s) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < s->entry_count; i++)
        if ((s->entries[i]->requests > 0 || s->entries[i]->failures > 0) &&
            !add(list, entry_dict(s->entries[i], s->start_at)))
            Py_CLEAR(list);
    return list;
}

static PyObject *error_list(const struct locust_stats *s) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < s->error_count; i++)
        if (s->errors[i].count > 0 && !add(list, error_dict(&s->errors[i])))
            Py_CLEAR(list);
    return list;
}

static PyObject *exception_list(const struct locust_stats *s) {
    PyObject *list = PyList_New(0);
    for (size_t i = 0; list && i < s->exception_count; i++)
        if (s->exceptions[i].count > 0 && !add(list, exception_dict(&s->exceptions[i])))
            Py_CLEAR(list);
    return list;
}

void *statistics(void *self, void *args, void *kwargs) {
    static char *names[] = {"merged", NULL};
    struct runtime *rt = runtime_get();
    int merged = 1;
    (void)self;
    if (!rt || !PyArg_ParseTupleAndKeywords(args, kwargs, "|p:stats", names, &merged))
        return NULL;
    (void)merged; /* a process that does the master's side has all in `kept`, any other only its own */
    if (look(rt) < 0)
        return PyErr_NoMemory();
    const struct locust_stats *s = &view_all.stats;
    PyObject *d = PyDict_New();
    if (d && put(d, "start_time", PyFloat_FromDouble((double)rt->started_wall_us / 1e6)) &&
        put(d, "entries", entry_list(s)) && put(d, "errors", error_list(s)) &&
        put(d, "exceptions", exception_list(s)))
        return d;
    Py_XDECREF(d);
    return NULL;
}
