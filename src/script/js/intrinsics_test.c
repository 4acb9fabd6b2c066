/* What is made at its first use behaves as if it had always been there. */
#include "script/js/module_test_priv.h"

#include "script/js/module.h"

/* Each in a fresh heap. */
static const struct module_test_row rows[] = {
    {"new Date(0).toISOString()", "1970-01-01T00:00:00.000Z"},
    {"typeof Date", "function"},
    {"typeof Map + typeof WeakSet", "functionfunction"},
    {"'Set' in globalThis", "true"},
    {"Reflect.has(globalThis, 'Uint8Array')", "true"},
    {"[...new Map([[1, 2]]).entries()].join()", "1,2"},
    {"new Set([1, 1, 2]).size", "2"},
    {"new WeakMap() instanceof WeakMap", "true"},
    {"globalThis['Uint16Array'].BYTES_PER_ELEMENT", "2"},
    {"new DataView(new ArrayBuffer(8)).byteLength", "8"},
    {"new Float64Array([1.5])[0] + new Uint8Array(new ArrayBuffer(2)).length", "3.5"},
    {"Object.getOwnPropertyDescriptor(new Uint8ClampedArray([300]), 0).value", "255"},
    {"typeof BigUint64Array", "function"},
    /* what k6 does not have */
    {"[typeof SharedArrayBuffer, typeof Atomics, typeof WeakRef, typeof FinalizationRegistry].join()", "undefined,undefined,undefined,undefined"},
    {"Uint8Array.name + typeof SharedArrayBuffer + typeof Atomics", "Uint8Arrayundefinedundefined"},
    /* changed by the script */
    {"globalThis.Map = 5; Map + typeof Set", "5function"},
    {"Date = 7; Date", "7"},
    {"delete globalThis.Map; Map; delete globalThis.Map; typeof Map", "undefined"},
    {"Map.prototype.mine = 3; new Map().mine", "3"},
    {"class M extends Map { get two() { return 2 * this.size } }; new M([[1, 1]]).two", "2"},
    /* not among them */
    {"typeof Nonsense", "undefined"},
    {"Nonsense", "ReferenceError: 'Nonsense' is not defined"},
    {"typeof globalThis[Symbol('Map')]", "undefined"},
    {"globalThis.hasOwnProperty('parseInt') + ' ' + (globalThis instanceof Object)", "true true"},
    {"globalThis.toString === Object.prototype.toString", "true"},
    {"let n = []; for (const k in globalThis) n.push(k); n.length", "0"},
};

static void as_if_always_there(void **state) {
    (void)state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct module_test t;
        module_test_init(&t, NULL);
        module_test_rows(&t, &rows[i], 1);
        module_test_deinit(&t);
    }
}

static JSValue bytes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return js_buffer(ctx, VIEW("abc"));
}

static void buffers_made_in_c_have_their_prototype(void **state) {
    static const struct module_test_row from_c[] = {
        {"bytes().byteLength", "3"},
        {"bytes() instanceof ArrayBuffer", "true"},
        {"new Uint8Array(bytes())[2]", "99"},
    };
    (void)state;

    for (size_t i = 0; i < sizeof from_c / sizeof *from_c; i++) {
        struct module_test t;
        module_test_init(&t, NULL);
        JSValue global = JS_GetGlobalObject(t.ctx);
        JS_SetPropertyStr(t.ctx, global, "bytes", JS_NewCFunction(t.ctx, bytes, "bytes", 0));
        JS_FreeValue(t.ctx, global);
        module_test_rows(&t, &from_c[i], 1);
        module_test_deinit(&t);
    }
}

static void a_fresh_heap_is_without_them(void **state) {
    struct module_test t;
    JSMemoryUsage before, after;
    (void)state;

    module_test_init(&t, NULL);
    JS_ComputeMemoryUsage(t.rt, &before);
    JSValue r = JS_Eval(t.ctx, "Date, Map, DataView", 19, "x", JS_EVAL_TYPE_GLOBAL);
    assert_false(JS_IsException(r));
    JS_FreeValue(t.ctx, r);
    JS_ComputeMemoryUsage(t.rt, &after);
    assert_in_range(after.malloc_size - before.malloc_size, 10 * 1024, 64 * 1024);
    module_test_deinit(&t);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_if_always_there),
        cmocka_unit_test(buffers_made_in_c_have_their_prototype),
        cmocka_unit_test(a_fresh_heap_is_without_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
