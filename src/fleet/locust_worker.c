/* States of our seat at a master's table:
 *
 *   CALLING  client_ready is sent every 5 s until the ack
 *   READY    the run is loaded and held back
 *   RUNNING  a spawn came: the run goes on; further ones change the counts
 *   LEAVING  stop or quit came, or the run ends by itself
 *
 * Heartbeats, reports and logs go out from the ack on. All that the master hears of users are counts that
 * are, not those that shall be. */
#include "fleet/locust_worker.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/rng.h"
#include "fleet/control.h"
#include "fleet/locust_message.h"
#include "fleet/locust_report.h"
#include "fleet/zmq_link.h"
#include "load/plan.h"

enum { SECOND_US = 1000 * 1000, SETTLE_US = SECOND_US };

enum seat { SEAT_CALLING, SEAT_READY, SEAT_RUNNING, SEAT_LEAVING };
enum order { ORDER_NONE, ORDER_STOP, ORDER_QUIT };

struct locust_worker {
    struct locust_worker_options o;
    char id[LOCUST_WORKER_ID_MAX], version[64];
    struct zmq_link *link;
    struct locust_report report;
    struct controller *c; /* NULL between two runs */
    struct timer beat, settle;
    enum seat seat;
    enum order order;
    bool acked, planned, alone, over, ours; /* over: goodbye was said; ours: the master is halftime, too */
    bool spawning;                          /* spawning_complete is owed */
    int64_t settle_by_us;
    double spawned_at; /* the latest spawn's timestamp */
    uint64_t wanted[PLAN_SCENARIOS_MAX];
    json_t *updates, *listeners;
    uint64_t seconds, calls, refused, exceptions_unsent;
    int64_t index;
    int64_t heard_us; /* the latest heartbeat; 0 = none yet */
    /* the log */
    char *lines[LOCUST_WORKER_LINES_MAX];
    size_t line_count, lines_since;
    bool logs_over;
};

static void say(struct locust_worker *w, enum log_level level, const char *fmt, ...) PRINTF_LIKE(3, 4);
static void say(struct locust_worker *w, enum log_level level, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    w->o.say(w->o.ctx, level, text);
}

/* ---- to the master ---- */

static int finish_and_send(struct locust_worker *w, struct locust_packer *p) {
    int r = locust_pack_end(p, view_of_cstr(w->id));
    r = r < 0 ? r : zmq_link_send(w->link, VIEW(""), buf_view(p->out));
    if (r < 0 && r != ERROR_CLOSED)
        say(w, LOG_ERROR, "A message to the master is lost: %s", error_name(r));
    return r;
}

static void send_bare(struct locust_worker *w, struct view type) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct locust_packer p;
    locust_pack_begin(&p, &out, type);
    msgpack_pack_nil(&p.to);
    (void)finish_and_send(w, &p);
}

static void send_ready(struct locust_worker *w) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct locust_packer p;
    locust_pack_begin(&p, &out, VIEW("client_ready"));
    locust_pack_text(&p, view_of_cstr(w->version));
    (void)finish_and_send(w, &p);
    w->calls++;
}

static const char *state_word(const struct locust_worker *w) {
    if (w->seat != SEAT_RUNNING)
        return "ready";
    return w->spawning ? "spawning" : "running";
}

static void send_heartbeat(struct locust_worker *w) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct locust_packer p;
    struct control_figures f = w->c ? control_figures(w->c) : (struct control_figures){0, 0};
    locust_pack_begin(&p, &out, VIEW("heartbeat"));
    msgpack_pack_map(&p.to, 3);
    locust_pack_pair(&p, "state", view_of_cstr(state_word(w)));
    locust_pack_number(&p, "current_cpu_usage", f.cpu_percent);
    locust_pack_count(&p, "current_memory_usage", f.memory_bytes);
    (void)finish_and_send(w, &p);
}

/* Users as they are; of a run that is over: none. Returns how many classes. */
static size_t classes_now(const struct locust_worker *w, struct locust_report_class out[PLAN_SCENARIOS_MAX]) {
    const struct plan *plan = w->c ? control_plan(w->c) : NULL;
    size_t n = plan ? plan->scenario_count : 0;
    for (size_t i = 0; i < n; i++)
        out[i] = (struct locust_report_class){plan->scenarios[i].exec, control_users_of(w->c, i)};
    return n;
}

