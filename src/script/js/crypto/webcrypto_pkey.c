/* RSA and EC keys: making them, and the formats raw (EC points), spki, pkcs8 and jwk. The members of a JWK are rows of a table; each is one
 * number of the key, as OpenSSL names it. */
#include "core/base64.h"
#include "script/js/crypto/webcrypto_priv.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdlib.h>

struct number {
    const char *jwk, *openssl;
    bool private, needed;
};
static const struct number rsa_numbers[] = {
    {"n", OSSL_PKEY_PARAM_RSA_N, false, true},
    {"e", OSSL_PKEY_PARAM_RSA_E, false, true},
    {"d", OSSL_PKEY_PARAM_RSA_D, true, true},
    {"p", OSSL_PKEY_PARAM_RSA_FACTOR1, true, false},
    {"q", OSSL_PKEY_PARAM_RSA_FACTOR2, true, false},
    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1, true, false},
    {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2, true, false},
    {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1, true, false},
};
enum { RSA_NUMBERS = sizeof rsa_numbers / sizeof *rsa_numbers, POINT_BYTES_MAX = 1 + 2 * 66 };

static bool is_rsa(const struct web_key *k) {
    return web_algorithms[k->algorithm].rsa;
}

/* --- making --- */

static EVP_PKEY *generate_rsa(JSContext *ctx, JSValueConst object) {
    struct buf exponent CLEANUP(buf_deinit) = BUF_MAX(64);
    EVP_PKEY *pkey = NULL;
    int64_t bits = 0;
    bool has;

    if (!web_member_int(ctx, object, "modulusLength", &bits, &has) || !web_member_bytes(ctx, object, "publicExponent", &exponent, &has))
        return NULL;
    if (bits < WEB_RSA_BITS_MIN || bits > WEB_RSA_BITS_MAX || !has) {
        web_throw(ctx, "OperationError", "invalid modulusLength or publicExponent");
        return NULL;
    }
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    BIGNUM *e = BN_bin2bn((const unsigned char *)exponent.ptr, (int)exponent.len, NULL);
    if (!c || !e || EVP_PKEY_keygen_init(c) != 1 || EVP_PKEY_CTX_set_rsa_keygen_bits(c, (int)bits) != 1 ||
        EVP_PKEY_CTX_set1_rsa_keygen_pubexp(c, e) != 1 || EVP_PKEY_generate(c, &pkey) != 1)
        web_throw(ctx, "OperationError", "could not generate the RSA key pair");
    BN_free(e);
    EVP_PKEY_CTX_free(c);
    return pkey;
}

EVP_PKEY *web_pkey_generate(JSContext *ctx, JSValueConst object, const struct web_key *like) {
    if (is_rsa(like))
        return generate_rsa(ctx, object);
    EVP_PKEY *pkey = EVP_EC_gen(like->curve->group);
    if (!pkey)
        web_throw(ctx, "OperationError", "could not generate the EC key pair");
    return pkey;
}

/* --- import --- */

static EVP_PKEY *from_numbers(const char *kind, OSSL_PARAM_BLD *build, bool private) {
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_from_name(NULL, kind, NULL);
    EVP_PKEY *pkey = NULL;

    if (!params || !c || EVP_PKEY_fromdata_init(c) != 1 ||
        EVP_PKEY_fromdata(c, &pkey, private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) != 1)
        pkey = NULL;
    EVP_PKEY_CTX_free(c);
    OSSL_PARAM_free(params);
    return pkey;
}

static EVP_PKEY *from_point(const struct web_curve *curve, struct view point, const BIGNUM *secret) {
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY *pkey = NULL;

    if (build && OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, curve->group, 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len) == 1 &&
        (!secret || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1))
        pkey = from_numbers("EC", build, secret != NULL);
    OSSL_PARAM_BLD_free(build);
    return pkey;
}

/* A member of a JWK, decoded; *present false when it is not there. */
static bool jwk_member(JSContext *ctx, JSValueConst jwk, const char *name, struct buf *out, bool *present) {
    JSValue v = JS_GetPropertyStr(ctx, jwk, name);
    struct view text = VIEW_NULL;

    *present = !js_is_nullish(v);
    bool ok = !JS_IsException(v);
    if (ok && *present) {
        ok = js_text(ctx, v, &text);
        if (ok && base64_decode(out, text, BASE64_RAW_URL, NULL) < 0) {
            web_throw(ctx, "DataError", "invalid JWK: %s is not base64url", name);
            ok = false;
        }
        js_text_free(ctx, text);
    }
    JS_FreeValue(ctx, v);
    return ok;
}

