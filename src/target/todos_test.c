/* The API as its clients see it, without HTTP around: each case goes through the table of routes to a store
 * on disk. */
#include "target/todos.h"
#include "target/routes.h"
#include "target/todo_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct fixture {
    char dir[64], path[96];
    struct exchange_app app;
    struct exchange x;
    const char *query[4][2]; /* of the next call */
};

static const char *on_lookup(void *ctx, enum exchange_source source, const char *name) {
    struct fixture *f = ctx;
    for (size_t i = 0; source == EXCHANGE_QUERY && i < 4 && f->query[i][0]; i++)
        if (strcmp(f->query[i][0], name) == 0)
            return f->query[i][1];
    return NULL;
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/halftime-todos-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->path, sizeof f->path, "%s/t.db", f->dir);
    assert_int_equal(todo_store_create(f->path, 0, NULL), 0);
    assert_int_equal(todo_store_new(&f->app.store, f->path, NULL), 0);
    buf_init(&f->x.reply, EXCHANGE_REPLY_MAX);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    todo_store_free(f->app.store);
    buf_deinit(&f->x.reply);
    unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

/* The answer's body stays valid until the next call. */
static const char *call(
    struct fixture *f, const char *method, const char *path, const char *body, int status) {
    static char text[256 * 1024];
    exchange_clear(&f->x);
    f->x.method = exchange_method_parse(view_of_cstr(method));
    f->x.path = view_of_cstr(path);
    f->x.body = view_of_cstr(body);
    f->x.lookup = on_lookup;
    f->x.lookup_ctx = f;
    f->x.app = &f->app;
    int row = routes_find(&f->x);
    if (row != ROUTE_NONE)
        routes_row(row)->handle(&f->x);
    struct view reply = exchange_reply(&f->x);
    snprintf(text, sizeof text, "%.*s", VIEW_ARGS(reply));
    if (f->x.status != status)
        fail_msg("%s %s: %d instead of %d: %s", method, path, f->x.status, status, text);
    return text;
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static int count(const char *text, const char *part) {
    int n = 0;
    for (const char *at = text; (at = strstr(at, part)); at++)
        n++;
    return n;
}

static void test_a_todo_lives(void **state) {
    struct fixture *f = *state;
    const char *r;

    assert_says(call(f, "GET", "/api/v1/health", NULL, 200), "{\"status\":\"ok\"}");
    assert_string_equal(call(f, "GET", "/api/v1/todos", NULL, 200), "[]");
    r = call(f, "POST", "/api/v1/todos",
        "{\"title\":\"CSSE6400 Clout Assignment\",\"completed\":false,\"description\":\"\","
        "\"deadline_at\":\"2023-12-04T14:00:00\"}",
        201);
    assert_says(r,
        "{\"id\":1,\"title\":\"CSSE6400 Clout Assignment\",\"description\":\"\",\"completed\":false,"
        "\"deadline_at\":\"2023-12-04T14:00:00\",\"created_at\":\"2");
    assert_says(r, "\"updated_at\":\"2");
    r = call(f, "PUT", "/api/v1/todos/1",
        "{\"title\":\"Cloud \\\\ \\\"q\\\"\",\"completed\":true,\"deadline_at\":null}", 200);
    assert_says(
        r, "\"title\":\"Cloud \\\\ \\\"q\\\"\",\"description\":\"\",\"completed\":true,\"deadline_at\":null");
    assert_says(call(f, "GET", "/api/v1/todos/1", NULL, 200), "Cloud");
    assert_says(call(f, "DELETE", "/api/v1/todos/1", NULL, 200), "Cloud");
    assert_string_equal(call(f, "GET", "/api/v1/todos/1", NULL, 404), "{\"error\":\"Todo not found\"}");
    assert_says(call(f, "POST", "/api/v1/todos", "{\"title\":\"ids are not used again\"}", 201), "\"id\":2");
}

static void test_unknown_todo(void **state) {
    struct fixture *f = *state;
    assert_string_equal(call(f, "DELETE", "/api/v1/todos/undefined", NULL, 200), "{}");
    assert_string_equal(call(f, "DELETE", "/api/v1/todos/99", NULL, 200), "{}");
    (void)call(f, "GET", "/api/v1/todos/undefined", NULL, 404);
    (void)call(f, "PUT", "/api/v1/todos/99", "{\"completed\":true}", 404);
    f->app.strict = true;
    assert_string_equal(
        call(f, "DELETE", "/api/v1/todos/undefined", NULL, 404), "{\"error\":\"Todo not found\"}");
    (void)call(f, "DELETE", "/api/v1/todos/99", NULL, 404);
}

static void test_bad_bodies(void **state) {
    static const struct {
        const char *body, *says;
    } cases[] = {
        {NULL, "Bad JSON"},
        {"", "Bad JSON"},
        {"{\"title\":", "Bad JSON at line 1, column"},
        {"{\"title\":\"a\"} x", "Bad JSON"},
        {"[1]", "must be a JSON object"},
        {"{}", "title is missing"},
        {"{\"title\":\"\"}", "title is missing"},
        {"{\"title\":7}", "title must be a string"},
        {"{\"titel\":\"a\"}", "unknown field \\\"titel\\\""},
        {"{\"title\":\"a\",\"completed\":1}", "completed must be true or false"},
        {"{\"title\":\"a\",\"deadline_at\":\"soon\"}", "deadline_at must be a time"},
        {"{\"title\":\"a\",\"deadline_at\":\"2023-13-01T00:00:00\"}", "deadline_at must be a time"},
        {"{\"title\":\"a\",\"deadline_at\":\"2023-12-01T00:00:00+05:00\"}", "deadline_at must be a time"},
        {"{\"title\":\"a\",\"id\":3}", "unknown field"},
        {"{\"title\":\"a\",\"title\":\"b\"}", "Bad JSON"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_says(call(f, "POST", "/api/v1/todos", cases[i].body, 400), cases[i].says);
    assert_says(call(f, "PUT", "/api/v1/todos/1", "{\"titel\":\"a\"}", 400), "unknown field");
    assert_string_equal(call(f, "GET", "/api/v1/todos", NULL, 200), "[]");
}

static void test_deadlines_are_normalised(void **state) {
    static const char *const given[] = {"2023-12-04T14:00:00", "2023-12-04 14:00:00",
        "2023-12-04T14:00:00.123Z", "2023-12-04T14:00:00+00:00"};
    struct fixture *f = *state;
    char body[128];
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        snprintf(body, sizeof body, "{\"title\":\"a\",\"deadline_at\":\"%s\"}", given[i]);
        assert_says(call(f, "POST", "/api/v1/todos", body, 201), "\"deadline_at\":\"2023-12-04T14:00:00\"");
    }
    assert_says(call(f, "POST", "/api/v1/todos", "{\"title\":\"a\",\"deadline_at\":\"2023-12-04\"}", 201),
        "\"deadline_at\":\"2023-12-04T00:00:00\"");
}

static void test_lists(void **state) {
    struct fixture *f = *state;
    char deadline[TODO_STORE_TIME_MAX], body[160];
    for (int i = 1; i <= 150; i++) { /* the i-th is due in i days, every third is done */
        snprintf(body, sizeof body, "{\"title\":\"t%d\",\"completed\":%s,\"deadline_at\":\"%s\"}", i,
            i % 3 ? "false" : "true", todo_store_time((int64_t)i * 86400, deadline));
        (void)call(f, "POST", "/api/v1/todos", body, 201);
    }
    static const struct {
        const char *query[4][2];
        int todos;
        const char *first;
    } cases[] = {
        {{{NULL}}, 100, "[{\"id\":51,"},
        {{{"limit", "1000"}}, 150, "[{\"id\":1,"},
        {{{"limit", "2"}}, 2, "[{\"id\":149,"},
        {{{"limit", "2"}, {"offset", "10"}}, 2, "[{\"id\":139,"},
        {{{"completed", "true"}}, 50, "[{\"id\":3,"},
        {{{"completed", "false"}, {"limit", "1"}}, 1, "[{\"id\":149,"},
        {{{"window", "7"}}, 7, "[{\"id\":1,"},
        {{{"window", "7"}, {"completed", "true"}}, 2, "[{\"id\":3,"},
        {{{"offset", "1000"}}, 0, "[]"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(f->query, cases[i].query, sizeof f->query);
        const char *r = call(f, "GET", "/api/v1/todos", NULL, 200);
        assert_int_equal(count(r, "\"id\":"), cases[i].todos);
        assert_memory_equal(r, cases[i].first, strlen(cases[i].first));
    }
}

static void test_bad_queries(void **state) {
    static const char *const cases[][2] = {{"limit", "0"}, {"limit", "1001"}, {"limit", "x"},
        {"window", "-1"}, {"window", "soon"}, {"offset", "-1"}, {"completed", "maybe"}, {"completed", ""}};
    struct fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memcpy(f->query[0], cases[i], sizeof f->query[0]);
        assert_says(call(f, "GET", "/api/v1/todos", NULL, 400), cases[i][0]);
    }
}

static void test_every_call_of_the_database_is_metered(void **state) {
    static struct metrics metrics;
    struct fault_set faults = FAULT_SET_NULL;
    struct query_meter meter = {.faults = &faults, .metrics = &metrics};
    struct fixture *f = *state;
    assert_int_equal(fault_parse(&faults, VIEW("db-latency=7"), NULL), 0);
    todo_store_set_meter(f->app.store, &meter);
    (void)call(f, "GET", "/api/v1/health", NULL, 200);
    assert_int_equal(meter.queries, 0);
    (void)call(f, "GET", "/api/v1/todos", NULL, 200);
    (void)call(f, "POST", "/api/v1/todos", "{\"title\":\"a\"}", 201);
    (void)call(f, "PUT", "/api/v1/todos/1", "{\"title\":\"b\"}", 200);
    (void)call(f, "DELETE", "/api/v1/todos/1", NULL, 200);
    assert_int_equal(meter.queries, 4);
    assert_int_equal(meter.owed_ns, 4 * 7 * 1000 * 1000);
    assert_int_equal(metrics_histogram_count(&metrics.query), 4);
}

static void test_faults_of_lists_change_the_cost_only(void **state) {
    struct fault_set faults = FAULT_SET_NULL;
    struct query_meter meter = {.faults = &faults};
    struct fixture *f = *state;
    for (int i = 0; i < 9; i++)
        (void)call(f, "POST", "/api/v1/todos", "{\"title\":\"a\"}", 201);
    char *plain = strdup(call(f, "GET", "/api/v1/todos", NULL, 200));
    todo_store_set_meter(f->app.store, &meter);
    assert_int_equal(fault_parse(&faults, VIEW("n-plus-1"), NULL), 0);
    assert_string_equal(call(f, "GET", "/api/v1/todos", NULL, 200), plain);
    assert_int_equal(meter.queries, 1 + 9);
    assert_int_equal(fault_parse(&faults, VIEW("no-index"), NULL), 0);
    assert_string_equal(call(f, "GET", "/api/v1/todos", NULL, 200), plain);
    faults.value[FAULT_N_PLUS_1] = 0;
    assert_string_equal(call(f, "GET", "/api/v1/todos", NULL, 200), plain);
    free(plain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_todo_lives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_todo, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_bodies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deadlines_are_normalised, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_queries, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_call_of_the_database_is_metered, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_of_lists_change_the_cost_only, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
