#include "target/spans.h"
#include "target/query_meter.h"
#include "target/commons.h"

#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define PARENT "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

static struct metrics metrics;
static struct rng rng;

static void add(struct spans *s, const char *traceparent) {
    struct spans_context c;
    struct spans_request r = {
        .context = &c,
        .method = "GET",
        .route = "/api/v1/todos/{id}",
        .path = VIEW("/api/v1/todos/7\""),
        .status = 503,
        .from_ns = 1000,
        .until_ns = 9000,
        .parts = {{"queue wait", 2000, 500, 0}, {NULL, 0, 0, 0}, {NULL, 0, 0, 0},
            {"database", 3000, 4000, 5}},
    };
    spans_begin(&c, view_of_cstr(traceparent), &rng);
    spans_add(s, &r, &rng);
}

static void add_queries(struct spans *s) {
    static const struct query_told queries[] = {{"SELECT id FROM t", 0, 100}, {"SELECT * FROM t WHERE id = ?1", 200, 300}};
    struct spans_context c;
    struct spans_request r = {.context = &c,
        .method = "GET",
        .route = "/t",
        .path = VIEW("/t"),
        .status = 200,
        .from_ns = 1000,
        .until_ns = 9000,
        .queries = queries,
        .query_count = 2,
        .queries_from_ns = 2000};
    spans_begin(&c, view_of_cstr(PARENT), &rng);
    spans_add(s, &r, &rng);
}

static const char *text_of(const json_t *span, const char *key) {
    return json_string_value(json_object_get(span, key));
}

static long long duration(const json_t *span) {
    return strtoll(text_of(span, "endTimeUnixNano"), NULL, 10) -
           strtoll(text_of(span, "startTimeUnixNano"), NULL, 10);
}

static void test_a_line_for_each_flush(void **state) {
    char path[] = "/tmp/halftime-spans-test-XXXXXX", line[16 * 1024];
    struct spans_sink sink;
    struct spans *s;
    (void)state;
    metrics = (struct metrics){.spans_sent = 0};
    close(mkstemp(path));
    assert_int_equal(spans_sink_file(&sink, path, NULL), 0);
    assert_int_equal(spans_new(&s, &sink, &metrics), 0);
    add(s, PARENT);
    spans_flush(s);
    spans_flush(s); /* nothing more: no line */
    add(s, NULL);
    add(s, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"); /* its sender does not want it */
    spans_free(s);
    close(sink.fd);
    FILE *in = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, in));
    json_t *doc = json_loads(line, 0, NULL), *spans;
    assert_int_equal(
        json_unpack(doc, "{s:[{s:[{s:o}]}]}", "resourceSpans", "scopeSpans", "spans", &spans), 0);
    assert_int_equal(json_array_size(spans), 3);
    const json_t *root = json_array_get(spans, 0), *wait = json_array_get(spans, 1),
                 *db = json_array_get(spans, 2);
    assert_string_equal(text_of(root, "traceId"), "0af7651916cd43dd8448eb211c80319c");
    assert_string_equal(text_of(root, "parentSpanId"), "b7ad6b7169203331");
    assert_string_equal(text_of(root, "name"), "GET /api/v1/todos/{id}");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "status"), "code")), 2);
    assert_int_equal(duration(root), 8000);
    assert_string_equal(text_of(wait, "name"), "queue wait");
    assert_string_equal(text_of(wait, "parentSpanId"), text_of(root, "spanId"));
    assert_int_equal(duration(wait), 500);
    assert_string_equal(text_of(db, "traceId"), text_of(root, "traceId"));
    assert_int_equal(json_integer_value(json_object_get(db, "kind")), 3);
    json_decref(doc);
    assert_non_null(fgets(line, sizeof line, in));
    doc = json_loads(line, 0, NULL);
    assert_int_equal(
        json_unpack(doc, "{s:[{s:[{s:o}]}]}", "resourceSpans", "scopeSpans", "spans", &spans), 0);
    assert_int_equal(json_array_size(spans), 3);
    assert_null(text_of(json_array_get(spans, 0), "parentSpanId"));
    assert_int_equal(strlen(text_of(json_array_get(spans, 0), "traceId")), 32);
    json_decref(doc);
    assert_null(fgets(line, sizeof line, in));
    fclose(in);
    unlink(path);
    assert_int_equal(metrics.spans_sent, 6);
}

struct collector {
    int fd;
    char said[16 * 1024];
};