static EVP_PKEY *import_rsa_jwk(JSContext *ctx, JSValueConst jwk, bool *private) {
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *values[RSA_NUMBERS] = {NULL};
    bool ok = build != NULL;
    EVP_PKEY *pkey = NULL;

    *private = true;
    for (int i = 0; ok && i < RSA_NUMBERS; i++) {
        struct buf bytes CLEANUP(buf_deinit) = BUF_MAX(WEB_RSA_BITS_MAX / 8 + 8);
        bool has;
        if (rsa_numbers[i].private && !*private)
            break;
        ok = jwk_member(ctx, jwk, rsa_numbers[i].jwk, &bytes, &has);
        if (ok && !has && rsa_numbers[i].needed) {
            *private = false;
            ok = rsa_numbers[i].private;
            if (!ok)
                web_throw(ctx, "DataError", "invalid RSA JWK: %s is missing", rsa_numbers[i].jwk);
        }
        if (!ok || !has)
            continue;
        values[i] = BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, NULL);
        ok = values[i] && OSSL_PARAM_BLD_push_BN(build, rsa_numbers[i].openssl, values[i]) == 1;
        if (!ok)
            JS_ThrowOutOfMemory(ctx);
    }
    if (ok) {
        pkey = from_numbers("RSA", build, *private);
        if (!pkey)
            web_throw(ctx, "DataError", "invalid RSA JWK");
    }
    OSSL_PARAM_BLD_free(build);
    for (int i = 0; i < RSA_NUMBERS; i++)
        BN_clear_free(values[i]);
    return pkey;
}

static EVP_PKEY *import_ec_jwk(JSContext *ctx, JSValueConst jwk, const struct web_curve *curve, bool *private) {
    struct buf x CLEANUP(buf_deinit) = BUF_MAX(128), y CLEANUP(buf_deinit) = BUF_MAX(128), d CLEANUP(buf_deinit) = BUF_MAX(128);
    unsigned char point[POINT_BYTES_MAX] = {4};
    bool has_x, has_y;

    if (!jwk_member(ctx, jwk, "x", &x, &has_x) || !jwk_member(ctx, jwk, "y", &y, &has_y) || !jwk_member(ctx, jwk, "d", &d, private))
        return NULL;
    if (!has_x || !has_y || x.len > curve->bytes || y.len > curve->bytes) {
        web_throw(ctx, "DataError", "invalid EC JWK: coordinates");
        return NULL;
    }
    memcpy(point + 1 + curve->bytes - x.len, x.ptr, x.len);
    memcpy(point + 1 + 2 * curve->bytes - y.len, y.ptr, y.len);
    BIGNUM *secret = *private ? BN_bin2bn((const unsigned char *)d.ptr, (int)d.len, NULL) : NULL;
    EVP_PKEY *pkey = from_point(curve, view_of((char *)point, 1 + 2 * curve->bytes), secret);
    BN_clear_free(secret);
    if (!pkey)
        web_throw(ctx, "DataError", "invalid EC JWK");
    return pkey;
}

static EVP_PKEY *import_jwk(JSContext *ctx, JSValueConst jwk, const struct web_key *like, bool *private) {
    JSValue kty = JS_GetPropertyStr(ctx, jwk, "kty");
    struct view type;

    bool ok = !JS_IsException(kty) && js_text(ctx, kty, &type);
    JS_FreeValue(ctx, kty);
    if (!ok)
        return NULL;
    ok = view_eq(type, is_rsa(like) ? VIEW("RSA") : VIEW("EC"));
    if (!ok)
        web_throw(ctx, "DataError", "invalid JWK: invalid key type: %.*s", VIEW_ARGS(view_take(type, WEB_NAME_MAX)));
    js_text_free(ctx, type);
    if (!ok)
        return NULL;
    return is_rsa(like) ? import_rsa_jwk(ctx, jwk, private) : import_ec_jwk(ctx, jwk, like->curve, private);
}

static EVP_PKEY *import_der(struct view format, struct view bytes) {
    const unsigned char *p = (const unsigned char *)bytes.ptr;
    EVP_PKEY *pkey = NULL;

    if (view_eq(format, VIEW("spki")))
        return d2i_PUBKEY(NULL, &p, (long)bytes.len);
    PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)bytes.len);
    if (info)
        pkey = EVP_PKCS82PKEY(info);
    PKCS8_PRIV_KEY_INFO_free(info);
    return pkey;
}

/* Does the key belong to the algorithm, and to the curve? */
static bool is_fit(EVP_PKEY *pkey, const struct web_key *like) {
    char group[WEB_NAME_MAX];
    size_t n;

    if (is_rsa(like))
        return EVP_PKEY_is_a(pkey, "RSA");
    return EVP_PKEY_is_a(pkey, "EC") && EVP_PKEY_get_group_name(pkey, group, sizeof group, &n) == 1 &&
           OBJ_txt2nid(group) == EC_curve_nist2nid(like->curve->group);
}

