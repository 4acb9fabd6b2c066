/* Thresholds: `metric{tag:value,…}` : `method op number`. Grammar and semantics: k6's (see docs/K6.md). */
#ifndef STATS_THRESHOLD_H
#define STATS_THRESHOLD_H

#include "stats/series.h"

/* X(enumerator, text) */
#define THRESHOLD_METHODS(X) X(COUNT, "count") X(RATE, "rate") X(VALUE, "value") X(AVG, "avg") X(MIN, "min") X(MED, "med") X(MAX, "max") X(PERCENTILE, "p")
#define THRESHOLD_OPS(X) X(LT, "<") X(LE, "<=") X(GT, ">") X(GE, ">=") X(EQ, "==") X(EQ3, "===") X(NE, "!=")
enum threshold_method {
#define THRESHOLD_M(id, text) THRESHOLD_##id,
    THRESHOLD_METHODS(THRESHOLD_M)
#undef THRESHOLD_M
};
enum threshold_op {
#define THRESHOLD_O(id, text) THRESHOLD_OP_##id,
    THRESHOLD_OPS(THRESHOLD_O)
#undef THRESHOLD_O
};

struct threshold_expr {
    enum threshold_method method;
    double percentile; /* 0…100, for THRESHOLD_PERCENTILE */
    enum threshold_op op;
    double limit;
};
/* Parses "p(95) < 500". ERROR_SYNTAX with a sentence in err that names what was wrong. */
int threshold_expr_parse(struct view text, struct threshold_expr *out, struct error *err) MUST_USE;
bool threshold_method_fits(enum threshold_method m, enum metric_type t);

/* "http_req_duration{name:x, status:200}" → metric name and filter pairs (views into `text`). ERROR_SYNTAX on an unclosed brace, an
 * empty value (as k6: a configuration error), a pair without colon. */
enum { THRESHOLD_FILTER_MAX = 16 };
struct threshold_target {
    struct view metric;
    struct tag filter[THRESHOLD_FILTER_MAX];
    size_t filter_count;
};
int threshold_target_parse(struct view text, struct threshold_target *out, struct error *err) MUST_USE;

/* The observed figure that the expression compares (elapsed_s: for a counter's rate), and the verdict.
 * With no samples: rates pass; the others are skipped (pass) while `running`, compared with 0 at the end. */
double threshold_expr_value(const struct threshold_expr *e, const struct sink *s, double elapsed_s);
bool threshold_expr_passes(const struct threshold_expr *e, const struct sink *s, double elapsed_s, bool running);

#endif
