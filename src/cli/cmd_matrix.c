/* `halftime matrix`: the same command once for each combination of settings, kept in the ledger, side by
 * side.
 *
 * Each run is a process of this same program with the settings in its environment; its run in the ledger is
 * found by its label, which is the matrix's own and the combination. */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/runs_command.h"
#include "cli/text_table.h"
#include "core/clock.h"
#include "core/file.h"
#include "report/html_report.h"
#include "report/humanize.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    MATRIX_KEYS_MAX = 8,
    MATRIX_VALUES_MAX = 64,
    MATRIX_RUNS_MAX = 500,
    MATRIX_LABEL_MAX = 512,
    EXEC_FAILED = 127
};

static const struct flag matrix_flags[] = {
    {"set", 0, FLAG_TEXT, "KEY=a,b,…", NULL, NULL, NULL, NULL,
        "a setting and its values; with several --set, every combination is run. KEY is in the environment "
        "of the script "
        "(k6: __ENV.KEY) and of --before"},
    {"before", 0, FLAG_TEXT, "command", NULL, NULL, NULL, NULL,
        "a shell command before each run, with the settings in its environment: restart the backend, for "
        "example. When it "
        "fails, the matrix ends"},
    {"label", 0, FLAG_TEXT, "text", NULL, NULL, NULL, NULL,
        "the runs' label; the combination is put behind it (default: matrix)"},
    {"html", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL, "the table and a chart as one HTML page, too"},
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag *const tables[] = {matrix_flags, NULL};

struct setting {
    struct view key, values[MATRIX_VALUES_MAX];
    size_t count;
};
struct outcome {
    char label[MATRIX_LABEL_MAX];
    int64_t run; /* 0 = it is not in the ledger */
    int code, pid;
    int64_t from_ms;
    int64_t requests, failures;
    double rps, p50_ms, p95_ms, p99_ms;
};
struct matrix {
    struct runs_call call;
    struct setting settings[MATRIX_KEYS_MAX];
    size_t setting_count, combinations;
    char **command; /* behind "--" */
    int words;
    const char *ledger;
    struct outcome *outcomes;
    size_t done;
    bool stopped; /* by Ctrl-C */
};

static void print_help(void) {
    printf(
        "One run for each combination of settings, and all of them in one table.\n\n"
        "Usage:\n  halftime matrix --set KEY=a,b,… [--set …] [--before CMD] [--label L] [--html FILE] -- "
        "COMMAND …\n\n"
        "COMMAND is what would stand behind `halftime`: k6 run script.js, locust --headless …, bench URL.\n\n"
        "Examples:\n"
        "  halftime matrix --set POOL=5,10,20 --before './restart.sh' -- k6 run checkout.js\n"
        "  halftime matrix --set USERS=10,50 --set SIZE=1k,100k --label upload -- k6 run -q "
        "upload.js\n\nFlags:\n");
    flags_print(tables, stdout);
    printf("\nThe runs are kept in the ledger as any others; `halftime compare` says whether two of them "
           "differ by more than\n"
           "chance.\n\nExit codes:\n  0    every run ended with 0\n"
           "  n    the greatest code that a run ended with; the others were made all the same\n"
           "  105  stopped by Ctrl-C\n  255  bad flags, or --before failed\n");
}

/* --- flags --- */

static int add_setting(struct matrix *m, const char *text, struct error *err) {
    struct view rest = view_of_cstr(text);
    bool found;
    struct view key = view_cut(&rest, '=', &found);

    if (!found || !key.len || !rest.len)
        return error_set(err, ERROR_INVALID, "--set needs KEY=a,b,…, not %.100s", text);
    if (m->setting_count == MATRIX_KEYS_MAX)
        return error_set(err, ERROR_INVALID, "more than %d times --set", MATRIX_KEYS_MAX);
    struct setting *s = &m->settings[m->setting_count++];
    *s = (struct setting){.key = key};
    for (found = true; found;) {
        if (s->count == MATRIX_VALUES_MAX)
            return error_set(
                err, ERROR_INVALID, "--set %.*s has more than %d values", VIEW_ARGS(key), MATRIX_VALUES_MAX);
        s->values[s->count++] = view_cut(&rest, ',', &found);
    }
    m->combinations *= s->count;
    if (m->combinations > MATRIX_RUNS_MAX)
        return error_set(
            err, ERROR_INVALID, "these are more than %d runs; take fewer values", MATRIX_RUNS_MAX);
    return 0;
}

static int read_flags(struct matrix *m, struct error *err) {
    int r = 0;
    m->combinations = 1;
    for (size_t i = 0; i < m->call.flags.count && r == 0; i++)
        if (!strcmp(m->call.flags.items[i].flag->name, "set"))
            r = add_setting(m, m->call.flags.items[i].value, err);
    if (r == 0 && m->call.flags.arg_count)
        return error_set(err, ERROR_INVALID, "%s: the command goes behind --", m->call.flags.args[0]);
    if (r == 0 && !m->setting_count)
        return error_set(err, ERROR_INVALID, "which settings? --set KEY=a,b,…");
    if (r == 0 && !m->words)
        return error_set(
            err, ERROR_INVALID, "which command? halftime matrix --set POOL=5,10 -- k6 run script.js");
    m->ledger = runs_flag(&m->call, "ledger");
    return r;
}

/* --- one run --- */

static struct view value_of(const struct matrix *m, size_t combination, size_t setting) {
    for (size_t i = m->setting_count; i-- > setting + 1;)
        combination /= m->settings[i].count;
    return m->settings[setting].values[combination % m->settings[setting].count];
}

static void name_run(const struct matrix *m, size_t combination, char out[MATRIX_LABEL_MAX]) {
    const char *label = runs_flag(&m->call, "label");
    int n = snprintf(out, MATRIX_LABEL_MAX, "%s", label ? label : "matrix");
    for (size_t i = 0; i < m->setting_count && n > 0 && n < MATRIX_LABEL_MAX; i++)
        n += snprintf(out + n, MATRIX_LABEL_MAX - (size_t)n, " %.*s=%.*s", VIEW_ARGS(m->settings[i].key),
            VIEW_ARGS(value_of(m, combination, i)));
}

static void set_environment(const struct matrix *m, size_t combination) {
    for (size_t i = 0; i < m->setting_count; i++) {
        char *key = view_dup_cstr(m->settings[i].key), *value = view_dup_cstr(value_of(m, combination, i));
        if (!key || !value || setenv(key, value, 1) < 0)
            _exit(EXEC_FAILED);
        free(key);
        free(value);
    }
    if (m->ledger && setenv("HALFTIME_LEDGER", m->ledger, 1) < 0)
        _exit(EXEC_FAILED);
}

static void exec_command(const struct matrix *m) {
    static char program[] = "halftime";
    char **argv = calloc((size_t)m->words + 2, sizeof *argv);
    if (!argv)
        _exit(EXEC_FAILED);
    argv[0] = program;
    memcpy(argv + 1, m->command, (size_t)m->words * sizeof *argv);
    execv("/proc/self/exe", argv);
    _exit(EXEC_FAILED);
}

/* The exit code; Ctrl-C goes to the child, which stops in order, and is waited for. */
static int run_child(struct matrix *m, size_t combination, const char *shell) {
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid < 0)
        return EXEC_FAILED;
    if (pid == 0) {
        signal(SIGINT, SIG_DFL);
        set_environment(m, combination);
        if (shell)
            execl("/bin/sh", "sh", "-c", shell, (char *)NULL);
        else
            exec_command(m);
        _exit(EXEC_FAILED);
    }
    m->outcomes[combination].pid = (int)pid;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return EXEC_FAILED;
    m->stopped = m->stopped || (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) ||
                 (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_CODE_SIGNAL);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int see_run(void *ctx, const struct ledger_run *r) {
    struct outcome *o = ctx;
    double took_s = ledger_run_duration_s(r);
    if (r->pid != o->pid)
        return r->started_ms < o->from_ms ? 1 : 0;
    o->run = r->id;
    o->requests = r->requests;
    o->failures = r->failures;
    o->rps = took_s > 0 ? (double)r->requests / took_s : 0;
    o->p50_ms = r->p50_ms;
    o->p95_ms = r->p95_ms;
    o->p99_ms = r->p99_ms;
    return 1;
}

/* The run of that process: it gets its label. */
static void take_run(const struct matrix *m, struct outcome *o) {
    struct ledger *l;
    struct error err = ERROR_NULL;

    if (runs_open(&l, m->ledger, LEDGER_WRITE, &err) < 0)
        return;
    if (ledger_run_list(l, &(struct ledger_run_filter){0}, see_run, o, &err) >= 0 && o->run &&
        ledger_run_annotate(l, o->run, LEDGER_RUN_LABEL, view_of_cstr(o->label), &err) < 0)
        fprintf(stderr, "halftime matrix: run %" PRId64 " could not be labelled: %s\n", o->run, err.text);
    ledger_free(l);
}

static int run_all(struct matrix *m) {
    const char *shell = runs_flag(&m->call, "before");

    for (; m->done < m->combinations && !m->stopped; m->done++) {
        struct outcome *o = &m->outcomes[m->done];
        o->p50_ms = o->p95_ms = o->p99_ms = (double)NAN;
        name_run(m, m->done, o->label);
        fprintf(stderr, "\n— %zu of %zu: %s\n", m->done + 1, m->combinations, o->label);
        int code = shell ? run_child(m, m->done, shell) : 0;
        if (code != 0)
            return runs_refuse(
                &m->call, "--before ended with %d before %s; the matrix ends here", code, o->label);
        o->from_ms = clock_wall_ns() / 1000000;
        o->code = run_child(m, m->done, NULL);
        take_run(m, o);
    }
    return EXIT_CODE_OK;
}

/* --- the table --- */

static const struct text_column figures[] = {
    {"RUN", TEXT_RIGHT, false},
    {"REQUESTS", TEXT_RIGHT, false},
    {"PER SECOND", TEXT_RIGHT, false},
    {"FAILED", TEXT_RIGHT, false},
    {"p50 ms", TEXT_RIGHT, false},
    {"p95 ms", TEXT_RIGHT, false},
    {"p99 ms", TEXT_RIGHT, false},
    {"EXIT", TEXT_RIGHT, false},
};
enum { FIGURES = sizeof figures / sizeof *figures };

static int add_figures(struct text_table *t, const struct outcome *o) {
    char count[HUMANIZE_MAX], a[RUNS_TIME_BYTES], b[RUNS_TIME_BYTES], c[RUNS_TIME_BYTES];
    double failed = o->requests ? 100.0 * (double)o->failures / (double)o->requests : 0;
    const char *red = "\x1b[31m";
    int e = o->run ? text_table_cell(t, NULL, "%" PRId64, o->run) : text_table_cell(t, red, "none");

    e = e < 0 ? e : text_table_cell(t, NULL, "%s", humanize_count((uint64_t)o->requests, count));
    e = e < 0 ? e : text_table_cell(t, NULL, "%.1f", o->rps);
    e = e < 0 ? e : text_table_cell(t, o->failures ? red : NULL, "%.2f %%", failed);
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(o->p50_ms, a));
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(o->p95_ms, b));
    e = e < 0 ? e : text_table_cell(t, NULL, "%s", runs_ms(o->p99_ms, c));
    return e < 0 ? e : text_table_cell(t, o->code ? red : NULL, "%d", o->code);
}

