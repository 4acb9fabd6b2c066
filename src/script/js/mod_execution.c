/* k6/execution: scenario, vu, instance, test. All getters; each says in k6's words where it cannot be used. */
#include "script/js/exception.h"
#include "script/js/host_priv.h"
#include "script/js/module.h"

#include <stdio.h>
#include <stdlib.h>

#define VU_IN_INIT "getting VU information in the init context is not supported"
#define SCENARIO_OUTSIDE "getting scenario information outside of the VU context is not supported"
#define INSTANCE_IN_INIT "getting instance information in the init context is not supported"
#define OPTIONS_IN_INIT "getting test options in the init context is not supported"

/* A getter that is seen by Object.keys, with k6's refusal to be assigned to. */
#define MEMBER(name, getter, setter, magic)                                                 \
    {name, JS_PROP_CONFIGURABLE | JS_PROP_ENUMERABLE, JS_DEF_CGETSET_MAGIC, magic,          \
     .u = {.getset = {.get = {.getter_magic = getter}, .set = {.setter_magic = setter}}}}

static JSValue read_only(JSContext *ctx, const char *name) {
    return JS_ThrowTypeError(ctx, "Cannot assign to read only property '%s'", name);
}

/* --- scenario --- */

enum { SCENARIO_NAME, SCENARIO_EXECUTOR, SCENARIO_START, SCENARIO_PROGRESS, SCENARIO_ITERATION_INSTANCE, SCENARIO_ITERATION_TEST };

static JSValue get_scenario(JSContext *ctx, JSValueConst this_val, int which) {
    struct vu *vu = js_vu(ctx);
    const struct script_services *s = vu_services(vu);
    (void)this_val;

    if (!vu->scenario || vu->activity != VU_ITERATION)
        return js_throw(ctx, SCENARIO_OUTSIDE);
    switch (which) {
    case SCENARIO_NAME: return js_string(ctx, vu->scenario->name);
    case SCENARIO_EXECUTOR: return JS_NewString(ctx, plan_executor_name(vu->scenario->executor));
    case SCENARIO_START: {
        int64_t at_us = s->scenario_started_us ? s->scenario_started_us(s->ctx, vu->scenario_index) : 0;
        return JS_NewInt64(ctx, (at_us * 1000 + vu->host->wall_offset_ns) / 1000000);
    }
    case SCENARIO_PROGRESS: return JS_NewFloat64(ctx, s->scenario_progress ? s->scenario_progress(s->ctx, vu->scenario_index) : 0);
    default: return JS_NewInt64(ctx, (int64_t)vu->iteration.number);
    }
}

static JSValue set_scenario(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which);
static const JSCFunctionListEntry scenario_members[] = {
    MEMBER("name", get_scenario, set_scenario, SCENARIO_NAME),
    MEMBER("executor", get_scenario, set_scenario, SCENARIO_EXECUTOR),
    MEMBER("startTime", get_scenario, set_scenario, SCENARIO_START),
    MEMBER("progress", get_scenario, set_scenario, SCENARIO_PROGRESS),
    MEMBER("iterationInInstance", get_scenario, set_scenario, SCENARIO_ITERATION_INSTANCE),
    MEMBER("iterationInTest", get_scenario, set_scenario, SCENARIO_ITERATION_TEST),
};
static JSValue set_scenario(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which) {
    (void)this_val, (void)v;
    return read_only(ctx, scenario_members[which].name);
}

/* --- vu --- */

/* exec.vu.tags: an object whose own members are the script's tags; reads fall back to the VU's present tag set. exec.vu.metrics.metadata:
 * likewise, for what goes with the samples into the outputs and is no part of the series. */
static JSValue *own_pairs(JSContext *ctx, JSValue *kept) {
    if (JS_IsUndefined(*kept))
        *kept = JS_NewObject(ctx);
    return kept;
}

static int tags_get_own(JSContext *ctx, JSPropertyDescriptor *desc, JSValueConst obj, JSAtom prop) {
    struct vu *vu = js_vu(ctx);
    struct tags *table = vu_services(vu)->recorder->tags;
    (void)obj;
    const char *name = JS_AtomToCString(ctx, prop);
    if (!name)
        return -1;
    struct view value = tags_get(table, vu->tags, view_of_cstr(name));
    JS_FreeCString(ctx, name);
    if (!value.ptr)
        return 0;
    if (desc)
        *desc = (JSPropertyDescriptor){JS_PROP_C_W_E, js_string(ctx, value), JS_UNDEFINED, JS_UNDEFINED};
    return 1;
}

