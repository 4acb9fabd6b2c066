/* Verification of a server's certificate, in Go's order and words. */
#ifndef NET_TLS_VERIFY_PRIV_H
#define NET_TLS_VERIFY_PRIV_H

#include "net/failure.h"

#include <openssl/x509_vfy.h>

/* 1 = trusted and for this host; 0 = not, with ctx's error (for the alert) and the failure set. */
int tls_verify(X509_STORE_CTX *ctx, const char *host, bool host_is_ip, struct failure *f);

#endif
