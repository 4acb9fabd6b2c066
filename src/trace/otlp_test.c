#include "trace/otlp.h"

#include "core/buf.h"
#include "trace/otlp_receiver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include <cmocka.h>

enum { BODY_MAX = 32 * 1024 * 1024 };

/* What was handed over last, copied. */
struct heard {
    struct otlp_span span;
    struct otlp_log log;
    char service[64], name[64], error[64], statement[64], body[64], attribute[64];
    size_t spans, logs;
};
static struct heard heard;

static void copy(char *to, size_t size, struct view v) {
    snprintf(to, size, "%.*s", VIEW_ARGS(v));
}

static void on_span(void *ctx, const struct otlp_span *s) {
    (void)ctx;
    heard.span = *s;
    heard.spans++;
    copy(heard.service, sizeof heard.service, s->service);
    copy(heard.name, sizeof heard.name, s->name);
    copy(heard.error, sizeof heard.error, s->error);
    copy(heard.statement, sizeof heard.statement,
        otlp_find(s->attributes, s->attribute_count, VIEW("db.statement")));
    copy(heard.attribute, sizeof heard.attribute, otlp_find(s->attributes, s->attribute_count, VIEW("n")));
}

static void on_log(void *ctx, const struct otlp_log *l) {
    (void)ctx;
    heard.log = *l;
    heard.logs++;
    copy(heard.service, sizeof heard.service, l->service);
    copy(heard.body, sizeof heard.body, l->body);
    copy(heard.attribute, sizeof heard.attribute, otlp_find(l->attributes, l->attribute_count, VIEW("n")));
}

static struct otlp_sink sink;

static void begin(void) {
    heard = (struct heard){0};
    sink = (struct otlp_sink){.span = on_span, .log = on_log};
}

static void check_span(void) {
    assert_int_equal(heard.spans, 1);
    assert_true(heard.span.trace_high == 0x0102030405060708 && heard.span.trace_low == 0x090a0b0c0d0e0f10);
    assert_true(heard.span.id == 0x1112131415161718 && heard.span.parent == 0x2122232425262728);
    assert_true(heard.span.start_ns == 1700000000000000001 && heard.span.end_ns == 1700000000000000009);
    assert_int_equal(heard.span.kind, OTLP_KIND_CLIENT);
    assert_true(heard.span.failed);
    assert_string_equal(heard.service, "shop");
    assert_string_equal(heard.name, "SELECT");
    assert_string_equal(heard.error, "boom");
    assert_string_equal(heard.statement, "SELECT 1");
    assert_string_equal(heard.attribute, "-7");
}

static const char json_span[] = "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"key\":\"service."
                                "name\",\"value\":{\"stringValue\":\"shop\"}}]},"
                                "\"scopeSpans\":[{\"scope\":{},\"spans\":[{\"traceId\":"
                                "\"0102030405060708090A0B0C0D0E0F10\",\"spanId\":\"1112131415161718\","
                                "\"parentSpanId\":\"2122232425262728\",\"name\":\"SELECT\",\"kind\":3,"
                                "\"startTimeUnixNano\":\"1700000000000000001\","
                                "\"endTimeUnixNano\":1700000000000000009,\"attributes\":[{\"key\":\"db."
                                "statement\",\"value\":{\"stringValue\":\"SELECT 1\"}},"
                                "{\"key\":\"n\",\"value\":{\"intValue\":\"-7\"}},{\"key\":\"list\",\"value\":"
                                "{\"arrayValue\":{\"values\":[]}}}],"
                                "\"events\":[{\"name\":\"exception\",\"attributes\":[{\"key\":\"exception."
                                "message\",\"value\":{\"stringValue\":\"boom\"}}]}],"
                                "\"status\":{\"code\":2}}]}]}]}";

static void json_is_read(void **arg) {
    struct error err = ERROR_NULL;

    (void)arg;
    begin();
    assert_int_equal(otlp_read_json(OTLP_TRACES, view_of_cstr(json_span), &sink, &err), 0);
    check_span();
}

