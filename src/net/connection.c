/* Dialling is a walk through steps: look the name up, connect, then the layers of this target in order (TLS to an https
 * proxy, the tunnel through the proxy, TLS to the server). `opening` holds what only dialling needs and goes when it ends, so
 * that an idle connection is one small struct. A failure met before connection_open returned is told by a timer that is due
 * at once, so that no callback runs inside connection_open.
 *
 * k6's rules of dialling: a blocked name is refused before anything else, then the overrides of names (host:port before host),
 * then addresses as they are, then DNS; whatever address comes out must not be in a blacklisted range. */
#include "net/connection.h"

#include "net/host_pattern.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum open_step { STEP_LOOKUP, STEP_TCP, STEP_PROXY_TLS, STEP_TUNNEL, STEP_TLS, STEP_END };

struct connection_opening {
    struct connection *connection;
    enum open_step step;
    struct lookup lookup;
    struct timer timer; /* dial timeout, or an early failure that is due */
    struct timing *timing;
    struct failure failure; /* early */
    uint16_t port;          /* to dial */
};

static struct loop *loop_of(const struct connection *c) {
    return c->session->client->loop;
}

static void count_failure(struct connection *c, const struct failure *f) {
    struct http_client_counters *n = &c->session->client->counters;

    n->ports_exhausted += f->fault == NET_FAULT_NO_PORTS;
    n->descriptors_exhausted += f->fault == NET_FAULT_NO_DESCRIPTORS;
}

static void fail(struct connection *c, const struct failure *f) {
    count_failure(c, f);
    c->user->failed(c, f);
}

/* Tells a failure later: connection_open has not returned yet. */
static void fail_soon(struct connection *c) {
    struct connection_opening *o = c->opening;

    /* It is armed already, so there is room in the heap. */
    (void)!timers_arm(loop_timers(loop_of(c)), &o->timer, loop_now_us(loop_of(c)));
}

static void drop_opening(struct connection *c) {
    if (!c->opening)
        return;
    resolver_cancel(&c->opening->lookup);
    timers_cancel(loop_timers(loop_of(c)), &c->opening->timer);
    free(c->opening);
    c->opening = NULL;
}

static void end_opening(struct connection *c) {
    drop_opening(c);
    address_format_ip(&c->tcp.remote, c->remote_ip);
    c->session->client->counters.connects++;
    c->user->opened(c);
}

/* --- the layers --- */

static bool step_applies(const struct connection *c, enum open_step step) {
    switch (step) {
    case STEP_PROXY_TLS: return c->proxy && c->proxy->tls;
    case STEP_TUNNEL: return c->proxy && !c->absolute_form;
    case STEP_TLS: return c->tls;
    default: return true;
    }
}

static int add_layer(struct connection *c, enum open_step step, struct failure *f) {
    struct http_session *s = c->session;
    struct view host = view_of(c->host, c->host_len);
    struct stream *layer = NULL;
    struct tls_sessions **sessions = s->client->options.tls_session_resumption ? &s->tls_sessions : NULL;
    int r = 0;

    if (step == STEP_TUNNEL && proxy_tunnel_new(&layer, c->top, c->proxy, host, c->port) < 0) {
        failure_set(f, NET_FAULT_OUT_OF_MEMORY, 0, "out of memory");
        return STREAM_FAILED;
    }
    if (step == STEP_PROXY_TLS)
        r = tls_new(&layer, s->client->tls, c->top, c->proxy->host, c->proxy->port, sessions, f);
    else if (step == STEP_TLS)
        r = tls_new(&layer, s->client->tls, c->top, host, c->port, sessions, f);
    if (layer)
        c->top = layer;
    return r;
}

static void note_step(struct connection *c, enum open_step step) {
    int64_t now_us = loop_refresh_us(loop_of(c));

    if (step == STEP_TCP)
        c->opening->timing->connected_us = now_us;
    else if (step == STEP_TLS)
        c->opening->timing->tls_done_us = now_us;
}

