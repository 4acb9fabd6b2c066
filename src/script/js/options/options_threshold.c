/* thresholds: {metric: ["expr", {threshold, abortOnFail, delayAbortEval}]} → canonical JSON, and → plan->thresholds, checked against the
 * metrics that exist: the built-in ones and those that the script declares. The grammar is stats/threshold's. */
#include "script/js/options/options_priv.h"

#include <errno.h>

#include "stats/threshold.h"

static int read_one(const json_t *v, json_t **out, struct error *err) {
    const json_t *text = json_object_get(v, "threshold"), *abort = json_object_get(v, "abortOnFail");
    json_t *delay OPTIONS_JSON = NULL;

    if (json_is_string(v)) {
        *out = json_incref((json_t *)v);
        return 0;
    }
    if (!json_is_object(v))
        return options_wrong_type(v, "Options.thresholds", "metrics.rawThresholdConfig", err);
    if (!options_unset(text) && !json_is_string(text))
        return options_wrong_type(text, "Options.thresholds.threshold", "string", err);
    if (!options_unset(abort) && !json_is_boolean(abort))
        return options_wrong_type(abort, "Options.thresholds.abortOnFail", "bool", err);
    int rc = options_read_duration(json_object_get(v, "delayAbortEval"), "Options.thresholds.delayAbortEval", &delay, err);
    if (rc)
        return rc;
    *out = json_is_true(abort) ? json_pack("{s:o, s:b, s:O}", "threshold", options_string(options_view(text)), "abortOnFail", 1,
                                     "delayAbortEval", delay)
                               : options_string(options_view(text));
    return *out ? 0 : error_set(err, -ENOMEM, "out of memory");
}

int options_read_thresholds(const json_t *v, const char *where, json_t **out, struct error *err) {
    json_t *map OPTIONS_JSON = json_object(), *list;
    const char *key;

    if (!json_is_object(v))
        return options_wrong_type(v, where, options_type_name(OPTIONS_THRESHOLDS), err);
    json_object_foreach((json_t *)v, key, list) {
        json_t *canonical = json_array(), *item;
        size_t i;

        json_object_set_new(map, key, canonical);
        if (!options_unset(list) && !json_is_array(list))
            return options_wrong_type(list, where, "[]metrics.thresholdConfig", err);
        json_array_foreach(list, i, item) {
            json_t *one = NULL;
            int rc = read_one(item, &one, err);
            if (rc)
                return rc;
            json_array_append_new(canonical, one);
        }
    }
    *out = options_sorted(map);
    return *out ? 0 : error_set(err, -ENOMEM, "out of memory");
}

static const struct {
    struct view name;
    enum metric_type type;
} builtins[] = {
#define BUILTIN(id, text, kind, contains) {VIEW(text), METRIC_##kind},
    METRIC_BUILTINS(BUILTIN)
#undef BUILTIN
};

static bool find_metric(const struct options_layers *l, struct view name, enum metric_type *type) {
    for (size_t i = 0; i < sizeof builtins / sizeof builtins[0]; i++)
        if (view_eq(builtins[i].name, name)) {
            *type = builtins[i].type;
            return true;
        }
    for (size_t i = 0; i < l->metric_count; i++)
        if (view_eq(l->metrics[i].name, name)) {
            *type = l->metrics[i].type;
            return true;
        }
    return false;
}

static const char *method_names[] = {
#define METHOD(id, text) text,
    THRESHOLD_METHODS(METHOD)
#undef METHOD
};

static int check_method(struct view target, struct view text, const struct threshold_expr *e, enum metric_type type, struct error *err) {
    static const char *const supported[] = {
        [METRIC_COUNTER] = "count, rate",
        [METRIC_GAUGE] = "value",
        [METRIC_RATE] = "rate",
        [METRIC_TREND] = "avg, min, max, med, p",
    };

    if (threshold_method_fits(e->method, type))
        return 0;
    return error_set(err, ERROR_INVALID,
        "invalid threshold \"%.*s\" applied on metric %.*s; reason: unsupported aggregation method %s on metric of type %s. supported "
        "aggregation methods for this metric are: %s",
        VIEW_ARGS(text), VIEW_ARGS(target), method_names[e->method], metric_type_name(type), supported[type]);
}

