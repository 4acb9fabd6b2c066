#include "stats/series.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* A process: its registries and its store. */
struct process {
    struct metrics *metrics;
    struct tags *tags;
    struct series_store *series;
};

static struct process process_new(void) {
    struct process p;
    assert_int_equal(metrics_new(&p.metrics), 0);
    assert_int_equal(tags_new(&p.tags, 0), 0);
    assert_int_equal(series_store_new(&p.series, p.metrics, p.tags), 0);
    return p;
}

static void process_free(struct process p) {
    series_store_free(p.series);
    tags_free(p.tags);
    metrics_free(p.metrics);
}

static void add(struct process *p, metric_id metric, const char *name, double value, int64_t at_us) {
    struct tag t = {VIEW("name"), view_of_cstr(name)};
    struct series *s = series_store_get(p->series, metric, tags_intern(p->tags, &t, 1));
    assert_non_null(s);
    assert_int_equal(series_store_add(p->series, s, value, at_us), 0);
}

static struct sink collect(const struct process *p, metric_id metric, const char *name) {
    struct sink s;
    struct tag t = {VIEW("name"), view_of_cstr(name ? name : "")};
    assert_int_equal(series_store_collect(p->series, metric, &t, name ? 1 : 0, &s), 0);
    return s;
}

static void sinks(void **arg) {
    static const double values[] = {3, 0, 2};
    struct sink s;

    (void)arg;
    for (int type = METRIC_COUNTER; type <= METRIC_TREND; type++) {
        sink_init(&s, (enum metric_type)type);
        assert_true(sink_empty(&s));
        assert_int_equal(sink_add(&s, NAN, 1), ERROR_INVALID);
        for (int i = 0; i < 3; i++)
            assert_int_equal(sink_add(&s, values[i], 10 - i), 0);
        assert_false(sink_empty(&s));
        switch (type) {
        case METRIC_COUNTER: assert_true(s.counter.sum == 5 && s.counter.count == 3); break;
        case METRIC_GAUGE: /* the latest instant, not the latest call */
            assert_true(s.gauge.last == 3 && s.gauge.min == 0 && s.gauge.max == 3 && s.gauge.at_us == 10);
            break;
        case METRIC_RATE: assert_true(s.rate.hits == 2 && s.rate.total == 3); break;
        default: assert_true(s.trend.count == 3 && s.trend.sum == 5); break;
        }
        sink_reset(&s);
        assert_true(sink_empty(&s));
        sink_deinit(&s);
    }
}

static void finds_and_filters(void **arg) {
    struct process p = process_new();

    (void)arg;
    add(&p, METRIC_HTTP_REQS, "a", 1, 0);
    add(&p, METRIC_HTTP_REQS, "b", 1, 0);
    add(&p, METRIC_HTTP_REQS, "a", 1, 0);
    add(&p, METRIC_ITERATIONS, "a", 1, 0);
    assert_int_equal(series_store_count(p.series), 3);
    assert_true(collect(&p, METRIC_HTTP_REQS, NULL).counter.sum == 3);
    assert_true(collect(&p, METRIC_HTTP_REQS, "a").counter.sum == 2);
    assert_true(collect(&p, METRIC_HTTP_REQS, "c").counter.count == 0);
    assert_true(collect(&p, METRIC_CHECKS, NULL).rate.total == 0);
    process_free(p);
}

/* Two workers with other registries, three seconds: the controller has the sum, and each delta is told once.
 */
