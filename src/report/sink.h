/* A sink turns a run into something for a reader: console, summary, file, time-series database. One sink per file, one table row each.
 * Input: the merged state of the run. Sinks never talk to workers and never change the state. */
#ifndef REPORT_SINK_H
#define REPORT_SINK_H

#include "load/plan.h"
#include "stats/probe_series.h"
#include "stats/recorder.h"
#include "stats/snapshot.h"
#include "stats/trace_summary.h"
#include "stats/validity.h"

enum run_phase { RUN_INIT, RUN_SETUP, RUN_RUNNING, RUN_TEARDOWN, RUN_ENDED };
enum run_scenario_state { RUN_SCENARIO_WAITING, RUN_SCENARIO_RUNNING, RUN_SCENARIO_STOPPING, RUN_SCENARIO_DONE, RUN_SCENARIO_INTERRUPTED };

struct run_scenario {
    enum run_scenario_state state;
    double fraction;  /* 0…1 */
    int64_t elapsed_us; /* since its own start; negative = still waiting */
    uint64_t active_users, allocated_users;
    uint64_t started, completed, interrupted, dropped;
};
struct run_threshold {
    struct view target, expression; /* as written in the plan */
    bool ok, aborted_by;            /* latest evaluation */
    double observed;
};
struct run_worker {
    bool alive, lost;           /* lost = crashed; its share went to others */
    struct snapshot_health health; /* latest */
    uint64_t users;
    int64_t missing_us; /* lost, on another machine: how much of what it did may be missing; 0 = up to a second */
};

/* Everything a sink may read. Owned by the controller. */
struct run_state {
    const struct plan *plan;
    struct view script_path;      /* as typed */
    struct view outputs;          /* for the start description: "-" or "json=x.json, csv" */
    enum run_phase phase;
    int64_t start_wall_ns;        /* of the test (setup included) */
    int64_t elapsed_us;           /* since then, now */
    int64_t load_elapsed_us;      /* since the executors started */
    struct recorder *total;       /* everything merged so far; sinks may register metrics/tags lookups but not record */
    const struct snapshot_head *latest; /* of the snapshot just merged, for per-second sinks; may be NULL */
    struct run_scenario *scenarios; /* parallel to plan->scenarios */
    struct run_threshold *thresholds; /* parallel to plan->thresholds */
    struct run_worker *workers;
    size_t worker_count;
    const struct validity *validity; /* was the generator the limit? NULL = nobody judges */
    const struct probe_second *observed; /* of the system under test in this second; NULL = nothing is observed, or not now */
    uint64_t users_active, users_initialised;
    int64_t users_wished;         /* held users: as many as the dispatcher wants at this moment */
    int64_t statistics_from_us;   /* on the scale of elapsed_us: the statistics begin there (they were reset) */
    uint64_t iterations_complete, iterations_interrupted;
    uint64_t requests_in_flight_at_end; /* sent, cut by interruption: the server may have counted them */
    uint64_t requests_of_guests; /* reported by workers of others, which do not tell what was cut */
    uint64_t samples_dropped;
    uint64_t snapshots_unsent; /* seconds of workers on other machines that found no room while the bus was away */
    struct trace_summary_store *traces; /* what traces of the system under test said so far; NULL = nobody listens */
    struct view setup_data;       /* JSON, "" = undefined */
    const char *stopped_by;       /* NULL, or "signal", "threshold", "abort", "error" */
};

struct report_sink;
struct report_sink_ops {
    const char *name;
    void (*start)(struct report_sink *s, const struct run_state *r);   /* the plan is known, load not yet started */
    void (*second)(struct report_sink *s, const struct run_state *r);  /* after each merged second */
    void (*redraw)(struct report_sink *s, const struct run_state *r);  /* every 100 ms, for terminals */
    /* Each point of the sample stream; ids are those of r->total. Only called when wants_samples. */
    void (*sample)(struct report_sink *s, const struct run_state *r, const struct sample *p);
    /* What one worker measured in one second (of the load, >= 0), just merged into r->total; the store has registries of its own and
     * is reset after the call. May come late. Only called when wants_deltas. */
    void (*delta)(struct report_sink *s, const struct run_state *r, int64_t second, const struct series_store *delta);
    /* Asked once a second: negative, once, when something goes wrong on the way (a server is down); err has the sentence for the log. */
    int (*trouble)(struct report_sink *s, struct error *err);
    /* The end: everything is merged. Returns 0 or a negative error with a sentence in err (disk full …); other sinks go on. */
    int (*finish)(struct report_sink *s, const struct run_state *r, struct error *err);
    void (*free)(struct report_sink *s);
    bool wants_samples, wants_deltas;
};
struct report_sink {
    const struct report_sink_ops *ops; /* every member but name and free may be NULL */
};

#endif
