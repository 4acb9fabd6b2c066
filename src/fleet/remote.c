/* The controller's side of a fleet: the run's record, who has the run, and the clock.
 *
 * The log is the run. Everything said between controller and members goes through the run's stream (remote_log.c); so does
 * every decision that cannot be seen from that (notes). Who reads the log from its beginning knows the run
 * (fleet/recall). Beside it, unlogged: agents announce themselves (remote_agents.c), the controller beats, agents ask for its
 * clock.
 *
 * A controller that hears the beat of a younger one has been replaced and ends. */
#include "fleet/remote_priv.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    REMOTE_TICK_US = 250 * 1000,
    REMOTE_BEAT_US = 1000 * 1000,
    REMOTE_TAKEOVER_MS = 2500, /* without a beat for so long a controller is taken for dead */
    REMOTE_STREAM_AGE_S = 7 * 24 * 3600,
};
static const int64_t REMOTE_STREAM_BYTES = -1; /* the server's own limit */

/* ---- beating ---- */

bool remote_hears(const struct controller *c) {
    const struct remote *r = c->remote;
    return !r || (nats_link_connected(r->link) && loop_now_us(c->loop) - r->echo_us < REMOTE_DEAF_US);
}

static void send_beat(struct remote *r) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct beat b = {.epoch = r->epoch, .pid = (unsigned)getpid()};
    char subject[NATS_SUBJECT_MAX];

    (void)gethostname(b.host, sizeof b.host - 1);
    snprintf(subject, sizeof subject, POST_BEAT, r->run);
    if (beat_pack(&b, &json) == 0)
        (void)!nats_link_publish(r->link, subject, NULL, buf_view(&json));
}

static void hear_echo(struct remote *r) {
    int64_t now_us = loop_now_us(r->controller->loop);

    if (now_us - r->echo_us > REMOTE_DEAF_US)
        r->hears_since_us = now_us;
    r->echo_us = now_us;
}

/* Ours come back, too. */
static void on_other_beat(struct nats_watch *w, const struct nats_message *m) {
    struct remote *r = CONTAINER_OF(w, struct remote, beats);
    struct controller *c = r->controller;
    struct beat b;

    if (beat_parse(m->data, &b) < 0 || b.epoch < r->epoch || r->replaced)
        return;
    if (b.epoch == r->epoch) {
        hear_echo(r);
        return;
    }
    r->replaced = true;
    c->outcome->end = FLEET_END_OTHER;
    c->outcome->second_signal = true; /* nothing of ours is shown: the run is another's */
    snprintf(c->outcome->message, sizeof c->outcome->message,
        "another controller (process %u on %s) has taken over run %s; this one ends", b.pid, b.host, r->run);
    c->recalling = true; /* says nothing more to anybody */
    c->phase = PHASE_ENDED;
    loop_stop(c->loop);
}

static void on_clock(struct nats_watch *w, const struct nats_message *m) {
    struct remote *r = CONTAINER_OF(w, struct remote, clock);
    char text[32], reply[NATS_SUBJECT_MAX];

    if (m->reply.len == 0 || m->reply.len >= sizeof reply || r->controller->recalling)
        return;
    snprintf(reply, sizeof reply, "%.*s", VIEW_ARGS(m->reply));
    int n = snprintf(text, sizeof text, "%lld", (long long)loop_refresh_us(r->controller->loop));
    (void)!nats_link_publish(r->link, reply, NULL, view_of(text, (size_t)n));
}

static void on_tick(struct timer *t) {
    struct remote *r = CONTAINER_OF(t, struct remote, tick);
    int64_t now_us = loop_now_us(r->controller->loop);

    if (now_us >= r->beat_us) {
        r->beat_us = now_us + REMOTE_BEAT_US;
        send_beat(r);
    }
    remote_agents_hear_silence(r, now_us);
    (void)!timers_arm(loop_timers(r->controller->loop), t, now_us + REMOTE_TICK_US);
}

/* ---- opening ---- */

static int put_record(struct remote *r, const char *phase, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    char host[POST_TEXT_MAX] = "?";

    (void)gethostname(host, sizeof host - 1);
    json_t *j = json_pack("{s:s, s:s, s:I, s:I, s:s, s:i, s:I, s:O}", "run", r->run, "phase", phase, "key",
        (json_int_t)r->key, "epoch", (json_int_t)r->epoch, "host", host, "pid", (int)getpid(), "started", (json_int_t)r->started_s,
        "command", r->command);
    char *dump = j ? json_dumps(j, JSON_COMPACT) : NULL;
    int rc = dump ? buf_append_view(&text, view_of_cstr(dump)) : -ENOMEM;
    free(dump);
    json_decref(j);
    if (rc < 0)
        return error_set(err, rc, "the run's command line is too long to be kept");
    return nats_kv_put(r->link, POST_BUCKET, r->run, buf_view(&text), &r->revision, err);
}

