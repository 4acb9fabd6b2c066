/* JSON both ways: what the short ways give is what the engine gives. */
#include "core/rng.h"
#include "script/js/json/json_reader.h"
#include "script/js/json/json_text.h"
#include "script/js/module_test_priv.h"

enum { RANDOM_VALUES = 3000, RANDOM_DEPTH = 4 };

struct expression {
    const char *source;
    bool taken; /* by the short way */
};

static const struct expression written[] = {
    {"({})", true},
    {"[]", true},
    {"[[], {}, [[]]]", true},
    {"({ a: 1, b: 'x', c: [true, false, null, undefined], d: undefined, e: { f: {} } })", true},
    {"({ 10: 1, 2: 2, b: 3, a: 4, '': 5, ' ': 6, __proto__: null })", true},
    {"({ 'q\"\\\\\\n\\u0001': '\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f' })", true},
    {"['größe', '€', '😀', '\\u2028\\u2029', '\\u00ff', '\\ud7ff']", true},
    {"({ 'größe': 1, '€': 2 })", true},
    {"['a\\ud800b', '\\udc00', '\\ud800']", false},
    {"({ '\\ud800': 1 })", false},
    {"[0, -0, 1, -1, 2147483647, -2147483648, 2147483648, 9007199254740991, -9007199254740992, 1e15, 1e20, "
     "1e21, 1e22, 1e300]",
        true},
    {"[0.1, 0.2, 0.1 + 0.2, 29.95, 4.5, -1.19, 0.000001, 0.0000001, 1e-7, 1.5e-7, 123456789.123456, 1 / 3, "
     "5e-324, 1.7976931348623157e308]",
        true},
    {"[999999999999999.9, 99999999999999.95, 0.999999, 0.9999999, 1.0000001, 100.10, 8.41, 1e-6, 12e-6, "
     "4.35, 2.675, 1.005]",
        true},
    {"[NaN, Infinity, -Infinity, 3.0, 1e3]", true},
    {"(() => { const a = 'x'.repeat(100) + 'y'.repeat(1000); return [a + a + 'z', a + 'ö'.repeat(900)]; })()",
        true},
    {"Object.create({ inherited: 1 }, { own: { value: 1, enumerable: true }, hidden: { value: 2 } })", true},
    {"Object.create(null)", true},
    {"new (class A { constructor() { this.x = 1; } y() {} })()", true},
    {"Object.assign([1, 2], { more: 3 })", true},
    {"[1, , 3]", false},
    {"new Array(3)", false},
    {"({ get a() { return 7; } })", false},
    {"({ a: 1, toJSON() { return { b: this.a }; } })", false},
    {"[new Date(0)]", false},
    {"({ f() {}, g: () => 1, s: Symbol('x'), [Symbol('y')]: 2, h: 3 })", false},
    {"[function () {}]", false},
    {"[Symbol('x')]", false},
    {"[new String('s'), new Number(2.5), new Boolean(false)]", false},
    {"new Proxy({ a: 1 }, {})", false},
    {"[new Proxy([1], {})]", false},
    {"Object.create(new Proxy({}, {}), { a: { value: 1, enumerable: true } })", false},
    {"new Map([[1, 2]])", false},
    {"new Uint8Array([1, 2])", false},
    {"Object.create({ toJSON: () => 'inherited' })", false},
    {"(() => { let v = 1; for (let i = 0; i < 47; i++) v = [v]; return v; })()", true},
    {"(() => { let v = 1; for (let i = 0; i < 300; i++) v = { v }; return v; })()", false},
    {"(() => { const v = {}; v.v = v; return v; })()", false},
    {"[10n]", false},
};

static JSValue evaluate(JSContext *ctx, const char *source) {
    JSValue v = JS_Eval(ctx, source, strlen(source), "<test>", JS_EVAL_TYPE_GLOBAL);
    if (JS_IsException(v))
        fail_msg("%s throws", source);
    return v;
}

/* Both texts; or both throw. */
static void same_text(JSContext *ctx, JSValueConst v, const char *source, bool expected_taken) {
    JSValue fast, slow = JS_JSONStringify(ctx, v, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(slow))
        JS_FreeValue(ctx, JS_GetException(ctx));
    bool taken = json_text_of(ctx, v, &fast);
    assert_false(JS_HasException(ctx));
    if (taken != expected_taken)
        fail_msg("%s: taken %d", source, taken);
    if (taken) {
        if (!JS_StrictEq(ctx, fast, slow))
            fail_msg("%s: %s and not %s", source, JS_ToCString(ctx, fast), JS_ToCString(ctx, slow));
        JS_FreeValue(ctx, fast);
    }
    JS_FreeValue(ctx, slow);
}

