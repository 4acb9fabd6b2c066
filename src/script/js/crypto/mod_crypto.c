/* The module `k6/crypto`: hashes, HMACs, random bytes. A hasher object keeps a struct digest; every other function makes one for the
 * length of its call. */
#include "core/base64.h"
#include "core/hex.h"
#include "script/js/crypto/digest.h"
#include "script/js/module.h"

#include <openssl/rand.h>
#include <stdlib.h>

enum { TEXT_BYTES_MAX = 1 << 30, RANDOM_BYTES_MAX = 1 << 28 };
#define BAD_TYPE "invalid type %s, expected string, []byte or ArrayBuffer"

static JSValueConst arg(int argc, JSValueConst *argv, int i) {
    return i < argc ? argv[i] : JS_UNDEFINED;
}

/* --- results --- */

static JSValue encoded(JSContext *ctx, struct view bytes, struct view encoding) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(TEXT_BYTES_MAX);
    int r;

    if (view_eq(encoding, VIEW("hex")))
        r = hex_encode(&out, bytes);
    else if (view_eq(encoding, VIEW("base64")))
        r = base64_encode(&out, bytes, BASE64_STD);
    else if (view_eq(encoding, VIEW("base64url")))
        r = base64_encode(&out, bytes, BASE64_URL);
    else if (view_eq(encoding, VIEW("base64rawurl")))
        r = base64_encode(&out, bytes, BASE64_RAW_URL);
    else if (view_eq(encoding, VIEW("binary")))
        return js_buffer(ctx, bytes);
    else
        return js_throw(ctx, "invalid output encoding: %.*s", VIEW_ARGS(encoding));
    return r < 0 ? JS_ThrowOutOfMemory(ctx) : js_string(ctx, buf_view(&out));
}

static JSValue sum_of(JSContext *ctx, const struct digest *d, JSValueConst encoding) {
    unsigned char sum[DIGEST_BYTES_MAX];
    struct view name = VIEW_NULL;
    size_t size;

    if (!js_is_nullish(encoding) && !js_text(ctx, encoding, &name))
        return JS_EXCEPTION;
    JSValue v = digest_sum(d, sum, &size) < 0 ? js_throw(ctx, "the hash failed") : encoded(ctx, view_of((char *)sum, size), name);
    js_text_free(ctx, name);
    return v;
}

/* --- hashers --- */

