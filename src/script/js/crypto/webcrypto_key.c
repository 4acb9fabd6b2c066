/* CryptoKey: what scripts see of it are own properties (type, extractable, algorithm, usages); the key itself is behind it. Secret keys
 * are bytes; RSA and EC keys are OpenSSL's, their formats are in webcrypto_pkey.c. */
#include "core/base64.h"
#include "script/js/crypto/webcrypto_priv.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

const struct web_algorithm_row web_algorithms[WEB_ALGORITHMS] = {
    [WEB_AES_CBC] = {.name = "AES-CBC", .usages = WEB_ENCRYPT | WEB_DECRYPT | WEB_WRAP | WEB_UNWRAP, .aes = true},
    [WEB_AES_CTR] = {.name = "AES-CTR", .usages = WEB_ENCRYPT | WEB_DECRYPT | WEB_WRAP | WEB_UNWRAP, .aes = true},
    [WEB_AES_GCM] = {.name = "AES-GCM", .usages = WEB_ENCRYPT | WEB_DECRYPT | WEB_WRAP | WEB_UNWRAP, .aes = true},
    [WEB_HMAC] = {.name = "HMAC", .usages = WEB_SIGN | WEB_VERIFY},
    [WEB_ECDSA] = {.name = "ECDSA", .public_usages = WEB_VERIFY, .private_usages = WEB_SIGN, .ec = true},
    [WEB_ECDH] = {.name = "ECDH", .private_usages = WEB_DERIVE_KEY | WEB_DERIVE_BITS, .ec = true},
    [WEB_RSA_OAEP] = {.name = "RSA-OAEP", .public_usages = WEB_ENCRYPT | WEB_WRAP, .private_usages = WEB_DECRYPT | WEB_UNWRAP, .rsa = true},
    [WEB_RSA_PSS] = {.name = "RSA-PSS", .public_usages = WEB_VERIFY, .private_usages = WEB_SIGN, .rsa = true},
    [WEB_RSA_PKCS1] = {.name = "RSASSA-PKCS1-v1_5", .public_usages = WEB_VERIFY, .private_usages = WEB_SIGN, .rsa = true},
    [WEB_PBKDF2] = {.name = "PBKDF2", .usages = WEB_DERIVE_KEY | WEB_DERIVE_BITS},
};

static void key_finalize(JSRuntime *rt, JSValue v);
static struct js_class key_class = {{"CryptoKey", .finalizer = key_finalize}, NULL, 0, 0};

static void key_finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    web_key_free(js_class_opaque(v, &key_class));
}

struct web_key *web_key_of(JSValueConst v) {
    return js_class_opaque(v, &key_class);
}

struct web_key *web_key_new(enum web_algorithm algorithm, enum web_key_type type) {
    struct web_key *k = calloc(1, sizeof *k);

    if (k) {
        k->algorithm = algorithm;
        k->type = type;
        buf_init(&k->secret, WEB_BYTES_MAX);
    }
    return k;
}

struct web_key *web_key_free(struct web_key *k) {
    if (k) {
        if (k->secret.ptr)
            OPENSSL_cleanse(k->secret.ptr, k->secret.len);
        buf_deinit(&k->secret);
        EVP_PKEY_free(k->pkey);
        free(k);
    }
    return NULL;
}

/* --- usages --- */

static const struct {
    const char *name;
    enum web_usage usage;
} usages[] = {{"encrypt", WEB_ENCRYPT},         {"decrypt", WEB_DECRYPT},         {"sign", WEB_SIGN},    {"verify", WEB_VERIFY},
              {"deriveKey", WEB_DERIVE_KEY}, {"deriveBits", WEB_DERIVE_BITS}, {"wrapKey", WEB_WRAP}, {"unwrapKey", WEB_UNWRAP}};
enum { USAGES = sizeof usages / sizeof *usages };

