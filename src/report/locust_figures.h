/* Figures as Locust computes and writes them: its two-digit rounding of response times, its rank of a
 * percentile, Python's way of writing floats and of padding text. */
#ifndef REPORT_LOCUST_FIGURES_H
#define REPORT_LOCUST_FIGURES_H

#include "core/json_writer.h"
#include "stats/histogram.h"

/* X(fraction, column title): what Locust reports in its percentile table and in CSV files. */
#define LOCUST_PERCENTILES(X)                                                                                \
    X(0.50, "50%")                                                                                           \
    X(0.66, "66%")                                                                                           \
    X(0.75, "75%")                                                                                           \
    X(0.80, "80%")                                                                                           \
    X(0.90, "90%")                                                                                           \
    X(0.95, "95%")                                                                                           \
    X(0.98, "98%")                                                                                           \
    X(0.99, "99%")                                                                                           \
    X(0.999, "99.9%")                                                                                        \
    X(0.9999, "99.99%")                                                                                      \
    X(1.0, "100%")
enum {
#define LOCUST_PERCENTILE_ONE(fraction, title) +1
    LOCUST_PERCENTILE_COUNT = 0 LOCUST_PERCENTILES(LOCUST_PERCENTILE_ONE)
#undef LOCUST_PERCENTILE_ONE
};
extern const double locust_percentile_fractions[LOCUST_PERCENTILE_COUNT];
extern const char *const locust_percentile_titles[LOCUST_PERCENTILE_COUNT];

/* 147 → 150, 3432 → 3400, 58760 → 59000; below 100 to whole milliseconds; halves to the even neighbour, as
 * Python rounds. */
int64_t locust_bucket(double ms);
/* The response time at rank int(n·fraction), in whole milliseconds; coarse: in Locust's two digits. 0 when
 * empty. */
int64_t locust_percentile(const struct histogram *h, double fraction, bool coarse);
/* The 50 % percentile kept within the exact min and max. *whole: it was not cut, so it is a whole number. */
double locust_median(const struct histogram *h, bool coarse, bool *whole);

/* Locust's {rounded ms: count}, upwards. each() returning non-zero ends it, and is returned. */
int locust_buckets_each(
    const struct histogram *h, int (*each)(void *ctx, int64_t ms, uint64_t count), void *ctx);

enum { LOCUST_NUMBER_MAX = JSON_WRITER_NUMBER_MAX };
char *locust_float(double v, char out[LOCUST_NUMBER_MAX]); /* Python's repr: 6.0, 1e-05, 4.143114210508333 */

/* Text left-aligned in a column of so many characters (not bytes), never cut. */
int locust_pad(struct buf *out, struct view text, size_t columns) MUST_USE;

#endif