static int tags_get_names(JSContext *ctx, JSPropertyEnum **names, uint32_t *count, JSValueConst obj) {
    struct vu *vu = js_vu(ctx);
    struct tags *table = vu_services(vu)->recorder->tags;
    size_t n = tags_count(table, vu->tags);
    JSPropertyEnum *list = js_malloc(ctx, (n + 1) * sizeof *list);
    (void)obj;

    *count = 0;
    if (!list)
        return -1;
    for (size_t i = 0; i < n; i++) {
        struct view key = tags_at(table, vu->tags, i).key;
        list[(*count)++] = (JSPropertyEnum){.is_enumerable = 1, .atom = JS_NewAtomLen(ctx, key.ptr, key.len)};
    }
    *names = list;
    return 0;
}

/* Keeps the text of a string, number or boolean in `pairs`. */
static int define_pair(JSContext *ctx, JSValueConst pairs, JSAtom prop, JSValueConst val, const char *what, const char *values) {
    if (!JS_IsString(val) && !JS_IsNumber(val) && !JS_IsBool(val)) {
        const char *name = JS_AtomToCString(ctx, prop);
        JS_ThrowTypeError(ctx, "invalid value for metric %s '%s': only String, Boolean and Number types are accepted as a metric %s",
                          what, name ? name : "", values);
        JS_FreeCString(ctx, name);
        return -1;
    }
    JSValue text = JS_ToString(ctx, val);
    return JS_IsException(text) ? -1 : JS_DefinePropertyValue(ctx, pairs, prop, text, JS_PROP_C_W_E);
}

static int tags_define(JSContext *ctx, JSValueConst obj, JSAtom prop, JSValueConst val, JSValueConst getter, JSValueConst setter, int flags) {
    struct vu *vu = js_vu(ctx);
    (void)obj, (void)getter, (void)setter, (void)flags;
    int r = define_pair(ctx, *own_pairs(ctx, &vu->vu_tags), prop, val, "tag", "tag values");
    if (r >= 0)
        vu_tags_changed(vu);
    return r;
}

static int tags_delete(JSContext *ctx, JSValueConst obj, JSAtom prop) {
    struct vu *vu = js_vu(ctx);
    (void)obj;
    int r = JS_DeleteProperty(ctx, *own_pairs(ctx, &vu->vu_tags), prop, 0);
    vu_tags_changed(vu);
    return r;
}

static int metadata_get_own(JSContext *ctx, JSPropertyDescriptor *desc, JSValueConst obj, JSAtom prop) {
    (void)obj;
    return JS_GetOwnProperty(ctx, desc, *own_pairs(ctx, &js_vu(ctx)->metadata), prop);
}

static int metadata_get_names(JSContext *ctx, JSPropertyEnum **names, uint32_t *count, JSValueConst obj) {
    (void)obj;
    return JS_GetOwnPropertyNames(ctx, names, count, *own_pairs(ctx, &js_vu(ctx)->metadata), JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY);
}

static int metadata_define(JSContext *ctx, JSValueConst obj, JSAtom prop, JSValueConst val, JSValueConst getter, JSValueConst setter, int flags) {
    struct vu *vu = js_vu(ctx);
    (void)obj, (void)getter, (void)setter, (void)flags;
    int r = define_pair(ctx, *own_pairs(ctx, &vu->metadata), prop, val, "metadata", "metadata value");
    if (r >= 0)
        vu_metadata_changed(vu);
    return r;
}

static int metadata_delete(JSContext *ctx, JSValueConst obj, JSAtom prop) {
    struct vu *vu = js_vu(ctx);
    (void)obj;
    int r = JS_DeleteProperty(ctx, *own_pairs(ctx, &vu->metadata), prop, 0);
    vu_metadata_changed(vu);
    return r;
}

static JSClassExoticMethods tags_exotic = {
    .get_own_property = tags_get_own,
    .get_own_property_names = tags_get_names,
    .define_own_property = tags_define,
    .delete_property = tags_delete,
};
static struct js_class tags_class = {.def = {.class_name = "Object", .exotic = &tags_exotic}};
static JSClassExoticMethods metadata_exotic = {
    .get_own_property = metadata_get_own,
    .get_own_property_names = metadata_get_names,
    .define_own_property = metadata_define,
    .delete_property = metadata_delete,
};
static struct js_class metadata_class = {.def = {.class_name = "Object", .exotic = &metadata_exotic}};

enum { METRICS_TAGS, METRICS_METADATA };

static JSValue get_metrics(JSContext *ctx, JSValueConst this_val, int which) {
    (void)this_val;
    return js_class_new(ctx, which == METRICS_TAGS ? &tags_class : &metadata_class, js_vu(ctx));
}