bool web_usages_read(JSContext *ctx, JSValueConst list, unsigned allowed, unsigned *out) {
    int64_t count = 0;
    bool ok = true, has;

    *out = 0;
    if (!js_is_array(ctx, list)) {
        web_throw(ctx, "TypeError", "keyUsages must be an array");
        return false;
    }
    if (!web_member_int(ctx, list, "length", &count, &has))
        return false;
    for (uint32_t i = 0; ok && i < count; i++) {
        JSValue v = JS_GetPropertyUint32(ctx, list, i);
        struct view name;
        unsigned usage = 0;
        ok = !JS_IsException(v) && js_text(ctx, v, &name);
        JS_FreeValue(ctx, v);
        if (!ok)
            break;
        for (int u = 0; u < USAGES; u++)
            if (view_eq(name, view_of_cstr(usages[u].name)))
                usage = usages[u].usage;
        ok = usage & allowed;
        if (!ok)
            web_throw(ctx, "SyntaxError", "invalid key usage: %.*s", VIEW_ARGS(view_take(name, WEB_NAME_MAX)));
        js_text_free(ctx, name);
        *out |= usage;
    }
    return ok;
}

static JSValue usages_list(JSContext *ctx, unsigned set) {
    JSValue list = JS_NewArray(ctx);
    uint32_t n = 0;

    for (int i = 0; !JS_IsException(list) && i < USAGES; i++)
        if (set & usages[i].usage)
            JS_DefinePropertyValueUint32(ctx, list, n++, JS_NewString(ctx, usages[i].name), JS_PROP_C_W_E);
    return list;
}

/* --- objects --- */

static JSValue algorithm_object(JSContext *ctx, const struct web_key *k) {
    JSValue a = JS_NewObject(ctx);

    if (JS_IsException(a))
        return a;
    js_set(ctx, a, "name", JS_NewString(ctx, web_algorithms[k->algorithm].name));
    if (k->hash) {
        JSValue h = JS_NewObject(ctx);
        js_set(ctx, h, "name", JS_NewString(ctx, k->hash->name));
        js_set(ctx, a, "hash", h);
    }
    if (k->type == WEB_SECRET && k->algorithm != WEB_PBKDF2)
        js_set(ctx, a, "length", JS_NewInt64(ctx, k->bits));
    if (k->curve)
        js_set(ctx, a, "namedCurve", JS_NewString(ctx, k->curve->name));
    if (web_algorithms[k->algorithm].rsa)
        js_set(ctx, a, "modulusLength", JS_NewInt32(ctx, EVP_PKEY_get_bits(k->pkey)));
    return a;
}

JSValue web_key_object(JSContext *ctx, struct web_key *k) {
    static const char *const types[] = {"secret", "public", "private"};

    if (!k)
        return JS_ThrowOutOfMemory(ctx);
    JSValue o = js_class_new(ctx, &key_class, k);
    if (JS_IsException(o)) {
        web_key_free(k);
        return o;
    }
    js_set(ctx, o, "type", JS_NewString(ctx, types[k->type]));
    js_set(ctx, o, "extractable", JS_NewBool(ctx, k->extractable));
    js_set(ctx, o, "algorithm", algorithm_object(ctx, k));
    js_set(ctx, o, "usages", usages_list(ctx, k->usages));
    return o;
}

/* --- secret keys --- */

static bool set_secret(JSContext *ctx, struct web_key *k, struct view bytes) {
    const struct web_algorithm_row *row = &web_algorithms[k->algorithm];

    if (row->aes && bytes.len != 16 && bytes.len != 24 && bytes.len != 32) {
        web_throw(ctx, "DataError", "invalid key length %zu bytes", bytes.len);
        return false;
    }
    if (k->algorithm == WEB_HMAC && !bytes.len) {
        web_throw(ctx, "DataError", "key length cannot be 0");
        return false;
    }
    if (!k->bits)
        k->bits = (unsigned)bytes.len * 8;
    if (buf_append_view(&k->secret, bytes) == 0)
        return true;
    JS_ThrowOutOfMemory(ctx);
    return false;
}

