/* Writing HTML into a buffer: the first error sticks, so a page is written and checked once. */
#ifndef TARGET_HTML_H
#define TARGET_HTML_H

#include "core/buf.h"

struct html {
    struct buf *out;
    int error;
};

static inline struct html html_of(struct buf *out) {
    return (struct html){out, 0};
}
void html_add(struct html *h, const char *fmt, ...) PRINTF_LIKE(2, 3); /* as it is */
void html_add_text(struct html *h, struct view text);                  /* escaped */

#endif
