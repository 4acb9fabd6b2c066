/* Content-Encoding: gzip, deflate (zlib, or raw as some servers send it), br, zstd, stacked ones too. */
#ifndef NET_ENCODING_H
#define NET_ENCODING_H

#include "core/buf.h"

enum { ENCODINGS_MAX = 8 };

/* Whether the field's value names an encoding that we decode. Unknown ones are left alone, as k6 does. */
bool encoding_is_known(struct view content_encoding);
/* Decodes the last named encoding first, into `out` (its cap is the limit: ERROR_LIMIT). ERROR_SYNTAX: not what it claims to be; err as k6 words it. */
int encoding_decode(struct view content_encoding, struct view in, struct buf *out, struct error *err) MUST_USE;

#endif
