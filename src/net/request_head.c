/* Order as Go's: Host, User-Agent, Content-Length, then the caller's fields as given, then what is ours (Referer, Authorization,
 * Cookie). The Cookie field joins one given by hand (first hop only: k6 drops it on redirects, when it sets the jar's
 * anew), the request's cookies, and the jar's. */
#include "net/request_head.h"

#include "net/redirect.h"

#include <errno.h>

enum {
    REQUEST_OWN_FIELDS = 9, /* at most as many as request_head_build adds by itself */
    COOKIE_FIELD_BYTES_MAX = 1024 * 1024,
};

/* --- checks --- */

static const bool token_bytes[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1, ['+'] = 1, ['-'] = 1, ['.'] = 1,
    ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

static bool is_token(struct view v) {
    for (size_t i = 0; i < v.len; i++)
        if (!token_bytes[(unsigned char)v.ptr[i]])
            return false;
    return v.len > 0;
}

static bool is_field_value(struct view v) {
    for (size_t i = 0; i < v.len; i++) {
        unsigned char c = (unsigned char)v.ptr[i];
        if ((c < ' ' && c != '\t') || c == 127)
            return false;
    }
    return true;
}

int request_check(const struct http_request *r, struct failure *f) {
    char quoted[200];

    if (!is_token(r->method)) {
        failure_set(f, NET_FAULT_GENERIC, 0, "net/http: invalid method %s", failure_quote(r->method, quoted, sizeof quoted));
        return -1;
    }
    for (size_t i = 0; i < r->header_count; i++) {
        struct view name = r->headers[i].name;
        if (!is_token(name)) {
            failure_set(f, NET_FAULT_GENERIC, 0, "net/http: invalid header field name %s", failure_quote(name, quoted, sizeof quoted));
            return -1;
        }
        if (!is_field_value(r->headers[i].value)) {
            failure_set(f, NET_FAULT_GENERIC, 0, "net/http: invalid header field value for %s", failure_quote(name, quoted, sizeof quoted));
            return -1;
        }
    }
    return 0;
}

bool request_wants_close(const struct http_request *r) {
    return header_has_token(header_find(r->headers, r->header_count, VIEW("connection")), VIEW("close"));
}

/* --- fields --- */

static char *put(char *at, struct view v) {
    return v.len ? mempcpy(at, v.ptr, v.len) : at;
}

struct builder {
    const struct http_request *r;
    const struct hop_plan *p;
    struct arena *arena;
    struct http_header *fields;
    size_t count;
    struct view user_agent, host;
    bool failed, has_referer, has_authorization;
    struct view cookie; /* given by hand */
};

static void add(struct builder *b, struct view name, struct view value) {
    if (!value.ptr)
        b->failed = true;
    b->fields[b->count++] = (struct http_header){name, value};
}

static struct view host_of(const struct url *u, struct arena *arena) {
    bool v6 = url_host_is_v6(u);
    struct view host = url_wire_host(u);

    if (!v6 && !u->port_explicit)
        return host;
    char *text = arena_alloc(arena, host.len + u->port_text.len + sizeof "[]:"), *at = text;
    if (!text)
        return VIEW_NULL;
    at = put(at, v6 ? VIEW("[") : VIEW(""));
    at = put(at, host);
    at = put(at, v6 ? VIEW("]") : VIEW(""));
    if (u->port_explicit) {
        *at++ = ':';
        at = put(at, u->port_text);
    }
    return view_of(text, (size_t)(at - text));
}

/* Whether a field of the caller's goes out as it is; false = left out, or handled elsewhere. */
static bool goes_out(struct builder *b, const struct http_header *h) {
    struct view name = h->name;

    switch (name.len) {
    case 4:
        if (view_eq_nocase(name, VIEW("host")))
            return false;
        break;
    case 6:
        if (view_eq_nocase(name, VIEW("cookie"))) {
            if (!(b->p->strip_secrets || (!b->p->first && b->r->jar)))
                b->cookie = h->value;
            return false;
        }
        break;
    case 7: b->has_referer = b->has_referer || view_eq_nocase(name, VIEW("referer")); break;
    case 10:
        if (view_eq_nocase(name, VIEW("user-agent")))
            return false;
        break;
    case 13:
        if (view_eq_nocase(name, VIEW("authorization")) && !b->p->strip_secrets)
            b->has_authorization = true;
        break;
    case 14:
        if (view_eq_nocase(name, VIEW("content-length")))
            return false;
        break;
    case 17:
        if (view_eq_nocase(name, VIEW("transfer-encoding")))
            return false;
        break;
    default: break;
    }
    if (b->p->strip_secrets && redirect_is_secret_header(name))
        return false;
    return !(b->p->strip_body_fields && redirect_is_body_header(name));
}

static void find_host_and_agent(struct builder *b) {
    for (size_t i = 0; i < b->r->header_count; i++) {
        const struct http_header *h = &b->r->headers[i];
        if (h->name.len == 4 && b->p->first && view_eq_nocase(h->name, VIEW("host")))
            b->host = h->value;
        else if (h->name.len == 10 && view_eq_nocase(h->name, VIEW("user-agent")))
            b->user_agent = h->value;
    }
}

static bool needs_length(const struct http_request *r, const struct hop_plan *p) {
    if (p->send_body && r->has_body && (r->body.len > 0 || r->redirects == HTTP_REDIRECTS_REQUESTS))
        return true; /* requests says so of an empty body, too, whatever the method */
    return view_eq(p->method, VIEW("POST")) || view_eq(p->method, VIEW("PUT")) || view_eq(p->method, VIEW("PATCH"));
}

static struct view number(size_t n, struct arena *arena) {
    char text[24];
    size_t at = sizeof text;

    do
        text[--at] = (char)('0' + n % 10);
    while ((n /= 10) > 0);
    return arena_copy(arena, view_of(text + at, sizeof text - at));
}

/* --- cookies --- */

struct cookie_line {
    struct buf text;
    const struct http_request *r;
    int error;
};

/* Go's rule: what may not stand in a cookie is left out; a value with blank or comma is quoted. */
static void add_cookie(struct cookie_line *l, struct view name, struct view value) {
    bool quote = view_find(value, ' ') >= 0 || view_find(value, ',') >= 0;
    int r = l->text.len > 0 ? buf_append_view(&l->text, VIEW("; ")) : 0;

    if (r == 0)
        r = buf_append_view(&l->text, name);
    if (r == 0)
        r = buf_append_view(&l->text, quote ? VIEW("=\"") : VIEW("="));
    for (size_t i = 0; r == 0 && i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c >= ' ' && c < 127 && c != '"' && c != ';' && c != '\\')
            r = buf_append_byte(&l->text, (char)c);
    }
    if (r == 0 && quote)
        r = buf_append_byte(&l->text, '"');
    l->error = l->error ? l->error : r;
}

