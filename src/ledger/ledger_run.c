/* Rows of `runs`, `scripts` and `logs`.
 *
 * A run says once a second that it lives. One that has not ended is lost when its process is gone (asked of
 * the kernel when the run is of this machine) or has been silent for LEDGER_RUN_ALIVE_MS. Nobody has to write
 * that down: it is seen when the row is read. */
#include "ledger/ledger_run.h"

#include "core/hex.h"
#include "ledger/ledger_priv.h"

#include <errno.h>
#include <math.h>
#include <openssl/evp.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

enum { SHA256_BYTES = 32 };

static const char *const columns[LEDGER_RUN_NOTE_COUNT] = {
#define LEDGER_RUN_COLUMN(id, column, words) [LEDGER_RUN_##id] = column,
    LEDGER_RUN_NOTES(LEDGER_RUN_COLUMN)
#undef LEDGER_RUN_COLUMN
};
static const char *const updates[LEDGER_RUN_NOTE_COUNT] = {
#define LEDGER_RUN_UPDATE(id, column, words)                                                                 \
    [LEDGER_RUN_##id] = "UPDATE runs SET " column " = ?2 WHERE id = ?1",
    LEDGER_RUN_NOTES(LEDGER_RUN_UPDATE)
#undef LEDGER_RUN_UPDATE
};

/* --- writing --- */

static int keep_script(struct ledger *l, struct view text, struct buf *sha256, struct error *err) {
    unsigned char digest[SHA256_BYTES];
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);

    if (EVP_Digest(text.ptr, text.len, digest, NULL, EVP_sha256(), NULL) != 1)
        return error_set(err, -ENOMEM, "could not hash the script");
    int r = hex_encode(sha256, view_of((const char *)digest, sizeof digest));
    if (r == 0)
        r = ledger_compress(text, &packed);
    if (r < 0)
        return error_set(err, r, "could not keep the script's text: %s", error_name(r));
    sqlite3_stmt *s = ledger_statement(l, "INSERT OR IGNORE INTO scripts (sha256, text) VALUES (?1, ?2)");
    if (!s)
        return ledger_fail(l, err);
    ledger_bind_text(s, 1, buf_view(sha256));
    sqlite3_bind_blob64(s, 2, packed.ptr, packed.len, SQLITE_STATIC);
    return ledger_step(l, s, err);
}

int ledger_run_begin(
    struct ledger *l, const struct ledger_run *r, struct view script_text, int64_t *id, struct error *err) {
    struct buf sha256 CLEANUP(buf_deinit) = BUF_MAX(2 * SHA256_BYTES + 1);
    int result = script_text.len ? keep_script(l, script_text, &sha256, err) : 0;
    if (result < 0)
        return result;
    sqlite3_stmt *s = ledger_statement(l,
        "INSERT INTO runs (started_ms, alive_ms, pid, machine, tool, command, script, script_sha256, options,"
        " git_commit, label) VALUES (?1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, r->started_ms);
    sqlite3_bind_int(s, 2, r->pid);
    const struct view texts[] = {
        r->machine, r->tool, r->command, r->script, buf_view(&sha256), r->options, r->git_commit, r->label};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ledger_bind_text(s, 3 + (int)i, texts[i]);
    result = ledger_step(l, s, err);
    *id = result == 0 ? sqlite3_last_insert_rowid(l->db) : 0;
    return result;
}

static void bind_ms(sqlite3_stmt *s, int at, double ms) {
    if (isnan(ms))
        sqlite3_bind_null(s, at);
    else
        sqlite3_bind_double(s, at, ms);
}

int ledger_run_tell(struct ledger *l, const struct ledger_run *r, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l, "UPDATE runs SET alive_ms = ?2, requests = ?3, failures = ?4, "
                                          "users_max = max(users_max, ?5), p50_ms = ?6,"
                                          " p95_ms = ?7, p99_ms = ?8, started_ms = coalesce(?9, started_ms) WHERE id = ?1");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, r->id);
    sqlite3_bind_int64(s, 2, r->alive_ms);
    sqlite3_bind_int64(s, 3, r->requests);
    sqlite3_bind_int64(s, 4, r->failures);
    sqlite3_bind_int64(s, 5, r->users_max);
    bind_ms(s, 6, r->p50_ms);
    bind_ms(s, 7, r->p95_ms);
    bind_ms(s, 8, r->p99_ms);
    if (r->started_ms > 0)
        sqlite3_bind_int64(s, 9, r->started_ms);
    return ledger_step(l, s, err);
}

