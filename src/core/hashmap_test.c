#include "core/hashmap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include "core/rng.h"

#include <stdio.h>

static void *number(uintptr_t n) {
    return (void *)n;
}

static void test_put_get_remove(void **state) {
    struct hashmap m;
    (void)state;
    hashmap_init(&m, 3);
    assert_null(hashmap_get(&m, VIEW("a")));
    assert_false(hashmap_remove(&m, VIEW("a")));
    assert_int_equal(hashmap_put(&m, VIEW("a"), number(1)), 0);
    assert_int_equal(hashmap_put(&m, VIEW_NULL, number(2)), 0);
    assert_int_equal(hashmap_put(&m, VIEW("a"), number(3)), 0);
    assert_int_equal(hashmap_put(&m, VIEW("c"), NULL), 0);
    assert_int_equal(hashmap_put(&m, VIEW("d"), number(4)), ERROR_LIMIT);
    assert_int_equal(hashmap_put(&m, VIEW("c"), NULL), 0); /* replacing is always possible */
    assert_int_equal(m.len, 3);
    assert_ptr_equal(hashmap_get(&m, VIEW("a")), number(3));
    assert_ptr_equal(hashmap_get(&m, VIEW("")), number(2));
    assert_non_null(hashmap_find(&m, VIEW("c"))); /* present with the value NULL */
    assert_null(hashmap_find(&m, VIEW("e")));
    assert_true(hashmap_remove(&m, VIEW("")));
    assert_false(hashmap_remove(&m, VIEW("")));
    hashmap_clear(&m);
    assert_null(hashmap_find(&m, VIEW("a")));
    assert_null(hashmap_next(&m, NULL));
    hashmap_deinit(&m);
    hashmap_deinit(&m);
}

static void test_against_a_model(void **state) {
    enum { KEYS = 300 };
    static char keys[KEYS][16];
    uintptr_t model[KEYS] = {0};
    struct hashmap m;
    struct rng r;
    (void)state;
    hashmap_init(&m, KEYS);
    m.seed = 99;
    rng_init(&r, 5);
    for (int i = 0; i < KEYS; i++)
        snprintf(keys[i], sizeof keys[i], "k%d", i);
    for (int step = 0; step < 30000; step++) {
        size_t k = rng_below(&r, KEYS);
        if (rng_below(&r, 2)) {
            model[k] = (uintptr_t)step + 1;
            assert_int_equal(hashmap_put(&m, view_of_cstr(keys[k]), number(model[k])), 0);
        } else {
            assert_int_equal(hashmap_remove(&m, view_of_cstr(keys[k])), model[k] != 0);
            model[k] = 0;
        }
        size_t other = rng_below(&r, KEYS);
        assert_ptr_equal(hashmap_get(&m, view_of_cstr(keys[other])), number(model[other]));
    }
    size_t expected = 0, seen = 0;
    for (int i = 0; i < KEYS; i++) {
        expected += model[i] != 0;
        assert_ptr_equal(hashmap_get(&m, view_of_cstr(keys[i])), number(model[i]));
    }
    for (struct hashmap_entry *e = NULL; (e = hashmap_next(&m, e));)
        seen++;
    assert_int_equal(seen, expected);
    assert_int_equal(m.len, expected);
    hashmap_deinit(&m);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_put_get_remove), cmocka_unit_test(test_against_a_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
