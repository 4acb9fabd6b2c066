/* The request goes out in one write where the socket takes it; what remains is copied (the head) or kept by reference (the body)
 * and EPOLLOUT asked for. Responses are read into the client's shared buffer: a head that is complete there is copied once
 * into the arena and parsed; only a head in pieces is collected in `partial`. Body bytes are stored by body.c.
 *
 * A plain socket is read once per event, unless the buffer came back full; TLS until it wants more, because it may have
 * read ahead.
 *
 * The exchange ends exactly once: by finish (the connection goes to the pool, or is closed) or by exchange_fail. After ended()
 * nothing is touched any more: the callee may have freed everything. */
#include "net/exchange.h"

#include "net/pool.h"

#include <errno.h>
#include <stdio.h>

static struct http_client *client_of(const struct exchange *x) {
    return x->connection->session->client;
}

static int64_t now_us(const struct exchange *x) {
    return loop_refresh_us(client_of(x)->loop);
}

/* --- the end --- */

static void note_failure(struct exchange *x, const struct failure *f) {
    static struct failure no_memory = {.fault = NET_FAULT_OUT_OF_MEMORY, .text = "out of memory"};

    x->failure = arena_alloc(x->arena, sizeof *f);
    if (x->failure)
        *x->failure = *f;
    else
        x->failure = &no_memory;
}

void exchange_fail(struct exchange *x, const struct failure *f) {
    x->timing->done_us = now_us(x);
    note_failure(x, f);
    x->connection = connection_free(x->connection);
    buf_deinit(&x->partial);
    x->ended(x);
}

static void fail_with(struct exchange *x, enum net_fault fault, const char *text) {
    struct failure f;

    failure_set(&f, fault, 0, "%s", text);
    exchange_fail(x, &f);
}

static void finish(struct exchange *x) {
    struct connection *c = x->connection;
    bool sent_all = x->head_rest.len == 0 && x->body_rest.len == 0;
    bool reuse = sent_all && !x->surplus && !x->close_after && !x->head.close && x->body.kind != BODY_UNTIL_CLOSE;

    x->timing->done_us = now_us(x);
    x->connection = NULL;
    buf_deinit(&x->partial);
    if (reuse && connection_want(c, false) == 0)
        pool_give(c);
    else
        connection_free(c);
    x->ended(x);
}

/* --- the request --- */

/* 0 when all is written or the rest must wait, STREAM_FAILED otherwise. */
static int write_some(struct exchange *x, struct failure *f) {
    while (x->head_rest.len > 0 || x->body_rest.len > 0) {
        struct iovec parts[2];
        int n = 0;
        if (x->head_rest.len > 0)
            parts[n++] = (struct iovec){(void *)(uintptr_t)x->head_rest.ptr, x->head_rest.len};
        if (x->body_rest.len > 0)
            parts[n++] = (struct iovec){(void *)(uintptr_t)x->body_rest.ptr, x->body_rest.len};
        ssize_t r = stream_write(x->connection->top, parts, n, f);
        if (r == STREAM_FAILED)
            return STREAM_FAILED;
        if (r < 0)
            return 0;
        x->written = true;
        size_t of_head = (size_t)r < x->head_rest.len ? (size_t)r : x->head_rest.len;
        x->head_rest = view_drop(x->head_rest, of_head);
        x->body_rest = view_drop(x->body_rest, (size_t)r - of_head);
    }
    x->timing->sent_us = now_us(x);
    return 0;
}

static bool unsent(const struct exchange *x) {
    return x->head_rest.len > 0 || x->body_rest.len > 0;
}

/* --- the response --- */

static void fail_head(struct exchange *x, int r, const char *why) {
    struct failure f;
    enum net_fault fault = r == ERROR_LIMIT ? NET_FAULT_PROTOCOL_HEADERS_LIMIT : r == -ENOMEM ? NET_FAULT_OUT_OF_MEMORY : NET_FAULT_PROTOCOL;

    failure_set(&f, fault, 0, "net/http: HTTP/1.x transport connection broken: %s", why);
    exchange_fail(x, &f);
}

