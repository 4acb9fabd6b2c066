/* The engine's inside, shared by engine.c (life and reports), crew.c (users) and share.c (executors). */
#ifndef ENGINE_ENGINE_PRIV_H
#define ENGINE_ENGINE_PRIV_H

#include "core/list.h"
#include "engine/engine.h"
#include "engine/health.h"

enum user_state { USER_INITIALISING, USER_IDLE, USER_RUNNING, USER_FAILED };

/* A user as the executors see it (opaque there). */
struct executor_user {
    struct list entry; /* in crew.idle while idle and not held by a share */
    struct engine *engine;
    struct script_user *script;
    struct share *share; /* who holds it; NULL = in the pool */
    uint64_t id;
    enum user_state state;
    int64_t intended_us; /* of the running iteration, on the loop's clock */
    struct share *grown_for; /* made because this share asked for one more */
};

/* All users of this worker. */
struct crew {
    struct executor_user **users;
    size_t count, cap;
    struct list idle;      /* first in, first out: users take turns */
    size_t planned, ready; /* asked for by engine_prepare; of these initialised */
    size_t next_to_init;   /* users[] up to here have been given to the host */
    uint64_t extra_first, extra_step, extra_made;
    uint64_t running;      /* users with an iteration under way */
};

/* One executor instance and its clockwork. */
struct share {
    struct engine *engine;
    struct executor *executor;
    struct timer timer;
    struct loop_defer step_soon;
    struct engine_share what;
    const struct plan_scenario *scenario;
    tagset_id tags; /* of the samples that the engine itself records */
    bool open_model; /* arrival-rate: intended starts mean something */
    bool warned_insufficient, finished;
    bool spawned; /* held-users: somebody was started since progress was told */
};

struct engine {
    struct engine_options o;
    struct script_services services;
    struct script_instance instance;
    struct script_host *host;
    struct fiber_pool *fibers;
    struct recorder recorder;
    struct health health;
    const struct plan *plan;
    struct crew crew;
    struct share **shares;
    size_t share_count;
    struct timer snapshot_timer, progress_timer;
    struct loop_defer init_soon, finished_soon, abort_soon;
    int64_t origin_us, last_snapshot_us;
    int64_t next_request_us; /* the rps limit: when the next slot is free */
    int64_t request_gap_us;  /* 0 = no limit */
    uint64_t seq;
    bool started, stopping, ready_told, finished_told;
};

/* crew.c */
void crew_init(struct crew *c);
void crew_deinit(struct engine *e);
int crew_add(struct engine *e, uint64_t id, struct share *grown_for);
void crew_user_ready(struct engine *e, struct executor_user *u, const struct script_result *r);
struct executor_user *crew_take(struct engine *e);
void crew_give_back(struct engine *e, struct executor_user *u);

/* share.c */
int share_new(struct engine *e, const struct engine_share *what, struct share **out);
struct share *share_free(struct share *s);
void share_start(struct share *s);
void share_iteration_done(struct executor_user *u, enum script_outcome outcome);
void share_wake(struct share *s); /* steps it soon */

/* engine.c */
void engine_check_finished(struct engine *e);
void engine_check_ready(struct engine *e);
void engine_fill_head(struct engine *e, struct snapshot_head *h);
void engine_tell_progress(struct engine *e);

#endif
