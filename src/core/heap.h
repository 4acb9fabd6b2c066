/* Intrusive binary (or 4-ary) min-heap over an array of pointers to nodes that live in their objects. */
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
struct heap {
    struct heap_node **nodes;
    size_t len, cap;
};
#define HEAP_NULL ((struct heap){0})

void heap_init(struct heap *h);
void heap_deinit(struct heap *h);
int heap_insert(struct heap *h, struct heap_node *n, int64_t key) MUST_USE;
void heap_remove(struct heap *h, struct heap_node *n);
struct heap_node *heap_min(const struct heap *h); /* NULL when empty */

#endif
