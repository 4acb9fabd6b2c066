/* Prepared statements, kept as long as the store. Each one that an index serves has a twin behind it for the
 * fault no-index: "+column" is an expression that no index fits, so the whole table is read. */
#include "target/shop_store.h"
#include "target/database.h"
#include "target/query_meter.h"
#include "target/todo_store.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SHOP_COLUMNS "p.id, p.name, p.category, p.locale, p.price, p.stock, p.rating"

/* tidy: table */
#define SHOP_STATEMENTS(X)                                                                                   \
    X(SHOP_LIST, "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE p.id > ?4 ORDER BY p.id LIMIT ?3")        \
    X(SHOP_LIST_SCAN, "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE +p.id > ?4 ORDER BY +p.id LIMIT ?3") \
    X(SHOP_CATEGORY,                                                                                         \
        "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE p.category = ?1 ORDER BY p.id LIMIT ?3 OFFSET ?4") \
    X(SHOP_CATEGORY_SCAN, "SELECT " SHOP_COLUMNS                                                             \
                          ", 0 FROM products p WHERE +p.category = ?1 ORDER BY +p.id LIMIT ?3 OFFSET ?4")    \
    X(SHOP_SEARCH,                                                                                           \
        "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE p.name >= ?2 AND p.name < ?2 || x'f7bfbfbf'"       \
        " ORDER BY p.name LIMIT ?3 OFFSET ?4")                                                               \
    X(SHOP_SEARCH_SCAN,                                                                                      \
        "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE +p.name >= ?2 AND +p.name < ?2 || x'f7bfbfbf'"     \
        " ORDER BY +p.name LIMIT ?3 OFFSET ?4")                                                              \
    X(SHOP_COUNT, "SELECT max(id) FROM products")                                                            \
    X(SHOP_COUNT_SCAN, "SELECT max(+id) FROM products")                                                      \
    X(SHOP_COUNT_CATEGORY, "SELECT count(*) FROM products WHERE category = ?1")                              \
    X(SHOP_COUNT_CATEGORY_SCAN, "SELECT count(*) FROM products WHERE +category = ?1")                        \
    X(SHOP_COUNT_SEARCH, "SELECT count(*) FROM products WHERE name >= ?2 AND name < ?2 || x'f7bfbfbf'")      \
    X(SHOP_COUNT_SEARCH_SCAN,                                                                                \
        "SELECT count(*) FROM products WHERE +name >= ?2 AND +name < ?2 || x'f7bfbfbf'")                     \
    X(SHOP_PRODUCT, "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE p.id = ?1")                            \
    X(SHOP_PRODUCT_SCAN, "SELECT " SHOP_COLUMNS ", 0 FROM products p WHERE +p.id = ?1")                      \
    X(SHOP_USER, "SELECT id, name, city, locale FROM users WHERE id = ?1")                                   \
    X(SHOP_USER_SCAN, "SELECT id, name, city, locale FROM users WHERE +id = ?1")                             \
    X(SHOP_EMAIL, "SELECT id, name, city, locale FROM users WHERE email = ?1")                               \
    X(SHOP_EMAIL_SCAN, "SELECT id, name, city, locale FROM users WHERE +email = ?1")                         \
    X(SHOP_USERS, "SELECT max(id) FROM users")                                                               \
    X(SHOP_SESSION, "SELECT user FROM sessions WHERE id = ?1")                                               \
    X(SHOP_SESSION_SCAN, "SELECT user FROM sessions WHERE +id = ?1")                                         \
    X(SHOP_SESSION_PUT, "INSERT OR REPLACE INTO sessions (id, user) VALUES (?1, ?2)")                        \
    X(SHOP_SESSION_DROP, "DELETE FROM sessions WHERE id = ?1")                                               \
    X(SHOP_CART, "SELECT " SHOP_COLUMNS ", c.quantity FROM cart c JOIN products p ON p.id = c.product"       \
                 " WHERE c.session = ?1 ORDER BY c.product")                                                 \
    X(SHOP_CART_SCAN, "SELECT " SHOP_COLUMNS ", c.quantity FROM cart c JOIN products p ON +p.id = c.product" \
                      " WHERE +c.session = ?1 ORDER BY c.product")                                           \
    X(SHOP_CART_COUNT, "SELECT coalesce(sum(quantity), 0) FROM cart WHERE session = ?1")                     \
    X(SHOP_CART_COUNT_SCAN, "SELECT coalesce(sum(quantity), 0) FROM cart WHERE +session = ?1")               \
    X(SHOP_CART_ADD,                                                                                         \
        "INSERT INTO cart (session, product, quantity) SELECT ?1, id, min(?3, ?4) FROM products"             \
        " WHERE id = ?2 ON CONFLICT DO UPDATE SET quantity = min(quantity + ?3, ?4) RETURNING quantity")     \
    X(SHOP_CART_REMOVE, "DELETE FROM cart WHERE session = ?1 AND product = ?2 RETURNING quantity")           \
    X(SHOP_CART_MOVE, "UPDATE OR REPLACE cart SET session = ?2 WHERE session = ?1")                          \
    X(SHOP_CART_CLEAR, "DELETE FROM cart WHERE session = ?1")                                                \
    X(SHOP_ORDER_ADD,                                                                                        \
        "INSERT INTO orders (user, total, items, created_at) SELECT ?2, sum(p.price * c.quantity),"          \
        " sum(c.quantity), ?3 FROM cart c JOIN products p ON p.id = c.product WHERE c.session = ?1"          \
        " HAVING count(*) > 0 RETURNING id")                                                                 \
    X(SHOP_ORDER, "SELECT id, total, items, created_at FROM orders WHERE id = ?1 AND user = ?2")             \
    X(SHOP_BEGIN, "BEGIN IMMEDIATE")                                                                         \
    X(SHOP_COMMIT, "COMMIT")                                                                                 \
    X(SHOP_ROLLBACK, "ROLLBACK")

