/* The pyramid.
 *
 * Writing: each second goes into its 1 s frame and into one growing store per coarser width, which is written
 * when a later one begins. A second that comes late is merged into rows that are there already. After a kill
 * the frames that were growing are missing as rows; their seconds are there, so reading falls back to the
 * finer width.
 *
 * Pruning takes whole spans of the coarsest width from the oldest end of a width, so that what is left of
 * each width is one piece up to the end of the run: a width answers for everything from its first frame on. A
 * second without a 1 s frame behind that point was idle.
 *
 * Beside each frame stands its total: the same figures of the few metrics that curves are drawn from, all
 * endpoints together, so that the curve of a long run is read from little. Runs of older ledgers have none;
 * then the frames themselves are read.
 *
 * Reading walks from edge to edge with the widest frame that begins here, ends within the window, and exists.
 */
#include "ledger/ledger_frame.h"

#include "ledger/ledger_priv.h"

#include <errno.h>
#include <stdlib.h>

enum table { FRAMES, TOTALS, TABLES };
/* A statement is found by its address, so each table has its own. */
#define EITHER(before, after)                                                                                \
    { [FRAMES] = before "frames" after, [TOTALS] = before "totals" after }

/* What a total holds. */
static const struct view total_metrics[] = {VIEW("http_reqs"), VIEW("http_req_failed"),
    VIEW("http_req_duration"), VIEW("iterations"), VIEW("data_received"), VIEW("request_duration"),
    VIEW("request_bytes"), VIEW("request_failures")};

static const int64_t widths_s[LEDGER_FRAME_WIDTHS] = {1, 10, 60, 600};
enum { TOTALS_SHARE = 8 }; /* of the frames' quota, beside it */
enum { KEPT_BYTES = 1024 * 1024 };
static const int64_t shares_of_8[LEDGER_FRAME_WIDTHS] = {4, 2, 1, 1};
enum { LEDGER_FRAME_COARSEST = LEDGER_FRAME_WIDTHS - 1 };

struct growing {
    int64_t start_s; /* -1 = empty */
    struct series_store *store;
};
struct ledger_frames {
    struct ledger *ledger;
    struct ledger_frames_options o;
    struct growing growing[LEDGER_FRAME_WIDTHS]; /* [0] is the scratch for merging rows */
    struct series_store *total;                  /* scratch */
    int64_t bytes[TABLES][LEDGER_FRAME_WIDTHS];
    struct buf plain, packed;
};

static int64_t floor_to(int64_t second, int64_t width_s) {
    return second / width_s * width_s;
}

/* --- one row --- */

/* Merges a row into the store. LEDGER_OK, LEDGER_NOT_FOUND or negative. */
static int read_frame(struct ledger *l, enum table from, int64_t run, int64_t width_s, int64_t start_s,
    struct series_store *into, struct error *err) {
    static const char *const sql[TABLES] =
        EITHER("SELECT data FROM ", " WHERE run = ?1 AND width_s = ?2 AND start_s = ?3");
    sqlite3_stmt *s = ledger_statement(l, sql[from]);
    struct buf plain CLEANUP(buf_deinit) = BUF_MAX(LEDGER_FRAME_BYTES_MAX);
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, run);
    sqlite3_bind_int64(s, 2, width_s);
    sqlite3_bind_int64(s, 3, start_s);
    int code = sqlite3_step(s), r = code == SQLITE_DONE  ? LEDGER_NOT_FOUND
                                    : code == SQLITE_ROW ? LEDGER_OK
                                                         : ledger_fail(l, err);
    if (r == LEDGER_OK) {
        const void *bytes = sqlite3_column_blob(s, 0);
        r = ledger_decompress(view_of(bytes, (size_t)sqlite3_column_bytes(s, 0)), &plain);
        struct pack_reader reader = pack_reader_of(buf_view(&plain));
        r = r == 0 ? series_store_unpack_merge(into, &reader) : r;
        if (r < 0)
            error_set(err, r, "ledger %s: run %lld, second %lld: %s", l->path, (long long)run,
                (long long)start_s, error_name(r));
    }
    sqlite3_reset(s);
    return r;
}

