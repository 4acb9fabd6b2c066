/* `halftime runs`: what the ledger keeps, for people and scripts. */
#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/runs_command.h"

#include <string.h>

#define JSON_FLAG                                                                                            \
    { "json", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL, "JSON instead of text" }

static const struct flag list_flags[] = {
    {"label", 0, FLAG_TEXT, "text", NULL, NULL, NULL, NULL, "only runs with exactly this label"},
    {"search", 0, FLAG_TEXT, "text", NULL, NULL, NULL, NULL,
        "only runs with this in label, focus, changes, notes, command or script, in any case"},
    {"number", 'n', FLAG_INT, "int", "20", NULL, NULL, NULL, "at most so many, the newest"},
    {"before", 0, FLAG_INT, "int", NULL, NULL, NULL, NULL, "only runs older than this one, to page on"},
    JSON_FLAG,
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag show_flags[] = {
    {"from", 0, FLAG_INT, "second", "0", NULL, NULL, NULL, "figures from this second of the load on"},
    {"to", 0, FLAG_INT, "second", NULL, NULL, NULL, NULL, "and up to this one (default: the end)"},
    JSON_FLAG,
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag note_flags[] = {
#define NOTE_FLAG(id, column, words) {column, 0, FLAG_TEXT, "text", NULL, NULL, NULL, NULL, words},
    LEDGER_RUN_NOTES(NOTE_FLAG)
#undef NOTE_FLAG
        {"add", 0, FLAG_BOOL, "", NULL, "true", NULL, NULL,
            "put the texts behind what is there, on a new line, not in its place"},
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag remove_flags[] = {RUNS_LEDGER_FLAG, {0}};
static const struct flag export_flags[] = {
    {"output", 'o', FLAG_TEXT, "file", "-", NULL, NULL, NULL, "where to write; - is standard output"},
    {"points", 0, FLAG_INT, "int", "5000", NULL, NULL, NULL,
        "at most so many points of each curve (seconds, where there is room)"},
    RUNS_LEDGER_FLAG,
    {0},
};
static const struct flag report_flags[] = {
    {"html", 0, FLAG_TEXT, "file", NULL, NULL, NULL, NULL, "the file to write; - is standard output"},
    RUNS_LEDGER_FLAG,
    {0},
};

struct subcommand {
    const char *word, *usage, *summary, *help;
    const struct flag *flags;
    size_t args_min, args_max;
    enum ledger_mode mode;
    int (*run)(struct runs_call *c);
};
static const struct subcommand subcommands[] = {
    {"list", "[flags]", "the newest runs (also without a word: `halftime runs`)", "", list_flags, 0, 0,
        LEDGER_READ, runs_list},
    {"show", "N [flags]", "one run: what it was, its figures by endpoint, checks, thresholds, failures",
        "N is a run's number, or \"last\", \"last-1\" …\n", show_flags, 1, 1, LEDGER_READ, runs_show},
    {"note", "N --label TEXT …", "write beside a run what you want to know of it later",
        "An empty text takes a note away. Without a text the notes are printed.\n\nExamples:\n"
        "  halftime runs note last --label v1.4 --changes 'pool of 20 connections'\n"
        "  halftime runs note 17 --add --links https://example.com/graphs/17\n",
        note_flags, 1, 1, LEDGER_WRITE, runs_note},
    {"rm", "N …", "remove runs with all that was measured", "A run that is still under way is refused.\n",
        remove_flags, 1, FLAGS_ARGS_MAX, LEDGER_WRITE, runs_remove},
    {"export", "N [-o FILE]", "everything of a run as one JSON document",
        "The document holds the run, its notes, script, options, table, curves, histograms of each endpoint, "
        "checks,\n"
        "thresholds, failures with exemplars, exceptions, marks, workers and logs. docs/RUNS.md describes "
        "its members.\n",
        export_flags, 1, 1, LEDGER_READ, runs_export},
    {"report", "N --html FILE",
        "a report of one page that needs nothing else: readable offline, on a phone, on paper", "",
        report_flags, 1, 1, LEDGER_READ, runs_report},
};
enum { SUBCOMMANDS = sizeof subcommands / sizeof *subcommands };

static void print_overview(void) {
    printf("Every run of k6 scripts, locustfiles and bench is kept in the ledger, second by second, also one "
           "that was\n"
           "killed. --no-ledger (or HALFTIME_LEDGER=off) keeps a run out of it.\n\nUsage:\n  halftime runs "
           "[COMMAND] [flags]\n\n"
           "Commands:\n");
    for (size_t i = 0; i < SUBCOMMANDS; i++)
        printf("  %-7s %-17s %s\n", subcommands[i].word, subcommands[i].usage, subcommands[i].summary);
    printf("\nFlags of the list:\n");
    flags_print((const struct flag *const[]){list_flags, NULL}, stdout);
    printf("\n`halftime runs COMMAND --help` tells a command's flags. `halftime compare A B` says what "
           "became slower.\n\n"
           "Exit codes:\n  0    done\n  255  bad flags, no such run, no ledger, or it cannot be read or "
           "written\n");
}

static void print_help(const struct subcommand *s) {
    printf("%c%s.\n\nUsage:\n  halftime runs %s %s\n\n%s%sFlags:\n", s->summary[0] - 'a' + 'A',
        s->summary + 1, s->word, s->usage, s->help, s->help[0] ? "\n" : "");
    flags_print((const struct flag *const[]){s->flags, NULL}, stdout);
}

static int call(const struct subcommand *s, struct runs_call *c) {
    struct error err = ERROR_NULL;
    size_t n = c->flags.arg_count;

    if (c->flags.help) {
        print_help(s);
        return EXIT_CODE_OK;
    }
    if (n < s->args_min)
        return runs_refuse(c, "which run? `halftime runs` lists them");
    if (n > s->args_max)
        return runs_refuse(
            c, "%s: what is this for? `%s --help` tells the flags", c->flags.args[s->args_max], c->name);
    if (runs_open(&c->ledger, runs_flag(c, "ledger"), s->mode, &err) < 0)
        return runs_refuse(c, "%s", err.text);
    int code = s->run(c);
    ledger_free(c->ledger);
    return code;
}

static const struct subcommand *subcommand_of(const char *word) {
    for (size_t i = 0; word && i < SUBCOMMANDS; i++)
        if (!strcmp(subcommands[i].word, word))
            return &subcommands[i];
    return NULL;
}

int cmd_runs(int argc, char **argv) {
    const struct subcommand *s = subcommand_of(argc > 1 ? argv[1] : NULL);
    struct error err = ERROR_NULL;
    char name[64];

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))) {
        print_overview();
        return EXIT_CODE_OK;
    }
    if (!s && argc > 1 && argv[1][0] != '-') {
        fprintf(stderr, "halftime runs: there is no command \"%s\". `halftime runs --help` lists them.\n",
            argv[1]);
        return EXIT_CODE_USAGE;
    }
    bool bare = s == NULL;
    s = bare ? &subcommands[0] : s;
    snprintf(name, sizeof name, "halftime runs%s%s", bare ? "" : " ", bare ? "" : s->word);
    const struct flag *const tables[] = {s->flags, NULL};
    struct runs_call c = {.name = name, .tables = tables, .flags = FLAG_RESULT_NULL};
    int code = flags_parse(tables, bare ? argc : argc - 1, bare ? argv : argv + 1, &c.flags, &err) < 0
                   ? runs_refuse(&c, "%s\n`%s --help` tells the flags.", err.text, name)
                   : call(s, &c);
    flags_deinit(&c.flags);
    return code;
}
