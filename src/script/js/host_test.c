/* Scripts against what they log and how they end, on a small engine. One row per behaviour. */
#include "script/js/host_priv.h"
#include "script/js/test_engine_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

struct script_case {
    const char *name, *script;
    int iterations;
    const char *log; /* all that is logged by the VU, after init of VU 0 */
};

#define THROWN " executor=per-vu-iterations scenario=default hint=script exception source=stacktrace\n"
#define REJECTED " executor=per-vu-iterations scenario=default\n"
#define LOGGED " source=console\n"

static const struct script_case cases[] = {
    {"console formats", "export default function () { console.log('a', 1, true, null, undefined, {a: 1, b: 'x', c: [1, 'y']}, [], {}, () => 1); }", 1,
     "info a 1 true null undefined { a: 1, b: \"x\", c: [ 1, \"y\" ] } [] {} [object Function]" LOGGED},
    {"console formats of special objects",
     "export default function () { const c = {a: 1}; c.c = c; console.log(new Date(0), /x/g, new Map([[1, 2]]), new Error('e'), c);"
     "console.warn(new Uint8Array([1, 2]), new Uint8Array([1, 2]).buffer, [undefined, NaN], {f() {}, u: undefined}, Symbol('s'), 10n); }", 1,
     "info \"1970-01-01T00:00:00.000Z\" {} {} Error: e { a: 1, c: [Circular] }" LOGGED
     "warning Uint8Array(2) [ 1, 2 ] ArrayBuffer { [Uint8Contents]: <01 02>, byteLength: 2 } [ null, NaN ] { f: [object Function], u: null } s 10" LOGGED},
    {"a thrown error is logged with its stack and the next iteration runs",
     "export default function () {\n  if (__ITER == 0) throw new Error('boom');\n  console.log(__ITER);\n}", 2,
     "error Error: boom\n\tat default (file:///tmp/t.js:2:35)\n" THROWN "info 1" LOGGED},
    {"nested functions in the stack", "function inner(a) {\n  throw new TypeError('deep ' + a);\n}\nexport default function () {\n  inner(3);\n}", 1,
     "error TypeError: deep 3\n\tat inner (file:///tmp/t.js:2:22)\n\tat default (file:///tmp/t.js:5:8)\n" THROWN},
    {"a thrown text", "export default function () { throw 'a string'; }", 1, "error a string" THROWN},
    {"a missing property in k6's words", "export default function () {\n  undefined.b;\n}", 1,
     "error TypeError: Cannot read property 'b' of undefined\n\tat default (file:///tmp/t.js:2:12)\n" THROWN},
    {"fail", "import {fail} from 'k6';\nexport default function () {\n  fail('my reason');\n}", 1,
     "error GoError: my reason\n\tat default (file:///tmp/t.js:3:7)\n" THROWN},
    {"an async function that throws", "export default async function () {\n  await null;\n  throw new Error('async boom');\n}", 1,
     "error Uncaught (in promise) Error: async boom\n\tat default (file:///tmp/t.js:3:18)\n" REJECTED},
    {"a rejection nobody handles, and jobs of a failed iteration do not run in the next",
     "export default function () { if (__ITER == 0) { Promise.resolve().then(() => console.log('never')); throw 1; } Promise.reject('str'); }", 2,
     "error 1" THROWN "error Uncaught (in promise) str" REJECTED},
    {"a rejection handled late in the turn", "export default function () { const p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => console.log('caught'))); }", 1,
     "info caught" LOGGED},
    {"the iteration waits for timers and promises",
     "import {setTimeout as later} from 'k6/timers';\nexport default function () { later((a, b) => console.log('timer', a, b), 5, 1, 2);"
     "const i = setInterval(() => { console.log('tick'); clearInterval(i); }, 1); Promise.resolve(1).then(v => console.log('then', v)); console.log('end'); }", 1,
     "info end" LOGGED "info then 1" LOGGED "info tick" LOGGED "info timer 1 2" LOGGED},
    {"an error in a timer", "export default function () {\n  setTimeout(() => { throw new Error('late') }, 1);\n}", 1,
     "error Error: late\n\tat file:///tmp/t.js:2:37\n" THROWN},
    {"endless recursion throws in the VU only", "export default function () { function f(n) { return f(n + 1) + 1 } try { f(0) } catch (e) { console.log(e.name) } }", 1,
     "info InternalError" LOGGED},
    {"deep JSON, deep arrays", "export default function () { try { JSON.parse('['.repeat(1e5)) } catch (e) { console.log('no') }"
     "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; try { JSON.stringify(a) } catch (e) { console.log('no') } }", 1, "info no" LOGGED "info no" LOGGED},
    {"out of memory is an error of the VU", "export default function () { const a = []; try { for (;;) a.push(new ArrayBuffer(1 << 30)) } catch (e) { console.log(e.name, a.length > 0) } }", 1,
     "info InternalError true" LOGGED},
    {"import forms of a built-in",
     "import d, {check, sleep as s} from 'k6';\nimport * as ns from 'k6';\nexport default function () { console.log(d.check === check, ns.sleep === s, Object.keys(d).join(), typeof ns.default); }", 1,
     "info true true check,group,sleep,fail,randomSeed object" LOGGED},
    {"globals that are absent",
     "const g = ['fetch', 'URL', 'performance', 'queueMicrotask', 'structuredClone', 'Intl', 'WeakRef', 'SharedArrayBuffer', 'Atomics', 'FinalizationRegistry', 'process', 'Buffer', 'atob', 'global'];\n"
     "export default function () { console.log(g.filter(n => n in globalThis).length, typeof __ENV, __VU, __ITER, typeof setTimeout, typeof open, typeof require); }", 1,
     "info 0 object 7 0 function function function" LOGGED},
    {"__ENV", "export default function () { console.log(__ENV.COLOUR, __ENV.NOPE, 'COLOUR' in __ENV, Object.keys(__ENV).join()); __ENV.X = 5; delete __ENV.COLOUR; console.log(__ENV, typeof __ENV.X); __ENV = 1; }", 1, NULL},
    {"check and group", "import {check, group} from 'k6';\nexport default function () { console.log(group('g', () => check(5, {a: v => v == 5, b: false, c: 1})), check(1, {})); }", 1,
     "info false true" LOGGED},
    {"a check that throws is rethrown", "import {check} from 'k6';\nexport default function () {\n  check(1, {bad: () => { throw new Error('in check') }, after: () => console.log('never')});\n}", 1,
     "error Error: in check\n\tat bad (file:///tmp/t.js:3:41)\n\tat check (native)\n\tat default (file:///tmp/t.js:3:8)\n" THROWN},
    {"wrong uses of check and group",
     "import {check, group} from 'k6';\nconst t = (f) => { try { f() } catch (e) { console.log(String(e)) } };\n"
     "export default function () { t(() => check(1)); t(() => check(1, null)); t(() => check(1, {'a::b': 1})); t(() => check(1, {a: async () => 1})); t(() => group('a::b', () => 1)); t(() => group('a')); t(() => group('a', async () => 1)); }", 1,
     "info GoError: no checks provided to `check`" LOGGED "info TypeError: Cannot convert undefined or null to object" LOGGED
     "info GoError: group and check names may not contain '::'" LOGGED
     "info GoError: the built-in check() does not support async functions as arguments. Use the JavaScript utils library as a replacement. Refer to https://grafana.com/docs/k6/latest/javascript-api/jslib/utils/check/ for more info" LOGGED
     "info GoError: group and check names may not contain '::'" LOGGED "info GoError: group() requires a callback as a second argument" LOGGED
     "info GoError: group() does not support async functions as arguments, please see https://grafana.com/docs/k6/latest/javascript-api/k6/group/ for more info" LOGGED},
    {"wrong metric values",
     "import {Counter} from 'k6/metrics';\nconst c = new Counter('cc');\nexport default function () { console.log(c.add(NaN), c.add(), c.add('5'), c.add(true), c.name, c instanceof Counter); try { c.add(1, {a: {}}) } catch (e) { console.log(String(e)) } try { new Counter('x1') } catch (e) { console.log(String(e)) } }", 1,
     "warning 'NaN' is an invalid value for metric 'cc', a number or a boolean value is expected\n"
     "warning no value was provided for metric 'cc', a number or a boolean value is expected\ninfo false false true true cc true" LOGGED
     "info GoError: cannot add tags for the 'cc' custom metric: invalid value for metric tag 'a': only String, Boolean and Number types are accepted as a metric tag values" LOGGED
     "info GoError: metrics must be declared in the init context" LOGGED},
    {"execution in the VU", "import exec from 'k6/execution';\nexport default function () { const s = exec.scenario; console.log(s.name, s.executor, s.iterationInTest, s.progress, exec.vu.idInTest, exec.vu.iterationInScenario, exec.instance.vusActive);"
     "exec.vu.tags.a = 1; console.log(exec.vu.tags.a, JSON.stringify(exec.vu.metrics.tags), Object.isFrozen(exec.test.options)); }", 2,
     "info default per-vu-iterations 0 0.5 7 0 0" LOGGED "info 1 {\"a\":\"1\",\"group\":\"\",\"scenario\":\"default\"} true" LOGGED
     "info default per-vu-iterations 1 0.5 7 1 0" LOGGED "info 1 {\"a\":\"1\",\"group\":\"\",\"scenario\":\"default\"} true" LOGGED},
    {"randomSeed repeats", "import {randomSeed} from 'k6';\nexport default function () { randomSeed(5); const a = Math.random(); randomSeed(5); console.log(a === Math.random(), a !== Math.random(), a >= 0 && a < 1); }", 1,
     "info true true true" LOGGED},
    {"timer misuse", "export default function () { for (const f of [() => setTimeout('x', 1), () => setTimeout(), () => clearTimeout(99), () => clearTimeout('x')]) try { console.log(f()) } catch (e) { console.log(String(e)) } }", 1,
     "info TypeError: could not convert function call parameter 0: could not convert x to sobek.Callable" LOGGED
     "info GoError: setTimeout's callback isn't a callable function" LOGGED "info undefined" LOGGED "info undefined" LOGGED},
    {"open in a VU", "export default function () { try { open('x') } catch (e) { console.log(String(e).slice(0, 40)) } }", 1, "info GoError: the \"open\" function is only ava" LOGGED},
    {"CommonJS", "const {check} = require('k6');\nexports.options = {};\nexports.default = function () { console.log(typeof check, typeof module, module.exports === exports); };", 1,
     "info function object true" LOGGED},
    {"module.exports is the default function", "module.exports = () => console.log('yes');", 1, "info yes" LOGGED},
    {"top-level await", "const v = await Promise.resolve(6);\nexport default function () { console.log(v); }", 1, "info 6" LOGGED},
    {"sleep takes odd arguments", "import {sleep} from 'k6';\nexport default function () { sleep('0.001'); sleep(-1); sleep(); sleep('x'); console.log('ok'); }", 1, "info ok" LOGGED},
    {"a promise that nothing can settle ends the iteration", "export default async function () { console.log('before'); await new Promise(() => {}); console.log('after'); }", 1, "info before" LOGGED},
    {"an async default function is awaited", "export default async function () { await new Promise(r => setTimeout(r, 2)); console.log('after'); }", 1, "info after" LOGGED},
};

