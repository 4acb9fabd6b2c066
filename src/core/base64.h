/* Base64 (RFC 4648) in Go's four encodings: standard or URL alphabet, padded or raw. */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "core/buf.h"

enum base64_kind {
    BASE64_STD = 0,
    BASE64_URL = 1, /* '-' and '_' for '+' and '/' */
    BASE64_RAW = 2, /* or'ed in: no padding */
    BASE64_RAW_URL = BASE64_URL | BASE64_RAW,
};

static inline size_t base64_encoded_length(size_t n) { return (n + 2) / 3 * 4; } /* padded */

int base64_encode(struct buf *out, struct view bytes, enum base64_kind kind) MUST_USE;
/* As Go decodes: line breaks are skipped, padding is demanded or forbidden by the kind. ERROR_SYNTAX with the index of the first bad
 * byte in *bad_at (may be NULL); `out` is then as it was before. */
int base64_decode(struct buf *out, struct view text, enum base64_kind kind, size_t *bad_at) MUST_USE;

#endif
