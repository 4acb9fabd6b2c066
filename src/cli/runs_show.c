/* `halftime runs show`: one run on a page of text. */
#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "cli/text_table.h"
#include "ledger/ledger_course.h"
#include "report/humanize.h"
#include "report/words.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BOLD  "\x1b[1m"
#define FAINT "\x1b[2m"
#define RED   "\x1b[31m"
#define GREEN "\x1b[32m"
#define OFF   "\x1b[0m"

enum { SHOWN_FAILURES = 20, WORDS_BYTES_MAX = 1024 * 1024 };

struct showing {
    struct runs_call *c;
    size_t terminal; /* its width; 0 = none */
    int64_t id, from_s, to_s;
    struct ledger_view *view;
    struct text_table table;
};

static const char *paint(const struct showing *s, const char *colour) {
    return s->terminal ? colour : "";
}

static void heading(const struct showing *s, const char *text) {
    printf("\n%s%s%s\n", paint(s, BOLD), text, paint(s, OFF));
}

/* --- head --- */

static void fact(const struct showing *s, const char *name, struct view text) {
    while (text.len) {
        struct view line = view_cut(&text, '\n', NULL);
        printf("  %s%-9s%s %.*s\n", paint(s, FAINT), name, paint(s, OFF), VIEW_ARGS(line));
        name = "";
    }
}

static void print_words(struct view words) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(WORDS_BYTES_MAX);

    if (words_wrap(words, "  ", "  ", &out) == 0)
        printf("%.*s", VIEW_ARGS(buf_view(&out)));
}

static int print_head(void *ctx, const struct ledger_run *r) {
    const struct showing *s = ctx;
    char started[RUNS_TIME_BYTES], text[256];
    bool good = r->state == LEDGER_RUN_ENDED && r->exit_code == 0;

    printf("%sRun %" PRId64 "%s  %.*s %.*s", paint(s, BOLD), r->id, paint(s, OFF), VIEW_ARGS(r->tool),
        VIEW_ARGS(r->script));
    printf("  %s%.*s%s\n", paint(s, good ? GREEN : RED),
        r->state == LEDGER_RUN_ENDED ? (int)r->outcome.len : 100,
        r->state == LEDGER_RUN_ENDED  ? r->outcome.ptr
        : r->state == LEDGER_RUN_LOST ? "lost: its process was killed"
                                      : "running",
        paint(s, OFF));
    int n = snprintf(text, sizeof text, "%s, %.1f s, %" PRId64 " users at most%s",
        runs_time(r->started_ms, started), ledger_run_duration_s(r), r->users_max, "");
    fact(s, "started", view_of(text, (size_t)n));
    fact(s, "command", r->command);
    fact(s, "machine", r->machine);
    fact(s, "commit", r->git_commit);
    if (r->exit_code >= 0 && (n = snprintf(text, sizeof text, "%d", r->exit_code)) > 0)
        fact(s, "exit code", view_of(text, (size_t)n));
    fact(s, "label", r->label);
    fact(s, "focus", r->focus);
    fact(s, "changes", r->changes);
    fact(s, "notes", r->notes);
    fact(s, "links", r->links);
    if (r->words.len) {
        heading(s, "What it means");
        print_words(r->words);
    }
    return 0;
}

/* --- the table --- */

static const struct text_column endpoint_columns[] = {
    {"METHOD", TEXT_LEFT, false},
    {"NAME", TEXT_LEFT, true},
    {"REQUESTS", TEXT_RIGHT, false},
    {"FAILED", TEXT_RIGHT, false},
    {"PER SECOND", TEXT_RIGHT, false},
    {"avg ms", TEXT_RIGHT, false},
    {"min", TEXT_RIGHT, false},
    {"p50", TEXT_RIGHT, false},
    {"p90", TEXT_RIGHT, false},
    {"p95", TEXT_RIGHT, false},
    {"p99", TEXT_RIGHT, false},
    {"max", TEXT_RIGHT, false},
};

