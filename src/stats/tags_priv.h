/* What the packers of this folder need to know of a tag table: its strings have numbers too. */
#ifndef STATS_TAGS_PRIV_H
#define STATS_TAGS_PRIV_H

#include "stats/tags.h"

struct tags_pair {
    uint32_t key, value; /* string numbers */
};
struct view tags_string(const struct tags *t, uint32_t number);
const struct tags_pair *tags_pairs(const struct tags *t, tagset_id set, size_t *n); /* valid until the next intern */
/* The set with its `name` and `url` replaced by "(other)"; the last resort when even that is new and there is no room. */
tagset_id tags_fold(struct tags *t, tagset_id set);
tagset_id tags_fold_all(struct tags *t); /* { name="(other)" } */

#endif
