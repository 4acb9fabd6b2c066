/* Prepared statements, one per operation, kept as long as the store. */
#include "target/todo_store.h"
#include "target/database.h"
#include "target/query_meter.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TODO_STORE_IDS_LEAST = 128,
};

#define TODO_STORE_COLUMNS "id, title, description, completed, deadline_at, created_at, updated_at"

/* In a list the newest are chosen, and shown oldest first. */
#define TODO_STORE_LIST_OF(columns, plus)                                                                    \
    "SELECT " columns " FROM (SELECT * FROM todos WHERE (?1 < 0 OR completed = ?1)"                          \
    " AND (?2 IS NULL OR deadline_at <= ?2) ORDER BY " plus "id DESC LIMIT ?3 OFFSET ?4) ORDER BY id"

/* The _SCAN twins of the fault no-index: "+id" is an expression that no index fits. */
#define TODO_STORE_STATEMENTS(X)                                                                             \
    X(TODO_STORE_LIST, TODO_STORE_LIST_OF(TODO_STORE_COLUMNS, ""))                                           \
    X(TODO_STORE_LIST_SCAN, TODO_STORE_LIST_OF(TODO_STORE_COLUMNS, "+"))                                     \
    X(TODO_STORE_LIST_IDS, TODO_STORE_LIST_OF("id", ""))                                                     \
    X(TODO_STORE_LIST_IDS_SCAN, TODO_STORE_LIST_OF("id", "+"))                                               \
    X(TODO_STORE_GET, "SELECT " TODO_STORE_COLUMNS " FROM todos WHERE id = ?1")                              \
    X(TODO_STORE_GET_SCAN, "SELECT " TODO_STORE_COLUMNS " FROM todos WHERE +id = ?1")                        \
    X(TODO_STORE_INSERT,                                                                                     \
        "INSERT INTO todos (title, description, completed, deadline_at, created_at, updated_at)"             \
        " VALUES (?1, ?2, ?3, ?4, ?5, ?5) RETURNING " TODO_STORE_COLUMNS)                                    \
    X(TODO_STORE_UPDATE,                                                                                     \
        "UPDATE todos SET title = coalesce(?2, title), description = coalesce(?3, description),"             \
        " completed = CASE WHEN ?4 < 0 THEN completed ELSE ?4 END,"                                          \
        " deadline_at = CASE WHEN ?6 THEN NULL ELSE coalesce(?5, deadline_at) END, updated_at = ?7"          \
        " WHERE id = ?1 RETURNING " TODO_STORE_COLUMNS)                                                      \
    X(TODO_STORE_DELETE, "DELETE FROM todos WHERE id = ?1 RETURNING " TODO_STORE_COLUMNS)

enum todo_store_statement {
#define TODO_STORE_ENUM(id, sql) id,
    TODO_STORE_STATEMENTS(TODO_STORE_ENUM)
#undef TODO_STORE_ENUM
        TODO_STORE_STATEMENT_COUNT
};

static const char *const todo_store_sql[TODO_STORE_STATEMENT_COUNT] = {
#define TODO_STORE_SQL(id, sql) [id] = sql,
    TODO_STORE_STATEMENTS(TODO_STORE_SQL)
#undef TODO_STORE_SQL
};

static const char todo_store_schema[] =
    "CREATE TABLE IF NOT EXISTS todos (id INTEGER PRIMARY KEY AUTOINCREMENT, title TEXT NOT NULL,"
    " description TEXT NOT NULL, completed INTEGER NOT NULL, deadline_at TEXT, created_at TEXT NOT NULL,"
    " updated_at TEXT NOT NULL)";

static const char todo_store_seed[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)"
    " INSERT INTO todos (title, description, completed, deadline_at, created_at, updated_at)"
    " SELECT 'Todo ' || i, 'Seeded todo number ' || i, i % 4 = 0, strftime('%Y-%m-%dT%H:%M:%S', 'now',"
    " (i % 60) || ' days'), ?2, ?2 FROM n WHERE ?1 > 0 AND NOT EXISTS (SELECT 1 FROM todos)";

