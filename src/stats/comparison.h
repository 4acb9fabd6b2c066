/* Did it get slower? The same quantile of two runs, with what chance alone may have done to it.
 *
 * A run is given as its histograms over time (seconds or longer), since neighbouring requests are no
 * independent samples: a pause of the server slows all of one second. So whole pieces of time are resampled
 * (moving block bootstrap: Künsch 1989; block length 2 n^(1/3)), within each run, and the spread of the
 * quantiles' difference over the resamples gives its interval. It is nominal: where a run drifts slowly, an
 * interval of 99 % from a minute's data was seen to hold the truth nine times in ten. */
#ifndef STATS_COMPARISON_H
#define STATS_COMPARISON_H

#include "core/error.h"
#include "stats/histogram.h"

enum {
    COMPARISON_PIECES_MIN = 8,   /* of each run; with fewer the verdict is TOO_LITTLE */
    COMPARISON_PIECES_MAX = 240, /* more are merged to about so many before resampling */
    COMPARISON_RESAMPLES = 500,
};

/* X(enumerator, word) */
#define COMPARISON_VERDICTS(X)                                                                               \
    X(SAME, "same")     /* whatever difference there is, it is smaller than what matters */                  \
    X(FASTER, "faster") /* the whole interval lies beyond what matters */                                    \
    X(SLOWER, "slower")                                                                                      \
    X(UNSURE, "unsure")         /* the interval holds both: run longer */                                    \
    X(TOO_LITTLE, "too little") /* not enough pieces of time, or of values for this quantile */
enum comparison_verdict {
#define COMPARISON_ENUM(id, word) COMPARISON_##id,
    COMPARISON_VERDICTS(COMPARISON_ENUM)
#undef COMPARISON_ENUM
        COMPARISON_VERDICT_COUNT
};
const char *comparison_word(enum comparison_verdict v);

struct comparison_run {
    const struct histogram *const *pieces; /* in order of time; empty ones are skipped */
    size_t count;
};
/* A share or a rate over time: of each piece so many (failures, requests) of so many (requests, seconds). */
struct comparison_part {
    double of, total;
};
struct comparison_shares {
    const struct comparison_part *pieces;
    size_t count;
};
struct comparison_options {
    double fraction;      /* which quantile, in (0, 1) */
    double confidence;    /* of the interval; 0 = 0.99 */
    double matters;       /* a smaller relative difference does not; 0 = 0.05 */
    double matters_least; /* nor does one smaller than this, in the values' unit */
    size_t resamples;     /* 0 = COMPARISON_RESAMPLES */
    uint64_t seed;        /* the same seed gives the same answer */
};
struct comparison {
    enum comparison_verdict verdict;
    double before, after; /* the quantile of all of a run */
    double low, high;     /* the difference after - before lies here with the confidence asked for */
};

/* 0 or -ENOMEM. */
int comparison_of(const struct comparison_run *before, const struct comparison_run *after,
    const struct comparison_options *o, struct comparison *out) MUST_USE;
/* The same for sum(of) / sum(total); SLOWER means that it rose. fraction is not looked at. */
int comparison_of_shares(const struct comparison_shares *before, const struct comparison_shares *after,
    const struct comparison_options *o, struct comparison *out) MUST_USE;

#endif