static void add_from_jar(void *ctx, const struct cookie *c) {
    struct cookie_line *l = ctx;

    for (size_t i = 0; l->r->cookie_replaces && i < l->r->cookie_count; i++)
        if (l->r->cookie_replaces[i] && view_eq(l->r->cookies[i].name, c->name))
            return;
    add_cookie(l, c->name, c->value);
}

static void add_cookie_field(struct builder *b, int64_t now_s) {
    struct cookie_line l = {.text = BUF_MAX(COOKIE_FIELD_BYTES_MAX), .r = b->r};

    if (b->cookie.len > 0)
        l.error = buf_append_view(&l.text, b->cookie);
    for (size_t i = 0; i < b->r->cookie_count; i++)
        add_cookie(&l, b->r->cookies[i].name, b->r->cookies[i].value);
    if (b->r->jar && cookie_jar_count(b->r->jar) > 0)
        cookie_jar_each(b->r->jar, &b->p->url, now_s, add_from_jar, &l);
    if (l.text.len > 0)
        add(b, VIEW("Cookie"), arena_copy(b->arena, buf_view(&l.text)));
    b->failed = b->failed || l.error < 0;
    buf_deinit(&l.text);
}

/* --- text --- */

struct view request_target(const struct url *u, struct arena *arena) {
    if (!u->query.ptr)
        return u->path;
    char *p = arena_alloc(arena, u->path.len + u->query.len + 2);
    if (!p)
        return VIEW_NULL;
    memcpy(p, u->path.ptr, u->path.len);
    p[u->path.len] = '?';
    memcpy(p + u->path.len + 1, u->query.ptr, u->query.len);
    p[u->path.len + u->query.len + 1] = 0;
    return view_of(p, u->path.len + u->query.len + 1);
}

