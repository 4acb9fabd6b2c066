/* The practice backend: a todo API with a database and a small website, that can be made too small on
 * purpose. Load tests learn on it, the demo and our own tests run against it. */
#ifndef TARGET_TARGET_H
#define TARGET_TARGET_H

#include "target/options.h"

enum { TARGET_EXIT_USAGE = 2 }; /* of the command, when target_options_parse refuses its arguments */

/* Serves until SIGTERM or SIGINT. Prints `halftime target listening on http://HOST:PORT (N processes)` per
 * address on o->out once it accepts connections, and a summary by route and status at the end; what goes
 * wrong on o->err. Blocks these signals and SIGCHLD while it runs and waits for its own children only.
 * Returns the exit code: 0, 1. */
int target_run(const struct target_options *o);

#endif
