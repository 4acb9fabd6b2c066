/* k6/http against a real server: what scripts see, what is logged, what is recorded, what is kept as evidence. */
#include "script/js/test_engine_priv.h"
#include "script/js/test_server_priv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define LOGGED " source=console\n"

static pid_t server;
static char base[64];

/* The body of the default function, with U = the server; and all that it logs ("@" stands for the server's URL). */
static const struct {
    const char *name, *body, *log;
} cases[] = {
    {"members of a response", "const r = http.get(U + '/echo?x=1'); console.log(r.status, r.status_text, r.proto, r.url, r.error, r.error_code, r.remote_ip, r.tls_version, r.headers['X-Request-Id'], r.headers['X-Multi'], r.headers['Content-Type']); console.log(Object.keys(r).join())",
     "info 200 200 OK HTTP/1.1 @/echo?x=1  0 127.0.0.1  abc 1, 2 application/json" LOGGED
     "info remote_ip,remote_port,url,status,status_text,proto,headers,cookies,body,timings,tls_version,tls_cipher_suite,ocsp,error,error_code,request,clickLink,html,json,submitForm" LOGGED},
    {"timings", "const t = http.get(U).timings; console.log(t.duration === t.sending + t.waiting + t.receiving, t.duration > 0, t.looking_up, Object.keys(t).join())",
     "info true true 0 duration,blocked,looking_up,connecting,tls_handshaking,sending,waiting,receiving" LOGGED},
    {"json", "const r = http.get(U); console.log(r.json() === r.json(), r.json().method, r.json('path'), r.json('nope'))", "info true GET / undefined" LOGGED},
    {"methods and bodies", "for (const m of ['post', 'put', 'patch', 'del', 'options']) { const j = http[m](U, 'b').json(); console.log(j.method, j.body, j.type) } console.log(http.request('PURGE', U).json('method'))",
     "info POST b " LOGGED "info PUT b " LOGGED "info PATCH b " LOGGED "info DELETE b " LOGGED "info OPTIONS b " LOGGED "info PURGE" LOGGED},
    {"forms", "const j = http.post(U, {b: [1, 'x y'], a: null, c: {d: 1}, e: 1.5}).json(); console.log(j.body, j.type)",
     "info a=%3Cnil%3E&b=1&b=x+y&c=map%5Bd%3A1%5D&e=1.5 application/x-www-form-urlencoded" LOGGED},
    {"bodies of bytes and of no use", "console.log(http.post(U, new Uint8Array([65, 66])).json('body'), http.post(U, new Uint8Array([65, 66]).buffer).json('body')); console.log(http.post(U, 5).error)",
     "info AB AB" LOGGED "warning Request Failed error=unknown request body type int64\n" "info unknown request body type int64" LOGGED},
    {"headers", "console.log(http.get(U, {headers: {'x-extra': 7, 'User-Agent': 'me'}}).json('extra'), http.get(U).json('agent'), http.get(U, {headers: {'a b': 1}}).error)",
     "warning Request Failed error=Get \"@\": net/http: invalid header field name \"a b\"\n"
     "info 7 Grafana k6/2.2.0 net/http: invalid header field name \"a b\"" LOGGED},
    {"cookies", "const r = http.get(U + '/cookie'); console.log(r.cookies.a[0].value, r.cookies.c[0].max_age, r.cookies.c[0].http_only); console.log(http.get(U).json('cookie'), http.cookieJar().cookiesForURL(U));"
     "console.log(http.get(U, {cookies: {a: {value: 'mine', replace: true}, z: '1'}, jar: new http.CookieJar()}).json('cookie'))",
     "info b 60 true" LOGGED "info a=b; c=d { a: [ \"b\" ], c: [ \"d\" ] }" LOGGED "info a=mine; z=1" LOGGED},
    {"a jar of one's own", "const j = new http.CookieJar(); j.set(U, 'n', 'v'); console.log(j.cookiesForURL(U), http.get(U, {jar: j}).json('cookie')); j.delete(U, 'n'); console.log(j.cookiesForURL(U))",
     "info { n: [ \"v\" ] } n=v" LOGGED "info {}" LOGGED},
    {"redirects", "let r = http.get(U + '/redirect/3'); console.log(r.status, r.url); r = http.get(U + '/redirect/3', {redirects: 1}); console.log(r.status, r.url, r.headers.Location); r = http.get(U + '/redirect/12'); console.log(r.status)",
     "info 200 @/echo" LOGGED "info 302 @/redirect/2 /redirect/1" LOGGED
     "warning Stopped after 11 redirects and returned the redirection; pass { redirects: n } in request params or set global maxRedirects to silence this url=@/redirect/12\n"
     "info 302" LOGGED},
    {"statuses", "const r = http.get(U + '/status/404'); console.log(r.status, r.error, r.error_code, r.json('id')); console.log(http.get(U + '/status/204').body)", "info 404  1404 7" LOGGED "info null" LOGGED},
    {"response types", "console.log(http.get(U, {responseType: 'binary'}).body.byteLength > 0, http.get(U, {responseType: 'none'}).body, http.head(U).body)", "info true null " LOGGED},
    {"failures", "for (const u of ['http://127.0.0.1:1/', 'nope', 5, 'http://a b', U + '/close']) { const r = http.get(u); console.log(r.status, r.error, r.error_code, r.body) }",
     "warning Request Failed error=Get \"http://127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused\ninfo 0 dial: connection refused 1212 null" LOGGED
     "warning Request Failed error=Get \"nope\": unsupported protocol scheme \"\"\ninfo 0 unsupported protocol scheme \"\" 1000 null" LOGGED
     "warning Request Failed error=invalid URL: '#5'\ninfo 0 invalid URL: '#5' 1020 null" LOGGED
     "warning Request Failed error=invalid URL: parse \"http://a b\": invalid character \" \" in host name\ninfo 0 invalid URL: parse \"http://a b\": invalid character \" \" in host name 1020 null" LOGGED
     "warning Request Failed error=Get \"@/close\": EOF\ninfo 0 EOF 1000 null" LOGGED},
    {"timeouts", "console.log(http.get(U + '/slow/500', {timeout: 30}).error_code, http.get(U + '/slow/500', {timeout: '30ms'}).error); console.log(http.get(U, {timeout: 'abc'}).error)",
     "warning Request Failed error=Get \"@/slow/500\": request timeout\nwarning Request Failed error=Get \"@/slow/500\": request timeout\ninfo 1050 request timeout" LOGGED
     "warning Request Failed error=invalid timeout value: time: invalid duration \"abc\"\ninfo invalid timeout value: time: invalid duration \"abc\"" LOGGED},
    {"throw", "try { http.get('nope', {throw: true}) } catch (e) { console.log(String(e)) }", "info GoError: Get \"nope\": unsupported protocol scheme \"\"" LOGGED},
    {"batch", "const b = http.batch([U, ['POST', U, 'hi'], {method: 'put', url: U, body: 'x'}, {url: U + '/slow/20'}]); console.log(Array.isArray(b), b.map(r => r.json('method') + r.json('body')).join());"
     "const o = http.batch({a: U + '/1', b: {url: U + '/2'}}); console.log(Object.keys(o).join(), o.b.json('path')); console.log(http.batch([]).length);"
     "for (const x of [5, null, 'x']) try { http.batch(x) } catch (e) { console.log(String(e)) } console.log(http.batch([5])[0].status)",
     "info true GET,POSThi,PUTx,GET" LOGGED "info a,b /2" LOGGED "info 0" LOGGED "info GoError: invalid http.batch() argument type int64" LOGGED
     "info GoError: invalid http.batch() argument type <nil>" LOGGED "info GoError: invalid http.batch() argument type string" LOGGED
     "warning A batch request failed error=invalid URL: '#5'\ninfo 0" LOGGED},
    {"asyncRequest", "const t = Date.now(); const rs = await Promise.all([1, 2, 3].map(() => http.asyncRequest('GET', U + '/slow/100'))); console.log(rs.map(r => r.status).join(), Date.now() - t < 280);"
     "http.asyncRequest('GET', 'nope', null, {throw: true}).catch(e => { console.log(e instanceof Error, String(e), e.message, e.op, e.url, e.error() === String(e), String(e.unwrap()), e.timeout()); console.log(e) })",
     "info 200,200,200 true" LOGGED "info false Get \"nope\": unsupported protocol scheme \"\" undefined Get nope true unsupported protocol scheme \"\" false" LOGGED
     "info Get \"nope\": unsupported protocol scheme \"\"" LOGGED},
    {"files", "const f = http.file('hi', 'a.txt'); console.log(f, Object.keys(f).join()); f.filename = 'b \"q\"'; const j = http.post(U + '/raw', {f: f, g: http.file(new Uint8Array([65]).buffer, 'c', 'x/y')}).body;"
     "console.log(j.split('\\r\\n').filter(l => !l.startsWith('--')).join('|')); for (const x of [undefined, 5, new Uint8Array([1])]) try { http.file(x) } catch (e) { console.log(String(e).slice(0, 21)) }",
     "info { data: \"hi\", filename: \"a.txt\", content_type: \"application/octet-stream\" } data,filename,content_type" LOGGED
     "info Content-Disposition: form-data; name=\"f\"; filename=\"b \\\"q\\\"\"|Content-Type: application/octet-stream||hi|Content-Disposition: form-data; name=\"g\"; filename=\"c\"|Content-Type: x/y||A|" LOGGED
     "info GoError: invalid type" LOGGED "info GoError: invalid type" LOGGED "info GoError: invalid type" LOGGED},
    {"header fields that Go takes out or puts in", "console.log(http.post(U + '/raw', '').headers)",
     "info { Pragma: \"no-cache\", Trailer: \"X\", Content-Length: \"0\", Cache-Control: \"no-cache\" }" LOGGED},
    {"no JSON", "for (const b of ['', '[1,]', '\\n\\n x', 'nul']) try { http.post(U + '/raw', b).json() } catch (e) { console.log(String(e).slice(46)) }",
     "info line 1, character 0 , error: unexpected end of JSON input" LOGGED "info line 1, character 4 , error: invalid character ']' looking for beginning of value" LOGGED
     "info line 3, character 2 , error: invalid character 'x' looking for beginning of value" LOGGED
     "info line 1, character 3 , error: invalid character ' ' in literal null (expecting 'l')" LOGGED},
    {"URLs as Go prints them", "const u = U.replace('//', '//us:p w@'), r = http.get(U + '/a b#c d'); console.log(r.url, r.request.url, r.json('path')); console.log(http.get('http://127.0.0.1:1/%zz').request);"
     "try { http.get('http://us:pw@127.0.0.1:1/', {throw: true}) } catch (e) { console.log(String(e).replace('@', '#')) }",
     "info @/a%20b#c%20d @/a%20b#c%20d /a%20b" LOGGED "warning Request Failed error=invalid URL: parse \"http://127.0.0.1:1/%zz\": invalid URL escape \"%zz\"\n"
     "info null" LOGGED "info GoError: Get \"http://us:***#127.0.0.1:1/\": dial tcp 127.0.0.1:1: connect: connection refused" LOGGED},
    {"http.url", "console.log(http.get(http.url`${U}/x/${5}`).json('path'))", "info /x/5" LOGGED},
    {"expected statuses", "try { http.expectedStatuses('x') } catch (e) { console.log(String(e)) } try { http.setResponseCallback(5) } catch (e) { console.log(String(e)) }",
     "info GoError: argument number 1 to expectedStatuses was neither an integer nor an object like {min:100, max:329}" LOGGED
     "info GoError: unsupported argument, expected http.expectedStatuses" LOGGED},
    {"what the request was", "const q = http.post(U, {a: 1}, {headers: {'x-a': 'b'}, cookies: {c: 'd'}}).request; console.log(q.method, q.body, q.headers['X-A'], q.headers['Content-Type'], q.cookies.c[0].value)",
     "info POST a=1 [ \"b\" ] [ \"application/x-www-form-urlencoded\" ] d" LOGGED},
    {"bad params are ignored or told", "console.log(http.get(U, 5).status, http.get(U, null).status, http.get(U, {headers: 5, redirects: 'x'}).status, http.get(U, {tags: {a: {}}}).error)",
     "warning Request Failed error=invalid HTTP request metric tags: invalid value for metric tag 'a': only String, Boolean and Number types are accepted as a metric tag values\n"
     "info 200 200 200 invalid HTTP request metric tags: invalid value for metric tag 'a': only String, Boolean and Number types are accepted as a metric tag values" LOGGED},
    {"own properties and writes", "const r = http.get(U); r.mine = 5; r.status = 9; console.log(r.mine, r.status, 'id' in r, 'body' in r, {...r}.status, JSON.parse(JSON.stringify(r)).status)", "info 5 9 false true 9 9" LOGGED},
    {"compression of a body", "const r = http.post(U, 'x', {compression: 'nope'}); console.log(r.error)",
     "warning Request Failed error=unknown compression algorithm nope, supported algorithms are [gzip deflate zstd br]\ninfo unknown compression algorithm nope, supported algorithms are [gzip deflate zstd br]" LOGGED},
};

