/* `halftime run FILE`: the file's name decides who runs it. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/k6_command.h"
#include "core/view.h"

static const struct {
    const char *suffix;
    const char *refusal; /* NULL: a k6 script */
} kinds[] = {
    {".js", NULL},
    {".mjs", NULL},
    {".cjs", NULL},
    {".ts", NULL},
    {".tar", NULL},
    {".py", "a Locust file: this build runs k6 scripts only"},
    {".jmx", "a JMeter plan: halftime runs k6 scripts"},
};

/* Flags with values may precede the file, so the word with a known ending is what counts. */
static const char *refusal_of(int argc, char **argv) {
    for (int i = 1; i < argc; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            if (kinds[k].refusal && argv[i][0] != '-' && view_ends_with(view_of_cstr(argv[i]), view_of_cstr(kinds[k].suffix))) {
                fprintf(stderr, "halftime run: %s is %s\n", argv[i], kinds[k].refusal);
                return kinds[k].refusal;
            }
    return NULL;
}

int cmd_run(int argc, char **argv) {
    if (refusal_of(argc, argv))
        return EXIT_CODE_USAGE;
    return k6_command_run("halftime", "run", argc, argv);
}
