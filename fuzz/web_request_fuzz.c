/* What strangers send to the page's server: the path, the query, a form, the headers that decide who may ask.
 * links: ht_web */
#include "web/web_form.h"
#include "web/web_guard.h"
#include "web/web_route.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_form(struct view text) {
    json_t *form = json_object();
    const char *key;
    json_t *value;

    if (web_form_parse(text, form) == 0 && json_object_size(form) > WEB_FORM_FIELDS_MAX)
        abort();
    json_object_foreach(form, key,
        value) if (!web_form_text(form, key) || !(json_is_string(value) || json_is_array(value))) abort();
    json_decref(form);
}

static void check_route(struct view path) {
    struct web_place place;
    struct buf methods CLEANUP(buf_deinit) = BUF_MAX(256);

    for (unsigned sets = 1; sets <= (WEB_SET_PAGE | WEB_SET_LOCUST | WEB_SET_K6); sets++) {
        enum web_route_found found = web_route_find(sets, VIEW("GET"), path, &place);
        if (found != WEB_ROUTE_NONE &&
            (!(place.route->set & sets) || strlen(place.name) >= WEB_NAME_MAX || place.run < 0))
            abort();
    }
    (void)!web_route_methods(WEB_SET_PAGE, path, &methods);
}

/* Without the token nothing but what is free passes; nor does another origin's page. */
static void check_guard(struct view text) {
    struct web_guard g = {.loopback = false, .token = VIEW("0123456789abcdef-not-in-any-seed")};
    struct view parts[7] = {0}, whole = text;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parts[i] = view_cut(&text, '\n', NULL);
    struct web_guard_request r = {.method = VIEW("GET"),
        .host = parts[0],
        .origin = parts[1].len ? parts[1] : VIEW_NULL,
        .referer = parts[2].len ? parts[2] : VIEW_NULL,
        .sec_fetch_site = parts[3].len ? parts[3] : VIEW_NULL,
        .authorization = parts[4],
        .cookie = parts[5],
        .token = parts[6]};
    if (view_find_view(whole, g.token) < 0 && web_guard_check(&g, &r) == WEB_GUARD_PASS)
        abort();
    g.loopback = true;
    g.token = VIEW_NULL;
    (void)web_guard_check(&g, &r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct view text = view_of((const char *)data, size);

    check_form(text);
    check_route(text);
    check_guard(text);
    return 0;
}
