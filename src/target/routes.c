/* The table of routes. Rows of one path stand together; the first pattern that fits decides the path, so that
 * a path that exists with other methods is 405 and not 404. The table is short: a linear search costs less
 * than the request line's own parsing. */
#include "target/routes.h"
#include "target/llm.h"
#include "target/shop.h"
#include "target/site.h"
#include "target/todos.h"
#include <stdio.h>

static const struct route routes_table[] = {
    {METHOD_GET, "/", site_index, 0},
    {METHOD_GET, "/static/assets.js", site_assets, 0},
    {METHOD_GET, "/about/", site_about, 0},
    {METHOD_GET, "/about", site_about_redirect, 0},
    {METHOD_GET, "/login", site_login_form, 0},
    {METHOD_POST, "/login", site_login, 0},
    {METHOD_GET, "/demo/*", site_demo, 0},
    {METHOD_GET, "/iframe/*", site_iframe, 0},
    {METHOD_GET, "/api/v1/health", todos_health, ROUTE_SPARED_CPU},
    {METHOD_GET, "/api/v1/todos", todos_list, ROUTE_USES_DB},
    {METHOD_POST, "/api/v1/todos", todos_create, ROUTE_USES_DB},
    {METHOD_GET, "/api/v1/todos/{id}", todos_get, ROUTE_USES_DB},
    {METHOD_PUT, "/api/v1/todos/{id}", todos_update, ROUTE_USES_DB},
    {METHOD_DELETE, "/api/v1/todos/{id}", todos_delete, ROUTE_USES_DB},
    {METHOD_GET, "/shop/", shop_home, ROUTE_USES_DB},
    {METHOD_GET, "/shop", shop_home_redirect, 0},
    {METHOD_GET, "/shop/products", shop_products, ROUTE_USES_DB},
    {METHOD_GET, "/shop/products/{id}", shop_product, ROUTE_USES_DB},
    {METHOD_GET, "/shop/reviews/{id}", shop_reviews, ROUTE_USES_DB},
    {METHOD_GET, "/shop/search", shop_search, ROUTE_USES_DB},
    {METHOD_GET, "/shop/notifications", shop_notifications, ROUTE_USES_DB},
    {METHOD_GET, "/shop/assets/{id}", shop_asset, ROUTE_STATIC},
    {METHOD_GET, "/shop/login", shop_login_form, ROUTE_USES_DB},
    {METHOD_POST, "/shop/login", shop_login, ROUTE_USES_DB},
    {METHOD_POST, "/shop/logout", shop_logout, ROUTE_USES_DB},
    {METHOD_GET, "/shop/cart", shop_cart, ROUTE_USES_DB},
    {METHOD_POST, "/shop/cart/add", shop_cart_add, ROUTE_USES_DB},
    {METHOD_POST, "/shop/cart/remove", shop_cart_remove, ROUTE_USES_DB},
    {METHOD_POST, "/shop/checkout", shop_checkout, ROUTE_USES_DB},
    {METHOD_GET, "/shop/orders/{id}", shop_order, ROUTE_USES_DB},
    {METHOD_POST, "/v1/chat/completions", llm_chat, 0},
    {METHOD_GET, "/v1/models", llm_models, 0},
};

enum { ROUTES_COUNT = sizeof routes_table / sizeof routes_table[0], ROUTES_ALLOW_MAX = 64 };

int routes_count(void) {
    return ROUTES_COUNT;
}

const struct route *routes_row(int row) {
    return &routes_table[row];
}

static bool routes_fits(const char *pattern, struct view path, struct view *param) {
    size_t fixed = strcspn(pattern, "{*");

    *param = VIEW_NULL;
    if (path.len < fixed || memcmp(path.ptr, pattern, fixed) != 0)
        return false;
    if (pattern[fixed] == '\0')
        return path.len == fixed;
    *param = view_drop(path, fixed);
    return pattern[fixed] == '*' || (param->len > 0 && view_find(*param, '/') < 0);
}

static void routes_refuse(struct exchange *x, const char *pattern) {
    char allow[ROUTES_ALLOW_MAX];
    size_t used = 0;

    for (size_t i = 0; i < ROUTES_COUNT; i++)
        if (strcmp(routes_table[i].pattern, pattern) == 0)
            used += (size_t)snprintf(allow + used, sizeof allow - used, "%s%s%s", used ? ", " : "",
                exchange_method_name(routes_table[i].method),
                routes_table[i].method == METHOD_GET ? ", HEAD" : "");
    exchange_set_header(x, "Allow", "%s", allow);
    if (x->method == METHOD_OPTIONS)
        exchange_fixed(x, 204, NULL, VIEW(""));
    else
        exchange_refuse(x, 405, "Method not allowed; this path takes %s", allow);
}

int routes_find(struct exchange *x) {
    enum exchange_method wanted = x->method == METHOD_HEAD ? METHOD_GET : x->method;
    const char *pattern = NULL;

    for (int i = 0; i < ROUTES_COUNT; i++) {
        if (pattern ? strcmp(pattern, routes_table[i].pattern) != 0
                    : !routes_fits(routes_table[i].pattern, x->path, &x->param))
            continue;
        pattern = routes_table[i].pattern;
        if (routes_table[i].method == wanted)
            return i;
    }
    if (pattern)
        routes_refuse(x, pattern);
    else
        exchange_refuse(x, 404, "Not found");
    return ROUTE_NONE;
}
