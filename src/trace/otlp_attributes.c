#include "trace/otlp_attributes_priv.h"

#include <inttypes.h>
#include <stdio.h>

static struct view taken(struct otlp_attributes *a, int n) {
    char *at = a->scratch + a->used;

    if (n < 0 || (size_t)n >= sizeof a->scratch - a->used)
        return VIEW("");
    a->used += (size_t)n + 1;
    return view_of(at, (size_t)n);
}

struct view otlp_attributes_i64(struct otlp_attributes *a, int64_t v) {
    return taken(a, snprintf(a->scratch + a->used, sizeof a->scratch - a->used, "%" PRId64, v));
}

struct view otlp_attributes_double(struct otlp_attributes *a, double v) {
    return taken(a, snprintf(a->scratch + a->used, sizeof a->scratch - a->used, "%.17g", v));
}

struct view otlp_find(const struct otlp_attribute *attributes, size_t count, struct view key) {
    for (size_t i = 0; i < count; i++)
        if (view_eq(attributes[i].key, key))
            return attributes[i].value;
    return VIEW_NULL;
}
