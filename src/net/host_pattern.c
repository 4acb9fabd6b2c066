#include "net/host_pattern.h"

bool host_pattern_matches(struct view pattern, struct view host) {
    if (pattern.len == 0 || pattern.ptr[0] != '*')
        return view_eq_nocase(pattern, host);
    struct view suffix = view_drop(pattern, 1);
    return host.len > suffix.len && view_eq_nocase(view_drop(host, host.len - suffix.len), suffix);
}

ptrdiff_t host_pattern_best(const void *patterns, size_t count, struct view (*get)(const void *patterns, size_t i), struct view host) {
    ptrdiff_t best = -1;
    size_t best_len = 0;

    for (size_t i = 0; i < count; i++) {
        struct view p = get(patterns, i);
        if (!host_pattern_matches(p, host))
            continue;
        if (p.ptr[0] != '*')
            return (ptrdiff_t)i;
        if (p.len > best_len) {
            best = (ptrdiff_t)i;
            best_len = p.len;
        }
    }
    return best;
}
