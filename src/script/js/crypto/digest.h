/* Hashes and HMACs, fed in pieces; the sum can be asked for at any time and more be fed afterwards. */
#ifndef SCRIPT_JS_DIGEST_H
#define SCRIPT_JS_DIGEST_H

#include "core/error.h"
#include "core/view.h"

enum { DIGEST_BYTES_MAX = 64 };

struct digest;
struct digest_kind;
/* By k6's name ("sha512_256", "md4" …). NULL: no such hash. */
const struct digest_kind *digest_find(struct view name);
const char *digest_name(const struct digest_kind *kind);

/* key: NULL for a plain hash. NULL when OpenSSL refuses (no memory, or a provider that is not installed). */
struct digest *digest_new(const struct digest_kind *kind, const struct view *key);
struct digest *digest_free(struct digest *d);
int digest_update(struct digest *d, struct view bytes) MUST_USE;
/* The sum of what was fed so far. */
int digest_sum(const struct digest *d, unsigned char out[DIGEST_BYTES_MAX], size_t *size) MUST_USE;

#endif
