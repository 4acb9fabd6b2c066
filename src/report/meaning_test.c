#include "report/meaning.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/buf.h"
#include "report/insight.h"
#include "report/meaning_course.h"
#include "report/meaning_validity.h"
#include "report/words.h"

struct scene {
    struct recorder total;
    struct plan plan;
    struct run_worker worker;
    struct run_state run;
    struct validity validity;
    struct meaning m;
};

static void scene_init(struct scene *s) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->worker = (struct run_worker){.alive = true, .health = {.wall_us = 1000000, .cpu_us = 300000}};
    s->run = (struct run_state){.plan = &s->plan, .total = &s->total, .phase = RUN_RUNNING, .workers = &s->worker, .worker_count = 1,
        .validity = &s->validity};
    meaning_init(&s->m);
}

/* One second with n requests of so many milliseconds. */
static void second(struct scene *s, int n, double ms, uint64_t users) {
    for (int i = 0; i < n; i++) {
        struct recorder_at at = {.wall_ns = 1, .iter = -1};
        recorder_add(&s->total, METRIC_HTTP_REQ_DURATION, 0, ms, &at);
        recorder_add(&s->total, METRIC_HTTP_REQ_FAILED, 0, 0, &at);
        recorder_add(&s->total, METRIC_HTTP_REQS, 0, 1, &at);
    }
    struct validity_reading r = validity_reading_of(&s->worker.health, NULL);
    r.from_us = s->run.load_elapsed_us;
    r.to_us = s->run.load_elapsed_us += 1000000;
    validity_add(&s->validity, &r);
    s->run.users_active = users;
    meaning_second(&s->m, &s->run);
}

static void contains(struct scene *s, const char *const *texts) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    assert_int_equal(meaning_write(&s->m, &s->run, false, &out), 0);
    for (char *c = out.ptr; (c = strstr(c, "\n    "));) /* as one line */
        memmove(c + 1, c + 5, strlen(c + 5) + 1), *c = ' ';
    for (; *texts; texts++)
        if (!strstr(out.ptr, *texts))
            fail_msg("\"%s\" is not in: %s", *texts, out.ptr);
    recorder_deinit(&s->total);
}

static void steady_and_percentiles(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 30; i++)
        second(&s, 10, 100, 50);
    contains(&s, (const char *const[]){"WHAT THIS RUN MEANS", "Response times had settled (mean 100 ms ± 0 ms).",
        "19 of 20 requests came within 100 ms and 99 of 100 within 100 ms: there is hardly a tail (the slowest took 100 ms).",
        "Requests: 300 counted, none cut in flight; the server's log should show as many.", NULL});
}

static void still_rising(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 30; i++)
        second(&s, 10, 100 + 50 * i, 50);
    s.run.requests_in_flight_at_end = 6;
    contains(&s, (const char *const[]){"still rising by 50 ms/s when the test ended", "this is not a result yet",
        "Requests: 300 counted + 6 cut in flight when users were stopped; the server may have logged up to 306.", NULL});
}

static void knee_on_a_ramp(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 1; i <= 60; i++)
        second(&s, 10, i < 40 ? 20 : 20 + 40 * (i - 39), (uint64_t)(10 * i));
    for (int i = 59; i > 0; i--)
        second(&s, 10, 500, (uint64_t)(10 * i));
    struct meaning_course c = meaning_course_of(s.m.points, s.m.count);
    assert_true(c.knee);
    assert_true(c.knee_users >= 370 && c.knee_users <= 410);
    assert_true(c.peak_users == 600);
    contains(&s, (const char *const[]){"Response times stayed near 20 ms up to about ", "the knee lies near ", NULL});
}

static void flat_ramp_has_no_knee(void **state) {
    (void)state;
    struct meaning_point p[60];
    for (int i = 0; i < 60; i++)
        p[i] = (struct meaning_point){.from_s = i, .to_s = i + 1, .requests = 10, .sum_ms = 200, .users = 10 * (i + 1)};
    struct meaning_course c = meaning_course_of(p, 60);
    assert_false(c.knee);
    assert_int_equal(c.trend, MEANING_LOAD_CHANGED);
}

