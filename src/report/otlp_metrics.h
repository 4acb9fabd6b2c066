/* The run's state as a request of OpenTelemetry's metrics service (protobuf ExportMetricsServiceRequest),
 * named as k6 names it: cumulative sums, gauges, explicit histograms; a rate is the counter NAME.total with
 * the attribute condition=zero or nonzero. */
#ifndef REPORT_OTLP_METRICS_H
#define REPORT_OTLP_METRICS_H

#include "core/buf.h"
#include "report/sink.h"

enum {
    OTLP_CHUNK = 1024 * 1024 /* bytes per request; a series more may be in it */,
    OTLP_MAX = 4 * 1024 * 1024
};

struct otlp_metrics {
    struct view service, version, prefix;
    bool rate_pair; /* NAME.occurred and NAME.total instead */
};
/* Where the next request begins: at first zero. */
struct otlp_cursor {
    metric_id metric;
    const struct series *series; /* NULL = the metric's first */
    bool done;
};
/* Appends one request and moves the cursor. *points: series in it; none: nothing was appended that is worth
 * sending. */
int otlp_metrics_encode(const struct otlp_metrics *o, const struct run_state *r, int64_t wall_ns,
    struct otlp_cursor *at, struct buf *out, uint64_t *points) MUST_USE;

#endif
