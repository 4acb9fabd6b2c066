/* Connections and requests. MHD calls on_request when the headers are there, then for each piece of the body,
 * then once more to get its answer; while the owner is asked the connection is suspended, and on_request is
 * called again when it is resumed.
 *
 * MHD's own time limit counts silence only: a client that sends a byte now and then would stay for ever. So
 * every connection notes since when its request is awaited, and web_http_tick shuts those that took too long.
 */
#include "web/web_priv.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "web/web_form.h"

enum { HTTP_CONNECTION_MEMORY = 16 * 1024 };

/* ---- a request's parts ---- */

static struct view header_of(struct web_call *call, const char *name) {
    return view_of_cstr(MHD_lookup_connection_value(call->connection, MHD_HEADER_KIND, name));
}

static enum MHD_Result add_query(void *ctx, enum MHD_ValueKind kind, const char *key, size_t key_len,
    const char *value, size_t value_len) {
    struct web_call *call = ctx;

    (void)kind;
    if (web_form_add(call->request.query, view_of(key, key_len), view_of(value, value_len)) == 0)
        return MHD_YES;
    call->refused = true;
    (void)web_reply_error(&call->request.reply, "invalid",
        "the query is not UTF-8, or has more than %d parameters", WEB_FORM_FIELDS_MAX);
    return MHD_NO;
}

static bool drop_base_path(const struct web *w, struct view *path) {
    struct view base = view_of_cstr(w->base_path);

    if (!base.len)
        return true;
    if (!view_starts_with(*path, base) || (path->len > base.len && path->ptr[base.len] != '/'))
        return false;
    *path = path->len == base.len ? VIEW("/") : view_drop(*path, base.len);
    return true;
}

static void refuse(struct web_call *call, const char *code, const char *message) {
    call->refused = true;
    (void)web_reply_error(&call->request.reply, code, "%s", message);
}

static void guard(struct web_call *call) {
    struct web *w = call->request.web;
    const struct web_place *place = &call->request.place;
    unsigned flags = place->route ? place->route->flags : 0;
    struct web_guard g = {.loopback = w->loopback, .tls = w->tls, .token = view_of_cstr(w->token)};
    struct web_guard_request r = {.method = call->request.method,
        .host = header_of(call, MHD_HTTP_HEADER_HOST),
        .origin = header_of(call, MHD_HTTP_HEADER_ORIGIN),
        .referer = header_of(call, MHD_HTTP_HEADER_REFERER),
        .sec_fetch_site = header_of(call, "Sec-Fetch-Site"),
        .authorization = header_of(call, MHD_HTTP_HEADER_AUTHORIZATION),
        .cookie = header_of(call, MHD_HTTP_HEADER_COOKIE),
        .token = view_of_cstr(web_form_text(call->request.query, "token")),
        .header = header_of(call, WEB_GUARD_HEADER).ptr != NULL,
        .open = flags & WEB_ROUTE_OPEN,
        .free = flags & WEB_ROUTE_FREE,
        .strict = place->route && view_starts_with(view_of_cstr(place->route->path), VIEW("/api/"))};
    enum web_guard_verdict v = web_guard_check(&g, &r);
    if (v == WEB_GUARD_PASS)
        return;
    refuse(call, web_guard_code(v), web_guard_message(v));
    /* A person who opens the page without a token is asked for it. */
    if (v == WEB_GUARD_NO_TOKEN && place->route && place->route->answer == web_page_index) {
        call->request.reply.status = 303;
        snprintf(call->request.reply.location, sizeof call->request.reply.location, "%s/login", w->base_path);
    }
}

static void find_route(struct web_call *call, struct view path) {
    struct web_request *q = &call->request;
    struct buf methods CLEANUP(buf_deinit) = BUF_MAX(sizeof q->reply.allow);
    enum web_route_found found = drop_base_path(q->web, &path)
                                     ? web_route_find(q->web->sets, q->method, path, &q->place)
                                     : WEB_ROUTE_NONE;

    guard(call); /* before it is told whether there is such a route */
    if (call->refused || found == WEB_ROUTE_FOUND)
        return;
    if (found == WEB_ROUTE_NONE) {
        refuse(call, "not_found", "There is no such route; docs/API.md lists them.");
        return;
    }
    if (web_route_methods(q->web->sets, path, &methods) == 0)
        snprintf(q->reply.allow, sizeof q->reply.allow, "%s", methods.ptr);
    refuse(call, "method", "This route has other methods; see Allow.");
}

static void check_length(struct web_call *call) {
    struct view text = header_of(call, MHD_HTTP_HEADER_CONTENT_LENGTH);
    uint64_t n = 0;

    if (!call->refused && text.len && view_to_u64(text, &n) && n > WEB_BODY_MAX)
        refuse(call, "too_large", "The body is larger than 1 MiB.");
}

