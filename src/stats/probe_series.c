#include "stats/probe_series.h"

#include "stats/hashindex_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { FIRST_CAP = 64, PACK_VERSION = 1 };

/* ---- units ---- */

static const char *const unit_names[PROBE_UNIT_COUNT] = {
#define PROBE_UNIT_NAME(id, name) [id] = name,
    PROBE_UNITS(PROBE_UNIT_NAME)
#undef PROBE_UNIT_NAME
};

const char *probe_unit_name(enum probe_unit u) {
    return (unsigned)u < PROBE_UNIT_COUNT ? unit_names[u] : "count";
}

bool probe_unit_of(struct view name, enum probe_unit *out) {
    for (size_t i = 0; i < PROBE_UNIT_COUNT; i++)
        if (view_eq(name, view_of_cstr(unit_names[i]))) {
            *out = (enum probe_unit)i;
            return true;
        }
    return false;
}

/* ---- one second ---- */

int64_t probe_second_find(const struct probe_second *s, struct view source, struct view name) {
    for (size_t i = 0; i < s->key_count; i++)
        if (view_eq(name, view_of_cstr(s->keys[i].name)) &&
            (!source.len || view_eq(source, view_of_cstr(s->keys[i].source))))
            return (int64_t)i;
    return -1;
}

double probe_second_value(const struct probe_second *s, uint32_t series) {
    for (size_t i = 0; i < s->value_count; i++)
        if (s->values[i].series == series)
            return s->values[i].value;
    return NAN;
}

/* ---- keys ---- */

void probe_keys_deinit(struct probe_keys *k) {
    free(k->list);
    if (k->index)
        hashindex_deinit(k->index);
    free(k->index);
    *k = PROBE_KEYS_NULL;
}

static uint64_t hash_of(struct view source, struct view name) {
    return hashindex_mix(view_hash(source, 1), view_hash(name, 2));
}

static void copy_text(char *to, size_t size, struct view text) {
    size_t n = text.len < size ? text.len : size - 1;
    while (n < text.len && n > 0 && ((unsigned char)text.ptr[n] & 0xc0) == 0x80)
        n--; /* no half of a character */
    if (n)
        memcpy(to, text.ptr, n);
    to[n] = '\0';
}

static int64_t find_cut(const struct probe_keys *k, const struct probe_key *wanted, uint64_t hash) {
    uint64_t at = (uint32_t)hash;
    if (!k->index)
        return -1;
    for (uint32_t i; (i = hashindex_next(k->index, hash, &at)) != HASHINDEX_NONE;)
        if (strcmp(k->list[i].name, wanted->name) == 0 && strcmp(k->list[i].source, wanted->source) == 0)
            return i;
    return -1;
}

static struct probe_key key_of(struct view source, struct view name, enum probe_unit unit, uint64_t *hash) {
    struct probe_key key = {.unit = unit};
    copy_text(key.source, sizeof key.source, source);
    copy_text(key.name, sizeof key.name, name);
    *hash = hash_of(view_of_cstr(key.source), view_of_cstr(key.name));
    return key;
}

int64_t probe_keys_find(const struct probe_keys *k, struct view source, struct view name) {
    uint64_t hash;
    struct probe_key key = key_of(source, name, PROBE_COUNT, &hash);
    return find_cut(k, &key, hash);
}

static int grow(void **list, size_t *cap, size_t wanted, size_t each) {
    size_t more = *cap ? *cap * 2 : FIRST_CAP;
    while (more < wanted)
        more *= 2;
    void *grown = realloc(*list, more * each);
    if (!grown)
        return -ENOMEM;
    *list = grown;
    *cap = more;
    return 0;
}

int64_t probe_keys_add(struct probe_keys *k, struct view source, struct view name, enum probe_unit unit) {
    uint64_t hash;
    struct probe_key key = key_of(source, name, unit, &hash);
    int64_t known = find_cut(k, &key, hash);
    int r = 0;

    if (known >= 0)
        return known;
    if (k->count >= PROBE_SERIES_MAX)
        return ERROR_LIMIT;
    if (!k->index && !(k->index = calloc(1, sizeof *k->index)))
        return -ENOMEM;
    if (k->count == k->cap)
        r = grow((void **)&k->list, &k->cap, k->count + 1, sizeof *k->list);
    r = r < 0 ? r : hashindex_insert(k->index, hash, (uint32_t)k->count);
    if (r < 0)
        return r;
    k->list[k->count] = key;
    return (int64_t)k->count++;
}

/* ---- folds ---- */

void probe_fold_deinit(struct probe_fold *f) {
    free(f->means);
    *f = PROBE_FOLD_NULL;
}

void probe_fold_clear(struct probe_fold *f) {
    f->count = 0;
}

static int fold_one(struct probe_fold *f, uint64_t series, struct probe_mean m) {
    if (series >= PROBE_SERIES_MAX)
        return ERROR_LIMIT;
    if (series >= f->cap) {
        int r = grow((void **)&f->means, &f->cap, (size_t)series + 1, sizeof *f->means);
        if (r < 0)
            return r;
    }
    while (f->count <= series)
        f->means[f->count++] = (struct probe_mean){0};
    struct probe_mean *to = &f->means[series];
    to->max = to->heard && to->max > m.max ? to->max : m.max;
    to->sum += m.sum;
    to->heard = m.heard < UINT32_MAX - to->heard ? to->heard + m.heard : UINT32_MAX;
    return 0;
}

int probe_fold_add(struct probe_fold *f, const struct probe_value *values, size_t n) {
    int r = 0;
    for (size_t i = 0; i < n && r == 0; i++)
        if (isfinite(values[i].value))
            r = fold_one(f, values[i].series, (struct probe_mean){values[i].value, values[i].value, 1});
    return r;
}

/* Series as distances, one value where sum and max are the same: most seconds of most series are a byte and a
 * double. */
void probe_fold_pack(const struct probe_fold *f, struct pack_writer *w) {
    uint64_t heard = 0, before = 0;
    for (size_t i = 0; i < f->count; i++)
        heard += f->means[i].heard > 0;
    pack_u64(w, PACK_VERSION);
    pack_u64(w, heard);
    for (size_t i = 0; i < f->count; i++) {
        const struct probe_mean *m = &f->means[i];
        if (!m->heard)
            continue;
        pack_u64(w, i - before);
        before = i;
        pack_u64(w, m->heard);
        pack_double(w, m->sum);
        if (m->heard > 1)
            pack_double(w, m->max);
    }
}

int probe_fold_unpack_merge(struct probe_fold *f, struct pack_reader *r) {
    uint64_t version = unpack_u64(r), series = 0;
    size_t n = unpack_count(r, 1 + 1 + 8);

    if (r->failed || version != PACK_VERSION)
        return ERROR_SYNTAX;
    for (size_t i = 0; i < n; i++) {
        uint64_t step = unpack_u64(r), heard = unpack_u64(r);
        struct probe_mean m = {.sum = unpack_double(r)};
        m.max = heard > 1 ? unpack_double(r) : m.sum;
        m.heard = heard < UINT32_MAX ? (uint32_t)heard : UINT32_MAX;
        if (r->failed || !heard || !isfinite(m.sum) || !isfinite(m.max))
            return ERROR_SYNTAX;
        if (step >= PROBE_SERIES_MAX)
            return ERROR_LIMIT;
        series += step;
        int rc = fold_one(f, series, m);
        if (rc < 0)
            return rc;
    }
    return 0;
}
