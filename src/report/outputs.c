/* The table of outputs: ours, those that k6 has and we do not have yet, and those that k6 gave up, each with what to say. */
#include "report/outputs.h"

#include "core/buf.h"
#include "report/outputs_priv.h"

#define NOT_YET "is an output of k6 that halftime does not have; available: json, csv"

static const struct output {
    const char *name;
    int (*make)(struct view argument, struct report_sink **out, struct error *err);
    int (*describe)(struct view argument, struct buf *out);
    const char *instead; /* why it cannot be made */
} table[] = {
    {"cloud", NULL, NULL, "the 'cloud' output " NOT_YET},
    {"csv", csv_output_new, csv_output_describe, NULL},
    {"experimental-opentelemetry", NULL, NULL, "the 'experimental-opentelemetry' output " NOT_YET},
    {"experimental-prometheus-rw", NULL, NULL, "the 'experimental-prometheus-rw' output " NOT_YET},
    {"influxdb", NULL, NULL, "the 'influxdb' output " NOT_YET},
    {"json", json_output_new, json_output_describe, NULL},
    {"opentelemetry", NULL, NULL, "the 'opentelemetry' output " NOT_YET},
    {"web-dashboard", NULL, NULL, "the 'web-dashboard' output " NOT_YET},
    {"statsd", NULL, NULL,
        "could not create the 'statsd' output: the statsd output was deprecated in k6 v0.47.0 and removed in k6 v0.55.0, please use the new "
        "xk6 statsd output extension instead. It can be found at https://github.com/LeonAdato/xk6-output-statsd and more info at "
        "https://github.com/grafana/k6/issues/2982"},
    {"kafka", NULL, NULL,
        "could not create the 'kafka' output: the kafka output was deprecated in k6 v0.32.0 and removed in k6 v0.34.0, please use the new xk6 "
        "kafka output extension instead - https://github.com/k6io/xk6-output-kafka"},
    {"datadog", NULL, NULL,
        "could not create the 'datadog' output: the datadog output was deprecated in k6 v0.32.0 and removed in k6 v0.34.0, please use the statsd "
        "output extension https://github.com/LeonAdato/xk6-output-statsd with environment variable K6_STATSD_ENABLE_TAGS=true or an "
        "experimental opentelemetry output instead"},
};
/* k6's list, word for word. */
static const char known_to_k6[] = "cloud, csv, experimental-opentelemetry, experimental-prometheus-rw, influxdb, json, opentelemetry, statsd, web-dashboard";

static const struct output *find(struct view spec, struct view *argument) {
    struct view name = view_cut(&spec, '=', NULL);
    *argument = spec.ptr ? spec : VIEW("");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (view_eq(name, view_of_cstr(table[i].name)))
            return &table[i];
    return NULL;
}

static int output_new(struct view spec, struct report_sink **out, struct error *err) {
    struct view argument, rest = spec, name = view_cut(&rest, '=', NULL);
    const struct output *o = find(spec, &argument);
    if (!o)
        return error_set(err, ERROR_INVALID, "invalid output type '%.*s', available types are: %s", VIEW_ARGS(name), known_to_k6);
    return o->make ? o->make(argument, out, err) : error_set(err, ERROR_INVALID, "%s", o->instead);
}

int outputs_new(const struct view *specs, size_t n, struct report_sink **sinks, struct error *err) {
    if (n > OUTPUTS_MAX)
        return error_set(err, ERROR_LIMIT, "at most %d outputs at a time", OUTPUTS_MAX);
    for (size_t i = 0; i < n; i++) {
        int r = output_new(specs[i], &sinks[i], err);
        if (r == 0)
            continue;
        while (i-- > 0)
            sinks[i] = report_sink_free(sinks[i]);
        return r;
    }
    return 0;
}

int outputs_describe(const struct view *specs, size_t n, struct buf *out) {
    int r = n == 0 ? buf_append_byte(out, '-') : 0;
    for (size_t i = 0; i < n && r >= 0; i++) {
        struct view argument;
        const struct output *o = find(specs[i], &argument);
        r = i ? buf_append(out, ", ", 2) : 0;
        if (r >= 0)
            r = o && o->describe ? o->describe(argument, out) : buf_append_view(out, specs[i]);
    }
    return r < 0 ? r : 0;
}

struct report_sink *report_sink_free(struct report_sink *s) {
    if (s)
        s->ops->free(s);
    return NULL;
}