static int serialise(const struct builder *b, struct view target, struct buf *out) {
    size_t need = b->p->method.len + target.len + 16;

    for (size_t i = 0; i < b->count; i++)
        need += b->fields[i].name.len + b->fields[i].value.len + 4;
    int r = buf_reserve(out, need);
    if (r < 0)
        return r;
    char *at = out->ptr + out->len;
    at = put(at, b->p->method);
    *at++ = ' ';
    at = put(at, target);
    at = put(at, VIEW(" HTTP/1.1\r\n"));
    for (size_t i = 0; i < b->count; i++) {
        at = put(at, b->fields[i].name);
        *at++ = ':';
        *at++ = ' ';
        at = put(at, b->fields[i].value);
        *at++ = '\r';
        *at++ = '\n';
    }
    *at++ = '\r';
    *at++ = '\n';
    *at = 0;
    out->len = (size_t)(at - out->ptr);
    return 0;
}

static struct view target_of(const struct hop_plan *p, struct arena *arena) {
    struct url u = p->url;

    if (!p->absolute_form)
        return request_target(&u, arena);
    u.fragment = VIEW_NULL;
    u.path_absent = false;
    u.host_text = url_wire_host(&p->url);
    return url_format(&u, URL_NO_USERINFO, arena);
}

int request_head_build(const struct http_request *r, const struct hop_plan *p, struct view user_agent, bool keep_alive, int64_t now_s,
                       struct arena *arena, struct http_header **fields, size_t *field_count, struct buf *out) {
    struct builder b = {.r = r, .p = p, .arena = arena, .host = p->host, .user_agent = user_agent};
    struct view target = target_of(p, arena);

    b.fields = arena_alloc(arena, (r->header_count + REQUEST_OWN_FIELDS) * sizeof *b.fields);
    if (!b.fields || !target.ptr)
        return -ENOMEM;
    find_host_and_agent(&b);
    add(&b, VIEW("Host"), b.host.ptr ? b.host : host_of(&p->url, arena));
    if (b.user_agent.len > 0)
        add(&b, VIEW("User-Agent"), b.user_agent);
    if (!keep_alive && !request_wants_close(r))
        add(&b, VIEW("Connection"), VIEW("close"));
    if (needs_length(r, p))
        add(&b, VIEW("Content-Length"), number(p->send_body && r->has_body ? r->body.len : 0, arena));
    for (size_t i = 0; i < r->header_count; i++)
        if (goes_out(&b, &r->headers[i]))
            b.fields[b.count++] = r->headers[i];
    if (p->referer.ptr && !b.has_referer)
        add(&b, VIEW("Referer"), p->referer);
    if (p->authorization.ptr && !b.has_authorization)
        add(&b, VIEW("Authorization"), p->authorization);
    if (p->absolute_form && p->proxy->authorization.len > 0)
        add(&b, VIEW("Proxy-Authorization"), p->proxy->authorization);
    add_cookie_field(&b, now_s);
    *fields = b.fields;
    *field_count = b.count;
    return b.failed ? -ENOMEM : serialise(&b, target, out);
}
