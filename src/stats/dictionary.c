/* The dictionary coder of snapshots and sample chunks.
 *
 * A reference is a varint: 0 = "a new one follows" and gets the next number; n > 0 = number n - 1. Three
 * kinds, each with its own numbers: strings (new: the bytes), tag sets (new: count, then key and value
 * references), metrics (new: name, type, contains).
 *
 * The reader checks every reference against what it has seen, so a hostile message can neither point outside
 * nor grow anything beyond its own size. */
#include "stats/dictionary_priv.h"

#include "stats/tags_priv.h"

#include <errno.h>
#include <stdlib.h>

void dictionary_writer_init(struct dictionary_writer *d, const struct metrics *m, const struct tags *t) {
    *d = (struct dictionary_writer){.metrics = m, .tags = t, .epoch = 1};
}

void dictionary_writer_deinit(struct dictionary_writer *d) {
    free(d->strings.locals);
    free(d->sets.locals);
    free(d->names.locals);
    *d = (struct dictionary_writer){0};
}

void dictionary_writer_restart(struct dictionary_writer *d) {
    d->strings.next = d->sets.next = d->names.next = 0;
    if (++d->epoch == 0) { /* once in 136 years of seconds */
        const struct metrics *m = d->metrics;
        const struct tags *t = d->tags;
        dictionary_writer_deinit(d);
        dictionary_writer_init(d, m, t);
    }
}

/* Writes the reference; true when the caller has to spell it out. */
static bool write_reference(struct dictionary_map *map, uint32_t epoch, struct pack_writer *w, uint32_t id) {
    if (id >= map->cap) {
        size_t cap = map->cap ? map->cap : 64;
        while (cap <= id)
            cap *= 2;
        struct dictionary_local *locals = realloc(map->locals, cap * sizeof *locals);
        if (!locals) {
            w->error = w->error ? w->error : -ENOMEM;
            return false;
        }
        memset(locals + map->cap, 0, (cap - map->cap) * sizeof *locals);
        map->locals = locals;
        map->cap = cap;
    }
    struct dictionary_local *l = &map->locals[id];
    if (l->epoch == epoch) {
        pack_u64(w, (uint64_t)l->number + 1);
        return false;
    }
    *l = (struct dictionary_local){epoch, map->next++};
    pack_u64(w, 0);
    return true;
}

void dictionary_write_metric(struct dictionary_writer *d, struct pack_writer *w, metric_id metric) {
    if (!write_reference(&d->names, d->epoch, w, metric))
        return;
    pack_view(w, metrics_name(d->metrics, metric));
    pack_u64(w, metrics_type(d->metrics, metric));
    pack_u64(w, metrics_contains(d->metrics, metric));
}

static void write_string(struct dictionary_writer *d, struct pack_writer *w, uint32_t number) {
    if (write_reference(&d->strings, d->epoch, w, number))
        pack_view(w, tags_string(d->tags, number));
}

void dictionary_write_tags(struct dictionary_writer *d, struct pack_writer *w, tagset_id set) {
    size_t n;

    if (!write_reference(&d->sets, d->epoch, w, set))
        return;
    const struct tags_pair *pairs = tags_pairs(d->tags, set, &n);
    pack_u64(w, n);
    for (size_t i = 0; i < n; i++) {
        write_string(d, w, pairs[i].key);
        write_string(d, w, pairs[i].value);
    }
}

void dictionary_reader_deinit(struct dictionary_reader *d) {
    free(d->strings);
    free(d->sets);
    free(d->names);
    *d = (struct dictionary_reader){0};
}

static void fail(struct dictionary_reader *d, struct pack_reader *r, int error) {
    d->error = d->error ? d->error : error;
    r->failed = true;
    r->rest = VIEW_NULL;
}

enum reference { REFERENCE_NEW, REFERENCE_KNOWN, REFERENCE_BAD };

static enum reference read_reference(
    struct dictionary_reader *d, struct pack_reader *r, size_t count, size_t *at) {
    uint64_t v = unpack_u64(r);

    if (r->failed || v > count) {
        fail(d, r, ERROR_SYNTAX);
        return REFERENCE_BAD;
    }
    if (v == 0)
        return REFERENCE_NEW;
    *at = v - 1;
    return REFERENCE_KNOWN;
}

