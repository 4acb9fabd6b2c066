/* Writing: each second is a row of width 1, and a part of one growing fold for each coarser width, which
 * becomes a row when a later one begins. After a kill the rows that were growing are missing; their seconds
 * are there, so reading puts them together from finer ones. */
#include "ledger/ledger_probes.h"

#include "ledger/ledger_priv.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROW_BYTES_MAX = 4 * 1024 * 1024, FINEST = 0, COARSEST = LEDGER_PROBE_WIDTHS - 1, PRUNE_SHARE = 8 };
static const int64_t widths_s[LEDGER_PROBE_WIDTHS] = {1, 10, 60, 600};

struct growing {
    int64_t start_s; /* -1 = empty */
    struct probe_fold fold;
};
struct ledger_probes {
    struct ledger *ledger;
    int64_t run, bytes_max, bytes;
    struct growing growing[LEDGER_PROBE_WIDTHS];
    size_t known; /* series that are written */
    uint64_t notes_version;
    struct buf plain, packed;
};

static int64_t floor_to(int64_t second, int64_t width_s) {
    return second / width_s * width_s;
}

/* ---- writing ---- */

int ledger_probes_new(struct ledger_probes **out, struct ledger *l, int64_t run, int64_t bytes_max) {
    struct ledger_probes *p = calloc(1, sizeof *p);
    *out = p;
    if (!p)
        return -ENOMEM;
    p->ledger = l;
    p->run = run;
    p->bytes_max = bytes_max ? bytes_max : LEDGER_PROBE_RUN_BYTES;
    p->plain = p->packed = BUF_MAX(ROW_BYTES_MAX);
    for (size_t k = 0; k < LEDGER_PROBE_WIDTHS; k++)
        p->growing[k].start_s = -1;
    return 0;
}

struct ledger_probes *ledger_probes_free(struct ledger_probes *p) {
    if (!p)
        return NULL;
    for (size_t k = 0; k < LEDGER_PROBE_WIDTHS; k++)
        probe_fold_deinit(&p->growing[k].fold);
    buf_deinit(&p->plain);
    buf_deinit(&p->packed);
    free(p);
    return NULL;
}

static int write_series(struct ledger_probes *p, const struct probe_second *s, struct error *err) {
    int r = 0;
    for (; p->known < s->key_count && r == 0; p->known++) {
        const struct probe_key *key = &s->keys[p->known];
        sqlite3_stmt *st = ledger_statement(p->ledger, "INSERT OR REPLACE INTO probe_series (run, number, "
                                                       "source, name, unit) VALUES (?1, ?2, ?3, ?4, ?5)");
        if (!st)
            return ledger_fail(p->ledger, err);
        sqlite3_bind_int64(st, 1, p->run);
        sqlite3_bind_int64(st, 2, (int64_t)p->known);
        ledger_bind_text(st, 3, view_of_cstr(key->source));
        ledger_bind_text(st, 4, view_of_cstr(key->name));
        ledger_bind_text(st, 5, view_of_cstr(probe_unit_name(key->unit)));
        r = ledger_step(p->ledger, st, err);
    }
    return r;
}

static int write_notes(struct ledger_probes *p, const struct probe_second *s, struct error *err) {
    int r = 0;
    if (p->notes_version == s->notes_version)
        return 0;
    p->notes_version = s->notes_version;
    for (size_t i = 0; i < s->note_count && r == 0; i++) {
        const struct probe_note *n = &s->notes[i];
        sqlite3_stmt *st = ledger_statement(p->ledger, "INSERT OR REPLACE INTO probe_notes (run, source, "
                                                       "about, text, value) VALUES (?1, ?2, ?3, ?4, ?5)");
        if (!st)
            return ledger_fail(p->ledger, err);
        sqlite3_bind_int64(st, 1, p->run);
        ledger_bind_text(st, 2, view_of_cstr(n->source));
        ledger_bind_text(st, 3, view_of_cstr(n->about));
        ledger_bind_text(st, 4, view_of_cstr(n->text));
        sqlite3_bind_double(st, 5, n->value);
        r = ledger_step(p->ledger, st, err);
    }
    return r;
}

