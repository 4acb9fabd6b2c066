/* A built-in becomes a C module: its exports are the row's names and "default". A CommonJS file that is
 * imported runs when it is loaded (its names are not known before), then becomes a C module with the names it
 * exported. An ES module is read from bytecode.
 *
 * A file that cannot be found or compiled is not an exception of the script for k6 but a failure to load;
 * `load_failure` says it in k6's form and leaves it in vu->outcome; the exception that is thrown beside it
 * only unwinds. */
#include "script/js/import.h"

#include "script/js/host_priv.h"
#include "script/js/import_names.h"
#include "script/js/module.h"

#include <stdio.h>
#include <stdlib.h>

/* An ES module of this VU. `resolved`: all its imports are loaded, so it may be linked. While the graph is
 * being loaded, modules whose imports are not complete yet stand in a chain from vu->es_loading upwards;
 * QuickJS asks for the imports of one module in turn, depth first, so when it asks for one of M, whatever
 * stands above M in the chain is complete. */
struct es_module {
    struct list entry;
    struct es_module *importer; /* next in the chain */
    struct view url;
    const struct source *source;
    JSModuleDef *def;
    bool resolved;
};

static void finish_above(struct vu *vu, const struct es_module *keep) {
    while (vu->es_loading && vu->es_loading != keep) {
        vu->es_loading->resolved = true;
        vu->es_loading = vu->es_loading->importer;
    }
}

static struct es_module *find_module(struct vu *vu, struct view url) {
    LIST_EACH(e, &vu->es_modules) {
        struct es_module *m = LIST_ENTRY(e, struct es_module, entry);
        if (view_eq(m->url, url))
            return m;
    }
    return NULL;
}

/* Does `m` stand at or above `floor` in the chain? */
static bool is_above(const struct es_module *floor, const struct es_module *m, const struct vu *vu) {
    for (const struct es_module *x = vu->es_loading; x; x = x->importer) {
        if (x == m)
            return true;
        if (x == floor)
            return false;
    }
    return false;
}

static bool is_loading(const struct vu *vu, const struct es_module *wanted) {
    for (const struct es_module *m = vu->es_loading; m; m = m->importer)
        if (m == wanted)
            return true;
    return false;
}

static JSValue load_failure(struct vu *vu, enum script_failure failure, struct view text) {
    struct loader *l = &vu->host->loader;
    char *message = NULL;

    /* Only init code can fail to load; in an iteration require() simply throws. */
    if (vu->activity == VU_INIT && !vu->outcome.failed &&
        asprintf(&message, "could not initialize '%.*s': could not load JS test '%.*s': %.*s",
            VIEW_ARGS(l->entry_typed), VIEW_ARGS(l->entry_url), VIEW_ARGS(text)) >= 0)
        vu_fail_text(vu, failure, message);
    return js_throw_plain(vu->ctx, "%.*s", VIEW_ARGS(text));
}

/* --- resolution --- */

static bool resolve(struct vu *vu, struct view base, struct view specifier, struct view *url) {
    struct error err = ERROR_NULL;
    /* Code without a file (eval, a built-in) resolves as the script itself does. */
    struct view from = view_find_view(base, VIEW("://")) < 0 ? VIEW_NULL : base;

    if (loader_resolve(&vu->host->loader, from, specifier, url, &err) == 0)
        return true;
    load_failure(vu, SCRIPT_FAILURE_EXCEPTION, view_of_cstr(err.text));
    return false;
}

char *import_normalize(JSContext *ctx, const char *base, const char *name, void *opaque) {
    struct vu *vu = opaque;
    struct view url;
    if (!resolve(vu, view_of_cstr(base), view_of_cstr(name), &url))
        return NULL;
    struct es_module *importer = find_module(vu, view_of_cstr(base)), *wanted = find_module(vu, url);
    if (importer && is_loading(vu, importer)) {
        finish_above(vu, importer);
        struct view variant = import_names_variant(importer->source, view_of_cstr(name));
        url = variant.ptr ? variant : url;
    }
    if (vu->es_requiring && wanted && !wanted->resolved && !is_above(vu->es_requiring, wanted, vu)) {
        js_throw(ctx,
            "require() of \"%.*s\" while it is being loaded: the files import each other in a circle",
            VIEW_ARGS(url));
        return NULL;
    }
    return js_strndup(ctx, url.ptr, url.len);
}

