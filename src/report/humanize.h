/* Figures as k6 prints them: durations cut to two decimals of a fitting unit, bytes by thousands, shares in percent, plain
 * numbers with at most six decimals. All return `out`. */
#ifndef REPORT_HUMANIZE_H
#define REPORT_HUMANIZE_H

#include "stats/metric.h"

enum { HUMANIZE_MAX = 400 }; /* a double with all its digits fits */

enum humanize_unit { HUMANIZE_AUTO, HUMANIZE_S, HUMANIZE_MS, HUMANIZE_US };
/* "s", "ms", "us"; anything else (k6: silently) is HUMANIZE_AUTO. */
enum humanize_unit humanize_unit_of(struct view name);

char *humanize_number(double v, int decimals, char out[HUMANIZE_MAX]); /* rounded, without trailing zeros: 1.5, 1e+21 */
char *humanize_duration(double ms, enum humanize_unit unit, char out[HUMANIZE_MAX]); /* 0s 551ns 1.51µs 2.46s 1m30s 3h25m45s */
char *humanize_bytes(double bytes, char out[HUMANIZE_MAX]); /* 0 B, 2.4 kB, 357 kB */
char *humanize_share(double share, char out[HUMANIZE_MAX]); /* 0.2666… → 26.66% */
/* A figure of a metric of this type and content. */
char *humanize_value(double v, enum metric_type type, enum metric_contains contains, enum humanize_unit unit, char out[HUMANIZE_MAX]);
/* As JavaScript's toFixed: exact ties go away from zero. */
char *humanize_fixed(double v, int decimals, char out[HUMANIZE_MAX]);
/* For sentences: 1234567 → "1,234,567". */
char *humanize_count(uint64_t n, char out[HUMANIZE_MAX]);

/* k6's progress clock: as many digits as `max_us` needs, tenths of seconds: 00m02.1s of 10m30s, 1.0s of 5s. */
char *humanize_clock(int64_t us, int64_t max_us, char out[HUMANIZE_MAX]);
/* Columns on a terminal: code points, as k6 counts. */
size_t humanize_width(struct view text);

#endif
