#include "target/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[] = "/tmp/scratch-test-XXXXXX";

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

static void put_file(const char *folder) {
    char path[SCRATCH_PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/todos.db", folder);
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    close(fd);
}

static void it_goes_with_its_files(void **state) {
    const char *roots[] = {"/nowhere", root};
    struct scratch s;
    char path[SCRATCH_PATH_MAX];
    (void)state;
    assert_int_equal(scratch_init(&s, roots, 2, NULL), 0);
    assert_true(strncmp(s.path, root, strlen(root)) == 0 && exists(s.path));
    put_file(s.path);
    memcpy(path, s.path, sizeof path);
    scratch_deinit(&s);
    assert_false(exists(path));
    scratch_deinit(&s);
}

static void leftovers_of_the_dead_go_with_the_next(void **state) {
    const char *roots[] = {root};
    struct scratch living, next;
    char dead[SCRATCH_PATH_MAX], foreign[SCRATCH_PATH_MAX];
    int fds[2];
    (void)state;
    assert_int_equal(scratch_init(&living, roots, 1, NULL), 0);
    assert_int_equal(pipe(fds), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct scratch own;
        if (scratch_init(&own, roots, 1, NULL) != 0 || write(fds[1], own.path, sizeof own.path) < 0)
            _exit(1);
        pause();
    }
    assert_int_equal(read(fds[0], dead, sizeof dead), sizeof dead);
    put_file(dead);
    snprintf(foreign, sizeof foreign, "%s/halftime-target-other", root); /* not one of ours: it has no lock */
    assert_int_equal(mkdir(foreign, 0700), 0);

    assert_int_equal(scratch_init(&next, roots, 1, NULL), 0);
    assert_true(exists(dead)); /* it lives */
    scratch_deinit(&next);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(exists(dead));
    assert_int_equal(scratch_init(&next, roots, 1, NULL), 0);
    assert_false(exists(dead));
    assert_true(exists(living.path) && exists(foreign));
    scratch_deinit(&next);
    scratch_deinit(&living);
    assert_int_equal(rmdir(foreign), 0);
}

static void no_place_is_told(void **state) {
    const char *roots[] = {"/nowhere", "/proc/1"};
    struct error err = ERROR_NULL;
    struct scratch s;
    (void)state;
    assert_true(scratch_init(&s, roots, 2, &err) < 0);
    assert_non_null(strstr(err.text, "--db"));
    scratch_deinit(&s);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_goes_with_its_files),
        cmocka_unit_test(leftovers_of_the_dead_go_with_the_next),
        cmocka_unit_test(no_place_is_told),
    };
    if (!mkdtemp(root))
        return 1;
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(root);
    return r;
}
