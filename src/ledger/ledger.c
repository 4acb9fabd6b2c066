/* Opening, the schema, and what all statements need.
 *
 * The schema's version is SQLite's user_version; `migrations` holds one script for each step, applied in one
 * transaction, so that a ledger of any age opens. A script that has once been released never changes; the
 * next version is a new row.
 *
 * synchronous=NORMAL: in WAL mode a killed process loses nothing, a power failure perhaps the last second. */
#include "ledger/ledger_priv.h"

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

enum { LEDGER_ZSTD_LEVEL = 3 };

static const char *const migrations[] = {
    /* 1 */
    "CREATE TABLE scripts (sha256 TEXT PRIMARY KEY, text BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE runs (id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  started_ms INTEGER NOT NULL, alive_ms INTEGER NOT NULL, ended_ms INTEGER, pid INTEGER NOT NULL, "
    "machine TEXT NOT NULL,"
    "  tool TEXT NOT NULL, command TEXT NOT NULL, script TEXT NOT NULL, script_sha256 TEXT, options TEXT NOT "
    "NULL,"
    "  git_commit TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '', exit_code INTEGER,"
    "  label TEXT NOT NULL DEFAULT '', focus TEXT NOT NULL DEFAULT '', changes TEXT NOT NULL DEFAULT '',"
    "  notes TEXT NOT NULL DEFAULT '', links TEXT NOT NULL DEFAULT '',"
    "  requests INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0, users_max INTEGER NOT NULL "
    "DEFAULT 0,"
    "  p50_ms REAL, p95_ms REAL, p99_ms REAL, words TEXT NOT NULL DEFAULT '', summary TEXT NOT NULL DEFAULT "
    "'', evidence BLOB);"
    "CREATE INDEX runs_label ON runs (label) WHERE label <> '';"
    "CREATE TABLE frames (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, width_s INTEGER NOT "
    "NULL,"
    "  start_s INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, width_s, start_s)) WITHOUT ROWID;"
    "CREATE TABLE logs (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, at_ms INTEGER NOT NULL, "
    "level TEXT NOT NULL,"
    "  text TEXT NOT NULL);"
    "CREATE INDEX logs_run ON logs (run, at_ms);",
    /* 2 */
    "CREATE TABLE totals (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, width_s INTEGER NOT "
    "NULL,"
    "  start_s INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, width_s, start_s)) WITHOUT ROWID;"
    "CREATE TABLE seconds (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, second INTEGER NOT "
    "NULL,"
    "  elapsed_us INTEGER NOT NULL, users INTEGER NOT NULL, users_wished INTEGER NOT NULL, iterations "
    "INTEGER NOT NULL,"
    "  PRIMARY KEY (run, second)) WITHOUT ROWID;"
    "CREATE TABLE health (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, second INTEGER NOT "
    "NULL,"
    "  workers BLOB NOT NULL, PRIMARY KEY (run, second)) WITHOUT ROWID;"
    "CREATE TABLE marks (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, second INTEGER NOT "
    "NULL,"
    "  text TEXT NOT NULL);"
    "CREATE INDEX marks_run ON marks (run, second);"
    "CREATE TABLE thresholds (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, number INTEGER "
    "NOT NULL,"
    "  target TEXT NOT NULL, expression TEXT NOT NULL, ok INTEGER NOT NULL, aborted INTEGER NOT NULL, "
    "observed REAL,"
    "  PRIMARY KEY (run, number)) WITHOUT ROWID;"
    "ALTER TABLE runs ADD COLUMN findings TEXT NOT NULL DEFAULT '';",
    /* 3 */
    "CREATE TABLE probe_series (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, number INTEGER "
    "NOT NULL,"
    "  source TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, PRIMARY KEY (run, number)) WITHOUT "
    "ROWID;"
    "CREATE TABLE probe_values (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, width_s INTEGER "
    "NOT NULL,"
    "  start_s INTEGER NOT NULL, data BLOB NOT NULL, PRIMARY KEY (run, width_s, start_s)) WITHOUT ROWID;"
    "CREATE TABLE probe_notes (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, source TEXT NOT "
    "NULL,"
    "  about TEXT NOT NULL, text TEXT NOT NULL, value REAL NOT NULL, PRIMARY KEY (run, source, about)) "
    "WITHOUT ROWID;",
    /* 4 */
    "CREATE TABLE rounds (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, minute INTEGER NOT NULL,"
    "  good INTEGER NOT NULL, slow INTEGER NOT NULL, bad INTEGER NOT NULL, PRIMARY KEY (run, minute)) WITHOUT ROWID;"
    "CREATE TABLE states (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, at_ms INTEGER NOT NULL,"
    "  since_ms INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL);"
    "CREATE INDEX states_run ON states (run, at_ms);",
    /* 5 */
    "CREATE TABLE traces (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, trace TEXT NOT NULL, span TEXT NOT NULL,"
    "  endpoint TEXT NOT NULL, at_ms INTEGER NOT NULL, duration_ms REAL NOT NULL, status INTEGER NOT NULL, failed INTEGER NOT NULL,"
    "  error TEXT NOT NULL, bytes INTEGER NOT NULL, spans INTEGER NOT NULL, waterfall BLOB, PRIMARY KEY (run, trace, span)) "
    "WITHOUT ROWID;"
    "CREATE TABLE trace_summaries (run INTEGER PRIMARY KEY REFERENCES runs (id) ON DELETE CASCADE, summary BLOB NOT NULL,"
    "  counts TEXT NOT NULL);"
    "CREATE TABLE server_logs (run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE, number INTEGER NOT NULL,"
    "  at_ms INTEGER NOT NULL, level TEXT NOT NULL, trace TEXT NOT NULL, span TEXT NOT NULL, line TEXT NOT NULL,"
    "  PRIMARY KEY (run, number)) WITHOUT ROWID;"
    "CREATE INDEX server_logs_trace ON server_logs (run, trace);",
};
enum { LEDGER_VERSION = sizeof migrations / sizeof *migrations };
/* Not only a version: so that another program's database is not taken for ours. */
enum { LEDGER_APPLICATION_ID = 0x68746c64 };