/* Goes on until a layer must wait, all are open, or one fails. */
static void advance(struct connection *c) {
    struct connection_opening *o = c->opening;
    struct failure f;

    for (;;) {
        int r = stream_open(c->top, &f);
        if (r == STREAM_WANT_READ || r == STREAM_WANT_WRITE) {
            if (loop_watch_change(loop_of(c), &c->watch, r == STREAM_WANT_WRITE ? EPOLLOUT : EPOLLIN) == 0)
                return;
            failure_set(&f, NET_FAULT_DIAL_ERRNO, errno, "epoll_ctl failed");
            r = STREAM_FAILED;
        }
        if (r == STREAM_FAILED) {
            fail(c, &f);
            return;
        }
        note_step(c, o->step);
        do
            o->step++;
        while (!step_applies(c, o->step));
        if (o->step == STEP_END)
            break;
        if (add_layer(c, o->step, &f) < 0) {
            fail(c, &f);
            return;
        }
    }
    if (loop_watch_change(loop_of(c), &c->watch, EPOLLIN) < 0) {
        failure_set(&f, NET_FAULT_DIAL_ERRNO, errno, "epoll_ctl failed");
        fail(c, &f);
        return;
    }
    end_opening(c);
}

static void on_watch(struct loop_watch *w, uint32_t events) {
    struct connection *c = CONTAINER_OF(w, struct connection, watch);

    if (c->opening)
        advance(c);
    else
        c->user->ready(c, events);
}

/* --- to an address --- */

static bool blacklisted(const struct http_client *client, const struct address *a, struct failure *f) {
    char ip[ADDRESS_IP_TEXT_MAX], range[CIDR_TEXT_MAX];

    for (size_t i = 0; i < client->options.blacklist_count; i++) {
        if (!cidr_contains(&client->blacklist[i], a))
            continue;
        failure_set(f, NET_FAULT_BLACKLISTED_IP, 0, "IP (%s) is in a blacklisted range (%s)", address_format_ip(a, ip),
                    cidr_format(&client->blacklist[i], range));
        return true;
    }
    return false;
}

static int dial(struct connection *c, const struct address *a, struct failure *f) {
    struct connection_opening *o = c->opening;
    struct http_session *s = c->session;
    struct address to = *a;

    if (address_port(&to) == 0)
        address_set_port(&to, o->port);
    if (blacklisted(s->client, &to, f))
        return STREAM_FAILED;
    o->step = STEP_TCP;
    o->timing->connect_started_us = loop_refresh_us(s->client->loop);
    if (tcp_connect(&c->tcp, &to, s->has_local ? &s->local : NULL, f) < 0)
        return STREAM_FAILED;
    int r = loop_watch_add(s->client->loop, &c->watch, c->tcp.fd, EPOLLOUT);
    if (r < 0)
        failure_set(f, NET_FAULT_DIAL_ERRNO, -r, "dial tcp: epoll_ctl failed");
    return r < 0 ? STREAM_FAILED : 0;
}

static void on_address(struct lookup *l, const struct address *a, const struct failure *f) {
    struct connection_opening *o = CONTAINER_OF(l, struct connection_opening, lookup);
    struct connection *c = o->connection;
    struct failure why;

    o->timing->lookup_done_us = loop_refresh_us(loop_of(c));
    if (!a)
        fail(c, f);
    else if (dial(c, a, &why) < 0)
        fail(c, &why);
}

static void on_timer(struct timer *t) {
    struct connection_opening *o = CONTAINER_OF(t, struct connection_opening, timer);
    struct connection *c = o->connection;
    struct failure f = o->failure;
    char to[ADDRESS_TEXT_MAX];

    if (f.fault == NET_FAULT_NONE) {
        if (o->step == STEP_LOOKUP)
            failure_set(&f, NET_FAULT_DIAL_TIMEOUT, 0, "dial tcp: lookup %.*s: i/o timeout", (int)c->host_len, c->host);
        else
            failure_set(&f, NET_FAULT_DIAL_TIMEOUT, 0, "dial tcp %s: i/o timeout", address_format(&c->tcp.remote, to));
    }
    fail(c, &f);
}

/* --- to a name --- */

static struct view blocked_at(const void *patterns, size_t i) {
    return ((const struct view *)patterns)[i];
}

static struct view override_at(const void *overrides, size_t i) {
    return ((const struct host_override *)overrides)[i].pattern;
}

static bool is_blocked(const struct http_client *client, struct view host, struct failure *f) {
    ptrdiff_t i = host_pattern_best(client->options.blocked_hostnames, client->options.blocked_count, blocked_at, host);

    if (i >= 0)
        failure_set(f, NET_FAULT_BLOCKED_HOSTNAME, 0, "hostname (%.*s) is in a blocked pattern (%.*s)", VIEW_ARGS(host),
                    VIEW_ARGS(client->options.blocked_hostnames[i]));
    return i >= 0;
}

