/* The life of a VU and the switching between its fiber and the scheduler.
 *
 * An activity (init code, one iteration, one once-function) gets a fiber for its duration; an idle VU has none, so it costs no stack.
 * vu_start only asks the loop for a deferred call: nothing runs inside the engine's call. `resume` is that deferred call, for the
 * first start as for every wake-up. Waking by a deferred call and not at once lets the loop first read all sockets that are ready
 * and take their time stamps, before any JavaScript runs.
 *
 * Invariants: `fiber` is set from vu_start until the fiber has ended; `parked` is true exactly while the fiber waits in vu_park. */
#include "script/js/vu.h"

#include "script/js/atoms.h"
#include "script/js/exception.h"
#include "script/js/host_priv.h"
#include "script/js/import.h"
#include "script/js/module.h"
#include "script/js/runtime.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static void on_resume(struct loop_defer *d);
static void on_soon(struct loop_defer *d, int distance);
static void on_timer(struct timer *t);

int vu_new(struct vu **out, struct script_host *h, uint64_t id, struct view local_address) {
    struct vu *vu = calloc(1, sizeof *vu);

    *out = NULL;
    if (!vu)
        return -ENOMEM;
    vu->host = h;
    vu->id = id;
    vu->resume.run = on_resume;
    vu->resume.soon = on_soon;
    vu->timer.fire = on_timer;
    vu->exports = vu->setup_data = vu->vu_tags = vu->metadata = vu->cjs_modules = JS_UNDEFINED;
    list_init(&vu->http_ops);
    list_init(&vu->es_modules);
    snprintf(vu->local_address, sizeof vu->local_address, "%.*s", VIEW_ARGS(view_take(local_address, sizeof vu->local_address - 1)));
    int r = vu_loop_init(vu);
    if (r == 0)
        r = runtime_init(vu);
    if (r < 0) {
        vu_free(vu);
        return r;
    }
    *out = vu;
    return 0;
}

struct vu *vu_free(struct vu *vu) {
    if (!vu)
        return NULL;
    assert(!vu->fiber);
    loop_defer_cancel(&vu->resume);
    timers_cancel(loop_timers(vu_services(vu)->loop), &vu->timer);
    timers_cancel(loop_timers(vu_services(vu)->loop), &vu->deadline);
    if (vu->ctx) {
        vu_loop_deinit(vu);
        import_forget(vu);
        JS_FreeValue(vu->ctx, vu->exports);
        JS_FreeValue(vu->ctx, vu->setup_data);
        JS_FreeValue(vu->ctx, vu->vu_tags);
        JS_FreeValue(vu->ctx, vu->metadata);
        buf_deinit(&vu->metadata_packed);
        JS_FreeValue(vu->ctx, vu->cjs_modules);
    }
    runtime_deinit(vu);
    http_session_free(vu->session);
    cookie_jar_free(vu->jar);
    free(vu->scenario_iterations);
    free(vu->random);
    free(vu->expected);
    free(vu->outcome.text);
    free(vu);
    return NULL;
}

/* --- the scheduler's side --- */

static void fiber_main(void *arg) {
    struct vu *vu = arg;
    runtime_enter(vu);
    vu->run(vu);
}

static void on_resume(struct loop_defer *d) {
    struct vu *vu = CONTAINER_OF(d, struct vu, resume);

    vu->running_since_us = clock_now_us(loop_clock(vu_services(vu)->loop));
    fiber_resume(vu->fiber);
    if (!fiber_ended(vu->fiber)) {
        if (vu->trim)
            fiber_trim(vu->fiber, VU_STACK_KEEP_BYTES);
        return;
    }
    vu->fiber = fiber_free(vu->fiber);
    timers_cancel(loop_timers(vu_services(vu)->loop), &vu->timer);
    struct vu_outcome outcome = vu->outcome;
    outcome.stopped = vu->stop != VU_STOP_NONE;
    vu->outcome = (struct vu_outcome){0};
    vu->activity = VU_IDLE;
    vu->ended(vu, &outcome); /* may free or start vu */
    free(outcome.text);
}

