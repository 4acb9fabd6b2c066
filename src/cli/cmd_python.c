/* `halftime python FILE …`: the Python that locustfiles are run by, with our packages on its path. For a file
 * that starts itself (run_single_user, Locust used as a library), in a terminal or a debugger. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/locust_python.h"

static const char help[] =
    "Usage: halftime python [--python PROGRAM] [FILE | -c TEXT | -m MODULE] [ARGUMENTS]\n\n"
    "Runs Python with halftime's `locust` on its path: for locustfiles that call run_single_user() and for "
    "programs that use\n"
    "Locust as a library. The Python is that of --python, else that of $VIRTUAL_ENV, else the first python3 "
    "that has gevent.\n"
    "All other arguments are Python's own.\n";

int cmd_python(int argc, char **argv) {
    struct locust_python *python = calloc(1, sizeof *python);
    struct error err = ERROR_NULL;
    const char *asked = NULL;

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(help, stdout);
        free(python);
        return EXIT_CODE_OK;
    }
    if (argc > 2 && !strcmp(argv[1], "--python")) {
        asked = argv[2];
        argv += 2;
    }
    if (!python || locust_python_find(python, asked, &err) < 0) {
        fprintf(stderr, "halftime: %s\n", python ? err.text : "out of memory");
        free(python);
        return EXIT_CODE_USAGE;
    }
    argv[0] = python->program;
    (void)putenv(python->path_variable); /* lives until the program is another */
    fflush(NULL);
    execvp(python->program, argv);
    fprintf(stderr, "halftime: %s does not start: %s\n", python->program, strerror(errno));
    free(python);
    return EXIT_CODE_USAGE;
}
