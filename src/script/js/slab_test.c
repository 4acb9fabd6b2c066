/* Blocks are distinct, aligned, keep their content through realloc, and come back after free. */
#include "script/js/slab.h"

#include "core/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { BLOCKS = 2000, STEPS = 200000 };

struct held {
    unsigned char *p;
    size_t size;
    unsigned char fill;
};

static void check_fill(const struct held *h, size_t upto) {
    for (size_t i = 0; i < h->size && i < upto; i++)
        if (h->p[i] != h->fill)
            fail_msg("byte %zu of a block of %zu was overwritten", i, h->size);
}

static void random_use_never_overlaps(void **state) {
    (void)state;
    static struct held held[BLOCKS];
    struct rng rng;
    rng_init(&rng, 42);
    for (int step = 0; step < STEPS; step++) {
        struct held *h = &held[rng_below(&rng, BLOCKS)];
        size_t size = 1 + (size_t)rng_below(&rng, rng_below(&rng, 10) ? 300 : 5000);
        if (!h->p) {
            h->p = slab_alloc(size);
            assert_non_null(h->p);
        } else {
            check_fill(h, h->size);
            if (rng_below(&rng, 2)) {
                slab_free(h->p);
                h->p = NULL;
                continue;
            }
            h->p = slab_realloc(h->p, size);
            assert_non_null(h->p);
            check_fill(h, size);
        }
        assert_int_equal((uintptr_t)h->p % 8, 0);
        assert_true(slab_usable_size(h->p) >= size);
        h->size = size;
        h->fill = (unsigned char)rng_u64(&rng);
        memset(h->p, h->fill, size);
    }
    for (int i = 0; i < BLOCKS; i++)
        slab_free(held[i].p);
}

static void a_freed_block_is_used_again(void **state) {
    (void)state;
#if !defined(__SANITIZE_ADDRESS__)
    void *a = slab_alloc(40);
    slab_free(a);
    assert_ptr_equal(slab_alloc(37), a);
    slab_free(a);
#endif
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_use_never_overlaps),
        cmocka_unit_test(a_freed_block_is_used_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
