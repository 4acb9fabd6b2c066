/* Endpoints by their hash (hashindex); each with two small arrays. `fresh` marks what was not packed yet. The
 * slowest are kept sorted, so the first comparison decides for almost every request. */
#include "stats/exemplar.h"

#include "stats/hashindex_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PACKED_ENDPOINT_BYTES_MIN = 3, PACKED_EXEMPLAR_BYTES_MIN = 9 };

struct endpoint {
    uint32_t hash;
    bool fresh; /* its name was not packed yet */
    size_t slowest_count, failed_count;
    bool slowest_fresh[EXEMPLAR_SLOWEST], failed_fresh[EXEMPLAR_FAILED];
    struct exemplar slowest[EXEMPLAR_SLOWEST], failed[EXEMPLAR_FAILED];
    size_t len;
    char text[];
};
struct exemplar_store {
    struct endpoint **all;
    size_t len, cap;
    struct hashindex index;
    uint64_t dropped;
};

int exemplar_store_new(struct exemplar_store **out) {
    *out = calloc(1, sizeof **out);
    return *out ? 0 : -ENOMEM;
}

void exemplar_store_clear(struct exemplar_store *s) {
    for (size_t i = 0; i < s->len; i++)
        free(s->all[i]);
    s->len = 0;
    s->dropped = 0;
    hashindex_deinit(&s->index);
    s->index = HASHINDEX_NULL;
}

struct exemplar_store *exemplar_store_free(struct exemplar_store *s) {
    if (!s)
        return NULL;
    exemplar_store_clear(s);
    free(s->all);
    free(s);
    return NULL;
}

static struct endpoint *find(const struct exemplar_store *s, uint32_t hash) {
    uint64_t at = hash;

    for (uint32_t i; (i = hashindex_next(&s->index, hash, &at)) != HASHINDEX_NONE;)
        if (s->all[i]->hash == hash)
            return s->all[i];
    return NULL;
}

static struct endpoint *add(struct exemplar_store *s, uint32_t hash, struct view text) {
    if (s->len >= EXEMPLAR_ENDPOINTS_MAX)
        return NULL;
    if (s->len == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 16;
        struct endpoint **all = realloc(s->all, cap * sizeof(struct endpoint *));
        if (!all)
            return NULL;
        s->all = all;
        s->cap = cap;
    }
    text = view_take(text, EXEMPLAR_ENDPOINT_MAX);
    while (text.len == EXEMPLAR_ENDPOINT_MAX && text.len && ((unsigned char)text.ptr[text.len - 1] & 0x80))
        text.len--; /* whole characters only */
    struct endpoint *e = calloc(1, sizeof *e + text.len + 1);
    if (!e || hashindex_insert(&s->index, hash, (uint32_t)s->len) < 0) {
        free(e);
        return NULL;
    }
    e->hash = hash;
    e->fresh = true;
    e->len = text.len;
    if (text.len)
        memcpy(e->text, text.ptr, text.len);
    s->all[s->len++] = e;
    return e;
}

static bool same_mark(const struct exemplar *a, const struct exemplar *b) {
    return a->mark.run == b->mark.run && a->mark.iteration == b->mark.iteration &&
           a->mark.span == b->mark.span;
}

static void take_slowest(struct endpoint *e, const struct exemplar *x) {
    size_t at = e->slowest_count, last;

    while (at > 0 && e->slowest[at - 1].duration_us < x->duration_us)
        at--;
    if (at == EXEMPLAR_SLOWEST)
        return;
    for (size_t i = 0; i < e->slowest_count; i++)
        if (same_mark(&e->slowest[i], x))
            return;
    last = e->slowest_count < EXEMPLAR_SLOWEST ? e->slowest_count++ : EXEMPLAR_SLOWEST - 1;
    for (size_t i = last; i > at; i--) {
        e->slowest[i] = e->slowest[i - 1];
        e->slowest_fresh[i] = e->slowest_fresh[i - 1];
    }
    e->slowest[at] = *x;
    e->slowest_fresh[at] = true;
}