static struct script_user *start(struct test_engine *e, const char *script) {
    struct buf d CLEANUP(buf_deinit) = BUF_MAX(1 << 20);
    test_engine_init(e);
    if (!test_engine_load(e, "t.js", script, &d))
        fail_msg("%s: %.*s", script, VIEW_ARGS(e->result.message));
    test_engine_plan(e);
    return test_engine_user(e, 1);
}

static void stop(struct test_engine *e, struct script_user *u) {
    script_js_ops.user_free(u);
    test_engine_deinit(e);
}

/* "@" → the server. */
static void expand(const char *text, char *out, size_t size) {
    size_t n = 0;
    for (; *text && n + sizeof base < size; text++)
        n += (size_t)snprintf(out + n, size - n, "%.*s", *text == '@' ? (int)strlen(base) : 1, *text == '@' ? base : text);
    out[n] = 0;
}

static void scripts(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct test_engine e;
        char script[4096], expected[8192];
        snprintf(script, sizeof script, "import http from 'k6/http'; const U = __ENV.ENDPOINT; export default async function () { %s }", cases[i].body);
        struct script_user *u = start(&e, script);
        test_engine_iterate(&e, u);
        expand(cases[i].log, expected, sizeof expected);
        if (strcmp(expected, e.logged.ptr ? e.logged.ptr : ""))
            fail_msg("%s:\n%s--- instead of\n%s", cases[i].name, e.logged.ptr, expected);
        stop(&e, u);
    }
}

