/* The Universal Scalability Law (Gunther): X(n) = γn / (1 + α(n − 1) + βn(n − 1)), the throughput of n users
 * or workers at a time. α: contention, the share of the work that queues; β: coherency, what agreeing with
 * each other costs. With β > 0 throughput has a peak, at n* = √((1 − α) / β); beyond it more users get less
 * done. */
#ifndef STATS_USL_H
#define STATS_USL_H

#include "core/buf.h"

#include <stddef.h>

enum { USL_POINTS_MIN = 4, USL_POINTS_MAX = 256, USL_CHART_COLUMNS = 64, USL_CHART_ROWS = 14 };

struct usl_point {
    double n, x; /* load and throughput, both > 0 */
};
enum usl_end {
    USL_OK,
    USL_TOO_LITTLE,
    USL_NOT_SO /* the points do not look like the law: `fit` below USL_FIT_MIN */
};
#define USL_FIT_MIN 0.7
struct usl {
    enum usl_end end;
    double gamma, alpha, beta; /* gamma: throughput of one */
    double fit;                /* R² */
    double peak_n,
        peak_x; /* peak_n = INFINITY: no peak, throughput approaches peak_x = γ/α (INFINITY if α = 0) */
};
/* Least squares with α, β ≥ 0: γ by its closed form, α and β by a search that always ends. */
struct usl usl_fit(const struct usl_point *points, size_t n);
double usl_throughput(const struct usl *u, double n);
/* The points and the curve as text, USL_CHART_ROWS lines and an axis. */
int usl_draw(const struct usl *u, const struct usl_point *points, size_t n, const char *load_name,
    struct buf *out) MUST_USE;

#endif
