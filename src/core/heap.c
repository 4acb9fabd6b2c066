/* A 4-ary min-heap with the keys in the array.
 *
 * Sifting compares keys inside one contiguous array (four children share one or two cache lines) and touches an
 * object only to note its new index. slots[i] holds the node whose index is i + 1; index 0 means "not in a heap".
 * `order` grows with each insertion, so equal keys leave first in, first out. The array never shrinks before
 * heap_deinit: a heap that was once large is likely to be so again. */
#include "core/heap.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { HEAP_ARITY = 4, HEAP_FIRST_CAP = 64 };

void heap_init(struct heap *h) {
    *h = HEAP_NULL;
}

void heap_deinit(struct heap *h) {
    for (size_t i = 0; i < h->len; i++)
        h->slots[i].node->index = 0;
    free(h->slots);
    *h = HEAP_NULL;
}

static bool before(const struct heap_slot *a, const struct heap_slot *b) {
    return a->key != b->key ? a->key < b->key : a->order < b->order;
}

static void put(struct heap *h, size_t at, struct heap_slot slot) {
    h->slots[at] = slot;
    slot.node->index = at + 1;
}

static void sift_up(struct heap *h, size_t at, struct heap_slot slot) {
    while (at) {
        size_t parent = (at - 1) / HEAP_ARITY;
        if (!before(&slot, &h->slots[parent]))
            break;
        put(h, at, h->slots[parent]);
        at = parent;
    }
    put(h, at, slot);
}

static void sift_down(struct heap *h, size_t at, struct heap_slot slot) {
    for (;;) {
        size_t child = at * HEAP_ARITY + 1, end = child + HEAP_ARITY, least = child;
        if (child >= h->len)
            break;
        if (end > h->len)
            end = h->len;
        while (++child < end)
            if (before(&h->slots[child], &h->slots[least]))
                least = child;
        if (!before(&h->slots[least], &slot))
            break;
        put(h, at, h->slots[least]);
        at = least;
    }
    put(h, at, slot);
}

/* Puts slot where a hole is at `at`. */
static void settle(struct heap *h, size_t at, struct heap_slot slot) {
    if (at && before(&slot, &h->slots[(at - 1) / HEAP_ARITY]))
        sift_up(h, at, slot);
    else
        sift_down(h, at, slot);
}

int heap_insert(struct heap *h, struct heap_node *n, int64_t key) {
    assert(!n->index);
    if (h->len == h->cap) {
        size_t cap = h->cap ? h->cap * 2 : HEAP_FIRST_CAP;
        struct heap_slot *slots = reallocarray(h->slots, cap, sizeof *slots);
        if (!slots)
            return -ENOMEM;
        h->slots = slots;
        h->cap = cap;
    }
    n->key = key;
    sift_up(h, h->len++, (struct heap_slot){key, h->next_order++, n});
    return 0;
}

void heap_update(struct heap *h, struct heap_node *n, int64_t key) {
    assert(n->index && n->index <= h->len && h->slots[n->index - 1].node == n);
    n->key = key;
    settle(h, n->index - 1, (struct heap_slot){key, h->next_order++, n});
}

void heap_remove(struct heap *h, struct heap_node *n) {
    if (!n->index)
        return;
    size_t at = n->index - 1;
    assert(at < h->len && h->slots[at].node == n);
    struct heap_slot last = h->slots[--h->len];
    n->index = 0;
    if (at < h->len)
        settle(h, at, last);
}

struct heap_node *heap_min(const struct heap *h) {
    return h->len ? h->slots[0].node : NULL;
}
