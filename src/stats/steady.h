/* Has a figure settled? From its course, one point per second or so:
 *
 * - where the warm-up ends: MSER (White 1997), the cut that leaves the mean of the rest with the smallest
 * standard error, at most half of the run;
 * - whether it was still rising or falling at the end: a line through the means of STEADY_BATCHES stretches
 * of the later half of the rest; neighbouring seconds are not independent, stretches nearly are;
 * - the mean of what settled, and an interval for it from the same kind of stretches (batch means). */
#ifndef STATS_STEADY_H
#define STATS_STEADY_H

#include <stddef.h>

enum {
    STEADY_POINTS_MIN = 8,
    STEADY_BATCHES = 12,
    STEADY_DRIFT_PERCENT =
        10, /* a drift smaller than this of the mean, over the stretch looked at, does not matter */
};

struct steady_point {
    double from_s, to_s;
    double sum, weight; /* weight: how many values the sum is of; for a rate: the seconds */
};

enum steady_verdict { STEADY_TOO_LITTLE, STEADY_YES, STEADY_RISING, STEADY_FALLING };
struct steady {
    enum steady_verdict verdict;
    size_t warmup;           /* points to leave out at the beginning */
    double warmup_s;         /* where that is, on the points' clock */
    double warmup_mean;      /* of what was left out; 0 if nothing was */
    double mean, half_width; /* of the rest, and of its 95 % interval; half_width < 0 = cannot be told */
    double slope_per_s;      /* of the later half of the rest */
    double seconds;          /* length of the rest */
};
struct steady steady_of(const struct steady_point *points, size_t n);
/* How long the rest would have to be for an interval of mean ± share·mean; < 0 = cannot be told. */
double steady_seconds_needed(const struct steady *s, double share);

#endif
