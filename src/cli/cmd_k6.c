/* `halftime k6 …`, or the program called as k6: finds the subcommand, reads its flags, sets up the log printer, runs it. Errors are log
 * lines, as k6 prints them; usage errors exit with 255. */
#include "cli/k6_command.h"
#include "cli/trace_choice.h"
#include "cli/ui_flags.h"
#include "cli/ui_k6.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/fleet_flags.h"
#include "cli/judge_flags.h"
#include "cli/observe_flags.h"
#include "script/js/options/options.h"

static const char banner[] =
    "    /\\  half\n"
    "   /  \\/\\  time   k6 scripts, unmodified\n"
    "  /      \\\n";

/* tidy: table */
const struct k6_command k6_commands[] = {
    {.name = "new", .usage = "new [file] [flags]", .summary = "Create a test", .text = "Writes a new script, script.js unless named otherwise, from a template.",
        .examples = "  k6 new\n  k6 new -f test.js\n  k6 new --template protocol\n", .tables = {k6_new_flags}, .run = cmd_k6_new},
    {.name = "run", .usage = "run [flags]", .summary = "Run a test", .text = "Runs a test: a script, an archive, or - for a script from standard input.",
        .examples = "  # One VU, once.\n  k6 run script.js\n\n  # 5 VUs share 10 iterations.\n  k6 run -u 5 -i 10 script.js\n\n"
                    "  # From 0 to 100 VUs within 10s, a minute there, and down again.\n  k6 run -u 0 -s 10s:100 -s 60s:100 -s 10s:0 script.js\n",
        .tables = {k6_option_flags, k6_runtime_flags, k6_output_flags, k6_engine_flags, k6_halftime_flags, trace_flags, observe_flags, judge_flags, fleet_flags, fleet_bus_flags, k6_ui_flags, ui_server_flags}, .system_env = true,
        .settings = true, .run = cmd_k6_run},
    {.name = "archive", .usage = "archive [flags]", .summary = "Create an archive",
        .text = "Packs a script with all that it reads into one file, which runs anywhere as it runs here.",
        .examples = "  k6 archive -u 10 -d 10s -O myarchive.tar script.js\n  k6 run myarchive.tar\n",
        .tables = {k6_option_flags, k6_runtime_flags, k6_archive_flags, k6_engine_flags}, .settings = true, .run = cmd_k6_archive},
    {.name = "inspect", .usage = "inspect [file] [flags]", .summary = "Inspect a script or archive", .text = "Prints the options of a script or archive as JSON.",
        .tables = {k6_runtime_flags, k6_inspect_flags, k6_engine_flags}, .settings = true, .run = cmd_k6_inspect},
    {.name = "version", .usage = "version [flags]", .summary = "Show the version", .text = "Shows the version and exits.", .tables = {k6_version_flags},
        .run = cmd_k6_version},
    {0},
};

static const struct {
    const char *name, *why;
} absent[] = {
    {"cloud", "there is no cloud service behind halftime: run the test with `run`, on as many machines as you have"},
    {"deps", "halftime has no extensions to resolve: `inspect` tells whether a script loads"},
    {"features", "halftime has no feature flags"},
    {"x", "halftime runs no Go extensions"},
    {"completion", "halftime writes no shell completions"},
};

