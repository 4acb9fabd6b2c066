#include "script/js/options/options.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/duration.h"

static json_t *load(const char *text) {
    json_error_t why;
    json_t *v = text ? json_loads(text, JSON_DECODE_ANY, &why) : NULL;

    if (text && !v)
        fail_msg("bad JSON in the test: %s: %s", text, why.text);
    return v;
}

static const char *us(int64_t value) {
    static char text[8][DURATION_TEXT_MAX];
    static int next;

    return duration_format(value * 1000, text[next++ % 8]);
}

/* One line per plan, all that matters of it. */
static void describe(const struct plan *p, struct buf *out) {
    for (size_t i = 0; i < p->scenario_count; i++) {
        const struct plan_scenario *s = &p->scenarios[i];
        assert_int_equal(buf_printf(out, "%s%.*s:%s vus=%" PRId64 " max=%" PRId64 " it=%" PRId64 " for=%s rate=%" PRId64 "/%s stop=%s", i ? " | " : "",
                             VIEW_ARGS(s->name), plan_executor_name(s->executor), s->users, s->users_max, s->iterations, us(s->duration_us), s->rate,
                             us(s->time_unit_us), us(s->graceful_stop_us)), 0);
        if (s->start_us)
            assert_int_equal(buf_printf(out, " start=%s", us(s->start_us)), 0);
        if (!view_eq(s->exec, VIEW("default")))
            assert_int_equal(buf_printf(out, " exec=%.*s", VIEW_ARGS(s->exec)), 0);
        for (size_t k = 0; k < s->stage_count; k++)
            assert_int_equal(buf_printf(out, " %s:%" PRId64, us(s->stages[k].duration_us), s->stages[k].target), 0);
    }
}

struct one {
    const char *config, *script, *env, *cli;
    const char *want; /* description of the plan, or "! " and a part of the error */
    const char *note; /* part of the first warning; NULL = there is none */
};

static int consolidate(const struct one *c, struct plan *plan, struct options_notes *notes, struct error *err) {
    static const char *const exports[] = {"default", "other", "setup"};
    static const struct options_metric metrics[] = {{VIEW("tt"), METRIC_TREND}, {VIEW("cc"), METRIC_COUNTER}};
    json_t *layers[4] = {load(c->config), load(c->script), load(c->env), load(c->cli)};
    struct options_layers l = {.config = layers[0], .script = layers[1], .env = layers[2], .cli = layers[3],
        .exports = exports, .export_count = 3, .metrics = metrics, .metric_count = 2};

    int rc = options_consolidate(&l, plan, notes, err);
    for (size_t i = 0; i < 4; i++)
        json_decref(layers[i]);
    return rc;
}

static void check(const struct one *c) {
    struct plan plan;
    struct options_notes notes = {0};
    struct error err = ERROR_NULL;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);

    plan_init(&plan);
    int rc = consolidate(c, &plan, &notes, &err);
    if (c->want[0] == '!') {
        if (!rc)
            fail_msg("script %s: no error, wanted %s", c->script, c->want);
        if (!strstr(err.text, c->want + 2))
            fail_msg("script %s:\n got   %s\n wanted %s", c->script, err.text, c->want);
        assert_true(rc < 0);
    } else {
        if (rc)
            fail_msg("script %s: %s", c->script, err.text);
        describe(&plan, &text);
        if (strcmp(text.ptr, c->want) != 0)
            fail_msg("script %s:\n got    %s\n wanted %s", c->script ? c->script : "-", text.ptr, c->want);
    }
    if (c->note && (!notes.count || !strstr(notes.items[0].message, c->note)))
        fail_msg("script %s: warning is '%s', wanted '%s'", c->script, notes.count ? notes.items[0].message : "", c->note);
    if (!c->note && notes.count)
        fail_msg("script %s: unexpected warning '%s'", c->script, notes.items[0].message);
    plan_deinit(&plan);
}

#define PER_VU_DEFAULT "default:per-vu-iterations vus=1 max=0 it=1 for=10m0s rate=0/0s stop=30s"
#define WRONG "! There were problems with the specified script configuration:\n\t- scenario x has configuration errors: "
#define WRONG_DEFAULT "! There were problems with the specified script configuration:\n\t- scenario default has configuration errors: "

