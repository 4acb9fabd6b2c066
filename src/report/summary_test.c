#include "report/summary.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <jansson.h>
#include <unistd.h>

#include "report/console_summary.h"

struct scene {
    struct recorder total;
    struct plan_threshold thresholds[8];
    struct run_threshold verdicts[8];
    struct plan plan;
    struct run_state run;
    struct summary_options options;
};

static void add(struct scene *s, const char *metric, enum metric_type type, enum metric_contains contains, const char *tags, double v) {
    struct tag list[8];
    size_t n = 0;
    metric_id id;
    struct view rest = view_of_cstr(tags);
    while (rest.len) {
        struct view pair = view_cut(&rest, ',', NULL), key = view_cut(&pair, '=', NULL);
        list[n++] = (struct tag){key, pair.ptr ? pair : VIEW("")};
    }
    assert_int_equal(metrics_register(s->total.metrics, view_of_cstr(metric), type, contains, &id), 0);
    recorder_add(&s->total, id, tags_intern(s->total.tags, list, n), v, &(struct recorder_at){.wall_ns = 1, .iter = -1});
}

static void threshold(struct scene *s, const char *target, const char *expression, bool ok) {
    size_t i = s->plan.threshold_count++;
    s->thresholds[i] = (struct plan_threshold){.target = view_of_cstr(target), .expression = view_of_cstr(expression)};
    s->verdicts[i] = (struct run_threshold){.target = view_of_cstr(target), .expression = view_of_cstr(expression), .ok = ok};
}

static void scene_init(struct scene *s, const char *host_options) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->plan.host_options = view_of_cstr(host_options);
    s->plan.thresholds = s->thresholds;
    s->run = (struct run_state){.plan = &s->plan, .thresholds = s->verdicts, .total = &s->total, .elapsed_us = 500000, .phase = RUN_ENDED,
        .script_path = VIEW("/nonexistent/script.js"), .setup_data = VIEW("{\"x\":1}")};
    summary_options_from_plan(&s->options, &s->plan);
}

static void scene_deinit(struct scene *s) { recorder_deinit(&s->total); }

#define HTTP(name, tags, value) add(s, name, METRIC_TREND, METRIC_TIME, tags, value)

/* As the script of the recorded runs: two groups, checks in and out of them, all types of custom metrics. */
static void fill(struct scene *s) {
    static const char ok[] = "expected_response=true,group=::outer,name=a,scenario=default",
                      bad[] = "expected_response=false,group=::outer::inner,name=b,scenario=default";
    for (int i = 0; i < 6; i++) {
        add(s, "http_reqs", METRIC_COUNTER, METRIC_DEFAULT, ok, 1);
        HTTP("http_req_duration", ok, 1.25);
        HTTP("http_req_blocked", ok, 0.0005);
        add(s, "http_req_failed", METRIC_RATE, METRIC_DEFAULT, ok, 0);
        add(s, "checks", METRIC_RATE, METRIC_DEFAULT, "check=status is 200,group=::outer,scenario=default", 1);
        add(s, "checks", METRIC_RATE, METRIC_DEFAULT, "check=iter even,group=::outer,scenario=default", i % 3 ? 1 : 0);
        add(s, "checks", METRIC_RATE, METRIC_DEFAULT, "check=status is 200,group=::outer::inner,scenario=default", 1);
        add(s, "checks", METRIC_RATE, METRIC_DEFAULT, "check=never,group=,scenario=default", 0);
        add(s, "http_reqs", METRIC_COUNTER, METRIC_DEFAULT, bad, 1);
        HTTP("http_req_duration", bad, 1.25);
        add(s, "http_req_failed", METRIC_RATE, METRIC_DEFAULT, bad, 1);
        HTTP("group_duration", "group=::outer::inner,scenario=default", 2);
        HTTP("group_duration", "group=::outer,scenario=default", 2);
        add(s, "my_bytes", METRIC_COUNTER, METRIC_DEFAULT, "scenario=default", 1500);
        add(s, "my_ctime", METRIC_COUNTER, METRIC_TIME, "scenario=default", 2500);
        add(s, "my_gauge", METRIC_GAUGE, METRIC_DEFAULT, "scenario=default", i);
        add(s, "my_rate", METRIC_RATE, METRIC_DEFAULT, "scenario=default", i % 3 == 0);
        add(s, "my_trend", METRIC_TREND, METRIC_DEFAULT, "scenario=default", 1.5);
        add(s, "halftime_iteration_lateness", METRIC_TREND, METRIC_TIME, "scenario=default", 1);
        HTTP("iteration_duration", "group=,scenario=default", 101.94);
        add(s, "iterations", METRIC_COUNTER, METRIC_DEFAULT, "group=,scenario=default", 1);
        add(s, "data_sent", METRIC_COUNTER, METRIC_DATA, "group=,scenario=default", 180);
    }
    threshold(s, "my_trend", "med<100", true);
    threshold(s, "my_trend", " p(99.5)<1000 ", true);
    threshold(s, "http_reqs{name:a}", "count>1", true);
    threshold(s, "http_req_duration", "avg<0.000001", false);
    threshold(s, "http_reqs", "rate>0", true);
}

