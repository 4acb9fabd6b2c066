/* Finished pieces of pages, one cache per process: what was rendered is rendered again after
 * PAGE_CACHE_TTL_MS at the latest, and the oldest leave when there are PAGE_CACHE_ENTRIES. With the fault
 * cache-ttl=none nothing leaves, up to COMMONS_CACHE_MAX bytes over all processes. Any thread. */
#ifndef TARGET_PAGE_CACHE_H
#define TARGET_PAGE_CACHE_H

#include "core/buf.h"
#include "target/commons.h"

struct page_cache;

enum { PAGE_CACHE_TTL_MS = 2000, PAGE_CACHE_ENTRIES = 1000, PAGE_CACHE_ENTRIES_EVER = 4 * 1024 * 1024 };

int page_cache_new(struct page_cache **out, struct commons *c, struct metrics *m) MUST_USE;
void *page_cache_free(struct page_cache *p);
/* Appends the piece to out: 0, or 1 when there is none, or the error of the append. */
int page_cache_get(struct page_cache *p, struct view key, int64_t now_ns, struct buf *out) MUST_USE;
/* Copies both; without memory nothing is kept. */
void page_cache_put(struct page_cache *p, struct view key, struct view piece, int64_t now_ns);

#endif
