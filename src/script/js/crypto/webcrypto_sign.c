/* sign and verify: HMAC, ECDSA (its two numbers side by side, not DER), RSA-PSS, RSASSA-PKCS1-v1_5. */
#include "script/js/crypto/webcrypto_priv.h"

#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

enum { SIGNATURE_BYTES_MAX = WEB_RSA_BITS_MAX / 8 + 64 };

static bool hmac(const struct web_key *k, struct view data, unsigned char out[EVP_MAX_MD_SIZE], unsigned *size) {
    return HMAC(web_md(k->hash), k->secret.ptr, (int)k->secret.len, (const unsigned char *)(data.len ? data.ptr : ""), data.len, out, size);
}

/* The hash is the key's for RSA, the algorithm's for ECDSA. */
static bool prepare(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, EVP_MD_CTX *c, bool sign) {
    const struct web_hash *h = k->hash;
    EVP_PKEY_CTX *p;
    int64_t salt = 0;
    bool has;

    if (k->algorithm == WEB_ECDSA && !web_hash_read(ctx, algorithm, &h))
        return false;
    if (k->algorithm == WEB_RSA_PSS && !web_member_int(ctx, algorithm, "saltLength", &salt, &has))
        return false;
    int r = sign ? EVP_DigestSignInit(c, &p, web_md(h), NULL, k->pkey) : EVP_DigestVerifyInit(c, &p, web_md(h), NULL, k->pkey);
    if (r == 1 && k->algorithm == WEB_RSA_PSS)
        r = EVP_PKEY_CTX_set_rsa_padding(p, RSA_PKCS1_PSS_PADDING) == 1 && salt >= 0 && salt < WEB_RSA_BITS_MAX
                ? EVP_PKEY_CTX_set_rsa_pss_saltlen(p, (int)salt)
                : -1;
    if (r == 1)
        return true;
    web_throw(ctx, "OperationError", "the key does not fit the algorithm");
    return false;
}

static bool der_to_pair(const unsigned char *der, size_t size, size_t bytes, unsigned char *out) {
    ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)size);
    bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), out, (int)bytes) > 0 && BN_bn2binpad(ECDSA_SIG_get0_s(sig), out + bytes, (int)bytes) > 0;
    ECDSA_SIG_free(sig);
    return ok;
}

static bool pair_to_der(struct view pair, size_t bytes, unsigned char **der, int *size) {
    if (pair.len != 2 * bytes)
        return false;
    ECDSA_SIG *sig = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn((const unsigned char *)pair.ptr, (int)bytes, NULL);
    BIGNUM *s = BN_bin2bn((const unsigned char *)pair.ptr + bytes, (int)bytes, NULL);
    bool ok = sig && r && s && ECDSA_SIG_set0(sig, r, s) == 1;
    if (!ok) {
        BN_free(r);
        BN_free(s);
    }
    *size = ok ? i2d_ECDSA_SIG(sig, der) : -1;
    ECDSA_SIG_free(sig);
    return *size > 0;
}

JSValue web_sign(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view data) {
    unsigned char signature[SIGNATURE_BYTES_MAX], pair[SIGNATURE_BYTES_MAX];
    size_t size = sizeof signature;
    unsigned mac_size;

    if (k->algorithm == WEB_HMAC)
        return hmac(k, data, signature, &mac_size) ? js_buffer(ctx, view_of((char *)signature, mac_size))
                                                   : web_throw(ctx, "OperationError", "could not sign");
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || !prepare(ctx, algorithm, k, c, true)) {
        EVP_MD_CTX_free(c);
        return c ? JS_EXCEPTION : JS_ThrowOutOfMemory(ctx);
    }
    bool ok = EVP_DigestSign(c, signature, &size, (const unsigned char *)(data.len ? data.ptr : ""), data.len) == 1;
    EVP_MD_CTX_free(c);
    ERR_clear_error();
    if (ok && k->algorithm == WEB_ECDSA) {
        ok = der_to_pair(signature, size, k->curve->bytes, pair);
        return ok ? js_buffer(ctx, view_of((char *)pair, 2 * k->curve->bytes)) : web_throw(ctx, "OperationError", "could not sign");
    }
    return ok ? js_buffer(ctx, view_of((char *)signature, size)) : web_throw(ctx, "OperationError", "could not sign");
}

static JSValue verify_hmac(JSContext *ctx, const struct web_key *k, struct view signature, struct view data) {
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned size;

    if (!hmac(k, data, mac, &size))
        return web_throw(ctx, "OperationError", "could not verify");
    return JS_NewBool(ctx, signature.len == size && CRYPTO_memcmp(mac, signature.ptr, size) == 0);
}

JSValue web_verify(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view signature, struct view data) {
    unsigned char *der = NULL;
    int der_size = 0;
    bool ok = true;

    if (k->algorithm == WEB_HMAC)
        return verify_hmac(ctx, k, signature, data);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    if (!c || !prepare(ctx, algorithm, k, c, false)) {
        EVP_MD_CTX_free(c);
        return c ? JS_EXCEPTION : JS_ThrowOutOfMemory(ctx);
    }
    if (k->algorithm == WEB_ECDSA) {
        ok = pair_to_der(signature, k->curve->bytes, &der, &der_size);
        signature = view_of((char *)der, ok ? (size_t)der_size : 0);
    }
    ok = ok && EVP_DigestVerify(c, (const unsigned char *)(signature.len ? signature.ptr : ""), signature.len,
                                (const unsigned char *)(data.len ? data.ptr : ""), data.len) == 1;
    EVP_MD_CTX_free(c);
    OPENSSL_free(der);
    ERR_clear_error();
    return JS_NewBool(ctx, ok);
}
