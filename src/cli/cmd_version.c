/* `halftime version [--json]` */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "script/js/options/options.h"

int cmd_version(int argc, char **argv) {
    if (argc > 1 && !strcmp(argv[1], "--json"))
        printf("{\"version\":\"" HT_VERSION "\",\"k6\":\"" OPTIONS_K6_VERSION "\"}\n");
    else if (argc > 1 && strcmp(argv[1], "--help") != 0) {
        fprintf(stderr, "halftime version: unknown flag %s (there is --json)\n", argv[1]);
        return EXIT_CODE_USAGE;
    } else
        printf("halftime " HT_VERSION " (as k6 " OPTIONS_K6_VERSION ")\n");
    return EXIT_CODE_OK;
}
