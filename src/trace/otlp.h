/* OpenTelemetry's protocol (OTLP) from the wire: bodies of POST /v1/traces and /v1/logs, in protobuf and in JSON, to spans and log
 * records that are handed over one by one. Views point into the body or into the decoder's scratch and live until the call returns.
 *
 * Bodies come from strangers. Nothing here recurses into their data, what is too much is left out and counted. */
#ifndef TRACE_OTLP_H
#define TRACE_OTLP_H

#include "core/error.h"
#include "core/view.h"

#include <stdint.h>

enum {
    OTLP_ATTRIBUTES_MAX = 64,       /* of one span or record; further ones are left out and counted */
    OTLP_VALUE_MAX = 4096,          /* bytes of one text; longer ones are cut */
    OTLP_JSON_DEPTH_MAX = 64,
    OTLP_JSON_NODES_MAX = 400 * 1000,   /* objects and arrays: each costs the parser some hundred bytes */
    OTLP_JSON_VALUES_MAX = 2000 * 1000, /* members and elements */
    OTLP_SCRATCH_MAX = 64 * 1024,
};
#define OTLP_BODY_MAX ((size_t)16 * 1024 * 1024) /* decompressed */

enum otlp_span_kind { OTLP_KIND_UNSPECIFIED, OTLP_KIND_INTERNAL, OTLP_KIND_SERVER, OTLP_KIND_CLIENT, OTLP_KIND_PRODUCER, OTLP_KIND_CONSUMER };

struct otlp_attribute {
    struct view key, value; /* numbers and booleans as text; arrays and maps as "[…]" */
};
struct otlp_span {
    uint64_t trace_high, trace_low, id, parent; /* parent 0 = none */
    struct view service, name;
    int kind; /* otlp_span_kind, or what else it said */
    uint64_t start_ns, end_ns; /* Unix epoch */
    bool failed;
    struct view error; /* status message, or that of an exception event */
    const struct otlp_attribute *attributes;
    size_t attribute_count;
};
struct otlp_log {
    uint64_t trace_high, trace_low, span; /* 0 = none */
    uint64_t time_ns;
    struct view service, severity, body;
    int severity_number; /* 0 = not told; 17 and up are errors */
    const struct otlp_attribute *attributes;
    size_t attribute_count;
};

enum otlp_signal { OTLP_TRACES, OTLP_LOGS };
struct otlp_sink {
    void *ctx;
    void (*span)(void *ctx, const struct otlp_span *s);
    void (*log)(void *ctx, const struct otlp_log *l);
    uint64_t attributes_left_out; /* counted by the decoders */
    uint64_t invalid;             /* spans without ids */
};

/* 0, ERROR_SYNTAX (what came before the fault was handed over), ERROR_LIMIT (JSON only: too deep or too many values; nothing was),
 * -ENOMEM. */
int otlp_read_protobuf(enum otlp_signal signal, struct view body, struct otlp_sink *sink, struct error *err) MUST_USE;
int otlp_read_json(enum otlp_signal signal, struct view body, struct otlp_sink *sink, struct error *err) MUST_USE;

struct view otlp_find(const struct otlp_attribute *attributes, size_t count, struct view key); /* VIEW_NULL when absent */

#endif
