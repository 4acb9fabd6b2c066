#include "cli/flags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct flag first[] = {
    {"vus", 'u', FLAG_INT, "int", "1", NULL, "T_VUS", "vus", "number of virtual users"},
    {"duration", 'd', FLAG_DURATION, "duration", NULL, NULL, NULL, "duration", "how long"},
    {"throw", 'w', FLAG_BOOL, "", NULL, "true", "T_THROW", "throw", "throw"},
    {"http-debug", 0, FLAG_TEXT, "string", NULL, "headers", NULL, NULL, "log requests"},
    {0},
};
static const struct flag second[] = {
    {"quiet", 'q', FLAG_BOOL, "", NULL, "true", NULL, NULL, "quiet"},
    {"env", 'e', FLAG_TEXT, "VAR=value", NULL, NULL, NULL, NULL, "variable"},
    {0},
};
static const struct flag *const tables[] = {first, second, NULL};

static int parse(const char *line, struct flag_result *r, struct error *err, char *copy, size_t size) {
    char *argv[32] = {"x"};
    int argc = 1;

    snprintf(copy, size, "%s", line);
    for (char *p = copy; *p && argc < 32;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p)
            *p++ = 0;
    }
    return flags_parse(tables, argc, argv, r, err);
}

static void test_parse(void **state) {
    static const struct {
        const char *line, *want; /* "name=value name=value | args", or "! error" */
    } cases[] = {
        {"--vus 5 a.js", "vus=5 | a.js"},
        {"--vus=5 -u6 -u 7 -u=8", "vus=5 vus=6 vus=7 vus=8 |"},
        {"a.js -qw b", "quiet=true throw=true | a.js b"},
        {"-wu 3", "throw=true vus=3 |"},
        {"--throw=false --throw", "throw=false throw=true |"},
        {"--http-debug x --http-debug=full", "http-debug=headers http-debug=full | x"},
        {"-e A=1 -e B", "env=A=1 env=B |"},
        {"-- --vus -", " | --vus -"},
        {"-", " | -"},
        {"--nope", "! unknown flag: --nope"},
        {"-x", "! unknown shorthand flag: 'x' in -x"},
        {"-qx", "! unknown shorthand flag: 'x' in -qx"},
        {"--vus", "! flag needs an argument: --vus"},
        {"-u", "! flag needs an argument: 'u' in -u"},
        {"--=3", "! bad flag syntax: --=3"},
        {"-u abc", "! invalid argument \"abc\" for \"-u, --vus\" flag: strconv.ParseInt: parsing \"abc\": invalid syntax"},
        {"-d abc", "! invalid argument \"abc\" for \"-d, --duration\" flag: time: invalid duration \"abc\""},
        {"-d 1000", "! invalid argument \"1000\" for \"-d, --duration\" flag: time: missing unit in duration \"1000\""},
        {"--throw=maybe", "! invalid argument \"maybe\" for \"-w, --throw\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct flag_result r;
        struct error err = ERROR_NULL;
        char copy[256], got[512] = "";
        size_t n = 0;

        if (parse(cases[i].line, &r, &err, copy, sizeof copy)) {
            n = (size_t)snprintf(got, sizeof got, "! %s", err.text);
        } else {
            for (size_t k = 0; k < r.count; k++)
                n += (size_t)snprintf(got + n, sizeof got - n, "%s%s=%s", k ? " " : "", r.items[k].flag->name, r.items[k].value);
            n += (size_t)snprintf(got + n, sizeof got - n, " |");
            for (size_t k = 0; k < r.arg_count; k++)
                n += (size_t)snprintf(got + n, sizeof got - n, " %s", r.args[k]);
        }
        assert_string_equal(got, cases[i].want);
        flags_deinit(&r);
    }
}

static const char *fake_env(const char *name) {
    return !strcmp(name, "T_VUS") ? "9" : !strcmp(name, "T_THROW") ? "perhaps" : NULL;
}

static void test_get(void **state) {
    struct flag_result r;
    struct error err = ERROR_NULL;
    char copy[256];
    bool yes;
    (void)state;

    assert_int_equal(parse("-u 1 -u 2", &r, &err, copy, sizeof copy), 0);
    assert_string_equal(flags_get(&r, tables, "vus", fake_env), "2");
    assert_null(flags_get(&r, tables, "duration", fake_env));
    assert_int_equal(flags_get_bool(&r, tables, "quiet", fake_env, true, &yes, &err), 0);
    assert_true(yes);
    assert_int_equal(flags_get_bool(&r, tables, "throw", fake_env, false, &yes, &err), ERROR_INVALID);
    flags_deinit(&r);
    assert_int_equal(parse("", &r, &err, copy, sizeof copy), 0);
    assert_string_equal(flags_get(&r, tables, "vus", fake_env), "9");
    assert_null(flags_get(&r, tables, "vus", NULL));
    flags_deinit(&r);
    assert_int_equal(parse("--vus 3 --help --nope", &r, &err, copy, sizeof copy), 0);
    assert_true(r.help);
    flags_deinit(&r);
}

static void test_help(void **state) {
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    (void)state;

    flags_print((const struct flag *const[]){first, NULL}, f);
    fclose(f);
    assert_string_equal(text, "  -u, --vus int                         number of virtual users (default 1)\n"
                              "  -d, --duration duration               how long\n"
                              "  -w, --throw                           throw\n"
                              "      --http-debug string[=\"headers\"]   log requests\n");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_get),
        cmocka_unit_test(test_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
