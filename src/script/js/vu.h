/* A virtual user: one JavaScript runtime, and at most one activity at a time that runs on a fiber (init code, an iteration, or one of
 * the once-functions). Everything below "on the fiber" may park it; the scheduler's side resumes it by vu_wake.
 *
 * Stopping: vu_stop sets `stop`, cancels what the VU waits for and wakes it. From then on every wait fails and the interrupt handler
 * ends running JavaScript; both by an error that scripts cannot catch (vu_throw_stopped). */
#ifndef SCRIPT_JS_VU_H
#define SCRIPT_JS_VU_H

#include <quickjs/quickjs.h>

#include "core/buf.h"
#include "core/fiber.h"
#include "core/loop.h"
#include "net/fetch.h"
#include "script/script.h"

enum {
    VU_SLICE_US = 10 * 1000,               /* JavaScript that runs longer without waiting lets others go first */
    VU_TIMERS_MAX = 100000,                /* setTimeout and setInterval at once */
    VU_TRIM_SLEEP_US = 1000 * 1000,        /* sleeps from here on give unused stack back */
    VU_STACK_KEEP_BYTES = 16 * 1024,
    VU_METADATA_BYTES_MAX = 16 * 1024,     /* packed; pairs beyond are left out */
};
#define VU_HEAP_BYTES_MAX ((size_t)2 << 30) /* of one VU; beyond it allocation fails with an exception in that VU */

enum vu_activity { VU_IDLE, VU_INIT, VU_ITERATION, VU_ONCE };
enum vu_stop_reason {
    VU_STOP_NONE,
    VU_STOP_INTERRUPT, /* the engine cut it */
    VU_STOP_ABORT,     /* exec.test.abort of this VU */
    VU_STOP_TIMEOUT,   /* setupTimeout and friends */
};

/* Why an activity ended. */
struct vu_outcome {
    bool failed;         /* by an exception (logged or in `text`) */
    bool stopped;        /* by vu->stop */
    bool whole;          /* the iteration had been counted before it was stopped */
    enum script_failure failure;
    char *text;          /* malloc'ed; what to tell people, or NULL */
};

/* A group() that is running; lives on the fiber's stack. */
struct group_frame {
    struct group_frame *outer;
    struct view path; /* "::outer::inner" */
};
struct rng;
struct es_module;

struct vu {
    struct script_user user; /* first: the engine's handle */
    struct script_host *host;
    uint64_t id; /* __VU */
    JSRuntime *rt;
    JSContext *ctx;
    JSModuleDef *entry;      /* the script's module; NULL when it is CommonJS */
    JSValue exports;         /* its namespace or module.exports */
    JSValue setup_data;      /* parsed at the first use */
    bool setup_data_ready;
    bool initialised;        /* init code ended well */

    /* running */
    enum vu_activity activity;
    enum vu_stop_reason stop;
    struct fiber *fiber;     /* NULL when idle */
    bool parked;
    bool trim;               /* a long sleep: unused stack goes back when it has parked */
    bool own_abort;          /* this VU called exec.test.abort: k6 still counts its iteration */
    struct loop_defer resume;
    struct timer timer;      /* of the present wait */
    struct timer deadline;   /* of once-functions */
    int64_t running_since_us;
    void (*run)(struct vu *vu);                              /* the activity, on the fiber */
    void (*ended)(struct vu *vu, struct vu_outcome *outcome); /* afterwards, on the scheduler's stack */
    struct vu_outcome outcome;

    /* the iteration */
    struct script_iteration iteration;
    const struct plan_scenario *scenario; /* NULL outside iterations */
    uint32_t scenario_index;
    uint64_t iter;                        /* __ITER: iterations begun before this one */
    uint64_t *scenario_iterations;        /* per scenario of the plan, for exec.vu.iterationInScenario */
    int64_t iteration_started_us;
    uint64_t trace_iteration;             /* second half of its trace id; 0 = no request of it was marked yet */
    tagset_id root_tags, tags;            /* without and with the group path */
    struct group_frame *group;            /* innermost, on the fiber's stack; NULL = root */
    struct rng *random;                   /* randomSeed()'s, NULL until called */
    JSValue vu_tags, metadata;            /* exec.vu.tags objects; JS_UNDEFINED until asked for */
    struct buf metadata_packed;           /* as samples carry it */

