/* One prepared statement per table, rows in transactions of SHOP_SEED_BATCH, indexes afterwards: an index
 * that grows with its table costs three times as much as one that is built from all rows at once. */
#include "target/shop_seed.h"
#include "core/rng.h"
#include "target/database.h"
#include "target/shop_names.h"
#include "target/todo_store.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum {
    SHOP_SEED_BATCH = 50 * 1000,
    SHOP_SEED_MODEL_MAX = 900,
    SHOP_SEED_PRICE_MAX = 18000,
    SHOP_SEED_STOCK_MAX = 250,
    SHOP_SEED_RATING_LEAST = 25, /* tenths of a star */
    SHOP_SEED_DAYS = 60,
    SHOP_SEED_S_PER_DAY = 24 * 60 * 60,
    SHOP_SEED_TEXT_MAX = 200,
};

static const char shop_seed_schema[] =
    "CREATE TABLE IF NOT EXISTS seed (rows INTEGER NOT NULL, number INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, category INTEGER NOT "
    "NULL,"
    " locale TEXT NOT NULL, price INTEGER NOT NULL, stock INTEGER NOT NULL, rating INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS users (id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT NOT NULL,"
    " locale TEXT NOT NULL, city TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS sessions (id TEXT PRIMARY KEY, user INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS cart (session TEXT NOT NULL, product INTEGER NOT NULL, quantity INTEGER NOT "
    "NULL,"
    " PRIMARY KEY (session, product)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY AUTOINCREMENT, user INTEGER NOT NULL,"
    " total INTEGER NOT NULL, items INTEGER NOT NULL, created_at TEXT NOT NULL)";

static const char shop_seed_indexes[] =
    "CREATE INDEX IF NOT EXISTS products_category ON products (category, id);"
    "CREATE INDEX IF NOT EXISTS products_name ON products (name);"
    "CREATE UNIQUE INDEX IF NOT EXISTS users_email ON users (email)";

int shop_seed_parse(struct shop_seed *s, struct view text, struct error *err) {
    struct view number = text;
    bool has_number;
    struct view rows = view_cut(&number, ':', &has_number);

    s->number = 1;
    if (!view_to_i64(rows, &s->rows) || s->rows < SHOP_SEED_ROWS_LEAST || s->rows > SHOP_SEED_ROWS_MAX)
        return error_set(err, ERROR_INVALID, "\"%.*s\" is not a whole number of rows from %d to %d",
            VIEW_ARGS(view_take(rows, 40)), SHOP_SEED_ROWS_LEAST, SHOP_SEED_ROWS_MAX);
    if (has_number && (!view_to_u64(number, &s->number) || s->number > INT64_MAX))
        return error_set(err, ERROR_INVALID,
            "\"%.*s\" is not a seed number; write it like 100000:42, with a whole number from 0",
            VIEW_ARGS(view_take(number, 40)));
    return 0;
}

/* --- the rows --- */

struct shop_seed_run {
    struct rng rng;
    sqlite3_stmt *st;
    int64_t row;
    char text[SHOP_SEED_TEXT_MAX], more[SHOP_SEED_TEXT_MAX];
    char days[SHOP_SEED_DAYS][TODO_STORE_TIME_MAX]; /* from today on */
};

static size_t seed_pick(struct shop_seed_run *r, size_t count) {
    return (size_t)rng_below(&r->rng, count);
}

static void seed_bind_product(struct shop_seed_run *r) {
    size_t category = seed_pick(r, SHOP_CATEGORIES);
    const struct shop_locale *l = &shop_locales[seed_pick(r, SHOP_LOCALES)];
    snprintf(r->text, sizeof r->text, "%s %s %zu, %s", l->nouns[category],
        shop_brands[seed_pick(r, SHOP_BRANDS)], 10 + seed_pick(r, SHOP_SEED_MODEL_MAX),
        l->adjectives[seed_pick(r, SHOP_ADJECTIVES)]);
    sqlite3_bind_int64(r->st, 1, r->row);
    sqlite3_bind_text(r->st, 2, r->text, -1, SQLITE_STATIC);
    sqlite3_bind_int(r->st, 3, (int)category);
    sqlite3_bind_text(r->st, 4, l->tag, -1, SQLITE_STATIC);
    sqlite3_bind_int64(r->st, 5, 495 + (int64_t)seed_pick(r, SHOP_SEED_PRICE_MAX));
    sqlite3_bind_int64(r->st, 6, (int64_t)seed_pick(r, SHOP_SEED_STOCK_MAX));
    sqlite3_bind_int64(
        r->st, 7, SHOP_SEED_RATING_LEAST + (int64_t)seed_pick(r, 50 - SHOP_SEED_RATING_LEAST + 1));
}

static void seed_bind_user(struct shop_seed_run *r) {
    const struct shop_locale *l = &shop_locales[seed_pick(r, SHOP_LOCALES)];
    const char *first = l->first_names[seed_pick(r, SHOP_FIRST_NAMES)];
    const char *last = l->last_names[seed_pick(r, SHOP_LAST_NAMES)];
    bool last_first = strcmp(l->tag, "ja") == 0;
    snprintf(r->text, sizeof r->text, "user%" PRId64 "@shop.example", r->row);
    snprintf(r->more, sizeof r->more, "%s %s", last_first ? last : first, last_first ? first : last);
    sqlite3_bind_int64(r->st, 1, r->row);
    sqlite3_bind_text(r->st, 2, r->text, -1, SQLITE_STATIC);
    sqlite3_bind_text(r->st, 3, r->more, -1, SQLITE_STATIC);
    sqlite3_bind_text(r->st, 4, l->tag, -1, SQLITE_STATIC);
    sqlite3_bind_text(r->st, 5, l->cities[seed_pick(r, SHOP_CITIES)], -1, SQLITE_STATIC);
}

