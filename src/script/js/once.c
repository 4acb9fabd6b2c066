/* Each once-function gets a VU of its own (number 0): init code first, then the function, in one activity. */
#include "script/js/once.h"

#include "core/base64.h"
#include "core/json_writer.h"
#include "script/js/exception.h"
#include "script/js/import.h"
#include "script/js/json/go_json.h"
#include "script/js/module.h"
#include "script/js/runtime.h"

#include <stdio.h>
#include <stdlib.h>

static const struct {
    struct view function, group;
    const char *name;
} kinds[] = {
    [SCRIPT_SETUP] = {{"setup", 5}, {"::setup", 7}, "setup()"},
    [SCRIPT_TEARDOWN] = {{"teardown", 8}, {"::teardown", 10}, "teardown()"},
    [SCRIPT_HANDLE_SUMMARY] = {{"handleSummary", 13}, {"", 0}, "handleSummary()"},
};

static void tell(struct script_host *h, struct script_result *result, enum script_failure failure, const char *text) {
    buf_clear(&h->message);
    int r = buf_append_view(&h->message, view_of_cstr(text ? text : "out of memory"));
    (void)r;
    *result = (struct script_result){.failure = failure, .message = buf_view(&h->message)};
}

/* --- the first look --- */

static char *load_sentence(struct script_host *h, const char *why) {
    struct loader *l = &h->loader;
    char *text = NULL;
    if (asprintf(&text, "could not initialize '%.*s': could not load JS test '%.*s': %s", VIEW_ARGS(l->entry_typed),
                 VIEW_ARGS(l->entry_url), why) < 0)
        return NULL;
    return text;
}

