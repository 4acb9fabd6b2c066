/* Tiers of frames.
 *
 * A frame is a span of time with a list of cells: (metric, tag set, packed sink). Packed, a second of a
 * typical trend takes some ten bytes where a live histogram takes some thousand. A key may have several cells
 * in one frame; reading merges them.
 *
 * The HISTORY_OPEN latest seconds are live series stores; the oldest of them is packed into a frame of tier 0
 * when a newer second comes.
 *
 * Each tier has its share of the quota. One that holds more gives its oldest frames, as many as make one
 * frame of the next tier, to that tier, merged by key; the last tier drops its oldest. So seconds are kept as
 * long as they fit, not for a fixed time.
 *
 * Invariants: frames of a tier are sorted, their spans aligned to the tier's width and disjoint; every frame
 * of a tier is older than those of finer tiers, except that a late delta may lie in whichever frame covers
 * it. */
#include "stats/history.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

static const int64_t widths_s[HISTORY_TIERS] = {1, 10, 60, 600};
static const size_t shares_of_12[HISTORY_TIERS] = {2, 2, 2, 6};

enum { FRAME_BYTES_MAX = 256 * 1024 * 1024 };

struct cell {
    metric_id metric;
    tagset_id tags;
    uint32_t offset, len; /* in bytes */
};
struct frame {
    int64_t start_s;
    struct cell *cells;
    size_t len, cap;
    struct buf bytes;
};
struct tier {
    struct frame **frames;
    size_t len, cap;
    size_t bytes;
};
struct open_second {
    int64_t second; /* -1 = unused */
    struct series_store *store;
};
struct history {
    struct metrics *metrics;
    struct tags *tags;
    size_t quota_bytes;
    struct tier tiers[HISTORY_TIERS];
    struct open_second open[HISTORY_OPEN]; /* sorted, unused ones first */
    struct series_store *scratch;
    uint64_t dropped;
};

/* --- frames --- */

static size_t frame_bytes(const struct frame *f) {
    return sizeof *f + sizeof(struct frame *) + f->cap * sizeof *f->cells + f->bytes.cap;
}

static struct frame *frame_free(struct frame *f) {
    if (!f)
        return NULL;
    free(f->cells);
    buf_deinit(&f->bytes);
    free(f);
    return NULL;
}

static struct frame *frame_new(int64_t start_s) {
    struct frame *f = calloc(1, sizeof *f);

    if (f) {
        f->start_s = start_s;
        buf_init(&f->bytes, FRAME_BYTES_MAX);
    }
    return f;
}

static int frame_add(struct frame *f, metric_id metric, tagset_id tags, const struct sink *s) {
    size_t before = f->bytes.len;
    struct pack_writer w = pack_writer_of(&f->bytes);

    if (f->len == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 4;
        struct cell *cells = realloc(f->cells, cap * sizeof *cells);
        if (!cells)
            return -ENOMEM;
        f->cells = cells;
        f->cap = cap;
    }
    sink_pack(s, &w);
    if (w.error) {
        f->bytes.len = before;
        return w.error;
    }
    f->cells[f->len++] = (struct cell){metric, tags, (uint32_t)before, (uint32_t)(f->bytes.len - before)};
    return 0;
}

static int cell_merge(const struct frame *f, const struct cell *c, struct sink *into) {
    struct pack_reader r = pack_reader_of(view_of(f->bytes.ptr + c->offset, c->len));
    return sink_unpack_merge(into, into->type, &r);
}

/* Gives back what growing by doubling took too much. */
static void frame_trim(struct frame *f) {
    struct buf exact = BUF_MAX(FRAME_BYTES_MAX);
    struct cell *cells = f->len ? realloc(f->cells, f->len * sizeof *cells) : NULL;

    if (cells) {
        f->cells = cells;
        f->cap = f->len;
    }
    char *bytes = f->bytes.len ? realloc(f->bytes.ptr, f->bytes.len + 1) : NULL;
    if (bytes) {
        exact.ptr = bytes;
        exact.len = f->bytes.len;
        exact.cap = f->bytes.len + 1;
        f->bytes = exact;
    }
}

/* --- tiers --- */

