#include "report/lint.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <setjmp.h>
#include <cmocka.h>

#include "core/buf.h"
#include "report/lint_endpoint.h"

struct scene {
    struct recorder total;
    struct plan plan;
    struct run_state run;
};

static void scene_init(struct scene *s) {
    memset(s, 0, sizeof *s);
    assert_int_equal(recorder_init(&s->total, false), 0);
    s->run = (struct run_state){.plan = &s->plan, .total = &s->total};
}

static void tell(struct scene *s, enum evidence_kind kind, const char *subject, const char *object, const char *detail, uint64_t n, const char *exemplar) {
    struct view a = view_of_cstr(subject), b = view_of_cstr(object), c = view_of_cstr(detail);
    if (evidence_store_add(s->total.evidence, kind, a, b, c, n) && exemplar)
        evidence_store_exemplar(s->total.evidence, kind, a, b, c, view_of_cstr(exemplar));
}

static void requests(struct scene *s, const char *method, const char *url, const char *error, int n, double ms) {
    struct tag tags[3] = {{VIEW("method"), view_of_cstr(method)}, {VIEW("name"), view_of_cstr(url)}, {VIEW("error"), view_of_cstr(error)}};
    tagset_id set = tags_intern(s->total.tags, tags, *error ? 3 : 2);
    for (int i = 0; i < n; i++)
        recorder_add(&s->total, METRIC_HTTP_REQ_DURATION, set, ms, &(struct recorder_at){.wall_ns = 1, .iter = -1});
}

static void says(struct scene *s, const char *expected) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    assert_int_equal(lint_write(&s->run, false, &out), 0);
    assert_string_equal(out.ptr ? out.ptr : "", expected);
    recorder_deinit(&s->total);
}

#define TODOS "http://127.0.0.1:6400/api/v1/todos"
#define FILE_URL "file:///home/u/planners.js"

/* The practical's three faults: wrong id, wrong expectation, a server that is too small. */
static void the_three_planted_faults(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    tell(&s, EVIDENCE_URL_SUSPECT, "undefined", "DELETE " TODOS "/undefined", FILE_URL ":55:18", 400, TODOS "/undefined");
    tell(&s, EVIDENCE_PROPERTY_MISSING, "id", "POST " TODOS, FILE_URL ":53:27", 400, "did you mean response.json().id?");
    tell(&s, EVIDENCE_CHECK_PASSED, "is status 200", "GET " TODOS, "", 2300, NULL);
    tell(&s, EVIDENCE_CHECK_FAILED, "is status 200", "GET " TODOS, "", 120, NULL);
    tell(&s, EVIDENCE_CHECK_READ, "is status 200", "GET " TODOS, "status=0", 120, NULL);
    tell(&s, EVIDENCE_CHECK_FAILED, "is status 200", "POST " TODOS, "", 400,
        "POST " TODOS "\nHost: 127.0.0.1\nContent-Type: application/json\n\n{\"title\":\"x\"}\n\nHTTP/1.1 201 Created\nContent-Type: application/json\n\n{\"id\":7}\n");
    tell(&s, EVIDENCE_CHECK_READ, "is status 200", "POST " TODOS, "status=201", 380, NULL);
    tell(&s, EVIDENCE_CHECK_READ, "is status 200", "POST " TODOS, "status=0", 20, NULL);
    tell(&s, EVIDENCE_CHECK_PASSED, "is status 200", "DELETE " TODOS "/undefined", "", 400, NULL);
    tell(&s, EVIDENCE_REQUEST_ERROR, "request timeout", "GET " TODOS, "1050", 120, NULL);
    requests(&s, "GET", TODOS, "", 2300, 20);
    requests(&s, "GET", TODOS, "request timeout", 120, 60001);
    says(&s,
        "\n  █ LOOK AT THE SCRIPT AND ITS ANSWERS \n\n"
        "     1. DELETE /api/v1/todos/undefined: the URL contains `undefined` (400 times, planners.js:55:18)\n"
        "        Probably from `response.id`, read at planners.js:53:27, which does not exist.\n"
        "         │ http://127.0.0.1:6400/api/v1/todos/undefined\n\n"
        "     2. `response.id` does not exist: did you mean response.json().id? (400 times, planners.js:53:27)\n"
        "        Read on the response of POST /api/v1/todos; it gave undefined.\n\n"
        "     3. is status 200 · POST /api/v1/todos: status was 201, 380 of 400 times, 0 (no answer) 20\n"
        "        The same check passes on GET /api/v1/todos: does it expect the wrong thing here?\n"
        "         │ POST http://127.0.0.1:6400/api/v1/todos\n"
        "         │ Content-Type: application/json\n"
        "         │ {\"title\":\"x\"}\n"
        "         │ HTTP/1.1 201 Created\n"
        "         │ Content-Type: application/json\n"
        "         │ {\"id\":7}\n\n"
        "     4. 120 of 2,420 requests to GET /api/v1/todos timed out after 60 s\n"
        "        The server answered late or not at all: it is too small for this load, or something before it is.\n");
}

