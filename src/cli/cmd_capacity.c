/* `halftime capacity SCRIPT|URL`: the highest load that a system sustains within its objectives. One live
 * run, whose level is steered (cli/capacity_steer); the script's own scenarios and thresholds stand aside:
 * one of them lends its function, environment and tags. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/capacity_steer.h"
#include "cli/command.h"
#include "cli/fleet_flags.h"
#include "cli/locust_guest.h"
#include "cli/observe_flags.h"
#include "cli/run_keeper.h"
#include "cli/url_script.h"
#include "core/duration.h"
#include "core/file.h"
#include "ledger/ledger_course.h"
#include "report/outputs.h"

enum { CAPACITY_TEXT_MAX = 4 * 1024 * 1024, CAPACITY_USERS_MAX = 2000, CAPACITY_RATE_USERS = 10 };

static const struct flag capacity_flags[] = {
    {"slo", 0, FLAG_TEXT, "objective", "'http_req_duration: p(95)<500', 'http_req_failed: rate<0.01'", NULL,
        NULL, NULL,
        "what must hold, as a metric and a threshold: 'http_req_duration: p(95)<300', 'http_req_failed: "
        "rate<0.01', "
        "'http_req_duration{name:checkout}: p(99)<1000'; may be given often"},
    {"rate", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL,
        "search for iterations per second (open model) instead of users (closed model)"},
    {"start", 0, FLAG_TEXT, "number", "1 user, 10 iterations/s", NULL, NULL, NULL,
        "the first load; it is doubled until it fails"},
    {"least", 0, FLAG_TEXT, "number", "1", NULL, NULL, NULL, "the least load worth knowing"},
    {"most", 0, FLAG_TEXT, "number", NULL, NULL, NULL, NULL,
        "the most load that may be made (default: 2000 users, or 100,000 iterations/s)"},
    {"precision", 0, FLAG_TEXT, "percent", "3", NULL, NULL, NULL,
        "how narrow the interval of the answer shall be"},
    {"step", 0, FLAG_TEXT, "duration", "10s", NULL, NULL, NULL,
        "how long a load is measured; clear ones shorter, unclear ones up to three times as long"},
    {"settle", 0, FLAG_TEXT, "duration", "2s", NULL, NULL, NULL,
        "what is not measured after each change of the load; more is left out where a warm-up is seen"},
    {"max-users", 0, FLAG_TEXT, "number", NULL, NULL, NULL, NULL,
        "with --rate: the most users that may be busy at once (default 2000)"},
    {"scenario", 0, FLAG_TEXT, "name", NULL, NULL, NULL, NULL,
        "whose function is run, if the script has several scenarios (default: the first)"},
    {"host", 'H', FLAG_TEXT, "url", NULL, NULL, NULL, NULL, "of a locustfile: the system it loads"},
    {"label", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_LABEL", NULL,
        "a short name in the ledger, to find this search by"},
    {"ledger", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_LEDGER", NULL,
        "where the search is kept, with its report (default: ledger.db in the user's data folder); off = "
        "nowhere"},
    {"no-ledger", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "do not keep it"},
    {"json", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL,
        "the answer and every step as JSON; - is standard output (the text then goes to standard error)"},
    {0},
};

struct capacity {
    struct k6_script script; /* first: the fleet's ctx is cast from it */
    struct capacity_steer_options options;
    struct capacity_steer *steer;
    const char *scenario, *json;
    int64_t users_max;
    struct buf url_script;
    struct observing observing;
    struct fleet_choice choice;
    struct report_sink *keeper; /* NULL = the run is not kept */
    FILE *out;
    bool shown; /* the answer was */
};

/* ---- flags ---- */

static const char *get(const struct k6_call *call, const char *name) {
    return flags_get(&call->flags, call->tables, name, NULL);
}

static int read_number(const struct k6_call *call, const char *name, double fallback, double least,
    double *out, struct error *err) {
    const char *text = get(call, name);
    struct view v = text ? view_of_cstr(text) : VIEW_NULL;

    *out = fallback;
    if (text && v.len > 1 && v.ptr[v.len - 1] == '%')
        v = view_take(v, v.len - 1);
    if (text && (!view_to_double(v, out) || !(*out >= least) || *out > 1e6))
        return error_set(
            err, ERROR_INVALID, "--%s must be a number from %g to 1,000,000, not %.100s", name, least, text);
    return 0;
}

