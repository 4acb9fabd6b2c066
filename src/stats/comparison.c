/* Resampling works on dense counts: the buckets that occur in a run become columns, its pieces rows, so a
 * resample is a weighted sum of rows and its quantile a walk along the sum. That takes milliseconds where
 * merging histograms 500 times takes a second. */
#include "stats/comparison.h"

#include "core/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { COMPARISON_TAIL_VALUES = 10 }; /* a quantile is not asked of fewer values beyond it */

static const char *const words[COMPARISON_VERDICT_COUNT] = {
#define COMPARISON_WORD(id, word) [COMPARISON_##id] = word,
    COMPARISON_VERDICTS(COMPARISON_WORD)
#undef COMPARISON_WORD
};

const char *comparison_word(enum comparison_verdict v) {
    return words[v];
}

struct column {
    int32_t bucket;
    double value;
};
struct table {
    struct column *columns; /* ascending */
    size_t width, rows;
    double *counts; /* rows × width */
    double *sum;    /* of a resample: width */
    struct histogram whole;
};

static void table_deinit(struct table *t) {
    free(t->columns);
    free(t->counts);
    free(t->sum);
    histogram_deinit(&t->whole);
}

/* Zeros go with bucket 0, whose middle is next to nothing. */
static int table_columns(struct table *t) {
    const struct histogram *h = &t->whole;
    size_t most = (size_t)h->page_count * HISTOGRAM_PAGE_BUCKETS + 1;

    t->columns = calloc(most, sizeof *t->columns);
    if (!t->columns)
        return -ENOMEM;
    bool zero_due = h->zeros > 0;
    for (uint32_t p = 0; p < h->page_count; p++) {
        for (int32_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS; slot++) {
            int32_t bucket = h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + slot;
            if (zero_due && bucket >= 0) {
                t->columns[t->width++] = (struct column){0, 0};
                zero_due = false;
                if (bucket == 0)
                    continue;
            }
            if (h->pages[p]->counts[slot])
                t->columns[t->width++] = (struct column){bucket, histogram_bucket_value(bucket)};
        }
    }
    if (zero_due)
        t->columns[t->width++] = (struct column){0, 0};
    return 0;
}

