/* Counted observations, found by a hash of (kind, subject, object, detail).
 *
 * An entry is one allocation with its three texts behind it. `count` is what was added since the last pack,
 * which on the merging side, that never packs, is everything. An exemplar is kept and told once: after the
 * pack `exemplar_state` remembers that there was one, so nobody builds another.
 *
 * Limits: EVIDENCE_MAX keys, plus EVIDENCE_RESERVED for the kinds that balance the books of requests. Texts
 * are cut at EVIDENCE_TEXT_MAX, exemplars at EVIDENCE_EXEMPLAR_MAX. */
#include "stats/evidence.h"

#include "stats/hashindex_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { PACKED_ENTRY_BYTES_MIN = 8 };
enum exemplar_state { EXEMPLAR_NONE, EXEMPLAR_KEPT, EXEMPLAR_TOLD };

struct entry {
    enum evidence_kind kind;
    struct view subject, object, detail; /* in texts */
    uint64_t count;
    int64_t first_wall_us, last_wall_us;
    char *exemplar;
    size_t exemplar_len;
    enum exemplar_state exemplar_state;
    char texts[];
};
struct evidence_store {
    struct entry **all;
    size_t len, cap;
    struct hashindex index;
    uint64_t dropped;
};

int evidence_store_new(struct evidence_store **out) {
    struct evidence_store *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    *out = s;
    return 0;
}

struct evidence_store *evidence_store_free(struct evidence_store *s) {
    if (!s)
        return NULL;
    for (size_t i = 0; i < s->len; i++) {
        free(s->all[i]->exemplar);
        free(s->all[i]);
    }
    free(s->all);
    hashindex_deinit(&s->index);
    free(s);
    return NULL;
}

static bool reserved(enum evidence_kind kind) {
    return kind == EVIDENCE_REQUEST_COUNTED || kind == EVIDENCE_REQUEST_INTERRUPTED;
}

/* Cuts at a character's start, so that text in UTF-8 stays text. */
static struct view cut(struct view v, size_t max) {
    if (v.len <= max)
        return v;
    while (max > 0 && ((unsigned char)v.ptr[max] & 0xc0) == 0x80)
        max--;
    return view_take(v, max);
}

static struct view place(char **at, struct view v) {
    struct view copy = view_of(*at, v.len);

    if (v.len)
        memcpy(*at, v.ptr, v.len);
    (*at)[v.len] = 0;
    *at += v.len + 1;
    return copy;
}

static struct entry *add(struct evidence_store *s, uint64_t hash, const struct entry *key) {
    size_t max = EVIDENCE_MAX + (reserved(key->kind) ? EVIDENCE_RESERVED : 0);

    if (s->len >= max)
        return NULL;
    if (s->len == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32;
        struct entry **all = realloc(s->all, cap * sizeof(struct entry *));
        if (!all)
            return NULL;
        s->all = all;
        s->cap = cap;
    }
    struct entry *e = calloc(1, sizeof *e + key->subject.len + key->object.len + key->detail.len + 3);
    if (!e || hashindex_insert(&s->index, hash, (uint32_t)s->len) < 0) {
        free(e);
        return NULL;
    }
    char *at = e->texts;
    e->kind = key->kind;
    e->subject = place(&at, key->subject);
    e->object = place(&at, key->object);
    e->detail = place(&at, key->detail);
    s->all[s->len++] = e;
    return e;
}

static struct entry *get(struct evidence_store *s, enum evidence_kind kind, struct view subject,
    struct view object, struct view detail, bool may_add) {
    struct entry key = {.kind = kind,
        .subject = cut(subject, EVIDENCE_TEXT_MAX),
        .object = cut(object, EVIDENCE_TEXT_MAX),
        .detail = cut(detail, EVIDENCE_TEXT_MAX)};
    uint64_t hash = view_hash(key.subject, kind);

    hash = view_hash(key.detail, view_hash(key.object, hash));
    uint64_t at = (uint32_t)hash;
    for (uint32_t i; (i = hashindex_next(&s->index, hash, &at)) != HASHINDEX_NONE;) {
        struct entry *e = s->all[i];
        if (e->kind == kind && view_eq(e->subject, key.subject) && view_eq(e->object, key.object) &&
            view_eq(e->detail, key.detail))
            return e;
    }
    return may_add ? add(s, hash, &key) : NULL;
}

static bool add_between(struct evidence_store *s, const struct evidence *from) {
    struct entry *e = get(s, from->kind, from->subject, from->object, from->detail, true);

    if (!e) {
        s->dropped += from->count;
        return false;
    }
    e->count += from->count;
    if (from->first_wall_us && (!e->first_wall_us || from->first_wall_us < e->first_wall_us))
        e->first_wall_us = from->first_wall_us;
    if (from->last_wall_us > e->last_wall_us)
        e->last_wall_us = from->last_wall_us;
    return e->exemplar_state == EXEMPLAR_NONE;
}

