/* Sessions are not kept: a cookie is as good as its shape, because nothing is to be protected here and a
 * session table shared by all processes would be a bottleneck that no fault asked for. */
#include "target/site.h"
#include "core/json_writer.h"
#include "target/exchange.h"
#include "target/form.h"
#include "target/html.h"
#include <inttypes.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>

enum {
    SITE_USER_MAX = 200,
    SITE_USER_IDS = 1000 * 1000,
    SITE_ASSET_LINES = 160,
    SITE_ASSET_MAX = 16 * 1024,
    SITE_ASSET_AGE_S = 3600,
};

#define SITE_PAGE(title, body)                                                                               \
    "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>" title "</title>\n"          \
    "<script src=\"/static/assets.js\" defer></script></head>\n<body>\n<h1>" title "</h1>\n" body            \
    "\n</body>\n</html>\n"

static const char site_html[] = "text/html; charset=utf-8";

void site_index(struct exchange *x) {
    exchange_fixed(x, 200, site_html,
        VIEW(SITE_PAGE("Half-time", "<p>The kettles of the nation, on one page.</p>\n<ul>"
                                    "<li><a href=\"/about/\">About</a></li>"
                                    "<li><a href=\"/login\">Log in</a></li>"
                                    "<li><a href=\"/demo/fanclub\">Fan club</a></li>"
                                    "<li><a href=\"/api/v1/todos\">Todos</a></li></ul>")));
}

void site_about(struct exchange *x) {
    exchange_fixed(x, 200, site_html,
        VIEW(SITE_PAGE("About", "<p>A backend to practise load testing on. It can be made too small.</p>")));
}

void site_about_redirect(struct exchange *x) {
    exchange_set_header(x, "Location", "/about/");
    exchange_fixed(x, 308, site_html, VIEW(""));
}

/* --- /static/assets.js --- */

static struct {
    pthread_once_t once;
    char text[SITE_ASSET_MAX];
    size_t len;
    char etag[32];
} site_asset = {.once = PTHREAD_ONCE_INIT};

static void site_asset_make(void) {
    size_t used =
        (size_t)snprintf(site_asset.text, sizeof site_asset.text, "\"use strict\";\nconst kettles = [];\n");
    for (int i = 0; i < SITE_ASSET_LINES; i++)
        used += (size_t)snprintf(site_asset.text + used, sizeof site_asset.text - used,
            "kettles.push({ number: %d, litres: %d.%d, on: false });\n", i, 1 + i % 2, i % 10);
    site_asset.len = used;
    snprintf(site_asset.etag, sizeof site_asset.etag, "\"%016" PRIx64 "\"",
        view_hash(view_of(site_asset.text, site_asset.len), 0));
}

void site_assets(struct exchange *x) {
    pthread_once(&site_asset.once, site_asset_make);
    exchange_set_header(x, "ETag", "%s", site_asset.etag);
    exchange_set_header(x, "Cache-Control", "public, max-age=%d", SITE_ASSET_AGE_S);
    if (view_eq(exchange_lookup(x, EXCHANGE_HEADER, "If-None-Match"), view_of_cstr(site_asset.etag)))
        exchange_fixed(x, 304, NULL, VIEW(""));
    else
        exchange_fixed(x, 200, "text/javascript; charset=utf-8", view_of(site_asset.text, site_asset.len));
}

/* --- logging in --- */

void site_login_form(struct exchange *x) {
    exchange_fixed(x, 200, site_html,
        VIEW(SITE_PAGE("Log in", "<form method=\"post\" action=\"/login\">\n"
                                 "<label>Name <input name=\"username\" autocomplete=\"username\"></label>\n"
                                 "<label>Password <input name=\"password\" type=\"password\"></label>\n"
                                 "<button>Log in</button>\n</form>")));
}

/* False when the body is no JSON object. */
static bool site_user_from_json(struct view body, char *out, size_t out_size) {
    json_t *doc = json_loadb(body.ptr ? body.ptr : "", body.len, 0, NULL);
    bool ok = json_is_object(doc);
    const json_t *user = json_object_get(doc, "username");
    if (!user)
        user = json_object_get(doc, "email");
    snprintf(out, out_size, "%s", json_is_string(user) ? json_string_value(user) : "");
    json_decref(doc);
    return ok;
}

static void site_login_reply(struct exchange *x, const char *user, uint64_t user_id) {
    int rc;
    x->status = 200;
    if (view_find_view(exchange_lookup(x, EXCHANGE_HEADER, "Accept"), VIEW("text/html")) >= 0) {
        exchange_fixed(x, 200, site_html,
            VIEW(SITE_PAGE("Logged in", "<p>Go on to the <a href=\"/demo/fanclub\">fan club</a>.</p>")));
        return;
    }
    x->content_type = "application/json";
    rc = buf_printf(&x->reply, "{\"success\":true,\"userId\":%" PRIu64 ",\"user\":", user_id);
    if (rc == 0)
        rc = json_append_string(&x->reply, view_of_cstr(user), false);
    if (rc == 0)
        rc = buf_append_byte(&x->reply, '}');
    (void)exchange_guard(x, rc);
}

void site_login(struct exchange *x) {
    char user[SITE_USER_MAX] = "";
    struct view type = exchange_lookup(x, EXCHANGE_HEADER, "Content-Type");

    if (view_eq_nocase(view_take(type, strlen("application/json")), VIEW("application/json"))) {
        if (!site_user_from_json(x->body, user, sizeof user)) {
            exchange_fixed(x, 400, "application/json", VIEW("{\"success\":false,\"error\":\"Bad JSON\"}"));
            return;
        }
    } else {
        if (form_find(x->body, "username", user, sizeof user) == 0)
            (void)form_find(x->body, "email", user, sizeof user);
    }
    if (user[0] == '\0') {
        exchange_fixed(x, 400, "application/json",
            VIEW("{\"success\":false,\"error\":\"username or email is missing\"}"));
        return;
    }
    uint64_t user_id = 1 + view_hash(view_of_cstr(user), 0) % SITE_USER_IDS;
    exchange_set_header(x, "Set-Cookie", "session=%016" PRIx64 "%016" PRIx64 "; HttpOnly; Path=/",
        rng_u64(&x->app->rng), rng_u64(&x->app->rng));
    exchange_set_header(x, "Set-Cookie", "userId=%" PRIu64 "; Path=/", user_id);
    site_login_reply(x, user, user_id);
}

/* --- pages below a prefix --- */

static void site_page(struct exchange *x, const char *kind, const char *greeting) {
    struct html h = html_of(&x->reply);
    x->status = 200;
    x->content_type = site_html;
    html_add(&h,
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\"><title>%s</title>"
        "</head>\n<body>\n<h1>%s: ",
        kind, kind);
    html_add_text(&h, x->param);
    html_add(&h, "</h1>\n<p>%s</p>\n</body>\n</html>\n", greeting);
    (void)exchange_guard(x, h.error);
}

void site_demo(struct exchange *x) {
    bool known = exchange_lookup(x, EXCHANGE_COOKIE, "session").len > 0;
    site_page(x, "Demo",
        known ? "Welcome back, you are logged in." : "Hello, stranger. <a href=\"/login\">Log in</a>");
}

void site_iframe(struct exchange *x) {
    site_page(x, "Frame", "A page within a page.");
}
