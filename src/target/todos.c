/* Reading: the body is parsed into a `struct todos_input`, whose views point into the parsed document;
 * unknown keys and wrong types are the client's mistake (400) and named. Writing: rows are printed straight
 * from the database's columns into the reply, no document in between. */
#include "target/todos.h"
#include "core/json_writer.h"
#include "target/exchange.h"
#include "target/todo_store.h"
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>

enum { TODOS_S_PER_DAY = 24 * 60 * 60 };

static const char todos_json[] = "application/json";

struct todos_input {
    struct view title, description, deadline_at; /* ptr NULL = not given */
    bool clear_deadline;                         /* deadline_at is null */
    int completed;                               /* -1 = not given */
    char deadline[TODO_STORE_TIME_MAX];
};
#define TODOS_INPUT_NULL ((struct todos_input){.completed = -1})

/* --- writing --- */

static void todos_write_text(struct json_writer *w, struct view key, struct view text) {
    json_writer_key(w, key);
    if (text.ptr)
        json_writer_string(w, text);
    else
        json_writer_null(w);
}

/* A row of the store, for a struct json_writer. */
static int todos_on_row(void *ctx, const struct todo *t) {
    struct json_writer *w = ctx;
    json_writer_object(w);
    json_writer_key(w, VIEW("id"));
    json_writer_i64(w, t->id);
    todos_write_text(w, VIEW("title"), t->title);
    todos_write_text(w, VIEW("description"), t->description);
    json_writer_key(w, VIEW("completed"));
    json_writer_bool(w, t->completed);
    todos_write_text(w, VIEW("deadline_at"), t->deadline_at);
    todos_write_text(w, VIEW("created_at"), t->created_at);
    todos_write_text(w, VIEW("updated_at"), t->updated_at);
    json_writer_end(w);
    return json_writer_error(w);
}

/* Answers by what the store said; the rows are in the reply already. */
static void todos_reply(struct exchange *x, int outcome, int status) {
    x->content_type = todos_json;
    x->status = status;
    if (outcome == TODO_STORE_NOT_FOUND)
        exchange_refuse(x, 404, "Todo not found");
    else if (outcome == ERROR_LIMIT || outcome == -ENOMEM)
        (void)exchange_guard(x, outcome);
    else if (outcome < 0)
        exchange_refuse(x, 500, "The database failed: %s", todo_store_why(x->app->store));
}

/* --- reading --- */

/* "2023-12-04T14:00:00", also with a blank, a fraction, a Z, or only the date; kept as the store writes
 * times. */
static bool todos_read_time(struct view text, char out[TODO_STORE_TIME_MAX]) {
    int year, month, day, hour = 0, minute = 0, second = 0, used = 0;
    char copy[TODO_STORE_TIME_MAX + 8];

    if (text.len < 10 || text.len >= sizeof copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (sscanf(copy, "%4d-%2d-%2d%n", &year, &month, &day, &used) != 3 || used != 10)
        return false;
    const char *rest = copy + used;
    if (*rest && (sscanf(rest, "%*[T ]%2d:%2d:%2d%n", &hour, &minute, &second, &used) != 3))
        return false;
    rest += *rest ? used : 0;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (*rest && strcmp(rest, "Z") != 0 && strcmp(rest, "+00:00") != 0)
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
        minute > 59 || second < 0 || second > 60)
        return false;
    snprintf(out, TODO_STORE_TIME_MAX, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)year % 10000,
        (unsigned)month % 100, (unsigned)day % 100, (unsigned)hour % 100, (unsigned)minute % 100,
        (unsigned)second % 100);
    return true;
}

static bool todos_take_text(
    struct exchange *x, const char *key, const json_t *value, size_t max, struct view *out) {
    if (!json_is_string(value) || json_string_length(value) > max) {
        exchange_refuse(x, 400, "%s must be a string of at most %zu bytes", key, max);
        return false;
    }
    *out = view_of(json_string_value(value), json_string_length(value));
    return true;
}

static bool todos_take(struct exchange *x, const char *key, const json_t *value, struct todos_input *in) {
    if (strcmp(key, "title") == 0)
        return todos_take_text(x, key, value, TODOS_TITLE_MAX, &in->title);
    if (strcmp(key, "description") == 0)
        return todos_take_text(x, key, value, TODOS_DESCRIPTION_MAX, &in->description);
    if (strcmp(key, "completed") == 0) {
        if (!json_is_boolean(value))
            exchange_refuse(x, 400, "completed must be true or false");
        in->completed = json_is_true(value);
        return json_is_boolean(value);
    }
    if (strcmp(key, "deadline_at") == 0) {
        in->clear_deadline = json_is_null(value);
        if (in->clear_deadline)
            return true;
        if (json_is_string(value) &&
            todos_read_time(view_of(json_string_value(value), json_string_length(value)), in->deadline)) {
            in->deadline_at = view_of_cstr(in->deadline);
            return true;
        }
        exchange_refuse(x, 400, "deadline_at must be a time like 2023-12-04T14:00:00, or null");
        return false;
    }
    exchange_refuse(
        x, 400, "unknown field \"%.60s\"; a todo has title, description, completed, deadline_at", key);
    return false;
}

