#include "core/file.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[64], path[128];

static int set_up(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/file_test.XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    snprintf(path, sizeof path, "%s/f", dir);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    unlink(path);
    return rmdir(dir); /* fails if anything was left behind */
}

static void test_write_read_replace(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(200000);
    struct error e = ERROR_NULL;
    struct stat st;
    static char big[150000];
    (void)state;
    assert_false(file_exists(path));
    assert_int_equal(file_read(path, &b, &e), -ENOENT);
    assert_non_null(strstr(e.text, path));
    assert_non_null(strstr(e.text, "No such file"));
    assert_int_equal(file_write(path, VIEW("first, longer"), &e), 0);
    assert_int_equal(file_write(path, VIEW("second"), &e), 0);
    assert_int_equal(buf_append(&b, ">", 1), 0);
    assert_int_equal(file_read(path, &b, &e), 0);
    assert_string_equal(b.ptr, ">second");
    assert_int_equal(chmod(path, 0600), 0);
    memset(big, 'x', sizeof big);
    assert_int_equal(file_replace(path, view_of(big, sizeof big), &e), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    buf_clear(&b);
    assert_int_equal(file_read(path, &b, NULL), 0);
    assert_int_equal(b.len, sizeof big);
    unlink(path);
}

static void test_cap(void **state) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(6);
    struct error e = ERROR_NULL;
    (void)state;
    assert_int_equal(file_write(path, VIEW("123456"), NULL), 0);
    assert_int_equal(file_read(path, &b, &e), 0);
    buf_clear(&b);
    assert_int_equal(file_write(path, VIEW("1234567"), NULL), 0);
    assert_int_equal(file_read(path, &b, &e), ERROR_LIMIT);
    assert_int_equal(b.len, 0);
    assert_non_null(strstr(e.text, "6 bytes"));
    assert_int_equal(file_read("/proc/self/status", &b, NULL), ERROR_LIMIT); /* says that its size is 0 */
    unlink(path);
}

static void test_dirs(void **state) {
    char deep[200];
    struct error e = ERROR_NULL;
    (void)state;
    snprintf(deep, sizeof deep, "%s/a//b/c/", dir);
    assert_int_equal(file_make_dirs(deep, &e), 0);
    assert_int_equal(file_make_dirs(deep, &e), 0);
    assert_true(file_exists(deep));
    assert_int_equal(file_write(path, VIEW(""), &e), 0);
    snprintf(deep, sizeof deep, "%s/f/x", dir);
    assert_int_equal(file_make_dirs(deep, &e), -ENOTDIR);
    assert_int_equal(file_replace(deep, VIEW("x"), &e), -ENOTDIR);
    static const char *const parts[] = {"a/b/c", "a/b", "a"};
    for (size_t i = 0; i < 3; i++) {
        snprintf(deep, sizeof deep, "%s/%s", dir, parts[i]);
        assert_int_equal(rmdir(deep), 0);
    }
}

static void test_temporary(void **state) {
    char made[128], tight[32];
    struct stat st;
    struct error e = ERROR_NULL;
    const char *before = getenv("TMPDIR");
    char *kept = before ? strdup(before) : NULL;
    (void)state;
    unsetenv("TMPDIR");
    assert_string_equal(file_temporary_root(), "/tmp");
    setenv("TMPDIR", "", 1);
    assert_string_equal(file_temporary_root(), "/tmp");
    setenv("TMPDIR", dir, 1);
    assert_string_equal(file_temporary_root(), dir);

    assert_int_equal(file_make_temporary_dir(made, sizeof made, "folder", &e), 0);
    assert_memory_equal(made, dir, strlen(dir));
    assert_non_null(strstr(made, "/folder-"));
    assert_int_equal(stat(made, &st), 0);
    assert_int_equal(st.st_mode & (S_IFMT | 0777), S_IFDIR | 0700);
    assert_int_equal(rmdir(made), 0);

    assert_int_equal(file_make_temporary(made, sizeof made, "file", &e), 0);
    assert_int_equal(stat(made, &st), 0);
    assert_int_equal(st.st_mode & (S_IFMT | 0777), S_IFREG | 0600);
    assert_int_equal(st.st_size, 0);
    assert_int_equal(unlink(made), 0);

    assert_int_equal(file_make_temporary_dir(tight, strlen(dir) + 5, "longer", &e), -ENAMETOOLONG);
    assert_string_equal(tight, "");
    setenv("TMPDIR", "/nowhere", 1);
    assert_int_equal(file_make_temporary(made, sizeof made, "file", &e), -ENOENT);
    assert_non_null(strstr(e.text, "/nowhere"));
    assert_string_equal(made, "");
    if (kept)
        setenv("TMPDIR", kept, 1);
    else
        unsetenv("TMPDIR");
    free(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_write_read_replace), cmocka_unit_test(test_cap),
                                       cmocka_unit_test(test_dirs), cmocka_unit_test(test_temporary)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
