/* `halftime compare`: two kept runs, and whether the second is slower. */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "cli/text_table.h"
#include "ledger/ledger_compare.h"
#include "report/humanize.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define BOLD   "\x1b[1m"
#define FAINT  "\x1b[2m"
#define RED    "\x1b[31m"
#define GREEN  "\x1b[32m"
#define YELLOW "\x1b[33m"
#define OFF    "\x1b[0m"

enum { COMPARE_SLOWER = 1, COMPARE_TOO_LITTLE = 2 };

static const struct flag compare_flags[] = {
    {"baseline", 0, FLAG_TEXT, "label", NULL, NULL, NULL, NULL,
        "compare with the newest finished run of this label that is older; then only one run is named, or "
        "none for the "
        "newest"},
    {"matters", 0, FLAG_TEXT, "percent", "5", NULL, NULL, NULL,
        "a change of a response time by less than this does not matter"},
    {"at-least", 0, FLAG_TEXT, "ms", "0.5", NULL, NULL, NULL,
        "nor does a change by less than so many milliseconds"},
    {"skip", 0, FLAG_INT, "seconds", "0", NULL, NULL, NULL,
        "leave out the first seconds of both runs (warming up)"},
    {"json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "JSON instead of text"},
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag *const tables[] = {compare_flags, NULL};

static void print_help(void) {
    printf(
        "Did it get slower? Compares run B with run A, endpoint by endpoint: p50, p95 and p99 of the "
        "response times, each\n"
        "with the interval in which the change lies with 99 %% confidence (over all endpoints together), "
        "requests per\n"
        "second, and the share of failures. What chance alone may do is worked out from the seconds of both "
        "runs.\n\n"
        "Usage:\n  halftime compare A B [flags]\n  halftime compare [B] --baseline LABEL [flags]\n\n"
        "A and B are numbers of runs (`halftime runs` lists them), or \"last\", \"last-1\" …\n\nExamples:\n"
        "  halftime compare 17 18\n  halftime compare last --baseline release\n\nFlags:\n");
    flags_print(tables, stdout);
    printf("\nExit codes:\n"
           "  0    B is the same as A, or faster\n"
           "  1    B is slower, or fails more\n"
           "  2    too little was measured to say: run longer\n"
           "  255  bad flags, no such run, or the ledger cannot be read\n");
}

struct comparing {
    struct runs_call call; /* for its words */
    struct ledger *ledger;
    struct ledger_compare_options o;
    struct ledger_comparison result;
    size_t terminal;
    bool json;
};

/* --- text --- */

static const char *paint(const struct comparing *c, const char *colour) {
    return c->terminal ? colour : "";
}

static const char *verdict_colour(enum comparison_verdict v) {
    return v == COMPARISON_SLOWER   ? RED
           : v == COMPARISON_FASTER ? GREEN
           : v == COMPARISON_SAME   ? NULL
                                    : FAINT;
}

static const struct text_column columns[] = {
    {"METHOD", TEXT_LEFT, false},
    {"NAME", TEXT_LEFT, true},
    {"", TEXT_LEFT, false},
    {"A", TEXT_RIGHT, false},
    {"B", TEXT_RIGHT, false},
    {"CHANGE", TEXT_RIGHT, false},
    {"BETWEEN", TEXT_RIGHT, false},
    {"VERDICT", TEXT_LEFT, false},
};

static const char *signed_ms(double ms, char out[RUNS_TIME_BYTES]) {
    double size = fabs(ms);
    snprintf(out, RUNS_TIME_BYTES, "%+.*f", size >= 100 ? 0 : size >= 10 ? 1 : 2, ms);
    return out;
}

static int start_line(struct text_table *t, const struct ledger_compared *row, bool first, const char *what) {
    bool total = !row->name.len && !row->method.len;
    int e = text_table_cell(t, NULL, "%.*s", first ? (int)row->method.len : 0, first ? row->method.ptr : "");
    e = e < 0 ? e
              : text_table_cell(t, NULL, "%.*s",
                    !first  ? 0
                    : total ? 12
                            : (int)row->name.len,
                    total ? "all together" : row->name.ptr);
    return e < 0 ? e : text_table_cell(t, NULL, "%s", what);
}

static int add_times(struct text_table *t, const struct ledger_compared *row, size_t q) {
    const struct comparison *k = &row->quantiles[q];
    char what[16], a[RUNS_TIME_BYTES], b[RUNS_TIME_BYTES], low[RUNS_TIME_BYTES], high[RUNS_TIME_BYTES];
    bool measured = k->verdict != COMPARISON_TOO_LITTLE;

    snprintf(what, sizeof what, "p%.0f ms", 100 * ledger_compare_quantiles[q]);
    int e = start_line(t, row, q == 0, what);
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(k->before, a));
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(k->after, b));
    e = e < 0           ? e
        : k->before > 0 ? text_table_cell(t, verdict_colour(k->verdict), "%+.1f %%",
                              100 * (k->after - k->before) / k->before)
                        : text_table_cell(t, NULL, "–");
    e = e < 0 ? e
              : text_table_cell(t, FAINT, measured ? "%s … %s" : "%s%s",
                    measured ? signed_ms(k->low, low) : "–", measured ? signed_ms(k->high, high) : "");
    return e < 0 ? e : text_table_cell(t, verdict_colour(k->verdict), "%s", comparison_word(k->verdict));
}

