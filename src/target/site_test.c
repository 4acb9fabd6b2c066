#include "target/site.h"
#include "target/routes.h"

#include <stdio.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *header_name, *header_value;

static const char *on_lookup(void *ctx, enum exchange_source source, const char *name) {
    (void)ctx;
    (void)source;
    return header_name && strcmp(header_name, name) == 0 ? header_value : NULL;
}

static struct exchange_app app;
static struct exchange x = {.lookup = on_lookup, .app = &app};

static const char *call(const char *method, const char *path, const char *body, int status) {
    static char text[64 * 1024];
    exchange_clear(&x);
    x.method = exchange_method_parse(view_of_cstr(method));
    x.path = view_of_cstr(path);
    x.body = view_of_cstr(body);
    int row = routes_find(&x);
    assert_int_not_equal(row, ROUTE_NONE);
    routes_row(row)->handle(&x);
    struct view reply = exchange_reply(&x);
    snprintf(text, sizeof text, "%.*s", VIEW_ARGS(reply));
    if (x.status != status)
        fail_msg("%s %s: %d instead of %d: %s", method, path, x.status, status, text);
    return text;
}

static void with(const char *name, const char *value) {
    header_name = name;
    header_value = value;
}

static int setup(void **state) {
    (void)state;
    rng_init(&app.rng, 1);
    buf_init(&x.reply, EXCHANGE_REPLY_MAX);
    with(NULL, NULL);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    buf_deinit(&x.reply);
    return 0;
}

static void test_login_forms(void **state) {
    static const struct {
        const char *type, *body;
        int status;
        const char *says;
    } cases[] = {
        {NULL, "username=test_user&password=", 200, "\"user\":\"test_user\""},
        {NULL, "email=fan3%40example.com&password=secret&rememberMe=1", 200, "\"user\":\"fan3@example.com\""},
        {"application/x-www-form-urlencoded", "a=b&username=Ann+Lee", 200, "\"user\":\"Ann Lee\""},
        {"application/json", "{\"username\":\"x\"}", 200, "{\"success\":true,\"userId\":"},
        {"application/json; charset=utf-8", "{\"email\":\"a@b\"}", 200, "a@b"},
        {"application/json", "{\"username\":", 400, "{\"success\":false,\"error\":\"Bad JSON\"}"},
        {"application/json", "{\"username\":3}", 400, "missing"},
        {NULL, "password=x", 400, "missing"},
        {NULL, "", 400, "missing"},
        {NULL, NULL, 400, "missing"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        with("Content-Type", cases[i].type);
        const char *r = call("POST", "/login", cases[i].body, cases[i].status);
        if (!strstr(r, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", r, cases[i].says);
        assert_int_equal(x.header_count, cases[i].status == 200 ? 2 : 0);
    }
}

static void test_login_cookies(void **state) {
    char first[EXCHANGE_HEADER_VALUE_MAX], user_id[EXCHANGE_HEADER_VALUE_MAX];
    (void)state;
    (void)call("POST", "/login", "username=a", 200);
    assert_string_equal(x.headers[0].name, "Set-Cookie");
    assert_memory_equal(x.headers[0].value, "session=", 8);
    assert_non_null(strstr(x.headers[0].value, "; HttpOnly; Path=/"));
    assert_memory_equal(x.headers[1].value, "userId=", 7);
    memcpy(first, x.headers[0].value, sizeof first);
    memcpy(user_id, x.headers[1].value, sizeof user_id);
    (void)call("POST", "/login", "username=a", 200);
    assert_string_not_equal(x.headers[0].value, first); /* a new session */
    assert_string_equal(x.headers[1].value, user_id);   /* of the same user */
}

static void test_login_page_for_browsers(void **state) {
    (void)state;
    with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    assert_non_null(strstr(call("POST", "/login", "username=a", 200), "<h1>Logged in</h1>"));
    assert_int_equal(x.header_count, 2);
    assert_non_null(strstr(call("GET", "/login", NULL, 200), "name=\"username\""));
}

static void test_assets_are_cacheable(void **state) {
    char etag[EXCHANGE_HEADER_VALUE_MAX];
    (void)state;
    assert_true(strlen(call("GET", "/static/assets.js", NULL, 200)) > 4096);
    assert_string_equal(x.headers[0].name, "ETag");
    memcpy(etag, x.headers[0].value, sizeof etag);
    with("If-None-Match", etag);
    assert_string_equal(call("GET", "/static/assets.js", NULL, 304), "");
    with("If-None-Match", "\"other\"");
    (void)call("GET", "/static/assets.js", NULL, 200);
}

static void test_pages(void **state) {
    (void)state;
    assert_non_null(strstr(call("GET", "/", NULL, 200), "/static/assets.js"));
    assert_non_null(strstr(call("GET", "/about/", NULL, 200), "<h1>About</h1>"));
    (void)call("GET", "/about", NULL, 308);
    assert_string_equal(x.headers[0].value, "/about/");
    assert_non_null(strstr(call("GET", "/demo/fanclub", NULL, 200), "stranger"));
    with("session", "abc");
    assert_non_null(strstr(call("GET", "/demo/events", NULL, 200), "Welcome back"));
    assert_non_null(strstr(call("GET", "/iframe/<b>&", NULL, 200), "&#60;b&#62;&#38;"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_login_forms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_login_cookies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_login_page_for_browsers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_assets_are_cacheable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pages, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
