#include "target/shop_seed.h"
#include "core/buf.h"
#include "target/database.h"
#include "target/shop_names.h"
#include "target/todo_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static char dir[64], path[96];

static int setup(void **state) {
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/halftime-seed-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/t.db", dir);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    unlink(path);
    return rmdir(dir);
}

static int create(const char *text, struct error *err) {
    struct shop_seed s = {.number = 1};
    if (text)
        assert_int_equal(shop_seed_parse(&s, view_of_cstr(text), NULL), 0);
    int rc = todo_store_create(path, 0, err);
    return rc ? rc : shop_seed_create(path, &s, err);
}

/* The first column of the only row. */
static void ask(const char *sql, char out[256]) {
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(database_open(&db, path, NULL), 0);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    snprintf(out, 256, "%s", (const char *)sqlite3_column_text(st, 0));
    sqlite3_finalize(st);
    sqlite3_close(db);
}

static void assert_answer(const char *sql, const char *answer) {
    char out[256];
    ask(sql, out);
    assert_string_equal(out, answer);
}

static void test_parse(void **state) {
    static const struct {
        const char *text;
        int64_t rows;
        uint64_t number;
        const char *says; /* NULL = fine */
    } cases[] = {
        {"100", 100, 1, NULL},
        {"1000000:42", 1000000, 42, NULL},
        {"5000:0", 5000, 0, NULL},
        {"99", 0, 0, "from 100 to 1000000"},
        {"1000001", 0, 0, "from 100 to 1000000"},
        {"1e5", 0, 0, "\"1e5\" is not a whole number"},
        {"-100", 0, 0, "whole number"},
        {"", 0, 0, "whole number"},
        {"100:", 0, 0, "seed number"},
        {"100:x", 0, 0, "\"x\" is not a seed number"},
        {"100:-1", 0, 0, "100000:42"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct shop_seed s;
        struct error err = ERROR_NULL;
        int rc = shop_seed_parse(&s, view_of_cstr(cases[i].text), &err);
        assert_int_equal(rc, cases[i].says ? ERROR_INVALID : 0);
        if (cases[i].says && !strstr(err.text, cases[i].says))
            fail_msg("\"%s\" does not say \"%s\"", err.text, cases[i].says);
        if (!cases[i].says) {
            assert_int_equal(s.rows, cases[i].rows);
            assert_int_equal(s.number, cases[i].number);
        }
    }
}

static void test_rows_are_divided(void **state) {
    (void)state;
    assert_int_equal(create("1230:5", NULL), 0);
    assert_answer("SELECT count(*) FROM products", "738");
    assert_answer("SELECT count(*) FROM users", "246");
    assert_answer("SELECT count(*) FROM todos", "246");
    assert_answer("SELECT count(DISTINCT locale) FROM products", "6");
    assert_answer("SELECT email FROM users WHERE id = 246", "user246@shop.example");
    assert_answer(
        "SELECT count(*) FROM products WHERE name = '' OR price < 1 OR category NOT BETWEEN 0 AND 11", "0");
}

static void test_the_same_number_makes_the_same_shop(void **state) {
    static const char all[] =
        "SELECT group_concat(name || price || stock) FROM (SELECT * FROM products LIMIT 5)";
    char first[256], second[256], other[256];
    (void)state;
    assert_int_equal(create("1000:5", NULL), 0);
    ask(all, first);
    unlink(path);
    assert_int_equal(create("2000:5", NULL), 0); /* more of them, the same beginning */
    ask(all, second);
    unlink(path);
    assert_int_equal(create("1000:6", NULL), 0);
    ask(all, other);
    assert_string_equal(first, second);
    assert_string_not_equal(first, other);
}

static void test_a_file_is_kept(void **state) {
    struct error err = ERROR_NULL;
    (void)state;
    assert_int_equal(create(NULL, NULL), 0);
    assert_answer("SELECT count(*) FROM todos", "0");
    assert_answer("SELECT count(*) FROM products", "600");
    assert_int_equal(create(NULL, NULL), 0);
    assert_answer("SELECT count(*) FROM products", "600");
    unlink(path);
    assert_int_equal(create("500:9", NULL), 0);
    assert_int_equal(create("500:9", NULL), 0);
    assert_int_equal(create(NULL, NULL), 0);
    assert_answer("SELECT count(*) FROM products", "300");
    assert_int_equal(create("500:8", &err), ERROR_INVALID);
    assert_non_null(strstr(err.text, "--seed 500:9; leave --seed out"));
}

static void test_names_are_complete(void **state) {
    (void)state;
    for (size_t i = 0; i < SHOP_LOCALES; i++) {
        const char *const *words = shop_locales[i].nouns;
        size_t count = (sizeof shop_locales[i] - offsetof(struct shop_locale, nouns)) / sizeof *words;
        for (size_t k = 0; k < count; k++)
            assert_true(words[k] && words[k][0]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test_setup_teardown(test_rows_are_divided, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_same_number_makes_the_same_shop, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_is_kept, setup, teardown),
        cmocka_unit_test(test_names_are_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
