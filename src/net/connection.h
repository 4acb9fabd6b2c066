/* A connection of one user to a server (or a proxy): dialled, used by one exchange at a time, idle in the user's pool between. */
#ifndef NET_CONNECTION_H
#define NET_CONNECTION_H

#include "net/http_client_priv.h"
#include "net/tcp.h"
#include "net/timing.h"

struct connection_target {
    bool tls;
    bool absolute_form; /* plain http through a proxy: any host over the same connection */
    struct view host;
    uint16_t port;
    struct view port_text;
    const struct proxy *proxy; /* NULL = direct */
};

struct connection;
/* Who uses a connection. Called from the loop only; any of them may free the connection. */
struct connection_user {
    void (*opened)(struct connection *c);
    void (*failed)(struct connection *c, const struct failure *f); /* dial; the callee frees c */
    void (*ready)(struct connection *c, uint32_t events);
};

struct connection_opening;
struct connection {
    struct loop_watch watch;
    struct list entry; /* session's idle or busy list */
    struct http_session *session;
    const struct connection_user *user;
    void *user_data;
    struct tcp tcp;
    struct stream *top;
    struct connection_opening *opening; /* only while dialling */
    uint32_t uses;                      /* exchanges begun */
    char remote_ip[ADDRESS_IP_TEXT_MAX]; /* text, made once */
    bool idle, tls, absolute_form;
    uint16_t port;
    const struct proxy *proxy;
    size_t host_len;
    char host[];
};

/* Begins to dial: only on the scheduler's stack. The instants go to *timing. opened() or failed() follow, never from inside. NULL: out of memory. */
struct connection *connection_open(struct http_session *s, const struct connection_target *t, const struct connection_user *user, void *user_data,
                                   struct timing *timing);
struct connection *connection_free(struct connection *c); /* closes; no callback */
bool connection_serves(const struct connection *c, const struct connection_target *t);
/* What epoll reports: EPOLLIN always, EPOLLOUT as asked. */
int connection_want(struct connection *c, bool writable) MUST_USE;

#endif
