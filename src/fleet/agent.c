#include "fleet/agent.h"

#include "fleet/errand.h"
#include "fleet/post.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/stop_signals.h"

struct agent {
    const struct agent_options *o;
    struct loop *loop;
    struct nats_link *link;
    struct agent_card card;
    struct errand *errands[AGENT_ERRANDS_MAX], *over[AGENT_ERRANDS_MAX];
    size_t over_count;
    struct nats_watch asks, requests;
    struct nats_hook hook;
    struct loop_watch signals;
    struct loop_defer sweep;
    struct timer beat;
    struct error *err;
    int code;
};

static void say(struct agent *a, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void say(struct agent *a, enum log_level level, const char *fmt, ...) {
    char text[1024];
    va_list args;

    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    a->o->log->write(a->o->log, &(struct log_record){.level = level,
                                    .message = view_of(text, n < 0                     ? 0
                                                             : (size_t)n < sizeof text ? (size_t)n
                                                                                       : sizeof text - 1)});
}

/* ---- announcing ---- */

static void announce(struct agent *a) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct agent_card *c = &a->card;

    c->busy = 0;
    c->backlog_bytes = c->unsent = 0;
    c->run[0] = 0;
    c->clock_rtt_us = -1;
    for (size_t i = 0; i < AGENT_ERRANDS_MAX; i++) {
        const struct errand *e = a->errands[i];
        if (!e)
            continue;
        c->busy += (unsigned)errand_living(e);
        c->backlog_bytes += errand_backlog(e);
        c->unsent += errand_unsent(e);
        c->clock_rtt_us = errand_clock_rtt_us(e);
        snprintf(c->run, sizeof c->run, "%s", errand_run(e));
    }
    if (agent_card_pack(c, &json) == 0)
        (void)!nats_link_publish(a->link, POST_AGENTS, NULL, buf_view(&json));
}

static void on_beat(struct timer *t) {
    struct agent *a = CONTAINER_OF(t, struct agent, beat);

    announce(a);
    (void)!timers_arm(loop_timers(a->loop), t, loop_now_us(a->loop) + AGENT_BEAT_US);
}

static void on_ask(struct nats_watch *w, const struct nats_message *m) {
    (void)m;
    announce(CONTAINER_OF(w, struct agent, asks));
}

static void on_changed(struct nats_hook *h, bool connected) {
    struct agent *a = CONTAINER_OF(h, struct agent, hook);

    if (connected)
        say(a, LOG_INFO, "connected to %s", nats_link_url(a->link));
    else
        say(a, LOG_WARN,
            "the bus at %s is gone; what runs goes on, and what it measures is kept until the bus is back",
            nats_link_url(a->link));
    if (connected)
        announce(a);
}

/* ---- taking runs ---- */

static void sweep(struct loop_defer *d) {
    struct agent *a = CONTAINER_OF(d, struct agent, sweep);

    for (size_t i = 0; i < a->over_count; i++) {
        say(a, LOG_INFO, "run %s: done", errand_run(a->over[i]));
        errand_free(a->over[i]);
    }
    a->over_count = 0;
    announce(a);
}

static void on_over(void *ctx, struct errand *e) {
    struct agent *a = ctx;

    for (size_t i = 0; i < AGENT_ERRANDS_MAX; i++)
        if (a->errands[i] == e) {
            a->errands[i] = NULL;
            a->over[a->over_count++] = e;
        }
    loop_defer(a->loop, &a->sweep);
}

static size_t slot_of(const struct agent *a, const char *run) {
    size_t free_slot = AGENT_ERRANDS_MAX;

    for (size_t i = 0; i < AGENT_ERRANDS_MAX; i++) {
        if (a->errands[i] && !strcmp(errand_run(a->errands[i]), run))
            return i;
        if (!a->errands[i])
            free_slot = i;
    }
    return free_slot;
}

static int check_offer(const struct agent *a, const struct offer *o, struct error *err) {
    bool locust = !strcmp(o->host, "locust");

    if (!locust && strcmp(o->host, "k6") != 0)
        return error_set(
            err, ERROR_INVALID, "agent %s does not know tests of the kind \"%s\"", a->card.id, o->host);
    if (locust && !a->o->python)
        return error_set(err, ERROR_INVALID,
            "agent %s (%s) has no Python for Locust files: start it with --python, in an environment with "
            "gevent",
            a->card.id, a->card.host);
    if (o->files_bytes > ERRAND_FILES_MAX)
        return error_set(err, ERROR_LIMIT, "the run's files have %llu bytes, the most is %d",
            (unsigned long long)o->files_bytes, ERRAND_FILES_MAX);
    if (o->member_count > a->card.slots - (a->card.busy < a->card.slots ? a->card.busy : a->card.slots))
        return error_set(err, ERROR_LIMIT, "agent %s (%s) has %u of its %u slots free, %zu are asked for",
            a->card.id, a->card.host,
            a->card.slots - (a->card.busy < a->card.slots ? a->card.busy : a->card.slots), a->card.slots,
            o->member_count);
    return 0;
}

static int take(struct agent *a, const struct offer *o, struct error *err) {
    size_t slot = slot_of(a, o->run);
    struct errand_options options = {.link = a->link,
        .agent = a->card.id,
        .orphan_us = a->o->orphan_us,
        .python = a->o->python,
        .log = a->o->log,
        .over = on_over,
        .ctx = a};

    if (slot == AGENT_ERRANDS_MAX)
        return error_set(err, ERROR_LIMIT, "agent %s has %d runs already", a->card.id, AGENT_ERRANDS_MAX);
    announce(a); /* counts what is busy */
    int r = check_offer(a, o, err);
    if (r < 0)
        return r;
    say(a, LOG_INFO, "run %s: %zu workers", o->run, o->member_count);
    return a->errands[slot] ? errand_more(a->errands[slot], o, err)
                            : errand_new(&a->errands[slot], &options, o, err);
}