static int add_shares(struct text_table *t, const struct ledger_compared *row, const struct comparison *k,
    const char *what, double unit) {
    static const char *const words[] = {[COMPARISON_SLOWER] = "more", [COMPARISON_FASTER] = "fewer"};
    bool rate = k == &row->rate, moved = k->verdict == COMPARISON_SLOWER || k->verdict == COMPARISON_FASTER;
    /* Of the rate, faster means more. */
    const char *word =
        !moved ? comparison_word(k->verdict)
               : words[rate ? COMPARISON_SLOWER + COMPARISON_FASTER - (int)k->verdict : (int)k->verdict];
    const char *colour = rate && moved ? YELLOW : verdict_colour(k->verdict);
    int e = start_line(t, row, false, what);

    e = e < 0 ? e : text_table_cell(t, NULL, "%.*f", rate ? 1 : 2, unit * k->before);
    e = e < 0 ? e : text_table_cell(t, NULL, "%.*f", rate ? 1 : 2, unit * k->after);
    e = e < 0 ? e
        : rate && k->before > 0
            ? text_table_cell(t, colour, "%+.1f %%", 100 * (k->after - k->before) / k->before)
            : text_table_cell(t, colour, "%+.2f", unit * (k->after - k->before));
    e = e < 0 ? e
        : k->verdict == COMPARISON_TOO_LITTLE
            ? text_table_cell(t, FAINT, "–")
            : text_table_cell(t, FAINT, "%+.2f … %+.2f", unit * k->low, unit * k->high);
    return e < 0 ? e : text_table_cell(t, colour, "%s", word);
}

static int add_row(struct text_table *t, const struct ledger_compared *row) {
    int e = 0;
    for (size_t q = 0; q < LEDGER_COMPARE_QUANTILES && e == 0; q++)
        e = add_times(t, row, q);
    e = e < 0 ? e : add_shares(t, row, &row->rate, "per s", 1);
    return e < 0 || (row->errors.before == 0 && row->errors.after == 0)
               ? e
               : add_shares(t, row, &row->errors, "failed %", 100);
}

static int print_run(void *ctx, const struct ledger_run *r) {
    const struct comparing *c = ctx;
    char time[RUNS_TIME_BYTES], count[HUMANIZE_MAX];
    bool first = r->id == c->o.before;

    printf("%s%s%s  run %" PRId64 "  %s  %.*s %.*s  %s requests%s%.*s%s%s\n", paint(c, BOLD),
        first ? "A" : "B", paint(c, OFF), r->id, runs_time(r->started_ms, time), VIEW_ARGS(r->tool),
        VIEW_ARGS(r->script), humanize_count((uint64_t)r->requests, count), r->label.len ? "  [" : "",
        VIEW_ARGS(r->label), r->label.len ? "]" : "", r->state == LEDGER_RUN_ENDED ? "" : "  (not finished)");
    return 0;
}

