#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "cli/text_table.h"
#include "core/duration.h"
#include "report/humanize.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define RED    "\x1b[31m"
#define YELLOW "\x1b[33m"
#define GREEN  "\x1b[32m"
#define FAINT  "\x1b[2m"

enum { LIST_RUNS = 20 };

struct listing {
    struct text_table table;
    struct json_writer json;
    size_t runs;
};

static const struct text_column columns[] = {
    {"RUN", TEXT_RIGHT, false},
    {"STARTED", TEXT_LEFT, false},
    {"TOOL", TEXT_LEFT, false},
    {"SCRIPT", TEXT_LEFT, true},
    {"LABEL", TEXT_LEFT, true},
    {"TOOK", TEXT_RIGHT, false},
    {"USERS", TEXT_RIGHT, false},
    {"REQUESTS", TEXT_RIGHT, false},
    {"FAILED", TEXT_RIGHT, false},
    {"p50 ms", TEXT_RIGHT, false},
    {"p95 ms", TEXT_RIGHT, false},
    {"p99 ms", TEXT_RIGHT, false},
    {"OUTCOME", TEXT_LEFT, true},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

/* A URL whole, of a path its file. */
static struct view short_name(struct view script) {
    if (view_find_view(script, VIEW("://")) >= 0)
        return script;
    for (size_t i = script.len; i-- > 0;)
        if (script.ptr[i] == '/')
            return view_drop(script, i + 1);
    return script;
}

static const char *took(double s, char out[RUNS_TIME_BYTES]) {
    if (s < 60)
        snprintf(out, RUNS_TIME_BYTES, "%.0fs", s);
    else if (s < 3600)
        snprintf(out, RUNS_TIME_BYTES, "%dm%02ds", (int)s / 60, (int)s % 60);
    else
        snprintf(out, RUNS_TIME_BYTES, "%dh%02dm", (int)s / 3600, (int)s / 60 % 60);
    return out;
}

static const char *outcome_colour(const struct ledger_run *r) {
    if (r->state == LEDGER_RUN_RUNNING)
        return YELLOW;
    return r->state == LEDGER_RUN_LOST || r->exit_code != EXIT_CODE_OK ? RED : GREEN;
}

static int add_row(void *ctx, const struct ledger_run *r) {
    struct listing *l = ctx;
    struct text_table *t = &l->table;
    char time[RUNS_TIME_BYTES], a[RUNS_TIME_BYTES], b[RUNS_TIME_BYTES], c[RUNS_TIME_BYTES],
        d[RUNS_TIME_BYTES], count[HUMANIZE_MAX];
    double failed = r->requests ? 100.0 * (double)r->failures / (double)r->requests : 0;
    bool lost = r->state == LEDGER_RUN_LOST;
    int e = text_table_cell(t, NULL, "%" PRId64, r->id);

    l->runs++;
    e = e < 0 ? e : text_table_cell(t, FAINT, "%.16s", runs_time(r->started_ms, time));
    e = e < 0 ? e : text_table_cell(t, NULL, "%.*s", VIEW_ARGS(r->tool));
    e = e < 0 ? e : text_table_cell(t, NULL, "%.*s", VIEW_ARGS(short_name(r->script)));
    e = e < 0 ? e : text_table_cell(t, NULL, "%.*s", VIEW_ARGS(r->label));
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", took(ledger_run_duration_s(r), a));
    e = e < 0 ? e : text_table_cell(t, NULL, "%" PRId64, r->users_max);
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", humanize_count((uint64_t)r->requests, count));
    e = e < 0 ? e
              : text_table_cell(t, r->failures ? RED : FAINT, r->failures ? "%.2f %%" : "%.0f %%", failed);
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(r->p50_ms, b));
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(r->p95_ms, c));
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(r->p99_ms, d));
    return e < 0 ? e
                 : text_table_cell(t, outcome_colour(r), "%.*s",
                       r->state == LEDGER_RUN_ENDED ? (int)r->outcome.len : 20,
                       r->state == LEDGER_RUN_ENDED ? r->outcome.ptr
                       : lost                       ? "lost (killed)"
                                                    : "running");
}

static int add_json(void *ctx, const struct ledger_run *r) {
    struct listing *l = ctx;
    l->runs++;
    json_writer_object(&l->json);
    ledger_json_run(&l->json, r);
    json_writer_end(&l->json);
    return json_writer_error(&l->json);
}

static int list_json(struct runs_call *c, const struct ledger_run_filter *f, struct error *err) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct listing l = {.json = json_writer_of(&out)};

    l.json.indent = 2;
    json_writer_array(&l.json);
    int r = ledger_run_list(c->ledger, f, add_json, &l, err);
    json_writer_end(&l.json);
    if (r == 0 && (r = json_writer_error(&l.json)) < 0)
        error_set(err, r, "%s", error_name(r));
    if (r == 0)
        printf("%.*s\n", VIEW_ARGS(buf_view(&out)));
    return r;
}

static int list_text(struct runs_call *c, const struct ledger_run_filter *f, struct error *err) {
    struct listing l = {0};

    text_table_init(&l.table, columns, COLUMNS);
    int r = ledger_run_list(c->ledger, f, add_row, &l, err);
    if (r == -ENOMEM || r == ERROR_LIMIT)
        error_set(err, r, "%s", error_name(r));
    if (r == 0 && l.runs)
        text_table_print(&l.table, text_table_terminal(stdout), stdout);
    else if (r == 0)
        fprintf(stderr, "no runs%s in %s\n", f->label.len || f->search.len ? " of that kind" : "",
            ledger_path(c->ledger));
    text_table_deinit(&l.table);
    return r;
}

int runs_list(struct runs_call *c) {
    const char *label = runs_flag(c, "label"), *search = runs_flag(c, "search"),
               *number = runs_flag(c, "number"), *before = runs_flag(c, "before");
    struct error err = ERROR_NULL;
    int64_t n = LIST_RUNS, before_id = 0;

    if (number && (!view_to_i64(view_of_cstr(number), &n) || n < 1 || n > LEDGER_RUN_LIST_MAX))
        return runs_refuse(c, "-n must be a number from 1 to %d, not %.100s", LEDGER_RUN_LIST_MAX, number);
    if (before && (!view_to_i64(view_of_cstr(before), &before_id) || before_id < 1))
        return runs_refuse(c, "--before must be a run's number, not %.100s", before);
    struct ledger_run_filter f = {.label = view_of_cstr(label),
        .search = view_of_cstr(search),
        .before_id = before_id,
        .limit = (int)n};
    int r = runs_flag_set(c, "json") ? list_json(c, &f, &err) : list_text(c, &f, &err);
    if (r < 0)
        return runs_refuse(c, "%s", err.text);
    return fflush(stdout) == 0 ? EXIT_CODE_OK : runs_refuse(c, "standard output: %s", strerror(errno));
}
