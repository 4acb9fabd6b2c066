/* The one neutral description of a test: scenarios, when they run, how many users, what must hold. Filled by a script host (from k6's
 * options or a locustfile), read by load, engine, fleet and report. Owns its strings (an arena). Serialisable. */
#ifndef LOAD_PLAN_H
#define LOAD_PLAN_H

#include "core/arena.h"
#include "core/pack.h"

/* X(enumerator, k6's name) */
#define PLAN_EXECUTORS(X)                             \
    X(SHARED_ITERATIONS, "shared-iterations")         \
    X(PER_VU_ITERATIONS, "per-vu-iterations")         \
    X(CONSTANT_VUS, "constant-vus")                   \
    X(RAMPING_VUS, "ramping-vus")                     \
    X(CONSTANT_ARRIVAL_RATE, "constant-arrival-rate") \
    X(RAMPING_ARRIVAL_RATE, "ramping-arrival-rate")   \
    X(HELD_USERS, "held-users") /* as many users as was last asked for; Locust's */ \
    X(STEERED_USERS, "steered-users") /* as many looping users as was last asked for; of the search for the capacity */ \
    X(STEERED_RATE, "steered-rate") /* iterations at the rate that was last asked for, late rather than dropped */
enum plan_executor {
#define PLAN_E(id, name) PLAN_##id,
    PLAN_EXECUTORS(PLAN_E)
#undef PLAN_E
    PLAN_EXECUTOR_COUNT
};

#define PLAN_ENDLESS_US ((int64_t)50 * 366 * 86400 * 1000000)
enum { PLAN_SCENARIOS_MAX = 256, PLAN_STAGES_MAX = 10000, PLAN_USERS_MAX = 10 * 1000 * 1000 };

struct plan_stage {
    int64_t duration_us;
    int64_t target; /* users, or iterations per time unit */
};
struct plan_pair {
    struct view key, value;
};
struct plan_scenario {
    struct view name, exec; /* exec: the function (k6) or user class (Locust) that is run */
    enum plan_executor executor;
    int64_t start_us, graceful_stop_us, graceful_ramp_down_us;
    int64_t users;      /* vus, startVUs, preAllocatedVUs */
    int64_t users_max;  /* maxVUs of arrival-rate executors */
    int64_t iterations; /* total (shared) or of each user (per-vu) */
    int64_t duration_us; /* duration or maxDuration; held-users: for the reader, 0 = until somebody stops it */
    int64_t rate, time_unit_us; /* rate or startRate, per time_unit_us */
    struct plan_stage *stages;
    size_t stage_count;
    struct plan_pair *env, *tags;
    size_t env_count, tag_count;
    double weight;       /* held-users: of the class, when users are dealt over classes (load/dispatch) */
    int64_t fixed_count; /* held-users: that many of it first */
};
struct plan_threshold {
    struct view target;     /* "http_req_duration{name:x}" */
    struct view expression; /* "p(95)<500" */
    bool abort_on_fail;
    int64_t delay_abort_us;
};
struct plan {
    struct arena arena;
    struct plan_scenario *scenarios; /* sorted by (start_us, name) */
    size_t scenario_count;
    struct plan_threshold *thresholds;
    size_t threshold_count;
    struct plan_pair *tags; /* on every sample */
    size_t tag_count;
    int64_t setup_timeout_us, teardown_timeout_us;
    int64_t min_iteration_us;  /* k6's minIterationDuration */
    int64_t requests_per_s;    /* k6's rps, 0 = off; one limit over all workers */
    bool no_setup, no_teardown;
    /* held-users: the wish that the run begins with (none if users is 0), and when it ends (0 = when somebody stops it). */
    int64_t held_users, run_time_us;
    double spawn_rate;
    double rate_per_s; /* held-users: tasks arrive by this rate (load/open_model); 0 = users go on by themselves */
    uint64_t trace_run;        /* requests carry traceparent and X-Request-ID, with this as the first half of their trace ids; 0 = they do not */
    struct view host_options;  /* the script host's own options, opaque here (k6: consolidated options as JSON) */
};

void plan_init(struct plan *p);
void plan_deinit(struct plan *p);
const char *plan_executor_name(enum plan_executor e);
bool plan_executor_of_name(struct view name, enum plan_executor *out); /* those that k6 scripts may name: up to held-users */
bool plan_executor_is_asked(enum plan_executor e); /* held or steered: nothing happens until somebody asks */
bool plan_holds_users(const struct plan *p); /* any held-users among the scenarios */

int plan_pack(const struct plan *p, struct buf *out) MUST_USE;
int plan_unpack(struct plan *p, struct view packed, struct error *err) MUST_USE;

/* How many users a scenario may need at once: planned from the start, and at the utmost (maxVUs). */
int64_t plan_scenario_users(const struct plan_scenario *s);
int64_t plan_scenario_users_max(const struct plan_scenario *s);
/* Regular end of the scenario after its own start, and with graceful stop. */
int64_t plan_scenario_duration_us(const struct plan_scenario *s);
int64_t plan_scenario_end_us(const struct plan_scenario *s); /* start + duration + graceful stop */
/* The whole test: max over time of the summed planned users (graceful periods included), of the possible users, and the end. */
int64_t plan_users(const struct plan *p);
int64_t plan_users_max(const struct plan *p);
int64_t plan_end_us(const struct plan *p);
/* k6's sentence: "10 looping VUs for 30s (gracefulStop: 30s)" (see docs/K6.md). Returns 0 or ERROR_LIMIT. */
int plan_scenario_describe(const struct plan_scenario *s, struct buf *out) MUST_USE;

#endif
