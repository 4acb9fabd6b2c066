/* Rows of `seconds`, `health`, `marks` and `thresholds`. The workers of a second are one packed value:
 * version, number of workers, then for each its fields in the order of struct ledger_worker. */
#include "ledger/ledger_course.h"

#include "core/pack.h"
#include "ledger/ledger_priv.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum { HEALTH_VERSION = 1, HEALTH_BYTES_MAX = 1024 * 1024, WORKER_BYTES_MIN = 10 };
#define CPU_UNIT 1e4

/* --- seconds --- */

static void pack_workers(struct pack_writer *w, const struct ledger_worker *workers, size_t n) {
    pack_u64(w, HEALTH_VERSION);
    pack_u64(w, n);
    for (size_t i = 0; i < n; i++) {
        const struct ledger_worker *one = &workers[i];
        pack_u64(w, (one->alive ? 1 : 0) | (one->lost ? 2 : 0));
        pack_u64(w, one->cpu > 0 ? (uint64_t)lround(one->cpu * CPU_UNIT) : 0);
        pack_u64(w, one->users);
        pack_i64(w, one->turn_max_us);
        pack_i64(w, one->timer_late_us);
        pack_i64(w, one->send_late_us);
        pack_i64(w, one->steal_us);
        pack_u64(w, one->rss_bytes);
        pack_u64(w, one->ports_exhausted);
        pack_u64(w, one->descriptors_exhausted);
    }
}

static struct ledger_worker unpack_worker(struct pack_reader *r) {
    uint64_t flags = unpack_u64(r);
    struct ledger_worker w = {.alive = flags & 1, .lost = flags & 2};
    w.cpu = (double)unpack_u64(r) / CPU_UNIT;
    w.users = unpack_u64(r);
    w.turn_max_us = unpack_i64(r);
    w.timer_late_us = unpack_i64(r);
    w.send_late_us = unpack_i64(r);
    w.steal_us = unpack_i64(r);
    w.rss_bytes = unpack_u64(r);
    w.ports_exhausted = unpack_u64(r);
    w.descriptors_exhausted = unpack_u64(r);
    return w;
}

static int add_health(struct ledger *l, int64_t run, const struct ledger_second *s, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(HEALTH_BYTES_MAX);
    struct pack_writer w = pack_writer_of(&packed);

    pack_workers(&w, s->workers, s->worker_count < LEDGER_WORKERS_MAX ? s->worker_count : LEDGER_WORKERS_MAX);
    if (w.error)
        return error_set(err, w.error, "the workers' health could not be kept: %s", error_name(w.error));
    sqlite3_stmt *st =
        ledger_statement(l, "INSERT OR REPLACE INTO health (run, second, workers) VALUES (?1, ?2, ?3)");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, s->second);
    sqlite3_bind_blob64(st, 3, packed.ptr, packed.len, SQLITE_STATIC);
    return ledger_step(l, st, err);
}

static int add_second(struct ledger *l, int64_t run, const struct ledger_second *s, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l,
        "INSERT OR REPLACE INTO seconds (run, second, elapsed_us, users, users_wished, iterations)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, s->second);
    sqlite3_bind_int64(st, 3, s->elapsed_us);
    sqlite3_bind_int64(st, 4, (int64_t)s->users);
    sqlite3_bind_int64(st, 5, (int64_t)s->users_wished);
    sqlite3_bind_int64(st, 6, (int64_t)s->iterations);
    return ledger_step(l, st, err);
}

int ledger_second_add(struct ledger *l, int64_t run, const struct ledger_second *s, struct error *err) {
    size_t every = s->worker_count / LEDGER_HEALTH_PER_S + 1;
    bool healthy = s->worker_count && s->second % (int64_t)every == 0;
    int r = ledger_begin(l, err);
    if (r < 0)
        return r;
    r = add_second(l, run, s, err);
    if (r == 0 && healthy)
        r = add_health(l, run, s, err);
    return ledger_end(l, r, err);
}

static int read_workers(
    struct ledger *l, struct view packed, struct ledger_worker **out, size_t *count, struct error *err) {
    struct pack_reader r = pack_reader_of(packed);
    uint64_t version = unpack_u64(&r);
    size_t n = unpack_count(&r, WORKER_BYTES_MIN);

    if (r.failed || version != HEALTH_VERSION || n > LEDGER_WORKERS_MAX)
        return error_set(err, ERROR_SYNTAX, "ledger %s: the workers' health is damaged", l->path);
    struct ledger_worker *workers = calloc(n + 1, sizeof *workers);
    if (!workers)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        workers[i] = unpack_worker(&r);
    *out = workers;
    *count = r.failed ? 0 : n;
    return 0;
}

#define SECOND_COLUMNS "s.second, s.elapsed_us, s.users, s.users_wished, s.iterations, h.workers"
#define SECOND_TABLES                                                                                        \
    " FROM seconds s LEFT JOIN health h ON h.run = s.run AND h.second = s.second WHERE s.run = ?1"

static int tell_second(struct ledger *l, sqlite3_stmt *st,
    int (*each)(void *ctx, const struct ledger_second *s), void *ctx, struct error *err) {
    struct ledger_second s = {.second = sqlite3_column_int64(st, 0),
        .elapsed_us = sqlite3_column_int64(st, 1),
        .users = (uint64_t)sqlite3_column_int64(st, 2),
        .users_wished = (uint64_t)sqlite3_column_int64(st, 3),
        .iterations = (uint64_t)sqlite3_column_int64(st, 4)};
    struct ledger_worker *workers = NULL;
    int r = 0;

    if (sqlite3_column_type(st, 5) == SQLITE_BLOB) {
        const void *bytes = sqlite3_column_blob(st, 5);
        r = read_workers(
            l, view_of(bytes, (size_t)sqlite3_column_bytes(st, 5)), &workers, &s.worker_count, err);
    }
    s.workers = workers;
    r = r < 0 ? r : each(ctx, &s);
    free(workers);
    return r;
}

