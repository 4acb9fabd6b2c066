/* The plan of a test: its tables of executors, its packed form, and the arithmetic of how many users it
 * needs.
 *
 * Users over time. A scenario's planned users are a staircase: for most executors a block from its start to
 * its end with graceful stop. ramping-vus follows its ramp, and a user that ramps down may hold on for
 * gracefulRampDown more, so what is planned at t is the maximum of the ramp over the gracefulRampDown before
 * t (after the regular end: and of the users at the end), cut at end + gracefulStop. Targets count even if
 * they are reached only for an instant, so that alone a scenario plans what its description says. Between the
 * starts and ends of stages, and these moved by gracefulRampDown, that is a maximum of straight lines, hence
 * convex; so the maximum of the sum over all scenarios is found at those instants, just before or at them. */
#include "load/plan.h"

#include "core/duration.h"
#include "load/ramp.h"

#include <errno.h>
#include <stdlib.h>

enum {
    PLAN_VERSION = 3,
    PLAN_BYTES_MAX = 64 * 1024 * 1024,
    PLAN_TIME_US_MAX_YEARS = 100,
    PACKED_SCENARIO_BYTES_MIN = 15,
    PACKED_THRESHOLD_BYTES_MIN = 4,
};
#define PLAN_TIME_US_MAX ((int64_t)PLAN_TIME_US_MAX_YEARS * 366 * 86400 * 1000000)

static const struct view executor_names[PLAN_EXECUTOR_COUNT] = {
#define PLAN_EXECUTOR_ROW(id, name) [PLAN_##id] = VIEW(name),
    PLAN_EXECUTORS(PLAN_EXECUTOR_ROW)
#undef PLAN_EXECUTOR_ROW
};

void plan_init(struct plan *p) {
    *p = (struct plan){.no_setup = false};
    arena_init(&p->arena, PLAN_BYTES_MAX);
}

void plan_deinit(struct plan *p) {
    arena_deinit(&p->arena);
    *p = (struct plan){.no_setup = false};
}

const char *plan_executor_name(enum plan_executor e) {
    return executor_names[e].ptr;
}

bool plan_executor_of_name(struct view name, enum plan_executor *out) {
    for (size_t i = 0; i < PLAN_HELD_USERS; i++) {
        if (view_eq(executor_names[i], name)) {
            *out = (enum plan_executor)i;
            return true;
        }
    }
    return false;
}

bool plan_executor_is_asked(enum plan_executor e) {
    return e == PLAN_HELD_USERS || e == PLAN_STEERED_USERS || e == PLAN_STEERED_RATE;
}

bool plan_holds_users(const struct plan *p) {
    for (size_t i = 0; i < p->scenario_count; i++)
        if (p->scenarios[i].executor == PLAN_HELD_USERS)
            return true;
    return false;
}

static bool is_arrival(const struct plan_scenario *s) {
    return s->executor == PLAN_CONSTANT_ARRIVAL_RATE || s->executor == PLAN_RAMPING_ARRIVAL_RATE;
}

/* --- the packed form --- */

static void pack_pairs(struct pack_writer *w, const struct plan_pair *pairs, size_t n) {
    pack_u64(w, n);
    for (size_t i = 0; i < n; i++) {
        pack_view(w, pairs[i].key);
        pack_view(w, pairs[i].value);
    }
}

static void pack_scenario(struct pack_writer *w, const struct plan_scenario *s) {
    pack_view(w, s->name);
    pack_view(w, s->exec);
    pack_u64(w, s->executor);
    pack_i64(w, s->start_us);
    pack_i64(w, s->graceful_stop_us);
    pack_i64(w, s->graceful_ramp_down_us);
    pack_i64(w, s->users);
    pack_i64(w, s->users_max);
    pack_i64(w, s->iterations);
    pack_i64(w, s->duration_us);
    pack_i64(w, s->rate);
    pack_i64(w, s->time_unit_us);
    pack_u64(w, s->stage_count);
    for (size_t i = 0; i < s->stage_count; i++) {
        pack_i64(w, s->stages[i].duration_us);
        pack_i64(w, s->stages[i].target);
    }
    pack_pairs(w, s->env, s->env_count);
    pack_pairs(w, s->tags, s->tag_count);
    pack_double(w, s->weight);
    pack_i64(w, s->fixed_count);
}

