/* A name server on the same loop answers; what is counted is how often it was asked. */
#include "net/resolver.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <unistd.h>

struct server {
    struct loop_watch watch;
    int questions;
    int addresses; /* in each answer: 10.0.0.1, 10.0.0.2 …; 0 = no such name */
};

static void answer(struct loop_watch *w, uint32_t events) {
    static const unsigned char record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 0};
    struct server *s = CONTAINER_OF(w, struct server, watch);
    unsigned char q[1500];
    struct sockaddr_in from;
    socklen_t from_len = sizeof from;
    (void)events;
    ssize_t got = recvfrom(w->fd, q, 512, 0, (struct sockaddr *)&from, &from_len);
    assert_true(got > 12);
    size_t n = 12;
    while (q[n])
        n += (size_t)q[n] + 1;
    n += 5;
    bool a_record = q[n - 3] == 1;
    s->questions++;
    q[2] = 0x81;
    q[3] = s->addresses ? 0x80 : 0x83;
    memset(q + 6, 0, 6);
    for (int i = 0; a_record && i < s->addresses; i++) {
        memcpy(q + n, record, sizeof record);
        n += sizeof record;
        q[n - 1] = (unsigned char)(i + 1);
        q[7]++;
    }
    sendto(w->fd, q, n, 0, (struct sockaddr *)&from, from_len);
}

struct asker {
    struct lookup lookup;
    char got[100];
};

static void on_done(struct lookup *l, const struct address *a, const struct failure *f) {
    struct asker *k = CONTAINER_OF(l, struct asker, lookup);
    char ip[ADDRESS_IP_TEXT_MAX];
    snprintf(k->got, sizeof k->got, "%.99s", a ? address_format_ip(a, ip) : f->text);
}

struct fixture {
    struct loop *loop;
    struct resolver *resolver;
    struct server server;
    char servers[40];
};

static void begin(struct fixture *x, int64_t ttl_us, enum dns_select select, enum dns_policy policy) {
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    *x = (struct fixture){.server = {.addresses = 3, .watch = {.ready = answer}}};
    assert_int_equal(loop_new(&x->loop, NULL), 0);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
    assert_int_equal(loop_watch_add(x->loop, &x->server.watch, fd, EPOLLIN), 0);
    snprintf(x->servers, sizeof x->servers, "127.0.0.1:%u", ntohs(a.sin_port));
    struct resolver_options o = {.ttl_us = ttl_us, .select = select, .policy = policy, .servers = view_of_cstr(x->servers)};
    assert_int_equal(resolver_new(&x->resolver, x->loop, &o), 0);
}

static void end(struct fixture *x) {
    int fd = x->server.watch.fd;
    loop_watch_remove(x->loop, &x->server.watch);
    close(fd);
    resolver_free(x->resolver);
    loop_free(x->loop);
}

static int ask(struct fixture *x, struct asker *k, const char *host) {
    struct address a;
    struct failure f;
    char ip[ADDRESS_IP_TEXT_MAX];
    *k = (struct asker){.lookup.done = on_done};
    int r = resolver_lookup(x->resolver, view_of_cstr(host), &k->lookup, &a, &f);
    if (r == RESOLVER_FOUND)
        snprintf(k->got, sizeof k->got, "%s", address_format_ip(&a, ip));
    return r;
}

static const char *wait_for(struct fixture *x, struct asker *k) {
    for (int i = 0; i < 1000 && !k->got[0]; i++)
        assert_int_equal(loop_turn(x->loop, 10000), 0);
    return k->got;
}