bool evidence_store_add_at(struct evidence_store *s, enum evidence_kind kind, struct view subject,
    struct view object, struct view detail, uint64_t n, int64_t wall_us) {
    return add_between(s, &(struct evidence){kind, subject, object, detail, n, VIEW_NULL, wall_us, wall_us});
}

bool evidence_store_add(struct evidence_store *s, enum evidence_kind kind, struct view subject,
    struct view object, struct view detail, uint64_t n) {
    return evidence_store_add_at(s, kind, subject, object, detail, n, 0);
}

void evidence_store_exemplar(struct evidence_store *s, enum evidence_kind kind, struct view subject,
    struct view object, struct view detail, struct view exemplar) {
    struct entry *e = get(s, kind, subject, object, detail, false);

    if (!e || e->exemplar_state != EXEMPLAR_NONE || !exemplar.len)
        return;
    exemplar = cut(exemplar, EVIDENCE_EXEMPLAR_MAX);
    e->exemplar = view_dup_cstr(exemplar);
    if (!e->exemplar)
        return;
    e->exemplar_len = exemplar.len;
    e->exemplar_state = EXEMPLAR_KEPT;
}

size_t evidence_store_count(const struct evidence_store *s) {
    return s->len;
}

struct evidence evidence_store_at(const struct evidence_store *s, size_t i) {
    assert(i < s->len);
    const struct entry *e = s->all[i];
    return (struct evidence){
        e->kind, e->subject, e->object, e->detail, e->count, view_of(e->exemplar, e->exemplar_len),
        e->first_wall_us, e->last_wall_us};
}

uint64_t evidence_store_dropped(const struct evidence_store *s) {
    return s->dropped;
}

static bool has_news(const struct entry *e) {
    return e->count > 0 || e->exemplar_state == EXEMPLAR_KEPT;
}

void evidence_store_pack(const struct evidence_store *s, struct pack_writer *w) {
    uint64_t n = 0;

    for (size_t i = 0; i < s->len; i++)
        n += has_news(s->all[i]);
    pack_u64(w, s->dropped);
    pack_u64(w, n);
    for (size_t i = 0; i < s->len; i++) {
        const struct entry *e = s->all[i];
        if (!has_news(e))
            continue;
        pack_u64(w, e->kind);
        pack_view(w, e->subject);
        pack_view(w, e->object);
        pack_view(w, e->detail);
        pack_u64(w, e->count);
        pack_view(w, view_of(e->exemplar, e->exemplar_len));
        pack_i64(w, e->first_wall_us);
        pack_i64(w, e->last_wall_us);
    }
}

void evidence_store_reset(struct evidence_store *s) {
    s->dropped = 0;
    for (size_t i = 0; i < s->len; i++) {
        struct entry *e = s->all[i];
        e->count = 0;
        e->first_wall_us = e->last_wall_us = 0;
        if (e->exemplar_state == EXEMPLAR_KEPT)
            e->exemplar_state = EXEMPLAR_TOLD;
        free(e->exemplar);
        e->exemplar = NULL;
        e->exemplar_len = 0;
    }
}

void evidence_store_zero(struct evidence_store *s) {
    s->dropped = 0;
    for (size_t i = 0; i < s->len; i++) {
        s->all[i]->count = 0;
        s->all[i]->first_wall_us = s->all[i]->last_wall_us = 0;
    }
}

void evidence_store_pack_and_reset(struct evidence_store *s, struct pack_writer *w) {
    evidence_store_pack(s, w);
    if (!w->error)
        evidence_store_reset(s);
}

static int walk(struct evidence_store *s, struct pack_reader *r) {
    uint64_t dropped = unpack_u64(r);
    size_t n = unpack_count(r, PACKED_ENTRY_BYTES_MIN);

    if (s)
        s->dropped += dropped;
    for (size_t i = 0; i < n && !r->failed; i++) {
        uint64_t kind = unpack_u64(r);
        struct evidence e = {.kind = (enum evidence_kind)kind,
            .subject = unpack_view(r),
            .object = unpack_view(r),
            .detail = unpack_view(r),
            .count = unpack_u64(r),
            .exemplar = unpack_view(r),
            .first_wall_us = unpack_i64(r),
            .last_wall_us = unpack_i64(r)};
        if (r->failed || kind >= EVIDENCE_KIND_COUNT || e.subject.len > EVIDENCE_TEXT_MAX ||
            e.object.len > EVIDENCE_TEXT_MAX || e.detail.len > EVIDENCE_TEXT_MAX ||
            e.exemplar.len > EVIDENCE_EXEMPLAR_MAX)
            r->failed = true;
        else if (s && add_between(s, &e))
            evidence_store_exemplar(s, e.kind, e.subject, e.object, e.detail, e.exemplar);
    }
    return r->failed ? ERROR_SYNTAX : 0;
}

int evidence_store_unpack_merge(struct evidence_store *s, struct pack_reader *r) {
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
