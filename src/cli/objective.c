#include "cli/objective.h"

#include <stdio.h>
#include <string.h>

int objective_read(struct objective *o, struct view text, const struct metrics *metrics, struct error *err) {
    struct error why = ERROR_NULL;
    ptrdiff_t brace = view_find(text, '}'),
              colon = view_find(view_drop(text, brace > 0 ? (size_t)brace : 0), ':');

    snprintf(o->text, sizeof o->text, "%.*s", VIEW_ARGS(text));
    if (colon < 0)
        return error_set(err, ERROR_INVALID,
            "--slo '%.*s': write it as 'http_req_duration: p(95)<300' or 'http_req_failed: rate<0.01'",
            VIEW_ARGS(text));
    colon += brace > 0 ? brace : 0;
    if (threshold_target_parse(view_trim(view_take(text, (size_t)colon)), &o->target, &why) < 0 ||
        threshold_expr_parse(view_trim(view_drop(text, (size_t)colon + 1)), &o->expression, &why) < 0)
        return error_set(err, ERROR_INVALID, "--slo '%.*s': %s", VIEW_ARGS(text), why.text);
    if (!metrics_find(metrics, o->target.metric, &o->metric))
        return error_set(err, ERROR_INVALID,
            "--slo '%.*s': there is no metric %.*s; there are http_req_duration, http_req_failed, "
            "iteration_duration …",
            VIEW_ARGS(text), VIEW_ARGS(o->target.metric));
    if (!threshold_method_fits(o->expression.method, metrics_type(metrics, o->metric)))
        return error_set(err, ERROR_INVALID, "--slo '%.*s': %.*s is a %s, which has no such figure",
            VIEW_ARGS(text), VIEW_ARGS(o->target.metric), metric_type_name(metrics_type(metrics, o->metric)));
    return 0;
}

bool objective_figure(
    const struct objective *o, const struct recorder *r, double seconds, double *value, bool *holds) {
    struct sink s;

    if (series_store_collect(r->series, o->metric, o->target.filter, o->target.filter_count, &s) < 0)
        return false;
    bool some = !sink_empty(&s);
    *value = threshold_expr_value(&o->expression, &s, seconds);
    *holds = some && threshold_expr_passes(&o->expression, &s, seconds, true);
    sink_deinit(&s);
    return some;
}

int objective_texts(const struct flag_result *flags, const char *const *defaults, size_t default_count,
    struct view out[OBJECTIVES_MAX], struct error *err) {
    int n = 0;

    for (size_t i = 0; i < flags->count; i++) {
        if (strcmp(flags->items[i].flag->name, "slo") != 0)
            continue;
        if (n == OBJECTIVES_MAX)
            return error_set(err, ERROR_LIMIT, "more than %d objectives (--slo)", OBJECTIVES_MAX);
        out[n++] = view_of_cstr(flags->items[i].value);
    }
    if (n > 0)
        return n;
    for (size_t i = 0; i < default_count; i++)
        out[i] = view_of_cstr(defaults[i]);
    return (int)default_count;
}
