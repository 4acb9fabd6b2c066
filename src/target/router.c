/* The table of routes. Rows of one path stand together; the first pattern that fits decides the path, so that
 * a path that exists with other methods is 405 and not 404. The table is short: a linear search costs less
 * than the request line's own parsing. */
#include "target/router.h"
#include "target/site.h"
#include "target/todos.h"
#include <stdio.h>

static const struct route routes[] = {
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
};

enum { ROUTER_COUNT = sizeof routes / sizeof routes[0], ROUTER_ALLOW_MAX = 64 };

int router_count(void) {
    return ROUTER_COUNT;
}

const struct route *router_row(int row) {
    return &routes[row];
}

static bool router_fits(const char *pattern, struct view path, struct view *param) {
    size_t fixed = strcspn(pattern, "{*");

    *param = VIEW_NULL;
    if (path.len < fixed || memcmp(path.ptr, pattern, fixed) != 0)
        return false;
    if (pattern[fixed] == '\0')
        return path.len == fixed;
    *param = view_drop(path, fixed);
    return pattern[fixed] == '*' || (param->len > 0 && view_find(*param, '/') < 0);
}

static void router_refuse(struct exchange *x, const char *pattern) {
    char allow[ROUTER_ALLOW_MAX];
    size_t used = 0;

    for (size_t i = 0; i < ROUTER_COUNT; i++)
        if (strcmp(routes[i].pattern, pattern) == 0)
            used += (size_t)snprintf(allow + used, sizeof allow - used, "%s%s%s", used ? ", " : "",
                exchange_method_name(routes[i].method), routes[i].method == METHOD_GET ? ", HEAD" : "");
    exchange_set_header(x, "Allow", "%s", allow);
    if (x->method == METHOD_OPTIONS)
        exchange_fixed(x, 204, NULL, VIEW(""));
    else
        exchange_fail(x, 405, "Method not allowed; this path takes %s", allow);
}

int router_find(struct exchange *x) {
    enum exchange_method wanted = x->method == METHOD_HEAD ? METHOD_GET : x->method;
    const char *pattern = NULL;

    for (int i = 0; i < ROUTER_COUNT; i++) {
        if (pattern ? strcmp(pattern, routes[i].pattern) != 0
                    : !router_fits(routes[i].pattern, x->path, &x->param))
            continue;
        pattern = routes[i].pattern;
        if (routes[i].method == wanted)
            return i;
    }
    if (pattern)
        router_refuse(x, pattern);
    else
        exchange_fail(x, 404, "Not found");
    return ROUTE_NONE;
}
