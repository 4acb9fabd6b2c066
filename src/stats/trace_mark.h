/* The marks by which one of our requests is found in what the system under test says: the ids of `traceparent` and `X-Request-ID`.
 *
 * A trace is one iteration: its first 8 bytes say which run, its last 8 which iteration (unique, and looking random, as samplers want).
 * A span is one request: its first 4 bytes are a hash of the endpoint, so that whoever meets a span of ours knows the endpoint without
 * having been told of the request; its last 4 count. Nothing of it costs memory per request. */
#ifndef STATS_TRACE_MARK_H
#define STATS_TRACE_MARK_H

#include "core/view.h"

#include <stdint.h>

enum {
    TRACE_MARK_TRACE_TEXT = 32,      /* hex digits of a trace id */
    TRACE_MARK_SPAN_TEXT = 16,
    TRACE_MARK_TRACEPARENT_TEXT = 55, /* "00-<trace>-<span>-01" */
    TRACE_MARK_REQUEST_ID_TEXT = 49,  /* "<trace>-<span>" */
};

struct trace_mark {
    uint64_t run, iteration; /* both halves of the trace id; never 0 together */
    uint64_t span;
};

/* Makes marks; one per process. */
struct trace_marker {
    uint64_t run; /* 0 = requests are not marked */
    uint64_t next_iteration;
    uint32_t next_span;
};
/* seed: another one in each process. */
void trace_marker_init(struct trace_marker *m, uint64_t run, uint64_t seed);
uint64_t trace_marker_iteration(struct trace_marker *m); /* a new one; never 0 */
struct trace_mark trace_marker_request(struct trace_marker *m, uint64_t iteration, struct view method, struct view name);

uint32_t trace_mark_endpoint_of(struct view method, struct view name); /* never 0 */
static inline uint32_t trace_mark_endpoint(const struct trace_mark *m) { return (uint32_t)(m->span >> 32); }

/* Not terminated. */
void trace_mark_write_traceparent(const struct trace_mark *m, char out[TRACE_MARK_TRACEPARENT_TEXT]);
void trace_mark_write_request_id(const struct trace_mark *m, char out[TRACE_MARK_REQUEST_ID_TEXT]);
void trace_mark_write_hex(uint64_t v, char out[16]);
/* 16 hex digits of any case. */
bool trace_mark_read_hex(struct view text, uint64_t *out);
/* "<trace>" or "<trace>-<span>" (then span is 0 or set), also the whole of a traceparent. */
bool trace_mark_read(struct view text, struct trace_mark *out);

#endif