enum shop_statement {
#define SHOP_ENUM(id, sql) id,
    SHOP_STATEMENTS(SHOP_ENUM)
#undef SHOP_ENUM
        SHOP_STATEMENT_COUNT
};

static const char *const shop_sql[SHOP_STATEMENT_COUNT] = {
#define SHOP_SQL(id, sql) [id] = sql,
    SHOP_STATEMENTS(SHOP_SQL)
#undef SHOP_SQL
};

enum { SHOP_IDS_MAX = 256 }; /* rows of one page */

struct shop_store {
    sqlite3 *db;
    sqlite3_stmt *statements[SHOP_STATEMENT_COUNT];
    struct query_meter *meter;
};

int shop_store_new(struct shop_store **out, const char *path, struct query_meter *meter, struct error *err) {
    struct shop_store *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return error_set(err, -ENOMEM, "database %s: out of memory", path);
    s->meter = meter;
    int rc = database_open(&s->db, path, err);
    if (rc == 0)
        rc = database_prepare(s->db, path, shop_sql, s->statements, SHOP_STATEMENT_COUNT, err);
    *out = rc == 0 ? s : shop_store_free(s);
    return rc;
}

void *shop_store_free(struct shop_store *s) {
    if (!s)
        return NULL;
    database_finalize(s->statements, SHOP_STATEMENT_COUNT);
    sqlite3_close(s->db);
    free(s);
    return NULL;
}

const char *shop_store_why(const struct shop_store *s) {
    return sqlite3_errmsg(s->db);
}

/* --- one statement --- */

static enum shop_statement shop_choose(const struct shop_store *s, enum shop_statement which) {
    return which + (query_meter_fault(s->meter, FAULT_NO_INDEX) ? 1 : 0);
}

static sqlite3_stmt *shop_begin(struct shop_store *s, enum shop_statement which) {
    query_meter_begin(s->meter);
    return s->statements[which];
}

static int shop_end(struct shop_store *s, sqlite3_stmt *st, int step, int outcome) {
    sqlite3_reset(st);
    query_meter_end(s->meter, sqlite3_sql(st));
    return step == SQLITE_DONE || step == SQLITE_ROW ? outcome : -EIO;
}

/* Runs to the end; the number in the first column of the first row, or NONE. */
static int shop_number(struct shop_store *s, sqlite3_stmt *st, int64_t *out) {
    int outcome = SHOP_STORE_NONE, step;
    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        *out = sqlite3_column_int64(st, 0);
        outcome = SHOP_STORE_OK;
    }
    return shop_end(s, st, step, outcome);
}

static int shop_change(struct shop_store *s, sqlite3_stmt *st) {
    int64_t ignored;
    int rc = shop_number(s, st, &ignored);
    return rc < 0 ? rc : SHOP_STORE_OK;
}

