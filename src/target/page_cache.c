#include "target/page_cache.h"
#include "core/hashmap.h"
#include <errno.h>
#include <stdlib.h>

enum { PAGE_CACHE_NS_PER_MS = 1000 * 1000 };

struct page_cache_entry {
    struct list age; /* oldest first */
    int64_t made_ns;
    struct view key, piece; /* behind the struct */
};

struct page_cache {
    pthread_mutex_t lock;
    struct hashmap map;
    struct list ages;
    struct commons *commons;
    struct metrics *metrics;
};

int page_cache_new(struct page_cache **out, struct commons *c, struct metrics *m) {
    struct page_cache *p = calloc(1, sizeof *p);
    *out = p;
    if (!p)
        return -ENOMEM;
    pthread_mutex_init(&p->lock, NULL);
    hashmap_init(&p->map, PAGE_CACHE_ENTRIES_EVER);
    p->map.seed = c->secret[0];
    list_init(&p->ages);
    p->commons = c;
    p->metrics = m;
    return 0;
}

static int64_t cache_size(const struct page_cache_entry *e) {
    return (int64_t)(sizeof *e + e->key.len + e->piece.len);
}

static void cache_drop(struct page_cache *p, struct page_cache_entry *e) {
    p->metrics->cache_entries--;
    p->metrics->cache_evictions++;
    p->metrics->cache_bytes -= cache_size(e);
    p->commons->cached_bytes -= cache_size(e);
    list_remove(&e->age);
    hashmap_remove(&p->map, e->key);
    free(e);
}

static bool cache_keeps_all(const struct page_cache *p) {
    return fault_value(&p->commons->faults, FAULT_CACHE_TTL) != 0;
}

static bool cache_expired(const struct page_cache_entry *e, int64_t now_ns) {
    return now_ns - e->made_ns > (int64_t)PAGE_CACHE_TTL_MS * PAGE_CACHE_NS_PER_MS;
}

static void cache_sweep(struct page_cache *p, int64_t now_ns) {
    while (!cache_keeps_all(p) && !list_empty(&p->ages)) {
        struct page_cache_entry *e = LIST_ENTRY(list_first(&p->ages), struct page_cache_entry, age);
        if (!cache_expired(e, now_ns) && p->map.len < PAGE_CACHE_ENTRIES)
            return;
        cache_drop(p, e);
    }
}

void *page_cache_free(struct page_cache *p) {
    if (!p)
        return NULL;
    while (!list_empty(&p->ages))
        cache_drop(p, LIST_ENTRY(list_first(&p->ages), struct page_cache_entry, age));
    hashmap_deinit(&p->map);
    pthread_mutex_destroy(&p->lock);
    free(p);
    return NULL;
}

int page_cache_get(struct page_cache *p, struct view key, int64_t now_ns, struct buf *out) {
    pthread_mutex_lock(&p->lock);
    struct page_cache_entry *e = hashmap_get(&p->map, key);
    int rc = e && (cache_keeps_all(p) || !cache_expired(e, now_ns)) ? buf_append_view(out, e->piece) : 1;
    pthread_mutex_unlock(&p->lock);
    if (rc == 1)
        p->metrics->cache_misses++;
    else
        p->metrics->cache_hits++;
    return rc;
}

static struct page_cache_entry *cache_copy(struct view key, struct view piece, int64_t now_ns) {
    struct page_cache_entry *e = malloc(sizeof *e + key.len + piece.len);
    if (!e)
        return NULL;
    char *at = (char *)(e + 1);
    *e = (struct page_cache_entry){
        .made_ns = now_ns, .key = view_of(at, key.len), .piece = view_of(at + key.len, piece.len)};
    if (key.len)
        memcpy(at, key.ptr, key.len);
    if (piece.len)
        memcpy(at + key.len, piece.ptr, piece.len);
    return e;
}

void page_cache_put(struct page_cache *p, struct view key, struct view piece, int64_t now_ns) {
    struct page_cache_entry *e = cache_copy(key, piece, now_ns), *old;
    if (!e)
        return;
    pthread_mutex_lock(&p->lock);
    if ((old = hashmap_get(&p->map, key)))
        cache_drop(p, old);
    cache_sweep(p, now_ns);
    if (p->commons->cached_bytes + cache_size(e) > COMMONS_CACHE_MAX || hashmap_put(&p->map, e->key, e)) {
        free(e);
    } else {
        list_push(&p->ages, &e->age);
        p->metrics->cache_entries++;
        p->metrics->cache_bytes += cache_size(e);
        p->commons->cached_bytes += cache_size(e);
    }
    pthread_mutex_unlock(&p->lock);
}
