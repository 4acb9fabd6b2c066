/* Visits to the shop: through the router, on a real database, without a server. */
#include "target/shop.h"
#include "target/routes.h"
#include "target/shop_seed.h"
#include "target/shop_store.h"
#include "target/todo_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char dir[64], path[96], cookie[SHOP_SESSION_LEN + 1], token[SHOP_SESSION_LEN + 1], etag[40];
static struct fault_set faults;
static struct exchange_app app;
static struct exchange x = {.app = &app};
static const char *query[2][2];

static const char *on_lookup(void *ctx, enum exchange_source source, const char *name) {
    (void)ctx;
    if (source == EXCHANGE_COOKIE && strcmp(name, "shop_session") == 0 && cookie[0])
        return cookie;
    if (source == EXCHANGE_HEADER && strcmp(name, "If-None-Match") == 0 && etag[0])
        return etag;
    for (size_t i = 0; source == EXCHANGE_QUERY && i < 2; i++)
        if (query[i][0] && strcmp(name, query[i][0]) == 0)
            return query[i][1];
    return NULL;
}

static int setup(void **state) {
    struct shop_seed seed = {.rows = 1000, .number = 1};
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/halftime-shop-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/t.db", dir);
    assert_int_equal(todo_store_create(path, 0, NULL), 0);
    assert_int_equal(shop_seed_create(path, &seed, NULL), 0);
    rng_init(&app.rng, 1);
    for (size_t i = 0; i < FAULT_IDS; i++)
        faults.value[i] = 0;
    app.meter = (struct query_meter){.faults = &faults};
    assert_int_equal(shop_store_new(&app.shop, path, &app.meter, NULL), 0);
    buf_init(&x.reply, EXCHANGE_REPLY_MAX);
    x.lookup = on_lookup;
    cookie[0] = token[0] = etag[0] = '\0';
    memset(query, 0, sizeof query);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    buf_deinit(&x.reply);
    app.shop = shop_store_free(app.shop);
    unlink(path);
    return rmdir(dir);
}

static const char *header(const char *name) {
    for (size_t i = 0; i < x.header_count; i++)
        if (strcmp(x.headers[i].name, name) == 0)
            return x.headers[i].value;
    return "";
}

/* Keeps the cookie and the last form's token, as a browser does. */
static const char *call(const char *method, const char *url, const char *body, int status) {
    static char text[64 * 1024];
    exchange_clear(&x);
    query_meter_reset(&app.meter);
    x.method = exchange_method_parse(view_of_cstr(method));
    x.path = view_of_cstr(url);
    x.body = view_of_cstr(body);
    int row = routes_find(&x);
    assert_int_not_equal(row, ROUTE_NONE);
    routes_row(row)->handle(&x);
    struct view reply = exchange_reply(&x);
    snprintf(text, sizeof text, "%.*s", VIEW_ARGS(reply));
    if (x.status != status)
        fail_msg("%s %s: %d instead of %d: %s", method, url, x.status, status, text);
    (void)sscanf(header("Set-Cookie"), "shop_session=%32[0-9a-f]", cookie);
    const char *field = strstr(text, "name=\"csrf_token\" value=\"");
    if (field)
        (void)sscanf(field + 25, "%32[0-9a-f]", token);
    return text;
}

