/* OpenTelemetry spans of requests, as OTLP/JSON: batches go to a collector over HTTP, or as lines to a file
 * (as the collector's own file exporter writes them). One span for each request with the trace of its
 * `traceparent`, and children for waiting and for the database. */
#ifndef TARGET_SPANS_H
#define TARGET_SPANS_H

#include "core/rng.h"
#include "core/view.h"
#include "target/listener.h"
#include "target/metrics.h"

enum {
    SPANS_BUFFER_MAX = 4 * 1024 * 1024, /* not yet sent; more are dropped and counted */
    SPANS_TIMEOUT_MS = 2000,            /* for the collector to take a batch */
    SPANS_TRACE_ID = 32,
    SPANS_SPAN_ID = 16,
    SPANS_CHILDREN_MAX = 4,
};

/* Where they go; made by the parent before it forks. */
struct spans_sink {
    int fd; /* -1 = over HTTP */
    struct listener collector;
    char host[LISTENER_TEXT_MAX], path[256];
};

/* Who the request belongs to; empty trace = no spans wanted by its sender. */
struct spans_context {
    char trace[SPANS_TRACE_ID + 1], parent[SPANS_SPAN_ID + 1]; /* parent "" = none */
};

struct spans_part {
    const char *name; /* NULL = was not */
    int64_t from_ns, ns;
    unsigned queries; /* of a database part; else 0 */
};

/* One query: a span of its own. */
struct query_told;

/* Instants are CLOCK_MONOTONIC. */
struct spans_request {
    const struct spans_context *context;
    const char *method, *route;
    struct view path;
    int status;
    int64_t from_ns, until_ns;
    struct spans_part parts[SPANS_CHILDREN_MAX];
    const struct query_told *queries; /* times since queries_from_ns */
    size_t query_count;
    int64_t queries_from_ns;
};

struct spans;

/* "http://HOST[:PORT][/PATH]", port 4318 and path /v1/traces if left out. */
int spans_sink_url(struct spans_sink *s, const char *url, struct error *err) MUST_USE;
/* Appends to it. */
int spans_sink_file(struct spans_sink *s, const char *path, struct error *err) MUST_USE;

int spans_new(struct spans **out, const struct spans_sink *sink, struct metrics *m) MUST_USE;
void *spans_free(struct spans *s); /* flushes */
/* From `traceparent` (VIEW_NULL: a new trace). */
void spans_begin(struct spans_context *c, struct view traceparent, struct rng *rng);
/* Any thread. */
void spans_add(struct spans *s, const struct spans_request *r, struct rng *rng);
/* Sends what there is; may block for SPANS_TIMEOUT_MS. */
void spans_flush(struct spans *s);

#endif