static void send_spawned(struct locust_worker *w) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct locust_report_class classes[PLAN_SCENARIOS_MAX];
    struct locust_packer p;
    size_t n = classes_now(w, classes);
    uint64_t users = 0;
    for (size_t i = 0; i < n; i++)
        users += classes[i].users;
    w->spawning = false;
    locust_pack_begin(&p, &out, VIEW("spawning_complete"));
    msgpack_pack_map(&p.to, 2);
    locust_pack_key(&p, "user_classes_count");
    locust_report_pack_classes(&p, classes, n);
    locust_pack_count(&p, "user_count", users);
    (void)finish_and_send(w, &p);
}

static void send_exception(struct locust_worker *w, const struct locust_exception *e) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    struct locust_packer p;
    locust_pack_begin(&p, &out, VIEW("exception"));
    msgpack_pack_map(&p.to, 2);
    locust_pack_pair(&p, "msg", e->message);
    locust_pack_pair(&p, "traceback", e->frames);
    (void)finish_and_send(w, &p);
}

/* Locust's masters count exceptions message by message. */
static void send_exceptions(struct locust_worker *w) {
    uint64_t sent = 0;
    for (size_t i = 0; i < w->report.stats.exception_count; i++)
        for (uint64_t k = 0; k < w->report.stats.exceptions[i].count; k++) {
            if (sent < LOCUST_WORKER_EXCEPTIONS_MAX * LOCUST_WORKER_REPORT_S)
                send_exception(w, &w->report.stats.exceptions[i]);
            else
                w->exceptions_unsent++;
            sent++;
        }
}

static void send_report(struct locust_worker *w) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX);
    struct locust_report_class classes[PLAN_SCENARIOS_MAX];
    struct locust_packer p;
    struct locust_report_options o = {.classes = classes,
        .class_count = classes_now(w, classes),
        .more = w->listeners,
        .snapshot = w->ours};
    if (!w->ours)
        send_exceptions(w);
    locust_pack_begin(&p, &out, VIEW("stats"));
    locust_report_pack(&w->report, &p, &o);
    (void)finish_and_send(w, &p);
    json_decref(w->listeners);
    w->listeners = NULL;
}

static void send_logs(struct locust_worker *w) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX);
    struct locust_packer p;
    if (w->logs_over || w->lines_since == 0)
        return;
    if (w->lines_since > LOCUST_WORKER_BURST_MAX) {
        w->logs_over = true;
        say(w, LOG_WARN,
            "The worker attempted to send more than %d log lines in one interval. Further log sending was "
            "disabled for this worker.",
            LOCUST_WORKER_BURST_MAX);
    }
    w->lines_since = 0;
    locust_pack_begin(&p, &out, VIEW("logs"));
    msgpack_pack_map(&p.to, 2);
    locust_pack_pair(&p, "worker_id", view_of_cstr(w->id));
    locust_pack_key(&p, "logs");
    msgpack_pack_array(&p.to, w->line_count);
    for (size_t i = 0; i < w->line_count; i++)
        locust_pack_text(&p, view_of_cstr(w->lines[i]));
    (void)finish_and_send(w, &p);
}

void locust_worker_log(struct locust_worker *w, struct view line) {
    char *copy = view_dup_cstr(view_take(line, 8 * 1024));
    if (!copy)
        return;
    if (w->line_count == LOCUST_WORKER_LINES_MAX) {
        free(w->lines[0]);
        memmove(w->lines, w->lines + 1, --w->line_count * sizeof *w->lines);
    }
    w->lines[w->line_count++] = copy;
    w->lines_since++;
}

/* ---- orders ---- */

static void leave(struct locust_worker *w, enum order order) {
    if (w->order < order)
        w->order = order;
    w->seat = SEAT_LEAVING;
    if (w->c)
        control_leave(w->c);
}

static void settle_later(struct locust_worker *w) {
    struct loop *loop = control_loop(w->c);
    w->spawning = true;
    w->settle_by_us = loop_now_us(loop) + SETTLE_US;
    if (timers_arm(loop_timers(loop), &w->settle, w->settle_by_us) < 0)
        send_spawned(w);
}

static void on_settled(struct timer *t) {
    struct locust_worker *w = CONTAINER_OF(t, struct locust_worker, settle);
    if (w->spawning && w->seat == SEAT_RUNNING)
        send_spawned(w);
}