static void nobody_at_the_other_end(void **state) {
    static const struct {
        const char *text, *code;
        int cut;
        const char *want;
    } cases[] = {
        {"dial: connection refused", "1212", 0, "Requests: 10 counted, none cut in flight; 4 of them found no server, so its log should show 6."},
        {"lookup: no such host", "1101", 3,
            "Requests: 10 counted + 3 cut in flight when users were stopped; 4 of them found no server, so it may have logged up to 9."},
        {"unsupported protocol scheme \"\"", "1000", 0, "4 of them found no server"},
        {"read: connection reset by peer", "1220", 0, "Requests: 10 counted, none cut in flight; the server's log should show as many."},
        {"", "1404", 0, "Requests: 10 counted, none cut in flight; the server's log should show as many."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        scene_init(&s);
        second(&s, 10, 1, 1);
        evidence_store_add(s.total.evidence, EVIDENCE_REQUEST_ERROR, view_of_cstr(cases[i].text), VIEW("GET /"), view_of_cstr(cases[i].code), 4);
        s.run.requests_in_flight_at_end = (uint64_t)cases[i].cut;
        contains(&s, (const char *const[]){cases[i].want, NULL});
    }
}

static void nobody_at_all(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    second(&s, 4, 0, 1);
    evidence_store_add(s.total.evidence, EVIDENCE_REQUEST_ERROR, VIEW("dial: connection refused"), VIEW("GET /"), VIEW("1212"), 4);
    contains(&s, (const char *const[]){"MEANS \n None of them found a server, so nothing can be said about response times.", "its log should show 0.", NULL});
}

/* Told by the last snapshot, after the last second. */
static void what_ran_out(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    second(&s, 10, 1, 1);
    assert_false(meaning_invalid(&s.m));
    validity_add(&s.validity, &(struct validity_reading){.from_us = 1000000, .to_us = 1001000, .descriptors = 7});
    s.run.phase = RUN_ENDED;
    meaning_second(&s.m, &s.run);
    meaning_second(&s.m, &s.run);
    assert_true(meaning_invalid(&s.m));
    contains(&s, (const char *const[]){"INVALID from second 1 to 2: the load generator was the limit", " 7 connections found no free descriptor (ulimit -n).", NULL});
}

static void invalid_comes_first(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 20; i++) {
        s.worker.health.cpu_us = i >= 10 ? 990000 : 200000;
        second(&s, 10, 100, 50);
    }
    assert_true(meaning_invalid(&s.m));
    contains(&s, (const char *const[]){"WHAT THIS RUN MEANS \n INVALID from second 10 to 20: the load generator was the limit",
        "A worker was above 90 % of its core for 10 s (worst: 99 %, time waiting for a core included)", NULL});
}

/* One snapshot at the end tells of nine seconds without any. */
static void one_long_hold(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 10; i++)
        second(&s, 0, 0, 1);
    assert_false(meaning_invalid(&s.m));
    validity_add(&s.validity, &(struct validity_reading){.from_us = 1000000, .to_us = 10000000, .wall_us = 9000000, .send_late_max_us = 9000000});
    s.run.phase = RUN_ENDED;
    meaning_second(&s.m, &s.run);
    assert_true(meaning_invalid(&s.m));
    contains(&s, (const char *const[]){"INVALID from second 1 to 10: the load generator was the limit", "It was up to 9000 ms late for 9 s.", NULL});
}

static void one_busy_second_is_no_verdict(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    s.worker.health.cpu_us = 1000000;
    second(&s, 10, 100, 50);
    s.worker.health.cpu_us = 100000;
    for (int i = 0; i < 5; i++)
        second(&s, 10, 100, 50);
    assert_false(meaning_invalid(&s.m));
    recorder_deinit(&s.total);
}

