/* Locust's CSV files: PREFIX_stats.csv, PREFIX_failures.csv, PREFIX_exceptions.csv (rewritten each second, or
 * every_us) and PREFIX_stats_history.csv (a row for all, and on demand one per entry, appended each second).
 * The last second is in them. */
#ifndef REPORT_LOCUST_CSV_H
#define REPORT_LOCUST_CSV_H

#include "report/locust_stats.h"

enum {
    LOCUST_CSV_PATH_MAX = 4096,
    LOCUST_CSV_BYTES_MAX = 256 * 1024 * 1024,
    LOCUST_CSV_EARLY_US = 500 * 1000 /* the figures come once a second: which second is the nearest */
};

struct locust_csv_options {
    const char *prefix; /* folders in it are made */
    bool full_history;
    bool coarse;
    int64_t every_us;                 /* between two writings; 0 = each second */
    const struct locust_stats *stats; /* refreshed by somebody else before this sink is called */
};
/* Makes the files with their headers. NULL with a sentence in err. */
struct report_sink *locust_csv_new(const struct locust_csv_options *o, struct error *err);

/* The tables of the files, for the sink and whoever serves them otherwise; with header. */
int locust_csv_stats(const struct locust_stats *s, bool coarse, struct buf *out) MUST_USE;
int locust_csv_failures(const struct locust_stats *s, struct buf *out) MUST_USE;
int locust_csv_exceptions(const struct locust_stats *s, struct buf *out) MUST_USE;

#endif