JSValue web_key_secret(JSContext *ctx, JSValueConst object, enum web_algorithm algorithm, struct view bytes, bool extractable,
                       JSValueConst usage_list) {
    struct web_key *k = web_key_new(algorithm, WEB_SECRET);

    if (!k)
        return JS_ThrowOutOfMemory(ctx);
    k->extractable = extractable;
    bool ok = (algorithm != WEB_HMAC || web_hash_read(ctx, object, &k->hash)) &&
              web_usages_read(ctx, usage_list, web_algorithms[algorithm].usages, &k->usages);
    if (ok && !k->usages) {
        web_throw(ctx, "SyntaxError", "usages cannot not be empty for a secret or private CryptoKey");
        ok = false;
    }
    if (ok && set_secret(ctx, k, bytes))
        return web_key_object(ctx, k);
    web_key_free(k);
    return JS_EXCEPTION;
}

static JSValue generate_secret(JSContext *ctx, JSValueConst object, enum web_algorithm algorithm, bool extractable, JSValueConst usage_list) {
    struct buf bytes CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    const struct web_hash *h = NULL;
    int64_t bits = 0;
    bool has;

    if (!web_member_int(ctx, object, "length", &bits, &has) || (algorithm == WEB_HMAC && !web_hash_read(ctx, object, &h)))
        return JS_EXCEPTION;
    if (!has && h)
        bits = h->block_bits;
    if (h ? bits < 1 || bits > WEB_RSA_BITS_MAX : bits != 128 && bits != 192 && bits != 256)
        return web_throw(ctx, "OperationError", "invalid key length");
    size_t size = (size_t)(bits + 7) / 8;
    if (buf_reserve(&bytes, size) < 0)
        return JS_ThrowOutOfMemory(ctx);
    if (RAND_bytes((unsigned char *)bytes.ptr, (int)size) != 1)
        return web_throw(ctx, "OperationError", "the system gives no random bytes");
    JSValue v = web_key_secret(ctx, object, algorithm, view_of(bytes.ptr, size), extractable, usage_list);
    OPENSSL_cleanse(bytes.ptr, size);
    return v;
}

static bool jwk_secret(JSContext *ctx, JSValueConst jwk, struct buf *out) {
    JSValue kty = JS_GetPropertyStr(ctx, jwk, "kty"), value = JS_GetPropertyStr(ctx, jwk, "k");
    struct view type = VIEW_NULL, text = VIEW_NULL;
    bool ok = !JS_IsException(kty) && !JS_IsException(value) && js_text(ctx, kty, &type) && js_text(ctx, value, &text);

    if (ok && !view_eq(type, VIEW("oct"))) {
        web_throw(ctx, "DataError", "invalid symmetric JWK: invalid key type: %.*s", VIEW_ARGS(view_take(type, WEB_NAME_MAX)));
        ok = false;
    } else if (ok && base64_decode(out, text, BASE64_RAW_URL, NULL) < 0) {
        web_throw(ctx, "DataError", "invalid symmetric JWK: k is not base64url");
        ok = false;
    }
    js_text_free(ctx, type);
    js_text_free(ctx, text);
    JS_FreeValue(ctx, kty);
    JS_FreeValue(ctx, value);
    return ok;
}

/* --- generateKey, importKey --- */

static JSValueConst arg(int argc, JSValueConst *argv, int i) {
    return i < argc ? argv[i] : JS_UNDEFINED;
}

/* What a key pair's algorithm object says besides its name. */
static bool read_kind(JSContext *ctx, JSValueConst object, struct web_key *k) {
    const struct web_algorithm_row *row = &web_algorithms[k->algorithm];
    return row->ec ? web_curve_read(ctx, object, &k->curve) : web_hash_read(ctx, object, &k->hash);
}

