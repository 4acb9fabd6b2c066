/* Held users: what the dispatcher (load/dispatch) wishes is sent to the workers step by step, what they
 * report is compared with it.
 *
 *   control_users → dispatch_target → (step, TARGET to every worker)* → all are there, or CROWD_SETTLE_US
 * passed → SPAWNED
 *
 * Counts are absolute, so a worker that was told twice does nothing twice, and users who left by themselves
 * are made anew by the next step. When a worker is lost or was given back, everybody is dealt anew over those
 * that live. */
#include "fleet/control.h"
#include "fleet/controller_priv.h"

#include <errno.h>
#include <stdlib.h>

enum { CROWD_SETTLE_US = 1000 * 1000, CROWD_COUNTS_EVERY_US = 200 * 1000 };

static void arm(struct controller *c, struct timer *t, int64_t at_us) {
    if (timers_arm(loop_timers(c->loop), t, at_us) < 0)
        controller_fail(c, FLEET_END_OTHER, VIEW("out of memory"), false);
}

static int64_t users_alive(const struct controller *c, size_t scenario) {
    uint64_t n = 0;
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].state != MEMBER_GONE)
            n += c->members[i].last.scenarios[scenario].active_users;
    return (int64_t)n;
}

int64_t control_users_now(const struct controller *c) {
    int64_t n = 0;
    for (size_t s = 0; s < c->plan.scenario_count; s++)
        n += users_alive(c, s);
    return n;
}

/* ---- to the workers ---- */

/* Users of a scenario that a worker shall hold. */
static uint64_t wished(const struct controller *c, const struct member *m, size_t scenario) {
    uint64_t index = 0, count = 0, users = c->crowd.given_counts[scenario];
    if (!c->crowd.given)
        return (uint64_t)dispatch_wished(c->crowd.dispatch, m->number, scenario);
    for (size_t i = 1; i < c->member_count; i++) {
        bool alive = c->members[i].state != MEMBER_GONE;
        index += alive && &c->members[i] < m;
        count += alive;
    }
    return count ? users / count + (index < users % count) : 0;
}

static void send_target(struct controller *c, struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, c->plan.scenario_count);
    for (size_t s = 0; s < c->plan.scenario_count; s++) {
        pack_u64(&w, s);
        pack_u64(&w, wished(c, m, s));
    }
    roster_tell(m, MESSAGE_TARGET, buf_view(&out));
}

void crowd_notice(struct controller *c, struct member *m, enum script_notice what, struct view body) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    (void)c;
    pack_u64(&w, what);
    pack_view(&w, body);
    if (w.error == 0)
        roster_tell(m, MESSAGE_NOTICE, buf_view(&out));
}

static void notice_all(struct controller *c, enum script_notice what, struct view body) {
    for (size_t i = 0; i < c->member_count; i++)
        crowd_notice(c, &c->members[i], what, body);
}

void control_spawned(struct controller *c, uint64_t users) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, users);
    c->crowd.told = true;
    crowd_counts(c);
    notice_all(c, SCRIPT_NOTICE_SPAWNED, buf_view(&out));
}

static void tell_spawned(struct controller *c) {
    control_spawned(c, (uint64_t)control_users_now(c));
}

/* Each living worker's part of the arrivals. */
static void send_rate(struct controller *c) {
    uint64_t count = 0, index = 0;
    for (size_t i = 1; i < c->member_count; i++)
        count += c->members[i].state != MEMBER_GONE;
    for (size_t i = 1; i < c->member_count && c->plan.rate_per_s > 0; i++) {
        struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
        struct pack_writer w = pack_writer_of(&out);
        if (c->members[i].state == MEMBER_GONE)
            continue;
        pack_double(&w, c->plan.rate_per_s);
        pack_u64(&w, index++);
        pack_u64(&w, count);
        pack_i64(&w, c->load_zero_us);
        crowd_notice(c, &c->members[i], SCRIPT_NOTICE_RATE, buf_view(&out));
    }
}

/* ---- steps ---- */