/* A VU that is parked comes back to its frames, its runtime and what it exports. */
static void on_soon(struct loop_defer *d, int distance) {
    enum { LINE_BYTES = 64, RUNTIME_BYTES = 512 };
    const struct vu *vu = CONTAINER_OF(d, struct vu, resume);

    if (distance > 1) {
        for (size_t at = 0; at < sizeof *vu; at += LINE_BYTES)
            __builtin_prefetch((const char *)vu + at);
        return;
    }
    fiber_prefetch(vu->fiber, false);
    for (size_t at = 0; at < RUNTIME_BYTES; at += LINE_BYTES) {
        __builtin_prefetch((const char *)vu->rt + at);
        __builtin_prefetch((const char *)vu->ctx + at);
    }
    fiber_prefetch(vu->fiber, true);
}

static void on_timer(struct timer *t) {
    vu_wake(CONTAINER_OF(t, struct vu, timer));
}

int vu_start(struct vu *vu, enum vu_activity activity, void (*run)(struct vu *vu), void (*ended)(struct vu *vu, struct vu_outcome *o)) {
    assert(!vu->fiber);
    int r = fiber_new(&vu->fiber, vu_services(vu)->fibers, fiber_main, vu);
    if (r < 0)
        return r;
    vu->activity = activity;
    vu->stop = VU_STOP_NONE;
    vu->trace_iteration = 0;
    vu->own_abort = false;
    vu->run = run;
    vu->ended = ended;
    loop_defer(vu_services(vu)->loop, &vu->resume);
    return 0;
}

void vu_wake(struct vu *vu) {
    if (vu->fiber)
        loop_defer(vu_services(vu)->loop, &vu->resume);
}

void vu_stop(struct vu *vu, enum vu_stop_reason reason) {
    if (!vu->fiber || vu->stop)
        return;
    vu->stop = reason;
    if (vu->parked)
        vu_wake(vu);
}

/* --- the fiber's side --- */

bool vu_park(struct vu *vu) {
    if (vu->stop)
        return false;
    vu->parked = true;
    fiber_park();
    vu->parked = false;
    /* The stack top stays; only the slice of time begins anew (on_resume has set it). */
    return !vu->stop;
}

bool vu_sleep(struct vu *vu, int64_t us) {
    struct loop *loop = vu_services(vu)->loop;
    if (us <= 0)
        return !vu->stop;
    int64_t until_us = clock_now_us(loop_clock(loop)) + us;

    runtime_collect(vu);
    if (timers_arm(loop_timers(loop), &vu->timer, until_us) < 0)
        return false;
    bool ok = true;
    vu->trim = us >= VU_TRIM_SLEEP_US;
    while (ok && timer_armed(&vu->timer))
        ok = vu_park(vu);
    vu->trim = false;
    timers_cancel(loop_timers(loop), &vu->timer);
    return ok;
}

JSValue vu_throw_stopped(JSContext *ctx) {
    JS_ThrowInternalError(ctx, "interrupted");
    JSValue error = JS_GetException(ctx);
    JS_SetUncatchableError(ctx, error, 1);
    return JS_Throw(ctx, error);
}

void vu_fail_text(struct vu *vu, enum script_failure failure, char *text) {
    free(vu->outcome.text);
    vu->outcome.text = text;
    vu->outcome.failure = failure;
    vu->outcome.failed = true;
}

void vu_fail(struct vu *vu) {
    JSContext *ctx = vu->ctx;

    if (vu->stop) {
        JS_FreeValue(ctx, JS_GetException(ctx));
        if (!vu->outcome.failed)
            vu->outcome.failure = vu->stop == VU_STOP_ABORT ? SCRIPT_FAILURE_ABORT : SCRIPT_FAILURE_TIMEOUT;
        vu->outcome.failed = true;
        return;
    }
    JSValue error = JS_GetException(ctx);
    char *text = exception_text(ctx, error, vu->rejected);
    if (vu->activity == VU_ITERATION)
        exception_log(vu, text, !vu->rejected);
    vu->rejected = false;
    JS_FreeValue(ctx, error);
    vu_fail_text(vu, SCRIPT_FAILURE_EXCEPTION, text);
}
