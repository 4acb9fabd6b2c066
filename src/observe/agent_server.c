/* The server's thread is libmicrohttpd's; what it serves is one finished text under a lock, shared by
 * reference so that a slow reader keeps the old one. Nothing is taken from clients but the head of a GET. */
#include "observe/agent_server.h"

#include "net/address.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { HEAD_BYTES_MAX = 16 * 1024, BACKLOG = 16, HOST_BYTES = 256 };

struct agent_server {
    struct MHD_Daemon *daemon;
    int fd;
    char token[AGENT_SERVER_TOKEN_MAX], url[AGENT_SERVER_URL_MAX];
    pthread_mutex_t lock;
    struct MHD_Response *latest; /* under the lock */
};

/* ---- the text ---- */

static int append_quoted(struct buf *out, const char *text) {
    int r = buf_append_byte(out, '"');
    for (const char *c = text; *c && r == 0; c++) {
        if (*c == '\n')
            r = buf_append_view(out, VIEW("\\n"));
        else if (*c == '"' || *c == '\\')
            r = buf_printf(out, "\\%c", *c);
        else
            r = buf_append_byte(out, *c);
    }
    return r < 0 ? r : buf_append_byte(out, '"');
}

static int append_label(struct buf *out, const char *name, const char *value) {
    int r = buf_printf(out, "%s=", name);
    return r < 0 ? r : append_quoted(out, value);
}

int agent_server_render(const struct probe_second *second, struct buf *out) {
    int r = buf_append_view(out, VIEW("# halftime agent 1\n# TYPE halftime_probe gauge\n"));
    for (size_t i = 0; i < second->value_count && r == 0; i++) {
        const struct probe_key *key = &second->keys[second->values[i].series];
        r = append_label(out, "halftime_probe{source", key->source);
        r = r < 0 ? r : append_label(out, ",name", key->name);
        r = r < 0 ? r : append_label(out, ",unit", probe_unit_name(key->unit));
        r = r < 0 ? r : buf_printf(out, "} %.17g\n", second->values[i].value);
    }
    if (second->note_count && r == 0)
        r = buf_append_view(out, VIEW("# TYPE halftime_probe_note gauge\n"));
    for (size_t i = 0; i < second->note_count && r == 0; i++) {
        const struct probe_note *n = &second->notes[i];
        r = append_label(out, "halftime_probe_note{source", n->source);
        r = r < 0 ? r : append_label(out, ",name", n->about);
        r = r < 0 ? r : append_label(out, ",text", n->text);
        r = r < 0 ? r : buf_printf(out, "} %.17g\n", n->value);
    }
    return r;
}

int agent_server_show(struct agent_server *s, const struct probe_second *second) {
    struct buf text = BUF_MAX(AGENT_SERVER_TEXT_MAX);
    int r = agent_server_render(second, &text);
    size_t len;
    char *bytes = r == 0 ? buf_steal(&text, &len) : NULL;
    struct MHD_Response *fresh =
        bytes ? MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE) : NULL;
    buf_deinit(&text);
    if (!fresh) {
        free(bytes);
        return r < 0 ? r : -ENOMEM;
    }
    MHD_add_response_header(fresh, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    MHD_add_response_header(fresh, "Cache-Control", "no-store");
    pthread_mutex_lock(&s->lock);
    struct MHD_Response *before = s->latest;
    s->latest = fresh;
    pthread_mutex_unlock(&s->lock);
    if (before)
        MHD_destroy_response(before); /* counts references: those who read it go on */
    return 0;
}

/* ---- requests ---- */

/* In a time that does not depend on where they differ. */
static bool same_text(struct view a, struct view b) {
    unsigned char differ = a.len != b.len;
    for (size_t i = 0; i < a.len && b.len; i++)
        differ |= (unsigned char)(a.ptr[i] ^ b.ptr[i % b.len]);
    return !differ;
}

static bool has_token(const struct agent_server *s, struct MHD_Connection *c) {
    struct view given = view_of_cstr(MHD_lookup_connection_value(c, MHD_HEADER_KIND, "Authorization"));
    if (!s->token[0])
        return true;
    return view_starts_with(given, VIEW("Bearer ")) && same_text(view_drop(given, 7), view_of_cstr(s->token));
}

