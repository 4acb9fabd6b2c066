/* The observer against endpoints that misbehave: each is a thread of this test on a port of its own. */
#include "observe/observer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/clock.h"

enum { SECOND_US = 1000 * 1000, PIECE = 64 * 1024, ANSWER_MAX = 512 };

/* ---- when ---- */

static void rhythm(void **state) {
    (void)state;
    enum { MS = 1000 };
    static const struct {
        int64_t asked, taken, now, next;
    } cases[] = {
        {0, 0, 50 * MS, 50 * MS},                    /* the first time at once */
        {100 * MS, 0, 150 * MS, 1100 * MS},          /* nobody takes yet */
        {100 * MS, 900 * MS, 950 * MS, 1650 * MS},   /* shortly before the next take */
        {1650 * MS, 900 * MS, 1660 * MS, 2650 * MS}, /* that one has been served */
        {1650 * MS, 1900 * MS, 1950 * MS, 2650 * MS},
        {100 * MS, 900 * MS, 9000 * MS, 1100 * MS},   /* nobody takes any more */
        {1000 * MS, 2400 * MS, 2450 * MS, 3000 * MS}, /* it is taken far too often */
        {4000 * MS, 2500 * MS, 4800 * MS, 5250 * MS}, /* a reading took long */
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(observer_next_us(cases[i].asked, cases[i].taken, cases[i].now), cases[i].next);
    assert_int_equal(observer_pause_us(0), 0);
    assert_int_equal(observer_pause_us(1), SECOND_US);
    assert_int_equal(observer_pause_us(3), 4 * SECOND_US);
    assert_int_equal(observer_pause_us(50), OBSERVER_PAUSE_MAX_US);
}

/* ---- what is asked for ---- */

static void refusals(void **state) {
    (void)state;
    static const struct {
        const char *spec, *says;
    } cases[] = {{"foo:bar", "no such kind"}, {"nothing", "there are: host, proc:PID|NAME"},
        {"host:x", "stands alone"}, {"proc:", "is wanted"}, {"proc:no such process here", "no process named"},
        {"proc:2147483646", "no process 2147483646"}, {"cgroup:/no/such", "no control group"},
        {"postgres:x", "an address is wanted"}, {"postgres://h:port/db", "is no port"},
        {"redis://", "an address is wanted"}, {"rediss://", "an address is wanted"},
        {"nginx:127.0.0.1", "http://127.0.0.1:8080/stub_status"}, {"nginx:ftp://h/", "an address is wanted"},
        {"prometheus:http://h:99999/", "an address is wanted"},
        {"rabbitmq://u:geheim@h", "an address is wanted"}, {"agent:http://", "an address is wanted"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct observer *o;
        struct error err = ERROR_NULL;
        struct view spec = view_of_cstr(cases[i].spec);
        assert_int_equal(observer_new(&o, &spec, 1, &err), ERROR_INVALID);
        assert_null(o);
        if (!strstr(err.text, cases[i].says) || strstr(err.text, "geheim"))
            fail_msg("%s: %s", cases[i].spec, err.text);
    }
}

static void masks(void **state) {
    (void)state;
    static const char *const cases[][2] = {{"host", "host"},
        {"postgres://u:geheim@h:1/db?x=y@z", "postgres://u:***@h:1/db?x=y@z"},
        {"agent:http://token@h:1", "agent:http://***@h:1"}, {"redis://:p@ss@h", "redis://:***@h"},
        {"http://h/@x", "http://h/@x"}, {"--observe=redis://u:p@h", "--observe=redis://u:***@h"},
        {"a@b", "a@b"},
        {"postgres://h/d?user=u&Password=geheim&sslmode=x", "postgres://h/d?user=u&Password=***&sslmode=x"},
        {"http://h/m?access_token=geheim", "http://h/m?access_token=***"}, {"http://h/m?", "http://h/m?"},
        {"http://h/m?a&b=", "http://h/m?a&b="}, {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buf out = BUF_MAX(1024);
        assert_int_equal(observer_spec_mask(view_of_cstr(cases[i][0]), &out), 0);
        assert_true(view_eq(buf_view(&out), view_of_cstr(cases[i][1])));
        buf_deinit(&out);
    }
}

/* ---- endpoints ---- */

enum manner { MANNER_HANGS, MANNER_ENDLESS, MANNER_DRIPS, MANNER_ANSWERS, MANNER_CLOSES };
struct endpoint {
    enum manner manner;
    const char *answer;
    int fd, port;
    pthread_t thread;
    _Atomic bool stop;
};

static void send_bytes(struct endpoint *e, int fd, const char *bytes, size_t len) {
    while (len > 0 && !atomic_load(&e->stop)) {
        struct pollfd ready = {.fd = fd, .events = POLLOUT};
        if (poll(&ready, 1, 50) <= 0)
            continue;
        ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0)
            return;
        bytes += n;
        len -= (size_t)n;
    }
}

static void serve_one(struct endpoint *e, int fd) {
    static const char zeros[PIECE];
    char request[4096];
    struct pollfd ready = {.fd = fd, .events = POLLIN};
    while (!atomic_load(&e->stop) && e->manner != MANNER_CLOSES && poll(&ready, 1, 50) == 0)
        ;
    if (e->manner == MANNER_CLOSES || recv(fd, request, sizeof request, MSG_DONTWAIT) < 0)
        return;
    if (e->answer)
        send_bytes(e, fd, e->answer, strlen(e->answer));
    while (!atomic_load(&e->stop) && e->manner != MANNER_ANSWERS) {
        if (e->manner == MANNER_ENDLESS)
            send_bytes(e, fd, zeros, sizeof zeros);
        else if (e->manner == MANNER_DRIPS)
            send_bytes(e, fd, "x", 1);
        if (e->manner != MANNER_ENDLESS)
            usleep(20 * 1000);
        char byte;
        if (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            return;
    }
}

static void *serve(void *ctx) {
    struct endpoint *e = ctx;
    while (!atomic_load(&e->stop)) {
        struct pollfd ready = {.fd = e->fd, .events = POLLIN};
        if (poll(&ready, 1, 50) <= 0)
            continue;
        int fd = accept(e->fd, NULL, NULL);
        if (fd < 0)
            continue;
        serve_one(e, fd);
        close(fd);
    }
    return NULL;
}

static void endpoint_init(struct endpoint *e, enum manner manner, const char *answer) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    memset(e, 0, sizeof *e);
    e->manner = manner;
    e->answer = answer;
    e->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(e->fd >= 0 && bind(e->fd, (struct sockaddr *)&a, size) == 0 && listen(e->fd, 8) == 0);
    assert_int_equal(getsockname(e->fd, (struct sockaddr *)&a, &size), 0);
    e->port = ntohs(a.sin_port);
    assert_int_equal(pthread_create(&e->thread, NULL, serve, e), 0);
}

static void endpoint_deinit(struct endpoint *e) {
    atomic_store(&e->stop, true);
    pthread_join(e->thread, NULL);
    close(e->fd);
}

/* ---- hostile ones ---- */

/* Takes every 50 ms until something went wrong (its sentence), or `most_us` have passed. */
static bool await_trouble(struct observer *o, int64_t most_us, struct error *err) {
    int64_t until_us = clock_now_us(&clock_real) + most_us;
    while (clock_now_us(&clock_real) < until_us) {
        struct probe_second s;
        int64_t before_us = clock_now_us(&clock_real);
        observer_take(o, &s);
        assert_true(clock_now_us(&clock_real) - before_us < SECOND_US / 2); /* it never waits */
        if (observer_trouble(o, err))
            return true;
        usleep(50 * 1000);
    }
    return false;
}

static void hostile(void **state) {
    (void)state;
    static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n";
    static const struct {
        const char *spec; /* %d: the port */
        enum manner manner;
        const char *answer, *says;
    } cases[] = {
        {"prometheus:http://127.0.0.1:%d/metrics", MANNER_HANGS, NULL, "127.0.0.1"},
        {"prometheus:http://127.0.0.1:%d/metrics", MANNER_ENDLESS, head, "127.0.0.1"},
        {"prometheus:http://127.0.0.1:%d/metrics", MANNER_DRIPS, head, "127.0.0.1"},
        {"prometheus:http://127.0.0.1:%d/metrics", MANNER_ANSWERS,
            "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>", "no metrics"},
        {"prometheus:http://127.0.0.1:%d/metrics", MANNER_ANSWERS,
            "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nlate", "answered 503: late"},
        {"nginx:http://127.0.0.1:%d/s", MANNER_ANSWERS, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
            "stub_status"},
        {"rabbitmq:http://u:geheim@127.0.0.1:%d", MANNER_ANSWERS,
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "management"},
        {"agent:http://geheim@127.0.0.1:%d", MANNER_ANSWERS, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "halftime agent"},
        {"agent:http://geheim@127.0.0.1:%d", MANNER_CLOSES, NULL, "127.0.0.1"},
        {"redis://:geheim@127.0.0.1:%d", MANNER_HANGS, NULL, "redis 127.0.0.1"},
        {"redis://127.0.0.1:%d", MANNER_ENDLESS, "$999999999\r\n", "INFO"},
        {"redis://127.0.0.1:%d", MANNER_ANSWERS, "HTTP/1.1 400 Bad Request\r\n\r\n", "no Redis"},
        {"redis://127.0.0.1:%d", MANNER_ANSWERS, "-NOAUTH Authentication required.\r\n", "NOAUTH"},
        {"redis://127.0.0.1:%d", MANNER_ANSWERS, ":12\r\n", "no Redis"},
        {"redis://127.0.0.1:%d", MANNER_CLOSES, NULL, "redis"},
        {"rediss://127.0.0.1:%d", MANNER_HANGS, NULL, "TLS"}, {"rediss://127.0.0.1:%d", MANNER_CLOSES, NULL, "TLS"},
        {"rediss://127.0.0.1:%d", MANNER_ANSWERS, "-ERR what is this\r\n", "TLS"},
        {"rediss://127.0.0.1:%d", MANNER_ENDLESS, "\x16\x03\x03\x40\x01", "TLS"},
        {"postgres://u:geheim@127.0.0.1:%d/db?sslmode=disable", MANNER_HANGS, NULL, "no answer to the login"},
        {"postgres://u:geheim@127.0.0.1:%d/db?sslmode=disable", MANNER_ANSWERS,
            "HTTP/1.1 400 Bad Request\r\n\r\n", "postgres db@127.0.0.1"},
        {"postgres://u:geheim@127.0.0.1:%d/db?sslmode=disable", MANNER_ENDLESS, "R", "postgres db@127.0.0.1"},
        {"pgbouncer://u:geheim@127.0.0.1:%d?sslmode=disable", MANNER_CLOSES, NULL, "pgbouncer"},
    };
    enum { CASES = sizeof cases / sizeof *cases };
    struct endpoint endpoints[CASES];
    struct observer *observers[CASES];
    for (size_t i = 0; i < CASES; i++) { /* side by side: most of the time is waiting for deadlines */
        char spec[200];
        struct error err = ERROR_NULL;
        endpoint_init(&endpoints[i], cases[i].manner, cases[i].answer);
        snprintf(spec, sizeof spec, cases[i].spec, endpoints[i].port);
        struct view v = view_of_cstr(spec);
        if (observer_new(&observers[i], &v, 1, &err) < 0 || observer_start(observers[i], &err) < 0)
            fail_msg("%s: %s", spec, err.text);
    }
    for (size_t i = 0; i < CASES; i++) {
        struct error err = ERROR_NULL;
        if (!await_trouble(observers[i], 15 * (int64_t)SECOND_US, &err))
            fail_msg("%s: nothing was said", cases[i].spec);
        if (!strstr(err.text, cases[i].says) || strstr(err.text, "geheim"))
            fail_msg("%s: %s", cases[i].spec, err.text);
    }
    int64_t before_us = clock_now_us(&clock_real);
    for (size_t i = 0; i < CASES; i++)
        observer_free(observers[i]);
    assert_true(clock_now_us(&clock_real) - before_us < 10 * (int64_t)SECOND_US);
    for (size_t i = 0; i < CASES; i++)
        endpoint_deinit(&endpoints[i]);
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    assert_true(used.ru_maxrss <
                600 * 1024); /* KiB: nothing kept what was sent without end (sanitizers need some of it) */
}

static void it_comes_back(void **state) {
    (void)state;
    struct endpoint e;
    struct observer *o;
    struct probe_second s = PROBE_SECOND_NULL;
    struct error err = ERROR_NULL;
    char spec[100];
    endpoint_init(&e, MANNER_ANSWERS, "HTTP/1.1 500 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    snprintf(spec, sizeof spec, "prometheus:http://127.0.0.1:%d/metrics", e.port);
    struct view specs[] = {view_of_cstr(spec), VIEW("host"), view_of_cstr(spec)}; /* the same twice is one */
    assert_int_equal(observer_new(&o, specs, 3, &err), 0);
    assert_int_equal(observer_start(o, &err), 0);
    assert_true(await_trouble(o, 15 * (int64_t)SECOND_US, &err));
    assert_true(err.code < 0);
    e.answer = "HTTP/1.1 200 OK\r\nContent-Length: 21\r\nConnection: close\r\n\r\nmy_own{a=\"b\"} 4.5 \n\n\n";
    assert_true(await_trouble(o, 15 * (int64_t)SECOND_US, &err));
    assert_int_equal(err.code, 0);
    assert_non_null(strstr(err.text, "answers again"));
    bool host = false, foreign = false;
    for (int i = 0; i < 100 && !(host && foreign); i++) {
        observer_take(o, &s);
        for (size_t k = 0; k < s.value_count; k++) {
            host = host || strcmp(s.keys[s.values[k].series].name, "host.memory.limit") == 0;
            foreign = foreign || (strcmp(s.keys[s.values[k].series].name, "my_own{a=\"b\"}") == 0 &&
                                     s.values[k].value == 4.5);
        }
        usleep(100 * 1000);
    }
    assert_true(host && foreign); /* one that fails does no harm to another */
    observer_free(o);
    endpoint_deinit(&e);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(rhythm), cmocka_unit_test(refusals),
        cmocka_unit_test(masks), cmocka_unit_test(hostile), cmocka_unit_test(it_comes_back)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
