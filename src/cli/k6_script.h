/* A k6 test as the command line names it: script, archive or standard input, with the configuration file; and the plan made of all
 * option layers once the script was read. Shared by run, inspect and archive. */
#ifndef CLI_K6_SCRIPT_H
#define CLI_K6_SCRIPT_H

#include "cli/k6_command.h"
#include "fleet/controller.h"
#include "script/js/options/options.h"

enum { K6_SCRIPT_BYTES_MAX = 512 * 1024 * 1024, K6_PATH_MAX = 4096 };

struct k6_script {
    struct k6_call *call;
    struct arena arena;
    struct script_source source; /* for fleet_options; points into this */
    char cwd[K6_PATH_MAX];
    char url[2 * K6_PATH_MAX];   /* file:///abs/script.js */
    json_t *config;              /* the configuration file's layer; NULL = none */
    json_t *metadata;            /* of an archive; NULL = none */
    struct buf text, bundle;
    struct plan_pair *env;
    int exit_code;               /* of the last failure */
};
/* ERROR_*, -errno with k6's words; t->exit_code is set. */
int k6_script_init(struct k6_script *t, struct k6_call *call, struct error *err) MUST_USE;
void k6_script_deinit(struct k6_script *t);

/* The layers, from what script_ops.describe told. */
struct k6_layers {
    struct options_layers options;
    json_t *description;
    const char **exports;
    struct options_metric *metrics;
};
int k6_layers_init(struct k6_layers *l, const struct k6_script *t, struct view description, struct error *err) MUST_USE;
void k6_layers_deinit(struct k6_layers *l);

/* For fleet_callbacks.make_plan with ctx = the script. Warnings go to the log. */
int k6_script_make_plan(void *script, struct view description, struct plan *out, struct error *err);
/* Logs the notes; on failure completes the sentence in err and sets t->exit_code. */
void k6_script_tell(struct k6_script *t, const struct options_notes *notes, int rc, struct error *err);

/* fleet_options with source, host, log, workers filled. */
void k6_script_fleet_options(struct k6_script *t, struct fleet_options *out);
/* Logs what ended the run; returns the exit code. */
int k6_script_end(struct k6_script *t, int rc, const struct fleet_outcome *outcome);

#endif
