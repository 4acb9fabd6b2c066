#include "fleet/locust_report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>

/* The keys are Locust's own, computed by its StatsError.create_key. */
static void failures_have_locusts_keys(void **state) {
    static const struct {
        struct view method, name, error;
        const char *key;
    } cases[] = {
        {VIEW("GET"), VIEW("/a b"), VIEW("HTTPError('404 Client Error: Not Found')"),
            "1c6aa0f7758a48384c812f50128ea488d1e6956408c848b228e5e311d9b00249"},
        {VIEW(""), VIEW("n\xc3\xb6"), VIEW("boom\n\"x\"\\"),
            "3978d1e3fd034249bbed34ac3420a3061718c3eaf08a80f25fa4d7477b944020"},
        {VIEW("POST"), VIEW("/"), VIEW("it's \"both\""),
            "ebeb570e11974d4a3297fb1540679bf0f386c04c85e53b7c8767c7e7856edfbc"},
        {VIEW("GET"), VIEW("/"), VIEW("\x01\x7f\t"),
            "8e72a90343357c3a7205eebf808d887582e0c21bf0ce3d463d64ad4071cee3ae"},
    };
    char key[65];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(locust_report_key(cases[i].method, cases[i].name, cases[i].error, key), 0);
        assert_string_equal(key, cases[i].key);
    }
}

/* ---- a worker of ours and what its master reads ---- */

static const double times[] = {0.4, 0.6, 1.6, 2.4, 99.4, 104.0, 106.0, 1049.0, 1151.0, 12345.0};
enum { TIMES = sizeof times / sizeof *times };

static metric_id metric(struct recorder *r, const char *name, enum metric_type type) {
    metric_id id;
    assert_int_equal(metrics_register(r->metrics, view_of_cstr(name), type, METRIC_DEFAULT, &id), METRIC_OK);
    return id;
}

static void measure(struct recorder *r) {
    struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), VIEW("/x")}};
    tagset_id set = tags_intern(r->tags, tags, 2);
    for (size_t i = 0; i < TIMES; i++) {
        recorder_add(r, metric(r, "request_duration", METRIC_TREND), set, times[i], NULL);
        recorder_add(r, metric(r, "request_bytes", METRIC_COUNTER), set, 100, NULL);
        recorder_add(r, metric(r, "halftime_request_at", METRIC_GAUGE), set, 1700000000.25 + (double)i, NULL);
    }
    recorder_add(r, metric(r, "request_bytes", METRIC_COUNTER), set, 0, NULL); /* one without a time */
    recorder_add(r, metric(r, "request_failures", METRIC_COUNTER), set, 1, NULL);
    evidence_store_add_at(r->evidence, EVIDENCE_LOCUST_FAILURE, VIEW("GET"), VIEW("/x"), VIEW("Boom('x')"), 1,
        1700000001000000);
}

static void take_second(struct locust_report *report) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(SNAPSHOT_BYTES_MAX);
    static struct snapshot_head head;
    struct recorder r;
    assert_int_equal(recorder_init(&r, false), 0);
    measure(&r);
    head = (struct snapshot_head){.seq = 1};
    assert_int_equal(snapshot_pack(&head, &r, &packed), 0);
    assert_int_equal(locust_report_add(report, buf_view(&packed)), 0);
    recorder_deinit(&r);
}

static void report(struct locust_report *from, bool snapshot, struct buf *out) {
    struct locust_report_class classes[] = {{VIEW("A"), 3}, {VIEW("B"), 0}};
    json_t *more = json_pack("{s:i,s:i}", "extra", 42, "stats", 7);
    struct locust_packer p;
    locust_pack_begin(&p, out, VIEW("stats"));
    locust_report_pack(from, &p,
        &(struct locust_report_options){
            .classes = classes, .class_count = 2, .more = more, .snapshot = snapshot});
    assert_int_equal(locust_pack_end(&p, VIEW("me")), 0);
    json_decref(more);
}

static uint64_t bucket(const msgpack_object *e, int64_t ms) {
    const msgpack_object *t = locust_field(e, "response_times");
    for (uint32_t i = 0; i < t->via.map.size; i++)
        if (locust_number_of(&t->via.map.ptr[i].key, -1) == (double)ms)
            return locust_count_of(&t->via.map.ptr[i].val);
    return 0;
}

