/* What an ended round trip says, and what follows from it: a challenge answered, a redirect followed, or the end. */
#include "net/encoding.h"
#include "net/fetch_priv.h"
#include "net/redirect.h"

#include <stdio.h>
#include <stdlib.h>

enum { HOP_BODY_COPIED_MAX = 64 * 1024 }; /* larger bodies are handed over, not copied */

static void set_fault(struct http_fetch *f, enum net_fault fault, int os_error, const char *text) {
    f->hop.fault = fault;
    f->hop.fault_errno = os_error;
    f->hop.fault_detail = arena_copy(&f->arena, view_of_cstr(text));
}

/* --- the response --- */

/* Bytes of a buffer that live as long as the fetch; ptr NULL without memory. */
static struct view adopt(struct http_fetch *f, struct buf *b) {
    size_t len;

    if (b->len <= HOP_BODY_COPIED_MAX) {
        struct view v = arena_copy(&f->arena, buf_view(b));
        buf_deinit(b);
        return v;
    }
    char *ptr = buf_steal(b, &len);
    return fetch_keep(f, ptr) ? view_of(ptr, len) : VIEW_NULL;
}

static struct view take_body(struct http_fetch *f) {
    struct body *b = &f->exchange.body;

    if (!b->buf.ptr)
        return body_view(b);
    return adopt(f, &b->buf);
}

static void decode_body(struct http_fetch *f, struct view encoding) {
    struct buf out = BUF_MAX(f->session->client->options.body_bytes_max);
    struct error err = ERROR_NULL;
    int r = encoding_decode(encoding, f->hop.body, &out, &err);

    if (r == 0) {
        f->hop.body = adopt(f, &out);
        return;
    }
    char text[ERROR_TEXT_MAX + 64];
    snprintf(text, sizeof text, "error decompressing response body (%s)", err.text);
    if (r == ERROR_SYNTAX)
        set_fault(f, NET_FAULT_DECOMPRESS, 0, text);
    else if (r == ERROR_LIMIT)
        set_fault(f, NET_FAULT_BODY_LIMIT, 0, "the decompressed response body is larger than the limit");
    else
        set_fault(f, NET_FAULT_OUT_OF_MEMORY, 0, "out of memory");
    f->hop.body = VIEW_NULL;
    buf_deinit(&out);
}

/* The URL without userinfo; as it was written, when formatting would give the same. */
static struct view url_text(struct http_fetch *f) {
    const struct url *u = &f->plan.url;
    const char *from = f->request.url.ptr, *to = from + f->request.url.len;
    bool verbatim = f->redirects == 0 && u->scheme.ptr == from && u->host_text.ptr > from && u->host_text.ptr < to &&
                    url_wire_host(u).ptr == u->host_text.ptr && !u->userinfo.ptr && !u->fragment.ptr && !url_host_is_v6(u) &&
                    (u->path_absent || (u->path.ptr > from && u->path.ptr < to));

    return verbatim ? f->request.url : u->scheme.ptr ? url_format(u, URL_NO_USERINFO, &f->arena) : f->request.url;
}

static void fill_head(struct http_fetch *f) {
    const struct exchange *x = &f->exchange;
    struct http_hop *h = &f->hop;

    h->method = f->plan.method;
    h->url = url_text(f);
    h->userinfo_present = f->plan.url.userinfo.ptr != NULL;
    h->request_headers = f->fields;
    h->request_header_count = f->field_count;
    h->request_body = f->plan.send_body && f->request.has_body ? f->request.body : VIEW_NULL;
    h->status = x->head.status;
    h->reason = x->head.reason;
    h->proto = x->head.proto;
    h->headers = x->head.headers;
    h->header_count = x->head.header_count;
    h->body = VIEW_NULL;
    h->body_wire_bytes = x->body.wire_bytes;
    h->timing = f->timing;
    h->fault = NET_FAULT_NONE;
    h->fault_errno = 0;
    h->fault_detail = VIEW_NULL;
    h->challenge = h->redirects_exhausted = false;
    h->final = true;
    h->redirects_followed = f->redirects;
}

static void fill(struct http_fetch *f) {
    const struct exchange *x = &f->exchange;
    struct http_hop *h = &f->hop;
    const struct failure *why = f->failure ? f->failure : x->failure;

    fill_head(f);
    h->body = take_body(f);
    if (why)
        set_fault(f, why->fault, why->os_error, why->text);
    if (why || f->request.discard_body || f->request.no_decompress || x->body.kind == BODY_NONE)
        return;
    struct view encoding = header_find(h->headers, h->header_count, VIEW("content-encoding"));
    if (encoding.ptr && encoding_is_known(encoding))
        decode_body(f, encoding);
}

