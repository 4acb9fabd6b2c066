/* Against servers on threads of their own, on free ports of the loopback. What goes over the wire from the
 * whole program is tested by tests/e2e/outputs. */
#include "report/shipper.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <setjmp.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/clock.h"

enum { HEARD_MAX = 1 << 20, LARGE = HEARD_MAX - 64 * 1024 };

/* Answers request i with answers[i], the last one for ever; NULL: closes the connection; "": never. */
struct server {
    const char *const *answers;
    int fd, requests;
    char url[64];
    char *heard;
    size_t heard_len;
    pthread_t thread;
};

static bool read_request(struct server *s, int peer) {
    size_t from = s->heard_len;
    while (s->heard_len < HEARD_MAX - 1) {
        ssize_t n = recv(peer, s->heard + s->heard_len, HEARD_MAX - 1 - s->heard_len, 0);
        if (n <= 0)
            return false;
        s->heard_len += (size_t)n;
        s->heard[s->heard_len] = 0;
        const char *end = strstr(s->heard + from, "\r\n\r\n"),
                   *length = strstr(s->heard + from, "Content-Length: ");
        if (end &&
            s->heard_len - (size_t)(end + 4 - s->heard) >= (length ? strtoul(length + 16, NULL, 10) : 0))
            return true;
    }
    return false;
}

static void *serve(void *ctx) {
    struct server *s = ctx;
    int peer;
    while ((peer = accept(s->fd, NULL, NULL)) >= 0) {
        while (read_request(s, peer)) {
            const char *answer = s->answers[s->requests];
            s->requests += s->answers[s->requests + 1] != (const char *)-1;
            if (!answer)
                break;
            if (answer[0] && send(peer, answer, strlen(answer), MSG_NOSIGNAL) < 0)
                break;
        }
        close(peer);
    }
    return NULL;
}

#define END  ((const char *)-1)
#define FINE "HTTP/1.1 204 No Content\r\n\r\n"

static void server_begin(struct server *s, const char *const *answers) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    *s = (struct server){.answers = answers,
        .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
        .heard = calloc(1, HEARD_MAX)};
    assert_non_null(s->heard);
    assert_int_equal(bind(s->fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(s->fd, 8), 0);
    assert_int_equal(getsockname(s->fd, (struct sockaddr *)&a, &len), 0);
    snprintf(s->url, sizeof s->url, "http://127.0.0.1:%u/in", ntohs(a.sin_port));
    assert_int_equal(pthread_create(&s->thread, NULL, serve, s), 0);
}

static void server_end(struct server *s) {
    shutdown(s->fd, SHUT_RDWR);
    pthread_join(s->thread, NULL);
    close(s->fd);
    free(s->heard);
}

static struct shipper *make(const struct server *s, const char *prelude) {
    static const struct http_header headers[] = {{VIEW("X-Test"), VIEW("1")}};
    struct shipper *out;
    struct error err = ERROR_NULL;
    struct shipper_options o = {.url = view_of_cstr(s->url),
        .prelude = view_of_cstr(prelude),
        .headers = headers,
        .header_count = 1,
        .username = VIEW("u"),
        .password = VIEW("p")};
    assert_int_equal(shipper_new(&out, &o, &err), 0);
    return out;
}

static void put(struct shipper *s, const char *text, uint64_t points) {
    struct buf b = BUF_MAX(1 << 20);
    assert_int_equal(buf_append_view(&b, view_of_cstr(text)), 0);
    shipper_send(s, &b, points);
    assert_int_equal(b.len, 0);
    buf_deinit(&b);
}