static int write_row(struct ledger_probes *p, size_t k, struct error *err) {
    const struct growing *g = &p->growing[k];
    sqlite3_stmt *st = ledger_statement(p->ledger,
        "INSERT OR REPLACE INTO probe_values (run, width_s, start_s, data) VALUES (?1, ?2, ?3, ?4)");
    if (!st)
        return ledger_fail(p->ledger, err);
    buf_clear(&p->plain);
    buf_clear(&p->packed);
    struct pack_writer w = pack_writer_of(&p->plain);
    probe_fold_pack(&g->fold, &w);
    int r = w.error ? w.error : ledger_compress(buf_view(&p->plain), &p->packed);
    if (r < 0)
        return error_set(err, r, "ledger %s: probes of second %lld: %s", p->ledger->path,
            (long long)g->start_s, error_name(r));
    sqlite3_bind_int64(st, 1, p->run);
    sqlite3_bind_int64(st, 2, widths_s[k]);
    sqlite3_bind_int64(st, 3, g->start_s);
    sqlite3_bind_blob64(st, 4, p->packed.ptr, p->packed.len, SQLITE_STATIC);
    p->bytes += (int64_t)p->packed.len;
    return ledger_step(p->ledger, st, err);
}

/* The oldest seconds go, as many as lie under one piece of the coarsest width: what is left of them is one
 * piece up to the end. */
static int prune(struct ledger_probes *p, int64_t second, struct error *err) {
    sqlite3_stmt *st =
        ledger_statement(p->ledger, "SELECT min(start_s) FROM probe_values WHERE run = ?1 AND width_s = 1");
    if (!st)
        return ledger_fail(p->ledger, err);
    sqlite3_bind_int64(st, 1, p->run);
    int r = sqlite3_step(st) == SQLITE_ROW ? 0 : ledger_fail(p->ledger, err);
    int64_t first_s = r == 0 ? sqlite3_column_int64(st, 0) : 0,
            before_s = floor_to(first_s, widths_s[COARSEST]) + widths_s[COARSEST];
    sqlite3_reset(st);
    if (r < 0 || before_s > floor_to(second, widths_s[COARSEST]))
        return r; /* the coarse one over them still grows */
    st = ledger_statement(
        p->ledger, "DELETE FROM probe_values WHERE run = ?1 AND width_s <= 10 AND start_s < ?2");
    if (!st)
        return ledger_fail(p->ledger, err);
    sqlite3_bind_int64(st, 1, p->run);
    sqlite3_bind_int64(st, 2, before_s);
    r = ledger_step(p->ledger, st, err);
    p->bytes -= p->bytes / PRUNE_SHARE; /* about: rows of one span are like those of another */
    return r;
}

static int add_to(
    struct ledger_probes *p, size_t k, int64_t second, const struct probe_second *s, struct error *err) {
    struct growing *g = &p->growing[k];
    int64_t start_s = floor_to(second, widths_s[k]);
    int r = 0;
    if (g->start_s >= 0 && start_s != g->start_s) {
        r = k == FINEST ? 0 : write_row(p, k, err);
        probe_fold_clear(&g->fold);
    }
    g->start_s = start_s;
    r = r < 0 ? r : probe_fold_add(&g->fold, s->values, s->value_count);
    if (r < 0 && !err->text[0])
        error_set(err, r, "probes of second %lld: %s", (long long)second, error_name(r));
    return r < 0 || k != FINEST ? r : write_row(p, k, err);
}

int ledger_probes_add(
    struct ledger_probes *p, int64_t second, const struct probe_second *s, struct error *err) {
    int r = ledger_begin(p->ledger, err);
    if (r < 0)
        return r;
    r = write_series(p, s, err);
    r = r < 0 ? r : write_notes(p, s, err);
    for (size_t k = 0; k < LEDGER_PROBE_WIDTHS && r == 0 && s->value_count; k++)
        r = add_to(p, k, second, s, err);
    if (r == 0 && p->bytes > p->bytes_max)
        r = prune(p, second, err);
    return ledger_end(p->ledger, r, err);
}

int ledger_probes_flush(struct ledger_probes *p, struct error *err) {
    int r = ledger_begin(p->ledger, err);
    if (r < 0)
        return r;
    for (size_t k = FINEST + 1; k < LEDGER_PROBE_WIDTHS && r == 0; k++)
        if (p->growing[k].start_s >= 0)
            r = write_row(p, k, err);
    return ledger_end(p->ledger, r, err);
}

