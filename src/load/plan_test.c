#include "load/plan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum { S = 1000 * 1000 };
#define STAGES(...)                                                                                          \
    .stages = (struct plan_stage[]){__VA_ARGS__},                                                            \
    .stage_count = sizeof((struct plan_stage[]){__VA_ARGS__}) / sizeof(struct plan_stage)
#define GRACE      .graceful_stop_us = 30 * S
#define RAMP_GRACE .graceful_ramp_down_us = 30 * S

static void names(void **arg) {
    enum plan_executor e;

    (void)arg;
    for (int i = 0; i < PLAN_HELD_USERS; i++) {
        assert_true(plan_executor_of_name(view_of_cstr(plan_executor_name((enum plan_executor)i)), &e));
        assert_int_equal(e, i);
    }
    assert_false(plan_executor_of_name(VIEW("externally-controlled"), &e));
    assert_false(plan_executor_of_name(VIEW("held-users"), &e));
    assert_false(plan_executor_of_name(VIEW(""), &e));
}

static void descriptions(void **arg) {
    const struct {
        struct plan_scenario s;
        const char *want;
    } cases[] = {
        {{.executor = PLAN_SHARED_ITERATIONS,
             .users = 10,
             .iterations = 200,
             .duration_us = 600 * (int64_t)S,
             GRACE},
            "200 iterations shared among 10 VUs (maxDuration: 10m0s, gracefulStop: 30s)"},
        {{.executor = PLAN_PER_VU_ITERATIONS,
             .users = 1,
             .iterations = 1,
             .duration_us = 600 * (int64_t)S,
             GRACE},
            "1 iterations for each of 1 VUs (maxDuration: 10m0s, gracefulStop: 30s)"},
        {{.executor = PLAN_CONSTANT_VUS, .users = 10, .duration_us = 30 * S, GRACE},
            "10 looping VUs for 30s (gracefulStop: 30s)"},
        {{.executor = PLAN_CONSTANT_VUS, .users = 10, .duration_us = 30 * S}, "10 looping VUs for 30s"},
        {{.executor = PLAN_CONSTANT_VUS,
             .users = 10,
             .duration_us = 30 * S,
             .start_us = 5 * S,
             .exec = VIEW("f")},
            "10 looping VUs for 30s (exec: f, startTime: 5s)"},
        {{.executor = PLAN_RAMPING_VUS,
             .users = 1,
             STAGES({10 * S, 20}, {90 * S, 5}),
             GRACE,
             RAMP_GRACE,
             .exec = VIEW("default")},
            "Up to 20 looping VUs for 1m40s over 2 stages (gracefulRampDown: 30s, gracefulStop: 30s)"},
        {{.executor = PLAN_CONSTANT_ARRIVAL_RATE,
             .rate = 100,
             .time_unit_us = 60 * S,
             .duration_us = 60 * S,
             .users = 5,
             .users_max = 5,
             GRACE},
            "1.67 iterations/s for 1m0s (maxVUs: 5, gracefulStop: 30s)"},
        {{.executor = PLAN_RAMPING_ARRIVAL_RATE,
             .rate = 30,
             .time_unit_us = S,
             STAGES({60 * S, 20}),
             .users = 5,
             .users_max = 50,
             GRACE},
            "Up to 30.00 iterations/s for 1m0s over 1 stages (maxVUs: 5-50, gracefulStop: 30s)"},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf b = BUF_MAX(1000);
        assert_int_equal(plan_scenario_describe(&cases[i].s, &b), 0);
        assert_string_equal(b.ptr, cases[i].want);
        buf_deinit(&b);
        struct buf small = BUF_MAX(10);
        assert_int_equal(plan_scenario_describe(&cases[i].s, &small), ERROR_LIMIT);
        buf_deinit(&small);
    }
}

