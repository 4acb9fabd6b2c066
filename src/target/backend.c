/* HTTP by libmicrohttpd, one `front` (daemon, thread, epoll) per address. A request is a `ticket`:
 *
 *   READING -- body read --+-- no fault holds it up ----------------------> answered on the front's thread
 *                           +-- workers=N: suspended, in the queue -------> WORKED: resumed, answered
 *                           +-- db-latency=MS: suspended, on a delay line -> DUE: resumed, answered
 *
 * So a front never blocks on a queue: idle and waiting connections cost memory only, as with a proxy before
 * the application server. A ticket that nobody waits for any more stays in the queue and is worked on, as a
 * synchronous server would; libmicrohttpd does not look at a suspended connection, so the one who finishes
 * the ticket asks the socket whether the client has gone (a client that merely half-closed counts as gone in
 * the log, and is answered).
 *
 * Who owns what: tickets belong to their front's thread (free list, log line), except between workqueue_push
 * and MHD_resume_connection. A finished request is counted and logged exactly once, in backend_on_completed.
 */
#include "target/backend.h"
#include "core/clock.h"
#include "target/correlation.h"
#include "target/routes.h"
#include "target/todo_store.h"
#include "target/workqueue.h"
#include <errno.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum {
    BACKEND_CONNECTION_MEMORY = 16 * 1024, /* request line and headers */
    BACKEND_CONNECTIONS_MAX = 1000 * 1000,
    BACKEND_SPARE_DESCRIPTORS = 64,
    BACKEND_KEEP_BUFFER = 64 * 1024,
    BACKEND_DRAIN_STEPS = 100, /* how long a stop waits for answers to get out */
    BACKEND_DRAIN_STEP_US = 5000,
    BACKEND_NS_PER_S = 1000 * 1000 * 1000,
    BACKEND_NS_PER_MS = 1000 * 1000,
};

enum ticket_state { TICKET_READING, TICKET_WAITING, TICKET_DUE, TICKET_WORKED };

struct ticket {
    struct workqueue_job job;
    struct exchange x;
    struct backend_front *front;
    struct MHD_Connection *connection;
    struct ticket *next_free;
    enum ticket_state state;
    int row;
    bool too_large, gone;
    int64_t received_ns, read_ns, begun_ns;
    struct buf body;
    char correlation_id[CORRELATION_SIZE];
};

struct backend_front {
    struct backend *server;
    struct MHD_Daemon *daemon;
    struct exchange_app app;
    struct ticket *free_tickets;
    _Atomic int64_t in_progress;
};

struct backend {
    struct backend_config config;
    struct access_log log;
    struct workqueue workers; /* with the fault workers=N */
    struct workqueue delays;  /* with db-latency=MS and without workers=N */
    struct exchange_app *worker_apps;
    unsigned worker_count;
    struct backend_front *fronts;
};

static int64_t backend_now_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * (int64_t)BACKEND_NS_PER_S + t.tv_nsec;
}

static int64_t backend_fault_ns(const struct backend *s, enum fault_id id) {
    return fault_value(s->config.faults, id) * BACKEND_NS_PER_MS;
}

/* --- tickets --- */

static const char *ticket_lookup(void *ctx, enum exchange_source source, const char *name) {
    static const enum MHD_ValueKind kinds[] = {
        [EXCHANGE_HEADER] = MHD_HEADER_KIND,
        [EXCHANGE_QUERY] = MHD_GET_ARGUMENT_KIND,
        [EXCHANGE_COOKIE] = MHD_COOKIE_KIND,
    };
    return MHD_lookup_connection_value(ctx, kinds[source], name);
}

static struct ticket *ticket_take(struct backend_front *f) {
    struct ticket *t = f->free_tickets;
    if (t) {
        f->free_tickets = t->next_free;
        return t;
    }
    t = calloc(1, sizeof *t);
    if (t) {
        t->front = f;
        buf_init(&t->x.reply, EXCHANGE_REPLY_MAX);
        buf_init(&t->body, EXCHANGE_BODY_MAX);
    }
    return t;
}

static void ticket_give_back(struct ticket *t) {
    exchange_clear(&t->x);
    buf_clear(&t->body);
    buf_shrink(&t->x.reply, BACKEND_KEEP_BUFFER);
    buf_shrink(&t->body, BACKEND_KEEP_BUFFER);
    t->next_free = t->front->free_tickets;
    t->front->free_tickets = t;
}

static void ticket_free_all(struct ticket *t) {
    while (t) {
        struct ticket *next = t->next_free;
        buf_deinit(&t->x.reply);
        buf_deinit(&t->body);
        free(t);
        t = next;
    }
}

