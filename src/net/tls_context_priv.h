/* What tls.c needs of the context: the SSL_CTX, and certificates of our own by host. */
#ifndef NET_TLS_CONTEXT_PRIV_H
#define NET_TLS_CONTEXT_PRIV_H

#include "net/tls.h"

#include <openssl/ssl.h>

struct tls_identity { /* a client certificate */
    X509 *cert;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
    struct view *domains;
    size_t domain_count;
};
struct tls_context {
    SSL_CTX *ctx;
    bool verify, resume, roots_loaded;
    struct tls_identity *identities;
    size_t identity_count;
    void *key_log; /* FILE * */
};
/* Reads the trusted authorities at the first use: a test without TLS does not pay for them. */
void tls_context_load_roots(struct tls_context *c);
const struct tls_identity *tls_context_identity(const struct tls_context *c, struct view host); /* NULL = none */

#endif
