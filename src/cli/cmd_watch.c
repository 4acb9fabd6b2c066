/* `halftime watch SCRIPT|URL`: one iteration each few seconds, for days. One live run with a constant arrival
 * rate; the script lends its function, environment and tags, as to the search for the capacity. What each
 * round was worth is judged by cli/watch_judge; here it is kept (ledger/ledger_watch), shown and told. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/observe_flags.h"
#include "cli/run_keeper.h"
#include "cli/ui_flags.h"
#include "cli/ui_k6.h"
#include "cli/url_script.h"
#include "cli/watch_alert.h"
#include "cli/watch_face.h"
#include "cli/watch_judge.h"
#include "core/clock.h"
#include "core/duration.h"
#include "ledger/ledger_course.h"
#include "ledger/ledger_watch.h"
#include "report/outputs.h"

enum {
    EVERY_S = 30,
    LIMIT_LEAST_S = 10, /* of a round, unless --round-timeout says otherwise: --every, but at least … */
    LIMIT_MOST_S = 60,  /* … and at most */
    USERS_MAX = 200,
    HANGING_S = 90, /* rounds that hang so long shall not keep later ones from starting */
    COURSE_S = 60,
    ALERT_TIMEOUT_S = 30,
    SINKS = 5,
};
#define US_PER_S ((int64_t)1000000)
#define DAY_S    ((int64_t)86400)

static const struct flag watch_flags[] = {
    {"every", 0, FLAG_TEXT, "duration", "30s", NULL, NULL, NULL, "how often a round begins: from 1s to 1d"},
    {"for", 0, FLAG_TEXT, "duration", "until Ctrl-C", NULL, NULL, NULL, "how long to watch: 12h, 30d"},
    {"slo", 0, FLAG_TEXT, "objective", "'http_req_failed: rate==0', 'checks: rate==1'", NULL, NULL, NULL,
        "what must hold in each round, as a metric and a threshold: 'http_req_duration: p(95)<300'; may be "
        "given often. A round that "
        "misses one on a duration is slow, one that misses another is bad"},
    {"round-timeout", 0, FLAG_TEXT, "duration", "--every, from 10s to 60s", NULL, NULL, NULL,
        "a round that has not ended by then is bad; the next begin all the same"},
    {"fail-after", 0, FLAG_TEXT, "rounds", "2", NULL, NULL, NULL,
        "so many bad rounds in a row are down; so many that were not good, degraded"},
    {"recover-after", 0, FLAG_TEXT, "rounds", "2", NULL, NULL, NULL,
        "so many good rounds in a row are up again"},
    {"alert-url", 0, FLAG_TEXT, "url", NULL, NULL, NULL, NULL,
        "each change of the state is POSTed there as JSON; up to four of them. An address that is a secret: "
        "HALFTIME_ALERT_URL, for the "
        "command line is kept with the run"},
    {"alert-exec", 0, FLAG_TEXT, "command", NULL, NULL, NULL, NULL,
        "this program is run at each change of the state, with HALFTIME_STATE, HALFTIME_REASON … in its "
        "environment. It is cut at blanks "
        "and no shell sees it, unless it begins with sh -c: then all that follows is one argument"},
    {"alert-timeout", 0, FLAG_TEXT, "duration", "30s", NULL, NULL, NULL,
        "a program that takes longer is killed"},
    {"scenario", 0, FLAG_TEXT, "name", NULL, NULL, NULL, NULL,
        "whose function is run, if the script has several scenarios (default: the first)"},
    {"label", 0, FLAG_TEXT, "text", "watch", NULL, "HALFTIME_LABEL", NULL,
        "under which this watch goes on where the one before ended, and has its status page"},
    {"ledger", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_LEDGER", NULL,
        "where it is kept (default: ledger.db in the user's data folder)"},
    {"no-ledger", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL,
        "do not keep it: no status page, and nothing to compare with"},
    {0},
};

struct watch {
    struct k6_script script; /* first: the fleet's ctx is cast from it */
    struct watch_judge_options judge_options;
    struct watch_alert_options alert_options;
    struct watch_judge *judge;
    struct watch_alert *alert; /* NULL = none */
    struct report_sink *keeper, *face;
    struct report_sink alerts; /* asks the alerts each second what went wrong */
    struct ui_k6 *ui;
    struct observing observing;
    const char *scenario, *label;
    int64_t every_us, duration_us, load_zero_ms;
    struct buf url_script;
    struct log_sink *log;
    bool ledger_failed;
};

