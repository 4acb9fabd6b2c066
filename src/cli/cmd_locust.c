/* `halftime locust …`, or the program called as locust: a Locust test from its first log line to its exit
 * code.
 *
 * The command line goes to Python as it is, where Locust's parser and the locustfile's own arguments are;
 * what comes back decides. Only what is needed to start a process at all is read before (locust_early_of);
 * when a configuration file turns out to ask for another number of processes, everything is started anew with
 * that number. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/judge_flags.h"
#include "cli/locust_fetch.h"
#include "cli/locust_fleet.h"
#include "cli/locust_guest.h"
#include "cli/locust_join.h"
#include "cli/locust_keys.h"
#include "cli/locust_log.h"
#include "cli/locust_plan.h"
#include "cli/locust_python.h"
#include "cli/locust_stdin.h"
#include "cli/observe_flags.h"
#include "cli/run_keeper.h"
#include "cli/runs_command.h"
#include "cli/trace_keeper.h"
#include "cli/ui_locust.h"
#include "core/file.h"
#include "fleet/control.h"
#include "fleet/controller.h"
#include "fleet/locust_master.h"
#include "report/insight.h"
#include "report/locust_console.h"
#include "report/locust_csv.h"
#include "report/locust_json.h"
#include "report/outputs.h"

enum { LOCUST_SINKS_MAX = 7 + LOCUST_OUTS_MAX, LOCUST_ATTEMPTS_MAX = 2, EXIT_FAILED = 1 };

struct locust_run {
    const struct locust_guest *borrower; /* who steers this run; NULL = nobody */
    struct locust_log log;
    struct locust_python python;
    struct locust_stdin file_from_stdin;
    struct locust_fetch shipped;  /* locustfiles that came from a master */
    struct locust_master *guests; /* --master: workers of Locust; lives over all runs of the page */
    struct locust_options options;
    struct locust_early early;
    struct trace_choice traces;
    struct report_sink *trace_keeper; /* among sinks; NULL = nobody listens to the system under test */
    struct locust_fleet spread; /* over machines */
    struct fleet_options fleet;
    struct fleet_outcome *outcome;
    struct view *args;
    char cwd[LOCUST_PATH_MAX];
    struct report_sink *sinks[LOCUST_SINKS_MAX];
    struct report_sink *console, *insight, *keeper; /* among sinks; keeper NULL = the run is not kept */
    struct error outputs_error;                     /* code 0 = all outputs could be made */
    struct locust_keys keys;
    struct observing observing;
    struct diagnosis_options judging;
    struct timer end_timer;
    struct controller *controller; /* while the load runs */
    bool again;                    /* with another number of processes */
    struct ui_locust *ui;          /* NULL = headless, or not known yet */
    bool autostart;                /* what the command line says about the page's first run */
    double autoquit_s;
    struct controller *described_in; /* from its beginning to its end */
    bool gave_up;     /* there were not enough workers in time */
    bool page_opened; /* this reading of the locustfile was for the page's form */
    bool summarised;
    int exit_code;
};

/* The controller needs no more of the host than its name: its processes are other programs. */
static const struct script_ops python_host = {.name = "locust"};

#define MAIN "locust.main"

static int refuse(struct locust_run *run, struct error *err, const char *why) {
    run->exit_code = EXIT_FAILED;
    return error_set(err, ERROR_INVALID, "%s", why);
}

/* ---- what the locustfile and the command line say ---- */

static int show_end(struct locust_run *run, struct error *err) {
    const struct locust_options *o = &run->options;

    fputs(o->out_text ? o->out_text : "", stdout);
    fflush(stdout);
    fputs(o->err_text ? o->err_text : "", stderr);
    run->exit_code = o->exit_code;
    return error_set(err, ERROR_CLOSED, " ");
}

static void say_as_runner(void *ctx, enum log_level level, const char *text) {
    struct locust_run *run = ctx;
    locust_log_say(&run->log, level, "locust.runners", "%s", text);
}

