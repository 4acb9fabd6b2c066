/* `halftime logs`: what the system under test logged about the requests of a kept run. */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "ledger/ledger_trace.h"

#include <stdio.h>
#include <string.h>

static const struct flag logs_flags[] = {
    {"trace", 0, FLAG_TEXT, "id", NULL, NULL, NULL, NULL, "only lines of this trace, or of this X-Request-ID"},
    {"number", 'n', FLAG_INT, "int", NULL, NULL, NULL, NULL, "at most so many, the oldest (default: all)"},
    {"json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "the lines as they were written, one JSON object each"},
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag *const tables[] = {logs_flags, NULL};

static void print_help(void) {
    printf("What the system under test logged about the requests of a run (--server-logs, or OpenTelemetry logs by --traces): lines of the\n"
           "slowest and of failed requests, and errors that name none. docs/TRACES.md tells how they are joined.\n\n"
           "Usage:\n  halftime logs [RUN] [FIELD=VALUE | FIELD~PART | TEXT]… [flags]\n\n"
           "RUN is the number of a run (`halftime runs` lists them), or \"last\" (the default), \"last-1\" …; FIELD a member of the JSON\n"
           "object, or a path such as http.status; TEXT stands anywhere in the line. All conditions must hold.\n\n"
           "Examples:\n  halftime logs last level=error\n  halftime logs 17 status=500 path~checkout\n"
           "  halftime logs last timeout\n  halftime logs last --trace 4bf92f3577b34da6a3ce929d0e0e4736\n\nFlags:\n");
    flags_print(tables, stdout);
    printf("\nExit codes:\n  0    done, whether there were lines or not\n  255  bad flags, no such run, or the ledger cannot be read\n");
}

struct printing {
    bool json;
    int64_t count;
};

static int print_line(void *ctx, const struct ledger_server_log *log) {
    struct printing *p = ctx;
    char time[RUNS_TIME_BYTES];

    p->count++;
    if (p->json)
        printf("%.*s\n", VIEW_ARGS(log->json));
    else
        printf("%s.%03d  %-5.*s  %.*s%s%.*s  %.*s\n", runs_time(log->at_ms, time), (int)(log->at_ms % 1000), VIEW_ARGS(log->level),
            VIEW_ARGS(log->trace), log->span.len ? "-" : "", VIEW_ARGS(log->span), VIEW_ARGS(log->json));
    return 0;
}

/* The first word may be a run; everything else is a condition. */
static int read_conditions(struct ledger *l, const struct flag_result *f, int64_t *run, struct ledger_log_condition *out, size_t *n, struct error *err) {
    size_t first = 0;
    int64_t number;

    if (f->arg_count && (view_to_i64(view_of_cstr(f->args[0]), &number) || !strncmp(f->args[0], "last", 4)))
        first = 1;
    if (f->arg_count - first > LEDGER_SERVER_LOG_FIELDS_MAX)
        return error_set(err, ERROR_LIMIT, "at most %d conditions at once", LEDGER_SERVER_LOG_FIELDS_MAX);
    for (*n = 0; first + *n < f->arg_count; ++*n)
        out[*n] = ledger_log_condition_parse(view_of_cstr(f->args[first + *n]));
    return runs_id(l, first ? f->args[0] : "last", run, err);
}

/* An X-Request-ID is the trace and the span. */
static void read_trace(const char *text, struct ledger_log_filter *filter) {
    struct view rest = view_of_cstr(text);

    filter->trace = text ? view_cut(&rest, '-', NULL) : VIEW_NULL;
    filter->span = text ? rest : VIEW_NULL;
}

static int logs(struct runs_call *c) {
    struct ledger_log_condition conditions[LEDGER_SERVER_LOG_FIELDS_MAX];
    struct ledger_log_filter filter = {.conditions = conditions};
    struct printing p = {.json = runs_flag_set(c, "json")};
    const char *number = runs_flag(c, "number");
    struct error err = ERROR_NULL;
    int64_t run, limit = 0;
    int r = number && (!view_to_i64(view_of_cstr(number), &limit) || limit < 1 || limit > INT32_MAX)
                ? error_set(&err, ERROR_INVALID, "--number must be a number from 1, not %.100s", number)
                : 0;

    filter.limit = (int)limit;
    read_trace(runs_flag(c, "trace"), &filter);
    r = r < 0 ? r : runs_open(&c->ledger, runs_flag(c, "ledger"), LEDGER_READ, &err);
    r = r < 0 ? r : read_conditions(c->ledger, &c->flags, &run, conditions, &filter.condition_count, &err);
    r = r < 0 ? r : ledger_server_logs(c->ledger, run, &filter, print_line, &p, &err);
    if (r == 0 && !p.count)
        fprintf(stderr, "halftime logs: run %lld has no such lines%s\n", (long long)run,
            filter.condition_count || filter.trace.len ? "" : ": it had neither --server-logs nor OpenTelemetry logs, or none named a request that was kept");
    ledger_free(c->ledger);
    return r < 0 ? runs_refuse(c, "%s", err.text) : EXIT_CODE_OK;
}

int cmd_logs(int argc, char **argv) {
    struct runs_call c = {.name = "halftime logs", .tables = tables, .flags = FLAG_RESULT_NULL};
    struct error err = ERROR_NULL;
    int code = EXIT_CODE_OK;

    if (flags_parse(tables, argc, argv, &c.flags, &err) < 0)
        code = runs_refuse(&c, "%s\n`halftime logs --help` tells the flags.", err.text);
    else if (c.flags.help)
        print_help();
    else
        code = logs(&c);
    flags_deinit(&c.flags);
    return code;
}