static JSValue half(JSContext *ctx, const struct web_key *like, EVP_PKEY *pkey, enum web_key_type type, bool extractable, unsigned usage_set) {
    struct web_key *k = web_key_new(like->algorithm, type);

    if (k) {
        k->hash = like->hash;
        k->curve = like->curve;
        k->extractable = extractable;
        k->usages = usage_set;
        EVP_PKEY_up_ref(pkey);
        k->pkey = pkey;
    }
    return web_key_object(ctx, k);
}

static JSValue generate_pair(JSContext *ctx, JSValueConst object, enum web_algorithm algorithm, bool extractable, JSValueConst usage_list) {
    const struct web_algorithm_row *row = &web_algorithms[algorithm];
    struct web_key like = {.algorithm = algorithm};
    unsigned set;

    if (!read_kind(ctx, object, &like) || !web_usages_read(ctx, usage_list, row->public_usages | row->private_usages, &set))
        return JS_EXCEPTION;
    if (!(set & row->private_usages))
        return web_throw(ctx, "SyntaxError", "usages cannot not be empty for a secret or private CryptoKey");
    EVP_PKEY *pkey = web_pkey_generate(ctx, object, &like);
    if (!pkey)
        return JS_EXCEPTION;
    JSValue pair = JS_NewObject(ctx);
    if (!JS_IsException(pair)) {
        js_set(ctx, pair, "privateKey", half(ctx, &like, pkey, WEB_PRIVATE, extractable, set & row->private_usages));
        js_set(ctx, pair, "publicKey", half(ctx, &like, pkey, WEB_PUBLIC, true, set & row->public_usages));
    }
    EVP_PKEY_free(pkey);
    return pair;
}

JSValue web_key_generate(JSContext *ctx, int argc, JSValueConst *argv) {
    enum web_algorithm algorithm;

    if (!web_algorithm_read(ctx, arg(argc, argv, 0), "generateKey", &algorithm))
        return JS_EXCEPTION;
    bool extractable = JS_ToBool(ctx, arg(argc, argv, 1)) > 0;
    if (algorithm == WEB_PBKDF2)
        return web_throw(ctx, "NotSupportedError", "algorithm \"PBKDF2\" doesn't support (in implementation) operation \"generateKey\"");
    if (web_algorithms[algorithm].rsa || web_algorithms[algorithm].ec)
        return generate_pair(ctx, argv[0], algorithm, extractable, arg(argc, argv, 2));
    return generate_secret(ctx, argv[0], algorithm, extractable, arg(argc, argv, 2));
}

static JSValue import_pair(JSContext *ctx, struct view format, JSValueConst data, JSValueConst object, enum web_algorithm algorithm,
                           bool extractable, JSValueConst usage_list) {
    const struct web_algorithm_row *row = &web_algorithms[algorithm];
    struct web_key like = {.algorithm = algorithm};
    enum web_key_type type;
    unsigned set;

    if (!read_kind(ctx, object, &like))
        return JS_EXCEPTION;
    EVP_PKEY *pkey = web_pkey_import(ctx, format, data, &like, &type);
    if (!pkey)
        return JS_EXCEPTION;
    JSValue v = JS_EXCEPTION;
    if (web_usages_read(ctx, usage_list, type == WEB_PRIVATE ? row->private_usages : row->public_usages, &set)) {
        if (type == WEB_PRIVATE && !set)
            web_throw(ctx, "SyntaxError", "usages cannot not be empty for a secret or private CryptoKey");
        else
            v = half(ctx, &like, pkey, type, extractable, set);
    }
    EVP_PKEY_free(pkey);
    return v;
}

static bool is_format(struct view format) {
    static const char *const known[] = {"raw", "jwk", "spki", "pkcs8"};

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (view_eq(format, view_of_cstr(known[i])))
            return true;
    return false;
}