static void writes_what_the_engine_writes(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    for (size_t i = 0; i < sizeof written / sizeof *written; i++) {
        JSValue v = evaluate(t.ctx, written[i].source);
        same_text(t.ctx, v, written[i].source, written[i].taken);
        JS_FreeValue(t.ctx, v);
    }
    module_test_deinit(&t);
}

static void sees_a_toJSON_of_all_objects(void **state) {
    struct module_test t;
    (void)state;

    module_test_init(&t, NULL);
    JS_FreeValue(t.ctx, evaluate(t.ctx, "Array.prototype.toJSON = () => 'array'"));
    JSValue v = evaluate(t.ctx, "({ a: [1] })"), w = evaluate(t.ctx, "({ a: 1 })");
    same_text(t.ctx, v, "an array in an object", false);
    same_text(t.ctx, w, "an object", true);
    JS_FreeValue(t.ctx, evaluate(t.ctx, "Object.prototype.toJSON = () => 'object'"));
    same_text(t.ctx, w, "an object", false);
    JS_FreeValue(t.ctx, v);
    JS_FreeValue(t.ctx, w);
    module_test_deinit(&t);
}

/* --- reading --- */

static const struct {
    const char *text;
    bool taken;
} read_rows[] = {
    {"{}", true},
    {" [ ] ", true},
    {"{\"a\":1,\"b\":[1,2,{\"c\":null}],\"d\":true,\"e\":false}", true},
    {"\r\n\t {\"a\" : 1 , \"a\" : 2}\n", true},
    {"{\"__proto__\":1,\"constructor\":2,\"10\":3,\"2\":4,\"\":5}", true},
    {"[0,-0,1,-1,999999999,9999999999,2147483647,2147483648,-2147483648,-2147483649,12345678901234567890]",
        true},
    {"[0.1,1.5,-2.25,1e5,1E-5,1.5e+300,123456789012345678,0.1e1,5e-324,29.95]", true},
    {"[1e400]", false},
    {"\"text\"", true},
    {"\"\"", true},
    {"\"größe € 😀\"", true},
    {"{\"größe\":\"€\"}", true},
    {"[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\u20AC\\ud83d\\ude00x\"]", true},
    {"{\"a\\nb\":1}", true},
    {"12", true},
    {"null", true},
    {"true", true},
    {"\"\\u0000\"", false},
    {"\"\\ud800\"", false},
    {"\"\\ude00\\ud83d\"", false},
    {"\"\\ud83dx\"", false},
    {"\"\\x41\"", false},
    {"\"\\'\"", false},
    {"\"a\nb\"", false},
    {"\"\xff\"", false},
    {"\"\xed\xa0\x80\"", false},
    {"\"open", false},
    {"\"open\\", false},
    {"", false},
    {" ", false},
    {"[1,]", false},
    {"[,1]", false},
    {"{\"a\":1,}", false},
    {"{\"a\"}", false},
    {"{a:1}", false},
    {"{'a':1}", false},
    {"[1 2]", false},
    {"01", false},
    {"-", false},
    {"-a", false},
    {"1.", false},
    {"1.e5", false},
    {".5", false},
    {"+1", false},
    {"1e", false},
    {"1e+", false},
    {"0x10", false},
    {"NaN", false},
    {"tru", false},
    {"trueish", false},
    {"nullx", false},
    {"[1]]", false},
    {"[1] x", false},
    {"[[[[", false},
    {"{\"a\":", false},
    {"\xef\xbb\xbf{}", false},
};

/* Values and their kinds: -0 is told from 0, an int from a double. */
static void same_value(JSContext *ctx, JSValueConst a, JSValueConst b, const char *text) {
    JSValue ta = JS_JSONStringify(ctx, a, JS_UNDEFINED, JS_UNDEFINED),
            tb = JS_JSONStringify(ctx, b, JS_UNDEFINED, JS_UNDEFINED);
    if (!JS_StrictEq(ctx, ta, tb) || JS_VALUE_GET_NORM_TAG(a) != JS_VALUE_GET_NORM_TAG(b))
        fail_msg("%s: %s and not %s", text, JS_ToCString(ctx, ta), JS_ToCString(ctx, tb));
    JS_FreeValue(ctx, ta);
    JS_FreeValue(ctx, tb);
}

static void reads_what_the_engine_reads(void **state) {
    struct module_test t;
    JSValue fast;
    (void)state;

    module_test_init(&t, NULL);
    for (size_t i = 0; i < sizeof read_rows / sizeof *read_rows; i++) {
        const char *text = read_rows[i].text;
        char *exact = malloc(strlen(text) + 1); /* the sanitizer sees reading beyond the end */
        assert_non_null(exact);
        memcpy(exact, text, strlen(text));
        bool taken = json_reader_value(t.ctx, view_of(exact, strlen(text)), &fast);
        free(exact);
        assert_false(JS_HasException(t.ctx));
        if (taken != read_rows[i].taken)
            fail_msg("%s: taken %d", text, taken);
        if (!taken)
            continue;
        JSValue slow = JS_ParseJSON(t.ctx, text, strlen(text), "<test>");
        assert_false(JS_IsException(slow));
        same_value(t.ctx, fast, slow, text);
        JS_FreeValue(t.ctx, fast);
        JS_FreeValue(t.ctx, slow);
    }
    module_test_deinit(&t);
}