static void text_is(struct scene *s, const char *expected) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(SUMMARY_TEXT_MAX);
    assert_int_equal(summary_text(&s->run, &s->options, &out), 0);
    assert_string_equal(out.ptr, expected);
}

#define THRESHOLDS_TEXT                                                                                                                 \
    "\n\n  █ THRESHOLDS \n\n    http_req_duration\n    ✗ 'avg<0.000001' avg=1.25ms\n\n    http_reqs\n    ✓ 'rate>0' rate=24/s\n\n"        \
    "    http_reqs{name:a}\n    ✓ 'count>1' count=6\n\n    my_trend\n    ✓ 'med<100' med=1.5\n    ✓ 'p(99.5)<1000' p(99.5)=1.5\n"
#define CHECKS_TEXT                                                                                                                     \
    "\n\n  █ TOTAL RESULTS \n\n    checks_total.......: 24     48/s\n    checks_succeeded...: 66.66% 16 out of 24\n"                         \
    "    checks_failed......: 33.33% 8 out of 24\n\n    ✓ status is 200\n    ✗ iter even\n      ↳  66% — ✓ 4 / ✗ 2\n    ✗ never\n"          \
    "      ↳  0% — ✓ 0 / ✗ 6\n\n"

static void compact(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{\"summaryTrendStats\":null,\"summaryTimeUnit\":null}");
    fill(&s);
    text_is(&s, THRESHOLDS_TEXT CHECKS_TEXT
        "    CUSTOM\n"
        "    my_bytes.......................: 9000   18000/s\n"
        "    my_ctime.......................: 15s    30s/s\n"
        "    my_gauge.......................: 5      min=0       max=5\n"
        "    my_rate........................: 33.33% 2 out of 6\n"
        "    my_trend.......................: avg=1.5      min=1.5      med=1.5      max=1.5      p(90)=1.5      p(95)=1.5     \n\n"
        "    HTTP\n"
        "    http_req_duration..............: avg=1.25ms   min=1.25ms   med=1.25ms   max=1.25ms   p(90)=1.25ms   p(95)=1.25ms  \n"
        "      { expected_response:true }...: avg=1.25ms   min=1.25ms   med=1.25ms   max=1.25ms   p(90)=1.25ms   p(95)=1.25ms  \n"
        "    http_req_failed................: 50.00% 6 out of 12\n"
        "    http_reqs......................: 12     24/s\n"
        "      { name:a }...................: 6      12/s\n\n"
        "    EXECUTION\n"
        "    iteration_duration.............: avg=101.94ms min=101.94ms med=101.94ms max=101.94ms p(90)=101.94ms p(95)=101.94ms\n"
        "    iterations.....................: 6      12/s\n\n"
        "    NETWORK\n"
        "    data_sent......................: 1.1 kB 2.2 kB/s\n\n\n\n");
    scene_deinit(&s);
}

