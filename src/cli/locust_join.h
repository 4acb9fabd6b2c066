/* `locust --worker`: a run that follows a Locust master, again and again until the master lets go. */
#ifndef CLI_LOCUST_JOIN_H
#define CLI_LOCUST_JOIN_H

#include "cli/locust_log.h"
#include "cli/locust_plan.h"
#include "fleet/process.h"

struct locust_join_options {
    const struct locust_early *early;
    const struct process_program *python;
    struct locust_log *log;
    const struct view *args; /* the command line behind the program's name */
    size_t arg_count;
    const char *cwd;
};
int locust_join(const struct locust_join_options *o); /* the exit code */

/* `--worker --processes N`: goes on in N processes, each a worker of its own. Returns 0 in those; in the
 * first process it returns when they have ended, with *code their highest exit code and 1. Negative: they
 * could not be made. */
int locust_join_split(int processes, int *code) MUST_USE;

#endif