/* Up to three scenarios at once; graceful periods count. */
static void users_over_time(void **arg) {
    const struct {
        struct plan_scenario s[3];
        size_t n;
        int64_t users, users_max, end_s;
    } cases[] = {
        {{{.executor = PLAN_CONSTANT_VUS, .users = 10, .duration_us = 30 * S, GRACE}}, 1, 10, 10, 60},
        /* one after the other: the second starts while the first may still have its graceful stop … */
        {{{.executor = PLAN_CONSTANT_VUS, .users = 10, .duration_us = 30 * S, GRACE},
             {.executor = PLAN_CONSTANT_VUS, .users = 7, .duration_us = 30 * S, .start_us = 40 * S, GRACE}},
            2, 17, 17, 100},
        /* … or just after it */
        {{{.executor = PLAN_CONSTANT_VUS, .users = 10, .duration_us = 30 * S, GRACE},
             {.executor = PLAN_CONSTANT_VUS, .users = 7, .duration_us = 30 * S, .start_us = 60 * S, GRACE}},
            2, 10, 10, 120},
        /* a ramp down, and another scenario within gracefulRampDown of it, or after */
        {{{.executor = PLAN_RAMPING_VUS,
              .users = 0,
              STAGES({10 * S, 10}, {10 * S, 0}, {60 * S, 0}),
              RAMP_GRACE},
             {.executor = PLAN_CONSTANT_VUS, .users = 5, .duration_us = S, .start_us = 45 * S}},
            2, 10, 10, 80},
        {{{.executor = PLAN_RAMPING_VUS,
              .users = 0,
              STAGES({10 * S, 10}, {10 * S, 0}, {60 * S, 0}),
              RAMP_GRACE},
             {.executor = PLAN_CONSTANT_VUS, .users = 5, .duration_us = S, .start_us = 41 * S}},
            2, 14, 14, 80},
        /* a target reached for an instant */
        {{{.executor = PLAN_RAMPING_VUS, .users = 0, STAGES({10 * S, 10}, {0, 0}, {60 * S, 0})},
             {.executor = PLAN_CONSTANT_VUS, .users = 5, .duration_us = S, .start_us = 10 * S}},
            2, 10, 10, 70},
        {{{.executor = PLAN_RAMPING_VUS, .users = 1, STAGES({30 * S, 20}), GRACE, RAMP_GRACE}}, 1, 20, 20,
            60},
        {{{.executor = PLAN_RAMPING_VUS, .users = 1, STAGES({30 * S, 20})}}, 1, 20, 20, 30},
        {{{.executor = PLAN_RAMPING_VUS, .users = 20, STAGES({30 * S, 1})}}, 1, 20, 20, 30},
        /* users at the end hold on for gracefulStop */
        {{{.executor = PLAN_RAMPING_VUS, .users = 4, STAGES({10 * S, 10}, {10 * S, 10}), GRACE},
             {.executor = PLAN_CONSTANT_VUS, .users = 5, .duration_us = S, .start_us = 49 * S}},
            2, 15, 15, 50},
        {{{.executor = PLAN_CONSTANT_ARRIVAL_RATE,
              .rate = 1,
              .time_unit_us = S,
              .users = 5,
              .users_max = 20,
              .duration_us = S},
             {.executor = PLAN_RAMPING_ARRIVAL_RATE,
                 .rate = 1,
                 .time_unit_us = S,
                 .users = 3,
                 .users_max = 3,
                 STAGES({5 * S, 9})},
             {.executor = PLAN_PER_VU_ITERATIONS,
                 .users = 2,
                 .iterations = 1,
                 .duration_us = S,
                 .start_us = 4 * S}},
            3, 8, 23, 5},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plan p = {.scenarios = (struct plan_scenario *)cases[i].s, .scenario_count = cases[i].n};
        if (plan_users(&p) != cases[i].users || plan_users_max(&p) != cases[i].users_max)
            fail_msg("case %zu: %d and %d", i, (int)plan_users(&p), (int)plan_users_max(&p));
        assert_int_equal(plan_end_us(&p), cases[i].end_s * S);
    }
}

