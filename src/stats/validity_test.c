#include "stats/validity.h"

#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#define S(n)        ((int64_t)(n)*1000000)
#define BIT(reason) (1u << VALIDITY_##reason)

static void a_second(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct validity_reading r;
        unsigned invalid, degraded;
    } cases[] = {
        {"at ease",
            {.wall_us = S(1),
                .cpu_us = 300000,
                .wait_us = 20000,
                .turn_max_us = 4000,
                .send_late_max_us = 900},
            0, 0},
        {"tight", {.wall_us = S(1), .cpu_us = 850000}, 0, BIT(BUSY)},
        {"busy", {.wall_us = S(1), .cpu_us = 950000}, BIT(BUSY), 0},
        {"half a core and the other half waited for", {.wall_us = S(1), .cpu_us = 500000, .wait_us = 480000},
            BIT(BUSY), 0},
        {"exactly at the limit", {.wall_us = S(1), .cpu_us = 900000}, 0, BIT(BUSY)},
        {"too short for shares", {.wall_us = 100000, .cpu_us = 100000, .turn_max_us = 90000}, 0, 0},
        {"a stalled loop", {.wall_us = S(1), .turn_max_us = 120000}, BIT(STALLED), 0},
        {"a slow turn", {.wall_us = S(1), .turn_max_us = 30000}, 0, BIT(STALLED)},
        {"greenlets held it", {.wall_us = S(9), .timer_late_max_us = S(8)}, BIT(STALLED), 0},
        {"late", {.wall_us = S(1), .send_late_max_us = 150000}, BIT(LATE), 0},
        {"stolen of two cores", {.wall_us = S(1), .steal_us = 500000, .cores = 2}, BIT(STOLEN), 0},
        {"a little stolen", {.wall_us = S(1), .steal_us = 200000, .cores = 2}, 0, BIT(STOLEN)},
        {"no ports, in no time", {.ports = 1}, BIT(PORTS), 0},
        {"no descriptors", {.wall_us = S(1), .descriptors = 3}, BIT(DESCRIPTORS), 0},
        {"drops and no users", {.wall_us = S(1), .drops = 2, .users = 7}, 0, BIT(DROPS) | BIT(USERS)},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct validity_judgement j = validity_of(&cases[i].r);
        if (j.invalid != cases[i].invalid || j.degraded != cases[i].degraded)
            fail_msg("%s: invalid %x, degraded %x", cases[i].what, j.invalid, j.degraded);
    }
}

static struct validity_reading at(int64_t from, int64_t to, int64_t cpu_us) {
    return (struct validity_reading){
        .from_us = S(from), .to_us = S(to), .wall_us = S(to - from), .cpu_us = cpu_us * (to - from)};
}

static void a_healthy_run(void **state) {
    (void)state;
    struct validity v = {0};
    for (int i = 0; i < 600; i++)
        validity_add(
            &v, &(struct validity_reading){
                    .from_us = S(i) + 900, .to_us = S(i + 1) + 700, .wall_us = S(1), .cpu_us = 600000});
    assert_int_equal(validity_state(&v), VALIDITY_VALID);
    assert_int_equal(v.interval_count, 0);
    assert_true(v.seconds == 600);
    assert_int_equal(validity_reasons(&v), 0);
}

/* Four workers, two of them busy at the same time: ten seconds, not twenty. */
static void workers_share_their_seconds(void **state) {
    (void)state;
    struct validity v = {0};
    for (int i = 0; i < 30; i++)
        for (int w = 0; w < 4; w++) {
            struct validity_reading r = at(i, i + 1, i >= 10 && i < 20 && w >= 2 ? 990000 : 100000);
            validity_add(&v, &r);
        }
    assert_true(v.seconds == 30 && v.invalid_s == 10 && v.reasons[VALIDITY_BUSY].invalid_s == 10);
    assert_int_equal(validity_state(&v), VALIDITY_INVALID);
    assert_int_equal(v.interval_count, 1);
    assert_int_equal(v.intervals[0].from_s, 10);
    assert_int_equal(v.intervals[0].to_s, 20);
    assert_int_equal(validity_at(&v, 15), VALIDITY_INVALID);
    assert_int_equal(validity_at(&v, 25), VALIDITY_VALID);
    assert_int_equal(validity_reasons(&v), BIT(BUSY));
}