static void test_one_question_for_all(void **state) {
    struct fixture x;
    struct asker a, b, c, d;
    (void)state;
    begin(&x, -1, DNS_SELECT_FIRST, DNS_ONLY_IPV4);
    assert_int_equal(ask(&x, &a, "n.test"), RESOLVER_WAIT);
    assert_int_equal(ask(&x, &b, "n.test"), RESOLVER_WAIT);
    assert_int_equal(ask(&x, &c, "n.test"), RESOLVER_WAIT);
    resolver_cancel(&c.lookup);
    assert_string_equal(wait_for(&x, &a), "10.0.0.1");
    assert_string_equal(wait_for(&x, &b), "10.0.0.1");
    assert_string_equal(c.got, "");
    assert_int_equal(ask(&x, &d, "n.test"), RESOLVER_FOUND);
    assert_string_equal(d.got, "10.0.0.1");
    assert_int_equal(x.server.questions, 1);
    end(&x);
}

static void test_no_cache(void **state) {
    struct fixture x;
    struct asker a;
    (void)state;
    begin(&x, 0, DNS_SELECT_FIRST, DNS_ONLY_IPV4);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(ask(&x, &a, "n.test"), RESOLVER_WAIT);
        assert_string_equal(wait_for(&x, &a), "10.0.0.1");
        assert_int_equal(x.server.questions, i);
    }
    end(&x);
}

static void test_select(void **state) {
    static const char *const order[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.1"};
    struct fixture x;
    struct asker a;
    (void)state;
    begin(&x, -1, DNS_SELECT_ROUND_ROBIN, DNS_PREFER_IPV4);
    for (int i = 0; i < 4; i++) {
        (void)ask(&x, &a, "n.test");
        assert_string_equal(wait_for(&x, &a), order[i]);
    }
    end(&x);
    begin(&x, -1, DNS_SELECT_RANDOM, DNS_ANY);
    int seen[4] = {0};
    for (int i = 0; i < 300; i++) {
        (void)ask(&x, &a, "n.test");
        seen[wait_for(&x, &a)[7] - '0']++;
    }
    assert_true(seen[1] > 50 && seen[2] > 50 && seen[3] > 50); /* 100 each on average; less than 50 once in 10^9 runs */
    end(&x);
}

static void test_failures(void **state) {
    struct fixture x;
    struct asker a;
    (void)state;
    begin(&x, -1, DNS_SELECT_FIRST, DNS_ONLY_IPV4);
    x.server.addresses = 0;
    for (int i = 1; i <= 2; i++) { /* failures are not kept */
        assert_int_equal(ask(&x, &a, "n.test"), RESOLVER_WAIT);
        assert_non_null(strstr(wait_for(&x, &a), ": no such host"));
        assert_int_equal(x.server.questions, i);
    }
    (void)ask(&x, &a, "a-label-of-64-letters-is-one-more-than-the-most-that-dns-allows--"); /* not even asked for */
    assert_non_null(strstr(wait_for(&x, &a), "allows--: no such host"));
    assert_int_equal(x.server.questions, 2);
    x.server.addresses = 1;
    (void)ask(&x, &a, "n.test");
    assert_string_equal(wait_for(&x, &a), "10.0.0.1");
    end(&x);
    begin(&x, -1, DNS_SELECT_FIRST, DNS_ONLY_IPV6);
    (void)ask(&x, &a, "n.test"); /* has only IPv4 addresses */
    assert_non_null(strstr(wait_for(&x, &a), ": no such host"));
    end(&x);
}

static void test_numeric_and_free(void **state) {
    struct fixture x;
    struct asker a;
    (void)state;
    begin(&x, -1, DNS_SELECT_FIRST, DNS_ONLY_IPV4);
    assert_int_equal(ask(&x, &a, "::1"), RESOLVER_FOUND);
    assert_string_equal(a.got, "::1");
    assert_int_equal(ask(&x, &a, "n.test"), RESOLVER_WAIT); /* still waiting when everything goes */
    assert_int_equal(x.server.questions, 0);
    resolver_cancel(&a.lookup);
    end(&x);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_question_for_all), cmocka_unit_test(test_no_cache), cmocka_unit_test(test_select),
                                       cmocka_unit_test(test_failures), cmocka_unit_test(test_numeric_and_free)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
