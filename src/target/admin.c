#include "target/admin.h"
#include "core/json_writer.h"
#include "target/metrics_page.h"
#include <errno.h>
#include <jansson.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

extern const char embed_admin_html[];
extern const size_t embed_admin_html_size;

enum { ADMIN_BODY_MAX = 4096, ADMIN_IPV4_LOOPBACK = 127, ADMIN_IPV4_SHIFT = 24 };

static const char admin_json[] = "application/json";

struct admin {
    struct MHD_Daemon *daemon;
    struct commons *commons;
};

struct admin_request {
    struct exchange x;
    struct buf body;
    struct MHD_Connection *connection;
};

int admin_check_address(const struct listener *a, const char *text, struct error *err) {
    const struct sockaddr_in *v4 = (const void *)&a->sa;
    const struct sockaddr_in6 *v6 = (const void *)&a->sa;
    bool loopback = a->sa.ss_family == AF_INET
                        ? ntohl(v4->sin_addr.s_addr) >> ADMIN_IPV4_SHIFT == ADMIN_IPV4_LOOPBACK
                        : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
    if (loopback)
        return 0;
    return error_set(err, ERROR_INVALID,
        "--admin %s: whoever reaches this port can break the backend, so it must be a loopback address like "
        "127.0.0.1:%d",
        text, ADMIN_PORT);
}

/* --- what it answers --- */

static void admin_write_fault(struct json_writer *w, const struct fault_set *f, enum fault_id id) {
    const struct {
        const char *key, *value;
    } texts[] = {{"takes", fault_value_hint(id)}, {"what", fault_what(id)}, {"sees", fault_sees(id)}};
    char value[FAULT_TEXT_MAX];

    json_writer_object(w);
    json_writer_key(w, VIEW("name"));
    json_writer_string(w, view_of_cstr(fault_name(id)));
    json_writer_key(w, VIEW("value"));
    json_writer_string(w, view_of_cstr(fault_format_value(f, id, value)));
    json_writer_key(w, VIEW("active"));
    json_writer_bool(w, fault_value(f, id) != 0);
    json_writer_key(w, VIEW("needs_value"));
    json_writer_bool(w, fault_needs_value(id));
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        json_writer_key(w, view_of_cstr(texts[i].key));
        json_writer_string(w, view_of_cstr(texts[i].value));
    }
    json_writer_end(w);
}

static void admin_reply_fault(struct exchange *x, const struct commons *c, enum fault_id id) {
    struct json_writer w = json_writer_of(&x->reply);
    x->status = 200;
    x->content_type = admin_json;
    admin_write_fault(&w, &c->faults, id);
    (void)exchange_guard(x, json_writer_error(&w));
}

static void admin_reply_faults(struct exchange *x, const struct commons *c) {
    struct json_writer w = json_writer_of(&x->reply);
    x->status = 200;
    x->content_type = admin_json;
    json_writer_object(&w);
    json_member_array(&w, "faults");
    for (unsigned i = 0; i < FAULT_IDS; i++)
        admin_write_fault(&w, &c->faults, i);
    json_writer_end(&w);
    json_writer_end(&w);
    (void)exchange_guard(x, json_writer_error(&w));
}