static size_t column_of(const struct table *t, int32_t bucket) {
    size_t lo = 0, hi = t->width;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (t->columns[mid].bucket < bucket)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void add_row(struct table *t, size_t row, const struct histogram *h) {
    double *counts = t->counts + row * t->width;
    if (h->zeros)
        counts[column_of(t, 0)] += (double)h->zeros;
    for (uint32_t p = 0; p < h->page_count; p++)
        for (int32_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS; slot++)
            if (h->pages[p]->counts[slot])
                counts[column_of(t, h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + slot)] +=
                    (double)h->pages[p]->counts[slot];
}

static int table_init(struct table *t, const struct comparison_run *run) {
    size_t filled = 0, seen = 0;
    int r = 0;

    *t = (struct table){.whole = HISTOGRAM_NULL};
    for (size_t i = 0; i < run->count && r == 0; i++) {
        filled += run->pieces[i]->count > 0;
        r = histogram_merge(&t->whole, run->pieces[i]);
    }
    if (r < 0 || filled == 0)
        return r;
    t->rows = filled < COMPARISON_PIECES_MAX ? filled : COMPARISON_PIECES_MAX;
    r = table_columns(t);
    if (r < 0)
        return r;
    t->counts = calloc(t->rows * t->width, sizeof *t->counts);
    t->sum = calloc(t->width, sizeof *t->sum);
    if (!t->counts || !t->sum)
        return -ENOMEM;
    for (size_t i = 0; i < run->count; i++)
        if (run->pieces[i]->count > 0)
            add_row(t, seen++ * t->rows / filled, run->pieces[i]);
    return 0;
}

static double quantile_of_resample(struct table *t, double fraction, struct rng *rng) {
    size_t block = (size_t)ceil(2 * cbrt((double)t->rows));
    double total = 0;

    memset(t->sum, 0, t->width * sizeof *t->sum);
    for (size_t taken = 0; taken < t->rows; taken += block) {
        size_t first = (size_t)rng_below(rng, t->rows - block + 1),
               n = t->rows - taken < block ? t->rows - taken : block;
        for (size_t row = first; row < first + n; row++)
            for (size_t c = 0; c < t->width; c++)
                t->sum[c] += t->counts[row * t->width + c];
    }
    for (size_t c = 0; c < t->width; c++)
        total += t->sum[c];
    double rank = fraction * total, seen = 0;
    size_t c = 0;
    while (c + 1 < t->width && (seen += t->sum[c]) < rank)
        c++;
    return t->columns[c].value;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static enum comparison_verdict judge(const struct comparison *c, const struct comparison_options *o) {
    double matters = fabs(c->before) * (o->matters > 0 ? o->matters : 0.05);
    matters = matters > o->matters_least ? matters : o->matters_least;
    if (c->low > matters)
        return COMPARISON_SLOWER;
    if (c->high < -matters)
        return COMPARISON_FASTER;
    /* Small for sure, or nothing that chance does not do as well. */
    if ((c->low > -matters && c->high < matters) ||
        (c->low <= 0 && c->high >= 0 && c->high - c->low < 4 * matters))
        return COMPARISON_SAME;
    return COMPARISON_UNSURE;
}

/* The difference's interval from `draws` of it, which are sorted. */
static void conclude(double *draws, size_t n, const struct comparison_options *o, struct comparison *out) {
    double outside = (1 - (o->confidence > 0 ? o->confidence : 0.99)) / 2;
    size_t low = (size_t)floor(outside * (double)n);

    qsort(draws, n, sizeof *draws, by_size);
    out->low = draws[low];
    out->high = draws[n - 1 - low];
    out->verdict = judge(out, o);
}

static int resample(
    struct table *before, struct table *after, const struct comparison_options *o, struct comparison *out) {
    size_t n = o->resamples ? o->resamples : COMPARISON_RESAMPLES;
    double *differences = calloc(n, sizeof *differences);
    struct rng rng;

    if (!differences)
        return -ENOMEM;
    rng_init(&rng, o->seed);
    for (size_t i = 0; i < n; i++)
        differences[i] =
            quantile_of_resample(after, o->fraction, &rng) - quantile_of_resample(before, o->fraction, &rng);
    conclude(differences, n, o, out);
    free(differences);
    return 0;
}

static bool enough(const struct table *t, double fraction) {
    double beyond = (double)t->whole.count * (fraction > 0.5 ? 1 - fraction : fraction);
    return t->rows >= COMPARISON_PIECES_MIN && beyond >= (double)COMPARISON_TAIL_VALUES;
}

int comparison_of(const struct comparison_run *before, const struct comparison_run *after,
    const struct comparison_options *o, struct comparison *out) {
    struct table a, b;
    int r = table_init(&a, before), s = table_init(&b, after);

    *out = (struct comparison){.verdict = COMPARISON_TOO_LITTLE};
    r = r < 0 ? r : s;
    if (r == 0) {
        out->before = histogram_percentile(&a.whole, o->fraction);
        out->after = histogram_percentile(&b.whole, o->fraction);
        out->low = out->high = out->after - out->before;
        if (enough(&a, o->fraction) && enough(&b, o->fraction))
            r = resample(&a, &b, o, out);
    }
    table_deinit(&a);
    table_deinit(&b);
    return r;
}

/* --- shares --- */

static double share(double of, double total) {
    return total > 0 ? of / total : 0;
}

static double whole_share(const struct comparison_shares *s) {
    double of = 0, total = 0;
    for (size_t i = 0; i < s->count; i++) {
        of += s->pieces[i].of;
        total += s->pieces[i].total;
    }
    return share(of, total);
}

static double share_of_resample(const struct comparison_shares *s, struct rng *rng) {
    size_t block = (size_t)ceil(2 * cbrt((double)s->count));
    double of = 0, total = 0;
    for (size_t taken = 0; taken < s->count; taken += block) {
        size_t first = (size_t)rng_below(rng, s->count - block + 1),
               n = s->count - taken < block ? s->count - taken : block;
        for (size_t i = first; i < first + n; i++) {
            of += s->pieces[i].of;
            total += s->pieces[i].total;
        }
    }
    return share(of, total);
}

int comparison_of_shares(const struct comparison_shares *before, const struct comparison_shares *after,
    const struct comparison_options *o, struct comparison *out) {
    size_t n = o->resamples ? o->resamples : COMPARISON_RESAMPLES;
    struct rng rng;

    *out = (struct comparison){
        .verdict = COMPARISON_TOO_LITTLE, .before = whole_share(before), .after = whole_share(after)};
    out->low = out->high = out->after - out->before;
    if (before->count < COMPARISON_PIECES_MIN || after->count < COMPARISON_PIECES_MIN)
        return 0;
    double *draws = calloc(n, sizeof *draws);
    if (!draws)
        return -ENOMEM;
    rng_init(&rng, o->seed);
    for (size_t i = 0; i < n; i++)
        draws[i] = share_of_resample(after, &rng) - share_of_resample(before, &rng);
    conclude(draws, n, o, out);
    free(draws);
    return 0;
}
