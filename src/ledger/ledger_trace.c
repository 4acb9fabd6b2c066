/* Waterfalls are compressed; log lines are not, so that the database itself can look into them (json_extract). Conditions are made of
 * bound parameters only: a field becomes part of a JSON path in a parameter, never of the statement. */
#include "ledger/ledger_trace.h"

#include "ledger/ledger_priv.h"

#include <errno.h>
#include <stdio.h>

enum { SQL_MAX = 8192, PATH_MAX_BYTES = 256 };

int ledger_trace_put(struct ledger *l, int64_t run, const struct ledger_trace *t, struct view waterfall, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_TRACE_JSON_MAX);
    int rc = waterfall.len ? ledger_compress(waterfall, &packed) : 0;

    if (rc < 0)
        return error_set(err, rc, "a trace could not be kept: %s", error_name(rc));
    sqlite3_stmt *st = ledger_statement(l,
        "INSERT OR REPLACE INTO traces (run, trace, span, endpoint, at_ms, duration_ms, status, failed, error, bytes, spans, waterfall)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    ledger_bind_text(st, 2, t->trace);
    ledger_bind_text(st, 3, t->span);
    ledger_bind_text(st, 4, t->endpoint);
    sqlite3_bind_int64(st, 5, t->at_ms);
    sqlite3_bind_double(st, 6, t->duration_ms);
    sqlite3_bind_int(st, 7, t->status);
    sqlite3_bind_int(st, 8, t->failed);
    ledger_bind_text(st, 9, t->error);
    sqlite3_bind_int64(st, 10, t->bytes);
    sqlite3_bind_int64(st, 11, t->spans);
    if (packed.len)
        sqlite3_bind_blob64(st, 12, packed.ptr, packed.len, SQLITE_STATIC);
    return ledger_step(l, st, err);
}

int ledger_trace_remove(struct ledger *l, int64_t run, struct view trace, struct view span, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l, "DELETE FROM traces WHERE run = ?1 AND trace = ?2 AND span = ?3");

    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    ledger_bind_text(st, 2, trace);
    ledger_bind_text(st, 3, span);
    return ledger_step(l, st, err);
}

static struct ledger_trace read_trace(sqlite3_stmt *st) {
    return (struct ledger_trace){.trace = ledger_column_text(st, 0),
        .span = ledger_column_text(st, 1),
        .endpoint = ledger_column_text(st, 2),
        .at_ms = sqlite3_column_int64(st, 3),
        .duration_ms = sqlite3_column_double(st, 4),
        .status = sqlite3_column_int(st, 5),
        .failed = sqlite3_column_int(st, 6) != 0,
        .error = ledger_column_text(st, 7),
        .bytes = sqlite3_column_int64(st, 8),
        .spans = sqlite3_column_int64(st, 9)};
}

int ledger_trace_list(struct ledger *l, int64_t run, const struct ledger_trace_filter *f,
    int (*each)(void *ctx, const struct ledger_trace *t), void *ctx, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l,
        "SELECT trace, span, endpoint, at_ms, duration_ms, status, failed, error, bytes, spans FROM traces"
        " WHERE run = ?1 AND (?2 = '' OR endpoint = ?2) AND failed >= ?3 ORDER BY duration_ms DESC LIMIT ?4");
    int rc = 0, step = SQLITE_DONE;

    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    ledger_bind_text(st, 2, f->endpoint);
    sqlite3_bind_int(st, 3, f->failed);
    sqlite3_bind_int(st, 4, f->limit > 0 && f->limit < LEDGER_TRACE_LIST_MAX ? f->limit : LEDGER_TRACE_LIST_MAX);
    while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ledger_trace t = read_trace(st);
        rc = each(ctx, &t);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = ledger_fail(l, err);
    sqlite3_reset(st);
    return rc;
}

