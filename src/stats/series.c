/* The store of all series of a process.
 *
 * Series are allocated one by one, so their addresses hold for the life of the store; `all` keeps them in
 * order of birth, a hash finds them by (metric, tag set), and a chain per metric (`first_alike`, next_alike)
 * serves questions about one metric.
 *
 * `written` lists the series that changed since the last pack (series.dirty says "is in it"), so packing and
 * resetting cost what changed, not what exists.
 *
 * Limit: SERIES_MAX. Beyond it the tag set is folded (tags_fold: `name` and `url` become "(other)"), with
 * room for SERIES_FOLDED_MAX of those; past that everything of a metric goes to its one series
 * {name="(other)"}. Nothing recorded is ever lost. */
#include "stats/series.h"

#include "stats/dictionary_priv.h"
#include "stats/hashindex_priv.h"
#include "stats/tags_priv.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

enum { SERIES_FOLDED_MAX = 4096, PACKED_SERIES_BYTES_MIN = 4 };

struct series_store {
    struct metrics *metrics;
    struct tags *tags;
    struct series **all;
    size_t len, cap;
    struct series **written;
    size_t written_len, written_cap;
    struct series **first_alike; /* by metric */
    size_t first_cap;
    struct hashindex index;
    struct dictionary_writer dictionary;
    uint64_t folded;
    const metric_id *only; /* what unpack_merge takes; NULL = all */
    size_t only_count;
};

int series_store_new(struct series_store **out, struct metrics *m, struct tags *t) {
    struct series_store *s = calloc(1, sizeof *s);

    if (!s)
        return -ENOMEM;
    s->metrics = m;
    s->tags = t;
    dictionary_writer_init(&s->dictionary, m, t);
    *out = s;
    return 0;
}

struct series_store *series_store_free(struct series_store *s) {
    if (!s)
        return NULL;
    for (size_t i = 0; i < s->len; i++) {
        sink_deinit(&s->all[i]->sink);
        free(s->all[i]);
    }
    free(s->all);
    free(s->written);
    free(s->first_alike);
    hashindex_deinit(&s->index);
    dictionary_writer_deinit(&s->dictionary);
    free(s);
    return NULL;
}

static struct series *find(const struct series_store *s, metric_id metric, tagset_id tags, uint64_t hash) {
    uint64_t at = (uint32_t)hash;

    for (uint32_t i; (i = hashindex_next(&s->index, hash, &at)) != HASHINDEX_NONE;)
        if (s->all[i]->metric == metric && s->all[i]->tags == tags)
            return s->all[i];
    return NULL;
}

static bool room_for_one(struct series_store *s, metric_id metric) {
    if (s->len == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        struct series **all = realloc(s->all, cap * sizeof(struct series *));
        if (!all)
            return false;
        s->all = all;
        s->cap = cap;
    }
    if (metric >= s->first_cap) {
        size_t cap = metrics_count(s->metrics) + 16;
        struct series **first = realloc(s->first_alike, cap * sizeof(struct series *));
        if (!first)
            return false;
        for (size_t i = s->first_cap; i < cap; i++)
            first[i] = NULL;
        s->first_alike = first;
        s->first_cap = cap;
    }
    return true;
}

static struct series *add(struct series_store *s, metric_id metric, tagset_id tags, uint64_t hash) {
    if (!room_for_one(s, metric))
        return NULL;
    struct series *n = calloc(1, sizeof *n);
    if (!n || hashindex_insert(&s->index, hash, (uint32_t)s->len) < 0) {
        free(n);
        return NULL;
    }
    n->metric = metric;
    n->tags = tags;
    sink_init(&n->sink, metrics_type(s->metrics, metric));
    n->next_alike = s->first_alike[metric];
    s->first_alike[metric] = n;
    s->all[s->len++] = n;
    return n;
}

/* `max` = how many series there may be before this one. */
static struct series *find_or_add(struct series_store *s, metric_id metric, tagset_id tags, size_t max) {
    uint64_t hash = hashindex_mix(metric, tags);
    struct series *found = find(s, metric, tags, hash);

    return found || s->len >= max ? found : add(s, metric, tags, hash);
}

struct series *series_store_get(struct series_store *s, metric_id metric, tagset_id tags) {
    assert(metric < metrics_count(s->metrics));
    struct series *found = find_or_add(s, metric, tags, SERIES_MAX);

    if (found || s->len < SERIES_MAX)
        return found;
    s->folded++;
    found = find_or_add(s, metric, tags_fold(s->tags, tags), SERIES_MAX + SERIES_FOLDED_MAX);
    if (!found) /* at most one for each metric, of which there are METRICS_MAX */
        found = find_or_add(s, metric, tags_fold_all(s->tags), SIZE_MAX);
    return found;
}

static int mark(struct series_store *s, struct series *to) {
    if (to->dirty)
        return 0;
    if (s->written_len == s->written_cap) {
        size_t cap = s->written_cap ? s->written_cap * 2 : 64;
        struct series **written = realloc(s->written, cap * sizeof(struct series *));
        if (!written)
            return -ENOMEM;
        s->written = written;
        s->written_cap = cap;
    }
    s->written[s->written_len++] = to;
    to->dirty = true;
    return 0;
}

int series_store_add(struct series_store *s, struct series *to, double value, int64_t at_us) {
    int r = mark(s, to);
    return r < 0 ? r : sink_add(&to->sink, value, at_us);
}

size_t series_store_count(const struct series_store *s) {
    return s->len;
}

