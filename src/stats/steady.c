/* Everything is weighted: a second without requests has no mean, one with many counts more. MSER's suffix
 * sums are formed from the end, so the whole search is linear. */
#include "stats/steady.h"

#include <math.h>
#include <stdbool.h>

#define SLOPE_SIGMAS 4.5 /* few batches: a normal quantile would call too much a trend */
#define T_95         2.2 /* Student's quantile for about STEADY_BATCHES − 1 degrees of freedom */
enum { WARMUP_SHARE = 2, TRIM = 2 };

struct stretch {
    double at_s, sum, weight, mean;
};

static double mean_of(const struct steady_point *p, size_t n) {
    double sum = 0, weight = 0;

    for (size_t i = 0; i < n; i++) {
        sum += p[i].sum;
        weight += p[i].weight;
    }
    return weight > 0 ? sum / weight : 0;
}

/* How many points of the beginning are warm-up. */
static size_t find_warmup(const struct steady_point *p, size_t n) {
    double weight = 0, mean = 0, squares = 0, best = INFINITY;
    size_t cut = 0, kept = 0;

    for (size_t i = n; i-- > 0;) {
        if (p[i].weight > 0) {
            double value = p[i].sum / p[i].weight, before = mean;
            weight += p[i].weight;
            mean += (value - mean) * p[i].weight / weight;
            squares += p[i].weight * (value - before) * (value - mean);
            kept++;
        }
        if (i > n / WARMUP_SHARE || kept < STEADY_POINTS_MIN / 2)
            continue;
        double error = squares / weight / (double)kept; /* squared, of the mean */
        if (error <= best * (1 + 1e-12)) {
            best = error;
            cut = i;
        }
    }
    return cut;
}

static size_t batch(const struct steady_point *p, size_t n, struct stretch out[STEADY_BATCHES]) {
    size_t batches = n < STEADY_BATCHES ? n : STEADY_BATCHES, used = 0;

    for (size_t b = 0; b < batches; b++) {
        struct stretch s = {0};
        size_t from = b * n / batches, to = (b + 1) * n / batches;
        for (size_t i = from; i < to; i++) {
            s.sum += p[i].sum;
            s.weight += p[i].weight;
        }
        if (s.weight <= 0)
            continue;
        s.at_s = (p[from].from_s + p[to - 1].to_s) / 2;
        s.mean = s.sum / s.weight;
        out[used++] = s;
    }
    return used;
}

static double interval_of(const struct steady_point *p, size_t n, double mean) {
    struct stretch b[STEADY_BATCHES];
    size_t k = batch(p, n, b);
    double squares = 0;

    if (k < STEADY_POINTS_MIN / 2)
        return -1;
    for (size_t i = 0; i < k; i++)
        squares += (b[i].mean - mean) * (b[i].mean - mean);
    return T_95 * sqrt(squares / (double)(k - 1) / (double)k);
}

/* The slope of a line through the stretches, and whether it is one. */
static bool slope_of(const struct steady_point *p, size_t n, double *slope) {
    struct stretch b[STEADY_BATCHES];
    size_t k = batch(p, n, b);
    double at = 0, value = 0, sxx = 0, sxy = 0, rest = 0;

    *slope = 0;
    if (k < STEADY_POINTS_MIN / 2)
        return false;
    for (size_t i = 0; i < k; i++) {
        at += b[i].at_s / (double)k;
        value += b[i].mean / (double)k;
    }
    for (size_t i = 0; i < k; i++) {
        sxx += (b[i].at_s - at) * (b[i].at_s - at);
        sxy += (b[i].at_s - at) * (b[i].mean - value);
    }
    if (sxx <= 0)
        return false;
    *slope = sxy / sxx;
    for (size_t i = 0; i < k; i++) {
        double off = b[i].mean - value - *slope * (b[i].at_s - at);
        rest += off * off;
    }
    double error = sqrt(rest / (double)(k - 2) / sxx), drift = fabs(*slope) * (p[n - 1].to_s - p[0].from_s);
    return fabs(*slope) > SLOPE_SIGMAS * error && 100 * drift > STEADY_DRIFT_PERCENT * fabs(value);
}

struct steady steady_of(const struct steady_point *points, size_t n) {
    struct steady s = {.verdict = STEADY_TOO_LITTLE, .half_width = -1};

    while (n && points[n - 1].weight <= 0)
        n--;
    if (n < STEADY_POINTS_MIN)
        return s;
    s.warmup = find_warmup(points, n);
    s.warmup_s = points[s.warmup].from_s;
    s.warmup_mean = mean_of(points, s.warmup);
    const struct steady_point *rest = points + s.warmup;
    size_t left = n - s.warmup, half = left / TRIM;
    s.seconds = rest[left - 1].to_s - rest[0].from_s;
    s.mean = mean_of(rest, left);
    s.half_width = interval_of(rest, left, s.mean);
    /* The end of a curve that flattens out is flat: the later half counts; but a few points make no line. */
    size_t from = left >= 2 * STEADY_POINTS_MIN ? half : 0;
    bool trend = slope_of(rest + from, left - from, &s.slope_per_s);
    s.verdict = !trend ? STEADY_YES : s.slope_per_s > 0 ? STEADY_RISING : STEADY_FALLING;
    return s;
}

double steady_seconds_needed(const struct steady *s, double share) {
    if (s->half_width < 0 || s->mean <= 0 || share <= 0)
        return -1;
    double ratio = s->half_width / (share * s->mean);
    return s->seconds * ratio * ratio;
}
