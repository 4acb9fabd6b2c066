/* xoshiro256** 1.0 with splitmix64 seeding (Blackman and Vigna, "Scrambled linear pseudorandom number generators",
 * 2018; the algorithm is in the public domain). Bounded numbers by Lemire's multiplication with rejection. */
#include "core/rng.h"

#include <sys/random.h>
#include <time.h>

static uint64_t rotl(uint64_t x, int k) {
    return (x << k) | (x >> (64 - k));
}

void rng_init(struct rng *r, uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        r->s[i] = z ^ (z >> 31);
    }
}

uint64_t rng_seed_random(void) {
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        return seed;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000007u ^ (uint64_t)ts.tv_nsec << 20;
}

uint64_t rng_u64(struct rng *r) {
    uint64_t *s = r->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t rng_below(struct rng *r, uint64_t n) {
    __uint128_t m = (__uint128_t)rng_u64(r) * n;

    if ((uint64_t)m < n) {
        uint64_t floor = (0 - n) % n;
        while ((uint64_t)m < floor)
            m = (__uint128_t)rng_u64(r) * n;
    }
    return (uint64_t)(m >> 64);
}

double rng_double(struct rng *r) {
    return (double)(rng_u64(r) >> 11) * 0x1p-53;
}
