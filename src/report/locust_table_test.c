#include "report/locust_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <stdio.h>

#include "report/locust_csv.h"
#include "report/locust_json.h"

/* A run of which every request is known; the expected texts are what Locust 2.47 prints of the same requests.
 */
struct scene {
    struct recorder total;
    struct run_state run;
    struct locust_stats stats;
    metric_id ids[REQUEST_METRIC_COUNT];
};

static const struct {
    const char *name;
    enum metric_type type;
    enum metric_contains contains;
} metrics[] = {
#define ROW(id, name, type, contains) {name, METRIC_##type, METRIC_##contains},
    REQUEST_METRICS(ROW)
#undef ROW
};

static void record(struct scene *s, enum request_metric what, tagset_id tags, double value) {
    recorder_add(&s->total, s->ids[what], tags, value, NULL);
}

/* ms < 0: not timed */
static void request(struct scene *s, double at, const char *method, const char *name, double ms, double bytes,
    const char *failure) {
    struct tag list[] = {{VIEW("method"), view_of_cstr(method)}, {VIEW("name"), view_of_cstr(name)}};
    tagset_id tags = tags_intern(s->total.tags, list, 2);
    if (ms >= 0)
        record(s, REQUEST_METRIC_DURATION, tags, ms);
    record(s, REQUEST_METRIC_BYTES, tags, bytes);
    record(s, REQUEST_METRIC_AT, tags, at);
    if (!failure)
        return;
    record(s, REQUEST_METRIC_FAILURES, tags, 1);
    evidence_store_add_at(s->total.evidence, EVIDENCE_LOCUST_FAILURE, view_of_cstr(method),
        view_of_cstr(name), view_of_cstr(failure), 1, (int64_t)(at * 1e6));
}

#define LONG_NAME                                                                                            \
    "/grüße/of a very long name that does not fit into the column of names, which is only so wide"

static void second(struct scene *s, double from, double to) {
    for (int i = 0; i < 40; i++)
        if (1000.5 + i * 0.5 >= from && 1000.5 + i * 0.5 < to)
            request(s, 1000.5 + i * 0.5, "GET", "/", 3.0 + i * 0.25, 100, NULL);
    for (int i = 0; i < 10; i++)
        if (1001.25 + i >= from && 1001.25 + i < to)
            request(s, 1001.25 + i, "POST", LONG_NAME, 147 + i * 10, 5, NULL);
    for (int i = 0; i < 8; i++)
        if (1002.75 + 2 * i >= from && 1002.75 + 2 * i < to)
            request(s, 1002.75 + 2 * i, "GET", "/", 2000.0 + i, 1, "CatchResponseError(\"it's\\nbad\")");
    if (from <= 1015 && 1015 < to)
        request(s, 1015, "grpc", "no time", -1, 7, NULL);
    if (from <= 1016 && 1016 < to)
        request(s, 1016, "GET", "/404", 3432.0, 7, "HTTPError('404 Client Error: Not Found for url: /404')");
}

static int set_up(void **state) {
    struct scene *s = calloc(1, sizeof *s);
    assert_non_null(s);
    *state = s;
    assert_int_equal(recorder_init(&s->total, false), 0);
    for (size_t i = 0; i < REQUEST_METRIC_COUNT; i++)
        assert_int_equal(metrics_register(s->total.metrics, view_of_cstr(metrics[i].name), metrics[i].type,
                             metrics[i].contains, &s->ids[i]),
            0);
    s->run = (struct run_state){.total = &s->total, .start_wall_ns = 1000LL * 1000000000, .users_active = 7};
    locust_stats_init(&s->stats);
    return 0;
}

static int tear_down(void **state) {
    struct scene *s = *state;
    locust_stats_deinit(&s->stats);
    recorder_deinit(&s->total);
    free(s);
    return 0;
}

static void run_all(struct scene *s) {
    for (double t = 1000; t < 1022; t++) {
        second(s, t, t + 1);
        assert_int_equal(locust_stats_refresh(&s->stats, &s->run, t + 1), 0);
    }
    s->stats.total.last_at = 1021; /* as the recorded run was told */
}

static const struct locust_table coarse = {.name_width = LOCUST_NAME_WIDTH_MAX, .coarse = true};

#define DASHES_76 "----------------------------------------------------------------------------"
#define STATS_RULE                                                                                           \
    "--------|" DASHES_76 "|-------|-------------|-------|-------|-------|-------|--------|-----------\n"
#define STATS_HEAD                                                                                           \
    "Type     Name                                                                          # reqs      # "  \
    "fails |    Avg     Min     Max  "                                                                       \
    "  Med |   req/s  failures/s\n" STATS_RULE

