#include "core/spelling.h"

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

size_t spelling_distance(struct view a, struct view b) {
    size_t row[SPELLING_WORD_MAX + 1];

    if (a.len > SPELLING_WORD_MAX || b.len > SPELLING_WORD_MAX)
        return a.len > b.len ? a.len : b.len;
    for (size_t k = 0; k <= b.len; k++)
        row[k] = k;
    for (size_t i = 1; i <= a.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t k = 1; k <= b.len; k++) {
            size_t above = row[k], same = lower(a.ptr[i - 1]) == lower(b.ptr[k - 1]);
            row[k] = least(least(above, row[k - 1]) + 1, corner + !same);
            corner = above;
        }
    }
    return row[b.len];
}

void spelling_offer(struct spelling *s, struct view word) {
    size_t d = spelling_distance(s->wanted, word);

    if (d < s->distance && d < s->wanted.len) {
        s->best = word;
        s->distance = d;
    }
}