/* --- C modules over an object --- */

/* The object that the module being initialised exports. */
static JSValue object_of_module(struct vu *vu, JSModuleDef *m) {
    JSAtom name = JS_GetModuleName(vu->ctx, m);
    JSValue object = JS_GetProperty(vu->ctx, vu->cjs_modules, name);
    JS_FreeAtom(vu->ctx, name);
    return object;
}

static int set_export(JSContext *ctx, JSModuleDef *m, JSValueConst object, const char *name) {
    JSValue v = JS_GetPropertyStr(ctx, object, name);
    return JS_IsException(v) ? -1 : JS_SetModuleExport(ctx, m, name, v);
}

static JSValue default_of(JSContext *ctx, JSValueConst object) {
    if (JS_IsObject(object)) {
        JSAtom name = JS_NewAtom(ctx, "default");
        int has = JS_HasProperty(ctx, object, name);
        JSValue v = has > 0 ? JS_GetProperty(ctx, object, name) : JS_UNDEFINED;
        JS_FreeAtom(ctx, name);
        if (has)
            return has > 0 ? v : JS_EXCEPTION;
    }
    return JS_DupValue(ctx, object);
}

static int builtin_init(JSContext *ctx, JSModuleDef *m) {
    JSAtom atom_name = JS_GetModuleName(ctx, m);
    const char *name = JS_AtomToCString(ctx, atom_name);
    struct view more;
    bool has_default = true;
    const struct module_row *row =
        name ? module_find(import_names_split(view_of_cstr(name), &more, &has_default)) : NULL;
    JSValue object = row ? JS_GetPropertyStr(ctx, js_vu(ctx)->cjs_modules, row->name) : JS_EXCEPTION;
    int r = JS_IsException(object) ? -1 : 0;

    for (const char *const *e = row ? row->exports : NULL; r == 0 && e && *e; e++)
        r = set_export(ctx, m, object, *e);
    if (r == 0 && has_default) { /* what is missing stays undefined */
        JSValue v = default_of(ctx, object);
        r = JS_IsException(v) ? -1 : JS_SetModuleExport(ctx, m, "default", v);
    }
    JS_FreeValue(ctx, object);
    JS_FreeCString(ctx, name);
    JS_FreeAtom(ctx, atom_name);
    return r;
}

/* The row's exports object, made at the first import or require; kept beside the CommonJS modules. A new
 * reference. */
static JSValue builtin_object(struct vu *vu, const struct module_row *row) {
    JSContext *ctx = vu->ctx;
    JSValue object = JS_GetPropertyStr(ctx, vu->cjs_modules, row->name);

    if (!JS_IsUndefined(object))
        return object;
    if (row->refusal)
        return js_throw(ctx, "%s", row->refusal);
    object = row->make(ctx);
    if (JS_IsException(object) || js_set(ctx, vu->cjs_modules, row->name, JS_DupValue(ctx, object)) < 0)
        return JS_EXCEPTION;
    return object;
}

static int add_exports(
    JSContext *ctx, JSModuleDef *m, const struct module_row *row, struct view more, bool has_default) {
    int r = has_default ? JS_AddModuleExport(ctx, m, "default") : 0;

    for (const char *const *e = row->exports; *e && r == 0; e++)
        r = JS_AddModuleExport(ctx, m, *e);
    while (more.ptr && r == 0) {
        char *name = view_dup_cstr(view_cut(&more, ',', NULL));
        r = name ? JS_AddModuleExport(ctx, m, name) : -1;
        free(name);
    }
    return r;
}

