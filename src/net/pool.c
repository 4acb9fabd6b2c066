/* The idle list is in order of last use, newest first: taking finds warm connections, closing takes the coldest. An idle
 * connection holds no buffers. What comes in while idle means its end: the server closed it, or sent what nobody asked for;
 * only TLS may have something to say for itself (session tickets). */
#include "net/pool.h"

#include <errno.h>
#include <stdlib.h>

static void on_idle_ready(struct connection *c, uint32_t events) {
    struct failure f;
    char byte;

    (void)events;
    if (c->tls && stream_read(c->top, &byte, 1, &f) == STREAM_WANT_READ)
        return;
    connection_free(c);
}

static const struct connection_user pool_user = {.ready = on_idle_ready};

struct connection *pool_take(struct http_session *s, const struct connection_target *t) {
    LIST_EACH(e, &s->idle) {
        struct connection *c = LIST_ENTRY(e, struct connection, entry);
        if (!connection_serves(c, t))
            continue;
        list_remove(&c->entry);
        list_push(&s->busy, &c->entry);
        c->idle = false;
        s->idle_count--;
        return c;
    }
    return NULL;
}

static bool same_server(const struct connection *a, const struct connection *b) {
    struct connection_target t = {.tls = b->tls, .absolute_form = b->absolute_form, .host = view_of(b->host, b->host_len), .port = b->port,
                                  .proxy = b->proxy};
    return connection_serves(a, &t);
}

static void enforce_limits(struct http_session *s, const struct connection *newest) {
    const struct http_client_options *o = &s->client->options;
    struct connection *coldest = NULL;
    int same = 0;

    if (s->idle_count <= o->idle_per_host_max && s->idle_count <= o->idle_max)
        return;
    LIST_EACH(e, &s->idle) {
        struct connection *c = LIST_ENTRY(e, struct connection, entry);
        if (same_server(c, newest)) {
            same++;
            coldest = c;
        }
    }
    if (same > o->idle_per_host_max)
        connection_free(coldest);
    else if (s->idle_count > o->idle_max)
        connection_free(LIST_ENTRY(s->idle.prev, struct connection, entry));
}

void pool_give(struct connection *c) {
    struct http_session *s = c->session;

    c->user = &pool_user;
    c->user_data = NULL;
    list_remove(&c->entry);
    list_push_front(&s->idle, &c->entry);
    c->idle = true;
    s->idle_count++;
    enforce_limits(s, c);
}

/* --- the session --- */

int http_session_new(struct http_session **out, struct http_client *c, struct view local_address) {
    struct http_session *s = calloc(1, sizeof *s);

    *out = NULL;
    if (!s)
        return -ENOMEM;
    s->client = c;
    list_init(&s->idle);
    list_init(&s->busy);
    s->has_local = local_address.len > 0;
    if (s->has_local && !address_parse(local_address, 0, &s->local)) {
        free(s);
        return ERROR_INVALID;
    }
    *out = s;
    return 0;
}

void http_session_close_idle(struct http_session *s) {
    while (!list_empty(&s->idle))
        connection_free(LIST_ENTRY(s->idle.next, struct connection, entry));
}

struct http_session *http_session_free(struct http_session *s) {
    if (!s)
        return NULL;
    http_session_close_idle(s);
    while (!list_empty(&s->busy))
        connection_free(LIST_ENTRY(s->busy.next, struct connection, entry));
    http_session_take_bytes(s, &(uint64_t){0}, &(uint64_t){0});
    tls_sessions_free(s->tls_sessions);
    free(s);
    return NULL;
}

void http_session_take_bytes(struct http_session *s, uint64_t *sent, uint64_t *received) {
    *sent = s->sent - s->sent_taken;
    *received = s->received - s->received_taken;
    s->client->counters.bytes_sent += *sent;
    s->client->counters.bytes_received += *received;
    s->sent_taken = s->sent;
    s->received_taken = s->received;
}