/* ---- flags ---- */

static const char *get(const struct watch *w, const char *name) {
    return flags_get(&w->script.call->flags, w->script.call->tables, name, NULL);
}

static int read_us(const struct watch *w, const char *name, int64_t fallback_us, int64_t most_s, int64_t *out,
    struct error *err) {
    const char *text = get(w, name);
    int64_t ns;

    *out = fallback_us;
    if (!text)
        return 0;
    if (duration_parse(view_of_cstr(text), true, false, &ns, NULL) != 0 || ns < 1000 * US_PER_S ||
        ns / 1000 > most_s * US_PER_S)
        return error_set(err, ERROR_INVALID,
            "--%s must be a duration from 1s to %gd, such as 30s or 12h, not %.100s", name,
            (double)most_s / (double)DAY_S, text);
    *out = ns / 1000;
    return 0;
}

static int read_rounds(const struct watch *w, const char *name, int fallback, int *out, struct error *err) {
    const char *text = get(w, name);
    uint64_t n = (uint64_t)fallback;

    if (text && (!view_to_u64(view_of_cstr(text), &n) || n < 1 || n > UPTIME_ROUNDS_MAX))
        return error_set(err, ERROR_INVALID, "--%s must be a number of rounds from 1 to %d, not %.100s", name,
            UPTIME_ROUNDS_MAX, text);
    *out = (int)n;
    return 0;
}

static int read_alerts(struct watch *w, struct error *err) {
    const struct flag_result *flags = &w->script.call->flags;
    int64_t timeout_us;
    int r = read_us(w, "alert-timeout", ALERT_TIMEOUT_S * US_PER_S, 3600, &timeout_us, err);

    w->alert_options.timeout_ms = (int)(timeout_us / 1000);
    w->alert_options.command = get(w, "alert-exec");
    for (size_t i = 0; i < flags->count && r == 0; i++) {
        if (strcmp(flags->items[i].flag->name, "alert-url") != 0)
            continue;
        if (w->alert_options.url_count == WATCH_ALERT_URLS_MAX)
            return error_set(err, ERROR_LIMIT, "more than %d times --alert-url", WATCH_ALERT_URLS_MAX);
        w->alert_options.urls[w->alert_options.url_count++] = flags->items[i].value;
    }
    const char *secret = k6_getenv("HALFTIME_ALERT_URL");
    if (r == 0 && !w->alert_options.url_count && secret)
        w->alert_options.urls[w->alert_options.url_count++] = secret;
    bool any = w->alert_options.command || w->alert_options.url_count;
    return r < 0 || !any ? r : watch_alert_new(&w->alert, &w->alert_options, err);
}

static int read_flags(struct watch *w, struct error *err) {
    static const char *const defaults[] = {"http_req_failed: rate==0", "checks: rate==1"};
    struct watch_judge_options *o = &w->judge_options;
    int r = read_us(w, "every", EVERY_S * US_PER_S, DAY_S, &w->every_us, err);
    int64_t limit_us = w->every_us < LIMIT_LEAST_S * US_PER_S  ? LIMIT_LEAST_S * US_PER_S
                       : w->every_us > LIMIT_MOST_S * US_PER_S ? LIMIT_MOST_S * US_PER_S
                                                               : w->every_us;

    r = r < 0 ? r : read_us(w, "for", PLAN_ENDLESS_US, 3650 * DAY_S, &w->duration_us, err);
    r = r < 0 ? r : read_us(w, "round-timeout", limit_us, DAY_S, &o->limit_us, err);
    r = r < 0 ? r : read_rounds(w, "fail-after", 2, &o->fail_after, err);
    r = r < 0 ? r : read_rounds(w, "recover-after", 2, &o->recover_after, err);
    int n = r < 0 ? r
                  : objective_texts(&w->script.call->flags, defaults, sizeof defaults / sizeof *defaults,
                        o->objectives, err);
    o->objective_count = n > 0 ? (size_t)n : 0;
    w->scenario = get(w, "scenario");
    const char *label = w->script.call->settings.label;
    w->label = label && label[0] ? label : "watch";
    return n < 0 ? n : read_alerts(w, err);
}

/* ---- what happens ---- */

static void say(struct watch *w, enum log_level level, const char *text) {
    w->log->write(w->log, &(struct log_record){.level = level, .message = view_of_cstr(text)});
}

