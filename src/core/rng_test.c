#include "core/rng.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
static void test_known_sequence(void **state) {
    /* The first outputs of xoshiro256** from the state {1, 2, 3, 4}, from the authors' reference code. */
    static const uint64_t expected[] = {11520, 0, 1509978240, 1215971899390074240u};
    struct rng r = {{1, 2, 3, 4}};
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        assert_true(rng_u64(&r) == expected[i]);
    rng_init(&r, 0); /* splitmix64's well-known first output for the seed 0 */
    assert_true(r.s[0] == 0xe220a8397b1dcdafu);
}

static void test_ranges(void **state) {
    struct rng r;
    size_t seen[7] = {0};
    double sum = 0;
    (void)state;
    rng_init(&r, 42);
    for (int i = 0; i < 70000; i++) {
        uint64_t k = rng_below(&r, 7);
        assert_true(k < 7);
        seen[k]++;
        double d = rng_double(&r);
        assert_true(d >= 0 && d < 1);
        sum += d;
    }
    for (int k = 0; k < 7; k++)
        assert_true(seen[k] > 9500 && seen[k] < 10500);
    assert_true(sum > 34500 && sum < 35500);
    assert_int_equal(rng_below(&r, 1), 0);
    /* Half of all draws must be rejected here: above 2^63 the range does not divide 2^64. */
    for (int i = 0; i < 100; i++)
        assert_true(rng_below(&r, ((uint64_t)1 << 63) + 1) <= (uint64_t)1 << 63);
}

static void test_seeds_differ(void **state) {
    (void)state;
    assert_true(rng_seed_random() != rng_seed_random());
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_known_sequence), cmocka_unit_test(test_ranges),
                                       cmocka_unit_test(test_seeds_differ)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
