/* The event loop of one activity: after the function has returned, jobs (promise reactions), completions of C work and timers run
 * until nothing is left; the activity is not over before. Blocking calls (http.get, sleep) block all of it, as in k6.
 *
 * A rejection that nobody handles by the end of a turn ends the activity with an error. QuickJS tells of rejections (and of handlers
 * that come later) through vu_loop_rejection; the list holds those that are still unhandled. */
#include "script/js/vu.h"

#include "script/js/host_priv.h"
#include "script/js/http/http_op.h"
#include "script/js/module.h"
#include "script/js/runtime.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct vu_timer {
    struct list entry;
    uint32_t id;
    int64_t due_us, interval_us; /* interval -1: once */
    JSValue fn;
    int argc;
    JSValue args[];
};
struct rejection {
    struct list entry;
    JSValue promise, reason;
};
struct js_promise {
    struct list entry;
    struct vu *vu; /* NULL: the activity is over, nobody waits */
    JSValue resolve, reject;
    void (*settle)(struct js_promise *p, JSContext *ctx, void *arg);
    void *arg;
};

#define MS_US 1000
#define DELAY_MAX_MS 1e12

int vu_loop_init(struct vu *vu) {
    list_init(&vu->timers);
    list_init(&vu->completions);
    list_init(&vu->promises);
    list_init(&vu->rejections);
    return 0;
}

/* --- timers --- */

static int64_t now_us(struct vu *vu) {
    return clock_now_us(loop_clock(vu_services(vu)->loop));
}

static void timer_free(struct vu *vu, struct vu_timer *t) {
    list_remove(&t->entry);
    JS_FreeValue(vu->ctx, t->fn);
    for (int i = 0; i < t->argc; i++)
        JS_FreeValue(vu->ctx, t->args[i]);
    free(t);
}

static void timer_queue(struct vu *vu, struct vu_timer *t) {
    struct list *at = &vu->timers;
    for (struct list *e = vu->timers.prev; e != &vu->timers; e = e->prev) {
        if (LIST_ENTRY(e, struct vu_timer, entry)->due_us <= t->due_us)
            break;
        at = e;
    }
    list_insert_before(at, &t->entry);
}

enum { TIMEOUT, INTERVAL };

static JSValue set_timer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int magic) {
    struct vu *vu = js_vu(ctx);
    double delay_ms = 0;
    (void)this_val;

    if (argc < 1 || js_is_nullish(argv[0]))
        return js_throw(ctx, "%s's callback isn't a callable function", magic == TIMEOUT ? "setTimeout" : "setInterval");
    if (!JS_IsFunction(ctx, argv[0])) {
        struct view text;
        if (!js_text(ctx, argv[0], &text))
            return JS_EXCEPTION;
        JS_ThrowTypeError(ctx, "could not convert function call parameter 0: could not convert %.*s to sobek.Callable", VIEW_ARGS(text));
        js_text_free(ctx, text);
        return JS_EXCEPTION;
    }
    if (argc > 1 && JS_ToFloat64(ctx, &delay_ms, argv[1]) < 0)
        return JS_EXCEPTION;
    if (isnan(delay_ms) || delay_ms < 0)
        delay_ms = 0;
    if (delay_ms > DELAY_MAX_MS)
        delay_ms = DELAY_MAX_MS;
    if (vu->next_timer_id >= VU_TIMERS_MAX * 1000u)
        return js_throw(ctx, "too many timers");
    int extra = argc > 2 ? argc - 2 : 0;
    struct vu_timer *t = malloc(sizeof *t + (size_t)extra * sizeof(JSValue));
    if (!t)
        return JS_ThrowOutOfMemory(ctx);
    int64_t delay_us = (int64_t)(delay_ms * MS_US);
    *t = (struct vu_timer){.id = ++vu->next_timer_id, .due_us = now_us(vu) + delay_us, .interval_us = -1, .argc = extra};
    if (magic == INTERVAL)
        t->interval_us = delay_us < MS_US ? MS_US : delay_us;
    t->fn = JS_DupValue(ctx, argv[0]);
    for (int i = 0; i < extra; i++)
        t->args[i] = JS_DupValue(ctx, argv[i + 2]);
    timer_queue(vu, t);
    return JS_NewUint32(ctx, t->id);
}

static JSValue clear_timer(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    double id = 0;
    (void)this_val;

    if (argc < 1 || JS_ToFloat64(ctx, &id, argv[0]) < 0)
        return argc < 1 ? JS_UNDEFINED : JS_EXCEPTION;
    LIST_EACH(e, &vu->timers) {
        struct vu_timer *t = LIST_ENTRY(e, struct vu_timer, entry);
        if ((double)t->id == id) {
            timer_free(vu, t);
            break;
        }
    }
    return JS_UNDEFINED;
}