static int read_seconds(
    const struct k6_call *call, const char *name, int fallback, int most, int *out, struct error *err) {
    const char *text = get(call, name);
    int64_t ns;

    *out = fallback;
    if (!text)
        return 0;
    if (duration_parse(view_of_cstr(text), true, false, &ns, NULL) != 0 || ns < 1000000000 ||
        ns > most * (int64_t)1000000000)
        return error_set(
            err, ERROR_INVALID, "--%s must be a duration from 1s to %ds, not %.100s", name, most, text);
    *out = (int)(ns / 1000000000);
    return 0;
}

static int read_objectives(struct capacity *c, const struct k6_call *call, struct error *err) {
    static const char *const defaults[] = {"http_req_duration: p(95)<500", "http_req_failed: rate<0.01"};
    struct capacity_steer_options *o = &c->options;

    int n = objective_texts(&call->flags, defaults, sizeof defaults / sizeof *defaults, o->objectives, err);
    o->objective_count = n > 0 ? (size_t)n : 0;
    return n < 0 ? n : 0;
}

static void keep_step(struct capacity *c, const struct capacity_step *s);

static void on_step(void *ctx, const struct capacity_step *s) {
    struct capacity *c = ctx;
    struct buf line CLEANUP(buf_deinit) = BUF_MAX(CAPACITY_TEXT_MAX);
    struct capacity_report r;

    capacity_steer_report(c->steer, &r);
    if (capacity_report_step(&r, s, &line) == 0)
        fprintf(c->out, "%.*s", VIEW_ARGS(buf_view(&line)));
    fflush(c->out);
    keep_step(c, s);
}

static int read_flags(struct capacity *c, const struct k6_call *call, struct error *err) {
    struct capacity_steer_options *o = &c->options;
    double precision = 100 * CAPACITY_PRECISION, users = CAPACITY_USERS_MAX;

    int r = flags_get_bool(&call->flags, call->tables, "rate", NULL, false, &o->rate, err);
    r = r < 0 ? r : read_objectives(c, call, err);
    r = r < 0 ? r : read_number(call, "start", o->rate ? 10 : 1, 0.001, &o->search.start, err);
    r = r < 0 ? r : read_number(call, "least", 1, 0.001, &o->search.least, err);
    r = r < 0 ? r : read_number(call, "max-users", users, 1, &users, err);
    r = r < 0 ? r : read_number(call, "most", o->rate ? 100000 : CAPACITY_USERS_MAX, 1, &o->search.most, err);
    r = r < 0 ? r : read_number(call, "precision", precision, 0.5, &precision, err);
    r = r < 0 ? r : read_seconds(call, "step", 10, CAPACITY_STEP_SECONDS_MAX / 2, &o->step_s, err);
    r = r < 0 ? r : read_seconds(call, "settle", 2, 60, &o->settle_s, err);
    o->search.precision = precision / 100;
    o->search.whole = !o->rate;
    o->told = on_step;
    o->ctx = c;
    c->users_max = (int64_t)(o->rate ? users : o->search.most);
    c->scenario = get(call, "scenario");
    c->json = get(call, "json");
    c->out = c->json && !strcmp(c->json, "-") ? stderr : stdout;
    return r;
}

/* ---- the plan ---- */

static const struct plan_scenario *lender(const struct capacity *c, const struct plan *p) {
    for (size_t i = 0; i < p->scenario_count; i++)
        if (!c->scenario || view_eq(p->scenarios[i].name, view_of_cstr(c->scenario)))
            return &p->scenarios[i];
    return NULL;
}

static int make_plan(void *ctx, struct view description, struct plan *out, struct error *err) {
    struct capacity *c = ctx;

    int r = k6_script_make_plan(ctx, description, out, err);
    if (r < 0)
        return r;
    const struct plan_scenario *from = lender(c, out);
    if (!from) {
        c->script.exit_code = EXIT_CODE_USAGE;
        return error_set(err, ERROR_INVALID, "--scenario %s: the script has no scenario of this name",
            c->scenario ? c->scenario : "");
    }
    struct plan_scenario steered = {.name = from->name,
        .exec = from->exec,
        .executor = c->options.rate ? PLAN_STEERED_RATE : PLAN_STEERED_USERS,
        .users = c->options.rate ? CAPACITY_RATE_USERS : 0,
        .users_max = c->users_max,
        .env = from->env,
        .env_count = from->env_count,
        .tags = from->tags,
        .tag_count = from->tag_count};
    if (steered.users > steered.users_max)
        steered.users = steered.users_max;
    out->scenarios[0] = steered;
    out->scenario_count = 1;
    out->threshold_count = 0;
    return 0;
}

static void on_running(void *ctx, struct controller *controller) {
    struct capacity *c = ctx;

    capacity_steer_hold(c->steer, controller);
}

