#include "target/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { ARGS_MAX = 12, SAID_MAX = 1024 };

static int parse(struct target_options *o, const char *const *args, char said[SAID_MAX]) {
    char *argv[ARGS_MAX + 1];
    int argc = 0;
    for (; args[argc]; argc++)
        argv[argc] = (char *)(uintptr_t)args[argc];
    argv[argc] = NULL;
    FILE *err = fmemopen(said, SAID_MAX, "w");
    assert_non_null(err);
    int rc = target_options_parse(o, argc, argv, err);
    fclose(err);
    return rc;
}

static void test_defaults(void **state) {
    struct target_options o;
    char said[SAID_MAX] = "";
    (void)state;
    assert_int_equal(parse(&o, (const char *[]){"target", NULL}, said), 0);
    assert_int_equal(o.listen_count, 1);
    assert_string_equal(o.listen[0], "127.0.0.1:6400");
    assert_null(o.log);
    assert_null(o.db);
    assert_false(o.strict);
    assert_int_equal(o.processes, 0);
}

static void test_everything(void **state) {
    struct target_options o;
    char said[SAID_MAX] = "";
    (void)state;
    assert_int_equal(
        parse(&o,
            (const char *[]){"target", "--listen", "127.0.0.1:0", "--listen=[::1]:7", "--strict", "--log",
                "-", "--db=x.db", "--fault=cpu-ms=9", "--seed-todos", "12", "--stats", NULL},
            said),
        0);
    assert_int_equal(o.listen_count, 2);
    assert_string_equal(o.listen[1], "[::1]:7");
    assert_true(o.strict && o.stats);
    assert_string_equal(o.log, "-");
    assert_string_equal(o.db, "x.db");
    assert_int_equal(fault_value(&o.faults, FAULT_CPU_MS), 9000);
    assert_int_equal(o.seed_todos, 12);
    assert_int_equal(parse(&o, (const char *[]){"target", "--log", "none", "--processes=3", NULL}, said), 0);
    assert_null(o.log);
    assert_int_equal(o.processes, 3);
}

static void test_wrong_usage(void **state) {
    static const struct {
        const char *args[ARGS_MAX];
        const char *says;
    } cases[] = {
        {{"target", "--fault", "wrkers=1", NULL}, "did you mean workers?"},
        {{"target", "--lissten", "x", NULL}, "--lissten"},
        {{"target", "--listen", NULL}, "--listen\" needs a value"},
        {{"target", "6400", NULL}, "6400"},
        {{"target", "--seed", "12", NULL}, "--seed: \"12\" is not a whole number of rows"},
        {{"target", "--otlp", "http://x", "--otlp-file", "y", NULL}, "leave one out"},
        {{"target", "--llm-tokens", "-1", NULL}, "from 0 to"},
        {{"target", "--fault", "stall-every=1:2000", NULL}, "pause in milliseconds that is shorter"},
        {{"target", "--processes", "0", NULL}, "from 1 to 256"},
        {{"target", "--processes", "two", NULL}, "\"two\" is not a whole number"},
        {{"target", "--fault", "workers=1", "--fault", "lock", NULL}, "contradict"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct target_options o;
        char said[SAID_MAX] = "";
        assert_int_equal(parse(&o, cases[i].args, said), ERROR_SYNTAX);
        if (!strstr(said, cases[i].says) || !strstr(said, "--help"))
            fail_msg("\"%s\" does not say \"%s\"", said, cases[i].says);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything),
        cmocka_unit_test(test_wrong_usage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
