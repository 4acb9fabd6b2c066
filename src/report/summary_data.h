/* The end-of-test summary as data: metrics with their merged values, declared sub-metrics, thresholds with observed figures, the tree of
 * groups with their checks, and (for the full layout) the same per group and scenario. Built once from the final state; the
 * layouts and JSON shapes only format it. */
#ifndef REPORT_SUMMARY_DATA_H
#define REPORT_SUMMARY_DATA_H

#include "core/arena.h"
#include "report/sink.h"
#include "stats/threshold.h"

enum { SUMMARY_DATA_BYTES_MAX = 256 * 1024 * 1024, SUMMARY_ID_MAX = 33 /* md5 in hex */ };

struct summary_metric {
    struct view name;   /* "http_reqs{name:a}" */
    struct view base;   /* "http_reqs" */
    struct view sub;    /* "name:a"; ptr NULL = a whole metric */
    enum metric_type type;
    enum metric_contains contains;
    struct sink sink;
    bool observed; /* has samples; without, it is here for its threshold */
};
struct summary_threshold {
    struct view target, expression; /* as written */
    size_t order; /* in the plan */
    bool ok;
    bool known; /* the metric exists: type, contains and value are meaningful */
    enum metric_type type;
    enum metric_contains contains;
    struct threshold_expr expr;
    double value;
};
struct summary_check {
    struct view name, path;
    char id[SUMMARY_ID_MAX];
    uint64_t passes, fails;
    struct summary_check *next;
};
/* Groups and checks in the order in which they first appeared. */
struct summary_group {
    struct view name, path;
    char id[SUMMARY_ID_MAX];
    struct summary_check *checks;
    struct summary_group *groups, *next;
};
/* A part of the report: the whole run, a group, a scenario. Checks of the same name are one. */
struct summary_section {
    struct view title, path; /* group path for groups */
    struct summary_metric *metrics; /* sorted by name, sub-metrics behind their parents */
    size_t metric_count;
    struct summary_check *checks;
    uint64_t checks_passed, checks_failed;
    bool has_checks;
    struct summary_section *sections, *next; /* nested groups; the next at this level */
};
struct summary_data {
    struct arena arena;
    double elapsed_s;
    struct summary_section total;
    struct summary_section *groups, *scenarios; /* only with `detailed` */
    struct summary_group root;
    struct summary_threshold *thresholds; /* sorted by target, then as written */
    size_t threshold_count;
};

int summary_data_init(struct summary_data *d, const struct run_state *r, bool detailed) MUST_USE;
void summary_data_deinit(struct summary_data *d);
double summary_rate(const struct summary_data *d, double count); /* per second of the run */

#endif
