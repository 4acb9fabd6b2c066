/* A certificate authority for one run, and certificates by it. One key (P-256) serves all: making keys is slow. */
#include "scenario_priv.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>

static EVP_PKEY *key;
static X509 *authority;

static X509 *make(const char *name, const char *alternatives, bool is_authority, bool expired) {
    static long serial = 1;
    X509 *x = X509_new();

    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -86400 * 2);
    X509_gmtime_adj(X509_getm_notAfter(x), expired ? -86400 : 86400);
    X509_set_pubkey(x, key);
    X509_NAME *subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, authority ? X509_get_subject_name(authority) : subject);
    X509V3_CTX ctx;
    X509V3_set_ctx(&ctx, authority ? authority : x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &ctx, NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "CA:FALSE");
    X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    if (alternatives) {
        e = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, alternatives);
        X509_add_ext(x, e, -1);
        X509_EXTENSION_free(e);
    }
    X509_sign(x, key, EVP_sha256());
    return x;
}

int certificate_authority(const char *pem_path) {
    key = EVP_EC_gen("P-256");
    authority = make("Test Authority", NULL, true, false);
    FILE *f = fopen(pem_path, "w");
    if (!f)
        return -1;
    PEM_write_X509(f, authority);
    fclose(f);
    return 0;
}

SSL_CTX *certificate_context(struct view names, bool expired, bool client_cert) {
    char alternatives[400] = "";
    size_t n = 0;

    while (names.ptr && n + 100 < sizeof alternatives) {
        struct view name = view_cut(&names, ',', NULL);
        bool ip = name.len > 0 && name.ptr[0] >= '0' && name.ptr[0] <= '9';
        n += (size_t)snprintf(alternatives + n, sizeof alternatives - n, "%s%s:%.*s", n ? "," : "", ip ? "IP" : "DNS", VIEW_ARGS(name));
    }
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    X509 *leaf = make("leaf", alternatives, false, expired);
    SSL_CTX_use_certificate(ctx, leaf);
    SSL_CTX_use_PrivateKey(ctx, key);
    X509_free(leaf);
    if (client_cert) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), authority);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"s", 1);
    }
    return ctx;
}

void certificate_identity(struct buf *cert_pem, struct buf *key_pem) {
    X509 *x = make("client", NULL, false, false);
    BIO *c = BIO_new(BIO_s_mem()), *k = BIO_new(BIO_s_mem());
    char *bytes;

    PEM_write_bio_X509(c, x);
    PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL);
    long len = BIO_get_mem_data(c, &bytes);
    (void)!buf_append(cert_pem, bytes, (size_t)len);
    len = BIO_get_mem_data(k, &bytes);
    (void)!buf_append(key_pem, bytes, (size_t)len);
    BIO_free(c);
    BIO_free(k);
    X509_free(x);
}

void certificate_end(void) {
    X509_free(authority);
    EVP_PKEY_free(key);
}
