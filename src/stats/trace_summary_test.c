#include "stats/trace_summary.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { PACKED_MAX = 1 << 20 };

static void assert_near(double is, double wanted, double tolerance) {
    if (fabs(is - wanted) > tolerance)
        fail_msg("%g is not %g (within %g)", is, wanted, tolerance);
}

static struct trace_summary_store *store(void) {
    struct trace_summary_store *s;

    assert_int_equal(trace_summary_store_new(&s), 0);
    return s;
}

/* One request of an endpoint whose list makes one statement per row. */
static void add_list(struct trace_summary_store *s, struct view endpoint, uint64_t rows, double at_s) {
    struct trace_part parts[] = {{VIEW("shop"), TRACE_SERVER, 1, 0, 0.010},
        {VIEW("shop"), TRACE_DATABASE, rows + 1, 0, 0.001 * (double)(rows + 1)}};
    struct trace_statement statements[] = {{.text = VIEW("SELECT * FROM post"), .spans = 1, .seconds = 0.001},
        {.text = VIEW("SELECT * FROM author WHERE id = ?"), .spans = rows, .seconds = 0.001 * (double)rows}};
    struct trace_request r = {.endpoint = endpoint,
        .seconds = 0.010 + 0.001 * (double)(rows + 1),
        .at_s = at_s,
        .response_bytes = 100 + 50 * (double)rows,
        .database_spans = rows + 1,
        .parts = parts,
        .part_count = 2,
        .statements = statements,
        .statement_count = 2};

    assert_int_equal(trace_summary_store_add(s, &r), 0);
}

static void what_repeats_comes_first_and_grows(void **arg) {
    struct trace_summary_store *s = store();
    struct trace_summary t;

    (void)arg;
    for (unsigned i = 1; i <= 20; i++)
        add_list(s, VIEW("GET /posts"), i * 3, i);
    assert_true(trace_summary_store_get(s, VIEW("GET /posts"), &t));
    assert_int_equal(t.requests, 20);
    assert_true(view_eq(t.statements[0].text, VIEW("SELECT * FROM author WHERE id = ?")));
    assert_int_equal(t.statements[0].spans, 630);
    assert_int_equal(t.statements[0].requests, 20);
    assert_int_equal(t.statements[0].most, 60);
    assert_true(view_eq(t.parts[0].service, VIEW("shop")));
    assert_int_equal(t.parts[0].kind, TRACE_DATABASE);
    assert_near(t.parts[0].seconds + t.parts[1].seconds, t.seconds, 1e-9);
    assert_near(histogram_percentile(t.repeats, 0.5), 31.5, 0.1);
    assert_near(t.database_spans->max, 61, 0);
    assert_near(trace_growth_slope(&t.by_size), 1.0 / 50, 1e-6);
    assert_near(trace_growth_slope(&t.by_time), 3, 1e-6);
    assert_near(trace_growth_correlation(&t.by_size), 1, 1e-6);
    assert_false(trace_summary_store_get(s, VIEW("GET /other"), &t));
    trace_summary_store_free(s);
}

static void what_never_differs_does_not_grow(void **arg) {
    struct trace_summary_store *s = store();
    struct trace_summary t;

    (void)arg;
    for (unsigned i = 0; i < 1000; i++)
        add_list(s, VIEW("GET /posts"), 7, 1e6 + i);
    assert_true(trace_summary_store_get(s, VIEW("GET /posts"), &t));
    assert_near(trace_growth_correlation(&t.by_size), 0, 0);
    assert_near(trace_growth_correlation(&t.by_time), 0, 0);
    assert_near(trace_growth_slope(&t.by_size), 0, 0);
    assert_near(trace_growth_slope(&t.by_time), 0, 1e-9);
    trace_summary_store_free(s);
}

static void unknown_size_is_left_out(void **arg) {
    struct trace_summary_store *s = store();
    struct trace_request r = {.endpoint = VIEW("GET /"), .at_s = 1, .response_bytes = NAN, .failed = true};

    (void)arg;
    assert_int_equal(trace_summary_store_add(s, &r), 0);
    struct trace_summary t = trace_summary_store_at(s, 0);
    assert_int_equal(t.by_size.n, 0);
    assert_int_equal(t.by_time.n, 1);
    assert_int_equal(t.errors, 1);
    assert_near(t.repeats->max, 0, 0);
    trace_summary_store_free(s);
}

