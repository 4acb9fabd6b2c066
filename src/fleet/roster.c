/* The roster: conductor and workers as processes, what each was given, and what they say.
 *
 * A worker that closes its bus without having been dismissed is lost. What it was given is known here to the last share, user and lease;
 * the living ones take it over: shares resume where its latest progress stood, its users are made anew under their old ids, and the part of
 * its lease that it had not started returns to the pool. What it measured since its last snapshot (at most a second) is gone, and the
 * report says so. */
#include "fleet/controller_priv.h"

#include "core/leakcheck.h"
#include "core/rng.h"
#include "fleet/numbering.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_message(void *ctx, unsigned kind, struct view body);
static void on_closed(void *ctx, int error);

void roster_tell(struct member *m, enum message_kind kind, struct view body) {
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

int roster_spawn(struct controller *c, size_t member, bool conductor) {
    struct member *m = &c->members[member];
    struct script_source source = c->o->source;
    char role[32];
    *m = (struct member){.controller = c, .number = (uint32_t)member, .process = PROCESS_NULL};
    name_member(m);
    source.client_id = view_of_cstr(m->client_id);
    source.conductor = conductor;
    source.worker_index = (int32_t)member - 1;
    source.worker_count = (uint32_t)(c->o->workers > 0 ? c->o->workers : 1);
    if (conductor)
        snprintf(role, sizeof role, "conductor");
    else
        snprintf(role, sizeof role, "worker %zu", member - 1);
    if (c->bundle.len > 0)
        source.bundle = buf_view(&c->bundle);
    int r = !conductor && c->numbers_fd <= 0 ? numbering_new(&c->numbers_fd) : 0;
    if (r == 0)
        r = process_spawn(&m->process, c->o->program, c->o->host->name, role, conductor ? -1 : c->numbers_fd);
    if (r < 0)
        return r;
    static const struct bus_ops ops = {.message = on_message, .closed = on_closed};
    r = bus_new(&m->bus, c->loop, m->process.socket_fd, &ops, m);
    if (r < 0) {
        close(m->process.socket_fd);
        return r;
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
    int64_t now_us = loop_now_us(c->loop) - c->load_zero_us - c->plan.scenarios[s.scenario].start_us;
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
    struct message_assign what = {.extra_step = 1};
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

static void worker_lost(struct controller *c, struct member *m, const char *how) {
    m->lost = true;
    c->lost_interrupted += m->last.users_active;
    size_t living = roster_living(c);
    controller_log(c, LOG_ERROR, "worker %u %s; %s", m->number - 1, how,
                   living ? "its users go on in the other workers, up to one second of its measurements is lost"
                          : "no worker is left to take over its users");
    if (c->solo)
        c->has_teardown = c->has_handle_summary = false;
    if (c->phase == PHASE_RUNNING && living && !c->stop_sent) {
        take_over(c, m);
        return;
    }
    if (c->phase <= PHASE_RUNNING && !c->stop_sent) {
        char text[256];
        int n = snprintf(text, sizeof text, "worker %u %s", m->number - 1, how);
        controller_fail(c, FLEET_END_CRASH, view_of(text, (size_t)n), false);
    }
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
    m->state = MEMBER_GONE;
    process_end_words(&m->process, how, sizeof how);
    if (!m->dismissed) {
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
    if (message_unpack_log(body, &record) == 0)
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

static void on_message(void *ctx, unsigned kind, struct view body) {
    struct member *m = ctx;
    struct controller *c = m->controller;
    switch (kind) {
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
        break;
    case MESSAGE_LEASE: hear_lease(m, body); break;
    case MESSAGE_SCENARIO_DONE: hear_scenario_done(m, body); break;
    case MESSAGE_FINISHED: m->state = MEMBER_FINISHED; break;
    case MESSAGE_PROGRESS:
        (void)!message_unpack_progress(body, &m->last);
        crowd_progress(c);
        break;
    case MESSAGE_WISH: crowd_wish(c, m, body); break;
    case MESSAGE_SNAPSHOT:
        if (c->phase < PHASE_SUMMARY) /* what handleSummary measures is not part of the test */
            tally_snapshot(c, m, body);
        if (c->crowd.dispatch && m != controller_conductor(c))
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
