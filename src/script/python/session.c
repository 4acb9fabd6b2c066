/* The type Session: default headers, cookies, network settings, and fetch().
 *
 * fetch() is one call for a whole request: the request is built in the fetch's arena (or points into objects
 * that the response holds), handed to net, and the greenlet gives way until `done`. All that outlives the
 * call hangs on the Response, which exists from the beginning and which net's callbacks are given. Ended
 * early by an exception, the request is cancelled and the Response goes with it. */
#include "script/python/session_priv.h"

#include <errno.h>
#include <stdlib.h>

PyObject *session_type;

/* ---- headers ---- */

void header_block_release(struct header_block *b) {
    if (b && --b->refs == 0)
        free(b);
}

/* Python sends header text as Latin-1 where it can. */
static bool header_text(PyObject *o, PyObject **keep, struct view *out) {
    *keep = NULL;
    if (!PyUnicode_Check(o))
        return python_view(o, "a header", out);
    *keep = PyUnicode_AsLatin1String(o);
    if (*keep)
        return python_view(*keep, "a header", out);
    PyErr_Clear();
    return python_view(o, "a header", out);
}

struct header_texts {
    struct buf bytes;
    size_t lengths[2 * SESSION_HEADERS_MAX];
    size_t count; /* of texts: name, value, name … */
};

static int take_header_text(struct header_texts *t, PyObject *o) {
    PyObject *keep;
    struct view v;
    if (t->count == 2 * SESSION_HEADERS_MAX) {
        PyErr_Format(PyExc_ValueError, "more than %d headers", SESSION_HEADERS_MAX);
        return -1;
    }
    if (!o || !header_text(o, &keep, &v))
        return -1;
    int r = buf_append_view(&t->bytes, v);
    Py_XDECREF(keep);
    if (r < 0) {
        PyErr_SetString(PyExc_ValueError, "the headers are too large");
        return -1;
    }
    t->lengths[t->count++] = v.len;
    return 0;
}

static struct header_block *block_of(const struct header_texts *t) {
    struct header_block *b = malloc(sizeof *b + t->count / 2 * sizeof *b->headers + t->bytes.len + 1);
    if (!b)
        return NULL;
    *b = (struct header_block){.refs = 1, .count = t->count / 2, .headers = (struct http_header *)(b + 1)};
    char *at = (char *)(b->headers + b->count);
    if (t->bytes.len)
        memcpy(at, t->bytes.ptr, t->bytes.len);
    for (size_t i = 0; i < b->count; i++) {
        b->headers[i].name = view_of(at, t->lengths[2 * i]);
        at += t->lengths[2 * i];
        b->headers[i].value = view_of(at, t->lengths[2 * i + 1]);
        at += t->lengths[2 * i + 1];
    }
    return b;
}

static int collect_headers(PyObject *pairs, struct header_texts *t) {
    PyObject *iterator = PyObject_GetIter(pairs), *pair;
    int r = iterator ? 0 : -1;
    while (r == 0 && (pair = PyIter_Next(iterator)) != NULL) {
        PyObject *name = PySequence_GetItem(pair, 0), *value = name ? PySequence_GetItem(pair, 1) : NULL;
        r = value && take_header_text(t, name) == 0 ? take_header_text(t, value) : -1;
        Py_XDECREF(name);
        Py_XDECREF(value);
        Py_DECREF(pair);
    }
    Py_XDECREF(iterator);
    return PyErr_Occurred() ? -1 : r;
}

static PyObject *session_set_headers(struct session *s, PyObject *pairs) {
    struct header_texts *t = malloc(sizeof *t);
    if (!t)
        return PyErr_NoMemory();
    t->bytes = BUF_MAX(HTTP_HEADER_BYTES_MAX);
    t->count = 0;
    struct header_block *b = NULL;
    if (collect_headers(pairs, t) == 0 && !(b = block_of(t)))
        PyErr_NoMemory();
    buf_deinit(&t->bytes);
    free(t);
    if (!b)
        return NULL;
    header_block_release(s->headers);
    s->headers = b;
    return Py_NewRef(Py_None);
}

/* ---- network ---- */

static bool take_path(PyObject *o, const char *what, char **out) {
    struct view v;
    if (!o || o == Py_None)
        return true;
    if (!python_view(o, what, &v))
        return false;
    free(*out);
    *out = view_dup_cstr(v);
    return *out || PyErr_NoMemory();
}

