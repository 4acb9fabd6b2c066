/* The wire format by hand: fields by number, each message's depth known beforehand (request, resource, scope, span, attribute, value),
 * so there is no recursion and no tree. Unknown fields are skipped, as the format wants. A message's fields may come in any order;
 * resources are therefore looked for before the spans that they own. */
#include "trace/otlp_attributes_priv.h"

#include <string.h>

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_BYTES = 2, WIRE_FIXED32 = 5, VARINT_BYTES_MAX = 10, ID_BYTES = 8 };

struct wire {
    const unsigned char *at, *end;
    bool failed;
};
struct field {
    uint32_t number;
    unsigned type;
    uint64_t value;    /* of varint, fixed32, fixed64 */
    struct view bytes; /* of WIRE_BYTES */
};

static struct wire wire_of(struct view v) {
    return (struct wire){(const unsigned char *)v.ptr, (const unsigned char *)v.ptr + v.len, false};
}

static uint64_t read_varint(struct wire *w) {
    uint64_t v = 0;

    for (int i = 0; i < VARINT_BYTES_MAX && w->at < w->end; i++) {
        unsigned char byte = *w->at++;
        v |= (uint64_t)(byte & 127) << (7 * i);
        if (!(byte & 128))
            return v;
    }
    w->failed = true;
    return 0;
}

static uint64_t read_fixed(struct wire *w, size_t bytes) {
    uint64_t v = 0;

    if ((size_t)(w->end - w->at) < bytes) {
        w->failed = true;
        return 0;
    }
    for (size_t i = 0; i < bytes; i++)
        v |= (uint64_t)w->at[i] << (8 * i);
    w->at += bytes;
    return v;
}

static bool next_field(struct wire *w, struct field *f) {
    if (w->failed || w->at == w->end)
        return false;
    uint64_t tag = read_varint(w);
    *f = (struct field){.number = (uint32_t)(tag >> 3), .type = (unsigned)(tag & 7)};
    if (tag >> 3 == 0 || tag >> 3 > UINT32_MAX)
        w->failed = true;
    if (f->type == WIRE_VARINT)
        f->value = read_varint(w);
    else if (f->type == WIRE_FIXED64)
        f->value = read_fixed(w, 8);
    else if (f->type == WIRE_FIXED32)
        f->value = read_fixed(w, 4);
    else if (f->type != WIRE_BYTES)
        w->failed = true;
    if (f->type == WIRE_BYTES && !w->failed) {
        uint64_t len = read_varint(w);
        if (w->failed || len > (uint64_t)(w->end - w->at)) {
            w->failed = true;
            return false;
        }
        f->bytes = view_of((const char *)w->at, (size_t)len);
        w->at += len;
    }
    return !w->failed;
}

/* --- attributes --- */

struct reading {
    struct otlp_sink *sink;
    struct otlp_attributes own;
    struct view service;
    bool failed;
};

static struct view read_value(struct reading *r, struct view any) {
    struct wire w = wire_of(any);
    struct field f;
    struct view out = VIEW("");

    while (next_field(&w, &f)) {
        double real;
        memcpy(&real, &f.value, sizeof real);
        if (f.number == 1 && f.type == WIRE_BYTES)
            out = view_take(f.bytes, OTLP_VALUE_MAX);
        else if (f.number == 2 && f.type == WIRE_VARINT)
            out = f.value ? VIEW("true") : VIEW("false");
        else if (f.number == 3 && f.type == WIRE_VARINT)
            out = otlp_attributes_i64(&r->own, (int64_t)f.value);
        else if (f.number == 4 && f.type == WIRE_FIXED64)
            out = otlp_attributes_double(&r->own, real);
        else if (f.number >= 5 && f.number <= 7)
            out = VIEW("[…]");
    }
    r->failed = r->failed || w.failed;
    return out;
}

static bool read_pair(struct reading *r, struct view pair, struct otlp_attribute *out) {
    struct wire w = wire_of(pair);
    struct field f;

    *out = (struct otlp_attribute){0};
    while (next_field(&w, &f)) {
        if (f.number == 1 && f.type == WIRE_BYTES)
            out->key = view_take(f.bytes, OTLP_VALUE_MAX);
        else if (f.number == 2 && f.type == WIRE_BYTES)
            out->value = read_value(r, f.bytes);
    }
    r->failed = r->failed || w.failed;
    return !w.failed && out->key.len;
}

static void add_pair(struct reading *r, struct view pair) {
    if (r->own.count == OTLP_ATTRIBUTES_MAX)
        r->sink->attributes_left_out++;
    else if (read_pair(r, pair, &r->own.list[r->own.count]))
        r->own.count++;
}

/* service.name of a Resource. */
static struct view read_service(struct reading *r, struct view resource) {
    struct wire w = wire_of(resource);
    struct otlp_attribute pair;
    struct view out = VIEW_NULL;
    struct field f;

    while (next_field(&w, &f)) {
        r->own.used = 0;
        if (f.number == 1 && f.type == WIRE_BYTES && read_pair(r, f.bytes, &pair) && view_eq(pair.key, VIEW("service.name")))
            out = pair.value;
    }
    r->failed = r->failed || w.failed;
    return out;
}

/* --- spans --- */

static uint64_t read_id(struct view bytes, size_t at) {
    uint64_t v = 0;

    for (size_t i = 0; i < ID_BYTES && at + i < bytes.len; i++)
        v = v << 8 | (unsigned char)bytes.ptr[at + i];
    return v;
}

static void read_status(struct reading *r, struct view status, struct otlp_span *s) {
    struct wire w = wire_of(status);
    struct field f;

    while (next_field(&w, &f)) {
        if (f.number == 2 && f.type == WIRE_BYTES)
            s->error = view_take(f.bytes, OTLP_VALUE_MAX);
        else if (f.number == 3 && f.type == WIRE_VARINT)
            s->failed = f.value == 2;
    }
    r->failed = r->failed || w.failed;
}

