/* The way of a request:
 *
 *   READING -> [WARMING] -> [QUEUED for a worker, a connection of the pool, the lock] -> worked on
 *           -> [SLEEPING while the database takes longer] -> ANSWERED [-> STREAMING]
 *
 * What no fault holds up is worked on by its front's thread at once and never suspended. With workers=N an
 * executor works on it, so that N requests can burn processor time at once.
 *
 * Nobody sleeps on a thread: the handler runs, the database's delay is added up, and the ticket sleeps on a
 * timer afterwards, holding what it holds. So a hundred thousand slow requests cost memory only.
 *
 * A ticket has one owner: its front, a gate's list, the dispatcher (timers, opened gates) or an executor. Who
 * hands it on must not touch it any more. Gates are taken in one order, and a ticket that waits for the pool
 * keeps its worker, as in a synchronous server. One that nobody waits for any more stays in the queue and is
 * worked on, too; libmicrohttpd does not look at a suspended connection, so the one who finishes it asks the
 * socket whether the client has gone (a client that merely half-closed counts as gone in the log, and is
 * answered). */
#include "target/backend_priv.h"
#include "target/pace.h"
#include "target/routes.h"
#include <poll.h>
#include <stdlib.h>
#include <time.h>

enum { TICKET_PAUSE_STEP_NS = 5 * 1000 * 1000, TICKET_STATIC_BURN_NS = 2 * 1000 * 1000 };

static const struct fault_set *ticket_faults(const struct ticket *t) {
    return &t->front->server->config.commons->faults;
}

/* --- from and to the free list, on the front's thread --- */