static void run_case(const struct script_case *c) {
    struct test_engine e;
    struct buf description CLEANUP(buf_deinit) = BUF_MAX(1 << 20);

    test_engine_init(&e);
    if (!test_engine_load(&e, "t.js", c->script, &description))
        fail_msg("%s: %.*s", c->name, VIEW_ARGS(e.result.message));
    test_engine_plan(&e);
    struct script_user *u = test_engine_user(&e, 7);
    assert_int_equal(e.failed, 0);
    buf_clear(&e.logged);
    for (int i = 0; i < c->iterations; i++)
        test_engine_iterate(&e, u);
    if (c->log && strcmp(c->log, e.logged.ptr ? e.logged.ptr : ""))
        fail_msg("%s:\n%s--- instead of\n%s", c->name, e.logged.ptr, c->log);
    script_js_ops.user_free(u);
    test_engine_deinit(&e);
}

static void scripts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        run_case(&cases[i]);
}

/* --- failures to load --- */

static const struct {
    const char *script, *message;
    enum script_failure failure;
} bad_scripts[] = {
#define COULD_NOT "could not initialize 't.js': could not load JS test 'file:///tmp/t.js': "
    {"let a = 1", COULD_NOT "no exported functions in script", SCRIPT_FAILURE_OTHER},
    {"export default 5", COULD_NOT "no exported functions in script", SCRIPT_FAILURE_OTHER},
    {"export const setup = 1; export default function () {}", COULD_NOT "exported 'setup' must be a function", SCRIPT_FAILURE_OTHER},
    {"export const options = {vus: () => 1}; export default function () {}",
     COULD_NOT "error parsing script options: json: unsupported type: func(sobek.FunctionCall) sobek.Value", SCRIPT_FAILURE_OTHER},
    {"export default function () {\n  let a = ;\n}", COULD_NOT "file:///tmp/t.js: Line 2:11 Unexpected token ;", SCRIPT_FAILURE_EXCEPTION},
    {"import x from 'lodash'; export default x", COULD_NOT "The moduleSpecifier \"lodash\" couldn't be recognised as something k6 supports.", SCRIPT_FAILURE_EXCEPTION},
    {"import x from 'k6/nope'; export default x",
     COULD_NOT "unknown modules [\"k6/nope\"] were tried to be loaded, but couldn't - this likely means automatic extension resolution is required or a custom k6 binary with the required extensions", SCRIPT_FAILURE_EXCEPTION},
    {"import x from 'http://a/b.js'; export default x", COULD_NOT "only supported schemes for imports are file and https, \"http://a/b.js\" has \"http\"", SCRIPT_FAILURE_EXCEPTION},
    {"throw new Error('init boom');\nexport default function () {}", "Error: init boom\n\tat file:///tmp/t.js:1:16\n", SCRIPT_FAILURE_EXCEPTION},
    {"foo();\nexport default function () {}", "ReferenceError: foo is not defined\n\tat file:///tmp/t.js:1:1\n", SCRIPT_FAILURE_EXCEPTION},
    {"import exec from 'k6/execution';\nexec.test.abort('from init');\nexport default function () {}",
     COULD_NOT "test aborted: from init at file:///tmp/t.js:2:16", SCRIPT_FAILURE_ABORT},
    {"import {check} from 'k6';\ncheck(1, {});\nexport default function () {}", "GoError: Using check() in the init context is not supported\n\tat file:///tmp/t.js:2:6\n", SCRIPT_FAILURE_EXCEPTION},
    {"import {Counter} from 'k6/metrics';\nnew Counter('a b');\nexport default function () {}",
     "GoError: Invalid metric name: 'a b'. Metric names must only include up to 128 ASCII letters, numbers, or underscores and start with a letter or an underscore.\n\tat file:///tmp/t.js:2:12\n", SCRIPT_FAILURE_EXCEPTION},
    {"import http from 'k6/http';\nexport default function () {}\nmodule.exports = {};", NULL, SCRIPT_FAILURE_EXCEPTION},
    {"open('./nope-at-all.txt');\nexport default function () {}", NULL, SCRIPT_FAILURE_EXCEPTION},
};