static void take_failed(struct endpoint *e, const struct exemplar *x) {
    int alike = 0;

    if (e->failed_count == EXEMPLAR_FAILED)
        return;
    for (size_t i = 0; i < e->failed_count; i++) {
        const struct exemplar *f = &e->failed[i];
        if (same_mark(f, x))
            return;
        alike += f->status == x->status && strcmp(f->error, x->error) == 0;
    }
    if (alike >= EXEMPLAR_FAILED_ALIKE)
        return;
    e->failed_fresh[e->failed_count] = true;
    e->failed[e->failed_count++] = *x;
}

static bool is_wanted(const struct endpoint *e, const struct exemplar *x) {
    return e->slowest_count < EXEMPLAR_SLOWEST ||
           x->duration_us > e->slowest[EXEMPLAR_SLOWEST - 1].duration_us ||
           (x->failed && e->failed_count < EXEMPLAR_FAILED);
}

void exemplar_store_offer(
    struct exemplar_store *s, const struct exemplar *x, struct view method, struct view name) {
    uint32_t hash = trace_mark_endpoint(&x->mark);
    struct endpoint *e = find(s, hash);

    if (!e) {
        char text[EXEMPLAR_ENDPOINT_MAX + 1];
        int n = snprintf(text, sizeof text, "%.*s %.*s", VIEW_ARGS(view_take(method, EXEMPLAR_ENDPOINT_MAX)),
            VIEW_ARGS(view_take(name, EXEMPLAR_ENDPOINT_MAX)));
        e = add(s, hash, view_of(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1));
    }
    if (!e) {
        s->dropped++;
        return;
    }
    if (!is_wanted(e, x))
        return;
    take_slowest(e, x);
    if (x->failed)
        take_failed(e, x);
}

struct view exemplar_store_endpoint(const struct exemplar_store *s, uint32_t hash) {
    const struct endpoint *e = find(s, hash);

    return e ? view_of(e->text, e->len) : VIEW_NULL;
}

size_t exemplar_store_count(const struct exemplar_store *s) {
    return s->len;
}

uint64_t exemplar_store_dropped(const struct exemplar_store *s) {
    return s->dropped;
}

static struct exemplar_endpoint view_endpoint(const struct endpoint *e) {
    return (struct exemplar_endpoint){.hash = e->hash,
        .endpoint = view_of(e->text, e->len),
        .slowest = e->slowest,
        .slowest_count = e->slowest_count,
        .failed = e->failed,
        .failed_count = e->failed_count};
}

struct exemplar_endpoint exemplar_store_at(const struct exemplar_store *s, size_t i) {
    assert(i < s->len);
    return view_endpoint(s->all[i]);
}

bool exemplar_store_find(const struct exemplar_store *s, uint32_t hash, struct exemplar_endpoint *out) {
    const struct endpoint *e = find(s, hash);

    if (e)
        *out = view_endpoint(e);
    return e != NULL;
}

/* --- packing --- */

static size_t fresh_count(const bool *fresh, size_t n) {
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        count += fresh[i];
    return count;
}

static size_t news_of(const struct endpoint *e) {
    return fresh_count(e->slowest_fresh, e->slowest_count) + fresh_count(e->failed_fresh, e->failed_count);
}

static void pack_one(struct pack_writer *w, const struct exemplar *x) {
    pack_u64(w, x->mark.run);
    pack_u64(w, x->mark.iteration);
    pack_u64(w, x->mark.span);
    pack_i64(w, x->wall_us);
    pack_i64(w, x->duration_us);
    pack_u64(w, x->bytes);
    pack_i64(w, x->status);
    pack_bool(w, x->failed);
    pack_view(w, view_of_cstr(x->error));
}