static void store_cookies(struct http_fetch *f) {
    struct cookie c;
    int64_t now_s = 0;

    for (size_t i = 0; f->request.jar && i < f->hop.header_count; i++) {
        const struct http_header *h = &f->hop.headers[i];
        if (h->name.len != 10 || !view_eq_nocase(h->name, VIEW("set-cookie")) || cookie_parse(h->value, &c) < 0)
            continue;
        now_s = now_s ? now_s : clock_wall_us() / 1000000;
        (void)!cookie_jar_store(f->request.jar, &f->plan.url, &c, now_s); /* without memory the cookie is lost */
    }
}

/* --- what follows --- */

static bool answer_challenge(struct http_fetch *f) {
    struct hop_plan *p = &f->plan;
    struct auth_challenge c;
    struct rng rng;
    char cnonce[24];

    if (f->request.auth != HTTP_AUTH_DIGEST || f->hop.status != 401 || f->challenged || !p->url.userinfo.ptr ||
        !auth_challenge_find(f->hop.headers, f->hop.header_count, &c))
        return false;
    rng_init(&rng, rng_seed_random());
    snprintf(cnonce, sizeof cnonce, "%016llx", (unsigned long long)rng_u64(&rng));
    p->authorization =
        auth_digest(&c, p->url.userinfo, p->method, request_target(&p->url, &f->arena), 1, view_of_cstr(cnonce), &f->arena);
    f->challenged = true;
    f->hop.challenge = p->authorization.ptr != NULL;
    return f->hop.challenge;
}

static bool bad_location(struct http_fetch *f, struct view location, const char *why) {
    char text[ERROR_TEXT_MAX + 300], quoted[260];

    snprintf(text, sizeof text, "failed to parse Location header %s: %s", failure_quote(location, quoted, sizeof quoted), why);
    set_fault(f, NET_FAULT_GENERIC, 0, text);
    return false;
}

static void plan_redirect(struct http_fetch *f, const struct redirect *r, const struct url *to, bool relative) {
    struct hop_plan *p = &f->plan, next = {.method = r->method, .url = *to, .send_body = p->send_body && r->keep_body};

    next.strip_secrets = p->strip_secrets || !redirect_keeps_secrets(&f->first_url, to);
    next.strip_body_fields = p->strip_body_fields || !r->keep_body;
    if (f->request.redirects == HTTP_REDIRECTS_GO)
        next.referer = redirect_referer(&p->url, to, &f->arena);
    if (relative)
        next.host = p->first ? header_find(f->request.headers, f->request.header_count, VIEW("host")) : p->host;
    *p = next;
}

static bool is_relative(struct view location) {
    ptrdiff_t colon = view_find(location, ':'), slash = view_find(location, '/');

    return colon < 0 || (slash >= 0 && slash < colon);
}

static bool follow_redirect(struct http_fetch *f) {
    struct redirect r = redirect_of(f->request.redirects, f->hop.status, f->plan.method);
    struct view location = r.follow ? header_find(f->hop.headers, f->hop.header_count, VIEW("location")) : VIEW_NULL;
    struct error err;
    struct url to;

    if (!r.follow || location.len == 0 || f->request.redirects_max < 0)
        return false;
    int status = url_resolve(&f->plan.url, location, &f->arena, &to, &err);
    if (status < 0 && status != ERROR_INVALID)
        return bad_location(f, location, err.text);
    if (f->redirects >= f->request.redirects_max || f->redirects >= HTTP_REDIRECTS_MAX) {
        f->hop.redirects_exhausted = true;
        return false;
    }
    if (f->redirects++ == 0)
        f->first_url = f->plan.url;
    f->challenged = false;
    plan_redirect(f, &r, &to, is_relative(location));
    return true;
}

bool hop_preview(struct http_fetch *f) {
    const struct http_head *head = &f->exchange.head;
    bool redirect = f->request.redirects_max >= 0 && redirect_of(f->request.redirects, head->status, f->plan.method).follow &&
                    header_find(head->headers, head->header_count, VIEW("location")).len > 0;

    if (redirect || (head->status == 401 && f->request.auth == HTTP_AUTH_DIGEST))
        return false;
    if (f->previewed)
        return true;
    f->previewed = true;
    fill_head(f);
    store_cookies(f);
    return true;
}

bool hop_settle(struct http_fetch *f) {
    fill(f);
    if (f->hop.status != 0 && !f->previewed)
        store_cookies(f);
    if (f->hop.fault != NET_FAULT_NONE)
        return false;
    bool more = answer_challenge(f) || follow_redirect(f);
    f->hop.final = !more;
    return more;
}