static void scripts_that_cannot_be_loaded(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof bad_scripts / sizeof *bad_scripts; i++) {
        struct test_engine e;
        struct buf description CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        test_engine_init(&e);
        assert_false(test_engine_load(&e, "t.js", bad_scripts[i].script, &description));
        assert_int_equal(e.result.failure, bad_scripts[i].failure);
        if (bad_scripts[i].message && !view_eq(e.result.message, view_of_cstr(bad_scripts[i].message)))
            fail_msg("%s\n%.*s--- instead of\n%s", bad_scripts[i].script, VIEW_ARGS(e.result.message), bad_scripts[i].message);
        test_engine_deinit(&e);
    }
}

static void a_missing_script_is_told(void **state) {
    (void)state;
    struct test_engine e;
    test_engine_init(&e);
    struct script_source s = {.path = VIEW("no-such-script.js"), .cwd = VIEW("/tmp")};
    assert_true(script_js_ops.load(&e.host, &s, &e.services, &e.result) < 0);
    assert_int_equal(e.result.failure, SCRIPT_FAILURE_NOT_FOUND);
    assert_true(view_starts_with(e.result.message, VIEW("The moduleSpecifier \"no-such-script.js\" couldn't be found on local disk.")));
    test_engine_deinit(&e);
}

/* --- describing and once-functions --- */

