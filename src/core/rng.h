/* Small fast random numbers (xoshiro256**, Blackman and Vigna 2018, public domain algorithm). Not for secrets. */
#ifndef CORE_RNG_H
#define CORE_RNG_H

#include <stdint.h>

struct rng {
    uint64_t s[4];
};
void rng_init(struct rng *r, uint64_t seed); /* splitmix64 fills the state */
uint64_t rng_seed_random(void);              /* a seed from getrandom(2) */
uint64_t rng_u64(struct rng *r);
uint64_t rng_below(struct rng *r, uint64_t n); /* uniform in [0, n), n > 0, unbiased */
double rng_double(struct rng *r);              /* [0, 1) */

#endif
