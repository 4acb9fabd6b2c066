/* The seat at the master's table (fleet/locust_worker) lives as long as the program; each test is a fleet of
 * one process, made anew, as from the page. No tables are printed and nothing is kept: the master does that.
 */
#include "cli/locust_join.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/exit_code.h"
#include "fleet/control.h"
#include "fleet/controller.h"
#include "fleet/locust_worker.h"

enum { EXIT_NO_MASTER = 255, EXIT_FAILED = 1, JOIN_PROCESSES_MAX = 1024 };

struct join {
    struct log_sink sink; /* first: records of the run's processes, some for the master, too */
    const struct locust_join_options *o;
    struct locust_worker *worker; /* NULL until the options are known */
    struct locust_options options;
    struct controller *controller; /* of the run that is under way */
    int exit_code;
    bool planned;
};

static const struct script_ops python_host = {.name = "locust"};

static void say(void *ctx, enum log_level level, const char *text) {
    struct join *j = ctx;
    locust_log_say(j->o->log, level, "locust.runners", "%s", text);
}

static void hear_line(void *ctx, const struct log_record *r) {
    struct join *j = ctx;
    struct buf line CLEANUP(buf_deinit) = BUF_MAX(LOCUST_LOG_LINE_MAX);
    if (j->worker &&
        locust_log_format(j->o->log, r->level, "locust.runners", r->message, clock_wall_ns(), &line) == 0)
        locust_worker_log(j->worker, view_trim(buf_view(&line)));
}

static void write_record(struct log_sink *sink, const struct log_record *r) {
    struct join *j = (struct join *)sink;
    hear_line(j, r);
    j->o->log->sink.write(&j->o->log->sink, r);
}

/* ---- what the locustfile and the command line say ---- */

static int show_end(struct join *j, struct error *err) {
    fputs(j->options.out_text ? j->options.out_text : "", stdout);
    fflush(stdout);
    fputs(j->options.err_text ? j->options.err_text : "", stderr);
    j->exit_code = j->options.exit_code;
    return error_set(err, ERROR_CLOSED, " ");
}

static int take_seat(struct join *j, struct error *err) {
    const struct locust_options *o = &j->options;
    struct locust_worker_options w = {
        .host = o->master_host, .port = o->master_port, .version = o->version, .ctx = j, .say = say};
    if (j->worker)
        return 0;
    int r = locust_worker_new(&j->worker, &w, err);
    r = r < 0 ? r : locust_worker_opened(j->worker, j->controller);
    if (r < 0) {
        locust_log_say(
            j->o->log, LOG_ERROR, "locust.main", "Failed to connect to the Locust master: %s", err->text);
        j->exit_code = EXIT_NO_MASTER;
        return error_set(err, r, " ");
    }
    return 0;
}

static int make_plan(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct join *j = ctx;
    locust_options_deinit(&j->options);
    int r = locust_options_init(&j->options, description, err);
    if (r < 0)
        return r;
    if (j->options.ended)
        return show_end(j, err);
    if (!j->options.skip_log_setup)
        r = locust_log_set(j->o->log, j->options.loglevel, j->options.logfile, err);
    r = r < 0 ? r : locust_plan_make(&j->options, out, err);
    r = r < 0 ? r : take_seat(j, err);
    out->held_users = 0; /* how many, the master says */
    out->run_time_us = 0;
    return r;
}

/* ---- a run ---- */

static void on_opened(void *ctx, struct controller *c) {
    struct join *j = ctx;
    j->controller = c;
    if (j->worker && locust_worker_opened(j->worker, c) < 0)
        control_abort(c, VIEW("out of memory"));
}

static void on_planned(void *ctx, struct controller *c) {
    struct join *j = ctx;
    (void)c;
    j->planned = true;
    locust_worker_planned(j->worker);
}

static void on_snapshot(void *ctx, struct view packed) {
    struct join *j = ctx;
    if (j->worker)
        locust_worker_snapshot(j->worker, packed);
}

static void on_progress(void *ctx, struct controller *c) {
    struct join *j = ctx;
    (void)c;
    if (j->worker)
        locust_worker_progress(j->worker);
}

static bool on_message(void *ctx, struct view kind, struct view data, struct view to) {
    struct join *j = ctx;
    (void)to;
    return j->worker && locust_worker_message(j->worker, kind, data);
}

static void on_measured(void *ctx, struct controller *c) {
    struct join *j = ctx;
    (void)c;
    if (j->worker)
        locust_worker_measured(j->worker);
}

static void on_closed(void *ctx, struct controller *c) {
    struct join *j = ctx;
    (void)c;
    if (j->worker)
        locust_worker_closed(j->worker);
    j->controller = NULL;
}

static int summary_data(void *ctx, const struct run_state *r, struct buf *json_out) {
    (void)ctx, (void)r;
    return buf_append_view(json_out, VIEW("{}"));
}