static void silent_without_findings(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    tell(&s, EVIDENCE_CHECK_PASSED, "ok", "GET " TODOS, "", 10, NULL);
    tell(&s, EVIDENCE_CHECK_FAILED, "ok", "GET " TODOS, "", 1, NULL);
    tell(&s, EVIDENCE_REQUEST_COUNTED, "http requests", "", "", 11, NULL);
    says(&s, "");
}

static void ids_are_folded_and_unanswered_checks_left_out(void **state) {
    (void)state;
    struct scene s;
    scene_init(&s);
    tell(&s, EVIDENCE_CHECK_FAILED, "::shop::ok", "GET http://a/x/1", "", 1, NULL);
    tell(&s, EVIDENCE_CHECK_FAILED, "::shop::ok", "GET http://a/x/2?q=1", "", 2, NULL);
    tell(&s, EVIDENCE_CHECK_FAILED, "reached", "GET http://b/", "", 5, NULL);
    tell(&s, EVIDENCE_CHECK_READ, "reached", "GET http://b/", "status=0", 5, NULL);
    tell(&s, EVIDENCE_REQUEST_ERROR, "dial: connection refused", "GET http://b/", "1212", 5, NULL);
    requests(&s, "GET", "http://b/", "dial: connection refused", 5, 0.3);
    tell(&s, EVIDENCE_SCRIPT_ERROR, "TypeError: \x1b[31mx is not a function", "default", FILE_URL ":3:1", 1, NULL);
    says(&s,
        "\n  █ LOOK AT THE SCRIPT AND ITS ANSWERS \n\n"
        "     1. 5 of 5 requests to GET http://b/ failed: dial: connection refused\n"
        "        Nobody listens at that address: is the server running?\n\n"
        "     2. Uncaught: TypeError: ?[31mx is not a function (once, scenario default, planners.js:3:1)\n\n"
        "     3. ok · GET http://a/x/{id}: failed all of 3 times\n"
        "        This check never passed anywhere: is what it expects right?\n");
}

static void causes_of_failed_requests(void **state) {
    static const struct {
        const char *error, *code, *want;
    } cases[] = {
        {"unexpected EOF", "1000", "in the middle of its answer"},
        {"EOF", "1000", "without an answer"},
        {"malformed HTTP response \"x\"", "1000", "is it the right port?"},
        {"invalid byte in chunk length", "1000", "The body of the answer is broken"},
        {"dial tcp 127.0.0.1:1: socket: too many open files", "1210", "ulimit -n"},
        {"unsupported protocol scheme \"\"", "1000", "-e NAME="},
        {"lookup: no such host", "1101", "The host's name is not known"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct scene s;
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        scene_init(&s);
        tell(&s, EVIDENCE_REQUEST_ERROR, cases[i].error, "GET http://b/", cases[i].code, 5, NULL);
        assert_int_equal(lint_write(&s.run, false, &out), 0);
        if (!strstr(out.ptr, cases[i].want))
            fail_msg("\"%s\" is not in: %s", cases[i].want, out.ptr);
        recorder_deinit(&s.total);
    }
}

static void many_findings_are_cut(void **state) {
    (void)state;
    struct scene s;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    scene_init(&s);
    for (int i = 0; i < 12; i++) {
        char url[64];
        snprintf(url, sizeof url, "GET http://a/p%c/null", 'a' + i);
        tell(&s, EVIDENCE_URL_SUSPECT, "null", url, "", (uint64_t)(i + 1), NULL);
    }
    assert_int_equal(lint_write(&s.run, true, &out), 0);
    assert_non_null(strstr(out.ptr, "1. GET /pl/null: the URL contains `null` (12 times)"));
    assert_non_null(strstr(out.ptr, "… and 4 more\n"));
    assert_null(strstr(out.ptr, "/pa/null"));
    recorder_deinit(&s.total);
}

static void endpoints(void **state) {
    (void)state;
    static const struct { const char *in, *host, *out; } cases[] = {
        {"GET http://h:1/a/17?x=1", "http://h:1", "GET /a/{id}"}, {"GET http://h:1/a/17", "http://other", "GET http://h:1/a/{id}"},
        {"PUT https://h/u/550e8400-e29b-41d4-a716-446655440000/x", "https://h", "PUT /u/{id}/x"}, {"GET http://h", "http://h", "GET /"},
        {"GET login page", "", "GET login page"}, {"GET http://h/v1/face", "http://h", "GET /v1/face"}, {"GET http://h/a/", "http://h", "GET /a/"}};
    struct arena a;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct view got = lint_endpoint(&a, view_of_cstr(cases[i].in), view_of_cstr(cases[i].host));
        assert_string_equal(got.ptr, cases[i].out);
    }
    assert_string_equal(lint_clean(&a, VIEW("a\x1b[2J\xc2\x9b\xff" "é\tb")).ptr, "a?[2J???é b");
    arena_deinit(&a);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_three_planted_faults), cmocka_unit_test(silent_without_findings),
        cmocka_unit_test(ids_are_folded_and_unanswered_checks_left_out), cmocka_unit_test(many_findings_are_cut), cmocka_unit_test(causes_of_failed_requests), cmocka_unit_test(endpoints)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
