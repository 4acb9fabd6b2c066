/* One SSL_CTX per client. ALPN offers http/1.1 only until HTTP/2 is there. Versions and ciphers follow the options; without
 * them TLS 1.2 and up, security level 1 (Go accepts what level 2 would refuse: RSA of 1024 bits, SHA-1 in chains). */
#include "net/tls_context_priv.h"

#include "net/host_pattern.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>

static int ssl_error(struct error *err, const char *what) {
    char why[256];

    ERR_error_string_n(ERR_get_error(), why, sizeof why);
    ERR_clear_error();
    return error_set(err, ERROR_INVALID, "%s: %s", what, why);
}

static void on_key_log(const SSL *ssl, const char *line) {
    struct tls_context *c = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

    fprintf(c->key_log, "%s\n", line);
    fflush(c->key_log);
}

static int open_key_log(struct tls_context *c, struct view path, struct error *err) {
    char *name = view_dup_cstr(path);

    c->key_log = name ? fopen(name, "ae") : NULL;
    free(name);
    if (!c->key_log)
        return error_set(err, -errno, "cannot open the TLS key log %.*s: %s", VIEW_ARGS(path), strerror(errno));
    SSL_CTX_set_keylog_callback(c->ctx, on_key_log);
    return 0;
}

/* --- client certificates --- */

static int give_password(char *buf, int size, int writing, void *ctx) {
    const struct view *password = ctx;

    (void)writing;
    if (password->len > (size_t)size)
        return -1;
    if (password->len)
        memcpy(buf, password->ptr, password->len);
    return (int)password->len;
}

static int read_identity(struct tls_identity *id, const struct http_client_cert *from, struct error *err) {
    BIO *cert = BIO_new_mem_buf(from->cert_pem.ptr, (int)from->cert_pem.len), *key = BIO_new_mem_buf(from->key_pem.ptr, (int)from->key_pem.len);
    struct view password = from->password;
    X509 *more;

    id->domains = from->domains;
    id->domain_count = from->domain_count;
    id->cert = cert ? PEM_read_bio_X509(cert, NULL, NULL, NULL) : NULL;
    id->chain = sk_X509_new_null();
    while (id->cert && id->chain && (more = PEM_read_bio_X509(cert, NULL, NULL, NULL)))
        sk_X509_push(id->chain, more);
    ERR_clear_error();
    id->key = key ? PEM_read_bio_PrivateKey(key, NULL, give_password, &password) : NULL;
    BIO_free(cert);
    BIO_free(key);
    if (!id->cert || !id->chain)
        return error_set(err, ERROR_INVALID, "the client certificate is not a PEM certificate");
    if (!id->key)
        return ssl_error(err, "the client certificate's key cannot be read");
    return X509_check_private_key(id->cert, id->key) == 1 ? 0 : ssl_error(err, "the client certificate and its key do not belong together");
}

static int read_identities(struct tls_context *c, const struct http_client_options *o, struct error *err) {
    c->identities = calloc(o->cert_count ? o->cert_count : 1, sizeof *c->identities);
    if (!c->identities)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < o->cert_count; i++) {
        c->identity_count++;
        int r = read_identity(&c->identities[i], &o->certs[i], err);
        if (r < 0)
            return r;
    }
    return 0;
}

const struct tls_identity *tls_context_identity(const struct tls_context *c, struct view host) {
    const struct tls_identity *general = NULL;

    for (size_t i = 0; i < c->identity_count; i++) {
        const struct tls_identity *id = &c->identities[i];
        for (size_t k = 0; k < id->domain_count; k++)
            if (host_pattern_matches(id->domains[k], host))
                return id;
        if (id->domain_count == 0 && !general)
            general = id;
    }
    return general;
}

/* --- the context --- */

static int set_versions(struct tls_context *c, const struct http_client_options *o, struct error *err) {
    int min = o->tls_min ? o->tls_min : TLS1_2_VERSION;

    SSL_CTX_set_security_level(c->ctx, min < TLS1_2_VERSION ? 0 : 1);
    if (SSL_CTX_set_min_proto_version(c->ctx, min) != 1 || SSL_CTX_set_max_proto_version(c->ctx, o->tls_max) != 1)
        return ssl_error(err, "unsupported TLS version");
    return 0;
}

static int set_ciphers(struct tls_context *c, struct view list, struct error *err) {
    char *text = list.len ? view_dup_cstr(list) : NULL;

    if (!text)
        return list.len ? error_set(err, -ENOMEM, "out of memory") : 0;
    int ok = SSL_CTX_set_cipher_list(c->ctx, text);
    free(text);
    return ok == 1 ? 0 : ssl_error(err, "unknown TLS cipher");
}

static int add_authorities(struct tls_context *c, struct view file, struct error *err) {
    char *name = file.len ? view_dup_cstr(file) : NULL;

    if (!name)
        return file.len ? error_set(err, -ENOMEM, "out of memory") : 0;
    int ok = SSL_CTX_load_verify_file(c->ctx, name);
    free(name);
    return ok == 1 ? 0 : ssl_error(err, "the file of trusted authorities cannot be read");
}

int tls_context_new(struct tls_context **out, const struct http_client_options *o, struct error *err) {
    static const unsigned char protocols[] = "\x08http/1.1";
    struct tls_context *c = calloc(1, sizeof *c);
    int r = 0;

    *out = NULL;
    if (!c)
        return error_set(err, -ENOMEM, "out of memory");
    c->ctx = SSL_CTX_new(TLS_client_method());
    c->verify = !o->insecure_skip_verify;
    c->resume = o->tls_session_resumption;
    if (!c->ctx) {
        free(c);
        return ssl_error(err, "OpenSSL cannot be started");
    }
    SSL_CTX_set_app_data(c->ctx, c);
    SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_options(c->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF | (c->resume ? 0 : SSL_OP_NO_TICKET));
    SSL_CTX_set_read_ahead(c->ctx, 1);
    SSL_CTX_set_alpn_protos(c->ctx, protocols, sizeof protocols - 1);
    r = set_versions(c, o, err);
    if (r == 0)
        r = set_ciphers(c, o->tls_ciphers, err);
    if (r == 0)
        r = add_authorities(c, o->ca_file, err);
    if (r == 0)
        r = read_identities(c, o, err);
    if (r == 0 && o->key_log_file.len)
        r = open_key_log(c, o->key_log_file, err);
    if (r < 0) {
        tls_context_free(c);
        return r;
    }
    *out = c;
    return 0;
}

void tls_context_load_roots(struct tls_context *c) {
    if (!c->roots_loaded && c->verify)
        SSL_CTX_set_default_verify_paths(c->ctx);
    c->roots_loaded = true;
}

struct tls_context *tls_context_free(struct tls_context *c) {
    if (!c)
        return NULL;
    for (size_t i = 0; i < c->identity_count; i++) {
        X509_free(c->identities[i].cert);
        sk_X509_pop_free(c->identities[i].chain, X509_free);
        EVP_PKEY_free(c->identities[i].key);
    }
    free(c->identities);
    if (c->key_log)
        fclose(c->key_log);
    SSL_CTX_free(c->ctx);
    free(c);
    return NULL;
}
