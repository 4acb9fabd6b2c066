#include "trace/trace_store.h"

#include "trace/trace_tree.h"
#include "trace/trace_waterfall.h"

#include <jansson.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { RUN = 77, MS = 1000 * 1000, S = 1000 * 1000 };
#define WALL_US 1700000000000000ll

static struct trace_marker marker;
static struct exemplar_store *exemplars;
static struct trace_store *store;

static int set_up(void **arg) {
    (void)arg;
    trace_marker_init(&marker, RUN, 5);
    assert_int_equal(exemplar_store_new(&exemplars), 0);
    assert_int_equal(trace_store_new(&store), 0);
    trace_store_begin(store, RUN, WALL_US);
    return 0;
}

static int tear_down(void **arg) {
    (void)arg;
    exemplar_store_free(exemplars);
    trace_store_free(store);
    return 0;
}

static struct exemplar request(uint64_t iteration, const char *name) {
    struct exemplar x = {.mark = trace_marker_request(&marker, iteration, VIEW("GET"), view_of_cstr(name)),
        .wall_us = WALL_US + S,
        .duration_us = 100 * 1000,
        .status = 200,
        .bytes = 1234};

    exemplar_store_offer(exemplars, &x, VIEW("GET"), view_of_cstr(name));
    return x;
}

struct piece {
    uint64_t id, parent;
    int kind;
    int64_t from_ms, to_ms; /* since the request's begin */
    const char *statement;  /* NULL = no database span */
};

static void add(uint64_t iteration, const struct piece *p, int64_t now_us) {
    struct otlp_attribute attributes[] = {
        {VIEW("db.system"), VIEW("postgresql")}, {VIEW("db.statement"), view_of_cstr(p->statement)}};
    struct otlp_span s = {.trace_high = RUN,
        .trace_low = iteration,
        .id = p->id,
        .parent = p->parent,
        .service = VIEW("shop"),
        .name = VIEW("span"),
        .kind = p->kind,
        .start_ns = (uint64_t)((WALL_US + S) * 1000 + p->from_ms * MS),
        .end_ns = (uint64_t)((WALL_US + S) * 1000 + p->to_ms * MS),
        .attributes = attributes,
        .attribute_count = p->statement ? 2 : 0};

    trace_store_add(store, &s, now_us);
}

static struct trace_summary summary_of(const char *endpoint) {
    struct trace_summary t;

    assert_true(trace_summary_store_get(trace_store_summaries(store), view_of_cstr(endpoint), &t));
    return t;
}

static void n_plus_1_is_seen(void **arg) {
    struct exemplar x = request(trace_marker_iteration(&marker), "/posts");
    char statement[64];

    (void)arg;
    for (uint64_t i = 0; i < 20; i++) { /* children come before their parent, as SDKs send them */
        snprintf(statement, sizeof statement, "SELECT * FROM author WHERE id = %d", (int)i);
        add(x.mark.iteration,
            &(struct piece){100 + i, 1, OTLP_KIND_CLIENT, 10 + (int)i, 11 + (int)i, statement}, 0);
    }
    add(x.mark.iteration, &(struct piece){50, 1, OTLP_KIND_CLIENT, 5, 10, "SELECT * FROM post"}, 0);
    add(x.mark.iteration, &(struct piece){1, x.mark.span, OTLP_KIND_SERVER, 2, 42, NULL}, 0);
    assert_int_equal(
        trace_store_settle(store, exemplars, TRACE_STORE_SETTLE_US - 1, false, 100), 0); /* more may come */
    assert_int_equal(trace_store_settle(store, exemplars, TRACE_STORE_SETTLE_US, false, 100), 1);
    struct trace_summary t = summary_of("GET /posts");
    assert_int_equal(t.requests, 1);
    assert_int_equal(t.database_spans->max, 21);
    assert_int_equal(t.repeats->max, 20);
    assert_true(view_eq(t.statements[0].text, VIEW("SELECT * FROM author WHERE id = ?")));
    assert_true(fabs(t.seconds - 0.040) < 1e-9);
    assert_int_equal(t.part_count, 2);
    assert_int_equal(t.parts[0].kind, TRACE_DATABASE);
    assert_true(fabs(t.parts[0].seconds - 0.025) < 1e-9);
    assert_true(fabs(t.parts[1].seconds - 0.015) < 1e-9); /* the rest is its own */
    assert_int_equal(t.by_size.n, 1);                     /* by the bytes that we received */
    assert_int_equal(trace_store_spans(store, x.mark.iteration, NULL), 22); /* an exemplar stays */
}

