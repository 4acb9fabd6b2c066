/* The module `k6/data`: SharedArray.
 *
 * A SharedArray is a Proxy around an empty array, so that Array.isArray, iteration, console.log and every array method take it for one.
 * Its handler is an object of a class of ours, which holds the store; the traps stand on the class's prototype. What an element is parsed
 * from belongs to the process, so a VU pays for the proxy alone. An element is parsed and frozen at each access. */
#include "script/js/module.h"
#include "script/js/shared_array.h"

static const char registry_key;

enum { ELEMENT_BYTES_MAX = 1 << 30 };

static JSValue trap_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue trap_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue trap_has(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue trap_keys(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue trap_describe(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue trap_immutable(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

static const JSCFunctionListEntry traps[] = {
    JS_CFUNC_DEF("get", 3, trap_get),
    JS_CFUNC_DEF("set", 4, trap_set),
    JS_CFUNC_DEF("has", 2, trap_has),
    JS_CFUNC_DEF("ownKeys", 1, trap_keys),
    JS_CFUNC_DEF("getOwnPropertyDescriptor", 2, trap_describe),
    JS_CFUNC_DEF("deleteProperty", 2, trap_immutable),
    JS_CFUNC_DEF("defineProperty", 3, trap_immutable),
    JS_CFUNC_DEF("setPrototypeOf", 2, trap_immutable),
    JS_CFUNC_DEF("preventExtensions", 1, trap_immutable),
};
static struct js_class handler = {{"SharedArray", .finalizer = NULL}, traps, JS_COUNT(traps), 0};

/* --- traps --- */

enum key_kind { KEY_INDEX, KEY_LENGTH, KEY_OTHER };

static enum key_kind key_of(JSContext *ctx, JSValueConst key, uint64_t *index) {
    struct view text;
    enum key_kind kind = KEY_OTHER;

    if (!JS_IsString(key) || !js_text(ctx, key, &text))
        return KEY_OTHER;
    if (view_eq(text, VIEW("length")))
        kind = KEY_LENGTH;
    else if (text.len && *text.ptr >= '0' && *text.ptr <= '9' && (text.len == 1 || *text.ptr != '0') && view_to_u64(text, index))
        kind = KEY_INDEX;
    js_text_free(ctx, text);
    return kind;
}

static JSValue element(JSContext *ctx, const struct shared_array *a, uint64_t i) {
    if (i >= a->count)
        return JS_UNDEFINED;
    struct view json = shared_array_at(a, i);
    JSValue v = JS_ParseJSON(ctx, json.ptr, json.len, "<SharedArray>");
    js_deep_freeze(ctx, v);
    return v;
}

static JSValue trap_get(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const struct shared_array *a = js_class_opaque(this_val, &handler);
    uint64_t index;

    if (!a || argc < 2)
        return JS_UNDEFINED;
    switch (key_of(ctx, argv[1], &index)) {
    case KEY_INDEX: return element(ctx, a, index);
    case KEY_LENGTH: return JS_NewInt64(ctx, (int64_t)a->count);
    default: break;
    }
    JSAtom name = JS_ValueToAtom(ctx, argv[1]);
    JSValue v = JS_GetProperty(ctx, argv[0], name);
    JS_FreeAtom(ctx, name);
    return v;
}

static JSValue trap_immutable(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_ThrowTypeError(ctx, "SharedArray is immutable");
}

static JSValue trap_set(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    uint64_t index;
    struct view name;

    if (argc < 2 || key_of(ctx, argv[1], &index) != KEY_OTHER || JS_IsSymbol(argv[1]))
        return trap_immutable(ctx, this_val, argc, argv);
    if (!js_text(ctx, argv[1], &name))
        return JS_EXCEPTION;
    JS_ThrowTypeError(ctx, "Cannot set property \"%.*s\" on a dynamic array", VIEW_ARGS(name));
    js_text_free(ctx, name);
    return JS_EXCEPTION;
}

static JSValue trap_has(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const struct shared_array *a = js_class_opaque(this_val, &handler);
    uint64_t index;

    if (!a || argc < 2)
        return JS_FALSE;
    switch (key_of(ctx, argv[1], &index)) {
    case KEY_INDEX: return JS_NewBool(ctx, index < a->count);
    case KEY_LENGTH: return JS_TRUE;
    default: break;
    }
    JSAtom name = JS_ValueToAtom(ctx, argv[1]);
    int has = JS_HasProperty(ctx, argv[0], name);
    JS_FreeAtom(ctx, name);
    return has < 0 ? JS_EXCEPTION : JS_NewBool(ctx, has);
}

static JSValue trap_keys(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const struct shared_array *a = js_class_opaque(this_val, &handler);
    JSValue keys = JS_NewArray(ctx);
    (void)argc, (void)argv;

    if (!a || JS_IsException(keys))
        return keys;
    for (uint32_t i = 0; i <= a->count; i++) {
        JSAtom name = i < a->count ? JS_NewAtomUInt32(ctx, i) : JS_NewAtom(ctx, "length");
        JSValue text = JS_AtomToString(ctx, name);
        JS_FreeAtom(ctx, name);
        if (JS_SetPropertyUint32(ctx, keys, i, text) < 0) {
            JS_FreeValue(ctx, keys);
            return JS_EXCEPTION;
        }
    }
    return keys;
}

static JSValue trap_describe(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const struct shared_array *a = js_class_opaque(this_val, &handler);
    uint64_t index = 0;
    JSValue v;

    if (!a || argc < 2)
        return JS_UNDEFINED;
    enum key_kind kind = key_of(ctx, argv[1], &index);
    if (kind == KEY_OTHER || (kind == KEY_INDEX && index >= a->count))
        return JS_UNDEFINED;
    v = kind == KEY_LENGTH ? JS_NewInt64(ctx, (int64_t)a->count) : element(ctx, a, index);
    JSValue d = JS_IsException(v) ? JS_EXCEPTION : JS_NewObject(ctx);
    if (JS_IsException(d)) {
        JS_FreeValue(ctx, v);
        return d;
    }
    js_set(ctx, d, "value", v);
    js_set(ctx, d, "writable", JS_TRUE);
    js_set(ctx, d, "enumerable", JS_NewBool(ctx, kind == KEY_INDEX));
    js_set(ctx, d, "configurable", JS_NewBool(ctx, kind == KEY_INDEX));
    return d;
}

/* --- making --- */

static struct shared_arrays *registry(JSContext *ctx) {
    struct shared_arrays *all = js_shared(ctx, &registry_key);

    if (all)
        return all;
    all = shared_arrays_new();
    if (all && js_share(ctx, &registry_key, all, shared_arrays_free) < 0) {
        shared_arrays_free(all);
        all = NULL;
    }
    if (!all)
        JS_ThrowOutOfMemory(ctx);
    return all;
}

static bool add_element(JSContext *ctx, struct shared_array *a, JSValueConst list, uint32_t i, struct buf *json) {
    JSValue v = JS_GetPropertyUint32(ctx, list, i);

    buf_clear(json);
    bool ok = !JS_IsException(v) && js_json_write(ctx, v, json);
    JS_FreeValue(ctx, v);
    if (!ok)
        return false;
    if (shared_array_add(a, json->len ? buf_view(json) : VIEW("null")) == 0)
        return true;
    JS_ThrowOutOfMemory(ctx);
    return false;
}

/* Calls the function of the script and packs what it returns. NULL with an exception pending. */
static struct shared_array *build(JSContext *ctx, struct view name, JSValueConst make_list) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(ELEMENT_BYTES_MAX);
    struct shared_array *a = NULL;
    int64_t count = 0;
    bool ok = false;

    JSValue list = JS_Call(ctx, make_list, JS_UNDEFINED, 0, NULL);
    if (JS_IsException(list))
        return NULL;
    JSValue length = JS_UNDEFINED;
    if (js_is_nullish(list)) {
        JS_ThrowTypeError(ctx, "Cannot convert undefined or null to object");
    } else if (!js_is_array(ctx, list)) {
        js_throw(ctx, "only arrays can be made into SharedArray");
    } else {
        length = JS_GetPropertyStr(ctx, list, "length");
        ok = !JS_IsException(length) && JS_ToInt64(ctx, &count, length) == 0;
        a = ok ? shared_array_new(name) : NULL;
        ok = a != NULL;
    }
    for (int64_t i = 0; ok && i < count; i++)
        ok = add_element(ctx, a, list, (uint32_t)i, &json);
    JS_FreeValue(ctx, length);
    JS_FreeValue(ctx, list);
    return ok ? a : shared_array_free(a);
}

static struct shared_array *find_or_build(JSContext *ctx, struct view name, JSValueConst make_list) {
    struct shared_arrays *all = registry(ctx);
    struct shared_array *a = all ? shared_arrays_find(all, name) : NULL;

    if (a || !all)
        return a;
    a = build(ctx, name, make_list);
    if (!a)
        return NULL;
    /* The function may have made one of the same name meanwhile; whoever was first stays. */
    struct shared_array *other = shared_arrays_find(all, name);
    if (other) {
        shared_array_free(a);
        return other;
    }
    if (shared_arrays_put(all, a) == 0)
        return a;
    js_throw(ctx, "more than %d SharedArrays", SHARED_ARRAYS_MAX);
    return shared_array_free(a);
}

static JSValue proxy_of(JSContext *ctx, struct shared_array *a) {
    JSValue global = JS_GetGlobalObject(ctx), constructor = JS_GetPropertyStr(ctx, global, "Proxy");
    JSValue args[2] = {JS_NewArray(ctx), js_class_new(ctx, &handler, a)};
    JSValue proxy = JS_IsException(args[0]) || JS_IsException(args[1]) ? JS_EXCEPTION : JS_CallConstructor(ctx, constructor, 2, args);

    JS_FreeValue(ctx, args[0]);
    JS_FreeValue(ctx, args[1]);
    JS_FreeValue(ctx, constructor);
    JS_FreeValue(ctx, global);
    return proxy;
}

static JSValue shared_array_construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv) {
    struct view name = VIEW_NULL;
    (void)new_target;

    if (!js_in_init(ctx))
        return js_throw(ctx, "new SharedArray must be called in the init context");
    if (argc < 2 || !JS_IsFunction(ctx, argv[1]))
        return js_throw(ctx, "a function is expected as the second argument of SharedArray's constructor");
    if (js_is_async_function(ctx, argv[1]))
        return js_throw(ctx, "SharedArray constructor does not support async functions as second argument");
    if (!js_text(ctx, argv[0], &name))
        return JS_EXCEPTION;
    struct shared_array *a = NULL;
    if (name.len)
        a = find_or_build(ctx, name, argv[1]);
    else
        js_throw(ctx, "empty name provided to SharedArray's constructor");
    js_text_free(ctx, name);
    return a ? proxy_of(ctx, a) : JS_EXCEPTION;
}

static const char *const names[] = {"SharedArray", NULL};

static JSValue make(JSContext *ctx) {
    JSValue exports = JS_NewObject(ctx);

    if (!JS_IsException(exports))
        js_set(ctx, exports, "SharedArray",
               JS_NewCFunction2(ctx, shared_array_construct, "SharedArray", 2, JS_CFUNC_constructor_or_func, 0));
    return exports;
}
extern const struct module_row module_k6_data;
const struct module_row module_k6_data = {.name = "k6/data", .make = make, .exports = names};