static JSValue set_metrics(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which);
static const JSCFunctionListEntry metrics_members[] = {
    MEMBER("tags", get_metrics, set_metrics, METRICS_TAGS),
    MEMBER("metadata", get_metrics, set_metrics, METRICS_METADATA),
};
static JSValue set_metrics(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which) {
    (void)this_val, (void)v;
    return read_only(ctx, metrics_members[which].name);
}

enum { VU_ID_INSTANCE, VU_ID_TEST, VU_ITERATION_INSTANCE, VU_ITERATION_SCENARIO, VU_TAGS, VU_METRICS };

static JSValue get_vu(JSContext *ctx, JSValueConst this_val, int which) {
    struct vu *vu = js_vu(ctx);

    if (js_in_init(ctx))
        return js_throw(ctx, VU_IN_INIT);
    switch (which) {
    case VU_ITERATION_INSTANCE: return JS_NewInt64(ctx, (int64_t)vu->iter);
    case VU_ITERATION_SCENARIO:
        return JS_NewInt64(ctx, vu->scenario ? (int64_t)vu->scenario_iterations[vu->scenario_index] : 0);
    case VU_TAGS: return get_metrics(ctx, this_val, METRICS_TAGS);
    case VU_METRICS: return js_object(ctx, metrics_members, JS_COUNT(metrics_members));
    default: return JS_NewInt64(ctx, (int64_t)vu->id);
    }
}

static JSValue set_vu(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which);
static const JSCFunctionListEntry vu_members[] = {
    MEMBER("idInInstance", get_vu, set_vu, VU_ID_INSTANCE),
    MEMBER("idInTest", get_vu, set_vu, VU_ID_TEST),
    MEMBER("iterationInInstance", get_vu, set_vu, VU_ITERATION_INSTANCE),
    MEMBER("iterationInScenario", get_vu, set_vu, VU_ITERATION_SCENARIO),
    MEMBER("tags", get_vu, set_vu, VU_TAGS),
    MEMBER("metrics", get_vu, set_vu, VU_METRICS),
};
static JSValue set_vu(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which) {
    (void)this_val, (void)v;
    /* k6 takes these two, and goes on with the old ones. */
    return which == VU_TAGS || which == VU_METRICS ? JS_UNDEFINED : read_only(ctx, vu_members[which].name);
}

/* --- instance --- */

enum { ITERATIONS_COMPLETED, ITERATIONS_INTERRUPTED, VUS_ACTIVE, VUS_INITIALIZED, RUN_DURATION };

static JSValue get_instance(JSContext *ctx, JSValueConst this_val, int which) {
    struct vu *vu = js_vu(ctx);
    const struct script_services *s = vu_services(vu);
    const struct script_instance *i = s->instance;
    (void)this_val;

    if (js_in_init(ctx) || (vu->activity == VU_ONCE && vu->host->once_what != SCRIPT_SETUP))
        return js_throw(ctx, INSTANCE_IN_INIT);
    switch (which) {
    case ITERATIONS_COMPLETED: return JS_NewInt64(ctx, (int64_t)i->iterations_completed);
    case ITERATIONS_INTERRUPTED: return JS_NewInt64(ctx, (int64_t)i->iterations_interrupted);
    case VUS_ACTIVE: return JS_NewInt64(ctx, (int64_t)i->users_active);
    case VUS_INITIALIZED: return JS_NewInt64(ctx, (int64_t)i->users_initialised);
    default: {
        int64_t now_us = clock_now_us(loop_clock(s->loop));
        return JS_NewFloat64(ctx, i->run_started_us ? (double)(now_us - i->run_started_us) / 1000.0 : 0);
    }
    }
}

static JSValue set_instance(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which);
static const JSCFunctionListEntry instance_members[] = {
    MEMBER("iterationsCompleted", get_instance, set_instance, ITERATIONS_COMPLETED),
    MEMBER("iterationsInterrupted", get_instance, set_instance, ITERATIONS_INTERRUPTED),
    MEMBER("vusActive", get_instance, set_instance, VUS_ACTIVE),
    MEMBER("vusInitialized", get_instance, set_instance, VUS_INITIALIZED),
    MEMBER("currentTestRunDuration", get_instance, set_instance, RUN_DURATION),
};
static JSValue set_instance(JSContext *ctx, JSValueConst this_val, JSValueConst v, int which) {
    (void)this_val, (void)v;
    return read_only(ctx, instance_members[which].name);
}

/* --- test --- */

struct abort_call {
    struct vu *vu;
    enum script_abort kind;
    struct view message;
};

