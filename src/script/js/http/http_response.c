/* A Response is an object of its own class with exotic property access: its twenty own members exist by name, and each value is made when
 * it is first read and then kept in `fields`. A script that only looks at `status` pays for nothing else.
 *
 * Reading what is not there (response.id) gives undefined, as in k6, and is kept as evidence: this is the most common mistake in
 * load-test scripts. While a check runs, `check_reads` remembers which members were read.
 *
 * The struct lies in the fetch's arena, and the fetch lives as long as the object. */
#include "script/js/http/http_response.h"

#include "script/js/evidence_js.h"
#include "script/js/host_priv.h"
#include "script/js/html/html.h"
#include "script/js/json/json_fault.h"
#include "script/js/json/json_path.h"

#include <stdio.h>
#include <stdlib.h>

enum { DESCRIBED_BODY_BYTES = 1024 };

static void finalize(JSRuntime *rt, JSValue v);
static void mark(JSRuntime *rt, JSValueConst v, JS_MarkFunc *mark_func);
static JSClassExoticMethods exotic;
static JSValue response_json(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue response_html(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue response_submit(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
static JSValue response_click(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("json", 1, response_json),
    JS_CFUNC_DEF("html", 1, response_html),
    JS_CFUNC_DEF("submitForm", 1, response_submit),
    JS_CFUNC_DEF("clickLink", 1, response_click),
};
static struct js_class response_class = {
    .def = {.class_name = "Response", .finalizer = finalize, .gc_mark = mark, .exotic = &exotic},
    .members = members,
    .member_count = JS_COUNT(members),
};

/* --- making the fields --- */

/* Go takes some fields out of the header when it has understood them: Trailer of chunked bodies, Connection with "close". */
static bool is_consumed(const struct http_hop *hop, struct view name) {
    if (view_eq(name, VIEW("Transfer-Encoding")))
        return true;
    if (view_eq(name, VIEW("Trailer")))
        return header_find(hop->headers, hop->header_count, VIEW("transfer-encoding")).ptr != NULL;
    if (!view_eq(name, VIEW("Connection")) || !view_eq(hop->proto, VIEW("HTTP/1.1")))
        return false;
    for (size_t i = 0; i < hop->header_count; i++)
        if (view_eq_nocase(hop->headers[i].name, name) && header_has_token(hop->headers[i].value, VIEW("close")))
            return true;
    return false;
}

/* As Go does for caches older than Cache-Control. */
static void add_cache_control(JSContext *ctx, JSValueConst object, const struct http_hop *hop) {
    if (view_eq(header_find(hop->headers, hop->header_count, VIEW("pragma")), VIEW("no-cache")) &&
        !header_find(hop->headers, hop->header_count, VIEW("cache-control")).ptr)
        js_set(ctx, object, "Cache-Control", JS_NewString(ctx, "no-cache"));
}

/* A field of that name came before. */
static bool came_before(const struct http_hop *hop, size_t at) {
    for (size_t i = 0; i < at; i++)
        if (view_eq_nocase(hop->headers[i].name, hop->headers[at].name))
            return true;
    return false;
}

static JSValue make_headers(JSContext *ctx, struct response *r) {
    struct arena *a = http_fetch_arena(r->op->fetch);
    const struct http_hop *hop = &r->op->last;
    JSValue object = JS_NewObject(ctx);

    for (size_t i = 0; !hop->fault && i < hop->header_count; i++) {
        struct view name = http_header_canonical(a, hop->headers[i].name);
        if (is_consumed(hop, name))
            continue;
        struct view value = hop->headers[i].value;
        JSAtom key = JS_NewAtomLen(ctx, name.ptr, name.len);
        JSValue before = came_before(hop, i) ? JS_GetProperty(ctx, object, key) : JS_UNDEFINED;
        struct view had;
        if (JS_IsString(before) && js_text(ctx, before, &had)) {
            char *joined = arena_printf(a, "%.*s, %.*s", VIEW_ARGS(had), VIEW_ARGS(value));
            js_text_free(ctx, had);
            value = view_of_cstr(joined);
        }
        JS_FreeValue(ctx, before);
        JS_DefinePropertyValue(ctx, object, key, js_string(ctx, value), JS_PROP_C_W_E);
        JS_FreeAtom(ctx, key);
    }
    if (!hop->fault)
        add_cache_control(ctx, object, hop);
    return object;
}

/* False: response.body is null. */
static bool has_body(const struct response *r) {
    const struct http_hop *hop = &r->op->last;
    bool bodyless = hop->status == 204 || hop->status == 304 || hop->status < 200;

    return r->op->type != RESPONSE_NONE && !r->op->failure.ptr && !(bodyless && !hop->body.len) && !(hop->fault && !hop->body.ptr);
}

static JSValue make_body(JSContext *ctx, struct response *r) {
    const struct http_hop *hop = &r->op->last;

    if (!has_body(r))
        return JS_NULL;
    return r->op->type == RESPONSE_BINARY ? js_buffer(ctx, hop->body) : js_string(ctx, hop->body);
}

static JSValue make_timings(JSContext *ctx, struct response *r) {
    struct recorder_http t = record_times(&r->op->last.timing);
    JSValue v = JS_NewObject(ctx);
    js_set(ctx, v, "duration", JS_NewFloat64(ctx, t.duration_ms));
    js_set(ctx, v, "blocked", JS_NewFloat64(ctx, t.blocked_ms));
    js_set(ctx, v, "looking_up", JS_NewInt32(ctx, 0));
    js_set(ctx, v, "connecting", JS_NewFloat64(ctx, t.connecting_ms));
    js_set(ctx, v, "tls_handshaking", JS_NewFloat64(ctx, t.tls_handshaking_ms));
    js_set(ctx, v, "sending", JS_NewFloat64(ctx, t.sending_ms));
    js_set(ctx, v, "waiting", JS_NewFloat64(ctx, t.waiting_ms));
    js_set(ctx, v, "receiving", JS_NewFloat64(ctx, t.receiving_ms));
    return v;
}

static JSValue make_ocsp(JSContext *ctx, struct response *r) {
    static const char *const numbers[] = {"produced_at", "this_update", "next_update", "revoked_at"};
    JSValue v = JS_NewObject(ctx);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        js_set(ctx, v, numbers[i], JS_NewInt32(ctx, 0));
    js_set(ctx, v, "revocation_reason", JS_NewString(ctx, ""));
    js_set(ctx, v, "status", JS_NewString(ctx, r->op->last.tls_version.len ? "unknown" : ""));
    return v;
}

static void add_request_cookies(JSContext *ctx, JSValueConst object, struct view header) {
    while (header.ptr) {
        struct view value = view_trim(view_cut(&header, ';', NULL));
        struct view name = view_cut(&value, '=', NULL);
        JSValue list = JS_NewArray(ctx), c = JS_NewObject(ctx);
        js_set(ctx, c, "name", js_string(ctx, name));
        js_set(ctx, c, "value", js_string(ctx, value));
        js_set(ctx, c, "replace", JS_FALSE);
        JS_SetPropertyUint32(ctx, list, 0, c);
        js_set_view(ctx, object, name, list);
    }
}

/* The request was refused before it was one: there is no URL and no request to show. */
static bool was_refused(const struct http_op *op) {
    return (op->failure.ptr && op->failure_code != 1000) || op->last.fault == NET_FAULT_INVALID_URL;
}

static JSValue make_request(JSContext *ctx, struct response *r) {
    struct http_op *op = r->op;
    if (was_refused(op))
        return JS_NULL;
    struct arena *a = http_fetch_arena(op->fetch);
    JSValue v = JS_NewObject(ctx), headers = JS_NewObject(ctx), cookies = JS_NewObject(ctx);
    const struct http_header *list = op->hops ? op->last.request_headers : op->request.headers;
    size_t count = op->hops ? op->last.request_header_count : op->request.header_count;

    for (size_t i = 0; i < count; i++) {
        struct view name = http_header_canonical(a, list[i].name);
        if (view_eq(name, VIEW("Host")) || view_eq(name, VIEW("Content-Length")))
            continue;
        JSValue values = JS_NewArray(ctx);
        JS_SetPropertyUint32(ctx, values, 0, js_string(ctx, list[i].value));
        js_set_view(ctx, headers, name, values);
        if (view_eq(name, VIEW("Cookie")))
            add_request_cookies(ctx, cookies, list[i].value);
    }
    js_set(ctx, v, "method", js_string(ctx, op->request.method));
    js_set(ctx, v, "url", js_string(ctx, http_op_url(op, URL_USERINFO)));
    js_set(ctx, v, "headers", headers);
    js_set(ctx, v, "body", js_string(ctx, op->request.body));
    js_set(ctx, v, "cookies", cookies);
    return v;
}

static JSValue make_status_text(JSContext *ctx, const struct http_hop *hop) {
    char text[256];
    if (hop->fault || !hop->status)
        return JS_NewString(ctx, "");
    int n = snprintf(text, sizeof text, "%d%s%.*s", hop->status, hop->reason.len ? " " : "", VIEW_ARGS(view_take(hop->reason, 200)));
    return js_string(ctx, view_of(text, (size_t)n));
}

static JSValue make_url(JSContext *ctx, struct response *r) {
    struct http_op *op = r->op;
    if (was_refused(op))
        return JS_NewString(ctx, "");
    if (op->last.redirects_followed)
        return js_string(ctx, op->last.url);
    return js_string(ctx, op->last.fault || op->failure.ptr ? op->url : http_op_url(op, URL_USERINFO));
}

static JSValue make_field(JSContext *ctx, JSValueConst obj, struct response *r, enum atom_name name) {
    const struct http_hop *hop = &r->op->last;
    bool ok = !hop->fault;

    switch (name) {
    case ATOM_REMOTE_IP: return js_string(ctx, hop->remote_ip);
    case ATOM_REMOTE_PORT: return JS_NewInt32(ctx, hop->remote_port);
    case ATOM_URL: return make_url(ctx, r);
    case ATOM_STATUS: return JS_NewInt32(ctx, ok ? hop->status : 0);
    case ATOM_STATUS_TEXT: return make_status_text(ctx, hop);
    case ATOM_PROTO: return js_string(ctx, ok ? hop->proto : VIEW(""));
    case ATOM_HEADERS: return make_headers(ctx, r);
    case ATOM_COOKIES: return http_cookies_object(ctx, hop->headers, ok ? hop->header_count : 0);
    case ATOM_BODY: return make_body(ctx, r);
    case ATOM_TIMINGS: return make_timings(ctx, r);
    case ATOM_TLS_VERSION: return js_string(ctx, ok ? hop->tls_version : VIEW(""));
    case ATOM_TLS_CIPHER_SUITE: return js_string(ctx, ok ? hop->tls_cipher : VIEW(""));
    case ATOM_OCSP: return make_ocsp(ctx, r);
    case ATOM_ERROR: return js_string(ctx, r->op->error);
    case ATOM_ERROR_CODE: return JS_NewInt32(ctx, r->op->error_code);
    case ATOM_REQUEST: return make_request(ctx, r);
    default: break;
    }
    /* The methods stand on the prototype. */
    JSValue proto = JS_GetPrototype(ctx, obj);
    JSValue v = JS_GetProperty(ctx, proto, atom(r->vu, name));
    JS_FreeValue(ctx, proto);
    return v;
}

/* --- property access --- */

static int field_of(const struct response *r, JSAtom prop) {
    for (int i = 0; i < RESPONSE_FIELDS; i++)
        if (r->vu->atoms[i] == prop)
            return i;
    return -1;
}

/* A new reference. */
static JSValue field_value(JSContext *ctx, JSValueConst obj, struct response *r, int field) {
    if (!(r->made & 1u << field)) {
        r->fields[field] = make_field(ctx, obj, r, (enum atom_name)field);
        r->made |= 1u << field;
    }
    return JS_DupValue(ctx, r->fields[field]);
}

/* Names that engines and libraries probe for on any object. */
static bool is_probe(struct view name) {
    static const char *const probes[] = {"then", "toJSON", "constructor", "inspect", "$$typeof", "asymmetricMatch", "nodeType", "length",
                                         "default", "__esModule", "toStringTag", "catch", "message", "name", "stack"};
    for (size_t i = 0; i < sizeof probes / sizeof *probes; i++)
        if (view_eq(view_of_cstr(probes[i]), name))
            return true;
    return name.len && name.ptr[0] >= '0' && name.ptr[0] <= '9';
}

static void note_missing(JSContext *ctx, struct response *r, JSAtom prop) {
    JSValue key = JS_AtomToValue(ctx, prop);
    struct view name;
    if (JS_IsString(key) && js_text(ctx, key, &name)) {
        if (!is_probe(name))
            evidence_missing(r->vu, r, name);
        js_text_free(ctx, name);
    }
    JS_FreeValue(ctx, key);
}

static JSValue get_property(JSContext *ctx, JSValueConst obj, JSAtom prop, JSValueConst receiver) {
    struct response *r = js_class_opaque(obj, &response_class);
    (void)receiver;

    int field = field_of(r, prop);
    if (field >= 0) {
        if (r->vu->check_response == r)
            r->vu->check_reads |= 1u << field;
        return field_value(ctx, obj, r, field);
    }
    JSValue proto = JS_GetPrototype(ctx, obj);
    JSValue v = JS_GetProperty(ctx, proto, prop);
    if (JS_IsUndefined(v) && JS_HasProperty(ctx, proto, prop) == 0)
        note_missing(ctx, r, prop);
    JS_FreeValue(ctx, proto);
    return v;
}

static int get_own(JSContext *ctx, JSPropertyDescriptor *desc, JSValueConst obj, JSAtom prop) {
    struct response *r = js_class_opaque(obj, &response_class);
    int field = field_of(r, prop);

    if (field < 0)
        return 0;
    if (desc)
        *desc = (JSPropertyDescriptor){JS_PROP_C_W_E, field_value(ctx, obj, r, field), JS_UNDEFINED, JS_UNDEFINED};
    return 1;
}

static int get_names(JSContext *ctx, JSPropertyEnum **names, uint32_t *count, JSValueConst obj) {
    struct response *r = js_class_opaque(obj, &response_class);
    JSPropertyEnum *list = js_malloc(ctx, sizeof *list * RESPONSE_FIELDS);

    if (!list)
        return -1;
    for (int i = 0; i < RESPONSE_FIELDS; i++)
        list[i] = (JSPropertyEnum){.is_enumerable = 1, .atom = JS_DupAtom(ctx, r->vu->atoms[i])};
    *names = list;
    *count = RESPONSE_FIELDS;
    return 0;
}

static int define_own(JSContext *ctx, JSValueConst obj, JSAtom prop, JSValueConst val, JSValueConst getter, JSValueConst setter,
                      int flags) {
    struct response *r = js_class_opaque(obj, &response_class);
    int field = field_of(r, prop);

    if (field < 0)
        return JS_DefineProperty(ctx, obj, prop, val, getter, setter, flags | JS_PROP_NO_EXOTIC);
    if (flags & JS_PROP_HAS_VALUE) {
        if (r->made & 1u << field)
            JS_FreeValue(ctx, r->fields[field]);
        r->fields[field] = JS_DupValue(ctx, val);
        r->made |= 1u << field;
    }
    return 1;
}

static JSClassExoticMethods exotic = {
    .get_own_property = get_own,
    .get_own_property_names = get_names,
    .define_own_property = define_own,
    .get_property = get_property,
};

static void finalize(JSRuntime *rt, JSValue v) {
    struct response *r = js_class_opaque(v, &response_class);
    if (!r)
        return;
    for (uint32_t made = r->made; made; made &= made - 1)
        JS_FreeValueRT(rt, r->fields[__builtin_ctz(made)]);
    JS_FreeValueRT(rt, r->json);
    http_fetch_free(r->op->fetch);
}

static void mark(JSRuntime *rt, JSValueConst v, JS_MarkFunc *mark_func) {
    struct response *r = js_class_opaque(v, &response_class);
    if (!r)
        return;
    for (uint32_t made = r->made; made; made &= made - 1)
        JS_MarkValue(rt, r->fields[__builtin_ctz(made)], mark_func);
    JS_MarkValue(rt, r->json, mark_func);
}

JSValue response_new(struct http_op *op) {
    JSContext *ctx = op->vu->ctx;
    struct response *r = arena_alloc(http_fetch_arena(op->fetch), sizeof *r);
    JSValue v = r ? js_class_new(ctx, &response_class, NULL) : JS_ThrowOutOfMemory(ctx);

    if (JS_IsException(v)) {
        http_fetch_free(op->fetch);
        return v;
    }
    r->op = op;
    r->vu = op->vu;
    r->json = JS_UNINITIALIZED;
    r->made = 0;
    JS_SetOpaque(v, r);
    return v;
}

struct response *response_of(JSValueConst v) {
    return JS_IsObject(v) ? js_class_opaque(v, &response_class) : NULL;
}

/* --- methods --- */

static struct response *this_response(JSContext *ctx, JSValueConst this_val) {
    struct response *r = response_of(this_val);
    if (!r)
        JS_ThrowTypeError(ctx, "not a Response");
    return r;
}

static JSValue response_json(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct response *r = this_response(ctx, this_val);
    struct view path;

    if (!r)
        return JS_EXCEPTION;
    if (!has_body(r))
        return js_throw(ctx, "the body is null so we can't transform it to JSON - this likely was because of a request error getting the response");
    if (argc > 0 && !js_is_nullish(argv[0])) {
        if (!js_text(ctx, argv[0], &path))
            return JS_EXCEPTION;
        JSValue v = json_path_get(ctx, r->op->last.body, path);
        js_text_free(ctx, path);
        return v;
    }
    if (JS_IsUninitialized(r->json)) {
        JSValue v = js_json_read(ctx, r->op->last.body, "body");
        if (JS_IsException(v))
            return json_fault_throw(ctx, r->op->last.body);
        r->json = v;
    }
    return JS_DupValue(ctx, r->json);
}

static JSValue response_html(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct response *r = this_response(ctx, this_val);
    struct view selector = VIEW_NULL;

    if (!r)
        return JS_EXCEPTION;
    if (!has_body(r))
        return js_throw(ctx, "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response");
    if (argc > 0 && !js_is_nullish(argv[0]) && !js_text(ctx, argv[0], &selector))
        return JS_EXCEPTION;
    JSValue v = html_selection(ctx, r->op->last.body, r->op->last.url, selector);
    js_text_free(ctx, selector);
    return v;
}

/* A member of an options object as text in the arena; `otherwise` when it is absent. */
static struct view option_text(JSContext *ctx, JSValueConst options, const char *name, struct view otherwise, struct arena *a) {
    struct view text;
    JSValue v = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, name) : JS_UNDEFINED;
    if (!js_is_nullish(v) && js_text(ctx, v, &text)) {
        otherwise = arena_copy(a, text);
        js_text_free(ctx, text);
    }
    JS_FreeValue(ctx, v);
    return otherwise;
}

/* Sends a request that a page asked for, relative to the page. */
static JSValue follow(struct response *r, struct view method, struct view reference, bool query_replaced, JSValueConst fields,
                      JSValueConst params) {
    JSContext *ctx = r->vu->ctx;
    struct arena *a = http_fetch_arena(r->op->fetch);
    struct error err = ERROR_NULL;
    struct url base, url;
    struct view from = r->op->last.url.len ? r->op->last.url : r->op->url;

    if (url_parse(from, a, &base, &err) < 0 || url_resolve(&base, reference, a, &url, &err) < 0)
        return js_throw(ctx, "%s", err.text);
    if (query_replaced)
        url.query = VIEW_NULL;
    JSValue target = js_string(ctx, url_format(&url, URL_USERINFO, a));
    struct http_op *op = http_op_new(r->vu, method, target, fields, params);
    JS_FreeValue(ctx, target);
    if (!op)
        return JS_EXCEPTION;
    if (view_eq(method, VIEW("GET")) && op->request.has_body) {
        /* A form sent by GET: its fields are the query. */
        struct arena *own = http_fetch_arena(op->fetch);
        op->url = op->shown = op->request.url =
            view_of_cstr(arena_printf(own, "%.*s?%.*s", VIEW_ARGS(op->url), VIEW_ARGS(op->request.body)));
        op->request.has_body = false;
        op->request.body = VIEW_NULL;
        op->request.header_count = op->request.header_count ? op->request.header_count - 1 : 0;
        op->request.headers = op->request.headers ? op->request.headers + 1 : NULL;
    }
    return http_op_run(op);
}

static JSValue response_submit(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct response *r = this_response(ctx, this_val);
    JSValueConst options = argc > 0 ? argv[0] : JS_UNDEFINED;
    struct html_form form;

    if (!r)
        return JS_EXCEPTION;
    if (!has_body(r))
        return js_throw(ctx, "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response");
    struct arena *a = http_fetch_arena(r->op->fetch);
    JSValue fields = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, "fields") : JS_UNDEFINED;
    JSValue params = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, "params") : JS_UNDEFINED;
    JSValue result = JS_EXCEPTION;
    if (html_form_read(ctx, r->op->last.body, r->op->last.url, option_text(ctx, options, "formSelector", VIEW("form"), a),
                       option_text(ctx, options, "submitSelector", VIEW("[type=\"submit\"]"), a), fields, a, &form)) {
        result = follow(r, form.method, form.action, view_eq(form.method, VIEW("GET")), form.fields, params);
        JS_FreeValue(ctx, form.fields);
    }
    JS_FreeValue(ctx, fields);
    JS_FreeValue(ctx, params);
    return result;
}