static void look(struct controller *c) {
    struct crowd *w = &c->crowd;
    if (w->told || w->given || dispatch_busy(w->dispatch) || c->phase != PHASE_RUNNING || c->stopping)
        return;
    bool there = true;
    for (size_t s = 0; s < c->plan.scenario_count && there; s++)
        there = users_alive(c, s) == dispatch_wished_of_class(w->dispatch, s);
    if (there || loop_now_us(c->loop) >= w->settle_by_us)
        tell_spawned(c);
    else
        arm(c, &w->timer, w->settle_by_us);
}

static void step(struct controller *c) {
    struct crowd *w = &c->crowd;
    int64_t now_us = loop_now_us(c->loop);
    int r = dispatch_step(w->dispatch, now_us);
    if (r < 0)
        controller_fail(c, FLEET_END_OTHER, view_of_cstr(error_name(r)), false);
    if (r <= 0 && dispatch_next_us(w->dispatch) < 0)
        return;
    for (size_t i = 1; i < c->member_count && r > 0; i++)
        send_target(c, &c->members[i]);
    if (r == DISPATCH_LAST) {
        w->told = false;
        w->settle_by_us = now_us + CROWD_SETTLE_US;
        arm(c, &w->timer, w->settle_by_us);
    } else {
        arm(c, &w->timer, dispatch_next_us(w->dispatch));
    }
    c->run.users_wished = dispatch_users(w->dispatch);
}

static void send_given(struct controller *c) {
    int64_t users = 0;
    for (size_t s = 0; s < c->plan.scenario_count; s++)
        users += (int64_t)c->crowd.given_counts[s];
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].state != MEMBER_GONE)
            send_target(c, &c->members[i]);
    c->run.users_wished = users;
    crowd_counts(c);
}

static void on_timer(struct timer *t) {
    struct controller *c = CONTAINER_OF(t, struct controller, crowd.timer);
    if (c->phase != PHASE_RUNNING || c->stopping)
        return;
    step(c);
    look(c);
}

static void on_run_time(struct timer *t) {
    struct controller *c = CONTAINER_OF(t, struct controller, crowd.run_timer);
    control_stop(c);
}

/* ---- life ---- */

int crowd_init(struct controller *c) {
    size_t n = c->plan.scenario_count;
    struct dispatch_class *classes = calloc(n + 1, sizeof *classes);
    if (!classes)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++)
        classes[i] = (struct dispatch_class){
            c->plan.scenarios[i].exec, c->plan.scenarios[i].weight, c->plan.scenarios[i].fixed_count};
    c->crowd = (struct crowd){.timer.fire = on_timer, .run_timer.fire = on_run_time, .told = true};
    int r = dispatch_new(&c->crowd.dispatch, classes, n);
    free(classes);
    return r;
}

void crowd_deinit(struct controller *c) {
    timers_cancel(loop_timers(c->loop), &c->crowd.timer);
    timers_cancel(loop_timers(c->loop), &c->crowd.run_timer);
    c->crowd.dispatch = dispatch_free(c->crowd.dispatch);
}

/* The host of a worker of Locust is the text before the first _ of its id. */
static void add_worker(struct controller *c, const struct member *m) {
    struct view id = view_of_cstr(m->client_id);
    int e = dispatch_worker_add(c->crowd.dispatch, m->number, m->guest ? view_cut(&id, '_', NULL) : VIEW("here"));
    if (e < 0)
        controller_fail(c, FLEET_END_OTHER, view_of_cstr(error_name(e)), false);
}

void crowd_begin(struct controller *c) {
    for (size_t i = 1; i < c->member_count; i++) {
        if (c->members[i].state == MEMBER_GONE)
            continue;
        add_worker(c, &c->members[i]);
    }
    if (c->plan.run_time_us > 0)
        arm(c, &c->crowd.run_timer, c->load_zero_us + c->plan.run_time_us);
    send_rate(c);
    int r = 0;
    if (c->crowd.given)
        send_given(c);
    else if (c->crowd.early.any) /* a listener was faster than the command line */
        r = control_users(c, c->crowd.early.users, c->crowd.early.rate,
            c->crowd.early.chosen ? c->crowd.early.classes : NULL);
    else if (c->plan.held_users > 0)
        r = control_users(c, c->plan.held_users, c->plan.spawn_rate, NULL);
    if (r < 0)
        controller_fail(
            c, FLEET_END_CONFIG, VIEW("the number of users or the spawn rate is out of range"), false);
    crowd_counts(c);
}

