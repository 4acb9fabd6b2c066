/* Spans on their way to their requests: gathered by trace, and when a trace has been quiet for a while, dealt out to the requests they
 * hang on. Every request feeds the summary of its endpoint; those of the exemplars are kept whole.
 *
 * Not thread-safe: whoever owns it locks. Times are those of any one clock, given with each call. */
#ifndef TRACE_TRACE_STORE_H
#define TRACE_TRACE_STORE_H

#include "core/buf.h"
#include "stats/exemplar.h"
#include "stats/trace_summary.h"
#include "trace/otlp.h"

enum {
    TRACE_STORE_TRACES_MAX = 200 * 1000,
    TRACE_STORE_SERVICES_MAX = 256,    /* different names; more are "(other)" */
    TRACE_STORE_SPANS_MAX = 5000,      /* of one trace */
    TRACE_STORE_TEXT_MAX = 512,        /* bytes of a name, a statement, an error */
    TRACE_STORE_ATTRIBUTE_MAX = 256,   /* bytes of one attribute's value */
    TRACE_STORE_ATTRIBUTES_MAX = 1536, /* bytes of all attributes of a span */
    TRACE_STORE_SETTLE_US = 7 * 1000 * 1000, /* SDKs send every five seconds, each service by itself */
    TRACE_STORE_AGE_US = 60 * 1000 * 1000,   /* a trace that is never quiet is dealt out after this */
    TRACE_STORE_KEPT_MAX = 2000,
    TRACE_STORE_SHOWN_MAX = 500, /* spans of one waterfall; the rest is counted */
};
#define TRACE_STORE_BYTES_MAX ((size_t)96 * 1024 * 1024)

struct trace_store_counts {
    uint64_t spans;    /* that came and belong to this run's traces */
    uint64_t foreign;  /* that belong to other traces */
    uint64_t dropped;  /* for want of room */
    uint64_t orphans;  /* whose request is not known: its span was lost, or the endpoint had no place */
    uint64_t requests; /* that were joined */
};

struct trace_store;
int trace_store_new(struct trace_store **out) MUST_USE;
struct trace_store *trace_store_free(struct trace_store *s);
/* The run's half of all its trace ids, and when its load began (µs since the Unix epoch). */
void trace_store_begin(struct trace_store *s, uint64_t run, int64_t load_wall_us);
void trace_store_add(struct trace_store *s, const struct otlp_span *span, int64_t now_us);
/* Deals out at most `max` traces that have settled (all: whether they have or not). Returns how many it was. */
size_t trace_store_settle(struct trace_store *s, const struct exemplar_store *exemplars, int64_t now_us, bool all, size_t max);

struct trace_store_counts trace_store_counts(const struct trace_store *s);
struct trace_summary_store *trace_store_summaries(struct trace_store *s);
size_t trace_store_waiting(const struct trace_store *s); /* traces not dealt out yet */
size_t trace_store_bytes(const struct trace_store *s);

/* The spans of that trace that are here now, NULL for none; and the name of a span's service. */
struct trace_span;
size_t trace_store_spans(const struct trace_store *s, uint64_t iteration, struct trace_span *const **spans);
struct view trace_store_service(const struct trace_store *s, uint16_t service);

#endif
