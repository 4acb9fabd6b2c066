/* The todos, in SQLite. One file for all processes (WAL); one `struct store` per thread, made after fork. */
#ifndef TARGET_STORE_H
#define TARGET_STORE_H

#include "core/error.h"
#include "core/view.h"
#include <stdint.h>

struct store;

enum { STORE_TIME_MAX = 32 };

/* Views live until the callback returns. Times are "YYYY-MM-DDTHH:MM:SS" in UTC. */
struct todo {
    int64_t id;
    struct view title, description;
    struct view deadline_at; /* ptr NULL = none */
    struct view created_at, updated_at;
    bool completed;
};

struct todo_filter {
    int completed;      /* -1 = both, else 0 or 1 */
    const char *before; /* deadline not after this time, NULL = any */
    int64_t limit, offset;
};
/* What a PUT changes; a view with ptr NULL stays as it is. */
struct todo_change {
    struct view title, description, deadline_at;
    bool clear_deadline;
    int completed; /* -1 = stays */
};

enum store_outcome { STORE_OK = 0, STORE_NOT_FOUND = 1 };

/* Called for each todo; a non-zero return ends the walk and is handed back. */
typedef int store_row_fn(void *ctx, const struct todo *t);

/* Makes file and tables, and `seed_todos` todos if there are none. */
int store_create(const char *path, int64_t seed_todos, struct error *err) MUST_USE;
int store_new(struct store **out, const char *path, struct error *err) MUST_USE;
void *store_free(struct store *s);

/* Called before each statement, with the statement's cost still to pay: plays the fault db-latency. */
void store_set_delay(struct store *s, void (*delay)(void *ctx), void *ctx);

/* All return STORE_*, or negative: the database's error (store_why tells) or the callback's return. */
int store_list(struct store *s, const struct todo_filter *f, store_row_fn *row, void *ctx) MUST_USE;
int store_get(struct store *s, int64_t id, store_row_fn *row, void *ctx) MUST_USE;
/* t's id and times are ignored, the callback sees the stored row. */
int store_insert(struct store *s, const struct todo *t, store_row_fn *row, void *ctx) MUST_USE;
int store_update(
    struct store *s, int64_t id, const struct todo_change *c, store_row_fn *row, void *ctx) MUST_USE;
int store_delete(struct store *s, int64_t id, store_row_fn *row, void *ctx) MUST_USE;
/* The last database error in words. */
const char *store_why(const struct store *s);

/* The time in the store's format, `plus_s` seconds from now. Returns out. */
char *store_time(int64_t plus_s, char out[STORE_TIME_MAX]);

#endif
