/* The roster: conductor and workers as processes, what each was given, and what they say.
 *
 * A worker that closes its bus without having been dismissed is lost. What it was given is known here to the last share, user and lease;
 * the living ones take it over: shares resume where its latest progress stood, its users are made anew under their old ids, and the part of
 * its lease that it had not started returns to the pool. What it measured since its last snapshot (at most a second) is gone, and the
 * report says so. */
#include "fleet/controller_priv.h"

#include "core/leakcheck.h"
#include "core/rng.h"
#include "fleet/control.h"
#include "fleet/numbering.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_message(void *ctx, unsigned kind, struct view body);
static void on_closed(void *ctx, int error);
static const struct bus_ops member_ops = {.message = on_message, .closed = on_closed};

void roster_tell(struct member *m, enum message_kind kind, struct view body) {
    if (m->controller && m->controller->recalling)
        return;
    if (m->guest && m->state != MEMBER_GONE)
        guest_tell(m, kind, body);
    if (m->bus && m->state != MEMBER_GONE && bus_send(m->bus, kind, body) < 0)
        controller_fail(m->controller, FLEET_END_OTHER, VIEW("out of memory: a message to a worker could not be queued"), false);
}

/* ---- giving ---- */

/* "<host>_<32 hex digits>", as Locust names its workers. */
static void name_member(struct member *m) {
    char host[HOST_NAME_MAX + 1] = "localhost";
    struct rng rng;
    (void)gethostname(host, sizeof host - 1);
    rng_init(&rng, rng_seed_random());
    snprintf(m->client_id, sizeof m->client_id, "%s_%016llx%016llx", host, (unsigned long long)rng_u64(&rng), (unsigned long long)rng_u64(&rng));
}

static int tell_load(struct controller *c, struct member *m, bool conductor) {
    const struct fleet_away *away = c->o->away;
    struct script_source source = c->o->source;
    source.client_id = view_of_cstr(m->client_id);
    source.conductor = conductor;
    source.worker_index = (int32_t)m->number - 1;
    source.worker_count = (uint32_t)(c->assignment.worker_count ? c->assignment.worker_count : c->o->workers > 0 ? (size_t)c->o->workers : 1);
    if (c->bundle.len > 0 && !m->away)
        source.bundle = buf_view(&c->bundle); /* away, its agent puts it in */
    if (m->away && away->folder) {
        source.path = away->path;
        source.args = away->args;
        source.arg_count = away->arg_count;
    }
    struct message_load load = {.source = source, .worker = m->number, .conductor = conductor, .samples = c->sample_stream};
    load.users_max = conductor ? 16 : (uint64_t)plan_users_max(&c->plan) + 16;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    message_pack_load(&w, &load);
    if (w.error < 0)
        return w.error;
    roster_tell(m, MESSAGE_LOAD, buf_view(&out));
    return 0;
}

int roster_join_away(struct controller *c, size_t member, size_t agent, const char *client_id) {
    struct member *m = &c->members[member];
    *m = (struct member){.controller = c, .number = (uint32_t)member, .process = PROCESS_NULL, .away = true, .agent = agent};
    if (client_id)
        snprintf(m->client_id, sizeof m->client_id, "%s", client_id);
    else
        name_member(m);
    struct bus_wire wire = remote_wire(m);
    return bus_new_wire(&m->bus, &wire, &member_ops, m);
}

int roster_spawn(struct controller *c, size_t member, bool conductor) {
    struct member *m = &c->members[member];
    char role[32];
    if (c->remote && !conductor)
        return tell_load(c, m, false); /* remote_take made it */
    *m = (struct member){.controller = c, .number = (uint32_t)member, .process = PROCESS_NULL};
    name_member(m);
    if (c->solo && c->o->client_id)
        snprintf(m->client_id, sizeof m->client_id, "%s", c->o->client_id);
    if (conductor)
        snprintf(role, sizeof role, "conductor");
    else
        snprintf(role, sizeof role, "worker %zu", member - 1);
    if (conductor)
        remote_note(c, NOTE_CONDUCTOR, VIEW_NULL);
    int r = !conductor && c->numbers_fd <= 0 ? numbering_new(&c->numbers_fd) : 0;
    if (r == 0)
        r = process_spawn(&m->process, c->o->program, c->o->host->name, role, conductor ? -1 : c->numbers_fd);
    if (r < 0)
        return r;
    r = bus_new(&m->bus, c->loop, m->process.socket_fd, &member_ops, m);
    if (r < 0) {
        close(m->process.socket_fd);
        return r;
    }
    return tell_load(c, m, conductor);
}

