/* `k6 run`: a test from its first banner to its exit code. The fleet runs it; here the faces are put together: progress, outputs, summary,
 * what the run means; and k6's order of events is kept (options are checked before an output that cannot be made ends the run). */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fleet_flags.h"
#include "cli/judge_flags.h"
#include "cli/k6_script.h"
#include "cli/observe_flags.h"
#include "cli/ordinary_days.h"
#include "cli/run_keeper.h"
#include "cli/runs_command.h"
#include "cli/trace_keeper.h"
#include "cli/ui_k6.h"
#include "cli/until_steady.h"
#include "report/console_summary.h"
#include "report/insight.h"
#include "report/outputs.h"
#include "report/progress.h"

enum { SINKS_MAX = OUTPUTS_MAX + 7, SEGMENT_TEXT_MAX = 16 };

/* A sink of our own, for the figures that decide what is said after the run. */
struct last_state {
    struct report_sink base; /* first member */
    bool ended;
    uint64_t iterations_complete;
};

struct k6_run {
    struct k6_script script; /* first: the fleet's ctx is cast from it */
    struct fleet_options fleet;
    struct fleet_choice choice;
    struct trace_choice traces;
    struct report_sink *trace_keeper; /* among sinks; NULL = nobody listens to the system under test */
    struct report_sink *sinks[SINKS_MAX];
    size_t sink_count;
    struct report_sink *until; /* among sinks; NULL = the run ends when its plan does */
    struct report_sink *progress, *insight, *keeper; /* among sinks; keeper NULL = the run is not kept */
    struct observing observing;
    struct diagnosis_options judging;
    struct ui_k6 *ui; /* NULL = neither page nor REST API */
    struct last_state last;
    struct buf outputs_text;
    struct error outputs_error; /* code 0 = all outputs could be made */
    struct summary_options summary;
    enum summary_mode mode;
    bool stdout_tty, stderr_tty, colour;
    char segment[SEGMENT_TEXT_MAX];
};

static int remember(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct last_state *last = (struct last_state *)s;
    (void)err;

    last->ended = true;
    last->iterations_complete = r->iterations_complete;
    return 0;
}

static void leave(struct report_sink *s) { (void)s; }

static const struct report_sink_ops last_state_ops = {.name = "last state", .finish = remember, .free = leave};

/* ---- the terminal ---- */

static void before_log(void *ctx) { progress_hide(ctx); }
static void after_log(void *ctx) { progress_show(ctx); }

/* "50.00%", from flag or variable; empty = the whole. */
static struct view segment_text(const struct k6_settings *s, char out[SEGMENT_TEXT_MAX]) {
    const char *text = json_string_value(json_object_get(s->cli, "executionSegment"));

    if (!text)
        text = json_string_value(json_object_get(s->env_layer, "executionSegment"));
    if (!text)
        return VIEW_NULL;
    snprintf(out, SEGMENT_TEXT_MAX, "%.2f%%", 100 * options_segment_share(view_of_cstr(text)));
    return view_of_cstr(out);
}

/* --until-steady, --until-ci. ERROR_INVALID: no percentage. */
static int make_until(struct k6_run *run) {
    struct k6_call *call = run->script.call;
    const char *ci = flags_get(&call->flags, call->tables, "until-ci", k6_getenv), *steady = flags_get(&call->flags, call->tables, "until-steady", k6_getenv);
    struct until_steady_options o = {.log = &call->log};
    struct view text = ci ? view_of_cstr(ci) : VIEW_NULL;

    if (steady && !flags_parse_bool(steady, &o.steady))
        o.steady = false;
    if (text.len > 1 && text.ptr[text.len - 1] == '%')
        text = view_take(text, text.len - 1);
    if (ci && (!view_to_double(text, &o.ci) || !(o.ci >= 0.1) || o.ci > 50)) {
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "--until-ci must be a percentage from 0.1 to 50, such as 5%%, not %s", ci);
        return ERROR_INVALID;
    }
    o.ci /= 100;
    if (o.steady || o.ci > 0)
        run->until = until_steady_new(&o);
    return 0;
}