static void test_shortcuts(void **state) {
    static const struct one cases[] = {
        {.script = "{}", .want = PER_VU_DEFAULT},
        {.script = "null", .want = PER_VU_DEFAULT},
        {.script = "{\"vus\":null,\"duration\":null}", .want = PER_VU_DEFAULT},
        {.script = "{\"vus\":\"\"}", .want = PER_VU_DEFAULT},
        {.script = "{\"vus\":2}", .want = "default:shared-iterations vus=2 max=0 it=2 for=10m0s rate=0/0s stop=30s"},
        {.script = "{\"vUs\":2}", .want = "default:shared-iterations vus=2 max=0 it=2 for=10m0s rate=0/0s stop=30s"},
        {.script = "{\"iterations\":\"5\"}", .want = "default:shared-iterations vus=1 max=0 it=5 for=10m0s rate=0/0s stop=30s"},
        {.script = "{\"iterations\":10,\"vus\":2,\"duration\":\"2s\"}", .want = "default:shared-iterations vus=2 max=0 it=10 for=2s rate=0/0s stop=30s"},
        {.script = "{\"duration\":5000,\"vus\":3}", .want = "default:constant-vus vus=3 max=0 it=0 for=5s rate=0/0s stop=30s"},
        {.script = "{\"duration\":\"1d12h\"}", .want = "default:constant-vus vus=1 max=0 it=0 for=36h0m0s rate=0/0s stop=30s"},
        {.script = "{\"duration\":\"1500\"}", .want = "default:constant-vus vus=1 max=0 it=0 for=1.5s rate=0/0s stop=30s"},
        {.script = "{\"vus\":3,\"stages\":[{\"duration\":\"1s\",\"target\":\"5\"},{\"duration\":0,\"target\":2}]}",
            .want = "default:ramping-vus vus=3 max=0 it=0 for=1s rate=0/0s stop=30s 1s:5 0s:2"},
        {.script = "{\"stages\":[]}", .want = PER_VU_DEFAULT, .note = "`stages` was explicitly set to an empty value"},
        {.script = "{\"vus\":2,\"stages\":[]}", .want = PER_VU_DEFAULT, .note = "`stages` was explicitly set to an empty value"},
        {.script = "{\"scenarios\":{}}", .want = PER_VU_DEFAULT, .note = "`scenarios` was explicitly set to an empty value"},
        {.script = "{\"nope\":1,\"linger\":true}", .want = PER_VU_DEFAULT, .note = "There were unknown fields"},
        {.script = "{\"localIPs\":\"1.2.3.4\"}", .want = PER_VU_DEFAULT, .note = "There were unknown fields"},
        {.script = "{\"iterations\":1,\"stages\":[{\"duration\":\"1s\",\"target\":1}]}",
            .want = "! using `iterations` and `stages` options simultaneously is not allowed"},
        {.script = "{\"duration\":\"1s\",\"stages\":[{\"duration\":\"1s\",\"target\":1}]}",
            .want = "! using `duration` and `stages` options simultaneously is not allowed"},
        {.script = "{\"stages\":[{\"duration\":\"1s\",\"target\":1}],\"scenarios\":{\"x\":{\"executor\":\"per-vu-iterations\"}}}",
            .want = "! using `stages` and `scenarios` options simultaneously is not allowed"},
        {.script = "{\"duration\":\"0\"}", .want = "! `duration` option should be more than 0"},
        {.script = "{\"duration\":-5}", .want = "! `duration` option should be more than 0"},
        {.script = "{\"duration\":\"500ms\"}", .want = WRONG_DEFAULT "the duration must be at least 1s, but is 500ms"},
        {.script = "{\"iterations\":3,\"duration\":\"0s\"}", .want = WRONG_DEFAULT "the maxDuration must be at least 1s, but is 0s"},
        {.script = "{\"vus\":5,\"iterations\":2}",
            .want = WRONG_DEFAULT "the number of iterations (2) can't be less than the number of VUs (5)"},
        {.script = "{\"vus\":-1}", .want = WRONG_DEFAULT "the number of VUs must be more than 0"},
        {.script = "{\"vus\":\"x\"}", .want = "! strconv.ParseInt: parsing \"x\": invalid syntax"},
        {.script = "{\"vus\":1.5}", .want = "! json: cannot unmarshal number 1.5 into Go struct field Options.vus of type int64"},
        {.script = "{\"duration\":\"abc\"}", .want = "! time: invalid duration \"abc\""},
        {.script = "{\"duration\":true}", .want = "! 'true' is not a valid duration value"},
        {.script = "{\"throw\":\"true\"}", .want = "! json: cannot unmarshal string into Go value of type null.Bool"},
        {.script = "{\"userAgent\":5}", .want = "! json: cannot unmarshal float64 into Go value of type null.String"},
        {.script = "{\"tags\":{\"a\":1}}", .want = "! json: cannot unmarshal number into Go struct field Options.tags of type string"},
        {.script = "5", .want = "! json: cannot unmarshal number into Go value of type lib.Options"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i]);
}

static void test_layers(void **state) {
    static const struct one cases[] = {
        {.config = "{\"vus\":3,\"iterations\":7,\"linger\":true}", .script = "{\"duration\":\"1s\"}",
            .want = "default:constant-vus vus=3 max=0 it=0 for=1s rate=0/0s stop=30s"},
        {.script = "{\"vus\":2}", .cli = "{\"duration\":\"2s\"}", .want = "default:constant-vus vus=2 max=0 it=0 for=2s rate=0/0s stop=30s"},
        {.script = "{\"vus\":3,\"duration\":\"1s\"}", .env = "{\"vus\":4}", .cli = "{\"vus\":5}",
            .want = "default:constant-vus vus=5 max=0 it=0 for=1s rate=0/0s stop=30s"},
        {.script = "{\"vus\":3,\"stages\":[{\"duration\":\"1s\",\"target\":1}]}", .cli = "{\"iterations\":5}",
            .want = "default:shared-iterations vus=3 max=0 it=5 for=10m0s rate=0/0s stop=30s"},
        {.script = "{\"scenarios\":{\"a\":{\"executor\":\"constant-vus\",\"duration\":\"1s\"}}}", .cli = "{\"duration\":\"2s\"}",
            .want = "default:constant-vus vus=1 max=0 it=0 for=2s rate=0/0s stop=30s",
            .note = "\"cli\" level configuration overrode scenarios configuration entirely"},
        {.script = "{\"scenarios\":{\"a\":{\"executor\":\"constant-vus\",\"duration\":\"1s\"}}}", .env = "{\"iterations\":2}",
            .want = "default:shared-iterations vus=1 max=0 it=2 for=10m0s rate=0/0s stop=30s",
            .note = "\"env\" level configuration overrode scenarios configuration entirely"},
        {.script = "{\"scenarios\":{\"a\":{\"executor\":\"constant-vus\",\"duration\":\"1s\"}}}", .cli = "{\"vus\":2}",
            .want = "default:shared-iterations vus=2 max=0 it=2 for=10m0s rate=0/0s stop=30s",
            .note = "`vus=2` overrides scenarios configuration"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i]);
}