static void seed_bind_todo(struct shop_seed_run *r) {
    const struct shop_locale *l = &shop_locales[seed_pick(r, SHOP_LOCALES)];
    snprintf(r->text, sizeof r->text, "%s", l->errands[seed_pick(r, SHOP_ERRANDS)]);
    snprintf(r->more, sizeof r->more, "%s, %s", l->first_names[seed_pick(r, SHOP_FIRST_NAMES)],
        l->cities[seed_pick(r, SHOP_CITIES)]);
    sqlite3_bind_text(r->st, 1, r->text, -1, SQLITE_STATIC);
    sqlite3_bind_text(r->st, 2, r->more, -1, SQLITE_STATIC);
    sqlite3_bind_int(r->st, 3, seed_pick(r, 4) == 0);
    sqlite3_bind_text(r->st, 4, r->days[seed_pick(r, SHOP_SEED_DAYS)], -1, SQLITE_STATIC);
    sqlite3_bind_text(r->st, 5, r->days[0], -1, SQLITE_STATIC);
}

static const struct {
    const char *sql;
    void (*bind)(struct shop_seed_run *r);
} shop_seed_tables[] = {
    {"INSERT INTO products (id, name, category, locale, price, stock, rating) VALUES (?1, ?2, ?3, ?4, ?5, "
     "?6, ?7)",
        seed_bind_product},
    {"INSERT INTO users (id, email, name, locale, city) VALUES (?1, ?2, ?3, ?4, ?5)", seed_bind_user},
    {"INSERT INTO todos (title, description, completed, deadline_at, created_at, updated_at)"
     " VALUES (?1, ?2, ?3, ?4, ?5, ?5)",
        seed_bind_todo},
};

static int seed_fill(sqlite3 *db, size_t table, int64_t rows, uint64_t number) {
    struct shop_seed_run r = {.row = 1};
    int rc = sqlite3_prepare_v2(db, shop_seed_tables[table].sql, -1, &r.st, NULL);

    rng_init(&r.rng, number * 3 + table);
    for (int day = 0; day < SHOP_SEED_DAYS; day++)
        todo_store_time((int64_t)day * SHOP_SEED_S_PER_DAY, r.days[day]);
    for (; rc == SQLITE_OK && r.row <= rows; r.row++) {
        if (r.row % SHOP_SEED_BATCH == 1)
            rc = sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
        shop_seed_tables[table].bind(&r);
        if (rc == SQLITE_OK && sqlite3_step(r.st) != SQLITE_DONE)
            rc = SQLITE_ERROR;
        sqlite3_reset(r.st);
        if (rc == SQLITE_OK && (r.row % SHOP_SEED_BATCH == 0 || r.row == rows))
            rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
    }
    sqlite3_finalize(r.st);
    return rc == SQLITE_OK ? 0 : -EIO;
}

/* 1: the file is seeded, and with what. */
static int seed_look(sqlite3 *db, int64_t *rows, int64_t *number) {
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(db, "SELECT rows, number FROM seed", -1, &st, NULL) == SQLITE_OK ? 0 : -EIO;
    if (rc == 0 && sqlite3_step(st) == SQLITE_ROW) {
        *rows = sqlite3_column_int64(st, 0);
        *number = sqlite3_column_int64(st, 1);
        rc = 1;
    }
    sqlite3_finalize(st);
    return rc;
}

static int seed_all(sqlite3 *db, const struct shop_seed *s) {
    char mark[160];
    int64_t rows = s->rows ? s->rows : SHOP_SEED_ROWS_USUAL;
    int64_t products = shop_seed_products(rows), users = shop_seed_users(rows);
    snprintf(mark, sizeof mark, "INSERT INTO seed VALUES (%" PRId64 ", %" PRIu64 ")", rows, s->number);
    int rc = seed_fill(db, 0, products, s->number);
    if (rc == 0)
        rc = seed_fill(db, 1, users, s->number);
    if (rc == 0 && s->rows)
        rc = seed_fill(db, 2, rows - products - users, s->number);
    if (rc == 0 && sqlite3_exec(db, shop_seed_indexes, NULL, NULL, NULL) != SQLITE_OK)
        rc = -EIO;
    /* Last, so that what was interrupted is not taken for complete. */
    if (rc == 0 && sqlite3_exec(db, mark, NULL, NULL, NULL) != SQLITE_OK)
        rc = -EIO;
    return rc;
}

int shop_seed_create(const char *path, const struct shop_seed *s, struct error *err) {
    sqlite3 *db = NULL;
    int64_t rows = 0, number = 0;
    int rc = database_open(&db, path, err);

    if (rc == 0)
        rc = database_run(db, path, shop_seed_schema, err);
    int seeded = rc == 0 ? seed_look(db, &rows, &number) : rc;
    if (seeded == 1 && s->rows && (rows != s->rows || (uint64_t)number != s->number))
        rc = error_set(err, ERROR_INVALID,
            "database %s was seeded with --seed %" PRId64 ":%" PRId64
            "; leave --seed out to go on with it, or remove the file",
            path, rows, number);
    else if (rc == 0 && seeded == 0)
        rc = database_run(
            db, path, "DELETE FROM products; DELETE FROM users", err); /* of an interrupted seed */
    if (rc == 0 && seeded == 0 && seed_all(db, s))
        rc = database_fail(db, path, err);
    sqlite3_close(db);
    return rc;
}
