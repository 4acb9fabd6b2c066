/* Readers of single values: integers, booleans, strings, durations, maps and lists of strings. The sentences are those of Go's JSON
 * decoder and of k6's null-types, since people search for them; the option's name is always among the words. */
#include "script/js/options/options_priv.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "core/duration.h"

static const char *json_kind(const json_t *v) {
    switch (json_typeof(v)) {
    case JSON_OBJECT: return "object";
    case JSON_ARRAY: return "array";
    case JSON_STRING: return "string";
    case JSON_INTEGER:
    case JSON_REAL: return "number";
    case JSON_TRUE:
    case JSON_FALSE: return "bool";
    default: return "null";
    }
}

int options_wrong_type(const json_t *v, const char *where, const char *type, struct error *err) {
    const char *name = where ? strrchr(where, '.') : NULL;

    if (!where)
        return error_set(err, ERROR_INVALID,
            "parsing options from script got error: json: cannot unmarshal %s into Go value of type %s", json_kind(v), type);
    return error_set(err, ERROR_INVALID,
        "parsing options from script got error while parsing \"%s\": json: cannot unmarshal %s into Go struct field %s of type %s",
        name ? name + 1 : where, json_kind(v), where, type);
}

struct view options_view(const json_t *v) {
    return json_is_string(v) ? view_of(json_string_value(v), json_string_length(v)) : VIEW_NULL;
}

json_t *options_string(struct view v) {
    return json_stringn(v.ptr ? v.ptr : "", v.len);
}

static int give(json_t *value, json_t **out, struct error *err) {
    if (!value)
        return error_set(err, -ENOMEM, "out of memory");
    *out = value;
    return 0;
}

int options_int_text(struct view text, json_t **out, struct error *err) {
    int64_t n;

    if (!text.len)
        return give(json_null(), out, err);
    if (!view_to_i64(text, &n))
        return error_set(err, ERROR_INVALID, "strconv.ParseInt: parsing \"%.*s\": invalid syntax", VIEW_ARGS(text));
    return give(json_integer(n), out, err);
}

int options_read_int(const json_t *v, const char *where, json_t **out, struct error *err) {
    double real, whole;

    if (options_unset(v))
        return give(json_null(), out, err);
    if (json_is_integer(v))
        return give(json_integer(json_integer_value(v)), out, err);
    if (json_is_string(v))
        return options_int_text(options_view(v), out, err);
    if (!json_is_real(v))
        return options_wrong_type(v, where, "null.Int", err);
    real = json_real_value(v);
    if (modf(real, &whole) == 0 && fabs(whole) < 9e15)
        return give(json_integer((json_int_t)whole), out, err);
    const char *name = strrchr(where, '.');
    return error_set(err, ERROR_INVALID,
        "parsing options from script got error while parsing \"%s\": json: cannot unmarshal number %.15g into Go struct field %s of "
        "type int64",
        name ? name + 1 : where, real, where);
}

static const char *go_kind(const json_t *v) {
    return json_is_number(v) ? "float64" : json_is_object(v) ? "map[string]interface {}" : json_is_array(v) ? "[]interface {}" : json_kind(v);
}

static int wrong_null_type(const json_t *v, const char *where, const char *type, struct error *err) {
    const char *name = strrchr(where, '.');

    return error_set(err, ERROR_INVALID, "json: cannot unmarshal %s into Go value of type %s (option %s)", go_kind(v), type,
        name ? name + 1 : where);
}

int options_read_bool(const json_t *v, const char *where, json_t **out, struct error *err) {
    if (options_unset(v) || json_is_boolean(v))
        return give(options_unset(v) ? json_null() : json_boolean(json_is_true(v)), out, err);
    return wrong_null_type(v, where, "null.Bool", err);
}

int options_read_string(const json_t *v, const char *where, json_t **out, struct error *err) {
    if (options_unset(v))
        return give(json_null(), out, err);
    if (json_is_string(v))
        return give(options_string(options_view(v)), out, err);
    return wrong_null_type(v, where, "null.String", err);
}

static json_t *duration_json(int64_t ns) {
    char text[DURATION_TEXT_MAX];

    return json_string(duration_format(ns, text));
}

int options_duration_text(struct view text, bool allow, json_t **out, struct error *err) {
    int64_t ns;
    int rc = duration_parse(text, allow, allow, &ns, err);

    return rc ? rc : give(duration_json(ns), out, err);
}