static void call_abort(void *arg) {
    struct abort_call *c = arg;
    const struct script_services *s = vu_services(c->vu);
    s->abort_test(s->ctx, c->kind, c->message);
}

/* "test aborted: reason" and where; malloc'ed. */
static char *abort_text(JSContext *ctx, const char *head, int argc, JSValueConst *argv, bool with_place) {
    struct view reason = VIEW_NULL;
    char *text = NULL, *place = with_place ? exception_here(ctx) : NULL;

    if (argc > 0 && !js_is_nullish(argv[0]) && !js_text(ctx, argv[0], &reason))
        JS_FreeValue(ctx, JS_GetException(ctx));
    if (asprintf(&text, "%s%s%.*s%s%s", head, reason.len ? ": " : "", VIEW_ARGS(reason), place && *place ? " " : "", place ? place : "") < 0)
        text = NULL;
    js_text_free(ctx, reason);
    free(place);
    return text;
}

static void abort_in_init(struct vu *vu, const char *text) {
    struct loader *l = &vu->host->loader;
    char *whole = NULL;
    if (asprintf(&whole, "could not initialize '%.*s': could not load JS test '%.*s': %s", VIEW_ARGS(l->entry_typed),
                 VIEW_ARGS(l->entry_url), text ? text : "test aborted") < 0)
        whole = NULL;
    vu_fail_text(vu, SCRIPT_FAILURE_ABORT, whole);
}

static JSValue test_abort(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    char *text = abort_text(ctx, "test aborted", argc, argv, vu->activity != VU_ONCE);
    (void)this_val;

    vu->stop = VU_STOP_ABORT;
    if (vu->activity == VU_INIT) {
        abort_in_init(vu, text);
    } else if (vu->activity == VU_ONCE) {
        vu_fail_text(vu, SCRIPT_FAILURE_ABORT, text);
        text = NULL;
    } else {
        vu->own_abort = true;
        struct abort_call c = {vu, SCRIPT_ABORT_TEST, view_of_cstr(text ? text : "test aborted")};
        fiber_call_on_scheduler(call_abort, &c);
    }
    free(text);
    return vu_throw_stopped(ctx);
}

static JSValue test_fail(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct vu *vu = js_vu(ctx);
    char *text = abort_text(ctx, "test marked as failed", argc, argv, false);
    (void)this_val;

    struct abort_call c = {vu, SCRIPT_MARK_FAILED, view_of_cstr(text ? text : "test marked as failed")};
    fiber_call_on_scheduler(call_abort, &c);
    free(text);
    return JS_UNDEFINED;
}

/* Scenarios stand for them here; in the script's own `options` they remain. */
static const char *const shortcuts[] = {"vus", "duration", "iterations", "stages"};

static JSValue test_options(JSContext *ctx, JSValueConst this_val) {
    struct vu *vu = js_vu(ctx);
    (void)this_val;

    if (js_in_init(ctx) || !vu->host->plan)
        return js_throw(ctx, OPTIONS_IN_INIT);
    JSValue v = js_json_read(ctx, vu->host->plan->host_options.len ? vu->host->plan->host_options : VIEW("{}"), "options");
    if (JS_IsException(v))
        return v;
    for (size_t i = 0; i < JS_COUNT(shortcuts); i++) {
        JSAtom key = JS_NewAtom(ctx, shortcuts[i]);
        JS_DeleteProperty(ctx, v, key, 0);
        JS_FreeAtom(ctx, key);
    }
    js_deep_freeze(ctx, v);
    return v;
}

static const JSCFunctionListEntry test_members[] = {
    JS_CFUNC_DEF("abort", 1, test_abort),
    JS_CFUNC_DEF("fail", 1, test_fail),
    JS_CGETSET_DEF("options", test_options, NULL),
};

static const char *const names[] = {"scenario", "vu", "instance", "test", NULL};

static JSValue make(JSContext *ctx) {
    static const struct { const JSCFunctionListEntry *members; int count; } objects[] = {
        {scenario_members, JS_COUNT(scenario_members)}, {vu_members, JS_COUNT(vu_members)},
        {instance_members, JS_COUNT(instance_members)}, {test_members, JS_COUNT(test_members)},
    };
    JSValue v = JS_NewObject(ctx);
    if (JS_IsException(v))
        return v;
    for (size_t i = 0; i < JS_COUNT(objects); i++)
        js_set(ctx, v, names[i], js_object(ctx, objects[i].members, objects[i].count));
    return v;
}
extern const struct module_row module_k6_execution;
const struct module_row module_k6_execution = {.name = "k6/execution", .make = make, .exports = names};