static void ledger_told(struct watch *w, int r, const struct error *err) {
    char text[ERROR_TEXT_MAX + 64];

    if (r >= 0 || w->ledger_failed)
        return;
    w->ledger_failed = true;
    snprintf(text, sizeof text, "the status page misses rounds from here on: %s", err->text);
    say(w, LOG_WARN, text);
}

static void on_round(void *ctx, enum uptime_round round, int64_t at_ms) {
    struct watch *w = ctx;
    struct ledger *l = run_keeper_ledger(w->keeper);
    struct error err = ERROR_NULL;

    if (l)
        ledger_told(w, ledger_round_add(l, run_keeper_run(w->keeper), at_ms, round, &err), &err);
}

static void keep_change(struct watch *w, const struct watch_change *c, struct view text) {
    struct ledger *l = run_keeper_ledger(w->keeper);
    int64_t run = run_keeper_run(w->keeper), second = (c->at_ms - w->load_zero_ms) / 1000;
    struct error err = ERROR_NULL;
    struct ledger_state s = {
        .at_ms = c->at_ms, .since_ms = c->since_ms, .state = c->state, .reason = view_of_cstr(c->reason)};

    if (!l)
        return;
    ledger_told(w, ledger_state_add(l, run, &s, &err), &err);
    ledger_told(w, ledger_mark_add(l, run, second > 0 ? second : 0, text, &err), &err);
}

static void on_changed(void *ctx, const struct watch_change *c) {
    struct watch *w = ctx;
    char text[WATCH_REASON_MAX + 64];
    bool first = c->before == UPTIME_UNKNOWN && c->state == UPTIME_UP; /* as everybody expects */

    snprintf(text, sizeof text, "%s%s%s", uptime_word(c->state), c->reason[0] ? ": " : "", c->reason);
    keep_change(w, c, view_of_cstr(text));
    say(w, c->state == UPTIME_DOWN ? LOG_ERROR : c->state == UPTIME_DEGRADED ? LOG_WARN : LOG_INFO, text);
    if (!w->alert || first)
        return;
    watch_alert_send(w->alert, &(struct watch_event){.before = c->before,
                                   .state = c->state,
                                   .at_ms = c->at_ms,
                                   .since_ms = c->since_ms,
                                   .run = run_keeper_run(w->keeper),
                                   .reason = c->reason,
                                   .label = w->label,
                                   .script = w->script.call->flags.args[0]});
}

static int alert_trouble(struct report_sink *s, struct error *err) {
    struct watch *w = CONTAINER_OF(s, struct watch, alerts);

    return w->alert ? watch_alert_trouble(w->alert, err) : 0;
}

static int finish_alerts(struct report_sink *s, const struct run_state *r, struct error *err) {
    struct watch *w = CONTAINER_OF(s, struct watch, alerts);
    (void)r;

    return w->alert ? watch_alert_finish(w->alert, err) : 0;
}

static void leave(struct report_sink *s) {
    (void)s; /* a part of struct watch */
}

static const struct report_sink_ops alert_ops = {
    .name = "alerts", .trouble = alert_trouble, .finish = finish_alerts, .free = leave};

/* ---- the run ---- */

static int make_plan(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct watch *w = ctx;
    int r = k6_script_make_plan(ctx, description, out, err);
    size_t i = 0;

    if (r < 0)
        return r;
    while (
        i < out->scenario_count && w->scenario && !view_eq(out->scenarios[i].name, view_of_cstr(w->scenario)))
        i++;
    if (i == out->scenario_count) {
        w->script.exit_code = EXIT_CODE_USAGE;
        return error_set(err, ERROR_INVALID, "--scenario %s: the script has no scenario of this name",
            w->scenario ? w->scenario : "");
    }
    const struct plan_scenario *from = &out->scenarios[i];
    int64_t users =
        HANGING_S * US_PER_S / w->every_us + 2; /* all from the start: one that is made late costs a round */
    struct plan_scenario s = {.name = from->name,
        .exec = from->exec,
        .executor = PLAN_CONSTANT_ARRIVAL_RATE,
        .users = users < USERS_MAX ? users : USERS_MAX,
        .users_max = users < USERS_MAX ? users : USERS_MAX,
        .rate = 1,
        .time_unit_us = w->every_us,
        .duration_us = w->duration_us,
        .graceful_stop_us = w->judge_options.limit_us,
        .env = from->env,
        .env_count = from->env_count,
        .tags = from->tags,
        .tag_count = from->tag_count};
    out->scenarios[0] = s;
    out->scenario_count = 1;
    out->threshold_count = 0;
    return 0;
}