void crowd_progress(struct controller *c) {
    if (!c->crowd.dispatch || c->phase < PHASE_RUNNING)
        return;
    look(c);
    if (c->o->callbacks.progress)
        c->o->callbacks.progress(c->o->callbacks.ctx, c);
}

void crowd_joined(struct controller *c, struct member *m) {
    if (!c->crowd.dispatch || c->phase != PHASE_RUNNING || c->stopping)
        return;
    add_worker(c, m);
    if (c->crowd.given) {
        send_given(c);
    } else {
        c->crowd.told = false;
        step(c);
    }
    send_rate(c);
}

void crowd_lost(struct controller *c, struct member *m) {
    if (!c->crowd.dispatch)
        return;
    dispatch_worker_remove(c->crowd.dispatch, m->number);
    if (c->phase != PHASE_RUNNING || c->stopping)
        return;
    if (c->crowd.given)
        send_given(c);
    else
        step(c);
    send_rate(c);
}

/* ---- to the conductor ---- */

static void pack_counts(struct controller *c, struct pack_writer *w) {
    pack_view(w, view_of_cstr(control_state(c)));
    pack_u64(w, (uint64_t)control_users_wished(c));
    for (size_t s = 0; s < c->plan.scenario_count; s++)
        pack_u64(w, (uint64_t)users_alive(c, s));
}

void crowd_counts(struct controller *c) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64 * 1024);
    struct pack_writer w = pack_writer_of(&out);
    struct crowd *k = &c->crowd;
    if (!k->dispatch)
        return;
    pack_counts(c, &w);
    uint64_t hash = view_hash(buf_view(&out), 1);
    if (w.error < 0 || hash == k->counts_hash)
        return;
    k->counts_hash = hash;
    crowd_notice(c, controller_conductor(c), SCRIPT_NOTICE_COUNTS, buf_view(&out));
}

void crowd_redraw(struct controller *c) {
    int64_t now_us = loop_now_us(c->loop);
    if (!c->crowd.dispatch || now_us < c->crowd.next_counts_us)
        return;
    c->crowd.next_counts_us = now_us + CROWD_COUNTS_EVERY_US;
    crowd_counts(c);
}

static double cpu_percent(const struct snapshot_health *h) {
    return h->wall_us > 0 ? 100.0 * (double)h->cpu_us / (double)h->wall_us : 0;
}

void crowd_second(struct controller *c) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct pack_writer w = pack_writer_of(&out);
    if (!c->crowd.dispatch)
        return;
    pack_u64(&w, c->member_count - 1);
    for (size_t i = 1; i < c->member_count; i++) {
        const struct member *m = &c->members[i];
        uint64_t users = 0;
        for (size_t s = 0; s < c->plan.scenario_count; s++)
            users += m->last.scenarios[s].active_users;
        pack_view(&w, view_of_cstr(m->client_id));
        pack_u64(&w, i - 1);
        pack_view(&w, m->state == MEMBER_GONE ? VIEW("missing") : view_of_cstr(control_state(c)));
        pack_u64(&w, m->state == MEMBER_GONE ? 0 : users);
        pack_double(&w, cpu_percent(&m->health));
        pack_u64(&w, m->health.rss_bytes);
    }
    if (w.error == 0)
        crowd_notice(c, controller_conductor(c), SCRIPT_NOTICE_WORKERS, buf_view(&out));
}

/* ---- wishes of hosts ---- */

