/* http.batch: all requests are read first, then run with at most `batch` at once and `batchPerHost` per host; the VU waits until all are
 * done. The result has the shape and the order of the argument. */
#include "script/js/http/http_op.h"

#include "script/js/atoms.h"
#include "script/js/host_priv.h"
#include "script/js/http/http_response.h"

#include <stdio.h>
#include <stdlib.h>

struct batch {
    struct vu *vu;
    JSContext *ctx;
    struct http_op **ops;
    JSAtom *keys;
    uint32_t count;
    bool as_array;
};

/* --- reading --- */

static struct http_op *op_of_parts(struct vu *vu, JSValueConst method, JSValueConst url, JSValueConst body, JSValueConst params, bool upper) {
    JSContext *ctx = vu->ctx;
    struct view text = VIEW("GET");
    char name[64];
    bool given = !js_is_nullish(method);

    if (given && !js_text(ctx, method, &text))
        return NULL;
    size_t n = text.len < sizeof name ? text.len : sizeof name;
    memcpy(name, text.ptr, n);
    for (size_t i = 0; upper && i < n; i++)
        if (name[i] >= 'a' && name[i] <= 'z')
            name[i] = (char)(name[i] - 32);
    if (given)
        js_text_free(ctx, text);
    struct view m = view_of(name, n);
    bool bodyless = upper && (view_eq(m, VIEW("GET")) || view_eq(m, VIEW("HEAD")));
    return http_op_new(vu, m, url, bodyless ? JS_UNDEFINED : body, params);
}

static struct http_op *op_of_array(struct vu *vu, JSValueConst v) {
    JSContext *ctx = vu->ctx;
    JSValue part[4];
    int64_t length = 0;
    JSValue l = JS_GetPropertyStr(ctx, v, "length");
    JS_ToInt64(ctx, &length, l);

    for (uint32_t i = 0; i < 4; i++)
        part[i] = JS_GetPropertyUint32(ctx, v, i);
    struct http_op *op = op_of_parts(vu, part[0], part[1], part[2], part[3], false);
    if (op && length < 2) {
        struct view method;
        op->failure = VIEW_NULL;
        if (js_text(ctx, part[0], &method)) {
            http_op_fail(op, 0, "invalid batch request '[]interface {}{\"%.*s\"}'", VIEW_ARGS(method));
            js_text_free(ctx, method);
        }
    }
    for (int i = 0; i < 4; i++)
        JS_FreeValue(ctx, part[i]);
    return op;
}

static struct http_op *op_of_object(struct vu *vu, JSValueConst v, JSAtom key) {
    JSContext *ctx = vu->ctx;
    JSValue method = JS_GetProperty(ctx, v, atom(vu, ATOM_METHOD)), url = JS_GetProperty(ctx, v, atom(vu, ATOM_URL));
    JSValue body = JS_GetProperty(ctx, v, atom(vu, ATOM_BODY)), params = JS_GetProperty(ctx, v, atom(vu, ATOM_PARAMS));
    struct http_op *op = op_of_parts(vu, method, url, body, params, true);

    if (op && JS_IsUndefined(url)) {
        const char *name = JS_AtomToCString(ctx, key);
        op->failure = VIEW_NULL;
        http_op_fail(op, 0, "batch request %s doesn't have a url key", name ? name : "");
        JS_FreeCString(ctx, name);
    }
    JS_FreeValue(ctx, method);
    JS_FreeValue(ctx, url);
    JS_FreeValue(ctx, body);
    JS_FreeValue(ctx, params);
    return op;
}

static struct http_op *op_of(struct vu *vu, JSValueConst v, JSAtom key) {
    struct view url, name;

    if (js_is_array(vu->ctx, v))
        return op_of_array(vu, v);
    if (JS_IsObject(v) && !http_url_read(v, &url, &name))
        return op_of_object(vu, v, key);
    return http_op_new(vu, VIEW("GET"), v, JS_UNDEFINED, JS_UNDEFINED);
}

