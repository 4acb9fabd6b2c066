/* traceparent and X-Request-ID, for runs that ask for them. What the script sets itself stays as it is, and such a request is none of
 * our exemplars: nothing would be found under the mark that we gave it. */
#include "script/js/http/http_op.h"

#include "script/js/host_priv.h"

enum { MARK_HEADERS = 2 };

static bool is_set(const struct http_request *r, struct view name) {
    for (size_t i = 0; i < r->header_count; i++)
        if (view_eq_nocase(r->headers[i].name, name))
            return true;
    return false;
}

static bool copy_headers(struct http_op *op, struct http_header **out) {
    struct http_request *r = &op->request;
    struct http_header *list = arena_alloc(http_fetch_arena(op->fetch), (r->header_count + MARK_HEADERS) * sizeof *list);

    if (list && r->header_count)
        memcpy(list, r->headers, r->header_count * sizeof *list);
    *out = list;
    return list != NULL;
}

void http_mark(struct http_op *op) {
    struct vu *vu = op->vu;
    struct trace_marker *marker = &vu->host->marker;
    struct http_request *r = &op->request;
    struct http_header *list;
    char text[TRACE_MARK_TRACEPARENT_TEXT];

    if (!marker->run || !copy_headers(op, &list))
        return;
    if (!vu->trace_iteration)
        vu->trace_iteration = trace_marker_iteration(marker);
    op->mark = trace_marker_request(marker, vu->trace_iteration, r->method, op->name.ptr ? op->name : op->shown);
    bool own_trace = is_set(r, VIEW("traceparent")), own_id = is_set(r, VIEW("x-request-id"));
    r->headers = list;
    if (!own_trace) {
        trace_mark_write_traceparent(&op->mark, text);
        list[r->header_count++] =
            (struct http_header){VIEW("Traceparent"), arena_copy(http_fetch_arena(op->fetch), view_of(text, TRACE_MARK_TRACEPARENT_TEXT))};
    }
    if (!own_id) {
        trace_mark_write_request_id(&op->mark, text);
        list[r->header_count++] =
            (struct http_header){VIEW("X-Request-Id"), arena_copy(http_fetch_arena(op->fetch), view_of(text, TRACE_MARK_REQUEST_ID_TEXT))};
    }
    op->marked = !own_trace || !own_id;
}

void http_mark_over(struct http_op *op, const struct http_mark_end *end) {
    struct exemplar e = {.mark = op->mark,
        .wall_us = end->wall_us - end->duration_us,
        .duration_us = end->duration_us,
        .bytes = end->bytes,
        .status = end->status,
        .failed = end->failed};
    struct view error = view_take(end->error, sizeof e.error - 1);

    if (!op->marked)
        return;
    if (error.len)
        memcpy(e.error, error.ptr, error.len);
    exemplar_store_offer(vu_services(op->vu)->recorder->exemplars, &e, op->request.method, op->name.ptr ? op->name : op->shown);
}