static void full_and_units(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{\"summaryTrendStats\":[\"count\",\"p(99.9)\"],\"summaryTimeUnit\":\"ms\"}");
    s.options.mode = SUMMARY_FULL;
    struct scene *p = &s;
    add(p, "http_reqs", METRIC_COUNTER, METRIC_DEFAULT, "group=::one::two,scenario=alpha", 1);
    add(p, "checks", METRIC_RATE, METRIC_DEFAULT, "group=::one::two,scenario=alpha,check=ok", 0);
    add(p, "http_req_waiting", METRIC_TREND, METRIC_TIME, "group=::three,scenario=default", 2.5);
    add(p, "http_reqs", METRIC_COUNTER, METRIC_DEFAULT, "group=::setup", 1);
    text_is(&s,
        "\n\n  █ TOTAL RESULTS \n\n    checks_total.......: 1       2/s\n    checks_succeeded...: 0.00%   0 out of 1\n"
        "    checks_failed......: 100.00% 1 out of 1\n\n    ✗ ok\n      ↳  0% — ✓ 0 / ✗ 1\n\n"
        "    HTTP\n    http_req_waiting...: count=1 p(99.9)=2.50ms\n    http_reqs..........: 2 4/s\n"
        "\n\n  █ GROUP: three \n\n    HTTP\n    http_req_waiting...: count=1 p(99.9)=2.50ms\n"
        "\n\n  █ SCENARIO: alpha \n\n    checks_total.......: 1       2/s\n    checks_succeeded...: 0.00%   0 out of 1\n"
        "    checks_failed......: 100.00% 1 out of 1\n\n    ✗ ok\n      ↳  0% — ✓ 0 / ✗ 1\n\n    HTTP\n    http_reqs...: 1 2/s\n"
        "\n    ↳ GROUP: one \n\n      ↳ GROUP: two \n\n"
        "        checks_total.......: 1       2/s\n        checks_succeeded...: 0.00%   0 out of 1\n"
        "        checks_failed......: 100.00% 1 out of 1\n\n        ✗ ok\n              ↳  0% — ✓ 0 / ✗ 1\n\n        HTTP\n        http_reqs...: 1 2/s\n"
        "\n\n\n");
    scene_deinit(&s);
}

static void colours(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{}");
    s.options.colour = true;
    add(&s, "checks", METRIC_RATE, METRIC_DEFAULT, "check=a", 1);
    add(&s, "vus", METRIC_GAUGE, METRIC_DEFAULT, "", 2);
    add(&s, "iteration_duration", METRIC_TREND, METRIC_TIME, "", 2);
    threshold(&s, "checks", "rate>0.5", true);
    text_is(&s,
        "\n\n  █ \x1b[1mTHRESHOLDS\x1b[0m \n\n    checks\n    \x1b[32m✓\x1b[0m \x1b[37m'rate>0.5'\x1b[0m \x1b[37mrate\x1b[0m=\x1b[36m100.00%\x1b[0m\n"
        "\n\n  █ \x1b[1mTOTAL RESULTS\x1b[0m \n\n"
        "    checks_total\x1b[2;37m.......:\x1b[0m \x1b[36m1\x1b[0m       \x1b[2;36m2/s\x1b[0m\n"
        "    checks_succeeded\x1b[2;37m...:\x1b[0m \x1b[36m100.00%\x1b[0m \x1b[2;36m1 out of 1\x1b[0m\n"
        "    checks_failed\x1b[2;37m......:\x1b[0m \x1b[36m0.00%\x1b[0m   \x1b[2;36m0 out of 1\x1b[0m\n\n"
        "    \x1b[32m✓ a\x1b[0m\n\n    \x1b[1mEXECUTION\x1b[0m\n"
        "    iteration_duration\x1b[2;37m...:\x1b[0m avg=\x1b[36m2ms\x1b[0m min=\x1b[36m2ms\x1b[0m med=\x1b[36m2ms\x1b[0m max=\x1b[36m2ms\x1b[0m p(90)=\x1b[36m2ms\x1b[0m p(95)=\x1b[36m2ms\x1b[0m\n"
        "    vus\x1b[2;37m..................:\x1b[0m \x1b[36m2\x1b[0m \x1b[2;36mmin=2\x1b[0m \x1b[2;36mmax=2\x1b[0m\n\n\n\n");
    scene_deinit(&s);
}