/* ---- reading ---- */

static void copy_text(char *to, size_t size, sqlite3_stmt *st, int column) {
    snprintf(to, size, "%.*s", VIEW_ARGS(ledger_column_text(st, column)));
}

int ledger_probes_series(struct ledger *l, int64_t run,
    int (*each)(void *ctx, uint32_t number, const struct probe_key *key), void *ctx, struct error *err) {
    sqlite3_stmt *st = ledger_statement(
        l, "SELECT number, source, name, unit FROM probe_series WHERE run = ?1 ORDER BY number");
    int code, r = 0;
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    while (r == 0 && (code = sqlite3_step(st)) != SQLITE_DONE) {
        struct probe_key key = {.unit = PROBE_COUNT};
        if (code != SQLITE_ROW) {
            r = ledger_fail(l, err);
            break;
        }
        copy_text(key.source, sizeof key.source, st, 1);
        copy_text(key.name, sizeof key.name, st, 2);
        (void)probe_unit_of(ledger_column_text(st, 3), &key.unit);
        r = each(ctx, (uint32_t)sqlite3_column_int64(st, 0), &key);
    }
    sqlite3_reset(st);
    return r;
}

int ledger_probes_notes(struct ledger *l, int64_t run, int (*each)(void *ctx, const struct probe_note *note),
    void *ctx, struct error *err) {
    sqlite3_stmt *st = ledger_statement(
        l, "SELECT source, about, text, value FROM probe_notes WHERE run = ?1 ORDER BY source, about");
    int code, r = 0;
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    while (r == 0 && (code = sqlite3_step(st)) != SQLITE_DONE) {
        struct probe_note n = {.value = 0};
        if (code != SQLITE_ROW) {
            r = ledger_fail(l, err);
            break;
        }
        copy_text(n.source, sizeof n.source, st, 0);
        copy_text(n.about, sizeof n.about, st, 1);
        copy_text(n.text, sizeof n.text, st, 2);
        n.value = sqlite3_column_double(st, 3);
        r = each(ctx, &n);
    }
    sqlite3_reset(st);
    return r;
}

/* Merges a row. LEDGER_OK, LEDGER_NOT_FOUND or negative. */
static int read_row(
    struct ledger *l, int64_t run, size_t k, int64_t start_s, struct probe_fold *into, struct error *err) {
    sqlite3_stmt *st =
        ledger_statement(l, "SELECT data FROM probe_values WHERE run = ?1 AND width_s = ?2 AND start_s = ?3");
    struct buf plain CLEANUP(buf_deinit) = BUF_MAX(ROW_BYTES_MAX);
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, widths_s[k]);
    sqlite3_bind_int64(st, 3, start_s);
    int code = sqlite3_step(st), r = code == SQLITE_DONE  ? LEDGER_NOT_FOUND
                                     : code == SQLITE_ROW ? LEDGER_OK
                                                          : ledger_fail(l, err);
    if (r == LEDGER_OK) {
        const void *bytes = sqlite3_column_blob(st, 0);
        r = ledger_decompress(view_of(bytes, (size_t)sqlite3_column_bytes(st, 0)), &plain);
        struct pack_reader reader = pack_reader_of(buf_view(&plain));
        r = r < 0 ? r : probe_fold_unpack_merge(into, &reader);
        if (r < 0)
            error_set(err, r, "ledger %s: run %lld, probes of second %lld: %s", l->path, (long long)run,
                (long long)start_s, error_name(r));
    }
    sqlite3_reset(st);
    return r;
}

/* The next second of which there is anything at least as fine as k, at or after from_s; INT64_MAX: none. */
static int next_start(
    struct ledger *l, int64_t run, size_t k, int64_t from_s, int64_t *out, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l,
        "SELECT start_s FROM probe_values WHERE run = ?1 AND width_s = ?2 AND start_s >= ?3"
        " ORDER BY start_s LIMIT 1");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, widths_s[k]);
    sqlite3_bind_int64(st, 3, from_s);
    int code = sqlite3_step(st);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(st, 0) : INT64_MAX;
    sqlite3_reset(st);
    return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : ledger_fail(l, err);
}

