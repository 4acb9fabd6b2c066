/* The crew: all users of one worker.
 *
 * A user is made in two steps: crew_add gives it an id and a place; a deferred batch hands it to the script host, whose init code
 * runs on the user's own fiber and ends in crew_user_ready. From then on it is idle in the pool or held by exactly one share.
 * Batches keep the loop breathing while 10,000 users are made. The pool is first in, first out, so that users take turns. */
#include "engine/engine_priv.h"

#include <errno.h>
#include <stdlib.h>

static void init_batch(struct loop_defer *d);

void crew_init(struct crew *c) {
    *c = (struct crew){.extra_step = 1};
    list_init(&c->idle);
}

void crew_deinit(struct engine *e) {
    struct crew *c = &e->crew;
    loop_defer_cancel(&e->init_soon);
    for (size_t i = 0; i < c->count; i++) {
        if (c->users[i]->script)
            e->o.host->user_free(c->users[i]->script);
        free(c->users[i]);
    }
    free(c->users);
    crew_init(c);
}

int crew_add(struct engine *e, uint64_t id, struct share *grown_for) {
    struct crew *c = &e->crew;
    if (c->count == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 64;
        struct executor_user **users = realloc(c->users, cap * sizeof *users);
        if (!users)
            return -ENOMEM;
        c->users = users;
        c->cap = cap;
    }
    struct executor_user *u = calloc(1, sizeof *u);
    if (!u)
        return -ENOMEM;
    *u = (struct executor_user){.engine = e, .id = id, .state = USER_INITIALISING, .grown_for = grown_for};
    c->users[c->count++] = u;
    e->init_soon.run = init_batch;
    loop_defer(e->o.loop, &e->init_soon);
    return 0;
}

static void init_one(struct engine *e, struct executor_user *u) {
    int r = e->o.host->user_new(e->host, u->id, VIEW_NULL, &u->script);
    if (r == 0) {
        u->script->owner = u;
        return;
    }
    struct script_result why = {.failure = SCRIPT_FAILURE_OTHER, .message = view_of_cstr(error_name(r))};
    u->state = USER_FAILED;
    e->o.events->failed(e->o.ctx, &why);
}

static void init_batch(struct loop_defer *d) {
    struct engine *e = CONTAINER_OF(d, struct engine, init_soon);
    struct crew *c = &e->crew;
    for (int i = 0; i < ENGINE_INIT_BATCH && c->next_to_init < c->count; i++)
        init_one(e, c->users[c->next_to_init++]);
    if (c->next_to_init < c->count)
        loop_defer(e->o.loop, &e->init_soon);
    e->o.events->initialised(e->o.ctx, e->instance.users_initialised);
}

void crew_user_ready(struct engine *e, struct executor_user *u, const struct script_result *r) {
    if (r && r->failure != SCRIPT_FAILURE_NONE) {
        u->state = USER_FAILED;
        e->o.events->failed(e->o.ctx, r);
        return;
    }
    struct share *asker = u->grown_for;
    u->state = USER_IDLE;
    u->grown_for = NULL;
    e->instance.users_initialised++;
    list_push(&e->crew.idle, &u->entry);
    if (asker) {
        executor_grown(asker->executor);
        share_wake(asker);
    } else {
        e->crew.ready++;
        engine_check_ready(e);
    }
}

struct executor_user *crew_take(struct engine *e) {
    struct list *entry = list_pop(&e->crew.idle);
    return entry ? LIST_ENTRY(entry, struct executor_user, entry) : NULL;
}

void crew_give_back(struct engine *e, struct executor_user *u) {
    u->share = NULL;
    list_push(&e->crew.idle, &u->entry);
}
