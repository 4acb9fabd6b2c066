/* The flags of k6's commands, and what they and their environment variables come to. */
#ifndef CLI_K6_FLAGS_H
#define CLI_K6_FLAGS_H

#include <jansson.h>

#include "cli/flags.h"
#include "core/arena.h"
#include "load/plan.h"

enum { K6_OUTPUTS_MAX = 32, K6_ENV_MAX = 65536 };

/* Tables; see k6_flags.c. */
extern const struct flag k6_option_flags[];   /* -u, -d … : test options */
extern const struct flag k6_runtime_flags[];  /* -e, --summary-mode … */
extern const struct flag k6_output_flags[];   /* -o, -l … */
extern const struct flag k6_global_flags[];   /* -q, -c, --log-output … */
extern const struct flag k6_engine_flags[];   /* ours, of whatever runs a script: --workers, --offline */
extern const struct flag k6_halftime_flags[]; /* ours, of runs that are kept: --ledger, … */
extern const struct flag k6_archive_flags[], k6_inspect_flags[], k6_version_flags[], k6_new_flags[];

struct k6_settings {
    struct arena arena;
    bool quiet, verbose, no_color;
    const char *config_path; /* NULL = the default one, which may be missing */
    const char *address, *log_output, *log_format;
    const char *console_output;
    const char *type;        /* "js", "archive" or NULL */
    bool extended_compatibility;
    bool include_system_env, no_thresholds, machine_summary, linger;
    const char *summary_mode, *summary_export;
    const char *outputs[K6_OUTPUTS_MAX];
    size_t output_count;
    struct plan_pair *env; /* __ENV: the system's when included, then -e */
    size_t env_count;
    json_t *cli;       /* option layers */
    json_t *env_layer; /* NULL on error */
    int workers;       /* 0 = automatic */
    bool offline, no_ledger;
    const char *ledger, *label; /* NULL = the default one; none */
    const char *html;           /* NULL = no report */
};

/* Only what the log printer needs; cannot fail, so that a later error can be printed the right way. */
void k6_settings_early(struct k6_settings *s, const struct flag_result *r, const struct flag *const *tables);
/* Everything. system_env: the default of --include-system-env-vars. ERROR_INVALID with k6's words; *config tells that it is exit 104, not 255. */
int k6_settings_init(struct k6_settings *s, const struct flag_result *r, const struct flag *const *tables, bool system_env, bool *config,
    struct error *err) MUST_USE;
void k6_settings_deinit(struct k6_settings *s);

const char *k6_getenv(const char *name);

#endif
