/* A guest as a member: what would go to a process of ours is put into Locust's words, and what it reports
 * becomes snapshots as a worker of ours sends them. So the controller, the dispatcher, the merge and the
 * losses need not know of it.
 *
 * The end: told to quit, a guest sends its last figures and then `quit`; told to stop, it says
 * client_stopped, and its last figures come with the next report. Then it is finished, not before. */
#include "fleet/locust_master_priv.h"

#include <errno.h>
#include <stdlib.h>

#include "core/clock.h"
#include "fleet/control.h"
#include "fleet/locust_report.h"

#define TIMESTAMP_STEP 1e-5 /* s; more than a double can tell apart at the present time */

/* ---- joining and leaving ---- */

static int give_shares(struct controller *c, struct member *m) {
    struct message_assign what = {
        .shares = calloc(c->plan.scenario_count + 1, sizeof *what.shares), .extra_step = 1};
    if (!what.shares)
        return -ENOMEM;
    for (; what.share_count < c->plan.scenario_count; what.share_count++)
        what.shares[what.share_count] =
            (struct engine_share){.scenario = (uint32_t)what.share_count, .stripe = {0, 1}};
    int r = roster_assign(c, m, &what);
    free(what.shares);
    return r;
}

static int join(struct controller *c, struct locust_guest *g) {
    if (c->member_count > FLEET_WORKERS_MAX)
        return ERROR_LIMIT;
    struct member *m = &c->members[c->member_count];
    *m = (struct member){.controller = c,
        .number = (uint32_t)c->member_count,
        .process = PROCESS_NULL,
        .guest = g,
        .state = MEMBER_READY};
    snprintf(m->client_id, sizeof m->client_id, "%s", g->id);
    int r = recorder_init(&g->measured, false);
    if (r < 0)
        return r;
    c->member_count++;
    g->member = m;
    g->seq = 0;
    g->to_us = c->load_zero_us ? loop_now_us(c->loop) - c->load_zero_us : 0;
    g->leaving = g->stopped = false;
    return give_shares(c, m);
}

int guest_take(struct controller *c) {
    struct locust_master *master = c->o->guests;
    for (size_t i = 0; i < master->guest_count; i++) {
        struct locust_guest *g = master->guests[i];
        int r = g->state == GUEST_AWAY || g->state == GUEST_MISSING ? 0 : join(c, g);
        if (r < 0)
            return r;
    }
    crowd_second(c); /* listeners of test_start may want to know who is there */
    return 0;
}

static bool load_runs(const struct controller *c) {
    return c && c->phase == PHASE_RUNNING && !c->stopping && !c->stop_sent;
}

void guest_join(struct locust_guest *g) {
    struct controller *c = g->master->c;
    if (!load_runs(c) || !c->o->guests)
        return; /* it will be in the next run */
    int r = join(c, g);
    if (r < 0) {
        controller_log(
            c, LOG_ERROR, "worker %s cannot take part in the running test: %s", g->id, error_name(r));
        return;
    }
    g->member->state = MEMBER_RUNNING;
    g->member->started = true;
    crowd_joined(c, g->member);
}

static void set_users(struct member *m, size_t scenario, uint64_t users) {
    struct snapshot_scenario *s = &m->last.scenarios[scenario];
    m->last.users_active += users - s->active_users;
    s->active_users = s->allocated_users = users;
    m->last.users_initialised = m->last.users_active;
}

static void no_users(struct member *m) {
    for (size_t i = 0; i < m->controller->plan.scenario_count; i++)
        set_users(m, i, 0);
}

static void over(struct member *m, enum member_state state) {
    for (size_t i = 0; i < m->share_count; i++)
        m->share_done[i] = true;
    no_users(m);
    m->state = state;
    controller_advance(m->controller);
}

void guest_lost(struct locust_guest *g) {
    struct member *m = g->member;
    if (!m || m->state == MEMBER_GONE)
        return;
    if (g->leaving && g->stopped)
        over(m, MEMBER_FINISHED); /* only its last figures are missing */
    else
        roster_lost(m->controller, m, "sent no heartbeat");
}

void guest_back(struct locust_guest *g) {
    struct member *m = g->member;
    if (!m) {
        guest_join(g);
        return;
    }
    struct controller *c = m->controller;
    if (m->state != MEMBER_GONE || g->leaving || !load_runs(c))
        return;
    if (m->lost)
        c->lost_interrupted -= m->lost_interrupted;
    m->lost = m->cut_off = m->dismissed = false;
    m->lost_interrupted = 0;
    m->state = MEMBER_RUNNING;
    crowd_joined(c, m);
}