/* --- recording --- */

/* The sum or number of samples of a metric under tags that match the filter. */
static double total(struct test_engine *e, const char *metric, const char *key, const char *value) {
    metric_id id;
    struct sink s;
    struct tag filter = {view_of_cstr(key), view_of_cstr(value)};
    assert_true(metrics_find(e->recorder.metrics, view_of_cstr(metric), &id));
    assert_int_equal(series_store_collect(e->recorder.series, id, key ? &filter : NULL, key ? 1 : 0, &s), 0);
    double n = s.type == METRIC_COUNTER ? s.counter.sum : s.type == METRIC_RATE ? (double)s.rate.hits : (double)s.trend.count;
    sink_deinit(&s);
    return n;
}

static void every_hop_is_recorded(void **state) {
    (void)state;
    struct test_engine e;
    struct script_user *u = start(&e,
        "import http from 'k6/http'; import {group} from 'k6'; const U = __ENV.ENDPOINT; export default function () {"
        "http.get(U + '/redirect/2'); http.get(U + '/status/404', {tags: {name: 'n', mine: 1}}); http.get('http://127.0.0.1:1/');"
        "group('g', () => http.get(U + '/in')); http.get(U + '/status/500', {responseCallback: null}); http.get(U + '/status/503', {responseCallback: http.expectedStatuses(503)}); http.get('http://a b') }");
    test_engine_iterate(&e, u);
    assert_int_equal((int)total(&e, "http_reqs", NULL, NULL), 8);
    assert_int_equal((int)total(&e, "http_req_duration", NULL, NULL), 8);
    assert_int_equal((int)total(&e, "http_req_failed", NULL, NULL), 2);
    assert_int_equal((int)total(&e, "http_reqs", "status", "302"), 2);
    assert_int_equal((int)total(&e, "http_reqs", "name", "n"), 1);
    assert_int_equal((int)total(&e, "http_reqs", "url", "n"), 1);
    assert_int_equal((int)total(&e, "http_reqs", "mine", "1"), 1);
    assert_int_equal((int)total(&e, "http_reqs", "group", "::g"), 1);
    assert_int_equal((int)total(&e, "http_reqs", "error_code", "1212"), 1);
    assert_int_equal((int)total(&e, "http_reqs", "error_code", "1404"), 1);
    assert_int_equal((int)total(&e, "http_reqs", "expected_response", "false"), 2);
    assert_int_equal((int)total(&e, "http_reqs", "expected_response", "true"), 5);
    assert_int_equal((int)total(&e, "http_reqs", "scenario", "default"), 8);
    assert_int_equal((int)total(&e, "iterations", NULL, NULL), 1);
    assert_int_equal((int)total(&e, "iteration_duration", NULL, NULL), 1);
    assert_true(total(&e, "data_sent", NULL, NULL) > 100);
    assert_true(total(&e, "data_received", NULL, NULL) > 100);
    stop(&e, u);
}