static void on_request(struct nats_watch *w, const struct nats_message *m) {
    struct agent *a = CONTAINER_OF(w, struct agent, requests);
    struct error err = ERROR_NULL;
    struct offer o;
    char reply[NATS_SUBJECT_MAX];

    snprintf(reply, sizeof reply, "%.*s", VIEW_ARGS(m->reply));
    int r = offer_parse(m->data, &o, &err);
    if (r == 0 && o.release) {
        size_t slot = slot_of(a, o.run);
        if (slot < AGENT_ERRANDS_MAX && a->errands[slot])
            errand_release(a->errands[slot]);
    } else if (r == 0) {
        r = take(a, &o, &err);
    }
    if (r < 0)
        say(a, LOG_WARN, "refused: %s", err.text);
    if (*reply)
        (void)!nats_link_publish(a->link, reply, NULL, r < 0 ? view_of_cstr(err.text) : VIEW("ok"));
    offer_deinit(&o);
    announce(a);
}

/* ---- life ---- */

static void on_closed(void *ctx, const char *why) {
    struct agent *a = ctx;

    a->code = error_set(
        a->err, ERROR_INVALID, "the bus at %s will not have us any more: %s", nats_link_url(a->link), why);
    loop_stop(a->loop);
}

static void on_signal(struct loop_watch *w, uint32_t events) {
    struct agent *a = CONTAINER_OF(w, struct agent, signals);

    (void)events;
    if (stop_signals_read(w->fd))
        loop_stop(a->loop);
}

static void describe(struct agent *a) {
    struct agent_card *c = &a->card;
    struct rlimit files = {0};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    post_id_new(c->id);
    if (a->o->host)
        snprintf(c->host, sizeof c->host, "%s", a->o->host);
    else if (gethostname(c->host, sizeof c->host - 1) < 0)
        snprintf(c->host, sizeof c->host, "?");
    snprintf(c->version, sizeof c->version, "%s", HT_VERSION);
    snprintf(c->labels, sizeof c->labels, "%s", a->o->labels ? a->o->labels : "");
    c->protocol = POST_PROTOCOL;
    c->cores = cores > 0 ? (unsigned)cores : 1;
    c->slots = a->o->slots > 0 ? (unsigned)a->o->slots : c->cores;
    c->memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    (void)getrlimit(RLIMIT_NOFILE, &files);
    c->descriptors_max = files.rlim_cur;
}

/* Before libnats makes its threads, which inherit the mask. */
static int watch_signals(struct agent *a) {
    int fd = stop_signals_open();

    a->signals.ready = on_signal;
    return fd < 0 ? fd : loop_watch_add(a->loop, &a->signals, fd, EPOLLIN);
}

static int agent_open(struct agent *a, struct error *err) {
    static const struct nats_link_ops ops = {.closed = on_closed};
    struct nats_options bus = a->o->bus;
    char subject[NATS_SUBJECT_MAX];

    describe(a);
    bus.name = bus.name ? bus.name : a->card.id;
    bus.patient = true;
    int r = watch_signals(a);
    r = r < 0 ? error_set(err, r, "signals cannot be watched: %s", error_name(r))
              : nats_link_new(&a->link, a->loop, &bus, &ops, a, err);
    if (r < 0)
        return r;
    a->asks.message = on_ask;
    a->requests.message = on_request;
    a->hook.changed = on_changed;
    a->beat.fire = on_beat;
    a->sweep.run = sweep;
    snprintf(subject, sizeof subject, POST_AGENT, a->card.id);
    r = nats_link_watch(a->link, &a->asks, POST_ASK);
    r = r < 0 ? r : nats_link_watch(a->link, &a->requests, subject);
    if (r < 0)
        return error_set(err, r, "the bus at %s takes no subscriptions", nats_link_url(a->link));
    nats_link_hook(a->link, &a->hook);
    say(a, LOG_INFO, "agent %s on %s: %u slots, %s %s", a->card.id, a->card.host, a->card.slots,
        nats_link_connected(a->link) ? "connected to" : "waiting for the bus at", nats_link_url(a->link));
    on_beat(&a->beat);
    return 0;
}

static void agent_close(struct agent *a) {
    for (size_t i = 0; i < AGENT_ERRANDS_MAX; i++)
        errand_free(a->errands[i]);
    for (size_t i = 0; i < a->over_count; i++)
        errand_free(a->over[i]);
    timers_cancel(loop_timers(a->loop), &a->beat);
    loop_defer_cancel(&a->sweep);
    if (a->link)
        nats_link_unhook(&a->hook);
    nats_link_free(a->link);
    if (a->signals.fd >= 0) {
        int fd = a->signals.fd;
        loop_watch_remove(a->loop, &a->signals);
        close(fd);
    }
    loop_free(a->loop);
}

int agent_run(const struct agent_options *o, struct error *err) {
    struct agent *a = calloc(1, sizeof *a);

    if (!a)
        return error_set(err, -ENOMEM, "out of memory");
    a->o = o;
    a->err = err;
    a->signals = LOOP_WATCH_NULL;
    int r = loop_new(&a->loop, NULL);
    if (r < 0) {
        free(a);
        return error_set(err, r, "no event loop: %s", error_name(r));
    }
    r = agent_open(a, err);
    if (r == 0)
        r = loop_run(a->loop);
    if (r == 0)
        r = a->code;
    agent_close(a);
    free(a);
    return r;
}