static const char *ticket_lookup(void *ctx, enum exchange_source source, const char *name) {
    static const enum MHD_ValueKind kinds[] = {
        [EXCHANGE_HEADER] = MHD_HEADER_KIND,
        [EXCHANGE_QUERY] = MHD_GET_ARGUMENT_KIND,
        [EXCHANGE_COOKIE] = MHD_COOKIE_KIND,
    };
    struct ticket *t = ctx;
    if (source != EXCHANGE_CLIENT)
        return MHD_lookup_connection_value(t->connection, kinds[source], name);
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(t->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info ? listener_format(info->client_addr, t->client) : NULL;
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

void ticket_give_back(struct ticket *t) {
    exchange_clear(&t->x);
    buf_clear(&t->body);
    buf_shrink(&t->x.reply, BACKEND_KEEP_BUFFER);
    buf_shrink(&t->body, BACKEND_KEEP_BUFFER);
    t->next_free = t->front->free_tickets;
    t->front->free_tickets = t;
}

void ticket_free_all(struct ticket *t) {
    while (t) {
        struct ticket *next = t->next_free;
        buf_deinit(&t->x.reply);
        buf_deinit(&t->body);
        free(t->told);
        free(t);
        t = next;
    }
}

struct ticket *ticket_open(
    struct backend_front *f, struct MHD_Connection *c, const char *method, const char *url) {
    struct ticket *t = ticket_take(f);
    if (!t)
        return NULL;
    t->connection = c;
    t->stage = TICKET_READING;
    t->too_large = t->gone = false;
    t->needs = t->holds = t->queries = 0;
    t->received_ns = commons_now_ns();
    t->read_ns = t->begun_ns = t->done_ns = t->database_ns = t->database_from_ns = t->stream_from_ns = 0;
    t->stream_events = 0;
    memset(t->waited_ns, 0, sizeof t->waited_ns);
    memset(t->waited_from_ns, 0, sizeof t->waited_from_ns);
    t->x.method = exchange_method_parse(view_of_cstr(method));
    t->x.path = view_of_cstr(url);
    t->x.body = VIEW_NULL;
    t->x.lookup = ticket_lookup;
    t->x.lookup_ctx = t;
    correlation_pick(t->correlation_id, exchange_lookup(&t->x, EXCHANGE_HEADER, "X-Request-ID"),
        exchange_lookup(&t->x, EXCHANGE_HEADER, "traceparent"), &f->app.rng);
    t->row = routes_find(&t->x);
    if (f->server->spans)
        spans_begin(&t->trace, exchange_lookup(&t->x, EXCHANGE_HEADER, "traceparent"), &f->app.rng);
    f->in_progress++;
    f->server->shared->served.received++;
    return t;
}

unsigned ticket_flags(const struct ticket *t) {
    unsigned flags = t->row == ROUTE_NONE ? 0 : routes_row(t->row)->flags;
    if ((flags & ROUTE_STATIC) && fault_value(ticket_faults(t), FAULT_STATIC_BY_APP))
        flags = (flags & ~(unsigned)ROUTE_STATIC) | ROUTE_STATIC_BY_APP;
    return flags;
}

/* --- the work itself, on a front or an executor --- */

void backend_pause(struct backend *s) {
    int64_t until_ns =
        pace_stall_until(&s->config.commons->faults, s->config.commons->started_ns, commons_now_ns());
    while (until_ns && !s->stopping && commons_now_ns() < until_ns)
        nanosleep(&(struct timespec){.tv_nsec = TICKET_PAUSE_STEP_NS}, NULL);
}

static void ticket_burn(struct ticket *t, unsigned flags) {
    struct backend *s = t->front->server;
    int64_t burn_ns = fault_value(ticket_faults(t), FAULT_CPU_MS) * BACKEND_NS_PER_US;
    if (flags & (ROUTE_SPARED_CPU | ROUTE_STATIC))
        burn_ns = 0;
    if (flags & ROUTE_STATIC_BY_APP)
        burn_ns += TICKET_STATIC_BURN_NS;
    if (burn_ns)
        workqueue_burn(&s->stopping, burn_ns);
}

/* The meter is the next request's as soon as this one sleeps. */
static void ticket_copy_queries(struct ticket *t, const struct query_meter *m) {
    unsigned n = m->queries < QUERY_METER_KEPT ? m->queries : QUERY_METER_KEPT;
    if (!m->tells || !n)
        return;
    if (!t->told)
        t->told = malloc(QUERY_METER_KEPT * sizeof *t->told);
    if (t->told)
        memcpy(t->told, m->told, n * sizeof *t->told);
}

/* Returns how long the ticket has to sleep now. */
static int64_t ticket_work(struct ticket *t, struct exchange_app *app) {
    struct backend *s = t->front->server;
    unsigned flags = ticket_flags(t);
    int64_t leak_kb = fault_value(ticket_faults(t), FAULT_MEMORY_LEAK), held_ns = 0, from_ns;

    backend_pause(s);
    from_ns = commons_now_ns();
    t->begun_ns = t->begun_ns ? t->begun_ns : from_ns;
    t->x.app = app;
    t->x.body = buf_view(&t->body);
    query_meter_reset(&app->meter);
    app->meter.tells = t->trace.trace[0] != 0;
    s->shared->metrics.in_database += (flags & ROUTE_USES_DB) != 0;
    ticket_burn(t, flags);
    if (leak_kb)
        leak_add(&s->leak, (size_t)leak_kb * 1024, COMMONS_LEAK_MAX);
    if (t->too_large)
        exchange_refuse(&t->x, 413, "The body is larger than %d bytes", EXCHANGE_BODY_MAX);
    else if (t->row != ROUTE_NONE)
        routes_row(t->row)->handle(&t->x);
    t->queries = app->meter.queries;
    ticket_copy_queries(t, &app->meter);
    t->database_from_ns = app->meter.first_ns;
    t->database_ns = app->meter.used_ns + app->meter.owed_ns;
    backend_pause(s);
    if (t->holds & 1U << COMMONS_LOCK)
        held_ns = from_ns + fault_value(ticket_faults(t), FAULT_LOCK) * BACKEND_NS_PER_MS - commons_now_ns();
    int64_t sleep_ns = app->meter.owed_ns > held_ns ? app->meter.owed_ns : held_ns;
    return (sleep_ns > 0 ? sleep_ns : 0) + t->x.delay_ns;
}

/* --- handing on; in all of these the connection is suspended --- */

static void ticket_resume(struct ticket *t, enum ticket_stage stage) {
    t->stage = stage;
    MHD_resume_connection(t->connection);
}

static bool ticket_client_gone(const struct ticket *t) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(t->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct pollfd p = {.fd = info ? info->connect_fd : -1, .events = POLLRDHUP};
    return poll(&p, 1, 0) == 1 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

void ticket_leave(struct ticket *t) {
    struct backend *s = t->front->server;
    for (unsigned g = COMMONS_GATES; g-- > 0;)
        if (t->holds & 1U << g)
            gate_leave(&s->config.commons->gates[g], s->config.process, commons_wake, s->config.commons);
    t->holds = 0;
}

static void ticket_finish_work(struct ticket *t) {
    struct backend *s = t->front->server;
    t->done_ns = commons_now_ns();
    s->shared->metrics.in_database -= (ticket_flags(t) & ROUTE_USES_DB) != 0;
    if (!t->x.stream_step_ns)
        ticket_leave(t);
}

static void ticket_finish(struct ticket *t) {
    ticket_finish_work(t);
    t->gone = ticket_client_gone(t);
    ticket_resume(t, TICKET_ANSWERED);
}

static void ticket_sleep(struct ticket *t, enum ticket_stage stage, int64_t ns) {
    t->stage = stage;
    dispatcher_arm(&t->front->server->dispatcher, &t->timer, commons_now_ns() + ns);
}

static void ticket_turn_away(struct ticket *t, const char *why) {
    exchange_clear(&t->x);
    exchange_refuse(&t->x, 503, "%s", why);
    ticket_leave(t);
    t->gone = ticket_client_gone(t);
    ticket_resume(t, TICKET_ANSWERED);
}

static void ticket_entered(struct ticket *t, unsigned gate) {
    static const enum metrics_wait waits[COMMONS_GATES] = {
        [COMMONS_WORKERS] = METRICS_WAIT_WORKER,
        [COMMONS_POOL] = METRICS_WAIT_POOL,
        [COMMONS_LOCK] = METRICS_WAIT_LOCK,
    };
    struct backend_shared *shared = t->front->server->shared;
    int64_t now_ns = commons_now_ns();
    t->waited_from_ns[gate] = t->wait_from_ns;
    t->waited_ns[gate] = now_ns - t->wait_from_ns;
    metrics_observe(&shared->metrics.waits[waits[gate]], t->waited_ns[gate]);
    t->needs &= ~(1U << gate);
    t->holds |= 1U << gate;
    if (gate == COMMONS_WORKERS) {
        t->begun_ns = now_ns;
        shared->served.queued--;
    }
}

static void ticket_execute(struct ticket *t);

/* Passes gates until one is closed, or there is none left. */
static void ticket_enter(struct ticket *t) {
    struct backend *s = t->front->server;
    t->stage = TICKET_QUEUED;
    for (unsigned g = 0; g < COMMONS_GATES; g++) {
        if (!(t->needs & 1U << g))
            continue;
        if (s->stopping) {
            ticket_turn_away(t, "The server is stopping");
            return;
        }
        t->wait_from_ns = commons_now_ns();
        if (g == COMMONS_WORKERS)
            s->shared->served.queued++;
        switch (gate_enter(&s->config.commons->gates[g], s->config.process, &s->waiters[g], &t->waiter)) {
        case GATE_IN: ticket_entered(t, g); break;
        case GATE_WAITING: return;
        case GATE_FULL:
            s->shared->served.queued -= g == COMMONS_WORKERS;
            ticket_turn_away(t, "The queue is full");
            return;
        }
    }
    if (t->holds & 1U << COMMONS_WORKERS)
        ticket_execute(t);
    else
        ticket_resume(t, TICKET_READY);
}

/* --- the executor --- */

static void ticket_on_work(void *ctx, unsigned worker, struct workqueue_job *job) {
    struct backend *s = ctx;
    struct ticket *t = CONTAINER_OF(job, struct ticket, job);
    int64_t sleep_ns = ticket_work(t, &s->executor_apps[worker]);
    if (sleep_ns)
        ticket_sleep(t, TICKET_SLEEPING, sleep_ns);
    else
        ticket_finish(t);
}

static void ticket_on_drop(void *ctx, struct workqueue_job *job) {
    (void)ctx;
    ticket_turn_away(CONTAINER_OF(job, struct ticket, job), "The server is stopping");
}

const struct workqueue_table ticket_executor_table = {.work = ticket_on_work, .drop = ticket_on_drop};

static int ticket_start_executor(struct backend *s) {
    int rc = 0;
    while (rc == 0 && s->executor_count < BACKEND_EXECUTORS) {
        rc = backend_app_init(s, &s->executor_apps[s->executor_count], NULL);
        s->executor_count++;
    }
    return rc ? rc : workqueue_start(&s->executor, BACKEND_EXECUTORS, &ticket_executor_table, s);
}

static void ticket_execute(struct ticket *t) {
    struct backend *s = t->front->server;
    int rc = 0;
    pthread_mutex_lock(&s->executor_lock);
    if (!s->executor.threads && !s->stopping && s->executor_count == 0)
        rc = ticket_start_executor(s);
    bool runs = rc == 0 && s->executor.threads && !s->stopping;
    pthread_mutex_unlock(&s->executor_lock);
    if (runs)
        workqueue_push(&s->executor, &t->job);
    else
        ticket_turn_away(t, s->stopping ? "The server is stopping" : "The workers could not be started");
}

/* --- the dispatcher --- */

static void ticket_on_due(void *ctx, struct dispatcher_timer *timer) {
    struct backend *s = ctx;
    struct ticket *t = CONTAINER_OF(timer, struct ticket, timer);
    backend_pause(s);
    if (t->stage == TICKET_WARMING)
        ticket_enter(t);
    else if (t->stage == TICKET_STREAMING)
        MHD_resume_connection(t->connection);
    else
        ticket_finish(t);
}

static void ticket_on_backlog(struct backend *s) {
    int64_t backlog = fault_value(&s->config.commons->faults, FAULT_ACCEPT_BACKLOG);
    for (size_t i = 0; i < s->config.address_count; i++) {
        const union MHD_DaemonInfo *info =
            s->fronts[i].daemon ? MHD_get_daemon_info(s->fronts[i].daemon, MHD_DAEMON_INFO_LISTEN_FD) : NULL;
        if (info && info->listen_fd != MHD_INVALID_SOCKET)
            (void)listen(info->listen_fd, backlog ? (int)backlog : LISTENER_BACKLOG);
    }
}

static void ticket_on_woken(void *ctx) {
    struct backend *s = ctx;
    backend_pause(s);
    for (unsigned g = 0; g < COMMONS_GATES; g++)
        for (struct list *e;
             (e = gate_take(&s->config.commons->gates[g], s->config.process, &s->waiters[g]));) {
            struct ticket *t = CONTAINER_OF(e, struct ticket, waiter);
            ticket_entered(t, g);
            ticket_enter(t);
        }
    uint64_t changes = s->config.commons->changes;
    if (changes == s->seen_changes)
        return;
    s->seen_changes = changes;
    ticket_on_backlog(s);
    if (!fault_value(&s->config.commons->faults, FAULT_MEMORY_LEAK))
        leak_mend(&s->leak);
}

const struct dispatcher_table ticket_dispatcher_table = {.due = ticket_on_due, .woken = ticket_on_woken};

void ticket_drop_waiting(struct backend *s) {
    for (unsigned g = 0; g < COMMONS_GATES; g++) {
        gate_abandon(&s->config.commons->gates[g], s->config.process, commons_wake, s->config.commons);
        for (struct list *e; (e = list_pop(&s->waiters[g]));) {
            s->shared->served.queued -= g == COMMONS_WORKERS;
            ticket_turn_away(CONTAINER_OF(e, struct ticket, waiter), "The server is stopping");
        }
    }
}

/* --- on the front's thread --- */

static unsigned ticket_gates(const struct ticket *t, unsigned flags) {
    const struct fault_set *f = ticket_faults(t);
    unsigned needs = 0;
    if (flags & ROUTE_STATIC)
        return 0;
    if (fault_value(f, FAULT_WORKERS))
        needs |= 1U << COMMONS_WORKERS;
    if ((flags & ROUTE_USES_DB) && fault_value(f, FAULT_DB_POOL))
        needs |= 1U << COMMONS_POOL;
    if ((flags & ROUTE_USES_DB) && fault_value(f, FAULT_LOCK))
        needs |= 1U << COMMONS_LOCK;
    return needs;
}

static bool ticket_refuse(struct ticket *t, unsigned flags) {
    struct commons *c = t->front->server->config.commons;
    if (flags & ROUTE_SPARED_CPU)
        return false;
    int64_t wait_ns = pace_rate_limit_ns(&c->faults, &c->rate_meter, t->read_ns);
    if (wait_ns) {
        int64_t wait_s = wait_ns / (1000 * BACKEND_NS_PER_MS) + 1;
        exchange_clear(&t->x);
        exchange_set_header(&t->x, "Retry-After", "%lld", (long long)wait_s);
        exchange_refuse(&t->x, 429, "Too many requests; try again in %lld s", (long long)wait_s);
        return true;
    }
    if ((flags & ROUTE_STATIC) || !pace_fails(&c->faults, rng_double(&t->front->app.rng)))
        return false;
    exchange_clear(&t->x);
    exchange_refuse(&t->x, 500, "Something went wrong");
    return true;
}

static bool ticket_work_here(struct ticket *t) {
    int64_t sleep_ns = ticket_work(t, &t->front->app);
    if (sleep_ns) {
        t->stage = TICKET_SLEEPING;
        MHD_suspend_connection(t->connection);
        ticket_sleep(t, TICKET_SLEEPING, sleep_ns);
        return false;
    }
    ticket_finish_work(t);
    t->stage = TICKET_ANSWERED;
    return true;
}

bool ticket_read(struct ticket *t) {
    struct backend *s = t->front->server;
    unsigned flags = ticket_flags(t);

    t->read_ns = commons_now_ns();
    if (ticket_refuse(t, flags)) {
        t->stage = TICKET_ANSWERED;
        return true;
    }
    t->needs = ticket_gates(t, flags);
    int64_t warm_ns = flags & ROUTE_STATIC
                          ? 0
                          : pace_slow_start_ns(ticket_faults(t), s->config.commons->started_ns, t->read_ns);
    if (!warm_ns && !t->needs)
        return ticket_work_here(t);
    /* Suspended before anybody else can resume it. */
    MHD_suspend_connection(t->connection);
    if (warm_ns)
        ticket_sleep(t, TICKET_WARMING, warm_ns);
    else
        ticket_enter(t);
    return false;
}

bool ticket_resumed(struct ticket *t) {
    return t->stage == TICKET_READY ? ticket_work_here(t) : t->stage == TICKET_ANSWERED;
}

size_t ticket_stream(struct ticket *t, size_t pos) {
    struct backend *s = t->front->server;
    struct view rest = view_drop(buf_view(&t->x.reply), pos);
    int64_t now_ns = commons_now_ns();
    size_t len = 0;

    t->stage = TICKET_STREAMING;
    t->stream_from_ns = t->stream_from_ns ? t->stream_from_ns : now_ns;
    uint64_t due =
        s->stopping ? UINT64_MAX : (uint64_t)((now_ns - t->stream_from_ns) / t->x.stream_step_ns) + 1;
    while (t->stream_events < due && len < rest.len) {
        ptrdiff_t end = view_find_view(view_drop(rest, len), VIEW("\n\n"));
        len = end < 0 ? rest.len : len + (size_t)end + 2;
        t->stream_events++;
    }
    if (len == 0) {
        MHD_suspend_connection(t->connection);
        dispatcher_arm(
            &s->dispatcher, &t->timer, t->stream_from_ns + (int64_t)t->stream_events * t->x.stream_step_ns);
    }
    return len;
}
