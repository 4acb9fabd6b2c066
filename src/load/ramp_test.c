#include "load/ramp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { MS = 1000, S = 1000 * 1000 };
#define STAGES(...)                                                                                          \
    .stages = (struct plan_stage[]){__VA_ARGS__},                                                            \
    .stage_count = sizeof((struct plan_stage[]){__VA_ARGS__}) / sizeof(struct plan_stage)

static const struct {
    struct plan_scenario s;
    const char *events; /* ms, + or -, slot */
} cases[] = {
    {{.users = 0, STAGES({3 * S, 3})}, "1000+0 2000+1 3000+2"},
    {{.users = 1, STAGES({2 * S, 3}, {1 * S, 3}, {2 * S, 1})}, "0+0 1000+1 2000+2 4000-2 5000-1"},
    {{.users = 2, STAGES({0, 4}, {1 * S, 4}, {0, 1}, {0, 2})}, "0+0 0+1 0+2 0+3 1000-3 1000-2 1000-1 1000+1"},
    {{.users = 0, STAGES({1 * S, 3})}, "333.333+0 666.666+1 1000+2"},
    {{.users = 3, STAGES({1 * S, 0})}, "0+0 0+1 0+2 333.333-2 666.666-1 1000-0"},
    {{.users = 0, STAGES({5 * S, 0}, {1 * S, 1})}, "6000+0"},
};

static void events(void **arg) {
    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char log[200] = "";
        size_t len = 0;
        struct ramp r;
        struct ramp_event e;
        ramp_init(&r, &cases[i].s);
        while (ramp_next(&r, &e))
            len += (size_t)snprintf(log + len, sizeof log - len, "%s%.10g%c%d", len ? " " : "",
                (double)e.at_us / MS, e.up ? '+' : '-', (int)e.slot);
        assert_string_equal(log, cases[i].events);
    }
}

/* Counting events and asking for the count agree at every instant, just before and at. */
static void counts_agree_with_events(void **arg) {
    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t end_us = 0;
        for (size_t k = 0; k < cases[i].s.stage_count; k++)
            end_us += cases[i].s.stages[k].duration_us;
        for (int64_t at = 0; at < end_us; at += at % 1000 == 0 && at % 333000 ? 999 : 1) {
            struct ramp r;
            struct ramp_event e;
            int64_t before = 0, now = 0;
            ramp_init(&r, &cases[i].s);
            while (ramp_next(&r, &e)) {
                before += e.at_us < at ? (e.up ? 1 : -1) : 0;
                now += e.at_us <= at ? (e.up ? 1 : -1) : 0;
            }
            if (ramp_users_at(&cases[i].s, at, false) != now ||
                (at > 0 && ramp_users_at(&cases[i].s, at, true) != before))
                fail_msg("case %zu at %d us: %d/%d, want %d/%d", i, (int)at,
                    (int)ramp_users_at(&cases[i].s, at, true), (int)ramp_users_at(&cases[i].s, at, false),
                    (int)before, (int)now);
        }
        assert_int_equal(ramp_users_at(&cases[i].s, end_us + 1, false), 0);
        assert_int_equal(ramp_users_at(&cases[i].s, -1, false), 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(events), cmocka_unit_test(counts_agree_with_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