static int open_master(struct locust_run *run, struct error *err) {
    const struct locust_options *o = &run->options;
    struct locust_master_options m = {.host = o->master_bind_host ? o->master_bind_host : "*",
        .port = o->master_bind_port,
        .ctx = run,
        .say = say_as_runner};
    bool fresh = !run->guests;

    if (!o->master)
        return 0;
    if (fresh && locust_master_new(&run->guests, &m, err) < 0) {
        char why[ERROR_TEXT_MAX];
        snprintf(why, sizeof why, "%s", err->text);
        return refuse(run, err, "") < 0 ? error_set(err, ERROR_INVALID,
            "The Locust master port (%s:%d) was busy, or the address is none of this machine's. Close any applications using that port - perhaps an "
            "old instance of Locust master is still running? (%s)", m.host, m.port, why) : 0;
    }
    run->fleet.guests = run->guests;
    locust_master_quits(run->guests, o->headless);
    int r = locust_master_describe(run->guests, o->description);
    r = r < 0 || !fresh ? r : locust_master_opened(run->guests, run->described_in);
    return r < 0 ? error_set(err, r, "out of memory") : 0;
}

static void on_enough(void *ctx, bool there) {
    struct locust_run *run = ctx;

    if (there) {
        control_begin(run->described_in);
        return;
    }
    run->gave_up = true;
    control_leave(run->described_in);
}

/* As Locust: without the page (or when the test begins by itself) so many workers are waited for; a click finds those that are there. */
static void on_planned(void *ctx, struct controller *c) {
    struct locust_run *run = ctx;
    const struct locust_options *o = &run->options;

    if (!run->guests || o->processes > 0) {
        control_begin(c);
    } else if (!run->ui || run->autostart) {
        locust_master_expect(run->guests, (size_t)o->expect_workers, o->expect_workers_max_wait_s, on_enough, run);
    } else if (locust_master_ready(run->guests) > 0) {
        control_begin(c);
    } else {
        control_abort(c, VIEW("You can't start a distributed test before at least one worker processes has connected"));
    }
}

/* What the run means stays the last. */
static void add_sink(struct locust_run *run, struct report_sink *s) {
    run->sinks[run->fleet.sink_count] = run->insight;
    run->sinks[run->fleet.sink_count - 1] = s;
    run->fleet.sink_count++;
}

static int add_csv(struct locust_run *run, struct error *err) {
    const struct locust_options *o = &run->options;
    struct locust_csv_options csv = {.prefix = o->csv_prefix,
        .full_history = o->full_history,
        .coarse = o->coarse,
        .every_us = o->csv_every_us,
        .stats = locust_console_stats(run->console)};

    if (!o->csv_prefix)
        return 0;
    struct report_sink *s = locust_csv_new(&csv, err);
    if (!s) {
        run->exit_code = EXIT_FAILED;
        return err->code;
    }
    add_sink(run, s);
    return 0;
}

/* The page needs to know the locustfile before anything runs; each run then is a fleet of its own. */
static int open_page(struct locust_run *run, struct error *err) {
    const struct locust_options *o = &run->options;

    if (o->headless)
        return 0;
    if (run->ui) {
        ui_locust_described(run->ui, o);
        add_sink(run, ui_session_sink(ui_locust_session(run->ui)));
        ui_locust_stats(run->ui, locust_console_stats(run->console), !run->fleet.solo);
        return 0;
    }
    if (ui_locust_new(&run->ui, o, run->early.locustfile, run_keeper_off(NULL), &run->log, err) < 0) {
        run->exit_code = EXIT_FAILED;
        return err->code;
    }
    ui_locust_described(run->ui, o);
    run->page_opened = true;
    run->autostart = o->autostart;
    run->autoquit_s = o->autoquit_s;
    return error_set(err, ERROR_CLOSED, " ");
}

static bool other_processes(const struct locust_run *run) {
    const struct locust_options *o = &run->options;

    return o->processes != run->early.processes || o->distributed != run->early.distributed || o->master != run->early.master ||
           o->worker != run->early.worker;
}

