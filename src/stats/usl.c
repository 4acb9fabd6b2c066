/* For given (α, β) the best γ is a quotient, so only two parameters are searched: a grid in logarithms over
 * all that is sensible, then ever finer steps around the best (pattern search). Errors are relative:
 * throughputs span decades, and small ones matter as much. */
#include "stats/usl.h"

#include <math.h>
#include <string.h>

enum { GRID = 24, REFINEMENTS = 60 };
#define SMALLEST  1e-7 /* taken for zero */
#define PEAK_SEEN 5    /* times the largest load measured */

static double shape(double alpha, double beta, double n) {
    return n / (1 + alpha * (n - 1) + beta * n * (n - 1));
}

/* Sum of squared relative errors; *gamma gets the best. */
static double error_of(const struct usl_point *p, size_t n, double alpha, double beta, double *gamma) {
    double sa = 0, saa = 0, error = 0;

    for (size_t i = 0; i < n; i++) {
        double a = shape(alpha, beta, p[i].n) / p[i].x;
        sa += a;
        saa += a * a;
    }
    *gamma = saa > 0 ? sa / saa : 0;
    for (size_t i = 0; i < n; i++) {
        double off = 1 - *gamma * shape(alpha, beta, p[i].n) / p[i].x;
        error += off * off;
    }
    return error;
}

static double grid_value(int i) {
    return i == 0 ? 0 : SMALLEST * pow(10, 7.0 * (i - 1) / (GRID - 2));
}

static void search(const struct usl_point *p, size_t n, struct usl *u) {
    double best = INFINITY, gamma;

    for (int i = 0; i < GRID; i++)
        for (int k = 0; k < GRID; k++) {
            double error = error_of(p, n, grid_value(i), grid_value(k), &gamma);
            if (error < best) {
                best = error;
                u->alpha = grid_value(i);
                u->beta = grid_value(k);
                u->gamma = gamma;
            }
        }
    double step = 1; /* factor e^step up or down, or to zero */
    for (int round = 0; round < REFINEMENTS; round++, step *= 0.8) {
        double up = exp(step),
               as[] = {u->alpha, u->alpha * up, u->alpha / up, 0, u->alpha > 0 ? u->alpha : SMALLEST},
               bs[] = {u->beta, u->beta * up, u->beta / up, 0, u->beta > 0 ? u->beta : SMALLEST};
        for (size_t i = 0; i < sizeof as / sizeof *as; i++)
            for (size_t k = 0; k < sizeof bs / sizeof *bs; k++) {
                double a = as[i] > 1 ? 1 : as[i], error = error_of(p, n, a, bs[k], &gamma);
                if (error < best) {
                    best = error;
                    u->alpha = a;
                    u->beta = bs[k];
                    u->gamma = gamma;
                }
            }
    }
}

static double fit_of(const struct usl *u, const struct usl_point *p, size_t n) {
    double mean = 0, rest = 0, all = 0;

    for (size_t i = 0; i < n; i++)
        mean += p[i].x / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = p[i].x - usl_throughput(u, p[i].n);
        rest += off * off;
        all += (p[i].x - mean) * (p[i].x - mean);
    }
    return all > 0 ? 1 - rest / all : 0;
}

struct usl usl_fit(const struct usl_point *points, size_t n) {
    struct usl u = {.end = USL_TOO_LITTLE};
    struct usl_point p[USL_POINTS_MAX];
    size_t used = 0;
    double least = INFINITY, most = 0;

    for (size_t i = 0; i < n && used < USL_POINTS_MAX; i++)
        if (points[i].n > 0 && points[i].x > 0) {
            p[used++] = points[i];
            least = fmin(least, points[i].n);
            most = fmax(most, points[i].n);
        }
    if (used < USL_POINTS_MIN || most < 2 * least)
        return u;
    search(p, used, &u);
    u.fit = fit_of(&u, p, used);
    u.end = u.fit >= USL_FIT_MIN ? USL_OK : USL_NOT_SO;
    if (u.beta > 0 && (1 - u.alpha) / u.beta > PEAK_SEEN * PEAK_SEEN * most * most)
        u.beta = 0; /* a peak so far beyond what was measured is not known from it */
    u.peak_n = u.beta > 0 && u.alpha < 1 ? sqrt((1 - u.alpha) / u.beta) : INFINITY;
    u.peak_x = isfinite(u.peak_n) ? usl_throughput(&u, u.peak_n) : u.alpha > 0 ? u.gamma / u.alpha : INFINITY;
    return u;
}

