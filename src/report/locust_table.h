/* Locust's three console tables, to the letter: statistics, percentiles, errors. All functions append whole
 * lines. */
#ifndef REPORT_LOCUST_TABLE_H
#define REPORT_LOCUST_TABLE_H

#include "report/locust_figures.h"
#include "report/locust_stats.h"

enum {
    LOCUST_NAME_WIDTH_MAX = 80, /* Locust's STATS_NAME_WIDTH: the terminal's columns - 80, at most this; this
                                   without a terminal */
    LOCUST_TABLE_BYTES_MAX = 16 * 1024 * 1024,
};
size_t locust_name_width(int terminal_columns); /* 0 = no terminal */

struct locust_table {
    size_t name_width;
    bool coarse; /* percentiles in Locust's two digits */
};
/* current: the rates of the last seconds, else of the whole run. */
int locust_table_stats(
    const struct locust_table *t, const struct locust_stats *s, bool current, struct buf *out) MUST_USE;
int locust_table_percentiles(
    const struct locust_table *t, const struct locust_stats *s, struct buf *out) MUST_USE;
int locust_table_errors(const struct locust_table *t, const struct locust_stats *s,
    struct buf *out) MUST_USE; /* nothing without errors */

/* The text of a failure as the error report shows it: CatchResponseError('x') is shown as x. */
int locust_error_words(struct view text, struct buf *out) MUST_USE;

#endif
