/* SSL on top of a stream, through a BIO of our own: whatever is below (tcp, or a tunnel in TLS) looks the same, bytes are counted
 * at the bottom, and failures of the layer below keep their own kind and words.
 *
 * `failure` points to the caller's struct during a call; `failed` says that somebody inside (the BIO, the verification) has filled it in
 * already, so that OpenSSL's own error, which is only a consequence, does not replace it. */
#include "net/tls.h"

#include "net/tls_context_priv.h"
#include "net/tls_verify_priv.h"

#include "net/address.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>

struct tls_session {
    SSL_SESSION *session;
    uint16_t port;
    char *host;
};
struct tls_sessions {
    struct tls_session entries[TLS_SESSIONS_MAX];
    size_t next; /* to be replaced when full */
};

struct tls {
    struct stream base;
    SSL *ssl;
    struct tls_sessions **sessions;
    struct failure *failure;
    bool failed, host_is_ip;
    uint16_t port;
    char host[];
};

/* --- below: a BIO over a stream --- */

static int bio_result(BIO *b, struct tls *t, ssize_t n) {
    BIO_clear_retry_flags(b);
    if (n == STREAM_WANT_READ)
        BIO_set_retry_read(b);
    else if (n == STREAM_WANT_WRITE)
        BIO_set_retry_write(b);
    else if (n == STREAM_FAILED)
        t->failed = true;
    return n < 0 ? -1 : (int)n;
}

static int bio_read(BIO *b, char *to, int len) {
    struct tls *t = BIO_get_data(b);

    return bio_result(b, t, stream_read(t->base.below, to, (size_t)len, t->failure));
}

static int bio_write(BIO *b, const char *from, int len) {
    struct tls *t = BIO_get_data(b);
    struct iovec part = {(void *)(uintptr_t)from, (size_t)len};

    return bio_result(b, t, stream_write(t->base.below, &part, 1, t->failure));
}

static long bio_control(BIO *b, int command, long number, void *pointer) {
    (void)b;
    (void)number;
    (void)pointer;
    return command == BIO_CTRL_FLUSH;
}

static const BIO_METHOD *bio_method(void) {
    static BIO_METHOD *m;

    if (m)
        return m;
    m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stream");
    if (m) {
        BIO_meth_set_read(m, bio_read);
        BIO_meth_set_write(m, bio_write);
        BIO_meth_set_ctrl(m, bio_control);
    }
    return m;
}

/* --- what went wrong --- */

static const struct {
    int alert;
    const char *text;
} alerts[] = {
    {10, "unexpected message"}, {20, "bad record MAC"}, {22, "record overflow"}, {40, "handshake failure"}, {42, "bad certificate"},
    {43, "unsupported certificate"}, {44, "revoked certificate"}, {45, "expired certificate"}, {46, "unknown certificate"},
    {47, "illegal parameter"}, {48, "unknown certificate authority"}, {49, "access denied"}, {50, "error decoding message"},
    {51, "error decrypting message"}, {70, "protocol version not supported"}, {71, "insufficient security level"}, {80, "internal error"},
    {86, "inappropriate fallback"}, {90, "user canceled"}, {109, "missing extension"}, {110, "unsupported extension"},
    {112, "unrecognized name"}, {113, "bad certificate status response"}, {115, "unknown PSK identity"}, {116, "certificate required"},
    {120, "no application protocol"},
};

static void ssl_failure(struct failure *f) {
    unsigned long code = ERR_peek_error();
    int reason = ERR_GET_REASON(code);

    switch (reason) {
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_PACKET_LENGTH_TOO_LONG:
    case SSL_R_BAD_RECORD_TYPE:
        failure_set(f, NET_FAULT_TLS_NOT_TLS, 0, "tls: first record does not look like a TLS handshake");
        return;
    case SSL_R_UNSUPPORTED_PROTOCOL:
        failure_set(f, NET_FAULT_TLS, 0, "tls: server selected unsupported protocol version");
        return;
    default: break;
    }
    for (size_t i = 0; i < sizeof alerts / sizeof *alerts; i++)
        if (reason == SSL_AD_REASON_OFFSET + alerts[i].alert) {
            failure_set(f, NET_FAULT_TLS, 0, "remote error: tls: %s", alerts[i].text);
            return;
        }
    const char *text = ERR_reason_error_string(code);
    failure_set(f, NET_FAULT_TLS, 0, "tls: %s", text ? text : "handshake failed");
}

