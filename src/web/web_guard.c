#include "web/web_guard.h"

#include <arpa/inet.h>

enum { GUARD_NAME_MAX = 256 };

int web_guard_status(enum web_guard_verdict v) {
    static const int statuses[] = {
#define ROW(id, status, code, message) [WEB_GUARD_##id] = status,
        WEB_GUARD_VERDICTS(ROW)
#undef ROW
    };
    return statuses[v];
}

const char *web_guard_code(enum web_guard_verdict v) {
    static const char *const codes[] = {
#define ROW(id, status, code, message) [WEB_GUARD_##id] = code,
        WEB_GUARD_VERDICTS(ROW)
#undef ROW
    };
    return codes[v];
}

const char *web_guard_message(enum web_guard_verdict v) {
    static const char *const messages[] = {
#define ROW(id, status, code, message) [WEB_GUARD_##id] = message,
        WEB_GUARD_VERDICTS(ROW)
#undef ROW
    };
    return messages[v];
}

bool web_guard_token_ok(struct view wanted, struct view given) {
    unsigned char differs = wanted.len != given.len;

    for (size_t i = 0; i < given.len && wanted.len; i++)
        differs |= (unsigned char)(given.ptr[i] ^ wanted.ptr[i % wanted.len]);
    return wanted.len && !differs;
}

/* "localhost:8089" → "localhost", "[::1]:80" → "::1". */
static struct view name_of(struct view host) {
    ptrdiff_t end = host.len && host.ptr[0] == '[' ? view_find(host, ']') : view_find(host, ':');

    if (host.len && host.ptr[0] == '[')
        return end > 0 ? view_of(host.ptr + 1, (size_t)end - 1) : VIEW_NULL;
    return end >= 0 ? view_take(host, (size_t)end) : host;
}

static bool loopback_name(struct view host) {
    struct view name = name_of(host);
    char text[GUARD_NAME_MAX];
    struct in_addr v4;
    struct in6_addr v6;

    if (!name.len || name.len >= sizeof text)
        return false;
    if (view_eq_nocase(name, VIEW("localhost")))
        return true;
    if (name.len > 10 && view_eq_nocase(view_drop(name, name.len - 10), VIEW(".localhost")))
        return true;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    if (inet_pton(AF_INET, text, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == 127;
    return inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/* "http://host:1/path" is of our own host:1. */
static bool same_origin(const struct web_guard *g, struct view url, struct view host) {
    ptrdiff_t at = view_find_view(url, VIEW("://"));

    if (at < 0 || (g->tls && !view_eq_nocase(view_take(url, (size_t)at), VIEW("https"))))
        return false; /* "null", too: a page without origin */
    struct view rest = view_drop(url, (size_t)at + 3);
    return view_eq_nocase(view_cut(&rest, '/', NULL), host);
}

static bool foreign(const struct web_guard *g, const struct web_guard_request *r) {
    if (r->origin.ptr && !same_origin(g, r->origin, r->host))
        return true;
    if (r->sec_fetch_site.ptr)
        return !view_eq(r->sec_fetch_site, VIEW("same-origin")) && !view_eq(r->sec_fetch_site, VIEW("none"));
    return !r->origin.ptr && r->referer.ptr && !same_origin(g, r->referer, r->host);
}

static struct view cookie_token(struct view cookies) {
    struct view wanted = VIEW(WEB_GUARD_COOKIE "=");

    while (cookies.len) {
        struct view one = view_trim(view_cut(&cookies, ';', NULL));
        if (view_starts_with(one, wanted))
            return view_drop(one, wanted.len);
    }
    return VIEW_NULL;
}

static bool has_token(const struct web_guard *g, const struct web_guard_request *r) {
    static const char scheme[] = "Bearer ";
    struct view prefix = view_take(r->authorization, sizeof scheme - 1);

    if (view_eq_nocase(prefix, VIEW("Bearer ")) &&
        web_guard_token_ok(g->token, view_trim(view_drop(r->authorization, prefix.len))))
        return true;
    return web_guard_token_ok(g->token, cookie_token(r->cookie)) || web_guard_token_ok(g->token, r->token);
}

enum web_guard_verdict web_guard_check(const struct web_guard *g, const struct web_guard_request *r) {
    bool reads = view_eq(r->method, VIEW("GET")) || view_eq(r->method, VIEW("HEAD"));

    if (g->loopback && !loopback_name(r->host))
        return WEB_GUARD_WRONG_HOST;
    if (!(r->open && reads) && foreign(g, r))
        return WEB_GUARD_FOREIGN;
    if (g->token.len && !r->free && !has_token(g, r))
        return WEB_GUARD_NO_TOKEN;
    if (r->strict && !reads && !r->header)
        return WEB_GUARD_NO_HEADER;
    return WEB_GUARD_PASS;
}
