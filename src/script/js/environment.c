/* A copy of the whole environment would cost each VU some kilobytes, and nearly all scripts only read one or two names. So the object
 * answers reads from the host's table until a script lists, changes or deletes something; then it copies everything and is an
 * ordinary object from there on (`real`). */
#include "script/js/environment.h"

#include "script/js/host_priv.h"
#include "script/js/module.h"

#include <stdlib.h>

struct environment {
    struct vu *vu;
    bool real;
    JSAtom last; /* what was read last, and what it was; JS_ATOM_NULL = nothing */
    JSValue last_value;
};

static struct js_class environment_class;

static const struct plan_pair *find_in(const struct plan_pair *pairs, size_t count, struct view key) {
    for (size_t i = 0; i < count; i++)
        if (view_eq(pairs[i].key, key))
            return &pairs[i];
    return NULL;
}

static const struct plan_pair *find(const struct environment *e, struct view key) {
    const struct script_host *h = e->vu->host;
    const struct plan_scenario *s = e->vu->scenario;
    const struct plan_pair *p = s ? find_in(s->env, s->env_count, key) : NULL;
    return p ? p : find_in(h->env, h->env_count, key);
}

static void forget_last(JSRuntime *rt, struct environment *e) {
    JS_FreeAtomRT(rt, e->last);
    JS_FreeValueRT(rt, e->last_value);
    e->last = JS_ATOM_NULL;
    e->last_value = JS_UNDEFINED;
}

static void copy_pairs(JSContext *ctx, JSValueConst obj, const struct plan_pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        JSAtom name = JS_NewAtomLen(ctx, pairs[i].key.ptr, pairs[i].key.len);
        JS_DefinePropertyValue(ctx, obj, name, js_string(ctx, pairs[i].value), JS_PROP_C_W_E | JS_PROP_NO_EXOTIC);
        JS_FreeAtom(ctx, name);
    }
}

static void make_real(JSContext *ctx, JSValueConst obj, struct environment *e) {
    const struct plan_scenario *s = e->vu->scenario;

    if (e->real)
        return;
    e->real = true;
    copy_pairs(ctx, obj, e->vu->host->env, e->vu->host->env_count);
    if (s)
        copy_pairs(ctx, obj, s->env, s->env_count);
}

static int get_own(JSContext *ctx, JSPropertyDescriptor *desc, JSValueConst obj, JSAtom prop) {
    struct environment *e = js_class_opaque(obj, &environment_class);
    if (e->real)
        return 0;
    if (prop != e->last || e->last == JS_ATOM_NULL) {
        const char *name = JS_AtomToCString(ctx, prop);
        if (!name)
            return -1;
        const struct plan_pair *p = find(e, view_of_cstr(name));
        JS_FreeCString(ctx, name);
        if (!p)
            return 0;
        JSValue value = js_string(ctx, p->value);
        if (JS_IsException(value))
            return -1;
        forget_last(JS_GetRuntime(ctx), e);
        e->last = JS_DupAtom(ctx, prop);
        e->last_value = value;
    }
    if (desc)
        *desc = (JSPropertyDescriptor){JS_PROP_C_W_E, JS_DupValue(ctx, e->last_value), JS_UNDEFINED, JS_UNDEFINED};
    return 1;
}

static int get_names(JSContext *ctx, JSPropertyEnum **names, uint32_t *count, JSValueConst obj) {
    struct environment *e = js_class_opaque(obj, &environment_class);
    const struct script_host *h = e->vu->host;

    *names = NULL;
    *count = 0;
    if (e->real || !h->env_count)
        return 0;
    /* Listing does not make it real: QuickJS has counted the object's own members already. */
    const struct plan_scenario *s = e->vu->scenario;
    size_t extra = s ? s->env_count : 0;
    JSPropertyEnum *list = js_malloc(ctx, (h->env_count + extra) * sizeof *list);
    uint32_t n = 0;
    if (!list)
        return -1;
    for (size_t i = 0; i < h->env_count; i++)
        list[n++].atom = JS_NewAtomLen(ctx, h->env[i].key.ptr, h->env[i].key.len);
    for (size_t i = 0; i < extra; i++)
        if (!find_in(h->env, h->env_count, s->env[i].key))
            list[n++].atom = JS_NewAtomLen(ctx, s->env[i].key.ptr, s->env[i].key.len);
    *names = list;
    *count = n;
    return 0;
}

static int define_own(JSContext *ctx, JSValueConst obj, JSAtom prop, JSValueConst val, JSValueConst getter, JSValueConst setter,
                      int flags) {
    make_real(ctx, obj, js_class_opaque(obj, &environment_class));
    /* k6's environment holds texts only. */
    if (flags & JS_PROP_HAS_VALUE && !JS_IsString(val)) {
        JSValue text = JS_ToString(ctx, val);
        int r = JS_IsException(text) ? -1 : JS_DefineProperty(ctx, obj, prop, text, getter, setter, flags | JS_PROP_NO_EXOTIC);
        JS_FreeValue(ctx, text);
        return r;
    }
    return JS_DefineProperty(ctx, obj, prop, val, getter, setter, flags | JS_PROP_NO_EXOTIC);
}

static int delete_own(JSContext *ctx, JSValueConst obj, JSAtom prop) {
    struct environment *e = js_class_opaque(obj, &environment_class);
    if (e->real)
        return 1;
    make_real(ctx, obj, e);
    return JS_DeleteProperty(ctx, obj, prop, 0);
}

static void finalize(JSRuntime *rt, JSValue v) {
    struct environment *e = js_class_opaque(v, &environment_class);
    if (e)
        forget_last(rt, e);
    free(e);
}

static JSClassExoticMethods exotic = {
    .get_own_property = get_own,
    .get_own_property_names = get_names,
    .define_own_property = define_own,
    .delete_property = delete_own,
};
static struct js_class environment_class = {.def = {.class_name = "Object", .finalizer = finalize, .exotic = &exotic}};

JSValue environment_new(struct vu *vu) {
    struct environment *e = calloc(1, sizeof *e);
    if (!e)
        return JS_ThrowOutOfMemory(vu->ctx);
    e->vu = vu;
    e->last_value = JS_UNDEFINED;
    JSValue v = js_class_new(vu->ctx, &environment_class, e);
    if (JS_IsException(v))
        free(e);
    return v;
}

void environment_activate(struct vu *vu, JSValueConst env) {
    struct environment *e = js_class_opaque(env, &environment_class);
    if (e)
        forget_last(vu->rt, e);
    if (e && e->real && vu->scenario)
        copy_pairs(vu->ctx, env, vu->scenario->env, vu->scenario->env_count);
}
