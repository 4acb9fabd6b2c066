/* The TaskOverflow API, /api/v1: handlers for the router. Answers are JSON; a todo is
 * {id, title, description, completed, deadline_at|null, created_at, updated_at}, times in UTC without a zone.
 */
#ifndef TARGET_TODOS_H
#define TARGET_TODOS_H

struct exchange;

enum {
    TODOS_PAGE_DEFAULT = 100, /* a list answers with the newest of them: it costs the same after a long run */
    TODOS_PAGE_MAX = 1000,
    TODOS_TITLE_MAX = 200, /* bytes */
    TODOS_DESCRIPTION_MAX = 2000,
    TODOS_WINDOW_MAX = 36500, /* days */
};

void todos_health(struct exchange *x);
/* ?completed=true|false ?window=DAYS (deadline within so many days) ?limit=N ?offset=N, newest first chosen.
 */
void todos_list(struct exchange *x);
void todos_create(struct exchange *x); /* 201, 400 */
void todos_get(struct exchange *x);    /* 200, 404 */
void todos_update(struct exchange *x); /* 200, 400, 404; what the body does not name stays */
/* 200 with what was deleted, and 200 {} for an unknown id, as the practical's server answers; app->strict:
 * 404. */
void todos_delete(struct exchange *x);

#endif
