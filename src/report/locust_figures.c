#include "report/locust_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double usual[] = {0.50, 0.66, 0.75, 0.80, 0.90, 0.95, 0.98, 0.99, 0.999, 0.9999, 1.0};

static struct locust_percentiles percentiles;

/* As Python writes 0.5 and 0.999: "50%", "99.9%". */
static void make_title(double fraction, char out[LOCUST_PERCENTILE_TITLE_MAX]) {
    char number[LOCUST_NUMBER_MAX];
    double percent = fraction * 100;

    if (percent == trunc(percent))
        snprintf(out, LOCUST_PERCENTILE_TITLE_MAX, "%.0f%%", percent);
    else
        snprintf(
            out, LOCUST_PERCENTILE_TITLE_MAX, "%.24s%%", locust_float(rint(percent * 1e6) / 1e6, number));
}

int locust_percentiles_set(const double *fractions, size_t n) {
    if (!fractions) {
        fractions = usual;
        n = sizeof usual / sizeof *usual;
    }
    if (n == 0 || n > LOCUST_PERCENTILES_MAX)
        return ERROR_INVALID;
    for (size_t i = 0; i < n; i++)
        if (!(fractions[i] >= 0 && fractions[i] <= 1))
            return ERROR_INVALID;
    percentiles.count = n;
    for (size_t i = 0; i < n; i++) {
        percentiles.fractions[i] = fractions[i];
        make_title(fractions[i], percentiles.titles[i]);
    }
    return 0;
}

const struct locust_percentiles *locust_percentiles(void) {
    if (!percentiles.count)
        (void)!locust_percentiles_set(NULL, 0);
    return &percentiles;
}

static const struct {
    double below, step;
} roundings[] = {{100, 1}, {1000, 10}, {10000, 100}, {INFINITY, 1000}};

int64_t locust_bucket(double ms) {
    size_t i = 0;

    while (ms >= roundings[i].below)
        i++;
    return (int64_t)(rint(ms / roundings[i].step) * roundings[i].step);
}

int64_t locust_percentile(const struct histogram *h, double fraction, bool coarse) {
    if (!h->count)
        return 0;
    double last = (double)(h->count - 1), rank = trunc((double)h->count * fraction);
    rank = rank < last ? rank : last;
    double ms = last > 0 ? histogram_percentile(h, rank / last) : h->max;
    return coarse ? locust_bucket(ms) : (int64_t)rint(ms);
}

double locust_median(const struct histogram *h, bool coarse, bool *whole) {
    double median = (double)locust_percentile(h, 0.5, coarse);

    *whole = !h->count || (median <= h->max && median >= h->min);
    if (*whole)
        return median;
    return median > h->max ? h->max : h->min;
}

/* ---- the histogram in Locust's buckets ---- */

struct bucket_walk {
    int64_t ms;
    uint64_t count;
    int (*each)(void *ctx, int64_t ms, uint64_t count);
    void *ctx;
};

static int walk_to(struct bucket_walk *w, int64_t ms, uint64_t count) {
    int r = 0;

    if (w->count && w->ms != ms) {
        r = w->each(w->ctx, w->ms, w->count);
        w->count = 0;
    }
    w->ms = ms;
    w->count += count;
    return r;
}

/* The middle of a bucket, within what was recorded. Response times are not negative: such buckets count as 0
 * ms. */
static double bucket_middle(const struct histogram *h, int64_t bucket) {
    double middle;
    uint64_t bits;

    if (bucket < 0)
        return 0;
    bits = ((uint64_t)bucket << HISTOGRAM_BUCKET_SHIFT) + ((uint64_t)1 << (HISTOGRAM_BUCKET_SHIFT - 1));
    memcpy(&middle, &bits, sizeof middle);
    middle = middle < h->min ? h->min : middle;
    return middle > h->max ? h->max : middle;
}

int locust_buckets_each(
    const struct histogram *h, int (*each)(void *ctx, int64_t ms, uint64_t count), void *ctx) {
    struct bucket_walk w = {.each = each, .ctx = ctx};
    int r = h->zeros ? walk_to(&w, 0, h->zeros) : 0;

    for (uint32_t p = 0; p < h->page_count && !r; p++)
        for (int64_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS && !r; slot++)
            if (h->pages[p]->counts[slot])
                r = walk_to(&w,
                    locust_bucket(
                        bucket_middle(h, (int64_t)h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + slot)),
                    h->pages[p]->counts[slot]);
    return r || !w.count ? r : each(ctx, w.ms, w.count);
}

/* ---- text ---- */

/* Python's exponents begin where JavaScript's do not yet. */
static char *python_exponent(double v, char out[LOCUST_NUMBER_MAX]) {
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(out, LOCUST_NUMBER_MAX, "%.*e", digits - 1, v);
        if (strtod(out, NULL) == v)
            break;
    }
    return out;
}

char *locust_float(double v, char out[LOCUST_NUMBER_MAX]) {
    double size = fabs(v);

    if (!isfinite(v)) {
        snprintf(out, LOCUST_NUMBER_MAX, "%s", isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
        return out;
    }
    if (size > 0 && (size < 1e-4 || size >= 1e16))
        return python_exponent(v, out);
    json_format_double(v, out);
    size_t len = strlen(out);
    if (!strchr(out, '.') && len + 2 < LOCUST_NUMBER_MAX)
        snprintf(out + len, LOCUST_NUMBER_MAX - len, ".0");
    return out;
}

int locust_pad(struct buf *out, struct view text, size_t columns) {
    size_t characters = 0;

    for (size_t i = 0; i < text.len; i++)
        characters += ((unsigned char)text.ptr[i] & 0xc0) != 0x80;
    int r = buf_append_view(out, text);
    for (; characters < columns && r == 0; characters++)
        r = buf_append_byte(out, ' ');
    return r;
}