static const char *post(const char *url, const char *fields, int status) {
    char body[256];
    snprintf(body, sizeof body, "csrf_token=%s&%s", token, fields);
    return call("POST", url, body, status);
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

static size_t count_of(const char *text, const char *part) {
    size_t n = 0;
    while ((text = strstr(text, part))) {
        text += strlen(part);
        n++;
    }
    return n;
}

static void test_a_visit_from_login_to_order(void **state) {
    char order[64], old[SHOP_SESSION_LEN + 1];
    (void)state;
    assert_says(call("GET", "/shop/", NULL, 200), "Log in</a>");
    assert_says(header("Set-Cookie"), "; Path=/; HttpOnly");
    (void)call("GET", "/shop/products/7", NULL, 200);
    assert_string_equal(header("Set-Cookie"), "");
    (void)post("/shop/cart/add", "product_id=7&quantity=2", 303);
    assert_string_equal(header("Location"), "/shop/cart");
    (void)post("/shop/cart/add", "product_id=8", 303);
    assert_says(call("GET", "/shop/cart", NULL, 200), "Cart (3)");
    (void)post("/shop/checkout", "", 303);
    assert_string_equal(header("Location"), "/shop/login?next=/shop/cart");
    memcpy(old, cookie, sizeof old);
    (void)post("/shop/login", "username=user3%40shop.example&password=halftime&next=/shop/cart", 303);
    assert_string_equal(header("Location"), "/shop/cart");
    assert_string_not_equal(cookie, old);
    assert_says(call("GET", "/shop/cart", NULL, 200), "data-id=\"8\"");
    (void)post("/shop/cart/remove", "product_id=8", 303);
    (void)post("/shop/cart/remove", "product_id=8", 404);
    assert_says(call("GET", "/shop/cart", NULL, 200), "Log out, ");
    (void)post("/shop/checkout", "", 303);
    snprintf(order, sizeof order, "%s", header("Location"));
    assert_says(call("GET", order, NULL, 200), "2 pieces");
    assert_says(call("GET", "/shop/cart", NULL, 200), "The cart is empty");
    (void)post("/shop/checkout", "", 400);
    (void)post("/shop/logout", "", 303);
    (void)call("GET", order, NULL, 404); /* somebody else's now */
}

static void test_a_form_without_its_token(void **state) {
    static const char *const urls[] = {
        "/shop/login", "/shop/logout", "/shop/cart/add", "/shop/cart/remove", "/shop/checkout"};
    (void)state;
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        cookie[0] = '\0';
        assert_says(call("POST", urls[i], "product_id=1", 403), "csrf_token is missing");
        assert_says(call("POST", urls[i], "csrf_token=00000000000000000000000000000000", 403), "not the one");
        (void)call("GET", "/shop/login", NULL, 200);
        cookie[0] = '\0'; /* the token of one session, the cookie of another */
        (void)call("GET", "/shop/", NULL, 200);
        (void)post(urls[i], "product_id=1", 403);
    }
}

static void test_wrong_logins(void **state) {
    static const char *const fields[] = {"username=user1@shop.example&password=x",
        "username=nobody&password=halftime", "password=halftime", "username=user1@shop.example"};
    (void)state;
    (void)call("GET", "/shop/login", NULL, 200);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        assert_says(post("/shop/login", fields[i], 401), "Nobody has this e-mail");
    (void)post("/shop/login", "email=user1@shop.example&password=halftime&next=//evil.example/", 303);
    assert_string_equal(header("Location"), "/shop/");
}

