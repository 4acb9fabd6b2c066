#include "target/routes.h"
#include "target/served.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_find(void **state) {
    static const struct {
        const char *method, *path, *pattern; /* pattern NULL = answered with status */
        int status;
        const char *param, *allow;
    } cases[] = {
        {"GET", "/", "/", 0, NULL, NULL},
        {"HEAD", "/", "/", 0, NULL, NULL},
        {"GET", "/about/", "/about/", 0, NULL, NULL},
        {"GET", "/static/assets.js", "/static/assets.js", 0, NULL, NULL},
        {"POST", "/login", "/login", 0, NULL, NULL},
        {"GET", "/demo/fanclub", "/demo/*", 0, "fanclub", NULL},
        {"GET", "/iframe/demo/store", "/iframe/*", 0, "demo/store", NULL},
        {"GET", "/api/v1/health", "/api/v1/health", 0, NULL, NULL},
        {"POST", "/api/v1/todos", "/api/v1/todos", 0, NULL, NULL},
        {"DELETE", "/api/v1/todos/undefined", "/api/v1/todos/{id}", 0, "undefined", NULL},
        {"PUT", "/api/v1/todos/7", "/api/v1/todos/{id}", 0, "7", NULL},
        {"GET", "/api/v1/todos/", NULL, 404, NULL, NULL},
        {"GET", "/api/v1/todos/1/2", NULL, 404, NULL, NULL},
        {"GET", "/nix", NULL, 404, NULL, NULL},
        {"GET", "", NULL, 404, NULL, NULL},
        {"DELETE", "/api/v1/todos", NULL, 405, NULL, "GET, HEAD, POST"},
        {"PATCH", "/api/v1/todos/7", NULL, 405, NULL, "GET, HEAD, PUT, DELETE"},
        {"POST", "/", NULL, 405, NULL, "GET, HEAD"},
        {"OPTIONS", "/login", NULL, 204, NULL, "GET, HEAD, POST"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct exchange x = {
            .method = exchange_method_parse(view_of_cstr(cases[i].method)),
            .path = view_of_cstr(cases[i].path),
            .reply = BUF_MAX(EXCHANGE_REPLY_MAX),
        };
        int row = routes_find(&x);
        assert_int_equal(x.status, cases[i].status);
        if (cases[i].pattern)
            assert_string_equal(routes_row(row)->pattern, cases[i].pattern);
        else
            assert_int_equal(row, ROUTE_NONE);
        if (cases[i].param)
            assert_true(view_eq(x.param, view_of_cstr(cases[i].param)));
        if (cases[i].allow) {
            assert_int_equal(x.header_count, 1);
            assert_string_equal(x.headers[0].name, "Allow");
            assert_string_equal(x.headers[0].value, cases[i].allow);
        }
        buf_deinit(&x.reply);
    }
}

static void test_every_row_can_be_counted(void **state) {
    (void)state;
    assert_true(routes_count() < SERVED_ROUTES_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_every_row_can_be_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
