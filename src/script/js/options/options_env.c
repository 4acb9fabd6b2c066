/* Options from text: environment variables and command-line flags. Both end in a layer of the same JSON as a script's options. */
#include "script/js/options/options_priv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int append_list(json_t *layer, const char *name, json_t *more) {
    json_t *list = json_object_get(layer, name);

    if (!json_is_array(list)) {
        list = json_array();
        json_object_set_new(layer, name, list);
    }
    int rc = json_array_extend(list, more);
    json_decref(more);
    return rc ? -ENOMEM : 0;
}

/* Flag: "name=value"; variable: "a:b,c:d". */
static int add_tag(json_t *map, struct view text, bool from_flag, struct error *err) {
    struct view value = text;
    bool found;
    struct view key = view_cut(&value, from_flag ? '=' : ':', &found);
    char name[512];

    if (!from_flag && !found)
        return error_set(err, ERROR_INVALID, "invalid map item: \"%.*s\"", VIEW_ARGS(text));
    if (from_flag && !key.len)
        return error_set(err, ERROR_INVALID, "error parsing tag '%.*s': invalid tag, empty name", VIEW_ARGS(text));
    if (from_flag && !value.len)
        return error_set(err, ERROR_INVALID, "error parsing tag '%.*s': invalid tag, empty value", VIEW_ARGS(text));
    if (key.len >= sizeof name)
        return error_set(err, ERROR_INVALID, "the name of tag '%.*s' is too long", VIEW_ARGS(view_take(key, 64)));
    snprintf(name, sizeof name, "%.*s", VIEW_ARGS(key));
    return json_object_set_new(map, name, options_string(value)) ? -ENOMEM : 0;
}

static int set_tags(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) {
    json_t *map = json_object_get(layer, name);
    bool more = text.len > 0;
    int rc = 0;

    if (!json_is_object(map)) {
        map = json_object();
        json_object_set_new(layer, name, map);
    }
    if (from_flag)
        return add_tag(map, text, true, err);
    while (more && rc == 0)
        rc = add_tag(map, view_trim(view_cut(&text, ',', &more)), false, err);
    return rc;
}

static int set_cidrs(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) {
    json_t *list = options_list_text(text), *item;
    size_t i;

    json_array_foreach(list, i, item) {
        struct view one = options_view(item);
        if (options_cidr_valid(one))
            continue;
        int rc = error_set(err, ERROR_INVALID,
            from_flag ? "error parsing blacklist-ip '%.*s': invalid CIDR address: %.*s" : "failed to parse CIDR '%.*s': invalid CIDR address: %.*s",
            VIEW_ARGS(one), VIEW_ARGS(one));
        json_decref(list);
        return rc;
    }
    return append_list(layer, name, list);
}

static int set_stages(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) {
    json_t *stages = NULL;
    size_t before = json_array_size(json_object_get(layer, name));
    struct error why = ERROR_NULL;
    size_t i;
    json_t *stage;

    int rc = options_stages_text(text, !from_flag, &stages, &why);
    if (rc)
        return from_flag ? error_set(err, ERROR_INVALID, "error for stage %zu: %s", before, why.text) : error_set(err, rc, "%s", why.text);
    if (from_flag)
        json_array_foreach(stages, i, stage)
            if (json_is_null(json_object_get(stage, "duration"))) {
                json_decref(stages);
                return error_set(err, ERROR_INVALID, "stage %zu doesn't have a specified duration", before + i);
            }
    return append_list(layer, name, stages);
}

/* Lists and maps that k6 cannot really take from the environment: here they are JSON. */
static int set_json(json_t *layer, const char *name, struct view text, struct error *err) {
    json_error_t why;
    json_t *value = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &why);

    if (!value)
        return error_set(err, ERROR_INVALID, "not valid JSON: %s", why.text);
    return json_object_set_new(layer, name, value) ? -ENOMEM : 0;
}

