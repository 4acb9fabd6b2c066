/* The table of guests and Locust's messages. Words, timers and log lines are those of Locust's MasterRunner;
 * what it does about users is done by the dispatcher, as for any worker. A guest is its ZeroMQ identity: the
 * node id within a message is not believed. */
#include "fleet/locust_master.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/file.h"
#include "core/utf8.h"
#include "fleet/control.h"
#include "fleet/locust_master_priv.h"
#include "fleet/locust_report.h"

enum {
    SECOND_US = 1000 * 1000,
    CPU_WARNING_PERCENT = 90,
    WAIT_SILENT_S = 5,
    READY_SETTLE_US = SECOND_US / 2
};

void master_say(struct locust_master *m, enum log_level level, const char *fmt, ...) {
    char text[1024];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    m->o.say(m->o.ctx, level, text);
}

/* ---- to guests ---- */

static int send_to(struct locust_master *m, const char *id, struct locust_packer *p) {
    int r = locust_pack_end(p, view_of_cstr(id));
    r = r < 0 ? r : zmq_link_send(m->link, view_of_cstr(id), buf_view(p->out));
    if (r < 0 && r != ERROR_CLOSED)
        master_say(m, LOG_ERROR, "A message to worker %s is lost: %s", id, error_name(r));
    return r;
}

void master_send(struct locust_guest *g, struct locust_packer *p) {
    (void)!send_to(g->master, g->id, p); /* one that is gone is missed by its heartbeats */
}

static void send_bare_to(struct locust_master *m, const char *id, const char *type) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct locust_packer p;
    locust_pack_begin(&p, &out, view_of_cstr(type));
    msgpack_pack_nil(&p.to);
    (void)!send_to(m, id, &p);
}

void master_send_bare(struct locust_guest *g, const char *type) {
    send_bare_to(g->master, g->id, type);
}

static void send_ack(struct locust_guest *g) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(4096);
    struct locust_packer p;
    locust_pack_begin(&p, &out, VIEW("ack"));
    msgpack_pack_map(&p.to, 2);
    locust_pack_count(&p, "index", g->index);
    locust_pack_count(
        &p, LOCUST_REPORT_SNAPSHOT, 1); /* a worker of ours may send its figures with nothing lost */
    master_send(g, &p);
}

/* ---- the table ---- */

static struct locust_guest *find(struct locust_master *m, const char *id) {
    for (size_t i = 0; i < m->guest_count; i++)
        if (strcmp(m->guests[i]->id, id) == 0)
            return m->guests[i];
    return NULL;
}

/* Room for one more: the one that has been gone longest is forgotten. */
static struct locust_guest **make_room(struct locust_master *m) {
    struct locust_guest **oldest = NULL;
    if (m->guest_count < LOCUST_GUESTS_MAX)
        return &m->guests[m->guest_count++];
    for (size_t i = 0; i < m->guest_count; i++)
        if (m->guests[i]->state == GUEST_AWAY && !m->guests[i]->member &&
            (!oldest || m->guests[i]->gone_at < (*oldest)->gone_at))
            oldest = &m->guests[i];
    if (oldest)
        free(*oldest);
    return oldest;
}

static struct locust_guest *add(struct locust_master *m, const char *id) {
    struct locust_guest *g = calloc(1, sizeof *g), **at = g ? make_room(m) : NULL;
    if (!at) {
        free(g);
        master_say(m, LOG_ERROR, "Worker %s is turned away: there are %d already", id, LOCUST_GUESTS_MAX);
        return NULL;
    }
    *at = g;
    g->master = m;
    g->index = m->next_index++;
    snprintf(g->id, sizeof g->id, "%s", id);
    return g;
}

static bool is_there(const struct locust_guest *g) {
    return g->state == GUEST_READY || g->state == GUEST_SPAWNING || g->state == GUEST_RUNNING;
}

size_t locust_master_ready(const struct locust_master *m) {
    size_t n = 0;
    for (size_t i = 0; i < m->guest_count; i++)
        n += is_there(m->guests[i]);
    return n;
}

