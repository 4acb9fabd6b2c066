#include "cli/judge_flags.h"

#include "core/duration.h"

#include <stdlib.h>

const struct flag judge_flags[] = {
    {"cost", 0, FLAG_TEXT, "price", NULL, NULL, "HALFTIME_COST", NULL,
        "what the target costs an hour, in any currency: the end tells what a million requests cost, and "
        "what could be "
        "taken away"},
    {"apdex", 0, FLAG_TEXT, "time", NULL, NULL, NULL, NULL,
        "the end tells Apdex for this target, such as 500ms: satisfied within it, tolerating up to four "
        "times of it"},
    {0},
};

static const char *environment(const char *name) {
    return getenv(name);
}

static const struct flag *const tables[] = {judge_flags, NULL};

int judge_flags_read(const struct flag_result *r, struct diagnosis_options *out, struct error *err) {
    const char *cost = flags_get(r, tables, "cost", environment),
               *apdex = flags_get(r, tables, "apdex", environment);
    struct error ignored = ERROR_NULL;
    int64_t ns = 0;

    *out = (struct diagnosis_options){.slo_quantile = 0.95};
    if (cost && (!view_to_double(view_of_cstr(cost), &out->cost_per_hour) || out->cost_per_hour < 0))
        return error_set(
            err, ERROR_INVALID, "--cost must be a price per hour such as 1.20, not %.100s", cost);
    if (apdex && (duration_parse(view_of_cstr(apdex), false, true, &ns, &ignored) < 0 || ns <= 0))
        return error_set(err, ERROR_INVALID, "--apdex must be a time such as 500ms, not %.100s", apdex);
    out->apdex_ms = (double)ns / 1e6;
    return 0;
}
