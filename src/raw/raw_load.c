/* A connection is a session of its own (a pool of one) and a fetch. It is in one of these places:
 *   - `fetch` set: a request is under way;
 *   - in `idle`: open model, waiting for a tick; oldest first, so that all stay warm;
 *   - in `dialling`: closed model, waiting until fewer than RAW_DIALS_AT_ONCE connections are on their way to
 * their first answer;
 *   - its `backoff` timer armed: closed model, after a failure.
 *
 * Open model: `sent` ticks have been sent. A tick that finds no idle connection is not put into a queue: the
 * difference between what is due and `sent` is the queue, and the next connection that is answered takes the
 * oldest tick. So a row of any length costs nothing, and the response time of what waited counts from its own
 * instant. */
#include "raw/raw_load.h"

#include "net/fetch.h"

#include <errno.h>
#include <stdlib.h>

struct raw_connection {
    struct list entry; /* idle or dialling */
    struct raw_load *load;
    struct http_session *session;
    struct http_fetch *fetch;
    struct timer backoff;
    int64_t intended_us; /* of the request under way */
    uint32_t failures;   /* in a row */
    bool answered;       /* ever */
};

struct raw_load {
    const struct raw_options *o;
    struct loop *loop;
    struct http_client *client;
    struct raw_load_events events;
    struct raw_tally tally;
    struct raw_connection *connections;
    size_t count, under_way, dials;
    struct list idle, dialling;
    struct raw_schedule schedule;
    uint64_t sent;
    int64_t start_us, end_us, sampled_us, late_us;
    uint64_t ended, sampled; /* requests that came to an end, for the samples of the rate */
    uint64_t connects;       /* of the client, as told before */
    struct timer begin, tick, end, drain, sample;
    bool running, stopped, told_unreachable, ever_answered;
    uint64_t failures_at_first;
};

static void connection_next(struct raw_connection *c);

/* --- the end of a run --- */

static void check_finished(struct raw_load *l) {
    if (!l->stopped || l->under_way > 0)
        return;
    timers_cancel(loop_timers(l->loop), &l->drain);
    timers_cancel(loop_timers(l->loop), &l->sample);
    if (l->running) {
        l->running = false;
        l->events.finished(l->events.ctx);
    }
}

static void cut_all(struct raw_load *l) {
    for (size_t i = 0; i < l->count; i++) {
        struct raw_connection *c = &l->connections[i];
        if (!c->fetch)
            continue;
        l->tally.cut += http_fetch_cancel(c->fetch);
        c->fetch = http_fetch_free(c->fetch);
        l->under_way--;
    }
}

static void on_drained(struct timer *t) {
    struct raw_load *l = CONTAINER_OF(t, struct raw_load, drain);

    cut_all(l);
    check_finished(l);
}

void raw_load_stop(struct raw_load *l, bool at_once) {
    struct timers *timers = loop_timers(l->loop);

    if (!l->stopped) {
        l->stopped = true;
        timers_cancel(timers, &l->begin);
        timers_cancel(timers, &l->tick);
        timers_cancel(timers, &l->end);
        int64_t ended_us = loop_now_us(l->loop) < l->end_us ? loop_now_us(l->loop) : l->end_us;
        if (l->o->rate > 0 && ended_us > l->start_us) {
            l->tally.due = raw_schedule_due(&l->schedule, ended_us - l->start_us - 1);
            l->tally.unsent = l->tally.due > l->sent ? l->tally.due - l->sent : 0;
        }
        for (size_t i = 0; i < l->count; i++)
            timers_cancel(timers, &l->connections[i].backoff);
        /* Each has its own timeout, so this one is only for those without. */
        if (timers_arm(timers, &l->drain, loop_now_us(l->loop) + l->o->timeout_us) < 0)
            at_once = true;
    }
    if (at_once)
        cut_all(l);
    check_finished(l);
}

static void on_end(struct timer *t) {
    raw_load_stop(CONTAINER_OF(t, struct raw_load, end), false);
}

/* --- a request --- */

static void count_answer(struct raw_load *l, const struct raw_connection *c, const struct http_hop *hop) {
    const struct timing *t = &hop->timing;
    int64_t sending_us = t->got_connection_us ? t->got_connection_us : t->asked_us;
    bool failed = hop->fault != NET_FAULT_NONE;

    if (failed) {
        l->tally.faults[hop->fault]++;
        if (hop->fault != NET_FAULT_TIMEOUT)
            return; /* a refused connection takes no time: it says nothing about the server's */
    } else {
        l->tally.statuses[hop->status < 600 ? hop->status / 100 : 0]++;
        l->tally.late_answers += l->stopped;
    }
    int r = histogram_record(&l->tally.service_ms, (double)(t->done_us - sending_us) / 1e3);
    if (r == 0 && l->o->rate > 0)
        r = histogram_record(&l->tally.response_ms, (double)(t->done_us - c->intended_us) / 1e3);
    if (r < 0)
        abort(); /* out of memory for a page of counters: figures would be wrong */
}