int plan_pack(const struct plan *p, struct buf *out) {
    struct pack_writer w = pack_writer_of(out);

    pack_u64(&w, PLAN_VERSION);
    pack_u64(&w, p->scenario_count);
    for (size_t i = 0; i < p->scenario_count; i++)
        pack_scenario(&w, &p->scenarios[i]);
    pack_u64(&w, p->threshold_count);
    for (size_t i = 0; i < p->threshold_count; i++) {
        pack_view(&w, p->thresholds[i].target);
        pack_view(&w, p->thresholds[i].expression);
        pack_bool(&w, p->thresholds[i].abort_on_fail);
        pack_i64(&w, p->thresholds[i].delay_abort_us);
    }
    pack_pairs(&w, p->tags, p->tag_count);
    pack_i64(&w, p->setup_timeout_us);
    pack_i64(&w, p->teardown_timeout_us);
    pack_i64(&w, p->min_iteration_us);
    pack_i64(&w, p->requests_per_s);
    pack_bool(&w, p->no_setup);
    pack_bool(&w, p->no_teardown);
    pack_i64(&w, p->held_users);
    pack_i64(&w, p->run_time_us);
    pack_double(&w, p->spawn_rate);
    pack_double(&w, p->rate_per_s);
    pack_u64(&w, p->trace_run);
    pack_view(&w, p->host_options);
    return w.error;
}

/* Reading: what the arena cannot hold fails like a bad message, told apart by `no_memory`. */
struct reading {
    struct pack_reader r;
    struct arena *arena;
    bool no_memory;
};

static void *take(struct reading *in, size_t n, size_t size) {
    void *p = in->r.failed || n == 0 ? NULL : arena_calloc(in->arena, n, size);

    if (!p && n > 0 && !in->r.failed)
        in->no_memory = in->r.failed = true;
    return p;
}

static struct view take_view(struct reading *in) {
    struct view v = unpack_view(&in->r);

    if (in->r.failed)
        return VIEW_NULL;
    v = arena_copy(in->arena, v);
    if (!v.ptr)
        in->no_memory = in->r.failed = true;
    return v;
}

static int64_t take_time(struct reading *in) {
    int64_t t = unpack_i64(&in->r);

    if (t < 0 || t > PLAN_TIME_US_MAX)
        in->r.failed = true;
    return in->r.failed ? 0 : t;
}

static int64_t take_number(struct reading *in, int64_t max) {
    int64_t n = unpack_i64(&in->r);

    if (n < 0 || n > max)
        in->r.failed = true;
    return in->r.failed ? 0 : n;
}

static struct plan_pair *take_pairs(struct reading *in, size_t *n) {
    *n = unpack_count(&in->r, 2);
    struct plan_pair *pairs = take(in, *n, sizeof *pairs);
    for (size_t i = 0; i < *n && !in->r.failed; i++) {
        pairs[i].key = take_view(in);
        pairs[i].value = take_view(in);
    }
    return pairs;
}

