/* A scripted blocking server in a thread of its own. It gives up after PATIENCE_MS without anything happening. */
#include "scenario_priv.h"

#include <arpa/inet.h>
#include <brotli/encode.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { REQUEST_MAX = 32 * 1024 * 1024, ENDLESS_MAX = 64 * 1024 * 1024 };

struct talk { /* what a server is doing */
    struct script *script;
    struct server *server;
    int fd; /* present connection, or −1 */
    SSL *ssl;
    struct buf in;       /* read, not yet used */
    struct buf request;  /* the last one, head and body */
    size_t head_len;
};

static bool fail(struct talk *t, const struct step *s, const char *what, struct view detail) {
    snprintf(t->server->failure, sizeof t->server->failure, "line %d: %.*s: %s%s%.*s", s->line, VIEW_ARGS(s->verb), what, detail.len ? ": " : "",
             (int)(detail.len < 300 ? detail.len : 300), detail.ptr);
    return false;
}

static bool wait_for(int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, PATIENCE_MS) == 1;
}

static void hang_up(struct talk *t, bool reset) {
    struct linger l = {.l_onoff = 1};

    if (t->ssl && !reset)
        SSL_shutdown(t->ssl);
    SSL_free(t->ssl);
    t->ssl = NULL;
    if (t->fd >= 0 && reset)
        setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    buf_clear(&t->in);
}

static ssize_t read_bytes(struct talk *t, char *to, size_t len) {
    if (t->fd < 0 || (!(t->ssl && SSL_pending(t->ssl)) && !wait_for(t->fd)))
        return -1;
    return t->ssl ? SSL_read(t->ssl, to, (int)len) : read(t->fd, to, len);
}

static bool send_bytes(struct talk *t, struct view v) {
    while (v.len > 0) {
        ssize_t n = t->fd < 0 ? -1 : t->ssl ? SSL_write(t->ssl, v.ptr, (int)v.len) : send(t->fd, v.ptr, v.len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        v = view_drop(v, (size_t)n);
    }
    return true;
}

static bool start_tls(struct talk *t) {
    t->ssl = SSL_new(t->server->ctx);
    SSL_set_fd(t->ssl, t->fd);
    return SSL_accept(t->ssl) == 1; /* a failure is often what the scenario wants */
}

static bool do_accept(struct talk *t, const struct step *s) {
    hang_up(t, false);
    if (!wait_for(t->server->fd))
        return fail(t, s, "nobody came", VIEW(""));
    t->fd = accept(t->server->fd, NULL, NULL);
    if (t->server->ctx && !view_eq(s->rest, VIEW("plain")))
        start_tls(t);
    return true;
}

/* --- requests --- */

static struct view request_field(const struct talk *t, struct view name) {
    struct view rest = view_take(buf_view(&t->request), t->head_len);

    (void)view_cut(&rest, '\n', NULL);
    while (rest.ptr && rest.len > 0) {
        struct view value = view_cut(&rest, '\n', NULL), field = view_cut(&value, ':', NULL);
        if (view_eq_nocase(field, name))
            return view_trim(value);
    }
    return VIEW_NULL;
}

static bool read_until(struct talk *t, size_t len) {
    char bytes[16384];

    while (t->in.len < len) {
        ssize_t n = read_bytes(t, bytes, sizeof bytes);
        if (n <= 0 || buf_append(&t->in, bytes, (size_t)n) < 0)
            return false;
    }
    return true;
}

static bool read_request(struct talk *t) {
    ptrdiff_t end;
    uint64_t length = 0;

    buf_clear(&t->request);
    while ((end = view_find_view(buf_view(&t->in), VIEW("\r\n\r\n"))) < 0)
        if (!read_until(t, t->in.len + 1))
            return false;
    t->head_len = (size_t)end + 4;
    (void)!buf_append(&t->request, t->in.ptr, t->head_len);
    struct view field = request_field(t, VIEW("content-length"));
    if (field.ptr)
        (void)view_to_u64(field, &length);
    if (!read_until(t, t->head_len + length))
        return false;
    buf_clear(&t->request);
    (void)!buf_append(&t->request, t->in.ptr, t->head_len + length);
    buf_consume(&t->in, t->request.len);
    return true;
}

static bool do_expect(struct talk *t, const struct step *s, struct view text) {
    if (!read_request(t))
        return fail(t, s, "no request came", VIEW(""));
    struct view rest = buf_view(&t->request), line = view_trim(view_cut(&rest, '\n', NULL));
    struct view got = view_take(line, line.len > 9 ? line.len - 9 : 0);
    return view_eq(got, text) || fail(t, s, "got", line);
}

static bool do_header(struct talk *t, const struct step *s, struct view text) {
    struct view value = text, name = view_cut(&value, ':', NULL), got = request_field(t, name);

    return (got.ptr && view_eq(got, view_trim(value))) || fail(t, s, got.ptr ? "it is" : "it is missing", got);
}

static bool do_noheader(struct talk *t, const struct step *s, struct view text) {
    struct view got = request_field(t, text);

    return !got.ptr || fail(t, s, "it is there", got);
}

static bool do_body(struct talk *t, const struct step *s, struct view text) {
    struct view got = view_drop(buf_view(&t->request), t->head_len);

    return view_eq(got, text) || fail(t, s, "it is", got);
}

/* --- answers --- */

static bool do_send(struct talk *t, const struct step *s, struct view text) {
    (void)s;
    send_bytes(t, text); /* that the client has gone may be part of the scenario */
    return true;
}

static bool do_repeat(struct talk *t, const struct step *s, struct view text) {
    uint64_t n;

    if (!view_to_u64(view_cut(&text, ' ', NULL), &n))
        return fail(t, s, "not a number", VIEW(""));
    while (n-- > 0 && send_bytes(t, text))
        ;
    return true;
}

static bool do_endless(struct talk *t, const struct step *s, struct view text) {
    size_t sent = 0;

    while (sent < ENDLESS_MAX && send_bytes(t, text))
        sent += text.len;
    return sent < ENDLESS_MAX || fail(t, s, "the client took it all", VIEW(""));
}

static size_t deflate_to(struct view in, char *out, size_t max, int window_bits) {
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)in.ptr, .avail_in = (unsigned)in.len, .next_out = (unsigned char *)out, .avail_out = (unsigned)max};

    deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
    deflate(&z, Z_FINISH);
    deflateEnd(&z);
    return z.total_out;
}