static void keeps_the_sign_of_zero(void **state) {
    struct module_test t;
    JSValue v;
    (void)state;

    module_test_init(&t, NULL);
    assert_true(json_reader_value(t.ctx, VIEW("-0"), &v));
    JSValue object = evaluate(t.ctx, "(v) => Object.is(v, -0)");
    JSValue is = JS_Call(t.ctx, object, JS_UNDEFINED, 1, &v);
    assert_true(JS_VALUE_GET_BOOL(is));
    JS_FreeValue(t.ctx, object);
    module_test_deinit(&t);
}

static void leaves_depth_to_the_engine(void **state) {
    struct module_test t;
    char text[2 * (JSON_READER_DEPTH_MAX + 1)];
    JSValue v;
    (void)state;

    module_test_init(&t, NULL);
    memset(text, '[', JSON_READER_DEPTH_MAX + 1);
    memset(text + JSON_READER_DEPTH_MAX + 1, ']', JSON_READER_DEPTH_MAX + 1);
    assert_false(json_reader_value(t.ctx, view_of(text, sizeof text), &v));
    assert_true(json_reader_value(t.ctx, view_of(text + 1, sizeof text - 2), &v));
    JS_FreeValue(t.ctx, v);
    module_test_deinit(&t);
}

/* --- both, on random values --- */

static double pow10_of(struct rng *rng) {
    static const double powers[] = {1e-30, 1e-20, 1e-10, 1e-3, 1, 1e5, 1e200};
    return powers[rng_u64(rng) % 7];
}

static JSValue random_value(JSContext *ctx, struct rng *rng, int depth) {
    static const char *const texts[] = {"", "a", "customer", "\"q\"", "tab\t", "ö", "😀", "\x01", "x\\y"};
    switch (rng_u64(rng) % (depth ? 9 : 7)) {
    case 0: return JS_NULL;
    case 1: return JS_NewBool(ctx, rng_u64(rng) & 1);
    case 2: return JS_NewInt32(ctx, (int32_t)rng_u64(rng));
    case 3: return JS_NewFloat64(ctx, (double)(int64_t)(rng_u64(rng) % 2000000) / 1000 - 1000);
    case 4: return JS_NewFloat64(ctx, (double)(int64_t)rng_u64(rng) * pow10_of(rng));
    case 5: return JS_NewFloat64(ctx, rng_double(rng));
    case 6: return JS_NewString(ctx, texts[rng_u64(rng) % 9]);
    default: break;
    }
    bool array = rng_u64(rng) & 1;
    JSValue v = array ? JS_NewArray(ctx) : JS_NewObject(ctx);
    for (uint32_t i = 0, n = (uint32_t)(rng_u64(rng) % 6); i < n; i++) {
        JSValue member = random_value(ctx, rng, depth - 1);
        if (array)
            JS_SetPropertyUint32(ctx, v, i, member);
        else
            JS_SetPropertyStr(ctx, v, texts[rng_u64(rng) % 9], member);
    }
    return v;
}

static void random_values_survive(void **state) {
    struct module_test t;
    struct rng rng;
    (void)state;

    module_test_init(&t, NULL);
    rng_init(&rng, 42);
    for (int i = 0; i < RANDOM_VALUES; i++) {
        JSValue v = JS_NewArray(t.ctx), text, back;
        JS_SetPropertyUint32(t.ctx, v, 0, random_value(t.ctx, &rng, RANDOM_DEPTH));
        same_text(t.ctx, v, "a random value", true);
        assert_true(json_text_of(t.ctx, v, &text));
        size_t len;
        const char *bytes = JS_ToCStringLen(t.ctx, &len, text);
        if (!json_reader_value(t.ctx, view_of(bytes, len), &back))
            assert_non_null(strstr(bytes, "\\u0000"));
        else {
            JSValue slow = JS_ParseJSON(t.ctx, bytes, len, "<test>");
            same_value(t.ctx, back, slow, bytes);
            JS_FreeValue(t.ctx, slow);
            JS_FreeValue(t.ctx, back);
        }
        JS_FreeCString(t.ctx, bytes);
        JS_FreeValue(t.ctx, text);
        JS_FreeValue(t.ctx, v);
    }
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_what_the_engine_writes),
        cmocka_unit_test(sees_a_toJSON_of_all_objects),
        cmocka_unit_test(reads_what_the_engine_reads),
        cmocka_unit_test(keeps_the_sign_of_zero),
        cmocka_unit_test(leaves_depth_to_the_engine),
        cmocka_unit_test(random_values_survive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