static void on_opened(void *ctx, struct controller *c) {
    struct watch *w = ctx;

    if (w->ui)
        ui_session_opened(ui_k6_session(w->ui), c);
}

static void on_closed(void *ctx, struct controller *c) {
    struct watch *w = ctx;

    if (w->ui)
        ui_session_closed(ui_k6_session(w->ui), c);
}

/* Goes on with the state in which the watch before left it: what was down is told when it is up. */
static void on_running(void *ctx, struct controller *c) {
    struct watch *w = ctx;
    struct ledger *l = run_keeper_ledger(w->keeper);
    struct ledger_state s = {0};
    struct error err = ERROR_NULL;

    w->load_zero_ms = (clock_wall_us() - control_load_us(c)) / 1000;
    if (w->ui)
        ui_session_run(ui_k6_session(w->ui), run_keeper_run(w->keeper));
    int r = l ? ledger_state_newest(l, view_of_cstr(w->label), &s, &err) : LEDGER_NOT_FOUND;
    ledger_told(w, r, &err);
    if (r == LEDGER_OK)
        watch_judge_resume(w->judge, s.state, s.since_ms);
}

static const struct probe_second *on_observed(void *ctx) {
    return observing_second(&((struct watch *)ctx)->observing);
}

static void say_end(struct watch *w) {
    struct watch_figures f = watch_judge_figures(w->judge);
    char words[WATCH_FACE_MAX];

    if (!(f.good + f.slow + f.bad))
        return;
    watch_face_words(&f, clock_wall_us() / 1000, words);
    printf("%s\n", words);
    fflush(stdout);
}

static int run_it(struct watch *w, struct report_sink **sinks, size_t sink_count) {
    struct fleet_outcome *outcome = calloc(1, sizeof *outcome);
    struct fleet_options fleet;
    char every[DURATION_TEXT_MAX];
    int code = EXIT_CODE_OK;

    if (!outcome)
        return EXIT_CODE_USAGE;
    k6_script_fleet_options(&w->script, &fleet);
    fleet.workers = fleet.workers ? fleet.workers : 1;
    fleet.no_thresholds = true;
    fleet.log = w->log;
    fleet.sinks = sinks;
    fleet.sink_count = sink_count;
    fleet.callbacks = (struct fleet_callbacks){.ctx = w,
        .make_plan = make_plan,
        .running = on_running,
        .opened = on_opened,
        .closed = on_closed,
        .observed = on_observed};
    w->observing.log = w->log;
    printf(
        "Watching %s every %s.\n", w->script.call->flags.args[0], duration_format(w->every_us * 1000, every));
    fflush(stdout);
    int rc = fleet_run(&fleet, outcome);
    say_end(w);
    if (rc || outcome->end != FLEET_END_SIGNAL)
        code = k6_script_end(&w->script, rc, outcome);
    if (code == EXIT_CODE_OK && outcome->end == FLEET_END_OK &&
        watch_judge_figures(w->judge).state == UPTIME_DOWN)
        code = EXIT_CODE_THRESHOLDS;
    if (w->keeper)
        run_keeper_end(w->keeper, fleet_end_words(outcome->end), code);
    if (w->ui)
        ui_session_ended(ui_k6_session(w->ui), "");
    free(outcome);
    return code;
}

/* The ledger's sink goes first: the others write beside what it has begun. */
static int make_sinks(struct watch *w, struct report_sink *sinks[SINKS], size_t *count) {
    struct k6_call *call = w->script.call;
    const struct k6_settings *s = &call->settings;
    bool off = !w->ui && (s->no_ledger || run_keeper_off(s->ledger)), tty = isatty(STDOUT_FILENO);

    w->log = w->ui ? ui_session_log(ui_k6_session(w->ui)) : &call->log.sink;
    if (!off) {
        w->keeper = run_keeper_new(
            &(struct run_keeper_options){.path = w->ui ? ui_session_ledger(ui_k6_session(w->ui)) : s->ledger,
                .tool = "k6",
                .label = w->label,
                .log = w->log,
                .course_s = COURSE_S});
        if (!w->keeper)
            return -1;
        sinks[(*count)++] = w->keeper;
        w->log = run_keeper_log(w->keeper);
    }
    sinks[(*count)++] = watch_judge_sink(w->judge);
    sinks[(*count)++] = &w->alerts;
    w->face = watch_face_new(w->judge, stdout, tty);
    if (!w->face)
        return -1;
    sinks[(*count)++] = w->face;
    if (w->ui)
        sinks[(*count)++] = ui_session_sink(ui_k6_session(w->ui));
    if (tty && isatty(STDERR_FILENO)) {
        call->log.before = watch_face_hide;
        call->log.after = watch_face_show;
        call->log.ctx = w->face;
    }
    return 0;
}

