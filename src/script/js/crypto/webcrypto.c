/* The global `crypto`. It is made when a script first asks for it, `subtle` in it likewise.
 *
 * All functions of subtle do their work at once, on the VU's fiber, and answer with a promise that is settled already: nothing here waits
 * for anything, and what takes long (RSA keys) would take as long elsewhere in this process. */
#include "script/js/crypto/webcrypto_priv.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

extern int webcrypto_globals(JSContext *ctx, JSValueConst global);

enum { RANDOM_BYTES_MAX = 65536, ERROR_BYTES_MAX = 512 };

/* --- errors and arguments --- */

JSValue web_throw(JSContext *ctx, const char *name, const char *fmt, ...) {
    char text[ERROR_BYTES_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    JSValue error = JS_NewError(ctx);
    if (JS_IsException(error))
        return error;
    JS_DefinePropertyValueStr(ctx, error, "message", js_string(ctx, view_of_cstr(text)), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    JS_DefinePropertyValueStr(ctx, error, "name", JS_NewString(ctx, name), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    return JS_Throw(ctx, error);
}

bool web_bytes(JSContext *ctx, JSValueConst v, const char *what, struct buf *out) {
    struct js_bytes bytes = {0};

    if (JS_IsString(v) || !js_bytes(ctx, v, &bytes)) {
        web_throw(ctx, "TypeError", "%s must be an ArrayBuffer, TypedArray, or DataView", what);
        return false;
    }
    int r = buf_append_view(out, bytes.view);
    js_bytes_free(ctx, &bytes);
    if (r < 0)
        JS_ThrowOutOfMemory(ctx);
    return r == 0;
}

bool web_member_bytes(JSContext *ctx, JSValueConst object, const char *name, struct buf *out, bool *present) {
    JSValue v = JS_IsObject(object) ? JS_GetPropertyStr(ctx, object, name) : JS_UNDEFINED;

    *present = !js_is_nullish(v) && !JS_IsException(v);
    bool ok = !JS_IsException(v) && (!*present || web_bytes(ctx, v, name, out));
    JS_FreeValue(ctx, v);
    return ok;
}

bool web_member_int(JSContext *ctx, JSValueConst object, const char *name, int64_t *out, bool *present) {
    JSValue v = JS_IsObject(object) ? JS_GetPropertyStr(ctx, object, name) : JS_UNDEFINED;

    *present = !js_is_nullish(v) && !JS_IsException(v);
    bool ok = !JS_IsException(v) && (!*present || JS_ToInt64(ctx, out, v) == 0);
    JS_FreeValue(ctx, v);
    return ok;
}

bool web_name(JSContext *ctx, JSValueConst v, char out[WEB_NAME_MAX]) {
    JSValue name = JS_IsObject(v) ? JS_GetPropertyStr(ctx, v, "name") : JS_DupValue(ctx, v);
    struct view text;

    if (JS_IsException(name))
        return false;
    bool ok = js_text(ctx, name, &text);
    JS_FreeValue(ctx, name);
    if (!ok)
        return false;
    size_t n = text.len < WEB_NAME_MAX ? text.len : WEB_NAME_MAX - 1;
    for (size_t i = 0; i < n; i++)
        out[i] = (char)(text.ptr[i] >= 'a' && text.ptr[i] <= 'z' ? text.ptr[i] - 0x20 : text.ptr[i]);
    out[n] = '\0';
    js_text_free(ctx, text);
    return true;
}

bool web_algorithm_read(JSContext *ctx, JSValueConst v, const char *operation, enum web_algorithm *out) {
    char name[WEB_NAME_MAX];

    if (!web_name(ctx, v, name))
        return false;
    for (int i = 0; i < WEB_ALGORITHMS; i++)
        if (view_eq_nocase(view_of_cstr(name), view_of_cstr(web_algorithms[i].name))) {
            *out = (enum web_algorithm)i;
            return true;
        }
    web_throw(ctx, "NotSupportedError", "algorithm \"%s\" doesn't support (in implementation) operation \"%s\"", name, operation);
    return false;
}

static const struct web_hash hashes[] = {
    {"SHA-1", "SHA1", "HS1", 512},
    {"SHA-256", "SHA256", "HS256", 512},
    {"SHA-384", "SHA384", "HS384", 1024},
    {"SHA-512", "SHA512", "HS512", 1024},
};
static const struct web_curve curves[] = {{"P-256", "P-256", 32}, {"P-384", "P-384", 48}, {"P-521", "P-521", 66}};

const struct web_hash *web_hash_find(const char *upper) {
    for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
        if (strcmp(hashes[i].name, upper) == 0)
            return &hashes[i];
    return NULL;
}

const EVP_MD *web_md(const struct web_hash *h) {
    return EVP_get_digestbyname(h->openssl);
}

bool web_hash_read(JSContext *ctx, JSValueConst algorithm, const struct web_hash **out) {
    JSValue v = JS_IsObject(algorithm) ? JS_GetPropertyStr(ctx, algorithm, "hash") : JS_UNDEFINED;
    char name[WEB_NAME_MAX];

    if (JS_IsException(v))
        return false;
    if (js_is_nullish(v)) {
        web_throw(ctx, "SyntaxError", "could not get hash from algorithm parameter");
        return false;
    }
    bool ok = web_name(ctx, v, name);
    JS_FreeValue(ctx, v);
    *out = ok ? web_hash_find(name) : NULL;
    if (ok && !*out)
        web_throw(ctx, "NotSupportedError", "unsupported hash algorithm %s", name);
    return *out != NULL;
}

bool web_curve_read(JSContext *ctx, JSValueConst algorithm, const struct web_curve **out) {
    JSValue v = JS_IsObject(algorithm) ? JS_GetPropertyStr(ctx, algorithm, "namedCurve") : JS_UNDEFINED;
    struct view name;

    *out = NULL;
    if (JS_IsException(v) || !js_text(ctx, v, &name)) {
        JS_FreeValue(ctx, v);
        return false;
    }
    JS_FreeValue(ctx, v);
    for (size_t i = 0; i < sizeof curves / sizeof *curves; i++)
        if (view_eq(name, view_of_cstr(curves[i].name)))
            *out = &curves[i];
    if (!*out)
        web_throw(ctx, "NotSupportedError", "elliptic curve %.*s is not supported", VIEW_ARGS(view_take(name, WEB_NAME_MAX)));
    js_text_free(ctx, name);
    return *out != NULL;
}

JSValue web_buffer(JSContext *ctx, const struct buf *b) {
    return js_buffer(ctx, buf_view(b));
}

/* --- subtle --- */

static JSValueConst arg(int argc, JSValueConst *argv, int i) {
    return i < argc ? argv[i] : JS_UNDEFINED;
}

static JSValue subtle_digest(JSContext *ctx, int argc, JSValueConst *argv) {
    struct buf data CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    unsigned char sum[EVP_MAX_MD_SIZE];
    char name[WEB_NAME_MAX];
    unsigned size;

    if (!web_name(ctx, arg(argc, argv, 0), name))
        return JS_EXCEPTION;
    const struct web_hash *h = web_hash_find(name);
    if (!h)
        return web_throw(ctx, "NotSupportedError", "algorithm \"%s\" doesn't support (in implementation) operation \"digest\"", name);
    if (!web_bytes(ctx, arg(argc, argv, 1), "data", &data))
        return JS_EXCEPTION;
    if (EVP_Digest(data.ptr ? data.ptr : "", data.len, sum, &size, web_md(h), NULL) != 1)
        return web_throw(ctx, "OperationError", "the hash failed");
    return js_buffer(ctx, view_of((char *)sum, size));
}

/* The key of an operation: argument i, of the algorithm that argument 0 names, with that usage. NULL with an exception pending. */
static struct web_key *key_for(JSContext *ctx, int argc, JSValueConst *argv, enum web_usage usage, const char *operation) {
    struct web_key *k = web_key_of(arg(argc, argv, 1));
    bool own = usage == WEB_ENCRYPT || usage == WEB_DECRYPT;
    enum web_algorithm algorithm;

    if (!web_algorithm_read(ctx, arg(argc, argv, 0), operation, &algorithm))
        return NULL;
    if (!k) {
        web_throw(ctx, "InvalidAccessError", "key argument does hold not a valid CryptoKey object");
        return NULL;
    }
    if (k->algorithm != algorithm) {
        web_throw(ctx, "InvalidAccessError", "%s algorithm name does not match key algorithm name", own ? operation : "the");
        return NULL;
    }
    if (!(k->usages & usage)) {
        web_throw(ctx, "InvalidAccessError", own ? "%s's key does not contain the '%s' usage" : "%skey does not contain the '%s' usage",
                  own ? operation : "", operation);
        return NULL;
    }
    return k;
}

static JSValue subtle_crypt(JSContext *ctx, int argc, JSValueConst *argv, bool encrypt) {
    struct buf data CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    struct web_key *k = key_for(ctx, argc, argv, encrypt ? WEB_ENCRYPT : WEB_DECRYPT, encrypt ? "encrypt" : "decrypt");

    if (!k || !web_bytes(ctx, arg(argc, argv, 2), "data", &data))
        return JS_EXCEPTION;
    return web_crypt(ctx, argv[0], k, buf_view(&data), encrypt);
}

static JSValue subtle_encrypt(JSContext *ctx, int argc, JSValueConst *argv) {
    return subtle_crypt(ctx, argc, argv, true);
}
static JSValue subtle_decrypt(JSContext *ctx, int argc, JSValueConst *argv) {
    return subtle_crypt(ctx, argc, argv, false);
}

static JSValue subtle_sign(JSContext *ctx, int argc, JSValueConst *argv) {
    struct buf data CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    struct web_key *k = key_for(ctx, argc, argv, WEB_SIGN, "sign");

    if (!k || !web_bytes(ctx, arg(argc, argv, 2), "data", &data))
        return JS_EXCEPTION;
    return web_sign(ctx, argv[0], k, buf_view(&data));
}

static JSValue subtle_verify(JSContext *ctx, int argc, JSValueConst *argv) {
    struct buf data CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX), signature CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    struct web_key *k = key_for(ctx, argc, argv, WEB_VERIFY, "verify");

    if (!k || !web_bytes(ctx, arg(argc, argv, 2), "signature", &signature) || !web_bytes(ctx, arg(argc, argv, 3), "data", &data))
        return JS_EXCEPTION;
    return web_verify(ctx, argv[0], k, buf_view(&signature), buf_view(&data));
}

static JSValue subtle_derive_bits(JSContext *ctx, int argc, JSValueConst *argv) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    struct web_key *k = key_for(ctx, argc, argv, WEB_DERIVE_BITS, "deriveBits");
    int64_t bits = -1;

    if (!k || (!js_is_nullish(arg(argc, argv, 2)) && JS_ToInt64(ctx, &bits, argv[2]) < 0) || !web_derive(ctx, argv[0], k, bits, &out))
        return JS_EXCEPTION;
    return web_buffer(ctx, &out);
}

static JSValue subtle_derive_key(JSContext *ctx, int argc, JSValueConst *argv) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    struct web_key *k = key_for(ctx, argc, argv, WEB_DERIVE_KEY, "deriveKey");
    const struct web_hash *h = NULL;
    enum web_algorithm wanted;
    int64_t bits = 0;
    bool has_bits;

    if (!k || !web_algorithm_read(ctx, arg(argc, argv, 2), "get key length", &wanted) ||
        !web_member_int(ctx, argv[2], "length", &bits, &has_bits))
        return JS_EXCEPTION;
    if (wanted != WEB_HMAC && !web_algorithms[wanted].aes)
        return web_throw(ctx, "NotSupportedError", "algorithm \"%s\" doesn't support (in implementation) operation \"get key length\"",
                         web_algorithms[wanted].name);
    if (wanted == WEB_HMAC && !web_hash_read(ctx, argv[2], &h))
        return JS_EXCEPTION;
    if (!has_bits && h)
        bits = h->block_bits;
    if (!web_derive(ctx, argv[0], k, bits, &out))
        return JS_EXCEPTION;
    return web_key_secret(ctx, argv[2], wanted, buf_view(&out), JS_ToBool(ctx, arg(argc, argv, 3)) > 0, arg(argc, argv, 4));
}

