/* An open-addressing index from a hash to positions in the owner's array; the owner compares keys. Entries are never removed. */
#ifndef STATS_HASHINDEX_PRIV_H
#define STATS_HASHINDEX_PRIV_H

#include "core/error.h"

#include <stddef.h>
#include <stdint.h>

struct hashindex_slot {
    uint32_t hash, position; /* position is 1-based; 0 = free */
};
struct hashindex {
    struct hashindex_slot *slots;
    size_t cap, len; /* cap is 0 or a power of two, at least a quarter free */
};
#define HASHINDEX_NULL ((struct hashindex){0})
#define HASHINDEX_NONE UINT32_MAX

void hashindex_deinit(struct hashindex *x);
/* position < UINT32_MAX - 1. Returns 0 or -ENOMEM. */
int hashindex_insert(struct hashindex *x, uint64_t hash, uint32_t position) MUST_USE;

static inline uint64_t hashindex_mix(uint64_t a, uint64_t b) {
    uint64_t h = (a ^ (b * 0x9e3779b97f4a7c15u)) * 0xff51afd7ed558ccdu;
    return h ^ (h >> 29);
}

/* Walks the positions whose hash is equal: start with *at = (uint32_t)hash, call until HASHINDEX_NONE. */
static inline uint32_t hashindex_next(const struct hashindex *x, uint64_t hash, uint64_t *at) {
    if (!x->cap)
        return HASHINDEX_NONE;
    for (size_t mask = x->cap - 1;; ++*at) {
        const struct hashindex_slot *s = &x->slots[*at & mask];
        if (!s->position)
            return HASHINDEX_NONE;
        if (s->hash == (uint32_t)hash) {
            ++*at;
            return s->position - 1;
        }
    }
}

#endif
