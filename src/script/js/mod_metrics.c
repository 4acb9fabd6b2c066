/* k6/metrics: Counter, Gauge, Rate, Trend. */
#include "script/js/evidence_js.h"
#include "script/js/host_priv.h"
#include "script/js/module.h"

#include <math.h>
#include <stdio.h>

struct metric_handle {
    metric_id id;
};

static void finalize(JSRuntime *rt, JSValue v);
static JSValue metric_add(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("add", 2, metric_add),
};
/* One class per type, so that instanceof tells them apart. Indexed by metric_type. */
static struct js_class classes[] = {
    {.def = {.class_name = "Counter", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)},
    {.def = {.class_name = "Gauge", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)},
    {.def = {.class_name = "Rate", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)},
    {.def = {.class_name = "Trend", .finalizer = finalize}, .members = members, .member_count = JS_COUNT(members)},
};
enum { TYPES = sizeof classes / sizeof *classes };

static struct metric_handle *handle_of(JSValueConst v) {
    for (int i = 0; JS_IsObject(v) && i < TYPES; i++) {
        struct metric_handle *h = js_class_opaque(v, &classes[i]);
        if (h)
            return h;
    }
    return NULL;
}

static void finalize(JSRuntime *rt, JSValue v) {
    js_free_rt(rt, handle_of(v));
}

static struct view metric_name(struct vu *vu, const struct metric_handle *h) {
    return metrics_name(vu_services(vu)->recorder->metrics, h->id);
}

/* k6: a warning and false, or with options.throw an exception. */
static JSValue bad_value(struct vu *vu, struct view name, JSValueConst v, bool given) {
    JSContext *ctx = vu->ctx;
    char text[512];
    struct view shown = VIEW_NULL;
    int n;

    if (given && !js_text(ctx, v, &shown))
        return JS_EXCEPTION;
    if (given)
        n = snprintf(text, sizeof text, "'%.*s' is an invalid value for metric '%.*s', a number or a boolean value is expected",
                     VIEW_ARGS(view_take(shown, 200)), VIEW_ARGS(name));
    else
        n = snprintf(text, sizeof text, "no value was provided for metric '%.*s', a number or a boolean value is expected", VIEW_ARGS(name));
    js_text_free(ctx, shown);
    if (vu->host->options.throw_errors)
        return js_throw(ctx, "%s", text);
    js_warn(ctx, view_of(text, n < (int)sizeof text ? (size_t)n : sizeof text - 1), NULL, VIEW_NULL);
    return JS_FALSE;
}

/* Numbers, booleans and texts that are numbers. */
static bool value_of(JSContext *ctx, JSValueConst v, double *out) {
    if (js_is_nullish(v) || JS_IsSymbol(v) || JS_IsFunction(ctx, v))
        return false;
    if (JS_IsString(v)) {
        struct view text;
        if (!js_text(ctx, v, &text))
            return false;
        bool empty = !view_trim(text).len;
        js_text_free(ctx, text);
        if (empty)
            return false;
    }
    return JS_ToFloat64(ctx, out, v) == 0 && !isnan(*out);
}

static JSValue metric_add(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct metric_handle *h = handle_of(this_val);
    struct vu *vu = js_vu(ctx);
    struct recorder *r = vu_services(vu)->recorder;
    tagset_id tags = vu->tags;
    double value = 0;

    if (!h)
        return JS_ThrowTypeError(ctx, "not a metric");
    if (js_in_init(ctx))
        return js_throw(ctx, "Adding to metrics in the init context is not supported");
    struct view name = metric_name(vu, h);
    if (argc < 1 || !value_of(ctx, argv[0], &value))
        return JS_HasException(ctx) ? JS_EXCEPTION : bad_value(vu, name, argc ? argv[0] : JS_UNDEFINED, argc > 0);
    if (argc > 1 && !js_is_nullish(argv[1]) && !record_js_tags(vu, argv[1], vu->tags, &tags, NULL)) {
        JSValue error = JS_GetException(ctx), message = JS_GetPropertyStr(ctx, error, "message");
        struct view text;
        if (js_text(ctx, message, &text)) {
            js_throw(ctx, "cannot add tags for the '%.*s' custom metric: %.*s", VIEW_ARGS(name), VIEW_ARGS(text));
            js_text_free(ctx, text);
        }
        JS_FreeValue(ctx, message);
        JS_FreeValue(ctx, error);
        return JS_EXCEPTION;
    }
    struct recorder_at at = vu_at(vu, clock_now_us(loop_clock(vu_services(vu)->loop)));
    recorder_add(r, h->id, tags, value, &at);
    return JS_TRUE;
}