static int found(struct ledger *l) {
    return sqlite3_changes(l->db) > 0 ? LEDGER_OK : LEDGER_NOT_FOUND;
}

int ledger_run_keep_evidence(struct ledger *l, int64_t id, struct view evidence, struct error *err) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(LEDGER_RUN_BLOB_MAX);
    int r = ledger_compress(evidence, &packed);
    if (r < 0)
        return error_set(err, r, "could not keep the run's evidence: %s", error_name(r));
    sqlite3_stmt *s = ledger_statement(l, "UPDATE runs SET evidence = ?2 WHERE id = ?1");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_blob64(s, 2, packed.ptr, packed.len, SQLITE_STATIC);
    r = ledger_step(l, s, err);
    return r < 0 ? r : found(l);
}

static int end_row(struct ledger *l, int64_t id, const struct ledger_run_end *end, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l, "UPDATE runs SET ended_ms = ?2, alive_ms = ?2, outcome = ?3, "
                                          "exit_code = ?4, words = ?5, summary = ?6,"
                                          " findings = ?7 WHERE id = ?1");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, end->ended_ms);
    ledger_bind_text(s, 3, end->outcome);
    sqlite3_bind_int(s, 4, end->exit_code);
    ledger_bind_text(s, 5, end->words);
    ledger_bind_text(s, 6, end->summary);
    ledger_bind_text(s, 7, end->findings);
    int r = ledger_step(l, s, err);
    return r < 0 ? r : found(l);
}

int ledger_run_end(struct ledger *l, int64_t id, const struct ledger_run_end *end, struct error *err) {
    int r = ledger_begin(l, err);
    if (r < 0)
        return r;
    r = end->evidence.len ? ledger_run_keep_evidence(l, id, end->evidence, err) : LEDGER_OK;
    int outcome = r < 0 ? r : end_row(l, id, end, err);
    r = ledger_end(l, outcome < 0 ? outcome : 0, err);
    return r < 0 ? r : outcome;
}

const char *ledger_run_state_word(enum ledger_run_state s) {
    static const char *const words[] = {
        [LEDGER_RUN_RUNNING] = "running", [LEDGER_RUN_ENDED] = "ended", [LEDGER_RUN_LOST] = "lost"};
    return words[s];
}

double ledger_run_duration_s(const struct ledger_run *r) {
    int64_t end_ms = r->ended_ms ? r->ended_ms : r->alive_ms;
    return end_ms > r->started_ms ? (double)(end_ms - r->started_ms) / 1000 : 0;
}

bool ledger_run_note_of_name(struct view name, enum ledger_run_note *out) {
    for (size_t i = 0; i < LEDGER_RUN_NOTE_COUNT; i++)
        if (view_eq(name, view_of_cstr(columns[i]))) {
            *out = (enum ledger_run_note)i;
            return true;
        }
    return false;
}

int ledger_run_annotate(
    struct ledger *l, int64_t id, enum ledger_run_note which, struct view text, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l, updates[which]);
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    ledger_bind_text(s, 2, text);
    int r = ledger_step(l, s, err);
    return r < 0 ? r : found(l);
}

static int remove_rows(struct ledger *l, int64_t id, struct error *err) {
    sqlite3_stmt *s = ledger_statement(l, "DELETE FROM runs WHERE id = ?1"); /* frames and logs go with it */
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    int r = ledger_step(l, s, err);
    if (r < 0)
        return r;
    int outcome = found(l);
    r = ledger_exec(l, "DELETE FROM scripts WHERE sha256 NOT IN (SELECT script_sha256 FROM runs)", err);
    return r < 0 ? r : outcome;
}

