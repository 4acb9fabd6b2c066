#include "report/outputs.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>
#include <unistd.h>
#include <zlib.h>

#include "core/file.h"

struct scene {
    struct recorder total;
    struct plan_threshold thresholds[2];
    struct plan plan;
    struct run_state run;
    char dir[64], path[128];
    struct report_sink *sink;
};

static void scene_init(struct scene *s, const char *host_options) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->plan.host_options = view_of_cstr(host_options);
    s->plan.thresholds = s->thresholds;
    s->run = (struct run_state){.plan = &s->plan, .total = &s->total};
    snprintf(s->dir, sizeof s->dir, "/tmp/outputs_test_XXXXXX");
    assert_non_null(mkdtemp(s->dir));
}

static void scene_open(struct scene *s, const char *type, const char *name) {
    char spec[256];
    struct error err = ERROR_NULL;
    snprintf(s->path, sizeof s->path, "%s/%s", s->dir, name);
    snprintf(spec, sizeof spec, "%s=%s", type, s->path);
    struct view v = view_of_cstr(spec);
    assert_int_equal(outputs_new(&v, 1, &s->sink, &err), 0);
    s->sink->ops->start(s->sink, &s->run);
}

static void scene_deinit(struct scene *s) {
    report_sink_free(s->sink);
    recorder_deinit(&s->total);
    unlink(s->path);
    rmdir(s->dir);
}

static struct sample point(struct scene *s, metric_id metric, const struct tag *tags, size_t n, double value) {
    return (struct sample){.metric = metric, .tags = tags_intern(s->total.tags, tags, n), .wall_ns = INT64_C(1795234672994415400), .value = value, .vu = 1, .iter = 0};
}

static void file_is(struct scene *s, const char *expected) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct error err = ERROR_NULL;
    assert_int_equal(s->sink->ops->finish(s->sink, &s->run, &err), 0);
    assert_int_equal(file_read(s->path, &text, &err), 0);
    assert_string_equal(text.ptr, expected);
}

static const struct tag get[] = {{{"name", 4}, {"a", 1}}, {{"status", 6}, {"200", 3}}, {{"group", 5}, {"", 0}}};

/* Lines as the real k6 wrote them. */
static void json(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s, "{}");
    s.thresholds[0] = (struct plan_threshold){.target = VIEW("http_reqs{name:a}"), .expression = VIEW("count>1")};
    s.thresholds[1] = (struct plan_threshold){.target = VIEW("checks"), .expression = VIEW("rate>0.5")};
    s.plan.threshold_count = 2;
    scene_open(&s, "json", "x.json");
    struct sample a = point(&s, METRIC_HTTP_REQS, get, 3, 1), b = point(&s, METRIC_CHECKS, NULL, 0, 0), hidden = point(&s, METRIC_ITERATION_LATENESS, NULL, 0, 0);
    s.sink->ops->sample(s.sink, &s.run, &a);
    s.sink->ops->sample(s.sink, &s.run, &a);
    s.sink->ops->sample(s.sink, &s.run, &hidden);
    b.wall_ns = INT64_C(1795234672000000000);
    s.sink->ops->sample(s.sink, &s.run, &b);
    file_is(&s,
        "{\"type\":\"Metric\",\"data\":{\"name\":\"http_reqs\",\"type\":\"counter\",\"contains\":\"default\",\"thresholds\":[],\"submetrics\":[{\"name\":\"http_reqs{name:a}\",\"suffix\":\"name:a\",\"tags\":{\"name\":\"a\"}}]},\"metric\":\"http_reqs\"}\n"
        "{\"metric\":\"http_reqs\",\"type\":\"Point\",\"data\":{\"time\":\"2026-11-21T04:17:52.9944154Z\",\"value\":1,\"tags\":{\"group\":\"\",\"name\":\"a\",\"status\":\"200\"}}}\n"
        "{\"metric\":\"http_reqs\",\"type\":\"Point\",\"data\":{\"time\":\"2026-11-21T04:17:52.9944154Z\",\"value\":1,\"tags\":{\"group\":\"\",\"name\":\"a\",\"status\":\"200\"}}}\n"
        "{\"type\":\"Metric\",\"data\":{\"name\":\"checks\",\"type\":\"rate\",\"contains\":\"default\",\"thresholds\":[\"rate>0.5\"],\"submetrics\":null},\"metric\":\"checks\"}\n"
        "{\"metric\":\"checks\",\"type\":\"Point\",\"data\":{\"time\":\"2026-11-21T04:17:52Z\",\"value\":0,\"tags\":{}}}\n");
    scene_deinit(&s);
}

