#include "diagnosis/collector.h"

#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "diagnosis/lints.h"
#include "stats/recorder.h"

/* A worker that tells what it did in a second. */
static struct recorder worker;

static void request(const char *name, const char *status, double ms, double connecting_ms) {
    struct tag tags[] = {{VIEW("method"), VIEW("GET")}, {VIEW("name"), view_of_cstr(name)},
        {VIEW("status"), view_of_cstr(status)}};
    recorder_add_http(&worker, tags_intern(worker.tags, tags, 3),
        &(struct recorder_http){
            .duration_ms = ms, .waiting_ms = ms, .connecting_ms = connecting_ms, .failed = status[0] != '2'},
        &(struct recorder_at){.wall_ns = 1, .iter = -1});
}

static void tell(struct collector *c, int64_t second) {
    assert_int_equal(collector_measured(c, second, 1, worker.series), 0);
    series_store_reset(worker.series);
}

static void begin(struct collector **c) {
    assert_int_equal(recorder_init(&worker, false), 0);
    assert_int_equal(collector_new(c), 0);
}

static void end(struct collector *c) {
    collector_free(c);
    recorder_deinit(&worker);
}

static size_t examine(struct collector *c, struct diagnosis_finding *out) {
    return collector_diagnose(c, &(struct collector_rest){0}, out, DIAGNOSIS_FINDINGS_MAX);
}

static void endpoints(void **state) {
    (void)state;
    static const struct {
        const char *method, *name, *shown;
        bool fixed;
    } cases[] = {
        {"GET", "http://h:1/a/17?x=1", "GET /a/{id}", false},
        {"GET", "http://h:1", "GET /", false},
        {"POST", "https://h/api/v1/todos", "POST /api/v1/todos", false},
        {"GET", "/users/3f1c2b4a-0000-4000-8000-1234567890ab/cart", "GET /users/{id}/cart", false},
        {"GET", "http://h/assets/app.js?v=3", "GET /assets/app.js", true},
        {"GET", "http://h/static/9", "GET /static/{id}", true},
        {"", "login", "login", false},
        {"GET", "/facade/dead", "GET /facade/dead", false},
    };
    char text[DIAGNOSIS_NAME_MAX];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_string_equal(
            collector_endpoint(view_of_cstr(cases[i].method), view_of_cstr(cases[i].name), text),
            cases[i].shown);
        assert_int_equal(collector_endpoint_fixed(text), cases[i].fixed);
    }
}

/* Two workers, seconds out of order; 429 from the third second on. */
static void from_deltas_to_a_finding(void **state) {
    (void)state;
    static const int order[] = {1, 0, 3, 2, 5, 4, 7, 6};
    struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    struct collector *c;
    begin(&c);
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        for (int twice = 0; twice < 2; twice++) {
            for (int k = 0; k < 40; k++)
                request(k % 2 ? "http://h/a/1" : "http://h/a/2", order[i] > 2 && k % 4 == 0 ? "429" : "200",
                    5 + k % 3, 0);
            tell(c, order[i]);
            collector_users(c, order[i], 4);
        }
    assert_true(examine(c, found) > 0);
    assert_int_equal(found[0].kind, DIAGNOSIS_RATE_LIMIT);
    assert_int_equal(found[0].concerned_count, 1);
    assert_string_equal(found[0].concerned[0], "GET /a/{id}");
    assert_true(found[0].evidence[0].from_s == 3 && found[0].evidence[0].to_s == 8);
    assert_int_equal(collector_times(c)->count, 8 * 80);
    assert_true(fabs(collector_rate(c) - 80) < 1);
    end(c);
}

static void probes_stand_beside_the_load(void **state) {
    (void)state;
    static const struct probe_key keys[] = {{"app", "app.pool.waiting", PROBE_COUNT},
        {"app", "app.pool.busy", PROBE_COUNT}, {"app", "app.pool.limit", PROBE_COUNT},
        {"app", "go_goroutines", PROBE_COUNT}};
    struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    struct collector *c;
    begin(&c);
    for (int i = 0; i < 10; i++) {
        const struct probe_value values[] = {{0, 12}, {1, 4}, {2, 4}, {3, 99}, {77, 1}, {2, (double)NAN}};
        for (int k = 0; k < 50; k++)
            request("http://h/a", "200", 300, 0);
        tell(c, i);
        collector_users(c, i, 16);
        collector_observed(c, i,
            &(struct probe_second){.keys = keys,
                .key_count = 4,
                .values = values,
                .value_count = sizeof values / sizeof *values});
    }
    assert_true(examine(c, found) > 0);
    assert_int_equal(found[0].kind, DIAGNOSIS_DB_POOL);
    assert_string_equal(found[0].evidence[0].series, "app.pool.waiting");
    assert_string_equal(found[0].evidence[0].source, "app");
    end(c);
}