static struct web_call *call_new(
    struct web *w, struct MHD_Connection *c, const char *url, const char *method) {
    struct web_call *call = calloc(1, sizeof *call);
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    if (!call)
        return NULL;
    call->connection = c;
    call->socket = info ? info->socket_context : NULL;
    call->upload = BUF_MAX(WEB_BODY_MAX);
    call->request.web = w;
    call->request.ledger = &w->ledger;
    call->request.run = w->run;
    call->request.query = json_object();
    call->request.reply.body = BUF_MAX(WEB_REPLY_MAX);
    call->request.method = view_of_cstr(method);
    struct view encodings = header_of(call, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    call->request.gzip = view_find_view(encodings, VIEW("gzip")) >= 0;
    (void)MHD_get_connection_values_n(c, MHD_GET_ARGUMENT_KIND, add_query, call);
    if (!call->refused)
        find_route(call, view_of_cstr(url));
    check_length(call);
    return call;
}

static void call_free(struct web_call *call) {
    struct web *w = call->request.web;

    if (list_linked(&call->entry)) {
        list_remove(&call->entry);
        w->asked_count--;
    }
    if (call->ask)
        call->ask->call = NULL; /* comes back to nobody */
    if (call->socket)
        call->socket->since_us = web_now_us();
    json_decref(call->request.query);
    json_decref(call->request.body);
    buf_deinit(&call->request.reply.body);
    buf_deinit(&call->upload);
    free(call);
}

/* ---- bodies ---- */

static bool is_form(struct web_call *call) {
    struct view type = header_of(call, MHD_HTTP_HEADER_CONTENT_TYPE),
                wanted = VIEW("application/x-www-form-urlencoded");

    return view_eq_nocase(view_take(type, wanted.len), wanted);
}

static void parse_body(struct web_call *call) {
    struct web_request *q = &call->request;
    unsigned flags = q->place.route->flags;
    json_error_t why;

    if (flags & WEB_ROUTE_ANY_BODY)
        return; /* nobody reads it */
    if ((flags & WEB_ROUTE_FORM) && is_form(call)) {
        q->body = json_object();
        if (web_form_parse(buf_view(&call->upload), q->body) < 0)
            refuse(call, "invalid", "The form could not be read.");
        return;
    }
    if (!call->upload.len)
        return;
    q->body = json_loadb(call->upload.ptr, call->upload.len, JSON_REJECT_DUPLICATES, &why);
    if (!q->body) {
        call->refused = true;
        (void)web_reply_error(&q->reply, "invalid", "The body is not JSON: %s (line %d)", why.text, why.line);
    } else if (!json_is_object(q->body)) {
        refuse(call, "invalid", "The body is not a JSON object.");
    }
}

/* ---- answering ---- */

static enum MHD_Result ask(struct web_call *call) {
    struct web *w = call->request.web;

    bool slow = call->request.place.route->flags & WEB_ROUTE_SLOW;

    if (w->asked_count >= WEB_ASKS_MAX || (slow ? web_slow_start(call) : web_ask_send(call)) < 0) {
        (void)web_reply_error(
            &call->request.reply, "busy", "The server is at work on as much as it may; try again.");
        return web_reply_send(call);
    }
    call->state = WEB_CALL_ASKED;
    call->asked_us = web_now_us();
    list_push(&w->asked, &call->entry);
    w->asked_count++;
    MHD_suspend_connection(call->connection);
    return MHD_YES;
}

static enum MHD_Result answer(struct web_call *call) {
    struct web_request *q = &call->request;

    call->started = true;
    if (call->socket)
        call->socket->since_us = 0;
    if (!call->refused)
        parse_body(call);
    if (call->too_large)
        refuse(call, "too_large", "The body is larger than 1 MiB.");
    if (call->refused)
        return web_reply_send(call);
    if (q->place.route->flags & WEB_ROUTE_STREAM)
        return web_stream_open(call);
    if (q->place.route->topic != WEB_TOPIC_NONE || (q->place.route->flags & WEB_ROUTE_SLOW))
        return ask(call);
    int r = q->place.route->answer(q);
    if (r < 0)
        (void)web_reply_error(&q->reply, "internal", "%s", error_name(r));
    return web_reply_send(call);
}

static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **con_cls) {
    struct web_call *call = *con_cls;

    (void)version;
    if (!call) {
        call = *con_cls = call_new(ctx, c, url, method);
        if (!call)
            return MHD_NO;
        /* What is too large is refused before it is sent. */
        return call->refused && call->request.reply.status == 413 ? answer(call) : MHD_YES;
    }
    if (*upload_len) {
        bool fits = call->upload.len + *upload_len <= WEB_BODY_MAX;
        if (!call->refused && (!fits || buf_append(&call->upload, upload, *upload_len) < 0))
            call->too_large = true;
        *upload_len = 0;
        return MHD_YES;
    }
    if (call->state == WEB_CALL_ASKED)
        return MHD_YES; /* resumed by nobody we know: goes on waiting */
    if (call->state == WEB_CALL_ANSWERED)
        return web_reply_send(call);
    return call->started ? MHD_YES : answer(call);
}

