/* libzmq's descriptor is edge-triggered: it becomes readable when something may have changed, and says so
 * once. So whatever was done with the socket (attaching, sending, reading a part) is followed by a look at
 * its events, which is a deferred call of the loop. */
#include "fleet/zmq_link.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <zmq.h>

#include "fleet/locust_message.h"

enum { KEEPALIVE_IDLE_S = 30, ADDRESS_MAX = 512, HEAR_FRAMES_MAX = 16 };

struct zmq_link {
    struct zmq_link_ops ops;
    void *ctx, *context, *socket;
    struct loop *loop; /* NULL = between two */
    struct loop_watch watch;
    struct loop_defer look_soon;
    bool router;
    char address[ADDRESS_MAX], identity[ZMQ_LINK_PEER_MAX + 1];
    bool ipv6;
    uint64_t dropped;
};

/* ---- hearing ---- */

/* One message with all its frames; false: there is none. */
static bool hear_one(struct zmq_link *l) {
    zmq_msg_t frames[2];
    size_t n = 0, wanted = l->router ? 2 : 1;
    bool more = true, some = false;
    while (more) {
        zmq_msg_t extra, *to = n < wanted ? &frames[n] : &extra;
        zmq_msg_init(to);
        if (zmq_msg_recv(to, l->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(to);
            break;
        }
        some = true;
        more = zmq_msg_more(to);
        if (n >= wanted)
            zmq_msg_close(to);
        n += n <= wanted;
    }
    if (n == wanted && !more) {
        struct view peer = l->router ? view_of(zmq_msg_data(&frames[0]), zmq_msg_size(&frames[0])) : VIEW("");
        zmq_msg_t *last = &frames[wanted - 1];
        l->ops.message(l->ctx, peer, view_of(zmq_msg_data(last), zmq_msg_size(last)));
    } else {
        l->dropped += some;
    }
    for (size_t i = 0; i < n && i < wanted; i++)
        zmq_msg_close(&frames[i]);
    return some;
}

void zmq_link_look(struct zmq_link *l) {
    int events = 0, n = 0;
    size_t size = sizeof events;
    while (n++ < ZMQ_LINK_TURN && l->socket) {
        if (zmq_getsockopt(l->socket, ZMQ_EVENTS, &events, &size) < 0 || !(events & ZMQ_POLLIN))
            return;
        if (!hear_one(l))
            return;
    }
    if (l->loop)
        loop_defer(l->loop, &l->look_soon);
}

static void on_ready(struct loop_watch *w, uint32_t events) {
    (void)events;
    zmq_link_look(CONTAINER_OF(w, struct zmq_link, watch));
}

static void on_soon(struct loop_defer *d) {
    zmq_link_look(CONTAINER_OF(d, struct zmq_link, look_soon));
}

/* ---- speaking ---- */

static int fault(void) {
    return errno == EHOSTUNREACH ? ERROR_CLOSED : errno == EAGAIN ? ERROR_LIMIT : -errno;
}

int zmq_link_send(struct zmq_link *l, struct view peer, struct view bytes) {
    int r = 0;
    if (!l->socket)
        return ERROR_CLOSED;
    if (l->router && zmq_send(l->socket, peer.ptr, peer.len, ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0)
        r = fault();
    if (r == 0 && zmq_send(l->socket, bytes.ptr, bytes.len, ZMQ_DONTWAIT) < 0)
        r = fault();
    if (l->loop)
        loop_defer(l->loop, &l->look_soon);
    return r;
}

/* ---- life ---- */

/* As Locust does it: IPv6 unless the name has only addresses of version 4. To connect, we take version 4
 * where there is a choice: whoever listens on all addresses has it, and libzmq tries only one. */
static bool wants_ipv6(const struct zmq_link_options *o) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    bool four = false, six = false;
    if (strcmp(o->host, "*") == 0)
        return true;
    if (getaddrinfo(o->host, NULL, &hints, &found) != 0)
        return false;
    for (struct addrinfo *a = found; a; a = a->ai_next) {
        four = four || a->ai_family == AF_INET;
        six = six || a->ai_family == AF_INET6;
    }
    freeaddrinfo(found);
    return six && !four;
}

static void set(struct zmq_link *l, int option, int value) {
    (void)zmq_setsockopt(l->socket, option, &value, sizeof value);
}

static int open_socket(struct zmq_link *l, bool ipv6) {
    int64_t largest = LOCUST_MESSAGE_BYTES_MAX;
    l->socket = zmq_socket(l->context, l->router ? ZMQ_ROUTER : ZMQ_DEALER);
    if (!l->socket)
        return -errno;
    set(l, ZMQ_TCP_KEEPALIVE, 1);
    set(l, ZMQ_TCP_KEEPALIVE_IDLE, KEEPALIVE_IDLE_S);
    set(l, ZMQ_LINGER, ZMQ_LINK_LINGER_MS);
    set(l, ZMQ_SNDHWM, ZMQ_LINK_QUEUE_MAX);
    set(l, ZMQ_RCVHWM, ZMQ_LINK_QUEUE_MAX);
    set(l, ZMQ_IPV6, ipv6);
    (void)zmq_setsockopt(l->socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    if (l->router) {
        set(l, ZMQ_ROUTER_MANDATORY, 1); /* to be told when nobody is there */
        set(l, ZMQ_ROUTER_HANDOVER, 1);  /* who comes again is not kept out by its own dead connection */
        return zmq_bind(l->socket, l->address) < 0 ? -errno : 0;
    }
    (void)zmq_setsockopt(l->socket, ZMQ_ROUTING_ID, l->identity, strlen(l->identity));
    return zmq_connect(l->socket, l->address) < 0 ? -errno : 0;
}

static void close_socket(struct zmq_link *l) {
    if (l->socket)
        zmq_close(l->socket);
    l->socket = NULL;
}

static int open_link(struct zmq_link *l, const struct zmq_link_options *o, struct error *err) {
    bool bracket = strchr(o->host, ':') != NULL && o->host[0] != '[';
    if (o->router && o->port == 0)
        snprintf(l->address, sizeof l->address, bracket ? "tcp://[%.255s]:*" : "tcp://%.255s:*", o->host);
    else
        snprintf(l->address, sizeof l->address, bracket ? "tcp://[%.255s]:%d" : "tcp://%.255s:%d", o->host,
            o->port);
    l->ipv6 = wants_ipv6(o);
    int r = open_socket(l, l->ipv6);
    if (r < 0 && l->ipv6 && l->router && r != -EADDRINUSE) { /* a machine without IPv6 */
        close_socket(l);
        l->ipv6 = false;
        r = open_socket(l, false);
    }
    if (r < 0)
        return error_set(err, r, "%s: %s", l->address, zmq_strerror(-r));
    return 0;
}

int zmq_link_new(struct zmq_link **out, const struct zmq_link_options *o, const struct zmq_link_ops *ops,
    void *ctx, struct error *err) {
    struct zmq_link *l = calloc(1, sizeof *l);
    *out = NULL;
    if (!l)
        return error_set(err, -ENOMEM, "out of memory");
    *l = (struct zmq_link){
        .ops = *ops, .ctx = ctx, .router = o->router, .watch = LOOP_WATCH_NULL, .look_soon.run = on_soon};
    l->watch.ready = on_ready;
    snprintf(l->identity, sizeof l->identity, "%.*s", VIEW_ARGS(view_take(o->identity, ZMQ_LINK_PEER_MAX)));
    l->context = zmq_ctx_new();
    int r = l->context ? open_link(l, o, err) : error_set(err, -ENOMEM, "out of memory");
    if (r < 0)
        zmq_link_free(l);
    else
        *out = l;
    return r;
}

struct zmq_link *zmq_link_free(struct zmq_link *l) {
    if (!l)
        return NULL;
    zmq_link_detach(l);
    close_socket(l);
    while (l->context && zmq_ctx_term(l->context) < 0 && errno == EINTR)
        ;
    free(l);
    return NULL;
}

int zmq_link_fd(const struct zmq_link *l) {
    int fd = -1;
    size_t size = sizeof fd;
    if (!l->socket || zmq_getsockopt(l->socket, ZMQ_FD, &fd, &size) < 0)
        return -1;
    return fd;
}

int zmq_link_attach(struct zmq_link *l, struct loop *loop) {
    int r = loop_watch_add(loop, &l->watch, zmq_link_fd(l), EPOLLIN);
    if (r < 0)
        return r;
    l->loop = loop;
    loop_defer(loop, &l->look_soon);
    return 0;
}

void zmq_link_detach(struct zmq_link *l) {
    if (!l->loop)
        return;
    loop_watch_remove(l->loop, &l->watch);
    loop_defer_cancel(&l->look_soon);
    l->loop = NULL;
}

int zmq_link_reconnect(struct zmq_link *l, struct error *err) {
    struct loop *loop = l->loop;
    zmq_link_detach(l);
    close_socket(l);
    int r = open_socket(l, l->ipv6);
    r = r == 0 && loop ? zmq_link_attach(l, loop) : r;
    return r < 0 ? error_set(err, r, "%s: %s", l->address, zmq_strerror(-r)) : 0;
}

int zmq_link_port(const struct zmq_link *l) {
    char endpoint[ADDRESS_MAX];
    size_t size = sizeof endpoint;
    const char *colon;
    int64_t port = 0;
    if (!l->socket || zmq_getsockopt(l->socket, ZMQ_LAST_ENDPOINT, endpoint, &size) < 0 ||
        !(colon = strrchr(endpoint, ':')))
        return 0;
    return view_to_i64(view_of_cstr(colon + 1), &port) ? (int)port : 0;
}

uint64_t zmq_link_dropped(const struct zmq_link *l) {
    return l->dropped;
}
