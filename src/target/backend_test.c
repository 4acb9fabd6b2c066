/* The server in this process, and clients made of plain sockets. */
#include "target/backend.h"
#include "target/routes.h"
#include "target/shop_seed.h"
#include "target/todo_store.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { REPLY_MAX = 64 * 1024, LOG_LINES_MAX = 256 };

struct fixture {
    char dir[64], db[96], log[96];
    struct listener listener;
    int reserved, log_fd;
    struct fault_set faults;
    struct commons *commons;
    struct backend_shared *shared;
    struct backend *backend;
    json_t *lines[LOG_LINES_MAX];
    size_t line_count;
};

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    snprintf(f->dir, sizeof f->dir, "/tmp/halftime-backend-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    snprintf(f->db, sizeof f->db, "%s/t.db", f->dir);
    snprintf(f->log, sizeof f->log, "%s/log", f->dir);
    assert_int_equal(todo_store_create(f->db, 0, NULL), 0);
    assert_int_equal(shop_seed_create(f->db, &(struct shop_seed){.number = 1}, NULL), 0);
    assert_int_equal(listener_parse(&f->listener, "127.0.0.1:0", NULL), 0);
    f->reserved = listener_reserve(&f->listener, NULL);
    f->log_fd = access_log_open(f->log);
    assert_true(f->reserved >= 0 && f->log_fd >= 0);
    *state = f;
    return 0;
}

static void start(struct fixture *f, const char *fault_a, const char *fault_b) {
    if (fault_a)
        assert_int_equal(fault_parse(&f->faults, view_of_cstr(fault_a), NULL), 0);
    if (fault_b)
        assert_int_equal(fault_parse(&f->faults, view_of_cstr(fault_b), NULL), 0);
    assert_int_equal(commons_new(&f->commons, 1, &f->faults, NULL), 0);
    f->shared = &f->commons->parts[0];
    struct backend_config c = {
        .addresses = &f->listener,
        .address_count = 1,
        .db_path = f->db,
        .log_fd = f->log_fd,
        .commons = f->commons,
    };
    assert_int_equal(backend_new(&f->backend, &c, NULL), 0);
}

/* Ends the server and reads its log. */
static void stop(struct fixture *f) {
    char line[ACCESS_LOG_LINE_MAX];
    f->backend = backend_free(f->backend);
    FILE *in = fopen(f->log, "r");
    assert_non_null(in);
    while (fgets(line, sizeof line, in)) {
        assert_true(f->line_count < LOG_LINES_MAX);
        f->lines[f->line_count] = json_loads(line, 0, NULL);
        assert_non_null(f->lines[f->line_count++]);
    }
    fclose(in);
    assert_int_equal(f->line_count, served_finished(&f->shared->served));
    assert_int_equal(f->shared->served.received, f->line_count);
    assert_int_equal(f->shared->served.queued, 0);
}

static int teardown(void **state) {
    struct fixture *f = *state;
    backend_free(f->backend);
    for (size_t i = 0; i < f->line_count; i++)
        json_decref(f->lines[i]);
    close(f->reserved);
    close(f->log_fd);
    unlink(f->log);
    unlink(f->db);
    assert_int_equal(rmdir(f->dir), 0);
    commons_free(f->commons);
    free(f);
    return 0;
}

static size_t count(const struct fixture *f, int status, bool aborted) {
    size_t n = 0;
    for (size_t i = 0; i < f->line_count; i++)
        n += json_integer_value(json_object_get(f->lines[i], "status")) == status &&
             json_is_true(json_object_get(f->lines[i], "aborted")) == aborted;
    return n;
}

static int dial(const struct fixture *f) {
    struct timeval patience = {.tv_sec = 20};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&f->listener.sa, f->listener.len), 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    return fd;
}

static void say(int fd, const char *text) {
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* One answer with a Content-Length; the text stays valid until the next call. */
static const char *hear(int fd) {
    static char text[REPLY_MAX];
    size_t len = 0, want = SIZE_MAX;
    while (len < want) {
        ssize_t n = recv(fd, text + len, sizeof text - 1 - len, 0);
        if (n <= 0)
            fail_msg("the server closed after %zu bytes", len);
        len += (size_t)n;
        text[len] = '\0';
        const char *end = strstr(text, "\r\n\r\n"), *length = strstr(text, "Content-Length: ");
        if (end)
            want = (size_t)(end + 4 - text) + (length ? strtoul(length + 16, NULL, 10) : 0);
    }
    return text;
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not contain \"%s\"", text, part);
}

/* Until the server has read the heads of n requests. */
static void await_received(const struct fixture *f, uint64_t n) {
    for (int i = 0; i < 10000 && f->shared->served.received < n; i++)
        usleep(1000);
    assert_int_equal(f->shared->served.received, n);
}

