/* A running test in the hands of somebody: the terminal's keys, a web UI, a shape. Everything is called from
 * the controller's loop. */
#ifndef FLEET_CONTROL_H
#define FLEET_CONTROL_H

#include "core/loop.h"
#include "core/view.h"

struct controller;
struct plan;

struct loop *control_loop(
    struct controller *c); /* to watch further descriptors on; remove them again in fleet_callbacks.closing */
/* held-users: how many users there shall be from now on, and how fast. classes: a flag per scenario, which of
 * them new users may be of (NULL = as before). Before the load runs it is kept for its beginning. ERROR_INVALID: out of range; ERROR_CLOSED:
 * the load runs no more. */
int control_users(struct controller *c, int64_t users, double rate, const bool *classes) MUST_USE;
bool control_spawning(const struct controller *c);        /* a target is being approached */
int64_t control_users_wished(const struct controller *c); /* the target */
int64_t control_users_now(const struct controller *c);
int64_t control_load_us(const struct controller *c);     /* since the load began; also before a takeover */
size_t control_workers(const struct controller *c); /* that live */
/* "ready", "spawning", "running", "stopping", "stopped": Locust's words for it. */
const char *control_state(const struct controller *c);
/* steered-users, steered-rate: so many users, or iterations per second, over all workers from now on. ERROR_CLOSED: the load does not run. */
int control_level(struct controller *c, double level) MUST_USE;
/* Ends the load in order: the script is told, users go, then teardown and summary. Later calls do nothing. */
void control_stop(struct controller *c);
/* Ends any test at once, as the first Ctrl-C does, but with the end STOPPED. Later calls do nothing. */
void control_abort(struct controller *c, struct view why);
/* Statistics begin anew, everywhere. */
void control_reset_statistics(struct controller *c);

/* ---- a run that follows somebody else's orders (fleet_options.held_back) ---- */
void control_begin(struct controller *c); /* what was held back goes on */
void control_leave(struct controller *c); /* it does not come to a load: the run ends, in order */
/* held-users: how many users of each scenario there shall be from now on; weights and spawn rate are another's business, and nobody is told
 * that all are there before control_spawned. Before the load runs it is kept for its beginning. */
int control_counts(struct controller *c, const uint64_t *users) MUST_USE;
void control_spawned(struct controller *c, uint64_t users);
uint64_t control_users_of(const struct controller *c, size_t scenario);
/* A custom message for the locustfile's listeners, as if the member `from` had sent it. data: JSON. */
void control_message(struct controller *c, struct view kind, struct view data, struct view from);
const struct plan *control_plan(const struct controller *c);
void control_grace(struct controller *c, int64_t us); /* before control_begin: how long users may take to stop */
struct control_figures {
    double cpu_percent; /* of the busiest process that holds users */
    uint64_t memory_bytes;
};
struct control_figures control_figures(const struct controller *c);

#endif
