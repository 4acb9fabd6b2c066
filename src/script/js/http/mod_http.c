/* k6/http. */
#include "script/js/http/http_op.h"

#include "script/js/host_priv.h"

#define NOT_IN_INIT "Making http requests in the init context is not supported"

/* X(function, method, takes a body) */
#define METHODS(X)                 \
    X("get", "GET", false)         \
    X("head", "HEAD", false)       \
    X("post", "POST", true)        \
    X("put", "PUT", true)          \
    X("patch", "PATCH", true)      \
    X("del", "DELETE", true)       \
    X("options", "OPTIONS", true)

static const struct {
    struct view name;
    bool body;
} methods[] = {
#define METHOD_ROW(function, method, takes_body) {{method, sizeof method - 1}, takes_body},
    METHODS(METHOD_ROW)
#undef METHOD_ROW
};
enum { METHOD_HEAD = 1 };

JSValue http_op_run(struct http_op *op) {
    JSContext *ctx = op->vu->ctx;

    bool ok = http_op_start(op);
    while (ok && !op->done)
        ok = vu_park(op->vu);
    if (ok)
        return http_op_response(op);
    http_op_free(op);
    return vu_throw_stopped(ctx);
}

static JSValueConst argument(int argc, JSValueConst *argv, int i) {
    return i < argc ? argv[i] : JS_UNDEFINED;
}

static JSValue http_method(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    bool body = methods[which].body;
    (void)this_val;

    if (js_in_init(ctx))
        return js_throw(ctx, NOT_IN_INIT);
    if (which == METHOD_HEAD && argc > 2)
        js_warn(ctx, VIEW("http.head only accepts a url and a params argument (2 arguments), but 3 were given"), NULL, VIEW_NULL);
    struct http_op *op = http_op_new(js_vu(ctx), methods[which].name, argument(argc, argv, 0), body ? argument(argc, argv, 1) : JS_UNDEFINED,
                                     argument(argc, argv, body ? 2 : 1));
    return op ? http_op_run(op) : JS_EXCEPTION;
}

static struct http_op *request_op(JSContext *ctx, int argc, JSValueConst *argv) {
    struct view method;
    if (!js_text(ctx, argument(argc, argv, 0), &method))
        return NULL;
    struct http_op *op = http_op_new(js_vu(ctx), method, argument(argc, argv, 1), argument(argc, argv, 2), argument(argc, argv, 3));
    js_text_free(ctx, method);
    return op;
}

static JSValue http_request(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (js_in_init(ctx))
        return js_throw(ctx, NOT_IN_INIT);
    struct http_op *op = request_op(ctx, argc, argv);
    return op ? http_op_run(op) : JS_EXCEPTION;
}

static JSValue http_async_request(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val;
    if (js_in_init(ctx))
        return js_throw(ctx, NOT_IN_INIT);
    struct http_op *op = request_op(ctx, argc, argv);
    if (!op)
        return js_promise_rejected(ctx, JS_GetException(ctx));
    op->asynchronous = true;
    if (op->failure.ptr) {
        JSValue response = http_op_response(op);
        return JS_IsException(response) ? js_promise_rejected(ctx, JS_GetException(ctx)) : js_promise_resolved(ctx, response);
    }
    JSValue promise = js_promise_new(ctx, &op->promise);
    if (JS_IsException(promise)) {
        http_op_free(op);
        return promise;
    }
    if (http_op_start(op)) {
        if (op->done) /* it could not be started */
            http_op_finish(op);
        return promise;
    }
    JS_FreeValue(ctx, promise);
    return vu_throw_stopped(ctx); /* the op and the promise go with the iteration */
}

