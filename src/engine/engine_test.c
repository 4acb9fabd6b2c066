/* The engine with a script host made of timers, on a fake clock: each iteration lasts as long as the test says. */
#include "engine/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum { USERS_MAX = 64, STARTS_MAX = 4096 };

struct fake_user {
    struct script_user base;
    struct script_host *host;
    struct timer timer;
    uint64_t id;
    bool running;
};
struct script_host {
    const struct script_services *sv;
    struct fake_user *users[USERS_MAX];
    size_t user_count;
};

/* What the tests look at. */
static struct {
    struct script_host host;
    int64_t iteration_us;
    int fail_user; /* id whose init fails; 0 = none */
    struct { int64_t at_us, intended_us; uint64_t number, user; } starts[STARTS_MAX];
    size_t start_count;
    bool ready, finished, failed;
    size_t snapshots;
    struct recorder total;
    struct snapshot_head head;
    unsigned leases, progresses;
    uint64_t shown_active;
} t;

static struct clock_fake fake;
static struct loop *loop;
static struct engine *engine;

static void user_end(struct timer *timer) {
    struct fake_user *u = CONTAINER_OF(timer, struct fake_user, timer);
    u->running = false;
    u->host->sv->iteration_done(u->host->sv->ctx, &u->base, SCRIPT_ITERATION_OK);
}
static int host_load(struct script_host **out, const struct script_source *s, const struct script_services *sv, struct script_result *r) {
    (void)s;
    (void)r;
    t.host.sv = sv;
    *out = &t.host;
    return 0;
}
static struct script_host *host_free(struct script_host *h) {
    (void)h;
    return NULL;
}
static int host_plan(struct script_host *h, const struct plan *p, struct error *err) {
    (void)h;
    (void)p;
    (void)err;
    return 0;
}
/* user_ready must not be called from inside user_new: it follows by a timer that is due at once. */
static void user_init_end(struct timer *timer) {
    struct fake_user *u = CONTAINER_OF(timer, struct fake_user, timer);
    struct script_result r = {0};
    if (t.fail_user == (int)u->id)
        r = (struct script_result){.failure = SCRIPT_FAILURE_EXCEPTION, .message = VIEW("boom")};
    timer->fire = user_end;
    u->host->sv->user_ready(u->host->sv->ctx, &u->base, &r);
}
static int host_user_new(struct script_host *h, uint64_t id, struct view local, struct script_user **out) {
    (void)local;
    struct fake_user *u = calloc(1, sizeof *u);
    u->host = h;
    u->id = id;
    u->timer.fire = user_init_end;
    h->users[h->user_count++] = u;
    *out = &u->base;
    return timers_arm(loop_timers(h->sv->loop), &u->timer, loop_now_us(h->sv->loop));
}
static struct script_user *host_user_free(struct script_user *u) {
    free(u);
    return NULL;
}
static void host_user_start(struct script_user *su, const struct script_iteration *it) {
    struct fake_user *u = (struct fake_user *)su;
    assert_false(u->running);
    u->running = true;
    t.starts[t.start_count].at_us = loop_now_us(loop);
    t.starts[t.start_count].intended_us = it->intended_us;
    t.starts[t.start_count].user = u->id;
    t.starts[t.start_count++].number = it->number;
    assert_int_equal(timers_arm(loop_timers(loop), &u->timer, loop_now_us(loop) + t.iteration_us), 0);
}
static void user_cut(struct timer *timer) {
    struct fake_user *u = CONTAINER_OF(timer, struct fake_user, timer);
    u->running = false;
    timer->fire = user_end;
    u->host->sv->iteration_done(u->host->sv->ctx, &u->base, SCRIPT_ITERATION_INTERRUPTED);
}
static void host_user_interrupt(struct script_user *su) {
    struct fake_user *u = (struct fake_user *)su;
    u->timer.fire = user_cut;
    assert_int_equal(timers_arm(loop_timers(loop), &u->timer, loop_now_us(loop)), 0);
}
static struct script_exhausted host_exhausted(const struct script_host *h) {
    (void)h;
    return (struct script_exhausted){.ports = 2, .descriptors = 5};
}
static const struct script_ops fake_ops = {
    .name = "fake",
    .load = host_load,
    .free = host_free,
    .plan = host_plan,
    .user_new = host_user_new,
    .user_free = host_user_free,
    .user_start = host_user_start,
    .user_interrupt = host_user_interrupt,
    .exhausted = host_exhausted,
};

