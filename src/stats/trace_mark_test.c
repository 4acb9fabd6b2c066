#include "stats/trace_mark.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void ids_are_unique_and_know_their_endpoint(void **arg) {
    struct trace_marker m;

    (void)arg;
    trace_marker_init(&m, 0x1234, 99);
    uint64_t first = trace_marker_iteration(&m), second = trace_marker_iteration(&m);
    assert_true(first != second && first && second);
    struct trace_mark a = trace_marker_request(&m, first, VIEW("GET"), VIEW("/a"));
    struct trace_mark again = trace_marker_request(&m, first, VIEW("GET"), VIEW("/a"));
    struct trace_mark b = trace_marker_request(&m, first, VIEW("POST"), VIEW("/a"));
    assert_true(a.span != again.span);
    assert_int_equal(trace_mark_endpoint(&a), trace_mark_endpoint(&again));
    assert_int_equal(trace_mark_endpoint(&a), trace_mark_endpoint_of(VIEW("GET"), VIEW("/a")));
    assert_true(trace_mark_endpoint(&a) != trace_mark_endpoint(&b));
    struct trace_marker other;
    trace_marker_init(&other, 0x1234, 100);
    assert_true(trace_marker_iteration(&other) != first);
}

static void headers_are_as_the_recommendation_wants(void **arg) {
    struct trace_mark m = {.run = 0x4bf92f3577b34da6,
                          .iteration = 0xa3ce929d0e0e4736,
                          .span = 0x00f067aa0ba902b7},
                      back;
    char text[TRACE_MARK_TRACEPARENT_TEXT + 1] = "", id[TRACE_MARK_REQUEST_ID_TEXT + 1] = "";

    (void)arg;
    trace_mark_write_traceparent(&m, text);
    assert_string_equal(text, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    trace_mark_write_request_id(&m, id);
    assert_string_equal(id, "4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7");
    assert_true(trace_mark_read(view_of_cstr(text), &back));
    assert_memory_equal(&back, &m, sizeof m);
    assert_true(trace_mark_read(view_of_cstr(id), &back));
    assert_memory_equal(&back, &m, sizeof m);
}

static void what_is_no_mark_is_refused(void **arg) {
    static const struct {
        const char *text;
        bool is;
    } cases[] = {
        {"4bf92f3577b34da6a3ce929d0e0e4736", true},
        {"4BF92F3577B34DA6A3CE929D0E0E4736", true},
        {"", false},
        {"4bf92f3577b34da6a3ce929d0e0e473", false},
        {"4bf92f3577b34da6a3ce929d0e0e473g", false},
        {"00000000000000000000000000000000", false},
        {"4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7", false},
        {"4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902bx", false},
        {"0123456789012345678901234567890123456789012345678901234", false},
    };
    struct trace_mark m;

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (trace_mark_read(view_of_cstr(cases[i].text), &m) != cases[i].is)
            fail_msg("\"%s\"", cases[i].text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_unique_and_know_their_endpoint),
        cmocka_unit_test(headers_are_as_the_recommendation_wants),
        cmocka_unit_test(what_is_no_mark_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