static void statistics(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_TABLE_BYTES_MAX);
    run_all(s);
    assert_int_equal(locust_table_stats(&coarse, &s->stats, true, &out), 0);
    assert_string_equal(out.ptr, STATS_HEAD
        "GET      /                                                                                 48    "
        "8(16.67%) |    340       3    2007"
        "      9 |    2.40        0.40\n"
        "GET      /404                                                                               1   "
        "1(100.00%) |   3432    3432    3432"
        "   3432 |    0.10        0.10\n"
        "POST     " LONG_NAME "      10     0(0.00%) |    192     147     237    200 |    0.20        0.00\n"
        "grpc     no time                                                                            1     "
        "0(0.00%) |      0       0       0"
        "      0 |    0.10        0.00\n" STATS_RULE
        "         Aggregated                                                                        60    "
        "9(15.00%) |    367       3    3432"
        "     10 |    2.80        0.50\n\n");
    buf_clear(&out);
    assert_int_equal(locust_table_stats(&coarse, &s->stats, false, &out), 0);
    assert_string_equal(out.ptr, STATS_HEAD
        "GET      /                                                                                 48    "
        "8(16.67%) |    340       3    2007"
        "      9 |    2.29        0.38\n"
        "GET      /404                                                                               1   "
        "1(100.00%) |   3432    3432    3432"
        "   3432 |    0.05        0.05\n"
        "POST     " LONG_NAME "      10     0(0.00%) |    192     147     237    200 |    0.48        0.00\n"
        "grpc     no time                                                                            1     "
        "0(0.00%) |      0       0       0"
        "      0 |    0.05        0.00\n" STATS_RULE
        "         Aggregated                                                                        60    "
        "9(15.00%) |    367       3    3432"
        "     10 |    2.86        0.43\n\n");
}

static void nothing_yet(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_TABLE_BYTES_MAX);
    assert_int_equal(locust_stats_refresh(&s->stats, &s->run, 1000), 0);
    assert_int_equal(locust_table_stats(&coarse, &s->stats, true, &out), 0);
    assert_string_equal(out.ptr,
        STATS_HEAD STATS_RULE "         Aggregated                                                           "
                              "              0     0(0.00%) |      0       0       0"
                              "      0 |    0.00        0.00\n\n");
    buf_clear(&out);
    assert_int_equal(locust_table_errors(&coarse, &s->stats, &out), 0);
    assert_int_equal(out.len, 0);
}

#define PERCENTILES_RULE                                                                                     \
    "--------|" DASHES_76                                                                                    \
    "----|--------|------|------|------|------|------|------|------|------|------|------|------\n"

static void percentiles(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_TABLE_BYTES_MAX);
    run_all(s);
    assert_int_equal(locust_table_percentiles(&coarse, &s->stats, &out), 0);
    assert_string_equal(out.ptr, "Response time percentiles (approximated)\n"
                                 "Type     Name                                                              "
                                 "                    50%    66%    75%    80%    90%    "
                                 "95%    98%    99%  99.9% 99.99%   100% # reqs\n" PERCENTILES_RULE
                                 "GET      /                                                                 "
                                 "                      9     11     12     12   2000   "
                                 "2000   2000   2000   2000   2000   2000     48\n"
                                 "GET      /404                                                              "
                                 "                   3400   3400   3400   3400   3400   "
                                 "3400   3400   3400   3400   3400   3400      1\n"
                                 "POST     " LONG_NAME "      200    210    220    230    240    240    240  "
                                 "  240    240    240    240     10\n" PERCENTILES_RULE
                                 "         Aggregated                                                        "
                                 "                     10     12    190    220   2000   "
                                 "2000   2000   3400   3400   3400   3400     60\n\n");
    struct locust_table fine = {.name_width = 10};
    buf_clear(&out);
    assert_int_equal(locust_table_percentiles(&fine, &s->stats, &out), 0);
    assert_non_null(strstr(out.ptr, "POST     " LONG_NAME "      197    207    217    227    237    237 "));
    assert_non_null(strstr(out.ptr, "\n         Aggregated       10     12    187    217   2003   2007   "
                                    "2007   3432   3432   3432   3432     60\n"));
}