static void go_away(struct locust_guest *g) {
    g->state = GUEST_AWAY;
    g->gone_at = (int64_t)g->master->seconds;
}

/* ---- waiting for enough ---- */

static void look_whether_enough(struct locust_master *m, bool late) {
    void (*enough)(void *ctx, bool there) = m->expect.enough;
    if (!enough || (locust_master_ready(m) < m->expect.guests && !late))
        return;
    if (!late && m->c) { /* a worker of Locust says that it is ready a moment before it is */
        struct loop *loop = control_loop(m->c);
        if (!timer_armed(&m->settle) &&
            timers_arm(loop_timers(loop), &m->settle, loop_now_us(loop) + READY_SETTLE_US) < 0)
            late = true;
        if (!late)
            return;
    }
    m->expect.enough = NULL;
    enough(m->expect.ctx, false);
}

static void on_settled(struct timer *t) {
    struct locust_master *m = CONTAINER_OF(t, struct locust_master, settle);
    void (*enough)(void *ctx, bool there) = m->expect.enough;
    if (!enough || locust_master_ready(m) < m->expect.guests)
        return;
    m->expect.enough = NULL;
    enough(m->expect.ctx, true);
}

static void wait_on(struct locust_master *m) {
    if (!m->expect.enough)
        return;
    m->expect.waited_s++;
    bool late = m->expect.max_wait_s > 0 && m->expect.waited_s > (uint64_t)m->expect.max_wait_s;
    if (late)
        master_say(m, LOG_ERROR, "Gave up waiting for workers to connect");
    else
        master_say(m, m->expect.waited_s > WAIT_SILENT_S ? LOG_INFO : LOG_DEBUG,
            "Waiting for workers to be ready, %zu of %zu connected", locust_master_ready(m),
            m->expect.guests);
    look_whether_enough(m, late);
}

void locust_master_expect(struct locust_master *m, size_t guests, int max_wait_s,
    void (*enough)(void *ctx, bool there), void *ctx) {
    m->expect.guests = guests;
    m->expect.max_wait_s = max_wait_s;
    m->expect.waited_s = 0;
    m->expect.enough = enough;
    m->expect.ctx = ctx;
    look_whether_enough(m, false);
}

/* ---- the messages ---- */

/* Locust's own rule, but for the empty version, which Debian's package of it sends. */
static bool version_passes(struct locust_master *m, const char *id, const msgpack_object *data) {
    const char *ours = m->version;
    struct view version = locust_text_of(data);
    if (!version.ptr && locust_number_of(data, 0) != -1) {
        master_say(
            m, LOG_ERROR, "An old (pre 2.0) worker tried to connect (%s). That's not going to work.", id);
        return false;
    }
    if (version.len && ours[0] && !view_eq(view_take(version, 4), view_take(view_of_cstr(ours), 4)))
        master_say(m, LOG_WARN,
            "A worker (%s) running a different version (%.*s) connected, master version is %s", id,
            VIEW_ARGS(view_take(version, 64)), ours);
    return true;
}

static void hear_ready(struct locust_master *m, const char *id, const msgpack_object *data) {
    struct locust_guest *g = find(m, id);
    if (!version_passes(m, id, data) || (!g && !(g = add(m, id))))
        return;
    bool known = is_there(g);
    g->state = GUEST_READY;
    g->lives = LOCUST_GUEST_LIVES;
    send_ack(g);
    if (known)
        master_say(m, LOG_DEBUG,
            "%s (index %llu) reported as ready (duplicate message). %zu workers connected.", id,
            (unsigned long long)g->index, locust_master_ready(m));
    else
        master_say(m, LOG_INFO, "%s (index %llu) reported as ready. %zu workers connected.", id,
            (unsigned long long)g->index, locust_master_ready(m));
    if (g->member && g->member->state != MEMBER_GONE)
        guest_again(g);
    else
        guest_back(g);
    look_whether_enough(m, false);
}