static void how_much_is_too_much(void **state) {
    (void)state;
    static const struct {
        int seconds, bad;
        int64_t cpu_us;
        double least;
        enum validity_state want;
    } cases[] = {{60, 1, 990000, 0, VALIDITY_VALID}, {20, 3, 990000, 0, VALIDITY_INVALID},
        {2, 2, 990000, 0, VALIDITY_VALID}, {2, 2, 990000, 1, VALIDITY_INVALID},
        {60, 5, 990000, 0, VALIDITY_VALID}, {60, 6, 990000, 0, VALIDITY_INVALID},
        {60, 30, 850000, 0, VALIDITY_DEGRADED}, {0, 0, 0, 0, VALIDITY_VALID}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct validity v = {.seconds_min = cases[i].least};
        for (int s = 0; s < cases[i].seconds; s++) {
            struct validity_reading r = at(s, s + 1, s < cases[i].bad ? cases[i].cpu_us : 100000);
            validity_add(&v, &r);
        }
        if (validity_state(&v) != cases[i].want)
            fail_msg("case %zu: %s", i, validity_word(validity_state(&v)));
    }
}

static void one_reading_of_nine_seconds(void **state) {
    (void)state;
    struct validity v = {0};
    struct validity_reading r = at(1, 10, 0);
    r.turn_max_us = S(9);
    validity_add(&v, &r);
    assert_true(v.invalid_s == 9 && v.reasons[VALIDITY_STALLED].worst == 9000);
    assert_int_equal(v.intervals[0].from_s, 1);
    assert_int_equal(v.intervals[0].to_s, 10);
    assert_int_equal(validity_state(&v), VALIDITY_INVALID);
}

/* The last snapshot of a run is short; what ran out there counts. */
static void what_ran_out_at_the_end(void **state) {
    (void)state;
    struct validity v = {0};
    struct snapshot_health before = {.wall_us = S(1), .fd_exhausted = 4},
                           now = {.wall_us = 1000, .fd_exhausted = 9};
    struct validity_reading r = validity_reading_of(&now, &before);
    r.from_us = S(7);
    r.to_us = S(7) + 1000;
    assert_int_equal(r.descriptors, 5);
    validity_add(&v, &r);
    assert_int_equal(validity_state(&v), VALIDITY_INVALID);
    assert_int_equal(v.reasons[VALIDITY_DESCRIPTORS].count, 5);
    assert_int_equal(v.intervals[0].from_s, 7);
}

static void bounded(void **state) {
    (void)state;
    struct validity v = {0};
    for (int i = 0; i < 10000; i++) {
        struct validity_reading r = at(i, i + 1, i % 3 ? 100000 : 990000);
        validity_add(&v, &r);
    }
    assert_int_equal(v.interval_count, VALIDITY_INTERVALS_MAX);
    assert_int_equal(v.intervals[VALIDITY_INTERVALS_MAX - 1].to_s, 10000);
    assert_true(v.invalid_s == 3334);
    struct validity_reading forever = {.from_us = -S(5), .to_us = INT64_MAX / 2, .wall_us = S(1), .ports = 1};
    validity_add(&v, &forever);
    for (unsigned i = 0; i < VALIDITY_REASON_COUNT; i++)
        assert_true(validity_reason_key(i)[0] && validity_reason_remedy(i)[0]);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_second), cmocka_unit_test(a_healthy_run),
        cmocka_unit_test(workers_share_their_seconds), cmocka_unit_test(how_much_is_too_much),
        cmocka_unit_test(one_reading_of_nine_seconds), cmocka_unit_test(what_ran_out_at_the_end),
        cmocka_unit_test(bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