/* Translates a result of SSL_* that was not a success. */
static ssize_t result_of(struct tls *t, int r) {
    ssize_t result = STREAM_FAILED;

    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_WANT_READ: result = STREAM_WANT_READ; break;
    case SSL_ERROR_WANT_WRITE: result = STREAM_WANT_WRITE; break;
    case SSL_ERROR_ZERO_RETURN: result = STREAM_EOF; break;
    case SSL_ERROR_SYSCALL:
        if (!t->failed)
            result = STREAM_EOF;
        break;
    default:
        if (!t->failed)
            ssl_failure(t->failure);
        break;
    }
    t->failure = NULL;
    return result;
}

static void begin(struct tls *t, struct failure *f) {
    ERR_clear_error();
    t->failure = f;
    t->failed = false;
}

/* --- the filter --- */

static int tls_open(struct stream *s, struct failure *f) {
    struct tls *t = (struct tls *)s;

    begin(t, f);
    int r = SSL_do_handshake(t->ssl);
    if (r == 1) {
        t->failure = NULL;
        return 1;
    }
    ssize_t result = result_of(t, r);
    if (result != STREAM_EOF)
        return (int)result;
    failure_set(f, NET_FAULT_EOF_EARLY, 0, "EOF");
    return STREAM_FAILED;
}

static ssize_t tls_read(struct stream *s, void *to, size_t len, struct failure *f) {
    struct tls *t = (struct tls *)s;

    begin(t, f);
    int r = SSL_read(t->ssl, to, len < INT32_MAX ? (int)len : INT32_MAX);
    return r > 0 ? r : result_of(t, r);
}

static ssize_t tls_write(struct stream *s, const struct iovec *parts, int count, struct failure *f) {
    struct tls *t = (struct tls *)s;
    size_t i = 0;

    while (i + 1 < (size_t)count && parts[i].iov_len == 0)
        i++;
    begin(t, f);
    int r = SSL_write(t->ssl, parts[i].iov_base, parts[i].iov_len < INT32_MAX ? (int)parts[i].iov_len : INT32_MAX);
    if (r > 0)
        return r;
    ssize_t result = result_of(t, r);
    if (result != STREAM_EOF)
        return result;
    failure_set(f, NET_FAULT_BROKEN_PIPE, EPIPE, "write: broken pipe");
    return STREAM_FAILED;
}

static void tls_close(struct stream *s) {
    struct tls *t = (struct tls *)s;
    struct failure ignored;

    begin(t, &ignored);
    if (SSL_is_init_finished(t->ssl))
        (void)SSL_shutdown(t->ssl); /* one close_notify, as far as it goes */
    SSL_free(t->ssl);
    ERR_clear_error();
    free(t);
}

static const struct stream_ops tls_ops = {.open = tls_open, .read = tls_read, .write = tls_write, .close = tls_close};

