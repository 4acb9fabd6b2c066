/* The controller's inside: controller.c (phases), roster.c (members and their messages), tally.c (the merged state), verdict.c
 * (thresholds). */
#ifndef FLEET_CONTROLLER_PRIV_H
#define FLEET_CONTROLLER_PRIV_H

#include "fleet/assignment.h"
#include "fleet/bus.h"
#include "fleet/controller.h"
#include "fleet/iteration_pool.h"
#include "fleet/message.h"
#include "fleet/process.h"
#include "fleet/strand.h"
#include "load/dispatch.h"
#include "stats/threshold.h"

struct controller;
struct locust_guest;
struct remote;

enum member_state { MEMBER_LOADING, MEMBER_READY, MEMBER_RUNNING, MEMBER_FINISHED, MEMBER_GONE };

/* A process of ours and what we know of it. Member 0 is the conductor, worker i is member i+1. In a solo run worker 0 is the conductor,
 * too, and member 0 is nobody. */
struct member {
    struct controller *controller;
    struct process process;
    struct bus *bus;
    uint32_t number; /* in snapshots */
    char client_id[FLEET_CLIENT_ID_MAX];
    enum member_state state;
    bool lost;             /* gone without leave */
    bool dismissed;        /* was told to go */
    uint64_t seq;          /* of its last merged snapshot … */
    int64_t snapshot_us;   /* … and its end, since the load's time zero */
    uint64_t initialised;
    struct snapshot_head last; /* latest progress */
    struct snapshot_health health;
    struct engine_share *shares; /* all that it has to work */
    bool *share_done;
    size_t share_count, share_cap;
    uint64_t *ids;
    size_t id_count;
    struct iteration_lease *lease; /* per scenario: latest grant, for the case that it is lost */
    uint64_t lost_interrupted;     /* its part of the controller's */
    bool away;                     /* on another machine: no process of ours */
    int64_t lost_us;               /* when it was lost; 0 = it was not */
    bool cut_off;                  /* lost because nothing was heard of it; it may live and come back */
    size_t agent;                  /* which machine (remote_agent) */
    struct strand_out down;
    struct strand_in up, told;     /* told: while a run is recalled */
    struct bus *told_bus;
    bool started;                  /* START was told */
    bool newcomer;                 /* came while the load was running */
    size_t lease_asked;            /* while a run is recalled: LEASE heard and not yet granted … */
    uint32_t asked_scenario, asked_stripe;
    char gone_words[128];          /* how its process ended, as its agent told */
    struct locust_guest *guest;    /* a worker of Locust: neither process nor bus (locust_guest.c) */
};

enum phase {
    PHASE_LOADING,  /* the conductor reads the script */
    PHASE_INIT,     /* workers initialise users */
    PHASE_SETUP,
    PHASE_RUNNING,
    PHASE_DRAINING, /* workers hand in their last snapshots */
    PHASE_TEARDOWN,
    PHASE_SUMMARY,  /* handleSummary */
    PHASE_ENDED,
};

/* Held users (crowd.c). */
struct crowd {
    struct dispatch *dispatch; /* NULL = no scenario holds users */
    struct timer timer, run_timer;
    bool told;                 /* the workers know that all wished users are there */
    int64_t settle_by_us, next_counts_us;
    uint64_t counts_hash;      /* of what the conductor was told last */
    struct {                   /* asked for before the load began */
        bool any, chosen, classes[PLAN_SCENARIOS_MAX];
        int64_t users;
        double rate;
    } early;
    bool given;                /* somebody else deals: given_counts, per scenario */
    uint64_t given_counts[PLAN_SCENARIOS_MAX];
};

struct threshold_watch {
    struct threshold_target target;
    struct threshold_expr expr;
    metric_id metric;
    bool known; /* the metric exists (a custom one may appear with its first sample) */
};