    /* event loop */
    struct list timers;         /* vu_timer by time */
    uint32_t next_timer_id;
    struct list completions;    /* js_promise ready to settle */
    struct list promises;       /* js_promise open */
    size_t promises_open;
    struct list rejections;     /* promises rejected without a handler */
    bool rejected;              /* the pending exception is such a rejection */

    /* http */
    struct http_session *session;
    struct cookie_jar *jar;
    struct list http_ops;       /* under way */
    void *expected;             /* setResponseCallback's, NULL = default */
    bool expected_off;          /* setResponseCallback(null) */
    char local_address[64];

    /* evidence: what the running check has read of a Response */
    bool checking;
    uint32_t check_reads;
    const void *check_response;

    /* memory */
    const JSMallocState *heap;
    size_t heap_after_gc;
    JSAtom *atoms;              /* names used on hot paths, see atoms.h */
    unsigned intrinsics;        /* which were added so far, see intrinsics.c */
    JSValue cjs_modules;        /* url → module object */
    struct list es_modules;     /* loaded ES modules, for require() */
    struct es_module *es_loading, *es_requiring; /* see import.c */
    bool es_linked;
};

/* A new VU without context running; then vu_start. */
int vu_new(struct vu **out, struct script_host *h, uint64_t id, struct view local_address) MUST_USE;
struct vu *vu_free(struct vu *vu); /* no activity may be under way */

/* Starts an activity from the loop's next deferred calls on; ended() follows exactly once. 0 or negative (no fiber). */
int vu_start(struct vu *vu, enum vu_activity activity, void (*run)(struct vu *vu), void (*ended)(struct vu *vu, struct vu_outcome *o)) MUST_USE;
void vu_stop(struct vu *vu, enum vu_stop_reason reason);

/* ---- on the fiber ---- */

/* Waits for vu_wake, spurious wake-ups included. False when the VU is being stopped: return vu_throw_stopped(). */
bool vu_park(struct vu *vu) MUST_USE;
bool vu_sleep(struct vu *vu, int64_t us) MUST_USE;
JSValue vu_throw_stopped(JSContext *ctx);
/* Ends the activity by the exception that is pending: fills vu->outcome; iterations log it as well. */
void vu_fail(struct vu *vu);
void vu_fail_text(struct vu *vu, enum script_failure failure, char *text /* taken */);

/* ---- on the scheduler's stack ---- */

void vu_wake(struct vu *vu);

/* ---- activities (vu_init.c, vu_iterate.c) ---- */

void vu_run_init(struct vu *vu);
void vu_run_iteration(struct vu *vu);
void vu_iteration_ended(struct vu *vu, struct vu_outcome *o);
/* The exported function `name`, JS_UNDEFINED when it is absent or no function. */
JSValue vu_export(struct vu *vu, struct view name);
/* Sets scenario, tags and environment for what follows. group: "" or "::setup" … */
void vu_activate(struct vu *vu, const struct plan_scenario *scenario, uint32_t index, struct view group);
void vu_tags_changed(struct vu *vu); /* exec.vu.tags were written */
void vu_metadata_changed(struct vu *vu); /* exec.vu.metrics.metadata was written */
/* Calls fn and runs the event loop until nothing is left. The function's (awaited) result, or JS_EXCEPTION with the exception pending. */
JSValue vu_call(struct vu *vu, JSValueConst fn, int argc, JSValueConst *argv);
/* Counts the bytes of the VU's connections since the last call as data_sent and data_received. */
void vu_record_data(struct vu *vu);
struct recorder_at vu_at(const struct vu *vu, int64_t at_us);

/* ---- event loop (vu_loop.c) ---- */

int vu_loop_init(struct vu *vu) MUST_USE;
void vu_loop_deinit(struct vu *vu);
/* Runs jobs, timers and completions until nothing is pending (or, with `until`, until that promise is settled and nothing is pending).
 * False: an exception is pending (also when stopped). */
bool vu_loop_run(struct vu *vu, JSValueConst until) MUST_USE;
void vu_loop_drop(struct vu *vu, bool warn); /* forgets timers and open promises */
void vu_loop_rejection(struct vu *vu, JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled);
extern const JSCFunctionListEntry vu_timer_functions[]; /* setTimeout and its three siblings */
enum { VU_TIMER_FUNCTIONS = 4 };

#endif