static int run_with_sinks(struct watch *w) {
    struct report_sink *sinks[SINKS] = {0};
    size_t count = 0;
    int code = EXIT_CODE_USAGE;

    if (make_sinks(w, sinks, &count) < 0)
        log_printer_say(&w->script.call->log, LOG_ERROR, NULL, NULL, "out of memory");
    else
        code = run_it(w, sinks, count);
    w->script.call->log.before = w->script.call->log.after = NULL;
    for (size_t i = 0; i < count; i++)
        report_sink_free(sinks[i]);
    return code;
}

static int cmd_k6_watch(struct k6_call *call) {
    struct watch *w = calloc(1, sizeof *w);
    struct error err = ERROR_NULL;
    int code = EXIT_CODE_USAGE;

    if (!w)
        return code;
    buf_init(&w->url_script, URL_SCRIPT_MAX);
    w->alerts.ops = &alert_ops;
    w->judge_options.round = on_round;
    w->judge_options.changed = on_changed;
    w->judge_options.ctx = w;
    int r = k6_script_init(&w->script, call, &err);
    if (r < 0)
        code = w->script.exit_code;
    r = r < 0 ? r : url_script_take(&w->script, &w->url_script, &err);
    r = r < 0 ? r : read_flags(w, &err);
    r = r < 0 ? r : watch_judge_new(&w->judge, &w->judge_options, &err);
    r = r < 0 ? r : observing_init(&w->observing, &call->flags, NULL, &err);
    if (r == 0 && (r = ui_k6_new(&w->ui, call, &err)) < 0)
        code = EXIT_CODE_REST_API;
    if (r < 0)
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
    else
        code = run_with_sinks(w);
    observing_deinit(&w->observing);
    watch_alert_free(w->alert);
    watch_judge_free(w->judge);
    ui_k6_free(w->ui);
    buf_deinit(&w->url_script);
    k6_script_deinit(&w->script);
    free(w);
    return code;
}

static const struct k6_command command = {.name = "watch",
    .usage = "watch SCRIPT|URL [flags]",
    .summary = "",
    .text = "Runs a script, or gets a URL, each few seconds for as long as you like, keeps every round in "
            "the ledger, and tells when the "
            "system is down,\ndegraded, or up again. A script lends its default function (or that of "
            "--scenario); its own scenarios and "
            "thresholds are not used.\n\n"
            "A round is good; slow, if only objectives on durations were missed; or bad: another objective "
            "was missed, the script threw, or "
            "the round did not\nend in time. The state changes after --fail-after and --recover-after "
            "rounds. Each change is a line in the "
            "log, an event in the run's charts,\nand an alert (--alert-url, --alert-exec).\n\n"
            "With --ui there is the page of the run, and at /status a small one that anybody can read: the "
            "state, availability and response "
            "times of the last\nhour, day, week and month, and what went wrong. It is computed from the "
            "ledger over all runs of the label, so "
            "it survives restarts.\n\n"
            "Exit codes: 0 stopped, or --for is over; 99 it was down when --for was over; 106 the page could "
            "not be served; 255 anything else.",
    .examples =
        "  halftime watch https://shop.example/\n"
        "  halftime watch --every 1m --for 30d --slo 'http_req_duration: p(95)<500' --ui --label shop \\\n"
        "      --alert-url https://hooks.example/T0/B1 checkout.js\n"
        "  halftime watch --alert-exec 'sh -c echo \"$HALFTIME_TEXT\" | mail -s \"shop: $HALFTIME_STATE\" "
        "ops@example.org' checkout.js\n",
    .tables = {watch_flags, k6_runtime_flags, k6_engine_flags, observe_flags, k6_ui_flags, ui_server_flags},
    .system_env = true,
    .settings = true,
    .run = cmd_k6_watch};

int cmd_watch(int argc, char **argv) {
    return k6_command_main(&command, "halftime", argc, argv);
}