static void errors_and_silence(void **state) {
    (void)state;
    struct scene s;
    struct recorder_at at = {.wall_ns = 1, .iter = -1};
    scene_init(&s);
    second(&s, 90, 5, 1);
    for (int i = 0; i < 10; i++)
        recorder_add(&s.total, METRIC_HTTP_REQ_FAILED, 0, 1, &at);
    contains(&s, (const char *const[]){"10 of 100 requests failed (10.0 %)", "Too little was measured in this short run", "19 of 20 requests came within 5.0 ms, the slowest took 5.0 ms.", NULL});
    scene_init(&s);
    struct plan_scenario scenario = {.name = VIEW("default")};
    struct run_scenario live = {.dropped = 21};
    s.plan.scenarios = &scenario;
    s.plan.scenario_count = 1;
    s.run.scenarios = &live;
    contains(&s, (const char *const[]){" No request was made, so nothing can be said about response times. 21 iterations were never started", NULL});
}

static void long_runs_are_thinned_out(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 5000; i++)
        second(&s, 1, 10, 5);
    assert_true(s.m.count <= MEANING_POINTS_MAX && s.m.count > MEANING_POINTS_MAX / 4);
    double requests = 0;
    for (size_t i = 0; i < s.m.count; i++) {
        requests += s.m.points[i].requests;
        assert_true(i == 0 || s.m.points[i].from_s == s.m.points[i - 1].to_s);
    }
    assert_true(requests == 5000);
    recorder_deinit(&s.total);
}

static void the_tail_of_good_answers(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    struct tag good = {VIEW("expected_response"), VIEW("true")}, bad = {VIEW("expected_response"), VIEW("false")};
    for (int i = 0; i < 1000; i++)
        recorder_add(&s.total, METRIC_HTTP_REQ_DURATION, tags_intern(s.total.tags, i < 900 ? &good : &bad, 1), i < 850 ? 10 : i < 900 ? 300 : 60000,
            &(struct recorder_at){.wall_ns = 1, .iter = -1});
    second(&s, 0, 0, 5);
    s.run.requests_in_flight_at_end = 1;
    contains(&s, (const char *const[]){"19 of 20 good answers came within 300 ms and 99 of 100 within 300 ms", NULL});
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    assert_int_equal(words_wrap(VIEW("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa within 3 s): b"), "  ", "  ", &out), 0);
    assert_non_null(strstr(out.ptr, "within\n  3 s): b\n"));
}

static void a_cold_start_is_left_out(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 60; i++)
        second(&s, 10, i < 6 ? 900 - 130 * i : 100, 50);
    contains(&s, (const char *const[]){"Response times had settled (mean 100 ms ± 0 ms) after a warm-up of 6 s, which took ", "is left out of this mean.", NULL});
}

/* Five users, each asking every 50 ms; the target stands still for 2 s, once: 5 requests of 2 s, and 5 · 40 never sent. */
static void a_stall_in_a_closed_loop(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    for (int i = 0; i < 20; i++)
        second(&s, i == 10 || i == 11 ? 0 : 100, 10, 5);
    for (int i = 0; i < 5; i++)
        recorder_add(&s.total, METRIC_HTTP_REQ_DURATION, 0, 2000, NULL);
    contains(&s, (const char *const[]){"The target stalled (up to 2 s): about 195 requests were not sent meanwhile", "within about 1.8 s instead of 10 ms (an estimate", NULL});
}

static void users_of_an_open_model_feel_more(void **state) {
    (void)state;
    struct scene s;
    struct plan_scenario arrivals = {.executor = PLAN_CONSTANT_ARRIVAL_RATE};
    scene_init(&s);
    s.plan.scenarios = &arrivals;
    s.plan.scenario_count = 1;
    second(&s, 100, 10, 5);
    for (int i = 0; i < 100; i++) {
        recorder_add(&s.total, METRIC_ITERATION_DURATION, 0, 12, NULL);
        recorder_add(&s.total, METRIC_ITERATION_RESPONSE, 0, i < 90 ? 12 : 812, NULL);
    }
    contains(&s, (const char *const[]){"response time      92 ms     12 ms", "812 ms   from when they were due", "service time       12 ms     12 ms", NULL});
}

