/* The load of one process against a server on the same loop. The loop's clock is a fake one, so lateness and back-off are exact. */
#include "raw/raw_load.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <unistd.h>

enum { PEERS_MAX = 16, TURNS_MAX = 20000 };

struct peer {
    struct loop_watch watch;
    struct server *server;
    int unanswered;
};
struct server {
    struct loop_watch watch;
    struct loop *loop;
    struct peer peers[PEERS_MAX];
    size_t peer_count;
    uint64_t requests;
    bool silent; /* keeps its answers until it speaks again */
};

static void answer(struct peer *p) {
    static const char text[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    for (; p->unanswered > 0; p->unanswered--)
        assert_int_equal(write(p->watch.fd, text, sizeof text - 1), sizeof text - 1);
}

static void on_peer(struct loop_watch *w, uint32_t events) {
    struct peer *p = CONTAINER_OF(w, struct peer, watch);
    char bytes[4096];

    (void)events;
    if (read(w->fd, bytes, sizeof bytes) <= 0) {
        loop_watch_remove(p->server->loop, w);
        close(w->fd);
        w->fd = -1;
        return;
    }
    p->server->requests++;
    p->unanswered++;
    if (!p->server->silent)
        answer(p);
}

static void on_listen(struct loop_watch *w, uint32_t events) {
    struct server *s = CONTAINER_OF(w, struct server, watch);
    int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK);

    (void)events;
    if (fd < 0)
        return;
    assert_true(s->peer_count < PEERS_MAX);
    struct peer *p = &s->peers[s->peer_count++];
    *p = (struct peer){.watch = {.ready = on_peer}, .server = s};
    assert_int_equal(loop_watch_add(s->loop, &p->watch, fd, EPOLLIN), 0);
}

struct fixture {
    struct clock_fake clock;
    struct loop *loop;
    struct server server;
    struct raw_options options;
    struct raw_load *load;
    char url[64], why[256];
    int finished;
};

static void on_finished(void *ctx) {
    struct fixture *x = ctx;

    x->finished++;
}

static void on_unreachable(void *ctx, struct view why) {
    struct fixture *x = ctx;

    assert_string_equal(x->why, "");
    snprintf(x->why, sizeof x->why, "%.*s", VIEW_ARGS(why));
}

static void set_up(struct fixture *x, double rate, size_t connections) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof at;

    *x = (struct fixture){.server = {.watch = {.ready = on_listen}}};
    clock_fake_init(&x->clock, 1000000);
    assert_int_equal(loop_new(&x->loop, &(struct loop_options){.clock = &x->clock.base}), 0);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    x->server.loop = x->loop;
    assert_int_equal(loop_watch_add(x->loop, &x->server.watch, fd, EPOLLIN), 0);
    snprintf(x->url, sizeof x->url, "http://127.0.0.1:%d/", ntohs(at.sin_port));
    x->options = (struct raw_options){.url = view_of_cstr(x->url),
                                      .method = VIEW("GET"),
                                      .connections = connections,
                                      .processes = 1,
                                      .duration_us = 100 * 1000,
                                      .timeout_us = 5 * 1000 * 1000,
                                      .rate = rate,
                                      .keep_alive = true};
}

static void begin(struct fixture *x) {
    struct raw_load_events events = {.finished = on_finished, .unreachable = on_unreachable, .ctx = x};
    struct error err;

    assert_int_equal(raw_load_new(&x->load, x->loop, &x->options, 0, x->clock.now_us, &events, &err), 0);
}

static void stop_listening(struct fixture *x) {
    int fd = x->server.watch.fd;

    loop_watch_remove(x->loop, &x->server.watch);
    close(fd);
    x->server.watch.fd = -1;
}

static void tear_down(struct fixture *x) {
    raw_load_free(x->load);
    for (size_t i = 0; i < x->server.peer_count; i++) {
        struct peer *p = &x->server.peers[i];
        loop_watch_remove(x->loop, &p->watch);
        if (p->watch.fd >= 0)
            close(p->watch.fd);
    }
    if (x->server.watch.fd >= 0)
        stop_listening(x);
    loop_free(x->loop);
}

/* Lets everything happen that can happen without time going by. */
static void settle(struct fixture *x) {
    for (int quiet = 0, i = 0; quiet < 3; i++) {
        uint64_t before = x->server.requests + raw_tally_answers(raw_load_tally(x->load)) + raw_tally_failures(raw_load_tally(x->load));
        assert_true(i < TURNS_MAX);
        assert_int_equal(loop_turn(x->loop, 2000), 0);
        uint64_t after = x->server.requests + raw_tally_answers(raw_load_tally(x->load)) + raw_tally_failures(raw_load_tally(x->load));
        quiet = before == after ? quiet + 1 : 0;
    }
}

static void pass(struct fixture *x, int64_t us) {
    clock_fake_advance(&x->clock, us);
    settle(x);
}

static void speak(struct fixture *x) {
    x->server.silent = false;
    for (size_t i = 0; i < x->server.peer_count; i++)
        answer(&x->server.peers[i]);
}