typedef JSValue (*operation)(JSContext *ctx, int argc, JSValueConst *argv);
enum { OP_DECRYPT, OP_DERIVE_BITS, OP_DERIVE_KEY, OP_DIGEST, OP_ENCRYPT, OP_EXPORT, OP_GENERATE, OP_IMPORT, OP_SIGN, OP_VERIFY };
static const operation operations[] = {
    [OP_DECRYPT] = subtle_decrypt,  [OP_DERIVE_BITS] = subtle_derive_bits, [OP_DERIVE_KEY] = subtle_derive_key,
    [OP_DIGEST] = subtle_digest,    [OP_ENCRYPT] = subtle_encrypt,         [OP_EXPORT] = web_key_export,
    [OP_GENERATE] = web_key_generate, [OP_IMPORT] = web_key_import,        [OP_SIGN] = subtle_sign,
    [OP_VERIFY] = subtle_verify,
};

static JSValue subtle_call(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    (void)this_val;
    JSValue v = operations[which](ctx, argc, argv);
    return JS_IsException(v) ? js_promise_rejected(ctx, JS_GetException(ctx)) : js_promise_resolved(ctx, v);
}

static JSValue subtle_missing(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return js_throw(ctx, "not implemented");
}

static const JSCFunctionListEntry subtle_members[] = {
    MODULE_FN_MAGIC("decrypt", 3, subtle_call, OP_DECRYPT),
    MODULE_FN_MAGIC("deriveBits", 3, subtle_call, OP_DERIVE_BITS),
    MODULE_FN_MAGIC("deriveKey", 5, subtle_call, OP_DERIVE_KEY),
    MODULE_FN_MAGIC("digest", 2, subtle_call, OP_DIGEST),
    MODULE_FN_MAGIC("encrypt", 3, subtle_call, OP_ENCRYPT),
    MODULE_FN_MAGIC("exportKey", 2, subtle_call, OP_EXPORT),
    MODULE_FN_MAGIC("generateKey", 3, subtle_call, OP_GENERATE),
    MODULE_FN_MAGIC("importKey", 5, subtle_call, OP_IMPORT),
    MODULE_FN_MAGIC("sign", 3, subtle_call, OP_SIGN),
    MODULE_FN("unwrapKey", 7, subtle_missing),
    MODULE_FN_MAGIC("verify", 4, subtle_call, OP_VERIFY),
    MODULE_FN("wrapKey", 4, subtle_missing),
};

