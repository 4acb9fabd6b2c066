/* k6's flags as tables, and their reading. A flag that sets a test option names it (`option`) and goes into the command-line layer by
 * options_text_set; the rest ends in struct k6_settings. -e sets __ENV only, as k6's documentation says. */
#include "cli/k6_flags.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "script/js/options/options.h"

extern char **environ;

/* tidy: table */
const struct flag k6_option_flags[] = {
    {"vus", 'u', FLAG_INT, "int", "1", NULL, NULL, "vus", "how many virtual users"},
    {"duration", 'd', FLAG_DURATION, "duration", NULL, NULL, NULL, "duration", "how long the test lasts"},
    {"iterations", 'i', FLAG_INT, "int", NULL, NULL, NULL, "iterations", "how many iterations all VUs do together"},
    {"stage", 's', FLAG_TEXT, "stage", NULL, NULL, NULL, "stages", "one more stage, as `[duration]:[target]`; may be repeated"},
    {"execution-segment", 0, FLAG_TEXT, "string", NULL, NULL, NULL, "executionSegment", "do only this part of the test, e.g. 10%, 1/3, 0.2:2/3"},
    {"execution-segment-sequence", 0, FLAG_TEXT, "string", NULL, NULL, NULL, "executionSegmentSequence", "all parts, e.g. 0,1/4,1/2,1"},
    {"paused", 'p', FLAG_BOOL, "", NULL, "true", NULL, "paused", "start paused"},
    {"no-setup", 0, FLAG_BOOL, "", NULL, "true", NULL, "noSetup", "skip setup()"},
    {"no-teardown", 0, FLAG_BOOL, "", NULL, "true", NULL, "noTeardown", "skip teardown()"},
    {"max-redirects", 0, FLAG_INT, "int", "10", NULL, NULL, "maxRedirects", "how many redirects are followed"},
    {"batch", 0, FLAG_INT, "int", "20", NULL, NULL, "batch", "how many requests http.batch() sends at once"},
    {"batch-per-host", 0, FLAG_INT, "int", "6", NULL, NULL, "batchPerHost", "the same for one host"},
    {"rps", 0, FLAG_INT, "int", NULL, NULL, NULL, "rps", "at most so many requests per second, all VUs together"},
    {"user-agent", 0, FLAG_TEXT, "string", OPTIONS_USER_AGENT, NULL, NULL, "userAgent", "the User-Agent header"},
    {"http-debug", 0, FLAG_TEXT, "string", NULL, "headers", NULL, "httpDebug", "log every request and response; with '--http-debug=full' their bodies too"},
    {"insecure-skip-tls-verify", 0, FLAG_BOOL, "", NULL, "true", NULL, "insecureSkipTLSVerify", "accept any TLS certificate"},
    {"no-connection-reuse", 0, FLAG_BOOL, "", NULL, "true", NULL, "noConnectionReuse", "a new connection for every request"},
    {"no-vu-connection-reuse", 0, FLAG_BOOL, "", NULL, "true", NULL, "noVUConnectionReuse", "new connections for every iteration"},
    {"min-iteration-duration", 0, FLAG_DURATION, "duration", NULL, NULL, NULL, "minIterationDuration", "an iteration takes at least so long"},
    {"throw", 'w', FLAG_BOOL, "", NULL, "true", NULL, "throw", "throw exceptions for failed requests instead of warning"},
    {"blacklist-ip", 0, FLAG_TEXT, "ip range", NULL, NULL, NULL, "blacklistIPs", "never connect to this range (CIDR)"},
    {"block-hostnames", 0, FLAG_TEXT, "pattern", NULL, NULL, NULL, "blockHostnames", "never connect to these names; a leading * matches any prefix"},
    {"summary-trend-stats", 0, FLAG_TEXT, "stats", "avg, min, med, max, p(90), p(95)", NULL, NULL, "summaryTrendStats", "columns of the summary for trends"},
    {"summary-time-unit", 0, FLAG_TEXT, "string", NULL, NULL, NULL, "summaryTimeUnit", "unit of times in the summary: 's', 'ms' or 'us'"},
    {"system-tags", 0, FLAG_TEXT, "strings",
        "proto, subproto, status, method, url, name, group, check, error, error_code, tls_version, scenario, service, expected_response", NULL, NULL, "systemTags",
        "which system tags samples carry"},
    {"tag", 0, FLAG_TEXT, "tag", NULL, NULL, NULL, "tags", "one more tag for all samples, as `[name]=[value]`"},
    {"console-output", 0, FLAG_TEXT, "string", NULL, NULL, NULL, "consoleOutput", "write console.log() into this file"},
    {"discard-response-bodies", 0, FLAG_BOOL, "", NULL, "true", NULL, "discardResponseBodies", "read response bodies but do not keep them"},
    {"local-ips", 0, FLAG_TEXT, "string", NULL, NULL, NULL, "localIPs", "local addresses for the VUs' connections, e.g. '192.168.220.1,192.168.0.10-192.168.0.25,fd:1::0/120'"},
    {"dns", 0, FLAG_TEXT, "string", "ttl=5m,select=random,policy=preferIPv4", NULL, NULL, "dns",
        "ttl: a duration, 0 or 'inf'; select: first, random or roundRobin; policy: preferIPv4, preferIPv6, onlyIPv4, onlyIPv6 or any"},
    {0},
};