/* --- protobuf, written by hand --- */

static void put_varint(struct buf *b, uint64_t v) {
    for (; v >= 128; v >>= 7)
        assert_int_equal(buf_append_byte(b, (char)(v | 128)), 0);
    assert_int_equal(buf_append_byte(b, (char)v), 0);
}

static void put_bytes(struct buf *b, unsigned field, struct view v) {
    put_varint(b, field << 3 | 2);
    put_varint(b, v.len);
    assert_int_equal(buf_append_view(b, v), 0);
}

static void put_number(struct buf *b, unsigned field, uint64_t v) {
    put_varint(b, field << 3);
    put_varint(b, v);
}

static void put_fixed64(struct buf *b, unsigned field, uint64_t v) {
    put_varint(b, field << 3 | 1);
    assert_int_equal(buf_append(b, &v, sizeof v), 0);
}

static void put_attribute(struct buf *b, unsigned field, struct view key, struct view text, int64_t number) {
    struct buf value = BUF_MAX(BODY_MAX), pair = BUF_MAX(BODY_MAX);

    if (text.ptr)
        put_bytes(&value, 1, text);
    else
        put_number(&value, 3, (uint64_t)number);
    put_bytes(&pair, 1, key);
    put_bytes(&pair, 2, buf_view(&value));
    put_bytes(b, field, buf_view(&pair));
    buf_deinit(&value);
    buf_deinit(&pair);
}

static void put_span(struct buf *span) {
    struct buf event = BUF_MAX(4096), status = BUF_MAX(4096);

    put_bytes(span, 1, VIEW("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"));
    put_bytes(span, 2, VIEW("\x11\x12\x13\x14\x15\x16\x17\x18"));
    put_bytes(span, 4, VIEW("\x21\x22\x23\x24\x25\x26\x27\x28"));
    put_bytes(span, 5, VIEW("SELECT"));
    put_number(span, 6, 3);
    put_fixed64(span, 7, 1700000000000000001);
    put_fixed64(span, 8, 1700000000000000009);
    put_attribute(span, 9, VIEW("db.statement"), VIEW("SELECT 1"), 0);
    put_attribute(span, 9, VIEW("n"), VIEW_NULL, -7);
    put_number(span, 10, 0);
    put_bytes(&event, 2, VIEW("exception"));
    put_attribute(&event, 3, VIEW("exception.message"), VIEW("boom"), 0);
    put_bytes(span, 11, buf_view(&event));
    put_number(&status, 3, 2);
    put_bytes(span, 15, buf_view(&status));
    put_number(span, 99, 12345); /* of some later version */
    buf_deinit(&event);
    buf_deinit(&status);
}

/* The resource may stand behind the spans that it owns. */
static void wrap(struct buf *out, const struct buf *inner, bool resource_last) {
    struct buf resource = BUF_MAX(4096), scope = BUF_MAX(BODY_MAX), all = BUF_MAX(BODY_MAX);

    put_attribute(&resource, 1, VIEW("service.name"), VIEW("shop"), 0);
    put_bytes(&scope, 2, buf_view(inner));
    if (!resource_last)
        put_bytes(&all, 1, buf_view(&resource));
    put_bytes(&all, 2, buf_view(&scope));
    if (resource_last)
        put_bytes(&all, 1, buf_view(&resource));
    put_bytes(out, 1, buf_view(&all));
    buf_deinit(&resource);
    buf_deinit(&scope);
    buf_deinit(&all);
}