int ledger_trace_get(struct ledger *l, int64_t run, struct view trace, struct view span, struct buf *out, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l,
        "SELECT waterfall FROM traces WHERE run = ?1 AND trace = ?2 AND (?3 = '' OR span = ?3) AND waterfall IS NOT NULL"
        " ORDER BY duration_ms DESC LIMIT 1");

    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    ledger_bind_text(st, 2, trace);
    ledger_bind_text(st, 3, span);
    int step = sqlite3_step(st), rc = step == SQLITE_ROW ? LEDGER_OK : step == SQLITE_DONE ? LEDGER_NOT_FOUND : ledger_fail(l, err);
    if (step == SQLITE_ROW) {
        const void *bytes = sqlite3_column_blob(st, 0);
        rc = ledger_decompress(view_of(bytes, (size_t)sqlite3_column_bytes(st, 0)), out);
        if (rc < 0)
            error_set(err, rc, "ledger %s: a trace of run %lld cannot be read: %s", ledger_path(l), (long long)run, error_name(rc));
    }
    sqlite3_reset(st);
    return rc;
}

/* --- summaries --- */

int ledger_trace_keep_summary(struct ledger *l, int64_t run, struct view summary, struct view counts, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_TRACE_SUMMARY_MAX);
    int rc = ledger_compress(summary, &packed);

    if (rc < 0)
        return error_set(err, rc, "what traces said could not be kept: %s", error_name(rc));
    sqlite3_stmt *st = ledger_statement(l, "INSERT OR REPLACE INTO trace_summaries (run, summary, counts) VALUES (?1, ?2, ?3)");
    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_blob64(st, 2, packed.ptr, packed.len, SQLITE_STATIC);
    ledger_bind_text(st, 3, counts);
    return ledger_step(l, st, err);
}

int ledger_trace_summary(struct ledger *l, int64_t run, struct buf *summary, struct buf *counts, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l, "SELECT summary, counts FROM trace_summaries WHERE run = ?1");

    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    int step = sqlite3_step(st), rc = step == SQLITE_ROW ? LEDGER_OK : step == SQLITE_DONE ? LEDGER_NOT_FOUND : ledger_fail(l, err);
    if (step == SQLITE_ROW && summary) {
        const void *bytes = sqlite3_column_blob(st, 0);
        rc = ledger_decompress(view_of(bytes, (size_t)sqlite3_column_bytes(st, 0)), summary);
    }
    if (step == SQLITE_ROW && rc == 0 && counts)
        rc = buf_append_view(counts, ledger_column_text(st, 1));
    if (step == SQLITE_ROW && rc < 0)
        error_set(err, rc, "ledger %s: what traces said of run %lld cannot be read: %s", ledger_path(l), (long long)run, error_name(rc));
    sqlite3_reset(st);
    return rc;
}

/* --- logs --- */

int ledger_server_log_add(struct ledger *l, int64_t run, const struct ledger_server_log *log, struct error *err) {
    sqlite3_stmt *st = ledger_statement(l,
        "INSERT OR IGNORE INTO server_logs (run, number, at_ms, level, trace, span, line) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");

    if (!st)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    sqlite3_bind_int64(st, 2, log->number);
    sqlite3_bind_int64(st, 3, log->at_ms);
    ledger_bind_text(st, 4, log->level);
    ledger_bind_text(st, 5, log->trace);
    ledger_bind_text(st, 6, log->span);
    ledger_bind_text(st, 7, log->json);
    return ledger_step(l, st, err);
}

struct ledger_log_condition ledger_log_condition_parse(struct view text) {
    ptrdiff_t equals = view_find(text, '='), tilde = view_find(text, '~');
    ptrdiff_t at = equals < 0 || (tilde >= 0 && tilde < equals) ? tilde : equals;

    if (at <= 0)
        return (struct ledger_log_condition){.value = text, .contains = true};
    return (struct ledger_log_condition){.field = view_take(text, (size_t)at), .value = view_drop(text, (size_t)at + 1), .contains = at == tilde};
}

/* A column, or the member of that name (dots and all), or the member at that path. ?p is the literal path, ?p+1 the other. */
static int append_condition(struct buf *sql, const struct ledger_log_condition *c, int p) {
    char value[200];
    struct view f = c->field;

    if (view_eq(f, VIEW("level")) || view_eq(f, VIEW("trace")) || view_eq(f, VIEW("span")))
        snprintf(value, sizeof value, "%.*s", VIEW_ARGS(f));
    else if (!f.len)
        snprintf(value, sizeof value, "line");
    else
        snprintf(value, sizeof value, "CAST(coalesce(json_extract(line, ?%d), json_extract(line, ?%d)) AS TEXT)", p, p + 1);
    return c->contains ? buf_printf(sql, " AND instr(lower(%s), lower(?%d)) > 0", value, p + 2) : buf_printf(sql, " AND %s = ?%d", value, p + 2);
}