static struct plan sample(void) {
    static struct plan_stage stages[] = {{10, 11}, {12, 13}};
    static struct plan_pair pairs[] = {{VIEW("k"), VIEW("v")}, {VIEW(""), VIEW("w")}};
    static struct plan_scenario scenarios[] = {{.name = VIEW("a"),
                                                   .exec = VIEW("default"),
                                                   .executor = PLAN_RAMPING_VUS,
                                                   .start_us = 1,
                                                   .graceful_stop_us = 2,
                                                   .graceful_ramp_down_us = 3,
                                                   .users = 4,
                                                   .users_max = 5,
                                                   .iterations = 6,
                                                   .duration_us = 7,
                                                   .rate = 8,
                                                   .time_unit_us = 9,
                                                   .stages = stages,
                                                   .stage_count = 2,
                                                   .env = pairs,
                                                   .env_count = 2,
                                                   .tags = pairs,
                                                   .tag_count = 1},
        {.name = VIEW("b"), .executor = PLAN_SHARED_ITERATIONS}};
    static struct plan_threshold thresholds[] = {{VIEW("http_reqs"), VIEW("count>1"), true, 5}};

    return (struct plan){.scenarios = scenarios,
        .scenario_count = 2,
        .thresholds = thresholds,
        .threshold_count = 1,
        .tags = pairs,
        .tag_count = 2,
        .setup_timeout_us = 60,
        .teardown_timeout_us = 61,
        .min_iteration_us = 62,
        .requests_per_s = 63,
        .no_teardown = true,
        .host_options = VIEW("{}")};
}

static void round_trip(void **arg) {
    struct plan p = sample(), q;
    struct buf b = BUF_MAX(100000), again = BUF_MAX(100000);

    (void)arg;
    assert_int_equal(plan_pack(&p, &b), 0);
    assert_int_equal(plan_unpack(&q, buf_view(&b), NULL), 0);
    assert_int_equal(plan_pack(&q, &again), 0);
    assert_true(view_eq(buf_view(&b), buf_view(&again)));
    assert_int_equal(q.scenarios[0].stages[1].target, 13);
    assert_int_equal(q.scenarios[0].time_unit_us, 9);
    assert_true(view_eq(q.scenarios[0].env[1].value, VIEW("w")));
    assert_true(view_eq(q.thresholds[0].expression, VIEW("count>1")));
    assert_true(q.no_teardown && !q.no_setup && q.requests_per_s == 63);
    assert_true(view_eq(q.host_options, VIEW("{}")));
    plan_deinit(&q);
    buf_deinit(&b);
    buf_deinit(&again);
}

static void damaged(void **arg) {
    struct plan p = sample(), q;
    struct buf b = BUF_MAX(100000);

    (void)arg;
    assert_int_equal(plan_pack(&p, &b), 0);
    for (size_t n = 0; n < b.len; n++) {
        struct error err = ERROR_NULL;
        char *copy = malloc(n ? n : 1);
        memcpy(copy, b.ptr, n);
        assert_int_equal(plan_unpack(&q, view_of(copy, n), &err), ERROR_SYNTAX);
        assert_int_equal(err.code, ERROR_SYNTAX);
        free(copy);
    }
    for (size_t i = 0; i < b.len * 255; i++) {
        char kept = b.ptr[i / 255];
        b.ptr[i / 255] = (char)(kept + 1 + (int)(i % 255));
        if (plan_unpack(&q, buf_view(&b), NULL) == 0) {
            for (size_t k = 0; k < q.scenario_count; k++)
                assert_true(q.scenarios[k].users >= 0 && q.scenarios[k].start_us >= 0);
            plan_deinit(&q);
        }
        b.ptr[i / 255] = kept;
    }
    buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(descriptions),
        cmocka_unit_test(users_over_time), cmocka_unit_test(round_trip), cmocka_unit_test(damaged)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
