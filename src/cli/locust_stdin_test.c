#include "cli/locust_stdin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/file.h"

static int pipe_with(const char *text) {
    int ends[2];
    struct view v = view_of_cstr(text);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], v.ptr, v.len), v.len);
    close(ends[1]);
    return ends[0];
}

static void a_dash_becomes_a_file(void **state) {
    (void)state;
    static const char *const names[] = {"-f", "--locustfile"};
    for (int i = 0; i < 2; i++) {
        struct view args[] = {VIEW("-u"), VIEW("3"), view_of_cstr(names[i]), VIEW("-")};
        struct buf text CLEANUP(buf_deinit) = BUF_MAX(100);
        struct locust_stdin s;
        struct error err = ERROR_NULL;
        int fd = pipe_with("x = 1\n");
        assert_int_equal(locust_stdin_take(&s, fd, args, 4, &err), 0);
        close(fd);
        assert_string_equal(args[3].ptr, s.path);
        assert_int_equal(file_read(s.path, &text, &err), 0);
        assert_true(view_eq(buf_view(&text), VIEW("x = 1\n")));
        char path[64];
        snprintf(path, sizeof path, "%s", s.path);
        locust_stdin_deinit(&s);
        assert_int_equal(access(path, F_OK), -1);
        locust_stdin_deinit(&s);
    }
}

static void other_dashes_stay(void **state) {
    (void)state;
    struct view args[] = {VIEW("-"), VIEW("-f"), VIEW("a.py"), VIEW("--name"), VIEW("-")};
    struct locust_stdin s;
    struct error err = ERROR_NULL;
    assert_int_equal(locust_stdin_take(&s, -1, args, 5, &err), 0);
    assert_string_equal(s.path, "");
    assert_true(view_eq(args[4], VIEW("-")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_dash_becomes_a_file), cmocka_unit_test(other_dashes_stay)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
