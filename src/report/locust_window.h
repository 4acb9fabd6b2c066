/* Response times of the last ten seconds, from cumulative histograms: the buckets of each second are kept
 * sparse, and the oldest are taken off the present ones. */
#ifndef REPORT_LOCUST_WINDOW_H
#define REPORT_LOCUST_WINDOW_H

#include "stats/histogram.h"

enum { LOCUST_WINDOW_S = 10 };

struct locust_window_second {
    int64_t *buckets; /* numbers, upwards */
    uint64_t *counts;
    size_t len;
    uint64_t total;
};
struct locust_window {
    struct locust_window_second seconds[LOCUST_WINDOW_S]; /* a ring */
    size_t next, len;
};
#define LOCUST_WINDOW_NULL ((struct locust_window){0})

void locust_window_deinit(struct locust_window *w);
/* Once a second, after the percentiles were asked for. Fewer values than before: the histogram was emptied
 * meanwhile, all is forgotten. */
int locust_window_push(struct locust_window *w, const struct histogram *h) MUST_USE;
/* As locust_percentile, of what h holds and did not hold ten seconds ago (or at the beginning). 0 when
 * nothing came. */
int64_t locust_window_percentile(
    const struct locust_window *w, const struct histogram *h, double fraction, bool coarse);

#endif
