/* Canonical scenarios → plan->scenarios. All that is wrong with a scenario is collected and told in one sentence per scenario, in k6's
 * words; a missing exec function is told per scenario after those. Unset values get k6's defaults here and nowhere else, so that the JSON
 * which the script sees keeps its nulls. */
#include "script/js/options/options_priv.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/duration.h"

enum { SECOND_US = 1000 * 1000, GRACEFUL_US = 30 * SECOND_US, MAX_DURATION_US = 600 * SECOND_US };

struct problems {
    struct buf text;  /* "a, b" of the scenario at hand */
};

static void problem(struct problems *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
static void problem(struct problems *p, const char *fmt, ...) {
    char sentence[512];
    va_list args;

    va_start(args, fmt);
    vsnprintf(sentence, sizeof sentence, fmt, args);
    va_end(args);
    /* Beyond the cap the list of problems is long enough. */
    (void)!buf_printf(&p->text, "%s%s", p->text.len ? ", " : "", sentence);
}

static bool at_least_a_second(int64_t us) {
    return us >= SECOND_US;
}

static char *duration_text(int64_t us, char text[DURATION_TEXT_MAX]) {
    return duration_format(us * 1000, text);
}

static void check_iterations(const json_t *j, struct plan_scenario *s, struct problems *p) {
    char text[DURATION_TEXT_MAX];

    s->users = options_int(json_object_get(j, "vus"), 1);
    s->iterations = options_int(json_object_get(j, "iterations"), 1);
    s->duration_us = options_duration_us(json_object_get(j, "maxDuration"), MAX_DURATION_US);
    if (s->users <= 0)
        problem(p, "the number of VUs must be more than 0");
    if (s->executor == PLAN_PER_VU_ITERATIONS && s->iterations <= 0)
        problem(p, "the number of iterations must be more than 0");
    if (s->executor == PLAN_SHARED_ITERATIONS && s->iterations < s->users)
        problem(p, "the number of iterations (%" PRId64 ") can't be less than the number of VUs (%" PRId64 ")", s->iterations, s->users);
    if (!at_least_a_second(s->duration_us))
        problem(p, "the maxDuration must be at least 1s, but is %s", duration_text(s->duration_us, text));
}

static void check_duration(const json_t *j, struct plan_scenario *s, struct problems *p) {
    const json_t *duration = json_object_get(j, "duration");
    char text[DURATION_TEXT_MAX];

    s->duration_us = options_duration_us(duration, 0);
    if (options_unset(duration))
        problem(p, "the duration is unspecified");
    else if (!at_least_a_second(s->duration_us))
        problem(p, "the duration must be at least 1s, but is %s", duration_text(s->duration_us, text));
}

static void check_constant_vus(const json_t *j, struct plan_scenario *s, struct problems *p) {
    s->users = options_int(json_object_get(j, "vus"), 1);
    if (s->users <= 0)
        problem(p, "the number of VUs must be more than 0");
    check_duration(j, s, p);
}

static int read_stages(const json_t *j, struct plan *plan, struct plan_scenario *s) {
    const json_t *stages = json_object_get(j, "stages"), *item;
    size_t i, n = json_array_size(stages);

    s->duration_us = 0;
    s->stage_count = n;
    s->stages = arena_calloc(&plan->arena, n + 1, sizeof *s->stages);
    if (!s->stages)
        return -ENOMEM;
    json_array_foreach(stages, i, item) {
        s->stages[i].duration_us = options_duration_us(json_object_get(item, "duration"), 0);
        s->stages[i].target = options_int(json_object_get(item, "target"), 0);
        s->duration_us += s->stages[i].duration_us;
    }
    return 0;
}

static void check_stages(const json_t *j, const struct plan_scenario *s, struct problems *p) {
    const json_t *stages = json_object_get(j, "stages");

    if (!s->stage_count)
        problem(p, "at least one stage has to be specified");
    for (size_t i = 0; i < s->stage_count; i++) {
        const json_t *stage = json_array_get(stages, i);
        if (options_unset(json_object_get(stage, "duration")))
            problem(p, "stage %zu doesn't have a duration", i + 1);
        else if (s->stages[i].duration_us < 0)
            problem(p, "the duration for stage %zu can't be negative", i + 1);
        if (options_unset(json_object_get(stage, "target")))
            problem(p, "stage %zu doesn't have a target", i + 1);
        else if (s->stages[i].target < 0)
            problem(p, "the target for stage %zu can't be negative", i + 1);
    }
}

static void check_ramping_vus(const json_t *j, struct plan_scenario *s, struct problems *p) {
    bool any = false;

    s->users = options_int(json_object_get(j, "startVUs"), 1);
    s->graceful_ramp_down_us = options_duration_us(json_object_get(j, "gracefulRampDown"), GRACEFUL_US);
    if (s->graceful_ramp_down_us < 0)
        s->graceful_ramp_down_us = 0; /* k6 does not check it */
    if (s->users < 0)
        problem(p, "the number of start VUs can't be negative");
    for (size_t i = 0; i < s->stage_count; i++)
        any = any || s->stages[i].target > 0;
    if (s->users <= 0 && !any)
        problem(p, "either startVUs or one of the stages' target values must be greater than 0");
    check_stages(j, s, p);
}

static void check_pool(const json_t *j, struct plan_scenario *s, struct problems *p) {
    const json_t *users = json_object_get(j, "preAllocatedVUs"), *max = json_object_get(j, "maxVUs");

    s->users = options_int(users, 0);
    s->users_max = options_int(max, s->users);
    if (options_unset(users))
        problem(p, "the number of preAllocatedVUs isn't specified");
    else if (s->users < 0)
        problem(p, "the number of preAllocatedVUs can't be negative");
    if (s->users_max < s->users)
        problem(p, "maxVUs can't be less than preAllocatedVUs");
}

static void check_time_unit(const json_t *j, struct plan_scenario *s, struct problems *p) {
    s->time_unit_us = options_duration_us(json_object_get(j, "timeUnit"), SECOND_US);
    if (s->time_unit_us <= 0)
        problem(p, "the timeUnit must be more than 0");
}

static void check_constant_arrival_rate(const json_t *j, struct plan_scenario *s, struct problems *p) {
    const json_t *rate = json_object_get(j, "rate");

    s->rate = options_int(rate, 0);
    if (options_unset(rate))
        problem(p, "the iteration rate isn't specified");
    else if (s->rate <= 0)
        problem(p, "the iteration rate must be more than 0");
    check_time_unit(j, s, p);
    check_duration(j, s, p);
    check_pool(j, s, p);
}

static void check_ramping_arrival_rate(const json_t *j, struct plan_scenario *s, struct problems *p) {
    s->rate = options_int(json_object_get(j, "startRate"), 0);
    if (s->rate < 0)
        problem(p, "the startRate value can't be negative");
    check_time_unit(j, s, p);
    check_stages(j, s, p);
    check_pool(j, s, p);
}

static void (*const checks[PLAN_EXECUTOR_COUNT])(const json_t *, struct plan_scenario *, struct problems *) = {
    [PLAN_SHARED_ITERATIONS] = check_iterations,
    [PLAN_PER_VU_ITERATIONS] = check_iterations,
    [PLAN_CONSTANT_VUS] = check_constant_vus,
    [PLAN_RAMPING_VUS] = check_ramping_vus,
    [PLAN_CONSTANT_ARRIVAL_RATE] = check_constant_arrival_rate,
    [PLAN_RAMPING_ARRIVAL_RATE] = check_ramping_arrival_rate,
};

static bool name_valid(const char *name) {
    bool ok = *name != '\0';

    for (; *name; name++)
        ok = ok && (isalnum((unsigned char)*name) || *name == '_' || *name == '-');
    return ok;
}

struct plan_pair *options_pairs(struct arena *a, const json_t *map, size_t *count) {
    struct plan_pair *pairs = arena_calloc(a, json_object_size(map) + 1, sizeof *pairs);
    const char *key;
    json_t *value;

    *count = 0;
    if (!pairs)
        return NULL;
    json_object_foreach((json_t *)map, key, value) {
        struct plan_pair *pair = &pairs[(*count)++];
        pair->key = arena_copy(a, view_of_cstr(key));
        pair->value = arena_copy(a, options_view(value));
    }
    return pairs;
}

static int read_scenario(const char *name, const json_t *j, struct plan *plan, struct plan_scenario *s, struct problems *p) {
    const json_t *exec = json_object_get(j, "exec");

    if (!plan_executor_of_name(options_view(json_object_get(j, "executor")), &s->executor))
        return ERROR_INVALID;
    s->name = arena_copy(&plan->arena, view_of_cstr(name));
    s->exec = arena_copy(&plan->arena, options_unset(exec) ? VIEW("default") : options_view(exec));
    s->start_us = options_duration_us(json_object_get(j, "startTime"), 0);
    s->graceful_stop_us = options_duration_us(json_object_get(j, "gracefulStop"), GRACEFUL_US);
    s->env = options_pairs(&plan->arena, json_object_get(j, "env"), &s->env_count);
    s->tags = options_pairs(&plan->arena, json_object_get(j, "tags"), &s->tag_count);
    if (!s->name.ptr || !s->exec.ptr || !s->env || !s->tags || read_stages(j, plan, s))
        return -ENOMEM;
    if (!name_valid(name))
        problem(p, "the scenario name should contain only numbers, latin letters, underscores, and dashes");
    if (!s->exec.len)
        problem(p, "exec value cannot be empty");
    if (s->start_us < 0)
        problem(p, "the startTime can't be negative");
    if (s->graceful_stop_us < 0)
        problem(p, "the gracefulStop timeout can't be negative");
    checks[s->executor](j, s, p);
    if (s->users > PLAN_USERS_MAX || s->users_max > PLAN_USERS_MAX)
        problem(p, "more than %d VUs are not supported", PLAN_USERS_MAX);
    return 0;
}

static bool exported(const struct options_layers *l, struct view name) {
    if (!l->exports)
        return true;
    for (size_t i = 0; i < l->export_count; i++)
        if (view_eq(view_of_cstr(l->exports[i]), name))
            return !view_eq(name, VIEW("setup")) && !view_eq(name, VIEW("teardown")) && !view_eq(name, VIEW("handleSummary"));
    return false;
}

static int by_start_and_name(const void *a, const void *b) {
    const struct plan_scenario *x = a, *y = b;

    return x->start_us != y->start_us ? (x->start_us < y->start_us ? -1 : 1) : view_cmp(x->name, y->name);
}

static int collect(const json_t *scenarios, struct plan *out, struct buf *all) {
    struct problems p = {.text = BUF_MAX(ERROR_TEXT_MAX)};
    const char *name;
    json_t *j;
    int rc = 0;

    json_object_foreach((json_t *)scenarios, name, j) {
        rc = read_scenario(name, j, out, &out->scenarios[out->scenario_count++], &p);
        if (rc)
            break;
        if (p.text.len)
            (void)!buf_printf(all, "\n\t- scenario %s has configuration errors: %s", name, p.text.ptr);
        buf_clear(&p.text);
    }
    buf_deinit(&p.text);
    return rc;
}

int options_plan_scenarios(const json_t *scenarios, const struct options_layers *layers, struct plan *out, struct error *err) {
    struct buf all CLEANUP(buf_deinit) = BUF_MAX(ERROR_TEXT_MAX);

    out->scenario_count = 0;
    out->scenarios = arena_calloc(&out->arena, json_object_size(scenarios) + 1, sizeof *out->scenarios);
    if (!out->scenarios)
        return error_set(err, -ENOMEM, "out of memory");
    int rc = collect(scenarios, out, &all);
    if (rc)
        return error_set(err, rc, "out of memory");
    for (size_t i = 0; i < out->scenario_count; i++) {
        const struct plan_scenario *s = &out->scenarios[i];
        if (s->exec.len && !exported(layers, s->exec))
            (void)!buf_printf(&all, "\n\t- executor %.*s: function '%.*s' not found in exports", VIEW_ARGS(s->name), VIEW_ARGS(s->exec));
    }
    qsort(out->scenarios, out->scenario_count, sizeof *out->scenarios, by_start_and_name);
    if (!all.len)
        return 0;
    return error_set(err, ERROR_INVALID, "There were problems with the specified script configuration:%s", all.ptr);
}
