#include "observe/probe_tls.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdlib.h>

struct probe_tls {
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

/* After a call that returned r: 0 = try again, 1 = the other side has ended, negative = it failed. */
static int wait_for(struct probe_tls *t, const struct probe *p, int r) {
    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_WANT_READ: return probe_wait(p, t->fd, POLLIN);
    case SSL_ERROR_WANT_WRITE: return probe_wait(p, t->fd, POLLOUT);
    case SSL_ERROR_ZERO_RETURN: return 1;
    default: return ERROR_CLOSED;
    }
}

static int refuse(struct probe_tls *t, int r, struct error *err) {
    char why[256];
    long verified = SSL_get_verify_result(t->ssl);
    unsigned long code = ERR_get_error();

    ERR_clear_error();
    if (verified != X509_V_OK && SSL_get_verify_mode(t->ssl) != SSL_VERIFY_NONE)
        return error_set(err, ERROR_INVALID,
            "TLS: %s (?ssl_ca_certs=FILE names the authority that signed it, ?ssl_cert_reqs=none trusts anybody)",
            X509_verify_cert_error_string(verified));
    if (code == 0)
        return error_set(err, r < 0 ? r : ERROR_CLOSED, "TLS: %s", error_name(r < 0 ? r : ERROR_CLOSED));
    ERR_error_string_n(code, why, sizeof why);
    return error_set(err, ERROR_INVALID, "TLS: %s", why);
}

static int prepare(struct probe_tls *t, const struct probe_tls_options *o, struct error *err) {
    t->context = SSL_CTX_new(TLS_client_method());
    if (!t->context)
        return error_set(err, -ENOMEM, "out of memory");
    SSL_CTX_set_min_proto_version(t->context, TLS1_2_VERSION);
    SSL_CTX_set_verify(t->context, o->trust_anybody ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, NULL);
    int known = o->ca_file ? SSL_CTX_load_verify_file(t->context, o->ca_file) : SSL_CTX_set_default_verify_paths(t->context);
    ERR_clear_error();
    if (known != 1 && !o->trust_anybody)
        return error_set(err, ERROR_INVALID, "TLS: %s is no file of certificates in PEM", o->ca_file ? o->ca_file : "the system's store");
    t->ssl = SSL_new(t->context);
    if (!t->ssl || SSL_set_fd(t->ssl, t->fd) != 1)
        return error_set(err, -ENOMEM, "out of memory");
    bool is_address = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(t->ssl), o->host) == 1;
    if (!is_address && (SSL_set1_host(t->ssl, o->host) != 1 || SSL_set_tlsext_host_name(t->ssl, o->host) != 1))
        return error_set(err, -ENOMEM, "out of memory");
    return 0;
}

int probe_tls_new(struct probe_tls **out, const struct probe *p, int fd, const struct probe_tls_options *o, struct error *err) {
    struct probe_tls *t = calloc(1, sizeof *t);

    *out = NULL;
    if (!t)
        return error_set(err, -ENOMEM, "out of memory");
    t->fd = fd;
    int r = prepare(t, o, err);
    for (int done = 0; r == 0 && done != 1;) {
        ERR_clear_error();
        done = SSL_connect(t->ssl);
        int waited = done == 1 ? 0 : wait_for(t, p, done);
        if (waited != 0)
            r = refuse(t, waited, err);
    }
    if (r < 0)
        probe_tls_free(t);
    else
        *out = t;
    return r;
}

struct probe_tls *probe_tls_free(struct probe_tls *t) {
    if (!t)
        return NULL;
    SSL_free(t->ssl);
    SSL_CTX_free(t->context);
    free(t);
    return NULL;
}

int probe_tls_send(struct probe_tls *t, const struct probe *p, const char *bytes, size_t len) {
    while (len > 0) {
        ERR_clear_error();
        int n = SSL_write(t->ssl, bytes, len < INT_MAX ? (int)len : INT_MAX);
        int r = n > 0 ? 0 : wait_for(t, p, n);
        if (r != 0)
            return r < 0 ? r : ERROR_CLOSED;
        bytes += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

ssize_t probe_tls_hear(struct probe_tls *t, const struct probe *p, char *out, size_t max) {
    for (;;) {
        ERR_clear_error();
        int n = SSL_read(t->ssl, out, max < INT_MAX ? (int)max : INT_MAX);
        int r = n > 0 ? 0 : wait_for(t, p, n);
        if (n > 0 || r != 0)
            return n > 0 ? n : r < 0 ? r : 0;
    }
}
