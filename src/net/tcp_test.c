#include "net/tcp.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

/* A port that was free a moment ago. */
static struct address free_port(const char *ip) {
    struct address a;
    socklen_t len = sizeof a;

    assert_true(address_parse(view_of_cstr(ip), 0, &a));
    int fd = socket(a.sa.sa_family, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, &a.sa, address_length(&a)), 0);
    assert_int_equal(getsockname(fd, &a.sa, &len), 0);
    close(fd);
    return a;
}

static int dial(struct tcp *t, const struct address *to, const struct address *local, struct failure *f) {
    if (tcp_connect(t, to, local, f) < 0)
        return STREAM_FAILED;
    struct pollfd p = {.fd = t->fd, .events = POLLOUT};
    assert_int_equal(poll(&p, 1, 5000), 1);
    return stream_open(&t->base, f);
}

/* Dialled from its own port, a port at which nobody listens answers: it is we ourselves. */
static void test_self_connect(void **state) {
    static const char *const ips[] = {"127.0.0.1", "::1"};
    (void)state;
    for (size_t i = 0; i < sizeof ips / sizeof *ips; i++) {
        struct address to = free_port(ips[i]);
        uint64_t sent = 0, received = 0;
        struct failure f = {.fault = NET_FAULT_NONE};
        struct tcp t;
        tcp_init(&t, &sent, &received);
        assert_int_equal(dial(&t, &to, &to, &f), STREAM_FAILED);
        assert_int_equal(f.fault, NET_FAULT_DIAL_REFUSED);
        stream_close(&t.base);
    }
}

static void test_listener_on_the_same_port(void **state) {
    struct address at = free_port("127.0.0.1"), from;
    uint64_t sent = 0, received = 0;
    struct failure f;
    struct tcp t;
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    assert_int_equal(bind(fd, &at.sa, address_length(&at)), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_true(address_parse(VIEW("127.0.0.2"), address_port(&at), &from)); /* another address: no self-connect */
    tcp_init(&t, &sent, &received);
    assert_int_equal(dial(&t, &at, &from, &f), 1);
    stream_close(&t.base);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_self_connect), cmocka_unit_test(test_listener_on_the_same_port)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
