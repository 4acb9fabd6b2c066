/* The page's files, and logging in. */
#include "web/web_assets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "web/web_form.h"
#include "web/web_priv.h"

#define LOGIN_POLICY                                                                                         \
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors "   \
    "'none'"
#define LOGIN_STYLE                                                                                          \
    "<style>:root{color-scheme:light dark}body{font:16px/1.5 "                                               \
    "system-ui,sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}"                                  \
    "input,button{font:inherit;padding:.5rem "                                                               \
    ".75rem;box-sizing:border-box;width:100%%;margin-top:.75rem}</style>"

const struct web_asset *web_asset_find(const struct web_asset *table, struct view path) {
    for (const struct web_asset *a = table; a->path; a++)
        if (view_eq(view_of_cstr(a->path), path))
            return a;
    return NULL;
}

/* For the rare client that does not take gzip. */
static int inflate_asset(const struct web_asset *a, struct buf *out) {
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)a->bytes, .avail_in = (unsigned)a->len};
    int r = buf_reserve(out, a->plain_len);

    if (r < 0 || inflateInit2(&z, 16 + MAX_WBITS) != Z_OK)
        return -ENOMEM;
    z.next_out = (unsigned char *)out->ptr + out->len;
    z.avail_out = (unsigned)a->plain_len;
    r = inflate(&z, Z_FINISH) == Z_STREAM_END ? 0 : ERROR_SYNTAX;
    out->len += a->plain_len - z.avail_out;
    inflateEnd(&z);
    return r;
}

static int send_asset(struct web_request *q, const struct web_asset *a) {
    q->reply.type = a->type;
    q->reply.keep = strncmp(a->path, "/assets/", 8) == 0;
    if (!q->gzip)
        return inflate_asset(a, &q->reply.body);
    q->reply.fixed = view_of((const char *)a->bytes, a->len);
    q->reply.encoding = "gzip";
    return 0;
}

static void set_cookie(struct web_request *q) {
    snprintf(q->reply.cookie, sizeof q->reply.cookie,
        WEB_GUARD_COOKIE "=%s; Path=%s/; HttpOnly; SameSite=Strict; Max-Age=604800%s", q->web->token,
        q->web->base_path, q->web->tls ? "; Secure" : "");
    q->reply.status = 303;
    snprintf(q->reply.location, sizeof q->reply.location, "%s/", q->web->base_path);
}

int web_page_index(struct web_request *q) {
    static const struct view plain =
        VIEW("<!doctype html><meta charset=utf-8><title>halftime</title><h1>halftime</h1><p>This build has "
             "no page in it: Node was not there when it was "
             "built. Run <code>tools/setup</code>, then <code>cmake --build</code> again. Everything else "
             "works: see docs/API.md, or "
             "<a href=\"api/v1/state\">the state</a> and <a href=\"api/v1/runs\">the runs</a> as JSON.</p>");
    const struct web_asset *a = web_asset_find(web_assets, VIEW("/index.html"));

    /* The token leaves the address line, where it would be seen and kept. */
    if (q->web->token[0] && web_query_text(q, "token").len) {
        set_cookie(q);
        return 0;
    }
    if (a)
        return send_asset(q, a);
    q->reply.type = "text/html; charset=utf-8";
    q->reply.fixed = plain;
    return 0;
}

int web_page_asset(struct web_request *q) {
    char path[WEB_NAME_MAX + 16];

    if (q->place.name[0])
        snprintf(path, sizeof path, "/assets/%s", q->place.name);
    else
        snprintf(path, sizeof path, "%s", q->place.route->path);
    const struct web_asset *a = web_asset_find(web_assets, view_of_cstr(path));
    return a ? send_asset(q, a) : web_reply_error(&q->reply, "not_found", "There is no such file.");
}

int web_page_login(struct web_request *q) {
    if (!q->web->token[0]) {
        q->reply.status = 302;
        snprintf(q->reply.location, sizeof q->reply.location, "%s/", q->web->base_path);
        return 0;
    }
    q->reply.type = "text/html; charset=utf-8";
    q->reply.policy = LOGIN_POLICY;
    return buf_printf(&q->reply.body,
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport "
        "content=\"width=device-width\"><title>halftime: log in</title>" LOGIN_STYLE
        "<h1>halftime</h1>%s<form method=post action=\"%s/login\"><label>Token <input type=password "
        "name=token autocomplete=current-password autofocus "
        "required></label><button>Log in</button></form><p>The program printed an address with the token "
        "when it started.</p>",
        q->reply.status == 401 ? "<p role=alert><strong>That is not the token.</strong></p>" : "",
        q->web->base_path);
}

int web_page_log_in(struct web_request *q) {
    const char *token = web_form_text(q->body, "token");

    if (q->web->token[0] && token && web_guard_token_ok(view_of_cstr(q->web->token), view_of_cstr(token))) {
        set_cookie(q);
        return 0;
    }
    q->reply.status = q->web->token[0] ? 401 : 200;
    return web_page_login(q);
}

int web_page_ping(struct web_request *q) {
    q->reply.type = "text/plain; charset=utf-8";
    q->reply.fixed = VIEW("ok");
    return 0;
}

int web_state_get(struct web_request *q) {
    return q->web->state.len ? buf_append_view(&q->reply.body, buf_view(&q->web->state))
                             : buf_append_view(&q->reply.body, VIEW("{}"));
}
