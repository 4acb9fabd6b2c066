#include "target/metrics.h"

enum { METRICS_NS_PER_US = 1000 };

const double metrics_bounds_s[METRICS_BUCKETS - 1] = {
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

void metrics_observe(struct metrics_histogram *h, int64_t ns) {
    size_t at = 0;
    while (at < METRICS_BUCKETS - 1 && (double)ns > metrics_bounds_s[at] * 1e9)
        at++;
    atomic_fetch_add_explicit(&h->bucket[at], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(
        &h->sum_us, ns > 0 ? (uint64_t)ns / METRICS_NS_PER_US : 0, memory_order_relaxed);
}

uint64_t metrics_histogram_count(const struct metrics_histogram *h) {
    uint64_t sum = 0;
    for (size_t i = 0; i < METRICS_BUCKETS; i++)
        sum += h->bucket[i];
    return sum;
}

void metrics_histogram_merge(struct metrics_histogram *into, const struct metrics_histogram *from) {
    for (size_t i = 0; i < METRICS_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
    into->sum_us += from->sum_us;
}

void metrics_merge(struct metrics *into, const struct metrics *from) {
    for (size_t i = 0; i < SERVED_ROUTES_MAX; i++)
        metrics_histogram_merge(&into->duration[i], &from->duration[i]);
    for (size_t i = 0; i < METRICS_WAITS; i++)
        metrics_histogram_merge(&into->waits[i], &from->waits[i]);
    metrics_histogram_merge(&into->query, &from->query);
    into->cache_hits += from->cache_hits;
    into->cache_misses += from->cache_misses;
    into->cache_evictions += from->cache_evictions;
    into->llm_tokens += from->llm_tokens;
    into->spans_sent += from->spans_sent;
    into->spans_dropped += from->spans_dropped;
    into->cache_entries += from->cache_entries;
    into->cache_bytes += from->cache_bytes;
    into->connections += from->connections;
    into->in_database += from->in_database;
    into->leaked_bytes += from->leaked_bytes;
}

void metrics_forget_present(struct metrics *m) {
    m->cache_entries = m->cache_bytes = m->connections = m->in_database = m->leaked_bytes = 0;
}
