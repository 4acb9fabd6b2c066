/* k6's options: the layers (config file < script < environment < command line) become one plan, with k6's warnings and errors.
 *
 * A layer is a JSON object with k6's option names; NULL or {} is an empty layer. The consolidated options travel as JSON in
 * plan->host_options with k6's keys in k6's order, unset ones null: what k6 writes back into a script's `options`. Without the shortcuts
 * (vus, duration, iterations, stages) it is k6's `exec.test.options`. Every worker reads that text back with options_runtime_init. */
#ifndef SCRIPT_JS_OPTIONS_H
#define SCRIPT_JS_OPTIONS_H

#include <jansson.h>

#include "load/plan.h"
#include "net/http_client.h"
#include "stats/metric.h"

#define OPTIONS_K6_VERSION "2.2.0" /* the release whose behaviour we follow */
/* The default User-Agent is k6's own form: servers and proxies in the field match on it. */
#define OPTIONS_USER_AGENT "Grafana k6/" OPTIONS_K6_VERSION

enum {
    OPTIONS_JSON_BYTES_MAX = 8 * 1024 * 1024,
    OPTIONS_NOTES_MAX = 64,
    OPTIONS_BATCH_DEFAULT = 20,
    OPTIONS_BATCH_PER_HOST_DEFAULT = 6,
    OPTIONS_REDIRECTS_DEFAULT = 10,
};

/* X(enumerator, k6's name, on by default) */
#define OPTIONS_SYSTEM_TAGS(X)               \
    X(PROTO, "proto", 1)                     \
    X(SUBPROTO, "subproto", 1)               \
    X(STATUS, "status", 1)                   \
    X(METHOD, "method", 1)                   \
    X(URL, "url", 1)                         \
    X(NAME, "name", 1)                       \
    X(GROUP, "group", 1)                     \
    X(CHECK, "check", 1)                     \
    X(ERROR, "error", 1)                     \
    X(ERROR_CODE, "error_code", 1)           \
    X(TLS_VERSION, "tls_version", 1)         \
    X(SCENARIO, "scenario", 1)               \
    X(SERVICE, "service", 1)                 \
    X(EXPECTED_RESPONSE, "expected_response", 1) \
    X(ITER, "iter", 0)                       \
    X(VU, "vu", 0)                           \
    X(OCSP_STATUS, "ocsp_status", 0)         \
    X(IP, "ip", 0)
enum options_system_tag {
#define OPTIONS_TAG_E(id, name, on) OPTIONS_TAG_##id,
    OPTIONS_SYSTEM_TAGS(OPTIONS_TAG_E)
#undef OPTIONS_TAG_E
    OPTIONS_TAG_COUNT
};
#define OPTIONS_TAG_BIT(id) (1u << OPTIONS_TAG_##id)

/* ---- consolidation (controller, inspect, archive) ---- */

/* What can be written, for suggestions; NULL beyond the last. executors: 1u << PLAN_… of those that know the key. */
const char *options_name(size_t i);
const char *options_scenario_key(size_t i, unsigned *executors);

struct options_metric { /* a custom metric of the script */
    struct view name;
    enum metric_type type;
};
struct options_layers {
    const json_t *config, *script, *env, *cli;
    const char *const *exports; /* names of the script's exported functions; NULL = not known: exec is not checked */
    size_t export_count;
    const struct options_metric *metrics;
    size_t metric_count;
    bool metrics_unknown; /* thresholds on metrics that are neither built in nor listed pass unchecked */
    bool no_thresholds; /* --no-thresholds: neither parsed nor in the plan */
};

/* Warnings for the log, in order; `error` becomes the log field of that name, empty = none. */
struct options_note {
    char message[512], error[256];
};
struct options_notes {
    struct options_note items[OPTIONS_NOTES_MAX];
    size_t count, omitted;
    bool script_failed; /* the error lies in the script's own options: k6 puts "could not initialize 'x.js': could not load …" before it */
    bool not_config;    /* k6 exits with 255 for this error instead of 104 */
};

/* Fills `out` (initialised by the caller; deinit it whatever is returned). Every failure is a configuration error: k6's exit code 104.
 * ERROR_INVALID or ERROR_SYNTAX with k6's words in err. notes may be NULL. */
int options_consolidate(const struct options_layers *layers, struct plan *out, struct options_notes *notes, struct error *err) MUST_USE;

/* As `k6 inspect` prints it, indented, without a newline at the end. */
enum options_print {
    OPTIONS_OF_SCRIPT,    /* the script's own */
    OPTIONS_OF_ARCHIVE,   /* all layers, shortcuts left as they are: what an archive keeps */
    OPTIONS_REQUIREMENTS, /* consolidated, with totalDuration and maxVUs */
};
int options_inspect(const struct options_layers *layers, enum options_print view, struct buf *out, struct options_notes *notes,
                    struct error *err) MUST_USE;

/* One option from text (environment variable or flag) into a layer: options_text_set(layer, "vus", "10"). Repeatable options (stages, tags,
 * blacklistIPs, …) are added to what the layer has. ERROR_INVALID with k6's words. */
int options_text_set(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) MUST_USE;
/* The layer of K6_* variables; get returns NULL when unset. *out is a new reference. */
int options_from_env(const char *(*get)(void *ctx, const char *name), void *ctx, json_t **out, struct error *err) MUST_USE;

/* The share of the test that an executionSegment does, 0…1; 1 when it is empty or wrong. */
double options_segment_share(struct view segment);

/* ---- what a worker needs ---- */

enum options_http_debug { OPTIONS_HTTP_DEBUG_OFF, OPTIONS_HTTP_DEBUG_HEADERS, OPTIONS_HTTP_DEBUG_FULL };

struct options_runtime {
    struct arena arena; /* owns all text and arrays below */
    struct http_client_options client; /* ready for http_client_new; SSLKEYLOGFILE is taken from the environment */
    struct view user_agent;            /* as client.user_agent */
    uint32_t system_tags;              /* OPTIONS_TAG_BIT(URL) | … */
    int batch, batch_per_host;
    int max_redirects;
    bool max_redirects_set;            /* k6 warns about too many redirects only when the default was in force */
    bool throw_errors, discard_response_bodies, no_cookies_reset;
    bool no_connection_reuse, no_vu_connection_reuse;
    enum options_http_debug http_debug;
    int64_t handle_summary_timeout_us;
    struct view local_ips;             /* as written; options_local_ip picks */
    const struct view *trend_stats;    /* summaryTrendStats */
    size_t trend_stat_count;
    struct view time_unit;             /* "s", "ms", "us" or "" */
};
/* host_options: plan->host_options ("" = all defaults). Also on failure it may be deinit'ed. */
int options_runtime_init(struct options_runtime *r, struct view host_options, struct error *err) MUST_USE;
void options_runtime_deinit(struct options_runtime *r);

enum { OPTIONS_LOCAL_IP_MAX = 64 };
/* k6's localIPs ("ip,ip-ip,cidr"): the address of user `id` (1-based) is number (id-1) modulo the pool. `out` is "" when the list is empty. */
int options_local_ip(struct view local_ips, uint64_t id, char out[OPTIONS_LOCAL_IP_MAX], struct error *err) MUST_USE;

#endif
