#include "fleet/clock_match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Their clock is 3 s behind ours, and the way there and back differs: the shortest round decides, and its
 * error is at most half its way. */
static void the_shortest_way_decides(void **state) {
    static const struct {
        int64_t there_us, back_us;
    } rounds[] = {{90000, 10000}, {2000, 1000}, {300, 200}, {5000, 400}, {100, 200000}};
    struct clock_match m = CLOCK_MATCH_NULL;
    int64_t now_us = 1000000;

    (void)state;
    for (size_t i = 0; i < sizeof rounds / sizeof rounds[0]; i++) {
        int64_t arrives_us = now_us + rounds[i].there_us;
        clock_match_round(&m, now_us, arrives_us - 3000000, arrives_us + rounds[i].back_us);
        now_us = arrives_us + rounds[i].back_us;
    }
    assert_int_equal(m.rounds, 5);
    assert_int_equal(m.rtt_us, 500);
    int64_t error_us = clock_match_ours_us(&m, 7000000) - 10000000;
    assert_true(error_us >= -250 && error_us <= 250);
}

static void an_answer_before_the_question_does_not_count(void **state) {
    struct clock_match m = CLOCK_MATCH_NULL;

    (void)state;
    clock_match_round(&m, 100, 5, 90);
    assert_int_equal(m.rounds, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_shortest_way_decides),
        cmocka_unit_test(an_answer_before_the_question_does_not_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
