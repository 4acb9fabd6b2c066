/* The two types from inside: session.c (connections, headers, cookies, fetch), network.c (clients by
 * settings), response.c (what came back). */
#ifndef SCRIPT_PYTHON_SESSION_PRIV_H
#define SCRIPT_PYTHON_SESSION_PRIV_H

#include "net/fetch.h"
#include "script/python/python_text.h"
#include "script/python/runtime.h"
#include "script/python/session.h"

enum session_style { STYLE_REQUESTS, STYLE_FAST };
enum { FETCH_UNRECORDED = 1, FETCH_NO_REDIRECTS = 2, FETCH_STREAM = 4, FETCH_FLAGS = 7 };

/* X(enumerator): what Response.fault says. */
#define RESPONSE_FAULTS(X)                                                                                   \
    X(NONE)                                                                                                  \
    X(INVALID_URL)                                                                                           \
    X(INVALID_SCHEMA)                                                                                        \
    X(MISSING_SCHEMA)                                                                                        \
    X(INVALID_HEADER)                                                                                        \
    X(DNS)                                                                                                   \
    X(CONNECT)                                                                                               \
    X(CONNECT_TIMEOUT)                                                                                       \
    X(READ_TIMEOUT)                                                                                          \
    X(CLOSED)                                                                                                \
    X(INCOMPLETE)                                                                                            \
    X(RESET)                                                                                                 \
    X(TLS)                                                                                                   \
    X(PROTOCOL)                                                                                              \
    X(DECODE)                                                                                                \
    X(TOO_MANY_REDIRECTS)                                                                                    \
    X(PROXY)                                                                                                 \
    X(OTHER)
enum response_fault {
#define RESPONSE_FAULT_ENUM(id) RESPONSE_FAULT_##id,
    RESPONSE_FAULTS(RESPONSE_FAULT_ENUM)
#undef RESPONSE_FAULT_ENUM
};

/* Default headers, shared with the requests under way. */
struct header_block {
    unsigned refs;
    size_t count;
    struct http_header *headers; /* their texts follow in the same memory */
};
void header_block_release(struct header_block *b);

/* A pool of connections under one set of network settings; lives until its last request is over. */
struct line {
    unsigned refs;
    struct http_session *session;
};
void line_release(struct line *l);

struct network {
    bool verify, trust_env, keep_alive;
    int max_redirects, connections;
    char *ca_file, *cert_file, *key_file, *proxy_http, *proxy_https; /* NULL = none */
};
void network_default(struct network *n);
void network_deinit(struct network *n);
bool network_equal(const struct network *a, const struct network *b);
/* The client for these settings (made once per process), and a fresh pool on it. NULL with an exception. */
struct line *network_line(struct runtime *rt, const struct network *n);

struct session {
    PyObject_HEAD PyObject *base_url, *user_class, *response_class;
    enum session_style style;
    struct header_block *headers;
    struct cookie_jar *jar;
    struct network network;
    struct runtime *runtime; /* that `line` belongs to */
    struct line *line;       /* NULL = at the next request */
    tagset_id tags;          /* of http_* metrics, in `tags_recorder` */
    const struct recorder *tags_recorder;
    uint64_t trace_iteration; /* second half of the trace id of the present task; 0 = none of its requests was marked yet */
};

/* An earlier hop of a response; in the fetch's arena. */
struct past_hop {
    struct past_hop *next;
    struct http_hop hop;
};

struct response {
    PyObject_HEAD struct session *session;
    struct runtime *runtime;
    struct waiter waiter;
    struct http_fetch *fetch;    /* holds all bytes until the response goes */
    const struct http_hop *last; /* NULL = not over */
    struct past_hop *first_past, *last_past;
    struct header_block *headers; /* sent */
    struct line *line;
    PyObject *method, *body;                 /* as given; kept for the request's views */
    PyObject *name, *request_type, *content; /* NULL = not made yet */
    struct view first_url, own_name;
    struct entry *entry_of_hops;
    int64_t started_us, ended_us, started_wall_us;
    enum response_fault fault;
    int fault_errno;
    unsigned flags;
    size_t taken; /* of a streamed answer's last part */
    bool recorded, marked; /* marked: it carries `mark` */
    struct trace_mark mark;
    bool over, closed; /* its body has come, or is not wanted (FETCH_STREAM) */
};

extern PyObject *session_type, *response_type;
PyObject *session_type_new(void);
PyObject *response_type_new(void);
/* An instance of cls (Response or a subclass) without __init__. */
struct response *response_alloc(PyObject *cls);
/* The fetch ended: what kind of failure it was. */
void response_settle(struct response *r);
bool response_is_success(const struct response *r);
void response_record(struct response *r, double ms, bool timed, int64_t length, struct view failure);
void response_stop(struct response *r);
double response_ms(const struct response *r);
tagset_id session_tags(struct session *s, struct runtime *rt);

/* --- mark.c --- */
enum { MARK_BODY_SHOWN = 1024 };
struct mark_end {
    double ms;
    uint64_t bytes;
    struct view failure, method, name; /* failure: ptr NULL = fine */
};
/* Adds traceparent and X-Request-ID when the run wants them. False with an exception. */
bool mark_request(struct session *s, struct response *r, struct http_request *q);
void mark_over(struct response *r, const struct mark_end *end);   /* perhaps an exemplar */
void mark_failed(struct response *r, const struct mark_end *end); /* request and answer as evidence, the first of each way to fail */

extern const struct http_fetch_callbacks response_callbacks;
void response_came(void *ctx, struct http_fetch *f, const struct http_hop *hop); /* with FETCH_STREAM */

#endif