static int print_table(const struct matrix *m) {
    struct text_column columns[MATRIX_KEYS_MAX + FIGURES];
    char *titles[MATRIX_KEYS_MAX] = {0};
    struct text_table t;
    int e = 0;

    for (size_t i = 0; i < m->setting_count; i++) {
        titles[i] = view_dup_cstr(m->settings[i].key);
        columns[i] = (struct text_column){titles[i] ? titles[i] : "", TEXT_LEFT, true};
    }
    memcpy(columns + m->setting_count, figures, sizeof figures);
    text_table_init(&t, columns, m->setting_count + FIGURES);
    for (size_t k = 0; k < m->done && e == 0; k++) {
        for (size_t i = 0; i < m->setting_count && e == 0; i++)
            e = text_table_cell(&t, NULL, "%.*s", VIEW_ARGS(value_of(m, k, i)));
        e = e < 0 ? e : add_figures(&t, &m->outcomes[k]);
    }
    fputc('\n', stdout);
    if (e == 0)
        text_table_print(&t, text_table_terminal(stdout), stdout);
    text_table_deinit(&t);
    for (size_t i = 0; i < m->setting_count; i++)
        free(titles[i]);
    return e;
}

/* --- the page --- */

static void write_outcome(struct json_writer *w, const struct matrix *m, size_t k) {
    const struct outcome *o = &m->outcomes[k];
    json_writer_object(w);
    json_member_array(w, "settings");
    for (size_t i = 0; i < m->setting_count; i++)
        json_writer_string(w, value_of(m, k, i));
    json_writer_end(w);
    json_member_double(w, "run", (double)o->run);
    json_member_double(w, "exit_code", o->code);
    json_member_double(w, "requests", (double)o->requests);
    json_member_double(w, "failures", (double)o->failures);
    json_member_double(w, "rps", o->rps);
    json_member_double(w, "p50", o->p50_ms);
    json_member_double(w, "p95", o->p95_ms);
    json_member_double(w, "p99", o->p99_ms);
    json_writer_end(w);
}

