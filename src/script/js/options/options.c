/* Consolidation: layers → one set of options → plan.
 *
 * Each layer is first read into canonical form (options_table.c), so that everything after works on checked types. Merging goes from the
 * lowest layer up: a field that is set replaces the lower one's; a layer that sets any of duration, iterations, stages, scenarios wipes all
 * four of the layers below. Then the shortcuts become the scenario "default", defaults that k6 shows are filled in (trend stats, system
 * tags), and the scenarios are checked and put into the plan. Messages are k6's. */
#include "script/js/options/options.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/duration.h"
#include "script/js/options/options_priv.h"
#include "script/js/options/options_segment_priv.h"

static const char *const execution_fields[] = {"duration", "iterations", "stages", "scenarios"};
enum { EXECUTION_FIELDS = 4 };

static const struct {
    const char *name;
    size_t offset;
    bool script;
} layer_order[] = {
    {"config", offsetof(struct options_layers, config), false},
    {"script", offsetof(struct options_layers, script), true},
    {"env", offsetof(struct options_layers, env), false},
    {"cli", offsetof(struct options_layers, cli), false},
};

static bool is_set(const json_t *options, const char *name) {
    return !options_unset(json_object_get(options, name));
}

/* A layer without any of the four leaves those below alone. */
static void wipe_execution(json_t *options, const json_t *layer, const char *layer_name, struct options_notes *notes) {
    bool any = false;

    for (size_t i = 0; i < EXECUTION_FIELDS; i++)
        any = any || is_set(layer, execution_fields[i]);
    if (!any)
        return;
    if (json_object_size(json_object_get(options, "scenarios")) && !is_set(layer, "scenarios"))
        options_note(notes, NULL, "\"%s\" level configuration overrode scenarios configuration entirely", layer_name);
    for (size_t i = 0; i < EXECUTION_FIELDS; i++)
        json_object_del(options, execution_fields[i]);
}

/* dns is a struct in k6: its parts are replaced one by one. */
static void merge_dns(json_t *options, const json_t *value) {
    json_t *dns = json_object_get(options, "dns");
    const char *key;
    json_t *part;

    if (!dns) {
        json_object_set_new(options, "dns", json_deep_copy(value));
        return;
    }
    json_object_foreach((json_t *)value, key, part)
        if (!json_is_null(part))
            json_object_set(dns, key, part);
}

static void merge_layer(json_t *options, const json_t *layer, const char *name, struct options_notes *notes) {
    const char *key;
    json_t *value;

    wipe_execution(options, layer, name, notes);
    json_object_foreach((json_t *)layer, key, value) {
        if (!strcmp(key, "dns"))
            merge_dns(options, value);
        else if (!json_is_null(value))
            json_object_set(options, key, value);
    }
}

static int merge(const struct options_layers *layers, json_t **out, struct options_notes *notes, struct error *err) {
    json_t *options OPTIONS_JSON = json_object();

    for (size_t i = 0; i < sizeof layer_order / sizeof layer_order[0]; i++) {
        const json_t *raw = *(const json_t *const *)((const char *)layers + layer_order[i].offset);
        json_t *layer OPTIONS_JSON = NULL;

        int rc = options_layer_read(raw, layer_order[i].script, &layer, notes, err);
        if (rc) {
            if (notes)
                notes->script_failed = layer_order[i].script;
            return rc;
        }
        merge_layer(options, layer, layer_order[i].name, notes);
    }
    *out = json_incref(options);
    return 0;
}

/* ---- shortcuts ---- */

static json_t *get_or_null(const json_t *options, const char *name) {
    json_t *value = json_object_get(options, name);

    return value ? json_incref(value) : json_null();
}

static json_t *default_scenario(const char *executor) {
    return json_pack("{s:{s:s, s:n, s:n, s:n, s:n, s:n}}", "default", "executor", executor, "startTime", "gracefulStop", "env", "exec", "tags");
}

static int set_default(json_t *options, const char *executor, json_t *own) {
    json_t *scenarios = default_scenario(executor);

    json_object_update(json_object_get(scenarios, "default"), own);
    json_decref(own);
    return json_object_set_new(options, "scenarios", scenarios) ? -ENOMEM : 0;
}

static int clash(const json_t *options, const char *a, const char *b, struct error *err) {
    const json_t *value = json_object_get(options, b);
    bool set = json_is_array(value) ? json_array_size(value) > 0 : json_is_object(value);

    if (!set)
        return 0;
    return error_set(err, ERROR_INVALID, "using `%s` and `%s` options simultaneously is not allowed", a, b);
}

static int derive_iterations(json_t *options, struct error *err) {
    int rc = clash(options, "iterations", "stages", err);

    if (rc == 0)
        rc = clash(options, "iterations", "scenarios", err);
    return rc ? rc
              : set_default(options, "shared-iterations",
                    json_pack("{s:o, s:o, s:o}", "vus", get_or_null(options, "vus"), "iterations", get_or_null(options, "iterations"),
                        "maxDuration", get_or_null(options, "duration")));
}

