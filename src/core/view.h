/* A view is text that somebody else owns: pointer and length, not NUL-terminated, any bytes. */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct view {
    const char *ptr;
    size_t len;
};

#define VIEW_NULL ((struct view){NULL, 0})
#define VIEW(literal) ((struct view){"" literal, sizeof(literal) - 1})
/* For printf("%.*s", VIEW_ARGS(v)). */
#define VIEW_ARGS(v) (int)(v).len, (v).ptr

static inline struct view view_of(const char *ptr, size_t len) { return (struct view){ptr, len}; }
static inline struct view view_of_cstr(const char *s) { return (struct view){s, s ? strlen(s) : 0}; }
static inline bool view_eq(struct view a, struct view b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool view_eq_nocase(struct view a, struct view b); /* ASCII only */
int view_cmp(struct view a, struct view b);        /* bytewise, like strcmp */
bool view_starts_with(struct view v, struct view prefix);
bool view_ends_with(struct view v, struct view suffix);
struct view view_trim(struct view v); /* drops ASCII blanks at both ends */
struct view view_drop(struct view v, size_t n);
struct view view_take(struct view v, size_t n);
/* Index of the first c, or -1. */
ptrdiff_t view_find(struct view v, char c);
struct view view_after_last(struct view v, char c); /* all of v without c: the name of a path */
ptrdiff_t view_find_view(struct view v, struct view needle);
/* Cuts the text before the first sep off *rest and returns it; *rest becomes what follows sep,
 * or VIEW_NULL when there was none. `found` may be NULL. */
struct view view_cut(struct view *rest, char sep, bool *found);
/* Strict decimal parsers of the whole view; false on anything else or overflow. */
bool view_to_u64(struct view v, uint64_t *out);
bool view_to_i64(struct view v, int64_t *out);
bool view_to_double(struct view v, double *out); /* as JSON's number grammar plus a leading '+', '.5', no hex/inf/nan */
uint64_t view_hash(struct view v, uint64_t seed);
/* A malloc'ed NUL-terminated copy, or NULL without memory. */
char *view_dup_cstr(struct view v);

#endif
