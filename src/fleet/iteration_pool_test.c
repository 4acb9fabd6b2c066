#include "fleet/iteration_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

/* Whatever the number of takers and users, each number is drawn exactly once. */
static void every_number_is_drawn_once(void **state) {
    (void)state;
    static const uint64_t cases[][3] = {{1, 1, 1}, {400, 1, 20}, {400, 4, 5}, {7, 4, 3}, {1000, 3, 1}, {5, 8, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct iteration_pool p;
        unsigned char seen[1000] = {0};
        iteration_pool_init(&p, cases[i][0]);
        for (;;) {
            struct iteration_lease l = iteration_pool_draw(&p, cases[i][1], cases[i][2]);
            if (l.count == 0)
                break;
            for (uint64_t n = l.first; n < l.first + l.count; n++)
                assert_int_equal(seen[n]++, 0);
        }
        for (uint64_t n = 0; n < cases[i][0]; n++)
            assert_int_equal(seen[n], 1);
        assert_int_equal(iteration_pool_left(&p), 0);
    }
}

static void a_single_taker_gets_all_at_once(void **state) {
    (void)state;
    struct iteration_pool p;
    iteration_pool_init(&p, 400);
    struct iteration_lease l = iteration_pool_draw(&p, 1, 20);
    assert_int_equal(l.first, 0);
    assert_int_equal(l.count, 400);
}

static void the_first_lease_leaves_enough_for_the_others(void **state) {
    (void)state;
    struct iteration_pool p;
    iteration_pool_init(&p, 8);
    assert_int_equal(iteration_pool_draw(&p, 4, 2).count, 2); /* its share, not the users' appetite of all */
    iteration_pool_init(&p, 8);
    assert_int_equal(iteration_pool_draw(&p, 4, 100).count, 2);
    iteration_pool_init(&p, 800);
    assert_int_equal(iteration_pool_draw(&p, 4, 2).count, 100); /* half of its share */
}

static void what_a_lost_worker_left_is_drawn_first(void **state) {
    (void)state;
    struct iteration_pool p;
    iteration_pool_init(&p, 100);
    struct iteration_lease lost = iteration_pool_draw(&p, 2, 10);
    assert_true(lost.count >= 10);
    assert_true(iteration_pool_return(&p, (struct iteration_lease){lost.first + 4, lost.count - 4}));
    struct iteration_lease l = iteration_pool_draw(&p, 1, 10);
    assert_int_equal(l.first, lost.first + 4);
    assert_int_equal(l.count, lost.count - 4);
    assert_int_equal(iteration_pool_draw(&p, 1, 10).first, lost.count);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_is_drawn_once),
        cmocka_unit_test(a_single_taker_gets_all_at_once),
        cmocka_unit_test(the_first_lease_leaves_enough_for_the_others),
        cmocka_unit_test(what_a_lost_worker_left_is_drawn_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
