#include "load/open_model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void occurrences_lie_on_the_grid(void **state) {
    (void)state;
    static const struct {
        double per_s;
        uint32_t index, count;
        int64_t now_us, due_us[3];
    } cases[] = {
        {10, 0, 1, 0, {1000, 101000, 201000}},
        {10, 0, 2, 0, {1000, 201000, 401000}},
        {10, 1, 2, 0, {101000, 301000, 501000}},
        {0.5, 0, 1, 0, {1000, 2001000, 4001000}},
        {10, 0, 1, 101000, {101000, 201000, 301000}}, /* due now is due */
        {10, 0, 1, 101001, {201000, 301000, 401000}},
        {10, 1, 2, 150000, {301000, 501000, 701000}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct open_model m = {0};
        const uint64_t one = 1;
        open_model_set(&m, cases[i].per_s, cases[i].index, cases[i].count, 1000, cases[i].now_us);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(open_model_due_us(&m), cases[i].due_us[k]);
            assert_int_equal(open_model_take(&m, &one, 1), 0);
        }
    }
}

/* Three processes, of which one is lost after a second: no occurrence is left out or done twice. */
static void processes_share_the_rate(void **state) {
    (void)state;
    struct open_model m[3] = {0};
    const uint64_t one = 1;
    unsigned done = 0;
    for (uint32_t i = 0; i < 3; i++)
        open_model_set(&m[i], 1000, i, 3, 0, 0);
    for (uint32_t i = 0; i < 3; i++)
        for (; open_model_due_us(&m[i]) < 1000000; done++)
            open_model_take(&m[i], &one, 1);
    assert_int_equal(done, 1000);
    for (uint32_t i = 0; i < 2; i++) {
        open_model_set(&m[i], 1000, i, 2, 0, 1000000);
        for (; open_model_due_us(&m[i]) < 2000000; done++)
            open_model_take(&m[i], &one, 1);
    }
    assert_int_equal(done, 2000);
}

static void without_a_rate_nothing_is_due(void **state) {
    (void)state;
    struct open_model m = {0};
    assert_int_equal(open_model_due_us(&m), INT64_MAX);
    open_model_set(&m, 0, 0, 1, 5, 10);
    assert_int_equal(open_model_due_us(&m), INT64_MAX);
}

static void classes_in_proportion(void **state) {
    (void)state;
    struct open_model m = {0};
    uint64_t users[] = {6, 3, 0, 1}, taken[4] = {0};
    for (int i = 1; i <= 1000; i++) {
        size_t k = open_model_take(&m, users, 4);
        assert_true(k < 4);
        taken[k]++;
        for (int c = 0; c < 4; c++) { /* never further from its share than one */
            double off = (double)taken[c] - (double)users[c] * i / 10;
            assert_true(off < 1.001 && off > -1.001);
        }
    }
    assert_int_equal(taken[2], 0);
    users[2] = 10; /* who comes later has no claims of before */
    for (int i = 0; i < 20; i++)
        taken[open_model_take(&m, users, 4)]++;
    assert_in_range(taken[2], 9, 11);
    assert_int_equal(open_model_take(&m, (const uint64_t[]){0, 0}, 2), 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(occurrences_lie_on_the_grid),
        cmocka_unit_test(processes_share_the_rate),
        cmocka_unit_test(without_a_rate_nothing_is_due),
        cmocka_unit_test(classes_in_proportion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