static void test_lists_and_pages(void **state) {
    static const struct {
        const char *url, *key, *value;
        int status;
        size_t cards;
        const char *says;
    } cases[] = {
        {"/shop/products", NULL, NULL, 200, SHOP_PAGE_ROWS, "page 1 of 25"},
        {"/shop/products", "page", "25", 200, SHOP_PAGE_ROWS, "rel=\"prev\""},
        {"/shop/products", "page", "26", 404, 0, "no page 26"},
        {"/shop/products", "page", "0", 400, 0, "page must be"},
        {"/shop/products", "page", "x", 400, 0, "page must be"},
        {"/shop/products", "category", "mugs", 200, SHOP_PAGE_ROWS, "category=mugs&amp;page=2"},
        {"/shop/products", "category", "spoons", 404, 0, "category"},
        {"/shop/search", "q", "zzz", 200, 0, "<span id=\"found\">0</span>"},
        {"/shop/search", "q", "<b>", 200, 0, "&#60;b&#62;"},
        {"/shop/search", "q", " ", 400, 0, "q is missing"},
        {"/shop/search", NULL, NULL, 400, 0, "q is missing"},
        {"/shop/products/600", NULL, NULL, 200, 6, "/shop/reviews/600"},
        {"/shop/products/601", NULL, NULL, 404, 0, "no such product"},
        {"/shop/products/x", NULL, NULL, 404, 0, "no such product"},
        {"/shop/reviews/7", NULL, NULL, 200, 0, "class=\"reviews\""},
        {"/shop/reviews/0", NULL, NULL, 404, 0, "no such product"},
        {"/shop/notifications", NULL, NULL, 200, 0, "\"next_poll_ms\":3000"},
        {"/shop/notifications", "since", "0", 200, 0, "has just bought"},
        {"/shop/notifications", "since", "x", 400, 0, "since"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        query[0][0] = cases[i].key;
        query[0][1] = cases[i].value;
        const char *text = call("GET", cases[i].url, NULL, cases[i].status);
        assert_says(text, cases[i].says);
        assert_int_equal(count_of(text, "class=\"card\""), cases[i].cards);
    }
}

static void test_search_finds_by_the_beginning_of_the_name(void **state) {
    (void)state;
    query[0][0] = "q";
    query[0][1] = "teapot";
    const char *text = call("GET", "/shop/search", NULL, 200);
    assert_int_equal(count_of(text, "<span lang=\"en\">Teapot "), count_of(text, "class=\"card\""));
    assert_true(count_of(text, "class=\"card\"") > 0);
    query[0][1] = "急須";
    assert_says(call("GET", "/shop/search", NULL, 200), "<span lang=\"ja\">急須 ");
}

/* The faults of the database change what a page costs, not what it says. */
static void test_faults_change_the_cost_only(void **state) {
    static const char *const urls[] = {"/shop/products", "/shop/products/9", "/shop/cart", "/shop/"};
    static char plain[64 * 1024];
    (void)state;
    (void)call("GET", "/shop/login", NULL, 200);
    (void)post("/shop/cart/add", "product_id=7&quantity=3", 303);
    (void)post("/shop/cart/add", "product_id=8&quantity=1", 303);
    for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
        faults.value[FAULT_N_PLUS_1] = faults.value[FAULT_NO_INDEX] = 0;
        snprintf(plain, sizeof plain, "%s", call("GET", urls[i], NULL, 200));
        unsigned queries = app.meter.queries;
        size_t rows = count_of(plain, "class=\"card\"") + count_of(plain, "<tr data-id=");
        faults.value[FAULT_N_PLUS_1] = 1;
        assert_string_equal(call("GET", urls[i], NULL, 200), plain);
        assert_int_equal(app.meter.queries, queries + rows);
        faults.value[FAULT_NO_INDEX] = 1;
        assert_string_equal(call("GET", urls[i], NULL, 200), plain);
    }
}

static void test_assets(void **state) {
    static const struct {
        const char *url, *type;
        int status;
    } cases[] = {
        {"/shop/assets/shop.css", "text/css; charset=utf-8", 200},
        {"/shop/assets/gallery.js", "text/javascript; charset=utf-8", 200},
        {"/shop/assets/logo.svg", "image/svg+xml", 200},
        {"/shop/assets/thumb-95.svg", "image/svg+xml", 200},
        {"/shop/assets/photo-99-11.bmp", "image/bmp", 200},
        {"/shop/assets/photo-99.bmp", NULL, 404},
        {"/shop/assets/thumb-007.svg", NULL, 404},
        {"/shop/assets/passwd", NULL, 404},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        (void)call("GET", cases[i].url, NULL, cases[i].status);
        if (cases[i].type)
            assert_string_equal(x.content_type, cases[i].type);
    }
    (void)call("GET", "/shop/assets/logo.svg", NULL, 200);
    snprintf(etag, sizeof etag, "%s", header("ETag"));
    (void)call("GET", "/shop/assets/logo.svg", NULL, 304);
    faults.value[FAULT_STATIC_BY_APP] = 1;
    (void)call("GET", "/shop/assets/logo.svg", NULL, 200);
    assert_string_equal(header("Cache-Control"), "no-store");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_visit_from_login_to_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_form_without_its_token, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_logins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_and_pages, setup, teardown),
        cmocka_unit_test_setup_teardown(test_search_finds_by_the_beginning_of_the_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_faults_change_the_cost_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_assets, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
