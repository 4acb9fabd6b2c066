/* `halftime run FILE`: the file's name decides who runs it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/exit_code.h"
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

int cmd_run(int argc, char **argv) {
    int at = 0;

    switch (kind_of(argc, argv, &at)) {
    case KIND_REFUSED: return EXIT_CODE_USAGE;
    case KIND_LOCUST: return run_locust(argc, argv, at);
    case KIND_K6: break;
    }
    return k6_command_run("halftime", "run", argc, argv);
}