static void description_names_all(void **state) {
    (void)state;
    struct test_engine e;
    struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    test_engine_init(&e);
    assert_true(test_engine_load(&e, "t.js",
                                 "import {Trend} from 'k6/metrics'; new Trend('tt', true); export const options = {vus: 2, stages: [{target: 1}]};"
                                 "export function setup() {} export default function () {} export const x = 1;", &d));
    assert_string_equal(d.ptr, "{\"exports\":[\"default\",\"setup\"],\"options\":{\"stages\":[{\"target\":1}],\"vus\":2},"
                               "\"metrics\":[{\"name\":\"tt\",\"type\":\"trend\",\"contains\":\"time\"}],"
                               "\"has_setup\":true,\"has_teardown\":false,\"has_handle_summary\":false}");
    test_engine_deinit(&e);
}

static const struct {
    const char *script;
    enum script_once what;
    const char *input, *output, *message;
    enum script_failure failure;
} once_cases[] = {
    {"export function setup() { return {b: 1, a: undefined, d: new Date(0), u: new Uint8Array([65])} }", SCRIPT_SETUP, "",
     "{\"a\":null,\"b\":1,\"d\":\"1970-01-01T00:00:00Z\",\"u\":\"QQ==\"}", "", SCRIPT_FAILURE_NONE},
    {"export async function setup() { await null; return [1] }", SCRIPT_SETUP, "", "[1]", "", SCRIPT_FAILURE_NONE},
    {"export function setup() {}", SCRIPT_SETUP, "", "", "", SCRIPT_FAILURE_NONE},
    {"export function setup() { return null }", SCRIPT_SETUP, "", "null", "", SCRIPT_FAILURE_NONE},
    {"export function setup() { return {f() {}} }", SCRIPT_SETUP, "", "",
     "error marshaling setup() data to JSON: json: unsupported type: func(sobek.FunctionCall) sobek.Value", SCRIPT_FAILURE_OTHER},
    {"export function setup() { const a = {}; a.a = a; return a }", SCRIPT_SETUP, "", "",
     "error marshaling setup() data to JSON: json: unsupported value: encountered a cycle via map[string]interface {}", SCRIPT_FAILURE_OTHER},
    {"export function setup() {\n throw new Error('no') }", SCRIPT_SETUP, "", "", "Error: no\n\tat setup (file:///tmp/t.js:2:17)\n", SCRIPT_FAILURE_EXCEPTION},
    {"import {sleep} from 'k6'; export function setup() { sleep(60) }", SCRIPT_SETUP, "", "", "setup() execution timed out after 0 seconds", SCRIPT_FAILURE_TIMEOUT},
    {"export function setup() { for (;;); }", SCRIPT_SETUP, "", "", "setup() execution timed out after 0 seconds", SCRIPT_FAILURE_TIMEOUT},
    {"import e from 'k6/execution'; export function setup() { try { e.test.abort('why') } catch (x) { console.log('caught') } }", SCRIPT_SETUP, "", "",
     "test aborted: why", SCRIPT_FAILURE_ABORT},
    {"export function teardown(d) { if (d.x !== 5) throw 1 }", SCRIPT_TEARDOWN, "{\"x\":5}", "", "", SCRIPT_FAILURE_NONE},
    {"export function handleSummary(d) { return {stdout: 'n=' + d.n, 'a.bin': new Uint8Array([1, 2]).buffer} }", SCRIPT_HANDLE_SUMMARY, "{\"n\":3}",
     "{\"stdout\":\"n=3\",\"a.bin\":{\"base64\":\"AQI=\"}}", "", SCRIPT_FAILURE_NONE},
    {"export function handleSummary(d) { return null }", SCRIPT_HANDLE_SUMMARY, "{}", "", "", SCRIPT_FAILURE_NONE},
    {"", SCRIPT_HANDLE_SUMMARY, "{}", "", "", SCRIPT_FAILURE_NONE},
};

