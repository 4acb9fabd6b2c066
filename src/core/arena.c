/* Bump allocation.
 *
 * Blocks form a list that begins with `first`; only `current`, the last one, is filled. Blocks grow from 4 KiB by
 * doubling to 256 KiB; a request that is larger gets a block of its own size. `total` counts what malloc was asked for
 * and never passes `max`. Reset frees all blocks but the first, so an arena in steady use asks malloc for nothing.
 *
 * Under AddressSanitizer everything not handed out is poisoned, and ARENA_GAP bytes stay poisoned behind each
 * allocation, so overruns inside a block are found. */
#include "core/arena.h"

#include "core/sanitizer_priv.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    ARENA_ALIGN = 16,
    ARENA_FIRST_BLOCK = 4096,
    ARENA_BLOCK_MAX = 256 * 1024,
    ARENA_GAP = HAS_ASAN ? 16 : 0,
};

struct arena_block {
    struct arena_block *next;
    size_t size; /* of the whole block, with this header */
    _Alignas(ARENA_ALIGN) char bytes[];
};

void arena_init(struct arena *a, size_t max_bytes) {
    *a = (struct arena){.max = max_bytes};
}

static void free_blocks(struct arena *a, struct arena_block *b) {
    while (b) {
        struct arena_block *next = b->next;
        a->total -= b->size;
        ASAN_UNPOISON_MEMORY_REGION(b, b->size);
        free(b);
        b = next;
    }
}

void arena_deinit(struct arena *a) {
    free_blocks(a, a->first);
    *a = (struct arena){.max = a->max};
}

static void use_block(struct arena *a, struct arena_block *b) {
    a->current = b;
    a->next = b->bytes;
    a->end = (char *)b + b->size;
    ASAN_POISON_MEMORY_REGION(b->bytes, b->size - sizeof *b);
}

void arena_reset(struct arena *a) {
    if (!a->first)
        return;
    free_blocks(a, a->first->next);
    a->first->next = NULL;
    use_block(a, a->first);
}

/* A block with room for `need` bytes behind its header. */
static bool add_block(struct arena *a, size_t need) {
    size_t size = a->current ? a->current->size * 2 : ARENA_FIRST_BLOCK;
    size_t room = a->max - a->total;

    if (need > SIZE_MAX - sizeof(struct arena_block))
        return false;
    need += sizeof(struct arena_block);
    if (size > ARENA_BLOCK_MAX)
        size = ARENA_BLOCK_MAX;
    if (size > room)
        size = room & ~(size_t)(ARENA_ALIGN - 1);
    if (size < need)
        size = need;
    if (size > room)
        return false;
    struct arena_block *b = malloc(size);
    if (!b)
        return false;
    *b = (struct arena_block){.size = size};
    *(a->current ? &a->current->next : &a->first) = b;
    a->total += size;
    use_block(a, b);
    return true;
}

void *arena_alloc(struct arena *a, size_t size) {
    if (size > SIZE_MAX - ARENA_ALIGN - ARENA_GAP)
        return NULL;
    size_t step = (size + ARENA_GAP + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    if (!step)
        step = ARENA_ALIGN; /* distinct pointers, and never NULL, for empty requests */
    if (step > (size_t)(a->end - a->next) && !add_block(a, step))
        return NULL;
    void *p = a->next;
    a->next += step;
    ASAN_UNPOISON_MEMORY_REGION(p, size);
    return p;
}

void *arena_calloc(struct arena *a, size_t n, size_t size) {
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes))
        return NULL;
    void *p = arena_alloc(a, bytes);
    if (p)
        memset(p, 0, bytes);
    return p;
}

struct view arena_copy(struct arena *a, struct view v) {
    char *p = v.len < SIZE_MAX ? arena_alloc(a, v.len + 1) : NULL;

    if (!p)
        return VIEW_NULL;
    if (v.len)
        memcpy(p, v.ptr, v.len);
    p[v.len] = 0;
    return view_of(p, v.len);
}

char *arena_printf(struct arena *a, const char *fmt, ...) {
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    char *p = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
    if (!p)
        return NULL;
    va_start(args, fmt);
    vsnprintf(p, (size_t)n + 1, fmt, args);
    va_end(args);
    return p;
}