static int write_row(struct ledger_frames *f, enum table to, size_t k, int64_t start_s,
    const struct series_store *store, struct error *err) {
    static const char *const sql[TABLES] =
        EITHER("INSERT OR REPLACE INTO ", " (run, width_s, start_s, data) VALUES (?1, ?2, ?3, ?4)");
    sqlite3_stmt *s = ledger_statement(f->ledger, sql[to]);
    if (!s)
        return ledger_fail(f->ledger, err);
    buf_clear(&f->plain);
    buf_clear(&f->packed);
    struct pack_writer w = pack_writer_of(&f->plain);
    series_store_pack((struct series_store *)store, &w);
    int r = w.error ? w.error : ledger_compress(buf_view(&f->plain), &f->packed);
    if (r < 0)
        return error_set(
            err, r, "ledger %s: second %lld: %s", f->ledger->path, (long long)start_s, error_name(r));
    sqlite3_bind_int64(s, 1, f->o.run);
    sqlite3_bind_int64(s, 2, widths_s[k]);
    sqlite3_bind_int64(s, 3, start_s);
    sqlite3_bind_blob64(s, 4, f->packed.ptr, f->packed.len, SQLITE_STATIC);
    f->bytes[to][k] += (int64_t)f->packed.len;
    r = ledger_step(f->ledger, s, err);
    buf_clear(&f->plain); /* a frame of ten minutes is large, and the next one far away */
    buf_shrink(&f->plain, KEPT_BYTES);
    buf_clear(&f->packed);
    buf_shrink(&f->packed, KEPT_BYTES);
    return r;
}

static bool in_total(const struct metrics *m, metric_id metric) {
    struct view name = metrics_name(m, metric);
    for (size_t i = 0; i < sizeof total_metrics / sizeof *total_metrics; i++)
        if (view_eq(name, total_metrics[i]))
            return true;
    return false;
}

static int total_of(struct ledger_frames *f, const struct series_store *store, struct error *err) {
    int r = 0;
    series_store_reset(f->total);
    for (size_t i = 0; i < series_store_written_count(store) && r == 0; i++) {
        const struct series *one = series_store_written_at(store, i);
        metric_id metric;
        tagset_id tags;
        r = series_store_translate(f->total, store, one, &metric, &tags);
        if (r == 0 && in_total(f->o.metrics, metric))
            r = series_store_merge_sink(f->total, metric, 0, &one->sink);
    }
    return r < 0 ? error_set(err, r, "ledger %s: %s", f->ledger->path, error_name(r)) : 0;
}

static int write_frame(
    struct ledger_frames *f, size_t k, int64_t start_s, const struct series_store *store, struct error *err) {
    int r = write_row(f, FRAMES, k, start_s, store, err);
    r = r < 0 ? r : total_of(f, store, err);
    return r < 0 ? r : write_row(f, TOTALS, k, start_s, f->total, err);
}

/* Adds to a row that may be there already. */
static int merge_frame(
    struct ledger_frames *f, size_t k, int64_t start_s, const struct series_store *delta, struct error *err) {
    struct series_store *scratch = f->growing[0].store;
    int r = read_frame(f->ledger, FRAMES, f->o.run, widths_s[k], start_s, scratch, err);
    if (r == LEDGER_NOT_FOUND)
        r = write_frame(f, k, start_s, delta, err);
    else if (r == LEDGER_OK) {
        r = series_store_merge(scratch, delta);
        if (r == 0)
            r = write_frame(f, k, start_s, scratch, err);
        else
            error_set(
                err, r, "ledger %s: second %lld: %s", f->ledger->path, (long long)start_s, error_name(r));
    }
    series_store_reset(scratch);
    return r;
}

/* --- writing --- */