int ledger_run_remove(struct ledger *l, int64_t id, struct error *err) {
    int r = ledger_begin(l, err);
    if (r < 0)
        return r;
    int outcome = remove_rows(l, id, err);
    r = ledger_end(l, outcome < 0 ? outcome : 0, err);
    return r < 0 ? r : outcome;
}

/* --- reading --- */

#define LEDGER_RUN_COLUMNS                                                                                   \
    "id, started_ms, alive_ms, coalesce(ended_ms, 0), pid, machine, tool, command, script, "                 \
    "coalesce(script_sha256, ''), options, git_commit,"                                                      \
    " outcome, coalesce(exit_code, -1), label, focus, changes, notes, links, requests, failures, "           \
    "users_max, p50_ms, p95_ms, p99_ms, words, findings"

static enum ledger_run_state state_of(const struct ledger_run *r) {
    char machine[256] = "";
    struct timespec now;

    if (r->ended_ms)
        return LEDGER_RUN_ENDED;
    gethostname(machine, sizeof machine - 1);
    if (view_eq(r->machine, view_of_cstr(machine)) &&
        (r->pid <= 0 || (kill(r->pid, 0) < 0 && errno == ESRCH)))
        return LEDGER_RUN_LOST;
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t silent_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 - r->alive_ms;
    return silent_ms > LEDGER_RUN_ALIVE_MS ? LEDGER_RUN_LOST : LEDGER_RUN_RUNNING;
}

static double column_ms(sqlite3_stmt *s, int at) {
    return sqlite3_column_type(s, at) == SQLITE_NULL ? NAN : sqlite3_column_double(s, at);
}

static void read_row(sqlite3_stmt *s, struct ledger_run *r) {
    int at = 0;

    r->id = sqlite3_column_int64(s, at++);
    r->started_ms = sqlite3_column_int64(s, at++);
    r->alive_ms = sqlite3_column_int64(s, at++);
    r->ended_ms = sqlite3_column_int64(s, at++);
    r->pid = sqlite3_column_int(s, at++);
    struct view *const first[] = {&r->machine, &r->tool, &r->command, &r->script, &r->script_sha256,
        &r->options, &r->git_commit, &r->outcome};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        *first[i] = ledger_column_text(s, at++);
    r->exit_code = sqlite3_column_int(s, at++);
    struct view *const second[] = {&r->label, &r->focus, &r->changes, &r->notes, &r->links};
    for (size_t i = 0; i < sizeof second / sizeof *second; i++)
        *second[i] = ledger_column_text(s, at++);
    r->requests = sqlite3_column_int64(s, at++);
    r->failures = sqlite3_column_int64(s, at++);
    r->users_max = sqlite3_column_int64(s, at++);
    r->p50_ms = column_ms(s, at++);
    r->p95_ms = column_ms(s, at++);
    r->p99_ms = column_ms(s, at++);
    r->words = ledger_column_text(s, at++);
    r->findings = ledger_column_text(s, at);
    r->state = state_of(r);
}

/* Rows of a bound statement to each(). *rows may be NULL. */
static int walk(struct ledger *l, sqlite3_stmt *s, int (*each)(void *ctx, const struct ledger_run *r),
    void *ctx, size_t *rows, struct error *err) {
    int code, r = 0;

    while (r == 0 && (code = sqlite3_step(s)) != SQLITE_DONE) {
        if (code != SQLITE_ROW) {
            r = ledger_fail(l, err);
            break;
        }
        struct ledger_run run = {0};
        read_row(s, &run);
        r = each(ctx, &run);
        if (rows)
            ++*rows;
    }
    sqlite3_reset(s);
    return r;
}

int ledger_run_list(struct ledger *l, const struct ledger_run_filter *f,
    int (*each)(void *ctx, const struct ledger_run *r), void *ctx, struct error *err) {
    sqlite3_stmt *s =
        ledger_statement(l, "SELECT " LEDGER_RUN_COLUMNS " FROM runs WHERE (?1 = '' OR label = ?1)"
                            " AND (?2 = '' OR instr(lower(label || char(10) || focus || char(10) || changes "
                            "|| char(10) || notes || char(10) || command || char(10)"
                            " || script), lower(?2)) > 0) AND (?3 = 0 OR id < ?3) ORDER BY id DESC LIMIT ?4");
    if (!s)
        return ledger_fail(l, err);
    ledger_bind_text(s, 1, f->label);
    ledger_bind_text(s, 2, f->search);
    sqlite3_bind_int64(s, 3, f->before_id);
    sqlite3_bind_int(s, 4, f->limit > 0 && f->limit < LEDGER_RUN_LIST_MAX ? f->limit : LEDGER_RUN_LIST_MAX);
    return walk(l, s, each, ctx, NULL, err);
}

