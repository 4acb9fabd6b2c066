/* The list of tests of a run, and the two documents that are made of it. */
#include "report/test_results.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/file.h"
#include "report/outputs.h"

struct scene {
    struct recorder total;
    struct plan plan;
    struct plan_threshold thresholds[2];
    struct run_threshold results[2];
    struct run_state run;
    char path[64];
    struct buf text;
};

static void begin(struct scene *s) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->plan.thresholds = s->thresholds;
    s->run = (struct run_state){.plan = &s->plan,
        .total = &s->total,
        .thresholds = s->results,
        .script_path = VIEW("a<b>.js"),
        .elapsed_us = 1500000};
    buf_init(&s->text, 1 << 20);
    snprintf(s->path, sizeof s->path, "/tmp/test_results_test_XXXXXX");
    int fd = mkstemp(s->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "old\n", 4), 4);
    close(fd);
}

static void end(struct scene *s) {
    unlink(s->path);
    recorder_deinit(&s->total);
    buf_deinit(&s->text);
}

static void check(struct scene *s, const char *group, const char *name, bool passed) {
    struct tag tags[] = {{VIEW("check"), view_of_cstr(name)}, {VIEW("group"), view_of_cstr(group)}};
    recorder_add(&s->total, METRIC_CHECKS, tags_intern(s->total.tags, tags, 2), passed, NULL);
}

static void document(struct scene *s, const char *type) {
    char spec[128];
    struct report_sink *sink;
    struct error err = ERROR_NULL;
    snprintf(spec, sizeof spec, "%s=%s", type, s->path);
    struct view v = view_of_cstr(spec);
    assert_int_equal(outputs_new(&v, 1, &sink, &err), 0);
    if (sink->ops->start)
        sink->ops->start(sink, &s->run);
    assert_int_equal(sink->ops->finish(sink, &s->run, &err), 0);
    report_sink_free(sink);
    buf_clear(&s->text);
    assert_int_equal(file_read(s->path, &s->text, &err), 0);
}

static void holds(const struct scene *s, const char *text) {
    if (!strstr(s->text.ptr, text))
        print_message("missing: %s\nin: %s\n", text, s->text.ptr);
    assert_non_null(strstr(s->text.ptr, text));
}

static void odd_run(struct scene *s) {
    s->thresholds[0] =
        (struct plan_threshold){.target = VIEW("http_req_duration"), .expression = VIEW("p(95)<500")};
    s->thresholds[1] = (struct plan_threshold){.target = VIEW("http_reqs"), .expression = VIEW("count>5")};
    s->plan.threshold_count = 2;
    s->results[0].ok = true;
    recorder_add(&s->total, METRIC_HTTP_REQ_DURATION, 0, 12, NULL);
    recorder_add(&s->total, METRIC_HTTP_REQS, 0, 1, NULL);
    check(s, "", "fine", true);
    check(s, "::outer", "a | \"b\" <c> & 'd'\n\x01\xff", true);
    check(s, "::outer", "a | \"b\" <c> & 'd'\n\x01\xff", false);
}

static void collected(void **state) {
    (void)state;
    struct scene s;
    struct test_results t;
    begin(&s);
    odd_run(&s);
    assert_int_equal(test_results_init(&t, &s.run), 0);
    assert_int_equal(t.count, 5);
    assert_int_equal(test_results_failed(&t), 2);
    assert_true(view_eq(t.items[1].figure, VIEW("p(95)=12ms")) && !t.items[1].failed);
    assert_true(view_eq(t.items[2].figure, VIEW("count=1")) && t.items[2].failed);
    assert_true(
        view_eq(t.items[4].group, VIEW("outer")) && view_eq(t.items[4].figure, VIEW("1 of 2 failed")));
    test_results_deinit(&t);
    end(&s);
}

