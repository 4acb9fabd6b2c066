/* The figures that a trend is shown as: "avg", "min", "med", "max", "p(90)", "p(99.9)", "count". Thresholds and reports read the same. */
#ifndef STATS_TREND_STAT_H
#define STATS_TREND_STAT_H

#include "stats/histogram.h"

/* X(enumerator, name) */
#define TREND_STATS(X) X(AVG, "avg") X(MIN, "min") X(MED, "med") X(MAX, "max") X(COUNT, "count") X(PERCENTILE, "p")
enum trend_stat_kind {
#define TREND_STAT_ENUM(id, name) TREND_STAT_##id,
    TREND_STATS(TREND_STAT_ENUM)
#undef TREND_STAT_ENUM
};
struct trend_stat {
    enum trend_stat_kind kind;
    double percentile; /* 0…100, for TREND_STAT_PERCENTILE */
};

/* ERROR_SYNTAX with a sentence in err (may be NULL) that names what was wrong. Exactly as written: no blanks. */
int trend_stat_parse(struct view name, struct trend_stat *out, struct error *err) MUST_USE;
double trend_stat_value(struct trend_stat s, const struct histogram *h); /* 0 when h is empty */
/* The percentile of "p(N)" with N in 0…100, else false. */
bool trend_stat_percentile(struct view name, double *out);

#endif