static int on_verify(X509_STORE_CTX *ctx, void *unused) {
    SSL *ssl = X509_STORE_CTX_get_ex_data(ctx, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls *t = SSL_get_app_data(ssl);

    (void)unused;
    int ok = tls_verify(ctx, t->host, t->host_is_ip, t->failure);
    t->failed = t->failed || !ok;
    return ok;
}

/* --- resumption --- */

static struct tls_session *find_session(struct tls_sessions *s, const struct tls *t) {
    for (size_t i = 0; s && i < TLS_SESSIONS_MAX; i++)
        if (s->entries[i].host && s->entries[i].port == t->port && strcmp(s->entries[i].host, t->host) == 0)
            return &s->entries[i];
    return NULL;
}

static int on_new_session(SSL *ssl, SSL_SESSION *session) {
    struct tls *t = SSL_get_app_data(ssl);
    struct tls_sessions *all = t->sessions ? *t->sessions : NULL;

    if (t->sessions && !all)
        all = *t->sessions = calloc(1, sizeof *all);
    if (!all)
        return 0;
    struct tls_session *e = find_session(all, t);
    if (!e) {
        e = &all->entries[all->next++ % TLS_SESSIONS_MAX];
        free(e->host);
        e->host = view_dup_cstr(view_of_cstr(t->host));
        e->port = t->port;
    }
    SSL_SESSION_free(e->session);
    e->session = session;
    return 1; /* it is ours now */
}

struct tls_sessions *tls_sessions_free(struct tls_sessions *s) {
    for (size_t i = 0; s && i < TLS_SESSIONS_MAX; i++) {
        SSL_SESSION_free(s->entries[i].session);
        free(s->entries[i].host);
    }
    free(s);
    return NULL;
}

/* --- making one --- */

static void prepare_context(struct tls_context *c) {
    if (c->roots_loaded)
        return;
    tls_context_load_roots(c);
    if (c->verify) {
        SSL_CTX_set_verify(c->ctx, SSL_VERIFY_PEER, NULL);
        SSL_CTX_set_cert_verify_callback(c->ctx, on_verify, NULL);
    }
    SSL_CTX_set_session_cache_mode(c->ctx, c->resume ? SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL : SSL_SESS_CACHE_OFF);
    if (c->resume)
        SSL_CTX_sess_set_new_cb(c->ctx, on_new_session);
}

static bool set_up(struct tls *t, struct tls_context *c) {
    BIO *bio = bio_method() ? BIO_new(bio_method()) : NULL;
    struct view host = view_of_cstr(t->host);
    const struct tls_identity *id = tls_context_identity(c, host);
    struct tls_session *known = t->sessions ? find_session(*t->sessions, t) : NULL;
    struct address a;

    if (!bio)
        return false;
    BIO_set_data(bio, t);
    BIO_set_init(bio, 1);
    SSL_set_bio(t->ssl, bio, bio);
    SSL_set_app_data(t->ssl, t);
    SSL_set_connect_state(t->ssl);
    t->host_is_ip = address_parse(host, 0, &a);
    if (!t->host_is_ip && SSL_set_tlsext_host_name(t->ssl, t->host) != 1)
        return false;
    if (id && SSL_use_cert_and_key(t->ssl, id->cert, id->key, id->chain, 1) != 1)
        return false;
    return !known || SSL_set_session(t->ssl, known->session) == 1;
}

int tls_new(struct stream **out, struct tls_context *c, struct stream *below, struct view host, uint16_t port, struct tls_sessions **sessions,
            struct failure *f) {
    struct tls *t = calloc(1, sizeof *t + host.len + 1);

    *out = NULL;
    prepare_context(c);
    if (t) {
        t->base = (struct stream){&tls_ops, below};
        t->sessions = sessions;
        t->port = port;
        memcpy(t->host, host.ptr, host.len);
        t->ssl = SSL_new(c->ctx);
    }
    if (!t || !t->ssl || !set_up(t, c)) {
        failure_set(f, NET_FAULT_TLS, 0, "tls: the connection could not be set up");
        if (t)
            SSL_free(t->ssl);
        free(t);
        return STREAM_FAILED;
    }
    *out = &t->base;
    return 0;
}

struct view tls_version(const struct stream *s) {
    switch (SSL_version(((const struct tls *)s)->ssl)) {
    case TLS1_VERSION: return VIEW("tls1.0");
    case TLS1_1_VERSION: return VIEW("tls1.1");
    case TLS1_2_VERSION: return VIEW("tls1.2");
    case TLS1_3_VERSION: return VIEW("tls1.3");
    default: return VIEW("");
    }
}

struct view tls_cipher(const struct stream *s) {
    const SSL_CIPHER *c = SSL_get_current_cipher(((const struct tls *)s)->ssl);

    return view_of_cstr(c ? SSL_CIPHER_standard_name(c) : "");
}

