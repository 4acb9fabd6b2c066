/* Bodies of the OTLP receiver from anybody. The first byte chooses signal and form; what is decoded goes through store, tree and
 * waterfall, with exemplars that fit every endpoint.
 * links: ht_trace */
#include "trace/otlp_receiver.h"
#include "trace/trace_store.h"
#include "trace/trace_waterfall.h"

#include "core/buf.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct work {
    struct trace_store *store;
    struct exemplar_store *exemplars;
};

/* Every trace is ours, every parent may be a request. */
static void on_span(void *ctx, const struct otlp_span *s) {
    struct work *w = ctx;
    struct otlp_span mine = *s;
    mine.trace_high = 1;
    struct exemplar x = {.mark = {1, s->trace_low, s->parent}, .duration_us = 1000};
    if (s->parent >> 32)
        exemplar_store_offer(w->exemplars, &x, VIEW("GET"), view_take(s->name, 16));
    trace_store_add(w->store, &mine, 0);
}

static void on_log(void *ctx, const struct otlp_log *l) {
    (void)ctx;
    if (l->attribute_count > OTLP_ATTRIBUTES_MAX || l->body.len > OTLP_VALUE_MAX)
        abort();
}

static void draw_all(struct work *w) {
    for (size_t i = 0; i < exemplar_store_count(w->exemplars); i++) {
        struct exemplar_endpoint e = exemplar_store_at(w->exemplars, i);
        struct buf out = BUF_MAX(64 * 1024 * 1024);
        size_t shown;
        if (e.slowest_count && trace_waterfall_write(w->store, &e.slowest[0], e.endpoint, &out, &shown) == ERROR_LIMIT)
            abort();
        buf_deinit(&out);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct work w;
    struct otlp_sink sink = {.ctx = &w, .span = on_span, .log = on_log};
    struct buf plain = BUF_MAX(1024 * 1024);
    struct error err = ERROR_NULL;

    if (!size)
        return 0;
    if (trace_store_new(&w.store) < 0 || exemplar_store_new(&w.exemplars) < 0)
        abort();
    trace_store_begin(w.store, 1, 0);
    struct view body = view_of((const char *)data + 1, size - 1);
    enum otlp_signal signal = data[0] & 1 ? OTLP_LOGS : OTLP_TRACES;
    if (data[0] & 4 && otlp_gunzip(body, &plain) == 0)
        body = buf_view(&plain);
    int rc = data[0] & 2 ? otlp_read_json(signal, body, &sink, &err) : otlp_read_protobuf(signal, body, &sink, &err);
    if (rc < 0 && !err.text[0])
        abort();
    draw_all(&w);
    while (trace_store_settle(w.store, w.exemplars, 0, true, 10))
        continue;
    draw_all(&w);
    if (trace_store_waiting(w.store))
        abort();
    trace_store_free(w.store);
    exemplar_store_free(w.exemplars);
    buf_deinit(&plain);
    return 0;
}