static size_t encode_to(struct view encoding, struct view in, char *out, size_t max) {
    size_t n = max;

    if (view_eq(encoding, VIEW("gzip")))
        return deflate_to(in, out, max, 31);
    if (view_eq(encoding, VIEW("deflate")))
        return deflate_to(in, out, max, 15);
    if (view_eq(encoding, VIEW("raw-deflate")))
        return deflate_to(in, out, max, -15);
    if (view_eq(encoding, VIEW("zstd")))
        return ZSTD_compress(out, max, in.ptr, in.len, 3);
    BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, in.len, (const uint8_t *)in.ptr, &n, (uint8_t *)out);
    return n;
}

static bool do_encode(struct talk *t, const struct step *s, struct view text) {
    char a[8192], b[8192], head[300];
    struct view encodings = script_word(&text), rest = encodings, now = text;
    char *out = a;

    (void)s;
    while (rest.ptr) {
        size_t n = encode_to(view_cut(&rest, ',', NULL), now, out, sizeof a);
        now = view_of(out, n);
        out = out == a ? b : a;
    }
    struct view name = view_starts_with(encodings, VIEW("raw-")) ? view_drop(encodings, 4) : encodings;
    int len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nContent-Encoding: %.*s\r\nContent-Length: %zu\r\n\r\n", VIEW_ARGS(name), now.len);
    send_bytes(t, view_of(head, (size_t)len));
    send_bytes(t, now);
    return true;
}

/* --- the rest --- */

static bool do_raw(struct talk *t, const struct step *s, struct view text) {
    char bytes[16384];

    (void)text;
    return read_bytes(t, bytes, sizeof bytes) > 0 || fail(t, s, "nothing came", VIEW(""));
}

static bool do_eof(struct talk *t, const struct step *s, struct view text) {
    char byte;
    ssize_t n = read_bytes(t, &byte, 1);

    (void)text;
    return (n == 0 || (n < 0 && errno == ECONNRESET)) || fail(t, s, n > 0 ? "bytes came" : "it did not close", VIEW(""));
}

static bool do_pause(struct talk *t, const struct step *s, struct view text) {
    uint64_t ms = 0;

    (void)t;
    (void)s;
    (void)view_to_u64(text, &ms);
    usleep((useconds_t)ms * 1000);
    return true;
}

static bool do_close(struct talk *t, const struct step *s, struct view text) {
    (void)s;
    (void)text;
    hang_up(t, false);
    return true;
}

static bool do_reset(struct talk *t, const struct step *s, struct view text) {
    (void)s;
    (void)text;
    hang_up(t, true);
    return true;
}

static bool do_tls(struct talk *t, const struct step *s, struct view text) {
    (void)text;
    return start_tls(t) || fail(t, s, "the handshake failed", VIEW(""));
}

static bool do_resumed(struct talk *t, const struct step *s, struct view text) {
    bool resumed = t->ssl && SSL_session_reused(t->ssl);

    return resumed == view_eq(text, VIEW("yes")) || fail(t, s, resumed ? "it is resumed" : "it is not resumed", VIEW(""));
}

