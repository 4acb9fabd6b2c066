/* The allocator under the JavaScript heaps of one worker: small blocks in 8-byte classes without headers, large ones from malloc.
 * One per process and thread; all runtimes share it, so what one VU frees the next one uses. */
#ifndef SCRIPT_JS_SLAB_H
#define SCRIPT_JS_SLAB_H

#include <stddef.h>

enum {
    SLAB_BLOCK_MAX = 1024,          /* larger blocks come from malloc */
    SLAB_PAGE_BYTES = 32 * 1024,    /* one page holds blocks of one class */
};

void *slab_alloc(size_t size); /* 8-byte aligned; NULL without memory; size > 0 */
void slab_free(void *block);   /* NULL is fine */
void *slab_realloc(void *block, size_t size);
size_t slab_usable_size(const void *block); /* 0 for NULL */

#endif
