/* History: what was recorded when. Each second's values of every series, rolled up as they age: 1 s → 10 s → 1 min → 10 min, under one quota
 * of bytes, so that a run may last for months. Values are merged, never averaged: the percentiles of any window are exact at the width
 * of the frames that it touches. */
#ifndef STATS_HISTORY_H
#define STATS_HISTORY_H

#include "stats/series.h"

enum { HISTORY_TIERS = 4, HISTORY_OPEN = 4, HISTORY_QUOTA_BYTES = 64 * 1024 * 1024, HISTORY_QUOTA_BYTES_MIN = 64 * 1024 };

struct history;
/* Borrows m and t. quota_bytes 0 = HISTORY_QUOTA_BYTES. The quota is for closed seconds; the HISTORY_OPEN latest ones, into which workers
 * that lag still report, cost what as many series stores cost. */
int history_new(struct history **out, struct metrics *m, struct tags *t, size_t quota_bytes) MUST_USE;
struct history *history_free(struct history *h);

/* Adds a delta to a second (>= 0, of the run). Late ones find their frame, whatever its width by now. */
int history_add(struct history *h, int64_t second, metric_id metric, tagset_id tags, const struct sink *delta) MUST_USE;
/* All that `scratch` holds since its last reset; it uses the same registries (or others: they are translated). */
int history_add_store(struct history *h, int64_t second, const struct series_store *scratch) MUST_USE;

struct history_window {
    int64_t from_s, to_s; /* what the answer covers: [from_s, to_s), at least as much as was asked where there is data */
    int64_t width_s;      /* of the widest frame in it; 0 = no data */
};
/* Merges `metric` under the filter over all frames that touch [from_s, to_s) into `out` (initialised by the call; the caller deinits
 * it). window may be NULL. */
int history_collect(const struct history *h, metric_id metric, const struct tag *filter, size_t n, int64_t from_s, int64_t to_s,
    struct sink *out, struct history_window *window) MUST_USE;
/* The same frame by frame, in order of time, for curves: calls each() with every frame that has data. Stops when it returns < 0. */
int history_each(const struct history *h, metric_id metric, const struct tag *filter, size_t n, int64_t from_s, int64_t to_s,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct sink *s), void *ctx) MUST_USE;

size_t history_memory_bytes(const struct history *h); /* of closed frames */
uint64_t history_dropped(const struct history *h);    /* frames that fell out at the far end, and deltas too late for any frame */
int64_t history_first_s(const struct history *h);     /* the oldest second still known; -1 = none */

#endif