static int open_new(struct remote *r, struct error *err) {
    char subject[NATS_SUBJECT_MAX];

    int rc = remote_agents_gather(r, err);
    if (rc < 0)
        return rc;
    post_id_new(r->run);
    r->key = post_key_new();
    r->epoch = 1;
    r->started_s = (uint64_t)(clock_wall_us() / 1000000);
    snprintf(r->stream, sizeof r->stream, POST_STREAM, r->run);
    snprintf(subject, sizeof subject, POST_LOG, r->run);
    rc = nats_stream_new(r->link, r->stream, subject, REMOTE_STREAM_BYTES, REMOTE_STREAM_AGE_S, err);
    rc = rc < 0 ? rc : put_record(r, "running", err);
    return rc;
}

struct listening {
    struct beat beat;
    bool heard;
};
static bool hear_any_beat(void *ctx, struct view data) {
    struct listening *l = ctx;
    l->heard = beat_parse(data, &l->beat) == 0;
    return l->heard;
}

/* Whether the run's controller lives; a standby waits until it does not. */
static int await_silence(struct remote *r, struct error *err) {
    char subject[NATS_SUBJECT_MAX];

    snprintf(subject, sizeof subject, POST_BEAT, r->run);
    for (bool said = false;; said = true) {
        struct listening l = {0};
        sigset_t pending;
        int rc = nats_link_gather(r->link, subject, "ht.nobody", REMOTE_TAKEOVER_MS, hear_any_beat, &l);
        if (rc == 0 && !l.heard)
            return 0;
        if (!r->o->standby)
            return error_set(err, ERROR_INVALID,
                "run %s is in the hands of process %u on %s: stop that one first, or write --standby to wait "
                "until it is gone",
                r->run, l.beat.pid, l.beat.host);
        if (!said)
            controller_log(r->controller, LOG_INFO,
                "standing by for run %s, which is in the hands of process %u on %s", r->run, l.beat.pid,
                l.beat.host);
        nats_link_flush(r->link, NATS_SYNC_MS);
        usleep(200 * 1000);
        if (sigpending(&pending) == 0 && (sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM)))
            return error_set(err, ERROR_CLOSED, "stopped while standing by for run %s", r->run);
    }
}

static int read_record(struct remote *r, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);

    int rc = nats_kv_get(r->link, POST_BUCKET, r->run, &text, &r->revision, err);
    if (rc < 0)
        return rc;
    json_t *j = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
    const char *phase = json_string_value(json_object_get(j, "phase"));
    bool ended = !phase || strcmp(phase, "running") != 0;
    r->key = (uint64_t)json_integer_value(json_object_get(j, "key"));
    r->epoch = (uint64_t)json_integer_value(json_object_get(j, "epoch")) + 1;
    r->started_s = (uint64_t)json_integer_value(json_object_get(j, "started"));
    json_decref(r->command);
    r->command = json_incref(json_object_get(j, "command"));
    json_decref(j);
    return ended ? error_set(err, ERROR_INVALID, "run %s has ended: there is nothing to go on with", r->run)
                 : 0;
}

static int open_again(struct remote *r, struct error *err) {
    snprintf(r->run, sizeof r->run, "%s", r->o->resume);
    snprintf(r->stream, sizeof r->stream, POST_STREAM, r->run);
    int rc = read_record(r, err);
    rc = rc < 0 ? rc : await_silence(r, err);
    rc = rc < 0 ? rc : read_record(r, err); /* it may have ended while we stood by */
    rc = rc < 0 ? rc : nats_stream_last(r->link, r->stream, &r->recall_seq, err);
    rc = rc < 0 ? rc : put_record(r, "running", err);
    return rc < 0 ? rc : remote_log_recall(r, err);
}

static int watch(struct remote *r) {
    char subject[NATS_SUBJECT_MAX];

    r->beats.message = on_other_beat;
    r->clock.message = on_clock;
    int rc = remote_agents_watch(r);
    snprintf(subject, sizeof subject, POST_BEAT, r->run);
    rc = rc < 0 ? rc : nats_link_watch(r->link, &r->beats, subject);
    snprintf(subject, sizeof subject, POST_CLOCK, r->run);
    return rc < 0 ? rc : nats_link_watch(r->link, &r->clock, subject);
}