static void fail_head_limit(struct exchange *x) {
    char why[100];

    snprintf(why, sizeof why, "net/http: server response headers exceeded %d bytes; aborted", HTTP_HEADER_BYTES_MAX);
    fail_head(x, ERROR_LIMIT, why);
}

static void fail_body(struct exchange *x, int r, const char *why) {
    if (r == ERROR_LIMIT && x->body.kind == BODY_CHUNKED && x->body.chunked.state != CHUNKED_DATA)
        fail_with(x, NET_FAULT_PROTOCOL, "http: chunk line or trailer too long");
    else if (r == ERROR_LIMIT)
        fail_with(x, NET_FAULT_BODY_LIMIT, "the response body is larger than the limit");
    else if (r == -ENOMEM)
        fail_with(x, NET_FAULT_OUT_OF_MEMORY, "out of memory");
    else
        fail_with(x, NET_FAULT_PROTOCOL, why);
}

/* The next three return false when the exchange has ended. */

static bool take_body(struct exchange *x, struct view in) {
    struct error err = {.code = 0};
    size_t used;
    int r = body_feed(&x->body, in, &used, &err);

    if (r < 0) {
        fail_body(x, r, err.text);
        return false;
    }
    if (!x->body.done)
        return true;
    x->surplus = used < in.len;
    finish(x);
    return false;
}

/* Parses the head (a view of complete bytes); *informational: a 1xx, the head of the real answer is to come. */
static bool take_head(struct exchange *x, struct view head, bool *informational) {
    struct error err;
    struct view copy = arena_copy(x->arena, head);

    *informational = false;
    int r = copy.ptr ? http_head_parse(copy, x->arena, &x->head, &err) : error_set(&err, -ENOMEM, "out of memory");
    if (r < 0) {
        x->head = (struct http_head){0};
        fail_head(x, r, err.text);
        return false;
    }
    if (x->head.status == 101) {
        fail_with(x, NET_FAULT_PROTOCOL, "unsupported response status: 101 Switching Protocols");
        return false;
    }
    if (x->head.status < 200) {
        x->head = (struct http_head){0};
        *informational = true;
        if (++x->informational <= HTTP_INFORMATIONAL_MAX)
            return true;
        fail_head(x, ERROR_SYNTAX, "net/http: too many 1xx informational responses");
        return false;
    }
    x->head_done = true;
    r = body_init(&x->body, &x->head, x->head_request, x->discard_body, client_of(x)->options.body_bytes_max, x->arena);
    if (r < 0)
        fail_body(x, r, "");
    return r == 0;
}

/* Looks for a head in `in` (or in what came before plus `in`); *used: how much of `in` belongs to it. */
static bool seek_head(struct exchange *x, struct view in, size_t *used) {
    size_t before = x->partial.len;
    struct view bytes = in;
    bool informational;

    *used = in.len;
    if (before > 0) {
        if (buf_append_view(&x->partial, in) < 0) {
            fail_head_limit(x);
            return false;
        }
        bytes = buf_view(&x->partial);
    }
    size_t len = http_head_length(bytes, &x->scanned);
    if (len == 0) {
        if (before == 0 && buf_append_view(&x->partial, in) < 0) {
            fail_head_limit(x);
            return false;
        }
        return true;
    }
    *used = len - before;
    x->scanned = 0;
    if (!take_head(x, view_take(bytes, len), &informational))
        return false;
    buf_clear(&x->partial);
    return true;
}

static bool take(struct exchange *x, struct view in) {
    while (!x->head_done && in.len > 0) {
        size_t used;
        if (!seek_head(x, in, &used))
            return false;
        in = view_drop(in, used);
    }
    return !x->head_done || take_body(x, in);
}

