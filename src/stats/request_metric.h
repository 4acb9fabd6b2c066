/* What is recorded for each request of a Locust run, of whatever protocol, under the tags `method` (Locust's request type) and `name`.
 *
 * Registered by name with metrics_register() by the Python host when it starts, not built in: a k6 script may want the same names for its
 * own metrics. Readers look them up with metrics_find(). HTTP requests are recorded by recorder_add_http besides.
 *
 *   request_duration  response times in ms; requests without a time (None) are missing here
 *   request_bytes     content lengths: sum = bytes, count = all requests, failed and untimed ones included
 *   request_failures  one per failed request
 *   halftime_request_at  one per request: the wall clock when it was recorded, in s since the epoch: min = first, max = last request
 *
 * Beside them two kinds of evidence, which carry what Locust's tables of failures and exceptions show:
 *   LOCUST_FAILURE    subject = request type, object = name, detail = repr of the exception; exemplar = the whole repr when it was cut
 *   LOCUST_EXCEPTION  subject = a hash of the frames, object = the process ("local" or a worker's id), detail = "";
 *                     exemplar = message, NUL, frames (traceback.format_tb) */
#ifndef STATS_REQUEST_METRIC_H
#define STATS_REQUEST_METRIC_H

#include "stats/metric.h"

/* X(enumerator, name, type, contains) */
#define REQUEST_METRICS(X)                            \
    X(DURATION, "request_duration", TREND, TIME)      \
    X(BYTES, "request_bytes", COUNTER, DATA)          \
    X(FAILURES, "request_failures", COUNTER, DEFAULT) \
    X(AT, "halftime_request_at", GAUGE, DEFAULT)

enum request_metric {
#define REQUEST_METRIC_ENUM(id, name, type, contains) REQUEST_METRIC_##id,
    REQUEST_METRICS(REQUEST_METRIC_ENUM)
#undef REQUEST_METRIC_ENUM
    REQUEST_METRIC_COUNT
};

#endif