static int make_plan(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct locust_run *run = ctx;
    const struct locust_options *o = &run->options;
    int r = locust_options_init(&run->options, description, err);

    if (r < 0)
        return r;
    if (o->ended)
        return show_end(run, err);
    if (run->outputs_error.code)
        return refuse(run, err, run->outputs_error.text);
    if (other_processes(run)) {
        run->early.processes = o->processes;
        run->early.distributed = o->distributed;
        run->early.master = o->master;
        run->early.worker = o->worker;
        run->again = true;
        return error_set(err, ERROR_CLOSED, " ");
    }
    if (!o->skip_log_setup)
        r = locust_log_set(&run->log, o->loglevel, o->logfile, err);
    if (r == 0 && run->borrower && o->shape)
        r = refuse(run, err,
            "the locustfile has a LoadTestShape, which sets the users itself; the search needs a locustfile without one");
    r = r < 0 ? r : open_master(run, err);
    r = r < 0 ? r : open_page(run, err);
    r = r < 0 ? r : locust_plan_make(o, out, err);
    out->trace_run = trace_choice_run(&run->traces);
    r = r < 0 ? r : add_csv(run, err);
    locust_console_set(run->console, &(struct locust_console_options){.out = stderr,
                                         .periodic = !run->borrower && !o->only_summary && (o->print_stats || o->headless),
                                         .every_us = o->console_every_us,
                                         .coarse = o->coarse});
    return r;
}

/* ---- while it runs ---- */

static void on_end_timer(struct timer *t) {
    struct locust_run *run = CONTAINER_OF(t, struct locust_run, end_timer);

    locust_log_say(&run->log, LOG_INFO, MAIN, "--run-time limit reached, %s",
        run->options.headless ? "shutting down" : "stopping test");
    control_stop(run->controller);
}

static void say_how_long(struct locust_run *run) {
    const struct locust_options *o = &run->options;
    struct loop *loop = control_loop(run->controller);

    run->end_timer.fire = on_end_timer;
    if (o->shape)
        return;
    if (o->run_time_s <= 0) {
        locust_log_say(&run->log, LOG_INFO, MAIN, "No run time limit set, use CTRL+C to interrupt");
        return;
    }
    locust_log_say(&run->log, LOG_INFO, MAIN, "Run time limit set to %.15g seconds", o->run_time_s);
    if (timers_arm(loop_timers(loop), &run->end_timer,
            loop_now_us(loop) + (int64_t)(o->run_time_s * 1e6) - control_load_us(run->controller)) < 0)
        control_stop(run->controller);
}

static void say_ramp(struct locust_run *run) {
    const struct locust_options *o = &run->options;

    if (run->fleet.solo)
        locust_log_say(&run->log, LOG_INFO, "locust.runners",
            "Ramping to %lld users at a rate of %.2f per second", (long long)o->users, o->spawn_rate);
    else
        locust_log_say(&run->log, LOG_INFO, "locust.runners",
            "Sending spawn jobs of %lld users at %.2f spawn rate to %d ready workers", (long long)o->users,
            o->spawn_rate, (int)control_workers(run->controller));
}

static void on_running(void *ctx, struct controller *c) {
    struct locust_run *run = ctx;
    const struct locust_options *o = &run->options;

    run->controller = c;
    if (run->ui)
        ui_session_run(ui_locust_session(run->ui), run_keeper_run(run->keeper));
    if (run->borrower) {
        run->borrower->running(run->borrower->ctx, c);
        return;
    }
    say_how_long(run);
    locust_console_begin(run->console);
    if (!o->shape)
        say_ramp(run);
    locust_keys_open(&run->keys, c, &run->log);
}

static void on_closing(void *ctx, struct controller *c) {
    struct locust_run *run = ctx;

    if (run->borrower)
        run->borrower->closing(run->borrower->ctx, c);
    else
        locust_keys_close(&run->keys);
    timers_cancel(loop_timers(control_loop(c)), &run->end_timer);
    run->controller = NULL;
}

