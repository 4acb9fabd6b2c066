/* Go checks the leaf's dates, then the name, then the chain; OpenSSL would begin with the chain. What k6 reports depends on the
 * order, so the first two are done here and the chain is left to X509_verify_cert. As in Go the subject's common name never counts. */
#include "net/tls_verify_priv.h"

#include "core/buf.h"
#include "net/address.h"

#include <openssl/x509v3.h>
#include <stdio.h>

enum { NAMES_TEXT_MAX = 300 };

#define CONTEXT "tls: failed to verify certificate: x509: "

static void format_time(const ASN1_TIME *t, char out[32]) {
    struct tm tm;

    if (ASN1_TIME_to_tm(t, &tm) != 1 || strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        snprintf(out, 32, "?");
}

static bool dates_are_good(X509 *leaf, struct failure *f) {
    bool after = X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0, before = X509_cmp_current_time(X509_get0_notBefore(leaf)) > 0;
    ASN1_TIME *now = X509_gmtime_adj(NULL, 0);
    char limit[32], current[32] = "?";

    if (now)
        format_time(now, current);
    ASN1_TIME_free(now);
    if (!after && !before)
        return true;
    format_time(after ? X509_get0_notAfter(leaf) : X509_get0_notBefore(leaf), limit);
    failure_set(f, NET_FAULT_TLS_CERT, 0, CONTEXT "certificate has expired or is not yet valid: current time %s is %s %s", current,
                after ? "after" : "before", limit);
    return false;
}

static void add_name(struct buf *out, const GENERAL_NAME *n, bool ips) {
    char ip[ADDRESS_IP_TEXT_MAX];
    struct address a = {0};
    struct view text = VIEW_NULL;

    if (!ips && n->type == GEN_DNS) {
        text = view_of((const char *)ASN1_STRING_get0_data(n->d.dNSName), (size_t)ASN1_STRING_length(n->d.dNSName));
    } else if (ips && n->type == GEN_IPADD) {
        const unsigned char *bytes = ASN1_STRING_get0_data(n->d.iPAddress);
        int len = ASN1_STRING_length(n->d.iPAddress);
        a.sa.sa_family = len == 16 ? AF_INET6 : AF_INET;
        if (len == 16)
            memcpy(&a.v6.sin6_addr, bytes, 16);
        else if (len == 4)
            memcpy(&a.v4.sin_addr, bytes, 4);
        text = view_of_cstr(address_format_ip(&a, ip));
    }
    if (text.len && out->len)
        (void)!buf_append_view(out, VIEW(", "));
    if (text.len)
        (void)!buf_append_view(out, text); /* a list that is too long is cut */
}

static void list_names(X509 *leaf, bool ips, struct buf *out) {
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);

    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
        add_name(out, sk_GENERAL_NAME_value(names, i), ips);
    GENERAL_NAMES_free(names);
}

static bool name_is_good(X509 *leaf, const char *host, bool host_is_ip, struct failure *f) {
    struct buf names CLEANUP(buf_deinit) = BUF_MAX(NAMES_TEXT_MAX);
    int r = host_is_ip ? X509_check_ip_asc(leaf, host, 0)
                       : X509_check_host(leaf, host, 0, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL);

    if (r == 1)
        return true;
    list_names(leaf, host_is_ip, &names);
    struct view list = names.len ? buf_view(&names) : VIEW("");
    if (list.len > 0)
        failure_set(f, NET_FAULT_TLS_HOST_MISMATCH, 0, CONTEXT "certificate is valid for %.*s, not %s", VIEW_ARGS(list), host);
    else if (host_is_ip)
        failure_set(f, NET_FAULT_TLS_HOST_MISMATCH, 0, CONTEXT "cannot validate certificate for %s because it doesn't contain any IP SANs", host);
    else
        failure_set(f, NET_FAULT_TLS_HOST_MISMATCH, 0, CONTEXT "certificate is not valid for any names, but wanted to match %s", host);
    return false;
}

static bool is_unknown_authority(int error) {
    switch (error) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return true;
    default: return false;
    }
}

int tls_verify(X509_STORE_CTX *ctx, const char *host, bool host_is_ip, struct failure *f) {
    X509 *leaf = X509_STORE_CTX_get0_cert(ctx);

    if (!dates_are_good(leaf, f)) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_HAS_EXPIRED);
        return 0;
    }
    if (!name_is_good(leaf, host, host_is_ip, f)) {
        X509_STORE_CTX_set_error(ctx, X509_V_ERR_HOSTNAME_MISMATCH);
        return 0;
    }
    if (X509_verify_cert(ctx) == 1)
        return 1;
    int error = X509_STORE_CTX_get_error(ctx);
    if (is_unknown_authority(error))
        failure_set(f, NET_FAULT_TLS_UNKNOWN_CA, 0, CONTEXT "certificate signed by unknown authority");
    else
        failure_set(f, NET_FAULT_TLS_CERT, 0, CONTEXT "%s", X509_verify_cert_error_string(error));
    return 0;
}