static JSValue construct(JSContext *ctx, JSValueConst new_target, int argc, JSValueConst *argv, int type) {
    struct metrics *m = vu_services(js_vu(ctx))->recorder->metrics;
    struct view name = VIEW_NULL;
    metric_id id = 0;

    if (!js_in_init(ctx))
        return js_throw(ctx, "metrics must be declared in the init context");
    JSValue empty = JS_NewString(ctx, "");
    bool read = js_text(ctx, argc < 1 || JS_IsUndefined(argv[0]) ? empty : argv[0], &name);
    JS_FreeValue(ctx, empty);
    if (!read)
        return JS_EXCEPTION;
    bool time = argc > 1 && JS_ToBool(ctx, argv[1]) > 0;
    int r = metrics_register(m, name, (enum metric_type)type, time ? METRIC_TIME : METRIC_DEFAULT, &id);
    JSValue v = JS_EXCEPTION;
    if (r == METRIC_BAD_NAME) {
        js_throw(ctx, "Invalid metric name: '%.*s'. Metric names must only include up to 128 ASCII letters, numbers, or underscores and "
                      "start with a letter or an underscore.", VIEW_ARGS(name));
    } else if (r == METRIC_OTHER_TYPE) {
        metric_id other = 0;
        metrics_find(m, name, &other);
        js_throw(ctx, "metric '%.*s' already exists but with type %s, instead of %s", VIEW_ARGS(name), metric_type_name(metrics_type(m, other)),
                 metric_type_name((enum metric_type)type));
    } else if (r < 0) {
        js_throw(ctx, "there are too many metrics");
    } else if (metrics_contains(m, id) != (time ? METRIC_TIME : METRIC_DEFAULT)) {
        js_throw(ctx, "metric '%.*s' already exists but with a value type %s, instead of %s", VIEW_ARGS(name),
                 metric_contains_name(metrics_contains(m, id)), metric_contains_name(time ? METRIC_TIME : METRIC_DEFAULT));
    } else {
        struct metric_handle *h = js_malloc(ctx, sizeof *h);
        if (h) {
            h->id = id;
            v = js_class_construct(ctx, &classes[type], new_target, h);
            if (JS_IsException(v))
                js_free(ctx, h);
            else /* an own one, as in k6: JSON.stringify shows it */
                JS_DefinePropertyValueStr(ctx, v, "name", js_string(ctx, name), JS_PROP_ENUMERABLE);
        }
    }
    js_text_free(ctx, name);
    return v;
}

static JSValue construct_counter(JSContext *ctx, JSValueConst t, int argc, JSValueConst *argv) { return construct(ctx, t, argc, argv, METRIC_COUNTER); }
static JSValue construct_gauge(JSContext *ctx, JSValueConst t, int argc, JSValueConst *argv) { return construct(ctx, t, argc, argv, METRIC_GAUGE); }
static JSValue construct_rate(JSContext *ctx, JSValueConst t, int argc, JSValueConst *argv) { return construct(ctx, t, argc, argv, METRIC_RATE); }
static JSValue construct_trend(JSContext *ctx, JSValueConst t, int argc, JSValueConst *argv) { return construct(ctx, t, argc, argv, METRIC_TREND); }

static const char *const names[] = {"Counter", "Gauge", "Rate", "Trend", NULL};

static JSValue make(JSContext *ctx) {
    static JSCFunction *const constructors[] = {construct_counter, construct_gauge, construct_rate, construct_trend};
    JSValue v = JS_NewObject(ctx);
    for (int i = 0; i < TYPES && !JS_IsException(v); i++)
        js_set(ctx, v, names[i], js_class_function(ctx, &classes[i], constructors[i], names[i], 1));
    return v;
}
extern const struct module_row module_k6_metrics;
const struct module_row module_k6_metrics = {.name = "k6/metrics", .make = make, .exports = names};