int options_read_duration(const json_t *v, const char *where, json_t **out, struct error *err) {
    (void)where;
    if (options_unset(v))
        return give(json_null(), out, err);
    if (json_is_string(v))
        return options_duration_text(options_view(v), true, out, err);
    if (json_is_number(v)) {
        double ns = json_number_value(v) * 1e6;
        if (!(fabs(ns) < 9.2e18))
            return error_set(err, ERROR_INVALID, "'%g' is not a valid duration value", json_number_value(v));
        return give(duration_json((int64_t)ns), out, err);
    }
    char *text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    int rc = error_set(err, ERROR_INVALID, "'%.200s' is not a valid duration value", text ? text : "?");
    free(text);
    return rc;
}

int64_t options_duration_us(const json_t *v, int64_t fallback_us) {
    int64_t ns;

    if (!json_is_string(v) || duration_parse(options_view(v), true, true, &ns, NULL))
        return fallback_us;
    return ns / 1000;
}

int64_t options_int(const json_t *v, int64_t fallback) {
    return json_is_integer(v) ? (int64_t)json_integer_value(v) : fallback;
}

static int compare_keys(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

json_t *options_sorted(const json_t *object) {
    size_t n = json_object_size(object), i = 0;
    const char **keys = calloc(n + 1, sizeof *keys);
    json_t *sorted = json_object();
    const char *key;
    json_t *value;

    if (keys && sorted) {
        json_object_foreach((json_t *)object, key, value)
            keys[i++] = key;
        qsort(keys, n, sizeof *keys, compare_keys);
        for (i = 0; i < n; i++)
            json_object_set(sorted, keys[i], json_object_get(object, keys[i]));
    }
    free(keys);
    return sorted;
}

int options_read_string_map(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *map OPTIONS_JSON = json_object();
    const char *key;
    json_t *item;

    if (options_unset(v))
        return give(json_null(), out, err);
    if (!json_is_object(v))
        return options_wrong_type(v, where, "map[string]string", err);
    json_object_foreach((json_t *)v, key, item) {
        if (!json_is_string(item) && !json_is_null(item))
            return options_wrong_type(item, where, "string", err);
        json_object_set_new(map, key, options_string(options_view(item)));
    }
    return give(options_sorted(map), out, err);
}

int options_read_string_list(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *item;
    size_t i;

    if (options_unset(v))
        return give(json_null(), out, err);
    if (!json_is_array(v))
        return options_wrong_type(v, where, "[]string", err);
    json_array_foreach(v, i, item)
        if (!json_is_string(item))
            return options_wrong_type(item, where, "string", err);
    return give(json_copy((json_t *)v), out, err);
}

int options_read_any(const json_t *v, const char *where, json_t **out, struct error *err) {
    (void)where;
    return give(json_deep_copy(v), out, err);
}

/* Unknown names are dropped; the set is printed sorted, and as null when nothing is left of it (k6 does so). */
int options_read_system_tags(const json_t *v, const char *where, json_t **out, struct error *err) {
    static const char *const sorted[] = {"check", "error", "error_code", "expected_response", "group", "ip", "iter", "method", "name",
        "ocsp_status", "proto", "scenario", "service", "status", "subproto", "tls_version", "url", "vu"};
    json_t *list OPTIONS_JSON = NULL, *item;
    size_t i;
    static_assert(sizeof sorted / sizeof sorted[0] == OPTIONS_TAG_COUNT, "a system tag is missing");

    int rc = options_read_string_list(v, where, &list, err);
    if (rc)
        return rc;
    json_t *set = json_array();
    for (size_t s = 0; s < OPTIONS_TAG_COUNT; s++) {
        json_array_foreach(list, i, item)
            if (!strcmp(json_string_value(item), sorted[s])) {
                json_array_append(set, item);
                break;
            }
    }
    return give(set, out, err);
}

int options_trend_stat_check(struct view stat, struct error *err) {
    static const char *const plain[] = {"avg", "min", "med", "max", "count"};
    double n;

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++)
        if (view_eq(stat, view_of_cstr(plain[i])))
            return 0;
    if (!view_starts_with(stat, VIEW("p(")) || !view_ends_with(stat, VIEW(")")))
        return error_set(err, ERROR_INVALID, "invalid trend stat '%.*s', unknown format", VIEW_ARGS(stat));
    if (view_to_double(view_of(stat.ptr + 2, stat.len - 3), &n) && n >= 0 && n <= 100)
        return 0;
    return error_set(err, ERROR_INVALID, "invalid percentile trend stat value '%.*s', provide a number between 0 and 100", VIEW_ARGS(stat));
}

json_t *options_list_text(struct view text) {
    json_t *list = json_array();
    bool more = text.len > 0;

    while (list && more)
        json_array_append_new(list, options_string(view_trim(view_cut(&text, ',', &more))));
    return list;
}
