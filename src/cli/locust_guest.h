/* A Locust run in somebody else's hands (`halftime capacity locustfile.py`): who sees its seconds, sets its users, and says how it ended. */
#ifndef CLI_LOCUST_GUEST_H
#define CLI_LOCUST_GUEST_H

#include "fleet/controller.h"
#include "report/sink.h"

struct locust_guest {
    void *ctx;
    struct report_sink *sink; /* not freed by report_sink_free */
    const char *label;        /* in the ledger; NULL = none */
    void (*running)(void *ctx, struct controller *c);
    void (*closing)(void *ctx, struct controller *c);
    void (*keeper)(void *ctx, struct report_sink *keeper); /* where the run is kept; NULL: nowhere, or no longer */
    /* All is over: the exit code. code: what would have been Locust's; keeper may be NULL. */
    int (*end)(void *ctx, const struct fleet_outcome *o, int code);
};
/* argv[0] = "locust"; the run is to be --headless, and no table is printed. Returns the exit code. */
int locust_run_for(const struct locust_guest *g, int argc, char **argv);

#endif
