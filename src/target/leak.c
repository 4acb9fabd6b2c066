#include "target/leak.h"
#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct leak_block {
    struct leak_block *next;
    size_t bytes;
};

enum { LEAK_FILL = 0x5a };

void leak_init(struct leak *l, _Atomic int64_t *shared_bytes, struct metrics *metrics) {
    *l = (struct leak){.shared_bytes = shared_bytes, .metrics = metrics};
    pthread_mutex_init(&l->lock, NULL);
}

void leak_add(struct leak *l, size_t bytes, int64_t max_bytes) {
    if (atomic_fetch_add(l->shared_bytes, (int64_t)bytes) + (int64_t)bytes > max_bytes) {
        atomic_fetch_sub(l->shared_bytes, (int64_t)bytes);
        return;
    }
    struct leak_block *b = malloc(sizeof *b + bytes);
    if (!b) {
        atomic_fetch_sub(l->shared_bytes, (int64_t)bytes);
        return;
    }
    memset(b + 1, LEAK_FILL, bytes); /* untouched pages would cost nothing */
    b->bytes = bytes;
    l->metrics->leaked_bytes += (int64_t)bytes;
    pthread_mutex_lock(&l->lock);
    b->next = l->blocks;
    l->blocks = b;
    pthread_mutex_unlock(&l->lock);
}

void leak_mend(struct leak *l) {
    pthread_mutex_lock(&l->lock);
    struct leak_block *b = l->blocks;
    l->blocks = NULL;
    pthread_mutex_unlock(&l->lock);
    bool any = b;
    while (b) {
        struct leak_block *next = b->next;
        *l->shared_bytes -= (int64_t)b->bytes;
        l->metrics->leaked_bytes -= (int64_t)b->bytes;
        free(b);
        b = next;
    }
    if (any)
        malloc_trim(0);
}

void leak_deinit(struct leak *l) {
    if (!l->shared_bytes)
        return;
    leak_mend(l);
    pthread_mutex_destroy(&l->lock);
    l->shared_bytes = NULL;
}
