/* Linear probing over slots of (32 bits of the hash, position). Since nothing is ever removed there are no
 * tombstones; growth re-inserts by the stored hash, which is why a probe starts at the low 32 bits. */
#include "stats/hashindex_priv.h"

#include <errno.h>
#include <stdlib.h>

enum { HASHINDEX_FIRST_CAP = 64 };

void hashindex_deinit(struct hashindex *x) {
    free(x->slots);
    *x = HASHINDEX_NULL;
}

static void put(struct hashindex_slot *slots, size_t cap, struct hashindex_slot s) {
    size_t at = s.hash & (cap - 1);

    while (slots[at].position)
        at = (at + 1) & (cap - 1);
    slots[at] = s;
}

int hashindex_insert(struct hashindex *x, uint64_t hash, uint32_t position) {
    if (x->len + 1 > x->cap - x->cap / 4) {
        size_t cap = x->cap ? x->cap * 2 : HASHINDEX_FIRST_CAP;
        struct hashindex_slot *slots = calloc(cap, sizeof *slots);
        if (!slots)
            return -ENOMEM;
        for (size_t i = 0; i < x->cap; i++)
            if (x->slots[i].position)
                put(slots, cap, x->slots[i]);
        free(x->slots);
        x->slots = slots;
        x->cap = cap;
    }
    put(x->slots, x->cap, (struct hashindex_slot){(uint32_t)hash, position + 1});
    x->len++;
    return 0;
}
