#include "stats/omission.h"

#include <math.h>

static int spread(struct histogram *estimate, double value, double cycle, uint64_t n, double missing) {
    double steps = fmin(missing, OMISSION_STEPS_MAX);
    int r = 0;

    /* Of several that one step stands for, the middle is taken. */
    for (double k = 0; k + 0.5 < steps && r == 0; k++) {
        double away = (k + 0.5) * missing / steps + 0.5;
        r = histogram_record_n(
            estimate, fmax(value - away * cycle, 0), n * (uint64_t)llround(missing / steps));
    }
    return r;
}

int omission_of(const struct histogram *h, double cycle, struct omission *out, struct histogram *estimate) {
    double least = fmax(OMISSION_CYCLES * cycle, OMISSION_MEDIANS * histogram_percentile(h, 0.5));
    int r = estimate ? histogram_merge(estimate, h) : 0;

    *out = (struct omission){0};
    if (h->count == 0 || cycle <= 0 || h->max < least)
        return r;
    for (uint32_t i = 0; i < h->page_count && r == 0; i++) {
        const struct histogram_page *p = h->pages[i];
        for (int32_t slot = 0; slot < HISTOGRAM_PAGE_BUCKETS && r == 0; slot++) {
            double value = histogram_bucket_value(p->key * HISTOGRAM_PAGE_BUCKETS + slot);
            if (p->counts[slot] == 0 || value < least)
                continue;
            double missing = floor(value / cycle) - 1;
            out->stalled += p->counts[slot];
            out->unsent += missing * (double)p->counts[slot];
            if (estimate)
                r = spread(estimate, value, cycle, p->counts[slot], missing);
        }
    }
    return r;
}