int ledger_frames_new(struct ledger_frames **out, struct ledger *l, const struct ledger_frames_options *o) {
    struct ledger_frames *f = calloc(1, sizeof *f);
    int r = 0;

    *out = NULL;
    if (!f)
        return -ENOMEM;
    f->ledger = l;
    f->o = *o;
    f->o.bytes_max = o->bytes_max ? o->bytes_max : LEDGER_FRAME_RUN_BYTES;
    f->plain = f->packed = BUF_MAX(LEDGER_FRAME_BYTES_MAX);
    for (size_t k = 0; k < LEDGER_FRAME_WIDTHS && r == 0; k++) {
        f->growing[k].start_s = -1;
        r = series_store_new(&f->growing[k].store, o->metrics, o->tags);
    }
    r = r < 0 ? r : series_store_new(&f->total, o->metrics, o->tags);
    if (r < 0) {
        ledger_frames_free(f);
        return r;
    }
    *out = f;
    return 0;
}

struct ledger_frames *ledger_frames_free(struct ledger_frames *f) {
    if (!f)
        return NULL;
    for (size_t k = 0; k < LEDGER_FRAME_WIDTHS; k++)
        series_store_free(f->growing[k].store);
    series_store_free(f->total);
    buf_deinit(&f->plain);
    buf_deinit(&f->packed);
    free(f);
    return NULL;
}

static int flush_growing(struct ledger_frames *f, size_t k, struct error *err) {
    struct growing *g = &f->growing[k];
    if (g->start_s < 0)
        return 0;
    int r = merge_frame(f, k, g->start_s, g->store, err);
    if (r == 0) {
        series_store_reset(g->store);
        g->start_s = -1;
    }
    return r;
}

static int add_coarse(
    struct ledger_frames *f, size_t k, int64_t second, const struct series_store *delta, struct error *err) {
    struct growing *g = &f->growing[k];
    int64_t start_s = floor_to(second, widths_s[k]);
    int r = 0;

    if (g->start_s >= 0 && start_s < g->start_s)
        return merge_frame(f, k, start_s, delta, err); /* late */
    if (g->start_s >= 0 && start_s > g->start_s)
        r = flush_growing(f, k, err);
    if (r < 0)
        return r;
    g->start_s = start_s;
    r = series_store_merge(g->store, delta);
    return r < 0 ? error_set(err, r, "ledger %s: second %lld: %s", f->ledger->path, (long long)second,
                       error_name(r))
                 : 0;
}

static int first_frame(
    struct ledger *l, enum table of, int64_t run, int64_t width_s, int64_t *out, struct error *err) {
    static const char *const sql[TABLES] =
        EITHER("SELECT start_s FROM ", " WHERE run = ?1 AND width_s = ?2 ORDER BY start_s LIMIT 1");
    sqlite3_stmt *s = ledger_statement(l, sql[of]);
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, run);
    sqlite3_bind_int64(s, 2, width_s);
    int code = sqlite3_step(s), r = 0;
    *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : INT64_MAX;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        r = ledger_fail(l, err);
    sqlite3_reset(s);
    return r;
}

static int row_bytes(
    struct ledger_frames *f, enum table of, size_t k, int64_t before_s, int64_t *out, struct error *err) {
    static const char *const sql[TABLES] = EITHER(
        "SELECT coalesce(sum(length(data)), 0) FROM ", " WHERE run = ?1 AND width_s = ?2 AND start_s < ?3");
    sqlite3_stmt *s = ledger_statement(f->ledger, sql[of]);
    if (!s)
        return ledger_fail(f->ledger, err);
    sqlite3_bind_int64(s, 1, f->o.run);
    sqlite3_bind_int64(s, 2, widths_s[k]);
    sqlite3_bind_int64(s, 3, before_s);
    int r = sqlite3_step(s) == SQLITE_ROW ? 0 : ledger_fail(f->ledger, err);
    *out = r == 0 ? sqlite3_column_int64(s, 0) : 0;
    sqlite3_reset(s);
    return r;
}