int roster_send_plan(struct controller *c, struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    int r = plan_pack(&c->plan, &out);
    if (r == 0)
        roster_tell(m, MESSAGE_PLAN, buf_view(&out));
    return r;
}

static int remember(struct member *m, const struct message_assign *what) {
    size_t shares = m->share_count + what->share_count, ids = m->id_count + what->id_count;
    struct engine_share *s = realloc(m->shares, (shares + 1) * sizeof *s);
    m->shares = s ? s : m->shares;
    bool *d = realloc(m->share_done, (shares + 1) * sizeof *d);
    m->share_done = d ? d : m->share_done;
    uint64_t *u = realloc(m->ids, (ids + 1) * sizeof *u);
    m->ids = u ? u : m->ids;
    if (!m->lease)
        m->lease = calloc(m->controller->plan.scenario_count + 1, sizeof *m->lease);
    if (!s || !d || !u || !m->lease)
        return -ENOMEM;
    for (size_t i = 0; i < what->share_count; i++) {
        m->shares[m->share_count] = what->shares[i];
        m->share_done[m->share_count++] = false;
    }
    for (size_t i = 0; i < what->id_count; i++)
        m->ids[m->id_count++] = what->ids[i];
    return 0;
}

int roster_assign(struct controller *c, struct member *m, const struct message_assign *what) {
    (void)c;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    message_pack_assign(&w, what);
    int r = w.error ? w.error : remember(m, what);
    if (r == 0) {
        if (m->state == MEMBER_FINISHED)
            m->state = MEMBER_RUNNING;
        roster_tell(m, MESSAGE_ASSIGN, buf_view(&out));
    }
    return r;
}

void roster_tell_all(struct controller *c, enum message_kind kind, struct view body) {
    for (size_t i = 1; i < c->member_count; i++)
        roster_tell(&c->members[i], kind, body);
}

bool roster_all(const struct controller *c, enum member_state at_least) {
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].state < at_least)
            return false;
    return true;
}

size_t roster_living(const struct controller *c) {
    size_t n = 0;
    for (size_t i = 1; i < c->member_count; i++)
        n += c->members[i].state != MEMBER_GONE;
    return n;
}

void roster_dismiss(struct controller *c, struct member *m) {
    (void)c;
    m->dismissed = true;
    roster_tell(m, MESSAGE_FINISH, VIEW_NULL);
}

void roster_kill(struct controller *c) {
    for (size_t i = 0; i < c->member_count; i++) {
        c->members[i].dismissed = true;
        process_kill(&c->members[i].process);
    }
}

void roster_free(struct controller *c) {
    roster_kill(c);
    for (size_t i = 0; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        bus_free(m->bus);
        bus_free(m->told_bus);
        process_reap(&m->process);
        free(m->shares);
        free(m->share_done);
        free(m->ids);
        free(m->lease);
    }
    free(c->members);
    if (c->numbers_fd > 0)
        close(c->numbers_fd);
}

void roster_farewell(struct controller *c) {
    for (size_t i = 0; i < c->member_count; i++)
        if (c->members[i].state != MEMBER_GONE && !c->members[i].dismissed) {
            roster_dismiss(c, &c->members[i]);
            bus_flush(c->members[i].bus);
        }
    for (size_t i = 0; i < c->member_count; i++)
        if (c->members[i].process.pid > 0)
            process_wait(&c->members[i].process, FLEET_FAREWELL_MS);
}

/* ---- loss and takeover ---- */

/* Where the share of a lost worker goes on: its occurrences so far, evenly over its shares of that scenario. */
static struct engine_share resumed(const struct controller *c, const struct member *m, size_t share) {
    struct engine_share s = m->shares[share];
    const struct snapshot_scenario *p = &m->last.scenarios[s.scenario];
    uint64_t same = 0;
    for (size_t i = 0; i < m->share_count; i++)
        same += m->shares[i].scenario == s.scenario;
    int64_t now_us = controller_now_us(c) - c->load_zero_us - c->plan.scenarios[s.scenario].start_us;
    s.resume_us = now_us > 0 ? now_us : 0;
    s.resume_done += (p->started + p->dropped) / (same ? same : 1);
    return s;
}

