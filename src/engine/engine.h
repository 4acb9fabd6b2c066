/* One worker: loop + script host + users + executors → snapshots. Knows nothing of processes and buses: what it has to tell goes
 * through `engine_events`, always from the loop. */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "load/executor.h"
#include "script/script.h"
#include "stats/snapshot.h"

#include <stdatomic.h>

enum {
    ENGINE_SNAPSHOT_EVERY_US = 1000 * 1000,
    ENGINE_PROGRESS_EVERY_US = 200 * 1000,
    ENGINE_PROGRESS_FIRST_US = 20 * 1000, /* before the controller first shows it */
    ENGINE_INIT_BATCH = 32, /* users whose init code is started per turn of the loop */
    ENGINE_SHARES_MAX = 4096,
};

struct engine;

struct engine_events {
    void (*initialised)(void *ctx, uint64_t users);                         /* so far; told at each batch */
    void (*ready)(void *ctx);                                               /* all users of engine_prepare are initialised */
    void (*failed)(void *ctx, const struct script_result *r);               /* a user's init code failed */
    void (*lease)(void *ctx, uint32_t scenario, uint32_t stripe);           /* shared-iterations wants more of the pool */
    void (*scenario_done)(void *ctx, uint32_t scenario, uint32_t stripe);
    void (*finished)(void *ctx);                                            /* no share has anything left to do */
    void (*progress)(void *ctx, const struct snapshot_head *h);             /* health is not filled in */
    void (*snapshot)(void *ctx, struct view packed);
    void (*samples)(void *ctx, struct view packed);
    void (*abort_test)(void *ctx, enum script_abort kind, struct view message);
    void (*wish)(void *ctx, enum script_wish what, struct view packed);     /* NULL: hosts without wishes */
    void (*once_done)(void *ctx, enum script_once what, const struct script_result *r);
};

struct engine_options {
    uint32_t worker;              /* number in snapshots */
    const struct script_ops *host;
    struct loop *loop;
    struct log_sink *log;
    bool samples;                 /* the sample stream is wanted */
    size_t users_max;             /* for the fiber pool */
    _Atomic uint64_t *numbers;    /* the next iteration number of each scenario, common to several workers; NULL = by stripe */
    const struct engine_events *events;
    void *ctx;
};

/* A stripe of a scenario that this worker works. */
struct engine_share {
    uint32_t scenario;
    struct executor_stripe stripe;
    int64_t resume_us; /* see executor_options */
    uint64_t resume_done;
};

int engine_new(struct engine **out, const struct engine_options *o) MUST_USE;
struct engine *engine_free(struct engine *e);
struct script_host *engine_host(struct engine *e);
struct recorder *engine_recorder(struct engine *e);

/* Loads the script. On failure `r` says why; returns 0 or negative. */
int engine_load(struct engine *e, const struct script_source *source, struct script_result *r) MUST_USE;
/* Hands the plan (borrowed) to host and engine. */
int engine_plan(struct engine *e, const struct plan *p, struct error *err) MUST_USE;
/* Adds users with these ids (each runs its init code); `ready` follows. May be called again while running (a lost worker's users). */
int engine_prepare(struct engine *e, const uint64_t *ids, size_t n) MUST_USE;
/* The requests-per-second limit of this worker's part: one request every gap_us; 0 = none. */
void engine_request_gap(struct engine *e, int64_t gap_us);
/* Ids of users made later by growing arrival-rate pools: first, first+step, … */
void engine_extra_ids(struct engine *e, uint64_t first, uint64_t step);
int engine_add_share(struct engine *e, const struct engine_share *s) MUST_USE;
/* The load's time zero on the loop's clock: scenarios' start times count from here. Snapshots begin. */
int engine_start(struct engine *e, int64_t origin_us) MUST_USE;
/* held-users: how many users the scenario's shares of this worker shall hold from now on. */
int engine_ask(struct engine *e, uint32_t scenario, uint64_t users) MUST_USE;
void engine_grant(struct engine *e, uint32_t scenario, uint32_t stripe, uint64_t first, uint64_t count);
/* No new iterations; running ones are cut at once, or get their graceful stop. `finished` follows. */
void engine_stop(struct engine *e, bool at_once);
/* The last snapshot (final = true), sent through events->snapshot. */
void engine_final_snapshot(struct engine *e);
/* Conductor: a snapshot outside of the rhythm (setup, teardown). */
void engine_flush(struct engine *e);

#endif
