/* JSON by jansson, whose tree costs some hundred bytes per object. So the text is counted before it is parsed: depth, objects and
 * arrays, values. A body of 16 MiB made of `{},` alone would otherwise ask for more than a gigabyte.
 *
 * OTLP writes ids as hex (not base64, as protobuf's own JSON would) and 64-bit numbers as text; senders that write plain numbers are
 * read, too, and so are both spellings of names (traceId, trace_id). */
#include "trace/otlp_attributes_priv.h"

#include "stats/trace_mark.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

struct reading {
    struct otlp_sink *sink;
    struct otlp_attributes own;
    char service[OTLP_VALUE_MAX];
};

/* --- is it harmless? --- */

static int count_json(struct view body, struct error *err) {
    size_t depth = 0, nodes = 0, values = 0;
    bool text = false;

    for (size_t i = 0; i < body.len; i++) {
        char c = body.ptr[i];
        if (c == '\\' && text) {
            i++;
        } else if (c == '"') {
            text = !text;
        } else if (!text && (c == '{' || c == '[')) {
            nodes++;
            depth++;
        } else if (!text && (c == '}' || c == ']')) {
            depth -= depth > 0;
        } else if (!text && c == ',') {
            values++;
        }
        if (depth > OTLP_JSON_DEPTH_MAX || nodes > OTLP_JSON_NODES_MAX || values > OTLP_JSON_VALUES_MAX)
            return error_set(err, ERROR_LIMIT,
                "the JSON is too large: at most %d levels, %d objects and arrays, %d values in one body; send smaller batches, or protobuf",
                OTLP_JSON_DEPTH_MAX, OTLP_JSON_NODES_MAX, OTLP_JSON_VALUES_MAX);
    }
    return 0;
}

/* --- values --- */

static struct view text_of(const json_t *v) {
    return json_is_string(v) ? view_take(view_of(json_string_value(v), json_string_length(v)), OTLP_VALUE_MAX) : VIEW_NULL;
}

static const json_t *get(const json_t *o, const char *camel, const char *snake) {
    const json_t *v = json_object_get(o, camel);
    return v ? v : json_object_get(o, snake);
}

static uint64_t number_of(const json_t *v) {
    uint64_t n = 0;

    if (json_is_integer(v))
        return json_integer_value(v) > 0 ? (uint64_t)json_integer_value(v) : 0;
    if (json_is_real(v))
        return json_real_value(v) > 0 && json_real_value(v) < 1e19 ? (uint64_t)json_real_value(v) : 0;
    return json_is_string(v) && view_to_u64(text_of(v), &n) ? n : 0;
}

static void read_trace(const json_t *v, uint64_t *high, uint64_t *low) {
    struct view text = text_of(v);

    *high = *low = 0;
    if (text.len == 32 && (!trace_mark_read_hex(view_take(text, 16), high) || !trace_mark_read_hex(view_drop(text, 16), low)))
        *high = *low = 0;
}

static uint64_t read_span_id(const json_t *v) {
    uint64_t id = 0;

    return trace_mark_read_hex(text_of(v), &id) ? id : 0;
}

/* An AnyValue: {"stringValue": …}. */
static struct view read_value(struct otlp_attributes *a, const json_t *any) {
    const json_t *v = get(any, "stringValue", "string_value");

    if (!v && (v = get(any, "intValue", "int_value")) == NULL)
        v = get(any, "doubleValue", "double_value");
    if (json_is_string(v))
        return text_of(v);
    if (json_is_integer(v))
        return otlp_attributes_i64(a, json_integer_value(v));
    if (json_is_real(v))
        return otlp_attributes_double(a, json_real_value(v));
    v = get(any, "boolValue", "bool_value");
    if (json_is_boolean(v))
        return json_is_true(v) ? VIEW("true") : VIEW("false");
    return json_object_size(any) ? VIEW("[…]") : VIEW("");
}

static void read_attributes(struct reading *r, const json_t *list) {
    const json_t *pair;
    size_t i;

    r->own.count = r->own.used = 0;
    json_array_foreach(list, i, pair) {
        struct view key = text_of(json_object_get(pair, "key"));
        if (!key.len)
            continue;
        if (r->own.count == OTLP_ATTRIBUTES_MAX) {
            r->sink->attributes_left_out += json_array_size(list) - i;
            return;
        }
        r->own.list[r->own.count++] = (struct otlp_attribute){key, read_value(&r->own, json_object_get(pair, "value"))};
    }
}

static struct view event_message(const json_t *events) {
    const json_t *event, *pair;
    size_t i, k;

    json_array_foreach(events, i, event) {
        const json_t *list = json_object_get(event, "attributes");
        if (!view_eq(text_of(json_object_get(event, "name")), VIEW("exception")))
            continue;
        json_array_foreach(list, k, pair) {
            if (view_eq(text_of(json_object_get(pair, "key")), VIEW("exception.message")))
                return text_of(get(json_object_get(pair, "value"), "stringValue", "string_value"));
        }
    }
    return VIEW_NULL;
}

