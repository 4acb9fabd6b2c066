/* That a receiver understands it is tested by tests/e2e/outputs, which takes the bytes apart; here: what is
 * in it, and where requests end. */
#include "report/otlp_metrics.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>

struct scene {
    struct recorder total;
    struct run_state run;
    struct otlp_metrics o;
    struct buf out;
};

static void begin(struct scene *s) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->run.total = &s->total;
    s->o = (struct otlp_metrics){.service = VIEW("k6"), .version = VIEW("1"), .prefix = VIEW("pre_")};
    buf_init(&s->out, OTLP_MAX);
}

static void end(struct scene *s) {
    recorder_deinit(&s->total);
    buf_deinit(&s->out);
}

static bool holds(const struct scene *s, struct view bytes) {
    return view_find_view(buf_view(&s->out), bytes) >= 0;
}

static void empty_run(void **state) {
    (void)state;
    struct scene s;
    struct otlp_cursor at = {0};
    uint64_t points;
    begin(&s);
    assert_int_equal(otlp_metrics_encode(&s.o, &s.run, 1, &at, &s.out, &points), 0);
    assert_int_equal(points, 0);
    assert_true(at.done);
    end(&s);
}

static void every_type(void **state) {
    (void)state;
    static const struct tag tags[] = {{VIEW("empty"), VIEW("")}, {VIEW("bad"), VIEW("\xff")}};
    for (int pair = 0; pair < 2; pair++) {
        struct scene s;
        struct otlp_cursor at = {0};
        uint64_t points;
        begin(&s);
        s.o.rate_pair = pair;
        recorder_add(&s.total, METRIC_DATA_SENT, tags_intern(s.total.tags, tags, 2), 10, NULL);
        recorder_add(&s.total, METRIC_CHECKS, 0, 1, NULL);
        recorder_add(&s.total, METRIC_CHECKS, 0, 0, NULL);
        recorder_add(&s.total, METRIC_HTTP_REQ_DURATION, 0, 7, NULL);
        recorder_add(&s.total, METRIC_VUS, 0, 7, NULL);
        recorder_add(&s.total, METRIC_ITERATION_LATENESS, 0, 7, NULL);
        assert_int_equal(otlp_metrics_encode(&s.o, &s.run, 1, &at, &s.out, &points), 0);
        assert_true(at.done);
        assert_int_equal(points, pair ? 5 : 4);
        assert_true(holds(&s, VIEW("\x0a\x0dpre_data_sent\x1a\x02"
                                   "By")));
        assert_true(holds(&s, VIEW("pre_checks.total")));
        assert_int_equal(holds(&s, VIEW("pre_checks.occurred")), pair);
        assert_int_equal(holds(&s, VIEW("condition\x12\x09\x0a\x07nonzero")), !pair);
        assert_int_equal(holds(&s, VIEW("condition\x12\x06\x0a\x04zero")), !pair);
        assert_true(holds(&s, VIEW("\x0a\x15pre_http_req_duration\x1a\x02ms")));
        assert_true(holds(&s, VIEW("\x0a\x03"
                                   "bad\x12\x05\x0a\x03\xef\xbf\xbd")));
        assert_false(holds(&s, VIEW("empty")) || holds(&s, VIEW("lateness")));
        end(&s);
    }
}

static void requests_are_split(void **state) {
    (void)state;
    struct scene s;
    struct otlp_cursor at = {0};
    uint64_t points, all = 0;
    size_t requests = 0;
    char name[600];
    begin(&s);
    memset(name, 'x', sizeof name);
    for (int i = 0; i < 2000; i++) {
        struct tag tag = {VIEW("name"), view_of(name, sizeof name)};
        snprintf(name, 8, "%07d", i);
        name[7] = '-';
        recorder_add(&s.total, METRIC_HTTP_REQ_DURATION, tags_intern(s.total.tags, &tag, 1), 1, NULL);
        recorder_add(&s.total, METRIC_HTTP_REQS, tags_intern(s.total.tags, &tag, 1), 1, NULL);
    }
    while (!at.done) {
        buf_clear(&s.out);
        assert_int_equal(otlp_metrics_encode(&s.o, &s.run, 1, &at, &s.out, &points), 0);
        assert_true(s.out.len < OTLP_CHUNK + 4096);
        all += points;
        assert_true(++requests < 10);
    }
    assert_int_equal(all, 4000);
    assert_true(requests > 1);
    end(&s);
}

static void limit(void **state) {
    (void)state;
    struct scene s;
    struct otlp_cursor at = {0};
    struct buf small CLEANUP(buf_deinit) = BUF_MAX(20);
    uint64_t points;
    begin(&s);
    assert_int_equal(otlp_metrics_encode(&s.o, &s.run, 1, &at, &small, &points), ERROR_LIMIT);
    end(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(empty_run), cmocka_unit_test(every_type),
        cmocka_unit_test(requests_are_split), cmocka_unit_test(limit)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
