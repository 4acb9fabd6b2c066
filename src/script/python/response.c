/* The type Response: a view of what net left in the fetch's arena. Python objects are made when somebody asks
 * for them. */
#include "script/python/session_priv.h"

#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

PyObject *response_type;

struct response *response_alloc(PyObject *cls) {
    allocfunc alloc = (allocfunc)PyType_GetSlot((PyTypeObject *)cls, Py_tp_alloc);
    return (struct response *)alloc((PyTypeObject *)cls, 0); /* zeroed */
}

/* ---- what net says ---- */

/* path?query of an absolute URL. */
static struct view path_of(struct view url) {
    ptrdiff_t at = view_find_view(url, VIEW("://"));
    struct view rest = at >= 0 ? view_drop(url, (size_t)at + 3) : url;
    ptrdiff_t end = view_find(rest, '#');
    rest = end >= 0 ? view_take(rest, (size_t)end) : rest;
    for (size_t i = 0; i < rest.len; i++)
        if (rest.ptr[i] == '/')
            return view_drop(rest, i);
    return VIEW("/");
}

static struct view name_of(const struct response *r) {
    struct view v = VIEW_NULL;
    if (r->name && !python_view(r->name, "name", &v))
        PyErr_Clear();
    return r->name ? v : r->own_name;
}

static bool is_fine_status(enum session_style style, int status) {
    if (style == STYLE_REQUESTS)
        return status > 0 && status < 400;
    return (status >= 200 && status <= 208) || status == 226 || (status >= 301 && status <= 304) ||
           status == 307 || status == 308;
}

static void know_names(struct response *r, const struct http_hop *hop) {
    if (r->first_url.ptr)
        return;
    r->first_url = hop->url;
    if (!r->own_name.ptr)
        r->own_name = path_of(hop->url);
    r->entry_of_hops = entries_get(&r->runtime->entries, hop->method, name_of(r));
}

static void on_hop(void *ctx, struct http_fetch *f, const struct http_hop *hop) {
    struct response *r = ctx;
    struct view method = hop->method;
    know_names(r, hop);
    struct entries *e = &r->runtime->entries;
    struct entry *to = r->entry_of_hops == &e->spare ? entries_get(e, method, name_of(r)) : r->entry_of_hops;
    bool expected =
        hop->fault == NET_FAULT_NONE && (is_fine_status(r->session->style, hop->status) || hop->challenge);
    if (hop->fault != NET_FAULT_INVALID_URL && hop->fault != NET_FAULT_UNSUPPORTED_SCHEME)
        entry_record_http(e, to, session_tags(r->session, r->runtime), hop->status, expected, &hop->timing,
            clock_wall_ns());
    if (hop->final || hop->challenge)
        return;
    struct past_hop *p = arena_alloc(http_fetch_arena(f), sizeof *p);
    if (!p)
        return; /* the history misses one */
    *p = (struct past_hop){.hop = *hop};
    if (r->last_past)
        r->last_past->next = p;
    else
        r->first_past = p;
    r->last_past = p;
}

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *last) {
    struct response *r = ctx;
    (void)f;
    r->last = last;
    r->ended_us = last->timing.done_us;
    r->over = true;
    waiter_wake(r->runtime, &r->waiter);
}

/* A streamed answer is there as soon as its head is. */
void response_came(void *ctx, struct http_fetch *f, const struct http_hop *hop) {
    struct response *r = ctx;
    (void)f;
    know_names(r, hop);
    r->last = hop;
    waiter_wake(r->runtime, &r->waiter);
}

const struct http_fetch_callbacks response_callbacks = {.hop = on_hop, .done = on_done};

/* ---- the body of a streamed answer ---- */

/* The next bytes as they came, still encoded; b"" at the end, after which `fault` says whether it was one. */
static PyObject *response_read_some(struct response *r, PyObject *unused) {
    (void)unused;
    while (r->fetch && !r->over && !r->closed) {
        struct view body = http_fetch_body(r->fetch);
        if (body.len > 0) {
            PyObject *bytes = python_bytes(body);
            if (bytes)
                http_fetch_body_drop(r->fetch);
            return bytes;
        }
        r->waiter = (struct waiter){.for_answer = true};
        if (waiter_wait(r->runtime, &r->waiter) < 0)
            return NULL;
    }
    if (r->over && r->fault == RESPONSE_FAULT_NONE)
        response_settle(r);
    struct view rest = r->over && !r->closed ? view_drop(r->last->body, r->taken) : VIEW_NULL;
    r->taken += rest.len;
    return python_bytes(rest.ptr ? rest : VIEW(""));
}

