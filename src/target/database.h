/* Opening the SQLite file that all processes share, as every store of the backend needs it. */
#ifndef TARGET_DATABASE_H
#define TARGET_DATABASE_H

#include "core/error.h"
#include "core/view.h"
#include <sqlite3.h>
#include <stddef.h>

/* On failure *out is NULL, and err names the file. */
int database_open(sqlite3 **out, const char *path, struct error *err) MUST_USE;
/* Runs statements that return nothing. */
int database_run(sqlite3 *db, const char *path, const char *sql, struct error *err) MUST_USE;
/* Prepares count statements for as long as the connection lives; finalise them with database_finalize. */
int database_prepare(sqlite3 *db, const char *path, const char *const *sql, sqlite3_stmt **out, size_t count,
    struct error *err) MUST_USE;
void database_finalize(sqlite3_stmt **statements, size_t count);
int database_fail(sqlite3 *db, const char *path, struct error *err);

/* NULL for a view with ptr NULL; the text must live until the statement is reset. */
void database_bind_view(sqlite3_stmt *st, int at, struct view v);
/* ptr NULL for NULL; until the next step or reset. */
struct view database_column(sqlite3_stmt *st, int at);

#endif
