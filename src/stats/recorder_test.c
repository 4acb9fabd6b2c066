/* The recorder, and the sample stream that it feeds. */
#include "stats/recorder.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct point {
    char metric[64], name[64];
    double value;
    int64_t wall_ns, iter;
    uint64_t vu;
};
struct reader {
    struct metrics *metrics;
    struct tags *tags;
    struct point points[64];
    size_t count;
};

static void take(void *ctx, const struct sample *s) {
    struct reader *r = ctx;

    if (r->count == 64) /* the tests that count look at `count` only */
        return;
    struct point *p = &r->points[r->count++];
    *p = (struct point){.value = s->value, .wall_ns = s->wall_ns, .iter = s->iter, .vu = s->vu};
    snprintf(p->metric, sizeof p->metric, "%.*s", VIEW_ARGS(metrics_name(r->metrics, s->metric)));
    snprintf(p->name, sizeof p->name, "%.*s", VIEW_ARGS(tags_get(r->tags, s->tags, VIEW("name"))));
}

static tagset_id named(struct tags *t, const char *name) {
    struct tag tag = {VIEW("name"), view_of_cstr(name)};
    return tags_intern(t, &tag, 1);
}

static const struct recorder_http http = {1, 2, 3, 4, 5, 6, 7, 0};

static void one_round_trip_is_nine_metrics(void **arg) {
    struct recorder r;
    struct recorder_at at = {.wall_ns = 5000, .vu = 1, .iter = -1};
    static const struct {
        metric_id metric;
        double value;
    } want[] = {{METRIC_HTTP_REQ_DURATION, 1}, {METRIC_HTTP_REQ_BLOCKED, 2}, {METRIC_HTTP_REQ_CONNECTING, 3},
        {METRIC_HTTP_REQ_TLS_HANDSHAKING, 4}, {METRIC_HTTP_REQ_SENDING, 5}, {METRIC_HTTP_REQ_WAITING, 6},
        {METRIC_HTTP_REQ_RECEIVING, 7}};

    (void)arg;
    assert_int_equal(recorder_init(&r, false), 0);
    for (int i = 0; i < 100; i++) { /* more tag sets than the cache begins with */
        char name[16];
        snprintf(name, sizeof name, "%d", i % 70);
        recorder_add_http(&r, named(r.tags, name), &http, &at);
    }
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        struct sink s;
        assert_int_equal(series_store_collect(r.series, want[i].metric, NULL, 0, &s), 0);
        assert_int_equal(s.trend.count, 100);
        assert_true(s.trend.min == want[i].value && s.trend.max == want[i].value);
        sink_deinit(&s);
    }
    assert_int_equal(series_store_count(r.series), 70 * 9);
    recorder_add(&r, METRIC_ITERATION_DURATION, 0, NAN, &at);
    assert_int_equal(r.lost, 1);
    recorder_deinit(&r);
    recorder_deinit(&r);
}

static void move(struct recorder *r, struct reader *to) {
    struct buf b = BUF_MAX(64 << 20);
    struct pack_writer w = pack_writer_of(&b);

    sample_queue_pack_and_reset(r->samples, &w);
    assert_int_equal(w.error, 0);
    struct pack_reader reader = pack_reader_of(buf_view(&b));
    assert_int_equal(sample_chunk_unpack(&reader, to->metrics, to->tags, take, to), 0);
    assert_int_equal(reader.rest.len, 0);
    buf_deinit(&b);
}

