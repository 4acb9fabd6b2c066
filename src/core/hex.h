/* Bytes as lower-case hexadecimal digits and back. */
#ifndef CORE_HEX_H
#define CORE_HEX_H

#include "core/buf.h"

int hex_encode(struct buf *out, struct view bytes) MUST_USE;
/* Digits of both cases; ERROR_SYNTAX for an odd count or anything else (`out` is then as before). */
int hex_decode(struct buf *out, struct view text) MUST_USE;
int hex_digit(char c); /* 0 to 15, or -1 */

#endif
