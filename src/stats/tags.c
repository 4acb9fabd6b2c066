/* Tag sets in two tables. Strings are interned first: each distinct text has a number and stable memory (an
 * arena). A set is then a run of (key number, value number) pairs, sorted by the keys' bytes, in one growing
 * array; equal sets have equal runs, so a set is found by hashing its numbers.
 *
 * Limits. sets_max sets as they come. A set beyond that is folded: `name` and `url` become "(other)"; there
 * is room for TAGS_FOLDED_MAX of those. Should other tags grow without end too, everything further is the one
 * set {name="(other)"}, made at the start. While no set may be added no string is added either, so strings
 * are bounded by sets and by TAGS_STRING_BYTES_MAX. */
#include "stats/tags.h"

#include "core/arena.h"
#include "stats/hashindex_priv.h"
#include "stats/tags_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { TAGS_FOLDED_MAX = 4096, TAGS_STRING_BYTES_MAX = 256 * 1024 * 1024 };

struct set {
    uint32_t first, count; /* of pairs */
};
struct tags {
    struct arena arena;
    struct view *strings;
    size_t string_count, string_cap;
    struct hashindex string_index;
    struct tags_pair *pairs;
    size_t pair_count, pair_cap;
    struct set *sets;
    size_t set_count, set_cap, sets_max;
    struct hashindex set_index;
    uint64_t folded;
    tagset_id other;                /* {name="(other)"} */
    uint32_t name, url, other_text; /* string numbers */
};
/* A set under construction. */
struct draft {
    struct tags_pair pairs[TAGS_PER_SET_MAX];
    size_t n;
    bool missing; /* a string is not in the table and was not added */
};

/* Makes room for one more (or `more`) element; the arrays double. */
static int grow(void **array, size_t *cap, size_t need, size_t size) {
    if (need <= *cap)
        return 0;
    size_t new_cap = *cap ? *cap * 2 : 64;
    while (new_cap < need)
        new_cap *= 2;
    void *p = realloc(*array, new_cap * size);
    if (!p)
        return -ENOMEM;
    *array = p;
    *cap = new_cap;
    return 0;
}

static uint32_t string_find(const struct tags *t, struct view v, uint64_t hash) {
    uint64_t at = (uint32_t)hash;

    for (uint32_t i; (i = hashindex_next(&t->string_index, hash, &at)) != HASHINDEX_NONE;)
        if (view_eq(t->strings[i], v))
            return i;
    return HASHINDEX_NONE;
}

static uint32_t string_intern(struct tags *t, struct view v, bool may_add) {
    uint64_t hash = view_hash(v, 0);
    uint32_t i = string_find(t, v, hash);

    if (i != HASHINDEX_NONE || !may_add)
        return i;
    if (grow((void **)&t->strings, &t->string_cap, t->string_count + 1, sizeof *t->strings) < 0)
        return HASHINDEX_NONE;
    struct view copy = arena_copy(&t->arena, v);
    if (!copy.ptr || hashindex_insert(&t->string_index, hash, (uint32_t)t->string_count) < 0)
        return HASHINDEX_NONE;
    t->strings[t->string_count] = copy;
    return (uint32_t)t->string_count++;
}

static uint64_t pairs_hash(const struct tags_pair *p, size_t n) {
    uint64_t h = n;

    for (size_t i = 0; i < n; i++)
        h = hashindex_mix(h, (uint64_t)p[i].key << 32 | p[i].value);
    return h;
}

static tagset_id set_find(const struct tags *t, const struct draft *d, uint64_t hash) {
    uint64_t at = (uint32_t)hash;

    for (uint32_t i; (i = hashindex_next(&t->set_index, hash, &at)) != HASHINDEX_NONE;) {
        const struct set *s = &t->sets[i];
        if (s->count == d->n &&
            (d->n == 0 || memcmp(t->pairs + s->first, d->pairs, d->n * sizeof *d->pairs) == 0))
            return i;
    }
    return HASHINDEX_NONE;
}

static tagset_id set_add(struct tags *t, const struct draft *d, uint64_t hash) {
    if (grow((void **)&t->sets, &t->set_cap, t->set_count + 1, sizeof *t->sets) < 0 ||
        grow((void **)&t->pairs, &t->pair_cap, t->pair_count + d->n + 1, sizeof *t->pairs) < 0 ||
        hashindex_insert(&t->set_index, hash, (uint32_t)t->set_count) < 0)
        return HASHINDEX_NONE;
    memcpy(t->pairs + t->pair_count, d->pairs, d->n * sizeof *d->pairs);
    t->sets[t->set_count] = (struct set){(uint32_t)t->pair_count, (uint32_t)d->n};
    t->pair_count += d->n;
    return (tagset_id)t->set_count++;
}

static bool draft_fold(const struct tags *t, struct draft *d) {
    bool changed = false;

    for (size_t i = 0; i < d->n; i++) {
        if ((d->pairs[i].key == t->name || d->pairs[i].key == t->url) && d->pairs[i].value != t->other_text) {
            d->pairs[i].value = t->other_text;
            changed = true;
        }
    }
    return changed;
}

static bool draft_missing(const struct draft *d) {
    for (size_t i = 0; i < d->n; i++)
        if (d->pairs[i].key == HASHINDEX_NONE || d->pairs[i].value == HASHINDEX_NONE)
            return true;
    return false;
}