/* The oldest span of the coarsest width goes, unless that one is still growing. */
static int prune(struct ledger_frames *f, enum table in, size_t k, struct error *err) {
    static const char *const sql[TABLES] =
        EITHER("DELETE FROM ", " WHERE run = ?1 AND width_s = ?2 AND start_s < ?3");
    int64_t first_s, gone = 0;
    int r = first_frame(f->ledger, in, f->o.run, widths_s[k], &first_s, err);
    if (r < 0 || first_s == INT64_MAX)
        return r;
    int64_t before_s = floor_to(first_s, widths_s[LEDGER_FRAME_COARSEST]) + widths_s[LEDGER_FRAME_COARSEST];
    if (k < LEDGER_FRAME_COARSEST && before_s > f->growing[LEDGER_FRAME_COARSEST].start_s)
        return 0;
    r = row_bytes(f, in, k, before_s, &gone, err);
    sqlite3_stmt *s = r < 0 ? NULL : ledger_statement(f->ledger, sql[in]);
    if (!s)
        return r < 0 ? r : ledger_fail(f->ledger, err);
    sqlite3_bind_int64(s, 1, f->o.run);
    sqlite3_bind_int64(s, 2, widths_s[k]);
    sqlite3_bind_int64(s, 3, before_s);
    f->bytes[in][k] -= gone;
    return ledger_step(f->ledger, s, err);
}

static int add(struct ledger_frames *f, int64_t second, const struct series_store *delta, struct error *err) {
    int r = merge_frame(f, 0, second, delta, err);
    for (size_t k = 1; k < LEDGER_FRAME_WIDTHS && r == 0; k++)
        r = add_coarse(f, k, second, delta, err);
    for (size_t k = 0; k < LEDGER_FRAME_WIDTHS && r == 0; k++) {
        int64_t most = f->o.bytes_max / 8 * shares_of_8[k];
        if (f->bytes[FRAMES][k] > most)
            r = prune(f, FRAMES, k, err);
        if (r == 0 && f->bytes[TOTALS][k] > most / TOTALS_SHARE)
            r = prune(f, TOTALS, k, err);
    }
    return r;
}

int ledger_frames_add(
    struct ledger_frames *f, int64_t second, const struct series_store *delta, struct error *err) {
    if (series_store_written_count(delta) == 0)
        return 0;
    int r = ledger_begin(f->ledger, err);
    return r < 0 ? r : ledger_end(f->ledger, add(f, second, delta, err), err);
}

int ledger_frames_flush(struct ledger_frames *f, struct error *err) {
    int r = ledger_begin(f->ledger, err);
    if (r < 0)
        return r;
    for (size_t k = 1; k < LEDGER_FRAME_WIDTHS && r == 0; k++)
        r = flush_growing(f, k, err);
    return ledger_end(f->ledger, r, err);
}

/* --- reading --- */

struct walk {
    struct ledger *ledger;
    enum table from;
    int64_t run;
    int64_t first_s[LEDGER_FRAME_WIDTHS]; /* each width answers from here on; INT64_MAX = it has nothing */
    struct ledger_window seen;
};

static int walk_init(struct walk *w, struct ledger *l, int64_t run, enum table from, struct error *err) {
    int r = 0;
    *w = (struct walk){.ledger = l, .from = from, .run = run, .seen = {INT64_MAX, 0, 0}};
    for (size_t k = 0; k < LEDGER_FRAME_WIDTHS && r == 0; k++)
        r = first_frame(l, from, run, widths_s[k], &w->first_s[k], err);
    bool none = w->first_s[0] == INT64_MAX && w->first_s[LEDGER_FRAME_COARSEST] == INT64_MAX;
    return r == 0 && none && from == TOTALS ? walk_init(w, l, run, FRAMES, err) : r;
}

