/* The registry of metrics: a growing array found through a hash of the name. The first METRIC_BUILTIN_COUNT
 * rows are the table of metric.h in its order, so a builtin's id is its enum value in every process. Rows are
 * never removed; names live as long as the registry. */
#include "stats/metric.h"

#include "core/error.h"
#include "stats/hashindex_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

struct metric {
    char *name;
    size_t len;
    enum metric_type type;
    enum metric_contains contains;
};
struct metrics {
    struct metric *all;
    size_t len, cap;
    struct hashindex index;
};

static const struct {
    const char *name;
    enum metric_type type;
    enum metric_contains contains;
} builtins[] = {
#define METRIC_ROW(id, name, type, contains) {name, METRIC_##type, METRIC_##contains},
    METRIC_BUILTINS(METRIC_ROW)
#undef METRIC_ROW
};

static int add(struct metrics *m, struct view name, enum metric_type type, enum metric_contains contains) {
    if (m->len == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 2 * (size_t)METRIC_BUILTIN_COUNT;
        struct metric *all = realloc(m->all, cap * sizeof *all);
        if (!all)
            return -ENOMEM;
        m->all = all;
        m->cap = cap;
    }
    char *copy = view_dup_cstr(name);
    if (!copy)
        return -ENOMEM;
    int r = hashindex_insert(&m->index, view_hash(name, 0), (uint32_t)m->len);
    if (r < 0) {
        free(copy);
        return r;
    }
    m->all[m->len++] = (struct metric){copy, name.len, type, contains};
    return 0;
}

int metrics_new(struct metrics **out) {
    struct metrics *m = calloc(1, sizeof *m);

    if (!m)
        return -ENOMEM;
    for (size_t i = 0; i < METRIC_BUILTIN_COUNT; i++) {
        int r = add(m, view_of_cstr(builtins[i].name), builtins[i].type, builtins[i].contains);
        if (r < 0) {
            metrics_free(m);
            return r;
        }
    }
    *out = m;
    return 0;
}

struct metrics *metrics_free(struct metrics *m) {
    if (!m)
        return NULL;
    for (size_t i = 0; i < m->len; i++)
        free(m->all[i].name);
    free(m->all);
    hashindex_deinit(&m->index);
    free(m);
    return NULL;
}

bool metric_name_ok(struct view name) {
    if (name.len < 2 || name.len > 1 + METRIC_NAME_MAX)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9'))
            return false;
    }
    return true;
}

int metrics_register(struct metrics *m, struct view name, enum metric_type type,
    enum metric_contains contains, metric_id *out) {
    metric_id id;

    if (!metric_name_ok(name))
        return METRIC_BAD_NAME;
    if (metrics_find(m, name, &id)) {
        *out = id;
        return m->all[id].type == type ? METRIC_OK : METRIC_OTHER_TYPE;
    }
    if (m->len >= METRICS_MAX)
        return ERROR_LIMIT;
    int r = add(m, name, type, contains);
    if (r < 0)
        return r;
    *out = (metric_id)(m->len - 1);
    return METRIC_OK;
}

bool metrics_find(const struct metrics *m, struct view name, metric_id *out) {
    uint64_t hash = view_hash(name, 0), at = (uint32_t)hash;

    for (uint32_t i; (i = hashindex_next(&m->index, hash, &at)) != HASHINDEX_NONE;) {
        if (view_eq(metrics_name(m, i), name)) {
            *out = i;
            return true;
        }
    }
    return false;
}

size_t metrics_count(const struct metrics *m) {
    return m->len;
}

struct view metrics_name(const struct metrics *m, metric_id id) {
    assert(id < m->len);
    return view_of(m->all[id].name, m->all[id].len);
}

enum metric_type metrics_type(const struct metrics *m, metric_id id) {
    assert(id < m->len);
    return m->all[id].type;
}

enum metric_contains metrics_contains(const struct metrics *m, metric_id id) {
    assert(id < m->len);
    return m->all[id].contains;
}

const char *metric_type_name(enum metric_type t) {
    static const char *const names[] = {"counter", "gauge", "rate", "trend"};
    return names[t];
}

const char *metric_contains_name(enum metric_contains c) {
    static const char *const names[] = {"default", "time", "data"};
    return names[c];
}