static void deltas_travel(void **arg) {
    struct process workers[2] = {process_new(), process_new()}, controller = process_new();
    struct buf b = BUF_MAX(1 << 20);
    metric_id mine[2], pad;

    (void)arg;
    assert_int_equal(metrics_register(workers[1].metrics, VIEW("pad"), METRIC_RATE, METRIC_DEFAULT, &pad), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            metrics_register(workers[i].metrics, VIEW("mine"), METRIC_TREND, METRIC_TIME, &mine[i]), 0);
    assert_int_not_equal(mine[0], mine[1]);
    for (int second = 0; second < 3; second++) {
        for (int i = 0; i < 2; i++) {
            struct process *w = &workers[i];
            if (i == 1)
                add(w, METRIC_HTTP_REQS, "only here", 1, 0);
            add(w, mine[i], "x", second + i * 10, 0);
            add(w, METRIC_HTTP_REQS, "x", 1, 0);
            add(w, METRIC_HTTP_REQ_FAILED, "x", second == 1, 0);
            add(w, METRIC_VUS, "x", second * 100 + i, second * 1000000 + i);
            buf_clear(&b);
            struct pack_writer writer = pack_writer_of(&b);
            series_store_pack_and_reset(w->series, &writer);
            assert_int_equal(writer.error, 0);
            struct pack_reader reader = pack_reader_of(buf_view(&b));
            assert_int_equal(series_store_unpack_merge(controller.series, &reader), 0);
            assert_int_equal(reader.rest.len, 0);
        }
    }
    metric_id id;
    assert_true(metrics_find(controller.metrics, VIEW("mine"), &id));
    assert_int_equal(metrics_contains(controller.metrics, id), METRIC_TIME);
    struct sink trend = collect(&controller, id, NULL);
    assert_int_equal(trend.trend.count, 6);
    assert_true(trend.trend.max == 12 && trend.trend.sum == 36);
    sink_deinit(&trend);
    assert_true(collect(&controller, METRIC_HTTP_REQS, NULL).counter.sum == 9);
    assert_true(collect(&controller, METRIC_HTTP_REQS, "only here").counter.sum == 3);
    assert_int_equal(collect(&controller, METRIC_HTTP_REQ_FAILED, "x").rate.hits, 2);
    struct sink vus = collect(&controller, METRIC_VUS, NULL);
    assert_true(vus.gauge.last == 201 && vus.gauge.min == 0 && vus.gauge.max == 201);
    /* Nothing new: one byte. */
    buf_clear(&b);
    struct pack_writer writer = pack_writer_of(&b);
    series_store_pack_and_reset(workers[0].series, &writer);
    assert_int_equal(b.len, 1);
    buf_deinit(&b);
    process_free(workers[0]);
    process_free(workers[1]);
    process_free(controller);
}

static void merges_over_registries(void **arg) {
    struct process scratch = process_new(), whole = process_new();

    (void)arg;
    add(&whole, METRIC_ITERATIONS, "other", 1, 0);
    for (int i = 0; i < 3; i++) {
        add(&scratch, METRIC_HTTP_REQ_DURATION, "x", i, 0);
        assert_int_equal(series_store_merge(whole.series, scratch.series), 0);
        series_store_reset(scratch.series);
    }
    struct sink s = collect(&whole, METRIC_HTTP_REQ_DURATION, "x");
    assert_int_equal(s.trend.count, 3);
    sink_deinit(&s);
    process_free(scratch);
    process_free(whole);
}

static void other_type_is_refused_whole(void **arg) {
    struct process worker = process_new(), controller = process_new();
    struct buf b = BUF_MAX(1 << 20);
    metric_id id;

    (void)arg;
    assert_int_equal(metrics_register(worker.metrics, VIEW("mine"), METRIC_TREND, METRIC_TIME, &id), 0);
    assert_int_equal(metrics_register(controller.metrics, VIEW("mine"), METRIC_RATE, METRIC_TIME, &id), 0);
    add(&worker, METRIC_HTTP_REQS, "x", 1, 0);
    add(&worker, id, "x", 1, 0);
    struct pack_writer w = pack_writer_of(&b);
    series_store_pack_and_reset(worker.series, &w);
    struct pack_reader r = pack_reader_of(buf_view(&b));
    assert_int_equal(series_store_unpack_merge(controller.series, &r), ERROR_SYNTAX);
    assert_int_equal(series_store_count(controller.series), 0);
    buf_deinit(&b);
    process_free(worker);
    process_free(controller);
}

/* More series than the limit: folded, counted, nothing lost. */
static void bounded(void **arg) {
    struct process p = process_new();
    char text[32];

    (void)arg;
    for (int i = 0; i < SERIES_MAX + 10000; i++) {
        snprintf(text, sizeof text, "%d", i);
        add(&p, METRIC_HTTP_REQS, text, 1, 0);
    }
    assert_int_equal(series_store_count(p.series), SERIES_MAX + 1);
    assert_int_equal(series_store_folded(p.series), 10000);
    assert_true(collect(&p, METRIC_HTTP_REQS, NULL).counter.sum == SERIES_MAX + 10000);
    assert_true(collect(&p, METRIC_HTTP_REQS, "(other)").counter.sum == 10000);
    process_free(p);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(sinks), cmocka_unit_test(finds_and_filters),
        cmocka_unit_test(deltas_travel), cmocka_unit_test(merges_over_registries),
        cmocka_unit_test(other_type_is_refused_whole), cmocka_unit_test(bounded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
