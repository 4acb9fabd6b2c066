/* Fetches against a server on the same loop: limits of the pool, counters, and cancelling in every state.
 * What a server can do wrong is tested by tests/scenario/. */
#include "net/fetch.h"

#include "net/fetch_priv.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { PEERS_MAX = 64 };

struct peer {
    struct loop_watch watch;
    struct server *server;
};
struct server {
    struct loop_watch watch;
    struct loop *loop;
    struct peer peers[PEERS_MAX];
    size_t peer_count;
    int requests;
    bool silent;
};

static void on_peer(struct loop_watch *w, uint32_t events) {
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    struct peer *p = CONTAINER_OF(w, struct peer, watch);
    char bytes[4096];
    (void)events;
    ssize_t n = read(w->fd, bytes, sizeof bytes);
    if (n <= 0) {
        loop_watch_remove(p->server->loop, w);
        close(w->fd);
        w->fd = -1;
        return;
    }
    p->server->requests++;
    if (!p->server->silent)
        assert_int_equal(write(w->fd, answer, sizeof answer - 1), sizeof answer - 1);
}

static void on_listen(struct loop_watch *w, uint32_t events) {
    struct server *s = CONTAINER_OF(w, struct server, watch);
    (void)events;
    int fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    assert_true(s->peer_count < PEERS_MAX);
    struct peer *p = &s->peers[s->peer_count++];
    *p = (struct peer){.watch = {.ready = on_peer}, .server = s};
    assert_int_equal(loop_watch_add(s->loop, &p->watch, fd, EPOLLIN), 0);
}

struct fixture {
    struct loop *loop;
    struct server server;
    struct http_client *client;
    struct http_session *session;
    char url[60];
    int hops, done;
    struct http_fetch *fetch;
    bool free_in_done;
};

static void begin(struct fixture *x) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    struct http_client_options o;
    struct error err;
    memset(x, 0, sizeof *x);
    assert_int_equal(loop_new(&x->loop, NULL), 0);
    x->server.loop = x->loop;
    x->server.watch.ready = on_listen;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 64), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    assert_int_equal(loop_watch_add(x->loop, &x->server.watch, fd, EPOLLIN), 0);
    snprintf(x->url, sizeof x->url, "http://127.0.0.1:%u/x", ntohs(a.sin_port));
    http_client_options_default(&o);
    o.proxy_from_environment = false;
    o.idle_per_host_max = 3;
    assert_int_equal(http_client_new(&x->client, x->loop, &o, &err), 0);
    assert_int_equal(http_session_new(&x->session, x->client, VIEW("")), 0);
}

static void end(struct fixture *x) {
    http_session_free(x->session);
    http_client_free(x->client);
    for (size_t i = 0; i < x->server.peer_count; i++) {
        int fd = x->server.peers[i].watch.fd;
        loop_watch_remove(x->loop, &x->server.peers[i].watch);
        if (fd >= 0)
            close(fd);
    }
    int fd = x->server.watch.fd;
    loop_watch_remove(x->loop, &x->server.watch);
    close(fd);
    loop_free(x->loop);
}

static void on_hop(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct fixture *x = ctx;
    (void)f;
    x->hops++;
    assert_int_equal(h->status, 200);
}

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct fixture *x = ctx;
    x->done++;
    assert_true(view_eq(h->body, VIEW("ok")));
    if (x->free_in_done)
        http_fetch_free(f);
}

static struct http_fetch *start(struct fixture *x) {
    static const struct http_fetch_callbacks callbacks = {on_hop, on_done};
    struct http_request r = {.method = VIEW("GET"), .url = view_of_cstr(x->url), .timeout_us = 10000000};
    struct http_fetch *f;
    int done = x->done;
    assert_int_equal(http_fetch_new(&f, x->session), 0);
    assert_int_equal(http_fetch_start(f, &r, &callbacks, x), 0);
    assert_int_equal(x->done, done); /* never from inside */
    return f;
}

static void turn_until(struct fixture *x, const int *counter, int value) {
    for (int i = 0; i < 1000 && *counter < value; i++)
        assert_int_equal(loop_turn(x->loop, 10000), 0);
    assert_int_equal(*counter, value);
}