static void on_initialised(void *ctx, uint64_t n) { (void)ctx, (void)n; }
static void on_ready(void *ctx) { (void)ctx, t.ready = true; }
static void on_failed(void *ctx, const struct script_result *r) { (void)ctx, (void)r, t.failed = true; }
static void on_lease(void *ctx, uint32_t scenario, uint32_t stripe) {
    (void)ctx;
    engine_grant(engine, scenario, stripe, 0, t.leases++ ? 0 : 7);
}
static void on_scenario_done(void *ctx, uint32_t s, uint32_t i) { (void)ctx, (void)s, (void)i; }
static void on_finished(void *ctx) { (void)ctx, t.finished = true; }
static void on_progress(void *ctx, const struct snapshot_head *h) { (void)ctx, t.progresses++, t.shown_active = h->users_active; }
static void on_snapshot(void *ctx, struct view packed) {
    (void)ctx;
    t.snapshots++;
    assert_int_equal(snapshot_unpack_merge(packed, &t.head, &t.total), 0);
}
static void on_samples(void *ctx, struct view packed) { (void)ctx, (void)packed; }
static void on_abort(void *ctx, enum script_abort k, struct view m) { (void)ctx, (void)k, (void)m; }
static void on_once_done(void *ctx, enum script_once w, const struct script_result *r) { (void)ctx, (void)w, (void)r; }
static const struct engine_events events = {
    .initialised = on_initialised, .ready = on_ready, .failed = on_failed, .lease = on_lease,
    .scenario_done = on_scenario_done, .finished = on_finished, .progress = on_progress, .snapshot = on_snapshot,
    .samples = on_samples, .abort_test = on_abort, .once_done = on_once_done,
};
static void log_write(struct log_sink *s, const struct log_record *r) { (void)s, (void)r; }
static struct log_sink log_sink = {log_write};

/* ---- driving ---- */

static void turns(void) {
    for (int i = 0; i < 20; i++)
        assert_int_equal(loop_turn(loop, 0), 0);
}
/* Lets time pass in steps of 10 ms, all on the fake clock. */
static void pass(int64_t us) {
    for (int64_t done = 0; done < us; done += 10000) {
        clock_fake_advance(&fake, 10000);
        turns();
    }
}

static struct plan plan;

static struct plan_scenario *scenario(enum plan_executor executor) {
    static struct plan_scenario s[1];
    plan_init(&plan);
    s[0] = (struct plan_scenario){.name = VIEW("s"), .exec = VIEW("default"), .executor = executor, .graceful_stop_us = 1000000};
    plan.scenarios = s;
    plan.scenario_count = 1;
    return &s[0];
}

static void begin(size_t users) {
    uint64_t ids[USERS_MAX];
    for (size_t i = 0; i < users; i++)
        ids[i] = i + 1;
    struct script_result r = {0};
    struct error err = ERROR_NULL;
    assert_int_equal(engine_load(engine, &(struct script_source){0}, &r), 0);
    assert_int_equal(engine_plan(engine, &plan, &err), 0);
    engine_extra_ids(engine, users + 1, 1);
    assert_int_equal(engine_prepare(engine, ids, users), 0);
    turns();
    if (!t.ready)
        return;
    assert_int_equal(engine_add_share(engine, &(struct engine_share){.stripe = {0, 1}}), 0);
    assert_int_equal(engine_start(engine, loop_now_us(loop)), 0);
    turns();
}

static int set_up(void **state) {
    (void)state;
    memset(&t, 0, sizeof t);
    clock_fake_init(&fake, 1000000000);
    assert_int_equal(recorder_init(&t.total, false), 0);
    assert_int_equal(loop_new(&loop, &(struct loop_options){.clock = &fake.base}), 0);
    return engine_new(&engine, &(struct engine_options){.worker = 3,
                                                        .host = &fake_ops,
                                                        .loop = loop,
                                                        .log = &log_sink,
                                                        .users_max = USERS_MAX,
                                                        .events = &events});
}
static int tear_down(void **state) {
    (void)state;
    engine = engine_free(engine);
    loop = loop_free(loop);
    recorder_deinit(&t.total);
    plan_deinit(&plan);
    return 0;
}

/* ---- cases ---- */

static void constant_users_loop_until_the_end(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_VUS);
    s->users = 2;
    s->duration_us = 1000000;
    t.iteration_us = 300000;
    begin(2);
    pass(2500000);
    assert_true(t.finished);
    assert_int_equal(t.start_count, 8); /* starts at 0, 0.3, 0.6, 0.9 s of both users */
    assert_int_equal(engine_recorder(engine)->samples == NULL, 1);
    engine_final_snapshot(engine);
    assert_true(t.head.final);
    assert_int_equal(t.head.worker, 3);
    assert_int_equal(t.head.scenarios[0].completed, 8);
    assert_int_equal(t.head.users_initialised, 2);
    assert_int_equal(t.head.users_active, 0);
}

static void the_first_progress_does_not_let_wait(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_VUS);
    s->users = 2;
    s->duration_us = 1000000;
    t.iteration_us = 300000;
    begin(2);
    pass(50000);
    assert_int_equal(t.progresses, 1);
    assert_int_equal(t.shown_active, 2);
    pass(1450000); /* to 1.5 s */
    assert_int_equal(t.progresses, 8); /* then each 200 ms */
    engine_final_snapshot(engine);
    assert_int_equal(t.head.health.port_exhausted, 2);
    assert_int_equal(t.head.health.fd_exhausted, 5);
}

