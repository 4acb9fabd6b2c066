/* From arguments to a fetch and back. What is wrong with a request itself does not throw (unless asked): it becomes a Response with
 * status 0, an error and a warning, as in k6.
 *
 * Samples are recorded per hop in on_hop, from the loop; so requests that were completed before an iteration was cut are counted, and
 * one that is cut is not (it is counted as evidence when bytes had been sent). */
#include "script/js/http/http_op.h"

#include "script/js/atoms.h"
#include "script/js/evidence_js.h"
#include "script/js/go_error.h"
#include "script/js/host_priv.h"
#include "script/js/http/http_response.h"

#include <stdarg.h>
#include <stdio.h>

/* --- making --- */

void http_op_fail(struct http_op *op, int code, const char *fmt, ...) {
    char text[ERROR_TEXT_MAX * 2];
    va_list args;

    if (op->failure.ptr)
        return;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    size_t len = n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    op->failure = arena_copy(http_fetch_arena(op->fetch), view_of(text, len));
    op->failure_code = code;
}

/* Masks "user:password" and "user". */
static struct view without_userinfo(struct arena *a, struct view url) {
    if (view_find(url, '@') < 0)
        return url;
    ptrdiff_t scheme = view_find_view(url, VIEW("://"));
    if (scheme < 0)
        return url;
    size_t start = (size_t)scheme + 3, at = 0;
    for (size_t i = start; i < url.len && url.ptr[i] != '/' && url.ptr[i] != '?' && url.ptr[i] != '#'; i++)
        if (url.ptr[i] == '@')
            at = i;
    if (!at)
        return url;
    const char *mask = view_find(view_take(view_drop(url, start), at - start), ':') < 0 ? "****" : "****:****";
    char *out = arena_printf(a, "%.*s%s%.*s", VIEW_ARGS(view_take(url, start)), mask, VIEW_ARGS(view_drop(url, at)));
    return view_of_cstr(out);
}

static void read_url(struct http_op *op, JSValueConst url) {
    JSContext *ctx = op->vu->ctx;
    struct arena *a = http_fetch_arena(op->fetch);
    struct view text, name;

    if (http_url_read(url, &text, &name)) {
        op->url = arena_copy(a, text);
        op->name = arena_copy(a, name);
    } else if (JS_IsString(url) && js_text(ctx, url, &text)) {
        op->url = arena_copy(a, text);
        js_text_free(ctx, text);
    } else {
        struct buf shown CLEANUP(buf_deinit) = BUF_MAX(256);
        int r = 0;
        if (js_is_nullish(url))
            r = buf_append_view(&shown, VIEW("<nil>"));
        else if (JS_IsObject(url))
            r = buf_append_view(&shown, VIEW("map[]"));
        else if (js_text(ctx, url, &text)) {
            r = buf_append_view(&shown, text);
            js_text_free(ctx, text);
        }
        (void)r;
        op->url = VIEW("");
        http_op_fail(op, 1020, "invalid URL: '#%.*s'", VIEW_ARGS(buf_view(&shown)));
    }
    op->shown = without_userinfo(a, op->url);
}

struct http_op *http_op_new(struct vu *vu, struct view method, JSValueConst url, JSValueConst body, JSValueConst params) {
    struct http_fetch *fetch;
    struct script_host *h = vu->host;
    struct view content_type = VIEW_NULL;

    if (!vu->session && h->client && http_session_new(&vu->session, h->client, view_of_cstr(vu->local_address)) < 0)
        vu->session = NULL;
    if (!vu->session || http_fetch_new(&fetch, vu->session) < 0) {
        JS_ThrowOutOfMemory(vu->ctx);
        return NULL;
    }
    struct arena *a = http_fetch_arena(fetch);
    struct http_op *op = arena_calloc(a, 1, sizeof *op);
    if (!op) {
        http_fetch_free(fetch);
        JS_ThrowOutOfMemory(vu->ctx);
        return NULL;
    }
    op->vu = vu;
    op->fetch = fetch;
    op->tags = vu->tags;
    op->expected = vu->expected;
    op->expected_off = vu->expected_off;
    op->throws = h->options.throw_errors;
    op->type = h->options.discard_response_bodies ? RESPONSE_NONE : RESPONSE_TEXT;
    op->request.method = arena_copy(a, method);
    op->request.timeout_us = HTTP_TIMEOUT_DEFAULT_US;
    op->request.redirects_max = h->options.max_redirects;
    op->redirects_given = h->options.max_redirects_set;
    op->request.auth = HTTP_AUTH_BASIC;
    op->request.jar = http_jar_default(vu);
    list_push(&vu->http_ops, &op->entry);
    read_url(op, url);
    if (!js_is_nullish(body))
        http_body_read(op, body, &content_type);
    http_params_read(op, params, content_type);
    op->request.url = op->url;
    op->request.discard_body = op->type == RESPONSE_NONE;
    if (JS_HasException(vu->ctx)) {
        http_op_free(op);
        return NULL;
    }
    return op;
}