static void take_scenario(struct reading *in, struct plan_scenario *s) {
    s->name = take_view(in);
    s->exec = take_view(in);
    uint64_t executor = unpack_u64(&in->r);
    if (executor >= PLAN_EXECUTOR_COUNT)
        in->r.failed = true;
    s->executor = in->r.failed ? 0 : (enum plan_executor)executor;
    s->start_us = take_time(in);
    s->graceful_stop_us = take_time(in);
    s->graceful_ramp_down_us = take_time(in);
    s->users = take_number(in, PLAN_USERS_MAX);
    s->users_max = take_number(in, PLAN_USERS_MAX);
    s->iterations = take_number(in, INT64_MAX);
    s->duration_us = take_time(in);
    s->rate = take_number(in, INT32_MAX);
    s->time_unit_us = take_time(in);
    if (s->time_unit_us == 0 && is_arrival(s))
        in->r.failed = true;
    s->stage_count = unpack_count(&in->r, 2);
    if (s->stage_count > PLAN_STAGES_MAX)
        in->r.failed = true;
    s->stages = take(in, s->stage_count, sizeof *s->stages);
    int64_t total_us = 0;
    for (size_t i = 0; i < s->stage_count && !in->r.failed; i++) {
        s->stages[i].duration_us = take_time(in);
        s->stages[i].target = take_number(in, INT32_MAX);
        total_us += s->stages[i].duration_us;
        if (total_us > PLAN_TIME_US_MAX ||
            (s->executor == PLAN_RAMPING_VUS && s->stages[i].target > PLAN_USERS_MAX))
            in->r.failed = true;
    }
    s->env = take_pairs(in, &s->env_count);
    s->tags = take_pairs(in, &s->tag_count);
    s->weight = unpack_double(&in->r);
    s->fixed_count = take_number(in, PLAN_USERS_MAX);
}

static void take_plan(struct reading *in, struct plan *p) {
    p->scenario_count = unpack_count(&in->r, PACKED_SCENARIO_BYTES_MIN);
    if (p->scenario_count > PLAN_SCENARIOS_MAX)
        in->r.failed = true;
    p->scenarios = take(in, p->scenario_count, sizeof *p->scenarios);
    for (size_t i = 0; i < p->scenario_count && !in->r.failed; i++)
        take_scenario(in, &p->scenarios[i]);
    p->threshold_count = unpack_count(&in->r, PACKED_THRESHOLD_BYTES_MIN);
    p->thresholds = take(in, p->threshold_count, sizeof *p->thresholds);
    for (size_t i = 0; i < p->threshold_count && !in->r.failed; i++) {
        p->thresholds[i].target = take_view(in);
        p->thresholds[i].expression = take_view(in);
        p->thresholds[i].abort_on_fail = unpack_bool(&in->r);
        p->thresholds[i].delay_abort_us = take_time(in);
    }
    p->tags = take_pairs(in, &p->tag_count);
    p->setup_timeout_us = take_time(in);
    p->teardown_timeout_us = take_time(in);
    p->min_iteration_us = take_time(in);
    p->requests_per_s = take_number(in, INT64_MAX);
    p->no_setup = unpack_bool(&in->r);
    p->no_teardown = unpack_bool(&in->r);
    p->held_users = take_number(in, PLAN_USERS_MAX);
    p->run_time_us = take_time(in);
    p->spawn_rate = unpack_double(&in->r);
    p->rate_per_s = unpack_double(&in->r);
    p->trace_run = unpack_u64(&in->r);
    p->host_options = take_view(in);
}

int plan_unpack(struct plan *p, struct view packed, struct error *err) {
    plan_init(p);
    struct reading in = {.r = pack_reader_of(packed), .arena = &p->arena};

    if (unpack_u64(&in.r) != PLAN_VERSION)
        in.r.failed = true;
    else
        take_plan(&in, p);
    if (!in.r.failed && in.r.rest.len == 0)
        return 0;
    plan_deinit(p);
    if (in.no_memory)
        return error_set(err, -ENOMEM, "no memory for the test plan");
    return error_set(err, ERROR_SYNTAX, "the test plan is damaged or of another version");
}

/* --- users and ends --- */

static int64_t max(int64_t a, int64_t b) {
    return a > b ? a : b;
}

static bool has_stages(const struct plan_scenario *s) {
    return s->executor == PLAN_RAMPING_VUS || s->executor == PLAN_RAMPING_ARRIVAL_RATE;
}

