/* `halftime run FILE`: the file's name decides who runs it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/fleet_flags.h"
#include "cli/k6_command.h"
#include "core/view.h"

enum kind { KIND_K6, KIND_LOCUST, KIND_REFUSED };

static const struct {
    const char *suffix;
    enum kind kind;
    const char *refusal;
} kinds[] = {
    {".js", KIND_K6, NULL},
    {".mjs", KIND_K6, NULL},
    {".cjs", KIND_K6, NULL},
    {".ts", KIND_K6, NULL},
    {".tar", KIND_K6, NULL},
    {".py", KIND_LOCUST, NULL},
    {".jmx", KIND_REFUSED, "a JMeter plan: halftime runs k6 scripts and Locust files"},
};

/* Flags with values may precede the file, so the first word with a known ending is what counts; *at tells
 * where it is. */
static enum kind kind_of(int argc, char **argv, int *at) {
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
            if (argv[i][0] == '-' || !view_ends_with(view_of_cstr(argv[i]), view_of_cstr(kinds[k].suffix)))
                continue;
            if (kinds[k].refusal)
                fprintf(stderr, "halftime run: %s is %s\n", argv[i], kinds[k].refusal);
            *at = i;
            return kinds[k].kind;
        }
    return KIND_K6;
}

/* `locust -f FILE --headless …`: a run from the command line has no use for a web interface. */
static int run_locust(int argc, char **argv, int at) {
    static char program[] = "locust", file[] = "-f", headless[] = "--headless";
    char **args = calloc((size_t)argc + 3, sizeof *args);
    bool named = !strcmp(argv[at - 1], "-f") || !strcmp(argv[at - 1], "--locustfile");
    int n = 0;

    if (!args)
        return EXIT_CODE_USAGE;
    args[n++] = program;
    args[n++] = headless;
    for (int i = 1; i < argc; i++) {
        if (i == at && !named)
            args[n++] = file;
        args[n++] = argv[i];
    }
    int code = cmd_locust(n, args);
    free(args);
    return code;
}

/* ---- going on with a run that is kept on the bus ---- */

static void restore_surroundings(const json_t *command) {
    const char *cwd = json_string_value(json_object_get(command, "cwd")), *key;
    json_t *value;

    if (cwd && chdir(cwd) < 0)
        fprintf(stderr, "halftime run: the run was started in %s, which is not here: relative paths of outputs are below this folder\n", cwd);
    json_object_foreach(json_object_get(command, "env"), key, value) if (json_is_string(value)) (void)setenv(key, json_string_value(value), 0);
}

/* What was typed then, and behind it what is typed now (the bus, --resume). */
static int run_kept(int argc, char **argv, const json_t *command) {
    static char program[] = "run";
    const json_t *args = json_object_get(command, "args"), *arg;
    const char *tool = json_string_value(json_object_get(command, "tool"));
    char **all = calloc((size_t)argc + json_array_size(args) + 2, sizeof *all);
    size_t i;
    int n = 0;

    if (tool && !strcmp(tool, "capacity")) {
        free(all);
        fprintf(stderr, "halftime run: this run is a search for the capacity, which cannot be resumed: begin it anew\n");
        return EXIT_CODE_USAGE;
    }
    if (!all)
        return EXIT_CODE_USAGE;
    all[n++] = program;
    json_array_foreach(args, i, arg) if (json_is_string(arg)) all[n++] = (char *)(uintptr_t)json_string_value(arg);
    for (int k = 1; k < argc; k++)
        all[n++] = argv[k];
    restore_surroundings(command);
    int code = tool && !strcmp(tool, "locust") ? cmd_locust(n, all) : k6_command_run("halftime", "run", n, all);
    free(all);
    return code;
}

static int resume(int argc, char **argv) {
    struct flag_result flags = FLAG_RESULT_NULL;
    struct fleet_choice choice = {0};
    struct buf text CLEANUP(buf_deinit) = BUF_MAX(1024 * 1024);
    struct error err = ERROR_NULL;
    char **rest = NULL;
    int rest_argc, code = EXIT_CODE_USAGE;

    int r = fleet_flags_take(argc, argv, &flags, &rest_argc, &rest, &err);
    r = r < 0 ? r : fleet_choice_init(&choice, &flags, fleet_run_flags, &err);
    r = r < 0 ? r : fleet_away_command(&choice.away.bus, choice.away.resume, &text, &err);
    json_t *command = r < 0 ? NULL : json_loadb(text.ptr, text.len, 0, NULL);
    if (r < 0)
        fprintf(stderr, "halftime run: %s\n", err.text);
    else
        code = run_kept(argc, argv, command);
    json_decref(command);
    free(rest);
    flags_deinit(&flags);
    fleet_choice_deinit(&choice);
    return code;
}

int cmd_run(int argc, char **argv) {
    int at = 0;

    if (fleet_flags_resume(argc, argv))
        return resume(argc, argv);
    switch (kind_of(argc, argv, &at)) {
    case KIND_REFUSED: return EXIT_CODE_USAGE;
    case KIND_LOCUST: return run_locust(argc, argv, at);
    case KIND_K6: break;
    }
    return k6_command_run("halftime", "run", argc, argv);
}
