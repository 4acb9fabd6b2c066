/* halftime. Called by the name k6 or locust it is that; else the first word is a command. */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/k6_command.h"

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* Every connection is a descriptor. The soft limit is only for programs that still use select(). */
static void raise_descriptor_limit(void) {
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

int main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "--help";
    static char program[] = "halftime";

    raise_descriptor_limit();
    /* Before the personality: a worker is started by our own path, whatever its name. */
    if (argc > 1 && !strcmp(word, "__worker"))
        return cmd_worker(argc, argv);
    if (argc > 0 && !strcmp(base_name(argv[0]), "k6"))
        return k6_main("k6", argc, argv);
    if (argc > 0 && !strcmp(base_name(argv[0]), "locust"))
        return cmd_locust(argc, argv);
    for (const struct command *c = commands; c->name; c++)
        if (!strcmp(c->name, word))
            return c->run(argc - 1, argv + 1);
    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        return cmd_help(1, (char *[]){program, NULL});
    if (!strcmp(word, "--version"))
        return cmd_version(1, (char *[]){program, NULL});
    fprintf(stderr, "halftime: there is no command \"%s\". `halftime help` lists them.\n", word);
    return EXIT_CODE_USAGE;
}