/* [start_s, start_s + width): the row, else put together from finer ones. LEDGER_NOT_FOUND: nothing was heard
 * in it. */
static int read_piece(
    struct ledger *l, int64_t run, size_t k, int64_t start_s, struct probe_fold *into, struct error *err) {
    int r = read_row(l, run, k, start_s, into, err), found = LEDGER_NOT_FOUND;
    if (r != LEDGER_NOT_FOUND || k == FINEST)
        return r;
    for (int64_t at = start_s, next; at < start_s + widths_s[k]; at = next + widths_s[FINEST]) {
        r = next_start(l, run, FINEST, at, &next, err);
        if (r < 0 || next >= start_s + widths_s[k])
            return r < 0 ? r : found;
        r = read_row(l, run, FINEST, next, into, err);
        if (r < 0)
            return r;
        found = LEDGER_OK;
    }
    return found;
}

static size_t tier_of(int64_t from_s, int64_t to_s, size_t points) {
    size_t k = 0;
    while (k < COARSEST && (to_s - from_s + widths_s[k] - 1) / widths_s[k] > (int64_t)points)
        k++;
    return k;
}

/* First and last second of which there is anything. LEDGER_NOT_FOUND: nothing at all. */
static int span_of(struct ledger *l, int64_t run, int64_t *from_s, int64_t *to_s, struct error *err) {
    sqlite3_stmt *st =
        ledger_statement(l, "SELECT (SELECT min(start_s) FROM probe_values WHERE run = ?1), (SELECT "
                            "max(start_s) FROM probe_values WHERE run = ?1 AND width_s = 1)");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    int r = sqlite3_step(st) != SQLITE_ROW              ? ledger_fail(l, err)
            : sqlite3_column_type(st, 1) == SQLITE_NULL ? LEDGER_NOT_FOUND
                                                        : LEDGER_OK;
    if (r == LEDGER_OK) {
        *from_s = sqlite3_column_int64(st, 0);
        *to_s = sqlite3_column_int64(st, 1) + widths_s[FINEST];
    }
    sqlite3_reset(st);
    return r;
}

int ledger_probes_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    int (*each)(void *ctx, int64_t start_s, int64_t width_s, const struct probe_fold *fold), void *ctx,
    struct error *err) {
    struct probe_fold fold = PROBE_FOLD_NULL;
    int64_t first_s = 0, end_s = 0, fine_s = 0;
    int r = span_of(l, run, &first_s, &end_s, err);
    if (r != LEDGER_OK)
        return r < 0 ? r : 0;
    from_s = from_s > first_s ? from_s : first_s;
    to_s = to_s < end_s ? to_s : end_s;
    size_t k = tier_of(from_s, to_s, points);
    r = next_start(l, run, FINEST, 0, &fine_s, err); /* before it only the two coarsest are left */
    for (int64_t at = floor_to(from_s, widths_s[k]); r == 0 && at < to_s;) {
        size_t here = at < floor_to(fine_s, widths_s[k]) && k < 2 ? 2 : k;
        at = floor_to(at, widths_s[here]);
        probe_fold_clear(&fold);
        r = read_piece(l, run, here, at, &fold, err);
        if (r == LEDGER_OK)
            r = each(ctx, at, widths_s[here], &fold);
        r = r == LEDGER_NOT_FOUND ? 0 : r;
        at += widths_s[here];
    }
    probe_fold_deinit(&fold);
    return r;
}

/* ---- a window, series by series ---- */

struct gather {
    struct ledger_probe_view *v;
    struct view source, name;
    struct ledger_probe_series *by_number[PROBE_SERIES_MAX];
    size_t cap, series_cap;
};

static int count_piece(void *ctx, int64_t start_s, int64_t width_s, const struct probe_fold *fold) {
    struct ledger_probe_view *v = ctx;
    (void)start_s, (void)fold;
    v->points++;
    v->width_s = v->width_s ? v->width_s : width_s;
    return 0;
}

