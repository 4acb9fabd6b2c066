/* Figures as Locust computes and writes them: its two-digit rounding of response times, its rank of a
 * percentile, Python's way of writing floats and of padding text. */
#ifndef REPORT_LOCUST_FIGURES_H
#define REPORT_LOCUST_FIGURES_H

#include "core/json_writer.h"
#include "stats/histogram.h"

/* What is reported in the percentile table and in CSV files. Locustfiles may set it (PERCENTILES_TO_REPORT);
 * it is one for the whole program, set before anything is written. */
enum { LOCUST_PERCENTILES_MAX = 64, LOCUST_PERCENTILE_TITLE_MAX = 32 };
struct locust_percentiles {
    size_t count;
    double fractions[LOCUST_PERCENTILES_MAX];
    char titles[LOCUST_PERCENTILES_MAX][LOCUST_PERCENTILE_TITLE_MAX]; /* "99.9%" */
};
const struct locust_percentiles *locust_percentiles(void);
/* ERROR_INVALID: none or too many, or one that is not in 0…1; then all stays as it was. NULL = Locust's own.
 */
int locust_percentiles_set(const double *fractions, size_t n) MUST_USE;

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