static void junit(void **state) {
    (void)state;
    struct scene s;
    begin(&s);
    odd_run(&s);
    document(&s, "junit");
    assert_int_equal(strncmp(s.text.ptr, "<?xml", 5), 0); /* what was there before is gone */
    holds(&s, "<testsuites name=\"a&lt;b&gt;.js\" tests=\"5\" failures=\"2\" errors=\"0\" time=\"1.500\">");
    holds(&s, "<testcase classname=\"thresholds\" name=\"http_req_duration: p(95)&lt;500\"/>");
    holds(&s, "<testcase classname=\"checks.outer\" name=\"a | &quot;b&quot; &lt;c&gt; &amp; "
              "'d'&#10;\xef\xbf\xbd\xef\xbf\xbd\">\n      <failure message=\"1 of 2 failed\">1 of 2 "
              "failed</failure>");
    end(&s);
}

static void markdown(void **state) {
    (void)state;
    struct scene s;
    begin(&s);
    odd_run(&s);
    document(&s, "markdown");
    assert_int_equal(strncmp(s.text.ptr, "## ❌ a&lt;b>.js: 2 of 5 failed\n", 30), 0);
    holds(&s, "| ❌ | http\\_reqs: count>5 | count=1 |");
    holds(&s, "| ❌ | outer: a \\| \"b\" &lt;c> &amp; 'd' \x01\xff | 1 | 1 |");
    holds(&s, "| http\\_req\\_duration | 12ms | 12ms |");
    end(&s);
}

static void a_step_summary_is_appended(void **state) {
    (void)state;
    struct scene s;
    begin(&s);
    setenv("GITHUB_STEP_SUMMARY", s.path, 1);
    document(&s, "markdown");
    assert_int_equal(strncmp(s.text.ptr, "old\n## ✅ a&lt;b>.js: all 1 passed\n", 36), 0);
    unsetenv("GITHUB_STEP_SUMMARY");
    end(&s);
}

static void an_aborted_run_fails(void **state) {
    (void)state;
    struct scene s;
    begin(&s);
    s.run.stopped_by = "abort";
    document(&s, "junit");
    holds(&s, "<failure message=\"the script aborted the run\">");
    document(&s, "markdown");
    holds(&s, "**the script aborted the run**");
    end(&s);
}

static void locust_requests(void **state) {
    (void)state;
    struct scene s;
    struct plan_scenario held = {.executor = PLAN_HELD_USERS};
    static const struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), VIEW("/x|y")}};
    metric_id ids[REQUEST_METRIC_COUNT];
    begin(&s);
    s.plan.scenarios = &held;
    s.plan.scenario_count = 1;
#define REGISTER(id, name, type, contains)                                                                   \
    assert_int_equal(metrics_register(s.total.metrics, VIEW(name), METRIC_##type, METRIC_##contains,         \
                         &ids[REQUEST_METRIC_##id]),                                                         \
        METRIC_OK);
    REQUEST_METRICS(REGISTER)
#undef REGISTER
    tagset_id set = tags_intern(s.total.tags, tags, 2);
    for (int i = 0; i < 3; i++) {
        recorder_add(&s.total, ids[REQUEST_METRIC_DURATION], set, 10, NULL);
        recorder_add(&s.total, ids[REQUEST_METRIC_BYTES], set, 100, NULL);
        recorder_add(&s.total, ids[REQUEST_METRIC_AT], set, 1700000000, NULL);
    }
    recorder_add(&s.total, ids[REQUEST_METRIC_FAILURES], set, 1, NULL);
    evidence_store_add(
        s.total.evidence, EVIDENCE_LOCUST_FAILURE, VIEW("GET"), VIEW("/x|y"), VIEW("HTTPError('404')"), 1);
    document(&s, "junit");
    holds(&s, "<testcase classname=\"requests\" name=\"GET /x|y\">\n      <failure message=\"1 of 3 "
              "failed\">1 × HTTPError('404')</failure>");
    document(&s, "markdown");
    holds(&s, "| GET | /x\\|y | 3 | 1 | 10 | 10 | 10 | 10 | 10 |");
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(collected), cmocka_unit_test(junit),
        cmocka_unit_test(markdown), cmocka_unit_test(a_step_summary_is_appended),
        cmocka_unit_test(an_aborted_run_fails), cmocka_unit_test(locust_requests)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