int ledger_run_get(struct ledger *l, int64_t id, int (*each)(void *ctx, const struct ledger_run *r),
    void *ctx, struct error *err) {
    size_t rows = 0;
    sqlite3_stmt *s = ledger_statement(l, "SELECT " LEDGER_RUN_COLUMNS " FROM runs WHERE id = ?1");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    int r = walk(l, s, each, ctx, &rows, err);
    return r != 0 || rows ? r : LEDGER_NOT_FOUND;
}

/* One value of one row; compressed or as it is. */
static int read_value(
    struct ledger *l, sqlite3_stmt *s, int64_t id, bool compressed, struct buf *out, struct error *err) {
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    int code = sqlite3_step(s), r = LEDGER_NOT_FOUND;
    if (code == SQLITE_ROW && sqlite3_column_bytes(s, 0) > 0) {
        const void *bytes = sqlite3_column_blob(s, 0);
        struct view value = view_of(bytes, (size_t)sqlite3_column_bytes(s, 0));
        r = compressed ? ledger_decompress(value, out) : buf_append_view(out, value);
        if (r < 0)
            error_set(err, r, "ledger %s: run %lld: %s", l->path, (long long)id, error_name(r));
    } else if (code != SQLITE_ROW && code != SQLITE_DONE) {
        r = ledger_fail(l, err);
    }
    sqlite3_reset(s);
    return r;
}

int ledger_run_script(struct ledger *l, int64_t id, struct buf *out, struct error *err) {
    sqlite3_stmt *s = ledger_statement(
        l, "SELECT text FROM scripts WHERE sha256 = (SELECT script_sha256 FROM runs WHERE id = ?1)");
    return read_value(l, s, id, true, out, err);
}

int ledger_run_summary(struct ledger *l, int64_t id, struct buf *out, struct error *err) {
    return read_value(l, ledger_statement(l, "SELECT summary FROM runs WHERE id = ?1"), id, false, out, err);
}

int ledger_run_evidence(struct ledger *l, int64_t id, struct buf *out, struct error *err) {
    return read_value(l, ledger_statement(l, "SELECT evidence FROM runs WHERE id = ?1"), id, true, out, err);
}

/* --- logs --- */

int ledger_run_log(
    struct ledger *l, int64_t id, int64_t at_ms, struct view level, struct view text, struct error *err) {
    sqlite3_stmt *s =
        ledger_statement(l, "INSERT INTO logs (run, at_ms, level, text) VALUES (?1, ?2, ?3, ?4)");
    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int64(s, 2, at_ms);
    ledger_bind_text(s, 3, level);
    ledger_bind_text(s, 4, text);
    return ledger_step(l, s, err);
}

int ledger_run_logs(struct ledger *l, int64_t id, int limit,
    int (*each)(void *ctx, int64_t at_ms, struct view level, struct view text), void *ctx,
    struct error *err) {
    sqlite3_stmt *s = ledger_statement(
        l, "SELECT at_ms, level, text FROM logs WHERE run = ?1 ORDER BY at_ms, rowid LIMIT ?2");
    int code, r = 0;

    if (!s)
        return ledger_fail(l, err);
    sqlite3_bind_int64(s, 1, id);
    sqlite3_bind_int(s, 2, limit);
    while (r == 0 && (code = sqlite3_step(s)) != SQLITE_DONE)
        r = code == SQLITE_ROW
                ? each(ctx, sqlite3_column_int64(s, 0), ledger_column_text(s, 1), ledger_column_text(s, 2))
                : ledger_fail(l, err);
    sqlite3_reset(s);
    return r;
}