static void once_functions(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof once_cases / sizeof *once_cases; i++) {
        struct test_engine e;
        struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        char script[1024];
        test_engine_init(&e);
        snprintf(script, sizeof script, "%s\nexport default function () {}", once_cases[i].script);
        assert_true(test_engine_load(&e, "t.js", script, &d));
        test_engine_plan(&e);
        test_engine_once(&e, once_cases[i].what, once_cases[i].input, 50000);
        if (e.result.failure != once_cases[i].failure || strcmp(e.message.ptr ? e.message.ptr : "", once_cases[i].message) ||
            strcmp(e.output.ptr ? e.output.ptr : "", once_cases[i].output))
            fail_msg("%s: %d \"%s\" \"%s\"", once_cases[i].script, e.result.failure, e.message.ptr, e.output.ptr);
        test_engine_deinit(&e);
    }
}

/* --- stopping --- */

static const char *const endless[] = {
    "import {sleep} from 'k6'; export default function () { try { sleep(1000) } catch (e) { console.log('caught') } console.log('after') }",
    "export default function () { for (;;); }",
    "export default function () { try { for (;;); } catch (e) { console.log('caught') } finally { console.log('finally') } }",
    "export default function () { (function f() { setTimeout(f, 0) })() }",
    "export default function () { const f = () => Promise.resolve().then(f); f() }",
    "export default function () { /^(a+)+$/.test('a'.repeat(40) + 'b') }",
};