static int shop_rows(struct shop_store *s, sqlite3_stmt *st, shop_product_fn *row, void *ctx) {
    int outcome = SHOP_STORE_NONE, step;
    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        struct shop_product p = {
            .id = sqlite3_column_int64(st, 0),
            .name = database_column(st, 1),
            .category = sqlite3_column_int64(st, 2),
            .locale = database_column(st, 3),
            .price_cents = sqlite3_column_int64(st, 4),
            .stock = sqlite3_column_int64(st, 5),
            .rating_tenths = sqlite3_column_int64(st, 6),
            .quantity = sqlite3_column_int64(st, 7),
        };
        int told = row(ctx, &p);
        outcome = outcome < 0 ? outcome : told ? told : SHOP_STORE_OK;
    }
    return shop_end(s, st, step, outcome);
}

/* --- products --- */

struct shop_singly {
    int64_t ids[SHOP_IDS_MAX], quantities[SHOP_IDS_MAX];
    size_t count, at;
    shop_product_fn *row;
    void *ctx;
};

static int shop_on_id(void *ctx, const struct shop_product *p) {
    struct shop_singly *l = ctx;
    if (l->count < SHOP_IDS_MAX) {
        l->quantities[l->count] = p->quantity;
        l->ids[l->count++] = p->id;
    }
    return 0;
}

static int shop_on_single(void *ctx, const struct shop_product *p) {
    struct shop_singly *l = ctx;
    struct shop_product with = *p;
    with.quantity = l->quantities[l->at];
    return l->row(l->ctx, &with);
}

/* The fault n-plus-1: what the query has found already is asked for once more, row by row. */
static int shop_list(struct shop_store *s, sqlite3_stmt *st, shop_product_fn *row, void *ctx) {
    struct shop_singly l = {.row = row, .ctx = ctx};
    if (!query_meter_fault(s->meter, FAULT_N_PLUS_1))
        return shop_rows(s, st, row, ctx);
    int rc = shop_rows(s, st, shop_on_id, &l);
    for (l.at = 0; rc >= 0 && l.at < l.count; l.at++) {
        int one = shop_store_product(s, l.ids[l.at], shop_on_single, &l);
        rc = one < 0 ? one : rc;
    }
    return rc;
}

static void shop_bind_filter(sqlite3_stmt *st, const struct shop_filter *f) {
    int parameters = sqlite3_bind_parameter_count(st);
    sqlite3_bind_int64(st, 1, f->category);
    if (parameters >= 2)
        database_bind_view(st, 2, f->begin);
    if (parameters >= 4) {
        sqlite3_bind_int64(st, 3, f->limit);
        sqlite3_bind_int64(st, 4, f->offset);
    }
}

int shop_store_products(struct shop_store *s, const struct shop_filter *f, shop_product_fn *row, void *ctx) {
    enum shop_statement which = f->begin.len ? SHOP_SEARCH : f->category >= 0 ? SHOP_CATEGORY : SHOP_LIST;
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, which));
    shop_bind_filter(st, f);
    return shop_list(s, st, row, ctx);
}

int shop_store_count(struct shop_store *s, const struct shop_filter *f, int64_t *out) {
    enum shop_statement which = f->begin.len       ? SHOP_COUNT_SEARCH
                                : f->category >= 0 ? SHOP_COUNT_CATEGORY
                                                   : SHOP_COUNT;
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, which));
    if (which != SHOP_COUNT)
        shop_bind_filter(st, f);
    return shop_number(s, st, out);
}

int shop_store_product(struct shop_store *s, int64_t id, shop_product_fn *row, void *ctx) {
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, SHOP_PRODUCT));
    sqlite3_bind_int64(st, 1, id);
    return shop_rows(s, st, row, ctx);
}

/* --- customers and sessions --- */

static int shop_one_user(struct shop_store *s, sqlite3_stmt *st, shop_user_fn *row, void *ctx) {
    int outcome = SHOP_STORE_NONE, step;
    while ((step = sqlite3_step(st)) == SQLITE_ROW) {
        struct shop_user u = {
            .id = sqlite3_column_int64(st, 0),
            .name = database_column(st, 1),
            .city = database_column(st, 2),
            .locale = database_column(st, 3),
        };
        row(ctx, &u);
        outcome = SHOP_STORE_OK;
    }
    return shop_end(s, st, step, outcome);
}

int shop_store_user(struct shop_store *s, int64_t id, shop_user_fn *row, void *ctx) {
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, SHOP_USER));
    sqlite3_bind_int64(st, 1, id);
    return shop_one_user(s, st, row, ctx);
}

int shop_store_user_by_email(struct shop_store *s, struct view email, shop_user_fn *row, void *ctx) {
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, SHOP_EMAIL));
    database_bind_view(st, 1, email);
    return shop_one_user(s, st, row, ctx);
}

int shop_store_users(struct shop_store *s, int64_t *count) {
    return shop_number(s, shop_begin(s, SHOP_USERS), count);
}