static const JSCFunctionListEntry members[] = {
    MODULE_FN_MAGIC("get", 2, http_method, 0),
    MODULE_FN_MAGIC("head", 2, http_method, METHOD_HEAD),
    MODULE_FN_MAGIC("post", 3, http_method, 2),
    MODULE_FN_MAGIC("put", 3, http_method, 3),
    MODULE_FN_MAGIC("patch", 3, http_method, 4),
    MODULE_FN_MAGIC("del", 3, http_method, 5),
    MODULE_FN_MAGIC("options", 3, http_method, 6),
    MODULE_FN("request", 4, http_request),
    MODULE_FN("asyncRequest", 4, http_async_request),
    MODULE_FN("batch", 1, http_batch),
    MODULE_FN("file", 3, http_file_new),
    MODULE_FN("url", 1, http_url_tag),
    MODULE_FN("cookieJar", 0, http_jar_current),
    MODULE_FN("expectedStatuses", 1, http_expected_new),
    MODULE_FN("setResponseCallback", 1, http_set_callback),
    MODULE_TEXT("TLS_1_0", "tls1.0"),
    MODULE_TEXT("TLS_1_1", "tls1.1"),
    MODULE_TEXT("TLS_1_2", "tls1.2"),
    MODULE_TEXT("TLS_1_3", "tls1.3"),
    MODULE_TEXT("OCSP_STATUS_GOOD", "good"),
    MODULE_TEXT("OCSP_STATUS_REVOKED", "revoked"),
    MODULE_TEXT("OCSP_STATUS_SERVER_FAILED", "server_failed"),
    MODULE_TEXT("OCSP_STATUS_UNKNOWN", "unknown"),
    MODULE_TEXT("OCSP_REASON_AA_COMPROMISE", "aa_compromise"),
    MODULE_TEXT("OCSP_REASON_AFFILIATION_CHANGED", "affiliation_changed"),
    MODULE_TEXT("OCSP_REASON_CA_COMPROMISE", "ca_compromise"),
    MODULE_TEXT("OCSP_REASON_CERTIFICATE_HOLD", "certificate_hold"),
    MODULE_TEXT("OCSP_REASON_CESSATION_OF_OPERATION", "cessation_of_operation"),
    MODULE_TEXT("OCSP_REASON_KEY_COMPROMISE", "key_compromise"),
    MODULE_TEXT("OCSP_REASON_PRIVILEGE_WITHDRAWN", "privilege_withdrawn"),
    MODULE_TEXT("OCSP_REASON_REMOVE_FROM_CRL", "remove_from_crl"),
    MODULE_TEXT("OCSP_REASON_SUPERSEDED", "superseded"),
    MODULE_TEXT("OCSP_REASON_UNSPECIFIED", "unspecified"),
};
static const char *const names[] = {
    "get", "head", "post", "put", "patch", "del", "options", "request", "asyncRequest", "batch", "file", "url", "cookieJar", "CookieJar",
    "expectedStatuses", "setResponseCallback", "TLS_1_0", "TLS_1_1", "TLS_1_2", "TLS_1_3", "OCSP_STATUS_GOOD", "OCSP_STATUS_REVOKED",
    "OCSP_STATUS_SERVER_FAILED", "OCSP_STATUS_UNKNOWN", "OCSP_REASON_AA_COMPROMISE", "OCSP_REASON_AFFILIATION_CHANGED",
    "OCSP_REASON_CA_COMPROMISE", "OCSP_REASON_CERTIFICATE_HOLD", "OCSP_REASON_CESSATION_OF_OPERATION", "OCSP_REASON_KEY_COMPROMISE",
    "OCSP_REASON_PRIVILEGE_WITHDRAWN", "OCSP_REASON_REMOVE_FROM_CRL", "OCSP_REASON_SUPERSEDED", "OCSP_REASON_UNSPECIFIED", NULL};

static JSValue make(JSContext *ctx) {
    JSValue v = js_object(ctx, members, JS_COUNT(members));
    if (!JS_IsException(v))
        js_set(ctx, v, "CookieJar", http_jar_constructor(ctx));
    return v;
}
extern const struct module_row module_k6_http;
const struct module_row module_k6_http = {.name = "k6/http", .make = make, .exports = names};