struct controller {
    const struct fleet_options *o;
    struct fleet_outcome *outcome;
    struct loop *loop;
    enum phase phase;
    struct plan plan;
    bool plan_known, has_setup, has_teardown, has_handle_summary;
    struct buf bundle, setup_data, handled;
    struct assignment assignment;
    struct member *members; /* [0] = conductor */
    size_t member_count;
    struct iteration_pool *pools; /* per scenario */
    int numbers_fd;               /* fleet/numbering.h; 0 = not made yet */
    struct recorder total;
    struct recorder delta; /* one snapshot at a time, for sinks that want seconds */
    struct run_state run;
    struct validity validity;
    struct threshold_watch *watches; /* per threshold */
    int64_t test_zero_us, load_zero_us; /* loop clock: setup begins · executors begin */
    int64_t next_threshold_us;
    uint64_t lost_interrupted; /* iterations that were under way in lost workers */
    size_t respawns;
    bool summary_wanted, stop_sent, sample_stream, deltas_wanted;
    bool invalid_told;
    bool solo;     /* one process does everything */
    bool held_back, planned_told; /* waiting for control_begin */
    bool stopping; /* held users: the script hears of the end before the users do */
    struct crowd crowd;
    struct loop_watch signals;
    struct timer second_timer, redraw_timer, patience_timer;
    struct loop_defer advance_soon;
    struct remote *remote; /* NULL = all on this machine */
    bool recalling;        /* a run that another controller began is being read; nothing is said to anybody */
    int64_t recalled_us;   /* the instant that is being recalled, by the server's clock */
};