static int take_series(void *ctx, uint32_t number, const struct probe_key *key) {
    struct gather *g = ctx;
    struct ledger_probe_view *v = g->v;
    bool wanted = number < PROBE_SERIES_MAX && view_starts_with(view_of_cstr(key->source), g->source) &&
                  view_starts_with(view_of_cstr(key->name), g->name);
    if (!wanted || v->count == g->series_cap)
        return 0;
    struct ledger_probe_series *s = &v->series[v->count];
    *s = (struct ledger_probe_series){.key = *key,
        .mean = arena_alloc(&v->arena, v->points * sizeof(double)),
        .max = arena_alloc(&v->arena, v->points * sizeof(double))};
    if (!s->mean || !s->max)
        return ERROR_LIMIT;
    for (size_t i = 0; i < v->points; i++)
        s->mean[i] = s->max[i] = (double)NAN;
    g->by_number[number] = s;
    v->count++;
    return 0;
}

static int count_series(void *ctx, uint32_t number, const struct probe_key *key) {
    (void)number, (void)key;
    ++*(size_t *)ctx;
    return 0;
}

static int take_piece(void *ctx, int64_t start_s, int64_t width_s, const struct probe_fold *fold) {
    struct gather *g = ctx;
    struct ledger_probe_view *v = g->v;
    (void)width_s;
    if (v->points == g->cap)
        return 0; /* the run went on meanwhile */
    v->t[v->points] = start_s;
    for (size_t i = 0; i < fold->count; i++)
        if (fold->means[i].heard && g->by_number[i]) {
            g->by_number[i]->mean[v->points] = fold->means[i].sum / fold->means[i].heard;
            g->by_number[i]->max[v->points] = fold->means[i].max;
        }
    v->points++;
    return 0;
}

static int take_note(void *ctx, const struct probe_note *note) {
    struct ledger_probe_view *v = ctx;
    if (v->note_count < PROBE_NOTES_MAX)
        v->notes[v->note_count++] = *note;
    return 0;
}

static bool was_heard(const struct ledger_probe_series *s, size_t points) {
    for (size_t i = 0; i < points; i++)
        if (!isnan(s->mean[i]))
            return true;
    return false;
}

static void drop_silent(struct ledger_probe_view *v) {
    size_t kept = 0;
    for (size_t i = 0; i < v->count; i++)
        if (was_heard(&v->series[i], v->points))
            v->series[kept++] = v->series[i];
    v->count = kept;
}

static int fill(struct gather *g, struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    struct error *err) {
    struct ledger_probe_view *v = g->v;
    int r = ledger_probes_each(l, run, from_s, to_s, points, count_piece, v, err);
    r = r < 0 ? r : ledger_probes_series(l, run, count_series, &g->series_cap, err);
    if (r < 0)
        return r;
    v->t = arena_calloc(&v->arena, v->points + 1, sizeof *v->t);
    v->series = arena_calloc(&v->arena, g->series_cap + 1, sizeof *v->series);
    v->notes = arena_calloc(&v->arena, PROBE_NOTES_MAX, sizeof *v->notes);
    if (!v->t || !v->series || !v->notes)
        return ERROR_LIMIT;
    r = ledger_probes_series(l, run, take_series, g, err);
    g->cap = v->points;
    v->points = 0;
    r = r < 0 ? r : ledger_probes_each(l, run, from_s, to_s, points, take_piece, g, err);
    r = r < 0 ? r : ledger_probes_notes(l, run, take_note, v, err);
    drop_silent(v);
    return r;
}

int ledger_probe_view_init(struct ledger_probe_view *v, struct ledger *l, int64_t run, int64_t from_s,
    int64_t to_s, size_t points, struct view source, struct view name, struct error *err) {
    struct gather *g = calloc(1, sizeof *g);
    *v = (struct ledger_probe_view){0};
    arena_init(&v->arena, LEDGER_PROBE_VIEW_BYTES_MAX);
    if (!g)
        return error_set(err, -ENOMEM, "out of memory");
    g->v = v;
    g->source = source;
    g->name = name;
    int r = fill(g, l, run, from_s, to_s, points ? points : LEDGER_PROBE_POINTS_MAX, err);
    free(g);
    if (r < 0) {
        ledger_probe_view_deinit(v);
        if (!err->text[0])
            error_set(err, r,
                "the probes' series of this window are too large: ask for fewer points, or for a beginning "
                "of names");
    }
    return r;
}

void ledger_probe_view_deinit(struct ledger_probe_view *v) {
    arena_deinit(&v->arena);
    *v = (struct ledger_probe_view){0};
}
