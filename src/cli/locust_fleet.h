/* A Locust run over many machines: the folder of the locustfile is shipped to them, and their command line names the file in it. */
#ifndef CLI_LOCUST_FLEET_H
#define CLI_LOCUST_FLEET_H

#include "cli/fleet_flags.h"
#include "cli/locust_python.h"

struct locust_fleet {
    struct fleet_choice choice;
    struct flag_result flags;
    char **argv; /* without our flags; texts are those of main's */
    int argc;
    char folder[LOCUST_PATH_MAX], path[LOCUST_PATH_MAX];
    struct view *args; /* of the workers; heap */
    char **texts;      /* of those that were made anew */
};
/* Takes our flags out of the command line: argc, argv are the rest. ERROR_INVALID with a sentence. */
int locust_fleet_init(struct locust_fleet *f, int argc, char **argv, struct error *err) MUST_USE;
/* Once the locustfile is known. No-op when no fleet is wanted. */
int locust_fleet_prepare(struct locust_fleet *f, const char *locustfile, struct error *err) MUST_USE;
void locust_fleet_deinit(struct locust_fleet *f);

#endif