static void protobuf_is_read(void **arg) {
    struct error err = ERROR_NULL;

    (void)arg;
    for (int last = 0; last < 2; last++) {
        struct buf span = BUF_MAX(BODY_MAX), body = BUF_MAX(BODY_MAX);
        put_span(&span);
        wrap(&body, &span, last);
        begin();
        assert_int_equal(otlp_read_protobuf(OTLP_TRACES, buf_view(&body), &sink, &err), 0);
        check_span();
        for (size_t cut = 1; cut < body.len; cut++) { /* torn anywhere: never a span out of nothing */
            begin();
            assert_int_equal(
                otlp_read_protobuf(OTLP_TRACES, view_take(buf_view(&body), cut), &sink, &err), ERROR_SYNTAX);
            assert_int_equal(heard.spans, 0);
        }
        buf_deinit(&span);
        buf_deinit(&body);
    }
}

static void logs_are_read(void **arg) {
    static const char json[] =
        "{\"resourceLogs\":[{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{"
        "\"stringValue\":\"shop\"}}]},"
        "\"scopeLogs\":[{\"logRecords\":[{\"timeUnixNano\":\"1700000000000000001\",\"severityNumber\":17,"
        "\"severityText\":\"ERROR\","
        "\"body\":{\"stringValue\":\"it broke\"},\"attributes\":[{\"key\":\"n\",\"value\":{\"intValue\":3}}],"
        "\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"1112131415161718\"}]}]}]}";
    struct buf log = BUF_MAX(4096), value = BUF_MAX(4096), body = BUF_MAX(BODY_MAX);
    struct error err = ERROR_NULL;

    (void)arg;
    put_fixed64(&log, 1, 1700000000000000001);
    put_number(&log, 2, 17);
    put_bytes(&log, 3, VIEW("ERROR"));
    put_bytes(&value, 1, VIEW("it broke"));
    put_bytes(&log, 5, buf_view(&value));
    put_attribute(&log, 6, VIEW("n"), VIEW_NULL, 3);
    put_bytes(&log, 9, VIEW("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"));
    put_bytes(&log, 10, VIEW("\x11\x12\x13\x14\x15\x16\x17\x18"));
    wrap(&body, &log, false);
    for (int i = 0; i < 2; i++) {
        begin();
        int rc = i ? otlp_read_json(OTLP_LOGS, view_of_cstr(json), &sink, &err)
                   : otlp_read_protobuf(OTLP_LOGS, buf_view(&body), &sink, &err);
        assert_int_equal(rc, 0);
        assert_int_equal(heard.logs, 1);
        assert_int_equal(heard.log.severity_number, 17);
        assert_true(heard.log.time_ns == 1700000000000000001 && heard.log.trace_low == 0x090a0b0c0d0e0f10);
        assert_true(heard.log.span == 0x1112131415161718);
        assert_string_equal(heard.body, "it broke");
        assert_string_equal(heard.attribute, "3");
        assert_string_equal(heard.service, "shop");
    }
    buf_deinit(&log);
    buf_deinit(&value);
    buf_deinit(&body);
}

/* --- hostile --- */

static void bombs_are_refused_before_they_are_parsed(void **arg) {
    static const struct {
        const char *before, *piece, *after;
        size_t times;
        int wanted;
    } cases[] = {
        {"", "[", "", 1000 * 1000, ERROR_LIMIT},
        {"{\"resourceSpans\":", "[", "]}", OTLP_JSON_DEPTH_MAX + 1, ERROR_LIMIT},
        {"{\"resourceSpans\":[", "{},", "{}]}", OTLP_JSON_NODES_MAX, ERROR_LIMIT},
        {"{\"resourceSpans\":[", "1,", "1]}", OTLP_JSON_VALUES_MAX + 1, ERROR_LIMIT},
        {"{\"a\":\"", "[{", "\"}", 1000 * 1000, 0}, /* all within a text */
        {"", "x", "", 10, ERROR_SYNTAX},
        {"", "\"", "", 9, ERROR_SYNTAX},
        {"[]", "", "", 0, ERROR_SYNTAX},
    };
    struct error err;

    (void)arg;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf body = BUF_MAX(BODY_MAX);
        int rc = buf_append_view(&body, view_of_cstr(cases[i].before));
        for (size_t k = 0; k < cases[i].times && rc == 0; k++)
            rc = buf_append_view(&body, view_of_cstr(cases[i].piece));
        assert_int_equal(rc ? rc : buf_append_view(&body, view_of_cstr(cases[i].after)), 0);
        begin();
        err = ERROR_NULL;
        if (otlp_read_json(OTLP_TRACES, buf_view(&body), &sink, &err) != cases[i].wanted)
            fail_msg("case %zu: %s", i, err.text);
        assert_int_equal(heard.spans, 0);
        assert_true(!cases[i].wanted == !err.text[0]);
        buf_deinit(&body);
    }
}