static int make_faces(struct k6_run *run) {
    const struct k6_settings *s = &run->script.call->settings;
    struct log_printer *log = &run->script.call->log;

    run->stdout_tty = isatty(STDOUT_FILENO);
    run->stderr_tty = isatty(STDERR_FILENO);
    run->colour = run->stdout_tty && !s->no_color;
    run->progress = progress_new(&(struct progress_options){.out = stdout, .tty = run->stdout_tty, .quiet = s->quiet, .colour = run->colour,
        .segment = segment_text(s, run->segment)});
    run->insight = insight_new(&(struct insight_options){.out = stdout, .colour = run->colour, .silent = run->mode == SUMMARY_DISABLED,
        .diagnosis = run->judging});
    if (!run->progress || !run->insight)
        return -1;
    log->before = before_log;
    log->after = after_log;
    log->ctx = run->progress;
    return 0;
}

/* Files are opened now; when one cannot be, the run goes as far as its plan and ends there. */
static void make_outputs(struct k6_run *run) {
    const struct k6_settings *s = &run->script.call->settings;
    struct view specs[K6_OUTPUTS_MAX];
    size_t n = s->output_count;

    for (size_t i = 0; i < n; i++)
        specs[i] = view_of_cstr(s->outputs[i]);
    if (outputs_describe(specs, n, &run->outputs_text))
        buf_clear(&run->outputs_text);
    if (n > OUTPUTS_MAX)
        error_set(&run->outputs_error, ERROR_LIMIT, "%zu outputs, the limit is %d", n, OUTPUTS_MAX);
    else if (outputs_new(specs, n, run->sinks, &run->outputs_error) == 0)
        run->sink_count = n;
    run->sinks[run->sink_count++] = run->progress;
    run->sinks[run->sink_count++] = run->insight;
    bool off = !run->ui && (s->no_ledger || run_keeper_off(s->ledger));
    if (!off || s->html) /* the report is drawn from what was kept */
        run->keeper = run_keeper_new(&(struct run_keeper_options){.path = run->ui ? ui_session_ledger(ui_k6_session(run->ui)) : s->ledger, .tool = "k6",
            .label = s->label, .log = run->ui ? ui_session_log(ui_k6_session(run->ui)) : &run->script.call->log.sink, .temporary = off});
    if (run->keeper)
        run->sinks[run->sink_count++] = run->keeper;
    struct log_sink *log = run->keeper ? run_keeper_log(run->keeper) : &run->script.call->log.sink;
    struct trace_keeper_options traces = {.choice = run->traces, .run_keeper = run->keeper, .log = log};
    if (!run->outputs_error.code && trace_keeper_new(&run->trace_keeper, &traces, &run->outputs_error) == 0 && run->trace_keeper)
        run->sinks[run->sink_count++] = run->trace_keeper;
    if (run->ui)
        run->sinks[run->sink_count++] = ui_session_sink(ui_k6_session(run->ui));
    if (run->until)
        run->sinks[run->sink_count++] = run->until;
    run->last.base.ops = &last_state_ops;
    run->sinks[run->sink_count++] = &run->last.base;
}

/* ---- the fleet's questions ---- */

static int make_plan(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct k6_run *run = ctx;
    struct options_runtime options;

    int rc = k6_script_make_plan(ctx, description, out, err);
    if (rc)
        return rc;
    rc = options_runtime_init(&options, out->host_options, err);
    run->fleet.summary_timeout_us = options.handle_summary_timeout_us;
    options_runtime_deinit(&options);
    if (rc)
        return rc;
    out->trace_run = trace_choice_run(&run->traces);
    summary_options_from_plan(&run->summary, out);
    run->summary.mode = run->mode;
    run->summary.colour = run->colour;
    run->summary.no_color = run->script.call->settings.no_color;
    run->summary.stdout_tty = run->stdout_tty;
    run->summary.stderr_tty = run->stderr_tty;
    run->summary.machine_readable = run->script.call->settings.machine_summary;
    if (!run->outputs_error.code)
        return 0;
    progress_failed_start(run->progress, out, "");
    run->script.exit_code = EXIT_CODE_USAGE;
    return error_set(err, run->outputs_error.code, "%s", run->outputs_error.text);
}

