/* Model. One range of addresses is reserved at the first use (MAP_NORESERVE: it costs nothing until touched) and cut into pages of
 * SLAB_PAGE_BYTES. A page belongs to one class for ever; `class_of_page` remembers which, so a block needs no header: its class
 * follows from its address. Free blocks of a class form a list through their first word. A block outside the range was malloc'ed.
 *
 * Why: a QuickJS heap is some thousand blocks of 16 to 200 bytes. malloc spends 8 to 16 bytes on each, and huge pages halve the cost
 * of touching them (measured: 13 % less memory, half the time to make a VU).
 *
 * Pages are never given back: a worker's number of VUs only grows. Under the sanitizers, and where the range cannot be reserved,
 * everything is malloc, so that each block has its red zones. */
#include "script/js/slab.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#if defined(__SANITIZE_ADDRESS__)
#define SLAB_OFF 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SLAB_OFF 1
#endif
#endif
#ifndef SLAB_OFF
#define SLAB_OFF 0
#endif

enum {
    CLASS_BYTES = 8,
    CLASSES = SLAB_BLOCK_MAX / CLASS_BYTES + 1, /* class c holds blocks of c * 8 bytes; class 0 is unused */
};
#define RANGE_BYTES_MAX ((size_t)64 << 30)
#define RANGE_BYTES_MIN ((size_t)1 << 30)

struct block {
    struct block *next;
};

static struct {
    bool tried;
    char *range;            /* NULL: everything is malloc */
    size_t range_bytes;
    size_t pages;           /* handed out so far */
    uint8_t *class_of_page; /* one per page of the range */
    struct block *free[CLASSES];
    char *fresh[CLASSES], *fresh_end[CLASSES]; /* the untouched rest of each class's newest page */
} slab;

static void open_range(void) {
    slab.tried = true;
    if (SLAB_OFF)
        return;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    size_t bytes = RANGE_BYTES_MAX;
    char *range = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    while (range == MAP_FAILED && bytes > RANGE_BYTES_MIN) {
        bytes /= 2; /* ulimit -v, or a debugger that keeps addresses for itself */
        range = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    }
    if (range == MAP_FAILED)
        return;
    uint8_t *classes = mmap(NULL, bytes / SLAB_PAGE_BYTES, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (classes == MAP_FAILED) {
        munmap(range, bytes);
        return;
    }
    madvise(range, bytes, MADV_HUGEPAGE);
    slab.range = range;
    slab.range_bytes = bytes;
    slab.class_of_page = classes;
}

static inline bool is_ours(const void *p) {
    return (uintptr_t)p - (uintptr_t)slab.range < slab.range_bytes;
}

static inline size_t class_of(const void *p) {
    return slab.class_of_page[((uintptr_t)p - (uintptr_t)slab.range) / SLAB_PAGE_BYTES];
}

/* A block of class c when its free list is empty. */
static void *carve(size_t c) {
    size_t size = c * CLASS_BYTES;

    if ((size_t)(slab.fresh_end[c] - slab.fresh[c]) < size) {
        if (slab.pages == slab.range_bytes / SLAB_PAGE_BYTES)
            return NULL;
        char *page = slab.range + slab.pages * SLAB_PAGE_BYTES;
        slab.class_of_page[slab.pages++] = (uint8_t)c;
        slab.fresh[c] = page;
        slab.fresh_end[c] = page + SLAB_PAGE_BYTES;
    }
    void *p = slab.fresh[c];
    slab.fresh[c] += size;
    return p;
}

void *slab_alloc(size_t size) {
    if (!slab.tried)
        open_range();
    if (size > SLAB_BLOCK_MAX || !slab.range)
        return malloc(size);
    size_t c = (size + CLASS_BYTES - 1) / CLASS_BYTES;
    struct block *b = slab.free[c];
    if (b) {
        slab.free[c] = b->next;
        return b;
    }
    return carve(c);
}

void slab_free(void *p) {
    if (!is_ours(p)) {
        free(p);
        return;
    }
    size_t c = class_of(p);
    struct block *b = p;
    b->next = slab.free[c];
    slab.free[c] = b;
}

size_t slab_usable_size(const void *p) {
    if (!p)
        return 0;
    return is_ours(p) ? class_of(p) * CLASS_BYTES : malloc_usable_size((void *)(uintptr_t)p);
}

void *slab_realloc(void *p, size_t size) {
    if (!p)
        return slab_alloc(size);
    if (!is_ours(p) && size > SLAB_BLOCK_MAX)
        return realloc(p, size);
    size_t had = slab_usable_size(p);
    if (size <= had && (is_ours(p) ? size + CLASS_BYTES > had : size > SLAB_BLOCK_MAX))
        return p;
    void *moved = slab_alloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, p, size < had ? size : had);
    slab_free(p);
    return moved;
}
