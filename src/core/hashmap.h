/* A map from text to a pointer or a number, open addressing.
 *
 * The map copies neither keys nor values: both belong to the owner and must live as long as their entry. At most
 * `max` entries. Values are one machine word: a pointer, or a number cast through uintptr_t. */
#ifndef CORE_HASHMAP_H
#define CORE_HASHMAP_H

#include "core/error.h"
#include "core/view.h"

struct hashmap_entry {
    struct view key; /* ptr NULL = free slot; empty keys are stored with a pointer of the map's own */
    uint64_t hash;
    void *value;
};
struct hashmap {
    struct hashmap_entry *entries;
    size_t len, cap; /* cap: 0 or a power of two */
    size_t max;
    uint64_t seed; /* set it after init where keys come from strangers */
};
#define HASHMAP_NULL ((struct hashmap){0})

void hashmap_init(struct hashmap *m, size_t max_entries);
void hashmap_deinit(struct hashmap *m);
void hashmap_clear(struct hashmap *m); /* keeps memory */
/* Adds or replaces (then the entry keeps its first key). 0, -ENOMEM or ERROR_LIMIT. */
int hashmap_put(struct hashmap *m, struct view key, void *value) MUST_USE;
/* NULL when absent. The pointer is good until the next put or remove. */
struct hashmap_entry *hashmap_find(const struct hashmap *m, struct view key);
void *hashmap_get(const struct hashmap *m, struct view key); /* the value, or NULL */
bool hashmap_remove(struct hashmap *m, struct view key);     /* whether it was there */
/* All entries in no order: for (e = NULL; (e = hashmap_next(m, e));) … without changing the map. */
struct hashmap_entry *hashmap_next(const struct hashmap *m, struct hashmap_entry *after);

#endif
