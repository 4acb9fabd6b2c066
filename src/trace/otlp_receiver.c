/* MHD calls on_request when the headers are there, for each piece of the body, and once more at the end. What is wrong is decided as
 * early as possible and answered at the end, since senders do not read before they have written. */
#include "trace/otlp_receiver.h"

#include "core/buf.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, INFLATE_PIECE = 64 * 1024, HOST_MAX = 64, URL_MAX = OTLP_RECEIVER_ADDRESS_MAX + 16 };

struct otlp_receiver {
    struct otlp_receiver_options o;
    char token[OTLP_RECEIVER_TOKEN_MAX], url[URL_MAX];
    int fd;
    struct MHD_Daemon *daemon;
    size_t together; /* only the daemon's thread comes here … */
    pthread_mutex_t lock;
    struct otlp_receiver_counts counts; /* … this is read by others */
};

struct call {
    struct buf body;
    enum otlp_signal signal;
    bool json, gzip, ignored;
    unsigned status; /* 0 = fine so far */
    const char *why;
    bool started;
};

/* --- gzip --- */

int otlp_gunzip(struct view packed, struct buf *out) {
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.ptr, .avail_in = (uInt)packed.len};
    int rc = packed.len > UINT32_MAX ? ERROR_LIMIT : inflateInit2(&z, GZIP_WINDOW) == Z_OK ? 0 : -ENOMEM;

    if (rc < 0)
        return rc;
    for (int z_rc = Z_OK; rc == 0 && z_rc != Z_STREAM_END;) {
        size_t room = out->max > out->len ? out->max - out->len : 0;
        size_t piece = room < INFLATE_PIECE ? room : INFLATE_PIECE;
        rc = piece ? buf_reserve(out, piece) : ERROR_LIMIT;
        if (rc < 0)
            break;
        z.next_out = (Bytef *)(out->ptr + out->len);
        z.avail_out = (uInt)piece;
        z_rc = inflate(&z, Z_NO_FLUSH);
        out->len += piece - z.avail_out;
        if (z_rc != Z_OK && z_rc != Z_STREAM_END)
            rc = z_rc == Z_MEM_ERROR ? -ENOMEM : ERROR_SYNTAX; /* Z_BUF_ERROR: it is not all there */
    }
    inflateEnd(&z);
    return rc;
}

/* --- one request --- */

static struct view header_of(struct MHD_Connection *c, const char *name) {
    return view_of_cstr(MHD_lookup_connection_value(c, MHD_HEADER_KIND, name));
}

/* In the same time wherever they differ. */
static bool same_text(struct view a, struct view b) {
    unsigned difference = a.len != b.len;

    for (size_t i = 0; i < a.len && b.len; i++)
        difference |= (unsigned)(unsigned char)a.ptr[i] ^ (unsigned char)b.ptr[i % b.len];
    return difference == 0;
}

static bool has_token(const struct otlp_receiver *r, struct MHD_Connection *c) {
    struct view given = header_of(c, MHD_HTTP_HEADER_AUTHORIZATION);

    if (!r->token[0])
        return true;
    return view_eq_nocase(view_take(given, 7), VIEW("Bearer ")) && same_text(view_trim(view_drop(given, 7)), view_of_cstr(r->token));
}

static void refuse(struct call *call, unsigned status, const char *why) {
    if (call->status)
        return;
    call->status = status;
    call->why = why;
    buf_deinit(&call->body);
}

