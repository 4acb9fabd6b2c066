/* Rules as golang.org/x/net/http/httpproxy reads them; the tunnel speaks CONNECT before anything above it speaks. */
#include "net/proxy.h"

#include "core/buf.h"
#include "net/auth.h"
#include "net/cidr.h"
#include "net/http_head.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

/* --- rules --- */

static const char *first_of(const char *(*get)(const char *name), const char *upper, const char *lower) {
    const char *v = get(upper);

    return v && *v ? v : get(lower);
}

static int read_proxy(const char *text, struct arena *arena, struct proxy **out, struct error *err) {
    struct view v = view_of_cstr(text);
    struct url u;

    *out = NULL;
    if (!v.len)
        return 0;
    if (view_find_view(v, VIEW("://")) < 0)
        v = view_of_cstr(arena_printf(arena, "http://%s", text));
    v = arena_copy(arena, v);
    struct proxy *p = arena_calloc(arena, 1, sizeof *p);
    if (!v.ptr || !p)
        return error_set(err, -ENOMEM, "out of memory");
    int r = url_parse(v, arena, &u, err);
    if (r < 0)
        return error_wrap(err, "invalid proxy address \"%s\"", text);
    p->tls = view_eq(u.scheme, VIEW("https"));
    if (!p->tls && !view_eq(u.scheme, VIEW("http")))
        return error_set(err, ERROR_INVALID, "the proxy \"%s\" is not an http or https proxy; others are not supported", text);
    p->host = u.host;
    p->port = u.port;
    p->authorization = u.userinfo.ptr ? auth_basic(u.userinfo, arena) : VIEW("");
    *out = p;
    return 0;
}

static int read_no_proxy(const char *text, struct arena *arena, struct proxy_rules *r) {
    struct view rest = arena_copy(arena, view_of_cstr(text ? text : ""));

    r->no_proxy = arena_calloc(arena, NO_PROXY_RULES_MAX, sizeof *r->no_proxy);
    if (!rest.ptr || !r->no_proxy)
        return -ENOMEM;
    while (rest.ptr && r->no_proxy_count < NO_PROXY_RULES_MAX) {
        struct view rule = view_trim(view_cut(&rest, ',', NULL));
        if (rule.len > 0)
            r->no_proxy[r->no_proxy_count++] = rule;
    }
    return 0;
}

int proxy_rules_read(struct proxy_rules *r, const char *(*get)(const char *name), struct arena *arena, struct error *err) {
    *r = (struct proxy_rules){0};
    const char *http = first_of(get, "HTTP_PROXY", "http_proxy"), *https = first_of(get, "HTTPS_PROXY", "https_proxy");
    if (!(http && *http) && !(https && *https))
        return 0;
    int status = read_proxy(http ? http : "", arena, &r->http, err);
    if (status == 0)
        status = read_proxy(https ? https : "", arena, &r->https, err);
    if (status == 0 && read_no_proxy(first_of(get, "NO_PROXY", "no_proxy"), arena, r) < 0)
        status = error_set(err, -ENOMEM, "out of memory");
    return status;
}

int proxy_rules_set(struct proxy_rules *r, struct view http, struct view https, struct arena *arena, struct error *err) {
    *r = (struct proxy_rules){.all = true};
    int status = read_proxy(http.len ? http.ptr : "", arena, &r->http, err);
    return status == 0 ? read_proxy(https.len ? https.ptr : "", arena, &r->https, err) : status;
}

static bool rule_matches(struct view rule, const struct url *u, const struct address *a) {
    struct cidr c;
    uint64_t port;

    if (view_eq(rule, VIEW("*")))
        return true;
    if (a && cidr_parse(rule, &c) == 0)
        return cidr_contains(&c, a);
    ptrdiff_t colon = view_find(rule, ':');
    if (colon >= 0 && view_to_u64(view_drop(rule, (size_t)colon + 1), &port)) {
        if (port != u->port)
            return false;
        rule = view_take(rule, (size_t)colon);
        if (a && cidr_parse(rule, &c) == 0)
            return cidr_contains(&c, a);
    }
    if (view_starts_with(rule, VIEW("*.")))
        rule = view_drop(rule, 1);
    bool below_only = rule.len > 0 && rule.ptr[0] == '.';
    if (!below_only && view_eq_nocase(rule, u->host))
        return true;
    struct view suffix = below_only ? view_drop(rule, 1) : rule;
    size_t n = suffix.len;
    return n > 0 && u->host.len > n && u->host.ptr[u->host.len - n - 1] == '.' && view_eq_nocase(view_drop(u->host, u->host.len - n), suffix);
}

