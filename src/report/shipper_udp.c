/* Lines as datagrams (StatsD). The name is looked up once; a socket that is connected hears from the other
 * machine when nobody listens. */
#include "report/shipper_priv.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
    BURST = 32,
    BURST_PAUSE_US = 1000
}; /* a receiver's buffer is small, and nobody tells when it overflows */

static void count_datagram(struct shipper *s, struct view lines, int error) {
    char why[ERROR_TEXT_MAX / 4], text[128];
    uint64_t n = 0;
    for (size_t i = 0; i < lines.len; i++)
        n += lines.ptr[i] == '\n';
    n = n < s->current->points ? n : s->current->points;
    s->current->points -= n;
    snprintf(why, sizeof why, "datagrams did not arrive: %s", failure_errno_text(error, text, sizeof text));
    shipper_count_lost(s, n, why);
}

/* As many whole lines as fit; a line that is longer goes alone. */
static size_t datagram_length(struct view rest) {
    size_t end = 0;
    for (size_t i = 0; i < rest.len && (i < SHIPPER_DATAGRAM_MAX || !end); i++)
        if (rest.ptr[i] == '\n')
            end = i + 1;
    return end ? end : rest.len;
}

static void send_all(struct shipper *s) {
    struct view rest = view_of(s->current->bytes, s->current->len);
    for (int burst = 0; rest.len; burst++) {
        struct view one = view_take(rest, datagram_length(rest));
        rest = view_drop(rest, one.len);
        if (burst && burst % BURST == 0)
            usleep(BURST_PAUSE_US);
        ssize_t n = send(s->udp_fd, one.ptr, one.len, MSG_NOSIGNAL);
        if (n < 0 && errno == ECONNREFUSED) { /* that was an earlier one; this one was not sent */
            count_datagram(s, one, errno);
            n = send(s->udp_fd, one.ptr, one.len, MSG_NOSIGNAL);
        } else if (n < 0) {
            count_datagram(s, one, errno);
        }
    }
    int error = 0;
    socklen_t len = sizeof error;
    if (getsockopt(s->udp_fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error)
        count_datagram(s,
            view_of(s->current->bytes, datagram_length(view_of(s->current->bytes, s->current->len))), error);
    shipper_delivered(s);
}

/* "host:port", "[v6]:port" */
static bool split(struct view text, struct view *host, uint16_t *port) {
    uint64_t number;
    size_t end = text.len;
    while (end && text.ptr[end - 1] != ':')
        end--;
    if (end < 2 || !view_to_u64(view_drop(text, end), &number) || number == 0 || number > UINT16_MAX)
        return false;
    *host = view_take(text, end - 1);
    *port = (uint16_t)number;
    if (host->len > 2 && host->ptr[0] == '[' && host->ptr[host->len - 1] == ']')
        *host = view_of(host->ptr + 1, host->len - 2);
    return true;
}

static void connect_and_send(struct shipper *s, const struct address *ip) {
    struct address a = *ip;
    char why[ERROR_TEXT_MAX / 4], text[128];
    struct view host;
    uint16_t port = 0;
    (void)split(s->o.udp, &host, &port);
    address_set_port(&a, port);
    s->udp_fd = socket(a.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (s->udp_fd < 0 || connect(s->udp_fd, &a.sa, address_length(&a)) < 0) {
        snprintf(why, sizeof why, "no connection: %s", failure_errno_text(errno, text, sizeof text));
        shipper_failed(s, true, why);
        return;
    }
    send_all(s);
}

static void on_found(struct lookup *l, const struct address *a, const struct failure *f) {
    struct shipper *s = CONTAINER_OF(l, struct shipper, lookup);
    s->looking = false;
    if (a)
        connect_and_send(s, a);
    else
        shipper_failed(s, true, f->text);
}

void shipper_udp_start(struct shipper *s) {
    struct view host;
    uint16_t port;
    struct address a;
    struct failure f;
    if (s->udp_fd >= 0) {
        send_all(s);
        return;
    }
    (void)split(s->o.udp, &host, &port);
    s->lookup.done = on_found;
    int r = resolver_lookup(s->resolver, host, &s->lookup, &a, &f);
    s->looking = r == RESOLVER_WAIT;
    if (r == RESOLVER_FOUND)
        connect_and_send(s, &a);
    else if (r == RESOLVER_FAILED)
        shipper_failed(s, true, f.text);
}

int shipper_udp_init(struct shipper *s, struct error *err) {
    struct view host;
    uint16_t port;
    if (!split(s->o.udp, &host, &port))
        return error_set(err, ERROR_INVALID, "the address '%.*s' must be host:port", VIEW_ARGS(s->o.udp));
    return resolver_new(&s->resolver, s->loop, &(struct resolver_options){.ttl_us = -1});
}

void shipper_udp_deinit(struct shipper *s) {
    if (s->looking)
        resolver_cancel(&s->lookup);
    s->looking = false;
    if (s->resolver)
        resolver_free(s->resolver);
    s->resolver = NULL;
    if (s->udp_fd >= 0)
        close(s->udp_fd);
    s->udp_fd = -1;
}