static void interruption_ends_everything(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof endless / sizeof *endless; i++) {
        struct test_engine e;
        struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        test_engine_init(&e);
        assert_true(test_engine_load(&e, "t.js", endless[i], &d));
        test_engine_plan(&e);
        struct script_user *u = test_engine_user(&e, 1);
        script_js_ops.user_start(u, &(struct script_iteration){0});
        for (int turn = 0; turn < 3; turn++)
            assert_int_equal(loop_turn(e.loop, 1000), 0);
        assert_int_equal(test_engine_over(&e), 0);
        script_js_ops.user_interrupt(u);
        for (int turn = 0; turn < 1000 && !test_engine_over(&e); turn++)
            assert_int_equal(loop_turn(e.loop, 10000), 0);
        assert_int_equal(e.done[SCRIPT_ITERATION_INTERRUPTED], 1);
        assert_true(!e.logged.ptr || (!strstr(e.logged.ptr, "caught") && !strstr(e.logged.ptr, "after") && !strstr(e.logged.ptr, "finally")));
        /* The same VU is fit for more. */
        script_js_ops.user_interrupt(u);
        script_js_ops.user_free(u);
        test_engine_deinit(&e);
    }
}

static void a_busy_user_does_not_freeze_the_others(void **state) {
    (void)state;
    struct test_engine e;
    struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    test_engine_init(&e);
    assert_true(test_engine_load(&e, "t.js", "export default function () { if (__VU == 1) for (;;); }", &d));
    test_engine_plan(&e);
    struct script_user *busy = test_engine_user(&e, 1), *quick = test_engine_user(&e, 2);
    script_js_ops.user_start(busy, &(struct script_iteration){0});
    for (int i = 0; i < 5; i++)
        test_engine_iterate(&e, quick);
    assert_int_equal(e.done[SCRIPT_ITERATION_OK], 5);
    script_js_ops.user_interrupt(busy);
    while (!e.done[SCRIPT_ITERATION_INTERRUPTED])
        assert_int_equal(loop_turn(e.loop, 10000), 0);
    script_js_ops.user_free(busy);
    script_js_ops.user_free(quick);
    test_engine_deinit(&e);
}

