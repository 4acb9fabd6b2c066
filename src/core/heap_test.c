#include "core/heap.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include "core/list.h"
#include "core/rng.h"

enum { NODES = 500 };

struct thing {
    struct heap_node node;
    int number;
};

static struct thing *thing_of(struct heap_node *n) {
    return CONTAINER_OF(n, struct thing, node);
}

static struct heap_node *pop(struct heap *h) {
    struct heap_node *n = heap_min(h);
    heap_remove(h, n);
    return n;
}

static void test_equal_keys_are_fifo(void **state) {
    struct heap h;
    struct thing t[NODES] = {0};
    (void)state;
    heap_init(&h);
    for (int i = 0; i < NODES; i++) {
        t[i].number = i;
        assert_int_equal(heap_insert(&h, &t[i].node, i % 3), 0);
    }
    heap_update(&h, &t[0].node, 0); /* goes behind its equals */
    int64_t key = -1;
    int number = -1, last_of_zero = -1;
    for (int i = 0; i < NODES; i++) {
        struct thing *x = thing_of(pop(&h));
        assert_true(x->node.key >= key);
        if (x->node.key > key)
            number = -1;
        if (x->node.key == 0)
            last_of_zero = x->number;
        if (x->number)
            assert_true(x->number > number);
        number = x->number;
        key = x->node.key;
    }
    assert_int_equal(last_of_zero, 0);
    assert_null(heap_min(&h));
    heap_deinit(&h);
    heap_deinit(&h);
}

/* Random inserts, updates and removals against a plain array. */
static void test_against_a_model(void **state) {
    struct heap h = HEAP_NULL;
    struct thing t[NODES] = {0};
    struct rng r;
    (void)state;
    rng_init(&r, 1);
    for (int step = 0; step < 50000; step++) {
        struct thing *x = &t[rng_below(&r, NODES)];
        int64_t key = (int64_t)rng_below(&r, 1000) - 500;
        if (!x->node.index)
            assert_int_equal(heap_insert(&h, &x->node, key), 0);
        else if (rng_below(&r, 2))
            heap_update(&h, &x->node, key);
        else
            heap_remove(&h, &x->node);
        if (step % 50)
            continue;
        int64_t least = INT64_MAX;
        size_t count = 0;
        for (int i = 0; i < NODES; i++) {
            if (!t[i].node.index)
                continue;
            count++;
            least = t[i].node.key < least ? t[i].node.key : least;
        }
        assert_int_equal(count, h.len);
        if (count)
            assert_int_equal(heap_min(&h)->key, least);
    }
    int64_t last = INT64_MIN;
    while (h.len > 5) {
        struct heap_node *n = pop(&h);
        assert_true(n->key >= last);
        assert_int_equal(n->index, 0);
        last = n->key;
    }
    struct heap_node *left = heap_min(&h);
    heap_deinit(&h);
    assert_int_equal(left->index, 0);
    heap_remove(&h, left);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_equal_keys_are_fifo),
                                       cmocka_unit_test(test_against_a_model)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
