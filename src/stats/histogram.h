/* Log-linear histogram of doubles: 512 buckets per power of two, so every figure read from it is within 0.1 % of the value
 * recorded. Any finite value: zero, negative, 1e-9 or 1e18. Exact min, max, sum, count. Mergeable: percentiles are computed from
 * merged counts, never averaged.
 *
 * Bucket of x > 0 = the top bits of its IEEE 754 representation (exponent and 9 bits of mantissa), which order like x itself;
 * negatives mirror that; zero has its own counter. Counters stand in pages that exist only where values fell.
 * A figure read is the middle of its bucket, kept within the exact min and max; when all values are whole numbers (or halves, quarters …:
 * `grain`) and only one such lies in the bucket, it is that one, exactly. */
#ifndef STATS_HISTOGRAM_H
#define STATS_HISTOGRAM_H

#include "core/pack.h"

enum {
    HISTOGRAM_PAGE_BITS = 6, /* log2 of buckets per page */
    HISTOGRAM_PAGE_BUCKETS = 1 << HISTOGRAM_PAGE_BITS,
    HISTOGRAM_BUCKET_SHIFT = 52 - 9, /* of the representation: sign, exponent and 9 bits of mantissa are left */
    HISTOGRAM_GRAIN_ANY = 10,        /* values are no multiples of 1/512 or a coarser power of two */
};

/* A run of neighbouring buckets: bucket number = key * HISTOGRAM_PAGE_BUCKETS + slot. */
struct histogram_page {
    int32_t key;
    uint64_t total; /* sum of counts */
    uint64_t counts[HISTOGRAM_PAGE_BUCKETS];
};
struct histogram {
    uint64_t count, zeros;
    double sum, min, max; /* min/max are meaningless while count == 0 */
    struct histogram_page **pages; /* sorted by page key */
    uint32_t page_count, page_cap;
    uint32_t grain; /* all values are multiples of 2^-grain; HISTOGRAM_GRAIN_ANY = not known to be */
    struct histogram_page *last; /* where the previous value fell */
};
#define HISTOGRAM_NULL ((struct histogram){0})

void histogram_init(struct histogram *h);
void histogram_deinit(struct histogram *h);
void histogram_reset(struct histogram *h); /* keeps pages that were in use, for the next interval */
int histogram_record_n(struct histogram *h, double value, uint64_t n) MUST_USE; /* as record */
int histogram_merge(struct histogram *into, const struct histogram *from) MUST_USE; /* -ENOMEM: `into` is unchanged */
/* k6's percentile: linear interpolation at rank fraction·(count−1) of the sorted values, fraction in [0,1]. 0 when empty. */
double histogram_percentile(const struct histogram *h, double fraction);
double histogram_mean(const struct histogram *h);
double histogram_stddev(const struct histogram *h);
/* How many recorded values were <= limit (to bucket precision). */
uint64_t histogram_count_at_most(const struct histogram *h, double limit);
size_t histogram_memory_bytes(const struct histogram *h);

void histogram_pack(const struct histogram *h, struct pack_writer *w); /* sparse */
/* Adds the packed histogram to h (NULL: only checks and skips it). Bounded against hostile input; on ERROR_SYNTAX h is unchanged. */
int histogram_unpack_merge(struct histogram *h, struct pack_reader *r) MUST_USE;

/* Number of the bucket of a finite value that is not zero. Buckets order like their values; negative values have negative numbers. */
static inline int32_t histogram_bucket(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int32_t magnitude = (int32_t)((bits & (UINT64_MAX >> 1)) >> HISTOGRAM_BUCKET_SHIFT);
    return value < 0 ? -1 - magnitude : magnitude;
}

double histogram_bucket_value(int32_t bucket); /* the middle of a bucket */

/* NaN/inf: ERROR_INVALID; else 0 or -ENOMEM. Inline as far as the page of the previous value. */
static inline int histogram_record(struct histogram *h, double value) {
    struct histogram_page *p = h->last;

    if (p && h->count && value != 0) {
        int32_t bucket = histogram_bucket(value);
        if (bucket >> HISTOGRAM_PAGE_BITS == p->key && h->grain == HISTOGRAM_GRAIN_ANY) { /* never true for NaN or infinity: no page has their key */
            p->counts[bucket & (HISTOGRAM_PAGE_BUCKETS - 1)]++;
            p->total++;
            h->count++;
            h->sum += value;
            h->min = value < h->min ? value : h->min;
            h->max = value > h->max ? value : h->max;
            return 0;
        }
    }
    return histogram_record_n(h, value, 1);
}

#endif