struct todo_store {
    sqlite3 *db;
    sqlite3_stmt *statements[TODO_STORE_STATEMENT_COUNT];
    struct query_meter *meter;
};

char *todo_store_time(int64_t plus_s, char out[TODO_STORE_TIME_MAX]) {
    time_t at = time(NULL) + (time_t)plus_s;
    struct tm tm;
    if (!gmtime_r(&at, &tm) || strftime(out, TODO_STORE_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm) == 0)
        out[0] = '\0';
    return out;
}

static int todo_store_fill(sqlite3 *db, const char *path, int64_t todos, struct error *err) {
    char now[TODO_STORE_TIME_MAX];
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, todo_store_seed, -1, &st, NULL);

    if (rc == SQLITE_OK) {
        sqlite3_bind_int64(st, 1, todos);
        sqlite3_bind_text(st, 2, todo_store_time(0, now), -1, SQLITE_STATIC);
        rc = sqlite3_step(st) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
    }
    if (rc != SQLITE_OK)
        (void)database_fail(db, path, err);
    sqlite3_finalize(st);
    return rc == SQLITE_OK ? 0 : -EIO;
}

int todo_store_create(const char *path, int64_t seed_todos, struct error *err) {
    sqlite3 *db = NULL;
    int rc = database_open(&db, path, err);

    if (rc == 0)
        rc = database_run(db, path, todo_store_schema, err);
    if (rc == 0 && seed_todos > 0)
        rc = todo_store_fill(db, path, seed_todos, err);
    sqlite3_close(db);
    return rc;
}

int todo_store_new(struct todo_store **out, const char *path, struct error *err) {
    struct todo_store *s = calloc(1, sizeof *s);
    if (!s)
        return error_set(err, -ENOMEM, "database %s: out of memory", path);
    int rc = database_open(&s->db, path, err);
    if (rc == 0)
        rc = database_prepare(s->db, path, todo_store_sql, s->statements, TODO_STORE_STATEMENT_COUNT, err);
    *out = rc == 0 ? s : todo_store_free(s);
    return rc;
}

void *todo_store_free(struct todo_store *s) {
    if (!s)
        return NULL;
    database_finalize(s->statements, TODO_STORE_STATEMENT_COUNT);
    sqlite3_close(s->db);
    free(s);
    return NULL;
}

void todo_store_set_meter(struct todo_store *s, struct query_meter *meter) {
    s->meter = meter;
}

const char *todo_store_why(const struct todo_store *s) {
    return sqlite3_errmsg(s->db);
}

/* which has its _SCAN twin right behind it. */
static enum todo_store_statement todo_store_choose(
    const struct todo_store *s, enum todo_store_statement which) {
    return which + (query_meter_fault(s->meter, FAULT_NO_INDEX) ? 1 : 0);
}

static sqlite3_stmt *todo_store_begin(struct todo_store *s, enum todo_store_statement which) {
    query_meter_begin(s->meter);
    return s->statements[which];
}

/* Steps through all rows: a RETURNING statement has changed nothing for good until it is done. */
static int todo_store_finish(struct todo_store *s, sqlite3_stmt *st, todo_store_row_fn *row, void *ctx) {
    int result = TODO_STORE_NOT_FOUND, step;

    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        struct todo t = {
            .id = sqlite3_column_int64(st, 0),
            .title = database_column(st, 1),
            .description = database_column(st, 2),
            .completed = sqlite3_column_int(st, 3) != 0,
            .deadline_at = database_column(st, 4),
            .created_at = database_column(st, 5),
            .updated_at = database_column(st, 6),
        };
        int told = row(ctx, &t);
        result = result < 0 ? result : told ? told : TODO_STORE_OK;
    }
    if (step != SQLITE_DONE)
        result = -EIO;
    sqlite3_reset(st);
    query_meter_end(s->meter, sqlite3_sql(st));
    return result;
}

static void todo_store_bind_filter(sqlite3_stmt *st, const struct todo_filter *f) {
    sqlite3_bind_int(st, 1, f->completed);
    database_bind_view(st, 2, view_of_cstr(f->before));
    sqlite3_bind_int64(st, 3, f->limit);
    sqlite3_bind_int64(st, 4, f->offset);
}