const JSCFunctionListEntry vu_timer_functions[] = {
    JS_CFUNC_MAGIC_DEF("setTimeout", 2, set_timer, TIMEOUT),
    JS_CFUNC_MAGIC_DEF("setInterval", 2, set_timer, INTERVAL),
    JS_CFUNC_DEF("clearTimeout", 1, clear_timer),
    JS_CFUNC_DEF("clearInterval", 1, clear_timer),
};

/* Runs the first timer; false with an exception pending. */
static bool run_timer(struct vu *vu, struct vu_timer *t) {
    JSContext *ctx = vu->ctx;
    JSValue fn = JS_DupValue(ctx, t->fn);
    uint32_t id = t->id;
    JSValue r;

    list_remove(&t->entry);
    if (t->interval_us >= 0) {
        /* Back into the queue first: the callback may clear it. Its arguments live as long as it does. */
        t->due_us = now_us(vu) + t->interval_us;
        timer_queue(vu, t);
        JSValue args[8];
        int n = t->argc < 8 ? t->argc : 8;
        for (int i = 0; i < n; i++)
            args[i] = JS_DupValue(ctx, t->args[i]);
        r = JS_Call(ctx, fn, JS_UNDEFINED, n, args);
        for (int i = 0; i < n; i++)
            JS_FreeValue(ctx, args[i]);
    } else {
        r = JS_Call(ctx, fn, JS_UNDEFINED, t->argc, t->args);
        timer_free(vu, t);
    }
    (void)id;
    JS_FreeValue(ctx, fn);
    JS_FreeValue(ctx, r);
    return !JS_IsException(r);
}

/* --- promises of C work --- */

JSValue js_promise_new(JSContext *ctx, struct js_promise **out) {
    struct vu *vu = js_vu(ctx);
    JSValue functions[2];
    struct js_promise *p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p)
        return JS_ThrowOutOfMemory(ctx);
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    if (JS_IsException(promise)) {
        free(p);
        return promise;
    }
    p->vu = vu;
    p->resolve = functions[0];
    p->reject = functions[1];
    list_push(&vu->promises, &p->entry);
    vu->promises_open++;
    *out = p;
    return promise;
}

static void promise_close(struct js_promise *p) {
    struct vu *vu = p->vu;
    list_remove(&p->entry);
    JS_FreeValue(vu->ctx, p->resolve);
    JS_FreeValue(vu->ctx, p->reject);
    vu->promises_open--;
    p->vu = NULL;
}

void js_promise_abandon(struct js_promise *p) {
    if (p->vu)
        promise_close(p);
    free(p);
}

static void promise_settle(struct js_promise *p, JSValueConst function, JSValue v) {
    JSContext *ctx = p->vu->ctx;
    JSValue f = JS_DupValue(ctx, function);
    promise_close(p);
    free(p);
    JS_FreeValue(ctx, JS_Call(ctx, f, JS_UNDEFINED, 1, &v));
    JS_FreeValue(ctx, f);
    JS_FreeValue(ctx, v);
}

void js_promise_resolve(struct js_promise *p, JSValue v) { promise_settle(p, p->resolve, v); }
void js_promise_reject(struct js_promise *p, JSValue v) { promise_settle(p, p->reject, v); }

void js_promise_complete(struct js_promise *p, void (*settle)(struct js_promise *p, JSContext *ctx, void *arg), void *arg) {
    if (!p->vu) {
        free(p);
        return;
    }
    p->settle = settle;
    p->arg = arg;
    list_remove(&p->entry);
    list_push(&p->vu->completions, &p->entry);
    vu_wake(p->vu);
}

static JSValue settled(JSContext *ctx, JSValue v, int which) {
    JSValue functions[2];
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    if (!JS_IsException(promise)) {
        JS_FreeValue(ctx, JS_Call(ctx, functions[which], JS_UNDEFINED, 1, &v));
        JS_FreeValue(ctx, functions[0]);
        JS_FreeValue(ctx, functions[1]);
    }
    JS_FreeValue(ctx, v);
    return promise;
}
JSValue js_promise_resolved(JSContext *ctx, JSValue v) { return settled(ctx, v, 0); }
JSValue js_promise_rejected(JSContext *ctx, JSValue v) { return settled(ctx, v, 1); }

/* --- rejections --- */

static void rejection_free(struct vu *vu, struct rejection *r) {
    list_remove(&r->entry);
    JS_FreeValue(vu->ctx, r->promise);
    JS_FreeValue(vu->ctx, r->reason);
    free(r);
}

static void rejection_forget(struct vu *vu, JSValueConst promise) {
    LIST_EACH(e, &vu->rejections) {
        struct rejection *r = LIST_ENTRY(e, struct rejection, entry);
        if (JS_VALUE_GET_PTR(r->promise) == JS_VALUE_GET_PTR(promise))
            rejection_free(vu, r);
    }
}