/* What stands in the message; classes that it does not name stay as they are. */
static void read_counts(struct locust_worker *w, const msgpack_object *counts) {
    const struct plan *plan = control_plan(w->c);
    if (!counts || counts->type != MSGPACK_OBJECT_MAP)
        return;
    for (uint32_t i = 0; i < counts->via.map.size; i++) {
        struct view name = locust_text_of(&counts->via.map.ptr[i].key);
        uint64_t users = locust_count_of(&counts->via.map.ptr[i].val);
        size_t s = 0;
        while (s < plan->scenario_count && !view_eq(plan->scenarios[s].exec, name))
            s++;
        if (s < plan->scenario_count)
            w->wanted[s] = users;
        else if (users > 0)
            say(w, LOG_ERROR,
                "The master asks for users of %.*s, which the locustfile here does not have: give all nodes "
                "the same locustfile",
                VIEW_ARGS(name));
    }
}

/* What the locustfile's process is told before its first user: host, stop timeout, options, changed classes.
 */
static void tell_job(struct locust_worker *w, const msgpack_object *spawn) {
    const msgpack_object *options = locust_field(spawn, "parsed_options"),
                         *host = locust_field(spawn, "host");
    json_t *job = json_object();
    double grace_s = locust_number_of(locust_field(spawn, "stop_timeout"), 0);
    grace_s = grace_s > 0 && grace_s < 1e6 ? grace_s : 0;
    control_grace(w->c, (int64_t)(grace_s * 1e6));
    (void)json_object_set_new(job, "host", host ? locust_json_of(host) : json_null());
    (void)json_object_set_new(job, "stop_timeout", json_real(grace_s));
    (void)json_object_set_new(job, "index", json_integer(w->index));
    (void)json_object_set_new(job, "options", options ? locust_json_of(options) : json_object());
    (void)json_object_set(job, "updates", w->updates);
    char *text = json_dumps(job, JSON_COMPACT);
    if (text)
        control_message(w->c, VIEW("halftime.job"), view_of_cstr(text), VIEW("master"));
    free(text);
    json_decref(job);
}

static void hear_spawn(struct locust_worker *w, const msgpack_object *data) {
    double at = locust_number_of(locust_field(data, "timestamp"), 0);
    send_bare(w, VIEW("spawning"));
    if (at <= w->spawned_at) {
        say(w, LOG_INFO,
            "Discard spawn message with older or equal timestamp than timestamp of previous spawn message");
        return;
    }
    if (!w->c || !w->planned || w->seat == SEAT_LEAVING)
        return;
    w->spawned_at = at;
    read_counts(w, locust_field(data, "user_classes_count"));
    if (w->seat != SEAT_RUNNING) {
        tell_job(w, data);
        locust_report_clear(&w->report);
        w->seat = SEAT_RUNNING;
        control_begin(w->c);
    }
    if (control_counts(w->c, w->wanted) < 0)
        say(w, LOG_ERROR, "The master asks for more users than can be held");
    settle_later(w);
}

static void hear_stop(struct locust_worker *w) {
    if (w->seat == SEAT_RUNNING) {
        leave(w, ORDER_STOP);
        return;
    }
    if (w->seat == SEAT_LEAVING)
        return; /* it is said when all is over */
    send_bare(w, VIEW("client_stopped"));
    if (w->seat == SEAT_READY)
        send_ready(w);
}

static void hear_ack(struct locust_worker *w, const msgpack_object *data) {
    w->index = (int64_t)locust_number_of(locust_field(data, "index"), (double)w->index);
    w->ours = locust_field(data, LOCUST_REPORT_SNAPSHOT) != NULL;
    w->acked = true;
    if (w->seat == SEAT_CALLING)
        w->seat = SEAT_READY;
}

static void hear_update(struct locust_worker *w, const msgpack_object *data) {
    json_t *update = locust_json_of(data);
    char *text = update ? json_dumps(update, JSON_COMPACT) : NULL;
    if (text && w->c && w->planned)
        control_message(w->c, VIEW("halftime.update_user_class"), view_of_cstr(text), VIEW("master"));
    free(text);
    if (json_array_size(w->updates) == LOCUST_WORKER_UPDATES_MAX)
        (void)json_array_remove(w->updates, 0);
    (void)json_array_append_new(w->updates, update ? update : json_object());
}