void exemplar_store_pack(const struct exemplar_store *s, struct pack_writer *w) {
    uint64_t n = 0;

    for (size_t i = 0; i < s->len; i++)
        n += s->all[i]->fresh || news_of(s->all[i]);
    pack_u64(w, s->dropped);
    pack_u64(w, n);
    for (size_t i = 0; i < s->len; i++) {
        const struct endpoint *e = s->all[i];
        if (!e->fresh && !news_of(e))
            continue;
        pack_u64(w, e->hash);
        pack_view(w, view_of(e->text, e->len));
        pack_u64(w, news_of(e));
        for (size_t k = 0; k < e->slowest_count; k++)
            if (e->slowest_fresh[k])
                pack_one(w, &e->slowest[k]);
        for (size_t k = 0; k < e->failed_count; k++)
            if (e->failed_fresh[k])
                pack_one(w, &e->failed[k]);
    }
}

void exemplar_store_reset(struct exemplar_store *s) {
    s->dropped = 0;
    for (size_t i = 0; i < s->len; i++) {
        struct endpoint *e = s->all[i];
        e->fresh = false;
        memset(e->slowest_fresh, 0, sizeof e->slowest_fresh);
        memset(e->failed_fresh, 0, sizeof e->failed_fresh);
    }
}

static void unpack_one(struct pack_reader *r, uint32_t hash, struct exemplar *x) {
    *x = (struct exemplar){.mark = {.run = unpack_u64(r), .iteration = unpack_u64(r), .span = unpack_u64(r)},
        .wall_us = unpack_i64(r),
        .duration_us = unpack_i64(r),
        .bytes = unpack_u64(r)};
    int64_t status = unpack_i64(r);
    x->failed = unpack_bool(r);
    struct view error = unpack_view(r);
    x->status = (int32_t)status;
    if (r->failed || error.len >= EXEMPLAR_ERROR_MAX || status < 0 || status > INT32_MAX ||
        trace_mark_endpoint(&x->mark) != hash) {
        r->failed = true;
        return;
    }
    if (error.len)
        memcpy(x->error, error.ptr, error.len);
}

static void unpack_endpoint(struct exemplar_store *s, struct pack_reader *r) {
    uint64_t hash = unpack_u64(r);
    struct view text = unpack_view(r);
    size_t n = unpack_count(r, PACKED_EXEMPLAR_BYTES_MIN);

    if (r->failed || hash > UINT32_MAX || text.len > EXEMPLAR_ENDPOINT_MAX ||
        n > EXEMPLAR_SLOWEST + EXEMPLAR_FAILED)
        r->failed = true;
    struct endpoint *e = s && !r->failed ? find(s, (uint32_t)hash) : NULL;
    if (s && !r->failed && !e)
        e = add(s, (uint32_t)hash, text);
    for (size_t i = 0; i < n && !r->failed; i++) {
        struct exemplar x;
        unpack_one(r, (uint32_t)hash, &x);
        if (r->failed || !e)
            continue;
        take_slowest(e, &x);
        if (x.failed)
            take_failed(e, &x);
    }
    if (s && !r->failed && !e)
        s->dropped += n;
}

static int walk(struct exemplar_store *s, struct pack_reader *r) {
    uint64_t dropped = unpack_u64(r);
    size_t n = unpack_count(r, PACKED_ENDPOINT_BYTES_MIN);

    if (s)
        s->dropped += dropped;
    for (size_t i = 0; i < n && !r->failed; i++)
        unpack_endpoint(s, r);
    return r->failed ? ERROR_SYNTAX : 0;
}

int exemplar_store_unpack_merge(struct exemplar_store *s, struct pack_reader *r) {
    struct pack_reader ahead = *r;

    if (walk(NULL, &ahead) < 0) {
        r->failed = true;
        return ERROR_SYNTAX;
    }
    if (!s) {
        *r = ahead;
        return 0;
    }
    return walk(s, r);
}