struct series *series_store_at(const struct series_store *s, size_t i) {
    assert(i < s->len);
    return s->all[i];
}

struct series *series_store_first(const struct series_store *s, metric_id metric) {
    return metric < s->first_cap ? s->first_alike[metric] : NULL;
}

uint64_t series_store_folded(const struct series_store *s) {
    return s->folded;
}

int series_store_collect(
    const struct series_store *s, metric_id metric, const struct tag *filter, size_t n, struct sink *out) {
    sink_init(out, metrics_type(s->metrics, metric));
    for (const struct series *one = series_store_first(s, metric); one; one = one->next_alike) {
        if (n && !tags_match(s->tags, one->tags, filter, n))
            continue;
        int r = sink_merge(out, &one->sink);
        if (r < 0) {
            sink_deinit(out);
            return r;
        }
    }
    return 0;
}

void series_store_reset(struct series_store *s) {
    for (size_t i = 0; i < s->written_len; i++) {
        sink_reset(&s->written[i]->sink);
        s->written[i]->dirty = false;
    }
    s->written_len = 0;
}

void series_store_pack(struct series_store *s, struct pack_writer *w) {
    uint64_t n = 0;

    for (size_t i = 0; i < s->written_len; i++)
        n += !sink_empty(&s->written[i]->sink);
    dictionary_writer_restart(&s->dictionary);
    pack_u64(w, n);
    for (size_t i = 0; i < s->written_len; i++) {
        const struct series *one = s->written[i];
        if (sink_empty(&one->sink))
            continue;
        dictionary_write_metric(&s->dictionary, w, one->metric);
        dictionary_write_tags(&s->dictionary, w, one->tags);
        sink_pack(&one->sink, w);
    }
}

void series_store_pack_and_reset(struct series_store *s, struct pack_writer *w) {
    series_store_pack(s, w);
    if (!w->error) /* else nothing was told, so nothing may be forgotten */
        series_store_reset(s);
}

void series_store_read_only(struct series_store *s, const metric_id *only, size_t n) {
    s->only = n ? only : NULL;
    s->only_count = n;
}

static bool takes(const struct series_store *s, metric_id metric) {
    size_t i = 0;
    while (i < s->only_count && s->only[i] != metric)
        i++;
    return !s->only || i < s->only_count;
}

/* One walk for both: with s it merges, without it only checks. */
static int walk(struct series_store *s, const struct metrics *check, struct pack_reader *r) {
    struct dictionary_reader d = {.check = check};
    size_t n = unpack_count(r, PACKED_SERIES_BYTES_MIN);
    int result = 0;

    if (s) {
        d.metrics = s->metrics;
        d.tags = s->tags;
    }
    for (size_t i = 0; i < n && !r->failed && result == 0; i++) {
        struct dictionary_metric m = dictionary_read_metric(&d, r);
        tagset_id tags = dictionary_read_tags(&d, r);
        if (r->failed)
            break;
        bool wanted = s && m.known && takes(s, m.id);
        struct series *to = wanted ? series_store_get(s, m.id, tags) : NULL;
        if (wanted && (!to || mark(s, to) < 0))
            result = -ENOMEM;
        else
            result = sink_unpack_merge(to ? &to->sink : NULL, m.type, r);
    }
    if (d.error)
        result = d.error;
    else if (r->failed && !result)
        result = ERROR_SYNTAX;
    dictionary_reader_deinit(&d);
    return result;
}

int series_store_check(const struct series_store *s, struct pack_reader *r) {
    return walk(NULL, s->metrics, r);
}

int series_store_unpack_merge(struct series_store *s, struct pack_reader *r) {
    struct pack_reader ahead = *r;
    int result = s->only ? 0 : series_store_check(s, &ahead);

    return result < 0 ? result : walk(s, s->metrics, r);
}

int series_store_translate(const struct series_store *into, const struct series_store *from,
    const struct series *one, metric_id *metric, tagset_id *tags) {
    struct tag pairs[TAGS_PER_SET_MAX];

    *metric = one->metric;
    *tags = one->tags;
    if (into->metrics != from->metrics &&
        metrics_register(into->metrics, metrics_name(from->metrics, one->metric), one->sink.type,
            metrics_contains(from->metrics, one->metric), metric) != METRIC_OK)
        return ERROR_INVALID;
    if (into->tags != from->tags) {
        size_t n = tags_count(from->tags, one->tags);
        for (size_t i = 0; i < n; i++)
            pairs[i] = tags_at(from->tags, one->tags, i);
        *tags = tags_intern(into->tags, pairs, n);
    }
    return 0;
}

int series_store_merge_sink(
    struct series_store *into, metric_id metric, tagset_id tags, const struct sink *sink) {
    struct series *to = series_store_get(into, metric, tags);

    if (!to || mark(into, to) < 0)
        return -ENOMEM;
    return sink_merge(&to->sink, sink);
}

int series_store_merge(struct series_store *into, const struct series_store *from) {
    for (size_t i = 0; i < from->written_len; i++) {
        const struct series *one = from->written[i];
        metric_id metric;
        tagset_id tags;
        int r = series_store_translate(into, from, one, &metric, &tags);
        if (r == 0)
            r = series_store_merge_sink(into, metric, tags, &one->sink);
        if (r < 0)
            return r;
    }
    return 0;
}

size_t series_store_written_count(const struct series_store *s) {
    return s->written_len;
}

const struct series *series_store_written_at(const struct series_store *s, size_t i) {
    assert(i < s->written_len);
    return s->written[i];
}
