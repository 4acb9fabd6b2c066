#include "cli/locust_plan.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/locust_figures.h"
#include "stats/request_metric.h"
#include "stats/threshold.h"

/* ---- what must be known early ---- */

static int processes_of(const char *text) {
    int64_t n = 0;

    if (!text || !view_to_i64(view_of_cstr(text), &n))
        return 0; /* what is wrong with it the parser tells */
    if (n == -1)
        return (int)sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 && n < PLAN_USERS_MAX ? (int)n : 0;
}

/* "--name value" or "--name=value"; NULL when argv[i] is something else. */
static const char *value_of(const char *name, int i, int argc, char **argv) {
    size_t len = strlen(name);

    if (strncmp(argv[i], name, len) != 0)
        return NULL;
    if (argv[i][len] == '=')
        return argv[i] + len + 1;
    return argv[i][len] == 0 && i + 1 < argc ? argv[i + 1] : NULL;
}

/* A flag, in the environment as Locust's parser reads it. */
static bool switched_on(const char *variable) {
    const char *value = getenv(variable);
    return value && (strcmp(value, "true") == 0 || strcmp(value, "True") == 0 || strcmp(value, "1") == 0 || strcmp(value, "yes") == 0);
}

static int port_of(const char *text) {
    int64_t n = 0;
    return text && view_to_i64(view_of_cstr(text), &n) && n > 0 && n < 65536 ? (int)n : LOCUST_PORT;
}

struct locust_early locust_early_of(int argc, char **argv) {
    const char *processes = getenv("LOCUST_PROCESSES"), *workers = getenv("HALFTIME_WORKERS"), *value;
    const char *port = getenv("LOCUST_MASTER_NODE_PORT");
    struct locust_early e = {.locustfile = getenv("LOCUST_LOCUSTFILE"),
        .master_host = getenv("LOCUST_MASTER_NODE_HOST"),
        .worker = switched_on("LOCUST_MODE_WORKER"),
        .master = switched_on("LOCUST_MODE_MASTER")};

    for (int i = 1; i < argc; i++) {
        if ((value = value_of("--python", i, argc, argv)))
            e.python = value;
        if ((value = value_of("-f", i, argc, argv)) || (value = value_of("--locustfile", i, argc, argv)))
            e.locustfile = value;
        if ((value = value_of("--processes", i, argc, argv)))
            processes = value;
        if ((value = value_of("--workers", i, argc, argv)))
            workers = value;
        if ((value = value_of("--master-host", i, argc, argv)))
            e.master_host = value;
        if ((value = value_of("--master-port", i, argc, argv)))
            port = value;
        e.worker = e.worker || strcmp(argv[i], "--worker") == 0;
        e.master = e.master || strcmp(argv[i], "--master") == 0;
        if ((value = value_of("--out", i, argc, argv)) && e.out_count < LOCUST_OUTS_MAX)
            e.outs[e.out_count++] = view_of_cstr(value);
    }
    e.locustfile = e.locustfile ? e.locustfile : "locustfile.py";
    e.master_host = e.master_host ? e.master_host : "127.0.0.1";
    e.master_port = port_of(port);
    e.processes = processes_of(processes);
    e.distributed = e.processes > 0;
    if (!e.distributed)
        e.processes = processes_of(workers);
    return e;
}

/* ---- the description ---- */

static const char *text_of(const json_t *options, const char *key) {
    const char *text = json_string_value(json_object_get(options, key));

    return text && text[0] ? text : NULL;
}

static double number_of(const json_t *options, const char *key, double fallback) {
    const json_t *v = json_object_get(options, key);

    return json_is_number(v) ? json_number_value(v) : fallback;
}

static int64_t us_of(double seconds) {
    return seconds > 0 && seconds < 1e9 ? (int64_t)llround(seconds * 1e6) : 0;
}

static bool flag_of(const json_t *options, const char *key) {
    return json_is_true(json_object_get(options, key));
}