void web_http_answered(struct web *w, struct web_ask *a) {
    struct web_call *call = a->call;

    if (call) {
        struct web_reply *r = &call->request.reply;
        call->ask = NULL;
        list_remove(&call->entry);
        w->asked_count--;
        call->state = WEB_CALL_ANSWERED;
        r->status = a->status;
        r->type = a->type;
        snprintf(r->attachment, sizeof r->attachment, "%s", a->attachment);
        buf_deinit(&r->body);
        r->body = a->reply;
        a->reply = BUF_NULL;
        if (a->type &&
            strncmp(a->type, "text/html", 9) == 0) /* a report: scripts of its own, but nothing of ours */
            r->policy = "sandbox allow-scripts allow-downloads; default-src 'none'; script-src "
                        "'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";
        MHD_resume_connection(call->connection);
    }
    web_ask_drop(a);
}

static void on_completed(
    void *ctx, struct MHD_Connection *c, void **con_cls, enum MHD_RequestTerminationCode how) {
    (void)ctx, (void)c, (void)how;
    if (*con_cls)
        call_free(*con_cls);
    *con_cls = NULL;
}

/* ---- connections ---- */

static void on_connection(
    void *ctx, struct MHD_Connection *c, void **socket_context, enum MHD_ConnectionNotificationCode what) {
    struct web *w = ctx;
    struct web_socket *s = *socket_context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        s = *socket_context = calloc(1, sizeof *s);
        if (!s)
            return;
        s->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
        s->since_us = web_now_us();
        list_push(&w->sockets, &s->entry);
    } else if (s) {
        list_remove(&s->entry);
        free(s);
        *socket_context = NULL;
    }
}

void web_http_tick(struct web *w, int64_t now_us) {
    LIST_EACH(entry, &w->sockets) {
        struct web_socket *s = LIST_ENTRY(entry, struct web_socket, entry);
        if (s->since_us && now_us - s->since_us > (int64_t)WEB_REQUEST_S * 1000000)
            shutdown(s->fd, SHUT_RDWR);
    }
    LIST_EACH(entry, &w->asked) {
        struct web_call *call = LIST_ENTRY(entry, struct web_call, entry);
        if (now_us - call->asked_us < (int64_t)WEB_ASK_S * 1000000)
            continue;
        call->ask->call = NULL;
        call->ask = NULL;
        list_remove(&call->entry);
        w->asked_count--;
        call->state = WEB_CALL_ANSWERED;
        (void)web_reply_error(&call->request.reply, "busy", "No answer within %d s.", WEB_ASK_S);
        MHD_resume_connection(call->connection);
    }
}

int web_http_start(struct web *w, struct error *err) {
    unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | (w->tls ? MHD_USE_TLS : 0);
    struct MHD_OptionItem tls[] = {{MHD_OPTION_HTTPS_MEM_CERT, 0, w->cert},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, w->key}, {MHD_OPTION_END, 0, NULL}};
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

    w->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, w, MHD_OPTION_LISTEN_SOCKET, w->listen_fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)WEB_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)WEB_IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HTTP_CONNECTION_MEMORY,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, w, MHD_OPTION_NOTIFY_CONNECTION, on_connection, w,
        MHD_OPTION_ARRAY, w->tls ? tls : none, MHD_OPTION_END);
    if (w->daemon)
        return 0;
    return error_set(err, ERROR_INVALID, "the web server could not be started%s",
        w->tls ? ": are the certificate and the key in PEM, and do they belong together?" : "");
}

/* Suspended connections must be resumed before the daemon may stop. */
void web_http_stop(struct web *w) {
    LIST_EACH(entry, &w->asked) {
        struct web_call *call = LIST_ENTRY(entry, struct web_call, entry);
        call->ask->call = NULL;
        call->ask = NULL;
        list_remove(&call->entry);
        w->asked_count--;
        call->state = WEB_CALL_ANSWERED;
        (void)web_reply_error(&call->request.reply, "busy", "The program ends.");
        MHD_resume_connection(call->connection);
    }
    web_stream_close_all(w);
    (void)MHD_run(w->daemon);
    MHD_stop_daemon(w->daemon);
    w->listen_fd = -1; /* the daemon has closed it */
}
