/* The ledger's inside: the connection and its prepared statements. */
#ifndef LEDGER_LEDGER_PRIV_H
#define LEDGER_LEDGER_PRIV_H

#include "ledger/ledger.h"

#include <sqlite3.h>

enum { LEDGER_STATEMENTS_MAX = 96 };

struct ledger {
    char *path;
    sqlite3 *db;
    int depth; /* of ledger_begin */
    bool failed;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } statements[LEDGER_STATEMENTS_MAX]; /* by the address of their text */
};

/* The prepared statement of a literal, reset and unbound. NULL: the database refused (ledger_fail tells). */
sqlite3_stmt *ledger_statement(struct ledger *l, const char *sql);
/* Runs a bound statement that returns no rows. 0 or negative. */
int ledger_step(struct ledger *l, sqlite3_stmt *s, struct error *err) MUST_USE;
int ledger_exec(struct ledger *l, const char *sql, struct error *err) MUST_USE;
/* -EIO (or -ENOMEM, -ENOSPC) with the path and the database's words. */
int ledger_fail(struct ledger *l, struct error *err);

void ledger_bind_text(sqlite3_stmt *s, int at, struct view text); /* not copied: must live until the step */
struct view ledger_column_text(sqlite3_stmt *s, int at);          /* lives until the next step or reset */

/* zstd. Both append. ERROR_LIMIT: it would be more than the buffer may hold; ERROR_SYNTAX: no such data. */
int ledger_compress(struct view plain, struct buf *out) MUST_USE;
int ledger_decompress(struct view packed, struct buf *out) MUST_USE;

#endif