static void return_lease(struct controller *c, struct member *m) {
    for (size_t s = 0; s < c->plan.scenario_count && m->lease; s++) {
        struct iteration_lease l = m->lease[s];
        uint64_t started = m->last.scenarios[s].started;
        if (c->plan.scenarios[s].executor != PLAN_SHARED_ITERATIONS || l.count == 0)
            continue;
        uint64_t used = started < l.count ? started : l.count; /* l.count sums all leases; the latest range ends at l.first */
        iteration_pool_return(&c->pools[s], (struct iteration_lease){l.first - (l.count - used), l.count - used});
    }
}

static int hand_over(struct controller *c, struct member *from, struct member *to, size_t part, size_t parts) {
    struct message_assign what = {.extra_step = 1, .extra_first = newcomer_first_id(to)};
    what.shares = calloc(from->share_count + 1, sizeof *what.shares);
    what.ids = calloc(from->id_count + 1, sizeof *what.ids);
    int r = what.shares && what.ids ? 0 : -ENOMEM;
    for (size_t i = part; r == 0 && i < from->share_count; i += parts)
        if (!from->share_done[i])
            what.shares[what.share_count++] = resumed(c, from, i);
    for (size_t i = part; r == 0 && i < from->id_count; i += parts)
        what.ids[what.id_count++] = from->ids[i];
    if (r == 0 && (what.share_count > 0 || what.id_count > 0))
        r = roster_assign(c, to, &what);
    free(what.shares);
    free(what.ids);
    return r;
}

static void take_over(struct controller *c, struct member *lost) {
    size_t living = roster_living(c), part = 0, open = 0;
    for (size_t i = 0; i < lost->share_count; i++) {
        /* Users that are held are dealt anew by the dispatcher; every worker has a share for them already. */
        if (c->plan.scenarios[lost->shares[i].scenario].executor == PLAN_HELD_USERS)
            lost->share_done[i] = true;
        open += !lost->share_done[i];
    }
    crowd_lost(c, lost);
    size_t parts = open && open < living ? open : living;
    return_lease(c, lost);
    for (size_t i = 1; i < c->member_count && part < parts; i++) {
        struct member *to = &c->members[i];
        if (to->state == MEMBER_GONE)
            continue;
        if (hand_over(c, lost, to, part++, parts) < 0)
            controller_fail(c, FLEET_END_OTHER, VIEW("out of memory while handing over a lost worker's users"), false);
    }
    for (size_t i = 0; i < lost->share_count; i++)
        lost->share_done[i] = true;
}

int roster_replace(struct controller *c, struct member *lost, struct member *by) {
    int r = hand_over(c, lost, by, 0, 1);
    for (size_t i = 0; r == 0 && i < lost->share_count; i++)
        lost->share_done[i] = true;
    return r;
}

/* Somebody may come in its place. */
static bool may_be_replaced(const struct controller *c, const struct member *m) {
    return m->away && c->o->away->join && c->o->on_loss == FLEET_LOSS_CONTINUE && c->phase == PHASE_RUNNING && !c->stop_sent;
}

/* What is missing, to the second. */
static void tell_loss(struct controller *c, const struct member *m, const char *how, size_t living) {
    double since_s = (double)m->snapshot_us / 1e6, now_s = (double)(controller_now_us(c) - c->load_zero_us) / 1e6;
    const char *then = !living                                        ? "no worker is left to take over its users"
                       : c->o->on_loss == FLEET_LOSS_CONTINUE         ? "the run goes on without its users"
                       : c->o->on_loss == FLEET_LOSS_ABORT            ? "the run ends, as was asked for"
                       : c->phase == PHASE_RUNNING && !c->stop_sent   ? "its users go on in the other workers"
                                                                      : "the load is over";
    if (m->guest)
        controller_log(c, LOG_ERROR, "worker %s %s; %s; what it did after second %.1f (now %.1f) is missing unless it comes back", m->client_id, how, then,
                       since_s, now_s);
    else if (!m->away)
        controller_log(c, LOG_ERROR, "worker %u %s; %s, up to one second of its measurements is lost", m->number - 1, how, then);
    else
        controller_log(c, LOG_ERROR, "worker %u (%s) %s; %s; what it did after second %.1f (now %.1f) is missing%s", m->number - 1, remote_place(m), how, then,
                       since_s, now_s, m->cut_off ? " unless it comes back" : "");
}

