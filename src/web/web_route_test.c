#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/web_route.h"

static void test_paths(void **state) {
    static const struct {
        const char *method, *path;
        unsigned sets;
        enum web_route_found found;
        const char *pattern, *name;
        int64_t run;
    } cases[] = {
        {"GET", "/", WEB_SET_PAGE, WEB_ROUTE_FOUND, "/", "", 0},
        {"HEAD", "/ping", WEB_SET_PAGE, WEB_ROUTE_FOUND, "/ping", "", 0},
        {"GET", "/api/v1/runs/12", WEB_SET_PAGE, WEB_ROUTE_FOUND, "/api/v1/runs/{id}", "", 12},
        {"DELETE", "/api/v1/runs/12", WEB_SET_PAGE, WEB_ROUTE_FOUND, "/api/v1/runs/{id}", "", 12},
        {"GET", "/api/v1/runs/current/table", WEB_SET_PAGE, WEB_ROUTE_FOUND, "/api/v1/runs/{id}/table", "",
            0},
        {"GET", "/api/v1/runs/3/download/a.csv", WEB_SET_PAGE, WEB_ROUTE_FOUND,
            "/api/v1/runs/{id}/download/{name}", "a.csv", 3},
        {"GET", "/v1/metrics/a/b", WEB_SET_K6, WEB_ROUTE_FOUND, "/v1/metrics/{name}", "a/b", 0},
        {"GET", "/assets/../x", WEB_SET_PAGE, WEB_ROUTE_FOUND, "/assets/{name}", "../x",
            0}, /* a name among names, no path */
        {"POST", "/api/v1/runs/12", WEB_SET_PAGE, WEB_ROUTE_OTHER_METHOD, "/api/v1/runs/{id}", "", 12},
        {"GET", "/swarm", WEB_SET_PAGE | WEB_SET_LOCUST, WEB_ROUTE_OTHER_METHOD, "/swarm", "", 0},
        {"GET", "/swarm", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/api/v1/runs/0", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/api/v1/runs/-1", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/api/v1/runs/99999999999999999999", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/api/v1/runs/", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/api/v1/runs/1/", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/api/v1/runs//table", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "/assets/", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
        {"GET", "api/v1/state", WEB_SET_PAGE, WEB_ROUTE_NONE, NULL, NULL, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct web_place place;
        enum web_route_found found =
            web_route_find(cases[i].sets, view_of_cstr(cases[i].method), view_of_cstr(cases[i].path), &place);
        assert_int_equal(found, cases[i].found);
        if (found == WEB_ROUTE_NONE)
            continue;
        assert_string_equal(place.route->path, cases[i].pattern);
        assert_string_equal(place.name, cases[i].name);
        assert_int_equal(place.run, cases[i].run);
    }
}

static void test_methods(void **state) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(256);

    (void)state;
    assert_int_equal(web_route_methods(WEB_SET_PAGE, VIEW("/api/v1/runs/1"), &out), 0);
    assert_string_equal(out.ptr, "GET, PATCH, DELETE");
}

/* Each is answered by somebody: here, or by the owner; the stream is a case of its own. */
static void test_every_row_has_an_answer(void **state) {
    (void)state;
    for (const struct web_route *r = web_routes; r->path; r++)
        assert_true(
            (r->answer != NULL) + (r->topic != WEB_TOPIC_NONE) + ((r->flags & WEB_ROUTE_STREAM) != 0) == 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_paths),
        cmocka_unit_test(test_methods),
        cmocka_unit_test(test_every_row_has_an_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