static void validity_as_json(void **state) {
    (void)state;
    struct validity v = {0};
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 16);
    struct json_writer w = json_writer_of(&out);
    for (int i = 0; i < 20; i++)
        validity_add(&v, &(struct validity_reading){.from_us = i * 1000000, .to_us = (i + 1) * 1000000, .wall_us = 1000000, .cpu_us = i < 5 ? 950000 : 10});
    meaning_validity_json(&v, &w);
    assert_int_equal(json_writer_error(&w), 0);
    static const char *const parts[] = {"\"state\":\"INVALID\"", "\"invalid_s\":5", "\"reason\":\"cpu\"", "\"remedy\":\"use more workers", "\"to_s\":5"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(out.ptr, parts[i]))
            fail_msg("%s is not in %s", parts[i], out.ptr);
}

static metric_id request_metric(struct scene *s, const char *name, enum metric_type type) {
    metric_id id;
    assert_int_equal(metrics_register(s->total.metrics, view_of_cstr(name), type, METRIC_DEFAULT, &id), 0);
    return id;
}

/* A Locust run: what the script calls a failure counts, and what users felt includes connecting. */
static void a_run_that_judges_its_requests_itself(void **state) {
    (void)state;
    struct scene s;
    struct plan_scenario held = {.executor = PLAN_HELD_USERS};
    scene_init(&s);
    s.plan.scenarios = &held;
    s.plan.scenario_count = 1;
    metric_id duration = request_metric(&s, "request_duration", METRIC_TREND), bytes = request_metric(&s, "request_bytes", METRIC_COUNTER),
              failures = request_metric(&s, "request_failures", METRIC_COUNTER);
    for (int i = 0; i < 200; i++) {
        recorder_add(&s.total, duration, 0, 700, NULL);
        recorder_add(&s.total, bytes, 0, 10, NULL);
        if (i < 50)
            recorder_add(&s.total, failures, 0, 1, NULL);
    }
    contains(&s, (const char *const[]){"50 of 200 requests failed (25.0 %)", "within 700 ms", "Requests: 200 counted", NULL});
}

static void words(void **state) {
    (void)state;
    static const struct { double ms; const char *text; } cases[] = {{0.42, "0.42 ms"}, {5, "5.0 ms"}, {141.9, "142 ms"}, {999.7, "1 s"}, {1300, "1.3 s"},
        {60001, "60 s"}, {180000, "3 min"}, {125000, "2 min 5 s"}};
    char out[WORDS_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(words_duration(cases[i].ms, out), cases[i].text);
    assert_string_equal(words_share(0.0583, out), "5.8 %");
    assert_string_equal(words_share(0.99999, out), "99.9 %");
    assert_string_equal(words_share(1, out), "100 %");
    assert_string_equal(words_share(0.00001, out), "less than 0.01 %");
}

static void the_sink_prints_at_the_end(void **state) {
    (void)state;
    struct scene s;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    struct error err = ERROR_NULL;
    scene_init(&s);
    struct report_sink *sink = insight_new(&(struct insight_options){.out = out});
    s.run.load_elapsed_us = 1000000;
    sink->ops->second(sink, &s.run);
    assert_int_equal(sink->ops->finish(sink, &s.run, &err), 0);
    fclose(out);
    assert_non_null(strstr(text, "WHAT THIS RUN MEANS"));
    assert_false(insight_invalid(sink));
    sink->ops->free(sink);
    free(text);
    recorder_deinit(&s.total);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(steady_and_percentiles), cmocka_unit_test(still_rising), cmocka_unit_test(knee_on_a_ramp),
        cmocka_unit_test(flat_ramp_has_no_knee), cmocka_unit_test(invalid_comes_first), cmocka_unit_test(nobody_at_the_other_end), cmocka_unit_test(nobody_at_all),
        cmocka_unit_test(what_ran_out), cmocka_unit_test(one_long_hold), cmocka_unit_test(one_busy_second_is_no_verdict),
        cmocka_unit_test(errors_and_silence), cmocka_unit_test(long_runs_are_thinned_out), cmocka_unit_test(the_tail_of_good_answers), cmocka_unit_test(a_run_that_judges_its_requests_itself), cmocka_unit_test(words), cmocka_unit_test(a_cold_start_is_left_out), cmocka_unit_test(a_stall_in_a_closed_loop), cmocka_unit_test(users_of_an_open_model_feel_more), cmocka_unit_test(validity_as_json), cmocka_unit_test(the_sink_prints_at_the_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
