/* A small engine for tests of the host: loads a script text, makes users, runs iterations one after another or all at once, and keeps
 * what was logged. */
#ifndef SCRIPT_JS_TEST_ENGINE_PRIV_H
#define SCRIPT_JS_TEST_ENGINE_PRIV_H

#include "core/buf.h"
#include "script/js/host.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEST_FIBERS_MAX = 20000 };

struct test_engine {
    struct loop *loop;
    struct fiber_pool *fibers;
    struct recorder recorder;
    struct log_sink log;
    struct buf logged; /* one line per record: "level message key=value …" */
    struct script_instance instance;
    struct script_services services;
    struct script_host *host;
    struct script_result result;
    struct plan plan;
    struct plan_scenario scenario;
    size_t ready, failed, done[3];
    bool once_over;
    struct buf message, output, aborted;
    void (*iteration_done)(struct test_engine *e, struct script_user *u, enum script_outcome o);
};

static void test_log(struct log_sink *sink, const struct log_record *r) {
    struct test_engine *e = CONTAINER_OF(sink, struct test_engine, log);
    int x = buf_printf(&e->logged, "%s %.*s", log_level_name(r->level), VIEW_ARGS(r->message));
    for (size_t i = 0; i < r->field_count; i++)
        x |= buf_printf(&e->logged, " %.*s=%.*s", VIEW_ARGS(r->fields[i].key), VIEW_ARGS(r->fields[i].value));
    x |= buf_append_byte(&e->logged, '\n');
    (void)x;
}

static void test_keep(struct buf *b, struct view v) {
    buf_clear(b);
    int r = buf_append_view(b, v);
    (void)r;
}

static void test_user_ready(void *ctx, struct script_user *u, const struct script_result *r) {
    struct test_engine *e = ctx;
    (void)u;
    if (r->failure) {
        e->failed++;
        test_keep(&e->message, r->message);
    } else {
        e->ready++;
    }
}

static void test_iteration_done(void *ctx, struct script_user *u, enum script_outcome o) {
    struct test_engine *e = ctx;
    e->done[o]++;
    if (e->iteration_done)
        e->iteration_done(e, u, o);
}

static void test_once_done(void *ctx, enum script_once what, const struct script_result *r) {
    struct test_engine *e = ctx;
    (void)what;
    e->once_over = true;
    e->result = *r;
    test_keep(&e->message, r->message);
    test_keep(&e->output, r->output);
}

static void test_abort(void *ctx, enum script_abort kind, struct view message) {
    struct test_engine *e = ctx;
    (void)kind;
    test_keep(&e->aborted, message);
}

static double test_progress(void *ctx, uint32_t scenario) {
    (void)ctx, (void)scenario;
    return 0.5;
}
static int64_t test_started(void *ctx, uint32_t scenario) {
    (void)ctx, (void)scenario;
    return 1;
}
static int64_t test_delay(void *ctx) {
    (void)ctx;
    return 0;
}

static inline void test_engine_init(struct test_engine *e) {
    *e = (struct test_engine){.log.write = test_log, .logged = BUF_MAX(64 << 20), .message = BUF_MAX(1 << 20), .output = BUF_MAX(1 << 20), .aborted = BUF_MAX(1 << 20)};
    int r = loop_new(&e->loop, NULL);
    r |= fiber_pool_new(&e->fibers, TEST_FIBERS_MAX);
    r |= recorder_init(&e->recorder, false);
    assert(r == 0);
    e->services = (struct script_services){
        .loop = e->loop, .fibers = e->fibers, .recorder = &e->recorder, .log = &e->log, .instance = &e->instance, .ctx = e,
        .user_ready = test_user_ready, .iteration_done = test_iteration_done, .once_done = test_once_done, .abort_test = test_abort,
        .scenario_progress = test_progress, .scenario_started_us = test_started, .request_delay_us = test_delay,
    };
    plan_init(&e->plan);
    e->scenario = (struct plan_scenario){.name = VIEW("default"), .exec = VIEW("default"), .executor = PLAN_PER_VU_ITERATIONS};
    e->plan.scenarios = &e->scenario;
    e->plan.scenario_count = 1;
}

static inline void test_engine_deinit(struct test_engine *e) {
    script_js_ops.free(e->host);
    e->plan.scenarios = NULL;
    plan_deinit(&e->plan);
    fiber_pool_free(e->fibers);
    recorder_deinit(&e->recorder);
    loop_free(e->loop);
    buf_deinit(&e->logged);
    buf_deinit(&e->message);
    buf_deinit(&e->output);
    buf_deinit(&e->aborted);
}

/* Loads and describes; false with e->result filled. */
static inline bool test_engine_load(struct test_engine *e, const char *path, const char *text, struct buf *description) {
    struct plan_pair env[] = {{VIEW("COLOUR"), VIEW("blue")}, {VIEW("ENDPOINT"), view_of_cstr(getenv("ENDPOINT") ? getenv("ENDPOINT") : "http://127.0.0.1:1")}};
    struct script_source s = {.path = view_of_cstr(path), .cwd = VIEW("/tmp"), .text = view_of_cstr(text), .env = env, .env_count = 2};
    int r = script_js_ops.load(&e->host, &s, &e->services, &e->result);
    if (r < 0)
        return false;
    r = script_js_ops.describe(e->host, description, &e->result);
    return r == 0 && !e->result.failure;
}

static inline void test_engine_plan(struct test_engine *e) {
    struct error err = ERROR_NULL;
    int r = script_js_ops.plan(e->host, &e->plan, &err);
    assert(r == 0);
}

static inline struct script_user *test_engine_user(struct test_engine *e, uint64_t id) {
    struct script_user *u = NULL;
    size_t before = e->ready + e->failed;
    int r = script_js_ops.user_new(e->host, id, VIEW_NULL, &u);
    assert(r == 0);
    while (e->ready + e->failed == before && r == 0)
        r = loop_turn(e->loop, -1);
    return u;
}

static inline size_t test_engine_over(const struct test_engine *e) { return e->done[0] + e->done[1] + e->done[2]; }

static inline void test_engine_iterate(struct test_engine *e, struct script_user *u) {
    size_t before = test_engine_over(e);
    script_js_ops.user_start(u, &(struct script_iteration){.scenario = 0, .number = before});
    for (int r = 0; test_engine_over(e) == before && r == 0;)
        r = loop_turn(e->loop, -1);
}

static inline void test_engine_once(struct test_engine *e, enum script_once what, const char *input, int64_t timeout_us) {
    e->once_over = false;
    script_js_ops.once(e->host, what, view_of_cstr(input), timeout_us);
    for (int r = 0; !e->once_over && r == 0;)
        r = loop_turn(e->loop, -1);
}

#endif
