#include "report/prometheus.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

struct scene {
    struct recorder total;
    struct plan plan;
    struct run_state run;
    struct buf text;
};

static void begin(struct scene *s) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->run = (struct run_state){.plan = &s->plan, .total = &s->total};
    buf_init(&s->text, 1 << 20);
}

static void end(struct scene *s) {
    recorder_deinit(&s->total);
    buf_deinit(&s->text);
}

static void add(struct scene *s, metric_id metric, const struct tag *tags, size_t n, double value) {
    recorder_add(&s->total, metric, tags_intern(s->total.tags, tags, n), value, NULL);
}

static void contains(const struct scene *s, const char *wanted) {
    if (!strstr(s->text.ptr, wanted))
        print_message("%s\nmissing: %s\n", s->text.ptr, wanted);
    assert_non_null(strstr(s->text.ptr, wanted));
}

static void empty_run(void **state) {
    (void)state;
    struct scene s;
    begin(&s);
    assert_int_equal(prometheus_text_render(&s.run, &s.text), 0);
    assert_string_equal(s.text.ptr,
        "# TYPE halftime_run_elapsed_seconds gauge\nhalftime_run_elapsed_seconds 0\n"
        "# TYPE halftime_users gauge\nhalftime_users 0\n"
        "# TYPE halftime_iterations_total counter\nhalftime_iterations_total 0\n"
        "# TYPE halftime_workers gauge\nhalftime_workers 0\n"
        "# TYPE halftime_samples_dropped_total counter\nhalftime_samples_dropped_total 0\n");
    end(&s);
}

static void every_type(void **state) {
    (void)state;
    struct scene s;
    metric_id size;
    begin(&s);
    assert_int_equal(
        metrics_register(s.total.metrics, VIEW("size"), METRIC_TREND, METRIC_DATA, &size), METRIC_OK);
    add(&s, METRIC_HTTP_REQS, NULL, 0, 3);
    add(&s, METRIC_VUS, NULL, 0, 7);
    add(&s, METRIC_CHECKS, NULL, 0, 1);
    add(&s, METRIC_CHECKS, NULL, 0, 0);
    add(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 4);
    add(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 2000);
    add(&s, METRIC_ITERATION_LATENESS, NULL, 0, 1);
    add(&s, size, NULL, 0, 512);
    assert_int_equal(prometheus_text_render(&s.run, &s.text), 0);
    contains(&s, "# TYPE k6_http_reqs_total counter\nk6_http_reqs_total 3\n");
    contains(&s, "# TYPE k6_vus gauge\nk6_vus 7\n");
    contains(&s, "# TYPE k6_checks_rate gauge\nk6_checks_rate 0.5\n");
    contains(&s, "# TYPE k6_http_req_duration_seconds "
                 "histogram\nk6_http_req_duration_seconds_bucket{le=\"0.001\"} 0\n");
    contains(&s, "k6_http_req_duration_seconds_bucket{le=\"0.005\"} 1\n");
    contains(&s, "k6_http_req_duration_seconds_bucket{le=\"2.5\"} 2\n");
    contains(&s, "k6_http_req_duration_seconds_bucket{le=\"+Inf\"} 2\nk6_http_req_duration_seconds_sum "
                 "2.004\nk6_http_req_duration_seconds_count 2\n");
    contains(&s, "# TYPE k6_size_bytes summary\nk6_size_bytes{quantile=\"0.5\"} 512\n");
    assert_null(strstr(s.text.ptr, "lateness"));
    end(&s);
}

static void labels(void **state) {
    (void)state;
    static const struct {
        struct tag tags[3];
        size_t n;
        const char *text;
    } cases[] = {
        {{{VIEW("name"), VIEW("a \"b\"\\\nc,d{}")}}, 1,
            "k6_http_reqs_total{name=\"a \\\"b\\\"\\\\\\nc,d{}\"} 1\n"},
        {{{VIEW("status"), VIEW("200")}, {VIEW("group"), VIEW("")}, {VIEW("method"), VIEW("GET")}}, 3,
            "k6_http_reqs_total{method=\"GET\",status=\"200\"} 1\n"},
        {{{VIEW("my-tag"), VIEW("1")}, {VIEW("my_tag"), VIEW("2")}, {VIEW("9x"), VIEW("3")}}, 3,
            "k6_http_reqs_total{_9x=\"3\",my_tag=\"1\"} 1\n"},
        {{{VIEW("__name__"), VIEW("evil")}, {VIEW("ok"), VIEW("\xff")}}, 2,
            "k6_http_reqs_total{ok=\"\xef\xbf\xbd\"} 1\n"},
        {{{VIEW("\xc3\xbc"), VIEW("\xc3\xbc")}}, 1, "k6_http_reqs_total{__=\"\xc3\xbc\"} 1\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        begin(&s);
        add(&s, METRIC_HTTP_REQS, cases[i].tags, cases[i].n, 1);
        assert_int_equal(prometheus_text_render(&s.run, &s.text), 0);
        contains(&s, cases[i].text);
        end(&s);
    }
}

static void locust_and_thresholds(void **state) {
    (void)state;
    struct scene s;
    struct plan_scenario held = {.executor = PLAN_HELD_USERS};
    struct plan_threshold threshold = {.target = VIEW("vus{a:\"b\"}"), .expression = VIEW("value<3")};
    struct run_threshold result = {.ok = true};
    struct run_worker worker = {.health = {.wall_us = 1000, .cpu_us = 250}};
    begin(&s);
    s.plan = (struct plan){
        .scenarios = &held, .scenario_count = 1, .thresholds = &threshold, .threshold_count = 1};
    s.run.thresholds = &result;
    s.run.workers = &worker;
    s.run.worker_count = 1;
    add(&s, METRIC_VUS, NULL, 0, 2);
    assert_int_equal(prometheus_text_render(&s.run, &s.text), 0);
    contains(&s, "locust_vus 2\n");
    contains(&s, "halftime_worker_cpu_ratio{worker=\"0\"} 0.25\n");
    contains(&s, "halftime_threshold_ok{expression=\"value<3\",target=\"vus{a:\\\"b\\\"}\"} 1\n");
    end(&s);
}

static void limit(void **state) {
    (void)state;
    struct scene s;
    struct buf small CLEANUP(buf_deinit) = BUF_MAX(100);
    begin(&s);
    assert_int_equal(prometheus_text_render(&s.run, &small), ERROR_LIMIT);
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(empty_run), cmocka_unit_test(every_type),
        cmocka_unit_test(labels), cmocka_unit_test(locust_and_thresholds), cmocka_unit_test(limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
