/* Times are those since the request began, by our clock. The server's may go otherwise: when the spans do not fit between the request's
 * begin and end, they are put into its middle, and `clock` says by how much they were moved. */
#include "trace/trace_waterfall.h"

#include "core/json_writer.h"
#include "core/pack.h"
#include "trace/trace_tree.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

enum { NS_PER_US = 1000, CLOCK_TOLERANCE_US = 500 };

static void write_hex(struct json_writer *w, struct view key, uint64_t id) {
    char text[TRACE_MARK_SPAN_TEXT];

    trace_mark_write_hex(id, text);
    json_writer_key(w, key);
    json_writer_string(w, view_of(text, sizeof text));
}

static void write_ms(struct json_writer *w, struct view key, double us) {
    json_writer_key(w, key);
    json_writer_double(w, us / 1000);
}

static void write_text(struct json_writer *w, struct view key, struct view text) {
    if (!text.len)
        return;
    json_writer_key(w, key);
    json_writer_string(w, text);
}

static void write_attributes(struct json_writer *w, const struct trace_span *p) {
    struct pack_reader r = pack_reader_of(trace_span_attributes(p));

    if (!r.rest.len)
        return;
    json_writer_key(w, VIEW("attributes"));
    json_writer_object(w);
    while (r.rest.len && !r.failed) {
        struct view key = unpack_view(&r), value = unpack_view(&r);
        if (r.failed)
            break;
        json_writer_key(w, key);
        json_writer_string(w, value);
    }
    json_writer_end(w);
}

static void write_span(struct json_writer *w, const struct trace_store *s, const struct trace_node *n, int64_t zero_ns) {
    const struct trace_span *p = n->span;

    json_writer_object(w);
    write_hex(w, VIEW("id"), p->id);
    write_hex(w, VIEW("parent"), p->parent);
    json_writer_key(w, VIEW("depth"));
    json_writer_u64(w, n->depth);
    write_text(w, VIEW("service"), trace_store_service(s, p->service));
    write_text(w, VIEW("name"), trace_span_name(p));
    write_text(w, VIEW("kind"), view_of_cstr(trace_kind_name((enum trace_kind)p->kind)));
    write_ms(w, VIEW("start_ms"), (double)(p->start_ns - zero_ns) / NS_PER_US);
    write_ms(w, VIEW("duration_ms"), (double)(p->end_ns - p->start_ns) / NS_PER_US);
    write_ms(w, VIEW("self_ms"), (double)n->self_ns / NS_PER_US);
    json_writer_key(w, VIEW("failed"));
    json_writer_bool(w, p->failed);
    write_text(w, VIEW("error"), trace_span_error(p));
    write_text(w, VIEW("statement"), trace_span_statement(p));
    write_attributes(w, p);
    json_writer_end(w);
}

static void write_request(struct json_writer *w, const struct exemplar *x) {
    json_writer_key(w, VIEW("request"));
    json_writer_object(w);
    json_writer_key(w, VIEW("at_ms"));
    json_writer_i64(w, x->wall_us / 1000);
    write_ms(w, VIEW("duration_ms"), (double)x->duration_us);
    json_writer_key(w, VIEW("status"));
    json_writer_i64(w, x->status);
    json_writer_key(w, VIEW("failed"));
    json_writer_bool(w, x->failed);
    write_text(w, VIEW("error"), view_of_cstr(x->error));
    json_writer_key(w, VIEW("bytes"));
    json_writer_u64(w, x->bytes);
    json_writer_end(w);
}

/* What "0 ms" is on the server's clock; *shift_us: by how much its clock was taken to be wrong. */
static int64_t zero_of(const struct trace_tree *t, size_t from, size_t to, const struct exemplar *x, int64_t *shift_us) {
    int64_t start_ns = INT64_MAX, end_ns = 0, begin_ns = x->wall_us * NS_PER_US, over_ns = x->duration_us * NS_PER_US;

    for (size_t i = from; i < to; i++) {
        start_ns = t->nodes[i].span->start_ns < start_ns ? t->nodes[i].span->start_ns : start_ns;
        end_ns = t->nodes[i].span->end_ns > end_ns ? t->nodes[i].span->end_ns : end_ns;
    }
    *shift_us = 0;
    if (from == to || (start_ns + CLOCK_TOLERANCE_US * NS_PER_US >= begin_ns && end_ns <= begin_ns + over_ns + CLOCK_TOLERANCE_US * NS_PER_US))
        return begin_ns;
    int64_t spare_ns = over_ns - (end_ns - start_ns);
    int64_t zero_ns = start_ns - (spare_ns > 0 ? spare_ns / 2 : 0);
    *shift_us = (begin_ns - zero_ns) / NS_PER_US;
    return zero_ns;
}

static void find_request(const struct trace_tree *t, uint64_t span, size_t *from, size_t *to) {
    for (*from = 0; *from < t->count; *from = *to) {
        *to = trace_tree_request_end(t, *from);
        if (t->nodes[*from].request == span)
            return;
    }
    *to = *from;
}

int trace_waterfall_write(const struct trace_store *s, const struct exemplar *x, struct view endpoint, struct buf *out, size_t *shown) {
    struct trace_span *const *spans;
    char trace[TRACE_MARK_REQUEST_ID_TEXT];
    struct trace_tree t;
    size_t from, to, n = trace_store_spans(s, x->mark.iteration, &spans);
    int64_t shift_us;
    int rc = trace_tree_init(&t, spans, n);

    if (rc < 0)
        return rc;
    find_request(&t, x->mark.span, &from, &to);
    int64_t zero_ns = zero_of(&t, from, to, x, &shift_us);
    struct json_writer w = json_writer_of(out);
    trace_mark_write_request_id(&x->mark, trace);
    json_writer_object(&w);
    write_text(&w, VIEW("trace"), view_of(trace, TRACE_MARK_TRACE_TEXT));
    write_hex(&w, VIEW("span"), x->mark.span);
    write_text(&w, VIEW("endpoint"), endpoint);
    write_request(&w, x);
    write_ms(&w, VIEW("clock_ms"), (double)shift_us);
    json_member_array(&w, "spans");
    for (size_t i = from; i < to && i - from < TRACE_STORE_SHOWN_MAX; i++)
        write_span(&w, s, &t.nodes[i], zero_ns);
    json_writer_end(&w);
    json_writer_key(&w, VIEW("left_out"));
    json_writer_u64(&w, to - from > TRACE_STORE_SHOWN_MAX ? to - from - TRACE_STORE_SHOWN_MAX : 0);
    json_writer_end(&w);
    *shown = to - from;
    trace_tree_deinit(&t);
    return json_writer_error(&w);
}
