/* HTTP by libmicrohttpd, one `front` (daemon, thread, epoll) per address. A request is a `ticket`, whose way
 * through the faults is ticket.c; here are connections, answers, start and stop.
 *
 * A front never blocks on a queue: idle and waiting connections cost memory only, as with a proxy before the
 * application server. A finished request is counted and logged exactly once, in backend_on_completed. */
#include "target/backend_priv.h"
#include "core/clock.h"
#include "target/page_cache.h"
#include "target/routes.h"
#include "target/shop_store.h"
#include "target/todo_store.h"
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    BACKEND_CONNECTION_MEMORY = 16 * 1024, /* request line and headers */
    BACKEND_CONNECTIONS_MAX = 1000 * 1000,
    BACKEND_SPARE_DESCRIPTORS = 64,
    BACKEND_STREAM_BLOCK = 16 * 1024,
    BACKEND_DRAIN_STEPS = 100, /* how long a stop waits for answers to get out */
    BACKEND_DRAIN_STEP_US = 5000,
};

/* --- libmicrohttpd's callbacks, on the front's thread --- */

static ssize_t backend_on_stream(void *ctx, uint64_t pos, char *out, size_t max) {
    struct ticket *t = ctx;
    if (pos >= t->x.reply.len)
        return MHD_CONTENT_READER_END_OF_STREAM;
    size_t len = ticket_stream(t, pos);
    len = len < max ? len : max;
    memcpy(out, t->x.reply.ptr + pos, len);
    return (ssize_t)len;
}

