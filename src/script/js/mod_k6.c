/* The module `k6`: check, group, sleep, fail, randomSeed. */
#include "core/rng.h"
#include "script/js/evidence_js.h"
#include "script/js/host_priv.h"
#include "script/js/module.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SLEEP_MAX_S 1e9
#define NO_COLONS "group and check names may not contain '::'"

static int64_t now_us(struct vu *vu) {
    return clock_now_us(loop_clock(vu_services(vu)->loop));
}

/* --- check --- */

struct check {
    struct vu *vu;
    JSContext *ctx;
    JSValueConst value;
    tagset_id tags;
    bool all;
};

static void check_record(struct check *c, struct view name, bool passed) {
    struct vu *vu = c->vu;
    struct recorder_at at = vu_at(vu, now_us(vu));
    recorder_add(vu_services(vu)->recorder, METRIC_CHECKS, record_check_tagset(&vu->host->record, c->tags, name), passed, &at);
    evidence_check(vu, c->value, name, passed);
}

/* 1, 0, or -1 with an exception pending. */
static int check_evaluate(struct check *c, JSValueConst v) {
    if (!JS_IsFunction(c->ctx, v))
        return JS_ToBool(c->ctx, v);
    if (js_is_async_function(c->ctx, v)) {
        js_throw(c->ctx, "the built-in check() does not support async functions as arguments. Use the JavaScript utils library as a "
                         "replacement. Refer to https://grafana.com/docs/k6/latest/javascript-api/jslib/utils/check/ for more info");
        return -1;
    }
    evidence_check_begin(c->vu, c->value);
    JSValue r = JS_Call(c->ctx, v, JS_UNDEFINED, 1, &c->value);
    evidence_check_end(c->vu);
    if (JS_IsException(r))
        return -1;
    int passed = JS_ToBool(c->ctx, r);
    JS_FreeValue(c->ctx, r);
    return passed;
}

static bool check_one(struct check *c, JSValueConst sets, JSAtom key) {
    const char *text = JS_AtomToCString(c->ctx, key);
    if (!text)
        return false;
    struct view name = view_of_cstr(text);
    bool ok = view_find_view(name, VIEW("::")) < 0;
    if (!ok) {
        js_throw(c->ctx, NO_COLONS);
    } else {
        JSValue v = JS_GetProperty(c->ctx, sets, key);
        int passed = JS_IsException(v) ? -1 : check_evaluate(c, v);
        JS_FreeValue(c->ctx, v);
        /* An interrupted check says nothing; a throwing one has failed. */
        if (!c->vu->stop && !(passed < 0 && js_is_async_function(c->ctx, v)))
            check_record(c, name, passed > 0);
        c->all = c->all && passed > 0;
        ok = passed >= 0;
    }
    JS_FreeCString(c->ctx, text);
    return ok;
}