static void test_pool_limits(void **state) {
    struct fixture x;
    uint64_t sent, received;
    (void)state;
    begin(&x);
    x.free_in_done = true;
    for (int i = 0; i < 5; i++)
        start(&x);
    turn_until(&x, &x.done, 5);
    assert_int_equal(x.hops, 5);
    assert_int_equal(http_client_counters(x.client).connects, 5);
    assert_int_equal(x.session->idle_count, 3); /* two had to go */
    for (int i = 0; i < 3; i++)
        start(&x);
    turn_until(&x, &x.done, 8);
    assert_int_equal(http_client_counters(x.client).connects, 5);
    http_session_take_bytes(x.session, &sent, &received);
    assert_int_equal(received, 8 * 40);
    assert_int_equal(http_client_counters(x.client).bytes_received, 8 * 40);
    http_session_take_bytes(x.session, &sent, &received);
    assert_int_equal(sent + received, 0);
    http_session_close_idle(x.session);
    assert_int_equal(x.session->idle_count, 0);
    end(&x);
}

static void test_cancel_in_every_state(void **state) {
    struct fixture x;
    (void)state;
    begin(&x);
    struct http_fetch *f = start(&x);
    assert_int_equal(f->state, FETCH_STARTING);
    assert_false(http_fetch_cancel(f));
    assert_false(http_fetch_cancel(f));
    http_fetch_free(f);

    f = start(&x);
    assert_int_equal(loop_turn(x.loop, 0), 0);
    assert_int_equal(f->state, FETCH_OPENING);
    assert_false(http_fetch_cancel(f));
    http_fetch_free(f);

    x.server.silent = true;
    f = start(&x);
    turn_until(&x, &x.server.requests, 1);
    assert_int_equal(f->state, FETCH_BUSY);
    assert_true(http_fetch_cancel(f));
    http_fetch_free(f);

    f = start(&x);
    turn_until(&x, &x.server.requests, 2);
    http_fetch_free(f); /* without cancelling first */

    f = start(&x);
    http_fetch_free(f);
    for (int i = 0; i < 5; i++)
        assert_int_equal(loop_turn(x.loop, 1000), 0);
    assert_int_equal(x.done, 0);
    end(&x);
}

static void on_done_again(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct fixture *x = ctx;
    (void)h;
    http_fetch_free(f);
    if (++x->done < 50)
        x->fetch = start(x); /* uses the recycled one */
}

static void test_restart_from_done(void **state) {
    static const struct http_fetch_callbacks callbacks = {NULL, on_done_again};
    struct fixture x;
    (void)state;
    begin(&x);
    struct http_request r = {.method = VIEW("GET"), .url = view_of_cstr(x.url)};
    for (int i = 0; i < 3; i++) {
        struct http_fetch *f;
        assert_int_equal(http_fetch_new(&f, x.session), 0);
        assert_int_equal(http_fetch_start(f, &r, &callbacks, &x), 0);
    }
    x.free_in_done = true;
    turn_until(&x, &x.done, 6); /* three, each of which started one more */
    assert_int_equal(http_client_counters(x.client).connects, 3);
    end(&x);
}

static void test_local_address(void **state) {
    struct fixture x;
    struct sockaddr_in peer = {0};
    socklen_t len = sizeof peer;
    (void)state;
    begin(&x);
    x.free_in_done = true;
    http_session_free(x.session);
    assert_int_equal(http_session_new(&x.session, x.client, VIEW("not an address")), ERROR_INVALID);
    assert_int_equal(http_session_new(&x.session, x.client, VIEW("127.0.0.77")), 0);
    start(&x);
    turn_until(&x, &x.done, 1);
    assert_int_equal(getpeername(x.server.peers[0].watch.fd, (struct sockaddr *)&peer, &len), 0);
    assert_int_equal(ntohl(peer.sin_addr.s_addr), 0x7f00004d);
    end(&x);
}

static void on_out_of_descriptors(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct fixture *x = ctx;
    x->done++;
    assert_int_equal(h->fault, NET_FAULT_NO_DESCRIPTORS);
    assert_int_equal(h->fault_errno, EMFILE);
    assert_true(view_ends_with(h->fault_detail, VIEW(": socket: too many open files")));
    http_fetch_free(f);
}