static void jars_are_new_in_every_iteration(void **state) {
    (void)state;
    struct test_engine e;
    struct script_user *u = start(&e, "import http from 'k6/http'; const U = __ENV.ENDPOINT; export default function () { console.log(http.get(U).json('cookie')); http.get(U + '/cookie') }");
    test_engine_iterate(&e, u);
    test_engine_iterate(&e, u);
    assert_string_equal(e.logged.ptr, "info  source=console\ninfo  source=console\n");
    stop(&e, u);
}

static void an_interrupted_request_is_not_recorded_but_kept_as_evidence(void **state) {
    (void)state;
    struct test_engine e;
    struct script_user *u = start(&e, "import http from 'k6/http'; const U = __ENV.ENDPOINT; export default function () { http.asyncRequest('GET', U + '/slow/5000'); http.get(U + '/slow/5000'); console.log('never') }");
    script_js_ops.user_start(u, &(struct script_iteration){0});
    int64_t until_us = clock_now_us(&clock_real) + 200000;
    while (clock_now_us(&clock_real) < until_us)
        assert_int_equal(loop_turn(e.loop, 20000), 0);
    script_js_ops.user_interrupt(u);
    while (!test_engine_over(&e))
        assert_int_equal(loop_turn(e.loop, 20000), 0);
    assert_int_equal(e.done[SCRIPT_ITERATION_INTERRUPTED], 1);
    assert_int_equal((int)total(&e, "http_reqs", NULL, NULL), 0);
    assert_int_equal((int)total(&e, "iterations", NULL, NULL), 0);
    uint64_t cut = 0;
    for (size_t i = 0; i < evidence_store_count(e.recorder.evidence); i++)
        if (evidence_store_at(e.recorder.evidence, i).kind == EVIDENCE_REQUEST_INTERRUPTED)
            cut += evidence_store_at(e.recorder.evidence, i).count;
    assert_int_equal(cut, 2);
    /* The VU works on. */
    stop(&e, u);
}

