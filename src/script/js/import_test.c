/* Files that import, require and open each other, from a directory made for the test. */
#include "script/js/test_engine_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[] = "/tmp/import_test_XXXXXX";

struct file {
    const char *name, *text;
};
struct import_case {
    const char *name;
    struct file files[6]; /* the first is the script */
    const char *log;      /* of one iteration; "@" stands for the directory; NULL: loading fails with `message` */
    const char *message;
};

#define LOGGED " source=console\n"
#define COULD_NOT "could not initialize 'main.js': could not load JS test 'file://@/main.js': "
#define NOT_FOUND(name)                                                                                                              \
    "The moduleSpecifier \"" name "\" couldn't be found on local disk. Make sure that you've specified the right path to the file. " \
    "If you're running k6 using the Docker image make sure you have mounted the local directory "                                    \
    "(-v /local/path/:/inside/docker/path) containing your script and modules so that they're accessible by k6 from inside of the "  \
    "container, see https://grafana.com/docs/k6/latest/using-k6/modules/#use-modules-with-docker."

static const struct import_case cases[] = {
    {"relative imports, once each",
     {{"main.js", "import d, {a} from './lib/a.js'; import * as ns from './lib/../lib/a.js'; import {b} from './lib/b.js'; export default function () { console.log(a, d, ns.a === a, b) }"},
      {"lib/a.js", "globalThis.runs = (globalThis.runs || 0) + 1; export const a = globalThis.runs; export default 'def';"},
      {"lib/b.js", "import {a} from './a.js'; export const b = 'b' + a;"}},
     "info 1 def true b1" LOGGED, NULL},
    {"circular imports",
     {{"main.js", "import {a} from './a.js'; export default function () { console.log(a()) }"},
      {"a.js", "import {b} from './b.js'; export function a() { return 'a' + b() } export const one = 1;"},
      {"b.js", "import {one} from './a.js'; export function b() { return 'b' + one }"}},
     "info ab1" LOGGED, NULL},
    {"CommonJS and modules in both directions",
     {{"main.js", "import {a} from './a.js'; import c, {named} from './c.js'; const r = require('./c.js'), e = require('./a.js'); export default function () { console.log(c.named === named, r === c, e.a === a, named) }"},
      {"a.js", "export const a = 41;"},
      {"c.js", "const {a} = require('./a.js'); exports.named = 'n' + a; exports.other = typeof require('k6').check;"}},
     "info true true true n41" LOGGED, NULL},
    {"CommonJS files that need each other",
     {{"main.js", "const a = require('./a.js'); exports.default = () => console.log(a.name, a.b.name, a.b.early);"},
      {"a.js", "exports.name = 'a'; exports.b = require('./b.js');"},
      {"b.js", "exports.early = require('./a.js').name; exports.name = 'b';"}},
     "info a b a" LOGGED, NULL},
    {"a module with a default that CommonJS exported",
     {{"main.js", "import x from './c.js'; export default function () { console.log(x) }"}, {"c.js", "exports.default = 'the default';"}}, "info the default" LOGGED, NULL},
    {"open reads beside the script, wherever it is called from",
     {{"main.js", "import {t} from './lib/a.js'; const b = open('data.txt', 'b'); export default function () { console.log(t, b.byteLength, new Uint8Array(b)[0]) }"},
      {"lib/a.js", "export const t = open('./data.txt');"}, {"data.txt", "top"}, {"lib/data.txt", "lib"}},
     "info top 3 116" LOGGED, NULL},
    {"import.meta",
     {{"main.js", "export default function () { console.log(import.meta.url, import.meta.resolve('./x.js')) }"}}, "info file://@/main.js file://@/x.js" LOGGED, NULL},
    {"a file that is imported and opened",
     {{"main.js", "const t = open('a.js'); import {a} from './a.js'; export default function () { console.log(a, t) }"}, {"a.js", "export let a = 1"}},
     "info 1 export let a = 1" LOGGED, NULL},
    {"a stack through files", {{"main.js", "import {f} from './a.js';\nexport default function () { f() }"}, {"a.js", "\nexport function f() { null.x }"}},
     "error TypeError: Cannot read property 'x' of null\n\tat f (file://@/a.js:2:27)\n\tat default (file://@/main.js:2:31)\n"
     " executor=per-vu-iterations scenario=default hint=script exception source=stacktrace\n", NULL},
    {"a missing file", {{"main.js", "import x from './nope.js'; export default x"}}, NULL, COULD_NOT NOT_FOUND("./nope.js")},
    {"a syntax error in an imported file", {{"main.js", "import './a.js'; export default function () {}"}, {"a.js", "export let a = ;"}}, NULL,
     COULD_NOT "file://@/a.js: Line 1:16 Unexpected token ;"},
    {"a syntax error in CommonJS", {{"main.js", "module.exports = function () {};\nlet a = ;"}}, NULL, COULD_NOT "file://@/main.js: Line 2:9 Unexpected token ;"},
    {"a circle of require and import",
     {{"main.js", "import './c.js'; export default function () {}"}, {"c.js", "require('./a.js')"}, {"a.js", "import './main.js'; export let a = 1"}}, NULL, NULL},
};