static int set_bool(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) {
    bool yes = view_eq(text, VIEW("true")), no = view_eq(text, VIEW("false"));

    if (from_flag) { /* Go's strconv.ParseBool */
        yes = yes || view_eq(text, VIEW("1")) || view_eq(text, VIEW("t")) || view_eq(text, VIEW("T")) || view_eq(text, VIEW("TRUE")) ||
            view_eq(text, VIEW("True"));
        no = no || view_eq(text, VIEW("0")) || view_eq(text, VIEW("f")) || view_eq(text, VIEW("F")) || view_eq(text, VIEW("FALSE")) ||
            view_eq(text, VIEW("False"));
    }
    if (!yes && !no)
        return from_flag ? error_set(err, ERROR_INVALID, "strconv.ParseBool: parsing \"%.*s\": invalid syntax", VIEW_ARGS(text))
                         : error_set(err, ERROR_INVALID, "invalid input:%.*s", VIEW_ARGS(text));
    return json_object_set_new(layer, name, json_boolean(yes)) ? -ENOMEM : 0;
}

static int set_flag_string(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) {
    if (from_flag && !strcmp(name, "summaryTimeUnit") && text.len && !view_eq(text, VIEW("s")) && !view_eq(text, VIEW("ms")) &&
        !view_eq(text, VIEW("us")))
        return error_set(err, ERROR_INVALID, "invalid summary time unit '%.*s', use 's', 'ms' or 'us'", VIEW_ARGS(text));
    return json_object_set_new(layer, name, options_string(text)) ? -ENOMEM : 0;
}

static int set_list(json_t *layer, const struct options_field *f, struct view text, bool from_flag, struct error *err) {
    json_t *list = options_list_text(text), *item;
    size_t i;

    if (from_flag && f->type == OPTIONS_TREND_STATS)
        json_array_foreach(list, i, item) {
            int rc = options_trend_stat_check(options_view(item), err);
            if (rc) {
                json_decref(list);
                return rc;
            }
        }
    return append_list(layer, f->name, list);
}

static int put(json_t *layer, const char *name, int rc, json_t *value) {
    return rc ? rc : json_object_set_new(layer, name, value) ? -ENOMEM : 0;
}

int options_text_set(json_t *layer, const char *name, struct view text, bool from_flag, struct error *err) {
    const struct options_field *f = options_field_find(name, true);
    json_t *value = NULL;
    int rc;

    if (!f)
        return error_set(err, ERROR_INVALID, "unknown option %s", name);
    switch (f->type) {
    case OPTIONS_INT:
        rc = options_int_text(text, &value, err);
        if (rc == 0 && from_flag && json_is_null(value))
            return error_set(err, ERROR_INVALID, "strconv.ParseInt: parsing \"\": invalid syntax");
        return put(layer, name, rc, value);
    case OPTIONS_DURATION:
        rc = options_duration_text(text, !from_flag, &value, err);
        return put(layer, name, rc, value);
    case OPTIONS_DNS:
        rc = options_dns_text(text, &value, err);
        return put(layer, name, rc, value);
    case OPTIONS_LOCAL_IPS: {
        json_t *raw OPTIONS_JSON = options_string(text);
        rc = options_read_local_ips(raw, "Options.localIPs", &value, err);
        return put(layer, name, rc, value);
    }
    case OPTIONS_BOOL: return set_bool(layer, name, text, from_flag, err);
    case OPTIONS_STRING: return set_flag_string(layer, name, text, from_flag, err);
    case OPTIONS_SEGMENT:
    case OPTIONS_SEQUENCE: return put(layer, name, 0, options_string(text));
    case OPTIONS_STRING_MAP: return set_tags(layer, name, text, from_flag, err);
    case OPTIONS_STAGES: return set_stages(layer, name, text, from_flag, err);
    case OPTIONS_CIDRS: return set_cidrs(layer, name, text, from_flag, err);
    case OPTIONS_SYSTEM_TAGS:
    case OPTIONS_TREND_STATS:
    case OPTIONS_TLS_CIPHERS:
    case OPTIONS_HOSTNAMES: return set_list(layer, f, text, from_flag, err);
    default: return set_json(layer, name, text, err);
    }
}

int options_from_env(const char *(*get)(void *ctx, const char *name), void *ctx, json_t **out, struct error *err) {
    json_t *layer OPTIONS_JSON = json_object();

    for (const struct options_field *f = options_fields; f->name; f++) {
        const char *text = f->env ? get(ctx, f->env) : NULL;
        struct error why = ERROR_NULL;

        if (!text || !*text)
            continue;
        if (options_text_set(layer, f->name, view_of_cstr(text), false, &why))
            return error_set(err, ERROR_INVALID, "envconfig.Process: assigning %s to %s: converting '%.200s' to type %s. details: %.500s", f->env,
                f->go, text, options_type_name(f->type), why.text);
    }
    *out = json_incref(layer);
    return 0;
}