/* The fault n-plus-1: one query for the ids, then one for each of them. */
static int todo_store_list_singly(
    struct todo_store *s, const struct todo_filter *f, todo_store_row_fn *row, void *ctx) {
    sqlite3_stmt *st = todo_store_begin(s, todo_store_choose(s, TODO_STORE_LIST_IDS));
    int64_t *ids = NULL, *more;
    size_t count = 0, room = 0;
    int rc = TODO_STORE_OK, step;

    todo_store_bind_filter(st, f);
    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        if (count == room) {
            room = room ? 2 * room : TODO_STORE_IDS_LEAST;
            more = realloc(ids, room * sizeof *ids);
            if (!more)
                break;
            ids = more;
        }
        ids[count++] = sqlite3_column_int64(st, 0);
    }
    sqlite3_reset(st);
    query_meter_end(s->meter, sqlite3_sql(st));
    if (step != SQLITE_DONE)
        rc = step == SQLITE_ROW ? -ENOMEM : -EIO;
    for (size_t i = 0; rc >= 0 && i < count; i++)
        rc = todo_store_get(s, ids[i], row, ctx);
    free(ids);
    return rc == TODO_STORE_NOT_FOUND ? TODO_STORE_OK : rc; /* somebody deleted it meanwhile */
}

int todo_store_list(struct todo_store *s, const struct todo_filter *f, todo_store_row_fn *row, void *ctx) {
    if (query_meter_fault(s->meter, FAULT_N_PLUS_1))
        return todo_store_list_singly(s, f, row, ctx);
    sqlite3_stmt *st = todo_store_begin(s, todo_store_choose(s, TODO_STORE_LIST));
    todo_store_bind_filter(st, f);
    int rc = todo_store_finish(s, st, row, ctx);
    return rc == TODO_STORE_NOT_FOUND ? TODO_STORE_OK : rc;
}

int todo_store_get(struct todo_store *s, int64_t id, todo_store_row_fn *row, void *ctx) {
    sqlite3_stmt *st = todo_store_begin(s, todo_store_choose(s, TODO_STORE_GET));
    sqlite3_bind_int64(st, 1, id);
    return todo_store_finish(s, st, row, ctx);
}

int todo_store_insert(struct todo_store *s, const struct todo *t, todo_store_row_fn *row, void *ctx) {
    char now[TODO_STORE_TIME_MAX];
    sqlite3_stmt *st = todo_store_begin(s, TODO_STORE_INSERT);
    database_bind_view(st, 1, t->title);
    database_bind_view(st, 2, t->description);
    sqlite3_bind_int(st, 3, t->completed);
    database_bind_view(st, 4, t->deadline_at);
    sqlite3_bind_text(st, 5, todo_store_time(0, now), -1, SQLITE_STATIC);
    return todo_store_finish(s, st, row, ctx);
}

int todo_store_update(
    struct todo_store *s, int64_t id, const struct todo_change *c, todo_store_row_fn *row, void *ctx) {
    char now[TODO_STORE_TIME_MAX];
    sqlite3_stmt *st = todo_store_begin(s, TODO_STORE_UPDATE);
    sqlite3_bind_int64(st, 1, id);
    database_bind_view(st, 2, c->title);
    database_bind_view(st, 3, c->description);
    sqlite3_bind_int(st, 4, c->completed);
    database_bind_view(st, 5, c->deadline_at);
    sqlite3_bind_int(st, 6, c->clear_deadline);
    sqlite3_bind_text(st, 7, todo_store_time(0, now), -1, SQLITE_STATIC);
    return todo_store_finish(s, st, row, ctx);
}

int todo_store_delete(struct todo_store *s, int64_t id, todo_store_row_fn *row, void *ctx) {
    sqlite3_stmt *st = todo_store_begin(s, TODO_STORE_DELETE);
    sqlite3_bind_int64(st, 1, id);
    return todo_store_finish(s, st, row, ctx);
}