const struct flag k6_runtime_flags[] = {
    {"include-system-env-vars", 0, FLAG_BOOL, "", NULL, "true", "K6_INCLUDE_SYSTEM_ENV_VARS", NULL, "give the script the system's environment variables (run: default true)"},
    {"compatibility-mode", 0, FLAG_TEXT, "string", "extended", NULL, "K6_COMPATIBILITY_MODE", NULL, "\"base\", or \"extended\": the global object is also called `global`"},
    {"type", 't', FLAG_TEXT, "string", NULL, NULL, "K6_TYPE", NULL, "what the file is: \"js\" or \"archive\""},
    {"env", 'e', FLAG_TEXT, "VAR=value", NULL, NULL, NULL, NULL, "set a variable in __ENV; may be repeated"},
    {"no-thresholds", 0, FLAG_BOOL, "", NULL, "true", "K6_NO_THRESHOLDS", NULL, "ignore thresholds"},
    {"summary-mode", 0, FLAG_TEXT, "string", "compact", NULL, "K6_SUMMARY_MODE", NULL, "the end-of-test summary: \"compact\", \"full\", \"legacy\" or \"disabled\""},
    {"summary-export", 0, FLAG_TEXT, "string", NULL, NULL, "K6_SUMMARY_EXPORT", NULL, "write the summary as JSON into this file"},
    {"new-machine-readable-summary", 0, FLAG_BOOL, "", NULL, "true", "K6_NEW_MACHINE_READABLE_SUMMARY", NULL, "new shape for --summary-export and handleSummary()"},
    {"traces-output", 0, FLAG_TEXT, "string", "none", NULL, "K6_TRACES_OUTPUT", NULL, "where traces go: none"},
    {0},
};

const struct flag k6_output_flags[] = {
    {"out", 'o', FLAG_TEXT, "uri", NULL, NULL, NULL, NULL, "one more output of results: json=FILE, csv=FILE, junit=FILE, markdown=FILE, influxdb=URL, experimental-prometheus-rw=URL, opentelemetry=URL, statsd=HOST:PORT (docs/OUTPUTS.md has all their settings)"},
    {"linger", 'l', FLAG_BOOL, "", NULL, "true", "K6_LINGER", NULL, "do not exit when the test is over"},
    {"no-usage-report", 0, FLAG_BOOL, "", NULL, "true", "K6_NO_USAGE_REPORT", NULL, "accepted; halftime never reports usage"},
    {"features", 0, FLAG_TEXT, "stringArray", NULL, NULL, "K6_FEATURES", NULL, "accepted; no feature flags here"},
    {0},
};