static JSValue k6_check(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    struct check c = {.vu = vu, .ctx = ctx, .tags = vu->tags, .all = true};
    JSPropertyEnum *names;
    uint32_t count;
    bool ok = true;
    (void)this_val;

    if (js_in_init(ctx))
        return js_throw(ctx, "Using check() in the init context is not supported");
    if (argc < 2 || JS_IsUndefined(argv[1]))
        return js_throw(ctx, "no checks provided to `check`");
    if (JS_IsNull(argv[1]))
        return JS_ThrowTypeError(ctx, "Cannot convert undefined or null to object");
    c.value = argv[0];
    if (argc > 2 && !js_is_nullish(argv[2]) && !record_js_tags(vu, argv[2], vu->tags, &c.tags, NULL))
        return JS_EXCEPTION;
    if (!JS_IsObject(argv[1]))
        return JS_TRUE;
    if (JS_GetOwnPropertyNames(ctx, &names, &count, argv[1], JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return JS_EXCEPTION;
    for (uint32_t i = 0; i < count; i++) {
        ok = ok && check_one(&c, argv[1], names[i].atom);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    return ok ? JS_NewBool(ctx, c.all) : JS_EXCEPTION;
}

/* --- group --- */

static void group_retag(struct vu *vu) {
    bool tagged = vu->group && vu->host->record.system_tags & OPTIONS_TAG_BIT(GROUP);
    vu->tags = tagged ? record_with(&vu->host->record, vu->root_tags, VIEW("group"), vu->group->path) : vu->root_tags;
}

static JSValue group_run(struct vu *vu, JSValueConst fn, struct view path) {
    struct group_frame frame = {vu->group, path};
    int64_t started_us = now_us(vu);

    vu->group = &frame;
    group_retag(vu);
    JSValue r = JS_Call(vu->ctx, fn, JS_UNDEFINED, 0, NULL);
    if (!vu->stop) {
        int64_t end_us = now_us(vu);
        struct recorder_at at = vu_at(vu, end_us);
        recorder_add(vu_services(vu)->recorder, METRIC_GROUP_DURATION, vu->tags, (double)(end_us - started_us) / 1000.0, &at);
    }
    vu->group = frame.outer;
    group_retag(vu);
    return r;
}

static JSValue k6_group(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    struct view name;
    char *path = NULL;
    (void)this_val;

    if (js_in_init(ctx))
        return js_throw(ctx, "Using group() in the init context is not supported");
    if (argc < 2 || !JS_IsFunction(ctx, argv[1]))
        return js_throw(ctx, "group() requires a callback as a second argument");
    if (js_is_async_function(ctx, argv[1]))
        return js_throw(ctx, "group() does not support async functions as arguments, please see "
                             "https://grafana.com/docs/k6/latest/javascript-api/k6/group/ for more info");
    if (!js_text(ctx, argv[0], &name))
        return JS_EXCEPTION;
    bool colons = view_find_view(name, VIEW("::")) >= 0;
    struct view outer = vu->group ? vu->group->path : tags_get(vu_services(vu)->recorder->tags, vu->root_tags, VIEW("group"));
    int n = colons ? 0 : asprintf(&path, "%.*s::%.*s", VIEW_ARGS(outer), VIEW_ARGS(name));
    js_text_free(ctx, name);
    if (colons)
        return js_throw(ctx, NO_COLONS);
    if (n < 0)
        return JS_ThrowOutOfMemory(ctx);
    JSValue r = group_run(vu, argv[1], view_of(path, (size_t)n));
    free(path);
    return r;
}

/* --- the rest --- */

static JSValue k6_sleep(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    double seconds = 0;
    (void)this_val;

    if (argc > 0 && JS_ToFloat64(ctx, &seconds, argv[0]) < 0)
        return JS_EXCEPTION;
    if (!(seconds > 0))
        return JS_UNDEFINED;
    if (seconds > SLEEP_MAX_S)
        seconds = SLEEP_MAX_S;
    return vu_sleep(js_vu(ctx), (int64_t)(seconds * 1e6)) ? JS_UNDEFINED : vu_throw_stopped(ctx);
}

static JSValue k6_fail(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct view message;
    (void)this_val;

    if (argc < 1 || JS_IsUndefined(argv[0]))
        return js_throw(ctx, "%s", "");
    if (!js_text(ctx, argv[0], &message))
        return JS_EXCEPTION;
    js_throw(ctx, "%.*s", VIEW_ARGS(message));
    js_text_free(ctx, message);
    return JS_EXCEPTION;
}

static JSValue seeded_random(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    (void)this_val, (void)argc, (void)argv;
    return JS_NewFloat64(ctx, rng_double(js_vu(ctx)->random));
}

static JSValue k6_random_seed(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    int64_t seed = 0;
    (void)this_val;

    if (argc > 0 && JS_ToInt64(ctx, &seed, argv[0]) < 0)
        return JS_EXCEPTION;
    if (!vu->random) {
        vu->random = malloc(sizeof *vu->random);
        if (!vu->random)
            return JS_ThrowOutOfMemory(ctx);
        JSValue global = JS_GetGlobalObject(ctx), math = JS_GetPropertyStr(ctx, global, "Math");
        JS_DefinePropertyValueStr(ctx, math, "random", JS_NewCFunction(ctx, seeded_random, "random", 0),
                                  JS_PROP_WRITABLE | JS_PROP_CONFIGURABLE);
        JS_FreeValue(ctx, math);
        JS_FreeValue(ctx, global);
    }
    rng_init(vu->random, (uint64_t)seed);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry members[] = {
    MODULE_FN("check", 2, k6_check), MODULE_FN("group", 2, k6_group),           MODULE_FN("sleep", 1, k6_sleep),
    MODULE_FN("fail", 1, k6_fail),   MODULE_FN("randomSeed", 1, k6_random_seed),
};
static const char *const names[] = {"check", "group", "sleep", "fail", "randomSeed", NULL};

static JSValue make(JSContext *ctx) {
    return js_object(ctx, members, JS_COUNT(members));
}
extern const struct module_row module_k6;
const struct module_row module_k6 = {.name = "k6", .make = make, .exports = names};