static void read_end(struct locust_options *o, const json_t *end) {
    o->ended = true;
    o->exit_code = (int)json_integer_value(json_object_get(end, "code"));
    o->out_text = json_string_value(json_object_get(end, "stdout"));
    o->err_text = json_string_value(json_object_get(end, "stderr"));
    o->reason = json_string_value(json_object_get(end, "reason"));
}

/* tidy: table */
static void read_options(struct locust_options *o, const json_t *v) {
    o->headless = flag_of(v, "headless");
    o->autostart = flag_of(v, "autostart");
    o->only_summary = flag_of(v, "only_summary");
    o->print_stats = flag_of(v, "print_stats");
    o->reset_stats = flag_of(v, "reset_stats");
    o->json = flag_of(v, "json");
    o->full_history = flag_of(v, "stats_history_enabled");
    o->coarse = flag_of(v, "coarse_percentiles");
    o->master = flag_of(v, "master");
    o->worker = flag_of(v, "worker");
    o->skip_log_setup = flag_of(v, "skip_log_setup");
    o->users = (int64_t)number_of(v, "num_users", 1);
    o->spawn_rate = number_of(v, "spawn_rate", 1);
    o->run_time_s = number_of(v, "run_time", 0);
    o->stop_timeout_s = number_of(v, "stop_timeout", 0);
    o->autoquit_s = number_of(v, "autoquit", -1);
    o->rate = number_of(v, "rate", 0);
    o->exit_code_on_error = (int)number_of(v, "exit_code_on_error", 1);
    o->processes = (int)number_of(v, "processes", 0);
    o->distributed = o->processes != 0;
    if (o->processes == 0)
        o->processes = (int)number_of(v, "workers", 0);
    if (o->processes < 0)
        o->processes = (int)sysconf(_SC_NPROCESSORS_ONLN);
    o->master_host = text_of(v, "master_host");
    o->master_bind_host = text_of(v, "master_bind_host");
    o->master_port = (int)number_of(v, "master_port", LOCUST_PORT);
    o->master_bind_port = (int)number_of(v, "master_bind_port", LOCUST_PORT);
    o->expect_workers = (int)number_of(v, "expect_workers", 1);
    o->expect_workers_max_wait_s = (int)number_of(v, "expect_workers_max_wait", 0);
    o->loglevel = text_of(v, "loglevel");
    o->logfile = text_of(v, "logfile");
    o->csv_prefix = text_of(v, "csv_prefix");
    o->html_file = text_of(v, "html_file");
    o->json_file = text_of(v, "json_file");
    o->python = text_of(v, "python");
    o->web_login = flag_of(v, "web_login");
    o->class_picker = flag_of(v, "class_picker");
    o->web_port = (int)number_of(v, "web_port", 8089);
    o->web_host = text_of(v, "web_host");
    o->web_host_display = text_of(v, "web_host_display_name");
    o->web_token = text_of(v, "web_token");
    o->tls_cert = text_of(v, "tls_cert");
    o->tls_key = text_of(v, "tls_key");
    o->web_base_path = text_of(v, "web_base_path");
}

/* What a locustfile may have set in locust.stats. */
static void read_tunables(struct locust_options *o, const json_t *stats) {
    const json_t *list = json_object_get(stats, "percentiles_to_report"), *v;
    double fractions[LOCUST_PERCENTILES_MAX];
    size_t i, n = json_array_size(list);

    o->console_every_us = us_of(number_of(stats, "console_interval_s", 0));
    o->csv_every_us = us_of(number_of(stats, "csv_interval_s", 0));
    o->history_every_us = us_of(number_of(stats, "history_interval_s", 0));
    json_array_foreach(list, i, v) if (i < LOCUST_PERCENTILES_MAX) fractions[i] = json_number_value(v);
    if (locust_percentiles_set(n ? fractions : NULL, n) < 0)
        (void)!locust_percentiles_set(NULL, 0); /* Python has said what is wrong with them */
}

