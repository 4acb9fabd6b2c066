#include "observe/exposition.h"

#include "core/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct wanted {
    const char *text; /* one line, or a TYPE line and one */
    const char *name; /* NULL: no sample */
    const char *labels;
    double value;
    bool counts;
    size_t bad;
};

static void lines(void **state) {
    (void)state;
    static const struct wanted cases[] = {
        {"up 1\n", "up", "", 1, false, 0},
        {"up 1", "up", "", 1, false, 0},
        {"up 1\r\n", "up", "", 1, false, 0},
        {"  up\t1e3 1395066363000\n", "up", "", 1000, false, 0},
        {"a:b_c{x=\"1\",y=\"2\",} -0.5\n", "a:b_c", "x=\"1\",y=\"2\",", -0.5, false, 0},
        {"a{} 4\n", "a", "", 4, false, 0},
        {"a{ x = \"}\\\"{\" } 4\n", "a", " x = \"}\\\"{\" ", 4, false, 0},
        {"# TYPE n counter\nn 4\n", "n", "", 4, true, 0},
        {"# TYPE n gauge\nn_total 4\n", "n_total", "", 4, false, 0},
        {"# TYPE n counter\nm 4\n", "m", "", 4, false, 0},
        {"n_total 4\n", "n_total", "", 4, true, 0},
        {"# TYPE h histogram\nh_sum{a=\"b\"} 4\n", "h_sum", "a=\"b\"", 4, true, 0},
        {"# TYPE h histogram\nh_bucket{le=\"1\"} 4\n", "h_bucket", "le=\"1\"", 4, false, 0},
        {"# TYPE s summary\ns{quantile=\"0.5\"} 4\n", "s", "quantile=\"0.5\"", 4, false, 0},
        {"foo_bucket{le=\"1\"} 2 # {trace_id=\"x\"} 0.5 1\n", "foo_bucket", "le=\"1\"", 2, false, 0},
        {"# HELP up is it\n# a comment\n\nup 2\n", "up", "", 2, false, 0},
        {"a NaN\n", NULL, NULL, 0, false, 0},
        {"a +Inf\n", NULL, NULL, 0, false, 0},
        {"a\n", NULL, NULL, 0, false, 1},
        {"a b\n", NULL, NULL, 0, false, 1},
        {"a{x=\"1} 4\n", NULL, NULL, 0, false, 1},
        {"a{x=1} 4\n", NULL, NULL, 0, false, 1},
        {"a{x=\"1\" 4\n", NULL, NULL, 0, false, 1},
        {"a{\"x\"} 4\n", NULL, NULL, 0, false, 1},
        {"9a 4\n", NULL, NULL, 0, false, 1},
        {"<html>\n<body>\n", NULL, NULL, 0, false, 2},
        {"# TYPE", NULL, NULL, 0, false, 0},
        {"a 1e999\n", NULL, NULL, 0, false, 1},
        {"", NULL, NULL, 0, false, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct wanted *w = &cases[i];
        struct exposition e = exposition_of(view_of_cstr(w->text));
        struct exposition_sample s;
        bool found = exposition_next(&e, &s);
        if (found != (w->name != NULL))
            fail_msg("%s", w->text);
        if (found) {
            assert_true(view_eq(s.name, view_of_cstr(w->name)));
            assert_true(view_eq(s.labels, view_of_cstr(w->labels)));
            assert_true(s.value == w->value);
            if (exposition_counts(&s) != w->counts)
                fail_msg("%s", w->text);
            assert_false(exposition_next(&e, &s));
        }
        if (e.bad != w->bad)
            fail_msg("%s", w->text);
    }
}

static void labels(void **state) {
    (void)state;
    static const struct {
        const char *labels, *name, *value; /* NULL: there is none */
    } cases[] = {
        {"a=\"1\",b=\"2\"", "b", "2"},
        {"a=\"1\",b=\"2\"", "c", NULL},
        {"a=\"1\\n\\\"2\\\\\"", "a", "1\n\"2\\"},
        {"ab=\"1\"", "a", NULL},
        {"a=\"\"", "a", ""},
        {"", "a", NULL},
        {"a=\"0123456789abcdefghij\"", "a", "0123456789abcde"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[16];
        bool found =
            exposition_label(view_of_cstr(cases[i].labels), view_of_cstr(cases[i].name), out, sizeof out);
        assert_int_equal(found, cases[i].value != NULL);
        if (found)
            assert_string_equal(out, cases[i].value);
    }
}

static void limits(void **state) {
    (void)state;
    struct buf text = BUF_MAX(64 * 1024 * 1024);
    struct exposition_sample s;
    size_t n = 0;
    for (int i = 0; i < EXPOSITION_SAMPLES_MAX + 10; i++)
        assert_int_equal(buf_printf(&text, "a%d 1\n", i), 0);
    struct exposition e = exposition_of(buf_view(&text));
    while (exposition_next(&e, &s))
        n++;
    assert_int_equal(n, EXPOSITION_SAMPLES_MAX);
    buf_clear(&text);
    assert_int_equal(buf_append_view(&text, VIEW("a{b=\"")), 0);
    for (int i = 0; i < EXPOSITION_LINE_MAX; i++)
        assert_int_equal(buf_append_byte(&text, 'x'), 0);
    assert_int_equal(buf_append_view(&text, VIEW("\"} 1\nc 2\n")), 0);
    e = exposition_of(buf_view(&text));
    assert_true(exposition_next(&e, &s));
    assert_true(view_eq(s.name, VIEW("c")));
    assert_int_equal(e.bad, 1);
    buf_clear(&text);
    assert_int_equal(buf_append_view(&text, VIEW("a{")), 0);
    for (int i = 0; i <= EXPOSITION_LABELS_MAX + 1; i++)
        assert_int_equal(buf_printf(&text, "l%d=\"x\",", i), 0);
    assert_int_equal(buf_append_view(&text, VIEW("} 1\n")), 0);
    e = exposition_of(buf_view(&text));
    assert_false(exposition_next(&e, &s));
    assert_int_equal(e.bad, 1);
    buf_deinit(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines), cmocka_unit_test(labels), cmocka_unit_test(limits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