static tagset_id draft_intern(struct tags *t, struct draft *d) {
    if (!draft_missing(d)) {
        uint64_t hash = pairs_hash(d->pairs, d->n);
        tagset_id id = set_find(t, d, hash);
        if (id == HASHINDEX_NONE && t->set_count < t->sets_max)
            id = set_add(t, d, hash);
        if (id != HASHINDEX_NONE)
            return id;
    }
    t->folded++;
    draft_fold(t, d);
    if (draft_missing(d))
        return t->other;
    uint64_t hash = pairs_hash(d->pairs, d->n);
    tagset_id id = set_find(t, d, hash);
    if (id == HASHINDEX_NONE && t->set_count < t->sets_max + TAGS_FOLDED_MAX)
        id = set_add(t, d, hash);
    return id == HASHINDEX_NONE ? t->other : id;
}

/* Where the key stands, or where it belongs. */
static size_t draft_position(const struct tags *t, const struct draft *d, struct view key, bool *found) {
    size_t lo = 0, hi = d->n;

    *found = false;
    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        int c = view_cmp(t->strings[d->pairs[mid].key], key);
        if (c == 0) {
            *found = true;
            return mid;
        }
        if (c < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void draft_put(struct tags *t, struct draft *d, struct tag tag) {
    bool found;
    bool may_add = t->set_count < t->sets_max;
    size_t i = draft_position(t, d, tag.key, &found);

    if (!tag.value.ptr && tag.value.len == 0) {
        if (found)
            memmove(d->pairs + i, d->pairs + i + 1, (--d->n - i) * sizeof *d->pairs);
        return;
    }
    if (!found) {
        uint32_t key = string_intern(t, tag.key, may_add);
        if (key == HASHINDEX_NONE || d->n == TAGS_PER_SET_MAX) {
            d->missing = d->missing || key == HASHINDEX_NONE;
            return;
        }
        memmove(d->pairs + i + 1, d->pairs + i, (d->n++ - i) * sizeof *d->pairs);
        d->pairs[i].key = key;
    }
    d->pairs[i].value = string_intern(t, tag.value, may_add);
}

int tags_new(struct tags **out, size_t sets_max) {
    struct tags *t = calloc(1, sizeof *t);

    if (!t)
        return -ENOMEM;
    arena_init(&t->arena, TAGS_STRING_BYTES_MAX);
    t->sets_max = sets_max ? sets_max : TAGS_SETS_MAX;
    t->name = string_intern(t, VIEW("name"), true);
    t->url = string_intern(t, VIEW("url"), true);
    t->other_text = string_intern(t, VIEW("(other)"), true);
    struct draft empty = {.n = 0}, other = {.pairs = {{t->name, t->other_text}}, .n = 1};
    tagset_id zero = set_add(t, &empty, pairs_hash(empty.pairs, 0));
    t->other = set_add(t, &other, pairs_hash(other.pairs, 1));
    t->sets_max += 2;
    if (t->name == HASHINDEX_NONE || t->url == HASHINDEX_NONE || t->other_text == HASHINDEX_NONE ||
        zero != 0 || t->other != 1) {
        tags_free(t);
        return -ENOMEM;
    }
    *out = t;
    return 0;
}

struct tags *tags_free(struct tags *t) {
    if (!t)
        return NULL;
    arena_deinit(&t->arena);
    free(t->strings);
    free(t->pairs);
    free(t->sets);
    hashindex_deinit(&t->string_index);
    hashindex_deinit(&t->set_index);
    free(t);
    return NULL;
}

tagset_id tags_intern(struct tags *t, const struct tag *tags, size_t n) {
    return tags_with(t, 0, tags, n);
}

tagset_id tags_with(struct tags *t, tagset_id base, const struct tag *more, size_t n) {
    struct draft d;

    assert(base < t->set_count);
    d.n = t->sets[base].count;
    d.missing = false;
    memcpy(d.pairs, t->pairs + t->sets[base].first, d.n * sizeof *d.pairs);
    for (size_t i = 0; i < n; i++)
        draft_put(t, &d, more[i]);
    if (d.missing) { /* a key that no room is left for: the set without it would be another set */
        t->folded++;
        return t->other;
    }
    return draft_intern(t, &d);
}

tagset_id tags_fold(struct tags *t, tagset_id set) {
    struct draft d = {.n = t->sets[set].count};

    memcpy(d.pairs, t->pairs + t->sets[set].first, d.n * sizeof *d.pairs);
    return draft_fold(t, &d) ? draft_intern(t, &d) : set;
}

tagset_id tags_fold_all(struct tags *t) {
    return t->other;
}

size_t tags_count(const struct tags *t, tagset_id set) {
    assert(set < t->set_count);
    return t->sets[set].count;
}

struct tag tags_at(const struct tags *t, tagset_id set, size_t i) {
    assert(set < t->set_count && i < t->sets[set].count);
    struct tags_pair p = t->pairs[t->sets[set].first + i];
    return (struct tag){t->strings[p.key], t->strings[p.value]};
}

struct view tags_get(const struct tags *t, tagset_id set, struct view key) {
    assert(set < t->set_count);
    const struct tags_pair *p = t->pairs + t->sets[set].first;

    for (size_t i = 0; i < t->sets[set].count; i++)
        if (view_eq(t->strings[p[i].key], key))
            return t->strings[p[i].value];
    return VIEW_NULL;
}

size_t tags_sets(const struct tags *t) {
    return t->set_count;
}

uint64_t tags_folded(const struct tags *t) {
    return t->folded;
}

bool tags_match(const struct tags *t, tagset_id set, const struct tag *filter, size_t n) {
    for (size_t i = 0; i < n; i++) {
        struct view v = tags_get(t, set, filter[i].key);
        if (!v.ptr || !view_eq(v, filter[i].value))
            return false;
    }
    return true;
}

struct view tags_string(const struct tags *t, uint32_t number) {
    assert(number < t->string_count);
    return t->strings[number];
}

const struct tags_pair *tags_pairs(const struct tags *t, tagset_id set, size_t *n) {
    assert(set < t->set_count);
    *n = t->sets[set].count;
    return t->pairs + t->sets[set].first;
}
