/* Locust's --json: an array with one object per entry, as first seen. */
#ifndef REPORT_LOCUST_JSON_H
#define REPORT_LOCUST_JSON_H

#include "core/buf.h"
#include "report/locust_stats.h"

enum { LOCUST_JSON_BYTES_MAX = 256 * 1024 * 1024 };

int locust_json_entries(const struct locust_stats *s, struct buf *out) MUST_USE;

#endif
