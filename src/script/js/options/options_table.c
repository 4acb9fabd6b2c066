/* The table of k6's options: one row per field, in the order in which k6 prints them. Everything that is known of a field (its type, its
 * environment variable, whether a script may set it) stands here and nowhere else; the types' readers stand in the table below it. */
#include "script/js/options/options_priv.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

/* tidy: table */
const struct options_field options_fields[] = {
    {"paused", OPTIONS_BOOL, "K6_PAUSED", "Paused", 0},
    {"vus", OPTIONS_INT, "K6_VUS", "VUs", 0},
    {"duration", OPTIONS_DURATION, "K6_DURATION", "Duration", 0},
    {"iterations", OPTIONS_INT, "K6_ITERATIONS", "Iterations", 0},
    {"stages", OPTIONS_STAGES, "K6_STAGES", "Stages", 0},
    {"scenarios", OPTIONS_SCENARIOS, NULL, "Scenarios", 0},
    {"executionSegment", OPTIONS_SEGMENT, "K6_EXECUTION_SEGMENT", "ExecutionSegment", 0},
    {"executionSegmentSequence", OPTIONS_SEQUENCE, "K6_EXECUTION_SEGMENT_SEQUENCE", "ExecutionSegmentSequence", 0},
    {"noSetup", OPTIONS_BOOL, "K6_NO_SETUP", "NoSetup", 0},
    {"setupTimeout", OPTIONS_DURATION, "K6_SETUP_TIMEOUT", "SetupTimeout", 0},
    {"noTeardown", OPTIONS_BOOL, "K6_NO_TEARDOWN", "NoTeardown", 0},
    {"teardownTimeout", OPTIONS_DURATION, "K6_TEARDOWN_TIMEOUT", "TeardownTimeout", 0},
    {"handleSummaryTimeout", OPTIONS_DURATION, "K6_HANDLE_SUMMARY_TIMEOUT", "HandleSummaryTimeout", 0},
    {"rps", OPTIONS_INT, "K6_RPS", "RPS", 0},
    {"dns", OPTIONS_DNS, "K6_DNS", "DNS", 0},
    {"maxRedirects", OPTIONS_INT, "K6_MAX_REDIRECTS", "MaxRedirects", 0},
    {"userAgent", OPTIONS_STRING, "K6_USER_AGENT", "UserAgent", 0},
    {"batch", OPTIONS_INT, "K6_BATCH", "Batch", 0},
    {"batchPerHost", OPTIONS_INT, "K6_BATCH_PER_HOST", "BatchPerHost", 0},
    {"httpDebug", OPTIONS_STRING, "K6_HTTP_DEBUG", "HTTPDebug", 0},
    {"insecureSkipTLSVerify", OPTIONS_BOOL, "K6_INSECURE_SKIP_TLS_VERIFY", "InsecureSkipTLSVerify", 0},
    {"tlsCipherSuites", OPTIONS_TLS_CIPHERS, "K6_TLS_CIPHER_SUITES", "TLSCipherSuites", 0},
    {"tlsVersion", OPTIONS_TLS_VERSION, NULL, "TLSVersion", 0},
    {"tlsAuth", OPTIONS_TLS_AUTH, "K6_TLSAUTH", "TLSAuth", 0},
    {"throw", OPTIONS_BOOL, "K6_THROW", "Throw", 0},
    {"thresholds", OPTIONS_THRESHOLDS, "K6_THRESHOLDS", "Thresholds", 0},
    {"blacklistIPs", OPTIONS_CIDRS, "K6_BLACKLIST_IPS", "BlacklistIPs", 0},
    {"blockHostnames", OPTIONS_HOSTNAMES, "K6_BLOCK_HOSTNAMES", "BlockedHostnames", 0},
    {"hosts", OPTIONS_HOSTS, "K6_HOSTS", "Hosts", 0},
    {"noConnectionReuse", OPTIONS_BOOL, "K6_NO_CONNECTION_REUSE", "NoConnectionReuse", 0},
    {"noVUConnectionReuse", OPTIONS_BOOL, "K6_NO_VU_CONNECTION_REUSE", "NoVUConnectionReuse", 0},
    {"minIterationDuration", OPTIONS_DURATION, "K6_MIN_ITERATION_DURATION", "MinIterationDuration", 0},
    {"cloud", OPTIONS_ANY, NULL, "Cloud", OPTIONS_OMIT_NULL},
    {"ext", OPTIONS_ANY, NULL, "External", 0},
    {"summaryTrendStats", OPTIONS_TREND_STATS, "K6_SUMMARY_TREND_STATS", "SummaryTrendStats", 0},
    {"summaryTimeUnit", OPTIONS_STRING, "K6_SUMMARY_TIME_UNIT", "SummaryTimeUnit", 0},
    {"systemTags", OPTIONS_SYSTEM_TAGS, "K6_SYSTEM_TAGS", "SystemTags", 0},
    {"tags", OPTIONS_STRING_MAP, "K6_TAGS", "RunTags", 0},
    {"metricSamplesBufferSize", OPTIONS_INT, "K6_METRIC_SAMPLES_BUFFER_SIZE", "MetricSamplesBufferSize", 0},
    {"noCookiesReset", OPTIONS_BOOL, "K6_NO_COOKIES_RESET", "NoCookiesReset", 0},
    {"discardResponseBodies", OPTIONS_BOOL, "K6_DISCARD_RESPONSE_BODIES", "DiscardResponseBodies", 0},
    {"features", OPTIONS_ANY, NULL, "Features", 0},
    {"consoleOutput", OPTIONS_STRING, "K6_CONSOLE_OUTPUT", "ConsoleOutput", OPTIONS_NOT_SCRIPT},
    {"localIPs", OPTIONS_LOCAL_IPS, "K6_LOCAL_IPS", "LocalIPs", OPTIONS_NOT_SCRIPT},
    {NULL, OPTIONS_ANY, NULL, NULL, 0},
};