static void samples_travel(void **arg) {
    static struct reader to;
    struct recorder r;
    struct recorder_at at = {.wall_ns = 1700000000000000001, .vu = 3, .iter = 9};
    metric_id pad;

    (void)arg;
    to.count = 0;
    assert_int_equal(metrics_new(&to.metrics), 0);
    assert_int_equal(metrics_register(to.metrics, VIEW("pad"), METRIC_RATE, METRIC_DEFAULT, &pad), 0);
    assert_int_equal(tags_new(&to.tags, 0), 0);
    assert_int_equal(recorder_init(&r, true), 0);
    assert_true(sample_queue_empty(r.samples));
    metric_id mine;
    assert_int_equal(metrics_register(r.metrics, VIEW("mine"), METRIC_TREND, METRIC_TIME, &mine), 0);
    for (int chunk = 0; chunk < 2; chunk++) { /* each is self-contained */
        to.count = 0;
        recorder_add_http(&r, named(r.tags, "a"), &http, &at);
        at.wall_ns -= 1000;
        at.vu = 0;
        at.iter = -1;
        recorder_add(&r, mine, named(r.tags, "b"), -2.5, &at);
        recorder_add(&r, METRIC_ITERATION_LATENESS, 0, 1, NULL); /* not in the stream */
        move(&r, &to);
        assert_true(sample_queue_empty(r.samples));
        assert_int_equal(to.count, 10);
        assert_string_equal(to.points[0].metric, "http_reqs");
        assert_string_equal(to.points[1].metric, "http_req_duration");
        assert_string_equal(to.points[8].metric, "http_req_failed");
        assert_string_equal(to.points[8].name, "a");
        assert_string_equal(to.points[9].metric, "mine");
        assert_string_equal(to.points[9].name, "b");
        assert_true(
            to.points[9].value == -2.5 && to.points[9].wall_ns == at.wall_ns && to.points[9].iter == -1);
        assert_int_equal(to.points[0].wall_ns, at.wall_ns + 1000);
    }
    recorder_deinit(&r);
    tags_free(to.tags);
    metrics_free(to.metrics);
}

/* The queue is bounded; what it drops is counted, and the aggregates have everything all the same. */
static void full_queue(void **arg) {
    enum { N = 1500000 };
    static struct reader to;
    struct recorder r;
    struct recorder_at at = {.wall_ns = 1, .iter = 0};

    (void)arg;
    assert_int_equal(recorder_init(&r, true), 0);
    tagset_id t = named(r.tags, "a");
    for (int i = 0; i < N; i++)
        recorder_add(&r, METRIC_ITERATIONS, t, 1, &at);
    uint64_t dropped = sample_queue_dropped(r.samples);
    assert_in_range(dropped, 1, N - SAMPLE_QUEUE_BYTES_MAX / 20);
    to = (struct reader){.metrics = r.metrics, .tags = r.tags};
    move(&r, &to);
    recorder_add(&r, METRIC_ITERATIONS, t, 1, &at);
    assert_int_equal(sample_queue_dropped(r.samples), dropped); /* there is room again */
    struct sink s;
    assert_int_equal(series_store_collect(r.series, METRIC_ITERATIONS, NULL, 0, &s), 0);
    assert_true(s.counter.sum == N + 1);
    recorder_deinit(&r);
}

static void ignore(void *ctx, const struct sample *s) {
    (void)s;
    ++*(size_t *)ctx;
}

static void damaged_chunks(void **arg) {
    struct recorder r;
    struct recorder_at at = {.wall_ns = 1, .iter = 0};
    struct buf b = BUF_MAX(1 << 20);
    struct pack_writer w = pack_writer_of(&b);

    (void)arg;
    assert_int_equal(recorder_init(&r, true), 0);
    recorder_add_http(&r, named(r.tags, "a"), &http, &at);
    sample_queue_pack_and_reset(r.samples, &w);
    for (size_t n = 0; n < b.len; n++) {
        char *copy = malloc(n ? n : 1);
        size_t count = 0;
        memcpy(copy, b.ptr, n);
        struct pack_reader reader = pack_reader_of(view_of(copy, n));
        assert_int_equal(sample_chunk_unpack(&reader, r.metrics, r.tags, ignore, &count), ERROR_SYNTAX);
        assert_true(count < 9);
        free(copy);
    }
    buf_deinit(&b);
    recorder_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_round_trip_is_nine_metrics),
        cmocka_unit_test(samples_travel), cmocka_unit_test(full_queue), cmocka_unit_test(damaged_chunks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
