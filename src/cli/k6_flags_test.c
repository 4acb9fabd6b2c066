#include "cli/k6_flags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct flag *const tables[] = {k6_option_flags, k6_runtime_flags, k6_output_flags, k6_engine_flags, k6_halftime_flags, k6_global_flags, NULL};

static int settings(char **argv, int argc, struct k6_settings *s, struct flag_result *r, bool *config, struct error *err) {
    int rc = flags_parse(tables, argc, argv, r, err);

    k6_settings_early(s, r, tables);
    return rc ? rc : k6_settings_init(s, r, tables, false, config, err);
}

static void test_options_become_a_layer(void **state) {
    char *argv[] = {"run", "-u", "5", "-d10s", "--tag", "a=b", "--tag", "c=d", "-s", "1s:2", "-s", "3s:4", "--throw", "--block-hostnames", "a,b", "x.js"};
    struct k6_settings s;
    struct flag_result r;
    struct error err = ERROR_NULL;
    bool config;
    (void)state;

    assert_int_equal(settings(argv, 16, &s, &r, &config, &err), 0);
    char *text = json_dumps(s.cli, JSON_COMPACT);
    assert_string_equal(text, "{\"vus\":5,\"duration\":\"10s\",\"tags\":{\"a\":\"b\",\"c\":\"d\"},\"stages\":[{\"duration\":\"1s\",\"target\":2},"
                              "{\"duration\":\"3s\",\"target\":4}],\"throw\":true,\"blockHostnames\":[\"a\",\"b\"]}");
    assert_string_equal(r.args[0], "x.js");
    free(text);
    k6_settings_deinit(&s);
    flags_deinit(&r);
}

static void test_env_sets_only_the_scripts_variables(void **state) {
    char *argv[] = {"run", "-e", "K6_VUS=7", "-e", "A=1=2", "-e", "A=3", "-e", "B", "x.js"};
    struct k6_settings s;
    struct flag_result r;
    struct error err = ERROR_NULL;
    bool config;
    (void)state;

    assert_int_equal(settings(argv, 10, &s, &r, &config, &err), 0);
    assert_int_equal(json_object_size(s.cli), 0);
    assert_int_equal(s.env_count, 3);
    assert_true(view_eq(s.env[0].key, VIEW("K6_VUS")) && view_eq(s.env[0].value, VIEW("7")));
    assert_true(view_eq(s.env[1].value, VIEW("3")));
    assert_int_equal(s.env[2].value.len, 0);
    k6_settings_deinit(&s);
    flags_deinit(&r);
}

static void test_system_environment(void **state) {
    char *argv[] = {"run", "--include-system-env-vars", "-e", "HT_TEST_A=flag", "x.js"};
    struct k6_settings s;
    struct flag_result r;
    struct error err = ERROR_NULL;
    bool config, found_a = false, found_b = false;
    (void)state;

    setenv("HT_TEST_A", "system", 1);
    setenv("HT_TEST_B", "system", 1);
    setenv("K6_VUS", "9", 1);
    setenv("K6_OUT", "json=a, csv=b", 1);
    assert_int_equal(settings(argv, 5, &s, &r, &config, &err), 0);
    for (size_t i = 0; i < s.env_count; i++) {
        found_a = found_a || (view_eq(s.env[i].key, VIEW("HT_TEST_A")) && view_eq(s.env[i].value, VIEW("flag")));
        found_b = found_b || view_eq(s.env[i].key, VIEW("HT_TEST_B"));
    }
    assert_true(found_a && found_b);
    assert_int_equal(json_integer_value(json_object_get(s.env_layer, "vus")), 9);
    assert_int_equal(s.output_count, 2);
    assert_string_equal(s.outputs[1], "csv=b");
    k6_settings_deinit(&s);
    flags_deinit(&r);
    unsetenv("K6_VUS");
    unsetenv("K6_OUT");
}

static void test_errors(void **state) {
    static const struct {
        const char *flag, *value, *want;
    } cases[] = {
        {"-e", "1=2", "invalid environment variable name '1'"},
        {"--summary-mode", "nope", "invalid summary mode"},
        {"--compatibility-mode", "nope", "invalid compatibility mode \"nope\". Use: \"extended\", \"base\", \"experimental_enhanced\""},
        {"--tag", "abc", "error parsing tag 'abc': invalid tag, empty value"},
        {"--stage", "abc", "error for stage 0: time: invalid duration \"abc\""},
        {"--workers", "5000", "--workers must be a number from 0 to 1024, not 5000"},
        {"--type", "zip", "unknown --type \"zip\""},
        {"--local-ips", "foo", "foo is not a valid IP, IP range or CIDR"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *argv[] = {"run", (char *)(uintptr_t)cases[i].flag, (char *)(uintptr_t)cases[i].value, "x.js"};
        struct k6_settings s;
        struct flag_result r;
        struct error err = ERROR_NULL;
        bool config;

        assert_true(settings(argv, 4, &s, &r, &config, &err) < 0);
        assert_non_null(strstr(err.text, cases[i].want));
        assert_false(config);
        k6_settings_deinit(&s);
        flags_deinit(&r);
    }
}

static void test_bad_variable_is_a_configuration_error(void **state) {
    char *argv[] = {"run", "x.js"};
    struct k6_settings s;
    struct flag_result r;
    struct error err = ERROR_NULL;
    bool config;
    (void)state;

    setenv("K6_DURATION", "abc", 1);
    assert_true(settings(argv, 2, &s, &r, &config, &err) < 0);
    assert_true(config);
    assert_non_null(strstr(err.text, "envconfig.Process: assigning K6_DURATION to Duration"));
    unsetenv("K6_DURATION");
    k6_settings_deinit(&s);
    flags_deinit(&r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_options_become_a_layer),
        cmocka_unit_test(test_env_sets_only_the_scripts_variables),
        cmocka_unit_test(test_system_environment),
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_bad_variable_is_a_configuration_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