int shop_store_session(struct shop_store *s, struct view session, int64_t *user) {
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, SHOP_SESSION));
    database_bind_view(st, 1, session);
    return shop_number(s, st, user);
}

int shop_store_login(struct shop_store *s, struct view old_session, struct view session, int64_t user) {
    sqlite3_stmt *move = s->statements[SHOP_CART_MOVE], *put = s->statements[SHOP_SESSION_PUT];
    int rc = shop_change(s, shop_begin(s, SHOP_BEGIN));
    if (rc)
        return rc;
    query_meter_begin(s->meter);
    database_bind_view(move, 1, old_session);
    database_bind_view(move, 2, session);
    rc = shop_change(s, move);
    if (rc == 0) {
        query_meter_begin(s->meter);
        database_bind_view(put, 1, session);
        sqlite3_bind_int64(put, 2, user);
        rc = shop_change(s, put);
    }
    int end = shop_change(s, shop_begin(s, rc == 0 ? SHOP_COMMIT : SHOP_ROLLBACK));
    return rc ? rc : end;
}

int shop_store_logout(struct shop_store *s, struct view session) {
    sqlite3_stmt *st = shop_begin(s, SHOP_SESSION_DROP);
    database_bind_view(st, 1, session);
    return shop_change(s, st);
}

/* --- cart and orders --- */

int shop_store_cart(struct shop_store *s, struct view session, shop_product_fn *row, void *ctx) {
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, SHOP_CART));
    database_bind_view(st, 1, session);
    return shop_list(s, st, row, ctx);
}

int shop_store_cart_count(struct shop_store *s, struct view session, int64_t *out) {
    sqlite3_stmt *st = shop_begin(s, shop_choose(s, SHOP_CART_COUNT));
    database_bind_view(st, 1, session);
    return shop_number(s, st, out);
}

int shop_store_cart_add(struct shop_store *s, struct view session, int64_t product, int64_t quantity) {
    int64_t now;
    sqlite3_stmt *st = shop_begin(s, SHOP_CART_ADD);
    database_bind_view(st, 1, session);
    sqlite3_bind_int64(st, 2, product);
    sqlite3_bind_int64(st, 3, quantity);
    sqlite3_bind_int64(st, 4, SHOP_QUANTITY_MAX);
    return shop_number(s, st, &now);
}

int shop_store_cart_remove(struct shop_store *s, struct view session, int64_t product) {
    int64_t was;
    sqlite3_stmt *st = shop_begin(s, SHOP_CART_REMOVE);
    database_bind_view(st, 1, session);
    sqlite3_bind_int64(st, 2, product);
    return shop_number(s, st, &was);
}

int shop_store_checkout(struct shop_store *s, struct view session, int64_t user, int64_t *order) {
    sqlite3_stmt *add = s->statements[SHOP_ORDER_ADD], *clear = s->statements[SHOP_CART_CLEAR];
    char now[TODO_STORE_TIME_MAX];
    int rc = shop_change(s, shop_begin(s, SHOP_BEGIN));
    if (rc)
        return rc;
    query_meter_begin(s->meter);
    database_bind_view(add, 1, session);
    sqlite3_bind_int64(add, 2, user);
    sqlite3_bind_text(add, 3, todo_store_time(0, now), -1, SQLITE_STATIC);
    rc = shop_number(s, add, order);
    if (rc == 0) {
        query_meter_begin(s->meter);
        database_bind_view(clear, 1, session);
        rc = shop_change(s, clear);
    }
    int end = shop_change(s, shop_begin(s, rc == 0 ? SHOP_COMMIT : SHOP_ROLLBACK));
    return rc ? rc : end;
}

int shop_store_order(
    struct shop_store *s, int64_t id, int64_t user, struct shop_order *out, char created_at[32]) {
    sqlite3_stmt *st = shop_begin(s, SHOP_ORDER);
    sqlite3_bind_int64(st, 1, id);
    sqlite3_bind_int64(st, 2, user);
    int step = sqlite3_step(st);
    if (step == SQLITE_ROW) {
        *out = (struct shop_order){
            .id = id, .total_cents = sqlite3_column_int64(st, 1), .items = sqlite3_column_int64(st, 2)};
        snprintf(created_at, 32, "%.*s", VIEW_ARGS(database_column(st, 3)));
        out->created_at = view_of_cstr(created_at);
    }
    return shop_end(s, st, step, step == SQLITE_ROW ? SHOP_STORE_OK : SHOP_STORE_NONE);
}
