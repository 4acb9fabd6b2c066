/* k6/timers: the four timer functions, which are globals as well. */
#include "script/js/module.h"
#include "script/js/vu.h"

static const char *const names[] = {"setTimeout", "setInterval", "clearTimeout", "clearInterval", NULL};

static JSValue make(JSContext *ctx) {
    return js_object(ctx, vu_timer_functions, VU_TIMER_FUNCTIONS);
}
extern const struct module_row module_k6_timers;
const struct module_row module_k6_timers = {.name = "k6/timers", .make = make, .exports = names};