static void on_closing(void *ctx, struct controller *controller) {
    struct capacity *c = ctx;

    (void)controller;
    capacity_steer_hold(c->steer, NULL);
}

/* ---- the run ---- */

static int write_json(const struct capacity *c, const struct capacity_report *r, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(CAPACITY_TEXT_MAX);
    int e = capacity_report_json(r, &text);

    if (e < 0)
        return error_set(err, e, "the answer could not be written: %s", error_name(e));
    if (!strcmp(c->json, "-"))
        return printf("%.*s", VIEW_ARGS(buf_view(&text))) < 0
                   ? error_set(err, -1, "standard output is closed")
                   : 0;
    return file_write(c->json, buf_view(&text), err);
}

static int end_code(const struct capacity_report *r, int code) {
    if (code != EXIT_CODE_OK)
        return code;
    switch (r->end) {
    case CAPACITY_END_FOUND:
    case CAPACITY_END_AT_MOST: return EXIT_CODE_OK;
    case CAPACITY_END_GENERATOR: return EXIT_CODE_INVALID_RUN;
    case CAPACITY_END_NOTHING:
    case CAPACITY_END_STEPS: return EXIT_CODE_THRESHOLDS;
    case CAPACITY_END_RUNNING: break;
    }
    return EXIT_CODE_USAGE;
}

static int show(struct capacity *c, int code) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(CAPACITY_TEXT_MAX);
    struct capacity_report r;
    struct error err = ERROR_NULL;

    capacity_steer_report(c->steer, &r);
    r.script = c->script.call->flags.args[0];
    if (r.step_count == 0 && code != EXIT_CODE_OK)
        return code;
    if (capacity_report_text(&r, &text) == 0)
        fprintf(c->out, "%.*s", VIEW_ARGS(buf_view(&text)));
    fflush(c->out);
    if (c->json && write_json(c, &r, &err) < 0) {
        log_printer_say(&c->script.call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
        return EXIT_CODE_USAGE;
    }
    return end_code(&r, code);
}

static const struct probe_second *on_observed(void *ctx) {
    return observing_second(&((struct capacity *)ctx)->observing);
}

/* The course of the search, its answer and its steps are to be looked at afterwards. */
static void open_keeper(struct capacity *c) {
    const struct k6_settings *s = &c->script.call->settings;

    if (!s->no_ledger && !run_keeper_off(s->ledger))
        c->keeper = run_keeper_new(&(struct run_keeper_options){
            .path = s->ledger, .tool = "k6", .label = s->label, .log = &c->script.call->log.sink});
}

static void keep_answer(struct capacity *c) {
    struct buf words CLEANUP(buf_deinit) = BUF_MAX(CAPACITY_TEXT_MAX),
                     json CLEANUP(buf_deinit) = BUF_MAX(CAPACITY_TEXT_MAX);
    struct capacity_report r;

    capacity_steer_report(c->steer, &r);
    r.script = c->script.call->flags.args[0];
    if (r.step_count && capacity_report_words(&r, &words) == 0 && capacity_report_json(&r, &json) == 0)
        run_keeper_tell(c->keeper, buf_view(&words), "capacity", buf_view(&json));
}

/* Each step is a mark in the run's charts. */
static void keep_step(struct capacity *c, const struct capacity_step *s) {
    struct ledger *l = run_keeper_ledger(c->keeper);
    char text[CAPACITY_WHY_MAX + 64];
    struct error err = ERROR_NULL;

    snprintf(text, sizeof text, "%.4g %s: %s%s%s", s->load, c->options.rate ? "iterations/s" : "users",
        capacity_outcome_word(s->outcome), s->why[0] ? ", " : "", s->why);
    if (l && ledger_mark_add(
                 l, run_keeper_run(c->keeper), capacity_steer_second(c->steer), view_of_cstr(text), &err) < 0)
        log_printer_say(
            &c->script.call->log, LOG_WARN, NULL, NULL, "a step is not marked in the ledger: %s", err.text);
}

