/* For the tests of modules: a context with a host and a VU that do nothing but exist, and the modules as global objects. */
#ifndef SCRIPT_JS_MODULE_TEST_PRIV_H
#define SCRIPT_JS_MODULE_TEST_PRIV_H

#include "script/js/host_priv.h"
#include "script/js/intrinsics.h"
#include "script/js/module.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

struct module_test {
    JSRuntime *rt;
    JSContext *ctx;
    struct vu vu;
    struct script_host host;
};

static inline void module_test_init(struct module_test *t, struct script_host *shared) {
    memset(t, 0, sizeof *t);
    t->vu.host = shared ? shared : &t->host;
    t->vu.activity = VU_INIT;
    t->rt = JS_NewRuntime();
    t->ctx = t->vu.ctx = JS_NewContextRaw(t->rt);
    JS_SetContextOpaque(t->ctx, &t->vu);
    assert_int_equal(intrinsics_init(&t->vu), 0);
    JS_AddIntrinsicJSON(t->ctx); /* ours comes with the globals */
}

/* global[name] = exports of the module. */
static inline void module_test_add(struct module_test *t, const char *name, const struct module_row *row) {
    JSValue global = JS_GetGlobalObject(t->ctx);
    JSValue exports = row->make(t->ctx);
    assert_false(JS_IsException(exports));
    for (const char *const *n = row->exports; *n; n++) {
        JSValue member = JS_GetPropertyStr(t->ctx, exports, *n);
        if (JS_IsUndefined(member))
            fail_msg("%s does not export %s", row->name, *n);
        JS_FreeValue(t->ctx, member);
    }
    JS_SetPropertyStr(t->ctx, global, name, exports);
    JS_FreeValue(t->ctx, global);
}

static inline void module_test_deinit(struct module_test *t) {
    JS_FreeContext(t->ctx);
    JS_FreeRuntime(t->rt);
    for (struct host_data *d = t->host.data, *next; d; d = next) {
        next = d->next;
        d->free_data(d->data);
        free(d);
    }
}

static inline void module_test_run_jobs(struct module_test *t) {
    JSContext *job;
    while (JS_ExecutePendingJob(t->rt, &job) > 0)
        ;
}

/* What code gives, as text: the value of an expression, "undefined", or the exception. Promises are awaited. malloc'ed. */
static inline char *module_test_eval(struct module_test *t, const char *code) {
    struct view text;
    JSValue v = JS_Eval(t->ctx, code, strlen(code), "test", JS_EVAL_TYPE_GLOBAL);

    module_test_run_jobs(t);
    if (JS_PromiseState(t->ctx, v) == JS_PROMISE_REJECTED || JS_PromiseState(t->ctx, v) == JS_PROMISE_FULFILLED) {
        bool rejected = JS_PromiseState(t->ctx, v) == JS_PROMISE_REJECTED;
        JSValue result = JS_PromiseResult(t->ctx, v);
        JS_FreeValue(t->ctx, v);
        v = rejected ? JS_Throw(t->ctx, result) : result;
    }
    if (JS_IsException(v))
        v = JS_GetException(t->ctx);
    assert_true(js_text(t->ctx, v, &text));
    char *copy = view_dup_cstr(text);
    js_text_free(t->ctx, text);
    JS_FreeValue(t->ctx, v);
    return copy;
}

struct module_test_row {
    const char *code, *want;
};

static inline void module_test_rows(struct module_test *t, const struct module_test_row *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char *got = module_test_eval(t, rows[i].code);
        if (strcmp(got, rows[i].want) != 0)
            fail_msg("%s\n  is   %s\n  want %s", rows[i].code, got, rows[i].want);
        free(got);
    }
}

#endif