static void errors(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_TABLE_BYTES_MAX);
    static const char rule[] = "------------------|----------------------------------------------------------"
                               "-----------------------------------"
                               "------------------------------------------------\n";
    char expected[2048];
    run_all(s);
    assert_int_equal(locust_table_errors(&coarse, &s->stats, &out), 0);
    snprintf(expected, sizeof expected, "Error report\n%-18s %-100s\n%s%-18s %-100s\n%-18s %-100s\n%s\n",
        "# occurrences", "Error", rule, "8", "GET /: it's\nbad", "1",
        "GET /404: HTTPError('404 Client Error: Not Found for url: /404')", rule);
    assert_string_equal(out.ptr, expected);
}

static void error_words(void **state) {
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {{"CatchResponseError('x')", "x"}, {"CatchResponseError(\"it's\")", "it's"},
        {"CatchResponseError('a\\\\b\\'')", "a\\b'"},
        {"CatchResponseError(ValueError('x'))", "ValueError('x')"}, {"CatchResponseError('x', 1)", "'x', 1"},
        {"ValueError('x')", "ValueError('x')"}, {"CatchResponseError('\\x00')", "\\x00"},
        {"CatchResponseError('", "CatchResponseError('"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(1000);
        assert_int_equal(locust_error_words(view_of_cstr(cases[i].text), &out), 0);
        assert_string_equal(out.ptr, cases[i].words);
    }
}

static void widths(void **state) {
    (void)state;
    assert_int_equal(locust_name_width(0), 80);
    assert_int_equal(locust_name_width(200), 80);
    assert_int_equal(locust_name_width(120), 40);
    assert_int_equal(locust_name_width(80), 0);
    assert_int_equal(locust_name_width(20), 0);
}

static void csv(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_CSV_BYTES_MAX);
    run_all(s);
    assert_int_equal(locust_csv_stats(&s->stats, true, &out), 0);
    assert_string_equal(out.ptr,
        "Type,Name,Request Count,Failure Count,Median Response Time,Average Response Time,Min Response "
        "Time,Max Response Time,Average Content "
        "Size,Requests/s,Failures/s,50%,66%,75%,80%,90%,95%,98%,99%,99.9%,99.99%,100%\r\n"
        "GET,/"
        ",48,8,9,340.4791666666667,3.0,2007.0,83.5,2.2857142857142856,0.38095238095238093,9,11,12,12,2000,"
        "2000,2000,2000,2000,2000,2000\r\n"
        "GET,/"
        "404,1,1,3432.0,3432.0,3432.0,3432.0,7.0,0.047619047619047616,0.047619047619047616,3400,3400,3400,"
        "3400,3400,3400,3400,3400,3400,"
        "3400,3400\r\n"
        "POST,\"" LONG_NAME "\",10,0,200,192.0,147.0,237.0,5.0,0.47619047619047616,0.0,200,210,220,230,240,"
        "240,240,240,240,240,240\r\n"
        "grpc,no time,1,0,0,0.0,0,0,7.0,0.047619047619047616,0.0,0,0,0,0,0,0,0,0,0,0,0\r\n"
        ",Aggregated,60,9,10,367.7118644067797,3.0,3432.0,67.86666666666666,2.857142857142857,0."
        "42857142857142855,10,12,190,220,2000,2000,2000,"
        "3400,3400,3400,3400\r\n");
    buf_clear(&out);
    assert_int_equal(locust_csv_failures(&s->stats, &out), 0);
    assert_string_equal(out.ptr,
        "Method,Name,Error,Occurrences,First Seen,Last Seen\r\n"
        "GET,/,\"CatchResponseError(\"\"it's\\nbad\"\")\",8,1970-01-01T00:16:42Z,1970-01-01T00:16:56Z\r\n"
        "GET,/404,HTTPError('404 Client Error: Not Found for url: "
        "/404'),1,1970-01-01T00:16:56Z,1970-01-01T00:16:56Z\r\n");
}

static void exceptions(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_CSV_BYTES_MAX);
    struct evidence_store *e = s->total.evidence;
    evidence_store_add(e, EVIDENCE_LOCUST_EXCEPTION, VIEW("hash"), VIEW("vm_1"), VIEW(""), 2);
    evidence_store_exemplar(
        e, EVIDENCE_LOCUST_EXCEPTION, VIEW("hash"), VIEW("vm_1"), VIEW(""), VIEW("boom, \"x\"\0  File a\n"));
    evidence_store_add(e, EVIDENCE_LOCUST_EXCEPTION, VIEW("hash"), VIEW("vm_2"), VIEW(""), 3);
    assert_int_equal(locust_stats_refresh(&s->stats, &s->run, 1000), 0);
    assert_int_equal(s->stats.exception_count, 1);
    assert_int_equal(locust_csv_exceptions(&s->stats, &out), 0);
    assert_string_equal(
        out.ptr, "Count,Message,Traceback,Nodes\r\n5,\"boom, \"\"x\"\"\",\"  File a\n\",\"vm_1, vm_2\"\r\n");
}