static enum MHD_Result answer(struct MHD_Connection *c, unsigned status, const char *text) {
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (!r)
        return MHD_NO;
    if (status == MHD_HTTP_UNAUTHORIZED)
        MHD_add_response_header(r, "WWW-Authenticate", "Bearer");
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_size, void **call) {
    struct agent_server *s = ctx;
    static int begun;
    (void)version, (void)upload;

    if (!*call) { /* first the head alone */
        *call = &begun;
        if (strcmp(method, "GET") != 0)
            return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET is answered\n");
        return MHD_YES;
    }
    *upload_size = 0;
    if (!has_token(s, c))
        return answer(c, MHD_HTTP_UNAUTHORIZED, "a token is needed: agent:http://TOKEN@host:port\n");
    if (strcmp(url, "/probes") != 0)
        return answer(c, MHD_HTTP_NOT_FOUND, "halftime agent: what its probes say is at /probes\n");
    pthread_mutex_lock(&s->lock);
    enum MHD_Result result = s->latest ? MHD_queue_response(c, MHD_HTTP_OK, s->latest) : MHD_NO;
    pthread_mutex_unlock(&s->lock);
    return result;
}

/* ---- life ---- */

static int split(const char *address, char host[HOST_BYTES], const char **port) {
    const char *colon = strrchr(address, ':');
    struct view v = colon ? view_of(address, (size_t)(colon - address)) : VIEW_NULL;
    uint64_t number;
    if (!colon || !view_to_u64(view_of_cstr(colon + 1), &number) || number > UINT16_MAX ||
        v.len >= HOST_BYTES)
        return ERROR_INVALID;
    if (v.len > 2 && v.ptr[0] == '[' && v.ptr[v.len - 1] == ']')
        v = view_of(v.ptr + 1, v.len - 2);
    snprintf(host, HOST_BYTES, "%.*s", VIEW_ARGS(v.len ? v : VIEW("127.0.0.1")));
    *port = colon + 1;
    return 0;
}

static int listen_on(struct agent_server *s, const struct addrinfo *a) {
    struct address bound = {0};
    socklen_t size = sizeof bound;
    const int on = 1;
    char text[ADDRESS_TEXT_MAX];
    s->fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0 || setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0 ||
        bind(s->fd, a->ai_addr, a->ai_addrlen) < 0 || listen(s->fd, BACKLOG) < 0 ||
        getsockname(s->fd, &bound.sa, &size) < 0)
        return -errno;
    snprintf(s->url, sizeof s->url, "http://%s", address_format(&bound, text));
    return 0;
}

static int open_socket(struct agent_server *s, const char *address, struct error *err) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found = NULL;
    char host[HOST_BYTES];
    const char *port;
    struct address a = {0};
    if (split(address, host, &port) < 0 || getaddrinfo(host, port, &hints, &found) != 0)
        return error_set(err, ERROR_INVALID, "--listen %s: HOST:PORT is wanted, such as 127.0.0.1:%d",
            address, AGENT_SERVER_PORT);
    memcpy(&a, found->ai_addr, found->ai_addrlen < sizeof a ? found->ai_addrlen : sizeof a);
    int r = !address_is_loopback(&a) && !s->token[0]
                ? error_set(err, ERROR_INVALID,
                      "--listen %s is no loopback address: whoever reaches it could read what the probes "
                      "say; set a token (--token, or "
                      "HALFTIME_AGENT_TOKEN)",
                      address)
                : listen_on(s, found);
    freeaddrinfo(found);
    return r < 0 && !err->text[0] ? error_set(err, r, "--listen %s: %s", address, error_name(r)) : r;
}

int agent_server_new(struct agent_server **out, const char *address, const char *token, struct error *err) {
    struct agent_server *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    s->fd = -1;
    pthread_mutex_init(&s->lock, NULL);
    int r =
        token && strlen(token) >= sizeof s->token
            ? error_set(err, ERROR_INVALID, "the token is longer than %d bytes", AGENT_SERVER_TOKEN_MAX - 1)
            : 0;
    snprintf(s->token, sizeof s->token, "%s", token ? token : "");
    r = r < 0 ? r : open_socket(s, address, err);
    if (r == 0 && (r = agent_server_show(s, &PROBE_SECOND_NULL)) < 0)
        error_set(err, r, "out of memory");
    if (r == 0) {
        s->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL, on_request,
            s, MHD_OPTION_LISTEN_SOCKET, s->fd, MHD_OPTION_CONNECTION_LIMIT,
            (unsigned)AGENT_SERVER_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
            (unsigned)AGENT_SERVER_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEAD_BYTES_MAX,
            MHD_OPTION_END);
        r = s->daemon ? 0 : error_set(err, -EIO, "--listen %s: the server did not start", address);
    }
    if (r < 0)
        agent_server_free(s);
    else
        *out = s;
    return r;
}

struct agent_server *agent_server_free(struct agent_server *s) {
    if (!s)
        return NULL;
    if (s->daemon)
        MHD_stop_daemon(s->daemon); /* closes the socket */
    else if (s->fd >= 0)
        close(s->fd);
    if (s->latest)
        MHD_destroy_response(s->latest);
    pthread_mutex_destroy(&s->lock);
    free(s);
    return NULL;
}

const char *agent_server_url(const struct agent_server *s) {
    return s->url;
}