static void requests_of_one_trace_are_told_apart(void **arg) {
    uint64_t iteration = trace_marker_iteration(&marker);
    struct exemplar a = request(iteration, "/a"), b = request(iteration, "/b");

    (void)arg;
    add(iteration, &(struct piece){1, a.mark.span, OTLP_KIND_SERVER, 0, 10, NULL}, 0);
    add(iteration, &(struct piece){2, b.mark.span, OTLP_KIND_SERVER, 20, 50, NULL}, 0);
    add(iteration, &(struct piece){3, 2, OTLP_KIND_CLIENT, 25, 30, "SELECT 1"}, 0);
    assert_int_equal(trace_store_settle(store, exemplars, 0, true, 100), 1);
    assert_true(fabs(summary_of("GET /a").seconds - 0.010) < 1e-9);
    assert_true(fabs(summary_of("GET /b").seconds - 0.030) < 1e-9);
    assert_int_equal(summary_of("GET /a").statement_count, 0);
    assert_int_equal(summary_of("GET /b").statement_count, 1);
    assert_int_equal(trace_store_counts(store).requests, 2);
}

static void what_is_not_ours_is_counted_and_gone(void **arg) {
    struct exemplar x = request(trace_marker_iteration(&marker), "/a");
    struct otlp_span foreign = {.trace_high = RUN + 1, .trace_low = 1, .id = 1};

    (void)arg;
    trace_store_add(store, &foreign, 0);
    assert_int_equal(trace_store_counts(store).foreign, 1);
    /* An endpoint that nobody told of, a span without parent, a circle, one that is its own parent. */
    add(1, &(struct piece){1, 0x1234567800000001, OTLP_KIND_SERVER, 0, 1, NULL}, 0);
    add(2, &(struct piece){1, 0, OTLP_KIND_SERVER, 0, 1, NULL}, 0);
    add(x.mark.iteration, &(struct piece){8, 9, OTLP_KIND_SERVER, 0, 1, NULL}, 0);
    add(x.mark.iteration, &(struct piece){9, 8, OTLP_KIND_SERVER, 0, 1, NULL}, 0);
    add(x.mark.iteration, &(struct piece){10, 10, OTLP_KIND_SERVER, 0, 1, NULL}, 0);
    assert_int_equal(trace_store_settle(store, exemplars, 0, true, 100), 3);
    assert_int_equal(trace_store_counts(store).orphans, 5);
    assert_int_equal(trace_store_counts(store).requests, 0);
    assert_int_equal(trace_store_waiting(store), 0);
    assert_int_equal(trace_store_bytes(store), 0);
}

static void memory_is_bounded_and_the_oldest_go(void **arg) {
    struct piece p = {1, 0, OTLP_KIND_SERVER, 0, 1, NULL};
    char statement[TRACE_STORE_TEXT_MAX];

    (void)arg;
    memset(statement, 'x', sizeof statement - 1);
    statement[sizeof statement - 1] = 0;
    p.statement = statement;
    for (uint64_t i = 0; i < 150 * 1000; i++) {
        p.id = i + 1;
        p.parent = (uint64_t)1 << 32 | 1;
        add(i / 2 + 1, &p, (int64_t)i);
    }
    assert_true(trace_store_bytes(store) < TRACE_STORE_BYTES_MAX * 9 / 8);
    assert_true(trace_store_counts(store).dropped > 10 * 1000);
    assert_int_equal(trace_store_spans(store, 1, NULL), 0); /* the oldest */
    assert_int_equal(trace_store_spans(store, 150 * 1000 / 2, NULL), 2);
    for (uint64_t i = 0; i < 2 * TRACE_STORE_SPANS_MAX; i++) {
        p.id = i + 1;
        add(99999999, &p, 0);
    }
    assert_int_equal(trace_store_spans(store, 99999999, NULL), TRACE_STORE_SPANS_MAX);
}