static int print_text(struct comparing *c, struct error *err) {
    const struct ledger_comparison *k = &c->result;
    const char *colour = k->end == LEDGER_COMPARE_WORSE  ? RED
                         : k->end == LEDGER_COMPARE_GOOD ? GREEN
                                                         : YELLOW;
    struct text_table t;

    printf("%s%s%.*s%s\n\n", paint(c, BOLD), paint(c, colour), VIEW_ARGS(buf_view(&k->words)), paint(c, OFF));
    int r = ledger_run_get(c->ledger, c->o.before, print_run, c, err);
    r = r < 0 ? r : ledger_run_get(c->ledger, c->o.after, print_run, c, err);
    if (r < 0)
        return r;
    fputc('\n', stdout);
    text_table_init(&t, columns, sizeof columns / sizeof *columns);
    for (size_t i = 0; i < k->count && k->count > 1 && r == 0; i++)
        r = add_row(&t, &k->rows[i]);
    r = r < 0 ? r : add_row(&t, k->count == 1 ? &k->rows[0] : &k->total);
    if (r == 0)
        text_table_print(&t, c->terminal, stdout);
    text_table_deinit(&t);
    if (k->only_before || k->only_after)
        printf("\nNot compared: %zu endpoints that only A has, %zu that only B has.\n", k->only_before,
            k->only_after);
    if (k->left_out)
        printf("\nOnly the %d endpoints with most requests are compared one by one; %zu more are in the "
               "total.\n",
            LEDGER_COMPARE_ENDPOINTS_MAX, k->left_out);
    return r < 0 ? error_set(err, r, "%s", error_name(r)) : 0;
}

/* --- JSON --- */

static void json_change(struct json_writer *w, const struct comparison *k) {
    const struct {
        struct view key;
        double value;
    } figures[] = {{VIEW("before"), k->before}, {VIEW("after"), k->after}, {VIEW("low"), k->low},
        {VIEW("high"), k->high}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        json_writer_key(w, figures[i].key);
        json_writer_double(w, figures[i].value);
    }
    json_writer_key(w, VIEW("verdict"));
    json_writer_string(w, view_of_cstr(comparison_word(k->verdict)));
}

static void json_row(struct json_writer *w, const struct ledger_compared *row) {
    json_writer_object(w);
    json_writer_key(w, VIEW("method"));
    json_writer_string(w, row->method);
    json_writer_key(w, VIEW("name"));
    json_writer_string(w, row->name);
    json_member_array(w, "requests");
    json_writer_u64(w, row->requests[0]);
    json_writer_u64(w, row->requests[1]);
    json_writer_end(w);
    json_member_array(w, "quantiles");
    for (size_t q = 0; q < LEDGER_COMPARE_QUANTILES; q++) {
        json_writer_object(w);
        json_writer_key(w, VIEW("p"));
        json_writer_double(w, ledger_compare_quantiles[q]);
        json_change(w, &row->quantiles[q]);
        json_writer_end(w);
    }
    json_writer_end(w);
    json_writer_key(w, VIEW("rps"));
    json_writer_object(w);
    json_change(w, &row->rate);
    json_writer_end(w);
    json_writer_key(w, VIEW("error_rate"));
    json_writer_object(w);
    json_change(w, &row->errors);
    json_writer_end(w);
    json_writer_end(w);
}

static int print_json(struct comparing *c, struct error *err) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct json_writer w = json_writer_of(&out);

    w.indent = 2;
    json_writer_object(&w);
    json_writer_key(&w, VIEW("before"));
    json_writer_i64(&w, c->o.before);
    json_writer_key(&w, VIEW("after"));
    json_writer_i64(&w, c->o.after);
    json_writer_key(&w, VIEW("verdict"));
    json_writer_string(&w, view_of_cstr(comparison_word(c->result.verdict)));
    json_writer_key(&w, VIEW("text"));
    json_writer_string(&w, buf_view(&c->result.words));
    json_writer_key(&w, VIEW("total"));
    json_row(&w, &c->result.total);
    json_member_array(&w, "endpoints");
    for (size_t i = 0; i < c->result.count; i++)
        json_row(&w, &c->result.rows[i]);
    json_writer_end(&w);
    json_writer_end(&w);
    if (json_writer_error(&w) < 0)
        return error_set(err, json_writer_error(&w), "%s", error_name(json_writer_error(&w)));
    printf("%.*s\n", VIEW_ARGS(buf_view(&out)));
    return 0;
}

