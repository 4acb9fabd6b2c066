/* The script host: what the engine sees of a scripting language. JavaScript (k6's API) and Python (Locust's API) fill this table.
 *
 * One host per process, one thread. A worker's host makes users and runs their iterations; the conductor's host (a worker without
 * users) does what a test does once: describe the script, setup, teardown, the end-of-test summary. The host reports through the
 * callbacks in `struct script_services`, always from the loop's stack and never from inside the call that asked. */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "core/fiber.h"
#include "core/log.h"
#include "core/loop.h"
#include "load/plan.h"
#include "stats/recorder.h"

struct script_host;
/* A user. Hosts embed this as the first member of their own struct and leave `owner` to the engine. */
struct script_user {
    void *owner;
};

struct script_source {
    struct view path;   /* as typed; "-" = stdin (then `text` is given) */
    struct view cwd;    /* absolute */
    struct view text;   /* ptr NULL = read `path` */
    struct view bundle; /* what bundle() of the conductor returned; empty = read from disk and network. With a bundle nothing else is read */
    const struct plan_pair *env; /* __ENV */
    size_t env_count;
    bool extended_compatibility; /* k6's --compatibility-mode=extended */
    bool offline;                /* https imports only from cache and the built-in equivalents */
    struct view cache_dir;       /* for https imports; empty = the default */
    /* The command line as typed (Locust's host parses it itself), and what this process is. */
    const struct view *args;
    size_t arg_count;
    struct view program;         /* as called: "locust" */
    struct view client_id;       /* of this process among its kind: "<host>_<32 hex digits>" */
    uint32_t worker_count;
    int32_t worker_index;        /* -1: holds no users */
    bool conductor;              /* does what is done once per test; with worker_index >= 0 both are one process */
};

enum script_abort { SCRIPT_ABORT_TEST, SCRIPT_MARK_FAILED };
enum script_outcome {
    SCRIPT_ITERATION_OK,
    SCRIPT_ITERATION_FAILED,      /* an exception ended it; it was logged; it counts */
    SCRIPT_ITERATION_INTERRUPTED, /* cut by user_interrupt or abort: emits nothing */
};
/* Things done once per test, in the conductor. Input and output are JSON texts. */
enum script_once {
    SCRIPT_SETUP,          /* in: – · out: setup data ("" = undefined) */
    SCRIPT_TEARDOWN,       /* in: setup data */
    SCRIPT_HANDLE_SUMMARY, /* in: summary data · out: {"path": "text" or {"base64": "…"}} ; "" = falsy or absent or it threw (logged) */
    SCRIPT_STOPPING,       /* held users only: the end was decided, users still run */
};
/* News for a host, packed; hosts that hold users listen (script_ops.notice). */
enum script_notice {
    SCRIPT_NOTICE_SPAWNED,  /* users: as many as were wished for are there */
    SCRIPT_NOTICE_COUNTS,   /* conductor: state, how many users are wished for, then one count per scenario */
    SCRIPT_NOTICE_WORKERS,  /* conductor: n × (client id, index, state, users, cpu %, resident bytes) */
    SCRIPT_NOTICE_SNAPSHOT, /* a snapshot (snapshot_pack) of this process, in the conductor of all */
    SCRIPT_NOTICE_MESSAGE,  /* kind, data, client id of the sender */
    SCRIPT_NOTICE_RESET,    /* statistics begin anew */
    SCRIPT_NOTICE_RATE,     /* open model: rate per second (double), this process's number, of how many, time zero (loop clock) */
    SCRIPT_NOTICE_COUNT
};
/* What a host may wish for, packed (script_services.wish). */
enum script_wish {
    SCRIPT_WISH_USERS,   /* users, rate, flag per scenario follow, the flags */
    SCRIPT_WISH_STOP,    /* the test ends as by its run time */
    SCRIPT_WISH_QUIT,    /* the same, and with it the program: flag and exit code */
    SCRIPT_WISH_MESSAGE, /* kind, data, client id ("" = all, or the conductor) */
    SCRIPT_WISH_RESET,
    SCRIPT_WISH_COUNT
};
/* Why loading, a user's init code or a once-function failed. */
enum script_failure {
    SCRIPT_FAILURE_NONE,
    SCRIPT_FAILURE_EXCEPTION, /* exit 107 */
    SCRIPT_FAILURE_ABORT,     /* exec.test.abort: exit 108 */
    SCRIPT_FAILURE_TIMEOUT,   /* setup 100, teardown 101, other 102 */
    SCRIPT_FAILURE_NOT_FOUND, /* missing script file: exit 255 */
    SCRIPT_FAILURE_OTHER,     /* exit 255 */
};
struct script_result {
    enum script_failure failure;
    struct view message; /* the whole text for people: exception, file:line:col and stack */
    struct view output;  /* of once() */
};