static void on_opened(void *ctx, struct controller *c) {
    struct locust_run *run = ctx;

    run->described_in = c;
    if (run->guests && locust_master_opened(run->guests, c) < 0)
        control_abort(c, VIEW("out of memory"));
    if (run->ui)
        ui_session_opened(ui_locust_session(run->ui), c);
}

static void on_closed(void *ctx, struct controller *c) {
    struct locust_run *run = ctx;

    if (run->guests)
        locust_master_closed(run->guests);
    run->described_in = NULL;
    if (!run->ui || run->page_opened)
        return;
    ui_locust_stats(run->ui, NULL, false);
    ui_session_closed(ui_locust_session(run->ui), c);
}

/* ---- the end ---- */

/* Locust's order: what a listener has set beats all; then failures and exceptions. */
static int decide_exit_code(const struct locust_run *run, struct view handled) {
    const struct locust_stats *s = locust_console_stats(run->console);
    json_t *answer = json_loadb(handled.ptr, handled.len, 0, NULL),
           *code = json_object_get(answer, "exit_code");
    bool crossed = run->outcome->end == FLEET_END_THRESHOLDS, invalid = insight_invalid(run->insight);
    int n = s->error_count || s->exception_count ? run->options.exit_code_on_error : EXIT_CODE_OK;

    n = crossed ? EXIT_CODE_THRESHOLDS : n;
    n = invalid && (n == EXIT_CODE_OK || crossed) ? EXIT_CODE_INVALID_RUN : n;
    n = json_is_integer(code) ? (int)json_integer_value(code) : n;
    json_decref(answer);
    return n;
}

static void write_json(struct locust_run *run) {
    const struct locust_options *o = &run->options;
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(LOCUST_JSON_BYTES_MAX);
    struct error err = ERROR_NULL;
    char path[LOCUST_PATH_MAX];

    if (!o->json && !o->json_file)
        return;
    int r = locust_json_entries(locust_console_stats(run->console), &text);
    if (r < 0)
        error_set(&err, r, "the statistics could not be written as JSON: %s", error_name(r));
    if (r == 0 && o->json)
        printf("%.*s\n", VIEW_ARGS(buf_view(&text)));
    fflush(stdout);
    if (r == 0 && o->json_file) {
        snprintf(path, sizeof path, "%s", o->json_file);
        char *slash = strrchr(path, '/');
        if (slash && slash != path) {
            *slash = 0;
            r = file_make_dirs(path, &err);
        }
        snprintf(path, sizeof path, "%s.json", o->json_file);
        r = r < 0 ? r : file_write(path, buf_view(&text), &err);
    }
    if (err.code)
        locust_log_say(&run->log, LOG_ERROR, MAIN, "%s", err.text);
}

static int summary_data(void *ctx, const struct run_state *r, struct buf *json_out) {
    (void)ctx, (void)r;
    return buf_append_view(json_out, VIEW("{}"));
}

static void show_summary(void *ctx, const struct run_state *r, struct view handled) {
    struct locust_run *run = ctx;
    struct error err = ERROR_NULL;

    trace_keeper_settle(run->trace_keeper, r);
    if (locust_console_refresh(run->console, r) < 0)
        locust_log_say(&run->log, LOG_ERROR, MAIN, "out of memory: the figures are not complete");
    if (run->options.shape && !run->outcome->signal)
        locust_log_say(&run->log, LOG_INFO, MAIN, "Shape test completed, shutting down");
    if (run->outcome->signal == SIGTERM)
        locust_log_say(&run->log, LOG_INFO, MAIN, "Got SIGTERM signal");
    insight_refresh(run->insight, r);
    run->exit_code = decide_exit_code(run, handled);
    run->summarised = true;
    if (run->borrower)
        return;
    if (!run->ui)
        locust_log_say(&run->log, LOG_INFO, MAIN, "Shutting down (exit code %d)", run->exit_code);
    write_json(run);
    if (!run->options.json_file && locust_console_end(run->console, r, &err) < 0)
        locust_log_say(&run->log, LOG_ERROR, MAIN, "%s", err.text);
}

