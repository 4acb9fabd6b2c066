/* We as a worker of a Locust master (`halftime locust --worker`): its orders come by Locust's wire protocol
 * and are carried out by a run of ours that is held back and follows (fleet/control.h). One for the program's
 * life; each test the master starts is a run of its own:
 *
 *   new → (opened → planned → … the load … → measured → closed → finish) per run
 */
#ifndef FLEET_LOCUST_WORKER_H
#define FLEET_LOCUST_WORKER_H

#include "core/log.h"
#include "core/loop.h"

enum {
    LOCUST_WORKER_ID_MAX = 200,
    LOCUST_WORKER_RETRIES = 60,     /* Locust's CONNECT_RETRY_COUNT … */
    LOCUST_WORKER_RETRY_S = 5,      /* … and CONNECT_TIMEOUT */
    LOCUST_WORKER_SILENCE_S = 60,   /* MASTER_HEARTBEAT_TIMEOUT */
    LOCUST_WORKER_REPORT_S = 3,     /* WORKER_REPORT_INTERVAL */
    LOCUST_WORKER_LOGS_S = 10,      /* WORKER_LOG_REPORT_INTERVAL */
    LOCUST_WORKER_LINES_MAX = 500,  /* of the log, kept for the master */
    LOCUST_WORKER_BURST_MAX = 70,   /* more lines than that between two reports: they are sent a last time */
    LOCUST_WORKER_UPDATES_MAX = 64, /* changes of user classes, kept for the next run */
    LOCUST_WORKER_EXCEPTIONS_MAX = 200, /* sent per second; more are counted and said */
};

struct controller;
struct locust_worker;
struct locust_worker_options {
    const char *host;
    int port;
    const char *version; /* of Locust, as which we introduce ourselves */
    void *ctx;
    void (*say)(void *ctx, enum log_level level, const char *text); /* lines as Locust's runners log them */
};
int locust_worker_new(
    struct locust_worker **out, const struct locust_worker_options *o, struct error *err) MUST_USE;
struct locust_worker *locust_worker_free(struct locust_worker *w);
const char *locust_worker_id(const struct locust_worker *w);

/* The callbacks of a run (struct fleet_callbacks), in our words. */
int locust_worker_opened(struct locust_worker *w, struct controller *c) MUST_USE;
void locust_worker_planned(
    struct locust_worker *w); /* the locustfile is read: the master hears that we are ready */
void locust_worker_snapshot(struct locust_worker *w, struct view packed);
void locust_worker_progress(struct locust_worker *w);
bool locust_worker_message(struct locust_worker *w, struct view kind, struct view data);
void locust_worker_measured(struct locust_worker
        *w); /* last figures, and what they belong to is over: masters wait half a second for it */
void locust_worker_closed(struct locust_worker *w);
void locust_worker_log(struct locust_worker *w, struct view line); /* for the master's page */

enum locust_worker_next {
    LOCUST_WORKER_AGAIN, /* the master stopped the test: be ready for the next */
    LOCUST_WORKER_QUIT,  /* all is over, and the master was told */
    LOCUST_WORKER_ALONE, /* nobody answered: "Failed to connect …" */
};
/* After the run: goodbye, unless it was said. */
enum locust_worker_next locust_worker_finish(struct locust_worker *w);

#endif