static void wish_users(struct controller *c, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    int64_t users = unpack_i64(&r);
    double rate = unpack_double(&r);
    bool classes[PLAN_SCENARIOS_MAX], chosen = unpack_bool(&r);
    for (size_t i = 0; chosen && i < c->plan.scenario_count; i++)
        classes[i] = unpack_bool(&r);
    if (r.failed)
        return;
    int e = control_users(c, users, rate, chosen ? classes : NULL);
    if (e == ERROR_INVALID)
        controller_log(c, LOG_ERROR,
            "%lld users at %g per second were asked for: users must be 0 to %d, the rate above 0",
            (long long)users, rate, DISPATCH_USERS_MAX);
}

static void wish_quit(struct controller *c, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    bool given = unpack_bool(&r);
    int64_t code = unpack_i64(&r);
    c->outcome->quit = true;
    if (given && !r.failed) {
        c->outcome->exit_code_given = true;
        c->outcome->exit_code = (int)code;
    }
    control_stop(c);
}

static void relay(struct controller *c, struct member *from, struct view body) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_reader r = pack_reader_of(body);
    struct pack_writer w = pack_writer_of(&out);
    struct view kind = unpack_view(&r), data = unpack_view(&r), to = unpack_view(&r);
    struct member *conductor = controller_conductor(c);
    bool downwards = from == conductor && !c->solo;
    if (r.failed || (c->o->callbacks.message && c->o->callbacks.message(c->o->callbacks.ctx, kind, data, to)))
        return;
    pack_view(&w, kind);
    pack_view(&w, data);
    pack_view(&w, downwards ? VIEW("master") : view_of_cstr(from->client_id));
    if (w.error < 0)
        return;
    if (!downwards) {
        crowd_notice(c, conductor, SCRIPT_NOTICE_MESSAGE, buf_view(&out));
        return;
    }
    for (size_t i = 1; i < c->member_count; i++)
        if (to.len == 0 || view_eq(to, view_of_cstr(c->members[i].client_id)))
            crowd_notice(c, &c->members[i], SCRIPT_NOTICE_MESSAGE, buf_view(&out));
}

void crowd_wish(struct controller *c, struct member *from, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t what = unpack_u64(&r);
    struct view packed = unpack_view(&r);
    if (r.failed || !c->crowd.dispatch)
        return;
    switch (what) {
    case SCRIPT_WISH_USERS: wish_users(c, packed); break;
    case SCRIPT_WISH_QUIT: wish_quit(c, packed); break;
    case SCRIPT_WISH_STOP: control_stop(c); break;
    case SCRIPT_WISH_MESSAGE: relay(c, from, packed); break;
    case SCRIPT_WISH_RESET: control_reset_statistics(c); break;
    default: break;
    }
}

/* ---- what others may ask for ---- */

struct loop *control_loop(struct controller *c) {
    return c->loop;
}

static void keep_for_later(struct controller *c, int64_t users, double rate, const bool *classes) {
    c->crowd.early.any = true;
    c->crowd.early.users = users;
    c->crowd.early.rate = rate;
    c->crowd.early.chosen = classes != NULL;
    for (size_t i = 0; classes && i < c->plan.scenario_count; i++)
        c->crowd.early.classes[i] = classes[i];
}

static void note_wish(struct controller *c, int64_t users, double rate) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    pack_i64(&w, users);
    pack_double(&w, rate);
    remote_note(c, NOTE_WISH, buf_view(&out));
}

int control_users(struct controller *c, int64_t users, double rate, const bool *classes) {
    if (c->crowd.dispatch && c->phase < PHASE_RUNNING && !c->stopping) {
        keep_for_later(c, users, rate, classes);
        return 0;
    }
    if (c->phase != PHASE_RUNNING || c->stopping || !c->crowd.dispatch)
        return ERROR_CLOSED;
    int r = dispatch_target(c->crowd.dispatch, users, rate, classes, loop_now_us(c->loop));
    if (r < 0)
        return r;
    note_wish(c, users, rate);
    c->crowd.told = false;
    crowd_counts(c); /* before the first user comes and looks */
    step(c);
    return 0;
}

/* ---- a recalled run ---- */

