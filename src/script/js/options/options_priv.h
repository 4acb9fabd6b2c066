/* What the files of the options share: the table of fields, and readers that turn a value as written into its canonical JSON.
 *
 * Canonical: integers, booleans, strings; durations as Go prints them ("1m30s"); maps sorted by key; unset = JSON null. Readers return
 * 0 with a new reference, or ERROR_INVALID / ERROR_SYNTAX with k6's words in err. `where` is the Go path that k6 names ("Options.vus"). */
#ifndef SCRIPT_JS_OPTIONS_PRIV_H
#define SCRIPT_JS_OPTIONS_PRIV_H

#include "script/js/options/options.h"

/* X(enumerator, type name in k6's messages) */
#define OPTIONS_TYPES(X)                          \
    X(INT, "null.Int")                            \
    X(BOOL, "null.Bool")                          \
    X(STRING, "null.String")                      \
    X(DURATION, "types.NullDuration")             \
    X(STRING_MAP, "map[string]string")            \
    X(STAGES, "[]lib.Stage")                      \
    X(SCENARIOS, "map[string]lib.protoExecutorConfig") \
    X(THRESHOLDS, "map[string]metrics.Thresholds") \
    X(SYSTEM_TAGS, "[]string")                    \
    X(TREND_STATS, "[]string")                    \
    X(DNS, "types.DNSConfig")                     \
    X(TLS_CIPHERS, "*lib.TLSCipherSuites")        \
    X(TLS_VERSION, "lib.tlsVersionsFields")       \
    X(TLS_AUTH, "[]*lib.TLSAuth")                 \
    X(CIDRS, "[]*lib.IPNet")                      \
    X(HOSTNAMES, "[]string")                      \
    X(HOSTS, "map[string]string")                 \
    X(SEGMENT, "*lib.ExecutionSegment")           \
    X(SEQUENCE, "*lib.ExecutionSegmentSequence")  \
    X(LOCAL_IPS, "types.NullIPPool")              \
    X(ANY, "object")
enum options_type {
#define OPTIONS_TYPE_E(id, name) OPTIONS_##id,
    OPTIONS_TYPES(OPTIONS_TYPE_E)
#undef OPTIONS_TYPE_E
    OPTIONS_TYPE_COUNT
};

enum { /* flags of a field */
    OPTIONS_OMIT_NULL = 1,  /* not printed while unset */
    OPTIONS_NOT_SCRIPT = 2, /* from environment and flags only; a script that sets it gets the unknown-field warning */
};
struct options_field {
    const char *name; /* in scripts and JSON */
    enum options_type type;
    const char *env;  /* NULL = none */
    const char *go;   /* k6's field, for messages */
    unsigned flags;
};
/* In k6's printing order; ends with name NULL. */
extern const struct options_field options_fields[];
const struct options_field *options_field_find(const char *name, bool exact);
const char *options_type_name(enum options_type t);

/* One layer as written → canonical object with only the fields that are set. from_script: unknown fields are warned of, as k6 does. */
int options_layer_read(const json_t *raw, bool from_script, json_t **out, struct options_notes *notes, struct error *err) MUST_USE;

void options_note(struct options_notes *n, const char *field_error, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* json_decref as a cleanup: json_t *j OPTIONS_JSON = NULL; */
static inline void options_json_release(json_t **j) {
    json_decref(*j);
    *j = NULL;
}
#define OPTIONS_JSON CLEANUP(options_json_release)

/* NULL and JSON null are the same here. */
static inline bool options_unset(const json_t *v) {
    return !v || json_is_null(v);
}
struct view options_view(const json_t *v);               /* of a JSON string; VIEW_NULL otherwise */
json_t *options_string(struct view v);                   /* bytes that are not UTF-8 are refused: NULL */
int options_wrong_type(const json_t *v, const char *where, const char *type, struct error *err) MUST_USE;
json_t *options_sorted(const json_t *object);            /* a copy with sorted keys */
/* Canonical duration → µs; `fallback` when unset. */
int64_t options_duration_us(const json_t *v, int64_t fallback_us);
int64_t options_int(const json_t *v, int64_t fallback);

typedef int options_reader(const json_t *v, const char *where, json_t **out, struct error *err);
options_reader options_read_int, options_read_bool, options_read_string, options_read_duration, options_read_string_map;
options_reader options_read_string_list;
options_reader options_read_stages, options_read_scenarios, options_read_thresholds, options_read_system_tags;
options_reader options_read_dns, options_read_tls_ciphers, options_read_tls_version, options_read_tls_auth;
options_reader options_read_cidrs, options_read_hostnames, options_read_hosts, options_read_segment, options_read_sequence;
options_reader options_read_local_ips, options_read_any;

/* A duration given as text; allow: days and bare milliseconds (everywhere but in flags). */
int options_duration_text(struct view text, bool allow, json_t **out, struct error *err) MUST_USE;
int options_int_text(struct view text, json_t **out, struct error *err) MUST_USE;
/* "a,b,c" → ["a","b","c"]; "" → []. */
json_t *options_list_text(struct view text);
/* "10s:5,1m:0" → canonical stages. */
int options_stages_text(struct view text, bool allow, json_t **out, struct error *err) MUST_USE;
int options_dns_text(struct view text, json_t **out, struct error *err) MUST_USE;
bool options_cidr_valid(struct view text);

int options_trend_stat_check(struct view stat, struct error *err) MUST_USE;
int options_dns_ttl(struct view text, int64_t *ttl_us, struct error *err) MUST_USE; /* -1 = for ever */
bool options_cipher_name(struct view go_name, const char **openssl_name); /* false = unknown; *openssl_name NULL: not offered */
bool options_tls_version_number(struct view name, int *version); /* "" → 0 */

/* Canonical scenarios → plan->scenarios with k6's validation; all problems are collected into one error. */
int options_plan_scenarios(const json_t *scenarios, const struct options_layers *layers, struct plan *out, struct error *err) MUST_USE;
int options_plan_thresholds(const json_t *thresholds, const struct options_layers *layers, struct plan *out, struct error *err) MUST_USE;
/* Sets err to what k6 says of a threshold that stats/threshold refused with `why`. Returns ERROR_INVALID. */
int options_threshold_words(struct view text, const char *why, struct error *err);
int options_threshold_target_words(struct view target, const char *why, struct error *err);
struct plan_pair *options_pairs(struct arena *a, const json_t *map, size_t *count);

#endif