/* Nobody wants the rest of the body: the connection ends with it. The server has answered, so it counts. */
void response_stop(struct response *r) {
    if (!r->last || r->over || r->closed)
        return;
    r->closed = true;
    struct http_hop cut = *r->last;
    cut.timing.done_us = loop_now_us(r->runtime->loop);
    (void)http_fetch_cancel(r->fetch);
    on_hop(r, r->fetch, &cut);
}

static PyObject *response_close(struct response *r, PyObject *unused) {
    (void)unused;
    response_stop(r);
    return Py_NewRef(Py_None);
}

/* ---- failures ---- */

static enum response_fault fault_of(const struct http_hop *h) {
    switch (h->fault) {
    case NET_FAULT_NONE:
        return h->redirects_exhausted ? RESPONSE_FAULT_TOO_MANY_REDIRECTS : RESPONSE_FAULT_NONE;
    case NET_FAULT_INVALID_URL: return RESPONSE_FAULT_INVALID_URL;
    case NET_FAULT_UNSUPPORTED_SCHEME:
        return view_find_view(h->url, VIEW("://")) >= 0 ? RESPONSE_FAULT_INVALID_SCHEMA
                                                        : RESPONSE_FAULT_MISSING_SCHEMA;
    case NET_FAULT_TIMEOUT: return RESPONSE_FAULT_READ_TIMEOUT;
    case NET_FAULT_DNS:
    case NET_FAULT_DNS_NO_HOST: return RESPONSE_FAULT_DNS;
    case NET_FAULT_DIAL_TIMEOUT: return RESPONSE_FAULT_CONNECT_TIMEOUT;
    case NET_FAULT_DIAL:
    case NET_FAULT_DIAL_REFUSED:
    case NET_FAULT_DIAL_ERRNO:
    case NET_FAULT_NO_PORTS:
    case NET_FAULT_NO_DESCRIPTORS: return RESPONSE_FAULT_CONNECT;
    case NET_FAULT_RESET:
    case NET_FAULT_BROKEN_PIPE: return RESPONSE_FAULT_RESET;
    case NET_FAULT_EOF_EARLY: return h->status == 0 ? RESPONSE_FAULT_CLOSED : RESPONSE_FAULT_INCOMPLETE;
    case NET_FAULT_TLS:
    case NET_FAULT_TLS_NOT_TLS:
    case NET_FAULT_TLS_UNKNOWN_CA:
    case NET_FAULT_TLS_HOST_MISMATCH:
    case NET_FAULT_TLS_CERT: return RESPONSE_FAULT_TLS;
    case NET_FAULT_PROTOCOL:
    case NET_FAULT_PROTOCOL_HEADERS_LIMIT: return RESPONSE_FAULT_PROTOCOL;
    case NET_FAULT_DECOMPRESS: return RESPONSE_FAULT_DECODE;
    case NET_FAULT_PROXY: return RESPONSE_FAULT_PROXY;
    case NET_FAULT_GENERIC:
        return view_starts_with(h->fault_detail, VIEW("net/http: invalid")) ? RESPONSE_FAULT_INVALID_HEADER
               : view_starts_with(h->fault_detail, VIEW("http: no Host"))   ? RESPONSE_FAULT_INVALID_URL
                                                                            : RESPONSE_FAULT_OTHER;
    default: return RESPONSE_FAULT_OTHER;
    }
}

static int errno_of(const struct http_hop *h) {
    switch (h->fault) {
    case NET_FAULT_DNS_NO_HOST: return EAI_NONAME;
    case NET_FAULT_DNS: return EAI_AGAIN;
    case NET_FAULT_DIAL_REFUSED: return ECONNREFUSED;
    case NET_FAULT_NO_PORTS: return EADDRNOTAVAIL;
    case NET_FAULT_NO_DESCRIPTORS: return EMFILE;
    case NET_FAULT_RESET: return ECONNRESET;
    case NET_FAULT_BROKEN_PIPE: return EPIPE;
    default: return h->fault_errno;
    }
}

void response_settle(struct response *r) {
    r->fault = fault_of(r->last);
    r->fault_errno = errno_of(r->last);
}

bool response_is_success(const struct response *r) {
    return is_fine_status(r->session->style, r->last->status);
}

static PyObject *get_fault_text(struct response *r, void *c) {
    (void)c;
    if (r->fault == RESPONSE_FAULT_DNS)
        return PyUnicode_FromString(gai_strerror(r->fault_errno));
    if ((r->fault == RESPONSE_FAULT_CONNECT || r->fault == RESPONSE_FAULT_RESET) && r->fault_errno)
        return PyUnicode_FromString(strerror(r->fault_errno));
    return python_str(r->last ? r->last->fault_detail : VIEW_NULL);
}