/* --- crypto --- */

/* Which integer view v is: the name in its Symbol.toStringTag. */
static bool is_integer_array(JSContext *ctx, JSValueConst v) {
    static const char *const names[] = {"Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array", "Uint32Array"};
    JSValue constructor = JS_IsObject(v) && js_is_buffer(ctx, v) ? JS_GetPropertyStr(ctx, v, "constructor") : JS_UNDEFINED;
    JSValue name = JS_IsObject(constructor) ? JS_GetPropertyStr(ctx, constructor, "name") : JS_UNDEFINED;
    struct view text = VIEW_NULL;
    bool found = false;

    if (JS_IsString(name) && js_text(ctx, name, &text))
        for (size_t i = 0; i < sizeof names / sizeof *names; i++)
            found = found || view_eq(text, view_of_cstr(names[i]));
    js_text_free(ctx, text);
    JS_FreeValue(ctx, name);
    JS_FreeValue(ctx, constructor);
    return found;
}

static JSValue crypto_random_values(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct js_bytes bytes;
    int64_t count = 0;
    bool has;
    (void)this_val;

    if (argc < 1 || !is_integer_array(ctx, argv[0]))
        return js_throw(ctx, "TypeMismatchError: typedArray parameter isn't a TypedArray instance");
    if (!web_member_int(ctx, argv[0], "length", &count, &has))
        return JS_EXCEPTION;
    if (count > RANDOM_BYTES_MAX)
        return js_throw(ctx, "QuotaExceededError: typedArray parameter is too big; maximum length is %d", RANDOM_BYTES_MAX);
    if (!js_bytes(ctx, argv[0], &bytes))
        return JS_ThrowTypeError(ctx, "not a typed array");
    if (bytes.view.len && RAND_bytes((unsigned char *)bytes.view.ptr, (int)bytes.view.len) != 1)
        return js_throw(ctx, "OperationError: the system gives no random bytes");
    return JS_DupValue(ctx, argv[0]);
}

