/* On OpenSSL's EVP. md4 lives in OpenSSL's legacy provider; it is loaded into a library context of our own, so that TLS never sees it.
 * HMAC is written out (RFC 2104): it needs nothing but the hash, so it works with every row, md4 included.
 *
 * Fetched algorithms are kept as long as the process lives. */
#include "script/js/crypto/digest.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <stdlib.h>

enum { BLOCK_BYTES_MAX = 128 };

struct digest_kind {
    const char *name, *openssl;
    bool legacy;
};

static const struct digest_kind kinds[] = {
    {"md4", "MD4", true},           {"md5", "MD5", false},
    {"sha1", "SHA1", false},        {"sha256", "SHA256", false},
    {"sha384", "SHA384", false},    {"sha512", "SHA512", false},
    {"sha512_224", "SHA512-224", false}, {"sha512_256", "SHA512-256", false},
    {"ripemd160", "RIPEMD160", true},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct digest {
    EVP_MD_CTX *inner;
    EVP_MD_CTX *outer; /* NULL for a plain hash */
};

const struct digest_kind *digest_find(struct view name) {
    for (int i = 0; i < KINDS; i++)
        if (view_eq(name, view_of_cstr(kinds[i].name)))
            return &kinds[i];
    return NULL;
}

const char *digest_name(const struct digest_kind *kind) {
    return kind->name;
}

static OSSL_LIB_CTX *legacy_library(void) {
    static OSSL_LIB_CTX *library;

    if (!library) {
        library = OSSL_LIB_CTX_new();
        OSSL_PROVIDER_load(library, "legacy");
        OSSL_PROVIDER_load(library, "default");
    }
    return library;
}

static const EVP_MD *algorithm_of(const struct digest_kind *kind) {
    static EVP_MD *fetched[KINDS];
    EVP_MD **md = &fetched[kind - kinds];

    if (!*md)
        *md = EVP_MD_fetch(kind->legacy ? legacy_library() : NULL, kind->openssl, NULL);
    return *md;
}

/* The key, hashed when longer than a block, zero-padded and masked. */
static bool feed_key(EVP_MD_CTX *c, const EVP_MD *md, const unsigned char block[BLOCK_BYTES_MAX], unsigned char mask) {
    unsigned char masked[BLOCK_BYTES_MAX];
    size_t size = (size_t)EVP_MD_get_block_size(md);

    for (size_t i = 0; i < size; i++)
        masked[i] = block[i] ^ mask;
    bool ok = EVP_DigestInit_ex2(c, md, NULL) == 1 && EVP_DigestUpdate(c, masked, size) == 1;
    OPENSSL_cleanse(masked, sizeof masked);
    return ok;
}

static bool begin_keyed(struct digest *d, const EVP_MD *md, struct view key) {
    unsigned char block[BLOCK_BYTES_MAX] = {0};
    int size = EVP_MD_get_block_size(md);

    if (size <= 0 || size > BLOCK_BYTES_MAX)
        return false;
    if (key.len > (size_t)size) {
        if (EVP_Digest(key.ptr, key.len, block, NULL, md, NULL) != 1)
            return false;
    } else if (key.len) {
        memcpy(block, key.ptr, key.len);
    }
    d->outer = EVP_MD_CTX_new();
    bool ok = d->outer && feed_key(d->inner, md, block, 0x36) && feed_key(d->outer, md, block, 0x5c);
    OPENSSL_cleanse(block, sizeof block);
    return ok;
}

struct digest *digest_new(const struct digest_kind *kind, const struct view *key) {
    const EVP_MD *md = algorithm_of(kind);
    struct digest *d = md ? calloc(1, sizeof *d) : NULL;

    if (!d)
        return NULL;
    d->inner = EVP_MD_CTX_new();
    if (d->inner && (key ? begin_keyed(d, md, *key) : EVP_DigestInit_ex2(d->inner, md, NULL) == 1))
        return d;
    return digest_free(d);
}

struct digest *digest_free(struct digest *d) {
    if (d) {
        EVP_MD_CTX_free(d->inner);
        EVP_MD_CTX_free(d->outer);
        free(d);
    }
    return NULL;
}

int digest_update(struct digest *d, struct view bytes) {
    return EVP_DigestUpdate(d->inner, bytes.ptr ? bytes.ptr : "", bytes.len) == 1 ? 0 : -ENOMEM;
}

int digest_sum(const struct digest *d, unsigned char out[DIGEST_BYTES_MAX], size_t *size) {
    EVP_MD_CTX *copy = EVP_MD_CTX_new();
    unsigned n = 0;
    bool ok = copy && EVP_MD_CTX_copy_ex(copy, d->inner) == 1 && EVP_DigestFinal_ex(copy, out, &n) == 1;

    if (ok && d->outer)
        ok = EVP_MD_CTX_copy_ex(copy, d->outer) == 1 && EVP_DigestUpdate(copy, out, n) == 1 && EVP_DigestFinal_ex(copy, out, &n) == 1;
    EVP_MD_CTX_free(copy);
    *size = n;
    return ok ? 0 : -ENOMEM;
}