const struct proxy *proxy_for(const struct proxy_rules *r, const struct url *u) {
    const struct proxy *p = url_is_tls(u) ? r->https : r->http;
    struct address a;

    if (!p || r->all)
        return p;
    bool numeric = address_parse(u->host, 0, &a);
    if (view_eq(u->host, VIEW("localhost")) || (numeric && address_is_loopback(&a)))
        return NULL;
    for (size_t i = 0; i < r->no_proxy_count; i++)
        if (rule_matches(r->no_proxy[i], u, numeric ? &a : NULL))
            return NULL;
    return p;
}

/* --- the tunnel --- */

struct tunnel {
    struct stream base;
    struct buf out, in;
    size_t scanned;
};

static int take_answer(struct tunnel *t, size_t len, struct failure *f) {
    struct view rest = view_take(buf_view(&t->in), len), line = view_trim(view_cut(&rest, '\n', NULL));
    struct view status = line;

    (void)view_cut(&status, ' ', NULL);
    struct view reason = status.ptr ? status : VIEW(""), code = view_cut(&reason, ' ', NULL);
    if (!view_starts_with(line, VIEW("HTTP/1.")) || code.len != 3) {
        char quoted[200];
        failure_set(f, NET_FAULT_PROXY, 0, "malformed HTTP response %s", failure_quote(line, quoted, sizeof quoted));
        return STREAM_FAILED;
    }
    if (code.ptr[0] != '2') {
        failure_set(f, NET_FAULT_PROXY, 0, "%.*s", VIEW_ARGS(reason.len ? reason : code));
        return STREAM_FAILED;
    }
    if (t->in.len > len) {
        failure_set(f, NET_FAULT_PROXY, 0, "the proxy sent more than its answer to CONNECT");
        return STREAM_FAILED;
    }
    buf_deinit(&t->in);
    buf_deinit(&t->out);
    return 1;
}

static int tunnel_open(struct stream *s, struct failure *f) {
    struct tunnel *t = (struct tunnel *)s;
    char bytes[2048];

    while (t->out.len > 0) {
        struct iovec part = {t->out.ptr, t->out.len};
        ssize_t n = stream_write(s->below, &part, 1, f);
        if (n < 0)
            return (int)n;
        buf_consume(&t->out, (size_t)n);
    }
    for (;;) {
        ssize_t n = stream_read(s->below, bytes, sizeof bytes, f);
        if (n < 0)
            return (int)n;
        if (n == 0 || buf_append(&t->in, bytes, (size_t)n) < 0) {
            failure_set(f, NET_FAULT_PROXY, 0, n == 0 ? "unexpected EOF" : "the proxy's answer is too long");
            return STREAM_FAILED;
        }
        size_t len = http_head_length(buf_view(&t->in), &t->scanned);
        if (len > 0)
            return take_answer(t, len, f);
    }
}

static ssize_t tunnel_read(struct stream *s, void *to, size_t len, struct failure *f) {
    return stream_read(s->below, to, len, f);
}

static ssize_t tunnel_write(struct stream *s, const struct iovec *parts, int count, struct failure *f) {
    return stream_write(s->below, parts, count, f);
}

static void tunnel_close(struct stream *s) {
    struct tunnel *t = (struct tunnel *)s;

    buf_deinit(&t->in);
    buf_deinit(&t->out);
    free(t);
}

static const struct stream_ops tunnel_ops = {.open = tunnel_open, .read = tunnel_read, .write = tunnel_write, .close = tunnel_close};

int proxy_tunnel_new(struct stream **out, struct stream *below, const struct proxy *p, struct view host, uint16_t port) {
    struct tunnel *t = calloc(1, sizeof *t);
    bool v6 = view_find(host, ':') >= 0;

    *out = NULL;
    if (!t)
        return -ENOMEM;
    t->base = (struct stream){&tunnel_ops, below};
    t->in = BUF_MAX(PROXY_ANSWER_BYTES_MAX);
    t->out = BUF_MAX(PROXY_ANSWER_BYTES_MAX);
    const char *open = v6 ? "[" : "", *close = v6 ? "]" : "";
    int r = buf_printf(&t->out, "CONNECT %s%.*s%s:%u HTTP/1.1\r\nHost: %s%.*s%s:%u\r\n", open, VIEW_ARGS(host),
                       close, port, open, VIEW_ARGS(host), close, port);
    if (r == 0 && p->authorization.len > 0)
        r = buf_printf(&t->out, "Proxy-Authorization: %.*s\r\n", VIEW_ARGS(p->authorization));
    if (r == 0)
        r = buf_append_view(&t->out, VIEW("\r\n"));
    if (r < 0) {
        tunnel_close(&t->base);
        return r;
    }
    *out = &t->base;
    return 0;
}