int remote_open(struct controller *c, struct error *err) {
    struct remote *r = calloc(1, sizeof *r);
    struct nats_options bus = c->o->away->bus;

    if (!r)
        return error_set(err, -ENOMEM, "out of memory");
    c->remote = r;
    r->controller = c;
    r->o = c->o->away;
    r->tick.fire = on_tick;
    r->live_seq = 1;
    r->command = json_loads(r->o->command ? r->o->command : "{}", 0, NULL);
    r->agents = calloc(REMOTE_AGENTS_MAX, sizeof *r->agents);
    bus.name = "halftime controller";
    int rc = r->agents ? nats_link_new(&r->link, c->loop, &bus, NULL, NULL, err) : -ENOMEM;
    rc = rc < 0 ? rc : remote_log_open(r, err);
    rc = rc < 0 ? rc : r->o->resume ? open_again(r, err) : open_new(r, err);
    if (rc < 0)
        return rc;
    r->ours = true;
    r->notes.key = r->files.key = r->key;
    r->notes.epoch = r->files.epoch = r->epoch;
    rc = watch(r);
    if (rc == 0 && !r->o->resume) {
        rc = remote_log_read(r);
        remote_log_begin_epoch(r);
    }
    if (rc < 0)
        return error_set(err, rc, "the bus at %s: %s", nats_link_url(r->link), error_name(rc));
    controller_log(c, LOG_INFO, "run %s on the bus at %s%s", r->run, nats_link_url(r->link),
        r->o->resume ? ": reading what was" : "");
    on_tick(&r->tick);
    return 0;
}

/* ---- the end ---- */

/* Whatever still runs on the machines is let go; the stream is no longer needed. */
void remote_over(struct controller *c) {
    struct remote *r = c->remote;
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct offer o = {.protocol = POST_PROTOCOL, .release = true};
    struct error err = ERROR_NULL;
    char subject[NATS_SUBJECT_MAX];

    if (r->replaced || !r->ours)
        return;
    controller_log(c, LOG_DEBUG,
        "the run's log: %llu messages were read %.1f ms (at most %.1f ms) after they were stored; %llu times "
        "the reading, %llu times the "
        "writing had to begin again",
        (unsigned long long)r->entries, r->entries ? (double)r->lag_sum_us / 1e3 / (double)r->entries : 0.0,
        (double)r->lag_max_us / 1e3, (unsigned long long)(r->reader ? nats_reader_restarts(r->reader) : 0),
        (unsigned long long)nats_outbox_repeats(r->outbox));
    snprintf(o.run, sizeof o.run, "%s", r->run);
    snprintf(o.host, sizeof o.host, "%s", c->o->host->name);
    snprintf(o.version, sizeof o.version, "%s", HT_VERSION);
    if (offer_pack(&o, &json) == 0)
        for (size_t i = 0; i < r->agent_count; i++) {
            snprintf(subject, sizeof subject, POST_AGENT, r->agents[i].card.id);
            if (r->agents[i].members)
                (void)!nats_link_publish(r->link, subject, NULL, buf_view(&json));
        }
    nats_link_flush(r->link, NATS_SYNC_MS);
    if (put_record(r, fleet_end_words(c->outcome->end), &err) < 0)
        controller_log(c, LOG_WARN, "%s", err.text);
    nats_stream_delete(r->link, r->stream);
}

struct remote *remote_close(struct remote *r) {
    if (!r)
        return NULL;
    timers_cancel(loop_timers(r->controller->loop), &r->tick);
    loop_defer_cancel(&r->recalled);
    recall_free(r->recall);
    nats_reader_free(r->reader);
    bus_free(r->note_bus);
    nats_outbox_free(r->outbox);
    if (r->link) {
        nats_link_unwatch(r->link, &r->cards);
        nats_link_unwatch(r->link, &r->beats);
        nats_link_unwatch(r->link, &r->clock);
    }
    nats_link_free(r->link);
    json_decref(r->command);
    free(r->agents);
    free(r);
    return NULL;
}

int fleet_away_command(const struct nats_options *bus, const char *run, struct buf *out, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(POST_NOTICE_MAX);
    struct loop *loop;
    struct nats_link *link = NULL;
    uint64_t revision;

    if (!post_id_ok(run))
        return error_set(
            err, ERROR_INVALID, "\"%.40s\" is no run's name: `halftime fleet status` lists them", run);
    int r = loop_new(&loop, NULL);
    if (r < 0)
        return error_set(err, r, "no event loop: %s", error_name(r));
    r = nats_link_new(&link, loop, bus, NULL, NULL, err);
    r = r < 0 ? r : nats_kv_get(link, POST_BUCKET, run, &text, &revision, err);
    nats_link_free(link);
    loop_free(loop);
    if (r < 0)
        return r;
    json_t *j = json_loadb(text.ptr ? text.ptr : "", text.len, 0, NULL);
    char *dump = json_dumps(json_object_get(j, "command"), JSON_COMPACT);
    r = dump ? buf_append_view(out, view_of_cstr(dump))
             : error_set(err, ERROR_SYNTAX, "the record of run %s is not one of ours", run);
    free(dump);
    json_decref(j);
    return r;
}