static void worker_lost(struct controller *c, struct member *m, const char *how) {
    m->lost = true;
    m->lost_us = controller_now_us(c);
    m->lost_interrupted = m->last.users_active;
    c->lost_interrupted += m->lost_interrupted;
    size_t living = roster_living(c);
    if (c->recalling) { /* who took over its share is in the log, too; roster_settle looks */
        return_lease(c, m);
        return;
    }
    tell_loss(c, m, how, living);
    if (c->solo)
        c->has_teardown = c->has_handle_summary = false;
    if (c->phase == PHASE_RUNNING && living && !c->stop_sent && c->o->on_loss == FLEET_LOSS_REDISTRIBUTE) {
        take_over(c, m);
        return;
    }
    for (size_t i = 0; i < m->share_count && !may_be_replaced(c, m); i++)
        m->share_done[i] = true;
    if (c->phase == PHASE_RUNNING && living && !c->stop_sent && c->o->on_loss == FLEET_LOSS_CONTINUE)
        return;
    if (m->guest && c->phase == PHASE_RUNNING && c->o->on_loss != FLEET_LOSS_ABORT) {
        control_stop(c); /* as Locust's master: there is a summary all the same */
        return;
    }
    if (c->phase <= PHASE_RUNNING && !c->stop_sent) {
        char text[512];
        int n = snprintf(text, sizeof text, "worker %u %s", m->number - 1, how);
        controller_fail(c, FLEET_END_CRASH, view_of(text, (size_t)n), false);
    }
}

/* One that was only cut off may be at work until nothing waits for it any more. */
int64_t roster_missing_us(const struct controller *c, const struct member *m) {
    if (!m->lost || !m->away || !c->load_zero_us)
        return 0;
    int64_t until_us = m->cut_off ? c->run.load_elapsed_us : m->lost_us - c->load_zero_us;
    return until_us > m->snapshot_us ? until_us - m->snapshot_us : 0;
}

void roster_lost(struct controller *c, struct member *m, const char *how) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    if (m->state == MEMBER_GONE)
        return;
    pack_u64(&w, m->number);
    remote_note(c, NOTE_LOST, buf_view(&out));
    m->state = MEMBER_GONE;
    m->cut_off = true;
    if (!m->dismissed || m->away)
        worker_lost(c, m, how);
    controller_advance(c);
}

/* Its share was given away: nothing is its own any more, but what it measured counts. */
void roster_back(struct controller *c, struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    if (!m->cut_off || c->phase > PHASE_DRAINING)
        return;
    pack_u64(&w, m->number);
    remote_note(c, NOTE_BACK, buf_view(&out));
    m->cut_off = m->lost = false;
    m->state = m->started ? MEMBER_RUNNING : MEMBER_LOADING;
    c->lost_interrupted -= m->lost_interrupted;
    m->lost_interrupted = 0;
    for (size_t i = 0; i < m->share_count; i++)
        m->share_done[i] = true;
    if (c->recalling)
        return;
    controller_log(c, LOG_INFO, "worker %u (%s) is heard again: what it measured meanwhile is counted; its users are with others, so it stops", m->number - 1,
                   remote_place(m));
    roster_tell(m, MESSAGE_STOP, view_of("\1", 1));
    controller_patience(c);
}

static void conductor_lost(struct controller *c, const char *how) {
    char text[256];
    int n;
    /* What a Locust conductor knows (a shape's time, listeners' state) cannot be made anew. */
    if (c->phase == PHASE_RUNNING && !c->crowd.dispatch && c->respawns++ < 3) {
        controller_log(c, LOG_ERROR, "the conductor %s; it is started again from the run's state", how);
        bus_free(c->members[0].bus);
        if (roster_spawn(c, 0, true) == 0 && roster_send_plan(c, &c->members[0]) == 0) {
            roster_tell(&c->members[0], MESSAGE_SETUP_DATA, buf_view(&c->setup_data));
            return;
        }
    }
    c->has_teardown = c->has_handle_summary = false;
    n = snprintf(text, sizeof text, "the conductor (setup, teardown, summary) %s", how);
    controller_fail(c, FLEET_END_CRASH, view_of(text, (size_t)n), false);
}

