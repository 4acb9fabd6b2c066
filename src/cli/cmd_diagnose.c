/* `halftime diagnose`: what broke first in a kept run. */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "cli/text_table.h"
#include "core/duration.h"
#include "diagnosis/diagnosis_json.h"
#include "ledger/ledger_diagnosis.h"
#include "report/first_break.h"
#include "report/words.h"

#include <string.h>

enum { DIAGNOSE_BYTES_MAX = 4 * 1024 * 1024 };

static const struct flag diagnose_flags[] = {
    {"json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "JSON instead of text"},
    {"slo", 0, FLAG_DURATION, "time", NULL, NULL, NULL, NULL,
        "what 19 of 20 requests may take, such as 300ms: a run that misses it without a cause is said to be "
        "unclear, one "
        "that holds it easily to be too large"},
    {"apdex", 0, FLAG_DURATION, "time", "500ms", NULL, NULL, NULL,
        "the target of Apdex: satisfied within it, tolerating up to four times of it"},
    {"cost", 0, FLAG_TEXT, "price", NULL, NULL, NULL, NULL,
        "what the target costs an hour, in any currency: then the cost of a million requests is told, and "
        "what could be taken away"},
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag *const tables[] = {diagnose_flags, NULL};

struct diagnosing {
    struct runs_call call;
    struct ledger *ledger;
    struct diagnosis_options o;
    struct ledger_diagnosis result;
    int64_t run;
};

static void print_help(void) {
    printf("What broke first? Reads the course of a kept run, what was observed of the target (--observe) "
           "and its traces, and names\n"
           "the causes, the most important first, each with evidence, confidence and a remedy. Without "
           "observation it says what\n"
           "response times and statuses alone can tell, and \"I can't tell\" when they can't. "
           "docs/DIAGNOSIS.md lists the kinds.\n\n"
           "Usage:\n  halftime diagnose [RUN] [flags]\n\n"
           "RUN is the number of a run (`halftime runs` lists them), or \"last\" (the default), \"last-1\" … "
           "It may still go on.\n\n"
           "Examples:\n  halftime diagnose\n  halftime diagnose 17 --json\n  halftime diagnose last --slo "
           "300ms --cost 1.20\n\nFlags:\n");
    flags_print(tables, stdout);
    printf("\nExit codes:\n"
           "  0    the run was looked at, whatever was found\n"
           "  255  bad flags, no such run, or the ledger cannot be read\n");
}

static int read_ms(const struct diagnosing *d, const char *flag, double *out_ms, struct error *err) {
    const char *text = runs_flag(&d->call, flag);
    struct error ignored = ERROR_NULL;
    int64_t ns;
    *out_ms = 0;
    if (!text)
        return 0;
    if (duration_parse(view_of_cstr(text), false, true, &ns, &ignored) < 0 || ns <= 0)
        return error_set(err, ERROR_INVALID, "--%s must be a time such as 300ms, not %.100s", flag, text);
    *out_ms = (double)ns / 1e6;
    return 0;
}

static int read_flags(struct diagnosing *d, struct error *err) {
    const char *cost = runs_flag(&d->call, "cost");
    int r = read_ms(d, "slo", &d->o.slo_ms, err);
    r = r < 0 ? r : read_ms(d, "apdex", &d->o.apdex_ms, err);
    if (r == 0 && cost &&
        (!view_to_double(view_of_cstr(cost), &d->o.cost_per_hour) || d->o.cost_per_hour < 0))
        return error_set(
            err, ERROR_INVALID, "--cost must be a price per hour such as 1.20, not %.100s", cost);
    d->o.slo_quantile = 0.95;
    if (r == 0 && d->call.flags.arg_count > 1)
        return error_set(err, ERROR_INVALID, "one run at a time, not %zu", d->call.flags.arg_count);
    return r;
}

/* --- output --- */

static int print_text(struct diagnosing *d, struct error *err) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(DIAGNOSE_BYTES_MAX),
                   words CLEANUP(buf_deinit) = BUF_MAX(DIAGNOSE_BYTES_MAX),
                   lines CLEANUP(buf_deinit) = BUF_MAX(DIAGNOSE_BYTES_MAX);
    int r =
        first_break_write(d->result.findings, d->result.count, true, text_table_terminal(stdout) > 0, &out);
    if (r == 0 && d->result.measured)
        r = percentile_words_write(&d->result.percentiles, &words);
    if (r == 0 && words.len)
        r = words_wrap(buf_view(&words), "    ", "    ", &lines);
    if (r < 0)
        return error_set(err, r, "%s", error_name(r));
    if (out.len)
        printf("%.*s\n", VIEW_ARGS(buf_view(&out)));
    else
        printf("\n  Run %lld: nothing broke.\n\n", (long long)d->run);
    printf("%.*s", VIEW_ARGS(buf_view(&lines)));
    return 0;
}

static void json_percentiles(struct json_writer *w, const struct percentile_words *p, struct view words) {
    const struct {
        const char *key;
        double value;
    } members[] = {{"requests_per_visit", p->requests_per_visit}, {"rps", p->rate}, {"quantile", p->quantile},
        {"ms", p->ms}, {"slower_per_hour", p->feel_per_hour}, {"apdex", p->apdex}, {"apdex_ms", p->apdex_ms},
        {"cost_per_million", p->cost_per_million}};
    json_writer_key(w, VIEW("percentiles"));
    json_writer_object(w);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_member_double(w, members[i].key, members[i].value);
    json_member_text(w, "text", words);
    json_writer_end(w);
}

static int print_json(struct diagnosing *d, struct error *err) {
    struct buf out CLEANUP(buf_deinit) = BUF_MAX(DIAGNOSE_BYTES_MAX),
                   words CLEANUP(buf_deinit) = BUF_MAX(DIAGNOSE_BYTES_MAX);
    struct json_writer w = json_writer_of(&out);
    w.indent = 2;
    json_writer_object(&w);
    json_member_i64(&w, "run", d->run);
    json_writer_key(&w, VIEW("findings"));
    diagnosis_json(&w, d->result.findings, d->result.count);
    int r = d->result.measured ? percentile_words_write(&d->result.percentiles, &words) : 0;
    if (d->result.measured)
        json_percentiles(&w, &d->result.percentiles, buf_view(&words));
    json_writer_end(&w);
    r = r < 0 ? r : json_writer_error(&w);
    if (r < 0)
        return error_set(err, r, "%s", error_name(r));
    printf("%.*s\n", VIEW_ARGS(buf_view(&out)));
    return 0;
}

static int diagnose(struct diagnosing *d) {
    const struct flag_result *f = &d->call.flags;
    struct error err = ERROR_NULL;
    int r = read_flags(d, &err);
    r = r < 0 ? r : runs_open(&d->ledger, runs_flag(&d->call, "ledger"), LEDGER_READ, &err);
    r = r < 0 ? r : runs_id(d->ledger, f->arg_count ? f->args[0] : "last", &d->run, &err);
    r = r < 0 ? r : ledger_diagnose(d->ledger, d->run, &d->o, &d->result, &err);
    if (r == LEDGER_NOT_FOUND)
        r = error_set(&err, ERROR_INVALID, "there is no run %lld", (long long)d->run);
    if (r == LEDGER_OK)
        r = runs_flag_set(&d->call, "json") ? print_json(d, &err) : print_text(d, &err);
    ledger_diagnosis_deinit(&d->result);
    ledger_free(d->ledger);
    return r < 0 ? runs_refuse(&d->call, "%s", err.text) : EXIT_CODE_OK;
}

int cmd_diagnose(int argc, char **argv) {
    struct diagnosing d = {
        .call = {.name = "halftime diagnose", .tables = tables, .flags = FLAG_RESULT_NULL}};
    struct error err = ERROR_NULL;
    int code;

    if (flags_parse(tables, argc, argv, &d.call.flags, &err) < 0) {
        code = runs_refuse(&d.call, "%s\n`halftime diagnose --help` tells the flags.", err.text);
    } else if (d.call.flags.help) {
        print_help();
        code = EXIT_CODE_OK;
    } else {
        code = diagnose(&d);
    }
    flags_deinit(&d.call.flags);
    return code;
}