/* The message of an event "exception". */
static void read_event(struct reading *r, struct view event, struct otlp_span *s) {
    struct wire w = wire_of(event);
    struct otlp_attribute pair;
    struct view message = VIEW_NULL;
    bool exception = false;
    struct field f;

    while (next_field(&w, &f)) {
        if (f.number == 2 && f.type == WIRE_BYTES)
            exception = view_eq(f.bytes, VIEW("exception"));
        else if (f.number == 3 && f.type == WIRE_BYTES && read_pair(r, f.bytes, &pair) &&
                 view_eq(pair.key, VIEW("exception.message")))
            message = pair.value;
    }
    if (exception && message.len && !s->error.len)
        s->error = message;
    r->failed = r->failed || w.failed;
}

static void span_field(struct reading *r, const struct field *f, struct otlp_span *s) {
    if (f->type == WIRE_FIXED64) {
        if (f->number == 7)
            s->start_ns = f->value;
        else if (f->number == 8)
            s->end_ns = f->value;
        return;
    }
    if (f->type == WIRE_VARINT && f->number == 6)
        s->kind = f->value <= OTLP_KIND_CONSUMER ? (int)f->value : OTLP_KIND_UNSPECIFIED;
    if (f->type != WIRE_BYTES)
        return;
    switch (f->number) {
    case 1:
        s->trace_high = read_id(f->bytes, 0);
        s->trace_low = read_id(f->bytes, ID_BYTES);
        break;
    case 2: s->id = read_id(f->bytes, 0); break;
    case 4: s->parent = read_id(f->bytes, 0); break;
    case 5: s->name = view_take(f->bytes, OTLP_VALUE_MAX); break;
    case 9: add_pair(r, f->bytes); break;
    case 11: read_event(r, f->bytes, s); break;
    case 15: read_status(r, f->bytes, s); break;
    default: break;
    }
}

static void read_span(struct reading *r, struct view body) {
    struct otlp_span s = {.service = r->service};
    struct wire w = wire_of(body);
    struct field f;

    r->own.count = r->own.used = 0;
    while (next_field(&w, &f))
        span_field(r, &f, &s);
    r->failed = r->failed || w.failed;
    if (w.failed)
        return;
    if (!(s.trace_high | s.trace_low) || !s.id) {
        r->sink->invalid++;
        return;
    }
    s.attributes = r->own.list;
    s.attribute_count = r->own.count;
    r->sink->span(r->sink->ctx, &s);
}

/* --- log records --- */

static void log_field(struct reading *r, const struct field *f, struct otlp_log *l) {
    if (f->type == WIRE_FIXED64 && (f->number == 1 || (f->number == 11 && !l->time_ns)))
        l->time_ns = f->value;
    if (f->type == WIRE_VARINT && f->number == 2)
        l->severity_number = f->value < 25 ? (int)f->value : 0;
    if (f->type != WIRE_BYTES)
        return;
    switch (f->number) {
    case 3: l->severity = view_take(f->bytes, OTLP_VALUE_MAX); break;
    case 5: l->body = read_value(r, f->bytes); break;
    case 6: add_pair(r, f->bytes); break;
    case 9:
        l->trace_high = read_id(f->bytes, 0);
        l->trace_low = read_id(f->bytes, ID_BYTES);
        break;
    case 10: l->span = read_id(f->bytes, 0); break;
    default: break;
    }
}

static void read_log(struct reading *r, struct view body) {
    struct otlp_log l = {.service = r->service};
    struct wire w = wire_of(body);
    struct field f;

    r->own.count = r->own.used = 0;
    while (next_field(&w, &f))
        log_field(r, &f, &l);
    r->failed = r->failed || w.failed;
    if (w.failed)
        return;
    l.attributes = r->own.list;
    l.attribute_count = r->own.count;
    r->sink->log(r->sink->ctx, &l);
}

/* --- the messages around them: in both signals the same numbers --- */

static void read_scope(struct reading *r, enum otlp_signal signal, struct view scope) {
    struct wire w = wire_of(scope);
    struct field f;

    while (!r->failed && next_field(&w, &f)) {
        if (f.number != 2 || f.type != WIRE_BYTES)
            continue;
        if (signal == OTLP_TRACES)
            read_span(r, f.bytes);
        else
            read_log(r, f.bytes);
    }
    r->failed = r->failed || w.failed;
}

static void read_resource(struct reading *r, enum otlp_signal signal, struct view resource) {
    struct wire w = wire_of(resource);
    struct field f;

    r->service = VIEW_NULL;
    while (!r->failed && next_field(&w, &f))
        if (f.number == 1 && f.type == WIRE_BYTES)
            r->service = read_service(r, f.bytes);
    r->failed = r->failed || w.failed;
    w = wire_of(resource);
    while (!r->failed && next_field(&w, &f))
        if (f.number == 2 && f.type == WIRE_BYTES)
            read_scope(r, signal, f.bytes);
}

int otlp_read_protobuf(enum otlp_signal signal, struct view body, struct otlp_sink *sink, struct error *err) {
    struct reading r;
    struct wire w = wire_of(body);
    struct field f;

    r.sink = sink;
    r.own.count = r.own.used = 0;
    r.service = VIEW_NULL;
    r.failed = false;
    while (!r.failed && next_field(&w, &f))
        if (f.number == 1 && f.type == WIRE_BYTES)
            read_resource(&r, signal, f.bytes);
    if (!r.failed && !w.failed)
        return 0;
    return error_set(err, ERROR_SYNTAX, "the body is no protobuf message of OTLP (Content-Type: application/x-protobuf)");
}
