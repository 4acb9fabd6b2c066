/* The loop lives on the probe's thread and turns only while an answer is awaited; a keep-alive connection
 * waits in between. */
#include "observe/web_get.h"

#include "core/base64.h"
#include "net/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ARENA_MAX = 256 * 1024, AUTHORIZATION_MAX = 16 * 1024, ANSWER_SHOWN = 120 };

struct web_get {
    struct probe *probe;
    struct arena arena;
    struct url url;
    struct view text, shown, fragment, authorization; /* shown: without what stands behind '?' */
    struct loop *loop;
    struct http_client *client;
    struct http_session *session;
    struct loop_watch stop;
    struct http_fetch *fetch;
    struct buf body;
    bool done, stopped;
    int failed;
    struct error error;
};

struct web_get *web_get_free(struct web_get *g) {
    if (!g)
        return NULL;
    http_fetch_free(g->fetch);
    if (g->session)
        http_session_free(g->session);
    if (g->client)
        http_client_free(g->client);
    if (g->loop) {
        loop_watch_remove(g->loop, &g->stop);
        loop_free(g->loop);
    }
    buf_deinit(&g->body);
    arena_deinit(&g->arena);
    free(g);
    return NULL;
}

static void on_stop(struct loop_watch *w, uint32_t events) {
    struct web_get *g = CONTAINER_OF(w, struct web_get, stop);
    (void)events;
    g->stopped = true;
}

/* Made by the thread that uses it. */
static int open_client(struct web_get *g, struct error *err) {
    struct http_client_options o;
    if (g->session)
        return 0;
    http_client_options_default(&o);
    o.user_agent = VIEW("halftime/" HT_VERSION);
    o.proxy_from_environment = true;
    o.body_bytes_max = PROBE_FILE_MAX;
    int r = loop_new(&g->loop, NULL);
    g->stop.ready = on_stop;
    if (r == 0 && g->probe->stop_fd >= 0)
        r = loop_watch_add(g->loop, &g->stop, g->probe->stop_fd, EPOLLIN);
    if (r < 0)
        return error_set(err, r, "no event loop: %s", error_name(r));
    r = http_client_new(&g->client, g->loop, &o, err);
    r = r < 0 ? r : http_session_new(&g->session, g->client, VIEW(""));
    if (r < 0 && !err->text[0])
        error_set(err, r, "no HTTP client: %s", error_name(r));
    return r;
}

static int make_authorization(struct web_get *g) {
    struct buf value CLEANUP(buf_deinit) = BUF_MAX(AUTHORIZATION_MAX);
    struct view secret = url_percent_decode(g->url.userinfo, &g->arena);
    int r = 0;
    if (!g->url.userinfo.len)
        return 0;
    if (view_find(g->url.userinfo, ':') >= 0) {
        r = buf_append_view(&value, VIEW("Basic "));
        r = r < 0 ? r : base64_encode(&value, secret, BASE64_STD);
    } else {
        r = buf_printf(&value, "Bearer %.*s", VIEW_ARGS(secret));
    }
    g->authorization = r < 0 ? VIEW_NULL : arena_copy(&g->arena, buf_view(&value));
    return g->authorization.ptr ? 0 : -ENOMEM;
}

static int read_address(
    struct web_get *g, const char *name, struct view what, const char *wanted_path, struct error *err) {
    struct error ignored = ERROR_NULL;
    struct view copy = arena_copy(&g->arena, what);
    int r = copy.ptr ? url_parse(copy, &g->arena, &g->url, &ignored) : -ENOMEM;
    bool web = r == 0 && (view_eq(g->url.scheme, VIEW("http")) || view_eq(g->url.scheme, VIEW("https"))) &&
               g->url.host.len;

    if (!web || !g->url.port) /* the parser's own words would show a password */
        return error_set(err, ERROR_INVALID, "an address is wanted, such as http://127.0.0.1:8080%s",
            wanted_path ? wanted_path : "/");
    g->fragment = g->url.fragment;
    g->url.fragment = VIEW_NULL;
    if (wanted_path && (g->url.path_absent || view_eq(g->url.path, VIEW("/")))) {
        g->url.path = view_of_cstr(wanted_path);
        g->url.path_absent = false;
    }
    r = make_authorization(g);
    g->text = url_format(&g->url, URL_NO_USERINFO, &g->arena);
    struct url plain = g->url;
    plain.query = VIEW_NULL;
    g->shown = url_format(&plain, URL_NO_USERINFO, &g->arena);
    struct view host = url_wire_host(&g->url);
    snprintf(g->probe->source, sizeof g->probe->source,
        url_host_is_v6(&g->url) ? "%s [%.*s]:%u" : "%s %.*s:%u", name, VIEW_ARGS(host), g->url.port);
    return r < 0 || !g->text.ptr || !g->shown.ptr ? error_set(err, -ENOMEM, "out of memory") : 0;
}