/* `$."a.b"` and `$.a.b`; quotes and brackets cannot be part of a name. */
static void bind_condition(sqlite3_stmt *st, const struct ledger_log_condition *c, int p) {
    char literal[PATH_MAX_BYTES + 8], path[PATH_MAX_BYTES + 8];
    struct view f = view_take(c->field, PATH_MAX_BYTES);
    bool plain = f.len > 0;

    for (size_t i = 0; i < f.len; i++)
        plain = plain && f.ptr[i] != '"' && f.ptr[i] != '[' && f.ptr[i] != ']' && f.ptr[i] != '$' && f.ptr[i] != '\\';
    snprintf(literal, sizeof literal, plain ? "$.\"%.*s\"" : "$.\"\"", VIEW_ARGS(f));
    bool dots = plain && f.ptr[0] != '.' && f.ptr[f.len - 1] != '.' && view_find_view(f, VIEW("..")) < 0;
    snprintf(path, sizeof path, dots ? "$.%.*s" : "$.\"\"", VIEW_ARGS(f));
    sqlite3_bind_text(st, p, literal, -1, SQLITE_TRANSIENT);
    sqlite3_bind_text(st, p + 1, path, -1, SQLITE_TRANSIENT);
    ledger_bind_text(st, p + 2, c->value);
}

static struct ledger_server_log read_log(sqlite3_stmt *st) {
    return (struct ledger_server_log){.number = sqlite3_column_int64(st, 0),
        .at_ms = sqlite3_column_int64(st, 1),
        .level = ledger_column_text(st, 2),
        .trace = ledger_column_text(st, 3),
        .span = ledger_column_text(st, 4),
        .json = ledger_column_text(st, 5)};
}

int ledger_server_logs(struct ledger *l, int64_t run, const struct ledger_log_filter *f,
    int (*each)(void *ctx, const struct ledger_server_log *log), void *ctx, struct error *err) {
    enum { FIRST = 5, PARAMETERS = 3 };
    struct buf sql CLEANUP(buf_deinit) = BUF_MAX(SQL_MAX);
    sqlite3_stmt *st = NULL;
    int rc = buf_printf(&sql, "SELECT number, at_ms, level, trace, span, line FROM server_logs WHERE run = ?1 AND (?2 = '' OR trace = ?2)"
                              " AND (?3 = '' OR span = ?3 OR span = '')");

    if (f->condition_count > LEDGER_SERVER_LOG_FIELDS_MAX)
        return error_set(err, ERROR_LIMIT, "at most %d conditions at once", LEDGER_SERVER_LOG_FIELDS_MAX);
    for (size_t i = 0; i < f->condition_count && rc == 0; i++)
        rc = append_condition(&sql, &f->conditions[i], FIRST + (int)i * PARAMETERS);
    if (rc == 0)
        rc = buf_printf(&sql, " ORDER BY at_ms, number LIMIT ?4");
    if (rc < 0)
        return error_set(err, rc, "the search is too long");
    if (sqlite3_prepare_v2(l->db, sql.ptr, -1, &st, NULL) != SQLITE_OK)
        return ledger_fail(l, err);
    sqlite3_bind_int64(st, 1, run);
    ledger_bind_text(st, 2, f->trace);
    ledger_bind_text(st, 3, f->span);
    sqlite3_bind_int(st, 4, f->limit > 0 ? f->limit : -1);
    for (size_t i = 0; i < f->condition_count; i++)
        bind_condition(st, &f->conditions[i], FIRST + (int)i * PARAMETERS);
    int step = SQLITE_DONE;
    while (rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        struct ledger_server_log log = read_log(st);
        rc = each(ctx, &log);
    }
    if (rc == 0 && step != SQLITE_DONE)
        rc = ledger_fail(l, err);
    sqlite3_finalize(st);
    return rc;
}