static void write_html(struct locust_run *run) {
    const char *file = run->options.html_file;
    struct error err = ERROR_NULL;

    if (file && run->summarised &&
        runs_html_file(run_keeper_path(run->keeper), run_keeper_run(run->keeper), file, &err) < 0)
        locust_log_say(&run->log, LOG_ERROR, MAIN, "%s", err.text);
}

/* How it ended, when not in order. */
static void tell_end(struct locust_run *run, int rc) {
    const struct fleet_outcome *o = run->outcome;
    bool in_order = o->end == FLEET_END_OK || o->end == FLEET_END_SIGNAL ||
                    o->end == FLEET_END_MARKED_FAILED || o->end == FLEET_END_THRESHOLDS;

    if (rc < 0)
        locust_log_say(
            &run->log, LOG_ERROR, MAIN, "the test's processes could not be started: %s", error_name(rc));
    else if (o->end == FLEET_END_THRESHOLDS || (!in_order && view_trim(view_of_cstr(o->message)).len))
        locust_log_say(&run->log, LOG_ERROR, MAIN, "%s", o->message);
    if (rc < 0 || (!in_order && run->exit_code == EXIT_CODE_OK && !run->options.ended))
        run->exit_code = o->end == FLEET_END_CRASH ? EXIT_CODE_CRASH : EXIT_FAILED;
    if (o->second_signal)
        run->exit_code = EXIT_FAILED;
}

/* ---- life ---- */

/* Asked before the options are known. */
static bool wants_html(const struct locust_run *run) {
    bool wants = getenv("LOCUST_HTML") != NULL;
    for (const struct view *arg = run->args; arg->ptr && !wants; arg++)
        wants = view_starts_with(*arg, VIEW("--html"));
    return wants;
}

static int make_faces(struct locust_run *run) {
    bool colour = isatty(STDERR_FILENO) && !getenv("NO_COLOR");

    run->console = locust_console_new(&(struct locust_console_options){.out = stderr});
    run->insight = insight_new(&(struct insight_options){.out = stderr, .colour = colour, .diagnosis = run->judging, .silent = run->borrower != NULL});
    run->sinks[run->fleet.sink_count++] = run->console;
    bool off = !run->ui && run_keeper_off(NULL);
    if (!off || wants_html(run)) /* the report is drawn from what was kept */
        run->keeper = run_keeper_new(&(struct run_keeper_options){.tool = "locust",
            .temporary = off,
            .label = run->borrower ? run->borrower->label : NULL,
            .path = run->ui ? ui_session_ledger(ui_locust_session(run->ui)) : NULL,
            .log = run->ui ? ui_session_log(ui_locust_session(run->ui)) : &run->log.sink});
    if (run->keeper)
        run->sinks[run->fleet.sink_count++] = run->keeper;
    if (run->borrower) {
        run->borrower->keeper(run->borrower->ctx, run->keeper);
        run->sinks[run->fleet.sink_count++] = run->borrower->sink;
    }
    run->outputs_error = ERROR_NULL;
    struct log_sink *log = run->keeper ? run_keeper_log(run->keeper) : &run->log.sink;
    if (trace_keeper_new(&run->trace_keeper,
            &(struct trace_keeper_options){.choice = run->traces, .run_keeper = run->keeper, .log = log},
            &run->outputs_error) == 0 &&
        run->trace_keeper)
        run->sinks[run->fleet.sink_count++] = run->trace_keeper;
    if (!run->outputs_error.code && outputs_new(run->early.outs, run->early.out_count, run->sinks + run->fleet.sink_count,
            &run->outputs_error) == 0)
        run->fleet.sink_count += run->early.out_count;
    run->sinks[run->fleet.sink_count++] = run->insight;
    return run->console && run->insight ? 0 : -ENOMEM;
}

static const struct probe_second *on_observed(void *ctx) {
    return observing_second(&((struct locust_run *)ctx)->observing);
}

