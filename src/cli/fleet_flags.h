/* The flags by which a run is spread over many machines, the same for k6 scripts and Locust files. */
#ifndef CLI_FLEET_FLAGS_H
#define CLI_FLEET_FLAGS_H

#include "cli/flags.h"
#include "fleet/controller.h"

extern const struct flag fleet_flags[];     /* of runs alone */
extern const struct flag fleet_bus_flags[]; /* how the bus is reached: also of agents and status */
extern const struct flag *const fleet_run_flags[]; /* both, and what is observed: those of ours that may stand among another program's */

struct fleet_choice {
    struct fleet_away away;
    enum fleet_loss on_loss;
    bool wanted;   /* the run is to be spread */
    char *command; /* heap; away.command points to it */
};
/* ERROR_INVALID with a sentence. Texts stay those of argv and the environment. */
int fleet_choice_init(struct fleet_choice *c, const struct flag_result *r, const struct flag *const *tables,
    struct error *err) MUST_USE;
void fleet_choice_deinit(struct fleet_choice *c);
/* What another controller needs to go on with the run: the tool, its arguments (without those of the bus),
 * the folder, K6_… variables. */
int fleet_choice_command(
    struct fleet_choice *c, const char *tool, int argc, char **argv, struct error *err) MUST_USE;

/* Takes our flags out of a command line that somebody else parses (Locust). *rest: a new argv, to be freed;
 * its texts are argv's. ERROR_INVALID: one of ours is wrong. */
int fleet_flags_take(int argc, char **argv, struct flag_result *ours, int *rest_argc, char ***rest,
    struct error *err) MUST_USE;

/* Whether `--resume` or `--standby` is among the words. */
bool fleet_flags_resume(int argc, char **argv);

#endif