static enum guest_state state_of(struct view word) {
    return view_eq(word, VIEW("spawning"))  ? GUEST_SPAWNING
           : view_eq(word, VIEW("running")) ? GUEST_RUNNING
                                            : GUEST_READY;
}

static void hear_heartbeat(struct locust_guest *g, const msgpack_object *data) {
    struct locust_master *m = g->master;
    struct view word = locust_text_of(locust_field(data, "state"));
    bool missing = g->state == GUEST_MISSING;
    if (g->state == GUEST_AWAY)
        return;
    g->lives = LOCUST_GUEST_LIVES;
    g->state = state_of(word);
    g->cpu_percent = locust_number_of(locust_field(data, "current_cpu_usage"), 0);
    g->memory_bytes = locust_count_of(locust_field(data, "current_memory_usage"));
    if (g->cpu_percent > CPU_WARNING_PERCENT && !g->cpu_told) {
        g->cpu_told = true;
        master_say(m, LOG_WARN,
            "Worker %s (index %llu) exceeded cpu threshold (will only log this once per worker)", g->id,
            (unsigned long long)g->index);
    }
    master_send_bare(g, "heartbeat");
    if (!missing)
        return;
    master_say(m, LOG_INFO, "Worker %s self-healed with heartbeat, setting state to %.*s.", g->id,
        VIEW_ARGS(view_take(word, 32)));
    guest_back(g);
    look_whether_enough(m, false);
}

static void hear_stopped(struct locust_guest *g) {
    master_say(g->master, LOG_INFO, "%s (index %llu) reported that it has stopped", g->id,
        (unsigned long long)g->index);
    go_away(g);
    if (g->leaving)
        g->stopped = true; /* its last figures are on their way */
    else
        guest_left(g);
}

static void hear_quit(struct locust_guest *g) {
    if (g->state == GUEST_AWAY && !g->member)
        return;
    go_away(g);
    master_say(g->master, LOG_INFO, "Worker '%s' (index %llu) quit. %zu workers ready.", g->id,
        (unsigned long long)g->index, locust_master_ready(g->master));
    guest_left(g);
}

static void tell_conductor(struct locust_guest *g, struct view kind, const msgpack_object *data) {
    json_t *value = g->master->c ? locust_json_of(data) : NULL;
    char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
    if (text)
        control_message(g->master->c, kind, view_of_cstr(text), view_of_cstr(g->id));
    free(text);
    json_decref(value);
}

/* ---- shipping the locustfile ---- */

static bool is_url(const char *path) {
    return strncmp(path, "http://", 7) == 0 || strncmp(path, "https://", 8) == 0;
}

static int pack_file(struct locust_packer *p, const char *path, size_t *left, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(*left);
    const char *slash = strrchr(path, '/');
    if (is_url(path)) {
        locust_pack_text(p, view_of_cstr(path));
        return 0;
    }
    int r = file_read(path, &text, err);
    if (r < 0)
        return r;
    *left -= text.len;
    msgpack_pack_map(&p->to, 2);
    locust_pack_pair(p, "filename", view_of_cstr(slash ? slash + 1 : path));
    locust_pack_pair(p, "contents", buf_view(&text));
    return 0;
}

static void ship(struct locust_master *m, const char *id) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX);
    size_t left = LOCUST_SHIPPED_BYTES_MAX, n = json_array_size(m->files);
    struct error err = ERROR_NULL;
    struct locust_packer p;
    int r = n ? 0 : error_set(&err, ERROR_INVALID, "there is none");
    locust_pack_begin(&p, &out, VIEW("locustfile"));
    msgpack_pack_map(&p.to, 1);
    locust_pack_key(&p, "locustfiles");
    msgpack_pack_array(&p.to, n);
    for (size_t i = 0; i < n && r == 0; i++)
        r = pack_file(&p, json_string_value(json_array_get(m->files, i)), &left, &err);
    if (r < 0) {
        char why[ERROR_TEXT_MAX + 200];
        snprintf(why, sizeof why,
            "locustfile must be a full path to a single locustfile, a comma-separated list of .py files, or "
            "a URL for file "
            "distribution to work: %s",
            err.text);
        master_say(m, LOG_ERROR, "%s", why);
        buf_clear(&out);
        locust_pack_begin(&p, &out, VIEW("locustfile"));
        msgpack_pack_map(&p.to, 1);
        locust_pack_pair(&p, "error", view_of_cstr(why));
    }
    (void)!send_to(m, id, &p);
}