static void test_closed_model_counts_what_the_server_saw(void **state) {
    struct fixture x;
    (void)state;

    set_up(&x, 0, 3);
    begin(&x);
    for (int i = 0; i < 300; i++)
        assert_int_equal(loop_turn(x.loop, 1000), 0);
    clock_fake_advance(&x.clock, 100 * 1000);
    settle(&x);
    struct raw_tally *t = raw_load_tally(x.load);
    assert_int_equal(x.finished, 1);
    assert_true(x.server.requests > 100);
    assert_int_equal(raw_tally_answers(t), x.server.requests);
    assert_int_equal(t->connects, 3);
    assert_int_equal(x.server.peer_count, 3);
    assert_int_equal(t->service_ms.count, x.server.requests);
    assert_int_equal(t->response_ms.count, 0);
    assert_int_equal(t->cut, 0);
    assert_int_equal(t->bytes_received, x.server.requests * 40);
    tear_down(&x);
}

static void test_open_model_keeps_the_schedule(void **state) {
    struct fixture x;
    (void)state;

    set_up(&x, 1000, 2);
    begin(&x);
    settle(&x);
    assert_int_equal(x.server.requests, 1);
    for (int i = 1; i < 50; i++) {
        pass(&x, 1000);
        assert_int_equal(x.server.requests, i + 1);
    }
    struct raw_tally *t = raw_load_tally(x.load);
    assert_int_equal(raw_tally_answers(t), 50);
    assert_true(t->response_ms.max == 0);
    assert_int_equal(raw_load_take_late_us(x.load), 0);
    pass(&x, 5000); /* nobody looked for 5 ms: the loop's own lateness */
    assert_int_equal(raw_load_take_late_us(x.load), 4000);
    assert_true(t->response_ms.max >= 3);
    pass(&x, 100 * 1000);
    t = raw_load_tally(x.load);
    assert_int_equal(x.finished, 1);
    assert_int_equal(t->due, 100);
    assert_int_equal(t->unsent + raw_tally_answers(t), 100);
    tear_down(&x);
}

/* A server that stops for 30 ms with 2 connections: response times count from the instants at which requests were due. */
static void test_a_stall_is_in_the_response_times(void **state) {
    struct fixture x;
    (void)state;

    set_up(&x, 1000, 2);
    begin(&x);
    settle(&x);
    x.server.silent = true;
    for (int i = 0; i < 30; i++)
        pass(&x, 1000);
    assert_int_equal(x.server.requests, 3);
    speak(&x);
    settle(&x);
    struct raw_tally *t = raw_load_tally(x.load);
    assert_int_equal(x.server.requests, 31);
    assert_int_equal(t->response_ms.count, 31);
    assert_true(t->response_ms.max == 29);
    assert_int_equal(histogram_count_at_most(&t->response_ms, 14.5), 1 + 15);
    assert_int_equal(raw_load_take_late_us(x.load), 0); /* no connection was free: not our lateness */
    assert_int_equal(histogram_count_at_most(&t->service_ms, 0.5), 1 + 28);
    x.server.silent = true;
    pass(&x, 1000);
    pass(&x, 200 * 1000);
    assert_int_equal(x.finished, 0); /* one is under way */
    speak(&x);
    settle(&x);
    assert_int_equal(x.finished, 1);
    assert_int_equal(raw_load_tally(x.load)->late_answers > 0, true);
    tear_down(&x);
}

static void test_cutting_counts_what_was_under_way(void **state) {
    struct fixture x;
    (void)state;

    set_up(&x, 0, 3);
    x.server.silent = true;
    begin(&x);
    settle(&x);
    assert_int_equal(x.server.requests, 3);
    raw_load_stop(x.load, false);
    settle(&x);
    assert_int_equal(x.finished, 0);
    raw_load_stop(x.load, true);
    assert_int_equal(x.finished, 1);
    assert_int_equal(raw_load_tally(x.load)->cut, 3);
    tear_down(&x);
}

static void test_timeouts_are_latencies_too(void **state) {
    struct fixture x;
    (void)state;

    set_up(&x, 0, 2);
    x.options.timeout_us = 20 * 1000;
    x.server.silent = true;
    begin(&x);
    settle(&x);
    pass(&x, 20 * 1000);
    struct raw_tally *t = raw_load_tally(x.load);
    assert_int_equal(t->faults[NET_FAULT_TIMEOUT], 2);
    assert_int_equal(t->service_ms.count, 2);
    assert_true(t->service_ms.min == 20);
    assert_string_equal(x.why, "");
    tear_down(&x);
}

static void test_nobody_there_is_told_once_and_backs_off(void **state) {
    struct fixture x;
    (void)state;

    set_up(&x, 0, 4);
    stop_listening(&x);
    begin(&x);
    settle(&x);
    assert_non_null(strstr(x.why, "connection refused"));
    assert_int_equal(raw_load_tally(x.load)->faults[NET_FAULT_DIAL_REFUSED], 4);
    pass(&x, RAW_BACKOFF_FIRST_US - 1);
    assert_int_equal(raw_load_tally(x.load)->faults[NET_FAULT_DIAL_REFUSED], 4);
    pass(&x, 1);
    assert_int_equal(raw_load_tally(x.load)->faults[NET_FAULT_DIAL_REFUSED], 8);
    pass(&x, 2 * RAW_BACKOFF_FIRST_US);
    assert_int_equal(raw_load_tally(x.load)->faults[NET_FAULT_DIAL_REFUSED], 12);
    assert_int_equal(raw_load_tally(x.load)->service_ms.count, 0);
    tear_down(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_model_counts_what_the_server_saw),
        cmocka_unit_test(test_open_model_keeps_the_schedule),
        cmocka_unit_test(test_a_stall_is_in_the_response_times),
        cmocka_unit_test(test_cutting_counts_what_was_under_way),
        cmocka_unit_test(test_timeouts_are_latencies_too),
        cmocka_unit_test(test_nobody_there_is_told_once_and_backs_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