static void test_out_of_descriptors(void **state) {
    static const struct http_fetch_callbacks callbacks = {NULL, on_out_of_descriptors};
    struct fixture x;
    struct rlimit was, none;
    struct http_fetch *f;
    (void)state;
    begin(&x);
    struct http_request r = {.method = VIEW("GET"), .url = view_of_cstr(x.url)};
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    none = (struct rlimit){3, was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(http_fetch_new(&f, x.session), 0);
    assert_int_equal(http_fetch_start(f, &r, &callbacks, &x), 0);
    turn_until(&x, &x.done, 1);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    assert_int_equal(http_client_counters(x.client).descriptors_exhausted, 1);
    end(&x);
}

struct verdict {
    int done;
    enum net_fault fault;
    int64_t took_us;
};

static void on_verdict(void *ctx, struct http_fetch *f, const struct http_hop *h) {
    struct verdict *v = ctx;
    v->done++;
    v->fault = h->fault;
    v->took_us = h->timing.done_us - h->timing.asked_us;
    http_fetch_free(f);
}

/* The limit of reading begins with the request, whatever other limits are armed; an answer in time is not
 * disturbed by it. */
static void test_read_timeout(void **state) {
    static const struct http_fetch_callbacks callbacks = {NULL, on_verdict};
    static const struct {
        int64_t whole_us, connect_us, read_us;
        bool silent;
        enum net_fault fault;
        int64_t least_us;
    } cases[] = {
        {0, 0, 30000, true, NET_FAULT_TIMEOUT, 30000},
        {0, 5000000, 30000, true, NET_FAULT_TIMEOUT, 30000},
        {5000000, 0, 30000, true, NET_FAULT_TIMEOUT, 30000},
        {30000, 5000000, 5000000, true, NET_FAULT_TIMEOUT, 30000},
        {0, 3000000, 3000000, false, NET_FAULT_NONE, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int reused = 0; reused < 2; reused++) {
            struct fixture x;
            struct verdict v = {0};
            struct http_fetch *f;
            begin(&x);
            x.free_in_done = true;
            if (reused) {
                start(&x);
                turn_until(&x, &x.done, 1);
            }
            x.server.silent = cases[i].silent;
            struct http_request r = {.method = VIEW("POST"),
                .url = view_of_cstr(x.url),
                .timeout_us = cases[i].whole_us,
                .connect_timeout_us = cases[i].connect_us,
                .read_timeout_us = cases[i].read_us};
            assert_int_equal(http_fetch_new(&f, x.session), 0);
            assert_int_equal(http_fetch_start(f, &r, &callbacks, &v), 0);
            turn_until(&x, &v.done, 1);
            assert_int_equal(v.fault, cases[i].fault);
            assert_true(v.took_us >= cases[i].least_us);
            end(&x);
        }
}

static void test_options(void **state) {
    static const struct {
        const char *cidr, *host_to, *error;
    } cases[] = {
        {"10.0.0.0/99", NULL, "blacklistIPs: \"10.0.0.0/99\""},
        {NULL, "nowhere", "hosts: \"nowhere\""},
        {NULL, "1.2.3.4:80", NULL},
        {"10.0.0.0/8", NULL, NULL},
    };
    struct loop *loop;
    (void)state;
    assert_int_equal(loop_new(&loop, NULL), 0);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct http_client_options o;
        struct http_client *c;
        struct error err = ERROR_NULL;
        struct view cidr = view_of_cstr(cases[i].cidr);
        struct http_host_override h = {VIEW("a.test"), view_of_cstr(cases[i].host_to)};
        http_client_options_default(&o);
        o.proxy_from_environment = false;
        o.blacklist_cidrs = &cidr;
        o.blacklist_count = cidr.ptr != NULL;
        o.hosts = &h;
        o.host_count = h.to.ptr != NULL;
        int r = http_client_new(&c, loop, &o, &err);
        assert_int_equal(r == 0, cases[i].error == NULL);
        if (cases[i].error)
            assert_non_null(strstr(err.text, cases[i].error));
        http_client_free(c);
    }
    struct http_client_options o;
    struct http_client *c;
    struct error err;
    http_client_options_default(&o);
    o.tls_ciphers = VIEW("NO-SUCH-CIPHER");
    assert_int_equal(http_client_new(&c, loop, &o, &err), ERROR_INVALID);
    http_client_options_default(&o);
    struct http_client_cert cert = {.cert_pem = VIEW("not PEM"), .key_pem = VIEW("not PEM")};
    o.certs = &cert;
    o.cert_count = 1;
    assert_int_equal(http_client_new(&c, loop, &o, &err), ERROR_INVALID);
    loop_free(loop);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_pool_limits),
        cmocka_unit_test(test_cancel_in_every_state), cmocka_unit_test(test_restart_from_done),
        cmocka_unit_test(test_local_address), cmocka_unit_test(test_out_of_descriptors),
        cmocka_unit_test(test_read_timeout), cmocka_unit_test(test_options)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