static void read_head(const struct otlp_receiver *r, struct call *call, struct MHD_Connection *c, const char *url, const char *method) {
    struct view type = header_of(c, MHD_HTTP_HEADER_CONTENT_TYPE), encoding = header_of(c, MHD_HTTP_HEADER_CONTENT_ENCODING);
    struct view path = view_of_cstr(url);
    uint64_t length = 0;

    type = view_trim(view_cut(&type, ';', NULL));
    call->json = view_eq_nocase(type, VIEW("application/json"));
    call->gzip = view_eq_nocase(encoding, VIEW("gzip"));
    call->ignored = view_eq(path, VIEW("/v1/metrics"));
    call->signal = view_eq(path, VIEW("/v1/logs")) ? OTLP_LOGS : OTLP_TRACES;
    if (!has_token(r, c))
        refuse(call, MHD_HTTP_UNAUTHORIZED, "a token is needed: OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20TOKEN");
    else if (!call->ignored && !view_eq(path, VIEW("/v1/traces")) && !view_eq(path, VIEW("/v1/logs")))
        refuse(call, MHD_HTTP_NOT_FOUND, "spans go to /v1/traces, log records to /v1/logs");
    else if (strcmp(method, MHD_HTTP_METHOD_POST) != 0)
        refuse(call, MHD_HTTP_METHOD_NOT_ALLOWED, "this takes POST");
    else if (!call->json && !view_eq_nocase(type, VIEW("application/x-protobuf")))
        refuse(call, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE,
            "Content-Type must be application/x-protobuf or application/json (OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)");
    else if (encoding.len && !call->gzip && !view_eq_nocase(encoding, VIEW("identity")))
        refuse(call, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Content-Encoding must be gzip or nothing");
    struct view text = header_of(c, MHD_HTTP_HEADER_CONTENT_LENGTH);
    if (text.len && view_to_u64(text, &length) && length > OTLP_RECEIVER_WIRE_MAX)
        refuse(call, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 8 MiB: send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE)");
}

static void take_piece(struct otlp_receiver *r, struct call *call, const char *bytes, size_t len) {
    if (call->status || call->ignored)
        return;
    size_t before = call->body.len;
    if (r->together + len > OTLP_RECEIVER_TOGETHER_MAX)
        refuse(call, MHD_HTTP_SERVICE_UNAVAILABLE, "too much at once: try again later");
    else if (buf_append(&call->body, bytes, len) < 0)
        refuse(call, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 8 MiB: send smaller batches (OTEL_BSP_MAX_EXPORT_BATCH_SIZE)");
    r->together = r->together - before + call->body.len;
}

static void count(struct otlp_receiver *r, const struct call *call, size_t bytes) {
    pthread_mutex_lock(&r->lock);
    if (call->status)
        r->counts.refused++;
    else
        r->counts.requests++;
    r->counts.bytes += bytes;
    pthread_mutex_unlock(&r->lock);
}

static void decode(struct otlp_receiver *r, struct call *call, struct error *err) {
    struct buf plain CLEANUP(buf_deinit) = BUF_MAX(OTLP_BODY_MAX);
    struct view body = buf_view(&call->body);

    if (!call->status && !call->ignored && call->gzip) {
        int rc = otlp_gunzip(body, &plain);
        body = buf_view(&plain);
        if (rc == ERROR_LIMIT)
            refuse(call, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than 16 MiB when it is decompressed: send smaller batches");
        else if (rc < 0)
            refuse(call, MHD_HTTP_BAD_REQUEST, "the body is no gzip, or not all of it");
    }
    if (!call->status && !call->ignored) {
        int rc = r->o.body(r->o.ctx, call->signal, call->json, body, err);
        if (rc < 0)
            refuse(call, rc == ERROR_LIMIT ? MHD_HTTP_CONTENT_TOO_LARGE : rc == -ENOMEM ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_BAD_REQUEST,
                err->text);
    }
    count(r, call, call->status ? 0 : body.len);
}

static enum MHD_Result answer(struct otlp_receiver *r, struct call *call, struct MHD_Connection *c) {
    struct error err = ERROR_NULL;

    decode(r, call, &err);
    /* The empty response message: nothing in protobuf, {} in JSON. */
    const char *text = call->status ? call->why : call->json ? "{}" : "";
    const char *type = call->status ? "text/plain; charset=utf-8" : call->json ? "application/json" : "application/x-protobuf";
    struct MHD_Response *response = MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    if (call->status == MHD_HTTP_SERVICE_UNAVAILABLE)
        MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, "1");
    enum MHD_Result result = MHD_queue_response(c, call->status ? call->status : MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method, const char *version,
    const char *upload, size_t *upload_len, void **state) {
    struct otlp_receiver *r = ctx;
    struct call *call = *state;

    (void)version;
    if (!call) {
        *state = call = calloc(1, sizeof *call);
        if (!call)
            return MHD_NO;
        call->body = BUF_MAX(OTLP_RECEIVER_WIRE_MAX);
        read_head(r, call, c, url, method);
        return MHD_YES;
    }
    if (*upload_len) {
        take_piece(r, call, upload, *upload_len);
        *upload_len = 0;
        return MHD_YES;
    }
    return answer(r, call, c);
}

static void on_completed(void *ctx, struct MHD_Connection *c, void **state, enum MHD_RequestTerminationCode why) {
    struct otlp_receiver *r = ctx;
    struct call *call = *state;

    (void)c;
    (void)why;
    if (!call)
        return;
    r->together -= call->body.len < r->together ? call->body.len : r->together;
    buf_deinit(&call->body);
    free(call);
    *state = NULL;
}

/* --- the address --- */

static int parse_address(const char *text, char host[HOST_MAX], char port[8], struct error *err) {
    struct view v = view_of_cstr(text), rest = v, name;
    uint64_t n;

    if (v.len && v.ptr[0] == '[') {
        rest = view_drop(v, 1);
        name = view_cut(&rest, ']', NULL);
        rest = view_starts_with(rest, VIEW(":")) ? view_drop(rest, 1) : VIEW_NULL;
    } else {
        name = view_cut(&rest, ':', NULL);
    }
    if (!name.len || view_eq_nocase(name, VIEW("localhost")))
        name = VIEW("127.0.0.1");
    if (!rest.len)
        rest = VIEW("4318");
    if (name.len >= HOST_MAX || !view_to_u64(rest, &n) || n > 65535)
        return error_set(err, ERROR_INVALID, "--traces %s: this must be HOST:PORT with an address, such as 127.0.0.1:4318", text);
    snprintf(host, HOST_MAX, "%.*s", VIEW_ARGS(name));
    snprintf(port, 8, "%.*s", VIEW_ARGS(rest));
    return 0;
}

static bool is_loopback(const struct sockaddr *sa) {
    if (sa->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)sa)->sin_addr.s_addr) >> 24 == 127;
    return sa->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr);
}