static const struct address *override_of(const struct http_client *client, struct view host, uint16_t port) {
    char with_port[300];
    size_t n = client->options.host_count;

    if (n == 0)
        return NULL;
    int len = snprintf(with_port, sizeof with_port, "%.*s:%u", VIEW_ARGS(host), port);
    ptrdiff_t i = -1;
    if (len > 0 && (size_t)len < sizeof with_port)
        i = host_pattern_best(client->overrides, n, override_at, view_of(with_port, (size_t)len));
    if (i < 0)
        i = host_pattern_best(client->overrides, n, override_at, host);
    return i < 0 ? NULL : &client->overrides[i].to;
}

static int find_address(struct connection *c, struct view host, struct failure *f) {
    struct connection_opening *o = c->opening;
    struct http_client *client = c->session->client;
    struct address a;

    if (!address_parse(host, 0, &a) && client->options.blocked_count > 0 && is_blocked(client, host, f))
        return STREAM_FAILED;
    const struct address *other = override_of(client, host, o->port);
    if (other)
        return dial(c, other, f);
    o->timing->lookup_started_us = loop_refresh_us(client->loop);
    int r = resolver_lookup(client->resolver, host, &o->lookup, &a, f);
    if (r == RESOLVER_FAILED)
        return STREAM_FAILED;
    if (r == RESOLVER_WAIT)
        return 0;
    o->timing->lookup_done_us = loop_refresh_us(client->loop);
    return dial(c, &a, f);
}

static struct connection *new_connection(struct http_session *s, const struct connection_target *t) {
    struct connection *c = calloc(1, sizeof *c + t->host.len + 1);

    if (!c)
        return NULL;
    c->opening = calloc(1, sizeof *c->opening);
    if (!c->opening) {
        free(c);
        return NULL;
    }
    c->session = s;
    c->watch = (struct loop_watch){.fd = -1, .ready = on_watch};
    tcp_init(&c->tcp, &s->sent, &s->received);
    c->top = &c->tcp.base;
    c->tls = t->tls;
    c->absolute_form = t->absolute_form;
    c->proxy = t->proxy;
    c->port = t->port;
    c->host_len = t->host.len;
    if (t->host.len)
        memcpy(c->host, t->host.ptr, t->host.len);
    list_push(&s->busy, &c->entry);
    return c;
}

struct connection *connection_open(struct http_session *s, const struct connection_target *t, const struct connection_user *user, void *user_data,
                                   struct timing *timing) {
    struct connection *c = new_connection(s, t);

    if (!c)
        return NULL;
    c->user = user;
    c->user_data = user_data;
    struct connection_opening *o = c->opening;
    o->connection = c;
    o->timing = timing;
    o->timer.fire = on_timer;
    o->lookup.done = on_address;
    o->port = t->proxy ? t->proxy->port : t->port;
    if (timers_arm(loop_timers(loop_of(c)), &o->timer, loop_now_us(loop_of(c)) + HTTP_DIAL_TIMEOUT_US) < 0)
        return connection_free(c);
    if (o->port == 0) {
        failure_set(&o->failure, NET_FAULT_DIAL, 0, "dial tcp: address %.*s: invalid port", VIEW_ARGS(view_take(t->port_text, 40)));
        fail_soon(c);
    } else if (find_address(c, t->proxy ? t->proxy->host : t->host, &o->failure) < 0) {
        fail_soon(c);
    }
    return c;
}

struct connection *connection_free(struct connection *c) {
    if (!c)
        return NULL;
    drop_opening(c);
    list_remove(&c->entry);
    if (c->idle)
        c->session->idle_count--;
    loop_watch_remove(loop_of(c), &c->watch);
    stream_close(c->top);
    free(c);
    return NULL;
}

bool connection_serves(const struct connection *c, const struct connection_target *t) {
    if (c->proxy != t->proxy || c->tls != t->tls || c->absolute_form != t->absolute_form)
        return false;
    if (c->absolute_form)
        return true;
    return c->port == t->port && view_eq(view_of(c->host, c->host_len), t->host);
}

int connection_want(struct connection *c, bool writable) {
    return loop_watch_change(loop_of(c), &c->watch, EPOLLIN | (writable ? (uint32_t)EPOLLOUT : 0));
}