static void travel(struct trace_summary_store *from, struct trace_summary_store *to) {
    struct buf b = BUF_MAX(PACKED_MAX);
    struct pack_writer w = pack_writer_of(&b);

    trace_summary_store_pack(from, &w);
    assert_int_equal(w.error, 0);
    for (size_t cut = 0; cut < b.len; cut += b.len / 97 + 1) {
        struct pack_reader torn = pack_reader_of(view_take(buf_view(&b), cut));
        size_t before = trace_summary_store_count(to);
        assert_int_equal(trace_summary_store_unpack_merge(to, &torn), ERROR_SYNTAX);
        assert_int_equal(trace_summary_store_count(to), before);
    }
    struct pack_reader check = pack_reader_of(buf_view(&b)), r = check;
    assert_int_equal(trace_summary_store_unpack_merge(NULL, &check), 0);
    assert_int_equal(trace_summary_store_unpack_merge(to, &r), 0);
    assert_int_equal(r.rest.len, 0);
    buf_deinit(&b);
}

static void merged_is_as_added_to_one(void **arg) {
    struct trace_summary_store *a = store(), *b = store(), *one = store(), *into = store();

    (void)arg;
    for (unsigned i = 1; i <= 50; i++) {
        add_list(i % 2 ? a : b, VIEW("GET /posts"), i, i);
        add_list(one, VIEW("GET /posts"), i, i);
    }
    add_list(b, VIEW("GET /only/b"), 1, 1);
    travel(a, into);
    travel(b, into);
    assert_int_equal(trace_summary_store_count(into), 2);
    struct trace_summary x = trace_summary_store_at(into, 0), y = trace_summary_store_at(one, 0);
    assert_int_equal(x.requests, y.requests);
    assert_near(x.seconds, y.seconds, 1e-9);
    assert_int_equal(x.part_count, y.part_count);
    assert_int_equal(x.statement_count, y.statement_count);
    assert_int_equal(x.statements[0].spans, y.statements[0].spans);
    assert_int_equal(x.statements[0].most, y.statements[0].most);
    assert_near(histogram_percentile(x.repeats, 0.9), histogram_percentile(y.repeats, 0.9), 1e-9);
    assert_near(trace_growth_slope(&x.by_time), trace_growth_slope(&y.by_time), 1e-9);
    trace_summary_store_free(a);
    trace_summary_store_free(b);
    trace_summary_store_free(one);
    trace_summary_store_free(into);
}

static void tables_are_bounded(void **arg) {
    struct trace_summary_store *s = store();
    char text[32];

    (void)arg;
    add_list(s, VIEW("GET /posts"), 50, 1);
    for (unsigned i = 0; i < 10 * TRACE_SUMMARY_STATEMENTS_MAX; i++) {
        snprintf(text, sizeof text, "SELECT %u", i);
        struct view name = view_of_cstr(text);
        struct trace_statement once = {.text = name, .spans = 1};
        struct trace_part part = {.service = name, .kind = TRACE_OTHER, .seconds = 1};
        struct trace_request r = {.endpoint = VIEW("GET /posts"),
            .parts = &part,
            .part_count = 1,
            .statements = &once,
            .statement_count = 1};
        assert_int_equal(trace_summary_store_add(s, &r), 0);
    }
    struct trace_summary t = trace_summary_store_at(s, 0);
    double seconds = 0;
    assert_int_equal(t.statement_count, TRACE_SUMMARY_STATEMENTS_MAX);
    assert_int_equal(t.statements[0].most, 50); /* what repeats has stayed */
    assert_int_equal(t.part_count, TRACE_SUMMARY_PARTS_MAX);
    for (size_t i = 0; i < t.part_count; i++)
        seconds += t.parts[i].seconds;
    assert_near(seconds, 0.010 + 0.051 + 10 * TRACE_SUMMARY_STATEMENTS_MAX, 1e-6);

    for (unsigned i = 0; i < TRACE_SUMMARY_ENDPOINTS_MAX + 5; i++) {
        snprintf(text, sizeof text, "GET /%u", i);
        struct trace_request r = {.endpoint = view_of_cstr(text)};
        int rc = trace_summary_store_add(s, &r);
        assert_int_equal(rc, i < TRACE_SUMMARY_ENDPOINTS_MAX - 1 ? 0 : ERROR_LIMIT);
    }
    assert_int_equal(trace_summary_store_count(s), TRACE_SUMMARY_ENDPOINTS_MAX);
    assert_int_equal(trace_summary_store_dropped(s), 6);
    trace_summary_store_clear(s);
    assert_int_equal(trace_summary_store_count(s), 0);
    add_list(s, VIEW("GET /posts"), 3, 1);
    assert_int_equal(trace_summary_store_at(s, 0).requests, 1);
    trace_summary_store_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_repeats_comes_first_and_grows),
        cmocka_unit_test(what_never_differs_does_not_grow),
        cmocka_unit_test(unknown_size_is_left_out),
        cmocka_unit_test(merged_is_as_added_to_one),
        cmocka_unit_test(tables_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
