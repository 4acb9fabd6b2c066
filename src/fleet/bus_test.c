#include "fleet/bus.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct peer {
    struct loop *loop;
    struct bus *bus;
    unsigned kinds[8];
    size_t lengths[8];
    unsigned count, stop_after;
    bool closed, free_in_handler;
    int error;
};

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct peer *p = ctx;
    p->kinds[p->count] = kind;
    p->lengths[p->count] = body.len;
    if (++p->count == p->stop_after)
        loop_stop(p->loop);
    if (p->free_in_handler)
        p->bus = bus_free(p->bus);
}
static void on_closed(void *ctx, int error) {
    struct peer *p = ctx;
    p->closed = true;
    p->error = error;
    loop_stop(p->loop);
}
static const struct bus_ops ops = {on_message, on_closed};

static void open_peer(struct peer *p, int *other_fd) {
    int pair[2];
    *p = (struct peer){0};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    assert_int_equal(loop_new(&p->loop, NULL), 0);
    assert_int_equal(bus_new(&p->bus, p->loop, pair[0], &ops, p), 0);
    *other_fd = pair[1];
}
static void close_peer(struct peer *p) {
    bus_free(p->bus);
    loop_free(p->loop);
}

static void frames_arrive_whole_and_in_order(void **state) {
    (void)state;
    struct peer p, q = {0};
    int fd;
    open_peer(&p, &fd);
    q.loop = p.loop;
    assert_int_equal(bus_new(&q.bus, p.loop, fd, &ops, &q), 0);
    char *big = calloc(1, 3 * 1024 * 1024);
    p.stop_after = 3;
    assert_int_equal(bus_send(q.bus, 7, VIEW("abc")), 0);
    assert_int_equal(bus_send(q.bus, 8, view_of(big, 3 * 1024 * 1024)), 0);
    assert_int_equal(bus_send(q.bus, 9, VIEW_NULL), 0);
    assert_int_equal(loop_run(p.loop), 0);
    assert_int_equal(p.kinds[0], 7);
    assert_int_equal(p.lengths[0], 3);
    assert_int_equal(p.kinds[1], 8);
    assert_int_equal(p.lengths[1], 3 * 1024 * 1024);
    assert_int_equal(p.kinds[2], 9);
    assert_int_equal(p.lengths[2], 0);
    assert_int_equal(bus_queued(q.bus), 0);
    free(big);
    bus_free(q.bus);
    close_peer(&p);
}

static void the_end_of_the_other_side_is_told_once(void **state) {
    (void)state;
    struct peer p;
    int fd;
    open_peer(&p, &fd);
    close(fd);
    assert_int_equal(loop_run(p.loop), 0);
    assert_true(p.closed);
    assert_int_equal(bus_send(p.bus, 1, VIEW("nobody hears")), 0);
    close_peer(&p);
}

static void a_frame_beyond_the_limit_closes(void **state) {
    (void)state;
    struct peer p;
    int fd;
    open_peer(&p, &fd);
    assert_int_equal(write(fd, "\xff\xff\xff\xff\x01", 5), 5);
    assert_int_equal(loop_run(p.loop), 0);
    assert_true(p.closed);
    assert_int_equal(p.error, ERROR_LIMIT);
    close(fd);
    close_peer(&p);
}

static void a_handler_may_free_the_bus(void **state) {
    (void)state;
    struct peer p;
    int fd;
    open_peer(&p, &fd);
    p.free_in_handler = true;
    assert_int_equal(write(fd, "\x02\0\0\0\x05z\x02\0\0\0\x06y", 12), 12);
    assert_int_equal(loop_turn(p.loop, 0), 0);
    assert_int_equal(p.count, 1);
    assert_null(p.bus);
    close(fd);
    close_peer(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_arrive_whole_and_in_order),
        cmocka_unit_test(the_end_of_the_other_side_is_told_once),
        cmocka_unit_test(a_frame_beyond_the_limit_closes),
        cmocka_unit_test(a_handler_may_free_the_bus),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