static void path_of(const char *name, char *out, size_t size) { snprintf(out, size, "%s/%s", dir, name); }

static void write_files(const struct import_case *c) {
    char path[256];
    path_of("lib", path, sizeof path);
    mkdir(path, 0700);
    for (const struct file *f = c->files; f->name; f++) {
        path_of(f->name, path, sizeof path);
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(f->text, out);
        fclose(out);
    }
}

static void remove_files(const struct import_case *c) {
    char path[256];
    for (const struct file *f = c->files; f->name; f++) {
        path_of(f->name, path, sizeof path);
        unlink(path);
    }
    path_of("lib", path, sizeof path);
    rmdir(path);
}

static void expand(const char *text, char *out, size_t size) {
    size_t n = 0;
    for (; *text && n + sizeof dir < size; text++)
        n += (size_t)snprintf(out + n, size - n, "%.*s", *text == '@' ? (int)strlen(dir) : 1, *text == '@' ? dir : text);
    out[n] = 0;
}

static void run_case(const struct import_case *c) {
    struct test_engine e;
    struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    struct script_source s = {.path = VIEW("main.js"), .cwd = view_of_cstr(dir)};
    char expected[4096];

    test_engine_init(&e);
    expand(c->log ? c->log : c->message ? c->message : "", expected, sizeof expected);
    int r = script_js_ops.load(&e.host, &s, &e.services, &e.result);
    if (r == 0)
        r = script_js_ops.describe(e.host, &d, &e.result);
    if (!c->log) {
        assert_int_equal(e.result.failure, SCRIPT_FAILURE_EXCEPTION);
        if (c->message && !view_eq(e.result.message, view_of_cstr(expected)))
            fail_msg("%s: %.*s\n--- instead of\n%s", c->name, VIEW_ARGS(e.result.message), expected);
    } else {
        if (r < 0 || e.result.failure)
            fail_msg("%s: %.*s", c->name, VIEW_ARGS(e.result.message));
        test_engine_plan(&e);
        struct script_user *u = test_engine_user(&e, 1);
        buf_clear(&e.logged);
        test_engine_iterate(&e, u);
        if (strcmp(e.logged.ptr, expected))
            fail_msg("%s: %s--- instead of\n%s", c->name, e.logged.ptr, expected);
        script_js_ops.user_free(u);
    }
    test_engine_deinit(&e);
}

static void files(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_files(&cases[i]);
        run_case(&cases[i]);
        remove_files(&cases[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(files)};
    if (!mkdtemp(dir))
        return 1;
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(dir);
    return r;
}