static bool take_verify(PyObject *o, struct network *n) {
    if (!o || o == Py_None)
        return true;
    if (PyUnicode_Check(o)) {
        n->verify = true;
        return take_path(o, "verify", &n->ca_file);
    }
    int truth = PyObject_IsTrue(o);
    n->verify = truth > 0;
    return truth >= 0;
}

static bool take_cert(PyObject *o, struct network *n) {
    if (!o || o == Py_None || PyUnicode_Check(o))
        return take_path(o, "cert", &n->cert_file);
    PyObject *cert = PySequence_GetItem(o, 0), *key = cert ? PySequence_GetItem(o, 1) : NULL;
    bool fine = key && take_path(cert, "cert", &n->cert_file) && take_path(key, "cert", &n->key_file);
    Py_XDECREF(cert);
    Py_XDECREF(key);
    return fine;
}

static bool take_proxies(PyObject *o, struct network *n) {
    if (!o || o == Py_None)
        return true;
    if (!PyDict_Check(o)) {
        PyErr_SetString(PyExc_TypeError, "proxies must be a dict such as {\"http\": \"http://host:port\"}");
        return false;
    }
    PyObject *all = PyDict_GetItemString(o, "all"), *http = PyDict_GetItemString(o, "http"),
             *https = PyDict_GetItemString(o, "https");
    return take_path(http ? http : all, "a proxy", &n->proxy_http) &&
           take_path(https ? https : all, "a proxy", &n->proxy_https);
}

static PyObject *session_set_network(struct session *s, PyObject *args, PyObject *kwargs) {
    static char *names[] = {
        "verify", "cert", "proxies", "trust_env", "max_redirects", "connections", "keep_alive", NULL};
    PyObject *verify = NULL, *cert = NULL, *proxies = NULL;
    struct network n;
    network_default(&n);
    int trust_env = n.trust_env, keep_alive = n.keep_alive;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|$OOOpiip:set_network", names, &verify, &cert, &proxies,
            &trust_env, &n.max_redirects, &n.connections, &keep_alive))
        return NULL;
    n.trust_env = trust_env;
    n.keep_alive = keep_alive;
    struct runtime *rt = runtime_get();
    struct line *line = NULL;
    if (!rt || !take_verify(verify, &n) || !take_cert(cert, &n) || !take_proxies(proxies, &n)) {
        network_deinit(&n);
        return NULL;
    }
    if (!network_equal(&n, &s->network)) {
        line = network_line(rt, &n); /* errors are told here, not by some later request */
        if (!line) {
            network_deinit(&n);
            return NULL;
        }
        line_release(s->line);
        s->line = line;
        s->runtime = rt;
    }
    network_deinit(&s->network);
    s->network = n;
    return Py_NewRef(Py_None);
}

static struct line *session_line(struct session *s, struct runtime *rt) {
    if (s->line && s->runtime == rt)
        return s->line;
    s->line = network_line(rt, &s->network); /* one of before a fork stays the parent's */
    s->runtime = rt;
    return s->line;
}

/* A new task: its requests are a trace of their own. */
static PyObject *session_begin_iteration(struct session *s, PyObject *unused) {
    (void)unused;
    s->trace_iteration = 0;
    return Py_NewRef(Py_None);
}

static PyObject *session_close(struct session *s, PyObject *unused) {
    (void)unused;
    if (s->line)
        http_session_close_idle(s->line->session);
    return Py_NewRef(Py_None);
}

tagset_id session_tags(struct session *s, struct runtime *rt) {
    struct view name;
    if (s->tags_recorder == rt->recorder)
        return s->tags;
    s->tags = 0;
    s->tags_recorder = rt->recorder;
    if (s->user_class && python_view(s->user_class, "user_class", &name) && name.len > 0) {
        struct tag tag = {VIEW("scenario"), name};
        s->tags = tags_intern(rt->recorder->tags, &tag, 1);
    }
    PyErr_Clear();
    return s->tags;
}

/* ---- cookies ---- */

