#include "target/exchange.h"
#include "core/json_writer.h"
#include <assert.h>
#include <stdio.h>

enum { EXCHANGE_ERROR_TEXT_MAX = 512 };

static const char *const exchange_method_names[METHOD_OTHER] = {
#define EXCHANGE_METHOD_NAME(id, name) [id] = name,
    EXCHANGE_METHODS(EXCHANGE_METHOD_NAME)
#undef EXCHANGE_METHOD_NAME
};

enum exchange_method exchange_method_parse(struct view name) {
    for (unsigned i = 0; i < METHOD_OTHER; i++)
        if (view_eq(name, view_of_cstr(exchange_method_names[i])))
            return (enum exchange_method)i;
    return METHOD_OTHER;
}

const char *exchange_method_name(enum exchange_method m) {
    return m < METHOD_OTHER ? exchange_method_names[m] : "OTHER";
}

struct view exchange_lookup(const struct exchange *x, enum exchange_source source, const char *name) {
    return view_of_cstr(x->lookup ? x->lookup(x->lookup_ctx, source, name) : NULL);
}

void exchange_clear(struct exchange *x) {
    x->status = 0;
    x->content_type = NULL;
    x->fixed = VIEW_NULL;
    x->header_count = 0;
    x->delay_ns = x->stream_step_ns = 0;
    buf_clear(&x->reply);
}

struct view exchange_reply(const struct exchange *x) {
    return x->fixed.ptr ? x->fixed : buf_view(&x->reply);
}

void exchange_set_header(struct exchange *x, const char *name, const char *fmt, ...) {
    assert(x->header_count < EXCHANGE_HEADERS_MAX);
    struct exchange_header *h = &x->headers[x->header_count++];
    va_list args;

    h->name = name;
    va_start(args, fmt);
    int len = vsnprintf(h->value, sizeof h->value, fmt, args);
    va_end(args);
    assert(len >= 0 && (size_t)len < sizeof h->value);
    (void)len;
}

void exchange_fixed(struct exchange *x, int status, const char *content_type, struct view body) {
    x->status = status;
    x->content_type = content_type;
    x->fixed = body;
}

int exchange_guard(struct exchange *x, int rc) {
    if (rc) {
        exchange_clear(x);
        exchange_fixed(x, 500, "application/json", VIEW("{\"error\":\"The answer became too large\"}"));
    }
    return rc;
}

void exchange_refuse(struct exchange *x, int status, const char *fmt, ...) {
    char text[EXCHANGE_ERROR_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    buf_clear(&x->reply);
    x->fixed = VIEW_NULL;
    x->status = status;
    x->content_type = "application/json";
    int rc = buf_append_view(&x->reply, VIEW("{\"error\":"));
    if (rc == 0)
        rc = json_append_string(&x->reply, view_of_cstr(text), false);
    if (rc == 0)
        rc = buf_append_byte(&x->reply, '}');
    (void)exchange_guard(x, rc);
}
