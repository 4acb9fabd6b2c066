/* The sink that keeps a Locust run's figures and prints its tables: the statistics every two seconds while it
 * runs, all tables at the end. Put it first among the sinks: the others read its figures. */
#ifndef REPORT_LOCUST_CONSOLE_H
#define REPORT_LOCUST_CONSOLE_H

#include <stdio.h>

#include "report/locust_stats.h"

enum {
    LOCUST_CONSOLE_EVERY_US = 2 * 1000 * 1000,
    LOCUST_CONSOLE_EARLY_US = 250 * 1000, /* a table is due with the second that is nearest */
};

struct locust_console_options {
    FILE *out;        /* Locust: standard error */
    bool periodic;    /* the statistics while the test runs */
    int64_t every_us; /* between two tables; 0 = LOCUST_CONSOLE_EVERY_US */
    bool coarse;      /* response times in Locust's two digits */
};
struct report_sink *locust_console_new(const struct locust_console_options *o); /* NULL without memory */
/* The options are known only when the locustfile was read. */
void locust_console_set(struct report_sink *s, const struct locust_console_options *o);
const struct locust_stats *locust_console_stats(const struct report_sink *s);
void locust_console_begin(struct report_sink *s); /* the load begins: the first, empty table */
/* All is over: takes the last figures. */
int locust_console_refresh(struct report_sink *s, const struct run_state *r) MUST_USE;
/* The final tables: statistics, percentiles, errors; and the thresholds, if there are some. */
int locust_console_end(struct report_sink *s, const struct run_state *r, struct error *err) MUST_USE;

#endif
