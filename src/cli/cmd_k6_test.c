/* The k6 personality from the outside, as far as no script has to run: exit codes and texts. What runs scripts is tested in tests/. */
#include "cli/k6_command.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct output {
    int code;
    char out[64 * 1024], err[64 * 1024];
};

static int redirect(int fd, char *path) {
    int saved = dup(fd), file = mkstemp(path);

    assert_true(saved >= 0 && file >= 0);
    dup2(file, fd);
    close(file);
    return saved;
}

static void restore(int fd, int saved, const char *path, char *text, size_t size) {
    dup2(saved, fd);
    close(saved);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, size - 1, f)] = 0;
    fclose(f);
    unlink(path);
}

/* `line`: words parted by blanks, the first being the personality's name. */
static void call(const char *line, struct output *o) {
    char words[512], *argv[32], out[] = "/tmp/cmd_k6_test_XXXXXX", err[] = "/tmp/cmd_k6_test_XXXXXX";
    int argc = 0;

    snprintf(words, sizeof words, "%s", line);
    for (char *p = words; *p && argc < 31;) {
        argv[argc++] = p;
        p += strcspn(p, " ");
        if (*p)
            *p++ = 0;
    }
    argv[argc] = NULL;
    fflush(NULL);
    int saved_out = redirect(STDOUT_FILENO, out), saved_err = redirect(STDERR_FILENO, err);
    o->code = k6_main("k6", argc, argv);
    fflush(NULL);
    restore(STDOUT_FILENO, saved_out, out, o->out, sizeof o->out);
    restore(STDERR_FILENO, saved_err, err, o->err, sizeof o->err);
}

static void test_usage(void **state) {
    static const struct {
        const char *line;
        int code;
        const char *out, *err; /* parts; NULL = nothing at all */
    } cases[] = {
        {"k6", 0, "Usage:\n  k6 [command]", NULL},
        {"k6 --help", 0, "archive     Create an archive", NULL},
        {"k6 help run", 0, "-u, --vus int ", NULL},
        {"k6 run --help", 0, "--summary-export string ", NULL},
        {"k6 run -h", 0, "Global Flags:", NULL},
        {"k6 version", 0, "k6 v2.2.0 (halftime ", NULL},
        {"k6 --version", 0, "k6 v2.2.0 (halftime ", NULL},
        {"k6 version --json", 0, "\"version\":\"v2.2.0\"}", NULL},
        {"k6 nope", 255, NULL, "level=error msg=\"unknown command \\\"nope\\\" for \\\"k6\\\"\"\n"},
        {"k6 cloud run x.js", 255, NULL, "there is no cloud service behind halftime"},
        {"k6 run --nope x.js", 255, NULL, "level=error msg=\"unknown flag: --nope\" remedy=\"--help lists the flags\"\n"},
        {"k6 run --no-summary x.js", 255, NULL, "unknown flag: --no-summary"},
        {"k6 run -u abc x.js", 255, NULL, "invalid argument \\\"abc\\\" for \\\"-u, --vus\\\" flag: strconv.ParseInt: parsing \\\"abc\\\": invalid syntax"},
        {"k6 -q run -d 1000 x.js", 255, NULL, "invalid argument \\\"1000\\\" for \\\"-d, --duration\\\" flag: time: missing unit in duration"},
        {"k6 run", 255, NULL, "accepts 1 arg(s), received 0: arg should either be \\\"-\\\""},
        {"k6 run a.js b.js", 255, NULL, "accepts 1 arg(s), received 2: "},
        {"k6 run /tmp", 255, NULL, "level=error msg=\"read /tmp: is a directory\"\n"},
        {"k6 run -e 1=2 x.js", 255, NULL, "invalid environment variable name '1'"},
        {"k6 run --summary-mode nope x.js", 255, NULL, "invalid summary mode"},
        {"k6 run --log-output nope x.js", 255, NULL, "unsupported log output 'nope'"},
        {"k6 run --config /nonexistent.json x.js", 104, NULL,
            "failed to load the configuration file from the local file system: stat /nonexistent.json: no such file or directory"},
        {"k6 run --log-format json --nope", 255, NULL, "unknown flag: --nope"},
    };
    struct output *o = malloc(sizeof *o);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        call(cases[i].line, o);
        if (o->code != cases[i].code)
            fail_msg("%s: exit code %d, wanted %d; said: %s", cases[i].line, o->code, cases[i].code, o->err);
        if (cases[i].out ? !strstr(o->out, cases[i].out) : o->out[0] != 0)
            fail_msg("%s: printed '%s', wanted '%s'", cases[i].line, o->out, cases[i].out ? cases[i].out : "");
        if (cases[i].err ? !strstr(o->err, cases[i].err) : o->err[0] != 0)
            fail_msg("%s: said '%s', wanted '%s'", cases[i].line, o->err, cases[i].err ? cases[i].err : "");
    }
    free(o);
}

static void test_bad_variable(void **state) {
    struct output *o = malloc(sizeof *o);
    (void)state;

    setenv("K6_VUS", "abc", 1);
    call("k6 run x.js", o);
    unsetenv("K6_VUS");
    assert_int_equal(o->code, EXIT_CODE_CONFIG);
    assert_non_null(strstr(o->err, "envconfig.Process: assigning K6_VUS to VUs: converting 'abc' to type null.Int."));
    free(o);
}

static void test_new(void **state) {
    char dir[] = "/tmp/cmd_k6_test_XXXXXX", before[4096];
    struct output *o = malloc(sizeof *o);
    (void)state;

    assert_non_null(mkdtemp(dir));
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(chdir(dir), 0);
    call("k6 new x.js", o);
    assert_int_equal(o->code, 0);
    assert_string_equal(o->out, "New script created: x.js (minimal template).\n");
    call("k6 new x.js", o);
    assert_int_equal(o->code, EXIT_CODE_USAGE);
    assert_non_null(strstr(o->err, "x.js already exists. Use the `--force` flag to overwrite it"));
    call("k6 new -f --template protocol --project-id 12 x.js", o);
    assert_int_equal(o->code, 0);
    FILE *f = fopen("x.js", "r");
    o->out[fread(o->out, 1, sizeof o->out - 1, f)] = 0;
    fclose(f);
    assert_non_null(strstr(o->out, "projectID: 12,"));
    assert_non_null(strstr(o->out, "export default function (data)"));
    call("k6 new --template ./x.js y.js", o);
    assert_int_equal(o->code, 0);
    call("k6 new --template nope z.js", o);
    assert_int_equal(o->code, EXIT_CODE_USAGE);
    unlink("x.js");
    unlink("y.js");
    assert_int_equal(chdir(before), 0);
    assert_int_equal(rmdir(dir), 0);
    free(o);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_bad_variable),
        cmocka_unit_test(test_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
