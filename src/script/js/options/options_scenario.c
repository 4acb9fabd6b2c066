/* Scenarios and stages as written → canonical JSON. A table says which key belongs to which executor; here unknown keys are errors (at
 * the top level of the options they are only warned of). Whether the values make sense is options_plan.c's business. */
#include "script/js/options/options_priv.h"

#include <errno.h>
#include <stdio.h>

#define ON(id) (1u << PLAN_##id)
#define ALL ((1u << PLAN_EXECUTOR_COUNT) - 1)

static const struct scenario_key {
    const char *name;
    options_reader *read;
    unsigned executors;
    bool omit_null;
} keys[] = {
    {"executor", options_read_string, ALL, false},
    {"startTime", options_read_duration, ALL, false},
    {"gracefulStop", options_read_duration, ALL, false},
    {"env", options_read_string_map, ALL, false},
    {"exec", options_read_string, ALL, false},
    {"tags", options_read_string_map, ALL, false},
    {"options", options_read_any, ALL, true},
    {"startVUs", options_read_int, ON(RAMPING_VUS), false},
    {"vus", options_read_int, ON(SHARED_ITERATIONS) | ON(PER_VU_ITERATIONS) | ON(CONSTANT_VUS), false},
    {"iterations", options_read_int, ON(SHARED_ITERATIONS) | ON(PER_VU_ITERATIONS), false},
    {"maxDuration", options_read_duration, ON(SHARED_ITERATIONS) | ON(PER_VU_ITERATIONS), false},
    {"startRate", options_read_int, ON(RAMPING_ARRIVAL_RATE), false},
    {"rate", options_read_int, ON(CONSTANT_ARRIVAL_RATE), false},
    {"timeUnit", options_read_duration, ON(CONSTANT_ARRIVAL_RATE) | ON(RAMPING_ARRIVAL_RATE), false},
    {"duration", options_read_duration, ON(CONSTANT_VUS) | ON(CONSTANT_ARRIVAL_RATE), false},
    {"stages", options_read_stages, ON(RAMPING_VUS) | ON(RAMPING_ARRIVAL_RATE), false},
    {"preAllocatedVUs", options_read_int, ON(CONSTANT_ARRIVAL_RATE) | ON(RAMPING_ARRIVAL_RATE), false},
    {"maxVUs", options_read_int, ON(CONSTANT_ARRIVAL_RATE) | ON(RAMPING_ARRIVAL_RATE), false},
    {"gracefulRampDown", options_read_duration, ON(RAMPING_VUS), false},
};
enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

const char *options_scenario_key(size_t i, unsigned *executors) {
    if (i >= KEY_COUNT)
        return NULL;
    *executors = keys[i].executors;
    return keys[i].name;
}

static int unknown_field(const char *key, struct error *err) {
    return error_set(err, ERROR_INVALID, "json: unknown field \"%s\"", key);
}

static const char *last_name(const char *where) {
    const char *dot = strrchr(where, '.');

    return dot ? dot + 1 : where;
}

static int read_stage(const json_t *raw, const char *where, bool strict, json_t **out, struct error *err) {
    json_t *duration OPTIONS_JSON = NULL, *target OPTIONS_JSON = NULL;
    const char *key;
    json_t *value;

    if (!json_is_object(raw))
        return options_wrong_type(raw, where, "executor.Stage", err);
    if (strict)
        json_object_foreach((json_t *)raw, key, value)
            if (strcmp(key, "duration") != 0 && strcmp(key, "target") != 0)
                return unknown_field(key, err);
    int rc = options_read_duration(json_object_get(raw, "duration"), where, &duration, err);
    if (rc == 0)
        rc = options_read_int(json_object_get(raw, "target"), where, &target, err);
    if (rc)
        return rc;
    *out = json_pack("{s:O, s:O}", "duration", duration, "target", target);
    return *out ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int options_read_stages(const json_t *v, const char *where, json_t **out, struct error *err) {
    bool top = !strcmp(where, "Options.stages");
    json_t *stages OPTIONS_JSON = json_array(), *item;
    size_t i;

    if (options_unset(v)) {
        *out = json_null();
        return 0;
    }
    if (!json_is_array(v))
        return options_wrong_type(v, where, top ? "[]lib.Stage" : "[]executor.Stage", err);
    if (json_array_size(v) > PLAN_STAGES_MAX)
        return error_set(err, ERROR_LIMIT, "%s has %zu stages, the limit is %d", last_name(where), json_array_size(v), PLAN_STAGES_MAX);
    json_array_foreach(v, i, item) {
        json_t *stage = NULL;
        int rc = read_stage(item, where, !top, &stage, err);
        if (rc)
            return rc;
        json_array_append_new(stages, stage);
    }
    /* k6 takes one lone stage without duration as "no stages". */
    if (top && json_array_size(stages) == 1 && json_is_null(json_object_get(json_array_get(stages, 0), "duration")))
        json_array_clear(stages);
    *out = json_incref(stages);
    return 0;
}

int options_stages_text(struct view text, bool allow, json_t **out, struct error *err) {
    json_t *stages OPTIONS_JSON = json_array();
    bool more = text.len > 0;

    while (more) {
        struct view stage = view_cut(&text, ',', &more);
        json_t *duration OPTIONS_JSON = json_null(), *target OPTIONS_JSON = json_null();
        bool colon;
        struct view duration_text = view_cut(&stage, ':', &colon);

        int rc = duration_text.len ? options_duration_text(duration_text, allow, &duration, err) : 0;
        if (rc == 0 && colon && stage.len)
            rc = options_int_text(stage, &target, err);
        if (rc)
            return rc;
        if (json_array_size(stages) >= PLAN_STAGES_MAX)
            return error_set(err, ERROR_LIMIT, "more than %d stages", PLAN_STAGES_MAX);
        json_array_append_new(stages, json_pack("{s:O, s:O}", "duration", duration, "target", target));
    }
    *out = json_incref(stages);
    return 0;
}

/* "options": {"browser": {…}} is all that k6 knows there. */
static int check_options(const json_t *v, struct error *err) {
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)v, key, value)
        if (strcmp(key, "browser") != 0)
            return unknown_field(key, err);
    return 0;
}