void http_op_free(struct http_op *op) {
    if (!op)
        return;
    list_remove(&op->entry);
    if (op->started && !op->done && http_fetch_cancel(op->fetch))
        evidence_interrupted(op->vu);
    if (op->promise)
        js_promise_abandon(op->promise);
    http_fetch_free(op->fetch);
}

void http_ops_cancel(struct vu *vu) {
    LIST_EACH(e, &vu->http_ops)
        http_op_free(LIST_ENTRY(e, struct http_op, entry));
}

/* --- recording --- */

static struct view go_url(struct http_op *op, enum url_userinfo userinfo) {
    struct arena *a = http_fetch_arena(op->fetch);
    struct view text = VIEW_NULL;
    struct error err;
    struct url u;

    if (url_parse(op->url, a, &u, &err) == 0)
        text = url_format(&u, userinfo, a);
    return text.ptr ? text : op->url;
}

static void on_hop(void *ctx, struct http_fetch *f, const struct http_hop *hop) {
    struct http_op *op = ctx;
    struct vu *vu = op->vu;
    struct script_host *h = vu->host;
    struct view error = VIEW_NULL;

    bool first = op->hops++ == 0;
    if (hop->fault == NET_FAULT_INVALID_URL)
        return; /* nothing was tried */
    int code = http_error_of(hop, http_fetch_arena(f), &error);
    if (first) /* Digest takes the user out of the URL */
        op->shown = hop->userinfo_present && op->request.auth != HTTP_AUTH_DIGEST ? without_userinfo(http_fetch_arena(f), go_url(op, URL_USERINFO)) : hop->url;
    int status = hop->fault ? 0 : hop->status;
    bool expected = hop->challenge || (!hop->fault && http_is_expected(op->expected, status));
    struct record_http_tags t = {
        .base = op->tags,
        .name = op->name.ptr ? op->name : first ? op->shown : hop->url,
        .method = hop->method,
        .proto = hop->fault ? VIEW_NULL : hop->proto,
        .tls_version = hop->fault ? VIEW_NULL : hop->tls_version,
        .ip = hop->remote_ip,
        .status = status,
        .error_code = code,
        .expected = op->expected_off ? -1 : expected,
        .error = error,
    };
    struct recorder_http times = record_times(&hop->timing);
    struct recorder_at at = vu_at(vu, hop->timing.done_us);
    times.failed = op->expected_off ? -1 : !expected;
    recorder_add_http(vu_services(vu)->recorder, record_http_tagset(&h->record, &t), &times, &at);
    evidence_counted(vu);
    if (h->options.http_debug)
        http_debug_hop(op, hop);
    if (hop->fault)
        evidence_error(vu, hop->method, t.name, error, code);
    if (op->marked && (hop->final || hop->fault)) {
        struct http_mark_end end = {.wall_us = at.wall_ns / 1000,
            .duration_us = hop->timing.done_us - op->started_us,
            .bytes = hop->body_wire_bytes,
            .status = status,
            .failed = times.failed == 1,
            .error = error};
        http_mark_over(op, &end);
    }
    if (times.failed == 1)
        evidence_failed(vu, hop, t.name, first ? op->shown : hop->url, error, at.wall_ns / 1000);
}

static void settle(struct js_promise *p, JSContext *ctx, void *arg) {
    JSValue response = http_op_response(arg);
    if (JS_IsException(response))
        js_promise_reject(p, JS_GetException(ctx));
    else
        js_promise_resolve(p, response);
}

void http_op_finish(struct http_op *op) {
    js_promise_complete(op->promise, settle, op);
}

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *last) {
    struct http_op *op = ctx;
    (void)f;

    op->last = *last;
    op->done = true;
    if (op->promise)
        js_promise_complete(op->promise, settle, op);
    else
        vu_wake(op->vu);
}

static const struct http_fetch_callbacks callbacks = {on_hop, on_done};