/* The parsed body, which the input's views point into; NULL when x is answered with 400 already. */
static json_t *todos_read(struct exchange *x, struct todos_input *in) {
    json_error_t why;
    const char *key;
    json_t *value;
    json_t *doc = json_loadb(x->body.ptr ? x->body.ptr : "", x->body.len, JSON_REJECT_DUPLICATES, &why);

    if (!doc) {
        exchange_refuse(x, 400, "Bad JSON at line %d, column %d: %s", why.line, why.column, why.text);
        return NULL;
    }
    if (!json_is_object(doc)) {
        exchange_refuse(x, 400, "The body must be a JSON object");
        json_decref(doc);
        return NULL;
    }
    json_object_foreach(doc, key, value) {
        if (!todos_take(x, key, value, in)) {
            json_decref(doc);
            return NULL;
        }
    }
    return doc;
}

static bool todos_read_number(
    struct exchange *x, const char *name, int64_t least, int64_t most, int64_t *out) {
    struct view text = exchange_lookup(x, EXCHANGE_QUERY, name);
    if (!text.ptr)
        return true;
    if (view_to_i64(text, out) && *out >= least && *out <= most)
        return true;
    exchange_refuse(x, 400, "%s must be a whole number from %" PRId64 " to %" PRId64, name, least, most);
    return false;
}

static int todos_id(const struct exchange *x, int64_t *id) {
    return view_to_i64(x->param, id) ? TODO_STORE_OK : TODO_STORE_NOT_FOUND;
}

/* --- handlers --- */

void todos_health(struct exchange *x) {
    exchange_fixed(x, 200, todos_json, VIEW("{\"status\":\"ok\"}"));
}

void todos_list(struct exchange *x) {
    struct json_writer w = json_writer_of(&x->reply);
    struct todo_filter f = {.completed = -1, .limit = TODOS_PAGE_DEFAULT};
    struct view completed = exchange_lookup(x, EXCHANGE_QUERY, "completed");
    char before[TODO_STORE_TIME_MAX];
    int64_t window = -1;

    if (completed.ptr) {
        f.completed = view_eq_nocase(completed, VIEW("true"));
        if (!f.completed && !view_eq_nocase(completed, VIEW("false"))) {
            exchange_refuse(x, 400, "completed must be true or false");
            return;
        }
    }
    if (!todos_read_number(x, "window", 0, TODOS_WINDOW_MAX, &window) ||
        !todos_read_number(x, "limit", 1, TODOS_PAGE_MAX, &f.limit) ||
        !todos_read_number(x, "offset", 0, INT64_MAX, &f.offset))
        return;
    if (window >= 0)
        f.before = todo_store_time(window * TODOS_S_PER_DAY, before);
    json_writer_array(&w);
    int rc = todo_store_list(x->app->store, &f, todos_on_row, &w);
    json_writer_end(&w);
    todos_reply(x, rc ? rc : json_writer_error(&w), 200);
}

void todos_create(struct exchange *x) {
    struct json_writer w = json_writer_of(&x->reply);
    struct todos_input in = TODOS_INPUT_NULL;
    json_t *doc = todos_read(x, &in);
    if (!doc)
        return;
    if (in.title.len == 0) {
        exchange_refuse(x, 400, "title is missing");
    } else {
        struct todo t = {
            .title = in.title,
            .description = in.description.ptr ? in.description : VIEW(""),
            .completed = in.completed == 1,
            .deadline_at = in.deadline_at,
        };
        todos_reply(x, todo_store_insert(x->app->store, &t, todos_on_row, &w), 201);
    }
    json_decref(doc);
}

void todos_get(struct exchange *x) {
    struct json_writer w = json_writer_of(&x->reply);
    int64_t id;
    int rc = todos_id(x, &id);
    todos_reply(x, rc ? rc : todo_store_get(x->app->store, id, todos_on_row, &w), 200);
}

void todos_update(struct exchange *x) {
    struct json_writer w = json_writer_of(&x->reply);
    struct todos_input in = TODOS_INPUT_NULL;
    json_t *doc = todos_read(x, &in);
    int64_t id;
    if (!doc)
        return;
    if (in.title.ptr && in.title.len == 0) {
        exchange_refuse(x, 400, "title must not be empty");
    } else {
        struct todo_change c = {
            .title = in.title,
            .description = in.description,
            .deadline_at = in.deadline_at,
            .clear_deadline = in.clear_deadline,
            .completed = in.completed,
        };
        int rc = todos_id(x, &id);
        todos_reply(x, rc ? rc : todo_store_update(x->app->store, id, &c, todos_on_row, &w), 200);
    }
    json_decref(doc);
}

void todos_delete(struct exchange *x) {
    struct json_writer w = json_writer_of(&x->reply);
    int64_t id;
    int rc = todos_id(x, &id);
    if (rc == 0)
        rc = todo_store_delete(x->app->store, id, todos_on_row, &w);
    if (rc == TODO_STORE_NOT_FOUND && !x->app->strict)
        exchange_fixed(x, 200, todos_json, VIEW("{}"));
    else
        todos_reply(x, rc, 200);
}