/* How Go words an end in the middle: by how far it had come. */
static void fail_early_end(struct exchange *x) {
    struct failure f;
    char quoted[200];
    struct view rest = buf_view(&x->partial), line = rest;

    if (!x->answered) {
        fail_with(x, NET_FAULT_EOF_EARLY, "EOF");
        return;
    }
    if (x->head_done) {
        fail_with(x, NET_FAULT_EOF_EARLY, "unexpected EOF");
        return;
    }
    size_t lines = 0;
    while (rest.ptr) {
        line = view_cut(&rest, '\n', NULL);
        lines++;
    }
    if (lines > 1 && line.len > 0 && view_find(line, ':') < 0)
        failure_set(&f, NET_FAULT_EOF_EARLY, 0, "net/http: HTTP/1.x transport connection broken: malformed MIME header: missing colon: %s",
                    failure_quote(line, quoted, sizeof quoted));
    else
        failure_set(&f, NET_FAULT_EOF_EARLY, 0, "net/http: HTTP/1.x transport connection broken: unexpected EOF");
    exchange_fail(x, &f);
}

static void take_eof(struct exchange *x) {
    if (!x->head_done || body_end(&x->body) < 0)
        fail_early_end(x);
    else
        finish(x);
}

static void read_some(struct exchange *x) {
    struct http_client *client = client_of(x);
    bool plain = x->connection->top == &x->connection->tcp.base;
    struct failure f;

    for (int i = 0; !plain || i < HTTP_READS_PER_EVENT_MAX; i++) {
        ssize_t n = stream_read(x->connection->top, client->in, sizeof client->in, &f);
        if (n == STREAM_WANT_READ || n == STREAM_WANT_WRITE)
            return;
        if (n == STREAM_FAILED) {
            exchange_fail(x, &f);
            return;
        }
        if (n == STREAM_EOF) {
            take_eof(x);
            return;
        }
        x->heard_us = now_us(x);
        if (!x->answered) {
            x->answered = true;
            x->timing->first_byte_us = x->heard_us;
        }
        if (!take(x, view_of(client->in, (size_t)n)))
            return;
        if (x->came && x->head_done)
            x->came(x);
        if (plain && (size_t)n < sizeof client->in)
            return;
    }
}

static void on_ready(struct connection *c, uint32_t events) {
    struct exchange *x = c->user_data;
    struct failure f;

    if ((events & EPOLLOUT) && unsent(x)) {
        if (write_some(x, &f) < 0) {
            /* A server may answer (413, say) and close before it has read everything: its answer counts. */
            x->head_rest = x->body_rest = VIEW_NULL;
            x->close_after = true;
            if (!(events & EPOLLIN)) {
                exchange_fail(x, &f);
                return;
            }
        }
        if (connection_want(c, unsent(x)) < 0) {
            fail_with(x, NET_FAULT_GENERIC, "epoll_ctl failed");
            return;
        }
    }
    if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        read_some(x);
}

static const struct connection_user exchange_user = {.ready = on_ready};

void exchange_start(struct exchange *x, struct connection *c, struct view head, struct view body) {
    struct failure f;

    x->connection = c;
    x->partial = BUF_MAX(HTTP_HEADER_BYTES_MAX);
    x->head_rest = head;
    x->body_rest = body;
    c->user = &exchange_user;
    c->user_data = x;
    c->uses++;
    if (write_some(x, &f) < 0) {
        exchange_fail(x, &f);
        return;
    }
    if (!unsent(x))
        return;
    if (x->head_rest.len > 0)
        x->head_rest = arena_copy(x->arena, x->head_rest);
    if ((x->head_rest.len > 0 && !x->head_rest.ptr) || connection_want(c, true) < 0)
        fail_with(x, NET_FAULT_OUT_OF_MEMORY, "out of memory");
}

void exchange_deinit(struct exchange *x) {
    x->connection = connection_free(x->connection);
    buf_deinit(&x->partial);
    body_deinit(&x->body);
}