static void walk_saw(struct walk *w, int64_t start_s, int64_t width_s, bool edge) {
    w->seen.from_s = start_s < w->seen.from_s ? start_s : w->seen.from_s;
    w->seen.to_s = start_s + width_s > w->seen.to_s ? start_s + width_s : w->seen.to_s;
    w->seen.width_s = edge && width_s > w->seen.width_s ? width_s : w->seen.width_s > 0 ? w->seen.width_s : 1;
}

/* The next start of a frame of this width at or after `from_s`; INT64_MAX = none. */
static int next_frame(struct walk *w, size_t k, int64_t from_s, int64_t *out, struct error *err) {
    static const char *const sql[TABLES] = EITHER("SELECT start_s FROM ",
        " WHERE run = ?1 AND width_s = ?2 AND start_s >= ?3 ORDER BY start_s LIMIT 1");
    sqlite3_stmt *s = ledger_statement(w->ledger, sql[w->from]);
    if (!s)
        return ledger_fail(w->ledger, err);
    sqlite3_bind_int64(s, 1, w->run);
    sqlite3_bind_int64(s, 2, widths_s[k]);
    sqlite3_bind_int64(s, 3, from_s);
    int code = sqlite3_step(s),
        r = code == SQLITE_ROW || code == SQLITE_DONE ? 0 : ledger_fail(w->ledger, err);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : INT64_MAX;
    sqlite3_reset(s);
    return r;
}

/* The finest width that still answers for this second; LEDGER_FRAME_WIDTHS = none. */
static size_t finest(const struct walk *w, int64_t second) {
    size_t k = 0;
    while (k < LEDGER_FRAME_WIDTHS && second < w->first_s[k])
        k++;
    return k;
}

/* A frame wider than the finest one that begins here, ends in time and exists. */
static int wide_frame(struct walk *w, int64_t at, int64_t to_s, size_t fine, size_t widest,
    struct series_store *into, int64_t *width_s, struct error *err) {
    for (size_t k = widest; k > fine; k--) {
        int r = at % widths_s[k] != 0 || at + widths_s[k] > to_s
                    ? LEDGER_NOT_FOUND
                    : read_frame(w->ledger, w->from, w->run, widths_s[k], at, into, err);
        *width_s = widths_s[k];
        if (r != LEDGER_NOT_FOUND)
            return r;
    }
    return LEDGER_NOT_FOUND;
}

/* Merges the first frame at *at or beyond into the store; *at moves behind it. None wider than `widest`,
 * unless that is all there is. LEDGER_NOT_FOUND: nothing more before to_s. */
static int walk_step(struct walk *w, int64_t *at, int64_t to_s, size_t widest, struct series_store *into,
    int64_t *start_s, int64_t *width_s, struct error *err) {
    for (;;) {
        size_t fine = finest(w, *at);
        if (fine == LEDGER_FRAME_WIDTHS) { /* before the oldest frame of all */
            *at = w->first_s[LEDGER_FRAME_COARSEST] < w->first_s[0] ? w->first_s[LEDGER_FRAME_COARSEST]
                                                                    : w->first_s[0];
            if (*at >= to_s)
                return LEDGER_NOT_FOUND;
            fine = finest(w, *at);
        }
        int r = wide_frame(w, *at, to_s, fine, widest, into, width_s, err);
        *start_s = *at;
        if (r == LEDGER_NOT_FOUND) {
            *width_s = widths_s[fine];
            r = next_frame(w, fine, floor_to(*at, *width_s), start_s, err);
            if (r == 0 && *start_s >= to_s)
                return LEDGER_NOT_FOUND;
            int64_t wide_start_s = floor_to(*start_s, widths_s[widest]);
            if (r == 0 && *start_s > *at) { /* idle seconds are skipped; a wide frame may begin among them */
                *at = wide_start_s > *at ? wide_start_s : *start_s;
                continue;
            }
            r = r < 0 ? r : read_frame(w->ledger, w->from, w->run, *width_s, *start_s, into, err);
        }
        *at = *start_s + *width_s;
        return r;
    }
}