static JSValue response_click(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct response *r = this_response(ctx, this_val);
    JSValueConst options = argc > 0 ? argv[0] : JS_UNDEFINED;
    struct view href;

    if (!r)
        return JS_EXCEPTION;
    if (!has_body(r))
        return js_throw(ctx, "the body is null so we can't transform it to HTML - this likely was because of a request error getting the response");
    struct arena *a = http_fetch_arena(r->op->fetch);
    if (!html_link_read(ctx, r->op->last.body, r->op->last.url, option_text(ctx, options, "selector", VIEW("a[href]"), a), a, &href))
        return JS_EXCEPTION;
    JSValue params = JS_IsObject(options) ? JS_GetPropertyStr(ctx, options, "params") : JS_UNDEFINED;
    JSValue result = follow(r, VIEW("GET"), href, false, JS_UNDEFINED, params);
    JS_FreeValue(ctx, params);
    return result;
}

/* --- for evidence --- */

/* Called for every check: no printf here. */
struct view response_endpoint(const struct response *r, char *out, size_t size) {
    const struct http_op *op = r->op;
    struct view method = view_take(op->request.method, size / 4), name = op->name.ptr ? op->name : op->shown;

    memcpy(out, method.ptr, method.len);
    out[method.len] = ' ';
    name = view_take(name, size - method.len - 1);
    memcpy(out + method.len + 1, name.ptr, name.len);
    return view_of(out, method.len + 1 + name.len);
}