int web_get_new(struct web_get **out, struct probe *p, const char *name, struct view what,
    const char *wanted_path, struct error *err) {
    struct web_get *g = calloc(1, sizeof *g);
    *out = NULL;
    if (!g)
        return error_set(err, -ENOMEM, "out of memory");
    g->probe = p;
    g->stop = LOOP_WATCH_NULL;
    arena_init(&g->arena, ARENA_MAX);
    buf_init(&g->body, PROBE_FILE_MAX);
    int r = read_address(g, name, what, wanted_path, err);
    if (r < 0)
        web_get_free(g);
    else
        *out = g;
    return r;
}

struct view web_get_fragment(const struct web_get *g) {
    return g->fragment;
}

/* ---- one answer ---- */

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct web_get *g = ctx;
    struct view said = view_trim(view_take(h->body, ANSWER_SHOWN));
    g->fetch = NULL;
    g->done = true;
    if (h->fault != NET_FAULT_NONE || !h->status)
        g->failed = error_set(&g->error, ERROR_CLOSED, "%.*s: %.*s", VIEW_ARGS(g->shown),
            VIEW_ARGS(h->fault_detail.len ? h->fault_detail : VIEW("the request failed")));
    else if (h->status != 200)
        g->failed = error_set(&g->error, ERROR_CLOSED, "%.*s answered %d%s%.*s", VIEW_ARGS(g->shown),
            h->status, said.len ? ": " : "", VIEW_ARGS(said));
    else
        g->failed = buf_append_view(&g->body, h->body);
    http_fetch_free(f);
}

static int turn_until_done(struct web_get *g, struct error *err) {
    int r = 0;
    while (r == 0 && !g->done && !g->stopped)
        r = loop_turn(g->loop, -1);
    if (!g->done)
        g->fetch = http_fetch_free(g->fetch);
    if (g->stopped)
        return error_set(err, -ECANCELED, "stopped");
    if (r < 0)
        return error_set(err, r, "%s", error_name(r));
    if (g->failed < 0) {
        *err = g->error;
        if (!err->text[0])
            error_set(err, g->failed, "%.*s: %s", VIEW_ARGS(g->shown), error_name(g->failed));
    }
    return g->failed;
}

int web_get(struct web_get *g, const char *path, struct view *body, struct error *err) {
    static const struct http_fetch_callbacks callbacks = {.done = on_done};
    const struct http_header authorization = {VIEW("Authorization"), g->authorization};
    struct http_request request = {.method = VIEW("GET"),
        .url = g->text,
        .headers = &authorization,
        .header_count = g->authorization.len ? 1 : 0,
        .timeout_us = PROBE_READ_US,
        .redirects_max = -1};
    int r = open_client(g, err);
    if (r < 0)
        return r;
    g->done = false;
    g->failed = 0;
    g->error = ERROR_NULL;
    buf_clear(&g->body);
    r = http_fetch_new(&g->fetch, g->session);
    if (r == 0 && path) {
        struct url other = g->url;
        other.path = view_of_cstr(path);
        other.query = VIEW_NULL;
        request.url = url_format(&other, URL_NO_USERINFO, http_fetch_arena(g->fetch));
    }
    r = r < 0 ? r : http_fetch_start(g->fetch, &request, &callbacks, g);
    if (r < 0) {
        g->fetch = http_fetch_free(g->fetch);
        return error_set(err, r, "%.*s: %s", VIEW_ARGS(g->shown), error_name(r));
    }
    r = turn_until_done(g, err);
    *body = buf_view(&g->body);
    return r;
}