static void shared_iterations_draw_from_the_lease(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_SHARED_ITERATIONS);
    s->users = 3;
    s->iterations = 7;
    s->duration_us = 10000000;
    t.iteration_us = 100000;
    begin(3);
    pass(1000000);
    assert_true(t.finished);
    assert_int_equal(t.start_count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(t.starts[i].number, i);
}

static void a_late_arrival_is_measured_from_its_schedule(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_ARRIVAL_RATE);
    s->users = s->users_max = 5;
    s->rate = 10;
    s->time_unit_us = 1000000;
    s->duration_us = 1000000;
    t.iteration_us = 10000;
    begin(5);
    pass(100000);
    size_t before = t.start_count;
    clock_fake_advance(&fake, 150000); /* the process stood still: one tick is 50 ms late */
    turns();
    assert_true(t.start_count > before);
    pass(2000000);
    engine_final_snapshot(engine);
    struct series *late = NULL;
    for (size_t i = 0; i < series_store_count(t.total.series); i++)
        if (series_store_at(t.total.series, i)->metric == METRIC_ITERATION_LATENESS)
            late = series_store_at(t.total.series, i);
    assert_non_null(late);
    assert_int_equal(late->sink.trend.count, t.start_count);
    assert_true(late->sink.trend.max >= 50 && late->sink.trend.max <= 51);
}

static void stopping_at_once_interrupts(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_VUS);
    s->users = 4;
    s->duration_us = 60000000;
    t.iteration_us = 5000000;
    begin(4);
    pass(1000000);
    engine_stop(engine, true);
    turns();
    assert_true(t.finished);
    engine_final_snapshot(engine);
    assert_int_equal(t.head.scenarios[0].interrupted, 4);
    assert_int_equal(t.head.scenarios[0].completed, 0);
}

static void an_abort_stops_the_other_users_here(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_VUS);
    s->users = 4;
    s->duration_us = 60000000;
    t.iteration_us = 1; /* they would go on in the very next turn */
    begin(4);
    const struct script_services *sv = t.host.sv;
    sv->abort_test(sv->ctx, SCRIPT_MARK_FAILED, VIEW("goes on"));
    size_t before = t.start_count;
    pass(10000);
    assert_true(t.start_count > before);
    sv->abort_test(sv->ctx, SCRIPT_ABORT_TEST, VIEW("enough"));
    before = t.start_count;
    pass(1000000);
    assert_true(t.finished);
    assert_in_range(t.start_count - before, 0, 4); /* those that were due before the deferred stop */
}

static void a_failing_init_is_told(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_VUS);
    s->users = 2;
    s->duration_us = 1000000;
    t.fail_user = 2;
    begin(2);
    assert_true(t.failed);
    assert_false(t.ready);
}

static void a_pool_grows_when_arrivals_find_nobody(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_ARRIVAL_RATE);
    s->users = 1;
    s->users_max = 3;
    s->rate = 10;
    s->time_unit_us = 1000000;
    s->duration_us = 2000000;
    t.iteration_us = 10000000;
    s->graceful_stop_us = 0;
    begin(1);
    pass(3000000);
    assert_true(t.finished);
    engine_final_snapshot(engine);
    assert_int_equal(t.host.user_count, 3);
    assert_int_equal(t.host.users[2]->id, 3);
    assert_int_equal(t.head.scenarios[0].dropped, 21 - t.start_count);
    assert_int_equal(t.head.scenarios[0].interrupted, 3);
}

static void a_share_taken_over_while_running_is_worked(void **state) {
    (void)state;
    struct plan_scenario *s = scenario(PLAN_CONSTANT_VUS);
    s->users = 4;
    s->duration_us = 2000000;
    t.iteration_us = 100000;
    uint64_t ids[] = {1, 3}, more[] = {2, 4};
    struct script_result r = {0};
    struct error err = ERROR_NULL;
    assert_int_equal(engine_load(engine, &(struct script_source){0}, &r), 0);
    assert_int_equal(engine_plan(engine, &plan, &err), 0);
    assert_int_equal(engine_prepare(engine, ids, 2), 0);
    turns();
    assert_int_equal(engine_add_share(engine, &(struct engine_share){.stripe = {0, 2}}), 0);
    assert_int_equal(engine_start(engine, loop_now_us(loop)), 0);
    pass(1000000);
    size_t alone = t.start_count;
    t.ready = false;
    assert_int_equal(engine_prepare(engine, more, 2), 0);
    turns();
    assert_true(t.ready);
    assert_int_equal(engine_add_share(engine, &(struct engine_share){.stripe = {1, 2}, .resume_us = 1000000}), 0);
    pass(2000000);
    assert_true(t.finished);
    assert_in_range(alone, 20, 22);
    assert_in_range(t.start_count - alone, 38, 41); /* the second half with all four */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(constant_users_loop_until_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_first_progress_does_not_let_wait, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shared_iterations_draw_from_the_lease, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_arrival_is_measured_from_its_schedule, set_up, tear_down),
        cmocka_unit_test_setup_teardown(stopping_at_once_interrupts, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_abort_stops_the_other_users_here, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failing_init_is_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pool_grows_when_arrivals_find_nobody, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_share_taken_over_while_running_is_worked, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
