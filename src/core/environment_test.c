#include "core/environment.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char *find(char **all, const char *name, size_t *count) {
    const char *found = NULL;
    *count = 0;
    for (; *all; all++)
        if (strncmp(*all, name, strlen(name)) == 0 && (*all)[strlen(name)] == '=') {
            found = *all;
            ++*count;
        }
    return found;
}

static void one_entry_of_each_name(void **state) {
    char *ours[] = {(char[]){"KETTLE=on"}, (char[]){"KETTLES=9"}, (char[]){"TEA="}, NULL}, **before = environ;
    const char *const theirs[] = {"KETTLE=off", "CUP=small", "CUP=large", "TE=x"};
    size_t n;

    (void)state;
    environ = ours;
    char **won = environment_with(theirs, 4, true), **kept = environment_with(theirs, 4, false);
    environ = before;
    assert_string_equal(find(won, "KETTLE", &n), "KETTLE=off");
    assert_int_equal(n, 1);
    assert_string_equal(find(kept, "KETTLE", &n), "KETTLE=on");
    assert_int_equal(n, 1);
    for (int i = 0; i < 2; i++) {
        char **all = i ? won : kept;
        assert_string_equal(find(all, "CUP", &n), "CUP=large");
        assert_int_equal(n, 1);
        assert_string_equal(find(all, "KETTLES", &n), "KETTLES=9");
        assert_string_equal(find(all, "TEA", &n), "TEA=");
        assert_string_equal(find(all, "TE", &n), "TE=x");
        assert_null(all[5]);
    }
    free(won);
    free(kept);
}

static void nothing_to_add(void **state) {
    char *ours[] = {NULL}, **before = environ;

    (void)state;
    environ = ours;
    char **all = environment_with(NULL, 0, true);
    environ = before;
    assert_non_null(all);
    assert_null(all[0]);
    free(all);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(one_entry_of_each_name), cmocka_unit_test(nothing_to_add)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