static int write_html(const struct matrix *m, const char *path, struct error *err) {
    struct buf data CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX),
                    page CLEANUP(buf_deinit) = BUF_MAX(RUNS_OUTPUT_BYTES_MAX);
    struct json_writer w = json_writer_of(&data);
    const char *label = runs_flag(&m->call, "label");

    w.escape_html = true;
    json_writer_object(&w);
    json_writer_key(&w, VIEW("matrix"));
    json_writer_object(&w);
    json_member_text(&w, "label", view_of_cstr(label ? label : "matrix"));
    json_member_text(&w, "command", view_of_cstr(m->command[m->words - 1]));
    json_member_array(&w, "keys");
    for (size_t i = 0; i < m->setting_count; i++)
        json_writer_string(&w, m->settings[i].key);
    json_writer_end(&w);
    json_member_array(&w, "runs");
    for (size_t k = 0; k < m->done; k++)
        write_outcome(&w, m, k);
    json_writer_end(&w);
    json_writer_end(&w);
    json_writer_end(&w);
    int r = json_writer_error(&w);
    r = r < 0 ? r : html_report_write(buf_view(&data), &page);
    return r < 0 ? error_set(err, r, "%s: %s", path, error_name(r)) : file_write(path, buf_view(&page), err);
}

static int finish(struct matrix *m, int code) {
    const char *html = runs_flag(&m->call, "html");
    struct error err = ERROR_NULL;

    if (m->done && print_table(m) < 0)
        code = runs_refuse(&m->call, "out of memory");
    for (size_t i = 0; i < m->done; i++)
        code = m->outcomes[i].code > code ? m->outcomes[i].code : code;
    if (html && write_html(m, html, &err) < 0)
        code = runs_refuse(&m->call, "%s", err.text);
    return m->stopped ? EXIT_CODE_SIGNAL : code;
}

