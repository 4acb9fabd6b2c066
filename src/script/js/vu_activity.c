/* What a VU does: init code, an iteration. Setup, teardown and the summary stand in once.c.
 *
 * Tags. `root_tags` are the run's, the scenario's and the script's own (exec.vu.tags), with group ""; `tags` has the present group.
 * Inside group() only `tags` changes. */
#include "script/js/vu.h"

#include "core/pack.h"
#include "script/js/atoms.h"
#include "script/js/environment.h"
#include "script/js/exception.h"
#include "script/js/globals.h"
#include "script/js/host_priv.h"
#include "script/js/import.h"
#include "script/js/module.h"
#include "script/js/runtime.h"

#include <errno.h>
#include <stdlib.h>

enum { VU_TAGS_MAX = TAGS_PER_SET_MAX };

/* --- init code --- */

/* k6 writes the consolidated options into the script's exported `options` in every VU. That costs each VU some kilobytes, so it is done
 * only when a script looks into the object ("options." or "options[" in its text). */
static void write_back_options(struct vu *vu) {
    JSContext *ctx = vu->ctx;
    struct script_host *h = vu->host;
    const struct source *entry = loader_find(&h->loader, h->loader.entry_url);
    JSPropertyEnum *names;
    uint32_t count;

    if (!h->plan || !h->plan->host_options.len || !JS_IsObject(vu->exports) || !entry ||
        (view_find_view(entry->text, VIEW("options.")) < 0 && view_find_view(entry->text, VIEW("options[")) < 0))
        return;
    JSValue target = JS_GetPropertyStr(ctx, vu->exports, "options");
    JSValue options = JS_IsObject(target) ? js_json_read(ctx, h->plan->host_options, "options") : JS_UNDEFINED;
    if (JS_IsObject(options) && JS_GetOwnPropertyNames(ctx, &names, &count, options, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) == 0) {
        for (uint32_t i = 0; i < count; i++) {
            JSValue v = JS_GetProperty(ctx, options, names[i].atom);
            if (!JS_IsNull(v) && JS_SetProperty(ctx, target, names[i].atom, v) < 0) /* a frozen object stays as it is */
                JS_FreeValue(ctx, JS_GetException(ctx));
            JS_FreeAtom(ctx, names[i].atom);
        }
        js_free(ctx, names);
    }
    JS_FreeValue(ctx, options);
    JS_FreeValue(ctx, target);
    if (JS_HasException(ctx))
        JS_FreeValue(ctx, JS_GetException(ctx));
}

void vu_run_init(struct vu *vu) {
    if (!import_entry(vu)) {
        bool told = vu->outcome.failed;
        if (!told || vu->stop)
            vu_fail(vu);
        else
            JS_FreeValue(vu->ctx, JS_GetException(vu->ctx));
        vu_loop_drop(vu, false);
        return;
    }
    vu_loop_drop(vu, false);
    write_back_options(vu);
    vu->initialised = true;
    runtime_collect_init(vu);
}

JSValue vu_export(struct vu *vu, struct view name) {
    JSContext *ctx = vu->ctx;
    bool is_default = view_eq(name, VIEW("default"));
    JSAtom key = is_default ? JS_DupAtom(ctx, atom(vu, ATOM_DEFAULT)) : JS_NewAtomLen(ctx, name.ptr, name.len);
    JSValue f = JS_IsObject(vu->exports) ? JS_GetProperty(ctx, vu->exports, key) : JS_UNDEFINED;
    JS_FreeAtom(ctx, key);
    if (JS_IsException(f))
        JS_FreeValue(ctx, JS_GetException(ctx));
    /* CommonJS: module.exports = function … is the default function. */
    if (!JS_IsFunction(ctx, f) && is_default && !vu->entry && JS_IsFunction(ctx, vu->exports)) {
        JS_FreeValue(ctx, f);
        return JS_DupValue(ctx, vu->exports);
    }
    if (JS_IsFunction(ctx, f))
        return f;
    JS_FreeValue(ctx, f);
    return JS_UNDEFINED;
}

JSValue vu_call(struct vu *vu, JSValueConst fn, int argc, JSValueConst *argv) {
    JSContext *ctx = vu->ctx;
    JSValue r = JS_Call(ctx, fn, JS_UNDEFINED, argc, argv);

    if (JS_IsException(r))
        return r;
    if (!JS_IsJobPending(vu->rt) && !JS_IsObject(r) && list_empty(&vu->timers) && !vu->promises_open && list_empty(&vu->rejections))
        return r;
    if (!vu_loop_run(vu, JS_UNDEFINED)) {
        JS_FreeValue(ctx, r);
        return JS_EXCEPTION;
    }
    if (JS_IsObject(r) && JS_PromiseState(ctx, r) == JS_PROMISE_FULFILLED) {
        JSValue value = JS_PromiseResult(ctx, r);
        JS_FreeValue(ctx, r);
        return value;
    }
    return r;
}