static JSValue import_format(JSContext *ctx, struct view format, int argc, JSValueConst *argv) {
    struct buf bytes CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    bool jwk = view_eq(format, VIEW("jwk")), extractable = JS_ToBool(ctx, arg(argc, argv, 3)) > 0;
    enum web_algorithm algorithm;

    if (!is_format(format))
        return web_throw(ctx, "ImplementationError", "unsupported format %.*s", VIEW_ARGS(view_take(format, WEB_NAME_MAX)));
    if (!web_algorithm_read(ctx, arg(argc, argv, 2), "importKey", &algorithm))
        return JS_EXCEPTION;
    if (jwk && !JS_IsObject(arg(argc, argv, 1)))
        return web_throw(ctx, "DataError", "a JWK must be an object");
    if (web_algorithms[algorithm].rsa || web_algorithms[algorithm].ec)
        return import_pair(ctx, format, argv[1], argv[2], algorithm, extractable, arg(argc, argv, 4));
    if (!view_eq(format, VIEW("raw")) && !(jwk && algorithm != WEB_PBKDF2))
        return web_throw(ctx, "NotSupportedError", "unsupported key format %.*s", VIEW_ARGS(format));
    if (!(jwk ? jwk_secret(ctx, argv[1], &bytes) : web_bytes(ctx, arg(argc, argv, 1), "keyData", &bytes)))
        return JS_EXCEPTION;
    return web_key_secret(ctx, argv[2], algorithm, buf_view(&bytes), extractable, arg(argc, argv, 4));
}

JSValue web_key_import(JSContext *ctx, int argc, JSValueConst *argv) {
    struct view format;

    if (!js_text(ctx, arg(argc, argv, 0), &format))
        return JS_EXCEPTION;
    JSValue v = import_format(ctx, format, argc, argv);
    js_text_free(ctx, format);
    return v;
}

/* --- exportKey --- */

static JSValue export_jwk(JSContext *ctx, const struct web_key *k) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    char alg[WEB_NAME_MAX];

    if (base64_encode(&text, buf_view(&k->secret), BASE64_RAW_URL) < 0)
        return JS_ThrowOutOfMemory(ctx);
    if (k->hash)
        snprintf(alg, sizeof alg, "%s", k->hash->jwk);
    else
        snprintf(alg, sizeof alg, "A%zu%s", k->secret.len * 8, web_algorithms[k->algorithm].name + 4);
    JSValue jwk = JS_NewObject(ctx);
    if (!JS_IsException(jwk)) {
        js_set(ctx, jwk, "kty", JS_NewString(ctx, "oct"));
        js_set(ctx, jwk, "k", js_string(ctx, buf_view(&text)));
        js_set(ctx, jwk, "alg", JS_NewString(ctx, alg));
        js_set(ctx, jwk, "ext", JS_NewBool(ctx, k->extractable));
        js_set(ctx, jwk, "key_ops", usages_list(ctx, k->usages));
    }
    return jwk;
}

static JSValue export_format(JSContext *ctx, struct view format, const struct web_key *k) {
    if (!is_format(format))
        return web_throw(ctx, "NotSupportedError", "unrecognized key format %.*s", VIEW_ARGS(view_take(format, WEB_NAME_MAX)));
    if (!k->extractable)
        return web_throw(ctx, "InvalidAccessError", "the key is not extractable");
    if (k->pkey)
        return web_pkey_export(ctx, format, k);
    if (k->algorithm == WEB_PBKDF2 || (!view_eq(format, VIEW("raw")) && !view_eq(format, VIEW("jwk"))))
        return web_throw(ctx, "NotSupportedError", "unsupported key format %.*s", VIEW_ARGS(format));
    return view_eq(format, VIEW("raw")) ? web_buffer(ctx, &k->secret) : export_jwk(ctx, k);
}

JSValue web_key_export(JSContext *ctx, int argc, JSValueConst *argv) {
    const struct web_key *k = web_key_of(arg(argc, argv, 1));
    struct view format;

    if (!k)
        return web_throw(ctx, "InvalidAccessError", "key argument does hold not a valid CryptoKey object");
    if (!js_text(ctx, argv[0], &format))
        return JS_EXCEPTION;
    JSValue v = export_format(ctx, format, k);
    js_text_free(ctx, format);
    return v;
}