static bool batch_read(struct batch *b, JSValueConst v) {
    JSPropertyEnum *names;
    uint32_t n;

    if (JS_GetOwnPropertyNames(b->ctx, &names, &n, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return false;
    b->ops = calloc(n + 1, sizeof *b->ops);
    b->keys = calloc(n + 1, sizeof *b->keys);
    bool ok = b->ops && b->keys && n <= HTTP_BATCH_MAX;
    for (uint32_t i = 0; i < n; i++) {
        JSValue item = ok ? JS_GetProperty(b->ctx, v, names[i].atom) : JS_UNDEFINED;
        ok = ok && !JS_IsException(item) && (b->ops[i] = op_of(b->vu, item, names[i].atom));
        JS_FreeValue(b->ctx, item);
        if (ok)
            b->keys[b->count++] = names[i].atom;
        else
            JS_FreeAtom(b->ctx, names[i].atom);
    }
    js_free(b->ctx, names);
    return ok;
}

/* --- running --- */

/* host:port as it stands in the URL. */
static struct view host_of(struct view url) {
    ptrdiff_t at = view_find_view(url, VIEW("://"));
    url = at < 0 ? url : view_drop(url, (size_t)at + 3);
    size_t n = 0;
    while (n < url.len && url.ptr[n] != '/' && url.ptr[n] != '?' && url.ptr[n] != '#')
        n++;
    return view_take(url, n);
}

static bool may_start(struct batch *b, uint32_t i, int per_host) {
    struct view host = host_of(b->ops[i]->shown);
    int same = 0;
    for (uint32_t k = 0; k < b->count; k++) {
        const struct http_op *op = b->ops[k];
        if (op->started && !op->done && view_eq(host_of(op->shown), host))
            same++;
    }
    return same < per_host;
}

static bool batch_run(struct batch *b) {
    const struct options_runtime *o = &b->vu->host->options;
    int at_once = o->batch > 0 ? o->batch : INT32_MAX, per_host = o->batch_per_host > 0 ? o->batch_per_host : INT32_MAX;

    for (;;) {
        int running = 0;
        uint32_t left = 0;
        for (uint32_t i = 0; i < b->count; i++)
            running += b->ops[i]->started && !b->ops[i]->done;
        for (uint32_t i = 0; i < b->count; i++) {
            struct http_op *op = b->ops[i];
            if (op->done)
                continue;
            left++;
            if (op->started || running >= at_once || !may_start(b, i, per_host))
                continue;
            if (!http_op_start(op))
                return false;
            running += !op->done;
        }
        if (!left)
            return true;
        if (running && !vu_park(b->vu))
            return false;
    }
}

/* What was wrong before anything was sent ends the batch in k6: a warning, and empty responses. */
static bool tell_malformed(struct batch *b) {
    bool throws = b->vu->host->options.throw_errors;

    for (uint32_t i = 0; i < b->count; i++) {
        struct http_op *op = b->ops[i];
        if (!op->failure.ptr)
            continue;
        if (throws) {
            js_throw(b->ctx, "%.*s", VIEW_ARGS(op->failure));
            return false;
        }
        js_warn(b->ctx, VIEW("A batch request failed"), "error", op->failure);
        op->failure_logged = true;
    }
    return true;
}

static JSValue batch_result(struct batch *b) {
    JSValue result = b->as_array ? JS_NewArray(b->ctx) : JS_NewObject(b->ctx);
    bool ok = !JS_IsException(result);

    for (uint32_t i = 0; i < b->count && ok; i++) {
        JSValue response = http_op_response(b->ops[i]);
        b->ops[i] = NULL;
        ok = !JS_IsException(response) && JS_DefinePropertyValue(b->ctx, result, b->keys[i], response, JS_PROP_C_W_E) >= 0;
    }
    if (ok)
        return result;
    JS_FreeValue(b->ctx, result);
    return JS_EXCEPTION;
}

JSValue http_batch(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct batch b = {.vu = js_vu(ctx), .ctx = ctx};
    JSValue result = JS_EXCEPTION;
    (void)this_val;

    if (js_in_init(ctx))
        return js_throw(ctx, "Making http requests in the init context is not supported");
    if (argc < 1)
        return js_throw(ctx, "no argument was provided to http.batch()");
    if (argc > 1)
        return js_throw(ctx, "http.batch() accepts only an array or an object of requests");
    if (!JS_IsObject(argv[0]))
        return js_throw(ctx, "invalid http.batch() argument type %s", js_go_type(ctx, argv[0]));
    b.as_array = js_is_array(ctx, argv[0]);
    if (batch_read(&b, argv[0]) && tell_malformed(&b)) {
        if (batch_run(&b))
            result = batch_result(&b);
        else
            vu_throw_stopped(ctx);
    }
    for (uint32_t i = 0; i < b.count; i++) {
        http_op_free(b.ops[i]);
        JS_FreeAtom(ctx, b.keys[i]);
    }
    free(b.ops);
    free(b.keys);
    return result;
}
