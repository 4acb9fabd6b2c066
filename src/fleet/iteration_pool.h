/* The common pool of a shared-iterations scenario: numbers 0 … total−1, drawn in leases. Chunks shrink towards the end, so that no worker
 * sits on iterations that another could do. */
#ifndef FLEET_ITERATION_POOL_H
#define FLEET_ITERATION_POOL_H

#include "core/error.h"

#include <stdint.h>

enum { ITERATION_POOL_RETURNED_MAX = 256 };

struct iteration_lease {
    uint64_t first, count;
};
struct iteration_pool {
    uint64_t next, total;
    struct iteration_lease returned[ITERATION_POOL_RETURNED_MAX]; /* of lost workers; drawn first */
    unsigned returned_count;
};

void iteration_pool_init(struct iteration_pool *p, uint64_t total);
/* takers: how many workers draw from it. users: how many iterations the asker can run at once. count 0 = the pool is empty. */
struct iteration_lease iteration_pool_draw(struct iteration_pool *p, uint64_t takers, uint64_t users);
/* What a lost worker had been given and had not started. Beyond the limit it is dropped (returns false). */
bool iteration_pool_return(struct iteration_pool *p, struct iteration_lease l);
/* As if these had been drawn: a log tells that they were. */
void iteration_pool_take(struct iteration_pool *p, struct iteration_lease l);
uint64_t iteration_pool_left(const struct iteration_pool *p);

#endif
