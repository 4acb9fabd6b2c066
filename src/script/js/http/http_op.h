/* One request of a script, from its arguments to its Response. An op lives in its fetch's arena; the fetch dies with the Response. */
#ifndef SCRIPT_JS_HTTP_OP_H
#define SCRIPT_JS_HTTP_OP_H

#include "net/url.h"
#include "script/js/module.h"
#include "script/js/vu.h"

enum {
    HTTP_TIMEOUT_DEFAULT_US = 60 * 1000 * 1000,
    HTTP_REQUEST_BODY_BYTES_MAX = 1 << 30,
    HTTP_REQUEST_HEADERS_MAX = 1000,
    HTTP_BATCH_MAX = 100000,
};

enum http_response_type { RESPONSE_TEXT, RESPONSE_BINARY, RESPONSE_NONE };

/* http.expectedStatuses(…): ranges of statuses. */
struct http_expected {
    size_t count;
    struct { int min, max; } ranges[];
};

struct http_op {
    struct list entry; /* vu->http_ops, from start until it is consumed */
    struct vu *vu;
    struct http_fetch *fetch;
    struct http_request request;
    struct view url;   /* as given */
    struct view shown; /* the URL with userinfo masked: for tags */
    struct view name;  /* the name tag, ptr NULL when not given */
    tagset_id tags;    /* the VU's and the request's own */
    const struct http_expected *expected; /* in the arena; NULL = 200…399 */
    bool expected_off;                    /* responseCallback: null */
    bool throws, asynchronous, redirects_given, started, done;
    enum http_response_type type;
    bool marked;              /* it carries `mark` (http_mark.c) */
    struct trace_mark mark;
    int64_t started_us;
    struct view failure;  /* why it never started; whole text for people */
    int failure_code;     /* error_code of that */
    bool failure_logged;
    struct http_hop last; /* when done */
    int hops;
    int error_code;       /* of the last hop */
    struct view error;    /* k6's text of the last hop's failure; may point to last.fault_detail */
    struct js_promise *promise; /* asyncRequest */
};

/* Reads arguments (url, body, params) into a new op. NULL with an exception pending; a request that is wrong in itself (bad URL, bad
 * body, bad params) is an op with `failure` set. url may be a string or http.url. */
struct http_op *http_op_new(struct vu *vu, struct view method, JSValueConst url, JSValueConst body, JSValueConst params);
void http_op_free(struct http_op *op); /* cancels; NULL is fine */
/* Starts it (waits first for the global rate limit). False with an exception pending: the VU is being stopped. */
bool http_op_start(struct http_op *op) MUST_USE;
/* Its URL as Go prints it: escaped where needed. As it was given when it is none. */
struct view http_op_url(struct http_op *op, enum url_userinfo userinfo);
/* The finished op as a Response; takes op. With `throw`, a failure is an exception instead. */
JSValue http_op_response(struct http_op *op);
/* Starts op, waits for it, gives the Response or an exception; takes op. */
JSValue http_op_run(struct http_op *op);
/* An asynchronous op that ended without being started: settles its promise. */
void http_op_finish(struct http_op *op);
/* Ends everything that is under way: the iteration is over. */
void http_ops_cancel(struct vu *vu);

/* --- http_body.c --- */

/* The body of a request: string, buffer, form or multipart. 0; or sets op->failure. content_type: what it implies (ptr NULL: nothing). */
void http_body_read(struct http_op *op, JSValueConst body, struct view *content_type);
JSValue http_file_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv); /* http.file */

/* --- http_params.c --- */
void http_params_read(struct http_op *op, JSValueConst params, struct view content_type);
void http_op_fail(struct http_op *op, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A header name as Go writes it: "x-request-id" → "X-Request-Id"; names that are no tokens stay as they are. */
struct view http_header_canonical(struct arena *a, struct view name);
void http_compress(struct http_op *op, JSValueConst v); /* params.compression (http_compress.c) */
JSValue http_expected_new(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv); /* http.expectedStatuses */
JSValue http_set_callback(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv); /* http.setResponseCallback */
bool http_is_expected(const struct http_expected *e, int status);

/* --- http_jar.c --- */
struct cookie_jar *http_jar_of(JSContext *ctx, JSValueConst v);         /* NULL when v is no CookieJar */
struct cookie_jar *http_jar_default(struct vu *vu);                     /* the VU's own; NULL without memory */
JSValue http_jar_current(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv); /* http.cookieJar() */
JSValue http_jar_constructor(JSContext *ctx);
JSValue http_cookies_object(JSContext *ctx, const struct http_header *headers, size_t count); /* Response.cookies */

/* --- http_url.c --- */
/* http.url`…`: true with its parts (views valid while v lives). */
bool http_url_read(JSValueConst v, struct view *url, struct view *name);
JSValue http_url_tag(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

/* --- http_batch.c --- */
JSValue http_batch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

/* --- http_mark.c --- */
void http_mark(struct http_op *op); /* adds the headers, before the start; nothing unless the run wants them */
struct http_mark_end {
    int64_t wall_us, duration_us; /* its end, and how long all of it took */
    uint64_t bytes;
    int status;
    bool failed;
    struct view error;
};
void http_mark_over(struct http_op *op, const struct http_mark_end *end); /* perhaps an exemplar */

/* --- http_debug.c --- */
void http_debug_hop(struct http_op *op, const struct http_hop *hop);

/* --- http_error.c --- */
/* k6's error_code and error text of a failed hop; 0 when it did not fail (then status >= 400 gives 1000 + status). */
int http_error_of(const struct http_hop *hop, struct arena *a, struct view *text);

#endif