static int derive_duration(json_t *options, struct error *err) {
    int rc = clash(options, "duration", "stages", err);

    if (rc == 0)
        rc = clash(options, "duration", "scenarios", err);
    if (rc)
        return rc;
    if (options_duration_us(json_object_get(options, "duration"), 0) <= 0)
        return error_set(err, ERROR_INVALID,
            "`duration` option should be more than 0, for infinite duration use the externally-controlled executor");
    return set_default(options, "constant-vus",
        json_pack("{s:o, s:o}", "vus", get_or_null(options, "vus"), "duration", get_or_null(options, "duration")));
}

static int derive_stages(json_t *options, struct error *err) {
    int rc = clash(options, "stages", "scenarios", err);

    return rc ? rc
              : set_default(options, "ramping-vus",
                    json_pack("{s:o, s:o, s:n}", "startVUs", get_or_null(options, "vus"), "stages", get_or_null(options, "stages"),
                        "gracefulRampDown"));
}

/* vus alone: as many iterations as users; stronger than scenarios. */
static int derive_vus(json_t *options, struct options_notes *notes) {
    json_t *vus = json_object_get(options, "vus");

    if (is_set(options, "scenarios"))
        options_note(notes, NULL, "`vus=%" JSON_INTEGER_FORMAT "` overrides scenarios configuration", json_integer_value(vus));
    json_object_set(options, "iterations", vus);
    return set_default(options, "shared-iterations", json_pack("{s:O, s:O, s:n}", "vus", vus, "iterations", vus, "maxDuration"));
}

static int derive(json_t *options, struct options_notes *notes, struct error *err) {
    static const char *const may_be_empty[] = {"stages", "scenarios"};

    if (is_set(options, "iterations"))
        return derive_iterations(options, err);
    if (is_set(options, "duration"))
        return derive_duration(options, err);
    if (json_array_size(json_object_get(options, "stages")))
        return derive_stages(options, err);
    if (is_set(options, "vus") && !is_set(options, "stages"))
        return derive_vus(options, notes);
    if (json_object_size(json_object_get(options, "scenarios")))
        return 0;
    for (size_t i = 0; i < 2; i++)
        if (is_set(options, may_be_empty[i]))
            options_note(notes, NULL, "`%s` was explicitly set to an empty value, running the script with 1 iteration in 1 VU", may_be_empty[i]);
    return set_default(options, "per-vu-iterations", json_pack("{s:n, s:n, s:n}", "vus", "iterations", "maxDuration"));
}

/* ---- what k6 fills in when it consolidates ---- */

static int check_trend_stats(const json_t *options, struct options_notes *notes, struct error *err) {
    const json_t *stats = json_object_get(options, "summaryTrendStats"), *item;
    size_t i;

    json_array_foreach(stats, i, item) {
        int rc = options_trend_stat_check(options_view(item), err);
        if (rc) {
            if (notes)
                notes->not_config = true; /* k6 exits with 255 here */
            return rc;
        }
    }
    return 0;
}

static void fill_defaults(json_t *options) {
    static const char *const stats[] = {"avg", "min", "med", "max", "p(90)", "p(95)"};
    json_t *tags OPTIONS_JSON = json_array(), *sorted = NULL;

    if (!is_set(options, "summaryTrendStats")) {
        json_t *list = json_array();
        for (size_t i = 0; i < sizeof stats / sizeof stats[0]; i++)
            json_array_append_new(list, json_string(stats[i]));
        json_object_set_new(options, "summaryTrendStats", list);
    }
    if (is_set(options, "systemTags"))
        return;
#define TAG(id, name, on) \
    if (on)               \
        json_array_append_new(tags, json_string(name));
    OPTIONS_SYSTEM_TAGS(TAG)
#undef TAG
    if (options_read_system_tags(tags, "Options.systemTags", &sorted, NULL) == 0)
        json_object_set_new(options, "systemTags", sorted);
}

/* All fields in k6's order, unset ones null. */
static json_t *print_shape(const json_t *options, unsigned without) {
    json_t *all = json_object();

    for (const struct options_field *f = options_fields; f->name; f++) {
        json_t *value = json_object_get(options, f->name);
        bool empty_tags = f->type == OPTIONS_SYSTEM_TAGS && json_array_size(value) == 0;

        if (f->flags & without || (f->flags & OPTIONS_OMIT_NULL && options_unset(value)))
            continue;
        if (f->type == OPTIONS_DNS && !value)
            json_object_set_new(all, f->name, json_pack("{s:n, s:n, s:n}", "ttl", "select", "policy"));
        else
            json_object_set_new(all, f->name, value && !empty_tags ? json_incref(value) : json_null());
    }
    return all;
}

/* ---- the plan ---- */

