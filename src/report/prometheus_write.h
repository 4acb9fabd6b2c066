/* The body of a remote-write request (protobuf WriteRequest, not compressed yet): every series that changed
 * since the last time, with its value over the whole run, as k6 names and computes them. */
#ifndef REPORT_PROMETHEUS_WRITE_H
#define REPORT_PROMETHEUS_WRITE_H

#include "report/prometheus.h"
#include "stats/trend_stat.h"

enum { PROMETHEUS_STATS_MAX = 32, PROMETHEUS_STAT_NAME_MAX = 16 };
enum {
    PROMETHEUS_WRITE_CHUNK = 1024 * 1024 /* bytes per request; a series more may be in it */,
    PROMETHEUS_WRITE_MAX = 4 * 1024 * 1024
};

struct prometheus_stat {
    char suffix[PROMETHEUS_STAT_NAME_MAX]; /* "p99", "avg" */
    bool sum;
    struct trend_stat stat;
};
struct prometheus_write {
    const char *prefix;
    struct prometheus_stat stats[PROMETHEUS_STATS_MAX];
    size_t stat_count;
    bool native;     /* trends as native histograms instead of stats */
    uint64_t *known; /* per series of the store: how many measurements were in it when it was written last */
    size_t known_cap;
    struct arena scratch;
};
void prometheus_write_init(struct prometheus_write *w);
void prometheus_write_deinit(struct prometheus_write *w);
/* "p(99),avg,sum" */
int prometheus_write_stats(struct prometheus_write *w, struct view list, struct error *err) MUST_USE;

void prometheus_write_forget(
    struct prometheus_write *w); /* something was lost: all series count as changed */

enum prometheus_values {
    PROMETHEUS_CHANGED,
    PROMETHEUS_STALE /* markers that end all series that were ever written */
};
/* Appends a request with series from *at on, and moves *at; *at == the store's count: that was all. *points:
 * measurements new in it. Nothing appended: nothing has changed. */
int prometheus_write_encode(struct prometheus_write *w, const struct run_state *r,
    enum prometheus_values which, int64_t wall_ms, size_t *at, struct buf *out, uint64_t *points) MUST_USE;

#endif