static void append_cookie(void *ctx, const struct cookie *c) {
    PyObject *list = ctx, *expires = c->expires_s ? PyLong_FromLongLong(c->expires_s) : Py_NewRef(Py_None);
    PyObject *name = python_latin1(c->name), *value = python_latin1(c->value),
             *domain = python_latin1(c->domain), *path = python_latin1(c->path);
    PyObject *row = NULL;
    if (name && value && domain && path && expires)
        row = Py_BuildValue("(OOOOOOOO)", name, value, domain, path, expires, c->secure ? Py_True : Py_False,
            c->http_only ? Py_True : Py_False, c->host_only ? Py_True : Py_False);
    if (row && !PyErr_Occurred())
        (void)PyList_Append(list, row);
    Py_XDECREF(row);
    Py_XDECREF(name);
    Py_XDECREF(value);
    Py_XDECREF(domain);
    Py_XDECREF(path);
    Py_XDECREF(expires);
}

static PyObject *session_cookies(struct session *s, PyObject *unused) {
    (void)unused;
    PyObject *list = PyList_New(0);
    if (list)
        cookie_jar_all(s->jar, append_cookie, list);
    if (PyErr_Occurred())
        Py_CLEAR(list);
    return list;
}

static PyObject *session_set_cookie(struct session *s, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"name", "value", "domain", "path", "expires", "secure", "http_only", NULL};
    PyObject *name, *value, *domain = NULL, *path = NULL, *expires = NULL;
    struct cookie c = {.path = VIEW("/"), .domain = VIEW("")};
    int secure = 0, http_only = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "UU|UUOpp:set_cookie", names, &name, &value, &domain,
            &path, &expires, &secure, &http_only))
        return NULL;
    if (!python_view(name, "name", &c.name) || !python_view(value, "value", &c.value) ||
        (domain && !python_view(domain, "domain", &c.domain)) ||
        (path && !python_view(path, "path", &c.path)))
        return NULL;
    c.secure = secure;
    c.http_only = http_only;
    c.host_only = c.domain.len == 0 || c.domain.ptr[0] != '.';
    if (!c.host_only)
        c.domain = view_drop(c.domain, 1);
    if (expires && expires != Py_None) {
        c.expires_s = PyLong_AsLongLong(expires);
        if (PyErr_Occurred())
            return NULL;
    }
    if (cookie_jar_put(s->jar, &c) < 0)
        return PyErr_NoMemory();
    return Py_NewRef(Py_None);
}

static PyObject *session_clear_cookies(struct session *s, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"domain", "path", "name", NULL};
    PyObject *objects[3] = {NULL, NULL, NULL};
    struct view v[3] = {VIEW_NULL, VIEW_NULL, VIEW_NULL};
    if (!PyArg_ParseTupleAndKeywords(
            args, kwargs, "|OOO:clear_cookies", names, &objects[0], &objects[1], &objects[2]))
        return NULL;
    for (int i = 0; i < 3; i++)
        if (objects[i] && objects[i] != Py_None && !python_view(objects[i], names[i], &v[i]))
            return NULL;
    cookie_jar_remove(s->jar, v[0], v[1], v[2]);
    return Py_NewRef(Py_None);
}

/* ---- a request ---- */

struct fetch_args {
    PyObject *method, *url, *name, *headers, *body, *timeout, *auth, *cookies, *deadline;
    unsigned flags;
};

static bool is_given(PyObject *o) {
    return o && o != Py_None;
}

static bool is_absolute(struct view url) {
    return (url.len >= 7 && view_eq_nocase(view_take(url, 7), VIEW("http://"))) ||
           (url.len >= 8 && view_eq_nocase(view_take(url, 8), VIEW("https://")));
}

static struct view in_arena(struct response *r, struct view v) {
    struct view copy = arena_copy(http_fetch_arena(r->fetch), v);
    if (!copy.ptr)
        PyErr_NoMemory();
    return copy;
}

static bool build_url(struct session *s, struct response *r, PyObject *url, struct http_request *q) {
    struct view given, base = VIEW("");
    if (!python_view(url, "url", &given) ||
        (!is_absolute(given) && !python_view(s->base_url, "base_url", &base)))
        return false;
    char *text = arena_alloc(http_fetch_arena(r->fetch), base.len + given.len + 1);
    if (!text)
        return PyErr_NoMemory();
    char *at = base.len ? mempcpy(text, base.ptr, base.len) : text;
    at = given.len ? mempcpy(at, given.ptr, given.len) : at;
    *at = 0;
    q->url = view_of(text, base.len + given.len);
    if (s->style == STYLE_FAST)
        r->own_name = view_of(text + base.len, given.len);
    return true;
}