int ledger_frames_collect(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s,
    struct series_store *into, struct ledger_window *window, struct error *err) {
    struct walk w;
    int64_t at = from_s, start_s, width_s;
    int r = walk_init(&w, l, run, FRAMES, err);

    while (r == 0 && at < to_s) {
        r = walk_step(&w, &at, to_s, LEDGER_FRAME_COARSEST, into, &start_s, &width_s, err);
        if (r == 0)
            walk_saw(&w, start_s, width_s, start_s < from_s || start_s + width_s > to_s);
    }
    if (window)
        *window = w.seen.to_s ? w.seen : (struct ledger_window){from_s, from_s, 0};
    return r < 0 ? r : 0;
}

static size_t tier_of(int64_t from_s, int64_t to_s, size_t points) {
    size_t k = 0;
    while (k < LEDGER_FRAME_COARSEST && (to_s - from_s + widths_s[k] - 1) / widths_s[k] > (int64_t)points)
        k++;
    return k;
}

int64_t ledger_frames_width_s(int64_t from_s, int64_t to_s, size_t points) {
    return widths_s[tier_of(from_s, to_s, points)];
}

static int each_of(struct ledger *l, int64_t run, enum table from, int64_t from_s, int64_t to_s,
    size_t points, struct series_store *frame,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame), void *ctx,
    struct error *err) {
    struct walk w;
    size_t k = tier_of(from_s, to_s, points);
    int r = walk_init(&w, l, run, from, err);

    for (int64_t at = floor_to(from_s, widths_s[k]); r == 0 && at < to_s;) {
        /* a frame that is no row (it was still growing when the run was killed) is put together from finer
         * ones */
        int64_t start_s = 0, width_s = 0, first_s = -1, end_s = at + widths_s[k];
        while (r == 0 && at < end_s) {
            r = walk_step(&w, &at, end_s, k, frame, &start_s, &width_s, err);
            if (r == 0 && first_s < 0)
                first_s = start_s;
        }
        if (r < 0)
            break;
        r = first_s >= 0 ? each(ctx, floor_to(first_s, widths_s[k]),
                               width_s > widths_s[k] ? width_s : widths_s[k], frame)
                         : 0;
        series_store_reset(frame);
        at = at > end_s ? at : end_s;
    }
    series_store_reset(frame);
    return r;
}

int ledger_frames_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    struct series_store *frame,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame), void *ctx,
    struct error *err) {
    return each_of(l, run, FRAMES, from_s, to_s, points, frame, each, ctx, err);
}

int ledger_frames_each_total(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    struct series_store *frame,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct series_store *frame), void *ctx,
    struct error *err) {
    return each_of(l, run, TOTALS, from_s, to_s, points, frame, each, ctx, err);
}

int ledger_frames_span(struct ledger *l, int64_t run, struct ledger_window *out, struct error *err) {
    struct walk w;
    int r = walk_init(&w, l, run, FRAMES, err);
    /* Its end by the finest frames, which are never pruned there: a coarse one may reach beyond it. */
    sqlite3_stmt *s = r < 0 ? NULL
                            : ledger_statement(l, "SELECT start_s FROM frames WHERE run = ?1 AND width_s = 1"
                                                  " ORDER BY start_s DESC LIMIT 1");
    if (!s)
        return r < 0 ? r : ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, run);
    int code = sqlite3_step(s);
    r = code == SQLITE_ROW ? LEDGER_OK : code == SQLITE_DONE ? LEDGER_NOT_FOUND : ledger_fail(l, err);
    *out = (struct ledger_window){.width_s = widths_s[0]};
    if (r == LEDGER_OK)
        out->to_s = sqlite3_column_int64(s, 0) + widths_s[0];
    sqlite3_reset(s);
    out->from_s = out->to_s;
    for (size_t k = 0; k < LEDGER_FRAME_WIDTHS; k++)
        out->from_s = w.first_s[k] < out->from_s ? w.first_s[k] : out->from_s;
    return r;
}