static void hasher_finalize(JSRuntime *rt, JSValue v);
static JSValue hasher_update(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue hasher_digest(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

static const JSCFunctionListEntry hasher_members[] = {
    MODULE_FN("update", 1, hasher_update),
    MODULE_FN("digest", 1, hasher_digest),
};
static struct js_class hasher = {{"Hasher", .finalizer = hasher_finalize}, hasher_members, JS_COUNT(hasher_members), 0};

static void hasher_finalize(JSRuntime *rt, JSValue v) {
    (void)rt;
    digest_free(js_class_opaque(v, &hasher));
}

/* Feeds input into d; false with an exception pending. failed: k6 says which function it was ("md5 failed: "), or "". */
static bool feed(JSContext *ctx, struct digest *d, JSValueConst input, const char *function) {
    struct js_bytes bytes;

    if (!js_bytes(ctx, input, &bytes)) {
        js_throw(ctx, "%s%s" BAD_TYPE, function, *function ? " failed: " : "", js_go_type(ctx, input));
        return false;
    }
    int r = digest_update(d, bytes.view);
    js_bytes_free(ctx, &bytes);
    if (r < 0)
        JS_ThrowOutOfMemory(ctx);
    return r == 0;
}

static JSValue hasher_update(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct digest *d = js_class_opaque(this_val, &hasher);

    if (!d)
        return JS_ThrowTypeError(ctx, "not a hasher");
    return feed(ctx, d, arg(argc, argv, 0), "") ? JS_UNDEFINED : JS_EXCEPTION;
}

static JSValue hasher_digest(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct digest *d = js_class_opaque(this_val, &hasher);

    return d ? sum_of(ctx, d, arg(argc, argv, 0)) : JS_ThrowTypeError(ctx, "not a hasher");
}

/* A digest by name, keyed when `key` is not NULL. NULL with an exception pending. */
static struct digest *digest_of(JSContext *ctx, JSValueConst algorithm, const JSValueConst *key) {
    const struct digest_kind *kind;
    struct js_bytes bytes = {0};
    struct view name;

    if (!js_text(ctx, algorithm, &name))
        return NULL;
    kind = digest_find(name);
    if (!kind)
        js_throw(ctx, "invalid algorithm: %.*s", VIEW_ARGS(name));
    js_text_free(ctx, name);
    if (!kind)
        return NULL;
    if (key && !js_bytes(ctx, *key, &bytes)) {
        js_throw(ctx, BAD_TYPE, js_go_type(ctx, *key));
        return NULL;
    }
    struct digest *d = digest_new(kind, key ? &bytes.view : NULL);
    js_bytes_free(ctx, &bytes);
    if (!d)
        js_throw(ctx, "%s needs OpenSSL's legacy provider, which is not installed", digest_name(kind));
    return d;
}

static JSValue hasher_of(JSContext *ctx, struct digest *d) {
    if (!d)
        return JS_EXCEPTION;
    JSValue v = js_class_new(ctx, &hasher, d);
    if (JS_IsException(v))
        digest_free(d);
    return v;
}

static JSValue crypto_create_hash(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    return hasher_of(ctx, digest_of(ctx, arg(argc, argv, 0), NULL));
}

static JSValue crypto_create_hmac(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst key = arg(argc, argv, 1);
    (void)this_val;
    return hasher_of(ctx, digest_of(ctx, arg(argc, argv, 0), &key));
}

/* --- functions --- */

static const char *const hashes[] = {"md4", "md5", "sha1", "sha256", "sha384", "sha512", "sha512_224", "sha512_256", "ripemd160"};

static JSValue crypto_hash(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    const struct digest_kind *kind = digest_find(view_of_cstr(hashes[which]));
    struct digest *d = digest_new(kind, NULL);
    (void)this_val;

    if (!d)
        return js_throw(ctx, "%s needs OpenSSL's legacy provider, which is not installed", hashes[which]);
    JSValue v = feed(ctx, d, arg(argc, argv, 0), hashes[which]) ? sum_of(ctx, d, arg(argc, argv, 1)) : JS_EXCEPTION;
    digest_free(d);
    return v;
}

static JSValue crypto_hmac(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValueConst key = arg(argc, argv, 1);
    struct digest *d = digest_of(ctx, arg(argc, argv, 0), &key);
    (void)this_val;

    JSValue v = d && feed(ctx, d, arg(argc, argv, 2), "") ? sum_of(ctx, d, arg(argc, argv, 3)) : JS_EXCEPTION;
    digest_free(d);
    return v;
}

static JSValue crypto_random_bytes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t size = 0;
    (void)this_val;

    if (argc > 0 && JS_ToInt64(ctx, &size, argv[0]) < 0)
        return JS_EXCEPTION;
    if (size < 1 || size > RANDOM_BYTES_MAX)
        return js_throw(ctx, "invalid size");
    unsigned char *bytes = malloc((size_t)size);
    if (!bytes)
        return JS_ThrowOutOfMemory(ctx);
    JSValue v = RAND_bytes(bytes, (int)size) == 1 ? js_buffer(ctx, view_of((char *)bytes, (size_t)size))
                                                  : js_throw(ctx, "the system gives no random bytes");
    free(bytes);
    return v;
}

static JSValue crypto_hex_encode(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct js_bytes bytes;
    (void)this_val;

    if (!js_bytes(ctx, arg(argc, argv, 0), &bytes))
        return js_throw(ctx, BAD_TYPE, js_go_type(ctx, arg(argc, argv, 0)));
    JSValue v = encoded(ctx, bytes.view, VIEW("hex"));
    js_bytes_free(ctx, &bytes);
    return v;
}

static const JSCFunctionListEntry members[] = {
    MODULE_FN("createHash", 1, crypto_create_hash),
    MODULE_FN("createHMAC", 2, crypto_create_hmac),
    MODULE_FN("hexEncode", 1, crypto_hex_encode),
    MODULE_FN("hmac", 4, crypto_hmac),
    MODULE_FN_MAGIC("md4", 2, crypto_hash, 0),
    MODULE_FN_MAGIC("md5", 2, crypto_hash, 1),
    MODULE_FN("randomBytes", 1, crypto_random_bytes),
    MODULE_FN_MAGIC("ripemd160", 2, crypto_hash, 8),
    MODULE_FN_MAGIC("sha1", 2, crypto_hash, 2),
    MODULE_FN_MAGIC("sha256", 2, crypto_hash, 3),
    MODULE_FN_MAGIC("sha384", 2, crypto_hash, 4),
    MODULE_FN_MAGIC("sha512", 2, crypto_hash, 5),
    MODULE_FN_MAGIC("sha512_224", 2, crypto_hash, 6),
    MODULE_FN_MAGIC("sha512_256", 2, crypto_hash, 7),
};
static const char *const names[] = {"createHash", "createHMAC", "hexEncode", "hmac",   "md4",    "md5",        "randomBytes", "ripemd160",
                                    "sha1",       "sha256",     "sha384",    "sha512", "sha512_224", "sha512_256", NULL};

static JSValue make(JSContext *ctx) {
    return js_object(ctx, members, JS_COUNT(members));
}
extern const struct module_row module_k6_crypto;
const struct module_row module_k6_crypto = {.name = "k6/crypto", .make = make, .exports = names};
