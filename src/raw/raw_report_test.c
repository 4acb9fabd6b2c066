#include "raw/raw_report.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

static struct raw_options plan(double rate) {
    return (struct raw_options){.url = VIEW("http://127.0.0.1:80/"),
                                .method = VIEW("GET"),
                                .connections = 4,
                                .processes = 2,
                                .duration_us = 10 * 1000000,
                                .timeout_us = 1000000,
                                .rate = rate};
}

/* 1000 answers of 1, 2 … 1000 ms. */
static struct raw_result result(void) {
    struct raw_result r = {.elapsed_us = 10 * 1000000, .answered_in_time = 995, .validity = {.seconds = 10}};

    r.validity.reasons[VALIDITY_BUSY].worst = 0.25;

    for (int i = 1; i <= 1000; i++)
        assert_int_equal(histogram_record(&r.total.service_ms, i), 0);
    assert_int_equal(histogram_record(&r.total.rates, 100), 0);
    r.total.statuses[2] = 990;
    r.total.statuses[4] = 10;
    r.total.late_answers = 5;
    r.total.bytes_received = 3 * 1024 * 1024;
    return r;
}

static const char *text_of(const struct raw_options *o, const struct raw_result *r, bool detailed, struct buf *out) {
    buf_clear(out);
    assert_int_equal(raw_report_text(o, r, detailed, out), 0);
    return out->ptr;
}

static void test_text_has_the_known_facts(void **state) {
    static const char *const lines[] = {
        "  Thread Stats   Avg      Stdev     Max   +/- Stdev\n",
        "    Latency    500.50ms  288.84ms     1.00s",
        "    Req/Sec      100.00      0.00    100.00   100.00%",
        "        50%   500.50ms\n",
        "        99%   990.01ms\n",
        "       100%      1.00s\n",
        "  1000 requests in 10.00s, 3.00MB read\n",
        "  5 of them were answered after the end of sending",
        "  Non-2xx or 3xx responses: 10 (1xx 0, 4xx 10, 5xx 0, other 0)\n",
        "Requests/sec:      99.50\n",
        "Transfer/sec:   307.20KB\n",
        "Valid: the generator was not the limit (its busiest process needed 25 % of a core",
    };
    struct raw_options o = plan(0);
    struct raw_result r = result();
    struct buf out = BUF_MAX(1 << 20);
    (void)state;

    const char *text = text_of(&o, &r, false, &out);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (!strstr(text, lines[i]))
            fail_msg("missing: %s\nin:\n%s", lines[i], text);
    assert_null(strstr(text, "Socket errors"));
    assert_null(strstr(text, "97.5%"));
    assert_non_null(strstr(text_of(&o, &r, true, &out), "     97.5%   975.0"));
    buf_deinit(&out);
    raw_result_deinit(&r);
}

static void test_what_is_wrong_is_said(void **state) {
    static const struct {
        double rate;
        uint64_t unsent, no_ports, resets;
        double busy_seconds;
        size_t lost;
        const char *words, *not_words;
        bool invalid;
    } cases[] = {
        {0, 0, 0, 0, 2, 0, "Valid: ", "INVALID", false},
        {0, 0, 0, 0, 3, 0, "INVALID: the generator was the limit, not the server; 99.50 requests/s", "Valid:", true},
        {0, 0, 1, 0, 0, 0, "ran out of local ports", "Valid:", true},
        {0, 0, 0, 0, 0, 1, "1 of its processes died", "Valid:", true},
        {0, 0, 0, 7, 0, 0, "Socket errors: connect 0, read 7, write 0, timeout 0\n    7 × connection reset by peer\n", "INVALID", false},
        {200, 900, 0, 0, 0, 0, "NOT REACHED: 900 of 2000 requests that were due were never sent (99.50 of 200.00", "INVALID", false},
        {200, 900, 0, 0, 0, 0, "the server was the limit, or more connections (-c)", "this machine could not", false},
        {200, 900, 0, 0, 5, 0, "this machine could not send them in time", "more connections", true},
        {200, 0, 0, 0, 0, 0, "Service Time Distribution", "NOT REACHED", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct raw_options o = plan(cases[i].rate);
        struct raw_result r = result();
        struct buf out = BUF_MAX(1 << 20);
        r.total.due = 2000;
        r.total.unsent = cases[i].unsent;
        r.total.faults[NET_FAULT_NO_PORTS] = cases[i].no_ports;
        r.total.faults[NET_FAULT_RESET] = cases[i].resets;
        r.validity.invalid_s = r.validity.reasons[VALIDITY_BUSY].invalid_s = cases[i].busy_seconds;
        r.lost_processes = cases[i].lost;
        const char *text = text_of(&o, &r, false, &out);
        if (!strstr(text, cases[i].words) || strstr(text, cases[i].not_words))
            fail_msg("case %zu: \"%s\" without \"%s\" in:\n%s", i, cases[i].words, cases[i].not_words, text);
        assert_int_equal(raw_is_invalid(&r), cases[i].invalid);
        buf_deinit(&out);
        raw_result_deinit(&r);
    }
}

static void test_json_has_the_figures(void **state) {
    static const char *const members[] = {"\"requests\": 1000", "\"requests_per_s\": 99.5", "\"p50\": 500.5",  "\"p99.999\": ",
                                          "\"4xx\": 10",        "\"valid\": true",          "\"response_ms\"", "\"unsent\": 3"};
    struct raw_options o = plan(100);
    struct raw_result r = result();
    struct buf out = BUF_MAX(1 << 20);
    (void)state;

    r.total.unsent = 3;
    assert_int_equal(raw_report_json(&o, &r, &out), 0);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!strstr(out.ptr, members[i]))
            fail_msg("missing: %s\nin:\n%s", members[i], out.ptr);
    buf_deinit(&out);
    raw_result_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_has_the_known_facts),
        cmocka_unit_test(test_what_is_wrong_is_said),
        cmocka_unit_test(test_json_has_the_figures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