/* The names of exported functions; also refuses lifecycle functions that are none. */
static bool describe_exports(struct vu *vu, struct json_writer *w) {
    JSContext *ctx = vu->ctx;
    JSPropertyEnum *names = NULL;
    uint32_t count = 0;
    size_t functions = 0;
    const char *bad = NULL;

    json_member_array(w, "exports");
    if (JS_IsFunction(ctx, vu->exports) && !vu->entry) {
        json_writer_string(w, VIEW("default"));
        functions++;
    }
    if (JS_IsObject(vu->exports) && JS_GetOwnPropertyNames(ctx, &names, &count, vu->exports, JS_GPN_STRING_MASK) < 0)
        JS_FreeValue(ctx, JS_GetException(ctx));
    for (uint32_t i = 0; i < count; i++) {
        const char *name = JS_AtomToCString(ctx, names[i].atom);
        JSValue v = JS_GetProperty(ctx, vu->exports, names[i].atom);
        if (name && JS_IsFunction(ctx, v)) {
            json_writer_string(w, view_of_cstr(name));
            functions++;
        }
        for (size_t k = 0; name && k < sizeof kinds / sizeof *kinds; k++)
            if (view_eq(kinds[k].function, view_of_cstr(name)) && !JS_IsFunction(ctx, v) && !js_is_nullish(v))
                bad = kinds[k].function.ptr;
        JS_FreeValue(ctx, v);
        JS_FreeCString(ctx, name);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    json_writer_end(w);
    char why[80];
    snprintf(why, sizeof why, "exported '%s' must be a function", bad ? bad : "");
    if (bad || !functions)
        vu_fail_text(vu, SCRIPT_FAILURE_OTHER, load_sentence(vu->host, bad ? why : "no exported functions in script"));
    return !bad && functions;
}

static bool describe_options(struct vu *vu, struct json_writer *w) {
    struct buf json CLEANUP(buf_deinit) = BUF_MAX(OPTIONS_JSON_BYTES_MAX);
    struct error err = ERROR_NULL;
    char why[ERROR_TEXT_MAX + 64];
    JSValue options = JS_IsObject(vu->exports) ? JS_GetPropertyStr(vu->ctx, vu->exports, "options") : JS_UNDEFINED;
    int r = JS_IsException(options) ? ERROR_SYNTAX : go_json_write(vu->ctx, options, &json, &err);

    JS_FreeValue(vu->ctx, options);
    if (r == ERROR_SYNTAX) {
        vu_fail(vu);
        return false;
    }
    if (r < 0) {
        snprintf(why, sizeof why, "error parsing script options: %s", err.text[0] ? err.text : error_name(r));
        vu_fail_text(vu, SCRIPT_FAILURE_OTHER, load_sentence(vu->host, why));
        return false;
    }
    json_writer_key(w, VIEW("options"));
    json_writer_raw(w, buf_view(&json));
    return true;
}

/* Custom metrics, so that thresholds on them are known. */
static void describe_metrics(struct vu *vu, struct json_writer *w) {
    const struct metrics *m = vu_services(vu)->recorder->metrics;

    json_member_array(w, "metrics");
    for (size_t i = METRIC_BUILTIN_COUNT; i < metrics_count(m); i++) {
        json_writer_object(w);
        json_writer_key(w, VIEW("name"));
        json_writer_string(w, metrics_name(m, (metric_id)i));
        json_writer_key(w, VIEW("type"));
        json_writer_string(w, view_of_cstr(metric_type_name(metrics_type(m, (metric_id)i))));
        json_writer_key(w, VIEW("contains"));
        json_writer_string(w, view_of_cstr(metric_contains_name(metrics_contains(m, (metric_id)i))));
        json_writer_end(w);
    }
    json_writer_end(w);
}

static bool has_function(struct vu *vu, struct view name) {
    JSValue f = vu_export(vu, name);
    bool has = JS_IsFunction(vu->ctx, f);
    JS_FreeValue(vu->ctx, f);
    return has;
}

static void run_describe(struct vu *vu) {
    struct json_writer w = json_writer_of(&vu->host->description);

    vu_run_init(vu);
    if (!vu->initialised || vu->outcome.failed)
        return;
    json_writer_object(&w);
    if (!describe_exports(vu, &w) || !describe_options(vu, &w))
        return;
    describe_metrics(vu, &w);
    json_writer_key(&w, VIEW("has_setup"));
    json_writer_bool(&w, has_function(vu, VIEW("setup")));
    json_writer_key(&w, VIEW("has_teardown"));
    json_writer_bool(&w, has_function(vu, VIEW("teardown")));
    json_writer_key(&w, VIEW("has_handle_summary"));
    json_writer_bool(&w, has_function(vu, VIEW("handleSummary")));
    json_writer_end(&w);
}

struct describe_wait {
    struct vu_outcome outcome;
    bool done;
};
static struct describe_wait *describing; /* ended() has no argument of its own */

static void describe_ended(struct vu *vu, struct vu_outcome *o) {
    (void)vu;
    describing->outcome = *o;
    o->text = NULL; /* taken */
    describing->done = true;
}

int once_describe(struct script_host *h, struct script_result *result) {
    struct loop *own, *outer = h->services.loop;
    struct describe_wait wait = {0};
    struct vu *vu = NULL;
    int r = loop_new(&own, NULL);

    if (r < 0)
        return r;
    buf_clear(&h->description);
    describing = &wait;
    h->services.loop = own;
    r = vu_new(&vu, h, 0, VIEW(""));
    if (r == 0)
        r = vu_start(vu, VU_INIT, run_describe, describe_ended);
    while (r == 0 && !wait.done)
        r = loop_turn(own, -1);
    vu_free(vu);
    h->services.loop = outer;
    loop_free(own);
    describing = NULL;
    if (r == 0 && wait.outcome.failed)
        tell(h, result, wait.outcome.failure, wait.outcome.text);
    free(wait.outcome.text);
    h->described = r == 0 && !wait.outcome.failed;
    h->loader.sealed = h->described; /* what the first init did not open does not exist for the others */
    return r;
}

/* --- setup, teardown, handleSummary --- */

static void write_setup(struct vu *vu, JSValueConst v) {
    struct script_host *h = vu->host;
    struct error err = ERROR_NULL;
    char *text = NULL;

    if (JS_IsUndefined(v))
        return;
    int r = go_json_write(vu->ctx, v, &h->once_output, &err);
    if (r == ERROR_SYNTAX) {
        vu_fail(vu);
    } else if (r < 0) {
        if (asprintf(&text, "error marshaling setup() data to JSON: %s", err.text[0] ? err.text : error_name(r)) < 0)
            text = NULL;
        vu_fail_text(vu, SCRIPT_FAILURE_OTHER, text);
    }
}

static void log_summary_error(struct vu *vu, const char *key, JSValueConst value) {
    struct log_sink *log = vu_services(vu)->log;
    char text[512];
    int n = snprintf(text, sizeof text, "error handling summary object %.200s: invalid type %s, it needs to be a string or ArrayBuffer", key,
                     js_go_type(vu->ctx, value));
    struct log_record r = {.level = LOG_ERROR,
                           .message = VIEW("failed to handle the end-of-test summary"),
                           .fields = {{VIEW("error"), view_of(text, (size_t)n)}},
                           .field_count = 1};
    log->write(log, &r);
}

static void write_summary_entry(struct vu *vu, struct json_writer *w, const char *key, JSValueConst value) {
    struct js_bytes bytes;

    if (!js_bytes(vu->ctx, value, &bytes)) {
        log_summary_error(vu, key, value);
        return;
    }
    json_writer_key(w, view_of_cstr(key));
    if (JS_IsString(value)) {
        json_writer_string(w, bytes.view);
    } else {
        struct buf text CLEANUP(buf_deinit) = BUF_MAX((size_t)1 << 30);
        int r = base64_encode(&text, bytes.view, BASE64_STD);
        json_writer_object(w);
        json_writer_key(w, VIEW("base64"));
        json_writer_string(w, r == 0 ? buf_view(&text) : VIEW(""));
        json_writer_end(w);
    }
    js_bytes_free(vu->ctx, &bytes);
}

static void write_summary(struct vu *vu, JSValueConst v) {
    JSContext *ctx = vu->ctx;
    struct json_writer w = json_writer_of(&vu->host->once_output);
    JSPropertyEnum *names;
    uint32_t count;

    if (!JS_IsObject(v) || JS_GetOwnPropertyNames(ctx, &names, &count, v, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return;
    json_writer_object(&w);
    for (uint32_t i = 0; i < count; i++) {
        const char *key = JS_AtomToCString(ctx, names[i].atom);
        JSValue value = JS_GetProperty(ctx, v, names[i].atom);
        if (key)
            write_summary_entry(vu, &w, key, value);
        JS_FreeValue(ctx, value);
        JS_FreeCString(ctx, key);
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    json_writer_end(&w);
}

static void run_once(struct vu *vu) {
    struct script_host *h = vu->host;
    JSContext *ctx = vu->ctx;
    JSValue input = JS_UNDEFINED;

    vu_run_init(vu);
    if (!vu->initialised || vu->outcome.failed)
        return;
    vu->activity = VU_ONCE;
    vu_activate(vu, NULL, 0, kinds[h->once_what].group);
    JSValue fn = vu_export(vu, kinds[h->once_what].function);
    if (JS_IsUndefined(fn))
        return;
    if (h->once_input.len)
        input = js_json_read(ctx, buf_view(&h->once_input), "data");
    JSValue r = JS_IsException(input) ? input : vu_call(vu, fn, 1, &input);
    if (JS_IsException(r))
        vu_fail(vu);
    else if (h->once_what == SCRIPT_SETUP)
        write_setup(vu, r);
    else if (h->once_what == SCRIPT_HANDLE_SUMMARY)
        write_summary(vu, r);
    JS_FreeValue(ctx, r);
    JS_FreeValue(ctx, input);
    JS_FreeValue(ctx, fn);
    vu_loop_drop(vu, false);
    if (h->once_what != SCRIPT_HANDLE_SUMMARY)
        vu_record_data(vu);
}

static void once_ended(struct vu *vu, struct vu_outcome *o) {
    struct script_host *h = vu->host;
    struct script_result result = {0};
    char text[128];

    if (o->stopped && vu->stop == VU_STOP_TIMEOUT) {
        snprintf(text, sizeof text, "%s execution timed out after %.0f seconds", kinds[h->once_what].name, (double)h->once_timeout_us / 1e6);
        tell(h, &result, SCRIPT_FAILURE_TIMEOUT, text);
    } else if (o->stopped && vu->stop == VU_STOP_INTERRUPT) {
        tell(h, &result, SCRIPT_FAILURE_OTHER, "interrupted");
    } else if (o->failed) {
        tell(h, &result, o->failure, o->text ? o->text : "");
    }
    result.output = result.failure ? VIEW_NULL : buf_view(&h->once_output);
    h->once_vu = NULL;
    vu_free(vu);
    h->services.once_done(h->services.ctx, h->once_what, &result);
}

static void on_deadline(struct timer *t) {
    vu_stop(CONTAINER_OF(t, struct vu, deadline), VU_STOP_TIMEOUT);
}

void once_run(struct script_host *h, enum script_once what, struct view input, int64_t timeout_us) {
    struct script_result result = {0};
    struct vu *vu = NULL;

    buf_clear(&h->once_input);
    buf_clear(&h->once_output);
    h->once_what = what;
    h->once_timeout_us = timeout_us;
    int r = buf_append_view(&h->once_input, input);
    if (r == 0)
        r = vu_new(&vu, h, 0, VIEW(""));
    if (r == 0)
        r = vu_start(vu, VU_INIT, run_once, once_ended);
    if (r == 0 && timeout_us > 0) {
        vu->deadline.fire = on_deadline;
        r = timers_arm(loop_timers(h->services.loop), &vu->deadline, loop_refresh_us(h->services.loop) + timeout_us);
    }
    h->once_vu = vu;
    if (r == 0)
        return;
    /* Without memory there is nobody to tell it later. */
    tell(h, &result, SCRIPT_FAILURE_OTHER, error_name(r));
    h->services.once_done(h->services.ctx, what, &result);
}

void once_interrupt(struct script_host *h) {
    if (h->once_vu)
        vu_stop(h->once_vu, VU_STOP_INTERRUPT);
}
