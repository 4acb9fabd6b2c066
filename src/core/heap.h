/* Intrusive 4-ary min-heap: nodes live in their objects, the array holds copies of their keys. Equal keys leave in
 * the order in which they were inserted or updated. */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include "core/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct heap_node {
    int64_t key;
    size_t index; /* 1-based position; 0 = not in a heap, so heap_remove can be called twice */
};
struct heap_slot {
    int64_t key;
    uint64_t order; /* breaks ties between equal keys */
    struct heap_node *node;
};
struct heap {
    struct heap_slot *slots;
    size_t len, cap;
    uint64_t next_order;
};
#define HEAP_NULL ((struct heap){0})

void heap_init(struct heap *h);
void heap_deinit(struct heap *h);
int heap_insert(struct heap *h, struct heap_node *n, int64_t key) MUST_USE;
void heap_update(struct heap *h, struct heap_node *n, int64_t key); /* n is in the heap; cannot fail */
void heap_remove(struct heap *h, struct heap_node *n);
struct heap_node *heap_min(const struct heap *h); /* NULL when empty */

#endif