const struct flag k6_global_flags[] = {
    {"address", 'a', FLAG_TEXT, "string", NULL, NULL, "K6_ADDRESS", NULL, "address of the REST API; off when not set"},
    {"config", 'c', FLAG_TEXT, "string", "~/.config/k6/config.json", NULL, "K6_CONFIG", NULL, "JSON file with options"},
    {"log-format", 0, FLAG_TEXT, "string", NULL, NULL, "K6_LOG_FORMAT", NULL, "log lines as text, json or raw"},
    {"log-output", 0, FLAG_TEXT, "string", "stderr", NULL, "K6_LOG_OUTPUT", NULL, "where log lines go: 'stderr', 'stdout', 'none', 'file=PATH[,level=LEVEL]'"},
    {"no-color", 0, FLAG_BOOL, "", NULL, "true", "K6_NO_COLOR", NULL, "no colours"},
    {"profiling-enabled", 0, FLAG_BOOL, "", NULL, "true", "K6_PROFILING_ENABLED", NULL, "accepted; no effect"},
    {"quiet", 'q', FLAG_BOOL, "", NULL, "true", NULL, NULL, "no banner and no progress"},
    {"secret-source", 0, FLAG_TEXT, "stringArray", NULL, NULL, "K6_SECRET_SOURCE", NULL, "where secrets come from, e.g. file=secrets.txt"},
    {"verbose", 'v', FLAG_BOOL, "", NULL, "true", NULL, NULL, "debug messages too"},
    {0},
};

const struct flag k6_engine_flags[] = {
    {"workers", 0, FLAG_INT, "int", NULL, NULL, "HALFTIME_WORKERS", NULL, "how many worker processes make the load (default: by VUs and cores)"},
    {"offline", 0, FLAG_BOOL, "", NULL, "true", "HALFTIME_OFFLINE", NULL, "take https:// imports from the cache and the built-in equivalents only"},
    {0},
};

