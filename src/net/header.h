/* One header field, as text. */
#ifndef NET_HEADER_H
#define NET_HEADER_H

#include "core/view.h"

struct http_header {
    struct view name, value;
};

/* The first field of that name (ASCII case ignored), or VIEW_NULL. */
static inline struct view header_find(const struct http_header *h, size_t n, struct view name) {
    for (size_t i = 0; i < n; i++)
        if (view_eq_nocase(h[i].name, name))
            return h[i].value;
    return VIEW_NULL;
}

/* Whether a list like "close, te" has that token (ASCII case ignored). */
static inline bool header_has_token(struct view list, struct view token) {
    while (list.ptr)
        if (view_eq_nocase(view_trim(view_cut(&list, ',', NULL)), token))
            return true;
    return false;
}

#endif