/* An hour and a half at one point a second would be too many; what was learnt at its end is still found
 * there. */
static void long_runs_are_thinned_out(void **state) {
    (void)state;
    static const struct probe_key keys[] = {{"app", "app.memory.rss", PROBE_BYTES}};
    struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    struct collector *c;
    begin(&c);
    for (int i = 0; i < 5400; i++) {
        const struct probe_value value = {0, 50e6 + 2e5 * i};
        for (int k = 0; k < 10; k++)
            request("http://h/a", "200", 5, 0);
        tell(c, i);
        collector_users(c, i, 4);
        collector_observed(
            c, i, &(struct probe_second){.keys = keys, .key_count = 1, .values = &value, .value_count = 1});
    }
    assert_true(examine(c, found) > 0);
    assert_int_equal(found[0].kind, DIAGNOSIS_MEMORY_LEAK);
    assert_int_equal(collector_times(c)->count, 54000);
    assert_true(fabs(collector_rate(c) - 10) < 0.1);
    /* A second that no run has, and one far ahead. */
    request("http://h/a", "200", 5, 0);
    assert_int_equal(collector_measured(c, -5, 1, worker.series), 0);
    assert_int_equal(collector_measured(c, INT64_MAX, 1, worker.series), 0);
    assert_int_equal(collector_measured(c, 31 * 86400, 1, worker.series), 0);
    assert_true(examine(c, found) < DIAGNOSIS_FINDINGS_MAX);
    end(c);
}

static void many_endpoints_are_one(void **state) {
    (void)state;
    struct diagnosis_finding found[DIAGNOSIS_FINDINGS_MAX];
    struct collector *c;
    begin(&c);
    for (int i = 0; i < 10; i++) {
        for (int k = 0; k < 300; k++) {
            char name[64];
            snprintf(name, sizeof name, "page %c%c%c", 'a' + k % 26, 'a' + k / 26, 'a' + i % 3);
            request(name, k % 2 ? "200" : "500", 5, 0);
        }
        tell(c, i);
        collector_users(c, i, 4);
    }
    assert_true(examine(c, found) > 0);
    assert_int_equal(found[0].kind, DIAGNOSIS_ERRORS);
    assert_int_equal(found[0].concerned_count, DIAGNOSIS_CONCERNED_MAX);
    end(c);
}

static void faults_of_the_script(void **state) {
    (void)state;
    struct diagnosis_lint lints[4];
    struct evidence_store *s;
    assert_int_equal(evidence_store_new(&s), 0);
    for (int i = 0; i < 30; i++) {
        evidence_store_add(s, EVIDENCE_URL_SUSPECT, VIEW("undefined"),
            VIEW("DELETE http://h/todos/undefined"), VIEW("a.js:5:3"), 1);
        evidence_store_add(
            s, EVIDENCE_CHECK_FAILED, VIEW("created"), VIEW("POST http://h/todos"), VIEW(""), 2);
        evidence_store_add(
            s, EVIDENCE_CHECK_READ, VIEW("created"), VIEW("POST http://h/todos"), VIEW("status=201"), 2);
        /* fails at times: the target's matter */
        evidence_store_add(s, EVIDENCE_CHECK_FAILED, VIEW("listed"), VIEW("GET http://h/todos"), VIEW(""), 1);
        evidence_store_add(
            s, EVIDENCE_CHECK_READ, VIEW("listed"), VIEW("GET http://h/todos"), VIEW("status=200"), 1);
        evidence_store_add(s, EVIDENCE_CHECK_PASSED, VIEW("listed"), VIEW("GET http://h/todos"), VIEW(""), 1);
        /* never passes since the target is down */
        evidence_store_add(s, EVIDENCE_CHECK_FAILED, VIEW("paid"), VIEW("GET http://h/pay"), VIEW(""), 1);
        evidence_store_add(
            s, EVIDENCE_CHECK_READ, VIEW("paid"), VIEW("GET http://h/pay"), VIEW("status=503"), 1);
    }
    assert_int_equal(lints_of(s, lints, 4), 2);
    assert_non_null(strstr(lints[0].text, "\"created\" never passes on POST /todos"));
    assert_non_null(strstr(lints[0].text, "status=201"));
    assert_non_null(strstr(lints[1].text, "DELETE /todos/undefined"));
    assert_true(lints[1].count == 30);
    evidence_store_free(s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),
        cmocka_unit_test(from_deltas_to_a_finding),
        cmocka_unit_test(probes_stand_beside_the_load),
        cmocka_unit_test(long_runs_are_thinned_out),
        cmocka_unit_test(many_endpoints_are_one),
        cmocka_unit_test(faults_of_the_script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