/* ---- recording ---- */

double response_ms(const struct response *r) {
    int64_t end_us = r->ended_us;
    if ((r->flags & FETCH_STREAM) && r->last && r->last->timing.first_byte_us)
        end_us = r->last->timing.first_byte_us;
    return end_us > r->started_us ? (double)(end_us - r->started_us) / 1000.0 : 0;
}

static uint64_t own_length(const struct response *r) {
    if (!r->last)
        return 0;
    if (r->flags & FETCH_STREAM) { /* as requests: what the header says */
        uint64_t n;
        if (view_to_u64(header_find(r->last->headers, r->last->header_count, VIEW("content-length")), &n))
            return n;
        return 0;
    }
    return r->last->body.len;
}

void response_record(struct response *r, double ms, bool timed, int64_t length, struct view failure) {
    struct view method = VIEW_NULL, name = name_of(r);
    if (r->recorded)
        return;
    r->recorded = true;
    PyObject *type = r->request_type ? r->request_type : r->method;
    if (!type || !python_view(type, "request_type", &method))
        PyErr_Clear();
    struct entries *e = &r->runtime->entries;
    struct mark_end end = {.ms = ms,
        .bytes = length >= 0 ? (uint64_t)length : own_length(r),
        .failure = failure,
        .method = method,
        .name = name};
    if (failure.ptr)
        mark_failed(r, &end);
    mark_over(r, &end);
    entry_record(e, entries_get(e, method, name),
        &(struct entry_request){.ms = ms,
            .timed = timed,
            .length = end.bytes,
            .failure = failure,
            .wall_ns = clock_wall_ns()});
}

static PyObject *response_record_method(struct response *r, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"failure", "response_time", "response_length", NULL};
    PyObject *failure = NULL, *time = NULL;
    struct view text = VIEW_NULL;
    double ms = response_ms(r);
    long long length = -1;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOL:record", names, &failure, &time, &length))
        return NULL;
    if (failure && failure != Py_None && !python_view(failure, "failure", &text))
        return NULL;
    if (time && time != Py_None) {
        double given = PyFloat_AsDouble(time);
        if (PyErr_Occurred())
            return NULL;
        ms = given == -1.0 ? ms : given;
    }
    if (text.ptr && !text.len)
        text = VIEW("");
    response_record(r, ms, time != Py_None, length, text);
    return Py_NewRef(Py_None);
}

/* ---- attributes ---- */

static const struct http_hop no_hop;
static const struct http_hop *hop_of(const struct response *r) {
    return r->last ? r->last : &no_hop;
}

static PyObject *header_list(const struct http_header *h, size_t n) {
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list && i < n; i++) {
        PyObject *name = python_latin1(h[i].name), *value = name ? python_latin1(h[i].value) : NULL;
        PyObject *pair = value ? PyTuple_Pack(2, name, value) : NULL;
        Py_XDECREF(name);
        Py_XDECREF(value);
        if (!pair)
            Py_CLEAR(list);
        else
            (void)PyList_SetItem(list, (Py_ssize_t)i, pair);
    }
    return list;
}

static PyObject *get_session(struct response *r, void *c) {
    return (void)c, Py_NewRef(r->session ? (PyObject *)r->session : Py_None);
}
static PyObject *get_status_code(struct response *r, void *c) {
    return (void)c, PyLong_FromLong(hop_of(r)->status);
}
static PyObject *get_reason(struct response *r, void *c) {
    return (void)c, python_latin1(hop_of(r)->reason);
}
static PyObject *get_http_version(struct response *r, void *c) {
    return (void)c, python_latin1(hop_of(r)->proto);
}
static PyObject *get_url(struct response *r, void *c) {
    return (void)c, python_str(hop_of(r)->url);
}
static PyObject *get_first_url(struct response *r, void *c) {
    return (void)c, python_str(r->first_url);
}
static PyObject *get_headers(struct response *r, void *c) {
    return (void)c, header_list(hop_of(r)->headers, hop_of(r)->header_count);
}
static PyObject *get_wire_length(struct response *r, void *c) {
    return (void)c, PyLong_FromUnsignedLongLong(hop_of(r)->body_wire_bytes);
}
static PyObject *get_request_method(struct response *r, void *c) {
    return (void)c, python_str(hop_of(r)->method);
}
static PyObject *get_request_headers(struct response *r, void *c) {
    return (void)c, header_list(hop_of(r)->request_headers, hop_of(r)->request_header_count);
}
static PyObject *get_request_body(struct response *r, void *c) {
    struct view body = hop_of(r)->request_body;
    return (void)c, body.ptr ? python_bytes(body) : Py_NewRef(Py_None);
}
static PyObject *get_first_method(struct response *r, void *c) {
    return (void)c, Py_NewRef(r->method ? r->method : Py_None);
}
static PyObject *get_response_time(struct response *r, void *c) {
    return (void)c, PyFloat_FromDouble(response_ms(r));
}
static PyObject *get_start_time(struct response *r, void *c) {
    return (void)c, PyFloat_FromDouble((double)r->started_wall_us / 1e6);
}
static PyObject *get_fault(struct response *r, void *c) {
    return (void)c, PyLong_FromLong((long)r->fault);
}
static PyObject *get_fault_errno(struct response *r, void *c) {
    return (void)c, PyLong_FromLong(r->fault_errno);
}
static PyObject *get_recorded(struct response *r, void *c) {
    return (void)c, Py_NewRef(r->recorded ? Py_True : Py_False);
}

