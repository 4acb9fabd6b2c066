/* The todos, in SQLite. One file for all processes (WAL); one `struct todo_store` per thread, made after
 * fork. */
#ifndef TARGET_TODO_STORE_H
#define TARGET_TODO_STORE_H

#include "core/error.h"
#include "core/view.h"
#include <stdint.h>

struct todo_store;
struct query_meter;

enum { TODO_STORE_TIME_MAX = 32 };

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

enum todo_store_outcome { TODO_STORE_OK = 0, TODO_STORE_NOT_FOUND = 1 };

/* Called for each todo; a non-zero return ends the walk and is handed back. */
typedef int todo_store_row_fn(void *ctx, const struct todo *t);

/* Makes file and tables, and `seed_todos` todos if there are none. */
int todo_store_create(const char *path, int64_t seed_todos, struct error *err) MUST_USE;
int todo_store_new(struct todo_store **out, const char *path, struct error *err) MUST_USE;
void *todo_store_free(struct todo_store *s);

/* Counts and times the statements, and plays the database's faults: n-plus-1, no-index. */
void todo_store_set_meter(struct todo_store *s, struct query_meter *meter);

/* All return TODO_STORE_*, or negative: the database's error (todo_store_why tells) or the callback's return.
 */
int todo_store_list(
    struct todo_store *s, const struct todo_filter *f, todo_store_row_fn *row, void *ctx) MUST_USE;
int todo_store_get(struct todo_store *s, int64_t id, todo_store_row_fn *row, void *ctx) MUST_USE;
/* t's id and times are ignored, the callback sees the stored row. */
int todo_store_insert(struct todo_store *s, const struct todo *t, todo_store_row_fn *row, void *ctx) MUST_USE;
int todo_store_update(struct todo_store *s, int64_t id, const struct todo_change *c, todo_store_row_fn *row,
    void *ctx) MUST_USE;
int todo_store_delete(struct todo_store *s, int64_t id, todo_store_row_fn *row, void *ctx) MUST_USE;
/* The last database error in words. */
const char *todo_store_why(const struct todo_store *s);

/* The time in the store's format, `plus_s` seconds from now. Returns out. */
char *todo_store_time(int64_t plus_s, char out[TODO_STORE_TIME_MAX]);

#endif