/* --- tags --- */

static size_t add_pairs(struct tag *tags, size_t n, const struct plan_pair *pairs, size_t count) {
    for (size_t i = 0; i < count && n < VU_TAGS_MAX - 2; i++)
        tags[n++] = (struct tag){pairs[i].key, pairs[i].value};
    return n;
}

/* The script's own tags; the texts are kept in `held` until they are interned. */
static size_t add_own(struct vu *vu, struct tag *tags, size_t n, struct view *held, size_t *held_count) {
    JSContext *ctx = vu->ctx;
    JSPropertyEnum *names;
    uint32_t count;

    if (!JS_IsObject(vu->vu_tags) ||
        JS_GetOwnPropertyNames(ctx, &names, &count, vu->vu_tags, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return n;
    for (uint32_t i = 0; i < count; i++) {
        JSValue value = JS_GetProperty(ctx, vu->vu_tags, names[i].atom), name = JS_AtomToString(ctx, names[i].atom);
        if (n < VU_TAGS_MAX - 2 && js_text(ctx, name, &held[*held_count]) && js_text(ctx, value, &held[*held_count + 1])) {
            tags[n++] = (struct tag){held[*held_count], held[*held_count + 1]};
            *held_count += 2;
        }
        JS_FreeValue(ctx, value);
        JS_FreeValue(ctx, name);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    return n;
}

static tagset_id base_tags(struct vu *vu, struct view group) {
    struct tag tags[VU_TAGS_MAX];
    struct view held[2 * VU_TAGS_MAX];
    size_t n = 0, held_count = 0;
    struct script_host *h = vu->host;
    uint32_t enabled = h->record.system_tags;

    if (h->plan)
        n = add_pairs(tags, n, h->plan->tags, h->plan->tag_count);
    if (vu->scenario && enabled & OPTIONS_TAG_BIT(SCENARIO))
        tags[n++] = (struct tag){VIEW("scenario"), vu->scenario->name};
    if (vu->scenario)
        n = add_pairs(tags, n, vu->scenario->tags, vu->scenario->tag_count);
    n = add_own(vu, tags, n, held, &held_count);
    if (enabled & OPTIONS_TAG_BIT(GROUP))
        tags[n++] = (struct tag){VIEW("group"), group};
    tagset_id set = tags_intern(h->services.recorder->tags, tags, n);
    for (size_t i = 0; i < held_count; i++)
        js_text_free(vu->ctx, held[i]);
    return set;
}

void vu_tags_changed(struct vu *vu) {
    struct tags *table = vu_services(vu)->recorder->tags;
    struct view group = tags_get(table, vu->tags, VIEW("group"));
    struct view root = tags_get(table, vu->root_tags, VIEW("group"));

    vu->root_tags = base_tags(vu, root);
    vu->tags = view_eq(group, root) ? vu->root_tags : base_tags(vu, group);
}

void vu_metadata_changed(struct vu *vu) {
    JSContext *ctx = vu->ctx;
    JSPropertyEnum *names;
    uint32_t count;

    buf_deinit(&vu->metadata_packed);
    buf_init(&vu->metadata_packed, VU_METADATA_BYTES_MAX);
    if (!vu_services(vu)->recorder->samples || JS_GetOwnPropertyNames(ctx, &names, &count, vu->metadata, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        JSValue value = JS_GetProperty(ctx, vu->metadata, names[i].atom), name = JS_AtomToString(ctx, names[i].atom);
        struct view key = VIEW_NULL, text = VIEW_NULL;
        size_t before = vu->metadata_packed.len;
        if (js_text(ctx, name, &key) && js_text(ctx, value, &text)) {
            struct pack_writer w = pack_writer_of(&vu->metadata_packed);
            pack_view(&w, key);
            pack_view(&w, text);
            if (w.error)
                vu->metadata_packed.len = before;
        }
        js_text_free(ctx, key);
        js_text_free(ctx, text);
        JS_FreeValue(ctx, value);
        JS_FreeValue(ctx, name);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
}

void vu_activate(struct vu *vu, const struct plan_scenario *scenario, uint32_t index, struct view group) {
    JSContext *ctx = vu->ctx;
    bool changed = scenario != vu->scenario || !scenario || !vu->root_tags;

    vu->scenario = scenario;
    vu->scenario_index = index;
    vu->group = NULL;
    if (changed) {
        JS_FreeValue(ctx, vu->vu_tags);
        JS_FreeValue(ctx, vu->metadata);
        vu->vu_tags = vu->metadata = JS_UNDEFINED;
        buf_deinit(&vu->metadata_packed);
        vu->root_tags = base_tags(vu, group);
        JSValue global = JS_GetGlobalObject(ctx);
        JSValue env = JS_GetPropertyStr(ctx, global, "__ENV");
        environment_activate(vu, env);
        JS_FreeValue(ctx, env);
        JS_FreeValue(ctx, global);
    }
    vu->tags = vu->root_tags;
}

/* --- recording --- */

struct recorder_at vu_at(const struct vu *vu, int64_t at_us) {
    uint32_t enabled = vu->host->record.system_tags;
    return (struct recorder_at){
        .wall_ns = at_us * 1000 + vu->host->wall_offset_ns,
        .vu = enabled & OPTIONS_TAG_BIT(VU) ? vu->id : 0,
        .iter = enabled & OPTIONS_TAG_BIT(ITER) && vu->activity == VU_ITERATION ? (int64_t)vu->iter : -1,
        .metadata = buf_view(&vu->metadata_packed),
    };
}

void vu_record_data(struct vu *vu) {
    uint64_t sent = 0, received = 0;
    struct recorder *r = vu_services(vu)->recorder;
    struct recorder_at at = vu_at(vu, loop_now_us(vu_services(vu)->loop));

    if (vu->session)
        http_session_take_bytes(vu->session, &sent, &received);
    recorder_add(r, METRIC_DATA_SENT, vu->root_tags, (double)sent, &at);
    recorder_add(r, METRIC_DATA_RECEIVED, vu->root_tags, (double)received, &at);
}

/* --- iterations --- */

static bool prepare(struct vu *vu) {
    struct script_host *h = vu->host;
    const struct plan_scenario *scenario = &h->plan->scenarios[vu->iteration.scenario];

    vu_activate(vu, scenario, vu->iteration.scenario, VIEW(""));
    if (!vu->scenario_iterations)
        vu->scenario_iterations = calloc(h->plan->scenario_count, sizeof *vu->scenario_iterations);
    if (!vu->scenario_iterations)
        return false;
    globals_set_iteration(vu);
    if (vu->jar && !h->options.no_cookies_reset)
        cookie_jar_clear(vu->jar);
    if (!vu->setup_data_ready) {
        vu->setup_data_ready = true;
        if (h->setup_data)
            vu->setup_data = js_json_read(vu->ctx, view_of(h->setup_data, h->setup_data_len), "setup data");
    }
    return !JS_IsException(vu->setup_data);
}

static void record_iteration(struct vu *vu, int64_t end_us) {
    struct recorder *r = vu_services(vu)->recorder;
    struct recorder_at at = vu_at(vu, end_us);

    recorder_add(r, METRIC_ITERATIONS, vu->root_tags, 1, &at);
    recorder_add(r, METRIC_ITERATION_DURATION, vu->root_tags, (double)(end_us - vu->iteration_started_us) / 1000.0, &at);
}

void vu_run_iteration(struct vu *vu) {
    struct loop *loop = vu_services(vu)->loop;
    const struct clock *clock = loop_clock(loop);

    if (vu->stop)
        return;
    if (!prepare(vu)) {
        vu_fail(vu);
        return;
    }
    JSValue fn = vu_export(vu, vu->scenario->exec);
    vu->iteration_started_us = clock_now_us(clock);
    JSValue r = JS_IsUndefined(fn) ? js_throw(vu->ctx, "function '%.*s' not found in exports", VIEW_ARGS(vu->scenario->exec))
                                   : vu_call(vu, fn, 1, &vu->setup_data);
    int64_t end_us = clock_now_us(clock);
    JS_FreeValue(vu->ctx, fn);
    JS_FreeValue(vu->ctx, r);
    if (JS_IsException(r))
        vu_fail(vu);
    vu_loop_drop(vu, vu->stop != VU_STOP_NONE);
    vu_record_data(vu);
    /* k6 counts the iteration that called exec.test.abort as a whole one. */
    if (!vu->stop || vu->own_abort)
        record_iteration(vu, end_us);
    if (vu->host->options.no_vu_connection_reuse && vu->session)
        http_session_close_idle(vu->session);
    vu->iter++;
    vu->scenario_iterations[vu->scenario_index]++;
    vu->outcome.whole = !vu->stop;
    int64_t rest_us = vu->host->plan->min_iteration_us - (end_us - vu->iteration_started_us);
    if (!vu->stop && rest_us > 0 && !vu_sleep(vu, rest_us))
        return;
}

void vu_iteration_ended(struct vu *vu, struct vu_outcome *o) {
    enum script_outcome outcome = SCRIPT_ITERATION_OK;

    if (o->stopped && !o->whole)
        outcome = SCRIPT_ITERATION_INTERRUPTED;
    else if (o->failed)
        outcome = SCRIPT_ITERATION_FAILED;
    vu_services(vu)->iteration_done(vu_services(vu)->ctx, &vu->user, outcome);
}
