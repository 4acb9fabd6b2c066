#include "stats/snapshot.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct snapshot_head head, read_head; /* large */

static tagset_id tagset(struct recorder *r, const char *name) {
    struct tag t[] = {{VIEW("name"), view_of_cstr(name)}, {VIEW("status"), VIEW("200")}};
    return tags_intern(r->tags, t, 2);
}

static void record(struct recorder *r) {
    struct recorder_at at = {.wall_ns = 1700000000000000000, .vu = 3, .iter = 0};
    struct recorder_http http = {
        .duration_ms = 12.5, .waiting_ms = 12, .sending_ms = 0.25, .receiving_ms = 0.25};

    recorder_add_http(r, tagset(r, "a"), &http, &at);
    http.failed = 1;
    recorder_add_http(r, tagset(r, "b"), &http, &at);
    http.failed = -1;
    recorder_add_http(r, tagset(r, "b"), &http, &at);
    recorder_add(r, METRIC_CHECKS, tagset(r, "a"), 1, &at);
    if (evidence_store_add(r->evidence, EVIDENCE_CHECK_FAILED, VIEW("is 200"), VIEW("GET /"), VIEW(""), 2))
        evidence_store_exemplar(
            r->evidence, EVIDENCE_CHECK_FAILED, VIEW("is 200"), VIEW("GET /"), VIEW(""), VIEW("GET / 404"));
}

static void make(struct buf *out) {
    struct recorder worker;

    assert_int_equal(recorder_init(&worker, false), 0);
    record(&worker);
    head = (struct snapshot_head){.worker = 7,
        .seq = 9,
        .from_us = -5,
        .to_us = 1000000,
        .final = true,
        .scenario_count = 2,
        .health = {.cpu_us = 400000, .rss_bytes = 1ull << 40},
        .scenarios = {{1, 2, 3, 4, 5, 6}, {.dropped = 8}}};
    assert_int_equal(snapshot_pack(&head, &worker, out), 0);
    recorder_deinit(&worker);
}

static void round_trip(void **arg) {
    struct recorder c;
    struct buf b = BUF_MAX(SNAPSHOT_BYTES_MAX);
    struct sink s;

    (void)arg;
    make(&b);
    assert_int_equal(recorder_init(&c, false), 0);
    assert_int_equal(snapshot_head_unpack(buf_view(&b), &read_head), 0);
    assert_int_equal(read_head.seq, 9);
    for (int i = 1; i <= 2; i++) {
        assert_int_equal(snapshot_unpack_merge(buf_view(&b), &read_head, &c), 0);
        assert_memory_equal(&read_head, &head, sizeof head);
        assert_int_equal(series_store_collect(c.series, METRIC_HTTP_REQS, NULL, 0, &s), 0);
        assert_true(s.counter.sum == 3 * i);
        assert_int_equal(series_store_collect(c.series, METRIC_HTTP_REQ_FAILED, NULL, 0, &s), 0);
        assert_true(s.rate.hits == (uint64_t)i && s.rate.total == 2 * (uint64_t)i);
        struct tag b_only = {VIEW("name"), VIEW("b")};
        assert_int_equal(series_store_collect(c.series, METRIC_HTTP_REQ_DURATION, &b_only, 1, &s), 0);
        assert_true(s.trend.count == 2 * (uint64_t)i && s.trend.max == 12.5);
        sink_deinit(&s);
        assert_int_equal(evidence_store_count(c.evidence), 1);
        struct evidence e = evidence_store_at(c.evidence, 0);
        assert_int_equal(e.count, 2 * i);
        assert_true(view_eq(e.exemplar, VIEW("GET / 404")));
    }
    recorder_deinit(&c);
    buf_deinit(&b);
}

static void assert_untouched(struct recorder *c) {
    assert_int_equal(series_store_count(c->series), 0);
    assert_int_equal(evidence_store_count(c->evidence), 0);
}

static void damage_leaves_no_trace(void **arg) {
    struct recorder c;
    struct buf b = BUF_MAX(SNAPSHOT_BYTES_MAX);

    (void)arg;
    make(&b);
    assert_int_equal(recorder_init(&c, false), 0);
    for (size_t n = 0; n < b.len; n++) {
        char *copy = malloc(n ? n : 1); /* exact size, so that ASan sees a read beyond it */
        memcpy(copy, b.ptr, n);
        assert_int_equal(snapshot_unpack_merge(view_of(copy, n), &read_head, &c), ERROR_SYNTAX);
        assert_untouched(&c);
        free(copy);
    }
    assert_int_equal(buf_append_byte(&b, 0), 0);
    assert_int_equal(snapshot_unpack_merge(buf_view(&b), &read_head, &c), ERROR_SYNTAX);
    assert_untouched(&c);
    b.len--;
    for (size_t i = 0; i < b.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            b.ptr[i] = (char)(b.ptr[i] ^ (1 << bit));
            struct recorder d;
            assert_int_equal(recorder_init(&d, false), 0);
            if (snapshot_unpack_merge(buf_view(&b), &read_head, &d) < 0)
                assert_untouched(&d);
            recorder_deinit(&d);
            b.ptr[i] = (char)(b.ptr[i] ^ (1 << bit));
        }
    }
    recorder_deinit(&c);
    buf_deinit(&b);
}

/* No room for the message: the second try tells everything. */
static void failing_to_pack_forgets_nothing(void **arg) {
    struct recorder worker, c;
    struct buf small = BUF_MAX(300), b = BUF_MAX(SNAPSHOT_BYTES_MAX);
    struct sink s;

    (void)arg;
    assert_int_equal(recorder_init(&worker, false), 0);
    assert_int_equal(recorder_init(&c, false), 0);
    record(&worker);
    head = (struct snapshot_head){.seq = 1};
    assert_int_equal(snapshot_pack(&head, &worker, &small), ERROR_LIMIT);
    assert_int_equal(snapshot_pack(&head, &worker, &b), 0);
    assert_int_equal(snapshot_unpack_merge(buf_view(&b), &read_head, &c), 0);
    assert_int_equal(series_store_collect(c.series, METRIC_HTTP_REQS, NULL, 0, &s), 0);
    assert_true(s.counter.sum == 3);
    recorder_deinit(&worker);
    recorder_deinit(&c);
    buf_deinit(&small);
    buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(round_trip), cmocka_unit_test(damage_leaves_no_trace),
        cmocka_unit_test(failing_to_pack_forgets_nothing)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