static void our_figures_become_locusts(void **state) {
    static const int64_t buckets[][2] = {
        {0, 1}, {1, 1}, {2, 2}, {99, 1}, {100, 1}, {110, 1}, {1000, 1}, {1200, 1}, {12000, 1}};
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct locust_report r;
    struct locust_message m;
    struct error err = ERROR_NULL;
    double sum = 0;
    (void)state;
    assert_int_equal(locust_report_init(&r), 0);
    take_second(&r);
    report(&r, false, &out);
    assert_int_equal(locust_message_read(&m, buf_view(&out), &err), 0);
    const msgpack_object *stats = locust_field(m.data, "stats"), *total = locust_field(m.data, "stats_total");
    assert_int_equal(stats->via.array.size, 1);
    const msgpack_object *e = &stats->via.array.ptr[0];
    for (size_t i = 0; i < TIMES; i++)
        sum += times[i];
    assert_int_equal(locust_count_of(locust_field(e, "num_requests")), TIMES + 1);
    assert_int_equal(locust_count_of(locust_field(e, "num_none_requests")), 1);
    assert_int_equal(locust_count_of(locust_field(e, "num_failures")), 1);
    assert_int_equal(locust_count_of(locust_field(e, "total_content_length")), 100 * TIMES);
    assert_true(fabs(locust_number_of(locust_field(e, "total_response_time"), 0) - sum) < 1e-9);
    assert_true(locust_number_of(locust_field(e, "min_response_time"), 0) == 0.4);
    assert_true(locust_number_of(locust_field(e, "max_response_time"), 0) == 12345);
    for (size_t i = 0; i < sizeof buckets / sizeof *buckets; i++)
        assert_int_equal(bucket(e, buckets[i][0]), buckets[i][1]);
    assert_int_equal(locust_count_of(locust_field(total, "num_requests")), TIMES + 1);
    assert_int_equal(locust_count_of(locust_field(m.data, "user_count")), 3);
    assert_int_equal(locust_count_of(locust_field(m.data, "extra")), 42);
    locust_message_deinit(&m);

    buf_clear(&out); /* the next one has nothing to tell */
    report(&r, false, &out);
    assert_int_equal(locust_message_read(&m, buf_view(&out), &err), 0);
    assert_int_equal(locust_field(m.data, "stats")->via.array.size, 0);
    assert_int_equal(locust_field(m.data, "errors")->via.map.size, 0);
    locust_message_deinit(&m);
    locust_report_deinit(&r);
}

static const struct histogram *durations(const struct recorder *r) {
    metric_id id;
    assert_true(metrics_find(r->metrics, VIEW("request_duration"), &id));
    return &series_store_first(r->series, id)->sink.trend;
}

static void there_and_back(bool snapshot, struct recorder *into) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct locust_report r;
    struct locust_message m;
    struct error err = ERROR_NULL;
    assert_int_equal(locust_report_init(&r), 0);
    take_second(&r);
    report(&r, snapshot, &out);
    assert_int_equal(locust_message_read(&m, buf_view(&out), &err), 0);
    assert_int_equal(recorder_init(into, false), 0);
    assert_int_equal(locust_report_read(m.data, into), 0);
    locust_message_deinit(&m);
    locust_report_deinit(&r);
}

static void theirs_become_ours_at_the_buckets_number(void **state) {
    struct recorder into;
    struct locust_stats stats;
    (void)state;
    there_and_back(false, &into);
    const struct histogram *h = durations(&into);
    assert_int_equal(h->count, TIMES);
    assert_true(h->min == 0.4 && h->max == 12345);
    assert_true(fabs(histogram_percentile(h, 0.5) - 99.5) < 0.6); /* between 99 and 100 */
    locust_stats_init(&stats);
    struct run_state state_of = {.total = &into};
    assert_int_equal(locust_stats_refresh(&stats, &state_of, 1700000020), 0);
    assert_int_equal(stats.total.requests, TIMES + 1);
    assert_int_equal(stats.total.untimed, 1);
    assert_int_equal(stats.total.failures, 1);
    assert_int_equal(stats.error_count, 1);
    assert_true(view_eq(stats.errors[0].text, VIEW("Boom('x')")));
    assert_true(stats.total.last_at == 1700000009.25);
    locust_stats_deinit(&stats);
    recorder_deinit(&into);
}

static void between_two_of_ours_nothing_is_lost(void **state) {
    struct recorder into, direct;
    (void)state;
    there_and_back(true, &into);
    assert_int_equal(recorder_init(&direct, false), 0);
    measure(&direct);
    for (int i = 0; i <= 20; i++)
        assert_true(histogram_percentile(durations(&into), i / 20.0) ==
                    histogram_percentile(durations(&direct), i / 20.0));
    recorder_deinit(&into);
    recorder_deinit(&direct);
}

static void a_report_that_is_none_is_left_out(void **state) {
    static const struct {
        struct view bytes;
        int want;
    } cases[] = {
        {VIEW("\x93\xa5stats\xc0\xa1n"), ERROR_INVALID},
        {VIEW("\x93\xa5stats\x81\xa5stats\x01\xa1n"), ERROR_INVALID},
        {VIEW("\x93\xa5stats\x81\xa5stats\x92\x01\x80\xa1n"), 2},
        {VIEW("\x93\xa5stats\x82\xa5stats\x90\xa6"
              "errors\x81\xa1k\x80\xa1n"),
            1},
        {VIEW("\x93\xa5stats\x81\xa8halftime\xc4\x02xx\xa1n"), ERROR_SYNTAX},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct recorder into;
        struct locust_message m;
        struct error err = ERROR_NULL;
        assert_int_equal(recorder_init(&into, false), 0);
        assert_int_equal(locust_message_read(&m, cases[i].bytes, &err), 0);
        assert_int_equal(locust_report_read(m.data, &into), cases[i].want);
        assert_int_equal(series_store_count(into.series), 0);
        locust_message_deinit(&m);
        recorder_deinit(&into);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failures_have_locusts_keys),
        cmocka_unit_test(our_figures_become_locusts),
        cmocka_unit_test(theirs_become_ours_at_the_buckets_number),
        cmocka_unit_test(between_two_of_ours_nothing_is_lost),
        cmocka_unit_test(a_report_that_is_none_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
