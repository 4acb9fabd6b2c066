/* k6 (from 1.5) prints objects like Node: { a: 1, b: "x" }, [ 1, "x" ], [object Function], [Circular]; undefined inside of containers
 * is null; dates are quoted ISO texts; errors are "Name: message"; typed arrays "Uint8Array(3) [ 1, 2, 3 ]". What has no enumerable
 * members (Map, Set, RegExp) is {}. */
#include "script/js/console.h"

#include "script/js/go_error.h"
#include "script/js/host_priv.h"
#include "script/js/module.h"

#include <stdio.h>

enum { ARRAY_BUFFER_SHOWN_MAX = 64 * 1024 };

struct printer {
    JSContext *ctx;
    struct buf *out;
    JSValueConst path[CONSOLE_DEPTH_MAX]; /* the containers around the present value */
    int depth;
};

static void print_value(struct printer *p, JSValueConst v, bool nested);

static void put(struct printer *p, struct view v) {
    int r = buf_append_view(p->out, v); /* a full line buffer cuts the line */
    (void)r;
}

static void put_text(struct printer *p, JSValueConst v) {
    struct view text;
    if (!js_text(p->ctx, v, &text)) {
        JS_FreeValue(p->ctx, JS_GetException(p->ctx));
        return;
    }
    put(p, text);
    js_text_free(p->ctx, text);
}

static void put_quoted(struct printer *p, JSValueConst v) {
    put(p, VIEW("\""));
    put_text(p, v);
    put(p, VIEW("\""));
}

/* The name of v's constructor; a new reference to a string, or undefined. */
static JSValue constructor_name(JSContext *ctx, JSValueConst v) {
    JSValue constructor = JS_GetPropertyStr(ctx, v, "constructor");
    JSValue name = JS_IsObject(constructor) ? JS_GetPropertyStr(ctx, constructor, "name") : JS_UNDEFINED;
    JS_FreeValue(ctx, constructor);
    if (JS_IsException(name)) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return JS_UNDEFINED;
    }
    return name;
}

static void print_symbol(struct printer *p, JSValueConst v) {
    JSValue text = JS_GetPropertyStr(p->ctx, v, "description");
    if (JS_IsString(text))
        put_text(p, text);
    JS_FreeValue(p->ctx, text);
}

static void print_items(struct printer *p, JSValueConst v, int64_t length) {
    if (!length) {
        put(p, VIEW("[]"));
        return;
    }
    put(p, VIEW("[ "));
    for (int64_t i = 0; i < length && p->out->len < CONSOLE_LINE_BYTES_MAX - 16; i++) {
        if (i)
            put(p, VIEW(", "));
        JSValue item = JS_GetPropertyUint32(p->ctx, v, (uint32_t)i);
        print_value(p, item, true);
        JS_FreeValue(p->ctx, item);
    }
    put(p, VIEW(" ]"));
}

static int64_t length_of(JSContext *ctx, JSValueConst v) {
    JSValue l = JS_GetPropertyStr(ctx, v, "length");
    int64_t n = 0;
    if (JS_IsException(l) || JS_ToInt64(ctx, &n, l) < 0)
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, l);
    return n < 0 ? 0 : n;
}

