/* Log-linear histogram.
 *
 * Model. The representation of a positive double, read as an integer, grows with its value. Cut to exponent
 * and 9 bits of mantissa it is the number m of a bucket whose width is at most 1/512 of its lower end, so its
 * middle is within 1/1024 of anything in it. A negative value has the bucket -1 - m. Zero stands between
 * bucket -1 and bucket 0 and has a counter of its own.
 *
 * Pages of 64 neighbouring buckets are made where values fall; `pages` is sorted by key, so walking it walks
 * values upwards, with the zeros between the last negative and the first positive page.
 *
 * Invariants: count = zeros + sum of page totals; total = sum of a page's counts; min <= every value <= max
 * when count > 0; `last` is one of the pages or NULL. */
#include "stats/histogram.h"

#include <assert.h>
#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

enum {
    BUCKET_NUMBER_MAX = (2047 << 9) - 1, /* the greatest finite double */
    PACKED_BUCKET_BYTES_MIN = 2,
};

void histogram_init(struct histogram *h) {
    *h = HISTOGRAM_NULL;
}

void histogram_deinit(struct histogram *h) {
    for (uint32_t i = 0; i < h->page_count; i++)
        free(h->pages[i]);
    free(h->pages);
    *h = HISTOGRAM_NULL;
}

void histogram_reset(struct histogram *h) {
    uint32_t kept = 0;

    for (uint32_t i = 0; i < h->page_count; i++) {
        struct histogram_page *p = h->pages[i];
        if (!p->total) {
            free(p);
            continue;
        }
        memset(p->counts, 0, sizeof p->counts);
        p->total = 0;
        h->pages[kept++] = p;
    }
    h->page_count = kept;
    h->last = NULL;
    h->count = h->zeros = 0;
    h->sum = h->min = h->max = 0;
    h->grain = 0;
}