static int summary_data(void *ctx, const struct run_state *r, struct buf *json_out) {
    const struct k6_run *run = ctx;

    return summary_handle_data(r, &run->summary, json_out);
}

static void show_summary(void *ctx, const struct run_state *r, struct view handled) {
    struct k6_run *run = ctx;
    struct console_summary c = {.options = &run->summary, .export_path = run->script.call->settings.summary_export, .progress = run->progress,
        .out = stdout, .err = stderr};
    struct error err = ERROR_NULL;

    trace_keeper_settle(run->trace_keeper, r);
    if (console_summary_end(&c, r, handled, &err))
        log_printer_say(&run->script.call->log, LOG_ERROR, "error", err.text, "failed to handle the end-of-test summary");
}

static void on_initialised(void *ctx, uint64_t users, uint64_t of) {
    progress_initialised(((struct k6_run *)ctx)->progress, users, of);
}

/* ---- the page ---- */

static void on_opened(void *ctx, struct controller *c) {
    struct k6_run *run = ctx;

    if (run->ui)
        ui_session_opened(ui_k6_session(run->ui), c);
}

static void on_running(void *ctx, struct controller *c) {
    struct k6_run *run = ctx;

    until_steady_hold(run->until, c);
    if (run->ui)
        ui_session_run(ui_k6_session(run->ui), run_keeper_run(run->keeper));
}

static void on_closing(void *ctx, struct controller *c) {
    struct k6_run *run = ctx;

    (void)c;
    until_steady_hold(run->until, NULL);
}

static void on_closed(void *ctx, struct controller *c) {
    struct k6_run *run = ctx;

    if (run->ui)
        ui_session_closed(ui_k6_session(run->ui), c);
}

static const struct probe_second *on_observed(void *ctx) {
    return observing_second(&((struct k6_run *)ctx)->observing);
}

static void end_page(struct k6_run *run, const struct fleet_outcome *o) {
    bool in_order = o->end == FLEET_END_OK || o->end == FLEET_END_SIGNAL || o->end == FLEET_END_STOPPED;

    if (!run->ui)
        return;
    ui_session_ended(ui_k6_session(run->ui), in_order ? "" : o->message);
    if (!o->signal)
        ui_k6_stay(run->ui);
}

/* ---- */

static void warn_about_unsupported(struct k6_run *run) {
    struct k6_call *call = run->script.call;
    static const struct {
        const char *flag, *why;
    } flags[] = {
        {"secret-source", "secret sources are not supported yet: --secret-source has no effect"},
        {"paused", "a run cannot start paused: --paused has no effect"},
    };
    const char *traces = flags_get(&call->flags, call->tables, "traces-output", k6_getenv);

    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        if (flags_get(&call->flags, call->tables, flags[i].flag, k6_getenv))
            log_printer_say(&call->log, LOG_WARN, NULL, NULL, "%s", flags[i].why);
    if (traces && strcmp(traces, "none") != 0)
        log_printer_say(&call->log, LOG_WARN, NULL, NULL, "traces are not supported yet: --traces-output has no effect");
}

static void warn_if_nothing_finished(struct k6_run *run, const struct fleet_outcome *outcome) {
    bool regular = outcome->end == FLEET_END_OK || outcome->end == FLEET_END_THRESHOLDS || outcome->end == FLEET_END_MARKED_FAILED;

    if (regular && run->last.ended && !run->last.iterations_complete)
        log_printer_say(&run->script.call->log, LOG_WARN, NULL, NULL,
            "No script iterations fully finished, consider making the test duration longer");
}

static void linger(struct k6_run *run) {
    sigset_t set;
    int signal_number;

    log_printer_say(&run->script.call->log, LOG_INFO, NULL, NULL, "The test is done, but --linger was enabled: waiting for Ctrl+C");
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    sigwait(&set, &signal_number);
}

static void write_html(struct k6_run *run) {
    const char *file = run->script.call->settings.html;
    struct error err = ERROR_NULL;

    if (file && run->last.ended && runs_html_file(run_keeper_path(run->keeper), run_keeper_run(run->keeper), file, &err) < 0)
        log_printer_say(&run->script.call->log, LOG_ERROR, "error", err.text, "the report could not be written");
}