void guest_left(struct locust_guest *g) {
    struct member *m = g->member;
    if (!m || m->state == MEMBER_GONE)
        return;
    struct controller *c = m->controller;
    if (g->leaving) {
        over(m, MEMBER_FINISHED);
        return;
    }
    m->dismissed = true;
    over(m, MEMBER_GONE);
    crowd_lost(c, m);
    if (roster_living(c) == 0 && load_runs(c)) {
        master_say(g->master, LOG_INFO, "The last worker quit, stopping test.");
        control_stop(c);
    }
}

void guest_forget(struct locust_guest *g) {
    if (g->member)
        recorder_deinit(&g->measured);
    g->member = NULL;
    g->leaving = g->stopped = false;
}

/* ---- to the guest ---- */

static void send_spawn(struct member *m, struct view body) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX);
    struct locust_guest *g = m->guest;
    struct locust_master *master = g->master;
    const struct plan *plan = &m->controller->plan;
    struct pack_reader r = pack_reader_of(body);
    struct locust_packer p;
    double now = (double)clock_wall_us() / 1e6;
    master->spawned_at = now > master->spawned_at ? now : master->spawned_at + TIMESTAMP_STEP;
    locust_pack_begin(&p, &out, VIEW("spawn"));
    msgpack_pack_map(&p.to, 5);
    locust_pack_number(&p, "timestamp", master->spawned_at);
    locust_pack_key(&p, "user_classes_count");
    size_t n = unpack_count(&r, 2);
    msgpack_pack_map(&p.to, n);
    for (size_t i = 0; i < n; i++) {
        uint64_t scenario = unpack_u64(&r), users = unpack_u64(&r);
        locust_pack_text(&p, scenario < plan->scenario_count ? plan->scenarios[scenario].exec : VIEW("?"));
        msgpack_pack_uint64(&p.to, users);
    }
    locust_pack_key(&p, "host");
    locust_pack_json(&p, json_object_get(master->options, "host"));
    locust_pack_number(
        &p, "stop_timeout", json_number_value(json_object_get(master->options, "stop_timeout")));
    locust_pack_key(&p, "parsed_options");
    locust_pack_json(&p, master->options);
    if (!r.failed)
        master_send(g, &p);
}

static void send_spawned(struct locust_guest *g, struct view packed) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024);
    struct pack_reader r = pack_reader_of(packed);
    struct locust_packer p;
    locust_pack_begin(&p, &out, VIEW("spawning_complete"));
    msgpack_pack_map(&p.to, 1);
    locust_pack_count(&p, "user_count", unpack_u64(&r));
    master_send(g, &p);
}

static void send_custom(struct locust_guest *g, struct view packed) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(LOCUST_MESSAGE_BYTES_MAX);
    struct pack_reader r = pack_reader_of(packed);
    struct view kind = unpack_view(&r), data = unpack_view(&r);
    struct locust_packer p;
    if (r.failed)
        return;
    json_t *value = json_loadb(data.ptr, data.len, JSON_DECODE_ANY, NULL);
    locust_pack_begin(&p, &out, kind);
    locust_pack_json(&p, value);
    json_decref(value);
    master_send(g, &p);
}

static void send_notice(struct locust_guest *g, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t what = unpack_u64(&r);
    struct view packed = unpack_view(&r);
    if (!r.failed && what == SCRIPT_NOTICE_SPAWNED)
        send_spawned(g, packed);
    else if (!r.failed && what == SCRIPT_NOTICE_MESSAGE)
        send_custom(g, packed);
}

static void let_go(struct member *m) {
    struct locust_guest *g = m->guest;
    if (g->leaving)
        return;
    g->leaving = true;
    master_send_bare(g, g->master->quits ? "quit" : "stop");
}

void guest_tell(struct member *m, enum message_kind kind, struct view body) {
    switch (kind) {
    case MESSAGE_TARGET: send_spawn(m, body); break;
    case MESSAGE_NOTICE: send_notice(m->guest, body); break;
    case MESSAGE_STOP: let_go(m); break;
    case MESSAGE_FINISH: over(m, MEMBER_GONE); break;
    default: break; /* its locustfile is its own, and so are its beginning and its end */
    }
}

/* ---- from the guest ---- */