static const struct k6_command *find(const char *name) {
    for (const struct k6_command *c = k6_commands; c->name; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

static void print_commands(const char *program, FILE *out) {
    fprintf(out, "%s\nUsage:\n  %s [command]\n\nCommands:\n", banner, program);
    for (const struct k6_command *c = k6_commands; c->name; c++)
        fprintf(out, "  %-10s  %s\n", c->name, c->summary);
    fprintf(out, "\nFlags:\n  -h, --help      Show help\n      --version   Show version information\n\n"
                 "Use \"%s [command] --help\" for more information about a command.\n",
        program);
}

static void print_help(const struct k6_command *c, const char *program, FILE *out) {
    static const struct flag help[] = {{"help", 'h', FLAG_BOOL, "", NULL, "true", NULL, NULL, "this help"}, {0}};
    const struct flag *tables[K6_COMMAND_TABLES + 2] = {0};
    size_t n = 0;

    for (; c->tables[n]; n++)
        tables[n] = c->tables[n];
    tables[n] = help;
    fprintf(out, "%s\n\nUsage:\n  %s %s\n", c->text, program, c->usage);
    if (c->examples)
        fprintf(out, "\nExamples:\n%s", c->examples);
    fprintf(out, "\nFlags:\n");
    flags_print(tables, out);
    fprintf(out, "\nGlobal Flags:\n");
    flags_print((const struct flag *const[]){k6_global_flags, NULL}, out);
}

static int fail(struct k6_call *call, int code, const struct error *err) {
    log_printer_say(&call->log, LOG_ERROR, NULL, NULL, "%s", err->text);
    return code;
}

static int run_call(struct k6_call *call, int parsed, struct error *err) {
    struct log_printer_options o;
    bool config;

    k6_settings_early(&call->settings, &call->flags, call->tables);
    o = (struct log_printer_options){call->settings.log_output, call->settings.log_format, call->settings.console_output, call->settings.verbose,
        call->settings.no_color};
    if (parsed) {
        struct error ignored = ERROR_NULL;
        (void)!log_printer_init(&call->log, &o, &ignored); /* the flags are wrong: that is the news */
        return fail(call, EXIT_CODE_USAGE, err);
    }
    if (call->flags.help) {
        (void)!log_printer_init(&call->log, &(struct log_printer_options){0}, err);
        print_help(call->command, call->program, stdout);
        return EXIT_CODE_OK;
    }
    if (log_printer_init(&call->log, &o, err))
        return fail(call, EXIT_CODE_USAGE, err);
    if (call->command->settings &&
        k6_settings_init(&call->settings, &call->flags, call->tables, call->command->system_env, &config, err))
        return fail(call, config ? EXIT_CODE_CONFIG : EXIT_CODE_USAGE, err);
    return call->command->run(call);
}

int k6_command_main(const struct k6_command *c, const char *program, int argc, char **argv) {
    struct k6_call call = {.command = c, .program = program, .argc = argc, .argv = argv};
    struct error err = ERROR_NULL;
    size_t n = 0;

    for (; c->tables[n]; n++)
        call.tables[n] = c->tables[n];
    call.tables[n] = k6_global_flags;
    int parsed = flags_parse(call.tables, argc, argv, &call.flags, &err);
    int code = run_call(&call, parsed, &err);
    log_printer_deinit(&call.log);
    k6_settings_deinit(&call.settings);
    flags_deinit(&call.flags);
    return code;
}

int k6_command_run(const char *program, const char *name, int argc, char **argv) {
    return k6_command_main(find(name), program, argc, argv);
}

static int usage_error(const char *fmt, const char *a, const char *b) {
    struct log_printer log;
    struct error ignored = ERROR_NULL;

    (void)!log_printer_init(&log, &(struct log_printer_options){.no_color = getenv("NO_COLOR") != NULL}, &ignored);
    char text[512];
    snprintf(text, sizeof text, fmt, a, b);
    log_printer_say(&log, LOG_ERROR, NULL, NULL, "%s", text);
    log_printer_deinit(&log);
    return EXIT_CODE_USAGE;
}

static int help_main(const char *program, int argc, char **argv) {
    const struct k6_command *c = argc > 1 ? find(argv[1]) : NULL;

    if (c)
        print_help(c, program, stdout);
    else
        print_commands(program, stdout);
    return EXIT_CODE_OK;
}

/* Global flags may stand before the command: `k6 -q run x.js`. They are moved behind it. */
static int find_command_word(int argc, char **argv) {
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-')
            return i;
        bool takes_value = !strcmp(argv[i], "-a") || !strcmp(argv[i], "--address") || !strcmp(argv[i], "-c") || !strcmp(argv[i], "--config") ||
            !strcmp(argv[i], "--log-format") || !strcmp(argv[i], "--log-output") || !strcmp(argv[i], "--secret-source");
        i += takes_value;
    }
    return argc;
}

static int run_command(const struct k6_command *c, const char *program, int argc, char **argv, int at) {
    char **args = calloc((size_t)argc + 1, sizeof *args);
    int n = 0;

    if (!args)
        return EXIT_CODE_USAGE;
    args[n++] = argv[at];
    for (int i = 1; i < argc; i++)
        if (i != at)
            args[n++] = argv[i];
    int code = k6_command_main(c, program, n, args);
    free(args);
    return code;
}

int k6_main(const char *program, int argc, char **argv) {
    int at = find_command_word(argc, argv);

    if (at >= argc) {
        if (argc > 1 && !strcmp(argv[1], "--version"))
            return k6_command_run(program, "version", 1, argv);
        if (argc > 1 && strcmp(argv[1], "--help") != 0 && strcmp(argv[1], "-h") != 0)
            return usage_error("unknown flag: %s", argv[1], "");
        print_commands(program, stdout);
        return EXIT_CODE_OK;
    }
    char *word = argv[at];
    const struct k6_command *c = find(word);
    if (c)
        return run_command(c, program, argc, argv, at);
    if (!strcmp(word, "help"))
        return help_main(program, argc - at, argv + at);
    for (size_t i = 0; i < sizeof absent / sizeof absent[0]; i++)
        if (!strcmp(absent[i].name, word))
            return usage_error("%s: %s", word, absent[i].why);
    return usage_error("unknown command \"%s\" for \"%s\"", word, "k6");
}
