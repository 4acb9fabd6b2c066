/* Built-in modules: what a file that implements one must give, and what it may use.
 *
 * A module is a row: its name, a function that makes its exports object in a context, and the names that can be imported.
 * Default import gives the exports object (or its property "default", when there is one), namespace and named imports give the same
 * properties, require() gives the object: so all of `import http from`, `import {get} from`, `import * as http from` work for every row.
 * Rows stand in module_table.c. Every VU has its own runtime and context; make() runs once per VU that imports the module.
 *
 * To keep a VU small: put functions into JSCFunctionListEntry tables (QuickJS creates them at first use) and build nothing per VU
 * that a getter can build when it is asked for. */
#ifndef SCRIPT_JS_MODULE_H
#define SCRIPT_JS_MODULE_H

#include <quickjs/quickjs.h>

#include "core/buf.h"
#include "core/error.h"
#include "core/view.h"

struct vu;

struct module_row {
    const char *name;                /* "k6/crypto" */
    JSValue (*make)(JSContext *ctx); /* an object that holds all of `exports`, or JS_EXCEPTION */
    const char *const *exports;      /* names for `import {name}`, NULL at the end; without "default" */
    const char *refusal;             /* when set, importing throws this sentence (migrated and removed modules) */
};
const struct module_row *module_find(struct view name); /* NULL: no such built-in */
extern const struct module_row *const module_rows[];    /* NULL at the end (module_table.c) */

/* Globals beside the modules (crypto, TextEncoder …): each adds its properties to the global object of a new VU. */
typedef int (*module_global)(JSContext *ctx, JSValueConst global);
extern const module_global module_globals[]; /* NULL at the end (module_table.c) */

/* ---- the VU that runs ---- */

struct vu *js_vu(JSContext *ctx);
/* Init code (the script's top level) is running: constructors of metrics, SharedArray, open() are allowed, traffic is not. */
bool js_in_init(JSContext *ctx);

/* ---- errors ---- */