EVP_PKEY *web_pkey_import(JSContext *ctx, struct view format, JSValueConst data, const struct web_key *like, enum web_key_type *type) {
    struct buf bytes CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    bool private = view_eq(format, VIEW("pkcs8"));
    EVP_PKEY *pkey;

    if (view_eq(format, VIEW("jwk"))) {
        pkey = import_jwk(ctx, data, like, &private);
        *type = private ? WEB_PRIVATE : WEB_PUBLIC;
        return pkey;
    }
    if (view_eq(format, VIEW("raw")) && is_rsa(like)) {
        web_throw(ctx, "NotSupportedError", "unsupported key format raw");
        return NULL;
    }
    if (!web_bytes(ctx, data, "keyData", &bytes))
        return NULL;
    *type = private ? WEB_PRIVATE : WEB_PUBLIC;
    pkey = view_eq(format, VIEW("raw")) ? from_point(like->curve, buf_view(&bytes), NULL) : import_der(format, buf_view(&bytes));
    if (pkey && is_fit(pkey, like))
        return pkey;
    EVP_PKEY_free(pkey);
    web_throw(ctx, "DataError", "the data is no %s key in format %.*s", web_algorithms[like->algorithm].name, VIEW_ARGS(format));
    return NULL;
}

/* --- export --- */

static bool set_base64(JSContext *ctx, JSValueConst object, const char *name, struct view bytes) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);

    if (base64_encode(&text, bytes, BASE64_RAW_URL) < 0) {
        JS_ThrowOutOfMemory(ctx);
        return false;
    }
    return js_set(ctx, object, name, js_string(ctx, buf_view(&text))) >= 0;
}

/* A number of the key, padded to `size` bytes (0: as long as it is). */
static bool set_number(JSContext *ctx, JSValueConst object, const char *name, const EVP_PKEY *pkey, const char *openssl, size_t size) {
    unsigned char bytes[WEB_RSA_BITS_MAX / 8];
    BIGNUM *n = NULL;
    bool ok = true;

    if (EVP_PKEY_get_bn_param(pkey, openssl, &n) == 1) {
        size = size ? size : (size_t)BN_num_bytes(n);
        int written = size <= sizeof bytes ? BN_bn2binpad(n, bytes, (int)size) : -1;
        ok = written >= 0 && set_base64(ctx, object, name, view_of((char *)bytes, (size_t)written));
    }
    BN_clear_free(n);
    return ok;
}

static JSValue export_jwk(JSContext *ctx, const struct web_key *k) {
    JSValue jwk = JS_NewObject(ctx);
    bool ok = !JS_IsException(jwk);

    if (!ok)
        return jwk;
    js_set(ctx, jwk, "kty", JS_NewString(ctx, is_rsa(k) ? "RSA" : "EC"));
    for (int i = 0; ok && is_rsa(k) && i < RSA_NUMBERS; i++)
        if (k->type == WEB_PRIVATE || !rsa_numbers[i].private)
            ok = set_number(ctx, jwk, rsa_numbers[i].jwk, k->pkey, rsa_numbers[i].openssl, 0);
    if (!is_rsa(k)) {
        js_set(ctx, jwk, "crv", JS_NewString(ctx, k->curve->name));
        ok = set_number(ctx, jwk, "x", k->pkey, OSSL_PKEY_PARAM_EC_PUB_X, k->curve->bytes) &&
             set_number(ctx, jwk, "y", k->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, k->curve->bytes) &&
             (k->type != WEB_PRIVATE || set_number(ctx, jwk, "d", k->pkey, OSSL_PKEY_PARAM_PRIV_KEY, k->curve->bytes));
    }
    if (ok)
        return jwk;
    JS_FreeValue(ctx, jwk);
    return JS_HasException(ctx) ? JS_EXCEPTION : web_throw(ctx, "OperationError", "could not export the key");
}

static int export_pkcs8(EVP_PKEY *pkey, unsigned char **out) {
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(pkey);
    int n = info ? i2d_PKCS8_PRIV_KEY_INFO(info, out) : -1;
    PKCS8_PRIV_KEY_INFO_free(info);
    return n;
}

JSValue web_pkey_export(JSContext *ctx, struct view format, const struct web_key *k) {
    bool pkcs8 = view_eq(format, VIEW("pkcs8")), raw = view_eq(format, VIEW("raw"));
    unsigned char *bytes = NULL;
    int n;

    if (view_eq(format, VIEW("jwk")))
        return export_jwk(ctx, k);
    if (raw && is_rsa(k))
        return web_throw(ctx, "NotSupportedError", "unsupported key format raw");
    if (pkcs8 != (k->type == WEB_PRIVATE))
        return web_throw(ctx, "InvalidAccessError", "key is not a valid elliptic curve or RSA %s key", pkcs8 ? "private" : "public");
    if (raw)
        n = (int)EVP_PKEY_get1_encoded_public_key(k->pkey, &bytes);
    else
        n = pkcs8 ? export_pkcs8(k->pkey, &bytes) : i2d_PUBKEY(k->pkey, &bytes);
    JSValue v = n > 0 ? js_buffer(ctx, view_of((char *)bytes, (size_t)n)) : web_throw(ctx, "OperationError", "could not export the key");
    OPENSSL_free(bytes);
    return v;
}