void vu_loop_rejection(struct vu *vu, JSContext *ctx, JSValueConst promise, JSValueConst reason, bool is_handled) {
    if (is_handled) {
        rejection_forget(vu, promise);
        return;
    }
    struct rejection *r = malloc(sizeof *r);
    if (!r)
        return;
    r->promise = JS_DupValue(ctx, promise);
    r->reason = JS_DupValue(ctx, reason);
    list_push(&vu->rejections, &r->entry);
}

/* --- the loop --- */

static bool run_jobs(struct vu *vu) {
    JSContext *ctx;

    while (JS_IsJobPending(vu->rt))
        if (JS_ExecutePendingJob(vu->rt, &ctx) < 0 || vu->stop)
            return false;
    return true;
}

/* False, with the exception pending, when a promise was rejected and nobody cares. */
static bool check_rejections(struct vu *vu, JSValueConst until) {
    JSContext *ctx = vu->ctx;

    if (!JS_IsUndefined(until) && JS_PromiseState(ctx, until) == JS_PROMISE_REJECTED) {
        rejection_forget(vu, until);
        JS_Throw(ctx, JS_PromiseResult(ctx, until));
        return false;
    }
    struct list *e = list_first(&vu->rejections);
    if (!e)
        return true;
    struct rejection *r = LIST_ENTRY(e, struct rejection, entry);
    JS_Throw(ctx, JS_DupValue(ctx, r->reason));
    vu->rejected = true;
    rejection_free(vu, r);
    return false;
}

static bool wait(struct vu *vu, struct vu_timer *next) {
    struct loop *loop = vu_services(vu)->loop;
    bool ok = true;

    runtime_collect(vu);
    if (next && timers_arm(loop_timers(loop), &vu->timer, next->due_us) < 0)
        return false;
    while (ok && list_empty(&vu->completions) && (!next || timer_armed(&vu->timer)))
        ok = vu_park(vu);
    timers_cancel(loop_timers(loop), &vu->timer);
    return ok;
}

bool vu_loop_run(struct vu *vu, JSValueConst until) {
    for (;;) {
        if (!run_jobs(vu)) {
            if (vu->stop)
                vu_throw_stopped(vu->ctx);
            return false;
        }
        if (!check_rejections(vu, until))
            return false;
        struct list *done = list_first(&vu->completions);
        if (done) {
            struct js_promise *p = LIST_ENTRY(done, struct js_promise, entry);
            p->settle(p, vu->ctx, p->arg);
            continue;
        }
        struct list *first = list_first(&vu->timers);
        struct vu_timer *next = first ? LIST_ENTRY(first, struct vu_timer, entry) : NULL;
        if (next && next->due_us <= now_us(vu)) {
            if (!run_timer(vu, next))
                return false;
            continue;
        }
        if (!next && !vu->promises_open)
            return true;
        if (!wait(vu, next)) {
            vu_throw_stopped(vu->ctx);
            return false;
        }
    }
}

static void warn_dropped(struct vu *vu, const struct vu_timer *t) {
    char text[128];
    int n = snprintf(text, sizeof text, "%s %u was stopped because the VU iteration was interrupted",
                     t->interval_us < 0 ? "setTimeout" : "setInterval", t->id);
    js_warn(vu->ctx, view_of(text, (size_t)n), NULL, VIEW_NULL);
}

/* Jobs of an activity that has failed must not run in the next one, and QuickJS cannot forget them. So they run without any stack: every
 * call of a script's function fails at once. */
static void drain_jobs(struct vu *vu) {
    JSContext *ctx;

    if (!JS_IsJobPending(vu->rt))
        return;
    JS_SetMaxStackSize(vu->rt, 1);
    JS_UpdateStackTop(vu->rt);
    while (JS_IsJobPending(vu->rt))
        if (JS_ExecutePendingJob(vu->rt, &ctx) < 0)
            JS_FreeValue(vu->ctx, JS_GetException(vu->ctx));
    runtime_enter(vu);
}

void vu_loop_drop(struct vu *vu, bool warn) {
    http_ops_cancel(vu); /* they abandon their promises */
    if (fiber_current())
        drain_jobs(vu);
    LIST_EACH(e, &vu->timers) {
        struct vu_timer *t = LIST_ENTRY(e, struct vu_timer, entry);
        if (warn)
            warn_dropped(vu, t);
        timer_free(vu, t);
    }
    LIST_EACH(e, &vu->completions) {
        struct js_promise *p = LIST_ENTRY(e, struct js_promise, entry);
        promise_close(p);
        free(p);
    }
    LIST_EACH(e, &vu->promises)
        promise_close(LIST_ENTRY(e, struct js_promise, entry));
    LIST_EACH(e, &vu->rejections)
        rejection_free(vu, LIST_ENTRY(e, struct rejection, entry));
    vu->rejected = false;
}

void vu_loop_deinit(struct vu *vu) {
    vu_loop_drop(vu, false);
}