static char *encode_userinfo(char *at, struct view v) {
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        *at++ = '%';
        *at++ = "0123456789ABCDEF"[c >> 4];
        *at++ = "0123456789ABCDEF"[c & 15];
    }
    return at;
}

/* Digest credentials travel in the URL, as net wants them. */
static bool add_auth(struct response *r, PyObject *auth, struct http_request *q) {
    struct view user, password;
    ptrdiff_t slashes = view_find_view(q->url, VIEW("://"));
    if (!is_given(auth))
        return true;
    PyObject *a = PySequence_GetItem(auth, 0), *b = a ? PySequence_GetItem(auth, 1) : NULL;
    bool fine = b && python_view(a, "auth", &user) && python_view(b, "auth", &password);
    if (fine && slashes > 0) {
        size_t head = (size_t)slashes + 3;
        char *text = arena_alloc(http_fetch_arena(r->fetch), q->url.len + 3 * (user.len + password.len) + 3),
             *at = text;
        fine = text || PyErr_NoMemory();
        if (text) {
            at = mempcpy(at, q->url.ptr, head);
            at = encode_userinfo(at, user);
            *at++ = ':';
            at = encode_userinfo(at, password);
            *at++ = '@';
            at = mempcpy(at, q->url.ptr + head, q->url.len - head);
            q->url = view_of(text, (size_t)(at - text));
            q->auth = HTTP_AUTH_DIGEST;
        }
    }
    Py_XDECREF(a);
    Py_XDECREF(b);
    return fine;
}

static bool copy_header(struct response *r, PyObject *o, struct view *out) {
    PyObject *keep;
    bool fine = header_text(o, &keep, out);
    if (fine)
        *out = in_arena(r, *out);
    Py_XDECREF(keep);
    return fine && out->ptr;
}

static void drop_header(struct http_header *list, size_t *count, struct view name) {
    size_t kept = 0;
    for (size_t i = 0; i < *count; i++)
        if (!view_eq_nocase(list[i].name, name))
            list[kept++] = list[i];
    *count = kept;
}

/* The defaults, with the request's own put over them. */
static bool build_headers(struct session *s, struct response *r, PyObject *own, struct http_request *q) {
    size_t defaults = s->headers ? s->headers->count : 0;
    if (s->headers) {
        r->headers = s->headers;
        r->headers->refs++;
        q->headers = s->headers->headers;
        q->header_count = defaults;
    }
    if (!is_given(own))
        return true;
    if (!PyDict_Check(own)) {
        PyErr_SetString(PyExc_TypeError, "headers must be a dict");
        return false;
    }
    Py_ssize_t n = PyDict_Size(own), at = 0;
    if (n == 0)
        return true;
    if (n > SESSION_HEADERS_MAX) {
        PyErr_Format(PyExc_ValueError, "more than %d headers", SESSION_HEADERS_MAX);
        return false;
    }
    struct http_header *list = arena_alloc(http_fetch_arena(r->fetch), (defaults + (size_t)n) * sizeof *list);
    if (!list)
        return PyErr_NoMemory();
    if (defaults)
        memcpy(list, q->headers, defaults * sizeof *list);
    size_t count = defaults;
    for (PyObject *key, *value; PyDict_Next(own, &at, &key, &value);) {
        struct http_header h;
        if (!copy_header(r, key, &h.name))
            return false;
        drop_header(list, &count, h.name);
        if (value == Py_None)
            continue;
        if (!copy_header(r, value, &h.value))
            return false;
        list[count++] = h;
    }
    q->headers = list;
    q->header_count = count;
    return true;
}

static bool build_cookies(struct response *r, PyObject *own, struct http_request *q) {
    Py_ssize_t n, at = 0;
    if (!is_given(own))
        return true;
    if (!PyDict_Check(own) || (n = PyDict_Size(own)) > SESSION_COOKIES_MAX) {
        PyErr_Format(PyExc_TypeError, "cookies must be a dict with at most %d names", SESSION_COOKIES_MAX);
        return false;
    }
    struct http_header *list = arena_alloc(http_fetch_arena(r->fetch), ((size_t)n + 1) * sizeof *list);
    bool *replaces = arena_alloc(http_fetch_arena(r->fetch), (size_t)n + 1);
    if (!list || !replaces)
        return PyErr_NoMemory();
    for (PyObject *key, *value; PyDict_Next(own, &at, &key, &value); q->cookie_count++) {
        if (!copy_header(r, key, &list[q->cookie_count].name) ||
            !copy_header(r, value, &list[q->cookie_count].value))
            return false;
        replaces[q->cookie_count] = true;
    }
    q->cookies = list;
    q->cookie_replaces = replaces;
    return true;
}

