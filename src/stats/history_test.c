#include "stats/history.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct metrics *metrics;
static struct tags *tags;

static int set_up(void **arg) {
    (void)arg;
    return metrics_new(&metrics) | tags_new(&tags, 0);
}

static int tear_down(void **arg) {
    (void)arg;
    tags = tags_free(tags);
    metrics = metrics_free(metrics);
    return 0;
}

static tagset_id named(const char *name) {
    struct tag t = {VIEW("name"), view_of_cstr(name)};
    return tags_intern(tags, &t, 1);
}

static void add(struct history *h, int64_t second, metric_id metric, const char *name, double value) {
    struct sink s;

    sink_init(&s, metrics_type(metrics, metric));
    assert_int_equal(sink_add(&s, value, second), 0);
    assert_int_equal(history_add(h, second, metric, named(name), &s), 0);
    sink_deinit(&s);
}

static uint64_t count(const struct history *h, int64_t from_s, int64_t to_s, struct history_window *w) {
    struct sink s;

    assert_int_equal(history_collect(h, METRIC_HTTP_REQ_DURATION, NULL, 0, from_s, to_s, &s, w), 0);
    uint64_t n = s.trend.count;
    sink_deinit(&s);
    return n;
}

static void seconds(void **arg) {
    struct history *h;
    struct sink s;
    struct history_window w;

    (void)arg;
    assert_int_equal(history_new(&h, metrics, tags, 0), 0);
    assert_int_equal(history_first_s(h), -1);
    for (int i = 0; i < 100; i++) {
        add(h, i, METRIC_HTTP_REQ_DURATION, i % 2 ? "odd" : "even", i);
        add(h, i, METRIC_HTTP_REQS, "x", 1);
    }
    struct tag odd = {VIEW("name"), VIEW("odd")};
    assert_int_equal(history_collect(h, METRIC_HTTP_REQ_DURATION, &odd, 1, 10, 20, &s, &w), 0);
    assert_int_equal(s.trend.count, 5);
    assert_true(s.trend.min == 11 && s.trend.max == 19);
    assert_true(w.from_s == 11 && w.to_s == 20 && w.width_s == 1);
    sink_deinit(&s);
    assert_int_equal(count(h, 0, 1000, &w), 100);
    assert_int_equal(count(h, 98, 99, &w), 1); /* a second that is still open */
    assert_int_equal(count(h, 200, 300, &w), 0);
    assert_int_equal(w.width_s, 0);
    assert_int_equal(history_collect(h, METRIC_HTTP_REQS, NULL, 0, 5, 8, &s, NULL), 0);
    assert_true(s.counter.sum == 3);
    assert_int_equal(history_first_s(h), 0);
    history_free(h);
}

/* Three workers report the same seconds, one of them far behind; all is found at its second. */
static void late_reports(void **arg) {
    struct history *h;

    (void)arg;
    assert_int_equal(history_new(&h, metrics, tags, 0), 0);
    for (int i = 0; i < 60; i++) {
        add(h, i, METRIC_HTTP_REQ_DURATION, "x", 1);
        if (i >= 2)
            add(h, i - 2, METRIC_HTTP_REQ_DURATION, "x", 2);
        if (i >= 30)
            add(h, i - 30, METRIC_HTTP_REQ_DURATION, "x", 3);
    }
    for (int i = 0; i < 60; i++)
        assert_int_equal(count(h, i, i + 1, NULL), 1 + (i < 58) + (i < 30));
    add(h, 100, METRIC_HTTP_REQ_DURATION, "x", 1); /* a gap, then something inside it */
    for (int i = 101; i < 110; i++)
        add(h, i, METRIC_HTTP_REQ_DURATION, "x", 1);
    add(h, 80, METRIC_HTTP_REQ_DURATION, "x", 1);
    assert_int_equal(count(h, 80, 81, NULL), 1);
    assert_int_equal(history_dropped(h), 0);
    history_free(h);
}

struct curve {
    int64_t end_s, widest_s, narrowest_s;
    uint64_t count;
};

static int follow(void *ctx, int64_t start_s, int64_t width_s, const struct sink *s) {
    struct curve *c = ctx;

    assert_true(start_s >= c->end_s); /* in order, disjoint */
    assert_int_equal(start_s % width_s, 0);
    c->end_s = start_s + width_s;
    c->count += s->trend.count;
    c->widest_s = width_s > c->widest_s ? width_s : c->widest_s;
    c->narrowest_s = width_s;
    return 0;
}