static PyObject *get_elapsed(struct response *r, void *c) {
    const struct timing *t = &hop_of(r)->timing;
    int64_t end_us = t->first_byte_us ? t->first_byte_us : t->done_us;
    (void)c;
    return PyFloat_FromDouble(end_us > t->asked_us ? (double)(end_us - t->asked_us) / 1e6 : 0);
}

static PyObject *get_content(struct response *r, void *c) {
    (void)c;
    if (!r->content)
        r->content = python_bytes(hop_of(r)->body);
    return r->content ? Py_NewRef(r->content) : NULL;
}

static PyObject *get_remote_address(struct response *r, void *c) {
    const struct http_hop *h = hop_of(r);
    char text[128];
    (void)c;
    if (!h->remote_ip.len)
        return PyUnicode_FromString("");
    bool v6 = view_find(h->remote_ip, ':') >= 0;
    int n = snprintf(text, sizeof text, v6 ? "[%.*s]:%u" : "%.*s:%u", VIEW_ARGS(view_take(h->remote_ip, 100)),
        h->remote_port);
    return python_str(view_of(text, (size_t)n));
}

/* "text/html; charset=X" in lower case: the type, or the charset without quotes. */
static PyObject *content_type_part(const struct response *r, bool charset) {
    struct view rest = header_find(hop_of(r)->headers, hop_of(r)->header_count, VIEW("content-type")),
                part = VIEW_NULL;
    char text[256];
    if (!rest.ptr)
        return Py_NewRef(Py_None);
    part = view_trim(view_cut(&rest, ';', NULL));
    while (charset) {
        if (!rest.ptr)
            return Py_NewRef(Py_None);
        struct view value = view_trim(view_cut(&rest, ';', NULL)),
                    key = view_trim(view_cut(&value, '=', NULL));
        if (!view_eq_nocase(key, VIEW("charset")))
            continue;
        part = view_trim(value);
        while (part.len > 0 && (part.ptr[0] == '"' || part.ptr[0] == '\''))
            part = view_drop(part, 1);
        while (part.len > 0 && (part.ptr[part.len - 1] == '"' || part.ptr[part.len - 1] == '\''))
            part = view_take(part, part.len - 1);
        break;
    }
    part = view_take(part, sizeof text);
    for (size_t i = 0; i < part.len; i++)
        text[i] = (char)(part.ptr[i] >= 'A' && part.ptr[i] <= 'Z' ? part.ptr[i] + 32 : part.ptr[i]);
    return python_latin1(view_of(text, part.len));
}
static PyObject *get_charset(struct response *r, void *c) {
    return (void)c, content_type_part(r, true);
}
static PyObject *get_content_type(struct response *r, void *c) {
    return (void)c, content_type_part(r, false);
}

static PyObject *response_header(struct response *r, PyObject *name) {
    struct view wanted;
    PyObject *all = NULL;
    if (!python_view(name, "a header's name", &wanted))
        return NULL;
    const struct http_hop *h = hop_of(r);
    for (size_t i = 0; i < h->header_count; i++) {
        if (!view_eq_nocase(h->headers[i].name, wanted))
            continue;
        PyObject *value = python_latin1(h->headers[i].value);
        python_set(&all, all && value ? PyUnicode_FromFormat("%U, %U", all, value) : Py_XNewRef(value));
        Py_XDECREF(value);
        if (!all)
            return NULL;
    }
    return all ? all : Py_NewRef(Py_None);
}