/* Throws an Error whose name is k6's "GoError": String(e) is "GoError: message". Always returns JS_EXCEPTION. */
JSValue js_throw(JSContext *ctx, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* The same for a plain Error ("Error: message"). TypeError etc.: JS_ThrowTypeError. */
JSValue js_throw_plain(JSContext *ctx, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A new GoError that is not thrown (to reject promises with). */
JSValue js_error(JSContext *ctx, const char *fmt, ...) PRINTF_LIKE(2, 3);
/* A warning in the VU's log, optionally with one field (key NULL: none). */
void js_warn(JSContext *ctx, struct view message, const char *key, struct view value);

/* ---- values ---- */

/* ToString(v) as UTF-8. False with an exception pending. Give it back with js_text_free. */
bool js_text(JSContext *ctx, JSValueConst v, struct view *out);
void js_text_free(JSContext *ctx, struct view v); /* VIEW_NULL is fine */

/* The bytes of a string (UTF-8), an ArrayBuffer, a typed array or a DataView. They stay valid until js_bytes_free or until JS code
 * runs, whichever is first. js_bytes returns false with no exception pending when v is none of these. */
struct js_bytes {
    struct view view;
    const char *text; /* private */
};
bool js_bytes(JSContext *ctx, JSValueConst v, struct js_bytes *out);
void js_bytes_free(JSContext *ctx, struct js_bytes *b);
bool js_is_buffer(JSContext *ctx, JSValueConst v); /* ArrayBuffer, typed array or DataView */

JSValue js_string(JSContext *ctx, struct view v); /* bytes that are no UTF-8 become U+FFFD */
JSValue js_buffer(JSContext *ctx, struct view v); /* a new ArrayBuffer with a copy */
/* Go's name for a value's type, for k6's messages: int64, float64, string, bool, <nil>, map[string]interface {}, []interface {} … */
const char *js_go_type(JSContext *ctx, JSValueConst v);
bool js_is_array(JSContext *ctx, JSValueConst v);
bool js_is_nullish(JSValueConst v); /* undefined or null */
bool js_is_async_function(JSContext *ctx, JSValueConst v);
/* JSON.stringify(v) into out; false with an exception pending. undefined gives nothing. */
bool js_json_write(JSContext *ctx, JSValueConst v, struct buf *out);
JSValue js_json_read(JSContext *ctx, struct view text, const char *name); /* name appears in the SyntaxError */
JSValue js_json_read_cstr(JSContext *ctx, struct view text, const char *name); /* the same; there is a NUL behind the text */
void js_deep_freeze(JSContext *ctx, JSValueConst v);

/* ---- data that lives as long as the process ---- */

/* Storage of a module that all VUs share, found by the address of `key` (any static object). NULL when not set yet. */
void *js_shared(JSContext *ctx, const void *key);
/* free_data runs when the host ends. Negative without memory (then data is not taken). */
int js_share(JSContext *ctx, const void *key, void *data, void (*free_data)(void *data)) MUST_USE;

/* ---- objects ---- */

/* Rows for the tables of exports objects: enumerable, as k6's are (scripts spread and list them). For prototypes use JS_CFUNC_DEF. */
#define MODULE_FN(name, length, fn) \
    {name, JS_PROP_C_W_E, JS_DEF_CFUNC, 0, .u = {.func = {length, JS_CFUNC_generic, {.generic = fn}}}}
#define MODULE_FN_MAGIC(name, length, fn, magic) \
    {name, JS_PROP_C_W_E, JS_DEF_CFUNC, magic, .u = {.func = {length, JS_CFUNC_generic_magic, {.generic_magic = fn}}}}
#define MODULE_TEXT(name, text) JS_PROP_STRING_DEF(name, text, JS_PROP_C_W_E)
#define JS_COUNT(table) (int)(sizeof(table) / sizeof((table)[0]))
/* A new plain object with these members. */
JSValue js_object(JSContext *ctx, const JSCFunctionListEntry *table, int count);
/* Sets obj[name] = v (takes v). Negative with an exception pending. */
int js_set(JSContext *ctx, JSValueConst obj, const char *name, JSValue v);
int js_set_view(JSContext *ctx, JSValueConst obj, struct view name, JSValue v);

/* A class with a C object behind it. The id is allotted once per process; the class is registered in each runtime at first use. */
struct js_class {
    JSClassDef def;                      /* class_name, finalizer, gc_mark, exotic */
    const JSCFunctionListEntry *members; /* of the prototype */
    int member_count;
    JSClassID id; /* 0 at the start */
};
/* A new instance with `opaque` behind it; the prototype is made at the first call in a context. */
JSValue js_class_new(JSContext *ctx, struct js_class *c, void *opaque);
/* For `new Name()` and subclasses: prototype from new_target. */
JSValue js_class_construct(JSContext *ctx, struct js_class *c, JSValueConst new_target, void *opaque);
/* The constructor function object `name`, with prototype and constructor wired. */
JSValue js_class_constructor(JSContext *ctx, struct js_class *c, JSCFunction *construct, const char *name, int length);
/* Likewise, and it may be called without `new`. */
JSValue js_class_function(JSContext *ctx, struct js_class *c, JSCFunction *construct, const char *name, int length);
void *js_class_opaque(JSValueConst v, const struct js_class *c); /* NULL when v is something else */

/* ---- asynchronous work ---- */

/* A promise that C code settles later, from the scheduler's stack (a loop callback) or from the VU itself. While one is open,
 * the VU's iteration does not end. Settling takes the value. */
struct js_promise;
JSValue js_promise_new(JSContext *ctx, struct js_promise **out);
/* Queues settle(p, ctx) to run on the VU's fiber, where JavaScript may be called; it must call js_promise_resolve or js_promise_reject once. */
void js_promise_complete(struct js_promise *p, void (*settle)(struct js_promise *p, JSContext *ctx, void *arg), void *arg);
/* It will never be settled (its work was cancelled); frees p. */
void js_promise_abandon(struct js_promise *p);
void js_promise_resolve(struct js_promise *p, JSValue v);
void js_promise_reject(struct js_promise *p, JSValue v);
/* A promise that is settled already. */
JSValue js_promise_resolved(JSContext *ctx, JSValue v);
JSValue js_promise_rejected(JSContext *ctx, JSValue v);

#endif
