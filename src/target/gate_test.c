#include "target/gate.h"

#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { PROCESSES = 3, GUESTS = 10 };

struct fixture {
    struct gate gate;
    struct list waiters[PROCESSES], guests[GUESTS];
    int woken[PROCESSES];
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    assert_int_equal(gate_init(&f->gate), 0);
    for (int i = 0; i < PROCESSES; i++)
        list_init(&f->waiters[i]);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    gate_deinit(&f->gate);
    free(f);
    return 0;
}

static void on_wake(void *ctx, unsigned process) {
    ((struct fixture *)ctx)->woken[process]++;
}

static enum gate_outcome enter(struct fixture *f, unsigned process, int guest) {
    return gate_enter(&f->gate, process, &f->waiters[process], &f->guests[guest]);
}

static void assert_state(struct fixture *f, uint32_t inside, uint32_t waiting) {
    struct gate_state s = gate_look(&f->gate);
    assert_int_equal(s.inside, inside);
    assert_int_equal(s.waiting, waiting);
}

static void test_first_come_first_served_over_processes(void **state) {
    struct fixture *f = *state;
    gate_resize(&f->gate, 1, on_wake, f);
    assert_int_equal(enter(f, 0, 0), GATE_IN);
    assert_int_equal(enter(f, 1, 1), GATE_WAITING);
    assert_int_equal(enter(f, 0, 2), GATE_WAITING);
    assert_int_equal(enter(f, 1, 3), GATE_WAITING);
    assert_state(f, 1, 3);
    assert_null(gate_take(&f->gate, 1, &f->waiters[1]));
    gate_leave(&f->gate, 0, on_wake, f);
    assert_int_equal(f->woken[1], 1);
    assert_int_equal(f->woken[0], 0);
    assert_null(gate_take(&f->gate, 0, &f->waiters[0]));
    assert_ptr_equal(gate_take(&f->gate, 1, &f->waiters[1]), &f->guests[1]);
    assert_null(gate_take(&f->gate, 1, &f->waiters[1]));
    gate_leave(&f->gate, 1, on_wake, f);
    assert_ptr_equal(gate_take(&f->gate, 0, &f->waiters[0]), &f->guests[2]);
    assert_state(f, 1, 1);
}

static void test_a_larger_gate_lets_more_in(void **state) {
    struct fixture *f = *state;
    gate_resize(&f->gate, 2, on_wake, f);
    for (int i = 0; i < 6; i++)
        assert_int_equal(enter(f, 0, i), i < 2 ? GATE_IN : GATE_WAITING);
    gate_resize(&f->gate, 4, on_wake, f);
    assert_int_equal(f->woken[0], 2);
    assert_state(f, 4, 2);
    gate_resize(&f->gate, 1, on_wake, f); /* nobody is thrown out */
    assert_state(f, 4, 2);
    gate_leave(&f->gate, 0, on_wake, f);
    assert_state(f, 3, 2);
    gate_resize(&f->gate, 0, on_wake, f);
    assert_state(f, 5, 0);
    assert_int_equal(enter(f, 0, 7), GATE_IN);
}

static void test_a_dead_process_leaves_nothing_behind(void **state) {
    struct fixture *f = *state;
    gate_resize(&f->gate, 2, on_wake, f);
    assert_int_equal(enter(f, 0, 0), GATE_IN);
    assert_int_equal(enter(f, 1, 1), GATE_IN);
    assert_int_equal(enter(f, 1, 2), GATE_WAITING);
    assert_int_equal(enter(f, 2, 3), GATE_WAITING);
    assert_int_equal(enter(f, 1, 4), GATE_WAITING);
    gate_forget(&f->gate, 1, on_wake, f);
    assert_state(f, 2, 0);
    assert_int_equal(f->woken[2], 1);
    assert_ptr_equal(gate_take(&f->gate, 2, &f->waiters[2]), &f->guests[3]);
}

static void test_who_gives_up_makes_room(void **state) {
    struct fixture *f = *state;
    gate_resize(&f->gate, 1, on_wake, f);
    assert_int_equal(enter(f, 0, 0), GATE_IN);
    assert_int_equal(enter(f, 1, 1), GATE_WAITING);
    assert_int_equal(enter(f, 1, 2), GATE_WAITING);
    assert_int_equal(enter(f, 2, 3), GATE_WAITING);
    gate_leave(&f->gate, 0, on_wake, f); /* granted to process 1, which does not take it */
    gate_abandon(&f->gate, 1, on_wake, f);
    assert_state(f, 1, 0);
    assert_ptr_equal(list_pop(&f->waiters[1]), &f->guests[1]);
    assert_ptr_equal(list_pop(&f->waiters[1]), &f->guests[2]);
    assert_ptr_equal(gate_take(&f->gate, 2, &f->waiters[2]), &f->guests[3]);
}

static void test_the_line_has_an_end(void **state) {
    struct fixture *f = *state;
    struct list *crowd = calloc(GATE_WAITERS_MAX, sizeof *crowd);
    gate_resize(&f->gate, 1, on_wake, f);
    assert_int_equal(enter(f, 0, 0), GATE_IN);
    for (int i = 0; i < GATE_WAITERS_MAX; i++)
        assert_int_equal(gate_enter(&f->gate, 0, &f->waiters[0], &crowd[i]), GATE_WAITING);
    assert_int_equal(enter(f, 0, 1), GATE_FULL);
    assert_state(f, 1, GATE_WAITERS_MAX);
    free(crowd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_first_come_first_served_over_processes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_larger_gate_lets_more_in, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_dead_process_leaves_nothing_behind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_gives_up_makes_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_line_has_an_end, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