static int64_t greatest_target(const struct plan_scenario *s, int64_t start) {
    for (size_t i = 0; i < s->stage_count; i++)
        start = max(start, s->stages[i].target);
    return start;
}

int64_t plan_scenario_users(const struct plan_scenario *s) {
    return s->executor == PLAN_RAMPING_VUS ? greatest_target(s, s->users) : s->users;
}

int64_t plan_scenario_users_max(const struct plan_scenario *s) {
    bool steered = s->executor == PLAN_STEERED_USERS || s->executor == PLAN_STEERED_RATE;
    return is_arrival(s) || steered ? max(s->users, s->users_max) : plan_scenario_users(s);
}

int64_t plan_scenario_duration_us(const struct plan_scenario *s) {
    int64_t total_us = 0;

    if (plan_executor_is_asked(s->executor) && s->duration_us == 0)
        return PLAN_ENDLESS_US;
    if (!has_stages(s))
        return s->duration_us;
    for (size_t i = 0; i < s->stage_count; i++)
        total_us += s->stages[i].duration_us;
    return total_us;
}

int64_t plan_scenario_end_us(const struct plan_scenario *s) {
    return s->start_us + plan_scenario_duration_us(s) + s->graceful_stop_us;
}

/* The maximum of the ramp over the gracefulRampDown before `at_us` (scenario time). */
static int64_t ramp_planned(const struct plan_scenario *s, int64_t at_us, bool before) {
    int64_t duration_us = plan_scenario_duration_us(s), from_us = at_us - s->graceful_ramp_down_us,
            edge_us = 0;
    int64_t users = max(ramp_users_at(s, at_us, before), ramp_users_at(s, from_us, before));

    for (size_t i = 0; i <= s->stage_count && edge_us <= at_us; i++) {
        /* The target that a stage reaches with its end counts as reached just before, even if the next one
         * leaves it at once. */
        int64_t target = i ? s->stages[i - 1].target : s->users;
        bool last = edge_us == duration_us; /* who is there at the end stays for gracefulStop */
        if (edge_us > from_us || last)
            users = max(users, ramp_users_at(s, edge_us, true));
        if ((edge_us > from_us && edge_us < at_us) || (before && edge_us == at_us) || last)
            users = max(users, target);
        edge_us += i < s->stage_count ? s->stages[i].duration_us : 0;
    }
    return users;
}

static int64_t planned(const struct plan_scenario *s, int64_t at_us, bool before, bool utmost) {
    int64_t end_us = plan_scenario_end_us(s);

    if (at_us < s->start_us || at_us > end_us || (before ? at_us == s->start_us : at_us == end_us))
        return 0;
    if (s->executor == PLAN_RAMPING_VUS)
        return ramp_planned(s, at_us - s->start_us, before);
    return utmost ? plan_scenario_users_max(s) : plan_scenario_users(s);
}

static int64_t sum_at(const struct plan *p, int64_t at_us, bool utmost) {
    int64_t before = 0, after = 0;

    for (size_t i = 0; i < p->scenario_count; i++) {
        before += planned(&p->scenarios[i], at_us, true, utmost);
        after += planned(&p->scenarios[i], at_us, false, utmost);
    }
    return max(before, after);
}

static int64_t greatest_sum(const struct plan *p, bool utmost) {
    int64_t users = 0;

    for (size_t i = 0; i < p->scenario_count; i++) {
        const struct plan_scenario *s = &p->scenarios[i];
        int64_t edge_us = s->start_us;
        users = max(users, sum_at(p, plan_scenario_end_us(s), utmost));
        for (size_t k = 0; k <= s->stage_count; k++) {
            users = max(users, sum_at(p, edge_us, utmost));
            users = max(users, sum_at(p, edge_us + s->graceful_ramp_down_us, utmost));
            edge_us += k < s->stage_count ? s->stages[k].duration_us : 0;
        }
    }
    return users;
}

