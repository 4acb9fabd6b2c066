/* Text as a JSON string, quotes included. */
#ifndef TARGET_JSON_TEXT_H
#define TARGET_JSON_TEXT_H

#include "core/buf.h"

/* Any bytes are fine: what is not UTF-8 becomes U+FFFD, so the output is always valid JSON. Returns as
 * buf_append. */
int json_text_append(struct buf *out, struct view text) MUST_USE;

#endif