static int describe_message(struct buf *out, const struct http_header *headers, size_t count, struct view body) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = buf_printf(out, "%.*s: %.*s\n", VIEW_ARGS(headers[i].name), VIEW_ARGS(headers[i].value));
    if (r == 0)
        r = buf_append_byte(out, '\n');
    if (r == 0 && body.len)
        r = buf_append_view(out, view_take(body, DESCRIBED_BODY_BYTES));
    return r < 0 ? r : buf_append_byte(out, '\n');
}

void response_describe_hop(const struct http_hop *hop, struct view method, struct view url, struct view error, struct buf *out) {
    int e = buf_printf(out, "%.*s %.*s\n", VIEW_ARGS(method), VIEW_ARGS(url));

    if (e == 0)
        e = describe_message(out, hop->request_headers, hop->request_header_count, hop->request_body);
    if (e == 0 && hop->fault)
        e = buf_printf(out, "\n%.*s\n", VIEW_ARGS(error));
    else if (e == 0)
        e = buf_printf(out, "\n%.*s %d %.*s\n", VIEW_ARGS(hop->proto), hop->status, VIEW_ARGS(hop->reason));
    if (e == 0 && !hop->fault)
        e = describe_message(out, hop->headers, hop->header_count, hop->body);
    (void)e; /* a full buffer cuts the text */
}

void response_describe(const struct response *r, struct buf *out) {
    response_describe_hop(&r->op->last, r->op->request.method, r->op->shown, r->op->error, out);
}
