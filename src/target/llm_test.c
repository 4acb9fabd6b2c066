#include "target/llm.h"
#include "target/commons.h"
#include "target/exchange.h"
#include "target/routes.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define S   INT64_C(1000000000)
#define ASK "\"messages\":[{\"role\":\"user\",\"content\":\"How much water is in a kettle?\"}]"

static struct commons *commons;
static struct exchange_app app;
static const char *authorization;

static const char *on_lookup(void *ctx, enum exchange_source source, const char *name) {
    (void)ctx;
    if (source == EXCHANGE_CLIENT)
        return "127.0.0.1:40000";
    return source == EXCHANGE_HEADER && strcmp(name, "Authorization") == 0 ? authorization : NULL;
}

static struct exchange x = {.app = &app, .lookup = on_lookup};

static int setup(void **state) {
    struct fault_set faults = FAULT_SET_NULL;
    (void)state;
    assert_int_equal(commons_new(&commons, 1, &faults, NULL), 0);
    app.commons = commons;
    rng_init(&app.rng, 1);
    buf_init(&x.reply, EXCHANGE_REPLY_MAX);
    authorization = NULL;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    buf_deinit(&x.reply);
    commons = commons_free(commons);
    return 0;
}

static const char *call(const char *body, int status) {
    exchange_clear(&x);
    x.method = METHOD_POST;
    x.path = VIEW("/v1/chat/completions");
    x.body = view_of_cstr(body);
    routes_row(routes_find(&x))->handle(&x);
    if (x.status != status)
        fail_msg("%s: %d instead of %d: %s", body, x.status, status, x.reply.ptr);
    return x.reply.ptr;
}

static const char *header(const char *name) {
    for (size_t i = 0; i < x.header_count; i++)
        if (strcmp(x.headers[i].name, name) == 0)
            return x.headers[i].value;
    return "";
}

static void test_a_whole_answer(void **state) {
    const char *content, *finish;
    int tokens, prompt;
    (void)state;
    json_t *doc = json_loads(call("{\"model\":\"m\"," ASK ",\"max_tokens\":10}", 200), 0, NULL);
    assert_int_equal(
        json_unpack(doc, "{s:[{s:{s:s},s:s}],s:{s:i,s:i}}", "choices", "message", "content", &content,
            "finish_reason", &finish, "usage", "completion_tokens", &tokens, "prompt_tokens", &prompt),
        0);
    assert_memory_equal(content, "Well,", 5);
    assert_string_equal(finish, "length");
    assert_int_equal(tokens, 10);
    assert_int_equal(prompt, 4 + 30 / 4);
    assert_int_equal(x.stream_step_ns, 0);
    assert_int_equal(
        x.delay_ns, (LLM_FIRST_MS + 10 * LLM_STEP_MS) * (S / 1000) + prompt * LLM_PROMPT_US * 1000);
    json_decref(doc);
    doc = json_loads(call("{" ASK "}", 200), 0, NULL);
    assert_int_equal(json_unpack(doc, "{s:[{s:s}],s:{s:i}}", "choices", "finish_reason", &finish, "usage",
                         "completion_tokens", &tokens),
        0);
    assert_string_equal(finish, "stop");
    assert_true(tokens >= 40);
    json_decref(doc);
}

