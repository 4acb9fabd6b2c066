#include "trace/span_text.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void statements_that_differ_in_values_are_alike(void **arg) {
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"SELECT * FROM t WHERE id = 17", "SELECT * FROM t WHERE id = ?"},
        {"SELECT * FROM t WHERE id = $1", "SELECT * FROM t WHERE id = ?"},
        {"SELECT * FROM t WHERE id = ?1", "SELECT * FROM t WHERE id = ?"},
        {"SELECT * FROM t WHERE id = %s", "SELECT * FROM t WHERE id = ?"},
        {"SELECT * FROM t WHERE id = %(id_1)s  ", "SELECT * FROM t WHERE id = ?"},
        {"SELECT * FROM t\n   WHERE a = 'it''s 5' AND b = 2.5", "SELECT * FROM t WHERE a = ? AND b = ?"},
        {"SELECT 1 WHERE x IN (1, 2,3)", "SELECT ? WHERE x IN (?)"},
        {"SELECT t1.a2 FROM t1 WHERE a_3 = 0x1F", "SELECT t1.a2 FROM t1 WHERE a_3 = ?"},
        {"WHERE a = 'no end", "WHERE a = ?"},
        {"WHERE a = 'esc \\' aped' AND b", "WHERE a = ? AND b"},
        {"LIKE '%x' AND a % 2", "LIKE ? AND a % ?"},
        {"%(", "%("},
        {"GET user:42", "GET user:?"},
        {"", ""},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(512);
        assert_int_equal(span_text_normalise(view_of_cstr(cases[i].text), 512, &out), 0);
        if (!view_eq(buf_view(&out), view_of_cstr(cases[i].wanted)))
            fail_msg("\"%s\" became \"%.*s\"", cases[i].text, VIEW_ARGS(buf_view(&out)));
    }
}

static void length_is_bounded(void **arg) {
    char text[4096];
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);

    (void)arg;
    memset(text, 'x', sizeof text);
    assert_int_equal(span_text_normalise(view_of(text, sizeof text), 64, &out), 0);
    assert_int_equal(out.len, 64);
}

static void kinds_follow_the_conventions(void **arg) {
    static const struct {
        int kind;
        const char *key, *value;
        enum trace_kind wanted;
    } cases[] = {
        {OTLP_KIND_SERVER, "http.route", "/", TRACE_SERVER},
        {OTLP_KIND_CLIENT, "db.system", "postgresql", TRACE_DATABASE},
        {OTLP_KIND_CLIENT, "db.system.name", "sqlite", TRACE_DATABASE},
        {OTLP_KIND_CLIENT, "db.system", "Redis", TRACE_CACHE},
        {OTLP_KIND_CLIENT, "http.request.method", "GET", TRACE_HTTP_CLIENT},
        {OTLP_KIND_CLIENT, "http.url", "http://x/", TRACE_HTTP_CLIENT},
        {OTLP_KIND_CLIENT, "peer.service", "x", TRACE_OTHER},
        {OTLP_KIND_INTERNAL, "http.method", "GET", TRACE_OTHER},
    };

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct otlp_attribute a = {view_of_cstr(cases[i].key), view_of_cstr(cases[i].value)};
        struct otlp_span s = {
            .kind = cases[i].kind, .attributes = &a, .attribute_count = 1, .name = VIEW("name")};
        if (span_text_kind(&s) != cases[i].wanted)
            fail_msg("case %zu: %s", i, trace_kind_name(span_text_kind(&s)));
    }
    struct otlp_attribute size = {VIEW("http.response.body.size"), VIEW("123")};
    struct otlp_span s = {.attributes = &size, .attribute_count = 1, .name = VIEW("name")};
    assert_true(span_text_response_bytes(&s) == 123);
    assert_true(view_eq(span_text_statement(&s), VIEW("name")));
    s.attribute_count = 0;
    assert_true(isnan(span_text_response_bytes(&s)));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statements_that_differ_in_values_are_alike),
        cmocka_unit_test(length_is_bounded),
        cmocka_unit_test(kinds_follow_the_conventions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
