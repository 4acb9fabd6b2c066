/* Patterns of host names: "name" or "*suffix" ("*.example.com", "*"). Case does not matter; the more specific one wins. */
#ifndef NET_HOST_PATTERN_H
#define NET_HOST_PATTERN_H

#include "core/view.h"

bool host_pattern_matches(struct view pattern, struct view host);
/* The longest matching pattern (exact before wildcard), read through get(patterns, i); or -1. */
ptrdiff_t host_pattern_best(const void *patterns, size_t count, struct view (*get)(const void *patterns, size_t i), struct view host);

#endif