/* The head has been read. */
static struct ticket *ticket_open(
    struct backend_front *f, struct MHD_Connection *c, const char *method, const char *url) {
    struct ticket *t = ticket_take(f);
    if (!t)
        return NULL;
    t->connection = c;
    t->state = TICKET_READING;
    t->too_large = t->gone = false;
    t->received_ns = backend_now_ns();
    t->read_ns = t->begun_ns = 0;
    t->x.method = exchange_method_parse(view_of_cstr(method));
    t->x.path = view_of_cstr(url);
    t->x.body = VIEW_NULL;
    t->x.lookup = ticket_lookup;
    t->x.lookup_ctx = c;
    correlation_pick(t->correlation_id, exchange_lookup(&t->x, EXCHANGE_HEADER, "X-Request-ID"),
        exchange_lookup(&t->x, EXCHANGE_HEADER, "traceparent"), &f->app.rng);
    t->row = routes_find(&t->x);
    f->in_progress++;
    f->server->config.shared->served.received++;
    return t;
}

static unsigned ticket_flags(const struct ticket *t) {
    return t->row == ROUTE_NONE ? 0 : routes_row(t->row)->flags;
}

static void ticket_work(struct ticket *t, struct exchange_app *app) {
    struct backend *s = t->front->server;
    int64_t burn_ns = backend_fault_ns(s, FAULT_CPU_MS);

    t->begun_ns = t->begun_ns ? t->begun_ns : backend_now_ns();
    t->x.app = app;
    t->x.body = buf_view(&t->body);
    if (burn_ns && !(ticket_flags(t) & ROUTE_SPARED_CPU))
        workqueue_burn(&s->workers, burn_ns);
    if (t->too_large)
        exchange_refuse(&t->x, 413, "The body is larger than %d bytes", EXCHANGE_BODY_MAX);
    else if (t->row != ROUTE_NONE)
        routes_row(t->row)->handle(&t->x);
}

/* --- the queues' sides, on their threads --- */

static void ticket_resume(struct ticket *t, enum ticket_state state) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(t->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd p = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};

    t->gone = poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
    t->state = state;
    MHD_resume_connection(t->connection);
}

static void backend_on_work(void *ctx, unsigned worker, struct workqueue_job *job) {
    struct backend *s = ctx;
    struct ticket *t = CONTAINER_OF(job, struct ticket, job);
    s->config.shared->served.queued--;
    ticket_work(t, &s->worker_apps[worker]);
    ticket_resume(t, TICKET_WORKED);
}

static void backend_on_delay(void *ctx, unsigned worker, struct workqueue_job *job) {
    struct backend *s = ctx;
    struct ticket *t = CONTAINER_OF(job, struct ticket, job);
    (void)worker;
    /* The delay is the same for all: who was first in line is due first. */
    workqueue_sleep(&s->delays, t->read_ns + backend_fault_ns(s, FAULT_DB_LATENCY));
    ticket_resume(t, TICKET_DUE);
}

static void backend_on_drop(void *ctx, struct workqueue_job *job) {
    struct backend *s = ctx;
    struct ticket *t = CONTAINER_OF(job, struct ticket, job);
    if (s->worker_count)
        s->config.shared->served.queued--;
    exchange_clear(&t->x);
    exchange_refuse(&t->x, 503, "The server is stopping");
    ticket_resume(t, TICKET_WORKED);
}

static void backend_delay_db(void *ctx) {
    struct backend *s = ctx;
    workqueue_sleep(&s->workers, backend_now_ns() + backend_fault_ns(s, FAULT_DB_LATENCY));
}

static const struct workqueue_table backend_worker_table = {.work = backend_on_work, .drop = backend_on_drop};
static const struct workqueue_table backend_delay_table = {.work = backend_on_delay, .drop = backend_on_drop};

/* --- libmicrohttpd's callbacks, on the front's thread --- */

static enum MHD_Result backend_answer(struct ticket *t) {
    struct view body = exchange_reply(&t->x);
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr, MHD_RESPMEM_PERSISTENT);
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

/* The connection is suspended before the push: the other thread may resume it at once. */
static void backend_hold(struct ticket *t, struct workqueue *q) {
    t->state = TICKET_WAITING;
    MHD_suspend_connection(t->connection);
    workqueue_push(q, &t->job);
}

static enum MHD_Result backend_on_read(struct ticket *t) {
    struct backend *s = t->front->server;

    t->read_ns = backend_now_ns();
    if (s->worker_count) {
        s->config.shared->served.queued++;
        backend_hold(t, &s->workers);
        return MHD_YES;
    }
    if (s->delays.threads && (ticket_flags(t) & ROUTE_USES_DB)) {
        t->begun_ns = t->read_ns;
        backend_hold(t, &s->delays);
        return MHD_YES;
    }
    ticket_work(t, &t->front->app);
    return backend_answer(t);
}

static enum MHD_Result backend_on_request(void *ctx, struct MHD_Connection *c, const char *url,
    const char *method, const char *version, const char *upload, size_t *upload_len, void **slot) {
    struct ticket *t = *slot;
    (void)version;
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
    switch (t->state) {
    case TICKET_READING: return backend_on_read(t);
    case TICKET_DUE: ticket_work(t, &t->front->app); return backend_answer(t);
    case TICKET_WORKED: return backend_answer(t);
    default: return MHD_YES;
    }
}