static int open_socket(struct otlp_receiver *r, const struct addrinfo *a, const char *text, struct error *err) {
    int one = 1;

    r->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (r->fd < 0)
        return error_set(err, -errno, "--traces %s: %s", text, error_name(-errno));
    setsockopt(r->fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(r->fd, a->ai_addr, a->ai_addrlen) < 0 || listen(r->fd, OTLP_RECEIVER_CONNECTIONS_MAX) < 0) {
        int e = -errno;
        return error_set(err, e, e == -EADDRINUSE ? "--traces %s: %s; is a collector running there? Give another port, as --traces=127.0.0.1:4319"
                                                  : "--traces %s: %s", text, error_name(e));
    }
    struct sockaddr_storage sa;
    socklen_t len = sizeof sa;
    char host[HOST_MAX], port[8];
    if (getsockname(r->fd, (struct sockaddr *)&sa, &len) < 0 ||
        getnameinfo((struct sockaddr *)&sa, len, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return error_set(err, -EIO, "--traces %s: the address cannot be read back", text);
    snprintf(r->url, sizeof r->url, sa.ss_family == AF_INET6 ? "http://[%s]:%s" : "http://%s:%s", host, port);
    return 0;
}

static int listen_at(struct otlp_receiver *r, const char *text, struct error *err) {
    struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE, .ai_socktype = SOCK_STREAM}, *found = NULL;
    char host[HOST_MAX], port[8];
    int rc = parse_address(text, host, port, err);

    if (rc < 0)
        return rc;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return error_set(err, ERROR_INVALID, "--traces %s: %s is no IP address", text, host);
    if (!is_loopback(found->ai_addr) && !r->token[0])
        rc = error_set(err, ERROR_INVALID,
            "--traces %s is no loopback address: whoever reaches it could send anything; set a token (HALFTIME_TRACES_TOKEN, or --traces-token)",
            text);
    else
        rc = open_socket(r, found, text, err);
    freeaddrinfo(found);
    return rc;
}

int otlp_receiver_new(struct otlp_receiver **out, const struct otlp_receiver_options *o, struct error *err) {
    struct otlp_receiver *r = calloc(1, sizeof *r);

    *out = NULL;
    if (!r)
        return error_set(err, -ENOMEM, "out of memory");
    r->o = *o;
    r->fd = -1;
    pthread_mutex_init(&r->lock, NULL);
    if (o->token && strlen(o->token) >= sizeof r->token) {
        otlp_receiver_free(r);
        return error_set(err, ERROR_INVALID, "the token of --traces is longer than %d bytes", OTLP_RECEIVER_TOKEN_MAX - 1);
    }
    snprintf(r->token, sizeof r->token, "%s", o->token ? o->token : "");
    int rc = listen_at(r, o->address, err);
    if (rc == 0) {
        r->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request, r, MHD_OPTION_LISTEN_SOCKET, r->fd,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)OTLP_RECEIVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
            (unsigned)OTLP_RECEIVER_IDLE_S, MHD_OPTION_NOTIFY_COMPLETED, on_completed, r, MHD_OPTION_END);
        if (!r->daemon)
            rc = error_set(err, -EIO, "--traces %s: the server did not start", o->address);
    }
    if (rc < 0) {
        otlp_receiver_free(r);
        return rc;
    }
    *out = r;
    return 0;
}

struct otlp_receiver *otlp_receiver_free(struct otlp_receiver *r) {
    if (!r)
        return NULL;
    if (r->daemon)
        MHD_stop_daemon(r->daemon); /* closes the socket */
    else if (r->fd >= 0)
        close(r->fd);
    pthread_mutex_destroy(&r->lock);
    free(r);
    return NULL;
}

const char *otlp_receiver_url(const struct otlp_receiver *r) {
    return r->url;
}

struct otlp_receiver_counts otlp_receiver_counts(struct otlp_receiver *r) {
    pthread_mutex_lock(&r->lock);
    struct otlp_receiver_counts c = r->counts;
    pthread_mutex_unlock(&r->lock);
    return c;
}