static JSModuleDef *load_builtin(struct vu *vu, struct view variant) {
    JSContext *ctx = vu->ctx;
    struct view more;
    bool has_default;
    struct view name = import_names_split(variant, &more, &has_default);
    const struct module_row *row = module_find(name);

    if (!row) {
        char text[512];
        int n = snprintf(text, sizeof text,
            "unknown modules [\"%.*s\"] were tried to be loaded, but couldn't - this likely means automatic "
            "extension "
            "resolution is required or a custom k6 binary with the required extensions",
            VIEW_ARGS(view_take(name, 128)));
        load_failure(vu, SCRIPT_FAILURE_EXCEPTION, view_of(text, (size_t)n));
        return NULL;
    }
    JSValue object = builtin_object(vu, row);
    if (JS_IsException(object))
        return NULL;
    JS_FreeValue(ctx, object);
    JSModuleDef *m = JS_NewCModule(ctx, variant.ptr, builtin_init);
    return m && add_exports(ctx, m, row, more, has_default) == 0 ? m : NULL;
}

/* --- files --- */

static struct source *get_source(struct vu *vu, struct view url, struct view specifier) {
    struct error err = ERROR_NULL;
    struct source *s;
    struct loader *l = &vu->host->loader;

    l->fetch_ctx = vu;
    if (loader_get(l, url, specifier, false, &s, &err) < 0) {
        load_failure(vu, SCRIPT_FAILURE_EXCEPTION, view_of_cstr(err.text));
        return NULL;
    }
    if (loader_compile(s, &err) < 0) {
        load_failure(vu, SCRIPT_FAILURE_EXCEPTION, view_of_cstr(err.text));
        return NULL;
    }
    return s;
}

static JSModuleDef *read_module(struct vu *vu, struct source *s) {
    JSContext *ctx = vu->ctx;
    JSValue v = JS_ReadObject(ctx, s->bytecode, s->bytecode_len, JS_READ_OBJ_BYTECODE);

    if (JS_IsException(v))
        return NULL;
    struct es_module *m = calloc(1, sizeof *m);
    if (!m) {
        JS_ThrowOutOfMemory(ctx);
        return NULL;
    }
    m->url = s->url;
    m->source = s;
    m->def = JS_VALUE_GET_PTR(v);
    JS_FreeValue(ctx, v); /* the context keeps the module */
    m->importer = vu->es_loading;
    vu->es_loading = m;
    list_push(&vu->es_modules, &m->entry);
    return m->def;
}

static int import_meta_init(JSContext *ctx, JSModuleDef *m, const struct source *s);

/* Runs a CommonJS file once; a new reference to its `module` object. */
static JSValue run_commonjs(struct vu *vu, struct source *s) {
    JSContext *ctx = vu->ctx;
    JSAtom url = JS_NewAtomLen(ctx, s->url.ptr, s->url.len);
    JSValue module = JS_GetProperty(ctx, vu->cjs_modules, url);

    if (JS_IsUndefined(module)) {
        module = JS_NewObject(ctx);
        JSValue args[3] = {module, JS_NewObject(ctx), JS_UNDEFINED};
        JSValue global = JS_GetGlobalObject(ctx);
        args[2] = JS_GetPropertyStr(ctx, global, "require");
        js_set(ctx, module, "exports", JS_DupValue(ctx, args[1]));
        /* Known before it runs, so that circular requires end. */
        JS_SetProperty(ctx, vu->cjs_modules, url, JS_DupValue(ctx, module));
        JSValue fn = JS_ReadObject(ctx, s->bytecode, s->bytecode_len, JS_READ_OBJ_BYTECODE);
        if (!JS_IsException(fn))
            fn = JS_EvalFunction(ctx, fn);
        JSValue r = JS_IsException(fn) ? fn : JS_Call(ctx, fn, args[1], 3, args);
        JS_FreeValue(ctx, fn);
        JS_FreeValue(ctx, args[1]);
        JS_FreeValue(ctx, args[2]);
        JS_FreeValue(ctx, global);
        if (JS_IsException(r)) {
            JS_FreeValue(ctx, module);
            module = JS_EXCEPTION;
        }
        JS_FreeValue(ctx, r);
    }
    JS_FreeAtom(ctx, url);
    return module;
}

static JSValue commonjs_exports(struct vu *vu, struct source *s) {
    JSValue module = run_commonjs(vu, s);
    if (JS_IsException(module))
        return module;
    JSValue exports = JS_GetPropertyStr(vu->ctx, module, "exports");
    JS_FreeValue(vu->ctx, module);
    return exports;
}