static void *collect(void *ctx) {
    struct collector *c = ctx;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    int fd = accept(c->fd, NULL, NULL);
    size_t len = 0;
    while (!strstr(c->said, "]}]}]}\n")) {
        ssize_t n = recv(fd, c->said + len, sizeof c->said - 1 - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    (void)!write(fd, answer, sizeof answer - 1);
    close(fd);
    return NULL;
}

static void test_a_collector_gets_a_post(void **state) {
    static struct collector c;
    struct spans_sink sink;
    struct spans *s;
    struct listener a;
    pthread_t thread;
    char url[128], text[LISTENER_TEXT_MAX];
    (void)state;
    metrics = (struct metrics){.spans_sent = 0};
    assert_int_equal(listener_parse(&a, "127.0.0.1:0", NULL), 0);
    int reserved = listener_reserve(&a, NULL);
    c.fd = listener_open(&a, 4, NULL);
    assert_true(reserved >= 0 && c.fd >= 0);
    (void)!fcntl(c.fd, F_SETFL, 0);
    snprintf(url, sizeof url, "http://%s", listener_format((const struct sockaddr *)&a.sa, text));
    assert_int_equal(spans_sink_url(&sink, url, NULL), 0);
    assert_int_equal(spans_new(&s, &sink, &metrics), 0);
    assert_int_equal(pthread_create(&thread, NULL, collect, &c), 0);
    add(s, PARENT);
    spans_flush(s);
    pthread_join(thread, NULL);
    assert_memory_equal(c.said, "POST /v1/traces HTTP/1.1\r\n", 26);
    assert_non_null(strstr(c.said, "0af7651916cd43dd8448eb211c80319c"));
    assert_int_equal(metrics.spans_sent, 3);
    close(c.fd);
    close(reserved);
    add(s, PARENT); /* nobody listens any more */
    spans_free(s);
    assert_int_equal(metrics.spans_sent, 3);
    assert_int_equal(metrics.spans_dropped, 3);
}

static void test_urls(void **state) {
    static const struct {
        const char *url, *host, *path; /* host NULL = refused */
    } cases[] = {
        {"http://127.0.0.1:4318", "127.0.0.1:4318", "/v1/traces"},
        {"http://127.0.0.1", "127.0.0.1", "/v1/traces"},
        {"http://127.0.0.1:9/", "127.0.0.1:9", "/v1/traces"},
        {"http://[::1]:9/otel/v1/traces", "[::1]:9", "/otel/v1/traces"},
        {"http://[::1]", "[::1]", "/v1/traces"},
        {"https://127.0.0.1:4318", NULL, NULL},
        {"127.0.0.1:4318", NULL, NULL},
        {"http://", NULL, NULL},
        {"http://127.0.0.1:x", NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct spans_sink sink;
        struct error err = ERROR_NULL;
        int rc = spans_sink_url(&sink, cases[i].url, &err);
        if ((rc == 0) != (cases[i].host != NULL))
            fail_msg("%s: %d %s", cases[i].url, rc, err.text);
        if (rc == 0) {
            assert_string_equal(sink.host, cases[i].host);
            assert_string_equal(sink.path, cases[i].path);
        } else {
            assert_non_null(strstr(err.text, "http://127.0.0.1:4318"));
        }
    }
}

static void test_each_query_is_a_span(void **state) {
    char path[] = "/tmp/halftime-spans-test-XXXXXX", line[16 * 1024];
    struct spans_sink sink;
    struct spans *s;
    (void)state;
    metrics = (struct metrics){.spans_sent = 0};
    close(mkstemp(path));
    assert_int_equal(spans_sink_file(&sink, path, NULL), 0);
    assert_int_equal(spans_new(&s, &sink, &metrics), 0);
    add_queries(s);
    spans_free(s);
    close(sink.fd);
    assert_int_equal(metrics.spans_sent, 3);
    FILE *in = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, in));
    json_t *doc = json_loads(line, 0, NULL), *spans;
    assert_int_equal(json_unpack(doc, "{s:[{s:[{s:o}]}]}", "resourceSpans", "scopeSpans", "spans", &spans), 0);
    assert_int_equal(json_array_size(spans), 3);
    const json_t *root = json_array_get(spans, 0), *second = json_array_get(spans, 2);
    assert_string_equal(text_of(second, "name"), "SELECT");
    assert_string_equal(text_of(second, "parentSpanId"), text_of(root, "spanId"));
    assert_int_equal(duration(second), 300);
    assert_non_null(strstr(line, "SELECT * FROM t WHERE id = ?1"));
    json_decref(doc);
    fclose(in);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_for_each_flush),
        cmocka_unit_test(test_each_query_is_a_span),
        cmocka_unit_test(test_a_collector_gets_a_post),
        cmocka_unit_test(test_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
