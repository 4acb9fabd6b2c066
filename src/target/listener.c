/* Several processes listen on one port with SO_REUSEPORT, each on its own socket, and the kernel spreads
 * connections over them. That option would also let a second backend of the same user join in silently,
 * taking half of the connections: so the port is first bound without it, which fails if anybody listens. */
#include "target/listener.h"
#include "core/view.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

enum { LISTENER_HOST_MAX = 256, LISTENER_PORT_MAX = 65535 };

static int listener_split(struct view text, char host[LISTENER_HOST_MAX], struct view *port) {
    struct view name = VIEW("127.0.0.1");
    ptrdiff_t colon = -1;

    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == ':')
            colon = (ptrdiff_t)i;
    *port = view_drop(text, (size_t)(colon + 1));
    if (colon > 0)
        name = view_take(text, (size_t)colon);
    if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = view_of(name.ptr + 1, name.len - 2);
    if (name.len >= LISTENER_HOST_MAX)
        return ERROR_LIMIT;
    memcpy(host, name.ptr, name.len);
    host[name.len] = '\0';
    return 0;
}

static void listener_set_port(struct listener *a, uint16_t port) {
    if (a->sa.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&a->sa)->sin6_port = htons(port);
    else
        ((struct sockaddr_in *)&a->sa)->sin_port = htons(port);
}

int listener_parse(struct listener *a, const char *text, struct error *err) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE},
                    *found = NULL;
    char host[LISTENER_HOST_MAX];
    struct view port_text;
    uint64_t port;

    *a = (struct listener){.len = 0};
    if (listener_split(view_of_cstr(text), host, &port_text) || !view_to_u64(port_text, &port) ||
        port > LISTENER_PORT_MAX)
        return error_set(
            err, ERROR_SYNTAX, "\"%s\" is not an address to listen on; write it like 127.0.0.1:6400", text);
    int rc = getaddrinfo(host, NULL, &hints, &found);
    if (rc)
        return error_set(err, ERROR_INVALID, "cannot listen on \"%s\": %s", text, gai_strerror(rc));
    memcpy(&a->sa, found->ai_addr, found->ai_addrlen);
    a->len = found->ai_addrlen;
    freeaddrinfo(found);
    listener_set_port(a, (uint16_t)port);
    return 0;
}

char *listener_format(const struct sockaddr *sa, char out[LISTENER_TEXT_MAX]) {
    socklen_t len = sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    char host[INET6_ADDRSTRLEN + 1] = "?", port[8] = "0";
    bool v6 = sa->sa_family == AF_INET6;

    (void)getnameinfo(sa, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(out, LISTENER_TEXT_MAX, "%s%s%s:%s", v6 ? "[" : "", host, v6 ? "]" : "", port);
    return out;
}

static int listener_bind(const struct listener *a, bool shared) {
    int on = 1;
    int fd = socket(a->sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        (shared && setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on)) ||
        (a->sa.ss_family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on)) ||
        bind(fd, (const struct sockaddr *)&a->sa, a->len)) {
        int rc = -errno;
        close(fd);
        return rc;
    }
    return fd;
}

static int listener_refused(const struct listener *a, int rc, struct error *err) {
    char text[LISTENER_TEXT_MAX];
    listener_format((const struct sockaddr *)&a->sa, text);
    const char *port = strrchr(text, ':') + 1;

    if (rc == -EADDRINUSE)
        return error_set(err, rc,
            "%s is in use. Stop what listens there (ss -ltnp 'sport = :%s' names it), or choose another "
            "port with --listen (port 0 picks a free one)",
            text, port);
    if (rc == -EACCES)
        return error_set(
            err, rc, "not allowed to listen on %s; choose a port above 1023 with --listen", text);
    if (rc == -EADDRNOTAVAIL)
        return error_set(err, rc, "%s is not an address of this machine; see: ip address", text);
    return error_set(err, rc, "cannot listen on %s: %s", text, error_name(rc));
}

int listener_reserve(struct listener *a, struct error *err) {
    int fd = listener_bind(a, false);
    if (fd < 0)
        return listener_refused(a, fd, err);
    if (getsockname(fd, (struct sockaddr *)&a->sa, &a->len)) {
        close(fd);
        return listener_refused(a, -errno, err);
    }
    close(fd);
    fd = listener_bind(a, true);
    return fd < 0 ? listener_refused(a, fd, err) : fd;
}

int listener_open(const struct listener *a, int backlog, struct error *err) {
    int fd = listener_bind(a, true);
    if (fd >= 0 && listen(fd, backlog)) {
        int rc = -errno;
        close(fd);
        fd = rc;
    }
    return fd < 0 ? listener_refused(a, fd, err) : fd;
}
