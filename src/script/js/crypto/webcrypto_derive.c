/* deriveBits and deriveKey: PBKDF2 and ECDH. */
#include "script/js/crypto/webcrypto_priv.h"

#include <openssl/err.h>

enum { ITERATIONS_MAX = 100 * 1000 * 1000 };

static bool derive_pbkdf2(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, int64_t bits, struct buf *out) {
    struct buf salt CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    const struct web_hash *h;
    int64_t iterations = 0;
    bool has, has_salt;

    if (!web_hash_read(ctx, algorithm, &h) || !web_member_bytes(ctx, algorithm, "salt", &salt, &has_salt) ||
        !web_member_int(ctx, algorithm, "iterations", &iterations, &has))
        return false;
    if (bits < 0 || bits % 8) {
        web_throw(ctx, "OperationError", "invalid length");
        return false;
    }
    if (!has_salt || iterations < 1 || iterations > ITERATIONS_MAX) {
        web_throw(ctx, "OperationError", "invalid %s", has_salt ? "iterations" : "salt");
        return false;
    }
    size_t size = (size_t)bits / 8;
    if (buf_reserve(out, size + 1) < 0) {
        JS_ThrowOutOfMemory(ctx);
        return false;
    }
    bool ok = PKCS5_PBKDF2_HMAC(k->secret.len ? k->secret.ptr : "", (int)k->secret.len, (const unsigned char *)(salt.len ? salt.ptr : ""),
                                (int)salt.len, (int)iterations, web_md(h), (int)size, (unsigned char *)out->ptr) == 1;
    out->len = ok ? size : 0;
    if (!ok)
        web_throw(ctx, "OperationError", "could not derive");
    return ok;
}

/* The other side's key as JavaScript value `v`; NULL with an exception pending. */
static struct web_key *public_of(JSContext *ctx, JSValueConst v, const struct web_key *k) {
    struct web_key *other = web_key_of(v);

    if (JS_IsException(v))
        return NULL;
    if (!other || other->type != WEB_PUBLIC || other->algorithm != WEB_ECDH) {
        web_throw(ctx, "TypeError", "algorithm's public is not a valid CryptoKey");
        return NULL;
    }
    if (other->curve != k->curve) {
        web_throw(ctx, "InvalidAccessError", "the two keys are on different curves");
        return NULL;
    }
    return other;
}

static bool agree(const struct web_key *k, const struct web_key *other, struct buf *out) {
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
    size_t size = k->curve->bytes;
    bool ok = c && buf_reserve(out, size) == 0 && EVP_PKEY_derive_init(c) == 1 && EVP_PKEY_derive_set_peer(c, other->pkey) == 1 &&
              EVP_PKEY_derive(c, (unsigned char *)out->ptr, &size) == 1;

    EVP_PKEY_CTX_free(c);
    ERR_clear_error();
    out->len = ok ? size : 0;
    return ok;
}

static bool derive_ecdh(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, int64_t bits, struct buf *out) {
    JSValue v = JS_IsObject(algorithm) ? JS_GetPropertyStr(ctx, algorithm, "public") : JS_UNDEFINED;
    struct web_key *other = public_of(ctx, v, k);
    bool ok = other != NULL;

    if (ok && (bits > (int64_t)k->curve->bytes * 8 || bits == 0)) {
        web_throw(ctx, "OperationError", "length is not valid");
        ok = false;
    }
    if (ok && !agree(k, other, out)) {
        web_throw(ctx, "OperationError", "could not derive");
        ok = false;
    }
    JS_FreeValue(ctx, v);
    if (!ok || bits < 0)
        return ok;
    out->len = (size_t)(bits + 7) / 8;
    if (bits % 8)
        out->ptr[out->len - 1] = (char)((unsigned char)out->ptr[out->len - 1] & 0xFF << (8 - bits % 8));
    return true;
}

bool web_derive(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, int64_t bits, struct buf *out) {
    if (k->algorithm == WEB_PBKDF2)
        return derive_pbkdf2(ctx, algorithm, k, bits, out);
    return derive_ecdh(ctx, algorithm, k, bits, out);
}