static int walk_seconds(struct ledger *l, sqlite3_stmt *st,
    int (*each)(void *ctx, const struct ledger_second *s), void *ctx, size_t *rows, struct error *err) {
    int code, r = 0;

    *rows = 0;
    while (r == 0 && (code = sqlite3_step(st)) != SQLITE_DONE) {
        r = code == SQLITE_ROW ? tell_second(l, st, each, ctx, err) : ledger_fail(l, err);
        ++*rows;
    }
    sqlite3_reset(st);
    return r;
}

int ledger_second_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s, size_t points,
    int (*each)(void *ctx, const struct ledger_second *s), void *ctx, struct error *err) {
    sqlite3_stmt *count =
        ledger_statement(l, "SELECT count(*) FROM seconds WHERE run = ?1 AND second >= ?2 AND second < ?3");
    size_t rows;
    if (!count)
        return ledger_fail(l, err);
    sqlite3_bind_int64(count, 1, run);
    sqlite3_bind_int64(count, 2, from_s);
    sqlite3_bind_int64(count, 3, to_s);
    int64_t n = sqlite3_step(count) == SQLITE_ROW ? sqlite3_column_int64(count, 0) : 0;
    sqlite3_reset(count);
    sqlite3_stmt *st = ledger_statement(l,
        "SELECT " SECOND_COLUMNS SECOND_TABLES " AND s.second >= ?2 AND s.second < ?3 AND s.second % ?4 = 0"
        " ORDER BY s.second");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, from_s);
    sqlite3_bind_int64(st, 3, to_s);
    sqlite3_bind_int64(
        st, 4, points && n > (int64_t)points ? (n + (int64_t)points - 1) / (int64_t)points : 1);
    return walk_seconds(l, st, each, ctx, &rows, err);
}

int ledger_second_newest(struct ledger *l, int64_t run, int (*each)(void *ctx, const struct ledger_second *s),
    void *ctx, struct error *err) {
    sqlite3_stmt *st = ledger_statement(
        l, "SELECT " SECOND_COLUMNS SECOND_TABLES " AND h.second IS NOT NULL ORDER BY s.second DESC LIMIT 1");
    size_t rows;
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    int r = walk_seconds(l, st, each, ctx, &rows, err);
    return r != 0 || rows ? r : LEDGER_NOT_FOUND;
}

/* --- marks --- */

int ledger_mark_add(struct ledger *l, int64_t run, int64_t second, struct view text, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l, "INSERT INTO marks (run, second, text) SELECT ?1, ?2, ?3"
                                           " WHERE (SELECT count(*) FROM marks WHERE run = ?1) < ?4");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, second);
    ledger_bind_text(st, 3, view_take(text, LEDGER_MARK_TEXT_MAX));
    sqlite3_bind_int(st, 4, LEDGER_MARKS_MAX);
    int r = ledger_step(l, st, err);
    if (r == 0 && sqlite3_changes(l->db) == 0)
        return error_set(err, ERROR_LIMIT, "a run has %d marks at most", LEDGER_MARKS_MAX);
    return r;
}

int ledger_mark_each(struct ledger *l, int64_t run, int64_t from_s, int64_t to_s,
    int (*each)(void *ctx, int64_t second, struct view text), void *ctx, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l,
        "SELECT second, text FROM marks WHERE run = ?1 AND second >= ?2 AND second < ?3 ORDER BY second, "
        "rowid");
    int code, r = 0;
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, from_s);
    sqlite3_bind_int64(st, 3, to_s);
    while (r == 0 && (code = sqlite3_step(st)) != SQLITE_DONE)
        r = code == SQLITE_ROW ? each(ctx, sqlite3_column_int64(st, 0), ledger_column_text(st, 1))
                               : ledger_fail(l, err);
    sqlite3_reset(st);
    return r;
}

/* --- thresholds --- */

int ledger_threshold_set(
    struct ledger *l, int64_t run, size_t number, const struct ledger_threshold *t, struct error *err) {
    if (number >= LEDGER_THRESHOLDS_MAX)
        return 0;
    sqlite3_stmt *st = ledger_statement(l,
        "INSERT OR REPLACE INTO thresholds (run, number, target, expression, ok, aborted, observed)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, (int64_t)number);
    ledger_bind_text(st, 3, t->target);
    ledger_bind_text(st, 4, t->expression);
    sqlite3_bind_int(st, 5, t->ok);
    sqlite3_bind_int(st, 6, t->aborted);
    if (isfinite(t->observed))
        sqlite3_bind_double(st, 7, t->observed);
    return ledger_step(l, st, err);
}

int ledger_threshold_each(struct ledger *l, int64_t run,
    int (*each)(void *ctx, const struct ledger_threshold *t), void *ctx, struct error *err) {
    sqlite3_stmt *st = ledger_statement(
        l, "SELECT target, expression, ok, aborted, observed FROM thresholds WHERE run = ?1 ORDER BY number");
    int code, r = 0;
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    while (r == 0 && (code = sqlite3_step(st)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            r = ledger_fail(l, err);
            break;
        }
        struct ledger_threshold t = {.target = ledger_column_text(st, 0),
            .expression = ledger_column_text(st, 1),
            .ok = sqlite3_column_int(st, 2),
            .aborted = sqlite3_column_int(st, 3),
            .observed =
                sqlite3_column_type(st, 4) == SQLITE_NULL ? (double)NAN : sqlite3_column_double(st, 4)};
        r = each(ctx, &t);
    }
    sqlite3_reset(st);
    return r;
}