static void hear_custom(struct locust_worker *w, const struct locust_message *m) {
    json_t *data = locust_json_of(m->data);
    char *text = data ? json_dumps(data, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (w->c)
        control_message(w->c, m->type, view_of_cstr(text ? text : "null"), m->node_id);
    free(text);
    json_decref(data);
}

static void hear_reconnect(struct locust_worker *w) {
    struct error err = ERROR_NULL;
    say(w, LOG_WARN, "Received reconnect message from master. Resetting RPC connection.");
    say(w, LOG_INFO, "Reset connection to master");
    if (zmq_link_reconnect(w->link, &err) < 0)
        say(w, LOG_ERROR, "Temporary failure when resetting connection: %s, will retry later.", err.text);
}

static void follow(struct locust_worker *w, const struct locust_message *m) {
    if (view_eq(m->type, VIEW("ack")))
        hear_ack(w, m->data);
    else if (view_eq(m->type, VIEW("spawn")))
        hear_spawn(w, m->data);
    else if (view_eq(m->type, VIEW("spawning_complete"))) {
        if (w->c && w->seat == SEAT_RUNNING)
            control_spawned(w->c, locust_count_of(locust_field(m->data, "user_count")));
    } else if (view_eq(m->type, VIEW("stop")))
        hear_stop(w);
    else if (view_eq(m->type, VIEW("quit"))) {
        say(w, LOG_INFO, "Got quit message from master, shutting down...");
        leave(w, ORDER_QUIT);
    } else if (view_eq(m->type, VIEW("reconnect")))
        hear_reconnect(w);
    else if (view_eq(m->type, VIEW("heartbeat"))) {
        w->heard_us = clock_now_us(&clock_real);
        if (w->c)
            control_message(w->c, VIEW("halftime.heartbeat"), VIEW("null"), m->node_id);
    } else if (view_eq(m->type, VIEW("update_user_class")))
        hear_update(w, m->data);
    else
        hear_custom(w, m);
}

static void on_message(void *ctx, struct view peer, struct view bytes) {
    struct locust_worker *w = ctx;
    struct locust_message m;
    struct error err = ERROR_NULL;
    (void)peer;
    if (locust_message_read(&m, bytes, &err) < 0) {
        w->refused++;
        say(w, LOG_ERROR, "A message from the master is not understood and left out (the %llu. one): %s",
            (unsigned long long)w->refused, err.text);
        return;
    }
    follow(w, &m);
    locust_message_deinit(&m);
}

/* ---- the beat ---- */

static void call_again(struct locust_worker *w) {
    if (!w->planned || w->acked || w->seconds % LOCUST_WORKER_RETRY_S != 0)
        return;
    bool early = w->calls < 30 / LOCUST_WORKER_RETRY_S;
    say(w, early ? LOG_DEBUG : LOG_INFO, "Failed to connect to master %s:%d, retry %llu/%d.", w->o.host,
        w->o.port, (unsigned long long)w->calls, LOCUST_WORKER_RETRIES);
    if (w->calls > LOCUST_WORKER_RETRIES) {
        w->alone = true;
        leave(w, ORDER_QUIT);
        return;
    }
    send_ready(w);
}

static void on_beat(struct timer *t) {
    struct locust_worker *w = CONTAINER_OF(t, struct locust_worker, beat);
    struct loop *loop = control_loop(w->c);
    if (timers_arm(loop_timers(loop), t, loop_now_us(loop) + SECOND_US) < 0)
        return;
    w->seconds++;
    call_again(w);
    if (!w->acked || !w->planned || w->over)
        return;
    send_heartbeat(w);
    if (w->seconds % LOCUST_WORKER_REPORT_S == 0)
        send_report(w);
    if (w->seconds % LOCUST_WORKER_LOGS_S == 0)
        send_logs(w);
    if (w->heard_us &&
        clock_now_us(&clock_real) - w->heard_us > LOCUST_WORKER_SILENCE_S * (int64_t)SECOND_US &&
        w->order == ORDER_NONE) {
        say(w, LOG_ERROR, "Didn't get heartbeat from master in over %ds", LOCUST_WORKER_SILENCE_S);
        leave(w, ORDER_QUIT);
    }
}

/* ---- a run ---- */

int locust_worker_opened(struct locust_worker *w, struct controller *c) {
    struct loop *loop = control_loop(c);
    w->c = c;
    w->planned = w->spawning = w->over = w->acked = false;
    w->seconds = 0;
    w->seat = SEAT_CALLING;
    w->order = ORDER_NONE;
    memset(w->wanted, 0, sizeof w->wanted);
    int r = zmq_link_attach(w->link, loop);
    return r < 0 ? r : timers_arm(loop_timers(loop), &w->beat, loop_now_us(loop) + SECOND_US);
}

void locust_worker_planned(struct locust_worker *w) {
    w->planned = true;
    w->acked = false;
    w->calls = 0;
    w->seconds = 0;
    send_ready(w);
}

void locust_worker_snapshot(struct locust_worker *w, struct view packed) {
    if (w->seat != SEAT_RUNNING && w->seat != SEAT_LEAVING)
        return;
    if (locust_report_add(&w->report, packed) < 0)
        say(w, LOG_ERROR, "out of memory: a second of measurements is missing in the report to the master");
}

void locust_worker_progress(struct locust_worker *w) {
    const struct plan *plan = control_plan(w->c);
    bool there = true;
    if (!w->spawning || w->seat != SEAT_RUNNING)
        return;
    for (size_t i = 0; i < plan->scenario_count && there; i++)
        there = control_users_of(w->c, i) == w->wanted[i];
    if (there) {
        timers_cancel(loop_timers(control_loop(w->c)), &w->settle);
        send_spawned(w);
    }
}

bool locust_worker_message(struct locust_worker *w, struct view kind, struct view data) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX);
    struct locust_packer p;
    json_t *value = json_loadb(data.ptr, data.len, JSON_DECODE_ANY, NULL);
    if (view_eq(kind, VIEW("halftime.report"))) { /* what listeners of report_to_master added */
        json_decref(w->listeners);
        w->listeners = value;
        return true;
    }
    locust_pack_begin(&p, &out, kind);
    locust_pack_json(&p, value);
    (void)finish_and_send(w, &p);
    json_decref(value);
    return true;
}

