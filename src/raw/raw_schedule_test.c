#include "raw/raw_schedule.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static void test_ticks_of_all_processes_make_one_even_row(void **state) {
    (void)state;
    for (uint64_t n = 1; n <= 4; n++)
        for (uint64_t tick = 0; tick < 100; tick++) {
            struct raw_schedule s = {.rate = 1000, .first = tick % n, .step = n};
            assert_int_equal(raw_schedule_at_us(&s, tick / n), (int64_t)tick * 1000);
        }
}

static void test_due_counts_ticks_up_to_an_instant(void **state) {
    static const struct {
        double rate;
        uint64_t first, step;
        int64_t at_us;
        uint64_t due;
    } cases[] = {
        {1000, 0, 1, -1, 0},        {1000, 0, 1, 0, 1},          {1000, 0, 1, 999, 1},       {1000, 0, 1, 1000, 2},
        {1000, 1, 2, 999, 0},       {1000, 1, 2, 1000, 1},       {1000, 1, 2, 2999, 1},      {1000, 1, 2, 3000, 2},
        {0.5, 0, 1, 1999999, 1},    {0.5, 0, 1, 2000000, 2},     {3, 0, 1, 999999, 3},       {3, 0, 1, 1000000, 4},
        {500, 0, 1, 9999999, 5000}, {5000000, 0, 1, 10, 55},     {1, 3, 4, 2999999, 0},      {1, 3, 4, 3000000, 1},
        {7, 0, 1, 3600000000, 25201}, {123456.789, 0, 1, 1000000, 123457},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw_schedule s = {.rate = cases[i].rate, .first = cases[i].first, .step = cases[i].step};
        assert_int_equal(raw_schedule_due(&s, cases[i].at_us), cases[i].due);
    }
}

static void test_due_and_instants_agree(void **state) {
    static const double rates[] = {0.3, 7, 333, 1e4 / 3, 99999.9, 1e6};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++)
        for (uint64_t k = 0; k < 1000; k++) {
            struct raw_schedule s = {.rate = rates[i], .first = 2, .step = 3};
            int64_t at_us = raw_schedule_at_us(&s, k);
            assert_true(raw_schedule_due(&s, at_us) > k);
            assert_true(at_us == 0 || raw_schedule_due(&s, at_us - 1) <= k);
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ticks_of_all_processes_make_one_even_row),
        cmocka_unit_test(test_due_counts_ticks_up_to_an_instant),
        cmocka_unit_test(test_due_and_instants_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
