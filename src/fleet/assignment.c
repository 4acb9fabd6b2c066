/* What a worker needs at once is computed by the plan's own arithmetic on a copy of the plan in which every scenario has only the
 * worker's slots: so one rule (plan_users) says it for one worker and for many. */
#include "fleet/assignment.h"

#include "fleet/controller.h"

#include <errno.h>

int assignment_workers_wanted(const struct plan *p, int cores) {
    int64_t wanted = (plan_users_max(p) + FLEET_USERS_PER_WORKER - 1) / FLEET_USERS_PER_WORKER;
    if (wanted > cores)
        wanted = cores;
    return wanted < 1 ? 1 : (int)wanted;
}

static uint64_t scenario_slots(const struct plan_scenario *s) {
    int64_t users = plan_scenario_users(s);
    return users > 0 ? (uint64_t)users : 1;
}

/* The scenario as the stripe sees it. */
static int cut_scenario(struct plan_scenario *s, struct executor_stripe stripe, struct arena *arena) {
    s->users = (int64_t)executor_stripe_slots(stripe, (uint64_t)s->users);
    s->users_max = (int64_t)executor_stripe_slots(stripe, (uint64_t)s->users_max);
    bool rate = s->executor == PLAN_RAMPING_ARRIVAL_RATE || s->executor == PLAN_CONSTANT_ARRIVAL_RATE;
    if (rate || s->stage_count == 0)
        return 0;
    struct plan_stage *stages = arena_alloc(arena, s->stage_count * sizeof *stages);
    if (!stages)
        return -ENOMEM;
    for (size_t i = 0; i < s->stage_count; i++) {
        stages[i] = s->stages[i];
        stages[i].target = (int64_t)executor_stripe_slots(stripe, (uint64_t)stages[i].target);
    }
    s->stages = stages;
    return 0;
}

/* Users that worker w needs at once for the shares it has. */
static int64_t worker_users(struct assignment *a, const struct plan *p, size_t w) {
    const struct message_assign *m = &a->workers[w];
    struct plan part = *p; /* shallow: only scenarios are replaced */
    part.scenarios = arena_calloc(&a->arena, m->share_count + 1, sizeof *part.scenarios);
    if (!part.scenarios)
        return -ENOMEM;
    part.scenario_count = m->share_count;
    for (size_t i = 0; i < m->share_count; i++) {
        part.scenarios[i] = p->scenarios[m->shares[i].scenario];
        int r = cut_scenario(&part.scenarios[i], m->shares[i].stripe, &a->arena);
        if (r < 0)
            return r;
    }
    return plan_users(&part);
}

static int deal_shares(struct assignment *a, const struct plan *p) {
    size_t n = a->worker_count, offset = 0;
    for (size_t w = 0; w < n; w++) {
        a->workers[w].shares = arena_calloc(&a->arena, p->scenario_count + 1, sizeof(struct engine_share));
        if (!a->workers[w].shares)
            return -ENOMEM;
    }
    for (size_t s = 0; s < p->scenario_count; s++) {
        uint64_t slots = scenario_slots(&p->scenarios[s]);
        if (plan_executor_is_asked(p->scenarios[s].executor))
            slots = n; /* every worker holds what it is asked for */
        uint32_t count = (uint32_t)(slots < n ? slots : n);
        for (uint32_t i = 0; i < count; i++) {
            struct message_assign *m = &a->workers[(offset + i) % n];
            m->shares[m->share_count++] = (struct engine_share){.scenario = (uint32_t)s, .stripe = {i, count}};
        }
        offset = (offset + (size_t)(slots % n)) % n;
    }
    return 0;
}

/* Round by round, one id to every worker that still needs one. */
static int deal_ids(struct assignment *a, const struct plan *p) {
    size_t n = a->worker_count;
    int64_t *need = arena_calloc(&a->arena, n, sizeof *need), most = 0;
    if (!need)
        return -ENOMEM;
    for (size_t w = 0; w < n; w++) {
        need[w] = worker_users(a, p, w);
        if (need[w] < 0)
            return (int)need[w];
        most = need[w] > most ? need[w] : most;
        a->workers[w].ids = arena_calloc(&a->arena, (size_t)need[w] + 1, sizeof(uint64_t));
        if (!a->workers[w].ids)
            return -ENOMEM;
    }
    for (int64_t round = 0; round < most; round++)
        for (size_t w = 0; w < n; w++)
            if (need[w] > round)
                a->workers[w].ids[a->workers[w].id_count++] = ++a->users;
    return 0;
}

int assignment_init(struct assignment *a, const struct plan *p, size_t worker_count) {
    *a = (struct assignment){.worker_count = worker_count};
    arena_init(&a->arena, (size_t)1 << 30);
    a->workers = arena_calloc(&a->arena, worker_count, sizeof *a->workers);
    int r = a->workers ? deal_shares(a, p) : -ENOMEM;
    if (r == 0)
        r = deal_ids(a, p);
    if (r < 0) {
        assignment_deinit(a);
        return r;
    }
    for (size_t w = 0; w < worker_count; w++) {
        a->workers[w].extra_first = a->users + w + 1;
        a->workers[w].extra_step = worker_count;
        if (p->requests_per_s > 0)
            a->workers[w].request_gap_us = (int64_t)worker_count * 1000000 / p->requests_per_s;
    }
    return 0;
}

void assignment_deinit(struct assignment *a) { arena_deinit(&a->arena); }