static bool room(struct dictionary_reader *d, struct pack_reader *r, void **array, size_t *cap, size_t count,
    size_t size) {
    if (count < *cap)
        return true;
    size_t new_cap = *cap ? *cap * 2 : 32;
    void *p = realloc(*array, new_cap * size);
    if (!p) {
        fail(d, r, -ENOMEM);
        return false;
    }
    *array = p;
    *cap = new_cap;
    return true;
}

static struct dictionary_metric learn_metric(
    struct dictionary_reader *d, struct view name, enum metric_type type, enum metric_contains contains) {
    struct dictionary_metric m = {.type = type, .known = true};

    if (d->metrics)
        m.known = metrics_register(d->metrics, name, type, contains, &m.id) == METRIC_OK;
    return m;
}

static bool would_take(
    struct dictionary_reader *d, struct pack_reader *r, struct view name, enum metric_type type) {
    metric_id id;

    if (metrics_find(d->check, name, &id)) {
        if (metrics_type(d->check, id) == type)
            return true;
        fail(d, r, ERROR_SYNTAX);
        return false;
    }
    if (metrics_count(d->check) + ++d->new_names <= METRICS_MAX)
        return true;
    fail(d, r, ERROR_LIMIT);
    return false;
}

struct dictionary_metric dictionary_read_metric(struct dictionary_reader *d, struct pack_reader *r) {
    struct dictionary_metric none = {.known = false};
    size_t at = 0;

    switch (read_reference(d, r, d->name_count, &at)) {
    case REFERENCE_BAD: return none;
    case REFERENCE_KNOWN: return d->names[at];
    case REFERENCE_NEW: break;
    }
    struct view name = unpack_view(r);
    uint64_t type = unpack_u64(r), contains = unpack_u64(r);
    if (r->failed || type > METRIC_TREND || contains > METRIC_DATA || !metric_name_ok(name)) {
        fail(d, r, ERROR_SYNTAX);
        return none;
    }
    if (d->check && !would_take(d, r, name, (enum metric_type)type))
        return none;
    if (!room(d, r, (void **)&d->names, &d->name_cap, d->name_count, sizeof *d->names))
        return none;
    struct dictionary_metric m =
        learn_metric(d, name, (enum metric_type)type, (enum metric_contains)contains);
    d->names[d->name_count++] = m;
    return m;
}

static struct view read_string(struct dictionary_reader *d, struct pack_reader *r) {
    size_t at = 0;

    switch (read_reference(d, r, d->string_count, &at)) {
    case REFERENCE_BAD: return VIEW_NULL;
    case REFERENCE_KNOWN: return d->strings[at];
    case REFERENCE_NEW: break;
    }
    struct view v = unpack_view(r);
    if (r->failed) {
        fail(d, r, ERROR_SYNTAX);
        return VIEW_NULL;
    }
    if (room(d, r, (void **)&d->strings, &d->string_cap, d->string_count, sizeof *d->strings))
        d->strings[d->string_count++] = v;
    return v;
}

tagset_id dictionary_read_tags(struct dictionary_reader *d, struct pack_reader *r) {
    struct tag pairs[TAGS_PER_SET_MAX];
    size_t at = 0;

    switch (read_reference(d, r, d->set_count, &at)) {
    case REFERENCE_BAD: return 0;
    case REFERENCE_KNOWN: return d->sets[at];
    case REFERENCE_NEW: break;
    }
    size_t n = unpack_count(r, 2);
    if (n > TAGS_PER_SET_MAX)
        fail(d, r, ERROR_SYNTAX);
    for (size_t i = 0; i < n && !r->failed; i++) {
        pairs[i].key = read_string(d, r);
        pairs[i].value = read_string(d, r);
    }
    if (r->failed) {
        fail(d, r, ERROR_SYNTAX);
        return 0;
    }
    if (!room(d, r, (void **)&d->sets, &d->set_cap, d->set_count, sizeof *d->sets))
        return 0;
    tagset_id id = d->tags ? tags_intern(d->tags, pairs, n) : 0;
    d->sets[d->set_count++] = id;
    return id;
}