static void json(void **state) {
    struct scene *s = *state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_JSON_BYTES_MAX);
    request(s, 1000.25, "GET", "/a", 147, 5, "ValueError('x')");
    request(s, 1000.5, "GET", "/a", 2.25, 5, NULL);
    request(s, 1000.75, "grpc", "/b", -1, 1, NULL);
    assert_int_equal(locust_stats_refresh(&s->stats, &s->run, 1001), 0);
    assert_int_equal(locust_json_entries(&s->stats, &out), 0);
    assert_string_equal(out.ptr,
        "[\n    {\n        \"name\": \"/a\",\n        \"method\": \"GET\",\n        "
        "\"last_request_timestamp\": 1000.5,\n        \"start_time\": 1000.25,\n"
        "        \"num_requests\": 2,\n        \"num_none_requests\": 0,\n        \"num_failures\": 1,\n     "
        "   \"total_response_time\": 149.25,\n"
        "        \"max_response_time\": 147.0,\n        \"min_response_time\": 2.25,\n        "
        "\"total_content_length\": 10,\n"
        "        \"response_times\": {\n            \"2\": 1,\n            \"150\": 1\n        },\n"
        "        \"num_reqs_per_sec\": {\n            \"1000\": 2\n        },\n        \"num_fail_per_sec\": "
        "{\n            \"1000\": 1\n        }\n    },\n"
        "    {\n        \"name\": \"/b\",\n        \"method\": \"grpc\",\n        "
        "\"last_request_timestamp\": 1000.75,\n        \"start_time\": 1000.75,\n"
        "        \"num_requests\": 1,\n        \"num_none_requests\": 1,\n        \"num_failures\": 0,\n     "
        "   \"total_response_time\": 0.0,\n"
        "        \"max_response_time\": 0.0,\n        \"min_response_time\": null,\n        "
        "\"total_content_length\": 1,\n"
        "        \"response_times\": {},\n        \"num_reqs_per_sec\": {\n            \"1000\": 1\n        "
        "},\n        \"num_fail_per_sec\": {}\n    }\n]");
}

static void series_that_differ_in_other_tags_are_one_entry(void **state) {
    struct scene *s = *state;
    struct tag list[] = {
        {VIEW("method"), VIEW("GET")}, {VIEW("name"), VIEW("/")}, {VIEW("region"), VIEW("north")}};
    request(s, 1000.5, "GET", "/", 2, 1, NULL);
    for (int i = 0; i < 2; i++) {
        record(s, REQUEST_METRIC_DURATION, tags_intern(s->total.tags, list, 3), 40);
        record(s, REQUEST_METRIC_BYTES, tags_intern(s->total.tags, list, 3), 3);
        assert_int_equal(locust_stats_refresh(&s->stats, &s->run, 1001 + i), 0);
    }
    assert_int_equal(s->stats.entry_count, 1);
    assert_int_equal(s->stats.entries[0]->requests, 3);
    assert_int_equal(s->stats.entries[0]->times->count, 3);
    assert_true(s->stats.total.times->sum == 82);
    assert_int_equal(s->stats.total.second_count, 2);
}

static void a_reset_begins_anew(void **state) {
    struct scene *s = *state;
    for (int i = 0; i < 5; i++)
        request(s, 1000.5, "GET", "/", 2, 1, "ValueError('x')");
    assert_int_equal(locust_stats_refresh(&s->stats, &s->run, 1001), 0);
    assert_true(s->stats.start_at == 1000);
    series_store_reset(s->total.series);
    evidence_store_zero(s->total.evidence);
    s->run.statistics_from_us = 3250000;
    request(s, 1003.5, "GET", "/", 2, 1, NULL);
    assert_int_equal(locust_stats_refresh(&s->stats, &s->run, 1004), 0);
    assert_true(s->stats.start_at == 1003.25);
    assert_int_equal(s->stats.total.requests, 1);
    assert_int_equal(s->stats.error_count, 0);
    assert_int_equal(s->stats.total.second_count, 1);
    assert_int_equal(s->stats.total.seconds[0].requests, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(statistics),
        TEST(nothing_yet),
        TEST(percentiles),
        TEST(errors),
        cmocka_unit_test(error_words),
        cmocka_unit_test(widths),
        TEST(csv),
        TEST(exceptions),
        TEST(json),
        TEST(series_that_differ_in_other_tags_are_one_entry),
        TEST(a_reset_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
