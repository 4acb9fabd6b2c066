/* The client: a deep copy of its options, and everything made from them once. */
#include "net/http_client.h"

#include "net/fetch_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { CLIENT_TEXTS_MAX = 64 * 1024 * 1024, REQUEST_HEAD_BYTES_MAX = 64 * 1024 * 1024 };

void http_client_options_default(struct http_client_options *o) {
    *o = (struct http_client_options){
        .keep_alive = true,
        .dns_ttl_us = 5LL * 60 * 1000 * 1000,
        .dns_select = DNS_SELECT_RANDOM,
        .dns_policy = DNS_PREFER_IPV4,
        .idle_max = HTTP_IDLE_DEFAULT,
        .idle_per_host_max = HTTP_IDLE_PER_HOST_DEFAULT,
        .proxy_from_environment = true,
    };
}

/* --- copies --- */

static int no_memory(struct error *err) {
    return error_set(err, -ENOMEM, "out of memory");
}

static bool copy_view(struct arena *a, struct view *v) {
    *v = v->len ? arena_copy(a, *v) : VIEW("");
    return v->ptr != NULL;
}

static struct view *copy_views(struct arena *a, const struct view *from, size_t n) {
    struct view *to = arena_calloc(a, n + 1, sizeof *to);

    for (size_t i = 0; to && i < n; i++) {
        to[i] = from[i];
        if (!copy_view(a, &to[i]))
            return NULL;
    }
    return to;
}

static bool copy_certs(struct arena *a, struct http_client_options *o) {
    struct http_client_cert *certs = arena_calloc(a, o->cert_count + 1, sizeof *certs);

    for (size_t i = 0; certs && i < o->cert_count; i++) {
        certs[i] = o->certs[i];
        certs[i].domains = copy_views(a, certs[i].domains, certs[i].domain_count);
        if (!certs[i].domains || !copy_view(a, &certs[i].cert_pem) || !copy_view(a, &certs[i].key_pem) || !copy_view(a, &certs[i].password))
            return false;
    }
    o->certs = certs;
    return certs != NULL;
}

static int copy_options(struct http_client *c, const struct http_client_options *from, struct error *err) {
    struct http_client_options *o = &c->options;
    struct arena *a = &c->texts;

    *o = *from;
    if (!o->body_bytes_max)
        o->body_bytes_max = HTTP_BODY_BYTES_MAX;
    o->blocked_hostnames = copy_views(a, o->blocked_hostnames, o->blocked_count);
    if (!o->blocked_hostnames || !copy_view(a, &o->user_agent) || !copy_view(a, &o->tls_ciphers) || !copy_view(a, &o->ca_file) ||
        !copy_view(a, &o->key_log_file) || !copy_view(a, &o->proxy_http) || !copy_view(a, &o->proxy_https) || !copy_view(a, &o->dns_servers) || !copy_certs(a, o))
        return no_memory(err);
    o->blacklist_cidrs = NULL; /* parsed below */
    o->hosts = NULL;
    return 0;
}

static int read_blacklist(struct http_client *c, const struct http_client_options *o, struct error *err) {
    c->blacklist = arena_calloc(&c->texts, o->blacklist_count + 1, sizeof *c->blacklist);
    if (!c->blacklist)
        return no_memory(err);
    for (size_t i = 0; i < o->blacklist_count; i++)
        if (cidr_parse(o->blacklist_cidrs[i], &c->blacklist[i]) < 0)
            return error_set(err, ERROR_INVALID, "blacklistIPs: \"%.*s\" is not a range of addresses such as 10.0.0.0/8",
                             VIEW_ARGS(o->blacklist_cidrs[i]));
    return 0;
}

static int read_overrides(struct http_client *c, const struct http_client_options *o, struct error *err) {
    c->overrides = arena_calloc(&c->texts, o->host_count + 1, sizeof *c->overrides);
    if (!c->overrides)
        return no_memory(err);
    for (size_t i = 0; i < o->host_count; i++) {
        c->overrides[i].pattern = o->hosts[i].pattern;
        if (!copy_view(&c->texts, &c->overrides[i].pattern))
            return no_memory(err);
        if (!address_parse_with_port(o->hosts[i].to, &c->overrides[i].to))
            return error_set(err, ERROR_INVALID, "hosts: \"%.*s\" for \"%.*s\" is not an address (ip or ip:port)", VIEW_ARGS(o->hosts[i].to),
                             VIEW_ARGS(o->hosts[i].pattern));
    }
    return 0;
}

static const char *get_environment(const char *name) {
    return getenv(name);
}

/* --- life --- */

static int set_up(struct http_client *c, const struct http_client_options *o, struct error *err) {
    int r = copy_options(c, o, err);

    if (r == 0)
        r = read_blacklist(c, o, err);
    if (r == 0)
        r = read_overrides(c, o, err);
    if (r == 0 && (o->proxy_http.len || o->proxy_https.len))
        r = proxy_rules_set(&c->proxies, c->options.proxy_http, c->options.proxy_https, &c->texts, err);
    else if (r == 0 && o->proxy_from_environment)
        r = proxy_rules_read(&c->proxies, get_environment, &c->texts, err);
    if (r == 0)
        r = tls_context_new(&c->tls, &c->options, err);
    struct resolver_options dns = {.ttl_us = o->dns_ttl_us, .select = o->dns_select, .policy = o->dns_policy, .servers = c->options.dns_servers};
    if (r == 0 && resolver_new(&c->resolver, c->loop, &dns) < 0)
        r = no_memory(err);
    return r;
}

int http_client_new(struct http_client **out, struct loop *loop, const struct http_client_options *o, struct error *err) {
    struct http_client *c = calloc(1, sizeof *c);

    *out = NULL;
    if (!c)
        return no_memory(err);
    c->loop = loop;
    c->out = BUF_MAX(REQUEST_HEAD_BYTES_MAX);
    c->work.run = fetch_work;
    list_init(&c->starting);
    list_init(&c->coming);
    list_init(&c->settling);
    list_init(&c->free_fetches);
    arena_init(&c->texts, CLIENT_TEXTS_MAX);
    int r = set_up(c, o, err);
    if (r < 0)
        http_client_free(c);
    else
        *out = c;
    return r;
}

struct http_client *http_client_free(struct http_client *c) {
    struct list *e;

    if (!c)
        return NULL;
    assert(list_empty(&c->starting) && list_empty(&c->settling));
    loop_defer_cancel(&c->work);
    while ((e = list_pop(&c->free_fetches)))
        fetch_discard(LIST_ENTRY(e, struct http_fetch, entry));
    resolver_free(c->resolver);
    tls_context_free(c->tls);
    buf_deinit(&c->out);
    arena_deinit(&c->texts);
    free(c);
    return NULL;
}

struct http_client_counters http_client_counters(const struct http_client *c) {
    return c->counters;
}