int locust_options_init(struct locust_options *o, struct view description, struct error *err) {
    json_error_t why;

    *o = (struct locust_options){.description = json_loadb(description.ptr, description.len, 0, &why)};
    if (!json_is_object(o->description))
        return error_set(
            err, ERROR_SYNTAX, "the locustfile's description is not a JSON object: %s", why.text);
    const json_t *end = json_object_get(o->description, "exit");
    if (json_is_object(end))
        read_end(o, end);
    o->shape = text_of(o->description, "shape");
    o->version = text_of(o->description, "version");
    read_options(o, json_object_get(o->description, "options"));
    read_tunables(o, json_object_get(o->description, "stats"));
    return 0;
}

void locust_options_deinit(struct locust_options *o) {
    json_decref(o->description);
    *o = (struct locust_options){0};
}

/* ---- thresholds ---- */

static const struct {
    const char *name;
    enum metric_type type;
} request_metrics[] = {
#define ROW(id, name, type, contains) {name, METRIC_##type},
    REQUEST_METRICS(ROW) METRIC_BUILTINS(ROW)
#undef ROW
};

static int check_metric(
    struct view text, struct view metric, enum threshold_method method, struct error *err) {
    for (size_t i = 0; i < sizeof request_metrics / sizeof *request_metrics; i++) {
        if (!view_eq(metric, view_of_cstr(request_metrics[i].name)))
            continue;
        if (threshold_method_fits(method, request_metrics[i].type))
            return 0;
        return error_set(err, ERROR_INVALID, "--threshold '%.*s': %s is a %s, which has no such figure",
            VIEW_ARGS(text), request_metrics[i].name, metric_type_name(request_metrics[i].type));
    }
    return error_set(err, ERROR_INVALID,
        "--threshold '%.*s': there is no metric %.*s; those of every request are request_duration, "
        "request_failures and request_bytes, those of "
        "HTTP requests http_req_duration, http_req_failed, http_reqs …",
        VIEW_ARGS(text), VIEW_ARGS(metric));
}

int locust_threshold_parse(struct view text, struct plan_threshold *out, struct error *err) {
    struct threshold_target target;
    struct threshold_expr expression;
    struct error why = ERROR_NULL;
    ptrdiff_t brace = view_find(text, '}'),
              colon = view_find(view_drop(text, brace > 0 ? (size_t)brace : 0), ':');

    if (colon < 0)
        return error_set(err, ERROR_INVALID,
            "--threshold '%.*s': write it as 'request_duration: p(95)<200' or 'request_duration{name:/}: "
            "max<1000'",
            VIEW_ARGS(text));
    colon += brace > 0 ? brace : 0;
    *out = (struct plan_threshold){.target = view_trim(view_take(text, (size_t)colon)),
        .expression = view_trim(view_drop(text, (size_t)colon + 1))};
    if (threshold_target_parse(out->target, &target, &why) < 0 ||
        threshold_expr_parse(out->expression, &expression, &why) < 0)
        return error_set(err, ERROR_INVALID, "--threshold '%.*s': %s", VIEW_ARGS(text), why.text);
    return check_metric(text, target.metric, expression.method, err);
}

static int make_thresholds(const json_t *list, struct plan *out, struct error *err) {
    size_t n = json_array_size(list);

    if (n > LOCUST_THRESHOLDS_MAX)
        return error_set(err, ERROR_LIMIT, "%zu thresholds, the limit is %d", n, LOCUST_THRESHOLDS_MAX);
    out->thresholds = arena_calloc(&out->arena, n + 1, sizeof *out->thresholds);
    if (!out->thresholds)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        const char *text = json_string_value(json_array_get(list, i));
        struct view copy = text ? arena_copy(&out->arena, view_of_cstr(text)) : VIEW("");
        int r = copy.ptr ? locust_threshold_parse(copy, &out->thresholds[out->threshold_count++], err)
                         : error_set(err, -ENOMEM, "out of memory");
        if (r < 0)
            return r;
    }
    return 0;
}