/* controller.c */
/* The first cause wins; what it means for the phase is done here. */
void controller_fail(struct controller *c, enum fleet_end end, struct view message, bool from_script);
void controller_once_done(struct controller *c, enum script_once what, enum script_failure failure, struct view message, struct view output);
void controller_described(struct controller *c, struct view json);
void controller_advance(struct controller *c); /* looks (soon) whether the phase is over */
void controller_log(struct controller *c, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
enum fleet_end controller_end_of(enum script_failure f);

struct member *controller_conductor(struct controller *c);

int64_t controller_now_us(const struct controller *c);
void controller_patience(struct controller *c); /* somebody was told to stop */
void controller_enter(struct controller *c, enum phase phase);
int controller_workers_init(struct controller *c, size_t n); /* assignment, pools, figures */
void controller_go_on(struct controller *c);                 /* a recalled run is ours now */
void controller_second(struct controller *c);                /* one second of the sinks' and the gauges' */

/* roster.c */
/* Gone without leave; how: "was killed …". */
void roster_lost(struct controller *c, struct member *m, const char *how);
int64_t roster_missing_us(const struct controller *c, const struct member *m);
void roster_back(struct controller *c, struct member *m); /* it was cut off, and is heard again */
void roster_message(struct member *m, unsigned kind, struct view body);
void roster_recall_told(struct member *m, unsigned kind, struct view body);
int roster_join_away(struct controller *c, size_t member, size_t agent, const char *client_id); /* no word is said yet */
void roster_settle(struct controller *c); /* after recalling: what was decided and not yet said */
void roster_tell(struct member *m, enum message_kind kind, struct view body);
void roster_farewell(struct controller *c); /* lets whoever still lives end by itself */
int roster_spawn(struct controller *c, size_t member, bool conductor);
int roster_send_plan(struct controller *c, struct member *m);
int roster_assign(struct controller *c, struct member *m, const struct message_assign *what);
void roster_tell_all(struct controller *c, enum message_kind kind, struct view body); /* living workers, not the conductor */
bool roster_all(const struct controller *c, enum member_state at_least); /* living workers */
size_t roster_living(const struct controller *c);
void roster_dismiss(struct controller *c, struct member *m);
void roster_kill(struct controller *c);
void roster_free(struct controller *c);
int roster_replace(struct controller *c, struct member *lost, struct member *by); /* all that the lost one still had to do */

/* newcomer.c */
size_t newcomer_wanted(struct controller *c);                        /* how many more workers there would be work for */
int newcomer_prepare(struct controller *c, struct member *m);        /* it is a member and was offered; now what it shall do */
void newcomer_ready(struct member *m);                               /* it says so */
uint64_t newcomer_first_id(const struct member *m);                  /* of users it makes later; nobody else's */
void newcomer_let_go(struct controller *c);                          /* those that did not get there before the load's end */

/* locust_guest.c: workers of Locust as members */
int guest_take(struct controller *c);                                           /* all that are there, as members behind the last one */
void guest_tell(struct member *m, enum message_kind kind, struct view body);   /* what would go to a process of ours */

/* remote.c: members on other machines */
int remote_open(struct controller *c, struct error *err);
struct remote *remote_close(struct remote *r); /* over: the run has ended, nothing of it is kept on the bus */
bool remote_hears(const struct controller *c); /* the bus is there */
void remote_over(struct controller *c);

/* remote_agents.c: the machines */
size_t remote_workers(const struct controller *c); /* how many workers they shall hold for the plan */
int remote_take(struct controller *c, size_t count, struct error *err); /* spreads members 1 … count over them */
const char *remote_place(const struct member *m); /* "agent 12ab on host" */
int64_t remote_lead_us(const struct controller *c); /* how far ahead a common instant must be */
size_t remote_recall_agent(struct controller *c, struct view id, struct view host); /* one more member of it */

/* remote_log.c: the run's log on the bus */
enum remote_note {
    NOTE_BEGIN = 1, /* a controller begins: epoch, host */
    NOTE_CONDUCTOR, /* a new conductor */
    NOTE_HEARD,     /* a message of the conductor: kind, body */
    NOTE_MEMBER,    /* number, agent, host, client id */
    NOTE_PHASE,     /* phase, workers, time zero of the load relative to now */
    NOTE_LOST,      /* member: nothing was heard of it */
    NOTE_BACK,      /* member */
    NOTE_END,       /* end, signal, message */
    NOTE_WISH,      /* held users: users, rate */
};
struct bus_wire remote_wire(struct member *m);
void remote_note(struct controller *c, enum remote_note what, struct view body);
int remote_send_files(struct controller *c, struct error *err);

/* recall.c: a run that another controller began, out of its log */
struct recall;
int recall_new(struct recall **out, struct controller *c, uint64_t key) MUST_USE; /* of the run's strands */
struct recall *recall_free(struct recall *r);
/* One entry of the log. ERROR_*: it is not one of ours. */
int recall_entry(struct recall *r, struct view subject, struct view data, int64_t time_ns) MUST_USE;
bool recall_reached(const struct recall *r, uint64_t epoch); /* the NOTE_BEGIN of this epoch was read */

/* crowd.c */
void crowd_recall_wish(struct controller *c, struct view body);
void crowd_settle(struct controller *c);
int crowd_init(struct controller *c);   /* the plan is known and holds users */
void crowd_deinit(struct controller *c);
void crowd_begin(struct controller *c); /* the load begins */
void crowd_progress(struct controller *c);
void crowd_lost(struct controller *c, struct member *m);
void crowd_joined(struct controller *c, struct member *m); /* while the load runs */
void crowd_wish(struct controller *c, struct member *from, struct view body);
void crowd_notice(struct controller *c, struct member *m, enum script_notice what, struct view body);
void crowd_counts(struct controller *c); /* to the conductor, if they changed */
void crowd_redraw(struct controller *c);
void crowd_second(struct controller *c);

/* tally.c */
int tally_init(struct controller *c);
int tally_plan(struct controller *c); /* the plan is known */
void tally_deinit(struct controller *c);
void tally_snapshot(struct controller *c, struct member *m, struct view packed);
void tally_samples(struct controller *c, struct view packed);
void tally_refresh(struct controller *c); /* elapsed times, scenario states, sums over members */
void tally_gauges(struct controller *c);  /* the vus and vus_max samples of this second */
void tally_finish(struct controller *c);
void tally_sinks_start(struct controller *c);
void tally_sinks_second(struct controller *c);
void tally_sinks_redraw(struct controller *c);
void tally_sinks_finish(struct controller *c);

/* verdict.c */
int verdict_init(struct controller *c);
void verdict_deinit(struct controller *c);
/* Evaluates all; running: abortOnFail may end the run. Returns whether all passed. */
bool verdict_evaluate(struct controller *c, bool running);
void verdict_names(struct controller *c, struct buf *out); /* "a, b": metrics whose thresholds were crossed */

#endif
