/* `halftime help [COMMAND]` and `halftime --help`. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/exit_code.h"

static void print_overview(void) {
    printf("halftime makes load and says where the bottleneck is. It runs k6 scripts unmodified.\n\nUsage:\n  halftime COMMAND [flags]\n\nCommands:\n");
    for (const struct command *c = commands; c->name; c++)
        if (c->summary)
            printf("  %-8s %-16s %s\n", c->name, c->usage, c->summary);
    printf("\nExit codes:\n");
#define ROW(id, code, when) printf("  %3d  %s\n", code, when);
    EXIT_CODES(ROW)
#undef ROW
    printf("\n`halftime COMMAND --help` tells a command's flags. Called by the name k6 (a symlink will do), halftime is k6.\n");
}

int cmd_help(int argc, char **argv) {
    static char help_flag[] = "--help";

    for (const struct command *c = commands; argc > 1 && c->name; c++)
        if (c->summary && !strcmp(c->name, argv[1]) && c->run != cmd_help)
            return c->run(2, (char *[]){argv[1], help_flag, NULL});
    if (argc > 1 && strcmp(argv[1], "help") != 0 && strcmp(argv[1], "--help") != 0) {
        fprintf(stderr, "halftime: there is no command \"%s\"\n", argv[1]);
        return EXIT_CODE_USAGE;
    }
    print_overview();
    return EXIT_CODE_OK;
}