/* --- flags --- */

static int read_number(const struct comparing *c, const char *flag, double fallback, double most, double *out,
    struct error *err) {
    const char *text = runs_flag(&c->call, flag);

    *out = fallback;
    if (text && (!view_to_double(view_of_cstr(text), out) || *out < 0 || *out > most))
        return error_set(
            err, ERROR_INVALID, "--%s must be a number from 0 to %g, not %.100s", flag, most, text);
    return 0;
}

static int pick_runs(struct comparing *c, struct error *err) {
    const struct flag_result *f = &c->call.flags;
    const char *baseline = runs_flag(&c->call, "baseline");
    size_t wanted = baseline ? 1 : 2;

    if (f->arg_count > wanted)
        return error_set(err, ERROR_INVALID,
            baseline ? "with --baseline only one run is named" : "two runs, not %zu", f->arg_count);
    if (!baseline && f->arg_count < 2)
        return error_set(
            err, ERROR_INVALID, "which two runs? halftime compare 17 18; `halftime runs` lists them");
    int r = runs_id(c->ledger, f->arg_count ? f->args[f->arg_count - 1] : "last", &c->o.after, err);
    if (r < 0)
        return r;
    return baseline ? runs_labelled(c->ledger, baseline, c->o.after, &c->o.before, err)
                    : runs_id(c->ledger, f->args[0], &c->o.before, err);
}

static int read_flags(struct comparing *c, struct error *err) {
    double percent, skip_s;
    int r = read_number(c, "matters", 5, 1000, &percent, err);

    r = r < 0 ? r : read_number(c, "at-least", 0.5, 1e9, &c->o.matters_least_ms, err);
    r = r < 0 ? r : read_number(c, "skip", 0, 1e9, &skip_s, err);
    if (r < 0)
        return r;
    /* 0 means "as usual" further down. */
    c->o.matters = fmax(percent / 100, 1e-9);
    c->o.matters_least_ms = fmax(c->o.matters_least_ms, 1e-9);
    c->o.from_s[0] = c->o.from_s[1] = (int64_t)skip_s;
    c->json = runs_flag_set(&c->call, "json");
    c->terminal = text_table_terminal(stdout);
    return 0;
}

static int compare(struct comparing *c) {
    static const int codes[] = {[LEDGER_COMPARE_GOOD] = EXIT_CODE_OK,
        [LEDGER_COMPARE_WORSE] = COMPARE_SLOWER,
        [LEDGER_COMPARE_TOO_LITTLE] = COMPARE_TOO_LITTLE};
    struct error err = ERROR_NULL;
    int r = read_flags(c, &err);

    r = r < 0 ? r : runs_open(&c->ledger, runs_flag(&c->call, "ledger"), LEDGER_READ, &err);
    r = r < 0 ? r : pick_runs(c, &err);
    r = r < 0 ? r : ledger_compare(c->ledger, &c->o, &c->result, &err);
    r = r != 0 ? r : c->json ? print_json(c, &err) : print_text(c, &err);
    int code = r != 0 ? runs_refuse(&c->call, "%s", err.text) : codes[c->result.end];
    if (fflush(stdout) != 0)
        code = runs_refuse(&c->call, "standard output: %s", strerror(errno));
    ledger_comparison_deinit(&c->result);
    ledger_free(c->ledger);
    return code;
}

int cmd_compare(int argc, char **argv) {
    struct comparing c = {.call = {.name = "halftime compare", .tables = tables, .flags = FLAG_RESULT_NULL}};
    struct error err = ERROR_NULL;
    int code;

    if (flags_parse(tables, argc, argv, &c.call.flags, &err) < 0) {
        code = runs_refuse(&c.call, "%s\n`halftime compare --help` tells the flags.", err.text);
    } else if (c.call.flags.help) {
        print_help();
        code = EXIT_CODE_OK;
    } else {
        code = compare(&c);
    }
    flags_deinit(&c.call.flags);
    return code;
}