static struct MHD_Response *backend_response(struct ticket *t) {
    struct view body = exchange_reply(&t->x);
    if (t->x.stream_step_ns)
        return MHD_create_response_from_callback(
            MHD_SIZE_UNKNOWN, BACKEND_STREAM_BLOCK, backend_on_stream, t, NULL);
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result backend_answer(struct ticket *t) {
    struct MHD_Response *r = backend_response(t);
    enum MHD_Result ok = r ? MHD_add_response_header(r, "X-Request-ID", t->correlation_id) : MHD_NO;

    if (ok && t->x.content_type)
        ok = MHD_add_response_header(r, "Content-Type", t->x.content_type);
    for (size_t i = 0; ok && i < t->x.header_count; i++)
        ok = MHD_add_response_header(r, t->x.headers[i].name, t->x.headers[i].value);
    if (ok)
        ok = MHD_queue_response(t->connection, (unsigned)t->x.status, r);
    if (r)
        MHD_destroy_response(r);
    return ok;
}

static enum MHD_Result backend_on_request(void *ctx, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len, void **slot) {
    struct ticket *t = *slot;
    (void)version;
    backend_pause(((struct backend_front *)ctx)->server);
    if (!t) {
        *slot = ticket_open(ctx, c, method, url);
        return *slot ? MHD_YES : MHD_NO;
    }
    if (*upload_len) {
        if (!t->too_large)
            t->too_large = buf_append(&t->body, upload, *upload_len) != 0;
        *upload_len = 0;
        return MHD_YES;
    }
    bool answered = t->stage == TICKET_READING ? ticket_read(t) : ticket_resumed(t);
    return answered ? backend_answer(t) : MHD_YES;
}

static void backend_trace(struct ticket *t, int status, int64_t now_ns) {
    static const char *const waits[COMMONS_GATES] = {
        [COMMONS_WORKERS] = "queue wait", [COMMONS_POOL] = "pool wait", [COMMONS_LOCK] = "lock wait"};
    struct spans_request r = {
        .context = &t->trace,
        .method = exchange_method_name(t->x.method),
        .route = t->row == ROUTE_NONE ? "(none)" : routes_row(t->row)->pattern,
        .path = t->x.path,
        .status = status,
        .from_ns = t->received_ns,
        .until_ns = now_ns,
    };
    for (unsigned g = 0; g < COMMONS_GATES; g++)
        if (t->waited_from_ns[g])
            r.parts[g] = (struct spans_part){waits[g], t->waited_from_ns[g], t->waited_ns[g], 0};
    size_t told = t->told && t->queries < QUERY_METER_KEPT ? t->queries : t->told ? QUERY_METER_KEPT : 0;
    if (t->queries > told) /* the rest of them in one */
        r.parts[COMMONS_GATES] =
            (struct spans_part){"database", t->database_from_ns, t->database_ns, t->queries - (unsigned)told};
    r.queries = t->told;
    r.query_count = told;
    r.queries_from_ns = t->database_from_ns;
    spans_add(t->front->server->spans, &r, &t->front->app.rng);
}
static_assert((int)SPANS_CHILDREN_MAX == (int)COMMONS_GATES + 1, "a span for each wait and the database");

static void backend_on_completed(
    void *ctx, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why) {
    struct backend_front *f = ctx;
    struct backend *s = f->server;
    struct ticket *t = *slot;

    if (!t)
        return;
    int64_t now_ns = commons_now_ns();
    struct access_log_entry e = {
        .correlation_id = t->correlation_id,
        .method = t->x.method,
        .path = t->x.path,
        .status = t->x.status && t->read_ns ? t->x.status : EXCHANGE_CLIENT_CLOSED,
        .queue_ns = t->begun_ns  ? t->begun_ns - t->read_ns
                    : t->read_ns ? now_ns - t->read_ns
                                 : 0,
        .duration_ns = now_ns - t->received_ns,
        .bytes = t->x.method == METHOD_HEAD ? 0 : exchange_reply(&t->x).len,
        .aborted = t->gone || why != MHD_REQUEST_TERMINATED_COMPLETED_OK,
    };
    if (s->config.log_fd >= 0) {
        e.wall_ns = clock_wall_ns();
        e.client = exchange_lookup(&t->x, EXCHANGE_CLIENT, "").ptr;
        e.client = e.client ? e.client : "?";
        access_log_write(&s->log, &e);
    }
    (void)c;
    ticket_leave(t);
    served_count(&s->shared->served, t->row, e.status);
    metrics_observe(
        &s->shared->metrics.duration[t->row == ROUTE_NONE ? SERVED_ROUTES_MAX - 1 : t->row], e.duration_ns);
    s->shared->served.aborted += e.aborted;
    if (s->spans)
        backend_trace(t, e.status, now_ns);
    f->in_progress--;
    *slot = NULL;
    ticket_give_back(t);
}

static void backend_on_connection(
    void *ctx, struct MHD_Connection *c, void **slot, enum MHD_ConnectionNotificationCode what) {
    const struct backend_front *f = ctx;
    (void)c;
    (void)slot;
    f->server->shared->metrics.connections += what == MHD_CONNECTION_NOTIFY_CLOSED ? -1 : 1;
}

/* --- start and stop --- */

int backend_app_init(struct backend *s, struct exchange_app *app, struct error *err) {
    rng_init(&app->rng, rng_seed_random());
    app->strict = s->config.strict;
    app->commons = s->config.commons;
    app->meter = (struct query_meter){.faults = &s->config.commons->faults, .metrics = &s->shared->metrics};
    int rc = todo_store_new(&app->store, s->config.db_path, err);
    if (rc == 0)
        todo_store_set_meter(app->store, &app->meter);
    app->cache = s->cache;
    return rc ? rc : shop_store_new(&app->shop, s->config.db_path, &app->meter, err);
}

void backend_app_deinit(struct exchange_app *app) {
    app->store = todo_store_free(app->store);
    app->shop = shop_store_free(app->shop);
}

static unsigned backend_connections_max(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return FD_SETSIZE;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur > BACKEND_CONNECTIONS_MAX)
        return BACKEND_CONNECTIONS_MAX;
    return limit.rlim_cur > 2 * BACKEND_SPARE_DESCRIPTORS
               ? (unsigned)limit.rlim_cur - BACKEND_SPARE_DESCRIPTORS
               : BACKEND_SPARE_DESCRIPTORS;
}

