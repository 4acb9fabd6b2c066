#include "observe/sql_text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void masks(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"SELECT * FROM t WHERE a = 'x' AND b = 12", "SELECT * FROM t WHERE a = ? AND b = ?"},
        {"SELECT $1, t2.c3 FROM t2", "SELECT $1, t2.c3 FROM t2"},
        {"INSERT INTO t VALUES (1,-2.5e+3,.5, 'it''s', E'a\\'b', $$x'y$$, $q$ $$ $q$, X'1F')",
            "INSERT INTO t VALUES (?,-?,?, ?, ?, ?, ?, ?)"},
        {"UPDATE \"my 1 table\" SET \"a\"\"b\" = 5", "UPDATE \"my 1 table\" SET \"a\"\"b\" = ?"},
        {"SELECT\n\t 1  ", "SELECT ? "},
        {"SELECT 'never ends", "SELECT ?"},
        {"SELECT $$never ends", "SELECT ?"},
        {"a1 = 1a", "a1 = ?"},
        {"na\xc3\xafve2 = 2", "na\xc3\xafve2 = ?"},
        {"''", "?"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char out[256];
        assert_string_equal(sql_text_mask(view_of_cstr(cases[i][0]), out, sizeof out), cases[i][1]);
    }
    char small[8];
    assert_string_equal(sql_text_mask(VIEW("SELECT 'x' FROM t"), small, sizeof small), "SELECT ");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(masks)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
