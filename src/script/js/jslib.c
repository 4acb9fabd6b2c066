/* One row per module that we carry; the version in the URL is ignored. */
#include "script/js/jslib.h"

struct jslib_row {
    struct view prefix; /* of the URL */
    const char *text;
    const size_t *size;
};

static const struct jslib_row rows[] = {
    {{NULL, 0}, NULL, NULL},
};

bool jslib_find(struct view url, struct view *source) {
    for (const struct jslib_row *r = rows; r->prefix.ptr; r++) {
        if (!view_starts_with(url, r->prefix))
            continue;
        *source = view_of(r->text, *r->size);
        return true;
    }
    return false;
}
