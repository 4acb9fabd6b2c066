#include "cli/watch_rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { S = 1000 * 1000, LIMIT_S = 10, STEPS_MAX = 8 };

struct step {
    uint64_t started, finished, dropped;
    int64_t now_s;
    uint64_t ended, overdue, lost, late; /* what is told */
    int64_t begun_s;                     /* -1: not looked at */
};
struct course {
    const char *name;
    size_t count;
    struct step steps[STEPS_MAX];
};

static const struct course courses[] = {
    {"one after another", 3,
        {{1, 1, 0, 0, 1, 0, 0, 0, 0}, {1, 1, 0, 1, 0, 0, 0, 0, 1}, {2, 2, 0, 30, 1, 0, 0, 0, 30}}},
    {"begun and ended in different seconds", 2, {{1, 0, 0, 0, 0, 0, 0, 0, -1}, {1, 1, 0, 3, 1, 0, 0, 0, 0}}},
    {"nothing yet at the limit, overdue behind it", 3,
        {{1, 0, 0, 0, 0, 0, 0, 0, -1}, {1, 0, 0, 10, 0, 0, 0, 0, -1}, {1, 0, 0, 11, 0, 1, 0, 0, 0}}},
    {"overdue once, and its end is no round", 4,
        {{1, 0, 0, 0, 0, 0, 0, 0, -1}, {1, 0, 0, 11, 0, 1, 0, 0, 0}, {1, 0, 0, 12, 0, 0, 0, 0, -1},
            {1, 1, 0, 60, 0, 0, 0, 1, -1}}},
    {"the next goes on while one hangs", 4,
        {{1, 0, 0, 0, 0, 0, 0, 0, -1}, {2, 0, 0, 30, 0, 1, 0, 0, 0}, {2, 1, 0, 31, 1, 0, 0, 0, 30},
            {2, 2, 0, 61, 0, 0, 0, 1, -1}}},
    {"several at once", 2, {{3, 0, 0, 5, 0, 0, 0, 0, -1}, {5, 4, 0, 6, 4, 0, 0, 0, 5}}},
    {"dropped for want of a user", 3,
        {{1, 0, 0, 0, 0, 0, 0, 0, -1}, {1, 0, 2, 5, 0, 0, 2, 0, -1}, {1, 0, 2, 6, 0, 0, 0, 0, -1}}},
};

static void test_courses(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
        struct watch_rounds w;
        watch_rounds_init(&w, LIMIT_S * (int64_t)S);
        for (size_t k = 0; k < courses[i].count; k++) {
            const struct step *s = &courses[i].steps[k];
            struct watch_rounds_over o =
                watch_rounds_tell(&w, s->started, s->finished, s->dropped, s->now_s * S);
            if (o.ended != s->ended || o.overdue != s->overdue || o.dropped != s->lost || o.late != s->late ||
                (s->begun_s >= 0 && o.begun_us != s->begun_s * S))
                fail_msg("%s, step %zu: %d ended, %d overdue, %d dropped, %d late", courses[i].name, k,
                    (int)o.ended, (int)o.overdue, (int)o.dropped, (int)o.late);
        }
    }
}

/* More under way than are remembered: nothing is written beyond, and the counts go on. */
static void test_many(void **state) {
    struct watch_rounds w;
    (void)state;

    watch_rounds_init(&w, S);
    (void)watch_rounds_tell(&w, 10 * WATCH_ROUNDS_OPEN_MAX, 0, 0, 0);
    struct watch_rounds_over o = watch_rounds_tell(&w, 10 * WATCH_ROUNDS_OPEN_MAX, 0, 0, 2 * S);
    assert_int_equal(o.overdue, WATCH_ROUNDS_OPEN_MAX);
    o = watch_rounds_tell(&w, 10 * WATCH_ROUNDS_OPEN_MAX, 10 * WATCH_ROUNDS_OPEN_MAX, 0, 3 * S);
    assert_int_equal(o.ended, 0);
    assert_int_equal(o.late, WATCH_ROUNDS_OPEN_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_courses), cmocka_unit_test(test_many)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
