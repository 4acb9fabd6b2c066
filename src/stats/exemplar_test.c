#include "stats/exemplar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { PACKED_MAX = 1 << 20 };

static struct trace_marker marker;

static struct exemplar_store *store(void) {
    struct exemplar_store *s;

    assert_int_equal(exemplar_store_new(&s), 0);
    return s;
}

static void offer(struct exemplar_store *s, const char *name, int64_t duration_us, int status) {
    struct exemplar e = {.mark = trace_marker_request(
                             &marker, trace_marker_iteration(&marker), VIEW("GET"), view_of_cstr(name)),
        .wall_us = 1000,
        .duration_us = duration_us,
        .status = status,
        .failed = status >= 400};

    exemplar_store_offer(s, &e, VIEW("GET"), view_of_cstr(name));
}

static void slowest_and_each_way_to_fail_are_kept(void **arg) {
    struct exemplar_store *s = store();

    (void)arg;
    for (int i = 0; i < 1000; i++)
        offer(s, "/a", (i * 37) % 1000, i % 3 == 0 ? 503 : i % 100 == 1 ? 404 : 200);
    offer(s, "/b", 1, 200);
    assert_int_equal(exemplar_store_count(s), 2);
    struct exemplar_endpoint e = exemplar_store_at(s, 0);
    assert_true(view_eq(e.endpoint, VIEW("GET /a")));
    assert_int_equal(e.slowest_count, EXEMPLAR_SLOWEST);
    for (size_t i = 0; i < e.slowest_count; i++)
        assert_int_equal(e.slowest[i].duration_us, 999 - (int)i);
    assert_int_equal(e.failed_count, 2 * EXEMPLAR_FAILED_ALIKE);
    assert_true(view_eq(exemplar_store_endpoint(s, e.hash), VIEW("GET /a")));
    assert_null(exemplar_store_endpoint(s, 12345).ptr);
    exemplar_store_free(s);
}

static size_t travel(struct exemplar_store *from, struct exemplar_store *to) {
    struct buf b = BUF_MAX(PACKED_MAX);
    struct pack_writer w = pack_writer_of(&b);

    exemplar_store_pack(from, &w);
    assert_int_equal(w.error, 0);
    exemplar_store_reset(from);
    size_t before = exemplar_store_count(to), len = b.len;
    for (size_t cut = 0; cut < b.len; cut++) {
        struct pack_reader torn = pack_reader_of(view_take(buf_view(&b), cut));
        assert_int_equal(exemplar_store_unpack_merge(to, &torn), ERROR_SYNTAX);
        assert_int_equal(exemplar_store_count(to), before);
    }
    struct pack_reader r = pack_reader_of(buf_view(&b));
    assert_int_equal(exemplar_store_unpack_merge(to, &r), 0);
    assert_int_equal(r.rest.len, 0);
    buf_deinit(&b);
    return len;
}

static void news_travel_once(void **arg) {
    struct exemplar_store *a = store(), *b = store(), *total = store();

    (void)arg;
    for (int i = 1; i <= 10; i++) {
        offer(a, "/x", i * 10, 200);
        offer(b, "/x", i * 10 + 5, 500);
    }
    travel(a, total);
    travel(b, total);
    assert_true(travel(a, total) <= 2); /* nothing new: two zeros */
    offer(a, "/x", 1, 200);             /* not among the slowest: nothing new */
    assert_true(travel(a, total) <= 2);
    offer(a, "/x", 1000, 200);
    assert_true(travel(a, total) > 2);
    struct exemplar_endpoint e = exemplar_store_at(total, 0);
    static const int64_t slowest[] = {1000, 105, 100, 95, 90};
    for (size_t i = 0; i < EXEMPLAR_SLOWEST; i++)
        assert_int_equal(e.slowest[i].duration_us, slowest[i]);
    assert_int_equal(e.failed_count, EXEMPLAR_FAILED_ALIKE);
    exemplar_store_free(a);
    exemplar_store_free(b);
    exemplar_store_free(total);
}

static void endpoints_are_bounded(void **arg) {
    struct exemplar_store *s = store();
    char name[32];

    (void)arg;
    for (int i = 0; i < EXEMPLAR_ENDPOINTS_MAX + 7; i++) {
        snprintf(name, sizeof name, "/%d", i);
        offer(s, name, 1, 200);
    }
    assert_int_equal(exemplar_store_count(s), EXEMPLAR_ENDPOINTS_MAX);
    assert_int_equal(exemplar_store_dropped(s), 7);
    exemplar_store_clear(s);
    offer(s, "/again", 1, 200);
    assert_int_equal(exemplar_store_count(s), 1);
    exemplar_store_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slowest_and_each_way_to_fail_are_kept),
        cmocka_unit_test(news_travel_once),
        cmocka_unit_test(endpoints_are_bounded),
    };
    trace_marker_init(&marker, 1, 2);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