const struct flag k6_halftime_flags[] = {
    {"ledger", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_LEDGER", NULL, "where the run is kept (default: ledger.db in the user's data folder); off = nowhere"},
    {"no-ledger", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "do not keep this run"},
    {"html", 0, FLAG_TEXT, "file", NULL, NULL, "HALFTIME_HTML", NULL, "a report of one page that needs nothing else: charts, statistics, checks, failures"},
    {"until-steady", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "end the run as soon as response times and throughput have settled, for 20s at least"},
    {"until-ci", 0, FLAG_TEXT, "percent", NULL, NULL, NULL, NULL, "end the run as soon as they have settled and the mean response time is known to within so many percent (95 % interval)"},
    {"label", 0, FLAG_TEXT, "text", NULL, NULL, "HALFTIME_LABEL", NULL, "a short name in the ledger, to find and compare this run by"},
    {0},
};

const struct flag k6_archive_flags[] = {
    {"archive-out", 'O', FLAG_TEXT, "string", "archive.tar", NULL, NULL, NULL, "file to write; - is stdout"},
    {"exclude-env-vars", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "no environment variables in the archive's metadata"},
    {0},
};

const struct flag k6_inspect_flags[] = {
    {"execution-requirements", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "consolidated options, with the test's length and most VUs"},
    {0},
};

const struct flag k6_version_flags[] = {
    {"json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "as JSON"},
    {0},
};

const struct flag k6_new_flags[] = {
    {"force", 'f', FLAG_BOOL, "", NULL, "true", NULL, NULL, "overwrite an existing file"},
    {"project-id", 0, FLAG_TEXT, "string", NULL, NULL, NULL, NULL, "project of the cloud service, written into the options"},
    {"template", 0, FLAG_TEXT, "string", "minimal", NULL, NULL, NULL, "minimal, protocol, or the path of a file to copy"},
    {0},
};

const char *k6_getenv(const char *name) {
    const char *value = getenv(name);

    return value && *value ? value : NULL;
}

static const char *env_for_options(void *ctx, const char *name) {
    (void)ctx;
    return k6_getenv(name);
}

static bool yes(const struct flag_result *r, const struct flag *const *tables, const char *name) {
    bool on = false;
    struct error ignored = ERROR_NULL;

    return flags_get_bool(r, tables, name, k6_getenv, false, &on, &ignored) == 0 && on;
}

void k6_settings_early(struct k6_settings *s, const struct flag_result *r, const struct flag *const *tables) {
    *s = (struct k6_settings){0};
    arena_init(&s->arena, 64 * 1024 * 1024);
    s->quiet = yes(r, tables, "quiet");
    s->verbose = yes(r, tables, "verbose");
    s->no_color = yes(r, tables, "no-color") || getenv("NO_COLOR");
    s->log_output = flags_get(r, tables, "log-output", k6_getenv);
    s->log_format = flags_get(r, tables, "log-format", k6_getenv);
    s->console_output = flags_get(r, tables, "console-output", NULL);
    if (!s->console_output)
        s->console_output = k6_getenv("K6_CONSOLE_OUTPUT");
}

/* ---- __ENV ---- */

static bool name_valid(struct view name) {
    for (size_t i = 0; i < name.len; i++)
        if (!isalnum((unsigned char)name.ptr[i]) && name.ptr[i] != '_')
            return false;
    return name.len && !isdigit((unsigned char)name.ptr[0]);
}

static int add_env(struct k6_settings *s, size_t max, struct view key, struct view value) {
    for (size_t i = 0; i < s->env_count; i++)
        if (view_eq(s->env[i].key, key)) {
            s->env[i].value = value;
            return 0;
        }
    if (s->env_count == max)
        return ERROR_LIMIT;
    s->env[s->env_count++] = (struct plan_pair){key, value};
    return 0;
}

static int read_env(struct k6_settings *s, const struct flag_result *r, struct error *err) {
    size_t max = r->count;

    for (char **e = environ; *e; e++)
        max++;
    max = max < K6_ENV_MAX ? max : K6_ENV_MAX;
    s->env = arena_calloc(&s->arena, max + 1, sizeof *s->env);
    if (!s->env)
        return error_set(err, -ENOMEM, "out of memory");
    for (char **e = environ; *e && s->include_system_env; e++) {
        struct view value = view_of_cstr(*e), key = view_cut(&value, '=', NULL);
        if (key.len && add_env(s, max, key, value))
            return error_set(err, ERROR_LIMIT, "more than %d environment variables", K6_ENV_MAX);
    }
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->items[i].flag->name, "env") != 0)
            continue;
        bool given;
        struct view value = view_of_cstr(r->items[i].value), key = view_cut(&value, '=', &given);
        if (!name_valid(key))
            return error_set(err, ERROR_INVALID, "invalid environment variable name '%.*s'", VIEW_ARGS(key));
        if (add_env(s, max, key, given ? value : VIEW("")))
            return error_set(err, ERROR_LIMIT, "more than %d environment variables", K6_ENV_MAX);
    }
    return 0;
}

/* ---- options, outputs ---- */

static int read_options(struct k6_settings *s, const struct flag_result *r, bool *config, struct error *err) {
    s->cli = json_object();
    for (size_t i = 0; i < r->count; i++) {
        const struct flag *f = r->items[i].flag;
        int rc = f->option ? options_text_set(s->cli, f->option, view_of_cstr(r->items[i].value), true, err) : 0;
        if (rc)
            return rc;
    }
    *config = true;
    return options_from_env(env_for_options, NULL, &s->env_layer, err);
}

static int add_output(struct k6_settings *s, const char *spec, struct error *err) {
    if (s->output_count == K6_OUTPUTS_MAX)
        return error_set(err, ERROR_LIMIT, "more than %d outputs", K6_OUTPUTS_MAX);
    s->outputs[s->output_count++] = spec;
    return 0;
}

static int read_outputs(struct k6_settings *s, const struct flag_result *r, struct error *err) {
    struct view list = view_of_cstr(k6_getenv("K6_OUT"));
    int rc = 0;

    for (size_t i = 0; i < r->count && rc == 0; i++)
        if (!strcmp(r->items[i].flag->name, "out"))
            rc = add_output(s, r->items[i].value, err);
    bool more = list.len > 0 && s->output_count == 0;
    while (more && rc == 0) {
        struct view one = arena_copy(&s->arena, view_trim(view_cut(&list, ',', &more)));
        rc = one.ptr ? add_output(s, one.ptr, err) : error_set(err, -ENOMEM, "out of memory");
    }
    return rc;
}