static int backend_start_front(
    struct backend *s, struct backend_front *f, const struct listener *a, struct error *err) {
    char text[LISTENER_TEXT_MAX];
    f->server = s;
    int rc = backend_app_init(s, &f->app, err);
    if (rc)
        return rc;
    int64_t backlog = fault_value(&s->config.commons->faults, FAULT_ACCEPT_BACKLOG);
    int fd = listener_open(a, backlog ? (int)backlog : LISTENER_BACKLOG, err);
    if (fd < 0)
        return fd;
    f->daemon = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_TURBO, 0, NULL, NULL,
        backend_on_request, f,                                                 /* requests */
        MHD_OPTION_LISTEN_SOCKET, fd,                                          /* the socket */
        MHD_OPTION_CONNECTION_LIMIT, backend_connections_max(),                /* limits */
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)BACKEND_CONNECTION_MEMORY, /* … */
        MHD_OPTION_NOTIFY_COMPLETED, backend_on_completed, f,                  /* ends */
        MHD_OPTION_NOTIFY_CONNECTION, backend_on_connection, f, MHD_OPTION_END);
    if (!f->daemon) {
        close(fd);
        return error_set(
            err, -EIO, "the HTTP server on %s did not start", listener_format((const void *)&a->sa, text));
    }
    return 0;
}

int backend_new(struct backend **out, const struct backend_config *config, struct error *err) {
    struct backend *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    s->config = *config;
    s->shared = &config->commons->parts[config->process];
    s->shared->pid = (int)getpid();
    s->seen_changes = config->commons->changes;
    for (size_t i = 0; i < COMMONS_GATES; i++)
        list_init(&s->waiters[i]);
    pthread_mutex_init(&s->executor_lock, NULL);
    leak_init(&s->leak, &config->commons->leaked_bytes, &s->shared->metrics);
    access_log_init(&s->log, config->log_fd, &s->shared->log_pending, &s->shared->served);
    s->fronts = calloc(config->address_count, sizeof *s->fronts);
    int cached = page_cache_new(&s->cache, config->commons, &s->shared->metrics);
    if (cached == 0 && config->spans)
        cached = spans_new(&s->spans, config->spans, &s->shared->metrics);
    int rc = s->fronts && cached == 0
                 ? dispatcher_start(&s->dispatcher, config->commons->wake_fds[config->process],
                       &ticket_dispatcher_table, s)
                 : -ENOMEM;
    if (rc)
        error_set(err, rc, "the server did not start: %s", error_name(rc));
    for (size_t i = 0; rc == 0 && i < config->address_count; i++)
        rc = backend_start_front(s, &s->fronts[i], &config->addresses[i], err);
    *out = rc == 0 ? s : backend_free(s);
    return rc;
}

void backend_tick(struct backend *s) {
    access_log_flush(&s->log);
    if (s->spans)
        spans_flush(s->spans);
}

static void backend_drain(struct backend *s, struct backend_front *f) {
    for (int i = 0; i < BACKEND_DRAIN_STEPS && f->in_progress > 0; i++) {
        ticket_drop_waiting(s); /* who came to a gate while it was being closed */
        usleep(BACKEND_DRAIN_STEP_US);
    }
}

void *backend_free(struct backend *s) {
    if (!s)
        return NULL;
    for (size_t i = 0; s->fronts && i < s->config.address_count; i++)
        if (s->fronts[i].daemon) {
            MHD_socket fd = MHD_quiesce_daemon(s->fronts[i].daemon);
            if (fd != MHD_INVALID_SOCKET)
                close(fd);
        }
    pthread_mutex_lock(&s->executor_lock);
    s->stopping = true;
    pthread_mutex_unlock(&s->executor_lock);
    ticket_drop_waiting(s);
    workqueue_stop(&s->executor);
    dispatcher_stop(&s->dispatcher);
    for (size_t i = 0; s->fronts && i < s->config.address_count; i++) {
        struct backend_front *f = &s->fronts[i];
        if (f->daemon) {
            backend_drain(s, f);
            MHD_stop_daemon(f->daemon);
        }
        ticket_free_all(f->free_tickets);
        backend_app_deinit(&f->app);
    }
    access_log_flush(&s->log);
    access_log_deinit(&s->log);
    leak_deinit(&s->leak);
    dispatcher_deinit(&s->dispatcher);
    for (unsigned i = 0; i < s->executor_count; i++)
        backend_app_deinit(&s->executor_apps[i]);
    page_cache_free(s->cache);
    spans_free(s->spans);
    pthread_mutex_destroy(&s->executor_lock);
    s->shared->pid = 0;
    free(s->fronts);
    free(s);
    return NULL;
}