#define X(body) "{\"scenarios\":{\"x\":" body "}}"
#define E(name, more) X("{\"executor\":\"" name "\"" more "}")

static void test_scenarios(void **state) {
    static const struct one cases[] = {
        {.script = E("constant-vus", ",\"vus\":\"3\",\"duration\":2000,\"gracefulStop\":0,\"startTime\":\"1s\",\"exec\":\"other\""),
            .want = "x:constant-vus vus=3 max=0 it=0 for=2s rate=0/0s stop=0s start=1s exec=other"},
        {.script = E("ramping-arrival-rate", ",\"timeUnit\":\"1m\",\"stages\":[{\"duration\":\"1s\",\"target\":5}],\"preAllocatedVUs\":2,\"maxVUs\":9"),
            .want = "x:ramping-arrival-rate vus=2 max=9 it=0 for=1s rate=0/1m0s stop=30s 1s:5"},
        {.script = E("constant-arrival-rate", ",\"rate\":7,\"duration\":\"3s\",\"preAllocatedVUs\":2"),
            .want = "x:constant-arrival-rate vus=2 max=2 it=0 for=3s rate=7/1s stop=30s"},
        {.script = "{\"scenarios\":{\"b\":{\"executor\":\"per-vu-iterations\"},\"a\":{\"executor\":\"per-vu-iterations\"},"
                   "\"c\":{\"executor\":\"shared-iterations\",\"startTime\":\"-0s\",\"iterations\":4},"
                   "\"z\":{\"executor\":\"per-vu-iterations\",\"startTime\":1000,\"maxDuration\":\"5s\",\"vus\":2,\"iterations\":3}}}",
            .want = "a:per-vu-iterations vus=1 max=0 it=1 for=10m0s rate=0/0s stop=30s | b:per-vu-iterations vus=1 max=0 it=1 for=10m0s rate=0/0s "
                    "stop=30s | c:shared-iterations vus=1 max=0 it=4 for=10m0s rate=0/0s stop=30s | z:per-vu-iterations vus=2 max=0 it=3 for=5s "
                    "rate=0/0s stop=30s start=1s"},
        {.script = E("constant-vus", ",\"vus\":1,\"duration\":\"1s\",\"nope\":1"), .want = "! json: unknown field \"nope\""},
        {.script = E("constant-vus", ",\"iterations\":1,\"duration\":\"1s\""), .want = "! json: unknown field \"iterations\""},
        {.script = E("ramping-vus", ",\"stages\":[{\"duration\":\"1s\",\"target\":5,\"foo\":1}]"), .want = "! json: unknown field \"foo\""},
        {.script = E("shared-iterations", ",\"options\":{\"foo\":1}"), .want = "! json: unknown field \"foo\""},
        {.script = E("nope", ""), .want = "! unknown executor type 'nope'"},
        {.script = E("externally-controlled", ",\"vus\":1"), .want = "! unknown executor type 'externally-controlled'"},
        {.script = X("{\"vus\":1}"), .want = "! scenario 'x' doesn't have a specified executor type"},
        {.script = X("null"), .want = "! scenario 'x' doesn't have a specified executor type"},
        {.script = X("5"), .want = "! json: cannot unmarshal number into Go struct field Options.scenarios"},
        {.script = "{\"scenarios\":[]}", .want = "! json: cannot unmarshal array into Go struct field Options.scenarios"},
        {.script = "{\"scenarios\":{\"a b\":{\"executor\":\"per-vu-iterations\"}}}",
            .want = "! - scenario a b has configuration errors: the scenario name should contain only numbers, latin letters, underscores, and dashes"},
        {.script = E("per-vu-iterations", ",\"exec\":\"nope\""), .want = "! - executor x: function 'nope' not found in exports"},
        {.script = E("per-vu-iterations", ",\"exec\":\"setup\""), .want = "! - executor x: function 'setup' not found in exports"},
        {.script = E("per-vu-iterations", ",\"exec\":\"\""), .want = WRONG "exec value cannot be empty"},
        {.script = E("constant-vus", ""), .want = WRONG "the duration is unspecified"},
        {.script = E("constant-vus", ",\"vus\":0,\"duration\":\"0.5s\""),
            .want = WRONG "the number of VUs must be more than 0, the duration must be at least 1s, but is 500ms"},
        {.script = E("per-vu-iterations", ",\"vus\":-1,\"iterations\":0,\"maxDuration\":\"0s\""),
            .want = WRONG "the number of VUs must be more than 0, the number of iterations must be more than 0, the maxDuration must be at least 1s, "
                          "but is 0s"},
        {.script = E("shared-iterations", ",\"vus\":5,\"iterations\":2"),
            .want = WRONG "the number of iterations (2) can't be less than the number of VUs (5)"},
        {.script = E("ramping-vus", ""), .want = WRONG "at least one stage has to be specified"},
        {.script = E("ramping-vus", ",\"startVUs\":-1,\"stages\":[{\"duration\":\"1s\"},{\"target\":-2,\"duration\":\"-1s\"}]"),
            .want = WRONG "the number of start VUs can't be negative, either startVUs or one of the stages' target values must be greater than 0, stage 1 "
                          "doesn't have a target, the duration for stage 2 can't be negative, the target for stage 2 can't be negative"},
        {.script = E("ramping-vus", ",\"stages\":[{\"target\":5}]"), .want = WRONG "stage 1 doesn't have a duration"},
        {.script = E("constant-arrival-rate", ""),
            .want = WRONG "the iteration rate isn't specified, the duration is unspecified, the number of preAllocatedVUs isn't specified"},
        {.script = E("constant-arrival-rate", ",\"rate\":-1,\"duration\":\"1s\",\"preAllocatedVUs\":5,\"maxVUs\":2,\"timeUnit\":\"0s\""),
            .want = WRONG "the iteration rate must be more than 0, the timeUnit must be more than 0, maxVUs can't be less than preAllocatedVUs"},
        {.script = E("ramping-arrival-rate", ",\"startRate\":-1"),
            .want = WRONG "the startRate value can't be negative, at least one stage has to be specified, the number of preAllocatedVUs isn't specified"},
        {.script = E("constant-vus", ",\"duration\":\"1s\",\"startTime\":\"-1s\",\"gracefulStop\":\"-1s\""),
            .want = WRONG "the startTime can't be negative, the gracefulStop timeout can't be negative"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i]);
}

