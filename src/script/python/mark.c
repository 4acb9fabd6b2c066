/* traceparent and X-Request-ID of a Locust run, and what failing requests leave behind. What the locustfile sets itself stays. */
#include "script/python/session_priv.h"

#include "core/clock.h"

#include <stdio.h>

enum { MARK_HEADERS = 2 };

static bool is_set(const struct http_request *q, struct view name) {
    for (size_t i = 0; i < q->header_count; i++)
        if (view_eq_nocase(q->headers[i].name, name))
            return true;
    return false;
}

/* A name is not always known yet: that of a with-block may be changed before it ends. The mark's endpoint is then that of the first. */
static struct view first_name(const struct response *r, const struct http_request *q) {
    struct view name = VIEW_NULL;

    if (r->name && !python_view(r->name, "name", &name))
        PyErr_Clear();
    return r->name ? name : r->own_name.ptr ? r->own_name : q->url;
}

bool mark_request(struct session *s, struct response *r, struct http_request *q) {
    struct trace_marker *marker = &s->runtime->marker;
    struct arena *arena = http_fetch_arena(r->fetch);
    char text[TRACE_MARK_TRACEPARENT_TEXT];

    if (!marker->run)
        return true;
    struct http_header *list = arena_alloc(arena, (q->header_count + MARK_HEADERS) * sizeof *list);
    if (!list)
        return PyErr_NoMemory();
    if (q->header_count)
        memcpy(list, q->headers, q->header_count * sizeof *list);
    if (!s->trace_iteration)
        s->trace_iteration = trace_marker_iteration(marker);
    r->mark = trace_marker_request(marker, s->trace_iteration, q->method, first_name(r, q));
    bool own_trace = is_set(q, VIEW("traceparent")), own_id = is_set(q, VIEW("x-request-id"));
    q->headers = list;
    if (!own_trace) {
        trace_mark_write_traceparent(&r->mark, text);
        list[q->header_count++] = (struct http_header){
            VIEW("traceparent"), arena_copy(arena, view_of(text, TRACE_MARK_TRACEPARENT_TEXT))};
    }
    if (!own_id) {
        trace_mark_write_request_id(&r->mark, text);
        list[q->header_count++] = (struct http_header){
            VIEW("X-Request-ID"), arena_copy(arena, view_of(text, TRACE_MARK_REQUEST_ID_TEXT))};
    }
    r->marked = !own_trace || !own_id;
    return true;
}

void mark_over(struct response *r, const struct mark_end *end) {
    struct exemplar e = {.mark = r->mark,
        .wall_us = r->started_wall_us,
        .duration_us = (int64_t)(end->ms * 1000),
        .bytes = end->bytes,
        .status = r->last ? r->last->status : 0,
        .failed = end->failure.ptr != NULL};
    struct view error = view_take(end->failure, sizeof e.error - 1);

    if (!r->marked)
        return;
    if (error.len)
        memcpy(e.error, error.ptr, error.len);
    exemplar_store_offer(r->runtime->recorder->exemplars, &e, end->method, end->name);
}

/* --- exemplars of failures --- */

static int describe_message(struct buf *out, const struct http_header *headers, size_t count, struct view body) {
    int rc = 0;

    for (size_t i = 0; i < count && rc == 0; i++)
        rc = buf_printf(out, "%.*s: %.*s\n", VIEW_ARGS(headers[i].name), VIEW_ARGS(headers[i].value));
    if (rc == 0)
        rc = buf_append_byte(out, '\n');
    if (rc == 0 && body.len)
        rc = buf_append_view(out, view_take(body, MARK_BODY_SHOWN));
    return rc ? rc : buf_append_byte(out, '\n');
}

/* In the shape of the other host (response_describe_hop), so that readers need to know one. */
static void describe(const struct response *r, struct view failure, struct buf *out) {
    const struct http_hop *h = r->last;
    int rc = buf_printf(out, "%.*s %.*s\n", VIEW_ARGS(h->method), VIEW_ARGS(h->url));

    if (rc == 0)
        rc = describe_message(out, h->request_headers, h->request_header_count, h->request_body);
    if (rc == 0 && h->status)
        rc = buf_printf(out, "\n%.*s %d %.*s\n", VIEW_ARGS(h->proto), h->status, VIEW_ARGS(h->reason));
    else if (rc == 0)
        rc = buf_printf(out, "\n%.*s\n", VIEW_ARGS(failure));
    if (rc == 0 && h->status)
        rc = describe_message(out, h->headers, h->header_count, h->body);
    (void)rc; /* a full buffer cuts the text */
}

void mark_failed(struct response *r, const struct mark_end *end) {
    struct evidence_store *s = r->runtime->recorder->evidence;
    char endpoint[EVIDENCE_TEXT_MAX];
    int n = snprintf(endpoint, sizeof endpoint, "%.*s %.*s", VIEW_ARGS(end->method), VIEW_ARGS(end->name));
    struct view object = view_of(endpoint, n < (int)sizeof endpoint ? (size_t)n : sizeof endpoint - 1);

    if (!r->last || !end->failure.ptr)
        return;
    if (!evidence_store_add_at(s, EVIDENCE_REQUEST_FAILED, end->failure, object, VIEW(""), 1, clock_wall_us()))
        return;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(EVIDENCE_EXEMPLAR_MAX);
    describe(r, end->failure, &text);
    evidence_store_exemplar(s, EVIDENCE_REQUEST_FAILED, end->failure, object, VIEW(""), buf_view(&text));
}