static JSValue crypto_random_uuid(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    unsigned char b[16];
    char text[37];
    size_t n = 0;
    (void)this_val, (void)argc, (void)argv;

    if (RAND_bytes(b, sizeof b) != 1)
        return js_throw(ctx, "OperationError: the system gives no random bytes");
    b[6] = (unsigned char)((b[6] & 0x0F) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3F) | 0x80);
    for (size_t i = 0; i < sizeof b; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x", b[i]);
    return JS_NewStringLen(ctx, text, n);
}

static const JSCFunctionListEntry crypto_members[] = {
    MODULE_FN("getRandomValues", 1, crypto_random_values),
    MODULE_FN("randomUUID", 0, crypto_random_uuid),
};

static JSValue define(JSContext *ctx, JSValue v) {
    JSValue global = JS_GetGlobalObject(ctx);

    if (!JS_IsException(v))
        JS_DefinePropertyValueStr(ctx, global, "crypto", JS_DupValue(ctx, v), JS_PROP_C_W_E);
    JS_FreeValue(ctx, global);
    return v;
}

static JSValue crypto_get(JSContext *ctx, JSValueConst this_val) {
    JSValue v = js_object(ctx, crypto_members, JS_COUNT(crypto_members));
    (void)this_val;

    if (!JS_IsException(v))
        js_set(ctx, v, "subtle", js_object(ctx, subtle_members, JS_COUNT(subtle_members)));
    return define(ctx, v);
}

static JSValue crypto_set(JSContext *ctx, JSValueConst this_val, JSValueConst v) {
    (void)this_val;
    JS_FreeValue(ctx, define(ctx, JS_DupValue(ctx, v)));
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry globals[] = {JS_CGETSET_DEF("crypto", crypto_get, crypto_set)};

int webcrypto_globals(JSContext *ctx, JSValueConst global) {
    JS_SetPropertyFunctionList(ctx, global, globals, JS_COUNT(globals));
    return 0;
}