/* A month: memory stays under the quota, nothing that is still covered is lost or counted twice, recent time
 * is fine, old time coarse, and the percentiles of a window are those of all its values. */
static void a_month(void **arg) {
    enum { MONTH_S = 30 * 86400, STEP_S = 7, QUOTA = 4 * 1024 * 1024 };
    struct history *h;
    struct history_window w;
    struct sink s;
    uint64_t added = 0;

    (void)arg;
    assert_int_equal(history_new(&h, metrics, tags, QUOTA), 0);
    for (int64_t t = 0; t < MONTH_S; t += STEP_S) {
        add(h, t, METRIC_HTTP_REQ_DURATION, "x", 100 + (double)(t / STEP_S % 100));
        added++;
        if (t % (STEP_S * 1000) == 0)
            assert_true(history_memory_bytes(h) <= QUOTA);
    }
    assert_true(history_memory_bytes(h) > QUOTA / 2);
    assert_int_equal(history_dropped(h), 0);
    assert_int_equal(count(h, 0, MONTH_S, &w), added);
    assert_true(w.from_s == 0 && w.width_s == 600);
    count(h, MONTH_S - 3600, MONTH_S, &w);
    assert_int_equal(w.width_s, 1);
    struct curve c = {.end_s = 0};
    assert_int_equal(history_each(h, METRIC_HTTP_REQ_DURATION, NULL, 0, 0, MONTH_S, follow, &c), 0);
    assert_int_equal(c.count, added);
    assert_true(c.widest_s == 600 && c.narrowest_s == 1);
    assert_int_equal(history_collect(h, METRIC_HTTP_REQ_DURATION, NULL, 0, 86400, 2 * 86400, &s, &w), 0);
    assert_true(w.from_s == 86400 && w.to_s == 2 * 86400);
    struct histogram day = HISTOGRAM_NULL;
    for (int64_t t = 0; t < 2 * 86400; t += STEP_S)
        if (t >= 86400)
            assert_int_equal(histogram_record(&day, 100 + (double)(t / STEP_S % 100)), 0);
    for (double f = 0; f <= 1; f += 0.05)
        assert_true(histogram_percentile(&s.trend, f) == histogram_percentile(&day, f));
    histogram_deinit(&day);
    sink_deinit(&s);
    add(h, 5, METRIC_HTTP_REQ_DURATION, "x", 1); /* four weeks late */
    assert_int_equal(count(h, 0, MONTH_S, &w), added + 1);
    history_free(h);
}

/* Far too much for the quota: the oldest is dropped, counted; the rest is whole. */
static void drops_the_oldest(void **arg) {
    struct history *h;
    struct history_window w;
    char name[16];

    (void)arg;
    assert_int_equal(history_new(&h, metrics, tags, HISTORY_QUOTA_BYTES_MIN), 0);
    for (int64_t t = 0; t < 100000; t += 20) {
        for (int i = 0; i < 20; i++) {
            snprintf(name, sizeof name, "n%d", i);
            add(h, t, METRIC_HTTP_REQ_DURATION, name, (double)(t % 977) + i);
        }
        assert_true(history_memory_bytes(h) <= HISTORY_QUOTA_BYTES_MIN);
    }
    assert_true(history_dropped(h) > 0);
    assert_true(history_first_s(h) > 0);
    int64_t from_s = history_first_s(h);
    assert_int_equal(count(h, from_s, 100000, &w), (100000 - from_s) / 20 * 20);
    uint64_t before = history_dropped(h);
    add(h, 0, METRIC_HTTP_REQ_DURATION, "x", 1);
    assert_int_equal(history_dropped(h), before + 1);
    history_free(h);
}

static void a_whole_store(void **arg) {
    struct history *h;
    struct series_store *s;

    (void)arg;
    assert_int_equal(history_new(&h, metrics, tags, 0), 0);
    assert_int_equal(series_store_new(&s, metrics, tags), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(
            series_store_add(s, series_store_get(s, METRIC_HTTP_REQ_DURATION, named("x")), i, 0), 0);
        assert_int_equal(history_add_store(h, i, s), 0);
        series_store_reset(s);
    }
    assert_int_equal(count(h, 3, 5, NULL), 2);
    series_store_free(s);
    history_free(h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(seconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late_reports, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_month, set_up, tear_down),
        cmocka_unit_test_setup_teardown(drops_the_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_whole_store, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
