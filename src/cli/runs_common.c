/* What the subcommands of `halftime runs`, and compare and matrix, share. */
#include "cli/exit_code.h"
#include "cli/runs_command.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *runs_flag(const struct runs_call *c, const char *name) {
    return flags_get(&c->flags, c->tables, name, NULL);
}

bool runs_flag_set(const struct runs_call *c, const char *name) {
    bool on = false;
    return flags_get_bool(&c->flags, c->tables, name, NULL, false, &on, NULL) == 0 && on;
}

int runs_refuse(const struct runs_call *c, const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "%s: ", c->name);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_CODE_USAGE;
}

int runs_open(struct ledger **out, const char *path, enum ledger_mode mode, struct error *err) {
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(4096);
    const char *env = getenv("HALFTIME_LEDGER");

    *out = NULL;
    if (!path && env && strcmp(env, "off") == 0)
        return error_set(err, ERROR_INVALID,
            "HALFTIME_LEDGER is \"off\", so no runs are kept; name a ledger with --ledger FILE");
    int r = path ? buf_printf(&text, "%s", path) : ledger_default_path(&text);
    if (r < 0)
        return error_set(
            err, r, "neither HOME nor XDG_DATA_HOME says where the ledger is; name it with --ledger FILE");
    return ledger_open(out, text.ptr, mode, err);
}

/* --- naming runs --- */

struct picked {
    int64_t skip, id;
    int64_t before;
};

static int pick(void *ctx, const struct ledger_run *r) {
    struct picked *p = ctx;
    if (p->skip-- > 0)
        return 0;
    p->id = r->id;
    return 1;
}

static int nothing(void *ctx, const struct ledger_run *r) {
    (void)ctx, (void)r;
    return 0;
}

int runs_id(struct ledger *l, const char *text, int64_t *out, struct error *err) {
    struct view v = view_of_cstr(text), rest = view_drop(v, 4);
    uint64_t back = 0;

    if (view_starts_with(v, VIEW("last")) &&
        (rest.len == 0 || (rest.ptr[0] == '-' && view_to_u64(view_drop(rest, 1), &back) && back < 1000000))) {
        struct picked p = {.skip = (int64_t)back};
        int r = ledger_run_list(l, &(struct ledger_run_filter){0}, pick, &p, err);
        *out = p.id;
        return r < 0  ? r
               : p.id ? 0
                      : error_set(err, ERROR_INVALID, "there are not so many runs in %s", ledger_path(l));
    }
    if (!view_to_i64(v, out) || *out < 1)
        return error_set(err, ERROR_INVALID,
            "a run is named by its number (`halftime runs` lists them), or \"last\", \"last-1\"; not "
            "\"%.100s\"",
            text);
    int r = ledger_run_get(l, *out, nothing, NULL, err);
    if (r == LEDGER_NOT_FOUND)
        return error_set(err, ERROR_INVALID, "there is no run %" PRId64 " in %s; `halftime runs` lists them",
            *out, ledger_path(l));
    return r;
}

static int pick_ended(void *ctx, const struct ledger_run *r) {
    struct picked *p = ctx;
    if (r->state != LEDGER_RUN_ENDED || (p->before && r->id >= p->before))
        return 0;
    p->id = r->id;
    return 1;
}

int runs_labelled(struct ledger *l, const char *label, int64_t before, int64_t *out, struct error *err) {
    struct picked p = {.before = before};
    int r =
        ledger_run_list(l, &(struct ledger_run_filter){.label = view_of_cstr(label)}, pick_ended, &p, err);
    *out = p.id;
    if (r >= 0 && !p.id)
        return error_set(err, ERROR_INVALID,
            "no finished run%s has the label \"%.100s\"; label one with `halftime runs note N --label "
            "%.100s`",
            before ? " before this one" : "", label, label);
    return r < 0 ? r : 0;
}

/* --- words and figures --- */

const char *runs_time(int64_t ms, char out[RUNS_TIME_BYTES]) {
    time_t s = (time_t)(ms / 1000);
    struct tm tm;
    if (!localtime_r(&s, &tm) || !strftime(out, RUNS_TIME_BYTES, "%Y-%m-%d %H:%M:%S", &tm))
        snprintf(out, RUNS_TIME_BYTES, "?");
    return out;
}

const char *runs_ms(double ms, char out[RUNS_TIME_BYTES]) {
    if (!isfinite(ms))
        snprintf(out, RUNS_TIME_BYTES, "–");
    else
        snprintf(out, RUNS_TIME_BYTES, "%.*f", ms >= 100 ? 0 : ms >= 10 ? 1 : 2, ms);
    return out;
}