static void on_closed(void *ctx, int error) {
    struct member *m = ctx;
    struct controller *c = m->controller;
    char how[128];
    (void)error;
    if (m->dismissed && (c->o->program || leakcheck_active()))
        process_wait(&m->process, FLEET_FAREWELL_MS); /* it may have something to write of its own */
    process_kill(&m->process); /* it closed its only channel; be sure that it goes */
    process_reap(&m->process);
    bool cut_off = m->cut_off;
    m->cut_off = false;
    m->state = MEMBER_GONE;
    process_end_words(&m->process, how, sizeof how);
    if (m->away)
        snprintf(how, sizeof how, "%s", m->gone_words[0] ? m->gone_words : "sent what is not of our making");
    if (!m->dismissed && !cut_off) {
        if (m == controller_conductor(c) && !c->solo)
            conductor_lost(c, how);
        else
            worker_lost(c, m, how);
    }
    controller_advance(c);
}

/* ---- hearing ---- */

static void hear_failed(struct member *m, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    enum script_failure failure = (enum script_failure)unpack_u64(&r);
    struct view text = unpack_view(&r);
    controller_fail(m->controller, controller_end_of(failure), text, failure == SCRIPT_FAILURE_EXCEPTION);
}

static void hear_lease(struct member *m, struct view body) {
    struct controller *c = m->controller;
    struct pack_reader r = pack_reader_of(body);
    uint64_t scenario = unpack_u64(&r), stripe = unpack_u64(&r);
    if (r.failed || scenario >= c->plan.scenario_count)
        return;
    if (c->recalling) {
        m->lease_asked++;
        m->asked_scenario = (uint32_t)scenario;
        m->asked_stripe = (uint32_t)stripe;
        return;
    }
    uint64_t takers = 0, users = 1;
    for (size_t i = 1; i < c->member_count; i++)
        for (size_t k = 0; k < c->members[i].share_count; k++)
            if (c->members[i].shares[k].scenario == scenario && c->members[i].state != MEMBER_GONE) {
                takers++;
                if (&c->members[i] == m)
                    users = executor_stripe_slots(m->shares[k].stripe, (uint64_t)c->plan.scenarios[scenario].users);
            }
    struct iteration_lease l = iteration_pool_draw(&c->pools[scenario], takers, users ? users : 1);
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(256);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, scenario);
    pack_u64(&w, stripe);
    pack_u64(&w, l.first);
    pack_u64(&w, l.count);
    if (!m->lease)
        return;
    m->lease[scenario] = (struct iteration_lease){l.first + l.count, m->lease[scenario].count + l.count};
    roster_tell(m, MESSAGE_GRANT, buf_view(&out));
}

static void hear_scenario_done(struct member *m, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t scenario = unpack_u64(&r), stripe = unpack_u64(&r);
    for (size_t i = 0; i < m->share_count; i++)
        if (m->shares[i].scenario == scenario && m->shares[i].stripe.index == stripe)
            m->share_done[i] = true;
}

static void hear_log(struct member *m, struct view body) {
    struct log_record record;
    if (!m->controller->recalling && message_unpack_log(body, &record) == 0)
        m->controller->o->log->write(m->controller->o->log, &record);
}

static void hear_abort(struct member *m, struct view body) {
    struct controller *c = m->controller;
    struct pack_reader r = pack_reader_of(body);
    uint64_t kind = unpack_u64(&r);
    struct view text = unpack_view(&r);
    if (kind == SCRIPT_ABORT_TEST) {
        controller_fail(c, FLEET_END_ABORTED, text, false);
        return;
    }
    controller_log(c, LOG_ERROR, "%.*s", VIEW_ARGS(text));
    if (c->outcome->end == FLEET_END_OK) {
        c->outcome->end = FLEET_END_MARKED_FAILED; /* the run goes on */
        snprintf(c->outcome->message, sizeof c->outcome->message, "test run was marked as failed");
    }
}