/* ---- user classes ---- */

static int make_scenario(
    const struct locust_options *o, const json_t *class, struct plan *out, struct error *err) {
    const char *name = json_string_value(json_object_get(class, "name"));
    double weight = number_of(class, "weight", 1), fixed = number_of(class, "fixed_count", 0);

    if (!name || (weight <= 0 && fixed <= 0))
        return 0;
    struct view copy = arena_copy(&out->arena, view_of_cstr(name));
    if (!copy.ptr)
        return error_set(err, -ENOMEM, "out of memory");
    out->scenarios[out->scenario_count++] = (struct plan_scenario){.name = copy,
        .exec = copy,
        .executor = PLAN_HELD_USERS,
        .graceful_stop_us = us_of(o->stop_timeout_s),
        .graceful_ramp_down_us = us_of(o->stop_timeout_s),
        .duration_us = us_of(o->run_time_s),
        .weight = weight > 0 ? weight : 0,
        .fixed_count = fixed > 0 ? (int64_t)fixed : 0};
    return 0;
}

static int by_name(const void *a, const void *b) {
    const struct plan_scenario *x = a, *y = b;

    return view_cmp(x->name, y->name);
}

static int make_scenarios(const struct locust_options *o, struct plan *out, struct error *err) {
    const json_t *classes = json_object_get(o->description, "user_classes"), *class;
    size_t i, n = json_array_size(classes);

    if (n > PLAN_SCENARIOS_MAX)
        return error_set(err, ERROR_LIMIT, "%zu user classes, the limit is %d", n, PLAN_SCENARIOS_MAX);
    out->scenarios = arena_calloc(&out->arena, n + 1, sizeof *out->scenarios);
    if (!out->scenarios)
        return error_set(err, -ENOMEM, "out of memory");
    json_array_foreach(classes, i, class) {
        int r = make_scenario(o, class, out, err);
        if (r < 0)
            return r;
    }
    if (!out->scenario_count)
        return error_set(err, ERROR_INVALID, "There are no users with weight > 0.");
    qsort(out->scenarios, out->scenario_count, sizeof *out->scenarios, by_name);
    return 0;
}

/* For whoever keeps the run: those that say what it was. Not the locustfile's own, among which there may be
 * secrets. */
static int keep_options(const struct locust_options *o, struct plan *out, struct error *err) {
    static const char *const kept[] = {"host", "num_users", "spawn_rate", "run_time", "stop_timeout",
        "processes", "workers", "rate", "tags", "exclude_tags", "user_classes", "profile"};
    const json_t *all = json_object_get(o->description, "options");
    json_t *some = json_object();

    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (some && json_object_get(all, kept[i]))
            (void)json_object_set(some, kept[i], json_object_get(all, kept[i]));
    char *text = json_dumps(some, JSON_COMPACT);
    json_decref(some);
    out->host_options = text ? arena_copy(&out->arena, view_of_cstr(text)) : VIEW_NULL;
    free(text);
    return out->host_options.ptr ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int locust_plan_make(const struct locust_options *o, struct plan *out, struct error *err) {
    int r = make_scenarios(o, out, err);

    r = r < 0 ? r
              : make_thresholds(
                    json_object_get(json_object_get(o->description, "options"), "threshold"), out, err);
    if (r < 0)
        return r;
    out->setup_timeout_us = out->teardown_timeout_us = PLAN_ENDLESS_US;
    r = keep_options(o, out, err);
    if (r < 0)
        return r;
    out->held_users = o->shape ? 0 : o->users;
    out->spawn_rate = o->spawn_rate;
    out->rate_per_s = o->rate;
    return 0;
}