/* Live figures for k6/execution's `instance`, kept by the engine. */
struct script_instance {
    uint64_t iterations_completed, iterations_interrupted, users_active, users_initialised;
    int64_t run_started_us; /* loop clock */
};

struct script_iteration {
    uint32_t scenario;   /* index into plan->scenarios */
    uint64_t number;     /* iterationInTest */
    int64_t intended_us; /* loop clock: when the schedule wanted it */
};

struct script_services {
    struct loop *loop;
    struct fiber_pool *fibers;
    struct recorder *recorder;
    struct log_sink *log;
    const struct script_instance *instance;
    void *ctx; /* handed to all callbacks below */
    void (*user_ready)(void *ctx, struct script_user *u, const struct script_result *r);
    void (*iteration_done)(void *ctx, struct script_user *u, enum script_outcome outcome);
    void (*once_done)(void *ctx, enum script_once what, const struct script_result *r);
    /* exec.test.abort / exec.test.fail. The calling user is interrupted by the host itself. `message`: the full text with its position, as k6
     * prints it: "test aborted: why at default (file:///x.js:2:43)", "test marked as failed: why". The controller logs it, the host does not. */
    void (*abort_test)(void *ctx, enum script_abort kind, struct view message);
    double (*scenario_progress)(void *ctx, uint32_t scenario);     /* 0…1 */
    int64_t (*scenario_started_us)(void *ctx, uint32_t scenario);  /* loop clock */
    void (*wish)(void *ctx, enum script_wish what, struct view packed);
    /* Something that the host itself had to begin at that instant (loop clock) begins now; for the worker's health. */
    void (*note_start)(void *ctx, int64_t intended_us);
    /* The global requests-per-second limit: takes the next slot and tells how many µs it is away (0 = now). Wait once, then send. */
    int64_t (*request_delay_us)(void *ctx);
};

/* Connections that this machine could not make, since the host was loaded. */
struct script_exhausted {
    uint64_t ports, descriptors;
};

struct script_ops {
    const char *name; /* "k6" */
    /* Loads and checks the script (compiles everything; the conductor also evaluates it once as VU 0). plan is NULL for the conductor's
     * first look; services outlive the host. On failure *out may be NULL and result tells why (its views live until the next call or are static). */
    int (*load)(struct script_host **out, const struct script_source *source, const struct script_services *services,
                struct script_result *result);
    struct script_host *(*free)(struct script_host *h); /* all users must be freed */
    /* Conductor: {"options": {...} or null, "exports": ["default","setup",…], "has_setup":…, "has_teardown":…, "has_handle_summary":…} */
    int (*describe)(struct script_host *h, struct buf *json_out, struct script_result *result);
    /* Conductor: every file that loading read, so that workers and archives need no disk or network. */
    int (*bundle)(struct script_host *h, struct buf *out);
    /* The consolidated plan; before the first user and before once(). The host keeps the pointer. Bad host options: negative, err. */
    int (*plan)(struct script_host *h, const struct plan *p, struct error *err);
    void (*setup_data)(struct script_host *h, struct view json); /* "" = undefined; copied; before users start */
    /* Starts the init code of user `id` (1-based __VU); user_ready follows. local_address: "" or an address to bind its connections to. */
    int (*user_new)(struct script_host *h, uint64_t id, struct view local_address, struct script_user **out);
    struct script_user *(*user_free)(struct script_user *u); /* idle or failed ones only */
    void (*user_start)(struct script_user *u, const struct script_iteration *it); /* iteration_done follows exactly once */
    void (*user_interrupt)(struct script_user *u); /* no-op when idle */
    void (*once)(struct script_host *h, enum script_once what, struct view input, int64_t timeout_us);
    void (*once_interrupt)(struct script_host *h); /* second Ctrl-C, deadline */
    void (*notice)(struct script_host *h, enum script_notice what, struct view packed); /* may be NULL */
    struct script_exhausted (*exhausted)(const struct script_host *h);                  /* may be NULL */
};

#endif