void crowd_recall_wish(struct controller *c, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    int64_t users = unpack_i64(&r);
    double rate = unpack_double(&r);
    if (!r.failed && rate > 0)
        c->crowd.early.any = true, c->crowd.early.users = users, c->crowd.early.rate = rate;
}

/* As many users as there are stay where they are: the dispatcher is brought to that number in one step, and from there to what was wished. */
void crowd_settle(struct controller *c) {
    int64_t now = control_users_now(c);
    c->plan.held_users = 0;
    bool wished = c->crowd.early.any;
    int64_t users = c->crowd.early.users;
    double rate = c->crowd.early.rate;
    c->crowd.early.any = false;
    crowd_begin(c);
    int r = now > 0 ? dispatch_target(c->crowd.dispatch, now, (double)(now > 1 ? now : 1), NULL, loop_now_us(c->loop)) : 0;
    if (r == 0 && now > 0)
        r = dispatch_step(c->crowd.dispatch, loop_now_us(c->loop));
    if (r >= 0 && wished)
        r = control_users(c, users, rate, NULL);
    if (r < 0)
        controller_log(c, LOG_WARN, "the wished number of users could not be taken up again: %s", error_name(r));
}

/* ---- somebody else deals ---- */

int control_counts(struct controller *c, const uint64_t *users) {
    if (!c->crowd.dispatch || c->phase > PHASE_RUNNING || c->stopping)
        return ERROR_CLOSED;
    for (size_t s = 0; s < c->plan.scenario_count; s++)
        if (users[s] > DISPATCH_USERS_MAX)
            return ERROR_INVALID;
    for (size_t s = 0; s < c->plan.scenario_count; s++)
        c->crowd.given_counts[s] = users[s];
    c->crowd.given = true;
    c->crowd.told = false;
    if (c->phase == PHASE_RUNNING)
        send_given(c);
    return 0;
}

uint64_t control_users_of(const struct controller *c, size_t scenario) {
    return (uint64_t)users_alive(c, scenario);
}

void control_message(struct controller *c, struct view kind, struct view data, struct view from) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    pack_view(&w, kind);
    pack_view(&w, data);
    pack_view(&w, from);
    if (w.error == 0)
        crowd_notice(c, controller_conductor(c), SCRIPT_NOTICE_MESSAGE, buf_view(&out));
}

struct control_figures control_figures(const struct controller *c) {
    struct control_figures f = {0, 0};
    for (size_t i = 1; i < c->member_count; i++) {
        double cpu = cpu_percent(&c->members[i].health);
        f.cpu_percent = cpu > f.cpu_percent ? cpu : f.cpu_percent;
        f.memory_bytes += c->members[i].health.rss_bytes;
    }
    return f;
}

bool control_spawning(const struct controller *c) {
    if (c->crowd.given)
        return !c->crowd.told;
    return c->crowd.dispatch && (dispatch_busy(c->crowd.dispatch) || !c->crowd.told);
}
int64_t control_users_wished(const struct controller *c) {
    return c->crowd.given ? c->run.users_wished : c->crowd.dispatch ? dispatch_users_target(c->crowd.dispatch) : 0;
}

int64_t control_load_us(const struct controller *c) {
    int64_t us = c->load_zero_us ? loop_now_us(c->loop) - c->load_zero_us : 0;
    return us > 0 ? us : 0;
}

size_t control_workers(const struct controller *c) {
    return roster_living(c);
}

const char *control_state(const struct controller *c) {
    if (c->phase < PHASE_RUNNING)
        return "ready";
    if (c->phase > PHASE_RUNNING)
        return "stopped";
    if (c->stopping)
        return "stopping";
    return control_spawning(c) ? "spawning" : "running";
}

void control_reset_statistics(struct controller *c) {
    /* What was measured before must not come in later: the workers drop theirs on the same word. */
    series_store_reset(c->total.series);
    evidence_store_zero(c->total.evidence);
    c->run.statistics_from_us = loop_now_us(c->loop) - c->test_zero_us;
    notice_all(c, SCRIPT_NOTICE_RESET, VIEW_NULL);
}
