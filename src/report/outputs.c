/* The table of outputs: what there is, what k6 has and we do not have, and what k6 gave up, each with what to say. */
#include "report/outputs.h"

#include "core/buf.h"
#include "report/outputs_priv.h"

#define NOT_YET "is an output of k6 that halftime does not have; available: csv, experimental-prometheus-rw, influxdb, json, junit, markdown, opentelemetry, statsd"

static const struct output {
    const char *name;
    int (*make)(struct view argument, struct report_sink **out, struct error *err);
    int (*describe)(struct view argument, struct buf *out);
    const char *instead; /* why it cannot be made */
} table[] = {
    {"cloud", NULL, NULL, "the 'cloud' output " NOT_YET},
    {"csv", csv_output_new, csv_output_describe, NULL},
    {"experimental-opentelemetry", otlp_output_new, otlp_output_describe, NULL},
    {"experimental-prometheus-rw", prometheus_output_new, prometheus_output_describe, NULL},
    {"influxdb", influxdb_output_new, influxdb_output_describe, NULL},
    {"json", json_output_new, json_output_describe, NULL},
    {"junit", junit_output_new, junit_output_describe, NULL},
    {"markdown", markdown_output_new, markdown_output_describe, NULL},
    {"opentelemetry", otlp_output_new, otlp_output_describe, NULL},
    {"statsd", statsd_output_new, statsd_output_describe, NULL},
    {"web-dashboard", NULL, NULL, "the 'web-dashboard' output " NOT_YET},
    {"kafka", NULL, NULL,
        "could not create the 'kafka' output: the kafka output was deprecated in k6 v0.32.0 and removed in k6 v0.34.0, please use the new xk6 "
        "kafka output extension instead - https://github.com/k6io/xk6-output-kafka"},
    {"datadog", NULL, NULL,
        "could not create the 'datadog' output: the datadog output was deprecated in k6 v0.32.0 and removed in k6 v0.34.0, please use the statsd "
        "output extension https://github.com/LeonAdato/xk6-output-statsd with environment variable K6_STATSD_ENABLE_TAGS=true or an "
        "experimental opentelemetry output instead"},
};
/* k6's list, word for word, and ours. */
static const char known[] = "cloud, csv, experimental-opentelemetry, experimental-prometheus-rw, influxdb, json, opentelemetry, statsd, web-dashboard; "
                            "halftime's own: junit, markdown";

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
        return error_set(err, ERROR_INVALID, "invalid output type '%.*s', available types are: %s", VIEW_ARGS(name), known);
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
