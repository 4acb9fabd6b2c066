/* What traces of the system under test said, per endpoint: how many of our requests had a server-side trace, where their time went by
 * service and kind, how many database spans one request has, and which statement repeats within one request. Mergeable, packable and
 * bounded: further endpoints, parts and statements are counted as dropped. Pure arithmetic: spans are joined with requests elsewhere.
 *
 * N+1 reads like this: repeats (of the most repeated statement, per request) has a high median; statements[0].text says which; by_size
 * or by_time has a positive slope with a high correlation, or the histogram of repeats is wide. */
#ifndef STATS_TRACE_SUMMARY_H
#define STATS_TRACE_SUMMARY_H

#include "stats/histogram.h"

enum {
    TRACE_SUMMARY_ENDPOINTS_MAX = 1000,
    TRACE_SUMMARY_PARTS_MAX = 32,      /* services × kinds, per endpoint */
    TRACE_SUMMARY_STATEMENTS_MAX = 24, /* per endpoint; the one with the fewest spans gives way */
    TRACE_SUMMARY_TEXT_MAX = 512,      /* bytes of an endpoint, a service, a statement; longer ones are cut */
};

/* X(enumerator, name) */
#define TRACE_KINDS(X)         \
    X(SERVER, "server")        \
    X(DATABASE, "database")    \
    X(CACHE, "cache")          \
    X(HTTP_CLIENT, "http")     \
    X(OTHER, "other")

enum trace_kind {
#define TRACE_KIND_ENUM(id, name) TRACE_##id,
    TRACE_KINDS(TRACE_KIND_ENUM)
#undef TRACE_KIND_ENUM
    TRACE_KIND_COUNT
};
const char *trace_kind_name(enum trace_kind k);

/* A straight line through (x, repeats) of all requests. */
struct trace_growth {
    uint64_t n;
    double x, y, xx, yy, xy; /* sums */
};
double trace_growth_slope(const struct trace_growth *g);       /* repeats per unit of x; 0 when x never differed */
double trace_growth_correlation(const struct trace_growth *g); /* -1 … 1; 0 when one of both never differed */

struct trace_part {
    struct view service;
    enum trace_kind kind;
    uint64_t spans, errors;
    double seconds; /* self time: what its children do not cover, so parts add up to the time of the requests */
};
struct trace_statement {
    struct view text;         /* normalised: literals are ? */
    uint64_t requests, spans; /* requests in which it occurred; how often in all of them */
    uint64_t most;            /* in one request */
    double seconds;
};
struct trace_summary {
    struct view endpoint; /* "METHOD name", as evidence's object */
    uint64_t requests;    /* that had a server-side trace */
    uint64_t errors;      /* of these, with a span in error */
    double seconds;       /* of their outermost spans */
    const struct trace_part *parts; /* most time first */
    size_t part_count;
    const struct trace_statement *statements; /* most repeats per request first */
    size_t statement_count;
    const struct histogram *database_spans; /* per request */
    const struct histogram *repeats;        /* of the most repeated statement, per request; 0 = no database */
    struct trace_growth by_size, by_time;   /* repeats over bytes of the response (where known), over seconds of the run */
};

/* One request that was joined with its spans. */
struct trace_request {
    struct view endpoint;
    double seconds;
    bool failed;
    double at_s;           /* since the load began */
    double response_bytes; /* NAN = unknown */
    uint64_t database_spans;
    const struct trace_part *parts;           /* of this request; one per service and kind */
    size_t part_count;
    const struct trace_statement *statements; /* of this request: text, spans, seconds; the rest is not read */
    size_t statement_count;
};

struct trace_summary_store;
int trace_summary_store_new(struct trace_summary_store **out) MUST_USE;
struct trace_summary_store *trace_summary_store_free(struct trace_summary_store *s);
void trace_summary_store_clear(struct trace_summary_store *s);
/* 0, ERROR_LIMIT (too many endpoints: counted as dropped) or -ENOMEM. */
int trace_summary_store_add(struct trace_summary_store *s, const struct trace_request *r) MUST_USE;
size_t trace_summary_store_count(const struct trace_summary_store *s);
/* Sorted views; they hold until the next add or merge. */
struct trace_summary trace_summary_store_at(struct trace_summary_store *s, size_t i);
/* false: no request of this endpoint had a trace. */
bool trace_summary_store_get(struct trace_summary_store *s, struct view endpoint, struct trace_summary *out);
uint64_t trace_summary_store_dropped(const struct trace_summary_store *s); /* requests without a place for their endpoint */

void trace_summary_store_pack(const struct trace_summary_store *s, struct pack_writer *w);
/* s = NULL only checks. ERROR_SYNTAX leaves s unchanged; -ENOMEM. */
int trace_summary_store_unpack_merge(struct trace_summary_store *s, struct pack_reader *r) MUST_USE;

#endif