/* ---- sorting them ---- */

static void hear_counts(struct locust_guest *g, const msgpack_object *data) {
    g->state = GUEST_RUNNING;
    guest_counts(g, locust_field(data, "user_classes_count"));
}

static void hear_known(struct locust_guest *g, const struct locust_message *msg) {
    struct view type = msg->type;
    if (view_eq(type, VIEW("heartbeat")))
        hear_heartbeat(g, msg->data);
    else if (view_eq(type, VIEW("stats")))
        guest_report(g, msg->data);
    else if (view_eq(type, VIEW("spawning")))
        g->state = g->state == GUEST_AWAY ? g->state : GUEST_SPAWNING;
    else if (view_eq(type, VIEW("spawning_complete")))
        hear_counts(g, msg->data);
    else if (view_eq(type, VIEW("client_stopped")))
        hear_stopped(g);
    else if (view_eq(type, VIEW("quit")))
        hear_quit(g);
    else if (view_eq(type, VIEW("exception")))
        guest_exception(g, msg->data);
    else if (view_eq(type, VIEW("logs")))
        tell_conductor(g, VIEW("halftime.logs"), msg->data);
    else if (!view_starts_with(type, VIEW("halftime."))) /* those are between our own processes */
        tell_conductor(g, type, msg->data);
}

static void hear(struct locust_master *m, const char *id, const struct locust_message *msg) {
    struct locust_guest *g = find(m, id);
    if (view_eq(msg->type, VIEW("client_ready")))
        hear_ready(m, id, msg->data);
    else if (view_eq(msg->type, VIEW("locustfile")))
        ship(m, id);
    else if (g)
        hear_known(g, msg);
    else if (view_eq(msg->type, VIEW("spawning")) || view_eq(msg->type, VIEW("spawning_complete"))) {
        master_say(m, LOG_WARN, "Got %.*s message from unknown worker %s. Asking worker to quit.",
            VIEW_ARGS(msg->type), id);
        send_bare_to(m, id, "quit");
    } else
        master_say(m, LOG_DEBUG, "Got %.*s message from unknown worker %s", VIEW_ARGS(msg->type), id);
}

/* Names go into logs, onto terminals and pages. */
static bool name_passes(struct view peer) {
    if (peer.len == 0 || peer.len > ZMQ_LINK_PEER_MAX || !utf8_valid(peer))
        return false;
    for (size_t i = 0; i < peer.len; i++)
        if ((unsigned char)peer.ptr[i] < 0x21 || peer.ptr[i] == 0x7f)
            return false;
    return true;
}

static void refuse(struct locust_master *m, const char *id, const char *why) {
    if (++m->refused > LOCUST_REFUSALS_LOGGED)
        return;
    master_say(m, LOG_ERROR, "Unrecognized message detected: %s%s%s%s", why, id ? " from " : "", id ? id : "",
        m->refused == LOCUST_REFUSALS_LOGGED ? " (further ones are only counted)" : "");
    if (id && find(m, id))
        send_bare_to(m, id, "reconnect");
}

static void on_message(void *ctx, struct view peer, struct view bytes) {
    struct locust_master *m = ctx;
    struct locust_message msg;
    struct error err = ERROR_NULL;
    char id[ZMQ_LINK_PEER_MAX + 1];
    if (!name_passes(peer)) {
        refuse(m, NULL, "the sender's name is no text");
        return;
    }
    snprintf(id, sizeof id, "%.*s", VIEW_ARGS(peer));
    if (locust_message_read(&msg, bytes, &err) < 0) {
        refuse(m, id, err.text);
        return;
    }
    hear(m, id, &msg);
    locust_message_deinit(&msg);
}

/* ---- the beat ---- */