/* Each event is one step; together they say what the whole answer says. */
static void test_a_stream(void **state) {
    struct buf said CLEANUP(buf_deinit) = BUF_MAX(4096);
    const char *content;
    int events = 0;
    (void)state;
    json_t *whole = json_loads(call("{" ASK ",\"max_tokens\":12}", 200), 0, NULL);
    (void)call(
        "{" ASK ",\"max_tokens\":12,\"stream\":true,\"stream_options\":{\"include_usage\":true}}", 200);
    assert_string_equal(x.content_type, "text/event-stream");
    assert_int_equal(x.stream_step_ns, LLM_STEP_MS * (S / 1000));
    struct view rest = buf_view(&x.reply);
    for (ptrdiff_t end; (end = view_find_view(rest, VIEW("\n\n"))) >= 0; events++) {
        struct view event = view_take(rest, (size_t)end);
        rest = view_drop(rest, (size_t)end + 2);
        assert_true(view_starts_with(event, VIEW("data: ")));
        event = view_drop(event, 6);
        if (view_eq(event, VIEW("[DONE]")))
            continue;
        json_t *doc = json_loadb(event.ptr, event.len, 0, NULL);
        assert_non_null(doc);
        if (json_unpack(doc, "{s:[{s:{s:s}}]}", "choices", "delta", "content", &content) == 0)
            assert_int_equal(buf_append_view(&said, view_of_cstr(content)), 0);
        json_decref(doc);
    }
    assert_int_equal(rest.len, 0);
    assert_int_equal(events, 1 + 12 + 1 + 1 + 1); /* role, tokens, end, usage, [DONE] */
    assert_int_equal(json_unpack(whole, "{s:[{s:{s:s}}]}", "choices", "message", "content", &content), 0);
    assert_string_equal(said.ptr, content);
    json_decref(whole);
}

static void test_bad_requests(void **state) {
    static const char *const cases[][2] = {
        {"", "no JSON"},
        {"[]", "object"},
        {"{}", "messages"},
        {"{\"messages\":[]}", "messages"},
        {"{\"messages\":[{\"content\":\"x\"}]}", "role"},
        {"{\"messages\":[{\"role\":\"user\",\"content\":7}]}", "content"},
        {"{" ASK ",\"max_tokens\":0}", "max_tokens"},
        {"{" ASK ",\"max_tokens\":5000}", "max_tokens"},
        {"{" ASK ",\"max_tokens\":\"x\"}", "max_tokens"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *said = call(cases[i][0], 400);
        if (!strstr(said, cases[i][1]) || !strstr(said, "invalid_request_error"))
            fail_msg("\"%s\" does not say \"%s\"", said, cases[i][1]);
        assert_int_equal(x.delay_ns, 0);
    }
    (void)call("{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"hi\"}]}]}", 200);
}

static void test_each_client_has_its_minute(void **state) {
    (void)state;
    commons->llm_tokens_per_minute = 200; /* one request costs 11 + 39 */
    (void)call("{" ASK ",\"max_tokens\":39}", 200);
    assert_string_equal(header("x-ratelimit-limit-tokens"), "200");
    assert_string_equal(header("x-ratelimit-remaining-tokens"), "150");
    for (int i = 0; i < 3; i++)
        (void)call("{" ASK ",\"max_tokens\":39}", 200);
    assert_non_null(strstr(call("{" ASK ",\"max_tokens\":39}", 429), "rate_limit_exceeded"));
    assert_true(strtol(header("Retry-After"), NULL, 10) >= 14);
    assert_int_equal(x.delay_ns, 0);
    authorization = "Bearer another";
    (void)call("{" ASK ",\"max_tokens\":39}", 200);
}

static void test_the_minute_fills_again(void **state) {
    _Atomic int64_t meter = 0;
    int64_t left;
    (void)state;
    assert_int_equal(llm_take_ns(&meter, 600, 600, 100 * S, &left), 0);
    assert_int_equal(left, 0);
    assert_int_equal(llm_take_ns(&meter, 600, 10, 100 * S, &left), S);
    assert_int_equal(llm_take_ns(&meter, 600, 10, 100 * S + S / 2, &left), S / 2);
    assert_int_equal(left, 5);
    assert_int_equal(llm_take_ns(&meter, 600, 10, 101 * S, &left), 0);
    assert_int_equal(llm_take_ns(&meter, 600, 100, 1000 * S, &left), 0);
    assert_int_equal(left, 500);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_whole_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stream, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_client_has_its_minute, setup, teardown),
        cmocka_unit_test(test_the_minute_fills_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