static int one_of(const char *value, const char *const *words, const char *sentence, struct error *err) {
    for (; *words; words++)
        if (!strcmp(*words, value))
            return 0;
    return error_set(err, ERROR_INVALID, sentence, value);
}

static int read_words(struct k6_settings *s, const struct flag_result *r, const struct flag *const *tables, struct error *err) {
    static const char *const modes[] = {"compact", "full", "legacy", "disabled", NULL}, *const compat[] = {"extended", "base", "experimental_enhanced", NULL},
                      *const types[] = {"js", "archive", NULL};
    const char *mode = flags_get(r, tables, "compatibility-mode", k6_getenv);

    s->type = flags_get(r, tables, "type", k6_getenv);
    s->summary_mode = flags_get(r, tables, "summary-mode", k6_getenv);
    if (!s->summary_mode)
        s->summary_mode = "compact";
    s->extended_compatibility = !mode || strcmp(mode, "base") != 0;
    if (one_of(s->summary_mode, modes, "invalid summary mode", NULL))
        return error_set(err, ERROR_INVALID, "invalid summary mode '%.100s': write compact, full, legacy or disabled", s->summary_mode);
    if (mode && one_of(mode, compat, "%s", NULL))
        return error_set(err, ERROR_INVALID, "invalid compatibility mode \"%.100s\". Use: \"extended\", \"base\", \"experimental_enhanced\"", mode);
    if (s->type && one_of(s->type, types, "%s", NULL))
        return error_set(err, ERROR_INVALID, "unknown --type \"%.100s\": write js or archive", s->type);
    return 0;
}

int k6_settings_init(struct k6_settings *s, const struct flag_result *r, const struct flag *const *tables, bool system_env, bool *config,
    struct error *err) {
    const char *workers = flags_get(r, tables, "workers", k6_getenv);
    const struct {
        const char *name;
        bool fallback, *out;
    } bools[] = {
        {"quiet", false, &s->quiet},
        {"verbose", false, &s->verbose},
        {"include-system-env-vars", system_env, &s->include_system_env},
        {"no-thresholds", false, &s->no_thresholds},
        {"new-machine-readable-summary", false, &s->machine_summary},
        {"linger", false, &s->linger},
        {"offline", false, &s->offline},
        {"no-ledger", false, &s->no_ledger},
    };
    int64_t number = 0;
    int rc = 0;

    *config = false;
    for (size_t i = 0; i < sizeof bools / sizeof bools[0] && rc == 0; i++)
        rc = flags_get_bool(r, tables, bools[i].name, k6_getenv, bools[i].fallback, bools[i].out, err);
    if (rc == 0 && workers && (!view_to_i64(view_of_cstr(workers), &number) || number < 0 || number > 1024))
        rc = error_set(err, ERROR_INVALID, "--workers must be a number from 0 to 1024, not %.100s", workers);
    s->workers = (int)number;
    s->ledger = flags_get(r, tables, "ledger", k6_getenv);
    s->label = flags_get(r, tables, "label", k6_getenv);
    s->html = flags_get(r, tables, "html", k6_getenv);
    s->config_path = flags_get(r, tables, "config", k6_getenv);
    s->address = flags_get(r, tables, "address", k6_getenv);
    s->summary_export = flags_get(r, tables, "summary-export", k6_getenv);
    if (rc == 0)
        rc = read_words(s, r, tables, err);
    if (rc == 0)
        rc = read_env(s, r, err);
    if (rc == 0)
        rc = read_outputs(s, r, err);
    return rc ? rc : read_options(s, r, config, err);
}

void k6_settings_deinit(struct k6_settings *s) {
    json_decref(s->cli);
    json_decref(s->env_layer);
    arena_deinit(&s->arena);
    *s = (struct k6_settings){0};
}