static void back_off(struct raw_connection *c) {
    uint32_t doublings = c->failures < 8 ? c->failures - 1 : 7;
    int64_t wait_us = (int64_t)RAW_BACKOFF_FIRST_US << doublings;

    wait_us = wait_us < RAW_BACKOFF_LAST_US ? wait_us : RAW_BACKOFF_LAST_US;
    if (timers_arm(loop_timers(c->load->loop), &c->backoff, loop_now_us(c->load->loop) + wait_us) < 0)
        abort();
}

static void note_failure(struct raw_load *l, const struct http_hop *hop) {
    if (l->ever_answered || l->told_unreachable || hop->fault == NET_FAULT_TIMEOUT)
        return;
    if (++l->failures_at_first < l->count)
        return;
    l->told_unreachable = true;
    l->events.unreachable(l->events.ctx,
        hop->fault_detail.len > 0 ? hop->fault_detail : view_of_cstr(net_fault_text(hop->fault)));
}

static void dial_next(struct raw_load *l) {
    while (l->dials < RAW_DIALS_AT_ONCE && !l->stopped && !list_empty(&l->dialling)) {
        l->dials++;
        connection_next(LIST_ENTRY(list_pop(&l->dialling), struct raw_connection, entry));
    }
}

static void on_done(void *ctx, struct http_fetch *f, const struct http_hop *hop) {
    struct raw_connection *c = ctx;
    struct raw_load *l = c->load;

    count_answer(l, c, hop);
    l->ended++;
    l->under_way--;
    if (hop->status > 0) {
        c->failures = 0;
        l->ever_answered = true;
    } else {
        c->failures++;
        note_failure(l, hop);
    }
    c->fetch = http_fetch_free(f);
    if (!c->answered) {
        c->answered = true;
        l->dials--;
        dial_next(l);
    }
    if (l->stopped)
        check_finished(l);
    else if (c->failures > 0 && l->o->rate <= 0)
        back_off(c);
    else
        connection_next(c);
}

static void send_request(struct raw_connection *c, int64_t intended_us) {
    static const struct http_fetch_callbacks callbacks = {.done = on_done};
    struct raw_load *l = c->load;
    const struct raw_options *o = l->o;
    struct http_request r = {.method = o->method,
        .url = o->url,
        .headers = o->headers,
        .header_count = o->header_count,
        .body = o->body,
        .has_body = o->has_body,
        .timeout_us = o->timeout_us,
        .redirects_max = -1,
        .discard_body = true,
        .no_decompress = true};

    c->intended_us = intended_us;
    if (http_fetch_new(&c->fetch, c->session) < 0 || http_fetch_start(c->fetch, &r, &callbacks, c) < 0)
        abort();
    l->under_way++;
}

/* --- when --- */

static void on_backoff(struct timer *t) {
    connection_next(CONTAINER_OF(t, struct raw_connection, backoff));
}

static void arm_tick(struct raw_load *l) {
    if (timers_arm(loop_timers(l->loop), &l->tick, l->start_us + raw_schedule_at_us(&l->schedule, l->sent)) <
        0)
        abort();
}

/* The connection is free: it takes the oldest tick that waits, or waits itself. */
static void connection_next(struct raw_connection *c) {
    struct raw_load *l = c->load;

    if (l->stopped)
        return;
    if (l->o->rate <= 0) {
        send_request(c, 0);
        return;
    }
    int64_t intended_us = l->start_us + raw_schedule_at_us(&l->schedule, l->sent);
    if (list_empty(&l->idle) && intended_us <= loop_now_us(l->loop) && intended_us < l->end_us) {
        l->sent++;
        send_request(c, intended_us);
        return;
    }
    bool first = list_empty(&l->idle);
    list_push(&l->idle, &c->entry);
    if (first)
        arm_tick(l);
}

static void on_tick(struct timer *t) {
    struct raw_load *l = CONTAINER_OF(t, struct raw_load, tick);
    int64_t now_us = loop_now_us(l->loop);

    while (!list_empty(&l->idle)) {
        int64_t intended_us = l->start_us + raw_schedule_at_us(&l->schedule, l->sent);
        if (intended_us > now_us || intended_us >= l->end_us)
            break;
        struct raw_connection *c = LIST_ENTRY(list_pop(&l->idle), struct raw_connection, entry);
        if (now_us - intended_us > l->late_us)
            l->late_us = now_us - intended_us;
        l->sent++;
        send_request(c, intended_us);
    }
    if (!list_empty(&l->idle))
        arm_tick(l);
}