/* First page whose key is not less. */
static uint32_t page_position(const struct histogram *h, int32_t key) {
    uint32_t lo = 0, hi = h->page_count;

    while (lo < hi) {
        uint32_t mid = (lo + hi) / 2;
        if (h->pages[mid]->key < key)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static struct histogram_page *page_get(struct histogram *h, int32_t key) {
    uint32_t at = page_position(h, key);

    if (at < h->page_count && h->pages[at]->key == key)
        return h->pages[at];
    if (h->page_count == h->page_cap) {
        uint32_t cap = h->page_cap ? h->page_cap * 2 : 4;
        struct histogram_page **pages = realloc(h->pages, cap * sizeof *pages);
        if (!pages)
            return NULL;
        h->pages = pages;
        h->page_cap = cap;
    }
    struct histogram_page *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->key = key;
    memmove(h->pages + at + 1, h->pages + at, (h->page_count - at) * sizeof(struct histogram_page *));
    h->pages[at] = p;
    h->page_count++;
    return p;
}

static void add_moments(struct histogram *h, uint64_t n, double sum, double min, double max) {
    h->min = h->count == 0 || min < h->min ? min : h->min;
    h->max = h->count == 0 || max > h->max ? max : h->max;
    h->count += n;
    h->sum += sum;
}

static uint32_t grain_of(uint32_t grain, double value) {
    while (grain < HISTOGRAM_GRAIN_ANY && ldexp(value, (int)grain) != trunc(ldexp(value, (int)grain)))
        grain++;
    return grain;
}

int histogram_record_n(struct histogram *h, double value, uint64_t n) {
    if (!isfinite(value))
        return ERROR_INVALID;
    if (n == 0)
        return 0;
    if (value == 0) {
        h->zeros += n;
        add_moments(h, n, 0, 0, 0);
        return 0;
    }
    int32_t bucket = histogram_bucket(value);
    struct histogram_page *p = page_get(h, bucket >> HISTOGRAM_PAGE_BITS);
    if (!p)
        return -ENOMEM;
    p->counts[bucket & (HISTOGRAM_PAGE_BUCKETS - 1)] += n;
    p->total += n;
    h->last = p;
    h->grain = grain_of(h->grain, value);
    add_moments(h, n, value * (double)n, value, value);
    return 0;
}

int histogram_merge(struct histogram *into, const struct histogram *from) {
    if (from->count == 0)
        return 0;
    for (uint32_t i = 0; i < from->page_count; i++)
        if (from->pages[i]->total && !page_get(into, from->pages[i]->key))
            return -ENOMEM;
    for (uint32_t i = 0; i < from->page_count; i++) {
        const struct histogram_page *f = from->pages[i];
        if (!f->total)
            continue;
        struct histogram_page *p = page_get(into, f->key);
        for (size_t k = 0; k < HISTOGRAM_PAGE_BUCKETS; k++)
            p->counts[k] += f->counts[k];
        p->total += f->total;
    }
    into->zeros += from->zeros;
    into->grain = from->grain > into->grain ? from->grain : into->grain;
    add_moments(into, from->count, from->sum, from->min, from->max);
    return 0;
}

double histogram_bucket_value(int32_t bucket) {
    uint64_t m = bucket < 0 ? (uint64_t)(-1 - (int64_t)bucket) : (uint64_t)bucket;
    uint64_t low_bits = m << HISTOGRAM_BUCKET_SHIFT;
    uint64_t middle_bits = low_bits | (uint64_t)1 << (HISTOGRAM_BUCKET_SHIFT - 1);
    double value;

    memcpy(&value, &middle_bits, sizeof value);
    return bucket < 0 ? -value : value;
}

/* What stands for the values of a bucket: its middle, or the only multiple of the grain that falls into it. */
static double bucket_reading(const struct histogram *h, int32_t bucket) {
    double middle = histogram_bucket_value(bucket), size = fabs(middle);
    if (h->grain == HISTOGRAM_GRAIN_ANY)
        return middle;
    int32_t m = histogram_bucket(size);
    double step = ldexp(1, -(int)h->grain), only = floor(size / step) * step;
    if (only == 0 || histogram_bucket(only) != m)
        only += step;
    bool alone = histogram_bucket(only) == m && histogram_bucket(only + step) != m && (only == step || histogram_bucket(only - step) != m);
    return !alone ? middle : bucket < 0 ? -only : only;
}

static double clamp(const struct histogram *h, double value) {
    return value < h->min ? h->min : value > h->max ? h->max : value;
}

/* Value number `rank` (0-based) of the sorted values. */
static double value_at(const struct histogram *h, uint64_t rank) {
    uint64_t before = 0;
    bool zeros_passed = false;

    if (rank == 0)
        return h->min;
    if (rank >= h->count - 1)
        return h->max;
    for (uint32_t i = 0; i < h->page_count; i++) {
        const struct histogram_page *p = h->pages[i];
        if (p->key >= 0 && !zeros_passed) {
            zeros_passed = true;
            before += h->zeros;
            if (rank < before)
                return 0;
        }
        if (rank >= before + p->total) {
            before += p->total;
            continue;
        }
        for (int32_t k = 0; k < HISTOGRAM_PAGE_BUCKETS; k++) {
            before += p->counts[k];
            if (rank < before)
                return clamp(h, bucket_reading(h, p->key * HISTOGRAM_PAGE_BUCKETS + k));
        }
    }
    return clamp(h, 0); /* only zeros are left */
}

double histogram_percentile(const struct histogram *h, double fraction) {
    if (h->count == 0)
        return 0;
    fraction = fraction < 0 ? 0 : fraction > 1 ? 1 : fraction;
    double rank = fraction * (double)(h->count - 1);
    double below = floor(rank);
    double low = value_at(h, (uint64_t)below);
    if (rank == below)
        return low;
    double high = value_at(h, (uint64_t)below + 1);
    return low + (high - low) * (rank - below);
}

/* Sums of numbers near DBL_MAX overflow; what is told to others stays a number. */
static double finite_sum(const struct histogram *h) {
    if (isnan(h->sum))
        return 0;
    return h->sum > DBL_MAX ? DBL_MAX : h->sum < -DBL_MAX ? -DBL_MAX : h->sum;
}

double histogram_mean(const struct histogram *h) {
    return h->count ? clamp(h, finite_sum(h) / (double)h->count) : 0;
}

double histogram_stddev(const struct histogram *h) {
    if (h->count < 2)
        return 0;
    double mean = histogram_mean(h);
    double squares = (double)h->zeros * mean * mean;
    for (uint32_t i = 0; i < h->page_count; i++) {
        const struct histogram_page *p = h->pages[i];
        for (int32_t k = 0; k < HISTOGRAM_PAGE_BUCKETS && p->total; k++) {
            if (!p->counts[k])
                continue;
            double d = clamp(h, histogram_bucket_value(p->key * HISTOGRAM_PAGE_BUCKETS + k)) - mean;
            squares += (double)p->counts[k] * d * d;
        }
    }
    return sqrt(squares / (double)h->count);
}

uint64_t histogram_count_at_most(const struct histogram *h, double limit) {
    uint64_t n = 0;

    if (h->count == 0 || isnan(limit) || limit < h->min)
        return 0;
    if (limit >= h->max)
        return h->count;
    /* From here limit lies between two finite numbers. */
    int32_t last = limit == 0 ? -1 : histogram_bucket(limit);
    for (uint32_t i = 0; i < h->page_count; i++) {
        const struct histogram_page *p = h->pages[i];
        int32_t first = p->key * HISTOGRAM_PAGE_BUCKETS;
        for (int32_t k = 0; k < HISTOGRAM_PAGE_BUCKETS && first + k <= last; k++)
            n += p->counts[k];
    }
    return limit >= 0 ? n + h->zeros : n;
}

size_t histogram_memory_bytes(const struct histogram *h) {
    return sizeof *h + h->page_cap * sizeof *h->pages + h->page_count * sizeof **h->pages;
}

void histogram_pack(const struct histogram *h, struct pack_writer *w) {
    uint64_t used = 0;
    int32_t previous = 0;

    for (uint32_t i = 0; i < h->page_count; i++)
        for (size_t k = 0; k < HISTOGRAM_PAGE_BUCKETS && h->pages[i]->total; k++)
            used += h->pages[i]->counts[k] != 0;
    pack_u64(w, used);
    pack_u64(w, h->zeros);
    pack_double(w, finite_sum(h));
    pack_double(w, h->min);
    pack_double(w, h->max);
    pack_u64(w, h->grain);
    for (uint32_t i = 0; i < h->page_count; i++) {
        const struct histogram_page *p = h->pages[i];
        for (int32_t k = 0; k < HISTOGRAM_PAGE_BUCKETS && p->total; k++) {
            if (!p->counts[k])
                continue;
            int32_t bucket = p->key * HISTOGRAM_PAGE_BUCKETS + k;
            pack_i64(w, (int64_t)bucket - previous);
            pack_u64(w, p->counts[k]);
            previous = bucket;
        }
    }
}

struct packed {
    size_t used;
    uint64_t zeros, count;
    double sum, min, max;
    uint64_t grain;
};

static struct packed unpack_head(struct pack_reader *r) {
    struct packed p;

    p.used = unpack_count(r, PACKED_BUCKET_BYTES_MIN);
    p.count = p.zeros = unpack_u64(r);
    p.sum = unpack_double(r);
    p.min = unpack_double(r);
    p.max = unpack_double(r);
    p.grain = unpack_u64(r);
    return p;
}

/* Reads the whole histogram and says whether every number makes sense. */
static bool packed_check(struct pack_reader *r, struct packed *p) {
    int64_t bucket = 0;

    *p = unpack_head(r);
    if (!isfinite(p->sum) || !isfinite(p->min) || !isfinite(p->max) || p->min > p->max ||
        p->grain > HISTOGRAM_GRAIN_ANY)
        return false;
    for (size_t i = 0; i < p->used && !r->failed; i++) {
        int64_t step = unpack_i64(r);
        uint64_t n = unpack_u64(r);
        if (step > 2 * (int64_t)BUCKET_NUMBER_MAX || step < -(int64_t)BUCKET_NUMBER_MAX - 1 ||
            (i > 0 && step <= 0))
            return false;
        bucket += step;
        if (bucket > BUCKET_NUMBER_MAX || bucket < -1 - (int64_t)BUCKET_NUMBER_MAX || n == 0)
            return false;
        if (__builtin_add_overflow(p->count, n, &p->count))
            return false;
    }
    return !r->failed;
}

int histogram_unpack_merge(struct histogram *h, struct pack_reader *r) {
    struct pack_reader from = *r;
    struct packed p;
    int32_t bucket = 0;

    if (!packed_check(r, &p)) {
        r->failed = true;
        return ERROR_SYNTAX;
    }
    if (!h || p.count == 0)
        return 0;
    if (p.count > UINT64_MAX - h->count)
        return ERROR_SYNTAX;
    (void)unpack_head(&from);
    for (size_t i = 0; i < p.used; i++) {
        bucket += (int32_t)unpack_i64(&from);
        uint64_t n = unpack_u64(&from);
        struct histogram_page *page = page_get(h, bucket >> HISTOGRAM_PAGE_BITS);
        if (!page)
            return -ENOMEM;
        page->counts[bucket & (HISTOGRAM_PAGE_BUCKETS - 1)] += n;
        page->total += n;
    }
    h->zeros += p.zeros;
    h->grain = p.grain > h->grain ? (uint32_t)p.grain : h->grain;
    add_moments(h, p.count, p.sum, p.min, p.max);
    return 0;
}
