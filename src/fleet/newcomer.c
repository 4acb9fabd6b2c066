/* Workers that come while the load runs (fleet_away.join): members on an agent that was not there at the
 * beginning. Once they are ready they get the common time zero, and then what there is for them: held users
 * are dealt anew by the dispatcher, and shares that a lost worker left behind (--on-worker-loss=continue) go
 * on in them. Everything else was cut into stripes when the run began. */
#include "fleet/controller_priv.h"

#include <errno.h>
#include <stdlib.h>

static bool has_open_share(const struct member *m) {
    for (size_t i = 0; i < m->share_count; i++)
        if (m->lost && !m->share_done[i])
            return true;
    return false;
}

static struct member *lost_with_share(struct controller *c) {
    for (size_t i = 1; i < c->member_count; i++)
        if (has_open_share(&c->members[i]))
            return &c->members[i];
    return NULL;
}

static bool holds_users(const struct controller *c) {
    for (size_t i = 0; i < c->plan.scenario_count; i++)
        if (c->plan.scenarios[i].executor != PLAN_HELD_USERS)
            return false;
    return c->crowd.dispatch != NULL;
}

size_t newcomer_wanted(struct controller *c) {
    size_t n = 0;
    if (c->phase != PHASE_RUNNING || c->stopping || c->stop_sent || c->recalling)
        return 0;
    if (holds_users(c))
        return FLEET_WORKERS_MAX + 1 - c->member_count;
    for (size_t i = 1; i < c->member_count; i++)
        n += has_open_share(&c->members[i]);
    return n;
}

/* Behind those of all others. */
uint64_t newcomer_first_id(const struct member *m) {
    return m->newcomer ? m->controller->assignment.users + (uint64_t)m->number * PLAN_USERS_MAX : 0;
}

static int give_held(struct controller *c, struct member *m) {
    struct message_assign what = {
        .shares = calloc(c->plan.scenario_count + 1, sizeof *what.shares), .extra_step = 1};
    if (!what.shares)
        return -ENOMEM;
    what.extra_first = newcomer_first_id(m);
    for (; what.share_count < c->plan.scenario_count; what.share_count++)
        what.shares[what.share_count] = (struct engine_share){
            .scenario = (uint32_t)what.share_count, .stripe = {m->number - 1, m->number}};
    int r = roster_assign(c, m, &what);
    free(what.shares);
    return r;
}

int newcomer_prepare(struct controller *c, struct member *m) {
    m->newcomer = true;
    int r = roster_spawn(c, m->number, false);
    r = r < 0 ? r : roster_send_plan(c, m);
    if (r < 0)
        return r;
    struct member *lost = holds_users(c) ? NULL : lost_with_share(c);
    return lost ? roster_replace(c, lost, m) : give_held(c, m);
}

void newcomer_ready(struct member *m) {
    struct controller *c = m->controller;
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(64);
    struct pack_writer w = pack_writer_of(&out);
    if (!m->newcomer || m->started || m->state != MEMBER_READY || c->phase != PHASE_RUNNING || c->recalling)
        return;
    pack_i64(&w, c->load_zero_us);
    roster_tell(m, MESSAGE_SETUP_DATA, buf_view(&c->setup_data));
    roster_tell(m, MESSAGE_START, buf_view(&out));
    m->state = MEMBER_RUNNING;
    m->started = true;
    controller_log(c, LOG_INFO, "worker %u (%s) takes part from second %.1f on", m->number - 1,
        remote_place(m), (double)(loop_now_us(c->loop) - c->load_zero_us) / 1e6);
    crowd_joined(c, m);
}

void newcomer_let_go(struct controller *c) {
    for (size_t i = 1; i < c->member_count; i++) {
        const struct member *m = &c->members[i];
        if (m->state != MEMBER_GONE && m->state != MEMBER_FINISHED && !(m->newcomer && !m->started))
            return; /* somebody is at work: it may still get there */
    }
    for (size_t i = 1; i < c->member_count; i++) {
        struct member *m = &c->members[i];
        if (m->newcomer && !m->started && m->state != MEMBER_GONE && !m->dismissed)
            roster_dismiss(c, m);
    }
}