/* --- evidence --- */

static const struct evidence *find(struct test_engine *e, enum evidence_kind kind, const char *subject) {
    static struct evidence found;
    for (size_t i = 0; i < evidence_store_count(e->recorder.evidence); i++) {
        found = evidence_store_at(e->recorder.evidence, i);
        if (found.kind == kind && view_eq(found.subject, view_of_cstr(subject)))
            return &found;
    }
    fail_msg("no evidence of kind %d for %s", kind, subject);
    return NULL;
}

static void planted_faults_leave_evidence(void **state) {
    (void)state;
    struct test_engine e;
    char endpoint[128];
    struct script_user *u = start(&e,
        "import http from 'k6/http'; import {check} from 'k6'; const U = __ENV.ENDPOINT;\n"
        "export default function () {\n"
        "  const r = http.post(U + '/status/201', '{}');\n"
        "  check(r, {'is status 200': r => r.status === 200, 'fine': r => r.status < 300});\n"
        "  http.del(`${U}/todos/${r.id}`);\n"
        "  http.get(U + '/a?x=' + {} + '&y=null&z=NaN&nullable=anullb');\n"
        "  r.then; r.toJSON; r[Symbol.iterator]; String(r); JSON.stringify(r); r.hasOwnProperty('x');\n"
        "}");
    test_engine_iterate(&e, u);
    test_engine_iterate(&e, u);
    snprintf(endpoint, sizeof endpoint, "POST %s/status/201", base);
    const struct evidence *v = find(&e, EVIDENCE_CHECK_FAILED, "is status 200");
    assert_int_equal(v->count, 2);
    assert_true(view_eq(v->object, view_of_cstr(endpoint)));
    assert_true(view_find_view(v->exemplar, VIEW("201 Fine")) > 0 && view_find_view(v->exemplar, VIEW("{\"id\": 7}")) > 0);
    v = find(&e, EVIDENCE_CHECK_READ, "is status 200");
    assert_true(view_eq(v->detail, VIEW("status=201")));
    assert_int_equal(v->count, 2);
    assert_int_equal(find(&e, EVIDENCE_CHECK_PASSED, "fine")->count, 2);
    v = find(&e, EVIDENCE_PROPERTY_MISSING, "id");
    assert_true(view_starts_with(v->detail, VIEW("file:///tmp/t.js:5:")));
    assert_true(view_eq(v->exemplar, VIEW("did you mean response.json().id?")));
    v = find(&e, EVIDENCE_URL_SUSPECT, "undefined");
    snprintf(endpoint, sizeof endpoint, "DELETE %s/todos/undefined", base);
    assert_true(view_eq(v->object, view_of_cstr(endpoint)));
    assert_int_equal(find(&e, EVIDENCE_URL_SUSPECT, "[object Object]")->count, 2);
    size_t missing = 0;
    for (size_t i = 0; i < evidence_store_count(e.recorder.evidence); i++)
        missing += evidence_store_at(e.recorder.evidence, i).kind == EVIDENCE_PROPERTY_MISSING;
    assert_int_equal(missing, 1);
    assert_int_equal(find(&e, EVIDENCE_REQUEST_COUNTED, "http requests")->count, 6);
    stop(&e, u);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scripts),
        cmocka_unit_test(every_hop_is_recorded),
        cmocka_unit_test(jars_are_new_in_every_iteration),
        cmocka_unit_test(an_interrupted_request_is_not_recorded_but_kept_as_evidence),
        cmocka_unit_test(planted_faults_leave_evidence),
    };
    int port = test_server_start(&server);
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    setenv("ENDPOINT", base, 1);
    int r = cmocka_run_group_tests(tests, NULL, NULL);
    test_server_stop(server);
    return r;
}