static void arrives_in_order(void **state) {
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 401 no\r\nContent-Length: 0\r\n\r\n", FINE, END};
    struct server v;
    struct error err = ERROR_NULL;
    char prelude[100];
    server_begin(&v, answers);
    snprintf(prelude, sizeof prelude, "%s/before", v.url);
    struct shipper *s = make(&v, prelude);
    put(s, "one", 1);
    put(s, "two", 2);
    put(s, "", 5); /* nothing is no request */
    put(s, "three", 3);
    assert_int_equal(shipper_finish(s, &err), 0);
    assert_int_equal(shipper_trouble(s, &err), 0);
    assert_int_equal(shipper_lost(s), 0);
    shipper_free(s);
    const char *before = strstr(v.heard, "POST /in/before "), *one = strstr(v.heard, "\r\n\r\none"),
               *two = strstr(v.heard, "\r\n\r\ntwo"), *three = strstr(v.heard, "\r\n\r\nthree");
    assert_true(before && one && two && three && before < one && one < two && two < three);
    assert_non_null(strstr(v.heard, "Authorization: Basic dTpw\r\n"));
    assert_non_null(strstr(v.heard, "X-Test: 1\r\n"));
    server_end(&v);
}

static void what_passes_is_tried_again(void **state) {
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 503 no\r\nContent-Length: 4\r\n\r\nbusy", NULL, FINE, END};
    struct server v;
    struct error err = ERROR_NULL;
    server_begin(&v, answers);
    struct shipper *s = make(&v, NULL);
    put(s, "data", 9);
    assert_int_equal(shipper_finish(s, &err), 0);
    assert_true(shipper_trouble(s, &err) < 0);
    assert_non_null(strstr(err.text, "the server answered 503: busy; it is tried again"));
    assert_int_equal(shipper_trouble(s, &err), 0); /* told once */
    shipper_free(s);
    server_end(&v);
}

static void refusals_are_counted(void **state) {
    (void)state;
    static const char *const answers[] = {"HTTP/1.1 400 no\r\nContent-Length: 6\r\n\r\nbad db", FINE, END};
    struct server v;
    struct error err = ERROR_NULL;
    server_begin(&v, answers);
    struct shipper *s = make(&v, NULL);
    put(s, "one", 4);
    while (!shipper_lost(s)) /* while the run goes on, one refusal does not end the others */
        usleep(1000);
    put(s, "two", 3);
    assert_true(shipper_finish(s, &err) < 0);
    assert_non_null(strstr(err.text, "the server answered 400: bad db; 4 of 7 points are missing there"));
    assert_non_null(strstr(v.heard, "\r\n\r\ntwo"));
    shipper_free(s);
    server_end(&v);
}

static void a_dead_server_ends_soon(void **state) {
    (void)state;
    struct server v = {.url = "http://u:secret@127.0.0.1:1/in"};
    struct error err = ERROR_NULL;
    int64_t begun = clock_now_us(&clock_real);
    struct shipper *s = make(&v, NULL);
    for (int i = 0; i < 100; i++)
        put(s, "data", 1);
    assert_true(shipper_finish(s, &err) < 0);
    assert_non_null(strstr(err.text, "connection refused; 100 of 100 points are missing there"));
    assert_null(strstr(err.text, "secret"));
    assert_true(clock_now_us(&clock_real) - begun < SHIPPER_FINISH_US);
    shipper_free(s);
}

static void a_server_that_hangs_is_left(void **state) {
    (void)state;
    static const char *const answers[] = {"", END};
    struct server v;
    struct error err = ERROR_NULL;
    int64_t begun = clock_now_us(&clock_real);
    server_begin(&v, answers);
    struct shipper *s = make(&v, NULL);
    put(s, "one", 1);
    put(s, "two", 1);
    assert_true(shipper_finish(s, &err) < 0);
    assert_non_null(strstr(err.text, "2 of 2 points are missing there"));
    assert_true(clock_now_us(&clock_real) - begun < 2 * (int64_t)SHIPPER_FINISH_US);
    shipper_free(s);
    server_end(&v);
}

static void freed_at_once(void **state) {
    (void)state;
    static const char *const answers[] = {"", END};
    struct server v;
    server_begin(&v, answers);
    struct shipper *s = make(&v, NULL);
    put(s, "one", 1);
    assert_null(shipper_free(s));
    shipper_free(NULL);
    server_end(&v);
}

