#include "report/locust_window.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "report/locust_figures.h"

/* Stands for the zeros, which have no bucket: below all positive ones. Response times are not negative. */
enum { ZEROS = -1 };

static void second_clear(struct locust_window_second *s) {
    free(s->buckets);
    free(s->counts);
    *s = (struct locust_window_second){0};
}

void locust_window_deinit(struct locust_window *w) {
    for (size_t i = 0; i < LOCUST_WINDOW_S; i++)
        second_clear(&w->seconds[i]);
    w->next = w->len = 0;
}

static const struct locust_window_second *oldest(const struct locust_window *w) {
    return w->len ? &w->seconds[(w->next + LOCUST_WINDOW_S - w->len) % LOCUST_WINDOW_S] : NULL;
}

static size_t used_buckets(const struct histogram *h) {
    size_t n = h->zeros > 0;

    for (uint32_t p = 0; p < h->page_count; p++)
        for (size_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS && h->pages[p]->key >= 0; slot++)
            n += h->pages[p]->counts[slot] > 0;
    return n;
}

static void put(struct locust_window_second *s, int64_t bucket, uint64_t count) {
    s->buckets[s->len] = bucket;
    s->counts[s->len++] = count;
    s->total += count;
}

int locust_window_push(struct locust_window *w, const struct histogram *h) {
    struct locust_window_second *s = &w->seconds[w->next];
    size_t n = used_buckets(h), newest = (w->next + LOCUST_WINDOW_S - 1) % LOCUST_WINDOW_S;

    if (w->len && w->seconds[newest].total > h->count) {
        locust_window_deinit(w);
        s = &w->seconds[0];
    }
    second_clear(s);
    s->buckets = malloc((n + 1) * sizeof *s->buckets);
    s->counts = malloc((n + 1) * sizeof *s->counts);
    if (!s->buckets || !s->counts) {
        locust_window_deinit(w);
        return -ENOMEM;
    }
    if (h->zeros)
        put(s, ZEROS, h->zeros);
    for (uint32_t p = 0; p < h->page_count; p++)
        for (int64_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS && h->pages[p]->key >= 0; slot++)
            if (h->pages[p]->counts[slot])
                put(s, (int64_t)h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + slot, h->pages[p]->counts[slot]);
    w->next = (w->next + 1) % LOCUST_WINDOW_S;
    w->len += w->len < LOCUST_WINDOW_S;
    return 0;
}

static double middle_of(const struct histogram *h, int64_t bucket) {
    double middle = 0;

    if (bucket != ZEROS) {
        uint64_t bits =
            ((uint64_t)bucket << HISTOGRAM_BUCKET_SHIFT) + ((uint64_t)1 << (HISTOGRAM_BUCKET_SHIFT - 1));
        memcpy(&middle, &bits, sizeof middle);
    }
    middle = middle < h->min ? h->min : middle;
    return middle > h->max ? h->max : middle;
}

/* Walks the present buckets upwards, each less what it held then. */
struct difference {
    const struct locust_window_second *then;
    size_t at;
    uint64_t rank, passed;
    int64_t bucket; /* where the rank lies */
    bool found;
};

static void pass(struct difference *d, int64_t bucket, uint64_t count) {
    if (d->found || !count)
        return;
    while (d->then && d->at < d->then->len && d->then->buckets[d->at] < bucket)
        d->at++;
    if (d->then && d->at < d->then->len && d->then->buckets[d->at] == bucket)
        count -= d->then->counts[d->at] < count ? d->then->counts[d->at] : count;
    d->passed += count;
    d->found = d->passed > d->rank;
    d->bucket = bucket;
}

int64_t locust_window_percentile(
    const struct locust_window *w, const struct histogram *h, double fraction, bool coarse) {
    struct difference d = {.then = oldest(w)};
    uint64_t before = d.then ? d.then->total : 0, n = h->count > before ? h->count - before : 0;

    if (!n)
        return 0;
    d.rank = (uint64_t)((double)n * fraction);
    d.rank = d.rank < n ? d.rank : n - 1;
    pass(&d, ZEROS, h->zeros);
    for (uint32_t p = 0; p < h->page_count && !d.found; p++)
        for (int64_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS && h->pages[p]->key >= 0; slot++)
            pass(&d, (int64_t)h->pages[p]->key * HISTOGRAM_PAGE_BUCKETS + slot, h->pages[p]->counts[slot]);
    double ms = d.found ? middle_of(h, d.bucket) : 0;
    return coarse ? locust_bucket(ms) : (int64_t)rint(ms);
}