static bool take_seconds(PyObject *o, int64_t *us) {
    *us = 0;
    if (!is_given(o))
        return true;
    double s = PyFloat_AsDouble(o);
    if (PyErr_Occurred())
        return false;
    *us = s > 0 ? (s < 1e9 ? (int64_t)(s * 1e6) : 0) : 1;
    return true;
}

static bool build_timeouts(PyObject *timeout, PyObject *deadline, struct http_request *q) {
    if (!take_seconds(deadline, &q->timeout_us))
        return false;
    if (!is_given(timeout))
        return true;
    if (!PyTuple_Check(timeout)) {
        bool fine = take_seconds(timeout, &q->read_timeout_us);
        q->connect_timeout_us = q->read_timeout_us;
        return fine;
    }
    if (PyTuple_Size(timeout) != 2) {
        PyErr_SetString(PyExc_ValueError, "timeout must be a number or (connect, read)");
        return false;
    }
    return take_seconds(PyTuple_GetItem(timeout, 0), &q->connect_timeout_us) &&
           take_seconds(PyTuple_GetItem(timeout, 1), &q->read_timeout_us);
}

static bool build(struct session *s, struct response *r, const struct fetch_args *a, struct http_request *q) {
    static const enum http_redirects redirects[] = {
        [STYLE_REQUESTS] = HTTP_REDIRECTS_REQUESTS, [STYLE_FAST] = HTTP_REDIRECTS_GEVENTHTTP};
    *q = (struct http_request){.jar = s->jar,
        .redirects_max = a->flags & FETCH_NO_REDIRECTS ? -1 : s->network.max_redirects,
        .redirects = redirects[s->style],
        .came = a->flags & FETCH_STREAM ? response_came : NULL,
        .no_decompress = a->flags & FETCH_STREAM};
    r->method = Py_NewRef(a->method);
    if (!python_view(r->method, "method", &q->method))
        return false;
    if (is_given(a->body)) {
        r->body = Py_NewRef(a->body);
        if (!python_view(r->body, "body", &q->body))
            return false;
        q->has_body = true;
    }
    if (is_given(a->name)) {
        struct view check;
        r->name = Py_NewRef(a->name);
        if (!python_view(r->name, "name", &check))
            return false;
    }
    return build_url(s, r, a->url, q) && add_auth(r, a->auth, q) && build_headers(s, r, a->headers, q) &&
           build_cookies(r, a->cookies, q) && build_timeouts(a->timeout, a->deadline, q) && mark_request(s, r, q);
}

static void give_up(struct response *r) {
    if (!r->fetch || r->over || !http_fetch_cancel(r->fetch))
        return;
    evidence_store_add(r->runtime->recorder->evidence, EVIDENCE_REQUEST_INTERRUPTED, VIEW("http requests"),
        VIEW(""), VIEW(""), 1);
}

static struct response *begin(struct session *s, struct runtime *rt, const struct fetch_args *a) {
    struct line *line = session_line(s, rt);
    struct response *r = line ? response_alloc(s->response_class) : NULL;
    struct http_request q;
    if (!r)
        return NULL;
    r->session = (struct session *)Py_NewRef((PyObject *)s);
    r->runtime = rt;
    r->line = line;
    line->refs++;
    r->flags = a->flags;
    r->waiter.for_answer = true;
    if (http_fetch_new(&r->fetch, line->session) < 0)
        PyErr_NoMemory();
    else if (build(s, r, a, &q)) {
        r->started_us = loop_refresh_us(rt->loop);
        r->started_wall_us = clock_wall_us();
        if (http_fetch_start(r->fetch, &q, &response_callbacks, r) == 0)
            return r;
        PyErr_NoMemory();
    }
    Py_DECREF((PyObject *)r);
    return NULL;
}

