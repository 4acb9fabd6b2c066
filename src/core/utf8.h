/* UTF-8: strict decoding (no surrogates, no overlong forms, at most U+10FFFF) and lossy conversion as the WHATWG
 * decoder and Go's string conversions do it. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/buf.h"

enum { UTF8_REPLACEMENT = 0xFFFD, UTF8_BYTES_MAX = 4 };

bool utf8_valid(struct view v);
/* Takes one code point off the front of *rest (not empty). Malformed: returns -1 and drops the maximal malformed
 * prefix (at least one byte), for which one U+FFFD stands. */
int32_t utf8_decode(struct view *rest);
/* Bytes written (1 to 4); surrogates and values beyond U+10FFFF are written as U+FFFD. */
size_t utf8_encode(uint32_t code_point, char out[UTF8_BYTES_MAX]);
int utf8_append(struct buf *out, uint32_t code_point) MUST_USE;
int utf8_append_lossy(struct buf *out, struct view v) MUST_USE;
size_t utf8_length(struct view v);       /* code points; each malformed prefix counts as one */
size_t utf8_utf16_length(struct view v); /* as JavaScript's .length */

#endif