/* --- running --- */

bool http_op_start(struct http_op *op) {
    struct vu *vu = op->vu;
    const struct script_services *s = vu_services(vu);

    if (op->failure.ptr) {
        op->done = true;
        return true;
    }
    int64_t wait_us = s->request_delay_us ? s->request_delay_us(s->ctx) : 0;
    if (wait_us > 0)
        if (!vu_sleep(vu, wait_us))
            return false;
    if (vu->stop)
        return false;
    evidence_url(vu, op->request.method, op->url, op->name.ptr ? op->name : op->shown);
    http_mark(op);
    op->started_us = loop_now_us(s->loop);
    int r = http_fetch_start(op->fetch, &op->request, &callbacks, op);
    if (r < 0) {
        http_op_fail(op, 1000, "%s", error_name(r));
        op->done = true;
        return true;
    }
    op->started = true;
    return true;
}

/* --- the answer --- */

/* "Get" for GET: Go names the method like that in its errors. */
static struct view go_method(struct arena *a, struct view method) {
    struct view out = arena_copy(a, method.len ? method : VIEW("GET"));
    char *p = (char *)(uintptr_t)out.ptr;
    for (size_t i = 1; p && i < out.len; i++)
        if (p[i] >= 'A' && p[i] <= 'Z')
            p[i] = (char)(p[i] + ('a' - 'A'));
    return out;
}

struct view http_op_url(struct http_op *op, enum url_userinfo userinfo) {
    bool told = op->hops && !op->last.userinfo_present && !op->last.redirects_followed;

    return told ? op->last.url : go_url(op, userinfo);
}

/* The failure in Go's form. The text, which the log shows too, has method and URL in it, unless the answer had begun. */
static struct go_error failure_of(struct http_op *op) {
    struct arena *a = http_fetch_arena(op->fetch);
    struct go_error e = {.timeout = op->last.fault == NET_FAULT_TIMEOUT};
    struct view detail = op->last.fault_detail.len ? op->last.fault_detail : op->error;
    bool digest = op->request.auth == HTTP_AUTH_DIGEST;

    e.text = op->failure.ptr ? op->failure : detail;
    if ((op->failure.ptr && op->failure_code != 1000) || op->last.status)
        return e;
    if (op->last.fault == NET_FAULT_INVALID_URL) {
        e.text = view_of_cstr(arena_printf(a, "invalid URL: %.*s", VIEW_ARGS(detail)));
        return e;
    }
    e.cause = e.text;
    e.op = go_method(a, op->last.redirects_followed ? op->last.method : op->request.method);
    e.url = op->last.redirects_followed ? op->last.url : http_op_url(op, digest ? URL_NO_USERINFO : URL_USERINFO_MASKED);
    e.text = view_of_cstr(arena_printf(a, "%.*s \"%.*s\": %.*s", VIEW_ARGS(e.op), VIEW_ARGS(e.url), VIEW_ARGS(e.cause)));
    return e;
}

static void warn_redirects(struct http_op *op) {
    char text[256];
    int n = snprintf(text, sizeof text,
                     "Stopped after %d redirects and returned the redirection; pass { redirects: n } in request params or set global "
                     "maxRedirects to silence this", op->last.redirects_followed + 1);
    js_warn(op->vu->ctx, view_of(text, (size_t)n), "url", op->shown);
}

JSValue http_op_response(struct http_op *op) {
    JSContext *ctx = op->vu->ctx;

    list_remove(&op->entry);
    if (op->failure.ptr) {
        op->error = op->failure;
        op->error_code = op->failure_code;
    } else {
        op->error_code = http_error_of(&op->last, http_fetch_arena(op->fetch), &op->error);
        if (op->last.redirects_exhausted && !op->redirects_given)
            warn_redirects(op);
    }
    if (op->failure.ptr || op->last.fault) {
        struct go_error failure = failure_of(op);
        if (op->last.fault == NET_FAULT_INVALID_URL)
            op->error = failure.text;
        if (op->throws) {
            JSValue thrown = op->asynchronous ? go_error_new(ctx, &failure) : js_error(ctx, "%.*s", VIEW_ARGS(failure.text));
            http_fetch_free(op->fetch);
            return JS_IsException(thrown) ? thrown : JS_Throw(ctx, thrown);
        }
        if (!op->failure_logged)
            js_warn(ctx, VIEW("Request Failed"), "error", failure.text);
    }
    return response_new(op);
}