static void record_bytes(struct runtime *rt, struct response *r) {
    uint64_t sent, received;
    tagset_id tags = session_tags(r->session, rt);
    struct recorder_at at = {.wall_ns = clock_wall_ns(), .iter = -1};
    http_session_take_bytes(r->line->session, &sent, &received);
    if (sent)
        recorder_add(rt->recorder, METRIC_DATA_SENT, tags, (double)sent, &at);
    if (received)
        recorder_add(rt->recorder, METRIC_DATA_RECEIVED, tags, (double)received, &at);
}

static PyObject *session_fetch(struct session *s, PyObject *const *args, Py_ssize_t n) {
    PyObject *flags = n > 5 ? args[5] : NULL;
    struct fetch_args a = {.method = n > 0 ? args[0] : NULL,
        .url = n > 1 ? args[1] : NULL,
        .name = n > 2 ? args[2] : NULL,
        .headers = n > 3 ? args[3] : NULL,
        .body = n > 4 ? args[4] : NULL,
        .timeout = n > 6 ? args[6] : NULL,
        .auth = n > 7 ? args[7] : NULL,
        .cookies = n > 8 ? args[8] : NULL,
        .deadline = n > 9 ? args[9] : NULL};
    if (n < 2 || n > 10) {
        PyErr_Format(PyExc_TypeError, "fetch() takes 2 to 10 positional arguments, %zd were given", n);
        return NULL;
    }
    if (flags)
        a.flags = (unsigned)PyLong_AsUnsignedLong(flags) & FETCH_FLAGS;
    struct runtime *rt = PyErr_Occurred() ? NULL : runtime_get();
    struct response *r = rt ? begin(s, rt, &a) : NULL;
    if (!r)
        return NULL;
    if (waiter_wait(rt, &r->waiter) < 0) {
        give_up(r);
        Py_DECREF((PyObject *)r);
        return NULL;
    }
    response_settle(r);
    record_bytes(rt, r);
    if (!(r->flags & FETCH_UNRECORDED) && r->fault == RESPONSE_FAULT_NONE && response_is_success(r))
        response_record(r, response_ms(r), true, -1, VIEW_NULL);
    return (PyObject *)r;
}

/* ---- the type ---- */

static PyObject *session_new(PyTypeObject *type, PyObject *args, PyObject *kwargs) {
    allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
    struct session *s = (struct session *)alloc(type, 0);
    (void)args;
    (void)kwargs;
    if (!s)
        return NULL;
    network_default(&s->network);
    s->base_url = PyUnicode_FromString("");
    s->user_class = PyUnicode_FromString("");
    s->response_class = Py_NewRef(response_type);
    if (s->base_url && s->user_class && cookie_jar_new(&s->jar) == 0)
        return (PyObject *)s;
    Py_DECREF((PyObject *)s);
    return PyErr_Occurred() ? NULL : PyErr_NoMemory();
}

static int set_response_class(struct session *s, PyObject *cls) {
    int is = PyType_Check(cls) ? PyObject_IsSubclass(cls, response_type) : 0;
    if (is == 0)
        PyErr_SetString(PyExc_TypeError, "response_class must be Response or a subclass of it");
    if (is <= 0)
        return -1;
    python_set(&s->response_class, Py_NewRef(cls));
    return 0;
}

static int session_init(struct session *s, PyObject *args, PyObject *kwargs) {
    static char *names[] = {"base_url", "style", "response_class", NULL};
    PyObject *base_url = NULL, *response_class = NULL;
    int style = STYLE_REQUESTS;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OiO:Session", names, &base_url, &style, &response_class))
        return -1;
    if (base_url && base_url != Py_None)
        python_set(&s->base_url, Py_NewRef(base_url));
    s->style = style == STYLE_FAST ? STYLE_FAST : STYLE_REQUESTS;
    return response_class && response_class != Py_None ? set_response_class(s, response_class) : 0;
}

static void session_dealloc(struct session *s) {
    PyTypeObject *type = Py_TYPE((PyObject *)s);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    line_release(s->line);
    header_block_release(s->headers);
    cookie_jar_free(s->jar);
    network_deinit(&s->network);
    Py_XDECREF(s->base_url);
    Py_XDECREF(s->user_class);
    Py_XDECREF(s->response_class);
    release(s);
    Py_DECREF((PyObject *)type);
}