static int fill_plan(const json_t *options, const struct options_layers *layers, struct plan *out, struct error *err) {
    struct view segment = options_view(json_object_get(options, "executionSegment"));
    struct options_segment s;

    int rc = options_plan_scenarios(json_object_get(options, "scenarios"), layers, out, err);
    if (rc == 0)
        rc = options_plan_thresholds(json_object_get(options, "thresholds"), layers, out, err);
    if (rc == 0)
        rc = options_segment_check(segment, options_view(json_object_get(options, "executionSegmentSequence")), err);
    if (rc == 0)
        rc = options_segment_parse(segment, &s, err);
    if (rc)
        return rc;
    options_segment_apply(&s, out);
    out->tags = options_pairs(&out->arena, json_object_get(options, "tags"), &out->tag_count);
    if (!out->tags)
        return error_set(err, -ENOMEM, "out of memory");
    out->setup_timeout_us = options_duration_us(json_object_get(options, "setupTimeout"), INT64_C(60000000));
    out->teardown_timeout_us = options_duration_us(json_object_get(options, "teardownTimeout"), INT64_C(60000000));
    out->min_iteration_us = options_duration_us(json_object_get(options, "minIterationDuration"), 0);
    out->requests_per_s = options_int(json_object_get(options, "rps"), 0);
    if (out->requests_per_s < 0)
        out->requests_per_s = 0;
    out->no_setup = json_is_true(json_object_get(options, "noSetup"));
    out->no_teardown = json_is_true(json_object_get(options, "noTeardown"));
    return 0;
}

static int fill_host_options(const json_t *options, struct plan *out, struct error *err) {
    json_t *shape OPTIONS_JSON = print_shape(options, 0);
    char *text = shape ? json_dumps(shape, JSON_COMPACT) : NULL;

    if (text && strlen(text) <= OPTIONS_JSON_BYTES_MAX)
        out->host_options = arena_copy(&out->arena, view_of_cstr(text));
    free(text);
    return out->host_options.ptr ? 0 : error_set(err, ERROR_LIMIT, "the options are larger than %d bytes of JSON", OPTIONS_JSON_BYTES_MAX);
}

static int consolidate(const struct options_layers *layers, json_t **out, struct options_notes *notes, struct error *err) {
    json_t *options OPTIONS_JSON = NULL;

    int rc = merge(layers, &options, notes, err);
    if (rc == 0)
        rc = derive(options, notes, err);
    if (rc == 0)
        rc = check_trend_stats(options, notes, err);
    if (rc)
        return rc;
    fill_defaults(options);
    *out = json_incref(options);
    return 0;
}

int options_consolidate(const struct options_layers *layers, struct plan *out, struct options_notes *notes, struct error *err) {
    json_t *options OPTIONS_JSON = NULL;

    int rc = consolidate(layers, &options, notes, err);
    if (rc == 0)
        rc = fill_plan(options, layers, out, err);
    if (rc == 0)
        rc = fill_host_options(options, out, err);
    return rc;
}

/* ---- inspect ---- */

/* Go's encoder writes these three as escapes; they occur in strings only. */
static int append_go_escaped(struct buf *out, const char *text) {
    int rc = 0;

    for (; *text && rc == 0; text++)
        rc = *text == '<' || *text == '>' || *text == '&' ? buf_printf(out, "\\u%04x", (unsigned)*text) : buf_append_byte(out, *text);
    return rc;
}

static int add_requirements(const json_t *options, const struct options_layers *layers, json_t *shape, struct error *err) {
    struct plan plan;
    char text[DURATION_TEXT_MAX];

    plan_init(&plan);
    int rc = fill_plan(options, layers, &plan, err);
    if (rc == 0) {
        json_object_set_new(shape, "totalDuration", json_string(duration_format(plan_end_us(&plan) * 1000, text)));
        json_object_set_new(shape, "maxVUs", json_integer(plan_users_max(&plan)));
    }
    plan_deinit(&plan);
    return rc;
}

int options_inspect(const struct options_layers *layers, enum options_print view, struct buf *out, struct options_notes *notes, struct error *err) {
    struct options_layers script_only = {.script = layers->script};
    json_t *options OPTIONS_JSON = NULL, *shape OPTIONS_JSON = NULL;

    int rc = view == OPTIONS_REQUIREMENTS ? consolidate(layers, &options, notes, err)
                                          : merge(view == OPTIONS_OF_SCRIPT ? &script_only : layers, &options, notes, err);
    if (rc)
        return rc;
    if (view == OPTIONS_OF_ARCHIVE)
        fill_defaults(options);
    shape = print_shape(options, OPTIONS_NOT_SCRIPT);
    if (view == OPTIONS_REQUIREMENTS)
        rc = add_requirements(options, layers, shape, err);
    if (rc)
        return rc;
    char *text = json_dumps(shape, JSON_INDENT(2));
    rc = text ? append_go_escaped(out, text) : -ENOMEM;
    free(text);
    return rc ? error_set(err, rc, "the options are too large to print") : 0;
}
