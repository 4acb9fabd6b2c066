/* Names that CommonJS has and modules have not (`module`, `exports`) answer with k6's advice instead of a bare ReferenceError. */
#include "script/js/globals.h"

#include "script/js/atoms.h"
#include "script/js/console.h"
#include "script/js/environment.h"
#include "script/js/host_priv.h"
#include "script/js/import.h"
#include "script/js/module.h"

#include <errno.h>

static const char *const atom_texts[] = {
#define ATOM_TEXT(id, text) text,
    ATOMS(ATOM_TEXT)
#undef ATOM_TEXT
};

int atoms_init(struct vu *vu) {
    vu->atoms = js_malloc(vu->ctx, sizeof *vu->atoms * ATOM_COUNT);
    if (!vu->atoms)
        return -ENOMEM;
    for (int i = 0; i < ATOM_COUNT; i++)
        vu->atoms[i] = JS_NewAtom(vu->ctx, atom_texts[i]);
    return 0;
}

void atoms_deinit(struct vu *vu) {
    for (int i = 0; vu->atoms && i < ATOM_COUNT; i++)
        JS_FreeAtom(vu->ctx, vu->atoms[i]);
    js_free(vu->ctx, vu->atoms);
    vu->atoms = NULL;
}

static JSValue global_open(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    struct error err = ERROR_NULL;
    struct view path, mode = VIEW_NULL;
    struct source *s;
    (void)this_val;

    if (!js_in_init(ctx))
        return js_throw(ctx, "the \"open\" function is only available in the init stage (i.e. the global scope), see "
                             "https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/ for more information");
    if (argc < 1 || !js_text(ctx, argv[0], &path))
        return argc < 1 ? js_throw(ctx, "open() can't be used with an empty filename") : JS_EXCEPTION;
    bool ok = argc < 2 || js_is_nullish(argv[1]) || js_text(ctx, argv[1], &mode);
    int r = ok ? loader_open(&vu->host->loader, path, &s, &err) : 0;
    bool binary = ok && view_find(mode, 'b') >= 0;
    js_text_free(ctx, path);
    js_text_free(ctx, mode);
    if (!ok)
        return JS_EXCEPTION;
    if (r < 0)
        return js_throw(ctx, "%s", err.text);
    return binary ? js_buffer(ctx, s->text) : js_string(ctx, s->text);
}

static JSValue global_require(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    struct view specifier;
    (void)this_val;

    if (!js_in_init(ctx))
        return js_throw(ctx, "the \"require\" function is only available in the init stage (i.e. the global scope), see "
                             "https://grafana.com/docs/k6/latest/using-k6/test-lifecycle/ for more information");
    if (argc < 1 || !JS_IsString(argv[0]))
        return js_throw(ctx, "require() needs a module specifier");
    if (!js_text(ctx, argv[0], &specifier))
        return JS_EXCEPTION;
    JSAtom file = JS_GetScriptOrModuleName(ctx, 1);
    const char *base = file == JS_ATOM_NULL ? NULL : JS_AtomToCString(ctx, file);
    JSValue v = import_require(vu, view_of_cstr(base ? base : ""), specifier);
    JS_FreeCString(ctx, base);
    JS_FreeAtom(ctx, file);
    js_text_free(ctx, specifier);
    return v;
}

static JSValue mixing(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    (void)this_val, (void)argc, (void)argv;
    return js_throw(ctx, "you are trying to access identifier \"%s\", this likely is due to mixing ECMAScript Modules (ESM) and CommonJS "
                         "syntax. This isn't supported in the JavaScript standard, please use only one or the other",
                    which ? "exports" : "module");
}

static void define_mixing(JSContext *ctx, JSValueConst global, const char *name, int which) {
    JSAtom a = JS_NewAtom(ctx, name);
    JSValue f = JS_NewCFunction2(ctx, (JSCFunction *)(void *)mixing, name, 0, JS_CFUNC_generic_magic, which);
    JS_DefinePropertyGetSet(ctx, global, a, f, JS_DupValue(ctx, f), 0);
    JS_FreeAtom(ctx, a);
}

static const JSCFunctionListEntry functions[] = {
    JS_CFUNC_DEF("open", 2, global_open),
    JS_CFUNC_DEF("require", 1, global_require),
};

int globals_init(struct vu *vu) {
    JSContext *ctx = vu->ctx;
    JSValue global = JS_GetGlobalObject(ctx);
    int r = 0;

    JS_SetPropertyFunctionList(ctx, global, functions, JS_COUNT(functions));
    JS_SetPropertyFunctionList(ctx, global, vu_timer_functions, VU_TIMER_FUNCTIONS);
    if (js_set(ctx, global, "console", console_new(ctx)) < 0 || js_set(ctx, global, "__ENV", environment_new(vu)) < 0 ||
        js_set(ctx, global, "__VU", JS_NewInt64(ctx, (int64_t)vu->id)) < 0)
        r = -ENOMEM;
    define_mixing(ctx, global, "module", 0);
    define_mixing(ctx, global, "exports", 1);
    if (vu->host->extended && js_set(ctx, global, "global", JS_DupValue(ctx, global)) < 0)
        r = -ENOMEM;
    for (const module_global *g = module_globals; r == 0 && *g; g++)
        r = (*g)(ctx, global) < 0 ? -ENOMEM : 0;
    JS_FreeValue(ctx, global);
    return r;
}

void globals_set_iteration(struct vu *vu) {
    JSValue global = JS_GetGlobalObject(vu->ctx);
    JS_DefinePropertyValue(vu->ctx, global, atom(vu, ATOM_ITER), JS_NewInt64(vu->ctx, (int64_t)vu->iter), JS_PROP_C_W_E);
    JS_FreeValue(vu->ctx, global);
}
