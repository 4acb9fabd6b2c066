/* A run's series as Prometheus names them, for its text format and for remote write: k6_http_reqs_total,
 * k6_vus, k6_checks_rate, k6_http_req_duration_p99; times in seconds. Tags become labels: sorted, without
 * empty ones, with characters that no label may have as "_". */
#ifndef REPORT_PROMETHEUS_H
#define REPORT_PROMETHEUS_H

#include "core/arena.h"
#include "core/buf.h"
#include "report/sink.h"

enum { PROMETHEUS_SCRATCH_MAX = 1024 * 1024 };

/* Sorted, without the name. Texts in scratch or in the tags. Returns how many; what found no memory is left
 * out. */
struct prometheus_labels {
    struct tag items[TAGS_PER_SET_MAX];
    size_t count;
};
void prometheus_labels_init(
    struct prometheus_labels *l, const struct tags *tags, tagset_id set, struct arena *scratch);

static inline double prometheus_unit(enum metric_contains contains, double v) {
    return contains == METRIC_TIME ? v / 1000 : v;
}
/* k6 and Locust never show metrics of our own. */
static inline bool prometheus_hidden(struct view metric) {
    return view_starts_with(metric, VIEW("halftime_"));
}
/* How many measurements are in it. */
uint64_t prometheus_count(const struct sink *s);

/* The whole state in the text format 0.0.4: what /metrics answers. Times as histograms, other trends as
 * summaries; besides, what halftime itself knows (halftime_users, halftime_worker_cpu_ratio …). 0, -ENOMEM or
 * ERROR_LIMIT. */
int prometheus_text_render(const struct run_state *r, struct buf *out) MUST_USE;

#endif
