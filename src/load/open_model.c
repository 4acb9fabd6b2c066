/* Which class: smooth weighted round robin. Each class earns its share at every arrival, the richest is
 * chosen and pays one; so after k arrivals no class is more than one away from its share. */
#include "load/open_model.h"

#include <assert.h>
#include <math.h>

static double occurrence_us(const struct open_model *m, uint64_t own) {
    return ((double)own * m->count + m->index) * 1e6 / m->per_s;
}

void open_model_set(
    struct open_model *m, double per_s, uint32_t index, uint32_t count, int64_t origin_us, int64_t now_us) {
    assert(per_s >= 0 && per_s <= OPEN_MODEL_RATE_MAX && index < count);
    m->per_s = per_s;
    m->index = index;
    m->count = count;
    m->origin_us = origin_us;
    m->next = 0;
    if (!(per_s > 0) || now_us <= origin_us)
        return;
    double passed = ((double)(now_us - origin_us) * per_s / 1e6 - index) / count;
    m->next = passed > 0 ? (uint64_t)ceil(passed) : 0;
}

int64_t open_model_due_us(const struct open_model *m) {
    double after_us = m->per_s > 0 ? occurrence_us(m, m->next) : INFINITY;

    return after_us < 9e18 - (double)m->origin_us ? m->origin_us + (int64_t)after_us : INT64_MAX;
}

size_t open_model_take(struct open_model *m, const uint64_t *users, size_t n) {
    uint64_t all = 0;
    size_t best = n;

    m->next++;
    for (size_t i = 0; i < n; i++)
        all += users[i];
    for (size_t i = 0; i < n && all > 0; i++) {
        m->credits[i] = users[i] ? m->credits[i] + (double)users[i] / (double)all : 0;
        if (users[i] && (best == n || m->credits[i] > m->credits[best] + 1e-9))
            best = i;
    }
    if (best < n)
        m->credits[best] -= 1;
    return best;
}