static void test_one_connection_many_requests(void **state) {
    struct fixture *f = *state;
    start(f, NULL, NULL);
    int fd = dial(f);
    say(fd, "GET /api/v1/health HTTP/1.1\r\nHost: x\r\nX-Request-ID: abc-1\r\n\r\n");
    assert_says(hear(fd), "X-Request-ID: abc-1\r\n");
    say(fd, "POST /api/v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 13\r\n\r\n{\"title\":\"a\"}");
    assert_says(hear(fd), "HTTP/1.1 201 ");
    say(fd, "GET /api/v1/todos?completed=false&limit=5 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fd), "[{\"id\":1,\"title\":\"a\"");
    say(fd, "PATCH /api/v1/todos/1 HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fd), "Allow: GET, HEAD, PUT, DELETE\r\n");
    say(fd, "GET /nix HTTP/1.1\r\nHost: x\r\n"
            "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\n\r\n");
    assert_says(hear(fd), "{\"error\":\"Not found\"}");
    close(fd);
    stop(f);
    assert_int_equal(f->line_count, 5);
    assert_string_equal(json_string_value(json_object_get(f->lines[0], "correlation_id")), "abc-1");
    assert_string_equal(json_string_value(json_object_get(f->lines[4], "correlation_id")),
        "0af7651916cd43dd8448eb211c80319c");
    assert_string_equal(json_string_value(json_object_get(f->lines[2], "path")), "/api/v1/todos");
    assert_int_equal(json_integer_value(json_object_get(f->lines[0], "bytes")), 15);
    assert_int_equal(count(f, 200, false), 2);
    assert_int_equal(count(f, 405, false), 1);
}

static void test_a_body_beyond_the_limit(void **state) {
    struct fixture *f = *state;
    char head[128], *body = malloc(EXCHANGE_BODY_MAX + 2);
    start(f, NULL, NULL);
    memset(body, ' ', EXCHANGE_BODY_MAX + 1);
    body[EXCHANGE_BODY_MAX + 1] = '\0';
    int fd = dial(f);
    snprintf(head, sizeof head, "POST /api/v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
        EXCHANGE_BODY_MAX + 1);
    say(fd, head);
    say(fd, body);
    assert_says(hear(fd), "HTTP/1.1 413 ");
    close(fd);
    free(body);
    stop(f);
    assert_int_equal(count(f, 413, false), 1);
}

static void test_who_leaves_within_the_body_is_logged(void **state) {
    struct fixture *f = *state;
    start(f, NULL, NULL);
    int fd = dial(f);
    say(fd, "POST /api/v1/todos HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc");
    await_received(f, 1);
    close(fd);
    stop(f);
    assert_int_equal(count(f, EXCHANGE_CLIENT_CLOSED, true), 1);
}

static void test_every_request_passes_the_one_worker(void **state) {
    enum { CLIENTS = 20 };
    struct fixture *f = *state;
    int fds[CLIENTS];
    start(f, "workers=1", "cpu-ms=1");
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(f);
        say(fds[i],
            i % 2 ? "GET /api/v1/todos HTTP/1.1\r\nHost: x\r\n\r\n" : "GET /nix HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    for (int i = 0; i < CLIENTS; i++) {
        assert_says(hear(fds[i]), i % 2 ? "HTTP/1.1 200 " : "HTTP/1.1 404 ");
        close(fds[i]);
    }
    stop(f);
    assert_int_equal(count(f, 200, false), CLIENTS / 2);
    assert_int_equal(count(f, 404, false), CLIENTS / 2);
}

/* The one worker is held for longer than the test lasts: the rest can only be queued. */
static void test_queued_requests_at_the_stop(void **state) {
    enum { CLIENTS = 10, GONE = 4 };
    struct fixture *f = *state;
    int fds[CLIENTS];
    start(f, "workers=1", "db-latency=600s");
    for (int i = 0; i < CLIENTS; i++) {
        fds[i] = dial(f);
        say(fds[i], "GET /api/v1/todos HTTP/1.1\r\nHost: x\r\n\r\n");
        await_received(f, (uint64_t)i + 1);
    }
    for (int i = 0; i < GONE; i++)
        close(fds[CLIENTS - 1 - i]);
    for (int i = 0; i < 10000 && f->shared->served.queued != CLIENTS - 1; i++)
        usleep(1000);
    assert_int_equal(f->shared->served.queued, CLIENTS - 1);
    stop(f);
    assert_int_equal(count(f, 200, false), 1); /* it was being worked on, and its sleep was cut short */
    assert_int_equal(count(f, 503, false), CLIENTS - 1 - GONE);
    assert_int_equal(count(f, 503, true), GONE);
    for (int i = 0; i < CLIENTS - GONE; i++) {
        assert_says(hear(fds[i]), i ? "HTTP/1.1 503 " : "HTTP/1.1 200 ");
        close(fds[i]);
    }
}

static void test_a_slow_database_holds_up_only_who_uses_it(void **state) {
    struct fixture *f = *state;
    start(f, "db-latency=600s", NULL);
    int slow = dial(f), fast = dial(f);
    say(slow, "GET /api/v1/todos HTTP/1.1\r\nHost: x\r\n\r\n");
    await_received(f, 1);
    say(fast, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fast), "HTTP/1.1 200 ");
    stop(f);
    assert_says(hear(slow), "[]");
    assert_int_equal(count(f, 200, false), 2);
    close(slow);
    close(fast);
}

static void await_waiting(const struct fixture *f, enum commons_gate gate, uint32_t waiting) {
    for (int i = 0; i < 10000 && gate_look(&f->commons->gates[gate]).waiting != waiting; i++)
        usleep(1000);
    assert_int_equal(gate_look(&f->commons->gates[gate]).waiting, waiting);
}

/* The database holds the first one for longer than the test lasts; the stop ends that. */
static void test_a_fault_switched_off_lets_everybody_in(void **state) {
    static const char *const gates[] = {
        [COMMONS_WORKERS] = "workers=1", [COMMONS_POOL] = "db-pool=1", [COMMONS_LOCK] = "lock"};
    static const enum fault_id faults[] = {
        [COMMONS_WORKERS] = FAULT_WORKERS, [COMMONS_POOL] = FAULT_DB_POOL, [COMMONS_LOCK] = FAULT_LOCK};
    enum { CLIENTS = 5 };
    struct fixture *f = *state;
    int fds[COMMONS_GATES][CLIENTS];
    uint64_t asked = 0;
    start(f, "db-latency=600s", NULL);
    for (unsigned g = 0; g < COMMONS_GATES; g++) {
        struct fault_set one = FAULT_SET_NULL;
        assert_int_equal(fault_parse(&one, view_of_cstr(gates[g]), NULL), 0);
        assert_int_equal(commons_switch(f->commons, faults[g], fault_value(&one, faults[g]), NULL), 0);
        for (int i = 0; i < CLIENTS; i++) {
            fds[g][i] = dial(f);
            say(fds[g][i], "GET /api/v1/todos HTTP/1.1\r\nHost: x\r\n\r\n");
            await_received(f, ++asked);
        }
        await_waiting(f, g, CLIENTS - 1);
        assert_int_equal(commons_switch(f->commons, faults[g], 0, NULL), 0);
        await_waiting(f, g, 0);
    }
    for (int i = 0; i < 10000 && f->shared->metrics.query.bucket[METRICS_BUCKETS - 1] < asked; i++)
        usleep(1000);
    stop(f);
    assert_int_equal(count(f, 200, false), COMMONS_GATES * CLIENTS);
    for (unsigned g = 0; g < COMMONS_GATES; g++) {
        assert_int_equal(gate_look(&f->commons->gates[g]).inside, 0);
        for (int i = 0; i < CLIENTS; i++)
            close(fds[g][i]);
    }
}

static void test_who_is_refused(void **state) {
    struct fixture *f = *state;
    start(f, "rate-limit=1/m", NULL);
    int fd = dial(f);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fd), "HTTP/1.1 200 ");
    say(fd, "GET /nix HTTP/1.1\r\nHost: x\r\n\r\n");
    const char *answer = hear(fd);
    assert_says(answer, "HTTP/1.1 429 ");
    assert_says(answer, "Retry-After: ");
    say(fd, "GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fd), "HTTP/1.1 200 ");
    assert_int_equal(commons_switch(f->commons, FAULT_RATE_LIMIT, 0, NULL), 0);
    assert_int_equal(commons_switch(f->commons, FAULT_ERROR_RATE, FAULT_SHARE_ALL, NULL), 0);
    say(fd, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fd), "HTTP/1.1 500 ");
    say(fd, "GET /shop/assets/logo.svg HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_says(hear(fd), "HTTP/1.1 200 ");
    close(fd);
    stop(f);
    assert_int_equal(count(f, 429, false), 1);
}

/* The stop sends what is left of a stream at once. */
static void test_a_stream_ends_with_the_server(void **state) {
    static const char ask[] = "{\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Tea?\"}]}";
    struct fixture *f = *state;
    char text[REPLY_MAX] = "", head[256];
    size_t len = 0;
    start(f, "workers=1", NULL);
    int fd = dial(f);
    snprintf(head, sizeof head,
        "POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n", strlen(ask));
    say(fd, head);
    say(fd, ask);
    await_received(f, 1);
    for (int i = 0; i < 10000 && f->shared->metrics.llm_tokens == 0; i++)
        usleep(1000);
    stop(f);
    for (ssize_t n; (n = recv(fd, text + len, sizeof text - 1 - len, 0)) > 0;)
        len += (size_t)n;
    assert_says(text, "text/event-stream");
    assert_says(text, "data: [DONE]\n\n\r\n0\r\n");
    assert_int_equal(count(f, 200, false), 1);
    assert_int_equal(gate_look(&f->commons->gates[COMMONS_WORKERS]).inside, 0);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_one_connection_many_requests, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_body_beyond_the_limit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_leaves_within_the_body_is_logged, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_request_passes_the_one_worker, setup, teardown),
        cmocka_unit_test_setup_teardown(test_queued_requests_at_the_stop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_fault_switched_off_lets_everybody_in, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_stream_ends_with_the_server, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_slow_database_holds_up_only_who_uses_it, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