/* By number, or by name as protobuf's own JSON has it. */
static int read_kind(const json_t *v) {
    static const char *const names[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER", "SPAN_KIND_CLIENT",
        "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
    uint64_t n = number_of(v);

    for (int i = 0; json_is_string(v) && i <= OTLP_KIND_CONSUMER; i++)
        if (strcmp(json_string_value(v), names[i]) == 0)
            return i;
    return n <= OTLP_KIND_CONSUMER ? (int)n : OTLP_KIND_UNSPECIFIED;
}

static void read_span(struct reading *r, const json_t *v) {
    const json_t *status = json_object_get(v, "status"), *code = json_object_get(status, "code");
    struct otlp_span s = {.id = read_span_id(get(v, "spanId", "span_id")),
        .parent = read_span_id(get(v, "parentSpanId", "parent_span_id")),
        .service = view_of_cstr(r->service),
        .name = text_of(json_object_get(v, "name")),
        .kind = read_kind(json_object_get(v, "kind")),
        .start_ns = number_of(get(v, "startTimeUnixNano", "start_time_unix_nano")),
        .end_ns = number_of(get(v, "endTimeUnixNano", "end_time_unix_nano")),
        .failed = number_of(code) == 2 || view_eq(text_of(code), VIEW("STATUS_CODE_ERROR")),
        .error = text_of(json_object_get(status, "message"))};

    read_trace(get(v, "traceId", "trace_id"), &s.trace_high, &s.trace_low);
    if (!(s.trace_high | s.trace_low) || !s.id) {
        r->sink->invalid++;
        return;
    }
    if (!s.error.len)
        s.error = event_message(json_object_get(v, "events"));
    read_attributes(r, json_object_get(v, "attributes"));
    s.attributes = r->own.list;
    s.attribute_count = r->own.count;
    r->sink->span(r->sink->ctx, &s);
}

static void read_log(struct reading *r, const json_t *v) {
    uint64_t severity = number_of(get(v, "severityNumber", "severity_number"));
    struct otlp_log l = {.span = read_span_id(get(v, "spanId", "span_id")),
        .time_ns = number_of(get(v, "timeUnixNano", "time_unix_nano")),
        .service = view_of_cstr(r->service),
        .severity = text_of(get(v, "severityText", "severity_text")),
        .severity_number = severity < 25 ? (int)severity : 0};

    if (!l.time_ns)
        l.time_ns = number_of(get(v, "observedTimeUnixNano", "observed_time_unix_nano"));
    read_trace(get(v, "traceId", "trace_id"), &l.trace_high, &l.trace_low);
    read_attributes(r, json_object_get(v, "attributes"));
    l.body = read_value(&r->own, json_object_get(v, "body"));
    l.attributes = r->own.list;
    l.attribute_count = r->own.count;
    r->sink->log(r->sink->ctx, &l);
}

static void read_resource(struct reading *r, enum otlp_signal signal, const json_t *resource) {
    const json_t *scopes = signal == OTLP_TRACES ? get(resource, "scopeSpans", "scope_spans") : get(resource, "scopeLogs", "scope_logs");
    const json_t *scope, *one;
    size_t i, k;

    read_attributes(r, json_object_get(json_object_get(resource, "resource"), "attributes"));
    struct view service = view_take(otlp_find(r->own.list, r->own.count, VIEW("service.name")), sizeof r->service - 1);
    if (service.len)
        memcpy(r->service, service.ptr, service.len);
    r->service[service.len] = 0;
    json_array_foreach(scopes, i, scope) {
        const json_t *list = signal == OTLP_TRACES ? json_object_get(scope, "spans") : get(scope, "logRecords", "log_records");
        json_array_foreach(list, k, one) {
            if (signal == OTLP_TRACES)
                read_span(r, one);
            else
                read_log(r, one);
        }
    }
}

int otlp_read_json(enum otlp_signal signal, struct view body, struct otlp_sink *sink, struct error *err) {
    const json_t *resource;
    struct reading r;
    json_error_t why;
    size_t i;
    int rc = count_json(body, err);

    if (rc < 0)
        return rc;
    json_t *all = json_loadb(body.ptr, body.len, 0, &why);
    if (!json_is_object(all)) {
        json_decref(all);
        return error_set(err, ERROR_SYNTAX, "the body is no JSON of OTLP: %s at byte %d", all ? "no object" : why.text, all ? 0 : why.position);
    }
    r.sink = sink;
    const json_t *list = signal == OTLP_TRACES ? get(all, "resourceSpans", "resource_spans") : get(all, "resourceLogs", "resource_logs");
    json_array_foreach(list, i, resource)
        read_resource(&r, signal, resource);
    json_decref(all);
    return 0;
}
