#include "target/todo_store.h"
#include "core/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char dir[64], path[96];

static int setup(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/halftime-store-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/t.db", dir);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static int on_count(void *ctx, const struct todo *t) {
    assert_true(t->id > 0 && t->title.len > 0);
    ++*(int64_t *)ctx;
    return 0;
}

static int on_stop(void *ctx, const struct todo *t) {
    (void)ctx;
    (void)t;
    return -7;
}

static int64_t count_all(void) {
    struct todo_filter all = {.completed = -1, .limit = 1000 * 1000};
    struct todo_store *s;
    int64_t n = 0;
    assert_int_equal(todo_store_new(&s, path, NULL), 0);
    assert_int_equal(todo_store_list(s, &all, on_count, &n), TODO_STORE_OK);
    todo_store_free(s);
    return n;
}

static void test_seeds_an_empty_table_only(void **state) {
    (void)state;
    assert_int_equal(todo_store_create(path, 500, NULL), 0);
    assert_int_equal(count_all(), 500);
    assert_int_equal(todo_store_create(path, 500, NULL), 0);
    assert_int_equal(count_all(), 500);
}

static void insert_many(int count) {
    struct todo_store *s;
    struct todo t = {.title = VIEW("a"), .description = VIEW("")};
    int64_t n = 0;
    if (todo_store_new(&s, path, NULL))
        _exit(2);
    for (int i = 0; i < count; i++)
        if (todo_store_insert(s, &t, on_count, &n))
            _exit(3);
    todo_store_free(s);
    _exit(n == count ? 0 : 4);
}

static void test_processes_write_side_by_side(void **state) {
    enum { WRITERS = 3, EACH = 200 };
    pid_t pids[WRITERS];
    (void)state;
    assert_int_equal(todo_store_create(path, 0, NULL), 0);
    for (int i = 0; i < WRITERS; i++) {
        pids[i] = fork();
        if (pids[i] == 0)
            insert_many(EACH);
    }
    for (int i = 0; i < WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count_all(), WRITERS * EACH);
}

static void test_callbacks_error_comes_back(void **state) {
    struct todo_store *s;
    (void)state;
    assert_int_equal(todo_store_create(path, 1, NULL), 0);
    assert_int_equal(todo_store_new(&s, path, NULL), 0);
    assert_int_equal(todo_store_get(s, 1, on_stop, NULL), -7);
    assert_int_equal(todo_store_get(s, 2, on_stop, NULL), TODO_STORE_NOT_FOUND);
    todo_store_free(s);
}

static void test_no_such_directory(void **state) {
    struct error err = ERROR_NULL;
    (void)state;
    assert_true(todo_store_create("/no/such/dir/t.db", 0, &err) < 0);
    assert_non_null(strstr(err.text, "/no/such/dir/t.db"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_seeds_an_empty_table_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_processes_write_side_by_side, setup, teardown),
        cmocka_unit_test_setup_teardown(test_callbacks_error_comes_back, setup, teardown),
        cmocka_unit_test(test_no_such_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
