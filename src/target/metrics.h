/* What one process measured, counted in memory shared with the one who serves /metrics. Counters only grow;
 * the names in the exposition are those of metrics_page.c. */
#ifndef TARGET_METRICS_H
#define TARGET_METRICS_H

#include "target/served.h"

enum { METRICS_BUCKETS = 14 }; /* the last one has no upper bound */

struct metrics_histogram {
    _Atomic uint64_t bucket[METRICS_BUCKETS]; /* not cumulative */
    _Atomic uint64_t sum_us;
};

enum metrics_wait { METRICS_WAIT_WORKER, METRICS_WAIT_POOL, METRICS_WAIT_LOCK, METRICS_WAITS };

struct metrics {
    struct metrics_histogram duration[SERVED_ROUTES_MAX]; /* by the router's rows, the last one: no route */
    struct metrics_histogram waits[METRICS_WAITS];
    struct metrics_histogram query;
    _Atomic uint64_t cache_hits, cache_misses, cache_evictions;
    _Atomic uint64_t llm_tokens;
    _Atomic uint64_t spans_sent, spans_dropped;
    _Atomic int64_t cache_entries, cache_bytes;             /* now */
    _Atomic int64_t connections, in_database, leaked_bytes; /* now */
};

extern const double metrics_bounds_s[METRICS_BUCKETS - 1];

void metrics_observe(struct metrics_histogram *h, int64_t ns);
uint64_t metrics_histogram_count(const struct metrics_histogram *h);
void metrics_histogram_merge(struct metrics_histogram *into, const struct metrics_histogram *from);
void metrics_merge(struct metrics *into, const struct metrics *from);
/* What cannot outlive its process: connections, entries of its cache. */
void metrics_forget_present(struct metrics *m);

#endif