static PyObject *get_base_url(struct session *s, void *c) {
    return (void)c, Py_NewRef(s->base_url);
}
static PyObject *get_user_class(struct session *s, void *c) {
    return (void)c, Py_NewRef(s->user_class);
}
static PyObject *get_response_class(struct session *s, void *c) {
    return (void)c, Py_NewRef(s->response_class);
}

static int set_text(PyObject **slot, PyObject *value, const char *what) {
    struct view v;
    if (!value || !python_view(value, what, &v))
        return value ? -1 : (PyErr_Format(PyExc_TypeError, "%s cannot be deleted", what), -1);
    python_set(slot, Py_NewRef(value));
    return 0;
}
static int set_base_url(struct session *s, PyObject *value, void *c) {
    return (void)c, set_text(&s->base_url, value, "base_url");
}
static int set_user_class(struct session *s, PyObject *value, void *c) {
    (void)c;
    s->tags_recorder = NULL;
    return set_text(&s->user_class, value, "user_class");
}
static int set_class(struct session *s, PyObject *value, void *c) {
    (void)c;
    if (value)
        return set_response_class(s, value);
    PyErr_SetString(PyExc_TypeError, "response_class cannot be deleted");
    return -1;
}

PyObject *session_type_new(void) {
    static PyMethodDef methods[] = {{"fetch", (PyCFunction)(void (*)(void))session_fetch, METH_FASTCALL,
                                        "One request with its redirects."},
        {"set_headers", (PyCFunction)session_set_headers, METH_O, "The default headers: pairs."},
        {"set_network", (PyCFunction)(void (*)(void))session_set_network, METH_VARARGS | METH_KEYWORDS,
            "TLS, proxies, connections."},
        {"close", (PyCFunction)session_close, METH_NOARGS, "Closes idle connections."},
        {"begin_iteration", (PyCFunction)session_begin_iteration, METH_NOARGS, "From here on requests are another trace."},
        {"cookies", (PyCFunction)session_cookies, METH_NOARGS, "All cookies, as tuples."},
        {"set_cookie", (PyCFunction)(void (*)(void))session_set_cookie, METH_VARARGS | METH_KEYWORDS,
            "Adds or replaces a cookie."},
        {"clear_cookies", (PyCFunction)(void (*)(void))session_clear_cookies, METH_VARARGS | METH_KEYWORDS,
            "Removes cookies."},
        {NULL, NULL, 0, NULL}};
    static PyGetSetDef attributes[] = {{"base_url", (getter)get_base_url, (setter)set_base_url, NULL, NULL},
        {"user_class", (getter)get_user_class, (setter)set_user_class, NULL, NULL},
        {"response_class", (getter)get_response_class, (setter)set_class, NULL, NULL},
        {NULL, NULL, NULL, NULL, NULL}};
    static PyType_Slot slots[] = {{Py_tp_new, session_new}, {Py_tp_init, session_init},
        {Py_tp_dealloc, session_dealloc}, {Py_tp_methods, methods}, {Py_tp_getset, attributes}, {0, NULL}};
    static PyType_Spec spec = {"halftime._native.Session", sizeof(struct session), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    return PyType_FromSpec(&spec);
}

int session_add_to_module(void *m) {
    PyObject *module = m;
    response_type = response_type_new();
    session_type = session_type_new();
    if (!response_type || !session_type || PyModule_AddObjectRef(module, "Response", response_type) < 0 ||
        PyModule_AddObjectRef(module, "Session", session_type) < 0)
        return -1;
#define ADD_FAULT(id)                                                                                        \
    if (PyModule_AddIntConstant(module, "FAULT_" #id, RESPONSE_FAULT_##id) < 0)                              \
        return -1;
    RESPONSE_FAULTS(ADD_FAULT)
#undef ADD_FAULT
    static const struct {
        const char *name;
        long value;
    } constants[] = {{"STYLE_REQUESTS", STYLE_REQUESTS}, {"STYLE_FAST", STYLE_FAST},
        {"UNRECORDED", FETCH_UNRECORDED}, {"NO_REDIRECTS", FETCH_NO_REDIRECTS}, {"STREAM", FETCH_STREAM}};
    for (size_t i = 0; i < sizeof constants / sizeof *constants; i++)
        if (PyModule_AddIntConstant(module, constants[i].name, constants[i].value) < 0)
            return -1;
    return 0;
}
