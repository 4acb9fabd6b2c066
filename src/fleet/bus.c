/* Reading: bytes are gathered in one buffer; every complete frame is handed on, then the buffer is cut once. The handler may free the
 * bus, so after each message the bus is looked at only through a stack flag. Writing: what the socket does not take at once waits in
 * a buffer for EPOLLOUT; a writer that is far ahead (BUS_QUEUE_HIGH) waits in poll(2) for the reader, which is the back pressure. */
#include "fleet/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME_HEAD = 5, READ_STEP = 64 * 1024 };

struct bus {
    struct loop *loop; /* NULL over a wire */
    struct loop_watch watch;
    struct bus_wire wire;
    struct bus_ops ops;
    void *ctx;
    struct buf in, out;
    size_t out_done; /* bytes at the front of out that were written */
    bool closed;
    bool *freed;     /* set while handing on messages */
};

static void bus_close(struct bus *b, int error) {
    if (b->closed)
        return;
    b->closed = true;
    if (b->loop)
        loop_watch_remove(b->loop, &b->watch);
    b->ops.closed(b->ctx, error);
}

static uint32_t frame_length(const char *p) {
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] | (uint32_t)u[1] << 8 | (uint32_t)u[2] << 16 | (uint32_t)u[3] << 24;
}

/* Returns false when b is gone. */
static bool hand_on(struct bus *b) {
    size_t at = 0;
    bool freed = false;
    b->freed = &freed;
    while (b->in.len - at >= FRAME_HEAD) {
        uint32_t length = frame_length(b->in.ptr + at);
        if (length == 0 || length > BUS_FRAME_MAX) {
            b->freed = NULL;
            bus_close(b, ERROR_LIMIT);
            return false;
        }
        if (b->in.len - at < 4 + (size_t)length)
            break;
        unsigned kind = (unsigned char)b->in.ptr[at + 4];
        struct view body = view_of(b->in.ptr + at + FRAME_HEAD, length - 1);
        at += 4 + (size_t)length;
        b->ops.message(b->ctx, kind, body);
        if (freed)
            return false;
    }
    b->freed = NULL;
    buf_consume(&b->in, at);
    buf_shrink(&b->in, 1024 * 1024);
    return true;
}

static void bus_read(struct bus *b) {
    for (int i = 0; i < 16; i++) { /* bounded, so that one talkative worker does not starve the others */
        int r = buf_reserve(&b->in, READ_STEP);
        if (r < 0) {
            bus_close(b, r);
            return;
        }
        ssize_t n = recv(b->watch.fd, b->in.ptr + b->in.len, b->in.cap - b->in.len - 1, MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0) {
            bus_close(b, n < 0 ? -errno : 0);
            return;
        }
        b->in.len += (size_t)n;
        if (!hand_on(b) || b->closed)
            return;
    }
}

static int bus_write(struct bus *b) {
    while (b->out_done < b->out.len) {
        ssize_t n = send(b->watch.fd, b->out.ptr + b->out_done, b->out.len - b->out_done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return loop_watch_change(b->loop, &b->watch, EPOLLIN | EPOLLOUT);
        if (n < 0)
            return -errno;
        b->out_done += (size_t)n;
    }
    buf_clear(&b->out);
    buf_shrink(&b->out, 1024 * 1024);
    b->out_done = 0;
    return loop_watch_change(b->loop, &b->watch, EPOLLIN);
}

static void bus_ready(struct loop_watch *w, uint32_t events) {
    struct bus *b = CONTAINER_OF(w, struct bus, watch);
    if (events & EPOLLOUT)
        (void)!bus_write(b); /* an error shows up as the end of reading */
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        bus_read(b);
}

int bus_new(struct bus **out, struct loop *loop, int fd, const struct bus_ops *ops, void *ctx) {
    struct bus *b = calloc(1, sizeof *b);
    if (!b)
        return -ENOMEM;
    b->loop = loop;
    b->ops = *ops;
    b->ctx = ctx;
    b->watch = LOOP_WATCH_NULL;
    b->watch.ready = bus_ready;
    buf_init(&b->in, (size_t)BUS_FRAME_MAX + 2 * READ_STEP);
    buf_init(&b->out, BUS_QUEUE_MAX);
    int r = loop_watch_add(loop, &b->watch, fd, EPOLLIN);
    if (r < 0) {
        free(b);
        return r;
    }
    *out = b;
    return 0;
}

int bus_new_wire(struct bus **out, const struct bus_wire *wire, const struct bus_ops *ops, void *ctx) {
    struct bus *b = calloc(1, sizeof *b);
    if (!b)
        return -ENOMEM;
    b->wire = *wire;
    b->ops = *ops;
    b->ctx = ctx;
    b->watch = LOOP_WATCH_NULL;
    buf_init(&b->in, (size_t)BUS_FRAME_MAX + 2 * READ_STEP);
    buf_init(&b->out, BUS_QUEUE_MAX);
    *out = b;
    return 0;
}

void bus_feed(struct bus *b, struct view bytes) {
    if (b->closed)
        return;
    int r = buf_append_view(&b->in, bytes);
    if (r < 0)
        bus_close(b, r);
    else
        (void)hand_on(b);
}

void bus_feed_anew(struct bus *b) {
    buf_clear(&b->in);
}

struct bus *bus_free(struct bus *b) {
    if (!b)
        return NULL;
    if (b->freed)
        *b->freed = true;
    int fd = b->watch.fd;
    if (b->loop)
        loop_watch_remove(b->loop, &b->watch);
    if (fd >= 0)
        close(fd);
    buf_deinit(&b->in);
    buf_deinit(&b->out);
    free(b);
    return NULL;
}

void bus_flush(struct bus *b) {
    while (b->loop && !b->closed && b->out_done < b->out.len) {
        struct pollfd p = {.fd = b->watch.fd, .events = POLLOUT};
        if (poll(&p, 1, -1) < 0 && errno != EINTR)
            return;
        if ((p.revents & (POLLERR | POLLHUP)) || bus_write(b) < 0)
            return;
    }
}

int bus_send(struct bus *b, unsigned kind, struct view body) {
    if (b->closed)
        return 0;
    if (body.len >= BUS_FRAME_MAX)
        return ERROR_LIMIT;
    uint32_t length = (uint32_t)body.len + 1;
    char head[FRAME_HEAD] = {(char)length, (char)(length >> 8), (char)(length >> 16), (char)(length >> 24), (char)kind};
    if (bus_queued(b) > BUS_QUEUE_HIGH)
        bus_flush(b);
    int r = buf_reserve(&b->out, FRAME_HEAD + body.len);
    if (r == 0)
        r = buf_append(&b->out, head, FRAME_HEAD);
    if (r == 0)
        r = buf_append_view(&b->out, body);
    if (r < 0)
        return r;
    if (b->wire.write) {
        r = b->wire.write(b->wire.ctx, buf_view(&b->out));
        buf_clear(&b->out);
        buf_shrink(&b->out, 1024 * 1024);
        return r;
    }
    (void)!bus_write(b); /* an error shows up as the end of reading */
    return 0;
}

size_t bus_queued(const struct bus *b) { return b->out.len - b->out_done; }
