/* Linear probing over a power of two of slots, at most three quarters full.
 *
 * Removal shifts the following entries of the cluster back instead of leaving tombstones, so look-ups stay short
 * however often entries come and go. The hash is kept: comparing it first avoids most comparisons of text, and
 * growing does not read keys. */
#include "core/hashmap.h"

#include <errno.h>
#include <stdlib.h>

enum { HASHMAP_FIRST_CAP = 16 };

void hashmap_init(struct hashmap *m, size_t max_entries) {
    *m = (struct hashmap){.max = max_entries};
}

void hashmap_deinit(struct hashmap *m) {
    free(m->entries);
    *m = (struct hashmap){.max = m->max, .seed = m->seed};
}

void hashmap_clear(struct hashmap *m) {
    if (m->cap)
        memset(m->entries, 0, m->cap * sizeof *m->entries);
    m->len = 0;
}

/* The entry with this key, or the free slot where it belongs. */
static struct hashmap_entry *probe(const struct hashmap *m, struct view key, uint64_t hash) {
    for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
        struct hashmap_entry *e = &m->entries[i];
        if (!e->key.ptr || (e->hash == hash && view_eq(e->key, key)))
            return e;
    }
}

static int grow(struct hashmap *m) {
    struct hashmap old = *m;
    size_t cap = m->cap ? m->cap * 2 : HASHMAP_FIRST_CAP;
    struct hashmap_entry *entries = calloc(cap, sizeof *entries);

    if (!entries)
        return -ENOMEM;
    m->entries = entries;
    m->cap = cap;
    for (size_t i = 0; i < old.cap; i++)
        if (old.entries[i].key.ptr)
            *probe(m, old.entries[i].key, old.entries[i].hash) = old.entries[i];
    free(old.entries);
    return 0;
}

int hashmap_put(struct hashmap *m, struct view key, void *value) {
    uint64_t hash = view_hash(key, m->seed);
    struct hashmap_entry *e = m->cap ? probe(m, key, hash) : NULL;

    if (e && e->key.ptr) {
        e->value = value;
        return 0;
    }
    if (m->len >= m->max)
        return ERROR_LIMIT;
    if (m->len + 1 > m->cap / 4 * 3) {
        int r = grow(m);
        if (r < 0)
            return r;
        e = probe(m, key, hash);
    }
    *e = (struct hashmap_entry){.key = key.ptr ? key : VIEW(""), .hash = hash, .value = value};
    m->len++;
    return 0;
}

struct hashmap_entry *hashmap_find(const struct hashmap *m, struct view key) {
    struct hashmap_entry *e = m->len ? probe(m, key, view_hash(key, m->seed)) : NULL;
    return e && e->key.ptr ? e : NULL;
}

void *hashmap_get(const struct hashmap *m, struct view key) {
    struct hashmap_entry *e = hashmap_find(m, key);
    return e ? e->value : NULL;
}

bool hashmap_remove(struct hashmap *m, struct view key) {
    struct hashmap_entry *e = hashmap_find(m, key);
    size_t mask = m->cap - 1;

    if (!e)
        return false;
    size_t hole = (size_t)(e - m->entries);
    for (size_t i = (hole + 1) & mask; m->entries[i].key.ptr; i = (i + 1) & mask) {
        size_t home = m->entries[i].hash & mask;
        /* It may fill the hole only if the hole lies on its way from home to where it is. */
        if (((i - home) & mask) >= ((i - hole) & mask)) {
            m->entries[hole] = m->entries[i];
            hole = i;
        }
    }
    m->entries[hole] = (struct hashmap_entry){0};
    m->len--;
    return true;
}

struct hashmap_entry *hashmap_next(const struct hashmap *m, struct hashmap_entry *after) {
    for (size_t i = after ? (size_t)(after - m->entries) + 1 : 0; i < m->cap; i++)
        if (m->entries[i].key.ptr)
            return &m->entries[i];
    return NULL;
}