static int commonjs_init(JSContext *ctx, JSModuleDef *m) {
    JSValue module = object_of_module(js_vu(ctx), m);
    JSValue exports = JS_GetPropertyStr(ctx, module, "exports");
    JSPropertyEnum *names = NULL;
    uint32_t count = 0;
    int r = 0;

    if (JS_IsObject(exports))
        r = JS_GetOwnPropertyNames(ctx, &names, &count, exports, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY);
    for (uint32_t i = 0; i < count; i++) {
        const char *name = JS_AtomToCString(ctx, names[i].atom);
        if (r == 0 && name && strcmp(name, "default"))
            r = set_export(ctx, m, exports, name);
        JS_FreeCString(ctx, name);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    if (r == 0)
        r = JS_SetModuleExport(ctx, m, "default", default_of(ctx, exports));
    JS_FreeValue(ctx, exports);
    JS_FreeValue(ctx, module);
    return r;
}

static JSModuleDef *load_commonjs(struct vu *vu, struct source *s, const char *name) {
    JSContext *ctx = vu->ctx;
    JSValue exports = commonjs_exports(vu, s);
    JSPropertyEnum *names = NULL;
    uint32_t count = 0;

    if (JS_IsException(exports))
        return NULL;
    JSModuleDef *m = JS_NewCModule(ctx, name, commonjs_init);
    int r = m ? JS_AddModuleExport(ctx, m, "default") : -1;
    if (r == 0 && JS_IsObject(exports))
        r = JS_GetOwnPropertyNames(ctx, &names, &count, exports, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY);
    for (uint32_t i = 0; i < count; i++) {
        const char *key = JS_AtomToCString(ctx, names[i].atom);
        if (r == 0 && key && strcmp(key, "default"))
            r = JS_AddModuleExport(ctx, m, key);
        JS_FreeCString(ctx, key);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    JS_FreeValue(ctx, exports);
    return r < 0 ? NULL : m;
}

JSModuleDef *import_load(JSContext *ctx, const char *name, void *opaque) {
    struct vu *vu = opaque;
    struct view url = view_of_cstr(name);

    if (view_find_view(url, VIEW("://")) < 0)
        return load_builtin(vu, url); /* it has a NUL behind it */
    const struct loader *l = &vu->host->loader;
    struct view specifier = view_eq(l->last_url, url) ? l->last_specifier : url;
    struct source *s = get_source(vu, url, specifier);
    if (!s)
        return NULL;
    if (s->kind != SOURCE_MODULE)
        return load_commonjs(vu, s, name);
    JSModuleDef *m = read_module(vu, s);
    return m && import_meta_init(ctx, m, s) == 0 ? m : NULL;
}

/* --- import.meta --- */

static JSValue meta_resolve(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    struct view specifier, base, url;
    JSValue own = JS_GetPropertyStr(ctx, this_val, "url");
    bool ok = argc > 0 && js_text(ctx, argv[0], &specifier);

    if (!ok) {
        JS_FreeValue(ctx, own);
        return js_throw(ctx, "import.meta.resolve needs a specifier");
    }
    ok = js_text(ctx, own, &base);
    JSValue r = ok && resolve(vu, base, specifier, &url) ? js_string(ctx, url) : JS_EXCEPTION;
    if (ok)
        js_text_free(ctx, base);
    js_text_free(ctx, specifier);
    JS_FreeValue(ctx, own);
    return r;
}

static int import_meta_init(JSContext *ctx, JSModuleDef *m, const struct source *s) {
    if (view_find_view(s->text, VIEW("import.meta")) < 0)
        return 0;
    JSValue meta = JS_GetImportMeta(ctx, m);
    if (JS_IsException(meta))
        return -1;
    int r = js_set(ctx, meta, "url", js_string(ctx, s->url));
    if (r >= 0)
        r = js_set(ctx, meta, "resolve", JS_NewCFunction(ctx, meta_resolve, "resolve", 1));
    JS_FreeValue(ctx, meta);
    return r < 0 ? -1 : 0;
}

/* --- require --- */

/* Links and evaluates a module whose imports are complete. */
static JSValue evaluate_now(struct vu *vu, JSModuleDef *m) {
    JSContext *ctx = vu->ctx;
    JSValue promise = JS_EvalFunction(ctx, JS_DupValue(ctx, JS_MKPTR(JS_TAG_MODULE, m)));

    if (JS_IsException(promise))
        return promise;
    bool ok = JS_PromiseState(ctx, promise) != JS_PROMISE_REJECTED;
    if (!ok)
        JS_Throw(ctx, JS_PromiseResult(ctx, promise));
    JS_FreeValue(ctx, promise);
    return ok ? JS_GetModuleNamespace(ctx, m) : JS_EXCEPTION;
}

static JSValue require_new_module(struct vu *vu, struct source *s) {
    struct es_module *outer = vu->es_requiring, *below = vu->es_loading;
    JSModuleDef *def = read_module(vu, s);

    if (!def || import_meta_init(vu->ctx, def, s) < 0)
        return JS_EXCEPTION;
    vu->es_requiring = vu->es_loading;
    int r = JS_ResolveModule(vu->ctx, JS_MKPTR(JS_TAG_MODULE, def));
    vu->es_requiring = outer;
    finish_above(vu, below);
    return r < 0 ? JS_EXCEPTION : evaluate_now(vu, def);
}

static JSValue require_module(struct vu *vu, struct source *s) {
    struct es_module *m = find_module(vu, s->url);

    if (!m)
        return require_new_module(vu, s);
    if (vu->es_linked)
        return JS_GetModuleNamespace(vu->ctx, m->def);
    if (m->resolved)
        return evaluate_now(vu, m->def);
    return js_throw(vu->ctx,
        "require() of \"%.*s\" while it is being loaded: the files import each other in a circle",
        VIEW_ARGS(s->url));
}

JSValue import_require(struct vu *vu, struct view base, struct view specifier) {
    struct view url;

    if (!resolve(vu, base, specifier, &url))
        return JS_EXCEPTION;
    if (view_find_view(url, VIEW("://")) < 0) {
        const struct module_row *row = module_find(url);
        if (row)
            return builtin_object(vu, row);
        load_builtin(vu, url); /* throws the right words */
        return JS_EXCEPTION;
    }
    struct source *s = get_source(vu, url, specifier);
    if (!s)
        return JS_EXCEPTION;
    return s->kind == SOURCE_MODULE ? require_module(vu, s) : commonjs_exports(vu, s);
}

/* --- the script --- */

bool import_entry(struct vu *vu) {
    JSContext *ctx = vu->ctx;
    struct loader *l = &vu->host->loader;

    vu->cjs_modules = JS_NewObjectProto(ctx, JS_NULL);
    struct source *s = get_source(vu, l->entry_url, l->entry_typed);
    if (!s)
        return false;
    if (s->kind != SOURCE_MODULE) {
        vu->exports = commonjs_exports(vu, s);
        return !JS_IsException(vu->exports) && vu_loop_run(vu, JS_UNDEFINED);
    }
    JSModuleDef *m = read_module(vu, s);
    if (!m || import_meta_init(ctx, m, s) < 0)
        return false;
    JSValue v = JS_MKPTR(JS_TAG_MODULE, m);
    if (JS_ResolveModule(ctx, v) < 0)
        return false;
    finish_above(vu, NULL);
    vu->es_linked = true; /* by the next call, before any of it runs */
    JSValue promise = JS_EvalFunction(ctx, JS_DupValue(ctx, v));
    if (JS_IsException(promise))
        return false;
    bool ok = vu_loop_run(vu, promise);
    JS_FreeValue(ctx, promise);
    if (!ok)
        return false;
    vu->entry = m;
    vu->exports = JS_GetModuleNamespace(ctx, m);
    return !JS_IsException(vu->exports);
}

void import_forget(struct vu *vu) {
    struct list *e;
    while ((e = list_pop(&vu->es_modules)))
        free(LIST_ENTRY(e, struct es_module, entry));
}