static void deep_trees_end(void **arg) {
    struct exemplar x = request(trace_marker_iteration(&marker), "/deep");

    (void)arg;
    add(x.mark.iteration, &(struct piece){1, x.mark.span, OTLP_KIND_SERVER, 0, 100, NULL}, 0);
    for (uint64_t i = 2; i < TRACE_STORE_SPANS_MAX; i++)
        add(x.mark.iteration, &(struct piece){i, i - 1, OTLP_KIND_INTERNAL, 0, 100, NULL}, 0);
    assert_int_equal(trace_store_settle(store, exemplars, 0, true, 100), 1);
    assert_int_equal(trace_store_counts(store).requests, 1);
}

static void waterfall_is_drawn_on_our_clock(void **arg) {
    struct exemplar x = request(trace_marker_iteration(&marker), "/a");
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    size_t shown;

    (void)arg;
    add(x.mark.iteration, &(struct piece){1, x.mark.span, OTLP_KIND_SERVER, 10, 60, NULL}, 0);
    add(x.mark.iteration, &(struct piece){2, 1, OTLP_KIND_CLIENT, 20, 50, "SELECT 7"}, 0);
    assert_int_equal(trace_waterfall_write(store, &x, VIEW("GET /a"), &out, &shown), 0);
    assert_int_equal(shown, 2);
    json_t *doc = json_loadb(out.ptr, out.len, 0, NULL);
    const char *kind, *statement;
    double start, own, clock;
    assert_int_equal(json_unpack(doc, "{s:F,s:[{s:F,s:F},{s:s,s:s}]}", "clock_ms", &clock, "spans",
                         "start_ms", &start, "self_ms", &own, "kind", &kind, "statement", &statement),
        0);
    assert_true(start == 10 && own == 20 && clock == 0);
    assert_string_equal(kind, "database");
    assert_string_equal(statement, "SELECT ?");
    json_decref(doc);

    buf_clear(&out); /* a server whose clock is an hour late: into the middle */
    x.wall_us += 3600ll * S;
    assert_int_equal(trace_waterfall_write(store, &x, VIEW("GET /a"), &out, &shown), 0);
    doc = json_loadb(out.ptr, out.len, 0, NULL);
    assert_int_equal(json_unpack(doc, "{s:F,s:[{s:F}]}", "clock_ms", &clock, "spans", "start_ms", &start), 0);
    assert_true(start == 25 && clock > 3599e3);
    json_decref(doc);
}

static void late_spans_are_shown_not_counted_twice(void **arg) {
    struct exemplar x = request(trace_marker_iteration(&marker), "/a");

    (void)arg;
    add(x.mark.iteration, &(struct piece){1, x.mark.span, OTLP_KIND_SERVER, 10, 60, NULL}, 0);
    assert_int_equal(trace_store_settle(store, exemplars, 0, true, 100), 1);
    add(x.mark.iteration, &(struct piece){2, 1, OTLP_KIND_CLIENT, 20, 50, "SELECT 7"}, 0);
    assert_int_equal(trace_store_spans(store, x.mark.iteration, NULL), 2);
    assert_int_equal(trace_store_settle(store, exemplars, 0, true, 100), 0);
    assert_int_equal(summary_of("GET /a").requests, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(n_plus_1_is_seen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(requests_of_one_trace_are_told_apart, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_ours_is_counted_and_gone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_is_bounded_and_the_oldest_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deep_trees_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(waterfall_is_drawn_on_our_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(late_spans_are_shown_not_counted_twice, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
