/* The controller of one run: spawns conductor and workers, hands out work, merges snapshots, watches thresholds, feeds the sinks.
 * It makes no load and runs no script. */
#ifndef FLEET_CONTROLLER_H
#define FLEET_CONTROLLER_H

#include "fleet/nats_link.h"
#include "fleet/process.h"
#include "report/sink.h"
#include "script/script.h"

enum {
    FLEET_WORKERS_MAX = 1024,
    FLEET_USERS_PER_WORKER = 50,       /* automatic count: one worker per so many users, at most one per core */
    FLEET_SECOND_US = 1000 * 1000,
    FLEET_REDRAW_US = 100 * 1000,
    FLEET_THRESHOLDS_US = 2 * 1000 * 1000,
    FLEET_STOP_PATIENCE_US = 10 * 1000 * 1000, /* a worker that does not stop within this is killed and reported */
    FLEET_ERROR_MAX = 16 * 1024,
    FLEET_CLIENT_ID_MAX = 300,
    FLEET_FAREWELL_MS = 5000, /* a program of others that is told to go is given so long */
};

/* How a run ended. The command line turns it into an exit code. X(enumerator, words) */
#define FLEET_ENDS(X)                                       \
    X(OK, "completed")                                      \
    X(THRESHOLDS, "thresholds were crossed")                \
    X(SETUP_TIMEOUT, "setup timed out")                     \
    X(TEARDOWN_TIMEOUT, "teardown timed out")               \
    X(SUMMARY_TIMEOUT, "handleSummary timed out")           \
    X(CONFIG, "invalid configuration")                      \
    X(SIGNAL, "stopped by a signal")                        \
    X(SCRIPT, "script exception")                           \
    X(ABORTED, "aborted by the script")                     \
    X(MARKED_FAILED, "marked as failed by the script")      \
    X(STOPPED, "stopped from outside")                      \
    X(CRASH, "a process of ours crashed")                   \
    X(OTHER, "could not run")
enum fleet_end {
#define FLEET_END_ENUM(id, words) FLEET_END_##id,
    FLEET_ENDS(FLEET_END_ENUM)
#undef FLEET_END_ENUM
};

const char *fleet_end_words(enum fleet_end end); /* "completed" */

struct fleet_outcome {
    enum fleet_end end;              /* the first thing that went wrong, or OK */
    char message[FLEET_ERROR_MAX];   /* for people; empty when OK. For THRESHOLDS: k6's sentence with the names */
    bool from_script;                /* message carries a script's stack */
    int signal;                      /* for SIGNAL */
    bool quit, exit_code_given;      /* the script wished to quit, and with what code */
    int exit_code;
    bool second_signal;              /* stop at once: no teardown, no summary */
};

struct controller;
struct locust_master;
struct fleet_callbacks {
    void *ctx;
    /* The script's description (script_ops.describe) → the plan. Negative: the run ends with CONFIG and err's text. */
    int (*make_plan)(void *ctx, struct view description, struct plan *out, struct error *err);
    /* The input of handleSummary; NULL: it is not called. */
    int (*summary_data)(void *ctx, const struct run_state *r, struct buf *json_out);
    /* After teardown and final thresholds: show the summary. handled: what handleSummary returned ("" = nothing). Before sinks finish. */
    void (*summary)(void *ctx, const struct run_state *r, struct view handled);
    /* "Init" progress: users initialised so far of all. May be NULL. */
    void (*initialised)(void *ctx, uint64_t users, uint64_t of);
    /* The load begins; from now to closing() the test can be steered (fleet/control.h). Both may be NULL. */
    void (*running)(void *ctx, struct controller *c);
    void (*closing)(void *ctx, struct controller *c);
    /* The loop is there, before anything happens on it; and it is about to go. Both may be NULL. */
    void (*opened)(void *ctx, struct controller *c);
    void (*closed)(void *ctx, struct controller *c);
    /* Once a second: what was observed of the system under test, good until the next call. NULL = nothing. May be NULL itself. It must not wait. */
    const struct probe_second *(*observed)(void *ctx);
    /* With held_back: the plan is known; nothing goes on until control_begin. */
    void (*planned)(void *ctx, struct controller *c);
    /* Each packed snapshot that was counted; and figures of users changed. Both may be NULL. */
    void (*snapshot)(void *ctx, struct view packed);
    void (*progress)(void *ctx, struct controller *c);
    void (*measured)(void *ctx, struct controller *c); /* after teardown: nothing more comes. May be NULL */
    /* A custom message of a locustfile (data: JSON, to: "" = all, or the master): true = it was for somebody outside. May be NULL. */
    bool (*message)(void *ctx, struct view kind, struct view data, struct view to);
};

/* What becomes of the share of a worker that is lost. */
enum fleet_loss { FLEET_LOSS_REDISTRIBUTE, FLEET_LOSS_CONTINUE, FLEET_LOSS_ABORT };

/* Workers on other machines (agents on a bus of NATS). The run is kept there, so that another controller can go on with it. */
struct fleet_away {
    struct nats_options bus;
    int machines;            /* how many agents; 0 = all that are there */
    int workers_per_machine; /* 0 = by their slots */
    const char *label;       /* only agents that have it; NULL = any */
    bool join;               /* agents that come while the load runs take part */
    const char *command;     /* JSON, kept with the run: what fleet_away_command gives back */
    const char *resume;      /* go on with this run; NULL = a new one */
    bool standby;            /* with resume: wait until its controller is gone */
    const char *folder;      /* shipped in place of the bundle; NULL = the bundle */
    struct view path;        /* with folder: the script's path in it */
    const struct view *args; /* with folder: the command line for the workers */
    size_t arg_count;
};
/* The command of a run that is kept on the bus. ERROR_INVALID: there is none. */
int fleet_away_command(const struct nats_options *bus, const char *run, struct buf *out, struct error *err) MUST_USE;

struct fleet_options {
    const struct fleet_away *away; /* NULL = all on this machine */
    enum fleet_loss on_loss;
    const struct script_ops *host;
    const struct process_program *program; /* who speaks our bus as conductor and workers; NULL = this same program */
    bool solo;                /* held users: conductor and the only worker are one process */
    bool held_back;           /* after the plan nothing goes on before control_begin */
    const char *client_id;    /* of a solo run's process; NULL = one of its own */
    struct locust_master *guests; /* workers of Locust that are members, too; NULL = none. Read once the plan is known */
    struct script_source source;
    struct view outputs;      /* for the start description */
    int workers;              /* 0 = automatic */
    bool no_thresholds;
    bool describe_only;       /* stop after make_plan: for inspect and archive */
    struct buf *bundle_out;   /* with describe_only: receives everything that loading read; may be NULL */
    int64_t summary_timeout_us;
    struct log_sink *log;
    struct report_sink *const *sinks;
    size_t sink_count;
    struct trace_summary_store *traces; /* what run_state.traces is: its owner fills it between seconds; NULL = none */
    struct fleet_callbacks callbacks;
};

/* Runs the whole test; blocks. Returns 0 (see outcome) or a negative error when not even processes could be made. */
int fleet_run(const struct fleet_options *o, struct fleet_outcome *outcome) MUST_USE;

#endif
