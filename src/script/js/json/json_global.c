/* The global JSON. parse and stringify are the language's; they take the short way (json_reader, json_text)
 * where it gives the same. */
#include "core/fiber.h"
#include "script/js/json/json_text.h"
#include "script/js/module.h"

enum { STACK_MARGIN_BYTES = 2048 };

/* --- JSON.parse --- */

static bool stack_is_used_up(void) {
    struct fiber *f = fiber_current();
    return f && (char *)__builtin_frame_address(0) - (char *)fiber_stack_base(f) < STACK_MARGIN_BYTES;
}

static JSValue revive(JSContext *ctx, JSValueConst holder, JSAtom name, JSValueConst reviver);

/* False with an exception pending. */
static bool revive_member(JSContext *ctx, JSValueConst v, JSAtom name, JSValueConst reviver) {
    JSValue member = revive(ctx, v, name, reviver);

    if (JS_IsException(member))
        return false;
    if (JS_IsUndefined(member))
        return JS_DeleteProperty(ctx, v, name, 0) >= 0;
    return JS_DefinePropertyValue(ctx, v, name, member, JS_PROP_C_W_E) >= 0;
}

static bool revive_array(JSContext *ctx, JSValueConst v, JSValueConst reviver) {
    JSValue length = JS_GetPropertyStr(ctx, v, "length");
    uint32_t count = 0;
    bool ok = !JS_IsException(length) && JS_ToUint32(ctx, &count, length) == 0;

    JS_FreeValue(ctx, length);
    for (uint32_t i = 0; ok && i < count; i++) {
        JSAtom index = JS_NewAtomUInt32(ctx, i);
        ok = index != JS_ATOM_NULL && revive_member(ctx, v, index, reviver);
        JS_FreeAtom(ctx, index);
    }
    return ok;
}

static bool revive_object(JSContext *ctx, JSValueConst v, JSValueConst reviver) {
    JSPropertyEnum *names;
    uint32_t count;
    bool ok = true;

    if (JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    for (uint32_t i = 0; i < count; i++) {
        ok = ok && revive_member(ctx, v, names[i].atom, reviver);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    return ok;
}

static JSValue revive(JSContext *ctx, JSValueConst holder, JSAtom name, JSValueConst reviver) {
    if (stack_is_used_up())
        return JS_ThrowInternalError(ctx, "stack overflow");
    JSValue v = JS_GetProperty(ctx, holder, name), result = JS_EXCEPTION;
    bool ok = !JS_IsException(v);

    if (JS_IsObject(v)) {
        int array = JS_IsArray(ctx, v);
        ok = array >= 0 && (array ? revive_array(ctx, v, reviver) : revive_object(ctx, v, reviver));
    }
    if (ok) {
        JSValue name_value = JS_AtomToValue(ctx, name);
        if (!JS_IsException(name_value))
            result = JS_Call(ctx, reviver, holder, 2, (JSValueConst[]){name_value, v});
        JS_FreeValue(ctx, name_value);
    }
    JS_FreeValue(ctx, v);
    return result;
}

static JSValue json_parse(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct view text;
    (void)this_val;

    if (!js_text(ctx, argv[0], &text))
        return JS_EXCEPTION;
    JSValue v = js_json_read_cstr(ctx, text, "<input>");
    js_text_free(ctx, text);
    if (JS_IsException(v) || argc < 2 || !JS_IsFunction(ctx, argv[1]))
        return v;
    JSValue root = JS_NewObject(ctx);
    JSAtom name = JS_NewAtomLen(ctx, "", 0);
    JSValue revived = JS_EXCEPTION;
    if (JS_IsException(root) || name == JS_ATOM_NULL)
        JS_FreeValue(ctx, v);
    else if (JS_DefinePropertyValue(ctx, root, name, v, JS_PROP_C_W_E) >= 0)
        revived = revive(ctx, root, name, argv[1]);
    JS_FreeAtom(ctx, name);
    JS_FreeValue(ctx, root);
    return revived;
}

/* --- JSON.stringify --- */

static JSValue json_stringify(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    JSValue text;
    (void)this_val, (void)argc;

    if (js_is_nullish(argv[1]) && js_is_nullish(argv[2]) && json_text_of(ctx, argv[0], &text))
        return text;
    return JS_JSONStringify(ctx, argv[0], argv[1], argv[2]);
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("parse", 2, json_parse),
    JS_CFUNC_DEF("stringify", 3, json_stringify),
    JS_PROP_STRING_DEF("[Symbol.toStringTag]", "JSON", JS_PROP_CONFIGURABLE),
};
static const JSCFunctionListEntry object[] = {
    JS_OBJECT_DEF(
        "JSON", functions, sizeof functions / sizeof *functions, JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE),
};

extern int json_global_globals(JSContext *ctx, JSValueConst global);
int json_global_globals(JSContext *ctx, JSValueConst global) {
    JS_SetPropertyFunctionList(ctx, global, object, 1); /* made when it is first asked for */
    return 0;
}
