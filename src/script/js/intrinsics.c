/* How it is lazy. Between the global object and Object.prototype stands one object that the engine asks for whatever the global
 * object does not have: an undeclared name, `typeof Map`, `"Map" in globalThis`. When it is asked for one of `names`, it has QuickJS
 * add the group of objects that the name belongs to, as properties of the global object, and answers with them; from then on nobody
 * comes here for them. A group is added once, so what a script deletes stays deleted.
 *
 * What k6 does not have is left out (scripts and libraries look whether it is there): WeakRef and FinalizationRegistry are never
 * added; SharedArrayBuffer and Atomics come with the typed arrays and are deleted. */
#include "script/js/intrinsics.h"

#include "script/js/module.h"

#include <errno.h>
#include <string.h>

enum group { DATE, COLLECTIONS, BUFFERS, NO_GROUP };

static void (*const adders[])(JSContext *) = {
    [DATE] = JS_AddIntrinsicDate,
    [COLLECTIONS] = JS_AddIntrinsicMapSet,
    [BUFFERS] = JS_AddIntrinsicTypedArrays,
};

static const struct {
    const char *name;
    enum group group;
} names[] = {
    {"Date", DATE},
    {"Map", COLLECTIONS},
    {"Set", COLLECTIONS},
    {"WeakMap", COLLECTIONS},
    {"WeakSet", COLLECTIONS},
    {"ArrayBuffer", BUFFERS},
    {"DataView", BUFFERS},
    {"Uint8ClampedArray", BUFFERS},
    {"Int8Array", BUFFERS},
    {"Uint8Array", BUFFERS},
    {"Int16Array", BUFFERS},
    {"Uint16Array", BUFFERS},
    {"Int32Array", BUFFERS},
    {"Uint32Array", BUFFERS},
    {"BigInt64Array", BUFFERS},
    {"BigUint64Array", BUFFERS},
    {"Float16Array", BUFFERS},
    {"Float32Array", BUFFERS},
    {"Float64Array", BUFFERS},
};

static const char *const unwanted[] = {"SharedArrayBuffer", "Atomics"};

static enum group group_of(JSContext *ctx, JSAtom name) {
    enum group found = NO_GROUP;
    const char *text = JS_AtomToCString(ctx, name);

    for (size_t i = 0; text && found == NO_GROUP && i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i].name) == 0)
            found = names[i].group;
    JS_FreeCString(ctx, text);
    return found;
}

static void delete_unwanted(JSContext *ctx) {
    JSValue global = JS_GetGlobalObject(ctx);

    for (size_t i = 0; i < sizeof unwanted / sizeof *unwanted; i++) {
        JSAtom name = JS_NewAtom(ctx, unwanted[i]);
        JS_DeleteProperty(ctx, global, name, 0);
        JS_FreeAtom(ctx, name);
    }
    JS_FreeValue(ctx, global);
}

static bool add(struct vu *vu, enum group group) {
    if (vu->intrinsics & 1u << group)
        return false;
    vu->intrinsics |= 1u << group;
    adders[group](vu->ctx);
    if (group == BUFFERS)
        delete_unwanted(vu->ctx);
    return true;
}

static int get_own_property(JSContext *ctx, JSPropertyDescriptor *out, JSValueConst this_obj, JSAtom name) {
    enum group group = group_of(ctx, name);
    (void)this_obj;

    if (group == NO_GROUP || !add(js_vu(ctx), group))
        return 0;
    JSValue global = JS_GetGlobalObject(ctx);
    int r = JS_GetOwnProperty(ctx, out, global, name);
    JS_FreeValue(ctx, global);
    return r;
}

static JSClassExoticMethods methods = {.get_own_property = get_own_property};
static const JSClassDef class_def = {.class_name = "Intrinsics", .exotic = &methods};
static JSClassID class_id;

/* Object.prototype <- the one who adds <- the global object. */
static int stand_between(JSContext *ctx) {
    if (!class_id)
        JS_NewClassID(&class_id);
    if (JS_NewClass(JS_GetRuntime(ctx), class_id, &class_def) < 0)
        return -ENOMEM;
    JSValue global = JS_GetGlobalObject(ctx), above = JS_GetPrototype(ctx, global);
    JSValue between = JS_NewObjectProtoClass(ctx, above, class_id);
    int r = JS_IsException(between) || JS_SetPrototype(ctx, global, between) < 0 ? -ENOMEM : 0;
    JS_FreeValue(ctx, between);
    JS_FreeValue(ctx, above);
    JS_FreeValue(ctx, global);
    return r;
}

int intrinsics_init(struct vu *vu) {
    JS_AddIntrinsicBaseObjects(vu->ctx);
    JS_AddIntrinsicEval(vu->ctx);
    JS_AddIntrinsicStringNormalize(vu->ctx);
    JS_AddIntrinsicRegExp(vu->ctx);
    JS_AddIntrinsicProxy(vu->ctx);
    JS_AddIntrinsicPromise(vu->ctx);
    return stand_between(vu->ctx);
}

void intrinsics_need_buffers(struct vu *vu) {
    add(vu, BUFFERS);
}