static int add_row(struct text_table *t, const struct ledger_row *row, bool total) {
    const double times[] = {row->times.avg, row->times.min, row->times.p50, row->times.p90, row->times.p95,
        row->times.p99, row->times.max};
    const char *colour = total ? BOLD : NULL;
    char count[HUMANIZE_MAX], failed[HUMANIZE_MAX], ms[RUNS_TIME_BYTES];
    int e = text_table_cell(t, colour, "%.*s", VIEW_ARGS(row->method));

    e = e < 0 ? e
              : text_table_cell(t, colour, "%.*s", total ? 12 : (int)row->name.len,
                    total ? "all together" : row->name.ptr);
    e = e < 0 ? e : text_table_cell(t, colour, "%s", humanize_count(row->requests, count));
    e = e < 0 ? e
              : text_table_cell(t, row->failures ? RED : FAINT, "%s", humanize_count(row->failures, failed));
    e = e < 0 ? e
              : text_table_cell(t, colour, "%.*f", row->requests_per_s >= 100 ? 0 : 1, row->requests_per_s);
    for (size_t i = 0; i < sizeof times / sizeof *times && e == 0; i++)
        e = text_table_cell(t, colour, "%s", runs_ms(times[i], ms));
    return e;
}

static int print_table(struct showing *s, struct error *err) {
    struct ledger_table t;
    int r = ledger_view_table(s->view, s->from_s, s->to_s, &t, err);

    if (r < 0)
        return r;
    heading(s, "Requests");
    if (!t.total.requests) {
        printf("  none were measured%s\n", s->from_s || s->to_s != LEDGER_VIEW_END ? " in this window" : "");
        return 0;
    }
    text_table_init(&s->table, endpoint_columns, sizeof endpoint_columns / sizeof *endpoint_columns);
    for (size_t i = 0; i < t.count && r == 0; i++)
        r = add_row(&s->table, &t.rows[i], false);
    r = r < 0 ? r : add_row(&s->table, &t.total, true);
    if (r == 0)
        text_table_print(&s->table, s->terminal, stdout);
    text_table_deinit(&s->table);
    if (s->from_s > 0 || s->to_s != LEDGER_VIEW_END)
        printf("of seconds %" PRId64 " to %" PRId64 "\n", t.window.from_s, t.window.to_s);
    return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

/* --- checks, thresholds, failures --- */

static int print_checks(struct showing *s, struct error *err) {
    struct ledger_checks c;
    int r = ledger_view_checks(s->view, s->from_s, s->to_s, &c, err);

    if (r < 0 || !c.count)
        return r;
    heading(s, "Checks");
    for (size_t i = 0; i < c.count; i++) {
        const struct ledger_check *k = &c.rows[i];
        struct view group = view_starts_with(k->group, VIEW("::")) ? view_drop(k->group, 2) : k->group;
        printf("  %s%s%s %.*s%s%.*s  %s%" PRIu64 " of %" PRIu64 " passed%s\n",
            paint(s, k->fails ? RED : GREEN), k->fails ? "✗" : "✓", paint(s, OFF), VIEW_ARGS(group),
            group.len ? " › " : "", VIEW_ARGS(k->name), paint(s, FAINT), k->passes, k->passes + k->fails,
            paint(s, OFF));
    }
    return 0;
}

static int print_threshold(void *ctx, const struct ledger_threshold *t) {
    struct showing *s = ctx;

    printf("  %s%s%s %.*s  %.*s", paint(s, t->ok ? GREEN : RED), t->ok ? "✓" : "✗", paint(s, OFF),
        VIEW_ARGS(t->target), VIEW_ARGS(t->expression));
    if (isfinite(t->observed))
        printf("  %sit was %.6g%s", paint(s, FAINT), t->observed, paint(s, OFF));
    printf("%s\n", t->aborted ? "; this ended the run" : "");
    return 0;
}

static int count_threshold(void *ctx, const struct ledger_threshold *t) {
    (void)t;
    ++*(size_t *)ctx;
    return 0;
}

static int print_thresholds(struct showing *s, struct error *err) {
    size_t n = 0;
    int r = ledger_threshold_each(s->c->ledger, s->id, count_threshold, &n, err);
    if (r < 0 || !n)
        return r;
    heading(s, "Thresholds");
    return ledger_threshold_each(s->c->ledger, s->id, print_threshold, s, err);
}

static int print_failures(struct showing *s, struct error *err) {
    struct ledger_failures f;
    int r = ledger_view_failures(s->view, s->from_s, s->to_s, &f, err);

    if (r < 0 || !f.count)
        return r;
    heading(s, "Failures");
    for (size_t i = 0; i < f.count && i < SHOWN_FAILURES; i++) {
        const struct ledger_failure *k = &f.rows[i];
        char count[HUMANIZE_MAX];
        printf("  %s%8s%s  %.*s %.*s  %.*s", paint(s, RED), humanize_count(k->count, count), paint(s, OFF),
            VIEW_ARGS(k->method), VIEW_ARGS(k->name), VIEW_ARGS(k->error));
        if (k->correlation.len)
            printf("  %sfor example %.*s%s", paint(s, FAINT), VIEW_ARGS(k->correlation), paint(s, OFF));
        fputc('\n', stdout);
    }
    if (f.count > SHOWN_FAILURES)
        printf("  … and %zu more kinds; `halftime runs export` has them all\n", f.count - SHOWN_FAILURES);
    return 0;
}

static int print_exceptions(struct showing *s, struct error *err) {
    struct ledger_exceptions x;
    int r = ledger_view_exceptions(s->view, &x, err);

    if (r < 0 || !x.count)
        return r;
    heading(s, "Exceptions");
    for (size_t i = 0; i < x.count && i < SHOWN_FAILURES; i++)
        printf("  %8" PRIu64 "  %.*s\n", x.rows[i].count, VIEW_ARGS(x.rows[i].text));
    return 0;
}

static int show_text(struct showing *s, struct error *err) {
    int r = ledger_run_get(s->c->ledger, s->id, print_head, s, err);
    r = r < 0 ? r : print_table(s, err);
    r = r < 0 ? r : print_checks(s, err);
    r = r < 0 ? r : print_thresholds(s, err);
    r = r < 0 ? r : print_failures(s, err);
    return r < 0 ? r : print_exceptions(s, err);
}

/* --- JSON --- */

static int json_head(void *ctx, const struct ledger_run *r) {
    ledger_json_run(ctx, r);
    return 0;
}

static int show_json(struct showing *s, struct error *err) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct json_writer w = json_writer_of(&out);
    struct ledger_table t;

    w.indent = 2;
    json_writer_object(&w);
    int r = ledger_run_get(s->c->ledger, s->id, json_head, &w, err);
    r = r < 0 ? r : ledger_view_table(s->view, s->from_s, s->to_s, &t, err);
    if (r < 0)
        return r;
    json_member_array(&w, "rows");
    for (size_t i = 0; i < t.count; i++)
        ledger_json_row(&w, &t.rows[i]);
    json_writer_end(&w);
    json_writer_key(&w, VIEW("total"));
    ledger_json_row(&w, &t.total);
    json_writer_end(&w);
    if (json_writer_error(&w) < 0)
        return error_set(err, json_writer_error(&w), "%s", error_name(json_writer_error(&w)));
    printf("%.*s\n", VIEW_ARGS(buf_view(&out)));
    return 0;
}

static bool read_second(const struct runs_call *c, const char *flag, int64_t *out) {
    const char *text = runs_flag(c, flag);
    return !text || (view_to_i64(view_of_cstr(text), out) && *out >= 0);
}

int runs_show(struct runs_call *c) {
    struct showing s = {.c = c, .terminal = text_table_terminal(stdout), .to_s = LEDGER_VIEW_END};
    struct error err = ERROR_NULL;

    if (!read_second(c, "from", &s.from_s) || !read_second(c, "to", &s.to_s))
        return runs_refuse(c, "--from and --to are seconds of the load: whole numbers from 0");
    int r = runs_id(c->ledger, c->flags.args[0], &s.id, &err);
    r = r < 0 ? r : ledger_view_new(&s.view, c->ledger, s.id, &err);
    r = r < 0 ? r : runs_flag_set(c, "json") ? show_json(&s, &err) : show_text(&s, &err);
    ledger_view_free(s.view);
    if (r < 0)
        return runs_refuse(c, "%s", err.text);
    return fflush(stdout) == 0 ? EXIT_CODE_OK : runs_refuse(c, "standard output: %s", strerror(errno));
}