static int run(struct matrix *m) {
    struct error err = ERROR_NULL;

    if (read_flags(m, &err) < 0)
        return runs_refuse(&m->call, "%s\n`halftime matrix --help` tells the flags.", err.text);
    if (!m->ledger && getenv("HALFTIME_LEDGER") && !strcmp(getenv("HALFTIME_LEDGER"), "off"))
        return runs_refuse(&m->call,
            "HALFTIME_LEDGER is \"off\", but the table is made from the ledger; name one with --ledger FILE");
    m->outcomes = calloc(m->combinations, sizeof *m->outcomes);
    if (!m->outcomes)
        return runs_refuse(&m->call, "out of memory");
    signal(SIGINT, SIG_IGN); /* the run that is under way hears it, and we see that it did */
    int code = run_all(m);
    code = finish(m, code);
    free(m->outcomes);
    return code;
}

int cmd_matrix(int argc, char **argv) {
    struct matrix *m = calloc(1, sizeof *m);
    struct error err = ERROR_NULL;
    int own = argc, code;

    if (!m)
        return EXIT_CODE_USAGE;
    for (int i = 1; i < argc && own == argc; i++)
        own = strcmp(argv[i], "--") == 0 ? i : argc;
    m->command = argv + (own < argc ? own + 1 : argc);
    m->words = own < argc ? argc - own - 1 : 0;
    m->call = (struct runs_call){.name = "halftime matrix", .tables = tables, .flags = FLAG_RESULT_NULL};
    if (flags_parse(tables, own, argv, &m->call.flags, &err) < 0) {
        code = runs_refuse(&m->call, "%s\n`halftime matrix --help` tells the flags.", err.text);
    } else if (m->call.flags.help) {
        print_help();
        code = EXIT_CODE_OK;
    } else {
        code = run(m);
    }
    flags_deinit(&m->call.flags);
    free(m);
    return code;
}
