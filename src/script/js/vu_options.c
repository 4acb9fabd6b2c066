/* k6 writes the consolidated options back into the object that the script exports, in every VU: `options.vus` is what --vus said. Values
 * that are as the script wrote them are left alone, so that thousands of VUs do not each get a copy of what they have. */
#include "script/js/vu.h"

#include "script/js/host_priv.h"
#include "script/js/module.h"

/* Equal as JSON. */
static bool same(JSContext *ctx, JSValueConst a, JSValueConst b) {
    JSValue x = JS_JSONStringify(ctx, a, JS_UNDEFINED, JS_UNDEFINED), y = JS_JSONStringify(ctx, b, JS_UNDEFINED, JS_UNDEFINED);
    bool equal = !JS_IsException(x) && !JS_IsException(y) && JS_StrictEq(ctx, x, y);

    if (JS_IsException(x) || JS_IsException(y))
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, x);
    JS_FreeValue(ctx, y);
    return equal;
}

/* 0, or -1 with an exception pending (a frozen object, a throwing setter). */
static int write_one(JSContext *ctx, JSValueConst options, JSValueConst all, JSAtom key) {
    JSValue value = JS_GetProperty(ctx, all, key), own = JS_GetProperty(ctx, options, key);
    int r = 0;

    if (JS_IsException(own))
        r = -1;
    else if (!JS_IsNull(value) && !same(ctx, own, value))
        r = JS_SetProperty(ctx, options, key, JS_DupValue(ctx, value)) < 0 ? -1 : 0;
    JS_FreeValue(ctx, value);
    JS_FreeValue(ctx, own);
    return r;
}

void vu_options_write_back(struct vu *vu) {
    const struct plan *plan = vu->host->plan;
    JSContext *ctx = vu->ctx;
    JSPropertyEnum *names = NULL;
    uint32_t count = 0;

    if (!plan || !plan->host_options.len || !JS_IsObject(vu->exports))
        return;
    JSValue options = JS_GetPropertyStr(ctx, vu->exports, "options");
    JSValue all = JS_IsObject(options) ? js_json_read(ctx, plan->host_options, "options") : JS_UNDEFINED;
    bool failed = JS_IsException(options) || JS_IsException(all) ||
        (JS_IsObject(all) && JS_GetOwnPropertyNames(ctx, &names, &count, all, JS_GPN_STRING_MASK) < 0);
    for (uint32_t i = 0; i < count; i++) {
        failed = failed || write_one(ctx, options, all, names[i].atom) < 0;
        JS_FreeAtom(ctx, names[i].atom);
    }
    js_free(ctx, names);
    if (failed) /* a script that froze its options keeps them as they are */
        JS_FreeValue(ctx, JS_GetException(ctx));
    JS_FreeValue(ctx, all);
    JS_FreeValue(ctx, options);
}