const char *options_name(size_t i) {
    return i < sizeof options_fields / sizeof options_fields[0] ? options_fields[i].name : NULL;
}

static const struct {
    const char *name;
    options_reader *read;
} types[OPTIONS_TYPE_COUNT] = {
#define TYPE_NAME(id, text) [OPTIONS_##id].name = text,
    OPTIONS_TYPES(TYPE_NAME)
#undef TYPE_NAME
    [OPTIONS_INT].read = options_read_int,
    [OPTIONS_BOOL].read = options_read_bool,
    [OPTIONS_STRING].read = options_read_string,
    [OPTIONS_DURATION].read = options_read_duration,
    [OPTIONS_STRING_MAP].read = options_read_string_map,
    [OPTIONS_STAGES].read = options_read_stages,
    [OPTIONS_SCENARIOS].read = options_read_scenarios,
    [OPTIONS_THRESHOLDS].read = options_read_thresholds,
    [OPTIONS_SYSTEM_TAGS].read = options_read_system_tags,
    [OPTIONS_TREND_STATS].read = options_read_string_list,
    [OPTIONS_DNS].read = options_read_dns,
    [OPTIONS_TLS_CIPHERS].read = options_read_tls_ciphers,
    [OPTIONS_TLS_VERSION].read = options_read_tls_version,
    [OPTIONS_TLS_AUTH].read = options_read_tls_auth,
    [OPTIONS_CIDRS].read = options_read_cidrs,
    [OPTIONS_HOSTNAMES].read = options_read_hostnames,
    [OPTIONS_HOSTS].read = options_read_hosts,
    [OPTIONS_SEGMENT].read = options_read_segment,
    [OPTIONS_SEQUENCE].read = options_read_sequence,
    [OPTIONS_LOCAL_IPS].read = options_read_local_ips,
    [OPTIONS_ANY].read = options_read_any,
};

const char *options_type_name(enum options_type t) {
    return types[t].name;
}

/* Go matches JSON keys without regard to case. */
const struct options_field *options_field_find(const char *name, bool exact) {
    for (const struct options_field *f = options_fields; f->name; f++)
        if (exact ? !strcmp(f->name, name) : view_eq_nocase(view_of_cstr(f->name), view_of_cstr(name)))
            return f;
    return NULL;
}

void options_note(struct options_notes *n, const char *field_error, const char *fmt, ...) {
    va_list args;

    if (!n)
        return;
    if (n->count == OPTIONS_NOTES_MAX) {
        n->omitted++;
        return;
    }
    struct options_note *note = &n->items[n->count++];
    va_start(args, fmt);
    vsnprintf(note->message, sizeof note->message, fmt, args);
    va_end(args);
    snprintf(note->error, sizeof note->error, "%s", field_error ? field_error : "");
}

static void warn_unknown(const char *key, struct options_notes *notes, bool *warned) {
    char text[256];

    if (*warned)
        return; /* k6 names the first only */
    *warned = true;
    snprintf(text, sizeof text, "json: unknown field \"%s\"", key);
    options_note(notes, text, "There were unknown fields in the options exported in the script");
}

int options_layer_read(const json_t *raw, bool from_script, json_t **out, struct options_notes *notes, struct error *err) {
    json_t *layer OPTIONS_JSON = json_object();
    bool warned = !from_script;
    const char *key;
    json_t *value;

    if (!layer)
        return error_set(err, -ENOMEM, "out of memory");
    if (!options_unset(raw) && !json_is_object(raw)) {
        if (options_wrong_type(raw, NULL, "lib.Options", err))
            return err ? err->code : ERROR_INVALID;
    }
    json_object_foreach((json_t *)raw, key, value) {
        const struct options_field *f = options_field_find(key, false);
        char where[128];
        json_t *canonical = NULL;

        if (!f || (from_script && f->flags & OPTIONS_NOT_SCRIPT)) {
            warn_unknown(key, notes, &warned);
            continue;
        }
        if (json_is_null(value))
            continue;
        snprintf(where, sizeof where, "Options.%s", f->name);
        int rc = types[f->type].read(value, where, &canonical, err);
        if (rc)
            return rc;
        if (json_object_set_new(layer, f->name, canonical))
            return error_set(err, -ENOMEM, "out of memory");
    }
    *out = layer;
    layer = NULL;
    return 0;
}