/* The value as plain text, as a JSON string, number or true, or as {"value": …}. */
static void admin_read_value(const struct exchange *x, char out[FAULT_TEXT_MAX]) {
    struct view text = view_trim(x->body);
    json_t *doc = json_loadb(text.ptr ? text.ptr : "", text.len, JSON_DECODE_ANY, NULL);
    const json_t *value = json_is_object(doc) ? json_object_get(doc, "value") : doc;

    if (!text.len)
        text = exchange_lookup(x, EXCHANGE_QUERY, "value");
    if (json_is_string(value))
        text = view_of(json_string_value(value), json_string_length(value));
    snprintf(out, FAULT_TEXT_MAX, "%.*s", (int)(text.len < FAULT_TEXT_MAX ? text.len : FAULT_TEXT_MAX),
        text.ptr ? text.ptr : "");
    if (json_is_integer(value))
        snprintf(out, FAULT_TEXT_MAX, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(out, FAULT_TEXT_MAX, "%.15g", json_real_value(value));
    else if (json_is_true(value) || json_is_null(value))
        snprintf(out, FAULT_TEXT_MAX, "%s", json_is_true(value) ? "on" : "");
    json_decref(doc);
}

static void admin_put(struct exchange *x, struct commons *c, enum fault_id id) {
    struct fault_set set = FAULT_SET_NULL;
    struct error why = ERROR_NULL;
    char value[FAULT_TEXT_MAX], text[2 * FAULT_TEXT_MAX];

    admin_read_value(x, value);
    snprintf(text, sizeof text, "%s%s%s", fault_name(id), value[0] ? "=" : "", value);
    if (fault_parse(&set, view_of_cstr(text), &why))
        exchange_refuse(x, 400, "%s", why.text);
    else if (commons_switch(c, id, fault_value(&set, id), &why))
        exchange_refuse(x, 409, "%s", why.text);
    else
        admin_reply_fault(x, c, id);
}

static void admin_delete(struct exchange *x, struct commons *c, enum fault_id id) {
    if (commons_switch(c, id, 0, NULL))
        exchange_refuse(x, 500, "The fault could not be switched off");
    else
        admin_reply_fault(x, c, id);
}

static void admin_not_allowed(struct exchange *x, const char *allow) {
    exchange_set_header(x, "Allow", "%s", allow);
    exchange_refuse(x, 405, "Method not allowed; this path takes %s", allow);
}

static void admin_handle_fault(struct exchange *x, struct commons *c, struct view name) {
    struct error why = ERROR_NULL;
    enum fault_id id = fault_find(name, &why);
    if (id == FAULT_IDS)
        exchange_refuse(x, 404, "%s", why.text);
    else if (x->method == METHOD_GET)
        admin_reply_fault(x, c, id);
    else if (x->method ==
             METHOD_PUT) /* not POST: a page elsewhere could send that from a browser on this machine */
        admin_put(x, c, id);
    else if (x->method == METHOD_DELETE)
        admin_delete(x, c, id);
    else
        admin_not_allowed(x, "GET, PUT, DELETE");
}

static void admin_heal(struct exchange *x, struct commons *c) {
    for (unsigned i = 0; i < FAULT_IDS; i++)
        if (fault_value(&c->faults, i))
            (void)!commons_switch(c, i, 0, NULL); /* off never contradicts */
    admin_reply_faults(x, c);
}

static void admin_page(struct exchange *x, struct commons *c) {
    if (view_eq(x->path, VIEW("/metrics"))) {
        x->status = 200;
        x->content_type = "text/plain; version=0.0.4; charset=utf-8";
        (void)exchange_guard(x, metrics_page_write(c, &x->reply));
    } else if (view_eq(x->path, VIEW("/"))) {
        exchange_fixed(x, 200, "text/html; charset=utf-8", view_of(embed_admin_html, embed_admin_html_size));
    } else if (view_eq(x->path, VIEW("/health"))) {
        exchange_fixed(x, 200, admin_json, VIEW("{\"status\":\"ok\"}"));
    } else {
        exchange_refuse(x, 404, "Not found; there are /, /faults, /faults/NAME, /metrics, /health");
    }
}

void admin_handle(struct exchange *x, struct commons *c) {
    enum exchange_method given = x->method;
    x->method = given == METHOD_HEAD ? METHOD_GET : given;
    if (view_starts_with(x->path, VIEW("/faults/")))
        admin_handle_fault(x, c, view_drop(x->path, strlen("/faults/")));
    else if (view_eq(x->path, VIEW("/faults")) && x->method == METHOD_DELETE)
        admin_heal(x, c);
    else if (view_eq(x->path, VIEW("/faults")) && x->method == METHOD_GET)
        admin_reply_faults(x, c);
    else if (view_eq(x->path, VIEW("/faults")))
        admin_not_allowed(x, "GET, DELETE");
    else if (x->method == METHOD_GET)
        admin_page(x, c);
    else
        admin_not_allowed(x, "GET");
    x->method = given;
}

/* --- libmicrohttpd --- */

static const char *admin_lookup(void *ctx, enum exchange_source source, const char *name) {
    return source == EXCHANGE_QUERY ? MHD_lookup_connection_value(ctx, MHD_GET_ARGUMENT_KIND, name) : NULL;
}

static enum MHD_Result admin_answer(struct admin *a, struct admin_request *r) {
    r->x.body = buf_view(&r->body);
    admin_handle(&r->x, a->commons);
    struct view body = exchange_reply(&r->x);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    if (r->x.content_type)
        (void)MHD_add_response_header(response, "Content-Type", r->x.content_type);
    (void)MHD_add_response_header(response, "Cache-Control", "no-store");
    for (size_t i = 0; i < r->x.header_count; i++)
        (void)MHD_add_response_header(response, r->x.headers[i].name, r->x.headers[i].value);
    enum MHD_Result ok = MHD_queue_response(r->connection, (unsigned)r->x.status, response);
    MHD_destroy_response(response);
    return ok;
}

static enum MHD_Result admin_on_request(void *ctx, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len, void **slot) {
    struct admin_request *r = *slot;
    (void)version;
    if (!r) {
        *slot = r = calloc(1, sizeof *r);
        if (!r)
            return MHD_NO;
        buf_init(&r->body, ADMIN_BODY_MAX);
        buf_init(&r->x.reply, METRICS_PAGE_MAX);
        r->connection = c;
        r->x.method = exchange_method_parse(view_of_cstr(method));
        r->x.path = view_of_cstr(url);
        r->x.lookup = admin_lookup;
        r->x.lookup_ctx = c;
        return MHD_YES;
    }
    if (*upload_len) {
        int rc = buf_append(&r->body, upload, *upload_len); /* a body that long is no value anyway */
        *upload_len = 0;
        return rc == 0 || rc == ERROR_LIMIT ? MHD_YES : MHD_NO;
    }
    return admin_answer(ctx, r);
}

static void admin_on_completed(
    void *ctx, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why) {
    struct admin_request *r = *slot;
    (void)ctx;
    (void)c;
    (void)why;
    if (!r)
        return;
    buf_deinit(&r->body);
    buf_deinit(&r->x.reply);
    free(r);
    *slot = NULL;
}

int admin_new(struct admin **out, int listen_fd, struct commons *c, struct error *err) {
    struct admin *a = calloc(1, sizeof *a);
    *out = NULL;
    if (a) {
        a->commons = c;
        a->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ITC, 0, NULL, NULL,
            admin_on_request, a, MHD_OPTION_LISTEN_SOCKET, listen_fd, MHD_OPTION_NOTIFY_COMPLETED,
            admin_on_completed, a, MHD_OPTION_END);
    }
    if (!a || !a->daemon) {
        free(a);
        close(listen_fd);
        return error_set(err, -EIO, "the admin server did not start");
    }
    *out = a;
    return 0;
}

void *admin_free(struct admin *a) {
    if (a) {
        MHD_stop_daemon(a->daemon);
        free(a);
    }
    return NULL;
}
