#include "fleet/file_tree.h"

#include "core/file.h"
#include "core/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *folder, const char *name, const char *text) {
    char path[512];
    struct error err = ERROR_NULL;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *slash = strrchr(path, '/');
    *slash = 0;
    assert_int_equal(file_make_dirs(path, &err), 0);
    *slash = '/';
    assert_int_equal(file_write(path, view_of_cstr(text), &err), 0);
}

static bool holds(const char *folder, const char *name, const char *text) {
    struct buf b CLEANUP(buf_deinit) = BUF_MAX(4096);
    char path[FILE_TREE_PATH_MAX * 2];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return file_exists(path) && file_read(path, &b, NULL) == 0 && view_eq(buf_view(&b), view_of_cstr(text));
}

static void a_folder_arrives_as_it_was(void **state) {
    char folder[] = "/tmp/halftime-tree-XXXXXX", other[FILE_TREE_PATH_MAX];
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct error err = ERROR_NULL;
    struct stat st;

    (void)state;
    assert_non_null(mkdtemp(folder));
    put(folder, "locustfile.py", "import shop.cart\n");
    put(folder, "shop/cart.py", "x = 1\n");
    put(folder, "data/users.csv", "a,b\n");
    put(folder, ".git/config", "secret");
    put(folder, "__pycache__/x.pyc", "old");
    put(folder, "venv/pyvenv.cfg", "");
    put(folder, "venv/lib/big.py", "big");
    assert_int_equal(file_tree_pack(folder, &packed, &err), 0);
    assert_int_equal(file_tree_unpack_temporary(buf_view(&packed), other, sizeof other, &err), 0);
    assert_true(holds(other, "locustfile.py", "import shop.cart\n") &&
                holds(other, "shop/cart.py", "x = 1\n") && holds(other, "data/users.csv", "a,b\n"));
    assert_false(holds(other, ".git/config", "secret") || holds(other, "__pycache__/x.pyc", "old") ||
                 holds(other, "venv/lib/big.py", "big"));
    assert_int_equal(stat(other, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    file_tree_remove(folder);
    file_tree_remove(other);
    assert_false(file_exists(other));
}

static void paths_that_lead_out_are_refused(void **state) {
    static const char *const bad[] = {"../x", "/etc/x", "a/../../x", "a//b", "", ".", "a/./b", "a/..", "a/"};

    (void)state;
    assert_true(file_tree_path_ok(VIEW("a/b.c")) && file_tree_path_ok(VIEW("..a/b..")));
    assert_false(file_tree_path_ok(VIEW("a\0b")));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf packed CLEANUP(buf_deinit) = BUF_MAX(4096);
        struct pack_writer w = pack_writer_of(&packed);
        struct error err = ERROR_NULL;
        char folder[FILE_TREE_PATH_MAX];
        assert_false(file_tree_path_ok(view_of_cstr(bad[i])));
        pack_u64(&w, 1);
        pack_u64(&w, 1);
        pack_view(&w, view_of_cstr(bad[i]));
        pack_u64(&w, 0600);
        pack_view(&w, VIEW("x"));
        assert_int_equal(
            file_tree_unpack_temporary(buf_view(&packed), folder, sizeof folder, &err), ERROR_INVALID);
        assert_non_null(strstr(err.text, "lead out of its folder"));
        assert_string_equal(folder, "");
    }
}

static void a_torn_archive_leaves_nothing(void **state) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct pack_writer w = pack_writer_of(&packed);
    char folder[FILE_TREE_PATH_MAX];

    (void)state;
    pack_u64(&w, 1);
    pack_u64(&w, 2);
    for (int i = 0; i < 2; i++) {
        pack_view(&w, i ? VIEW("b") : VIEW("a"));
        pack_u64(&w, 0600);
        pack_view(&w, VIEW("text"));
    }
    for (size_t cut = 0; cut < packed.len; cut++) {
        struct error err = ERROR_NULL;
        assert_true(file_tree_unpack_temporary(view_of(packed.ptr, cut), folder, sizeof folder, &err) < 0);
        assert_string_equal(folder, "");
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_folder_arrives_as_it_was),
        cmocka_unit_test(paths_that_lead_out_are_refused),
        cmocka_unit_test(a_torn_archive_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
