/* What the modules share: errors, values, objects, classes. */
#include "script/js/module.h"

#include "script/js/host_priv.h"
#include "script/js/intrinsics.h"
#include "script/js/json/json_reader.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { ERROR_MESSAGE_MAX = 8 * 1024 };

const struct module_row *module_find(struct view name) {
    for (const struct module_row *const *r = module_rows; *r; r++)
        if (view_eq(view_of_cstr((*r)->name), name))
            return *r;
    return NULL;
}

struct vu *js_vu(JSContext *ctx) { return JS_GetContextOpaque(ctx); }
bool js_in_init(JSContext *ctx) { return js_vu(ctx)->activity == VU_INIT; }

/* --- errors --- */

static JSValue error_of(JSContext *ctx, const char *name, const char *fmt, va_list args) {
    char text[ERROR_MESSAGE_MAX];
    JSValue error = JS_NewError(ctx);

    if (JS_IsException(error))
        return error;
    int n = vsnprintf(text, sizeof text, fmt, args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    JS_DefinePropertyValueStr(ctx, error, "message", js_string(ctx, view_of(text, len)), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    if (name)
        JS_DefinePropertyValueStr(ctx, error, "name", JS_NewString(ctx, name), JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
    return error;
}

JSValue js_throw(JSContext *ctx, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    JSValue error = error_of(ctx, "GoError", fmt, args);
    va_end(args);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

JSValue js_throw_plain(JSContext *ctx, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    JSValue error = error_of(ctx, NULL, fmt, args);
    va_end(args);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

JSValue js_error(JSContext *ctx, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    JSValue error = error_of(ctx, "GoError", fmt, args);
    va_end(args);
    return error;
}

void js_warn(JSContext *ctx, struct view message, const char *key, struct view value) {
    struct log_sink *log = vu_services(js_vu(ctx))->log;
    struct log_record r = {.level = LOG_WARN, .message = message};
    if (key)
        r.fields[r.field_count++] = (struct log_field){view_of_cstr(key), value};
    log->write(log, &r);
}

/* --- values --- */

bool js_text(JSContext *ctx, JSValueConst v, struct view *out) {
    size_t len;
    const char *text = JS_ToCStringLen(ctx, &len, v);
    *out = view_of(text, text ? len : 0);
    return text != NULL;
}

void js_text_free(JSContext *ctx, struct view v) {
    if (v.ptr)
        JS_FreeCString(ctx, v.ptr);
}

/* An ArrayBuffer's bytes; JS_GetArrayBuffer throws for anything else, so the class is looked at first. */
static bool buffer_bytes(JSContext *ctx, JSValueConst v, struct view *out) {
    size_t size = 0;
    uint8_t *bytes = JS_GetArrayBuffer(ctx, &size, v);
    if (!bytes && JS_HasException(ctx)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return false;
    }
    *out = view_of(bytes ? (const char *)bytes : "", size);
    return true;
}

static bool view_member(JSContext *ctx, JSValueConst v, const char *name, size_t *out) {
    JSValue member = JS_GetPropertyStr(ctx, v, name);
    int64_t n = -1;
    bool ok = JS_IsNumber(member) && JS_ToInt64(ctx, &n, member) == 0 && n >= 0;
    JS_FreeValue(ctx, member);
    if (!ok)
        JS_FreeValue(ctx, JS_GetException(ctx));
    *out = (size_t)n;
    return ok;
}

static bool object_bytes(JSContext *ctx, JSValueConst v, struct view *out) {
    if (buffer_bytes(ctx, v, out))
        return true;
    /* Typed arrays and DataView: byteOffset and byteLength of their buffer. */
    size_t offset, length;
    JSValue buffer = JS_GetTypedArrayBuffer(ctx, v, &offset, &length, NULL);
    if (JS_IsException(buffer)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        buffer = JS_GetPropertyStr(ctx, v, "buffer");
        if (JS_IsException(buffer) || !JS_IsObject(buffer) || !view_member(ctx, v, "byteOffset", &offset) ||
            !view_member(ctx, v, "byteLength", &length)) {
            JS_FreeValue(ctx, buffer);
            JS_FreeValue(ctx, JS_GetException(ctx));
            return false;
        }
    }
    struct view all;
    bool ok = buffer_bytes(ctx, buffer, &all) && offset <= all.len && length <= all.len - offset;
    JS_FreeValue(ctx, buffer); /* v keeps it alive */
    if (ok)
        *out = view_of(all.ptr + offset, length);
    return ok;
}

bool js_bytes(JSContext *ctx, JSValueConst v, struct js_bytes *out) {
    *out = (struct js_bytes){0};
    if (JS_IsString(v)) {
        if (!js_text(ctx, v, &out->view))
            return false;
        out->text = out->view.ptr;
        return true;
    }
    return JS_IsObject(v) && object_bytes(ctx, v, &out->view);
}

void js_bytes_free(JSContext *ctx, struct js_bytes *b) {
    if (b->text)
        JS_FreeCString(ctx, b->text);
    *b = (struct js_bytes){0};
}

bool js_is_buffer(JSContext *ctx, JSValueConst v) {
    struct view ignored;
    return JS_IsObject(v) && object_bytes(ctx, v, &ignored);
}

JSValue js_string(JSContext *ctx, struct view v) { return JS_NewStringLen(ctx, v.ptr ? v.ptr : "", v.len); }

JSValue js_buffer(JSContext *ctx, struct view v) {
    intrinsics_need_buffers(js_vu(ctx));
    return JS_NewArrayBufferCopy(ctx, (const uint8_t *)v.ptr, v.len);
}

bool js_is_array(JSContext *ctx, JSValueConst v) { return JS_IsArray(ctx, v) > 0; }
bool js_is_nullish(JSValueConst v) { return JS_IsUndefined(v) || JS_IsNull(v); }

bool js_is_async_function(JSContext *ctx, JSValueConst v) {
    static JSClassID async_class; /* the same in every runtime */

    if (!async_class) {
        JSValue sample = JS_Eval(ctx, "(async()=>{})", 13, "<async>", JS_EVAL_TYPE_GLOBAL);
        async_class = JS_GetClassID(sample);
        JS_FreeValue(ctx, sample);
    }
    return JS_IsObject(v) && JS_GetClassID(v) == async_class;
}

const char *js_go_type(JSContext *ctx, JSValueConst v) {
    int tag = JS_VALUE_GET_NORM_TAG(v);
    if (tag == JS_TAG_INT)
        return "int64";
    if (tag == JS_TAG_FLOAT64)
        return "float64";
    if (tag == JS_TAG_BOOL)
        return "bool";
    if (js_is_nullish(v))
        return "<nil>";
    if (JS_IsString(v))
        return "string";
    if (JS_IsFunction(ctx, v))
        return "func(sobek.FunctionCall) sobek.Value";
    if (js_is_array(ctx, v))
        return "[]interface {}";
    return "map[string]interface {}";
}

bool js_json_write(JSContext *ctx, JSValueConst v, struct buf *out) {
    struct view text;
    JSValue json = JS_JSONStringify(ctx, v, JS_UNDEFINED, JS_UNDEFINED);
    if (JS_IsException(json))
        return false;
    if (JS_IsUndefined(json))
        return true;
    bool ok = js_text(ctx, json, &text);
    JS_FreeValue(ctx, json);
    if (!ok)
        return false;
    int r = buf_append_view(out, text);
    js_text_free(ctx, text);
    if (r < 0)
        JS_ThrowOutOfMemory(ctx);
    return r == 0;
}

JSValue js_json_read_cstr(JSContext *ctx, struct view text, const char *name) {
    JSValue v;
    return json_reader_value(ctx, text, &v) ? v : JS_ParseJSON(ctx, text.ptr, text.len, name);
}

JSValue js_json_read(JSContext *ctx, struct view text, const char *name) {
    JSValue v;
    if (json_reader_value(ctx, text, &v))
        return v;
    char *copy = view_dup_cstr(text); /* QuickJS wants a NUL behind it */
    if (!copy)
        return JS_ThrowOutOfMemory(ctx);
    v = JS_ParseJSON(ctx, copy, text.len, name);
    free(copy);
    return v;
}

void js_deep_freeze(JSContext *ctx, JSValueConst v) {
    JSPropertyEnum *names;
    uint32_t count;

    if (!JS_IsObject(v))
        return;
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue object = JS_GetPropertyStr(ctx, global, "Object");
    JSValue freeze = JS_GetPropertyStr(ctx, object, "freeze");
    JS_FreeValue(ctx, JS_Call(ctx, freeze, object, 1, &v));
    JS_FreeValue(ctx, freeze);
    JS_FreeValue(ctx, object);
    JS_FreeValue(ctx, global);
    if (JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        JSValue member = JS_GetProperty(ctx, v, names[i].atom);
        js_deep_freeze(ctx, member);
        JS_FreeValue(ctx, member);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
}

/* --- data of the process --- */

void *js_shared(JSContext *ctx, const void *key) {
    for (struct host_data *d = js_vu(ctx)->host->data; d; d = d->next)
        if (d->key == key)
            return d->data;
    return NULL;
}

int js_share(JSContext *ctx, const void *key, void *data, void (*free_data)(void *data)) {
    struct script_host *h = js_vu(ctx)->host;
    struct host_data *d = malloc(sizeof *d);
    if (!d)
        return -ENOMEM;
    *d = (struct host_data){h->data, key, data, free_data};
    h->data = d;
    return 0;
}

/* --- objects and classes --- */

JSValue js_object(JSContext *ctx, const JSCFunctionListEntry *table, int count) {
    JSValue o = JS_NewObject(ctx);
    if (!JS_IsException(o))
        JS_SetPropertyFunctionList(ctx, o, table, count);
    return o;
}

int js_set(JSContext *ctx, JSValueConst obj, const char *name, JSValue v) {
    return JS_DefinePropertyValueStr(ctx, obj, name, v, JS_PROP_C_W_E);
}

int js_set_view(JSContext *ctx, JSValueConst obj, struct view name, JSValue v) {
    JSAtom atom_name = JS_NewAtomLen(ctx, name.ptr, name.len);
    int r = JS_DefinePropertyValue(ctx, obj, atom_name, v, JS_PROP_C_W_E);
    JS_FreeAtom(ctx, atom_name);
    return r;
}

/* The prototype, made at the first call in a context. A new reference. */
static JSValue class_prototype(JSContext *ctx, struct js_class *c) {
    JSRuntime *rt = JS_GetRuntime(ctx);

    if (!c->id)
        JS_NewClassID(&c->id);
    if (!JS_IsRegisteredClass(rt, c->id) && JS_NewClass(rt, c->id, &c->def) < 0)
        return JS_EXCEPTION;
    JSValue proto = JS_GetClassProto(ctx, c->id);
    if (JS_IsObject(proto))
        return proto;
    proto = js_object(ctx, c->members, c->member_count);
    if (!JS_IsException(proto))
        JS_SetClassProto(ctx, c->id, JS_DupValue(ctx, proto));
    return proto;
}

JSValue js_class_new(JSContext *ctx, struct js_class *c, void *opaque) {
    JSValue proto = class_prototype(ctx, c);
    if (JS_IsException(proto))
        return proto;
    JSValue o = JS_NewObjectProtoClass(ctx, proto, c->id);
    JS_FreeValue(ctx, proto);
    if (!JS_IsException(o))
        JS_SetOpaque(o, opaque);
    return o;
}

JSValue js_class_construct(JSContext *ctx, struct js_class *c, JSValueConst new_target, void *opaque) {
    JSValue proto = class_prototype(ctx, c);
    if (JS_IsException(proto))
        return proto;
    if (JS_IsObject(new_target)) {
        JSValue own = JS_GetPropertyStr(ctx, new_target, "prototype");
        if (JS_IsException(own)) {
            JS_FreeValue(ctx, proto);
            return own;
        }
        if (JS_IsObject(own)) {
            JS_FreeValue(ctx, proto);
            proto = own;
        } else {
            JS_FreeValue(ctx, own);
        }
    }
    JSValue o = JS_NewObjectProtoClass(ctx, proto, c->id);
    JS_FreeValue(ctx, proto);
    if (!JS_IsException(o))
        JS_SetOpaque(o, opaque);
    return o;
}

static JSValue class_function(JSContext *ctx, struct js_class *c, JSCFunction *construct, const char *name, int length, JSCFunctionEnum kind) {
    JSValue proto = class_prototype(ctx, c);
    if (JS_IsException(proto))
        return proto;
    JSValue f = JS_NewCFunction2(ctx, construct, name, length, kind, 0);
    if (!JS_IsException(f))
        JS_SetConstructor(ctx, f, proto);
    JS_FreeValue(ctx, proto);
    return f;
}

JSValue js_class_constructor(JSContext *ctx, struct js_class *c, JSCFunction *construct, const char *name, int length) {
    return class_function(ctx, c, construct, name, length, JS_CFUNC_constructor);
}

JSValue js_class_function(JSContext *ctx, struct js_class *c, JSCFunction *construct, const char *name, int length) {
    return class_function(ctx, c, construct, name, length, JS_CFUNC_constructor_or_func);
}

void *js_class_opaque(JSValueConst v, const struct js_class *c) {
    return c->id ? JS_GetOpaque(v, c->id) : NULL;
}
