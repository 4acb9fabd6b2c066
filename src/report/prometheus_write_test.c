/* What Prometheus itself makes of it is tested by tests/e2e/outputs; here: which series are written, and the
 * bytes of one. */
#include "report/prometheus_write.h"

#include <stdarg.h>
#include <stdio.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

struct scene {
    struct recorder total;
    struct run_state run;
    struct prometheus_write write;
    struct buf out;
};

static void begin(struct scene *s, const char *stats) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->run.total = &s->total;
    prometheus_write_init(&s->write);
    assert_int_equal(prometheus_write_stats(&s->write, view_of_cstr(stats), NULL), 0);
    buf_init(&s->out, PROMETHEUS_WRITE_MAX);
}

static void end(struct scene *s) {
    recorder_deinit(&s->total);
    prometheus_write_deinit(&s->write);
    buf_deinit(&s->out);
}

static void add(struct scene *s, metric_id metric, const struct tag *tags, size_t n, double value) {
    recorder_add(&s->total, metric, tags_intern(s->total.tags, tags, n), value, NULL);
}

/* How many series a request holds. */
static uint64_t encode(struct scene *s, enum prometheus_values which) {
    size_t at = 0;
    uint64_t points;
    buf_clear(&s->out);
    assert_int_equal(prometheus_write_encode(&s->write, &s->run, which, 1000, &at, &s->out, &points), 0);
    assert_int_equal(at, series_store_count(s->total.series));
    return points;
}

static bool holds(const struct scene *s, const char *text) {
    return view_find_view(buf_view(&s->out), view_of_cstr(text)) >= 0;
}

static void bytes_of_a_counter(void **state) {
    (void)state;
    static const struct tag tags[] = {
        {VIEW("status"), VIEW("200")}, {VIEW("A"), VIEW("x")}, {VIEW("group"), VIEW("")}};
    static const unsigned char expected[] = "\x0a\x45"
                                            "\x0a\x06\x0a\x01"
                                            "A\x12\x01x"
                                            "\x0a\x1e\x0a\x08__name__\x12\x12k6_http_reqs_total"
                                            "\x0a\x0d\x0a\x06status\x12\x03"
                                            "200"
                                            "\x12\x0c\x09\0\0\0\0\0\0\x08\x40\x10\xe8\x07";
    struct scene s;
    begin(&s, "p(99)");
    add(&s, METRIC_HTTP_REQS, tags, 3, 3);
    assert_int_equal(encode(&s, PROMETHEUS_CHANGED), 1);
    assert_int_equal(s.out.len, sizeof expected - 1);
    assert_memory_equal(s.out.ptr, expected, s.out.len);
    end(&s);
}

static void only_what_changed(void **state) {
    (void)state;
    struct scene s;
    begin(&s, "p(99.9),avg,sum");
    assert_int_equal(encode(&s, PROMETHEUS_CHANGED), 0); /* an empty run */
    assert_int_equal(s.out.len, 0);
    add(&s, METRIC_CHECKS, NULL, 0, 1);
    add(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 4);
    add(&s, METRIC_ITERATION_LATENESS, NULL, 0, 4);
    assert_int_equal(encode(&s, PROMETHEUS_CHANGED), 2);
    assert_true(holds(&s, "k6_checks_rate") && holds(&s, "k6_http_req_duration_p999") &&
                holds(&s, "k6_http_req_duration_avg") && holds(&s, "k6_http_req_duration_sum"));
    assert_false(holds(&s, "lateness"));
    add(&s, METRIC_CHECKS, NULL, 0, 1);
    assert_int_equal(encode(&s, PROMETHEUS_CHANGED), 1);
    assert_false(holds(&s, "duration"));
    prometheus_write_forget(&s.write);
    assert_int_equal(encode(&s, PROMETHEUS_CHANGED), 2);
    assert_int_equal(encode(&s, PROMETHEUS_STALE), 2);
    assert_true(view_find_view(buf_view(&s.out), VIEW("\x09\x02\0\0\0\0\0\xf0\x7f")) >= 0);
    end(&s);
}

static void native_histogram(void **state) {
    (void)state;
    struct scene s;
    begin(&s, "p(99)");
    s.write.native = true;
    add(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 0);
    for (int i = 0; i < 3; i++)
        add(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 1000); /* 1 s is bucket 0 */
    add(&s, METRIC_HTTP_REQ_DURATION, NULL, 0, 1050);     /* the next one */
    assert_int_equal(encode(&s, PROMETHEUS_CHANGED), 1);
    assert_true(holds(&s, "k6_http_req_duration_seconds"));
    /* count 5; schema 3; zero count 1 */
    assert_true(view_find_view(buf_view(&s.out), VIEW("\x08\x05\x19")) >= 0);
    assert_true(view_find_view(buf_view(&s.out), VIEW("\x20\x06\x29")) >= 0);
    assert_true(view_find_view(buf_view(&s.out), VIEW("\x30\x01")) >= 0);
    /* one span of two buckets from 1 on (a middle lies above its value): deltas 3, -2 */
    assert_true(view_find_view(buf_view(&s.out), VIEW("\x5a\x04\x08\x02\x10\x01")) >= 0 ||
                view_find_view(buf_view(&s.out), VIEW("\x5a\x04\x08\x00\x10\x02")) >= 0);
    end(&s);
}

static void requests_are_split(void **state) {
    (void)state;
    struct scene s;
    char value[1024];
    size_t at = 0, requests = 0;
    uint64_t points, all = 0;
    begin(&s, "p(99)");
    memset(value, 'x', sizeof value);
    for (int i = 0; i < 2000; i++) {
        snprintf(value, 8, "%07d", i);
        value[7] = '-';
        struct tag tag = {VIEW("name"), view_of(value, sizeof value)};
        add(&s, METRIC_HTTP_REQS, &tag, 1, 1);
    }
    while (at < series_store_count(s.total.series)) {
        buf_clear(&s.out);
        assert_int_equal(
            prometheus_write_encode(&s.write, &s.run, PROMETHEUS_CHANGED, 1, &at, &s.out, &points), 0);
        assert_true(s.out.len < PROMETHEUS_WRITE_CHUNK + 4096);
        requests++;
        all += points;
    }
    assert_int_equal(all, 2000);
    assert_int_equal(requests, 3);
    end(&s);
}

static void bad_stats(void **state) {
    (void)state;
    static const char *const cases[] = {"p(101)", "p99", "", "avg,nope"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct prometheus_write w;
        struct error err = ERROR_NULL;
        prometheus_write_init(&w);
        assert_true(prometheus_write_stats(&w, view_of_cstr(cases[i]), &err) < 0);
        assert_true(err.text[0]);
        prometheus_write_deinit(&w);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(bytes_of_a_counter),
        cmocka_unit_test(only_what_changed), cmocka_unit_test(native_histogram),
        cmocka_unit_test(requests_are_split), cmocka_unit_test(bad_stats)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