static void attributes_are_bounded(void **arg) {
    struct buf span = BUF_MAX(BODY_MAX), body = BUF_MAX(BODY_MAX);
    struct error err = ERROR_NULL;

    (void)arg;
    put_bytes(&span, 1, VIEW("\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10"));
    put_bytes(&span, 2, VIEW("\x11\x12\x13\x14\x15\x16\x17\x18"));
    for (int i = 0; i < 10 * OTLP_ATTRIBUTES_MAX; i++)
        put_attribute(&span, 9, VIEW("n"), VIEW_NULL, i);
    wrap(&body, &span, false);
    begin();
    assert_int_equal(otlp_read_protobuf(OTLP_TRACES, buf_view(&body), &sink, &err), 0);
    assert_int_equal(heard.span.attribute_count, OTLP_ATTRIBUTES_MAX);
    assert_int_equal(sink.attributes_left_out, 9 * OTLP_ATTRIBUTES_MAX);
    buf_deinit(&span);
    buf_deinit(&body);
}

static void spans_without_ids_are_counted(void **arg) {
    struct error err = ERROR_NULL;

    (void)arg;
    begin();
    assert_int_equal(
        otlp_read_json(OTLP_TRACES,
            VIEW("{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{},{\"traceId\":\"zz\"},7]}]}]}"), &sink,
            &err),
        0);
    assert_int_equal(sink.invalid, 3);
    assert_int_equal(heard.spans, 0);
}

static struct view gzip(struct buf *out, size_t zeros) {
    char *plain = calloc(1, zeros);
    z_stream z = {0};
    size_t room = 1024 * 1024;

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 9, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(buf_reserve(out, room), 0);
    z.next_in = (Bytef *)plain;
    z.avail_in = (uInt)zeros;
    z.next_out = (Bytef *)out->ptr;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->len = z.total_out;
    deflateEnd(&z);
    free(plain);
    return buf_view(out);
}

static void gzip_bombs_are_bounded(void **arg) {
    struct buf small = BUF_MAX(BODY_MAX), bomb = BUF_MAX(BODY_MAX), out = BUF_MAX(OTLP_BODY_MAX);
    struct view v = gzip(&small, 1000);

    (void)arg;
    assert_int_equal(otlp_gunzip(v, &out), 0);
    assert_int_equal(out.len, 1000);
    buf_clear(&out);
    assert_int_equal(otlp_gunzip(view_take(v, v.len - 5), &out), ERROR_SYNTAX);
    buf_clear(&out);
    assert_int_equal(otlp_gunzip(VIEW("no gzip at all"), &out), ERROR_SYNTAX);
    buf_clear(&out);
    assert_int_equal(otlp_gunzip(gzip(&bomb, (size_t)200 * 1024 * 1024), &out), ERROR_LIMIT);
    assert_true(bomb.len < 1024 * 1024);
    assert_true(out.len <= OTLP_BODY_MAX);
    buf_deinit(&small);
    buf_deinit(&bomb);
    buf_deinit(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_is_read),
        cmocka_unit_test(protobuf_is_read),
        cmocka_unit_test(logs_are_read),
        cmocka_unit_test(bombs_are_refused_before_they_are_parsed),
        cmocka_unit_test(attributes_are_bounded),
        cmocka_unit_test(spans_without_ids_are_counted),
        cmocka_unit_test(gzip_bombs_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