static void show_summary(void *ctx, const struct run_state *r, struct view handled) {
    struct join *j = ctx;
    json_t *answer = json_loadb(handled.ptr, handled.len, 0, NULL),
           *code = json_object_get(answer, "exit_code");
    (void)r;
    if (json_is_integer(code))
        j->exit_code = (int)json_integer_value(code);
    json_decref(answer);
}

/* How it ended, when not in order. */
static void tell_end(struct join *j, const struct fleet_outcome *o, int rc) {
    bool in_order = o->end == FLEET_END_OK || o->end == FLEET_END_SIGNAL || o->end == FLEET_END_MARKED_FAILED;
    if (rc < 0)
        locust_log_say(j->o->log, LOG_ERROR, "locust.main", "the test's processes could not be started: %s",
            error_name(rc));
    else if (!in_order && view_trim(view_of_cstr(o->message)).len)
        locust_log_say(j->o->log, LOG_ERROR, "locust.main", "%s", o->message);
    if (o->signal == SIGTERM)
        locust_log_say(j->o->log, LOG_INFO, "locust.main", "Got SIGTERM signal");
    if ((rc < 0 || !in_order) && !j->options.ended && j->exit_code == EXIT_CODE_OK)
        j->exit_code = o->end == FLEET_END_CRASH ? EXIT_CODE_CRASH : EXIT_FAILED;
}

/* Returns whether there is to be another one. */
static bool run_once(struct join *j) {
    struct fleet_outcome *outcome = calloc(1, sizeof *outcome);
    struct fleet_options fleet = {.host = &python_host,
        .program = j->o->python,
        .solo = true,
        .held_back = true,
        .client_id = j->worker ? locust_worker_id(j->worker) : NULL,
        .source = {.path = view_of_cstr(j->o->early->locustfile),
            .cwd = view_of_cstr(j->o->cwd),
            .args = j->o->args,
            .arg_count = j->o->arg_count,
            .program = VIEW("locust")},
        .workers = 1,
        .log = &j->sink,
        .callbacks = {.ctx = j,
            .make_plan = make_plan,
            .summary_data = summary_data,
            .summary = show_summary,
            .opened = on_opened,
            .planned = on_planned,
            .snapshot = on_snapshot,
            .progress = on_progress,
            .message = on_message,
            .measured = on_measured,
            .closed = on_closed}};
    if (!outcome)
        return false;
    j->planned = false;
    j->exit_code = EXIT_CODE_OK;
    int rc = fleet_run(&fleet, outcome);
    tell_end(j, outcome, rc);
    enum locust_worker_next next = j->worker ? locust_worker_finish(j->worker) : LOCUST_WORKER_QUIT;
    if (next == LOCUST_WORKER_ALONE) {
        locust_log_say(j->o->log, LOG_ERROR, "locust.main", "Failed to connect to the Locust master: ");
        j->exit_code = EXIT_NO_MASTER;
    }
    bool again = next == LOCUST_WORKER_AGAIN && outcome->end == FLEET_END_OK && !outcome->quit;
    free(outcome);
    return again;
}

int locust_join(const struct locust_join_options *o) {
    struct join j = {.sink.write = write_record, .o = o};
    o->log->tap = hear_line;
    o->log->tap_ctx = &j;
    while (run_once(&j))
        ;
    if (j.planned)
        locust_log_say(o->log, LOG_INFO, "locust.main", "Shutting down (exit code %d)", j.exit_code);
    o->log->tap = NULL;
    locust_worker_free(j.worker);
    locust_options_deinit(&j.options);
    return j.exit_code;
}

/* ---- several ---- */

static pid_t children[JOIN_PROCESSES_MAX];
static int child_count;

/* As Locust: the first Ctrl-C reaches the children by themselves, since the terminal sends it to all. */
static void on_signal(int number) {
    static volatile sig_atomic_t before;
    for (int i = 0; i < child_count && (number == SIGTERM || before); i++)
        (void)kill(children[i], number == SIGTERM ? SIGTERM : SIGKILL);
    before = 1;
}

static int wait_for_all(void) {
    int highest = 0, status;
    for (int i = 0; i < child_count; i++) {
        while (waitpid(children[i], &status, 0) < 0 && errno == EINTR)
            ;
        int code = WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILED;
        highest = code > highest ? code : highest;
    }
    return highest;
}

int locust_join_split(int processes, int *code) {
    struct sigaction act = {.sa_handler = on_signal}, was[2];
    if (processes > JOIN_PROCESSES_MAX)
        return ERROR_LIMIT;
    fflush(NULL);
    sigaction(SIGINT, &act, &was[0]);
    sigaction(SIGTERM, &act, &was[1]);
    for (child_count = 0; child_count < processes; child_count++) {
        pid_t pid = fork();
        if (pid == 0) {
            sigaction(SIGINT, &was[0], NULL);
            sigaction(SIGTERM, &was[1], NULL);
            return 0;
        }
        if (pid < 0) {
            int r = -errno;
            on_signal(SIGTERM);
            (void)wait_for_all();
            return r;
        }
        children[child_count] = pid;
    }
    *code = wait_for_all();
    return 1;
}