static void beat_guest(struct locust_guest *g) {
    struct locust_master *m = g->master;
    if (g->state == GUEST_AWAY) {
        if (g->leaving && g->stopped && g->lives-- < -LOCUST_GUEST_LIVES)
            guest_lost(g); /* it stopped, and does not report any more */
        return;
    }
    g->lives--;
    if (g->state != GUEST_MISSING && g->lives < 0) {
        master_say(m, LOG_INFO, "Worker %s failed to send heartbeat, setting state to missing.", g->id);
        g->state = GUEST_MISSING;
        guest_lost(g);
        if (m->c && locust_master_ready(m) == 0 && g->member)
            master_say(m, LOG_INFO, "The last worker went missing, stopping test.");
    } else if (g->state == GUEST_MISSING && g->lives <= LOCUST_GUEST_DEAD) {
        go_away(g);
    }
}

void locust_master_tick(struct locust_master *m) {
    m->seconds++;
    for (size_t i = 0; i < m->guest_count; i++)
        beat_guest(m->guests[i]);
    wait_on(m);
}

static void on_beat(struct timer *t) {
    struct locust_master *m = CONTAINER_OF(t, struct locust_master, beat);
    struct loop *loop = control_loop(m->c);
    if (timers_arm(loop_timers(loop), t, loop_now_us(loop) + SECOND_US) == 0)
        locust_master_tick(m);
}

/* ---- life ---- */

int locust_master_describe(struct locust_master *m, const json_t *description) {
    json_t *options = json_deep_copy(json_object_get(description, "options"));
    json_decref(m->options);
    json_decref(m->files);
    m->options = options ? options : json_object();
    m->files = json_deep_copy(json_object_get(description, "locustfiles"));
    const char *version = json_string_value(json_object_get(description, "version"));
    snprintf(m->version, sizeof m->version, "%s", version ? version : "");
    return m->options ? 0 : -ENOMEM;
}

void locust_master_quits(struct locust_master *m, bool quits) {
    m->quits = quits;
}

int locust_master_opened(struct locust_master *m, struct controller *c) {
    struct loop *loop = control_loop(c);
    m->c = c;
    int r = zmq_link_attach(m->link, loop);
    return r < 0 ? r : timers_arm(loop_timers(loop), &m->beat, loop_now_us(loop) + SECOND_US);
}

void locust_master_closed(struct locust_master *m) {
    if (!m->c)
        return;
    zmq_link_detach(m->link);
    timers_cancel(loop_timers(control_loop(m->c)), &m->beat);
    timers_cancel(loop_timers(control_loop(m->c)), &m->settle);
    m->expect.enough = NULL;
    for (size_t i = 0; i < m->guest_count; i++)
        guest_forget(m->guests[i]);
    m->c = NULL;
}

int locust_master_port(const struct locust_master *m) {
    return zmq_link_port(m->link);
}
int locust_master_fd(const struct locust_master *m) {
    return zmq_link_fd(m->link);
}
void locust_master_look(struct locust_master *m) {
    zmq_link_look(m->link);
}

int locust_master_new(struct locust_master **out, const struct locust_master_options *o, struct error *err) {
    static const struct zmq_link_ops ops = {.message = on_message};
    struct locust_master *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m)
        return error_set(err, -ENOMEM, "out of memory");
    m->o = *o;
    m->beat.fire = on_beat;
    m->settle.fire = on_settled;
    struct zmq_link_options link = {.host = o->host, .port = o->port, .router = true};
    int r = zmq_link_new(&m->link, &link, &ops, m, err);
    if (r < 0)
        locust_master_free(m);
    else
        *out = m;
    return r;
}

struct locust_master *locust_master_free(struct locust_master *m) {
    if (!m)
        return NULL;
    for (size_t i = 0; i < m->guest_count; i++) {
        if (is_there(m->guests[i]))
            master_send_bare(m->guests[i], "quit");
        free(m->guests[i]);
    }
    zmq_link_free(m->link);
    json_decref(m->options);
    json_decref(m->files);
    free(m);
    return NULL;
}
