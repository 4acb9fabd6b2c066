/* The fault memory-leak: memory that nobody will ever use again. */
#ifndef TARGET_LEAK_H
#define TARGET_LEAK_H

#include "target/metrics.h"
#include <pthread.h>

struct leak {
    pthread_mutex_t lock;
    struct leak_block *blocks;
    _Atomic int64_t *shared_bytes; /* of all processes, for the cap */
    struct metrics *metrics;
};

void leak_init(struct leak *l, _Atomic int64_t *shared_bytes, struct metrics *metrics);
/* Nothing happens beyond max_bytes over all processes, or without memory. */
void leak_add(struct leak *l, size_t bytes, int64_t max_bytes);
/* The fault is off: gives it all back. */
void leak_mend(struct leak *l);
void leak_deinit(struct leak *l); /* mends, too; fine twice */

#endif