int64_t plan_users(const struct plan *p) {
    return greatest_sum(p, false);
}

int64_t plan_users_max(const struct plan *p) {
    return greatest_sum(p, true);
}

int64_t plan_end_us(const struct plan *p) {
    int64_t end_us = 0;

    for (size_t i = 0; i < p->scenario_count; i++)
        end_us = max(end_us, plan_scenario_end_us(&p->scenarios[i]));
    return end_us;
}

/* --- words --- */

/* The text of a duration, in storage that lives as long as the full expression. */
#define DURATION(us) duration_format((us)*1000, (char[DURATION_TEXT_MAX]){0})

static int describe_what(const struct plan_scenario *s, struct buf *out) {
    const char *length = DURATION(plan_scenario_duration_us(s));
    double unit_s = (double)s->time_unit_us / 1e6;

    switch (s->executor) {
    case PLAN_SHARED_ITERATIONS:
        return buf_printf(out, "%lld iterations shared among %lld VUs (maxDuration: %s",
            (long long)s->iterations, (long long)s->users, length);
    case PLAN_PER_VU_ITERATIONS:
        return buf_printf(out, "%lld iterations for each of %lld VUs (maxDuration: %s",
            (long long)s->iterations, (long long)s->users, length);
    case PLAN_CONSTANT_VUS: return buf_printf(out, "%lld looping VUs for %s (", (long long)s->users, length);
    case PLAN_RAMPING_VUS:
        return buf_printf(out, "Up to %lld looping VUs for %s over %zu stages (gracefulRampDown: %s",
            (long long)plan_scenario_users(s), length, s->stage_count, DURATION(s->graceful_ramp_down_us));
    case PLAN_CONSTANT_ARRIVAL_RATE:
        return buf_printf(out, "%.2f iterations/s for %s (maxVUs: %lld", (double)s->rate / unit_s, length,
            (long long)s->users);
    case PLAN_RAMPING_ARRIVAL_RATE:
        return buf_printf(out, "Up to %.2f iterations/s for %s over %zu stages (maxVUs: %lld",
            (double)greatest_target(s, s->rate) / unit_s, length, s->stage_count, (long long)s->users);
    case PLAN_HELD_USERS: return buf_append_view(out, VIEW("users as asked for ("));
    case PLAN_STEERED_USERS: return buf_printf(out, "looping VUs as asked for (maxVUs: %lld", (long long)s->users_max);
    case PLAN_STEERED_RATE: return buf_printf(out, "iterations/s as asked for (maxVUs: %lld", (long long)s->users_max);
    case PLAN_EXECUTOR_COUNT: break;
    }
    return ERROR_INVALID;
}

/* Appends ", fact", or the first fact behind "(". */
static int fact(struct buf *out, const char *name, struct view value) {
    const char *comma = out->ptr[out->len - 1] == '(' ? "" : ", ";
    return buf_printf(out, "%s%s: %.*s", comma, name, VIEW_ARGS(value));
}

int plan_scenario_describe(const struct plan_scenario *s, struct buf *out) {
    int r = describe_what(s, out);

    if (r == 0 && is_arrival(s) && s->users_max > s->users)
        r = buf_printf(out, "-%lld", (long long)s->users_max);
    if (r == 0 && s->exec.len && !view_eq(s->exec, VIEW("default")))
        r = fact(out, "exec", s->exec);
    if (r == 0 && s->start_us > 0)
        r = fact(out, "startTime", view_of_cstr(DURATION(s->start_us)));
    if (r == 0 && s->graceful_stop_us > 0)
        r = fact(out, "gracefulStop", view_of_cstr(DURATION(s->graceful_stop_us)));
    if (r < 0)
        return r;
    if (view_ends_with(buf_view(out), VIEW(" ("))) { /* there was nothing to say */
        out->len -= 2;
        out->ptr[out->len] = 0;
        return 0;
    }
    return buf_append_byte(out, ')');
}