int ledger_default_path(struct buf *out) {
    const char *path = getenv("HALFTIME_LEDGER"), *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
    if (path && *path)
        return buf_printf(out, "%s", path);
    if (data && *data == '/')
        return buf_printf(out, "%s/halftime/ledger.db", data);
    if (home && *home)
        return buf_printf(out, "%s/.local/share/halftime/ledger.db", home);
    return ERROR_INVALID;
}

int ledger_fail(struct ledger *l, struct error *err) {
    int code = l->db ? sqlite3_errcode(l->db) & 0xff : SQLITE_NOMEM;
    int as = code == SQLITE_NOMEM ? -ENOMEM : code == SQLITE_FULL ? -ENOSPC : -EIO;
    return error_set(err, as, "ledger %s: %s", l->path, l->db ? sqlite3_errmsg(l->db) : "out of memory");
}

int ledger_exec(struct ledger *l, const char *sql, struct error *err) {
    return sqlite3_exec(l->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : ledger_fail(l, err);
}

int ledger_begin(struct ledger *l, struct error *err) {
    int r = l->depth ? 0 : ledger_exec(l, "BEGIN IMMEDIATE", err);
    l->depth += r == 0;
    return r;
}

int ledger_end(struct ledger *l, int r, struct error *err) {
    l->failed = l->failed || r < 0;
    if (--l->depth > 0)
        return r;
    bool failed = l->failed;
    l->failed = false;
    if (!failed)
        r = ledger_exec(l, "COMMIT", err);
    if (failed || r < 0)
        sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

sqlite3_stmt *ledger_statement(struct ledger *l, const char *sql) {
    size_t i = 0;
    while (i < LEDGER_STATEMENTS_MAX && l->statements[i].sql && l->statements[i].sql != sql)
        i++;
    if (i == LEDGER_STATEMENTS_MAX)
        return NULL;
    if (!l->statements[i].sql) {
        if (sqlite3_prepare_v3(
                l->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &l->statements[i].statement, NULL) != SQLITE_OK)
            return NULL;
        l->statements[i].sql = sql;
    }
    sqlite3_reset(l->statements[i].statement);
    sqlite3_clear_bindings(l->statements[i].statement);
    return l->statements[i].statement;
}

int ledger_step(struct ledger *l, sqlite3_stmt *s, struct error *err) {
    if (!s)
        return ledger_fail(l, err);
    int r = sqlite3_step(s) == SQLITE_DONE ? 0 : ledger_fail(l, err);
    sqlite3_reset(s);
    return r;
}

void ledger_bind_text(sqlite3_stmt *s, int at, struct view text) {
    sqlite3_bind_text64(s, at, text.ptr ? text.ptr : "", text.len, SQLITE_STATIC, SQLITE_UTF8);
}

struct view ledger_column_text(sqlite3_stmt *s, int at) {
    const void *text = sqlite3_column_text(s, at); /* first: it may convert, which changes the length */
    return view_of(text, (size_t)sqlite3_column_bytes(s, at));
}

/* --- opening --- */

static int pragma_int(struct ledger *l, const char *sql, int *out, struct error *err) {
    sqlite3_stmt *s = NULL;
    int r = sqlite3_prepare_v2(l->db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW
                ? 0
                : ledger_fail(l, err);
    *out = r == 0 ? sqlite3_column_int(s, 0) : 0;
    sqlite3_finalize(s);
    return r;
}

static int versions(struct ledger *l, int *version, struct error *err) {
    int application = 0;
    int r = pragma_int(l, "PRAGMA application_id", &application, err);
    if (r == 0)
        r = pragma_int(l, "PRAGMA user_version", version, err);
    if (r < 0)
        return r;
    if (application != LEDGER_APPLICATION_ID && (application != 0 || *version != 0))
        return error_set(err, ERROR_INVALID,
            "%s is a database of another program; name another file with --ledger", l->path);
    if (*version > LEDGER_VERSION)
        return error_set(err, ERROR_INVALID,
            "%s was written by a newer halftime (ledger version %d, this one knows %d); update halftime, or "
            "name another file with --ledger",
            l->path, *version, (int)LEDGER_VERSION);
    return 0;
}

static int migrate(struct ledger *l, struct error *err) {
    int version = 0;
    int r = versions(l, &version, err);
    if (r < 0 || version == LEDGER_VERSION)
        return r;
    r = ledger_exec(
        l, "BEGIN IMMEDIATE", err); /* of two that open a new file at once, the second finds it done */
    if (r == 0)
        r = versions(l, &version, err);
    for (; r == 0 && version < LEDGER_VERSION; version++)
        r = ledger_exec(l, migrations[version], err);
    struct buf marks CLEANUP(buf_deinit) = BUF_MAX(256);
    if (r == 0)
        r = buf_printf(&marks, "PRAGMA application_id = %d; PRAGMA user_version = %d", LEDGER_APPLICATION_ID,
            (int)LEDGER_VERSION);
    if (r == 0)
        r = ledger_exec(l, marks.ptr, err);
    if (r == 0)
        return ledger_exec(l, "COMMIT", err);
    sqlite3_exec(l->db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

static int make_folder(const char *path, struct error *err) {
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path)
        return 0;
    struct buf folder CLEANUP(buf_deinit) = BUF_MAX(4096);
    int r = buf_append(&folder, path, (size_t)(slash - path));
    return r < 0 ? error_set(err, r, "%s: the path is too long", path) : file_make_dirs(folder.ptr, err);
}

/* For its owner alone: command lines and scripts may hold passwords. SQLite gives its other files the same
 * mode. */
static int make_file(const char *path, struct error *err) {
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0)
        return error_set(err, -errno, "ledger %s: %s", path, error_name(-errno));
    close(fd);
    return 0;
}

static int open_file(struct ledger *l, enum ledger_mode mode, struct error *err) {
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (mode == LEDGER_WRITE ? SQLITE_OPEN_CREATE : 0);
    int r = 0;
    if (mode == LEDGER_READ && !file_exists(l->path))
        return error_set(err, -ENOENT, "there is no ledger at %s yet: it is made by the first run", l->path);
    if (mode == LEDGER_WRITE)
        r = make_folder(l->path, err);
    if (mode == LEDGER_WRITE && r == 0)
        r = make_file(l->path, err);
    if (r < 0)
        return r;
    if (sqlite3_open_v2(l->path, &l->db, flags, NULL) != SQLITE_OK)
        return ledger_fail(l, err);
    sqlite3_busy_timeout(l->db, LEDGER_BUSY_MS);
    sqlite3_extended_result_codes(l->db, 1);
    r = ledger_exec(l,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA "
        "temp_store=MEMORY",
        err);
    return r == 0 ? migrate(l, err) : r;
}

int ledger_open(struct ledger **out, const char *path, enum ledger_mode mode, struct error *err) {
    struct ledger *l = calloc(1, sizeof *l);
    int r = -ENOMEM;

    *out = NULL;
    if (l && (l->path = strdup(path)))
        r = open_file(l, mode, err);
    if (r < 0) {
        if (r == -ENOMEM)
            error_set(err, r, "ledger %s: out of memory", path);
        ledger_free(l);
        return r;
    }
    *out = l;
    return 0;
}

struct ledger *ledger_free(struct ledger *l) {
    if (!l)
        return NULL;
    for (size_t i = 0; i < LEDGER_STATEMENTS_MAX; i++)
        sqlite3_finalize(l->statements[i].statement);
    sqlite3_close(l->db);
    free(l->path);
    free(l);
    return NULL;
}

const char *ledger_path(const struct ledger *l) {
    return l->path;
}

/* --- compression --- */

int ledger_compress(struct view plain, struct buf *out) {
    size_t bound = ZSTD_compressBound(plain.len);
    int r = buf_reserve(out, bound);
    if (r < 0)
        return r;
    size_t n = ZSTD_compress(out->ptr + out->len, bound, plain.ptr, plain.len, LEDGER_ZSTD_LEVEL);
    if (ZSTD_isError(n))
        return -ENOMEM;
    out->len += n;
    out->ptr[out->len] = '\0';
    return 0;
}

int ledger_decompress(struct view packed, struct buf *out) {
    unsigned long long size = ZSTD_getFrameContentSize(packed.ptr, packed.len);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return ERROR_SYNTAX;
    int r = size > out->max ? ERROR_LIMIT : buf_reserve(out, (size_t)size);
    if (r < 0)
        return r;
    size_t n = ZSTD_decompress(out->ptr + out->len, (size_t)size, packed.ptr, packed.len);
    if (ZSTD_isError(n) || n != size)
        return ERROR_SYNTAX;
    out->len += n;
    out->ptr[out->len] = '\0';
    return 0;
}