static int run_fleet_of(struct capacity *c) {
    struct fleet_outcome *outcome = calloc(1, sizeof *outcome);
    open_keeper(c);
    struct report_sink *sinks[] = {capacity_steer_sink(c->steer), c->keeper};
    struct fleet_options fleet;

    if (!outcome)
        return EXIT_CODE_USAGE;
    k6_script_fleet_options(&c->script, &fleet);
    fleet.away = c->choice.wanted ? &c->choice.away : NULL;
    fleet.on_loss = c->choice.on_loss;
    fleet.no_thresholds = true;
    fleet.sinks = sinks;
    fleet.sink_count = c->keeper ? 2 : 1;
    if (c->keeper)
        fleet.log = run_keeper_log(c->keeper);
    c->observing.log = fleet.log;
    fleet.callbacks = (struct fleet_callbacks){.ctx = c,
        .make_plan = make_plan,
        .running = on_running,
        .closing = on_closing,
        .observed = on_observed};
    fprintf(c->out, "Searching for the most %s of %s that hold:\n",
        c->options.rate ? "iterations/s" : "users", c->script.call->flags.args[0]);
    int rc = fleet_run(&fleet, outcome);
    int code = show(c, k6_script_end(&c->script, rc, outcome));
    keep_answer(c);
    run_keeper_end(c->keeper, fleet_end_words(outcome->end), code);
    free(outcome);
    return code;
}

static int read_fleet(struct capacity *c, struct k6_call *call, struct error *err) {
    int r = fleet_choice_init(&c->choice, &call->flags, call->tables, err);

    if (r == 0 && c->choice.away.resume)
        return error_set(err, ERROR_INVALID,
            "a search cannot be resumed: begin it anew, with --start near what it had found");
    return r < 0 || !c->choice.wanted
               ? r
               : fleet_choice_command(&c->choice, "capacity", call->argc, call->argv, err);
}

/* ---- locustfiles ---- */

static void locust_keeper(void *ctx, struct report_sink *keeper) {
    ((struct capacity *)ctx)->keeper = keeper;
}

/* What Locust thinks of failures is not asked: that is what objectives are for. */
static int locust_end(void *ctx, const struct fleet_outcome *o, int code) {
    struct capacity *c = ctx;

    c->shown = true;
    code = o->end == FLEET_END_OK       ? EXIT_CODE_OK
           : o->end == FLEET_END_SIGNAL ? EXIT_CODE_SIGNAL
           : o->end == FLEET_END_CRASH  ? EXIT_CODE_CRASH
                                        : EXIT_CODE_USAGE;
    code = show(c, code);
    keep_answer(c);
    return code;
}

static bool is_passed_on(const struct flag *f) {
    static const struct flag *const tables[] = {fleet_flags, fleet_bus_flags, observe_flags};

    for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
        for (const struct flag *one = tables[t]; one->name; one++)
            if (one == f)
                return true;
    return false;
}

/* Locust's command line: one user to begin with, what concerns the fleet and the probes, and all behind "--".
 */
static int locust_words(struct capacity *c, char **words, struct arena *a) {
    const struct k6_call *call = c->script.call;
    const char *host = get(call, "host");
    int n = 0;

    words[n++] = arena_printf(a, "locust");
    words[n++] = arena_printf(a, "--locustfile=%s", call->flags.args[0]);
    words[n++] = arena_printf(a, "--headless");
    words[n++] = arena_printf(a, "--users=1");
    words[n++] = arena_printf(a, "--spawn-rate=1");
    words[n++] = arena_printf(a, "--loglevel=WARNING");
    if (host)
        words[n++] = arena_printf(a, "--host=%s", host);
    if (call->settings.workers > 1)
        words[n++] = arena_printf(a, "--processes=%d", call->settings.workers);
    for (size_t i = 0; i < call->flags.count; i++)
        if (is_passed_on(call->flags.items[i].flag))
            words[n++] =
                arena_printf(a, "--%s=%s", call->flags.items[i].flag->name, call->flags.items[i].value);
    for (size_t i = 1; i < call->flags.arg_count; i++)
        words[n++] = arena_printf(a, "%s", call->flags.args[i]);
    for (int i = 0; i < n; i++)
        if (!words[i])
            return -ENOMEM;
    return n;
}

/* Locust keeps its run where the environment says. */
static void choose_ledger(const struct k6_settings *s) {
    if (s->no_ledger || s->ledger)
        (void)setenv("HALFTIME_LEDGER", s->no_ledger ? "off" : s->ledger, 1);
}

static int run_locust(struct capacity *c) {
    struct k6_call *call = c->script.call;
    struct locust_guest guest = {.ctx = c,
        .sink = capacity_steer_sink(c->steer),
        .label = call->settings.label,
        .running = on_running,
        .closing = on_closing,
        .keeper = locust_keeper,
        .end = locust_end};
    struct arena a;
    char **words = calloc(FLAGS_ARGS_MAX + call->flags.count + 16, sizeof *words);
    int code = EXIT_CODE_USAGE;

    arena_init(&a, 1024 * 1024);
    int n = words ? locust_words(c, words, &a) : -ENOMEM;
    if (n > 0) {
        choose_ledger(&call->settings);
        fprintf(c->out, "Searching for the most users of %s that hold:\n", call->flags.args[0]);
        fflush(c->out);
        code = locust_run_for(&guest, n, words);
        code = c->shown ? code : EXIT_CODE_USAGE;
    }
    arena_deinit(&a);
    free(words);
    return code;
}