static void hear_once_done(struct member *m, struct view body) {
    if (m != controller_conductor(m->controller))
        return;
    struct pack_reader r = pack_reader_of(body);
    uint64_t what = unpack_u64(&r), failure = unpack_u64(&r);
    struct view message = unpack_view(&r), output = unpack_view(&r);
    controller_once_done(m->controller, (enum script_once)what, (enum script_failure)failure, message, output);
}

static void hear_initialised(struct member *m, struct view body) {
    struct controller *c = m->controller;
    struct pack_reader r = pack_reader_of(body);
    uint64_t all = 0;
    m->initialised = unpack_u64(&r);
    for (size_t i = 1; i < c->member_count; i++)
        all += c->members[i].initialised;
    if (c->o->callbacks.initialised && c->phase == PHASE_INIT)
        c->o->callbacks.initialised(c->o->callbacks.ctx, all, c->assignment.users);
}

static void hear_gone(struct member *m, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    struct view words = unpack_view(&r);
    snprintf(m->gone_words, sizeof m->gone_words, "%.*s", VIEW_ARGS(view_take(words, sizeof m->gone_words - 1)));
    if (m->away && (m->state != MEMBER_GONE || m->cut_off))
        on_closed(m, 0);
}

static void hear_unsent(struct member *m, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t snapshots = unpack_u64(&r), others = unpack_u64(&r);
    if (r.failed)
        return;
    m->controller->run.snapshots_unsent += snapshots;
    if (!m->controller->recalling)
        controller_log(m->controller, snapshots ? LOG_ERROR : LOG_WARN,
                       "%s found no room for what its workers said while the bus was away: %llu snapshots (up to a second of a worker each) and %llu other messages are lost",
                       remote_place(m), (unsigned long long)snapshots, (unsigned long long)others);
}

/* What the conductor says is in no log but ours. */
static void note_heard(struct member *m, unsigned kind, struct view body) {
    struct controller *c = m->controller;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(BUS_FRAME_MAX);
    struct pack_writer w = pack_writer_of(&out);
    if (!c->remote || c->recalling || m->away || (kind != MESSAGE_DESCRIBED && kind != MESSAGE_SNAPSHOT && kind != MESSAGE_ONCE_DONE))
        return;
    pack_u64(&w, kind);
    pack_view(&w, body);
    if (w.error == 0)
        remote_note(c, NOTE_HEARD, buf_view(&out));
}

void roster_message(struct member *m, unsigned kind, struct view body) {
    on_message(m, kind, body);
}

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct member *m = ctx;
    struct controller *c = m->controller;
    note_heard(m, kind, body);
    switch (kind) {
    case MESSAGE_GONE: hear_gone(m, body); break;
    case MESSAGE_UNSENT: hear_unsent(m, body); break;
    case MESSAGE_DESCRIBED: controller_described(c, body); break;
    case MESSAGE_BUNDLE:
        if (c->bundle.len == 0 && buf_append_view(&c->bundle, body) < 0)
            controller_fail(c, FLEET_END_OTHER, VIEW("out of memory: the script's files do not fit"), false);
        break;
    case MESSAGE_FAILED: hear_failed(m, body); break;
    case MESSAGE_INITIALISED: hear_initialised(m, body); break;
    case MESSAGE_READY:
        if (m->state < MEMBER_READY)
            m->state = MEMBER_READY;
        newcomer_ready(m);
        break;
    case MESSAGE_LEASE: hear_lease(m, body); break;
    case MESSAGE_SCENARIO_DONE: hear_scenario_done(m, body); break;
    case MESSAGE_FINISHED:
        if (m->state != MEMBER_GONE)
            m->state = MEMBER_FINISHED;
        break;
    case MESSAGE_PROGRESS:
        (void)!message_unpack_progress(body, &m->last);
        crowd_progress(c);
        break;
    case MESSAGE_WISH:
        if (!c->recalling)
            crowd_wish(c, m, body);
        break;
    case MESSAGE_SNAPSHOT:
        if (c->phase < PHASE_SUMMARY) /* what handleSummary measures is not part of the test */
            tally_snapshot(c, m, body);
        if (c->crowd.dispatch && m != controller_conductor(c) && !c->recalling)
            crowd_notice(c, controller_conductor(c), SCRIPT_NOTICE_SNAPSHOT, body);
        break;
    case MESSAGE_SAMPLES:
        if (c->phase < PHASE_SUMMARY)
            tally_samples(c, body);
        break;
    case MESSAGE_LOG: hear_log(m, body); break;
    case MESSAGE_ABORT: hear_abort(m, body); break;
    case MESSAGE_ONCE_DONE: hear_once_done(m, body); break;
    default: controller_log(c, LOG_WARN, "worker %u sent an unknown message (%u)", m->number, kind);
    }
    controller_advance(c);
}