static void legacy(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{}");
    fill(&s);
    s.options.mode = SUMMARY_LEGACY;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(SUMMARY_TEXT_MAX);
    assert_int_equal(summary_text(&s.run, &s.options, &out), 0);
    static const char begin[] = "\n     ✗ never\n      ↳  0% — ✓ 0 / ✗ 6\n\n     █ outer\n\n       ✓ status is 200\n       ✗ iter even\n        ↳  66% — ✓ 4 / ✗ 2\n\n"
                                "       █ inner\n\n         ✓ status is 200\n\n"
                                "     checks.........................: 66.66% ✓ 16     ✗ 8  \n";
    assert_memory_equal(out.ptr, begin, sizeof begin - 1);
    assert_non_null(strstr(out.ptr, "\n   ✗ http_req_duration..............: avg=1.25ms "));
    assert_non_null(strstr(out.ptr, "\n       { expected_response:true }...: avg=1.25ms "));
    assert_non_null(strstr(out.ptr, "\n     ✓ { name:a }...................: 6      12/s\n"));
    assert_null(strstr(out.ptr, "halftime_"));
    scene_deinit(&s);
}

static json_t *json_of(struct scene *s, int (*make)(const struct run_state *, const struct summary_options *, struct buf *)) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(SUMMARY_TEXT_MAX);
    assert_int_equal(make(&s->run, &s->options, &out), 0);
    json_t *j = json_loadb(out.ptr, out.len, 0, NULL);
    assert_non_null(j);
    return j;
}

