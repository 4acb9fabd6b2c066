/* Short lists are searched, long ones have a hash set beside them (open addressing, at most half full). */
#include "script/js/html/html_nodes.h"

#include <stdlib.h>

enum { SEARCHED_MAX = 32, FIRST_CAP = 8 };

void html_nodes_deinit(struct html_nodes *l) {
    free(l->at);
    free(l->seen);
    *l = HTML_NODES_NULL;
}

static size_t slot_of(const struct html_nodes *l, const GumboNode *n) {
    size_t i = ((uintptr_t)n >> 4) * 0x9E3779B97F4A7C15u & (l->seen_cap - 1);

    while (l->seen[i] && l->seen[i] != n)
        i = (i + 1) & (l->seen_cap - 1);
    return i;
}

bool html_nodes_has(const struct html_nodes *l, const GumboNode *n) {
    if (l->seen)
        return l->seen[slot_of(l, n)] == n;
    for (size_t i = 0; i < l->count; i++)
        if (l->at[i] == n)
            return true;
    return false;
}

static bool grow_seen(struct html_nodes *l) {
    free(l->seen);
    l->seen_cap = l->cap * 2;
    l->seen = calloc(l->seen_cap, sizeof *l->seen);
    for (size_t i = 0; l->seen && i < l->count; i++)
        l->seen[slot_of(l, l->at[i])] = l->at[i];
    return l->seen;
}

static bool grow(struct html_nodes *l) {
    size_t cap = l->cap ? l->cap * 2 : FIRST_CAP;
    const GumboNode **at = reallocarray(l->at, cap, sizeof *at);

    if (!at)
        return false;
    l->at = at;
    l->cap = cap;
    return cap <= SEARCHED_MAX || grow_seen(l);
}

void html_nodes_add(struct html_nodes *l, const GumboNode *n) {
    if (!n || l->failed || html_nodes_has(l, n))
        return;
    if (l->count == l->cap && !grow(l)) {
        l->failed = true;
        return;
    }
    l->at[l->count++] = n;
    if (l->seen)
        l->seen[slot_of(l, n)] = n;
}

void html_nodes_find(struct html_nodes *l, const struct html_nodes *from, const struct css_selector *s) {
    for (size_t i = 0; s && i < from->count; i++)
        for (const GumboNode *n = from->at[i]; (n = html_next(n, from->at[i]));)
            if (css_selector_matches(s, n))
                html_nodes_add(l, n);
}
