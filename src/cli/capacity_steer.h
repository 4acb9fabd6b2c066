/* Drives one live run through the search for its capacity (load/capacity_search): a sink that watches the
 * seconds and sets the level.
 *
 * A step: the level is set; SETTLE seconds are skipped; then seconds are kept one by one, and from the least
 * length of a step on it is judged each second what they say: invalid, failed, held, or not sure yet; at the
 * greatest length it is decided. After a failure the level is low
 * until response times are what they were (recovery): a queue that an overload left behind takes for ever to drain just below the
 * capacity, and is no property of that load. What does not recover shows in the confirmation from above. */
#ifndef CLI_CAPACITY_STEER_H
#define CLI_CAPACITY_STEER_H

#include "cli/objective.h"
#include "fleet/control.h"
#include "report/capacity_report.h"
#include "report/sink.h"

enum { CAPACITY_STEP_SECONDS_MAX = 120 };

struct capacity_steer_options {
    struct capacity_options search;
    bool rate, held; /* held: Locust's users, which the dispatcher holds */
    struct view objectives[OBJECTIVES_MAX]; /* "metric: expression"; must stay */
    size_t objective_count;
    int settle_s,
        step_s; /* step_s: usual length of a step; quick ones are half, unclear ones three times as long */
    void (*told)(void *ctx, const struct capacity_step *s); /* after each step */
    void *ctx;
};

struct capacity_steer;
/* ERROR_SYNTAX, ERROR_INVALID with a sentence: an objective that is none. */
int capacity_steer_new(
    struct capacity_steer **out, const struct capacity_steer_options *o, struct error *err) MUST_USE;
struct report_sink *capacity_steer_sink(struct capacity_steer *c);
/* The run can be steered from now on; NULL: no longer. */
void capacity_steer_hold(struct capacity_steer *c, struct controller *controller);
void capacity_steer_report(const struct capacity_steer *c, struct capacity_report *out); /* points into c */
int64_t capacity_steer_second(const struct capacity_steer *c); /* of the load: where the search is */
void capacity_steer_free(struct capacity_steer *c);

#endif