static void json_metadata_and_gzip(void **state) {
    (void)state;
    struct scene s;
    char text[4096] = "";
    struct error err = ERROR_NULL;
    scene_init(&s, "{\"systemTags\":[\"vu\",\"iter\"]}");
    scene_open(&s, "json", "x.json.gz");
    struct sample a = point(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 0.5);
    s.sink->ops->sample(s.sink, &s.run, &a);
    assert_int_equal(s.sink->ops->finish(s.sink, &s.run, &err), 0);
    gzFile f = gzopen(s.path, "rb");
    assert_true(gzread(f, text, sizeof text - 1) > 0);
    gzclose(f);
    assert_non_null(strstr(text, "\"submetrics\":null")); /* expected_response is off */
    assert_non_null(strstr(text, "\"value\":0.5,\"tags\":{},\"metadata\":{\"iter\":\"0\",\"vu\":\"1\"}}}\n"));
    scene_deinit(&s);
}

static void csv(void **state) {
    (void)state;
    struct scene s;
    const struct tag odd[] = {{{"name", 4}, {"a,\"b\"", 5}}, {{"zeta", 4}, {"z", 1}}, {{"alpha", 5}, {"a b", 3}}};
    scene_init(&s, "{\"systemTags\":[\"status\",\"name\",\"vu\",\"iter\"]}");
    scene_open(&s, "csv", "x.csv");
    struct sample a = point(&s, METRIC_HTTP_REQS, get, 2, 1), b = point(&s, METRIC_HTTP_REQ_DURATION, odd, 3, 2.148763);
    s.sink->ops->sample(s.sink, &s.run, &a);
    b.vu = 0;
    b.iter = -1;
    s.sink->ops->sample(s.sink, &s.run, &b);
    file_is(&s, "metric_name,timestamp,metric_value,name,status,extra_tags,metadata\n"
                "http_reqs,1795234672,1.000000,a,200,,iter=0&vu=1\n"
                "http_req_duration,1795234672,2.148763,\"a,\"\"b\"\"\",,alpha=a b&zeta=z,\n");
    scene_deinit(&s);
}

