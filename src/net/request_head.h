/* The head of a request: request line and fields, checked and serialised. */
#ifndef NET_REQUEST_HEAD_H
#define NET_REQUEST_HEAD_H

#include "core/buf.h"
#include "net/failure.h"
#include "net/fetch.h"
#include "net/proxy.h"

/* What differs from hop to hop of one fetch. */
struct hop_plan {
    struct view method;
    struct url url;
    bool send_body;
    bool first;                 /* not yet redirected */
    bool strip_secrets, strip_body_fields;
    struct view host;           /* for the Host line; ptr NULL = the URL's */
    struct view referer;        /* ptr NULL = none (or the request's own) */
    struct view authorization;  /* ptr NULL = none (or the request's own) */
    const struct proxy *proxy;
    bool absolute_form;         /* plain http through that proxy */
};

/* Go's checks: method, names and values of fields. 0, or STREAM_FAILED-like −1 with the failure. */
int request_check(const struct http_request *r, struct failure *f) MUST_USE;
/* Fields as sent (arena) and their bytes, request line and empty line included, appended to `out`. 0, -ENOMEM or ERROR_LIMIT. */
int request_head_build(const struct http_request *r, const struct hop_plan *p, struct view user_agent, bool keep_alive, int64_t now_s,
                       struct arena *arena, struct http_header **fields, size_t *field_count, struct buf *out) MUST_USE;
/* path[?query], as in the request line and in digest's uri. */
struct view request_target(const struct url *u, struct arena *arena);
/* "Connection: close" among the fields. */
bool request_wants_close(const struct http_request *r);

#endif
