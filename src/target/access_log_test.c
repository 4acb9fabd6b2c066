#include "target/access_log.h"

#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct access_log_pending pending;
static struct served served;

static struct access_log_entry entry(int status) {
    return (struct access_log_entry){
        .wall_ns = 1767322984567000000,
        .correlation_id = "id-1",
        .method = METHOD_GET,
        .path = VIEW("/nix \"\x01\xff\xc3\xbc"),
        .status = status,
        .duration_ns = 1234567,
        .queue_ns = 1000,
        .bytes = 42,
        .client = "127.0.0.1:9",
    };
}

static void start(struct access_log *l, int fd) {
    pending.len = 0;
    served.log_dropped = 0;
    access_log_init(l, fd, &pending, &served);
}

static void test_a_line_is_json(void **state) {
    char path[] = "/tmp/halftime-log-test-XXXXXX", line[1024];
    struct access_log l;
    (void)state;
    close(mkstemp(path));
    int fd = access_log_open(path);
    start(&l, fd);
    struct access_log_entry e = entry(503);
    e.aborted = true;
    access_log_write(&l, &e);
    assert_true(pending.len > 0); /* not written yet */
    access_log_flush(&l);
    assert_int_equal(pending.len, 0);
    access_log_deinit(&l);
    close(fd);
    FILE *f = fopen(path, "r");
    assert_non_null(fgets(line, sizeof line, f));
    assert_null(fgets(line + 512, 512, f));
    fclose(f);
    unlink(path);
    json_t *doc = json_loads(line, 0, NULL);
    assert_non_null(doc);
    assert_string_equal(json_string_value(json_object_get(doc, "ts")), "2026-01-02T03:03:04.567Z");
    assert_string_equal(json_string_value(json_object_get(doc, "level")), "error");
    assert_string_equal(json_string_value(json_object_get(doc, "correlation_id")), "id-1");
    assert_string_equal(json_string_value(json_object_get(doc, "path")), "/nix \"\x01\xef\xbf\xbd\xc3\xbc");
    assert_int_equal(json_integer_value(json_object_get(doc, "status")), 503);
    assert_true(json_real_value(json_object_get(doc, "duration_ms")) == 1.235);
    assert_true(json_is_true(json_object_get(doc, "aborted")));
    json_decref(doc);
}

static void test_a_long_path_is_cut_below_pipe_buf(void **state) {
    static char path[8192];
    struct access_log l;
    (void)state;
    memset(path, '\1', sizeof path);
    start(&l, 1 << 20); /* a descriptor that is never written to here */
    struct access_log_entry e = entry(200);
    e.path = view_of(path, sizeof path);
    access_log_write(&l, &e);
    assert_true(pending.len > ACCESS_LOG_PATH_MAX && pending.len < PIPE_BUF);
    assert_int_equal(pending.bytes[pending.len - 1], '\n');
    access_log_deinit(&l);
}

static void test_a_pipe_gets_whole_lines(void **state) {
    enum { LINES = 40 };
    struct access_log l;
    char *chunk = malloc(PIPE_BUF * 16);
    int fds[2], lines = 0;
    (void)state;
    assert_int_equal(pipe2(fds, O_NONBLOCK | O_DIRECT), 0); /* packets: a read returns what one write wrote */
    start(&l, fds[1]);
    for (int i = 0; i < LINES; i++) {
        struct access_log_entry e = entry(200);
        access_log_write(&l, &e);
    }
    access_log_flush(&l);
    for (ssize_t n; (n = read(fds[0], chunk, PIPE_BUF * 16)) > 0;) {
        assert_true(n <= PIPE_BUF);
        assert_int_equal(chunk[0], '{');
        assert_int_equal(chunk[n - 1], '\n');
        for (ssize_t i = 0; i < n; i++)
            lines += chunk[i] == '\n';
    }
    assert_int_equal(lines, LINES);
    access_log_deinit(&l);
    close(fds[0]);
    close(fds[1]);
    free(chunk);
}

static void test_a_full_disk_is_counted(void **state) {
    struct access_log l;
    int fd = open("/dev/full", O_WRONLY);
    (void)state;
    start(&l, fd);
    for (int i = 0; i < 3; i++) {
        struct access_log_entry e = entry(200);
        access_log_write(&l, &e);
    }
    access_log_flush(&l);
    assert_int_equal(served.log_dropped, 3);
    assert_int_equal(pending.len, 0);
    access_log_deinit(&l);
    close(fd);
}

static void test_no_log(void **state) {
    struct access_log l;
    struct access_log_entry e = entry(200);
    (void)state;
    start(&l, -1);
    access_log_write(&l, &e);
    access_log_flush(&l);
    assert_int_equal(pending.len, 0);
    access_log_deinit(&l);
    access_log_deinit(&l);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_is_json),
        cmocka_unit_test(test_a_long_path_is_cut_below_pipe_buf),
        cmocka_unit_test(test_a_pipe_gets_whole_lines),
        cmocka_unit_test(test_a_full_disk_is_counted),
        cmocka_unit_test(test_no_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