static int run_fleet(struct locust_run *run, int argc) {
    int workers = run->early.processes > 0 ? run->early.processes : 1;

    run->fleet = (struct fleet_options){.host = &python_host,
        .program = &run->python.process,
        .away = run->spread.choice.wanted ? &run->spread.choice.away : NULL,
        .on_loss = run->spread.choice.on_loss,
        .solo = workers == 1 && !run->early.distributed && !run->early.master && !run->spread.choice.wanted,
        .held_back = run->early.master,
        .guests = run->guests,
        .source = {.path = view_of_cstr(run->early.locustfile),
            .cwd = view_of_cstr(run->cwd),
            .args = run->args,
            .arg_count = (size_t)argc - 1,
            .program = VIEW("locust")},
        .workers = run->spread.choice.wanted || run->early.master ? run->early.processes : workers,
        .log = &run->log.sink,
        .sinks = run->sinks,
        .callbacks = {.ctx = run,
            .make_plan = make_plan,
            .summary_data = summary_data,
            .summary = show_summary,
            .running = on_running,
            .closing = on_closing,
            .opened = on_opened,
            .closed = on_closed,
            .observed = on_observed,
            .planned = on_planned}};
    if (make_faces(run) < 0)
        return -ENOMEM;
    if (run->keeper)
        run->fleet.log = run_keeper_log(run->keeper);
    run->observing.log = run->fleet.log;
    if (run->trace_keeper)
        run->fleet.traces = trace_keeper_summaries(run->trace_keeper);
    return fleet_run(&run->fleet, run->outcome);
}

static void drop_faces(struct locust_run *run) {
    for (size_t i = 0; i < LOCUST_SINKS_MAX; i++) {
        report_sink_free(run->sinks[i]);
        run->sinks[i] = NULL;
    }
    run->keeper = run->trace_keeper = NULL;
    if (run->borrower)
        run->borrower->keeper(run->borrower->ctx, NULL);
    run->observing.log = NULL; /* it was the keeper's */
    locust_options_deinit(&run->options);
}

static void tell_page(struct locust_run *run) {
    const struct fleet_outcome *o = run->outcome;
    struct view reason = view_trim(view_of_cstr(run->options.ended ? run->options.reason : o->message));
    char text[ERROR_TEXT_MAX];
    bool in_order = o->end == FLEET_END_OK || o->end == FLEET_END_SIGNAL || o->end == FLEET_END_MARKED_FAILED;

    snprintf(text, sizeof text, "%.*s", VIEW_ARGS(view_take(reason, sizeof text - 1)));
    if (!text[0])
        snprintf(text, sizeof text, "The test did not begin (exit code %d): the program's log says why.",
            run->exit_code);
    if (run->summarised)
        ui_session_ended(ui_locust_session(run->ui), in_order ? "" : text);
    else
        ui_session_failed(ui_locust_session(run->ui), text);
}

static void run_once(struct locust_run *run, int argc) {
    *run->outcome = (struct fleet_outcome){0};
    run->again = run->page_opened = run->summarised = false;
    run->exit_code = EXIT_CODE_OK;
    int rc = run_fleet(run, argc);
    if (!run->again && !run->page_opened)
        tell_end(run, rc);
    if (run->borrower && !run->again)
        run->exit_code = run->borrower->end(run->borrower->ctx, run->outcome, run->exit_code);
    run_keeper_end(run->keeper, fleet_end_words(run->outcome->end), run->exit_code);
    write_html(run);
    if (run->ui && !run->page_opened)
        tell_page(run);
    drop_faces(run);
}

static void look_at_guests(void *ctx) {
    struct locust_run *run = ctx;

    locust_master_look(run->guests);
    ui_locust_workers(run->ui, locust_master_ready(run->guests));
}

static void tick_guests(void *ctx) {
    locust_master_tick(((struct locust_run *)ctx)->guests);
}

/* One run after the other, as they are started on the page. */
static void sit(struct locust_run *run, int argc) {
    bool now = run->autostart;

    if (run->guests)
        ui_session_mind(ui_locust_session(run->ui), &(struct ui_session_ward){.fd = locust_master_fd(run->guests),
                                                        .ctx = run,
                                                        .look = look_at_guests,
                                                        .tick = tick_guests});

    for (enum ui_session_event event = UI_SESSION_START; event == UI_SESSION_START;) {
        if (!now &&
            (event = ui_locust_wait(run->ui, run->autostart ? run->autoquit_s : -1)) != UI_SESSION_START)
            break;
        now = false;
        run_once(run, argc);
        if (run->outcome->signal)
            break;
    }
    locust_log_say(&run->log, LOG_INFO, MAIN, "Shutting down (exit code %d)", run->exit_code);
}