static struct view expression_of(const json_t *item) {
    return options_view(json_is_object(item) ? json_object_get(item, "threshold") : item);
}

static int parse(struct view text, struct threshold_expr *out, struct error *err) {
    struct error why = ERROR_NULL;

    if (threshold_expr_parse(text, out, &why) == 0)
        return 0;
    return options_threshold_words(text, why.text, err);
}

/* "m{ a:b }" → "m{a:b}": blanks inside the braces do not belong to the name, which k6 shows without them. */
static struct view target_name(struct arena *a, struct view target) {
    ptrdiff_t open = view_find(target, '{');

    if (open < 0 || target.ptr[target.len - 1] != '}')
        return arena_copy(a, target);
    struct view inside = view_trim(view_of(target.ptr + open + 1, target.len - (size_t)open - 2));
    char *name = arena_printf(a, "%.*s{%.*s}", (int)open, target.ptr, VIEW_ARGS(inside));
    return view_of_cstr(name);
}

/* All of one metric's. */
static int plan_metric(struct view target, const json_t *list, const struct options_layers *layers, struct plan *out, struct error *err) {
    struct threshold_target parsed;
    struct error why = ERROR_NULL;
    enum metric_type type = METRIC_TREND;
    bool known;
    json_t *item;
    size_t i;

    int rc = threshold_target_parse(target, &parsed, &why);
    if (rc && view_find(target, '{') < 0 && view_find(target, '}') < 0)
        parsed.metric = target; /* no name of a metric at all: not known, then */
    else if (rc)
        return options_threshold_target_words(target, why.text, err);
    known = find_metric(layers, parsed.metric, &type);
    if (!known && !layers->metrics_unknown)
        return error_set(err, ERROR_INVALID, "invalid threshold defined on %.*s; reason: no metric name \"%.*s\" found", VIEW_ARGS(target),
            VIEW_ARGS(target));
    json_array_foreach(list, i, item) {
        struct plan_threshold *t = &out->thresholds[out->threshold_count++];
        struct threshold_expr expression;

        t->target = target_name(&out->arena, target);
        t->expression = arena_copy(&out->arena, expression_of(item));
        t->abort_on_fail = json_is_true(json_object_get(item, "abortOnFail"));
        t->delay_abort_us = options_duration_us(json_object_get(item, "delayAbortEval"), 0);
        rc = parse(expression_of(item), &expression, err);
        if (rc == 0 && known)
            rc = check_method(target, expression_of(item), &expression, type, err);
        if (rc)
            return rc;
    }
    return 0;
}

/* k6 reads all expressions before it looks at any metric. */
static int parse_all(const json_t *thresholds, size_t *count, struct error *err) {
    const char *key;
    json_t *list, *item;
    size_t i;

    *count = 0;
    json_object_foreach((json_t *)thresholds, key, list) {
        json_array_foreach(list, i, item) {
            struct threshold_expr expression;
            int rc = parse(expression_of(item), &expression, err);
            if (rc)
                return rc;
            ++*count;
        }
    }
    return 0;
}

int options_plan_thresholds(const json_t *thresholds, const struct options_layers *layers, struct plan *out, struct error *err) {
    const char *target;
    json_t *list;
    size_t count;

    out->threshold_count = 0;
    if (layers->no_thresholds || options_unset(thresholds))
        return 0;
    int rc = parse_all(thresholds, &count, err);
    if (rc)
        return rc;
    out->thresholds = arena_calloc(&out->arena, count + 1, sizeof *out->thresholds);
    if (!out->thresholds)
        return error_set(err, -ENOMEM, "out of memory");
    json_object_foreach((json_t *)thresholds, target, list) {
        rc = plan_metric(view_of_cstr(target), list, layers, out, err);
        if (rc)
            return rc;
    }
    return 0;
}