static void the_queue_is_bounded(void **state) {
    (void)state;
    static const char *const answers[] = {"", END};
    struct server v;
    struct error err = ERROR_NULL;
    char *large = calloc(1, LARGE + 1);
    assert_non_null(large);
    memset(large, 'x', LARGE);
    server_begin(&v, answers);
    struct shipper *s = make(&v, NULL);
    for (int i = 0; i < 44; i++)
        put(s, large, 1);
    assert_in_range(
        shipper_lost(s), 44 - SHIPPER_QUEUE_BYTES_MAX / LARGE - 1, 44 - SHIPPER_QUEUE_BYTES_MAX / LARGE);
    assert_true(shipper_trouble(s, &err) < 0);
    assert_non_null(strstr(err.text, "the queue was full"));
    shipper_free(s);
    server_end(&v);
    free(large);
}

static void datagrams_hold_whole_lines(void **state) {
    (void)state;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct buf text = BUF_MAX(1 << 20);
    struct shipper *s;
    struct error err = ERROR_NULL;
    char address[40], got[2048], all[8192] = "";
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    snprintf(address, sizeof address, "127.0.0.1:%u", ntohs(a.sin_port));
    assert_int_equal(shipper_new(&s, &(struct shipper_options){.udp = view_of_cstr(address)}, &err), 0);
    for (int i = 0; i < 300; i++)
        assert_int_equal(buf_printf(&text, "metric.%d:1|c\n", i), 0);
    char *expected = strdup(text.ptr);
    assert_non_null(expected);
    shipper_send(s, &text, 300);
    assert_int_equal(shipper_finish(s, &err), 0);
    shipper_free(s);
    while (strlen(all) < strlen(expected)) {
        ssize_t n = recv(fd, got, sizeof got - 1, 0);
        assert_in_range(n, 1, SHIPPER_DATAGRAM_MAX);
        got[n] = 0;
        assert_int_equal(got[n - 1], '\n');
        strncat(all, got, sizeof all - strlen(all) - 1);
    }
    assert_string_equal(all, expected);
    free(expected);
    close(fd);
    buf_deinit(&text);
}

static void nobody_hears_datagrams(void **state) {
    (void)state;
    struct shipper *s;
    struct error err = ERROR_NULL;
    assert_int_equal(shipper_new(&s, &(struct shipper_options){.udp = VIEW("127.0.0.1:1")}, &err), 0);
    put(s, "a:1|c\nb:1|c\n", 2);
    assert_true(shipper_finish(s, &err) < 0);
    assert_non_null(strstr(err.text, "connection refused; 2 of 2 points are missing there"));
    shipper_free(s);
}

static void bad_options(void **state) {
    (void)state;
    static const struct {
        struct shipper_options o;
        const char *text;
    } cases[] = {{{.url = VIEW("ftp://x/")}, "the address ftp://x/ must begin with http:// or https://"},
        {{.udp = VIEW("x")}, "the address 'x' must be host:port"},
        {{.udp = VIEW(":8125")}, "the address ':8125' must be host:port"},
        {{.url = VIEW("https://x/"), .cert_file = VIEW("/nope"), .key_file = VIEW("/nope")}, "/nope"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct shipper *s;
        struct error err = ERROR_NULL;
        assert_true(shipper_new(&s, &cases[i].o, &err) < 0);
        assert_non_null(strstr(err.text, cases[i].text));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(arrives_in_order),
        cmocka_unit_test(what_passes_is_tried_again), cmocka_unit_test(refusals_are_counted),
        cmocka_unit_test(a_dead_server_ends_soon), cmocka_unit_test(a_server_that_hangs_is_left),
        cmocka_unit_test(freed_at_once), cmocka_unit_test(the_queue_is_bounded),
        cmocka_unit_test(datagrams_hold_whole_lines), cmocka_unit_test(nobody_hears_datagrams),
        cmocka_unit_test(bad_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