/* The script is watched: what is usual stands beside what was measured. */
static void tell_ordinary_days(struct k6_run *run) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(4096);
    const char *path = run_keeper_path(run->keeper);

    if (path && run->last.ended && run->mode != SUMMARY_DISABLED && ordinary_days_write(path, run_keeper_run(run->keeper), &text) == 0)
        printf("%.*s", VIEW_ARGS(buf_view(&text)));
}

static int run_fleet(struct k6_run *run) {
    struct fleet_outcome *outcome = calloc(1, sizeof *outcome);
    bool wants_summary = run->mode != SUMMARY_DISABLED;

    if (!outcome)
        return EXIT_CODE_USAGE;
    k6_script_fleet_options(&run->script, &run->fleet);
    run->fleet.away = run->choice.wanted ? &run->choice.away : NULL;
    run->fleet.on_loss = run->choice.on_loss;
    run->fleet.outputs = buf_view(&run->outputs_text);
    if (run->keeper)
        run->fleet.log = run_keeper_log(run->keeper);
    run->observing.log = run->fleet.log;
    if (run->trace_keeper)
        run->fleet.traces = trace_keeper_summaries(run->trace_keeper);
    run->fleet.sinks = run->sinks;
    run->fleet.sink_count = run->sink_count;
    run->fleet.callbacks = (struct fleet_callbacks){.ctx = run, .make_plan = make_plan, .summary_data = wants_summary ? summary_data : NULL,
        .summary = show_summary, .initialised = on_initialised, .opened = on_opened, .running = on_running, .closing = on_closing, .closed = on_closed, .observed = on_observed};
    int rc = fleet_run(&run->fleet, outcome);
    warn_if_nothing_finished(run, outcome);
    int code = k6_script_end(&run->script, rc, outcome);
    if ((code == EXIT_CODE_OK || code == EXIT_CODE_THRESHOLDS) && insight_invalid(run->insight))
        code = EXIT_CODE_INVALID_RUN;
    run_keeper_end(run->keeper, fleet_end_words(outcome->end), code);
    tell_ordinary_days(run);
    write_html(run);
    end_page(run, outcome);
    if (run->script.call->settings.linger && rc == 0 && !outcome->signal)
        linger(run);
    free(outcome);
    return code;
}

int cmd_k6_run(struct k6_call *call) {
    struct k6_run *run = calloc(1, sizeof *run);
    struct error err = ERROR_NULL;
    int code = EXIT_CODE_USAGE;

    if (!run)
        return code;
    buf_init(&run->outputs_text, 64 * 1024);
    if (trace_choice_of_flags(&run->traces, &call->flags, call->tables, &err) < 0 || judge_flags_read(&call->flags, &run->judging, &err) < 0 ||
        fleet_choice_init(&run->choice, &call->flags, call->tables, &err) < 0 ||
        (run->choice.wanted && fleet_choice_command(&run->choice, "k6", call->argc, call->argv, &err) < 0)) {
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
    } else if (k6_script_init(&run->script, call, &err)) {
        code = run->script.exit_code;
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
    } else if (observing_init(&run->observing, &call->flags, NULL, &err)) {
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
    } else if (ui_k6_new(&run->ui, call, &err)) {
        code = EXIT_CODE_REST_API;
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
    } else if (!summary_mode_of(view_of_cstr(call->settings.summary_mode), &run->mode) || make_faces(run)) {
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "out of memory");
    } else {
        warn_about_unsupported(run);
        int until = make_until(run);
        make_outputs(run);
        code = until < 0 ? EXIT_CODE_USAGE : run_fleet(run);
    }
    call->log.before = call->log.after = NULL;
    for (size_t i = 0; i < run->sink_count; i++)
        report_sink_free(run->sinks[i]);
    observing_deinit(&run->observing);
    ui_k6_free(run->ui);
    buf_deinit(&run->outputs_text);
    k6_script_deinit(&run->script);
    fleet_choice_deinit(&run->choice);
    free(run);
    return code;
}
