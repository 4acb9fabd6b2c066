/* Series: what was recorded for one metric under one tag set; and the store of all series of a process.
 *
 * A worker's store holds what happened since the last snapshot; the controller's holds everything merged so far. The same code. */
#ifndef STATS_SERIES_H
#define STATS_SERIES_H

#include "stats/histogram.h"
#include "stats/metric.h"
#include "stats/tags.h"

/* One value of any metric type. counter: sum (and count of samples). gauge: last, min, max, at. rate: hits of total.
 * trend: histogram. */
struct sink {
    enum metric_type type;
    union {
        struct { double sum; uint64_t count; } counter;
        struct { double last, min, max; int64_t at_us; uint64_t count; } gauge;
        struct { uint64_t hits, total; } rate;
        struct histogram trend;
    };
};
void sink_init(struct sink *s, enum metric_type type);
void sink_deinit(struct sink *s);
void sink_reset(struct sink *s);
bool sink_empty(const struct sink *s);
int sink_add(struct sink *s, double value, int64_t at_us) MUST_USE;
int sink_merge(struct sink *into, const struct sink *from) MUST_USE; /* gauges: the later `at_us` gives `last` */
void sink_pack(const struct sink *s, struct pack_writer *w);
/* Adds what was packed of the same type; into = NULL only checks. ERROR_SYNTAX leaves `into` unchanged. */
int sink_unpack_merge(struct sink *into, enum metric_type type, struct pack_reader *r) MUST_USE;

struct series {
    metric_id metric;
    tagset_id tags;
    bool dirty;                /* in the store's list of what was written since the last pack */
    struct series *next_alike; /* of the same metric */
    struct sink sink;          /* read it; write through series_store_add */
};

enum { SERIES_MAX = 50000 }; /* beyond it a new series is folded: its name and url tags become "(other)" */

struct series_store;
int series_store_new(struct series_store **out, struct metrics *m, struct tags *t) MUST_USE; /* borrows m and t */
struct series_store *series_store_free(struct series_store *s);
/* Finds or adds; never NULL unless out of memory. The pointer stays valid for the life of the store. */
struct series *series_store_get(struct series_store *s, metric_id metric, tagset_id tags);
/* Records into a series of this store. NaN/inf: ERROR_INVALID (counters, gauges, trends), -ENOMEM. */
int series_store_add(struct series_store *s, struct series *to, double value, int64_t at_us) MUST_USE;
size_t series_store_count(const struct series_store *s);
struct series *series_store_at(const struct series_store *s, size_t i);
/* The first series of a metric (NULL = none); the others follow by next_alike. */
struct series *series_store_first(const struct series_store *s, metric_id metric);
uint64_t series_store_folded(const struct series_store *s); /* how often SERIES_MAX made another series stand in */
/* Merges every series of `metric` whose tags match the filter (n = 0: all) into `out` (initialised by the call). */
int series_store_collect(const struct series_store *s, metric_id metric, const struct tag *filter, size_t n,
                         struct sink *out) MUST_USE;
/* Appends all non-empty series (with metric names and tags spelled out once per message through dictionaries) and resets them, unless
 * the writer has failed. */
void series_store_pack_and_reset(struct series_store *s, struct pack_writer *w);
void series_store_pack(struct series_store *s, struct pack_writer *w); /* the same without the reset */
int series_store_unpack_merge(struct series_store *s, struct pack_reader *r) MUST_USE; /* ERROR_SYNTAX: s is unchanged */
/* For readers of what they packed themselves: from now on unpack_merge takes these metrics alone and looks at each byte once, so
 * ERROR_SYNTAX leaves the store half filled. `only` is borrowed; n = 0: everything again. */
void series_store_read_only(struct series_store *s, const metric_id *only, size_t n);
int series_store_check(const struct series_store *s, struct pack_reader *r) MUST_USE; /* would unpack_merge work? skips it */
/* Adds all of `from` (which may use other registries). */
int series_store_merge(struct series_store *into, const struct series_store *from) MUST_USE;
int series_store_merge_sink(struct series_store *into, metric_id metric, tagset_id tags, const struct sink *sink) MUST_USE;
/* What was written since the last reset, in the order of first writing. */
size_t series_store_written_count(const struct series_store *s);
const struct series *series_store_written_at(const struct series_store *s, size_t i);
/* The metric and tag set of a series of `from` in the registries of `into`, which learn them. ERROR_INVALID: other type. */
int series_store_translate(const struct series_store *into, const struct series_store *from, const struct series *one,
                           metric_id *metric, tagset_id *tags) MUST_USE;
void series_store_reset(struct series_store *s); /* empties what is not empty; series stay known */

#endif
