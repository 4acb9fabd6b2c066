/* options.httpDebug: every hop's request and answer as log lines, as k6 prints them; with "full", bodies too. */
#include "script/js/http/http_op.h"

#include "core/rng.h"
#include "script/js/host_priv.h"

#include <stdio.h>

enum { DEBUG_BYTES_MAX = 1024 * 1024 };

static int append_headers(struct buf *out, const struct http_header *headers, size_t count) {
    int r = 0;
    for (size_t i = 0; r == 0 && i < count; i++)
        r = buf_printf(out, "%.*s: %.*s\n", VIEW_ARGS(headers[i].name), VIEW_ARGS(headers[i].value));
    return r < 0 ? r : buf_append_byte(out, '\n');
}

static void write_record(struct vu *vu, struct view text, const char *request_id) {
    char id[24], iter[24];
    snprintf(id, sizeof id, "%llu", (unsigned long long)vu->id);
    snprintf(iter, sizeof iter, "%llu", (unsigned long long)vu->iter);
    struct log_record r = {
        .level = LOG_INFO,
        .message = text,
        .fields = {{VIEW("group"), vu->group ? vu->group->path : VIEW("")},
                   {VIEW("iter"), view_of_cstr(iter)},
                   {VIEW("request_id"), view_of_cstr(request_id)},
                   {VIEW("scenario"), vu->scenario ? vu->scenario->name : VIEW("")},
                   {VIEW("source"), VIEW("http-debug")},
                   {VIEW("vu"), view_of_cstr(id)}},
        .field_count = 6,
    };
    vu_services(vu)->log->write(vu_services(vu)->log, &r);
}

/* The path and query of a URL, as the request line has it. */
static struct view target_of(struct view url) {
    ptrdiff_t at = view_find_view(url, VIEW("://"));
    url = at < 0 ? url : view_drop(url, (size_t)at + 3);
    while (url.len && url.ptr[0] != '/' && url.ptr[0] != '?')
        url = view_drop(url, 1);
    return url.len ? url : VIEW("/");
}

void http_debug_hop(struct http_op *op, const struct http_hop *hop) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(DEBUG_BYTES_MAX);
    bool full = op->vu->host->options.http_debug == OPTIONS_HTTP_DEBUG_FULL;
    char request_id[40];
    struct rng rng;

    rng_init(&rng, rng_seed_random());
    uint64_t a = rng_u64(&rng), b = rng_u64(&rng);
    snprintf(request_id, sizeof request_id, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff), (unsigned)(a & 0xfff),
             (unsigned)(0x8000 | (b >> 48 & 0x3fff)), (unsigned long long)(b & 0xffffffffffff));
    int r = buf_printf(&text, "Request:\n%.*s %.*s HTTP/1.1\n", VIEW_ARGS(hop->method), VIEW_ARGS(target_of(hop->url)));
    if (r == 0)
        r = append_headers(&text, hop->request_headers, hop->request_header_count);
    if (r == 0 && full)
        r = buf_append_view(&text, hop->request_body);
    r |= buf_append_byte(&text, '\n');
    write_record(op->vu, buf_view(&text), request_id);
    if (hop->fault)
        return;
    buf_clear(&text);
    r |= buf_printf(&text, "Response:\n%.*s %d %.*s\n", VIEW_ARGS(hop->proto), hop->status, VIEW_ARGS(hop->reason));
    if (r == 0)
        r = append_headers(&text, hop->headers, hop->header_count);
    if (r == 0 && full)
        r = buf_append_view(&text, hop->body);
    r |= buf_append_byte(&text, '\n');
    write_record(op->vu, buf_view(&text), request_id);
    (void)r; /* a full buffer cuts the text */
}