double usl_throughput(const struct usl *u, double n) {
    return u->gamma * shape(u->alpha, u->beta, n);
}

/* ---- the chart ---- */

struct chart {
    char cell[USL_CHART_ROWS][USL_CHART_COLUMNS + 1];
    double n_max, x_max;
};

static void plot(struct chart *c, double n, double x, char mark) {
    int column = (int)(n / c->n_max * (USL_CHART_COLUMNS - 1) + 0.5),
        row = (int)(x / c->x_max * (USL_CHART_ROWS - 1) + 0.5);

    if (column >= 0 && column < USL_CHART_COLUMNS && row >= 0 && row < USL_CHART_ROWS)
        c->cell[USL_CHART_ROWS - 1 - row][column] = mark;
}

static void fill(struct chart *c, const struct usl *u, const struct usl_point *p, size_t n) {
    c->n_max = c->x_max = 0;
    for (size_t i = 0; i < n; i++) {
        c->n_max = fmax(c->n_max, 1.1 * p[i].n);
        c->x_max = fmax(c->x_max, 1.1 * p[i].x);
    }
    if (u->end == USL_OK && isfinite(u->peak_n) && u->peak_n < 3 * c->n_max)
        c->n_max = fmax(c->n_max, 1.2 * u->peak_n);
    for (int k = 1; k < 4 * USL_CHART_COLUMNS && u->end == USL_OK; k++)
        c->x_max = fmax(c->x_max, usl_throughput(u, c->n_max * k / (4.0 * USL_CHART_COLUMNS)));
    for (int r = 0; r < USL_CHART_ROWS; r++) {
        memset(c->cell[r], ' ', USL_CHART_COLUMNS);
        c->cell[r][USL_CHART_COLUMNS] = '\0';
    }
    for (int k = 1; k < 4 * USL_CHART_COLUMNS && u->end == USL_OK; k++) {
        double at = c->n_max * k / (4.0 * USL_CHART_COLUMNS);
        plot(c, at, usl_throughput(u, at), '.');
    }
    if (u->end == USL_OK && isfinite(u->peak_n))
        plot(c, u->peak_n, u->peak_x, '^');
    for (size_t i = 0; i < n; i++)
        plot(c, p[i].n, p[i].x, 'o');
}

int usl_draw(
    const struct usl *u, const struct usl_point *points, size_t n, const char *load_name, struct buf *out) {
    struct chart c;
    int r = 0;

    if (n == 0)
        return 0;
    fill(&c, u, points, n);
    if (c.n_max <= 0 || c.x_max <= 0)
        return 0;
    for (int row = 0; row < USL_CHART_ROWS && r >= 0; row++) {
        size_t len = USL_CHART_COLUMNS;
        while (len && c.cell[row][len - 1] == ' ')
            len--;
        double at = c.x_max * (USL_CHART_ROWS - 1 - row) / (USL_CHART_ROWS - 1);
        if (row % 3 == 1)
            r = buf_printf(out, "  %9.5g |%.*s\n", at, (int)len, c.cell[row]);
        else
            r = buf_printf(out, "            |%.*s\n", (int)len, c.cell[row]);
    }
    r = r < 0 ? r : buf_append_view(out, VIEW("            +"));
    for (int i = 0; i < USL_CHART_COLUMNS && r >= 0; i++)
        r = buf_append_byte(out, '-');
    return r < 0 ? r
                 : buf_printf(out, "\n             0%*.5g %s\n", USL_CHART_COLUMNS - 2, c.n_max, load_name);
}