/* ---- a recalled run ---- */

static void recall_assign(struct controller *c, struct member *m, struct view body) {
    struct message_assign what;
    struct arena arena;
    arena_init(&arena, 1 << 30);
    if (message_unpack_assign(body, &arena, &what) == 0 && remember(m, &what) == 0) {
        if (m->state == MEMBER_FINISHED)
            m->state = MEMBER_RUNNING;
        /* A share that resumes was a lost member's. */
        for (size_t i = 0; i < what.share_count; i++)
            for (size_t k = 1; k < c->member_count; k++)
                for (size_t n = 0; n < c->members[k].share_count && c->members[k].lost; n++)
                    if (c->members[k].shares[n].scenario == what.shares[i].scenario && c->members[k].shares[n].stripe.index == what.shares[i].stripe.index)
                        c->members[k].share_done[n] = true;
    }
    arena_deinit(&arena);
}

static void recall_grant(struct controller *c, struct member *m, struct view body) {
    struct pack_reader r = pack_reader_of(body);
    uint64_t scenario = unpack_u64(&r);
    (void)unpack_u64(&r);
    struct iteration_lease l = {.first = unpack_u64(&r), .count = unpack_u64(&r)};
    if (r.failed || scenario >= c->plan.scenario_count || !m->lease || !c->pools)
        return;
    iteration_pool_take(&c->pools[scenario], l);
    m->lease[scenario] = (struct iteration_lease){l.first + l.count, m->lease[scenario].count + l.count};
    m->lease_asked -= m->lease_asked > 0;
}

/* As if we had said it. */
void roster_recall_told(struct member *m, unsigned kind, struct view body) {
    struct controller *c = m->controller;
    switch (kind) {
    case MESSAGE_ASSIGN: recall_assign(c, m, body); break;
    case MESSAGE_GRANT: recall_grant(c, m, body); break;
    case MESSAGE_START:
        m->started = true;
        if (m->state == MEMBER_READY)
            m->state = MEMBER_RUNNING;
        break;
    case MESSAGE_STOP: c->stop_sent = c->stop_sent || !m->lost; break;
    case MESSAGE_FINISH: m->dismissed = true; break;
    default: break;
    }
}

static void settle_start(struct controller *c, struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    if (m->started || m->state == MEMBER_GONE)
        return;
    pack_i64(&w, c->load_zero_us);
    roster_tell(m, MESSAGE_SETUP_DATA, buf_view(&c->setup_data));
    roster_tell(m, MESSAGE_START, buf_view(&out));
    m->started = true;
}

static void settle_lease(struct member *m) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    pack_u64(&w, m->asked_scenario);
    pack_u64(&w, m->asked_stripe);
    if (m->lease_asked > 0 && m->state != MEMBER_GONE)
        hear_lease(m, buf_view(&out));
    m->lease_asked = 0;
}

static bool has_open_share(const struct member *m) {
    for (size_t i = 0; i < m->share_count; i++)
        if (!m->share_done[i])
            return true;
    return false;
}

void roster_settle(struct controller *c) {
    for (size_t i = 1; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        if (c->phase == PHASE_RUNNING)
            settle_start(c, m);
        settle_lease(m);
        if (c->stop_sent && m->state != MEMBER_GONE)
            roster_tell(m, MESSAGE_STOP, view_of("\1", 1));
        if (m->dismissed && m->state != MEMBER_GONE)
            roster_dismiss(c, m);
    }
    for (size_t i = 1; i < c->member_count; i++)
        if (c->members[i].lost && has_open_share(&c->members[i]) && c->phase == PHASE_RUNNING && !c->stop_sent &&
            c->o->on_loss == FLEET_LOSS_REDISTRIBUTE && roster_living(c) > 0)
            take_over(c, &c->members[i]);
}
