/* What the conductor tells of the locustfile and the command line, and the plan made of it. */
#ifndef CLI_LOCUST_PLAN_H
#define CLI_LOCUST_PLAN_H

#include <jansson.h>

#include "core/buf.h"
#include "load/plan.h"

enum { LOCUST_THRESHOLDS_MAX = 256, LOCUST_OUTS_MAX = 16, LOCUST_PORT = 5557 };

/* Of Locust's options those that the controller needs. Texts belong to `description`. */
struct locust_options {
    json_t *description;
    bool ended;    /* there is nothing to run: help, lists, errors */
    int exit_code; /* then */
    const char *out_text, *err_text, *reason; /* reason: why, in a sentence */
    const char *shape; /* NULL = no LoadTestShape */
    bool headless, autostart, only_summary, print_stats, reset_stats, json, full_history, coarse, master,
        worker;
    int64_t users; /* asked for */
    double spawn_rate, run_time_s, stop_timeout_s, autoquit_s,
        rate;         /* run_time_s 0 = no limit; autoquit_s < 0 = none; rate 0 = none */
    int processes;    /* --processes or --workers; 0 = not given */
    bool distributed; /* given as --processes: master and workers are different processes even if there is one
                       */
    int exit_code_on_error;
    const char *master_host, *master_bind_host, *version; /* version: of Locust's API */
    int master_port, master_bind_port, expect_workers, expect_workers_max_wait_s;
    const char *loglevel, *logfile, *csv_prefix, *html_file, *json_file, *python;
    int64_t console_every_us, csv_every_us, history_every_us; /* set by the locustfile; 0 = as usual */
    bool skip_log_setup, web_login, class_picker;
    int web_port;
    const char *web_host, *web_host_display, *web_token, *tls_cert, *tls_key, *web_base_path; /* NULL = not given */
};
/* ERROR_SYNTAX: no description. */
int locust_options_init(struct locust_options *o, struct view description, struct error *err) MUST_USE;
void locust_options_deinit(struct locust_options *o);

/* ERROR_INVALID: nothing to run, or a threshold that cannot be. */
int locust_plan_make(const struct locust_options *o, struct plan *out, struct error *err) MUST_USE;
/* "request_duration{name:/}: p(95)<200" → target and expression, checked. Views into text. */
int locust_threshold_parse(struct view text, struct plan_threshold *out, struct error *err) MUST_USE;

/* What must be known before anything is started. Environment variables count where the option is not given.
 */
struct locust_early {
    const char *python, *locustfile;
    int processes; /* as in locust_options */
    bool distributed;
    bool worker, master;
    const char *master_host; /* for a locustfile that the master ships */
    int master_port;
    struct view outs[LOCUST_OUTS_MAX]; /* --out */
    size_t out_count;
};
struct locust_early locust_early_of(int argc, char **argv);

#endif
