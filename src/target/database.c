/* Many processes write one file. In WAL mode readers never wait; writers take turns on one lock, and SQLite's
 * own waiting (sleeps that grow to 100 ms) would show up as latency that no fault asked for. So a writer who
 * finds the lock taken tries again every DATABASE_RETRY_US. synchronous=OFF: a practice backend's data need
 * not survive a power failure, and a disk's fsync would be the bottleneck of every test. */
#include "target/database.h"
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

enum {
    DATABASE_RETRY_US = 100,
    DATABASE_RETRIES_MAX = 50 * 1000, /* 5 s */
    DATABASE_CACHE_KIB = 4096,
};

static int database_on_busy(void *ctx, int tries) {
    (void)ctx;
    if (tries >= DATABASE_RETRIES_MAX)
        return 0;
    usleep(DATABASE_RETRY_US);
    return 1;
}

int database_fail(sqlite3 *db, const char *path, struct error *err) {
    return error_set(err, -EIO, "database %s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
}

int database_run(sqlite3 *db, const char *path, const char *sql, struct error *err) {
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : database_fail(db, path, err);
}

int database_open(sqlite3 **out, const char *path, struct error *err) {
    char pragmas[160];
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, rc = -EIO;

    if (sqlite3_open_v2(path, out, flags, NULL) != SQLITE_OK) {
        (void)database_fail(*out, path, err);
    } else {
        sqlite3_busy_handler(*out, database_on_busy, NULL);
        snprintf(pragmas, sizeof pragmas,
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-%d", DATABASE_CACHE_KIB);
        rc = database_run(*out, path, pragmas, err);
    }
    if (rc) {
        sqlite3_close(*out);
        *out = NULL;
    }
    return rc;
}

int database_prepare(sqlite3 *db, const char *path, const char *const *sql, sqlite3_stmt **out, size_t count,
    struct error *err) {
    for (size_t i = 0; i < count; i++)
        if (sqlite3_prepare_v3(db, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &out[i], NULL) != SQLITE_OK)
            return database_fail(db, path, err);
    return 0;
}

void database_finalize(sqlite3_stmt **statements, size_t count) {
    for (size_t i = 0; i < count; i++) {
        sqlite3_finalize(statements[i]);
        statements[i] = NULL;
    }
}

void database_bind_view(sqlite3_stmt *st, int at, struct view v) {
    if (v.ptr)
        sqlite3_bind_text(st, at, v.ptr, (int)v.len, SQLITE_STATIC);
    else
        sqlite3_bind_null(st, at);
}

struct view database_column(sqlite3_stmt *st, int at) {
    const char *text = (const char *)sqlite3_column_text(st, at);
    return view_of(text, text ? (size_t)sqlite3_column_bytes(st, at) : 0);
}