static void on_begin(struct timer *t) {
    struct raw_load *l = CONTAINER_OF(t, struct raw_load, begin);

    l->sampled_us = l->start_us;
    for (size_t i = 0; i < l->count; i++) {
        if (l->o->rate > 0)
            connection_next(&l->connections[i]);
        else
            list_push(&l->dialling, &l->connections[i].entry);
    }
    dial_next(l);
}

static void on_sample(struct timer *t) {
    struct raw_load *l = CONTAINER_OF(t, struct raw_load, sample);
    int64_t now_us = loop_now_us(l->loop), took_us = now_us - l->sampled_us;

    if (took_us > 0 && !l->stopped && l->sampled_us > 0 &&
        histogram_record(&l->tally.rates, (double)(l->ended - l->sampled) * 1e6 / (double)took_us) < 0)
        abort();
    l->sampled = l->ended;
    l->sampled_us = now_us;
    if (timers_arm(loop_timers(l->loop), t, now_us + RAW_RATE_SAMPLE_US) < 0)
        abort();
}

/* --- life --- */

static int open_client(struct raw_load *l, struct error *err) {
    struct http_client_options o;

    http_client_options_default(&o);
    o.user_agent = VIEW("halftime/" HT_VERSION);
    o.insecure_skip_verify = l->o->insecure;
    o.keep_alive = l->o->keep_alive;
    o.proxy_from_environment = false;
    return http_client_new(&l->client, l->loop, &o, err);
}

static int open_connections(struct raw_load *l, size_t index) {
    size_t all = l->o->connections, n = l->o->processes;

    l->count = all / n + (index < all % n);
    l->connections = calloc(l->count, sizeof *l->connections);
    for (size_t i = 0; i < l->count && l->connections; i++) {
        struct raw_connection *c = &l->connections[i];
        c->load = l;
        c->backoff.fire = on_backoff;
        c->answered = l->o->rate > 0; /* ticks pace the dials there */
        if (http_session_new(&c->session, l->client, VIEW("")) < 0)
            return -ENOMEM;
    }
    return l->connections ? 0 : -ENOMEM;
}

static int arm_all(struct raw_load *l) {
    struct timers *timers = loop_timers(l->loop);

    l->begin.fire = on_begin;
    l->tick.fire = on_tick;
    l->end.fire = on_end;
    l->drain.fire = on_drained;
    l->sample.fire = on_sample;
    int r = timers_arm(timers, &l->begin, l->start_us);
    r = r < 0 ? r : timers_arm(timers, &l->end, l->end_us);
    return r < 0 ? r : timers_arm(timers, &l->sample, l->start_us + RAW_RATE_SAMPLE_US);
}

int raw_load_new(struct raw_load **out, struct loop *loop, const struct raw_options *o, size_t index,
    int64_t start_us, const struct raw_load_events *events, struct error *err) {
    struct raw_load *l = calloc(1, sizeof *l);

    *out = NULL;
    if (!l)
        return error_set(err, -ENOMEM, "out of memory");
    l->o = o;
    l->loop = loop;
    l->events = *events;
    l->start_us = start_us;
    l->end_us = start_us + o->duration_us;
    l->schedule = (struct raw_schedule){.rate = o->rate, .first = index, .step = o->processes};
    l->running = true;
    list_init(&l->idle);
    list_init(&l->dialling);
    int r = open_client(l, err);
    if (r == 0 && (open_connections(l, index) < 0 || arm_all(l) < 0))
        r = error_set(err, -ENOMEM, "out of memory");
    if (r < 0)
        raw_load_free(l);
    else
        *out = l;
    return r;
}

struct raw_load *raw_load_free(struct raw_load *l) {
    if (!l)
        return NULL;
    struct timers *timers = loop_timers(l->loop);
    struct timer *own[] = {&l->begin, &l->tick, &l->end, &l->drain, &l->sample};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        timers_cancel(timers, own[i]);
    for (size_t i = 0; i < l->count && l->connections; i++) {
        timers_cancel(timers, &l->connections[i].backoff);
        http_fetch_free(l->connections[i].fetch);
        http_session_free(l->connections[i].session);
    }
    free(l->connections);
    http_client_free(l->client);
    raw_tally_deinit(&l->tally);
    free(l);
    return NULL;
}

struct raw_tally *raw_load_tally(struct raw_load *l) {
    uint64_t sent, received;

    for (size_t i = 0; i < l->count; i++) {
        http_session_take_bytes(l->connections[i].session, &sent, &received);
        l->tally.bytes_sent += sent;
        l->tally.bytes_received += received;
    }
    uint64_t connects = http_client_counters(l->client).connects;
    l->tally.connects += connects - l->connects;
    l->connects = connects;
    return &l->tally;
}

int64_t raw_load_take_late_us(struct raw_load *l) {
    int64_t late_us = l->late_us;

    l->late_us = 0;
    return late_us;
}
