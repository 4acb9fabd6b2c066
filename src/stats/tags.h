/* Tag sets, interned: a set of key=value pairs becomes a small number that compares and hashes for free.
 *
 * Strings and sets are kept for the life of the table; both have named limits. When TAGS_SETS_MAX is reached, a new set is
 * folded: its `name` and `url` tags become "(other)", so that memory stays bounded whatever a script puts into URLs. */
#ifndef STATS_TAGS_H
#define STATS_TAGS_H

#include "core/error.h"
#include "core/view.h"

enum { TAGS_PER_SET_MAX = 64, TAGS_SETS_MAX = 100000 };

typedef uint32_t tagset_id; /* 0 = the empty set */

struct tag {
    struct view key, value;
};

struct tags;
int tags_new(struct tags **out, size_t sets_max /* 0 = TAGS_SETS_MAX */) MUST_USE;
struct tags *tags_free(struct tags *t);

/* The set of these tags (any order; of equal keys the last wins; bytes are copied when the set is new). */
tagset_id tags_intern(struct tags *t, const struct tag *tags, size_t n);
/* base plus these (later wins over base; a value with ptr == NULL removes the key). */
tagset_id tags_with(struct tags *t, tagset_id base, const struct tag *more, size_t n);
size_t tags_count(const struct tags *t, tagset_id set);
struct tag tags_at(const struct tags *t, tagset_id set, size_t i); /* sorted by key */
struct view tags_get(const struct tags *t, tagset_id set, struct view key); /* VIEW_NULL when absent */
/* Number of interned sets (ids are 0 … n-1), and how many were folded. */
size_t tags_sets(const struct tags *t);
uint64_t tags_folded(const struct tags *t);

/* A filter as in `metric{a:b,c:d}`: every pair must be in the set. */
bool tags_match(const struct tags *t, tagset_id set, const struct tag *filter, size_t n);

#endif
