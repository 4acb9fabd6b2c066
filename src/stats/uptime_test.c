#include "stats/uptime.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>

/* Rounds as letters, one each 30 s: g good, s slow, b bad. States after each: ? u d (degraded) D (down). */
struct course {
    const char *name;
    int fail_after, recover_after;
    enum uptime_state before;
    const char *rounds, *states;
    int64_t since_s; /* of the last state; -1: not looked at */
};

static const struct course courses[] = {
    {"the first good round", 2, 2, UPTIME_UNKNOWN, "g", "u", 0},
    {"one bad round is none", 2, 2, UPTIME_UNKNOWN, "gbgggggggg", "uuuuuuuuuu", 0},
    {"down after two, since the first of them", 2, 2, UPTIME_UNKNOWN, "ggbb", "uuuD", 60},
    {"up after two, since the first of them", 2, 2, UPTIME_UNKNOWN, "bbgg", "?DDu", 60},
    {"a single good round does not end an outage", 3, 3, UPTIME_UNKNOWN, "bbbggbggg", "??DDDDDDu", 180},
    {"slow is degraded, not down", 2, 2, UPTIME_UNKNOWN, "gssss", "uuddd", 30},
    {"slow, then bad", 2, 2, UPTIME_UNKNOWN, "gssbb", "uuddD", 90},
    {"mixed trouble in a row", 3, 2, UPTIME_UNKNOWN, "gsbs", "uuud", 30},
    {"flapping never gets N in a row", 2, 2, UPTIME_UNKNOWN, "gbgbgb", "uuuddd", 30},
    {"forgotten after 3 N", 2, 2, UPTIME_UNKNOWN, "gbgggggb", "uuuuuuuu", 0},
    {"degraded, up, and no memory of it", 2, 2, UPTIME_UNKNOWN, "gssggb", "uudduu", 90},
    {"down, then only slow", 2, 2, UPTIME_UNKNOWN, "bbssgg", "?DDddu", 120},
    {"down, slow and good by turns", 2, 2, UPTIME_UNKNOWN, "bbgs", "?DDd", 60},
    {"at once", 1, 1, UPTIME_UNKNOWN, "gbgsg", "uDudu", 120},
    {"it was down when somebody last looked", 2, 2, UPTIME_DOWN, "gg", "Du", 0},
    {"and still is", 2, 2, UPTIME_DOWN, "bbb", "DDD", -7},
    {"it was up when somebody last looked", 2, 2, UPTIME_UP, "b", "u", -7},
};

static char letter(enum uptime_state s) {
    return "?udD"[s];
}

static void test_courses(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof courses / sizeof *courses; i++) {
        const struct course *c = &courses[i];
        struct uptime u;
        uptime_init(&u, c->fail_after, c->recover_after, c->before, -7000);
        for (size_t k = 0; c->rounds[k]; k++) {
            enum uptime_state was = u.state;
            enum uptime_round r = c->rounds[k] == 'g'   ? UPTIME_GOOD
                                  : c->rounds[k] == 's' ? UPTIME_SLOW
                                                        : UPTIME_BAD;
            bool changed = uptime_add(&u, r, (int64_t)k * 30000);
            if (letter(u.state) != c->states[k] || changed != (u.state != was))
                fail_msg("%s: round %zu: %c, not %c", c->name, k, letter(u.state), c->states[k]);
        }
        if (u.since_ms != c->since_s * 1000)
            fail_msg("%s: since %lld ms, not %lld s", c->name, (long long)u.since_ms, (long long)c->since_s);
    }
}

/* A month of rounds: nothing grows, nothing wraps. */
static void test_long(void **state) {
    struct uptime u;
    int changes = 0;
    (void)state;

    uptime_init(&u, UPTIME_ROUNDS_MAX, UPTIME_ROUNDS_MAX, UPTIME_UNKNOWN, 0);
    for (int64_t i = 0; i < 86400; i++)
        changes += uptime_add(&u, i % 1000 < 30 ? UPTIME_BAD : UPTIME_GOOD, i * 30000);
    assert_int_equal(changes, 2 * 87); /* each outage goes down and up once */
    assert_int_equal(u.state, UPTIME_UP);
}

static void test_words(void **state) {
    (void)state;
    for (enum uptime_state s = UPTIME_UNKNOWN; s < UPTIME_STATE_COUNT; s++)
        assert_int_equal(uptime_of_word(view_of_cstr(uptime_word(s))), s);
    assert_int_equal(uptime_of_word(VIEW("sideways")), UPTIME_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_courses), cmocka_unit_test(test_long), cmocka_unit_test(test_words)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