void guest_counts(struct locust_guest *g, const msgpack_object *counts) {
    struct member *m = g->member;
    if (!m || m->state == MEMBER_GONE || !counts || counts->type != MSGPACK_OBJECT_MAP)
        return;
    const struct plan *plan = &m->controller->plan;
    no_users(m);
    for (uint32_t i = 0; i < counts->via.map.size; i++) {
        struct view name = locust_text_of(&counts->via.map.ptr[i].key);
        uint64_t users = locust_count_of(&counts->via.map.ptr[i].val);
        for (size_t s = 0; s < plan->scenario_count && users <= DISPATCH_USERS_MAX; s++)
            if (view_eq(plan->scenarios[s].exec, name))
                set_users(m, s, users);
    }
    crowd_progress(m->controller);
}

static void send_snapshot(struct locust_guest *g) {
    struct buf packed CLEANUP(buf_deinit) = BUF_MAX(SNAPSHOT_BYTES_MAX);
    struct member *m = g->member;
    struct controller *c = m->controller;
    struct snapshot_head *head = malloc(sizeof *head);
    int64_t now_us = loop_now_us(c->loop) - c->load_zero_us;
    if (!head)
        return;
    *head = m->last;
    head->worker = m->number;
    head->seq = ++g->seq;
    head->from_us = g->to_us;
    head->to_us = now_us > g->to_us ? now_us : g->to_us;
    head->scenario_count = c->plan.scenario_count;
    int64_t wall_us = head->to_us - head->from_us;
    head->health = (struct snapshot_health){.wall_us = wall_us,
        .cpu_us = (int64_t)(g->cpu_percent / 100 * (double)wall_us),
        .cores = 1,
        .rss_bytes = g->memory_bytes};
    g->to_us = head->to_us;
    if (snapshot_pack(head, &g->measured, &packed) == 0)
        roster_message(m, MESSAGE_SNAPSHOT, buf_view(&packed));
    else
        controller_log(c, LOG_ERROR, "what worker %s measured does not fit into memory and is lost", g->id);
    free(head);
}

static bool is_known(const char *key) {
    static const char *const known[] = {"stats", "stats_total", "errors", LOCUST_REPORT_SNAPSHOT};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(key, known[i]) == 0)
            return true;
    return false;
}

/* What listeners of worker_report see: all but the statistics, which travel another way. */
static void tell_listeners(struct locust_guest *g, const msgpack_object *data) {
    json_t *all = json_object();
    char key[LOCUST_MESSAGE_NAME_MAX];
    for (uint32_t i = 0; all && data->type == MSGPACK_OBJECT_MAP && i < data->via.map.size; i++) {
        struct view name = locust_text_of(&data->via.map.ptr[i].key);
        if (name.len == 0 || name.len >= sizeof key)
            continue;
        snprintf(key, sizeof key, "%.*s", VIEW_ARGS(name));
        if (!is_known(key))
            (void)json_object_set_new(all, key, locust_json_of(&data->via.map.ptr[i].val));
    }
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    if (text)
        control_message(
            g->member->controller, VIEW("halftime.report"), view_of_cstr(text), view_of_cstr(g->id));
    free(text);
    json_decref(all);
}

void guest_report(struct locust_guest *g, const msgpack_object *data) {
    struct member *m = g->member;
    if (!m || !m->controller->load_zero_us || m->controller->phase > PHASE_DRAINING)
        return; /* of before the test, or after it */
    int left_out = locust_report_read(data, &g->measured);
    if (left_out != 0)
        controller_log(m->controller, LOG_ERROR, "worker %s reported what is not understood: %s", g->id,
            left_out < 0 ? "the whole report is left out" : "a part of the report is left out");
    if (!locust_field(data, LOCUST_REPORT_SNAPSHOT))
        m->controller->run.requests_of_guests += locust_count_of(locust_field(locust_field(data, "stats_total"), "num_requests"));
    guest_counts(g, locust_field(data, "user_classes_count"));
    tell_listeners(g, data);
    send_snapshot(g);
    if (g->leaving && g->stopped && m->state != MEMBER_GONE)
        over(m, MEMBER_FINISHED);
}

void guest_exception(struct locust_guest *g, const msgpack_object *data) {
    if (g->member && g->member->controller->phase <= PHASE_DRAINING)
        locust_report_exception(data, view_of_cstr(g->id), &g->measured);
}

void guest_again(struct locust_guest *g) {
    struct member *m = g->member;
    if (!m || m->state == MEMBER_GONE || !load_runs(m->controller))
        return;
    no_users(m);
    dispatch_worker_remove(m->controller->crowd.dispatch, m->number);
    crowd_joined(m->controller, m);
}