static PyObject *past_dict(const struct http_hop *h) {
    PyObject *headers = header_list(h->headers, h->header_count);
    const struct timing *t = &h->timing;
    double ms = t->done_us > t->asked_us ? (double)(t->done_us - t->asked_us) / 1000.0 : 0;
    if (!headers)
        return NULL;
    return Py_BuildValue("{s:i,s:s#,s:s#,s:s#,s:N,s:y#,s:d}", "status_code", h->status, "reason",
        h->reason.ptr ? h->reason.ptr : "", (Py_ssize_t)h->reason.len, "url", h->url.ptr,
        (Py_ssize_t)h->url.len, "method", h->method.ptr, (Py_ssize_t)h->method.len, "headers", headers,
        "content", h->body.ptr ? h->body.ptr : "", (Py_ssize_t)h->body.len, "elapsed_ms", ms);
}

static PyObject *get_history(struct response *r, void *c) {
    PyObject *list = PyList_New(0);
    (void)c;
    for (const struct past_hop *p = r->first_past; list && p; p = p->next) {
        PyObject *d = past_dict(&p->hop);
        if (!d || PyList_Append(list, d) < 0)
            Py_CLEAR(list);
        Py_XDECREF(d);
    }
    return list;
}

static PyObject *get_name(struct response *r, void *c) {
    return (void)c, r->name ? Py_NewRef(r->name) : python_str(r->own_name);
}
static PyObject *get_request_type(struct response *r, void *c) {
    PyObject *o = r->request_type ? r->request_type : r->method;
    return (void)c, Py_NewRef(o ? o : Py_None);
}
static int set_text(PyObject **slot, PyObject *value, const char *what) {
    struct view v;
    if (!value) {
        PyErr_Format(PyExc_TypeError, "%s cannot be deleted", what);
        return -1;
    }
    if (!python_view(value, what, &v))
        return -1;
    python_set(slot, Py_NewRef(value));
    return 0;
}
static int set_name(struct response *r, PyObject *value, void *c) {
    return (void)c, set_text(&r->name, value, "name");
}
static int set_request_type(struct response *r, PyObject *value, void *c) {
    return (void)c, set_text(&r->request_type, value, "request_type");
}

/* ---- the type ---- */

static void response_dealloc(struct response *r) {
    PyTypeObject *type = Py_TYPE((PyObject *)r);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    response_stop(r);
    http_fetch_free(r->fetch);
    header_block_release(r->headers);
    line_release(r->line);
    Py_XDECREF((PyObject *)r->session);
    Py_XDECREF(r->method);
    Py_XDECREF(r->body);
    Py_XDECREF(r->name);
    Py_XDECREF(r->request_type);
    Py_XDECREF(r->content);
    release(r);
    Py_DECREF((PyObject *)type);
}

#define READ_ONLY(id)                                                                                        \
    { #id, (getter)get_##id, NULL, NULL, NULL }
#define SETTABLE(id)                                                                                         \
    { #id, (getter)get_##id, (setter)set_##id, NULL, NULL }

PyObject *response_type_new(void) {
    static PyMethodDef methods[] = {{"record", (PyCFunction)(void (*)(void))response_record_method,
                                        METH_VARARGS | METH_KEYWORDS, "Records it, once."},
        {"read_some", (PyCFunction)response_read_some, METH_NOARGS, "The next bytes of a streamed answer."},
        {"close", (PyCFunction)response_close, METH_NOARGS, "The rest of a streamed answer is not wanted."},
        {"header", (PyCFunction)response_header, METH_O, "The header of that name, or None."},
        {NULL, NULL, 0, NULL}};
    static PyGetSetDef attributes[] = {READ_ONLY(session), READ_ONLY(status_code), READ_ONLY(reason),
        READ_ONLY(http_version), READ_ONLY(url), READ_ONLY(first_url), READ_ONLY(content), READ_ONLY(headers),
        READ_ONLY(charset), READ_ONLY(content_type), READ_ONLY(wire_length), READ_ONLY(history),
        READ_ONLY(response_time), READ_ONLY(start_time), READ_ONLY(elapsed), READ_ONLY(request_method),
        READ_ONLY(request_body), READ_ONLY(first_method), READ_ONLY(request_headers), READ_ONLY(fault),
        READ_ONLY(fault_errno), READ_ONLY(fault_text), READ_ONLY(recorded), READ_ONLY(remote_address),
        SETTABLE(name), SETTABLE(request_type), {NULL, NULL, NULL, NULL, NULL}};
    static PyType_Slot slots[] = {
        {Py_tp_dealloc, response_dealloc}, {Py_tp_methods, methods}, {Py_tp_getset, attributes}, {0, NULL}};
    static PyType_Spec spec = {"halftime._native.Response", sizeof(struct response), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    return PyType_FromSpec(&spec);
}
