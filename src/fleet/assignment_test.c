#include "fleet/assignment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct plan_scenario users(const char *name, int64_t n, int64_t start_s, int64_t duration_s) {
    return (struct plan_scenario){.name = view_of_cstr(name),
                                  .executor = PLAN_CONSTANT_VUS,
                                  .users = n,
                                  .start_us = start_s * 1000000,
                                  .duration_us = duration_s * 1000000};
}

/* Whatever the number of workers: ids are 1 … users, each once, and each stripe is worked by one worker. */
static void ids_are_dealt_without_a_gap(void **state) {
    (void)state;
    static const struct { int64_t a, b; size_t workers; uint64_t users; } cases[] = {
        {10, 0, 1, 10}, {10, 0, 4, 10}, {1, 0, 4, 1}, {3, 5, 4, 8}, {1, 1, 4, 2}, {1000, 7, 3, 1007},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan_scenario s[] = {users("a", cases[i].a, 0, 10), users("b", cases[i].b, 0, 10)};
        struct plan p = {.scenarios = s, .scenario_count = cases[i].b ? 2 : 1};
        struct assignment a;
        assert_int_equal(assignment_init(&a, &p, cases[i].workers), 0);
        assert_int_equal(a.users, cases[i].users);
        unsigned char *seen = calloc(a.users + 1, 1);
        for (size_t w = 0; w < a.worker_count; w++)
            for (size_t k = 0; k < a.workers[w].id_count; k++) {
                assert_in_range(a.workers[w].ids[k], 1, a.users);
                assert_int_equal(seen[a.workers[w].ids[k]]++, 0);
            }
        free(seen);
        assignment_deinit(&a);
    }
}

static void small_scenarios_spread_over_the_workers(void **state) {
    (void)state;
    struct plan_scenario s[] = {users("a", 1, 0, 1), users("b", 1, 0, 1), users("c", 2, 0, 1)};
    struct plan p = {.scenarios = s, .scenario_count = 3};
    struct assignment a;
    assert_int_equal(assignment_init(&a, &p, 4), 0);
    for (size_t w = 0; w < 4; w++) {
        assert_int_equal(a.workers[w].share_count, 1);
        assert_int_equal(a.workers[w].id_count, 1);
    }
    assignment_deinit(&a);
}

static void users_of_scenarios_that_follow_each_other_are_reused(void **state) {
    (void)state;
    struct plan_scenario s[] = {users("a", 4, 0, 10), users("b", 4, 20, 10)};
    struct plan p = {.scenarios = s, .scenario_count = 2};
    struct assignment a;
    assert_int_equal(assignment_init(&a, &p, 2), 0);
    assert_int_equal(a.users, 4);
    assignment_deinit(&a);
}

static void the_request_limit_is_shared_out(void **state) {
    (void)state;
    struct plan_scenario s[] = {users("a", 8, 0, 10)};
    struct plan p = {.scenarios = s, .scenario_count = 1, .requests_per_s = 100};
    struct assignment a;
    assert_int_equal(assignment_init(&a, &p, 4), 0);
    assert_int_equal(a.workers[0].request_gap_us, 40000); /* 25 a second */
    assert_int_equal(a.workers[2].extra_first, 11);
    assert_int_equal(a.workers[2].extra_step, 4);
    assignment_deinit(&a);
}

static void one_worker_per_fifty_users_up_to_the_cores(void **state) {
    (void)state;
    static const int64_t cases[][3] = {{1, 8, 1}, {50, 8, 1}, {51, 8, 2}, {10000, 8, 8}, {10000, 1, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan_scenario s[] = {users("a", cases[i][0], 0, 10)};
        struct plan p = {.scenarios = s, .scenario_count = 1};
        assert_int_equal(assignment_workers_wanted(&p, (int)cases[i][1]), cases[i][2]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_dealt_without_a_gap),
        cmocka_unit_test(small_scenarios_spread_over_the_workers),
        cmocka_unit_test(users_of_scenarios_that_follow_each_other_are_reused),
        cmocka_unit_test(the_request_limit_is_shared_out),
        cmocka_unit_test(one_worker_per_fifty_users_up_to_the_cores),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
