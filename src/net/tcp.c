/* One send or recv per call; EINTR is retried, EAGAIN is STREAM_WANT_*. The sentences are Go's: "dial tcp ADDRESS: connect: …",
 * "read tcp LOCAL->REMOTE: read: …". */
#include "net/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

enum { TCP_KEEP_ALIVE_S = 30 };

static const struct {
    int os_error;
    enum net_fault dial, io;
} faults[] = {
    {ECONNREFUSED, NET_FAULT_DIAL_REFUSED, NET_FAULT_TCP_ERRNO},
    {ETIMEDOUT, NET_FAULT_DIAL_TIMEOUT, NET_FAULT_TCP_ERRNO},
    {ECONNRESET, NET_FAULT_RESET, NET_FAULT_RESET},
    {EPIPE, NET_FAULT_DIAL_ERRNO, NET_FAULT_BROKEN_PIPE},
    {EADDRNOTAVAIL, NET_FAULT_NO_PORTS, NET_FAULT_TCP_ERRNO},
    {EADDRINUSE, NET_FAULT_NO_PORTS, NET_FAULT_TCP_ERRNO},
    {EMFILE, NET_FAULT_NO_DESCRIPTORS, NET_FAULT_TCP_ERRNO},
    {ENFILE, NET_FAULT_NO_DESCRIPTORS, NET_FAULT_TCP_ERRNO},
};

static enum net_fault fault_of(int os_error, bool dial) {
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (faults[i].os_error == os_error)
            return dial ? faults[i].dial : faults[i].io;
    return dial ? NET_FAULT_DIAL_ERRNO : NET_FAULT_TCP_ERRNO;
}

static int dial_failed(const struct tcp *t, const char *call, int os_error, struct failure *f) {
    char to[ADDRESS_TEXT_MAX], why[64];

    failure_set(f, fault_of(os_error, true), os_error, "dial tcp %s: %s: %s", address_format(&t->remote, to), call,
                failure_errno_text(os_error, why, sizeof why));
    return STREAM_FAILED;
}

static int io_failed(const struct tcp *t, const char *call, int os_error, struct failure *f) {
    char from[ADDRESS_TEXT_MAX] = "?", to[ADDRESS_TEXT_MAX], why[64];
    struct address local = {0};
    socklen_t len = sizeof local;

    if (getsockname(t->fd, &local.sa, &len) == 0)
        address_format(&local, from);
    failure_set(f, fault_of(os_error, false), os_error, "%s tcp %s->%s: %s: %s", call, from, address_format(&t->remote, to), call,
                failure_errno_text(os_error, why, sizeof why));
    return STREAM_FAILED;
}

/* On a machine where nobody listens, a dial to a port of the ephemeral range can be given that very port as its own, and then the
 * socket is connected with itself. */
static bool is_connected_to_itself(const struct tcp *t) {
    struct address local = {0};
    socklen_t len = sizeof local;

    if (getsockname(t->fd, &local.sa, &len) < 0 || address_port(&local) != address_port(&t->remote) || local.sa.sa_family != t->remote.sa.sa_family)
        return false;
    if (address_is_v6(&local))
        return IN6_ARE_ADDR_EQUAL(&local.v6.sin6_addr, &t->remote.v6.sin6_addr);
    return local.v4.sin_addr.s_addr == t->remote.v4.sin_addr.s_addr;
}

static int tcp_open(struct stream *s, struct failure *f) {
    struct tcp *t = (struct tcp *)s;
    int os_error = 0;
    socklen_t len = sizeof os_error;

    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &os_error, &len) < 0)
        os_error = errno;
    if (!os_error && is_connected_to_itself(t))
        os_error = ECONNREFUSED;
    return os_error ? dial_failed(t, "connect", os_error, f) : 1;
}

static ssize_t tcp_read(struct stream *s, void *to, size_t len, struct failure *f) {
    struct tcp *t = (struct tcp *)s;
    ssize_t n;

    do
        n = recv(t->fd, to, len, 0);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        *t->received += (uint64_t)n;
    if (n >= 0)
        return n;
    return errno == EAGAIN ? STREAM_WANT_READ : io_failed(t, "read", errno, f);
}

static ssize_t tcp_write(struct stream *s, const struct iovec *parts, int count, struct failure *f) {
    struct tcp *t = (struct tcp *)s;
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)count};
    ssize_t n;

    do
        n = count == 1 ? send(t->fd, parts->iov_base, parts->iov_len, MSG_NOSIGNAL) : sendmsg(t->fd, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    if (n >= 0) {
        *t->sent += (uint64_t)n;
        return n;
    }
    return errno == EAGAIN ? STREAM_WANT_WRITE : io_failed(t, "write", errno, f);
}

static void tcp_close(struct stream *s) {
    struct tcp *t = (struct tcp *)s;

    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

static const struct stream_ops tcp_ops = {.open = tcp_open, .read = tcp_read, .write = tcp_write, .close = tcp_close};

void tcp_init(struct tcp *t, uint64_t *sent, uint64_t *received) {
    *t = (struct tcp){.base = {.ops = &tcp_ops}, .fd = -1, .sent = sent, .received = received};
}

int tcp_connect(struct tcp *t, const struct address *to, const struct address *local, struct failure *f) {
    int on = 1, seconds = TCP_KEEP_ALIVE_S;

    t->remote = *to;
    t->fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0)
        return dial_failed(t, "socket", errno, f);
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(t->fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
    (void)setsockopt(t->fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    if (local) {
        (void)setsockopt(t->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
        if (bind(t->fd, &local->sa, address_length(local)) < 0)
            return dial_failed(t, "bind", errno, f);
    }
    int r;
    do
        r = connect(t->fd, &to->sa, address_length(to));
    while (r < 0 && errno == EINTR);
    return r == 0 || errno == EINPROGRESS ? 0 : dial_failed(t, "connect", errno, f);
}
