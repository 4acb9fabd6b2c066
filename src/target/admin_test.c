/* Requests to the admin port, without the port; and /metrics. */
#include "target/admin.h"
#include "target/routes.h"

#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct commons *commons;
static struct exchange x;

static int setup(void **state) {
    struct fault_set faults = FAULT_SET_NULL;
    (void)state;
    assert_int_equal(commons_new(&commons, 2, &faults, NULL), 0);
    buf_init(&x.reply, EXCHANGE_REPLY_MAX);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    buf_deinit(&x.reply);
    commons = commons_free(commons);
    return 0;
}

static const char *call(const char *method, const char *path, const char *body, int status) {
    exchange_clear(&x);
    x.method = exchange_method_parse(view_of_cstr(method));
    x.path = view_of_cstr(path);
    x.body = view_of_cstr(body);
    admin_handle(&x, commons);
    struct view reply = exchange_reply(&x);
    if (x.status != status)
        fail_msg("%s %s: %d instead of %d: %.*s", method, path, x.status, status, VIEW_ARGS(reply));
    return reply.ptr;
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static void test_switching(void **state) {
    static const struct {
        const char *method, *path, *body;
        int status;
        const char *says;
    } cases[] = {
        {"PUT", "/faults/workers", "3", 200, "\"name\":\"workers\",\"value\":\"3\",\"active\":true"},
        {"PUT", "/faults/workers", "{\"value\":4}", 200, "\"value\":\"4\""},
        {"PUT", "/faults/workers", "\"5\"", 200, "\"value\":\"5\""},
        {"PUT", "/faults/workers", "{\"value\":\"none\"}", 400, "whole number"},
        {"PUT", "/faults/workers", "", 400, "needs a value"},
        {"PUT", "/faults/n-plus-1", "", 200, "\"value\":\"on\""},
        {"PUT", "/faults/n-plus-1", "true", 200, "\"value\":\"on\""},
        {"PUT", "/faults/error-rate", "{\"value\":0.25}", 200, "\"value\":\"0.25\""},
        {"PUT", "/faults/stall-every", "10:500\n", 200, "\"value\":\"10:500\""},
        {"PUT", "/faults/lock", NULL, 200, "\"value\":\"10\""},
        {"PUT", "/faults/workers", "1", 409, "contradict"},
        {"GET", "/faults/workers", NULL, 200, "\"value\":\"5\""},
        {"DELETE", "/faults/lock", NULL, 200, "\"value\":\"off\",\"active\":false"},
        {"PUT", "/faults/worker", "1", 404, "did you mean workers?"},
        {"PATCH", "/faults/workers", "1", 405, "GET, PUT, DELETE"},
        {"GET", "/faults", NULL, 200, "\"sees\":"},
        {"PUT", "/faults", NULL, 405, "DELETE"},
        {"DELETE", "/faults", NULL, 200, "\"name\":\"workers\",\"value\":\"off\""},
        {"GET", "/", NULL, 200, "<!doctype html>"},
        {"GET", "/health", NULL, 200, "ok"},
        {"POST", "/metrics", NULL, 405, "GET"},
        {"GET", "/nix", NULL, 404, "/metrics"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_says(call(cases[i].method, cases[i].path, cases[i].body, cases[i].status), cases[i].says);
    for (unsigned i = 0; i < FAULT_IDS; i++)
        assert_int_equal(fault_value(&commons->faults, i), 0);
}

static void test_a_switch_wakes_all_processes_and_opens_gates(void **state) {
    struct list waiters, guests[2];
    uint64_t count;
    (void)state;
    list_init(&waiters);
    (void)call("PUT", "/faults/db-pool", "1", 200);
    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(read(commons->wake_fds[i], &count, sizeof count), sizeof count);
    assert_int_equal(gate_enter(&commons->gates[COMMONS_POOL], 0, &waiters, &guests[0]), GATE_IN);
    assert_int_equal(gate_enter(&commons->gates[COMMONS_POOL], 0, &waiters, &guests[1]), GATE_WAITING);
    assert_says(call("GET", "/metrics", NULL, 200), "\ndb_pool_waiting 1\n");
    assert_says(call("GET", "/metrics", NULL, 200), "\ndb_pool_in_use 1\n");
    (void)call("DELETE", "/faults/db-pool", NULL, 200);
    assert_ptr_equal(gate_take(&commons->gates[COMMONS_POOL], 0, &waiters), &guests[1]);
    assert_true(commons->faults.since_ns[FAULT_DB_POOL] > 0);
}

static void test_metrics_sum_over_processes(void **state) {
    static const char *const lines[] = {
        "http_requests_total{method=\"GET\",route=\"/\",status=\"200\"} 3\n",
        "http_requests_total{method=\"-\",route=\"(none)\",status=\"404\"} 1\n",
        "http_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"0.005\"} 1\n",
        "http_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"0.01\"} 2\n",
        "http_request_duration_seconds_bucket{method=\"GET\",route=\"/\",le=\"+Inf\"} 3\n",
        "http_request_duration_seconds_sum{method=\"GET\",route=\"/\"} 20.011\n",
        "http_request_duration_seconds_count{method=\"GET\",route=\"/\"} 3\n",
        "\nhttp_requests_in_flight 2\n",
        "\nhttp_errors_total 1\n",
        "\nhttp_connections_open 5\n",
        "\ndb_queries_total 2\n",
        "db_query_duration_seconds_bucket{le=\"0.001\"} 2\n",
        "\nprocess_cpu_seconds_total 1.5\n",
        "target_fault_active{fault=\"workers\",value=\"off\"} 0\n",
        "# TYPE http_queue_wait_seconds histogram\n",
    };
    struct exchange home = {.method = METHOD_GET, .path = VIEW("/")};
    int row = routes_find(&home);
    (void)state;
    for (int i = 0; i < 3; i++)
        served_count(&commons->parts[i % 2].served, row, 200);
    served_count(&commons->parts[0].served, ROUTE_NONE, 404);
    served_count(&commons->parts[0].served, row, 503);
    commons->parts[0].served.received = 4;
    commons->parts[1].served.received = 3;
    metrics_observe(&commons->parts[0].metrics.duration[row], 4 * 1000 * 1000);
    metrics_observe(&commons->parts[1].metrics.duration[row], 7 * 1000 * 1000);
    metrics_observe(&commons->parts[1].metrics.duration[row], INT64_C(20000) * 1000 * 1000);
    metrics_observe(&commons->parts[0].metrics.query, 0);
    metrics_observe(&commons->parts[1].metrics.query, 1000 * 1000);
    commons->parts[0].metrics.connections = 2;
    commons->parts[1].metrics.connections = 3;
    commons->dead_cpu_us = 1500 * 1000;
    const char *page = call("GET", "/metrics", NULL, 200);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        assert_says(page, lines[i]);
    commons_forget(commons, 1);
    assert_says(call("GET", "/metrics", NULL, 200), "\nhttp_connections_open 2\n");
}

static void test_own_process_has_memory(void **state) {
    char *end;
    (void)state;
    commons->parts[1].pid = (int)getpid();
    const char *at = strstr(call("GET", "/metrics", NULL, 200), "\nprocess_resident_memory_bytes ");
    assert_non_null(at);
    assert_true(strtod(at + strlen("\nprocess_resident_memory_bytes "), &end) > 1e6);
    assert_says(at, "\ntarget_processes 1\n");
}

static void test_only_loopback(void **state) {
    static const struct {
        const char *text;
        bool ok;
    } cases[] = {{"127.0.0.1:0", true}, {"127.9.9.9:0", true}, {"[::1]:0", true}, {"0.0.0.0:0", false},
        {"[::]:0", false}, {"192.0.2.1:0", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct listener a;
        assert_int_equal(listener_parse(&a, cases[i].text, NULL), 0);
        assert_int_equal(admin_check_address(&a, cases[i].text, NULL), cases[i].ok ? 0 : ERROR_INVALID);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_switching, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_switch_wakes_all_processes_and_opens_gates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_metrics_sum_over_processes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_process_has_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_only_loopback, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