static int check_keys(const json_t *raw, enum plan_executor executor, struct error *err) {
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)raw, key, value) {
        bool known = false;
        for (size_t k = 0; k < KEY_COUNT && !known; k++)
            known = keys[k].executors & (1u << executor) && view_eq_nocase(view_of_cstr(keys[k].name), view_of_cstr(key));
        if (!known)
            return unknown_field(key, err);
    }
    return check_options(json_object_get(raw, "options"), err);
}

static const json_t *get_nocase(const json_t *object, const char *name) {
    const json_t *exact = json_object_get(object, name);
    const char *key;
    json_t *value;

    if (exact)
        return exact;
    json_object_foreach((json_t *)object, key, value)
        if (view_eq_nocase(view_of_cstr(key), view_of_cstr(name)))
            return value;
    return NULL;
}

static int read_scenario(const char *name, const json_t *raw, json_t **out, struct error *err) {
    json_t *scenario OPTIONS_JSON = json_object();
    const json_t *type = json_is_object(raw) ? get_nocase(raw, "executor") : NULL;
    enum plan_executor executor;

    if (!options_unset(raw) && !json_is_object(raw))
        return options_wrong_type(raw, "Options.scenarios", "struct { ExecutorType string \"json:\\\"executor\\\"\" }", err);
    if (type && !json_is_string(type) && !json_is_null(type))
        return options_wrong_type(type, "Options.scenarios.executor", "string", err);
    if (!options_view(type).len)
        return error_set(err, ERROR_INVALID, "scenario '%s' doesn't have a specified executor type", name);
    if (!plan_executor_of_name(options_view(type), &executor))
        return error_set(err, ERROR_INVALID, "unknown executor type '%s'", json_string_value(type));
    int rc = check_keys(raw, executor, err);
    for (size_t k = 0; k < KEY_COUNT && rc == 0; k++) {
        const json_t *value = get_nocase(raw, keys[k].name);
        json_t *canonical = NULL;
        char where[128];

        if (!(keys[k].executors & (1u << executor)) || (keys[k].omit_null && options_unset(value)))
            continue;
        snprintf(where, sizeof where, "Options.scenarios.%s", keys[k].name);
        rc = keys[k].read(value, where, &canonical, err);
        if (rc == 0 && json_object_set_new(scenario, keys[k].name, canonical))
            rc = error_set(err, -ENOMEM, "out of memory");
    }
    if (rc == 0)
        *out = json_incref(scenario);
    return rc;
}

int options_read_scenarios(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *scenarios OPTIONS_JSON = json_object();
    const char *key;
    json_t *item;

    if (options_unset(v)) {
        *out = json_null();
        return 0;
    }
    if (!json_is_object(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_SCENARIOS), err);
    if (json_object_size(v) > PLAN_SCENARIOS_MAX)
        return error_set(err, ERROR_LIMIT, "%zu scenarios, the limit is %d", json_object_size(v), PLAN_SCENARIOS_MAX);
    json_object_foreach((json_t *)v, key, item) {
        json_t *scenario = NULL;
        int rc = read_scenario(key, item, &scenario, err);
        if (rc)
            return rc;
        json_object_set_new(scenarios, key, scenario);
    }
    *out = options_sorted(scenarios);
    return *out ? 0 : error_set(err, -ENOMEM, "out of memory");
}