static void test_scenario_maps(void **state) {
    struct one c = {.script = E("per-vu-iterations", ",\"env\":{\"B\":\"2\",\"A\":\"1\"},\"tags\":{\"t\":\"v\"}")};
    struct plan plan;
    struct error err = ERROR_NULL;
    (void)state;

    plan_init(&plan);
    assert_int_equal(consolidate(&c, &plan, NULL, &err), 0);
    assert_int_equal(plan.scenarios[0].env_count, 2);
    assert_true(view_eq(plan.scenarios[0].env[0].key, VIEW("A")));
    assert_true(view_eq(plan.scenarios[0].env[1].value, VIEW("2")));
    assert_int_equal(plan.scenarios[0].tag_count, 1);
    assert_true(view_eq(plan.scenarios[0].tags[0].value, VIEW("v")));
    plan_deinit(&plan);
}

#define T(body) "{\"thresholds\":{" body "}}"
static void test_threshold_errors(void **state) {
    static const struct one cases[] = {
        {.script = T("\"nope\":[\"count>1\"]"), .want = "! invalid threshold defined on nope; reason: no metric name \"nope\" found"},
        {.script = T("\"nope{a:b}\":[\"count>1\"]"), .want = "! no metric name \"nope{a:b}\" found"},
        {.script = T("\"tt\":[\"count>1\"]"),
            .want = "! invalid threshold \"count>1\" applied on metric tt; reason: unsupported aggregation method count on metric of type trend. supported "
                    "aggregation methods for this metric are: avg, min, max, med, p"},
        {.script = T("\"http_reqs\":[\"count=1\"]"), .want = "! failed parsing threshold expression \"count=1\"; reason: malformed threshold expression"},
        {.script = T("\"http_reqs\":[\"count<\"]"), .want = "! failed parsing threshold expression \"count<\"; reason: malformed threshold expression"},
        {.script = T("\"http_reqs\":[\"foo\"]"), .want = "! failed parsing threshold expression \"foo\"; reason: malformed threshold expression"},
        {.script = T("\"http_reqs\":[\"count>>1\"]"), .want = "! failed parsing threshold expresion's \"count>>1\" right hand side; reason: strconv.ParseFloat: parsing \">1\": invalid syntax"},
        {.script = T("\"http_reqs\":[\"<5\"]"), .want = "! failed parsing threshold expression's \"<5\" left hand side; reason: failed parsing method from expression"},
        {.script = T("\"http_reqs\":[\"p95<5\"]"), .want = "! failed parsing threshold expression's \"p95<5\" left hand side; reason: failed parsing method from expression"},
        {.script = T("\"http_reqs\":[\"p(x)<5\"]"), .want = "! failed parsing threshold expression's \"p(x)<5\" left hand side; reason: malformed percentile value; reason: strconv.ParseFloat: parsing \"x\": invalid syntax"},
        {.script = T("\"http_reqs\":[\"p(101)<5\"]"), .want = "! failed parsing threshold expression's \"p(101)<5\" left hand side; reason: malformed percentile value, provide a number between 0 and 100"},
        {.script = T("\"http_reqs{a\":[\"count>=0\"]"),
            .want = "! unable to validate threshold expressions; reason: parsing metric name failed, metric \"http_reqs{a\" has unmatched opening/close curly brace"},
        {.script = T("\"http_reqs{a}\":[\"count>=0\"]"),
            .want = "! unable to validate threshold expressions; reason: parsing metric name failed, metric \"a\" tag expression is malformed"},
        {.script = T("\"http_reqs{}\":[\"count>=0\"]"),
            .want = "! unable to validate threshold expressions; reason: parsing metric name failed, metric \"\" tag expression is malformed"},
        {.script = T("\"http_reqs{a:b,}\":[\"count>=0\"]"),
            .want = "! unable to validate threshold expressions; reason: parsing metric name failed, metric \"\" tag expression is malformed"},
        {.script = T("\"http_reqs{a:b}x\":[\"count>=0\"]"),
            .want = "! unable to validate threshold expressions; reason: parsing metric name failed, metric \"http_reqs{a:b}x\" lacks a closing curly brace in its last position"},
        {.script = T("\"http_reqs{group:}\":[\"count>=0\"]"),
            .want = "! unable to validate threshold expressions; reason: parsing metric name failed, metric \"group:\" tag expression is malformed"},
        {.script = T("\"\":[\"count>=0\"]"), .want = "! invalid threshold defined on ; reason: no metric name \"\" found"},
        {.script = T("\"http_reqs\":\"count>1\""), .want = "! json: cannot unmarshal string into Go struct field Options.thresholds"},
        {.script = T("\"http_reqs\":[5]"), .want = "! json: cannot unmarshal number into Go struct field Options.thresholds"},
        {.script = T("\"http_reqs\":[{\"threshold\":\"count>0\",\"delayAbortEval\":\"x\"}]"), .want = "! time: invalid duration \"x\""},
        {.script = T("\"http_reqs\":[{\"abortOnFail\":true}]"), .want = "! failed parsing threshold expression \"\"; reason: malformed threshold expression"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check(&cases[i]);
}

static void test_thresholds(void **state) {
    struct one c = {.script = T("\"tt\":[\"p(95)<1\"],\"http_reqs{ a:b }\":[\"count>1\","
                                "{\"threshold\":\"rate>1\",\"abortOnFail\":true,\"delayAbortEval\":\"5s\"}]")};
    struct plan plan;
    struct error err = ERROR_NULL;
    (void)state;

    plan_init(&plan);
    assert_int_equal(consolidate(&c, &plan, NULL, &err), 0);
    assert_int_equal(plan.threshold_count, 3);
    assert_true(view_eq(plan.thresholds[0].target, VIEW("http_reqs{a:b}")));
    assert_false(plan.thresholds[0].abort_on_fail);
    assert_true(plan.thresholds[1].abort_on_fail);
    assert_int_equal(plan.thresholds[1].delay_abort_us, 5000000);
    assert_true(view_eq(plan.thresholds[2].expression, VIEW("p(95)<1")));
    assert_true(view_find_view(plan.host_options,
                    VIEW("\"thresholds\":{\"http_reqs{ a:b }\":[\"count>1\",{\"threshold\":\"rate>1\",\"abortOnFail\":true,\"delayAbortEval\":\"5s\"}],"
                         "\"tt\":[\"p(95)<1\"]}")) > 0);
    plan_deinit(&plan);
}

static void test_no_thresholds(void **state) {
    json_t *script = load(T("\"nope\":[\"count>1\"]"));
    struct options_layers l = {.script = script, .no_thresholds = true};
    struct plan plan;
    struct error err = ERROR_NULL;
    (void)state;

    plan_init(&plan);
    assert_int_equal(options_consolidate(&l, &plan, NULL, &err), 0);
    assert_int_equal(plan.threshold_count, 0);
    plan_deinit(&plan);
    json_decref(script);
}

/* A part of host_options, or "! error". */
static const struct {
    const char *script, *want;
} fields[] = {
    {"{\"hosts\":{\"b\":\"1.2.3.4:80\",\"*.a\":\"::1\",\"c:80\":\"[::1]:90\"}}", "\"hosts\":{\"*.a\":\"::1\",\"b\":\"1.2.3.4:80\",\"c:80\":\"[::1]:90\"}"},
    {"{\"hosts\":{\"a\":\"1.2.3.4:x\"}}", "! strconv.Atoi: parsing \"x\": invalid syntax"},
    {"{\"hosts\":{\"a\":\"nope\"}}", "! invalid address 'nope'"},
    {"{\"hosts\":{\"a*b\":\"1.2.3.4\"}}", "! invalid host pattern 'a*b'"},
    {"{\"blockHostnames\":[\"*.b\",\"c\"]}", "\"blockHostnames\":[\"*.b\",\"c\"]"},
    {"{\"blockHostnames\":[\"a*b\"]}", "! invalid hostname pattern 'a*b'"},
    {"{\"blacklistIPs\":[\"10.0.0.0/8\",\"fd00::/8\"]}", "\"blacklistIPs\":[\"10.0.0.0/8\",\"fd00::/8\"]"},
    {"{\"blacklistIPs\":[\"1.2.3.4\"]}", "! failed to parse CIDR '1.2.3.4': invalid CIDR address: 1.2.3.4"},
    {"{\"blacklistIPs\":[\"1.2.3.4/33\"]}", "! failed to parse CIDR '1.2.3.4/33'"},
    {"{\"dns\":{\"ttl\":\"inf\",\"select\":\"first\"}}", "\"dns\":{\"ttl\":\"inf\",\"select\":\"first\",\"policy\":null}"},
    {"{\"dns\":{\"ttl\":\"-1s\"}}", "! invalid DNS TTL: -1s"},
    {"{\"dns\":{\"select\":\"x\"}}", "! x does not belong to DNSSelect values"},
    {"{\"dns\":{\"policy\":\"x\"}}", "! x does not belong to DNSPolicy values"},
    {"{\"tlsVersion\":\"tls1.2\"}", "\"tlsVersion\":{\"min\":\"tls1.2\",\"max\":\"tls1.2\"}"},
    {"{\"tlsVersion\":{\"min\":\"tls1.0\"}}", "\"tlsVersion\":{\"min\":\"tls1.0\",\"max\":\"\"}"},
    {"{\"tlsVersion\":\"tls9\"}", "! unknown TLS version 'tls9'"},
    {"{\"tlsCipherSuites\":[\"nope\"]}", "! unknown cipher suite 'nope'"},
    {"{\"tlsAuth\":[{\"cert\":\"x\",\"key\":\"y\"}]}", "! tls: failed to find any PEM data in certificate input"},
    {"{\"tlsAuth\":{}}", "! json: cannot unmarshal object into Go struct field Options.tlsAuth"},
    {"{\"systemTags\":[\"url\",\"vu\",\"ip\",\"nope\"]}", "\"systemTags\":[\"ip\",\"url\",\"vu\"]"},
    {"{\"systemTags\":[]}", "\"systemTags\":null"},
    {"{\"systemTags\":\"url\"}", "! json: cannot unmarshal string into Go struct field Options.systemTags of type []string"},
    {"{\"summaryTrendStats\":[\"count\",\"p(99.9)\"]}", "\"summaryTrendStats\":[\"count\",\"p(99.9)\"]"},
    {"{\"summaryTrendStats\":[\"p(101)\"]}", "! invalid percentile trend stat value 'p(101)', provide a number between 0 and 100"},
    {"{\"summaryTrendStats\":[\"nope\"]}", "! invalid trend stat 'nope', unknown format"},
    {"{}", "\"summaryTrendStats\":[\"avg\",\"min\",\"med\",\"max\",\"p(90)\",\"p(95)\"]"},
    {"{}", "\"systemTags\":[\"check\",\"error\",\"error_code\",\"expected_response\",\"group\",\"method\",\"name\",\"proto\",\"scenario\",\"service\","
           "\"status\",\"subproto\",\"tls_version\",\"url\"]"},
    {"{\"minIterationDuration\":1500}", "\"minIterationDuration\":\"1.5s\""},
    {"{\"cloud\":{\"name\":\"x\"},\"ext\":{\"a\":1}}", "\"cloud\":{\"name\":\"x\"},\"ext\":{\"a\":1},"},
    {"{\"executionSegment\":\"50%\"}", "\"executionSegment\":\"0:1/2\""},
    {"{\"executionSegment\":\"x\"}", "! 'x' is not a valid percentage, decimal, fraction or interval value"},
    {"{\"executionSegment\":\"1:0\"}", "! segment start(1.00) must be less than its end(0.00)"},
    {"{\"executionSegmentSequence\":\"0,1/4,1/2,1\"}", "! provided segment 0:1 can't be found in sequence 0,1/4,1/2,1"},
    {"{\"stages\":[{\"duration\":1000,\"target\":1}]}",
        "\"scenarios\":{\"default\":{\"executor\":\"ramping-vus\",\"startTime\":null,\"gracefulStop\":null,\"env\":null,\"exec\":null,\"tags\":null,"
        "\"startVUs\":null,\"stages\":[{\"duration\":\"1s\",\"target\":1}],\"gracefulRampDown\":null}}"},
};

static void test_fields(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        struct one c = {.script = fields[i].script};
        struct plan plan;
        struct error err = ERROR_NULL;
        const char *got;

        plan_init(&plan);
        int rc = consolidate(&c, &plan, NULL, &err);
        got = rc ? err.text : plan.host_options.ptr;
        assert_int_equal(rc != 0, fields[i].want[0] == '!');
        if (!strstr(got, fields[i].want + (rc ? 2 : 0)))
            fail_msg("%s:\n got    %s\n wanted %s", fields[i].script, got, fields[i].want);
        plan_deinit(&plan);
    }
}

static void test_plain_fields(void **state) {
    struct one c = {.script = "{\"rps\":9,\"setupTimeout\":1000,\"teardownTimeout\":\"2m\",\"noSetup\":true,\"minIterationDuration\":\"2s\","
                              "\"tags\":{\"b\":\"2\",\"a\":null}}",
        .cli = "{\"rps\":10}"};
    struct plan plan;
    struct error err = ERROR_NULL;
    (void)state;

    plan_init(&plan);
    assert_int_equal(consolidate(&c, &plan, NULL, &err), 0);
    assert_int_equal(plan.requests_per_s, 10);
    assert_int_equal(plan.setup_timeout_us, 1000000);
    assert_int_equal(plan.teardown_timeout_us, 120000000);
    assert_int_equal(plan.min_iteration_us, 2000000);
    assert_true(plan.no_setup);
    assert_false(plan.no_teardown);
    assert_int_equal(plan.tag_count, 2);
    assert_true(view_eq(plan.tags[0].key, VIEW("a")) && plan.tags[0].value.len == 0);
    plan_deinit(&plan);
}

static void test_segments_add_up(void **state) {
    static const char *const parts[] = {"0:1/3", "1/3:2/3", "2/3:1"};
    int64_t users = 0, iterations = 0;
    (void)state;

    for (size_t i = 0; i < 3; i++) {
        struct one c = {.script = "{\"vus\":10,\"iterations\":100}", .cli = i == 0   ? "{\"executionSegment\":\"0:1/3\"}"
                                                                           : i == 1 ? "{\"executionSegment\":\"1/3:2/3\"}"
                                                                                    : "{\"executionSegment\":\"2/3:1\"}"};
        struct plan plan;
        struct error err = ERROR_NULL;

        plan_init(&plan);
        assert_int_equal(consolidate(&c, &plan, NULL, &err), 0);
        assert_int_equal(plan.scenario_count, 1);
        assert_non_null(strstr(plan.host_options.ptr, parts[i]));
        users += plan.scenarios[0].users;
        iterations += plan.scenarios[0].iterations;
        plan_deinit(&plan);
    }
    assert_int_equal(users, 10);
    assert_int_equal(iterations, 100);
}

struct pairs {
    const char *name, *value;
};

static const char *get(void *ctx, const char *name) {
    const struct pairs *p = ctx;

    return !strcmp(p->name, name) ? p->value : NULL;
}

static void test_environment(void **state) {
    static const struct {
        struct pairs pair;
        const char *want; /* the layer as JSON, or "! error" */
    } cases[] = {
        {{"K6_VUS", "5"}, "{\"vus\":5}"},
        {{"K6_VUS", ""}, "{}"},
        {{"K6_VUS", "abc"}, "! envconfig.Process: assigning K6_VUS to VUs: converting 'abc' to type null.Int. details: strconv.ParseInt: parsing "
                            "\"abc\": invalid syntax"},
        {{"K6_DURATION", "5d"}, "{\"duration\":\"120h0m0s\"}"},
        {{"K6_DURATION", "5000"}, "{\"duration\":\"5s\"}"},
        {{"K6_DURATION", "abc"}, "! assigning K6_DURATION to Duration: converting 'abc' to type types.NullDuration. details: time: invalid duration"},
        {{"K6_STAGES", "10s:5,1m:0"}, "{\"stages\":[{\"duration\":\"10s\",\"target\":5},{\"duration\":\"1m0s\",\"target\":0}]}"},
        {{"K6_STAGES", "10s:x"}, "! converting '10s:x' to type []lib.Stage. details: strconv.ParseInt: parsing \"x\": invalid syntax"},
        {{"K6_TAGS", "a:b,c:d"}, "{\"tags\":{\"a\":\"b\",\"c\":\"d\"}}"},
        {{"K6_TAGS", "a"}, "! details: invalid map item: \"a\""},
        {{"K6_SYSTEM_TAGS", "url,vu"}, "{\"systemTags\":[\"url\",\"vu\"]}"},
        {{"K6_THROW", "true"}, "{\"throw\":true}"},
        {{"K6_THROW", "1"}, "! details: invalid input:1"},
        {{"K6_DNS", "ttl=1,policy=any"}, "{\"dns\":{\"ttl\":\"1\",\"select\":null,\"policy\":\"any\"}}"},
        {{"K6_BLACKLIST_IPS", "10.0.0.0/8,1.2.3.4/32"}, "{\"blacklistIPs\":[\"10.0.0.0/8\",\"1.2.3.4/32\"]}"},
        {{"K6_BLOCK_HOSTNAMES", "*.a, b"}, "{\"blockHostnames\":[\"*.a\",\"b\"]}"},
        {{"K6_LOCAL_IPS", "127.0.0.1"}, "{\"localIPs\":\"127.0.0.1\"}"},
        {{"K6_LOCAL_IPS", "x"}, "! x is not a valid IP, IP range or CIDR"},
        {{"K6_HTTP_DEBUG", "full"}, "{\"httpDebug\":\"full\"}"},
        {{"K6_THRESHOLDS", "{\"http_reqs\":[\"count>1\"]}"}, "{\"thresholds\":{\"http_reqs\":[\"count>1\"]}}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct pairs pair = cases[i].pair;
        struct error err = ERROR_NULL;
        json_t *layer = NULL;

        int rc = options_from_env(get, &pair, &layer, &err);
        char *text = rc ? strdup(err.text) : json_dumps(layer, JSON_COMPACT);
        if (rc ? cases[i].want[0] != '!' || !strstr(text, cases[i].want + 2) : strcmp(text, cases[i].want) != 0)
            fail_msg("%s=%s: got %s, wanted %s", pair.name, pair.value, text, cases[i].want);
        free(text);
        json_decref(layer);
    }
}

static void test_flags(void **state) {
    static const struct {
        const char *name, *text, *want;
    } cases[] = {
        {"duration", "1000", "! time: missing unit in duration \"1000\""},
        {"duration", "5s", "{\"duration\":\"5s\"}"},
        {"vus", "abc", "! strconv.ParseInt: parsing \"abc\": invalid syntax"},
        {"stages", "abc", "! error for stage 0: time: invalid duration \"abc\""},
        {"stages", ":3", "! stage 0 doesn't have a specified duration"},
        {"tags", "a=b=c", "{\"tags\":{\"a\":\"b=c\"}}"},
        {"tags", "=b", "! error parsing tag '=b': invalid tag, empty name"},
        {"tags", "abc", "! error parsing tag 'abc': invalid tag, empty value"},
        {"blacklistIPs", "1.2.3.4", "! error parsing blacklist-ip '1.2.3.4': invalid CIDR address: 1.2.3.4"},
        {"summaryTrendStats", "foo", "! invalid trend stat 'foo', unknown format"},
        {"summaryTimeUnit", "h", "! invalid summary time unit 'h', use 's', 'ms' or 'us'"},
        {"dns", "foo=1", "! unknown DNS configuration field: foo"},
        {"dns", "x", "! no value for key x"},
        {"throw", "1", "{\"throw\":true}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error err = ERROR_NULL;
        json_t *layer = json_object();

        int rc = options_text_set(layer, cases[i].name, view_of_cstr(cases[i].text), true, &err);
        char *text = rc ? strdup(err.text) : json_dumps(layer, JSON_COMPACT);
        if (rc ? cases[i].want[0] != '!' || !strstr(text, cases[i].want + 2) : strcmp(text, cases[i].want) != 0)
            fail_msg("%s %s: got %s, wanted %s", cases[i].name, cases[i].text, text, cases[i].want);
        free(text);
        json_decref(layer);
    }
}

static void test_inspect(void **state) {
    json_t *script = load("{\"vus\":2,\"thresholds\":{\"http_reqs\":[\"count<5\"]}}");
    struct options_layers l = {.script = script};
    struct buf plain CLEANUP(buf_deinit) = BUF_MAX(1 << 20), full CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct error err = ERROR_NULL;
    (void)state;

    assert_int_equal(options_inspect(&l, OPTIONS_OF_SCRIPT, &plain, NULL, &err), 0);
    assert_non_null(strstr(plain.ptr, "{\n  \"paused\": null,\n  \"vus\": 2,\n  \"duration\": null,\n  \"iterations\": null,\n"));
    assert_non_null(strstr(plain.ptr, "\"count\\u003c5\""));
    assert_null(strstr(plain.ptr, "consoleOutput"));
    assert_int_equal(options_inspect(&l, OPTIONS_REQUIREMENTS, &full, NULL, &err), 0);
    assert_non_null(strstr(full.ptr, "\"iterations\": 2,"));
    assert_non_null(strstr(full.ptr, "\"totalDuration\": \"10m30s\",\n  \"maxVUs\": 2\n}"));
    json_decref(script);
}

static void test_local_ips(void **state) {
    static const struct {
        const char *pool;
        uint64_t id;
        const char *want;
    } cases[] = {
        {"", 1, ""},
        {"127.0.0.9", 5, "127.0.0.9"},
        {"127.0.0.1,127.0.0.2-127.0.0.4", 1, "127.0.0.1"},
        {"127.0.0.1,127.0.0.2-127.0.0.4", 4, "127.0.0.4"},
        {"127.0.0.1,127.0.0.2-127.0.0.4", 5, "127.0.0.1"},
        {"10.0.0.0/30", 1, "10.0.0.1"},
        {"10.0.0.0/30", 3, "10.0.0.1"},
        {"fd00::1/127", 2, "fd00::1"},
    };
    char out[OPTIONS_LOCAL_IP_MAX];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(options_local_ip(view_of_cstr(cases[i].pool), cases[i].id, out, NULL), 0);
        assert_string_equal(out, cases[i].want);
    }
    assert_int_equal(options_local_ip(VIEW("127.0.0.4-127.0.0.1"), 1, out, NULL), ERROR_INVALID);
}

static void test_failure_kind(void **state) {
    struct one in_script = {.script = "{\"vus\":\"x\"}"}, not_config = {.script = "{\"summaryTrendStats\":[\"x\"]}"};
    struct options_notes notes = {0};
    struct plan plan;
    (void)state;

    plan_init(&plan);
    assert_int_equal(consolidate(&in_script, &plan, &notes, NULL), ERROR_INVALID);
    assert_true(notes.script_failed && !notes.not_config);
    notes = (struct options_notes){0};
    assert_int_equal(consolidate(&not_config, &plan, &notes, NULL), ERROR_INVALID);
    assert_true(!notes.script_failed && notes.not_config);
    plan_deinit(&plan);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shortcuts),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_scenarios),
        cmocka_unit_test(test_scenario_maps),
        cmocka_unit_test(test_threshold_errors),
        cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_no_thresholds),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_plain_fields),
        cmocka_unit_test(test_segments_add_up),
        cmocka_unit_test(test_environment),
        cmocka_unit_test(test_flags),
        cmocka_unit_test(test_inspect),
        cmocka_unit_test(test_local_ips),
        cmocka_unit_test(test_failure_kind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
