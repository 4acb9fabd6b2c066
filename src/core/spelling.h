/* "Did you mean …?" */
#ifndef CORE_SPELLING_H
#define CORE_SPELLING_H

#include "core/view.h"

enum { SPELLING_WORD_MAX = 64, SPELLING_FORGIVEN = 3 };

/* How many letters must be added, dropped or replaced (Levenshtein 1966); letter case counts for nothing.
 * Words longer than SPELLING_WORD_MAX are as far from everything as they are long. */
size_t spelling_distance(struct view a, struct view b);

/* The nearest of the words that were offered. */
struct spelling {
    struct view wanted, best; /* best: ptr NULL = nothing near was offered */
    size_t distance;
};
#define SPELLING_OF(w) ((struct spelling){.wanted = (w), .distance = SPELLING_FORGIVEN + 1})
/* Keeps the word if it is nearer than all before, at most SPELLING_FORGIVEN letters away, and not all of
 * `wanted` is wrong. */
void spelling_offer(struct spelling *s, struct view word);

#endif