static void abort_tells_the_engine(void **state) {
    (void)state;
    struct test_engine e;
    struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    test_engine_init(&e);
    assert_true(test_engine_load(&e, "t.js", "import exec from 'k6/execution';\nexport default function () { exec.test.abort('my abort'); }", &d));
    test_engine_plan(&e);
    struct script_user *u = test_engine_user(&e, 1);
    test_engine_iterate(&e, u);
    assert_int_equal(e.done[SCRIPT_ITERATION_INTERRUPTED], 1);
    assert_string_equal(e.aborted.ptr, "test aborted: my abort at default (file:///tmp/t.js:2:45)");
    script_js_ops.user_free(u);
    test_engine_deinit(&e);
}

static void a_bundle_needs_no_disk(void **state) {
    (void)state;
    struct test_engine e;
    struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20), bundle CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    test_engine_init(&e);
    assert_true(test_engine_load(&e, "t.js", "export default function () { console.log('from the bundle'); }", &d));
    assert_int_equal(script_js_ops.bundle(e.host, &bundle), 0);
    script_js_ops.free(e.host);
    struct script_source s = {.bundle = buf_view(&bundle)};
    assert_int_equal(script_js_ops.load(&e.host, &s, &e.services, &e.result), 0);
    test_engine_plan(&e);
    struct script_user *u = test_engine_user(&e, 1);
    test_engine_iterate(&e, u);
    assert_string_equal(e.logged.ptr, "info from the bundle source=console\n");
    script_js_ops.user_free(u);
    test_engine_deinit(&e);
}

/* Users made after one whose init code left nothing are spared the collection; code that leaves cycles is collected after in each. */
static void garbage_of_init_code(void **state) {
    static const struct {
        const char *script;
        bool clean;
    } rows[] = {
        {"const a = [1, 2, 3];\nexport default function () { return a; }", true},
        {"for (let i = 0; i < 500; i++) { const a = {i}; a.self = a; }\nexport default function () {}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct test_engine e;
        struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
        test_engine_init(&e);
        assert_true(test_engine_load(&e, "t.js", rows[i].script, &d));
        test_engine_plan(&e);
        struct script_user *first = test_engine_user(&e, 1), *second = test_engine_user(&e, 2);
        assert_int_equal(e.host->init_is_clean, rows[i].clean);
        size_t sizes[2] = {CONTAINER_OF(first, struct vu, user)->heap->malloc_size, CONTAINER_OF(second, struct vu, user)->heap->malloc_size};
        assert_true(sizes[1] < sizes[0] + sizes[0] / 16);
        script_js_ops.user_free(first);
        script_js_ops.user_free(second);
        test_engine_deinit(&e);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts),
        cmocka_unit_test(scripts_that_cannot_be_loaded),
        cmocka_unit_test(a_missing_script_is_told),
        cmocka_unit_test(description_names_all),
        cmocka_unit_test(once_functions),
        cmocka_unit_test(interruption_ends_everything),
        cmocka_unit_test(a_busy_user_does_not_freeze_the_others),
        cmocka_unit_test(abort_tells_the_engine),
        cmocka_unit_test(a_bundle_needs_no_disk),
        cmocka_unit_test(garbage_of_init_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
