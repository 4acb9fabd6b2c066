/* encrypt and decrypt: AES in three modes, RSA-OAEP. GCM's tag stands behind the text, as the standard has it. */
#include "script/js/crypto/webcrypto_priv.h"

#include <openssl/err.h>
#include <openssl/rsa.h>

enum { AES_BLOCK_BYTES = 16, GCM_IV_BYTES = 12, GCM_TAG_BITS = 128 };

struct aes {
    EVP_CIPHER_CTX *c;
    struct buf iv, additional;
    size_t tag_bytes;
};

static const EVP_CIPHER *cipher_of(const struct web_key *k) {
    static const EVP_CIPHER *(*const ciphers[3][3])(void) = {
        {EVP_aes_128_cbc, EVP_aes_192_cbc, EVP_aes_256_cbc},
        {EVP_aes_128_ctr, EVP_aes_192_ctr, EVP_aes_256_ctr},
        {EVP_aes_128_gcm, EVP_aes_192_gcm, EVP_aes_256_gcm},
    };
    return ciphers[k->algorithm - WEB_AES_CBC][(k->secret.len - 16) / 8]();
}

/* The mode's parameters out of the algorithm object. */
static bool read_parameters(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct aes *aes) {
    bool gcm = k->algorithm == WEB_AES_GCM, has;
    const char *iv = k->algorithm == WEB_AES_CTR ? "counter" : "iv";
    int64_t tag_bits = GCM_TAG_BITS;

    if (!web_member_bytes(ctx, algorithm, iv, &aes->iv, &has))
        return false;
    if (!gcm && aes->iv.len != AES_BLOCK_BYTES) {
        web_throw(ctx, "OperationError", "%s length is not 16 bytes", iv);
        return false;
    }
    if (!gcm)
        return true;
    if (aes->iv.len != GCM_IV_BYTES) {
        web_throw(ctx, "NotSupportedError", "only 12 bytes long iv are supported");
        return false;
    }
    if (!web_member_bytes(ctx, algorithm, "additionalData", &aes->additional, &has) ||
        !web_member_int(ctx, algorithm, "tagLength", &tag_bits, &has))
        return false;
    if (tag_bits < 96 || tag_bits > 128 || tag_bits % 8) {
        web_throw(ctx, "OperationError", "invalid tag length, should be one of 96, 104, 112, 120, 128");
        return false;
    }
    aes->tag_bytes = (size_t)tag_bits / 8;
    return true;
}

/* Runs the cipher over data; out has room for a block more. False: refused (padding or tag). */
static bool run(struct aes *aes, const struct web_key *k, struct view data, bool encrypt, unsigned char *out, size_t *size) {
    size_t tag = encrypt ? 0 : aes->tag_bytes;
    int n = 0, last = 0;

    if (data.len < tag)
        return false;
    struct view text = view_take(data, data.len - tag);
    bool ok = EVP_CipherInit_ex2(aes->c, cipher_of(k), (unsigned char *)k->secret.ptr, (unsigned char *)aes->iv.ptr, encrypt, NULL) == 1;
    if (ok && tag)
        ok = EVP_CIPHER_CTX_ctrl(aes->c, EVP_CTRL_AEAD_SET_TAG, (int)tag, (char *)text.ptr + text.len) == 1;
    if (ok && aes->additional.len)
        ok = EVP_CipherUpdate(aes->c, NULL, &n, (unsigned char *)aes->additional.ptr, (int)aes->additional.len) == 1;
    n = 0;
    if (ok && text.len)
        ok = EVP_CipherUpdate(aes->c, out, &n, (const unsigned char *)text.ptr, (int)text.len) == 1;
    ok = ok && EVP_CipherFinal_ex(aes->c, out + n, &last) == 1;
    *size = (size_t)(n + last);
    if (ok && encrypt && aes->tag_bytes) {
        ok = EVP_CIPHER_CTX_ctrl(aes->c, EVP_CTRL_AEAD_GET_TAG, (int)aes->tag_bytes, out + *size) == 1;
        *size += aes->tag_bytes;
    }
    return ok;
}

static JSValue crypt_aes(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view data, bool encrypt) {
    struct aes aes = {.iv = BUF_MAX(WEB_BYTES_MAX), .additional = BUF_MAX(WEB_BYTES_MAX)};
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    JSValue v = JS_EXCEPTION;
    size_t size;

    if (read_parameters(ctx, algorithm, k, &aes)) {
        aes.c = EVP_CIPHER_CTX_new();
        if (!aes.c || buf_reserve(&out, data.len + 2 * AES_BLOCK_BYTES) < 0)
            JS_ThrowOutOfMemory(ctx);
        else if (run(&aes, k, data, encrypt, (unsigned char *)out.ptr, &size))
            v = js_buffer(ctx, view_of(out.ptr, size));
        else
            web_throw(ctx, "OperationError", k->algorithm == WEB_AES_CBC ? "invalid padding" : "could not decrypt ciphertext");
    }
    ERR_clear_error();
    EVP_CIPHER_CTX_free(aes.c);
    buf_deinit(&aes.iv);
    buf_deinit(&aes.additional);
    return v;
}

static bool prepare_oaep(EVP_PKEY_CTX *c, const struct web_key *k, const struct buf *label, bool encrypt) {
    if ((encrypt ? EVP_PKEY_encrypt_init(c) : EVP_PKEY_decrypt_init(c)) != 1 || EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_CTX_set_rsa_oaep_md(c, web_md(k->hash)) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(c, web_md(k->hash)) != 1)
        return false;
    if (!label->len)
        return true;
    void *copy = OPENSSL_memdup(label->ptr, label->len); /* the context takes it */
    if (copy && EVP_PKEY_CTX_set0_rsa_oaep_label(c, copy, (int)label->len) == 1)
        return true;
    OPENSSL_free(copy);
    return false;
}

static JSValue crypt_oaep(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view data, bool encrypt) {
    struct buf label CLEANUP(buf_deinit) = BUF_MAX(WEB_BYTES_MAX);
    unsigned char out[WEB_RSA_BITS_MAX / 8];
    size_t size = sizeof out;
    bool has;

    if (!web_member_bytes(ctx, algorithm, "label", &label, &has))
        return JS_EXCEPTION;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(k->pkey, NULL);
    const unsigned char *in = (const unsigned char *)(data.len ? data.ptr : "");
    bool ok = c && prepare_oaep(c, k, &label, encrypt) &&
              (encrypt ? EVP_PKEY_encrypt(c, out, &size, in, data.len) : EVP_PKEY_decrypt(c, out, &size, in, data.len)) == 1;
    EVP_PKEY_CTX_free(c);
    ERR_clear_error();
    return ok ? js_buffer(ctx, view_of((char *)out, size)) : web_throw(ctx, "OperationError", encrypt ? "could not encrypt" : "could not decrypt");
}

JSValue web_crypt(JSContext *ctx, JSValueConst algorithm, const struct web_key *k, struct view data, bool encrypt) {
    if (web_algorithms[k->algorithm].aes)
        return crypt_aes(ctx, algorithm, k, data, encrypt);
    return crypt_oaep(ctx, algorithm, k, data, encrypt);
}
