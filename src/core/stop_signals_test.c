#include "core/stop_signals.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static void each_signal_is_read_once(void **state) {
    (void)state;
    int fd = stop_signals_open();

    assert_true(fd >= 0);
    assert_int_equal(stop_signals_read(fd), 0);
    kill(getpid(), SIGTERM);
    assert_int_equal(stop_signals_read(fd), SIGTERM);
    kill(getpid(), SIGINT);
    assert_int_equal(stop_signals_read(fd), SIGINT);
    assert_int_equal(stop_signals_read(fd), 0);
    close(fd);
}

static void a_closed_pipe_is_an_error_and_no_end(void **state) {
    int pipe_fds[2];
    (void)state;
    int fd = stop_signals_open();

    assert_int_equal(pipe(pipe_fds), 0);
    close(pipe_fds[0]);
    assert_int_equal(write(pipe_fds[1], "x", 1), -1);
    close(pipe_fds[1]);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_signal_is_read_once),
        cmocka_unit_test(a_closed_pipe_is_an_error_and_no_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
