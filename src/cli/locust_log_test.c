#include "cli/locust_log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/locust_keys.h"
#include "core/file.h"

static void a_line_has_locusts_form(void **state) {
    (void)state;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1000);
    struct locust_log l;
    setenv("TZ", "UTC", 1);
    tzset();
    locust_log_init(&l);
    memcpy(l.host, "vm", 3);
    assert_int_equal(
        locust_log_format(&l, LOG_WARN, "locust.main", VIEW("it is so"), 1795252352508999999, &out), 0);
    assert_string_equal(out.ptr, "[2026-11-21 09:12:32,508] vm/WARNING/locust.main: it is so\n");
    locust_log_deinit(&l);
}

static void levels_and_files(void **state) {
    (void)state;
    char folder[] = "/tmp/locust_log_testXXXXXX", path[64];
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(10000);
    struct error err = ERROR_NULL;
    struct locust_log l;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/a/log", folder);
    locust_log_init(&l);
    assert_int_equal(locust_log_set(&l, "warning", path, &err), 0);
    locust_log_say(&l, LOG_INFO, "locust.main", "not this");
    locust_log_say(&l, LOG_ERROR, "locust.main", "but %s", "this");
    struct log_record r = {
        .level = LOG_WARN, .message = VIEW("and"), .fields = {{VIEW("a"), VIEW("b")}}, .field_count = 1};
    l.sink.write(&l.sink, &r);
    struct log_record printed = {.level = LOG_ERROR,
        .message = VIEW("twice"),
        .fields = {{VIEW("source"), VIEW("process")}},
        .field_count = 1};
    l.sink.write(&l.sink, &printed);
    locust_log_deinit(&l);
    assert_int_equal(file_read(path, &text, &err), 0);
    assert_null(strstr(text.ptr, "not this"));
    assert_non_null(strstr(text.ptr, "/ERROR/locust.main: but this\n"));
    assert_non_null(strstr(text.ptr, "/WARNING/halftime: and a=b\n"));
    assert_null(strstr(text.ptr, "twice"));
    locust_log_init(&l);
    assert_true(locust_log_set(&l, "INFO", folder, &err) < 0);
    assert_non_null(strstr(err.text, folder));
    locust_log_deinit(&l);
    unlink(path);
    snprintf(path, sizeof path, "%s/a", folder);
    rmdir(path);
    rmdir(folder);
}

static void keys(void **state) {
    (void)state;
    assert_int_equal(locust_keys_change('w'), 1);
    assert_int_equal(locust_keys_change('W'), 10);
    assert_int_equal(locust_keys_change('s'), -1);
    assert_int_equal(locust_keys_change('S'), -10);
    assert_int_equal(locust_keys_change('x'), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_line_has_locusts_form),
        cmocka_unit_test(levels_and_files), cmocka_unit_test(keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
