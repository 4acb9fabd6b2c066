#include "net/redirect.h"

/* 301, 302, 303 */
static struct redirect moved(enum http_redirects rules, int status, struct view method) {
    bool head = view_eq(method, VIEW("HEAD")), safe = head || view_eq(method, VIEW("GET"));

    switch (rules) {
    case HTTP_REDIRECTS_GO: return (struct redirect){.follow = true, .method = safe ? method : VIEW("GET")};
    case HTTP_REDIRECTS_REQUESTS: /* only a POST that moved for good becomes a GET; but no body follows */
        if (status == 301)
            return (struct redirect){
                .follow = true, .method = view_eq(method, VIEW("POST")) ? VIEW("GET") : method};
        return (struct redirect){.follow = true, .method = head ? method : VIEW("GET")};
    case HTTP_REDIRECTS_GEVENTHTTP: return (struct redirect){.follow = true, .method = head ? method : VIEW("GET")};
    }
    return (struct redirect){.method = method};
}

struct redirect redirect_of(enum http_redirects rules, int status, struct view method) {
    switch (status) {
    case 301:
    case 302:
    case 303: return moved(rules, status, method);
    case 307:
    case 308: return (struct redirect){.follow = true, .keep_body = true, .method = method};
    default: return (struct redirect){.method = method};
    }
}

bool redirect_keeps_secrets(const struct url *first, const struct url *to) {
    if (view_eq(first->host, to->host))
        return true;
    size_t n = first->host.len;
    return !url_host_is_v6(to) && to->host.len > n && view_ends_with(to->host, first->host) &&
           to->host.ptr[to->host.len - n - 1] == '.';
}

struct view redirect_referer(const struct url *from, const struct url *to, struct arena *arena) {
    if (url_is_tls(from) && !url_is_tls(to))
        return VIEW_NULL;
    return url_format(from, URL_NO_USERINFO, arena);
}

static bool is_one_of(struct view name, const struct view *names, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (view_eq_nocase(name, names[i]))
            return true;
    return false;
}

#define VIEW_CONST(literal)                                                                                  \
    { literal, sizeof(literal) - 1 }

bool redirect_is_secret_header(struct view name) {
    static const struct view names[] = {VIEW_CONST("Authorization"), VIEW_CONST("Www-Authenticate"),
        VIEW_CONST("Cookie"), VIEW_CONST("Cookie2"), VIEW_CONST("Proxy-Authorization"),
        VIEW_CONST("Proxy-Authenticate")};
    return is_one_of(name, names, sizeof names / sizeof *names);
}

bool redirect_is_body_header(struct view name) {
    static const struct view names[] = {VIEW_CONST("Content-Encoding"), VIEW_CONST("Content-Language"),
        VIEW_CONST("Content-Location"), VIEW_CONST("Content-Type")};
    return is_one_of(name, names, sizeof names / sizeof *names);
}