static bool is_locustfile(const struct k6_call *call) {
    size_t n = call->flags.arg_count ? strlen(call->flags.args[0]) : 0;

    return n > 3 && !strcmp(call->flags.args[0] + n - 3, ".py");
}

static int open_locust(struct capacity *c, struct k6_call *call, struct error *err) {
    c->script = (struct k6_script){.call = call, .exit_code = EXIT_CODE_USAGE};
    arena_init(&c->script.arena, 64 * 1024);
    c->options.held = true;
    if (flags_get(&call->flags, call->tables, "scenario", NULL))
        return error_set(err, ERROR_INVALID,
            "--scenario is for k6 scripts; a locustfile's users are chosen behind --: halftime capacity f.py "
            "-- UserClass");
    int r = read_flags(c, call, err);
    return r == 0 && c->options.rate
               ? error_set(err, ERROR_INVALID,
                     "--rate is for k6 scripts and URLs: a locustfile's users are searched for")
               : r;
}

static int open_k6(struct capacity *c, struct k6_call *call, struct error *err) {
    int r = k6_script_init(&c->script, call, err);

    r = r < 0 ? r : url_script_take(&c->script, &c->url_script, err);
    r = r < 0 ? r : read_flags(c, call, err);
    r = r < 0 ? r : read_fleet(c, call, err);
    return r < 0 ? r : observing_init(&c->observing, &call->flags, NULL, err);
}

static int cmd_k6_capacity(struct k6_call *call) {
    struct capacity *c = calloc(1, sizeof *c);
    struct error err = ERROR_NULL;
    int code = EXIT_CODE_USAGE;

    if (!c)
        return code;
    buf_init(&c->url_script, URL_SCRIPT_MAX);
    bool locust = is_locustfile(call);
    int r = locust ? open_locust(c, call, &err) : open_k6(c, call, &err);
    if (r < 0)
        code = c->script.exit_code;
    r = r < 0 ? r : capacity_steer_new(&c->steer, &c->options, &err);
    if (r < 0)
        log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err.text);
    else
        code = locust ? run_locust(c) : run_fleet_of(c);
    observing_deinit(&c->observing);
    fleet_choice_deinit(&c->choice);
    report_sink_free(c->keeper);
    capacity_steer_free(c->steer);
    buf_deinit(&c->url_script);
    k6_script_deinit(&c->script);
    free(c);
    return code;
}

static const struct k6_command command = {.name = "capacity",
    .usage = "capacity SCRIPT|URL [flags]",
    .summary = "",
    .text = "Finds the highest load that a system sustains within its objectives, by one run whose load is "
            "steered: it is doubled until an objective\n"
            "fails, the gap is halved until it is narrow, and both ends are measured once more, from above "
            "and from below. Each load is measured without\n"
            "its warm-up, until it is clear whether it holds; one at which response times keep rising does "
            "not hold, and one at which this machine was\n"
            "the limit says nothing. Then the Universal Scalability Law is fitted to the steady loads.\n\n"
            "A script lends its default function (or that of --scenario); its own scenarios and thresholds "
            "are not used. A locustfile's users are held as\nLocust holds them; what stands behind -- is for "
            "Locust: its tags, user "
            "classes and own arguments. http_req_duration and http_req_failed are then those of\nits "
            "requests, of whatever protocol.\n\n"
            "Exit codes: 0 there is an answer, 90 this machine was the limit, 99 not even the least load "
            "holds, 105 stopped, 255 anything else.",
    .examples = "  halftime capacity --slo 'http_req_duration: p(95)<300' --slo 'http_req_failed: rate<0.01' "
                "script.js\n"
                "  halftime capacity --host http://127.0.0.1:8080 locustfile.py -- --tags checkout\n"
                "  halftime capacity --rate --json capacity.json http://127.0.0.1:8080/\n",
    .tables = {capacity_flags, k6_runtime_flags, k6_engine_flags, fleet_flags, fleet_bus_flags,
        observe_flags},
    .system_env = true,
    .settings = true,
    .run = cmd_k6_capacity};

int cmd_capacity(int argc, char **argv) {
    return k6_command_main(&command, "halftime", argc, argv);
}