/* First frame that ends after the instant. */
static size_t tier_position(const struct tier *t, int64_t second, int64_t width_s) {
    size_t lo = 0, hi = t->len;

    while (lo < hi) {
        size_t mid = (lo + hi) / 2;
        if (t->frames[mid]->start_s + width_s <= second)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static int tier_insert(struct tier *t, size_t at, struct frame *f) {
    if (t->len == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        struct frame **frames = realloc(t->frames, cap * sizeof(struct frame *));
        if (!frames)
            return -ENOMEM;
        t->frames = frames;
        t->cap = cap;
    }
    memmove(t->frames + at + 1, t->frames + at, (t->len - at) * sizeof(struct frame *));
    t->frames[at] = f;
    t->len++;
    t->bytes += frame_bytes(f);
    return 0;
}

static void tier_drop_first(struct tier *t, size_t n) {
    for (size_t i = 0; i < n; i++) {
        t->bytes -= frame_bytes(t->frames[i]);
        frame_free(t->frames[i]);
    }
    t->len -= n;
    memmove(t->frames, t->frames + n, t->len * sizeof(struct frame *));
}

static int frame_into_scratch(struct history *h, const struct frame *f) {
    for (size_t i = 0; i < f->len; i++) {
        struct sink s;
        sink_init(&s, metrics_type(h->metrics, f->cells[i].metric));
        int r = cell_merge(f, &f->cells[i], &s);
        if (r == 0)
            r = series_store_merge_sink(h->scratch, f->cells[i].metric, f->cells[i].tags, &s);
        sink_deinit(&s);
        if (r < 0)
            return r;
    }
    return 0;
}

static struct frame *frame_of_store(const struct series_store *s, int64_t start_s) {
    struct frame *f = frame_new(start_s);

    for (size_t i = 0; f && i < series_store_written_count(s); i++) {
        const struct series *one = series_store_written_at(s, i);
        if (!sink_empty(&one->sink) && frame_add(f, one->metric, one->tags, &one->sink) < 0)
            f = frame_free(f);
    }
    if (f)
        frame_trim(f);
    return f;
}

/* Makes the oldest frames of tier k one frame of tier k + 1. */
static int roll_up(struct history *h, size_t k) {
    struct tier *from = &h->tiers[k], *to = &h->tiers[k + 1];
    int64_t width_s = widths_s[k + 1], start_s = from->frames[0]->start_s / width_s * width_s;
    size_t n = 0, at = tier_position(to, start_s, width_s);
    int r = 0;

    while (n < from->len && from->frames[n]->start_s < start_s + width_s && r == 0)
        r = frame_into_scratch(h, from->frames[n++]);
    bool exists = at < to->len && to->frames[at]->start_s == start_s;
    if (exists && r == 0)
        r = frame_into_scratch(h, to->frames[at]);
    struct frame *f = r == 0 ? frame_of_store(h->scratch, start_s) : NULL;
    series_store_reset(h->scratch);
    if (!f)
        return r < 0 ? r : -ENOMEM;
    if (exists) {
        to->bytes += frame_bytes(f) - frame_bytes(to->frames[at]);
        frame_free(to->frames[at]);
        to->frames[at] = f;
    } else if ((r = tier_insert(to, at, f)) < 0) {
        frame_free(f);
        return r;
    }
    tier_drop_first(from, n);
    return 0;
}

static int keep_quota(struct history *h) {
    for (size_t k = 0; k < HISTORY_TIERS; k++) {
        struct tier *t = &h->tiers[k];
        while (t->bytes > h->quota_bytes / 12 * shares_of_12[k] && t->len > 0) {
            if (k + 1 < HISTORY_TIERS) {
                int r = roll_up(h, k);
                if (r < 0)
                    return r;
            } else {
                tier_drop_first(t, 1);
                h->dropped++;
            }
        }
    }
    return 0;
}

/* --- adding --- */

int history_new(struct history **out, struct metrics *m, struct tags *t, size_t quota_bytes) {
    struct history *h = calloc(1, sizeof *h);

    if (!h)
        return -ENOMEM;
    quota_bytes = quota_bytes ? quota_bytes : HISTORY_QUOTA_BYTES;
    quota_bytes = quota_bytes > HISTORY_QUOTA_BYTES_MIN ? quota_bytes : HISTORY_QUOTA_BYTES_MIN;
    h->metrics = m;
    h->tags = t;
    h->quota_bytes = quota_bytes;
    int r = series_store_new(&h->scratch, m, t);
    for (size_t i = 0; i < HISTORY_OPEN && r == 0; i++) {
        h->open[i].second = -1;
        r = series_store_new(&h->open[i].store, m, t);
    }
    if (r < 0) {
        history_free(h);
        return r;
    }
    *out = h;
    return 0;
}

struct history *history_free(struct history *h) {
    if (!h)
        return NULL;
    for (size_t k = 0; k < HISTORY_TIERS; k++) {
        for (size_t i = 0; i < h->tiers[k].len; i++)
            frame_free(h->tiers[k].frames[i]);
        free(h->tiers[k].frames);
    }
    for (size_t i = 0; i < HISTORY_OPEN; i++)
        series_store_free(h->open[i].store);
    series_store_free(h->scratch);
    free(h);
    return NULL;
}

/* Packs the oldest open second into tier 0, and gives its store to `second`. */
static int open_new(struct history *h, int64_t second, struct series_store **out) {
    struct open_second oldest = h->open[0];

    if (oldest.second >= 0 && series_store_written_count(oldest.store) > 0) {
        struct frame *f = frame_of_store(oldest.store, oldest.second);
        struct tier *t = &h->tiers[0];
        if (!f || tier_insert(t, tier_position(t, oldest.second, 1), f) < 0) {
            frame_free(f);
            return -ENOMEM;
        }
    }
    series_store_reset(oldest.store);
    memmove(h->open, h->open + 1, (HISTORY_OPEN - 1) * sizeof *h->open);
    h->open[HISTORY_OPEN - 1] = (struct open_second){second, oldest.store};
    *out = oldest.store;
    return keep_quota(h);
}

/* The frame that covers a second that is no longer open; NULL when there is none or no memory. */
static struct frame *late_frame(struct history *h, int64_t second, size_t *tier) {
    for (size_t k = 0; k < HISTORY_TIERS; k++) {
        struct tier *t = &h->tiers[k];
        size_t at = tier_position(t, second, widths_s[k]);
        *tier = k;
        if (at < t->len && t->frames[at]->start_s <= second)
            return t->frames[at];
        if (k > 0 || (t->len > 0 && second < t->frames[0]->start_s))
            continue; /* coarser tiers answer for it, or nobody does */
        struct frame *f = frame_new(second);
        if (f && tier_insert(t, at, f) < 0)
            f = frame_free(f);
        return f;
    }
    return NULL;
}

static int add_late(
    struct history *h, int64_t second, metric_id metric, tagset_id tags, const struct sink *delta) {
    size_t k;
    struct frame *f = late_frame(h, second, &k);

    if (!f) {
        h->dropped++;
        return 0;
    }
    h->tiers[k].bytes -= frame_bytes(f);
    int r = frame_add(f, metric, tags, delta);
    h->tiers[k].bytes += frame_bytes(f);
    return r < 0 ? r : keep_quota(h);
}

int history_add(
    struct history *h, int64_t second, metric_id metric, tagset_id tags, const struct sink *delta) {
    struct series_store *store = NULL;

    assert(second >= 0);
    if (sink_empty(delta))
        return 0;
    for (size_t i = HISTORY_OPEN; i-- > 0 && !store;)
        if (h->open[i].second == second)
            store = h->open[i].store;
    if (!store) {
        if (second < h->open[HISTORY_OPEN - 1].second)
            return add_late(h, second, metric, tags, delta);
        int r = open_new(h, second, &store);
        if (r < 0)
            return r;
    }
    return series_store_merge_sink(store, metric, tags, delta);
}

int history_add_store(struct history *h, int64_t second, const struct series_store *scratch) {
    for (size_t i = 0; i < series_store_written_count(scratch); i++) {
        const struct series *one = series_store_written_at(scratch, i);
        metric_id metric;
        tagset_id tags;
        int r = series_store_translate(h->scratch, scratch, one, &metric, &tags);
        if (r == 0)
            r = history_add(h, second, metric, tags, &one->sink);
        if (r < 0)
            return r;
    }
    return 0;
}

/* --- reading --- */

struct question {
    const struct history *h;
    metric_id metric;
    const struct tag *filter;
    size_t n;
};

static int ask_frame(const struct question *q, const struct frame *f, struct sink *out) {
    for (size_t i = 0; i < f->len; i++) {
        const struct cell *c = &f->cells[i];
        if (c->metric != q->metric || !tags_match(q->h->tags, c->tags, q->filter, q->n))
            continue;
        int r = cell_merge(f, c, out);
        if (r < 0)
            return r;
    }
    return 0;
}

static int ask_open(const struct question *q, const struct open_second *o, struct sink *out) {
    for (const struct series *s = series_store_first(o->store, q->metric); s; s = s->next_alike) {
        if (!tags_match(q->h->tags, s->tags, q->filter, q->n))
            continue;
        int r = sink_merge(out, &s->sink);
        if (r < 0)
            return r;
    }
    return 0;
}

typedef int (*each_fn)(void *ctx, int64_t start_s, int64_t width_s, const struct sink *s);

/* One frame (f) or open second (o) to each(). */
static int answer(const struct question *q, const struct frame *f, const struct open_second *o,
    int64_t width_s, each_fn each, void *ctx) {
    struct sink s;

    sink_init(&s, metrics_type(q->h->metrics, q->metric));
    int r = f ? ask_frame(q, f, &s) : ask_open(q, o, &s);
    if (r == 0 && !sink_empty(&s))
        r = each(ctx, f ? f->start_s : o->second, width_s, &s);
    sink_deinit(&s);
    return r < 0 ? r : 0;
}

int history_each(const struct history *h, metric_id metric, const struct tag *filter, size_t n,
    int64_t from_s, int64_t to_s, each_fn each, void *ctx) {
    struct question q = {h, metric, filter, n};
    int r = 0;

    for (size_t k = HISTORY_TIERS; k-- > 0;) {
        const struct tier *t = &h->tiers[k];
        for (size_t i = tier_position(t, from_s, widths_s[k]);
             i < t->len && t->frames[i]->start_s < to_s && r == 0; i++)
            r = answer(&q, t->frames[i], NULL, widths_s[k], each, ctx);
    }
    for (size_t i = 0; i < HISTORY_OPEN && r == 0; i++)
        if (h->open[i].second >= 0 && h->open[i].second >= from_s && h->open[i].second < to_s)
            r = answer(&q, NULL, &h->open[i], 1, each, ctx);
    return r;
}

struct collecting {
    struct sink *out;
    struct history_window window;
};

static int collect_frame(void *ctx, int64_t start_s, int64_t width_s, const struct sink *s) {
    struct collecting *c = ctx;
    struct history_window *w = &c->window;

    if (w->width_s == 0 || start_s < w->from_s)
        w->from_s = start_s;
    if (w->width_s == 0 || start_s + width_s > w->to_s)
        w->to_s = start_s + width_s;
    w->width_s = width_s > w->width_s ? width_s : w->width_s;
    return sink_merge(c->out, s);
}

int history_collect(const struct history *h, metric_id metric, const struct tag *filter, size_t n,
    int64_t from_s, int64_t to_s, struct sink *out, struct history_window *window) {
    struct collecting c = {.out = out};

    sink_init(out, metrics_type(h->metrics, metric));
    int r = history_each(h, metric, filter, n, from_s, to_s, collect_frame, &c);
    if (r < 0) {
        sink_deinit(out);
        sink_init(out, metrics_type(h->metrics, metric));
    }
    if (window)
        *window = c.window;
    return r;
}

size_t history_memory_bytes(const struct history *h) {
    size_t bytes = 0;

    for (size_t k = 0; k < HISTORY_TIERS; k++)
        bytes += h->tiers[k].bytes;
    return bytes;
}

uint64_t history_dropped(const struct history *h) {
    return h->dropped;
}

int64_t history_first_s(const struct history *h) {
    for (size_t k = HISTORY_TIERS; k-- > 0;)
        if (h->tiers[k].len)
            return h->tiers[k].frames[0]->start_s;
    for (size_t i = 0; i < HISTORY_OPEN; i++)
        if (h->open[i].second >= 0)
            return h->open[i].second;
    return -1;
}
