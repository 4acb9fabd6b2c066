/* What is sent, and the headers that keep browsers from doing with it what was not meant. */
#include "web/web_priv.h"

#include <stdio.h>
#include <stdlib.h>

/* X(code, status) of docs/API.md. */
#define WEB_CODES(X)                                                                                         \
    X("invalid", 400)                                                                                        \
    X("token_required", 401)                                                                                 \
    X("forbidden", 403)                                                                                      \
    X("not_found", 404)                                                                                      \
    X("no_run", 404)                                                                                         \
    X("method", 405)                                                                                         \
    X("state", 409)                                                                                          \
    X("too_large", 413)                                                                                      \
    X("wrong_host", 421)                                                                                     \
    X("internal", 500)                                                                                       \
    X("unsupported", 501)                                                                                    \
    X("busy", 503)

static int status_of(const char *code) {
    static const struct {
        const char *code;
        int status;
    } rows[] = {
#define ROW(name, number) {name, number},
        WEB_CODES(ROW)
#undef ROW
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].code, code) == 0)
            return rows[i].status;
    return 500;
}

static int write_error(struct buf *out, const char *code, const char *text) {
    struct json_writer w = json_writer_of(out);

    buf_clear(out);
    json_writer_object(&w);
    json_writer_key(&w, VIEW("error"));
    json_writer_object(&w);
    json_writer_key(&w, VIEW("code"));
    json_writer_string(&w, view_of_cstr(code));
    json_writer_key(&w, VIEW("message"));
    json_writer_string(&w, view_of_cstr(text));
    json_writer_end(&w);
    json_writer_end(&w);
    return json_writer_error(&w);
}

int web_reply_error(struct web_reply *r, const char *code, const char *fmt, ...) {
    char text[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    r->status = status_of(code);
    r->type = NULL;
    r->fixed = VIEW_NULL;
    r->attachment[0] = '\0';
    return write_error(&r->body, code, text);
}

void web_ask_refuse(struct web_ask *a, const char *code, const char *fmt, ...) {
    char text[ERROR_TEXT_MAX];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    a->status = status_of(code);
    a->type = NULL;
    a->attachment[0] = '\0';
    if (write_error(&a->reply, code, text) < 0)
        a->status = 500;
    web_ask_answer(a);
}

#define POLICY                                                                                               \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; " \
    "connect-src 'self'; "                                                                                   \
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

static void header(struct MHD_Response *response, const char *name, const char *value) {
    (void)MHD_add_response_header(response, name, value);
}

void web_reply_headers(const struct web *w, struct MHD_Response *response, const struct web_reply *r) {
    header(response, MHD_HTTP_HEADER_CONTENT_TYPE, r->type ? r->type : "application/json");
    header(response, "Content-Security-Policy", r->policy ? r->policy : POLICY);
    header(response, "X-Content-Type-Options", "nosniff");
    header(response, "X-Frame-Options", "DENY");
    header(response, "Referrer-Policy", "same-origin");
    header(response, "Cross-Origin-Opener-Policy", "same-origin");
    header(response, "Cross-Origin-Resource-Policy", "same-origin");
    header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
        r->keep ? "public, max-age=31536000, immutable" : "no-store");
    if (w->tls)
        header(response, "Strict-Transport-Security", "max-age=86400");
    if (r->encoding)
        header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, r->encoding);
    if (r->location[0])
        header(response, MHD_HTTP_HEADER_LOCATION, r->location);
    if (r->cookie[0])
        header(response, MHD_HTTP_HEADER_SET_COOKIE, r->cookie);
    if (r->allow[0])
        header(response, MHD_HTTP_HEADER_ALLOW, r->allow);
    if (r->script_name[0])
        header(response, "X-Script-Name", r->script_name);
    if (r->status == 401)
        header(response, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
}

/* Names of files come from scripts' names: what would end the header, or the quotes, is replaced. */
static void add_attachment(struct MHD_Response *response, const char *name) {
    char text[400], clean[256];
    size_t n = 0;

    for (; name[n] && n < sizeof clean - 1; n++) {
        unsigned char c = (unsigned char)name[n];
        clean[n] = (char)(c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '/' ? '_' : c);
    }
    clean[n] = '\0';
    snprintf(text, sizeof text, "attachment; filename=\"%s\"", clean);
    header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, text);
}

static struct MHD_Response *response_of(struct web_reply *r) {
    size_t len = 0;

    if (r->fixed.len)
        return MHD_create_response_from_buffer(
            r->fixed.len, (void *)(uintptr_t)r->fixed.ptr, MHD_RESPMEM_PERSISTENT);
    char *bytes = buf_steal(&r->body, &len);
    struct MHD_Response *response =
        bytes ? MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!response)
        free(bytes);
    return response;
}

enum MHD_Result web_reply_send(struct web_call *call) {
    struct web_reply *r = &call->request.reply;
    struct MHD_Response *response = response_of(r);

    if (!response)
        return MHD_NO;
    web_reply_headers(call->request.web, response, r);
    if (r->attachment[0])
        add_attachment(response, r->attachment);
    enum MHD_Result done =
        MHD_queue_response(call->connection, r->status ? (unsigned)r->status : 200, response);
    MHD_destroy_response(response);
    return done;
}