static void json_is(json_t *root, const char *path, const char *expected) {
    char copy[256], *save = NULL;
    json_t *at = root;
    snprintf(copy, sizeof copy, "%s", path);
    for (char *key = strtok_r(copy, "/", &save); key; key = strtok_r(NULL, "/", &save))
        at = json_is_array(at) ? json_array_get(at, (size_t)strtoul(key, NULL, 10)) : json_object_get(at, key);
    char *text = at ? json_dumps(at, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : strdup("(absent)");
    assert_string_equal(text, expected);
    free(text);
}

static void handle_data(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{}");
    fill(&s);
    threshold(&s, "http_reqs{name:zzz}", "count>=0", true);
    json_t *j = json_of(&s, summary_handle_data);
    json_is(j, "root_group/checks", "[{\"fails\":6,\"id\":\"37e11a830f2688f1da7507cfd24c82a4\",\"name\":\"never\",\"passes\":0,\"path\":\"::never\"}]");
    json_is(j, "root_group/id", "\"d41d8cd98f00b204e9800998ecf8427e\"");
    json_is(j, "root_group/groups/0/groups/0/id", "\"b6c425bc7b9e3d21a2d56ce7a6de3614\"");
    json_is(j, "root_group/groups/0/groups/0/checks/0/path", "\"::outer::inner::status is 200\"");
    json_is(j, "options", "{\"noColor\":false,\"summaryTimeUnit\":\"\",\"summaryTrendStats\":[\"avg\",\"min\",\"med\",\"max\",\"p(90)\",\"p(95)\"]}");
    json_is(j, "state", "{\"isStdErrTTY\":false,\"isStdOutTTY\":false,\"testRunDurationMs\":500}");
    json_is(j, "metrics/my_trend/thresholds", "{\" p(99.5)<1000 \":{\"ok\":true},\"med<100\":{\"ok\":true}}");
    json_is(j, "metrics/my_gauge", "{\"contains\":\"default\",\"type\":\"gauge\",\"values\":{\"max\":5,\"min\":0,\"value\":5}}");
    json_is(j, "metrics/http_reqs{name:a}/values", "{\"count\":6,\"rate\":12}");
    json_is(j, "metrics/http_reqs{name:zzz}/values", "{\"count\":0,\"rate\":0}");
    json_is(j, "metrics/checks/values", "{\"fails\":8,\"passes\":16,\"rate\":0.66666666666666663}");
    json_is(j, "metrics/http_req_connecting", "(absent)");
    json_is(j, "metrics/halftime_iteration_lateness", "(absent)");
    json_is(j, "setup_data", "{\"x\":1}");
    json_decref(j);
    scene_deinit(&s);
}

static void export_and_machine_readable(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{}");
    fill(&s);
    json_t *j = json_of(&s, summary_export_json);
    json_is(j, "root_group/groups/outer/checks/iter even/passes", "4");
    json_is(j, "metrics/http_req_duration/thresholds", "{\"avg<0.000001\":true}");
    json_is(j, "metrics/my_rate", "{\"fails\":4,\"passes\":2,\"value\":0.33333333333333331}");
    json_is(j, "options", "(absent)");
    json_decref(j);
    s.options.machine_readable = true;
    j = json_of(&s, summary_handle_data);
    json_is(j, "version", "\"1.0.0\"");
    json_is(j, "config", "{\"duration\":0.5,\"execution\":\"local\",\"script\":\"/nonexistent/script.js\"}");
    json_is(j, "results/checks/metrics/1", "{\"contains\":\"default\",\"name\":\"checks_failed\",\"type\":\"rate\",\"values\":{\"matches\":8,\"rate\":0.33333333333333331,\"total\":24}}");
    json_is(j, "results/checks/results/0", "{\"fails\":0,\"name\":\"status is 200\",\"passes\":12}");
    json_is(j, "results/metrics/1/values", "{\"avg\":1.25,\"max\":1.25,\"med\":1.25,\"min\":1.25,\"p90\":1.25,\"p95\":1.25}");
    json_decref(j);
    scene_deinit(&s);
}

static void handled(void **state) {
    (void)state;
    char *text = NULL, path[] = "/tmp/summary_test_XXXXXX", json[256], got[16] = "";
    size_t len = 0;
    struct error err = ERROR_NULL;
    FILE *out = open_memstream(&text, &len);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    snprintf(json, sizeof json, "{\"stdout\":\"héllo\",\"%s\":{\"base64\":\"AP8B\"}}", path);
    assert_int_equal(summary_write_handled(view_of_cstr(json), out, out, &err), 0);
    assert_int_equal(read(fd, got, sizeof got), 3);
    assert_memory_equal(got, "\x00\xff\x01", 3);
    assert_int_equal(summary_write_handled(VIEW("{\"/nope/x.json\":\"1\",\"stderr\":\"ok\"}"), out, out, &err), ERROR_INVALID);
    assert_string_equal(err.text, "Could not save some summary information:\n\t- could not open '/nope/x.json': open /nope/x.json: no such file or directory");
    assert_int_equal(summary_write_handled(VIEW("{\"stdout\":5,\"stderr\":\"no\"}"), out, out, &err), ERROR_INVALID);
    assert_string_equal(err.text, "error handling summary object stdout: invalid type int64, it needs to be a string or ArrayBuffer");
    assert_true(summary_write_handled(VIEW("[1"), out, out, &err) < 0);
    fclose(out);
    assert_string_equal(text, "héllook");
    free(text);
    close(fd);
    unlink(path);
}

static void end_on_the_console(void **state) {
    (void)state;
    struct scene s;
    char *text = NULL;
    size_t len = 0;
    struct error err = ERROR_NULL;
    FILE *out = open_memstream(&text, &len);
    scene_init(&s, "{}");
    struct console_summary c = {.options = &s.options, .out = out, .err = out, .export_path = "/nope/export.json"};
    assert_int_equal(console_summary_end(&c, &s.run, VIEW("{\"stdout\":\"own\"}"), &err), ERROR_INVALID);
    assert_non_null(strstr(err.text, "could not open '/nope/export.json'"));
    c.export_path = NULL;
    s.options.mode = SUMMARY_DISABLED;
    assert_int_equal(console_summary_end(&c, &s.run, VIEW(""), &err), 0);
    fclose(out);
    assert_string_equal(text, "own");
    free(text);
    scene_deinit(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(compact), cmocka_unit_test(full_and_units), cmocka_unit_test(colours), cmocka_unit_test(legacy),
        cmocka_unit_test(handle_data), cmocka_unit_test(export_and_machine_readable), cmocka_unit_test(handled), cmocka_unit_test(end_on_the_console)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
