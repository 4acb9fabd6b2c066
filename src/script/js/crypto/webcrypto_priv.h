/* Inside crypto.subtle: webcrypto.c has the functions, webcrypto_key.c the keys as objects, webcrypto_pkey.c the formats of RSA and EC keys,
 * webcrypto_cipher.c, webcrypto_sign.c and webcrypto_derive.c the operations.
 *
 * Everything throws; webcrypto.c makes promises of results and exceptions. */
#ifndef SCRIPT_JS_WEBCRYPTO_PRIV_H
#define SCRIPT_JS_WEBCRYPTO_PRIV_H

#include <openssl/evp.h>

#include "script/js/module.h"

enum { WEB_BYTES_MAX = 1 << 28, WEB_RSA_BITS_MIN = 256, WEB_RSA_BITS_MAX = 16384, WEB_NAME_MAX = 32 };

enum web_algorithm {
    WEB_AES_CBC, WEB_AES_CTR, WEB_AES_GCM, WEB_HMAC, WEB_ECDSA, WEB_ECDH, WEB_RSA_OAEP, WEB_RSA_PSS, WEB_RSA_PKCS1, WEB_PBKDF2,
    WEB_ALGORITHMS, WEB_UNKNOWN = WEB_ALGORITHMS,
};
enum web_usage {
    WEB_ENCRYPT = 1, WEB_DECRYPT = 2, WEB_SIGN = 4, WEB_VERIFY = 8, WEB_DERIVE_KEY = 16, WEB_DERIVE_BITS = 32, WEB_WRAP = 64, WEB_UNWRAP = 128,
};
enum web_key_type { WEB_SECRET, WEB_PUBLIC, WEB_PRIVATE };

struct web_algorithm_row {
    const char *name;
    unsigned usages;                          /* of a secret key, or of a pair's two */
    unsigned public_usages, private_usages;
    bool rsa, ec, aes;
};
extern const struct web_algorithm_row web_algorithms[WEB_ALGORITHMS];

struct web_hash {
    const char *name, *openssl, *jwk; /* "SHA-256", "SHA256", "HS256" */
    unsigned block_bits;
};
struct web_curve {
    const char *name, *group;
    size_t bytes; /* of a coordinate */
};

struct web_key {
    enum web_algorithm algorithm;
    enum web_key_type type;
    const struct web_hash *hash;   /* HMAC, RSA */
    const struct web_curve *curve; /* EC */
    unsigned usages;
    bool extractable;
    struct buf secret;             /* secret keys */
    unsigned bits;                 /* of secret keys: length as asked for */
    EVP_PKEY *pkey;                /* the others */
};

/* ---- errors and arguments (webcrypto.c) ---- */
/* Throws an Error called `name`. Always JS_EXCEPTION. */
JSValue web_throw(JSContext *ctx, const char *name, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A copy of the bytes of a buffer (not a string). False with an exception pending; what: for its sentence. */
bool web_bytes(JSContext *ctx, JSValueConst v, const char *what, struct buf *out);
bool web_member_bytes(JSContext *ctx, JSValueConst object, const char *name, struct buf *out, bool *present);
bool web_member_int(JSContext *ctx, JSValueConst object, const char *name, int64_t *out, bool *present);
/* name of an algorithm (text, or an object with `name`), upper case. False with an exception pending. */
bool web_name(JSContext *ctx, JSValueConst v, char out[WEB_NAME_MAX]);
/* With the row's number, or NotSupportedError naming the operation. */
bool web_algorithm_read(JSContext *ctx, JSValueConst v, const char *operation, enum web_algorithm *out);
const struct web_hash *web_hash_find(const char *upper);
bool web_hash_read(JSContext *ctx, JSValueConst algorithm, const struct web_hash **out); /* its member `hash` */
bool web_curve_read(JSContext *ctx, JSValueConst algorithm, const struct web_curve **out);
const EVP_MD *web_md(const struct web_hash *h);
JSValue web_buffer(JSContext *ctx, const struct buf *b);

/* ---- keys (webcrypto_key.c) ---- */
struct web_key *web_key_of(JSValueConst v); /* NULL: no CryptoKey */
struct web_key *web_key_new(enum web_algorithm algorithm, enum web_key_type type);
struct web_key *web_key_free(struct web_key *k);
JSValue web_key_object(JSContext *ctx, struct web_key *k); /* takes k; NULL: throws OutOfMemory */
bool web_usages_read(JSContext *ctx, JSValueConst list, unsigned allowed, unsigned *out);
JSValue web_key_generate(JSContext *ctx, int argc, JSValueConst *argv);
JSValue web_key_import(JSContext *ctx, int argc, JSValueConst *argv);
JSValue web_key_export(JSContext *ctx, int argc, JSValueConst *argv);
/* A secret key for `algorithm` (AES or HMAC) of these bytes. */
JSValue web_key_secret(JSContext *ctx, JSValueConst algorithm_object, enum web_algorithm algorithm, struct view bytes, bool extractable,
                       JSValueConst usages);

/* ---- RSA and EC (webcrypto_pkey.c) ---- */
EVP_PKEY *web_pkey_generate(JSContext *ctx, JSValueConst algorithm_object, const struct web_key *like);
/* format: "raw", "spki", "pkcs8", "jwk". NULL with an exception pending. *type as found. */
EVP_PKEY *web_pkey_import(JSContext *ctx, struct view format, JSValueConst data, const struct web_key *like, enum web_key_type *type);
JSValue web_pkey_export(JSContext *ctx, struct view format, const struct web_key *k);

/* ---- operations; argv as JavaScript has it: algorithm, key, data … ---- */
JSValue web_crypt(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view data, bool encrypt);
JSValue web_sign(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view data);
JSValue web_verify(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view signature, struct view data);
/* Appends `bits` bits (rounded up to bytes); bits < 0: as many as the algorithm gives. */
bool web_derive(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, int64_t bits, struct buf *out);

#endif
