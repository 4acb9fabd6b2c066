/* Guided self-scheduling (Polychronopoulos and Kuck, 1987): a chunk is the rest divided by twice the number of takers, at least
 * one, so the last iterations are handed out one by one to whoever is free. */
#include "fleet/iteration_pool.h"

void iteration_pool_init(struct iteration_pool *p, uint64_t total) { *p = (struct iteration_pool){.total = total}; }

static struct iteration_lease draw_returned(struct iteration_pool *p, uint64_t most) {
    struct iteration_lease *l = &p->returned[p->returned_count - 1];
    struct iteration_lease out = {l->first, l->count < most ? l->count : most};
    l->first += out.count;
    l->count -= out.count;
    if (l->count == 0)
        p->returned_count--;
    return out;
}

struct iteration_lease iteration_pool_draw(struct iteration_pool *p, uint64_t takers, uint64_t users) {
    uint64_t left = iteration_pool_left(p);
    uint64_t fair = left / (takers ? takers : 1), chunk = takers <= 1 ? left : fair / 2;
    if (chunk < users)
        chunk = users < fair ? users : fair; /* enough to keep the asker's users busy */
    if (chunk == 0)
        chunk = 1;
    if (p->returned_count > 0)
        return draw_returned(p, chunk);
    uint64_t fresh = p->total - p->next;
    struct iteration_lease out = {p->next, chunk < fresh ? chunk : fresh};
    p->next += out.count;
    return out;
}

bool iteration_pool_return(struct iteration_pool *p, struct iteration_lease l) {
    if (l.count == 0)
        return true;
    if (p->returned_count == ITERATION_POOL_RETURNED_MAX)
        return false;
    p->returned[p->returned_count++] = l;
    return true;
}

void iteration_pool_take(struct iteration_pool *p, struct iteration_lease l) {
    if (l.first >= p->next) {
        uint64_t end = l.first + l.count;
        p->next = end < p->total ? end : p->total;
        return;
    }
    for (unsigned i = 0; i < p->returned_count; i++) {
        struct iteration_lease *r = &p->returned[i];
        if (r->first != l.first || r->count < l.count)
            continue;
        r->first += l.count;
        r->count -= l.count;
        if (r->count == 0)
            *r = p->returned[--p->returned_count];
        return;
    }
}

uint64_t iteration_pool_left(const struct iteration_pool *p) {
    uint64_t left = p->total - p->next;
    for (unsigned i = 0; i < p->returned_count; i++)
        left += p->returned[i].count;
    return left;
}