void locust_worker_closed(struct locust_worker *w) {
    struct loop *loop = control_loop(w->c);
    zmq_link_detach(w->link);
    timers_cancel(loop_timers(loop), &w->beat);
    timers_cancel(loop_timers(loop), &w->settle);
    w->c = NULL;
}

static void say_goodbye(struct locust_worker *w) {
    if (w->over || !w->acked)
        return;
    w->over = true;
    if (w->order != ORDER_STOP)
        send_logs(w);
    send_bare(w, w->order == ORDER_STOP ? VIEW("client_stopped") : VIEW("quit"));
}

void locust_worker_measured(struct locust_worker *w) {
    if (w->acked)
        send_report(w);
    say_goodbye(w);
}

enum locust_worker_next locust_worker_finish(struct locust_worker *w) {
    if (w->alone)
        return LOCUST_WORKER_ALONE;
    if (w->exceptions_unsent)
        say(w, LOG_WARN, "%llu exceptions came too fast to be sent to the master one by one",
            (unsigned long long)w->exceptions_unsent);
    w->exceptions_unsent = 0;
    say_goodbye(w);
    return w->order == ORDER_STOP ? LOCUST_WORKER_AGAIN : LOCUST_WORKER_QUIT;
}

/* ---- life ---- */

const char *locust_worker_id(const struct locust_worker *w) {
    return w->id;
}

static void name_us(struct locust_worker *w) {
    char host[HOST_NAME_MAX + 1] = "localhost";
    struct rng rng;
    (void)gethostname(host, sizeof host - 1);
    rng_init(&rng, rng_seed_random());
    snprintf(w->id, sizeof w->id, "%s_%016llx%016llx", host, (unsigned long long)rng_u64(&rng),
        (unsigned long long)rng_u64(&rng));
}

int locust_worker_new(struct locust_worker **out, const struct locust_worker_options *o, struct error *err) {
    static const struct zmq_link_ops ops = {.message = on_message};
    struct locust_worker *w = calloc(1, sizeof *w);
    *out = NULL;
    if (!w || locust_report_init(&w->report) < 0 || !(w->updates = json_array())) {
        free(w);
        return error_set(err, -ENOMEM, "out of memory");
    }
    w->o = *o;
    w->beat.fire = on_beat;
    w->settle.fire = on_settled;
    w->index = -1;
    snprintf(w->version, sizeof w->version, "%s", o->version);
    name_us(w);
    struct zmq_link_options link = {.host = o->host, .port = o->port, .identity = view_of_cstr(w->id)};
    int r = zmq_link_new(&w->link, &link, &ops, w, err);
    if (r < 0)
        locust_worker_free(w);
    else
        *out = w;
    return r;
}

struct locust_worker *locust_worker_free(struct locust_worker *w) {
    if (!w)
        return NULL;
    zmq_link_free(w->link);
    locust_report_deinit(&w->report);
    json_decref(w->updates);
    json_decref(w->listeners);
    for (size_t i = 0; i < w->line_count; i++)
        free(w->lines[i]);
    free(w);
    return NULL;
}