static void print_members(struct printer *p, JSValueConst v) {
    JSContext *ctx = p->ctx;
    JSPropertyEnum *names;
    uint32_t count, shown = 0;

    if (JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        JSValue member = JS_GetProperty(ctx, v, names[i].atom);
        put(p, shown++ ? VIEW(", ") : VIEW("{ "));
        JSValue name = JS_AtomToString(ctx, names[i].atom);
        put_text(p, name);
        put(p, VIEW(": "));
        if (JS_IsException(member))
            JS_FreeValue(ctx, JS_GetException(ctx));
        else
            print_value(p, member, true);
        JS_FreeValue(ctx, name);
        JS_FreeValue(ctx, member);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    put(p, shown ? VIEW(" }") : VIEW("{}"));
}

static bool print_bytes(struct printer *p, JSValueConst v, struct view name) {
    size_t size = 0;
    if (!view_eq(name, VIEW("ArrayBuffer")))
        return false;
    uint8_t *bytes = JS_GetArrayBuffer(p->ctx, &size, v);
    if (!bytes && size) {
        JS_FreeValue(p->ctx, JS_GetException(p->ctx));
        return false;
    }
    put(p, VIEW("ArrayBuffer { [Uint8Contents]: <"));
    for (size_t i = 0; i < size && i < ARRAY_BUFFER_SHOWN_MAX; i++) {
        int r = buf_printf(p->out, "%s%02x", i ? " " : "", bytes[i]);
        (void)r;
    }
    int r = buf_printf(p->out, ">, byteLength: %zu }", size);
    (void)r;
    return true;
}

static void print_error(struct printer *p, JSValueConst v) {
    JSValue text = JS_UNDEFINED;
    JSValue to_string = JS_GetPropertyStr(p->ctx, v, "toString");
    if (JS_IsFunction(p->ctx, to_string))
        text = JS_Call(p->ctx, to_string, v, 0, NULL);
    if (JS_IsException(text))
        JS_FreeValue(p->ctx, JS_GetException(p->ctx));
    else
        put_text(p, text);
    JS_FreeValue(p->ctx, text);
    JS_FreeValue(p->ctx, to_string);
}

/* Dates and typed arrays, by the name of their constructor. */
static bool print_known(struct printer *p, JSValueConst v) {
    JSContext *ctx = p->ctx;
    struct view name = VIEW_NULL;
    JSValue constructor = constructor_name(ctx, v);
    bool done = false;

    if (JS_IsString(constructor) && js_text(ctx, constructor, &name)) {
        if (view_eq(name, VIEW("Date"))) {
            JSValue json = JS_JSONStringify(ctx, v, JS_UNDEFINED, JS_UNDEFINED);
            done = JS_IsString(json);
            if (done)
                put_text(p, json);
            else
                JS_FreeValue(ctx, JS_GetException(ctx));
            JS_FreeValue(ctx, json);
        } else if (view_ends_with(name, VIEW("Array")) && name.len > 5 && js_is_buffer(ctx, v)) {
            int64_t length = length_of(ctx, v);
            int r = buf_printf(p->out, "%.*s(%lld) ", VIEW_ARGS(name), (long long)length);
            (void)r;
            print_items(p, v, length);
            done = true;
        } else {
            done = print_bytes(p, v, name);
        }
    }
    js_text_free(ctx, name);
    JS_FreeValue(ctx, constructor);
    return done;
}

static void print_object(struct printer *p, JSValueConst v) {
    JSContext *ctx = p->ctx;

    for (int i = 0; i < p->depth; i++)
        if (JS_VALUE_GET_PTR(p->path[i]) == JS_VALUE_GET_PTR(v)) {
            put(p, VIEW("[Circular]"));
            return;
        }
    if (JS_IsFunction(ctx, v)) {
        put(p, VIEW("[object Function]"));
    } else if (JS_IsError(ctx, v)) {
        print_error(p, v);
    } else if (go_error_is(v)) {
        put_text(p, v);
    } else if (p->depth == CONSOLE_DEPTH_MAX) {
        put(p, VIEW("[Object]"));
    } else {
        p->path[p->depth++] = v;
        if (js_is_array(ctx, v))
            print_items(p, v, length_of(ctx, v));
        else if (!print_known(p, v))
            print_members(p, v);
        p->depth--;
    }
}

static void print_value(struct printer *p, JSValueConst v, bool nested) {
    if (JS_IsObject(v))
        print_object(p, v);
    else if (JS_IsUndefined(v))
        put(p, nested ? VIEW("null") : VIEW("undefined"));
    else if (JS_IsString(v) && nested)
        put_quoted(p, v);
    else if (JS_IsSymbol(v))
        print_symbol(p, v);
    else if (JS_IsException(v))
        JS_FreeValue(p->ctx, JS_GetException(p->ctx));
    else
        put_text(p, v);
}

void console_format(JSContext *ctx, JSValueConst v, struct buf *out) {
    struct printer p = {.ctx = ctx, .out = out};
    print_value(&p, v, false);
}

static JSValue console_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int level) {
    struct buf line CLEANUP(buf_deinit) = BUF_MAX(CONSOLE_LINE_BYTES_MAX);
    struct log_sink *log = vu_services(js_vu(ctx))->log;
    (void)this_val;

    for (int i = 0; i < argc; i++) {
        if (i && buf_append_byte(&line, ' ') < 0)
            break;
        console_format(ctx, argv[i], &line);
    }
    struct log_record r = {
        .level = (enum log_level)level,
        .message = buf_view(&line),
        .fields = {{VIEW("source"), VIEW("console")}},
        .field_count = 1,
    };
    log->write(log, &r);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_MAGIC_DEF("log", 0, console_write, LOG_INFO),
    JS_CFUNC_MAGIC_DEF("info", 0, console_write, LOG_INFO),
    JS_CFUNC_MAGIC_DEF("debug", 0, console_write, LOG_DEBUG),
    JS_CFUNC_MAGIC_DEF("warn", 0, console_write, LOG_WARN),
    JS_CFUNC_MAGIC_DEF("error", 0, console_write, LOG_ERROR),
};

JSValue console_new(JSContext *ctx) {
    return js_object(ctx, members, JS_COUNT(members));
}
