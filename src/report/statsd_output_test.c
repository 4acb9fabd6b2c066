#include "report/outputs.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int receiver(char spec[64]) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    snprintf(spec, 64, "statsd=127.0.0.1:%u", ntohs(a.sin_port));
    return fd;
}

static void lines(void **state) {
    (void)state;
    static const struct tag get[] = {{VIEW("name"), VIEW("a|b,c#d:e")}, {VIEW("url"), VIEW("http://x")},
        {VIEW("empty"), VIEW("")}, {VIEW("st\nat"), VIEW("200")}},
                            check[] = {{VIEW("check"), VIEW("is 200: ok|no")}};
    static const struct {
        metric_id metric;
        const struct tag *tags;
        size_t n;
        double value;
        const char *plain, *tagged;
    } cases[] = {
        {METRIC_HTTP_REQS, NULL, 0, 2, "k6.http_reqs:2|c\n", "k6.http_reqs:2|c\n"},
        {METRIC_VUS, NULL, 0, 1.5, "k6.vus:1.5|g\n", "k6.vus:1.5|g\n"},
        {METRIC_HTTP_REQ_DURATION, get, 4, 0.25, "k6.http_req_duration:0.25|ms\n",
            "k6.http_req_duration:0.25|ms|#name:a_b_c_d:e,st_at:200\n"},
        {METRIC_HTTP_REQ_FAILED, NULL, 0, 1, "k6.http_req_failed:1|c\n", "k6.http_req_failed:1|c\n"},
        {METRIC_CHECKS, check, 1, 1, "k6.check.is 200_ ok_no.pass:1|c\n",
            "k6.check.is 200_ ok_no.pass:1|c|#check:is 200: ok_no\n"},
        {METRIC_CHECKS, check, 1, 0, "k6.check.is 200_ ok_no.fail:1|c\n",
            "k6.check.is 200_ ok_no.fail:1|c|#check:is 200: ok_no\n"},
        {METRIC_ITERATION_LATENESS, NULL, 0, 1, "", ""},
    };
    for (int tagged = 0; tagged < 2; tagged++) {
        struct recorder total;
        struct plan plan = {0};
        struct run_state run = {.plan = &plan, .total = &total};
        struct report_sink *sink;
        struct error err = ERROR_NULL;
        char spec[64], got[4096], expected[4096] = "";
        int fd = receiver(spec);
        struct view v = view_of_cstr(spec);
        setenv("K6_STATSD_ENABLE_TAGS", tagged ? "true" : "false", 1);
        assert_int_equal(recorder_init(&total, false), 0);
        assert_int_equal(outputs_new(&v, 1, &sink, &err), 0);
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct sample p = {.metric = cases[i].metric,
                .tags = tags_intern(total.tags, cases[i].tags, cases[i].n),
                .value = cases[i].value};
            sink->ops->sample(sink, &run, &p);
            strncat(
                expected, tagged ? cases[i].tagged : cases[i].plain, sizeof expected - strlen(expected) - 1);
        }
        assert_int_equal(sink->ops->finish(sink, &run, &err), 0);
        report_sink_free(sink);
        ssize_t n = recv(fd, got, sizeof got - 1, 0);
        assert_true(n > 0);
        got[n] = 0;
        assert_string_equal(got, expected);
        close(fd);
        recorder_deinit(&total);
    }
    unsetenv("K6_STATSD_ENABLE_TAGS");
}

static void bad_settings(void **state) {
    (void)state;
    static const struct {
        const char *name, *value, *output, *text;
    } cases[] = {
        {"K6_STATSD_ENABLE_TAGS", "maybe", "statsd",
            "could not create the 'statsd' output: K6_STATSD_ENABLE_TAGS must be true or false, not 'maybe'"},
        {"K6_STATSD_PUSH_INTERVAL", "0s", "statsd",
            "could not create the 'statsd' output: K6_STATSD_PUSH_INTERVAL must be longer than nothing, not "
            "'0s'"},
        {"K6_PROMETHEUS_RW_TREND_STATS", "p(x)", "experimental-prometheus-rw",
            "could not create the 'experimental-prometheus-rw' output: "},
        {"K6_PROMETHEUS_RW_SIGV4_REGION", "x", "experimental-prometheus-rw",
            "could not create the 'experimental-prometheus-rw' output: signing with K6_PROMETHEUS_RW_SIGV4_… "
            "is not supported"},
        {"K6_PROMETHEUS_RW_HTTP_HEADERS", "nonsense", "experimental-prometheus-rw",
            "K6_PROMETHEUS_RW_HTTP_HEADERS: 'nonsense' is no header: write NAME:VALUE"},
        {"K6_OTEL_EXPORTER_PROTOCOL", "grpc", "opentelemetry",
            "only the protocol http/protobuf is supported"},
        {"K6_OTEL_HTTP_EXPORTER_ENDPOINT", "http://x", "opentelemetry",
            "HTTP exporter endpoint must only be host and port, no scheme"},
        {"K6_INFLUXDB_PUSH_INTERVAL", "soon", "influxdb", "K6_INFLUXDB_PUSH_INTERVAL: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct report_sink *sink;
        struct error err = ERROR_NULL;
        struct view v = view_of_cstr(cases[i].output);
        setenv(cases[i].name, cases[i].value, 1);
        assert_true(outputs_new(&v, 1, &sink, &err) < 0);
        unsetenv(cases[i].name);
        assert_non_null(strstr(err.text, cases[i].text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(lines), cmocka_unit_test(bad_settings)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