static int join_master(struct locust_run *run, int argc) {
    int code = EXIT_FAILED, r = 0;

    if (run->early.distributed)
        r = locust_join_split(run->early.processes, &code);
    if (r < 0)
        fprintf(stderr, "locust: %d processes cannot be started: %s\n", run->early.processes, error_name(r));
    if (r != 0)
        return code;
    return locust_join(&(struct locust_join_options){.early = &run->early,
        .python = &run->python.process,
        .log = &run->log,
        .args = run->args,
        .arg_count = (size_t)argc - 1,
        .cwd = run->cwd});
}

static int run_test(struct locust_run *run, int argc) {
    run->again = true;
    for (int attempt = 0; attempt < LOCUST_ATTEMPTS_MAX && run->again; attempt++) {
        if (run->early.worker)
            return join_master(run, argc);
        run_once(run, argc);
    }
    if (run->gave_up)
        run->exit_code = EXIT_FAILED;
    if (run->page_opened)
        sit(run, argc);
    run->ui = ui_locust_free(run->ui);
    run->guests = locust_master_free(run->guests);
    return run->exit_code;
}

static int locust_open(struct locust_run *run, int argc, char **argv, struct error *err) {
    run->args = calloc((size_t)argc + 1, sizeof *run->args);
    run->outcome = calloc(1, sizeof *run->outcome);
    if (!run->args || !run->outcome)
        return error_set(err, -ENOMEM, "out of memory");
    for (int i = 1; i < argc; i++)
        run->args[i - 1] = view_of_cstr(argv[i]);
    if (!getcwd(run->cwd, sizeof run->cwd))
        return error_set(err, -errno, "the working directory is not readable: %s", strerror(errno));
    run->early = locust_early_of(argc, argv);
    run->traces = trace_choice_of_args(argc, argv);
    if (locust_fleet_prepare(&run->spread, run->early.locustfile, err) < 0)
        return err->code;
    int r = run->early.worker
                ? locust_fetch_take(&run->shipped, &run->early, run->args, (size_t)argc - 1, err)
                : locust_stdin_take(&run->file_from_stdin, STDIN_FILENO, run->args, (size_t)argc - 1, err);
    if (r < 0)
        return r;
    if (run->shipped.paths)
        run->early.locustfile = run->shipped.paths;
    if (run->file_from_stdin.path[0])
        run->early.locustfile = run->file_from_stdin.path;
    return locust_python_find(&run->python, run->early.python, err);
}

int locust_run_for(const struct locust_guest *g, int argc, char **argv) {
    struct locust_run *run = calloc(1, sizeof *run);
    struct error err = ERROR_NULL;
    int code = EXIT_FAILED;

    if (!run)
        return code;
    run->borrower = g;
    locust_log_init(&run->log);
    int r = locust_fleet_init(&run->spread, argc, argv, &err);
    argc = run->spread.argc;
    r = r < 0 ? r : judge_flags_read(&run->spread.flags, &run->judging, &err);
    r = r < 0 ? r : observing_init(&run->observing, &run->spread.flags, NULL, &err);
    if (r < 0 || locust_open(run, argc, run->spread.argv, &err) < 0)
        fprintf(stderr, "locust: %s\n", err.text);
    else
        code = run_test(run, argc);
    observing_deinit(&run->observing);
    locust_log_deinit(&run->log);
    locust_stdin_deinit(&run->file_from_stdin);
    locust_fetch_deinit(&run->shipped);
    free(run->args);
    free(run->outcome);
    locust_fleet_deinit(&run->spread);
    free(run);
    return code;
}

int cmd_locust(int argc, char **argv) {
    return locust_run_for(NULL, argc, argv);
}