static void csv_time_formats(void **state) {
    (void)state;
    static const struct { const char *format, *text; } cases[] = {{"unix_milli", ",1795234672994,"}, {"unix_micro", ",1795234672994415,"},
        {"unix_nano", ",1795234672994415400,"}, {"rfc3339", ",2026-11-21T04:17:52Z,"}, {"rfc3339_nano", ",2026-11-21T04:17:52.994415400Z,"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        struct buf text CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        struct error err = ERROR_NULL;
        char name[64];
        scene_init(&s, "{}");
        snprintf(s.path, sizeof s.path, "%s/t.csv", s.dir);
        snprintf(name, sizeof name, "fileName=%s,timeFormat=%s", s.path, cases[i].format);
        char spec[256];
        snprintf(spec, sizeof spec, "csv=fileName=%s,saveInterval=2s,timeFormat=%s", s.path, cases[i].format);
        struct view v = view_of_cstr(spec);
        assert_int_equal(outputs_new(&v, 1, &s.sink, &err), 0);
        s.sink->ops->start(s.sink, &s.run);
        struct sample a = point(&s, METRIC_HTTP_REQS, NULL, 0, 1);
        s.sink->ops->sample(s.sink, &s.run, &a);
        assert_int_equal(s.sink->ops->finish(s.sink, &s.run, &err), 0);
        assert_int_equal(file_read(s.path, &text, &err), 0);
        assert_non_null(strstr(text.ptr, cases[i].text));
        scene_deinit(&s);
    }
}

static void full_disk_is_counted(void **state) {
    (void)state;
    struct scene s;
    struct error err = ERROR_NULL;
    struct view spec = VIEW("json=/dev/full");
    if (!file_exists("/dev/full"))
        skip();
    scene_init(&s, "{}");
    assert_int_equal(outputs_new(&spec, 1, &s.sink, &err), 0);
    s.sink->ops->start(s.sink, &s.run);
    struct sample a = point(&s, METRIC_HTTP_REQS, get, 3, 1);
    for (int i = 0; i < 10000; i++)
        s.sink->ops->sample(s.sink, &s.run, &a);
    assert_true(s.sink->ops->finish(s.sink, &s.run, &err) < 0);
    assert_string_equal(err.text, "write /dev/full: no space left on device; 10000 points are missing in it (the summary is complete)");
    scene_deinit(&s);
}

static void bad_specs(void **state) {
    (void)state;
    static const struct { const char *spec, *text; } cases[] = {
        {"nope=1", "invalid output type 'nope', available types are: cloud, csv, experimental-opentelemetry, experimental-prometheus-rw, influxdb, json, opentelemetry, statsd, web-dashboard; halftime's own: junit, markdown"},
        {"kafka", "could not create the 'kafka' output: the kafka output was deprecated in k6 v0.32.0 and removed in k6 v0.34.0, please use the new xk6 kafka output extension instead - https://github.com/k6io/xk6-output-kafka"},
        {"cloud", "the 'cloud' output is an output of k6 that halftime does not have; available: csv, experimental-prometheus-rw, influxdb, json, junit, markdown, opentelemetry, statsd"},
        {"influxdb=ftp://x", "could not create the 'influxdb' output: the address ftp://x:80/write?db=k6&precision=ns must begin with http:// or https://"},
        {"influxdb=http://x?nope=1", "could not create the 'influxdb' output: unknown query parameter: nope"},
        {"influxdb=http://x?precision=y", "could not create the 'influxdb' output: the precision must be ns, u, ms, s, m or h, not 'y'"},
        {"influxdb=http://x?tagsAsFields=a:b", "could not create the 'influxdb' output: a tag that becomes a field is written NAME or NAME:int, :float, :bool, :string, not 'a:b'"},
        {"experimental-prometheus-rw=nonsense", "could not create the 'experimental-prometheus-rw' output: unsupported protocol scheme \"\""},
        {"opentelemetry=nonsense", "could not create the 'opentelemetry' output: unsupported protocol scheme \"\""},
        {"statsd=nonsense", "could not create the 'statsd' output: the address 'nonsense' must be host:port"},
        {"statsd=host:99999", "could not create the 'statsd' output: the address 'host:99999' must be host:port"},
        {"junit=/nope/x.xml", "open /nope/x.xml: no such file or directory"},
        {"markdown=/nope/x.md", "open /nope/x.md: no such file or directory"},
        {"json=/nope/x.json", "open /nope/x.json: no such file or directory"},
        {"csv=timeFormat=x", "x does not belong to TimeFormat values [unix, unix_milli, unix_micro, unix_nano, rfc3339, rfc3339_nano]"},
        {"csv=a=b", "unknown key \"a\" as argument for csv output"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report_sink *sinks[2] = {NULL, NULL};
        struct error err = ERROR_NULL;
        struct view specs[] = {VIEW("json=/dev/null"), view_of_cstr(cases[i].spec)};
        assert_true(outputs_new(specs, 2, sinks, &err) < 0);
        assert_string_equal(err.text, cases[i].text);
        assert_null(sinks[0]);
    }
}

static void descriptions(void **state) {
    (void)state;
    static const struct { struct view specs[2]; size_t n; const char *text; } cases[] = {
        {{{0}}, 0, "-"}, {{VIEW("json=/x/o.json"), VIEW("csv=o.csv")}, 2, "json (/x/o.json), csv (o.csv)"}, {{VIEW("json")}, 1, "json(stdout)"},
        {{VIEW("json=-"), VIEW("csv")}, 2, "json(stdout), csv (file.csv)"},
        {{VIEW("influxdb=http://u:secret@h:1/db"), VIEW("statsd")}, 2, "InfluxDBv1 (http://h:1), statsd (localhost:8125)"},
        {{VIEW("experimental-prometheus-rw"), VIEW("opentelemetry")}, 2, "Prometheus remote write (http://localhost:9090/api/v1/write), opentelemetry (http/protobuf, http://localhost:4318/v1/metrics)"},
        {{VIEW("junit"), VIEW("markdown=x.md")}, 2, "junit (junit.xml), markdown (x.md)"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
        assert_int_equal(outputs_describe(cases[i].specs, cases[i].n, &out), 0);
        assert_string_equal(out.ptr, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(json), cmocka_unit_test(json_metadata_and_gzip), cmocka_unit_test(csv), cmocka_unit_test(csv_time_formats),
        cmocka_unit_test(full_disk_is_counted), cmocka_unit_test(bad_specs), cmocka_unit_test(descriptions)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