static const char *backend_client(struct MHD_Connection *c) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info && info->socket_context ? info->socket_context : "?";
}

static void backend_on_completed(
    void *ctx, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why) {
    struct backend_front *f = ctx;
    struct backend *s = f->server;
    struct ticket *t = *slot;

    if (!t)
        return;
    struct access_log_entry e = {
        .correlation_id = t->correlation_id,
        .method = t->x.method,
        .path = t->x.path,
        .status = t->x.status && t->read_ns ? t->x.status : EXCHANGE_CLIENT_CLOSED,
        .queue_ns = t->begun_ns  ? t->begun_ns - t->read_ns
                    : t->read_ns ? backend_now_ns() - t->read_ns
                                 : 0,
        .bytes = t->x.method == METHOD_HEAD ? 0 : exchange_reply(&t->x).len,
        .aborted = t->gone || why != MHD_REQUEST_TERMINATED_COMPLETED_OK,
    };
    if (s->config.log_fd >= 0) {
        e.wall_ns = clock_wall_ns();
        e.duration_ns = backend_now_ns() - t->received_ns;
        e.client = backend_client(c);
        access_log_write(&s->log, &e);
    }
    served_count(&s->config.shared->served, t->row, e.status);
    s->config.shared->served.aborted += e.aborted;
    f->in_progress--;
    *slot = NULL;
    ticket_give_back(t);
}

static void backend_on_connection(
    void *ctx, struct MHD_Connection *c, void **slot, enum MHD_ConnectionNotificationCode what) {
    const struct backend_front *f = ctx;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        free(*slot);
        *slot = NULL;
    } else if (f->server->config.log_fd >= 0) {
        const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
        *slot = malloc(LISTENER_TEXT_MAX);
        if (*slot)
            listener_format(info->client_addr, *slot);
    }
}

/* --- start and stop --- */

static int backend_app_init(struct backend *s, struct exchange_app *app, struct error *err) {
    rng_init(&app->rng, rng_seed_random());
    app->strict = s->config.strict;
    return todo_store_new(&app->store, s->config.db_path, err);
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
    int fd = listener_open(a, err);
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

static int backend_start_workers(struct backend *s, struct error *err) {
    unsigned workers = (unsigned)fault_value(s->config.faults, FAULT_WORKERS);
    bool slow_db = fault_value(s->config.faults, FAULT_DB_LATENCY) > 0;
    int rc = 0;

    if (workers) {
        s->worker_apps = calloc(workers, sizeof *s->worker_apps);
        for (; s->worker_apps && rc == 0 && s->worker_count < workers; s->worker_count++) {
            rc = backend_app_init(s, &s->worker_apps[s->worker_count], err);
            if (rc == 0 && slow_db)
                todo_store_set_delay(s->worker_apps[s->worker_count].store, backend_delay_db, s);
        }
        if (rc == 0)
            rc = s->worker_apps ? workqueue_start(&s->workers, workers, &backend_worker_table, s) : -ENOMEM;
    } else if (slow_db) {
        rc = workqueue_start(&s->delays, 1, &backend_delay_table, s);
    }
    if (rc && err && !err->code)
        return error_set(err, rc, "cannot start %u workers: %s", workers, error_name(rc));
    return rc;
}

int backend_new(struct backend **out, const struct backend_config *config, struct error *err) {
    struct backend *s = calloc(1, sizeof *s);
    *out = NULL;
    if (!s)
        return error_set(err, -ENOMEM, "out of memory");
    s->config = *config;
    access_log_init(&s->log, config->log_fd, &config->shared->log_pending, &config->shared->served);
    s->fronts = calloc(config->address_count, sizeof *s->fronts);
    int rc = s->fronts ? backend_start_workers(s, err) : error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < config->address_count; i++)
        rc = backend_start_front(s, &s->fronts[i], &config->addresses[i], err);
    *out = rc == 0 ? s : backend_free(s);
    return rc;
}

void backend_tick(struct backend *s) {
    access_log_flush(&s->log);
}

static void backend_drain(struct backend_front *f) {
    for (int i = 0; i < BACKEND_DRAIN_STEPS && f->in_progress > 0; i++)
        usleep(BACKEND_DRAIN_STEP_US);
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
    workqueue_stop(&s->workers);
    workqueue_stop(&s->delays);
    for (size_t i = 0; s->fronts && i < s->config.address_count; i++) {
        struct backend_front *f = &s->fronts[i];
        if (f->daemon) {
            backend_drain(f);
            MHD_stop_daemon(f->daemon);
        }
        ticket_free_all(f->free_tickets);
        todo_store_free(f->app.store);
    }
    access_log_flush(&s->log);
    access_log_deinit(&s->log);
    for (unsigned i = 0; i < s->worker_count; i++)
        todo_store_free(s->worker_apps[i].store);
    free(s->worker_apps);
    free(s->fronts);
    free(s);
    return NULL;
}