static bool accept_one(struct talk *t, const struct step *s, struct view text) {
    (void)text;
    return do_accept(t, s);
}

static const struct {
    const char *verb;
    bool (*run)(struct talk *t, const struct step *s, struct view text);
} verbs[] = {
    {"accept", accept_one}, {"expect", do_expect}, {"header", do_header},   {"noheader", do_noheader}, {"body", do_body},   {"send", do_send},
    {"repeat", do_repeat},  {"endless", do_endless}, {"encode", do_encode}, {"raw", do_raw},           {"eof", do_eof},     {"pause", do_pause},
    {"close", do_close},    {"reset", do_reset},   {"tls", do_tls},       {"resumed", do_resumed},
};

static bool run_step(struct talk *t, const struct step *s) {
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (!view_eq(s->verb, view_of_cstr(verbs[i].verb)))
            continue;
        struct view text = script_text(t->script, s->rest);
        bool fine = verbs[i].run(t, s, text);
        free((void *)(uintptr_t)text.ptr);
        return fine;
    }
    return fail(t, s, "unknown step", VIEW(""));
}

/* --- DNS: one question, answers from the steps --- */

static struct view question_name(const unsigned char *q, size_t len, char out[256], size_t *end) {
    size_t at = 12, n = 0;

    while (at < len && q[at] && at + 1 + q[at] < len && n + q[at] + 1 < 256) {
        memcpy(out + n, q + at + 1, q[at]);
        n += q[at];
        out[n++] = '.';
        at += (size_t)q[at] + 1;
    }
    *end = at + 5;
    return view_of(out, n ? n - 1 : 0);
}

static const struct step *step_for(const struct server *s, struct view name, struct view *args) {
    for (size_t i = 0; i < s->step_count; i++) {
        *args = s->steps[i].rest;
        if (view_eq_nocase(script_word(args), name))
            return &s->steps[i];
    }
    return NULL;
}

static size_t answer(const struct server *s, unsigned char *q, size_t len) {
    char name[256];
    size_t n;
    struct view args;
    const struct step *step = step_for(s, question_name(q, len, name, &n), &args);
    bool a_record = n >= 4 && q[n - 3] == 1;

    q[2] = 0x81;
    q[3] = step && view_eq(step->verb, VIEW("refuse")) ? 0x85 : step ? 0x80 : 0x83;
    memset(q + 6, 0, 6);
    while (step && view_eq(step->verb, VIEW("answer")) && a_record && args.len > 0) {
        static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4};
        char text[20] = "";
        struct view ip = script_word(&args);
        memcpy(text, ip.ptr, ip.len < 19 ? ip.len : 19);
        memcpy(q + n, record, sizeof record);
        inet_pton(AF_INET, text, q + n + sizeof record);
        n += sizeof record + 4;
        q[7]++;
    }
    return n;
}

static void run_dns(struct server *s) {
    unsigned char q[1500];
    struct sockaddr_in from;

    for (;;) {
        socklen_t from_len = sizeof from;
        ssize_t n = recvfrom(s->fd, q, 512, 0, (struct sockaddr *)&from, &from_len);
        if (n < 12)
            return; /* shut down by server_join */
        size_t len = answer(s, q, (size_t)n);
        sendto(s->fd, q, len, 0, (struct sockaddr *)&from, from_len);
    }
}

/* --- life --- */

static struct script *present;

static void *run(void *arg) {
    struct server *s = arg;
    struct talk t = {.script = present, .server = s, .fd = -1, .in = BUF_MAX(REQUEST_MAX), .request = BUF_MAX(REQUEST_MAX)};

    if (s->dns) {
        run_dns(s);
        return NULL;
    }
    for (size_t i = 0; i < s->step_count && run_step(&t, &s->steps[i]); i++)
        ;
    hang_up(&t, false);
    buf_deinit(&t.in);
    buf_deinit(&t.request);
    return NULL;
}

int server_start(struct script *script, struct server *s) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;

    present = script;
    s->fd = socket(AF_INET, (s->dns ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&a, sizeof a) < 0 || (!s->dns && listen(s->fd, 16) < 0) ||
        getsockname(s->fd, (struct sockaddr *)&a, &len) < 0)
        return -1;
    s->port = ntohs(a.sin_port);
    if (s->tls.ptr)
        s->ctx = certificate_context(s->tls, s->expired, s->client_cert);
    return s->step_count ? pthread_create(&s->thread, NULL, run, s) : 0;
}

void server_join(struct server *s) {
    if (s->dns) { /* wakes recvfrom */
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(s->port)};
        sendto(s->fd, "", 1, 0, (struct sockaddr *)&a, sizeof a);
    }
    if (s->step_count)
        pthread_join(s->thread, NULL);
    if (s->fd >= 0)
        close(s->fd);
    SSL_CTX_free(s->ctx);
}
