#include "cli/locust_fleet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int locust_fleet_init(struct locust_fleet *f, int argc, char **argv, struct error *err) {
    *f = (struct locust_fleet){0};
    int r = fleet_flags_take(argc, argv, &f->flags, &f->argc, &f->argv, err);
    r = r < 0
            ? r
            : fleet_choice_init(&f->choice, &f->flags, fleet_run_flags, err);
    return r < 0 || !f->choice.wanted ? r : fleet_choice_command(&f->choice, "locust", argc, argv, err);
}

static int find_folder(struct locust_fleet *f, const char *locustfile, struct error *err) {
    char *full = realpath(locustfile, NULL), *slash = full ? strrchr(full, '/') : NULL;
    struct stat st;

    if (!full || stat(full, &st) < 0 || !S_ISREG(st.st_mode)) {
        free(full);
        return error_set(
            err, ERROR_INVALID, "--fleet takes one locustfile, a .py on disk: -f %s is none", locustfile);
    }
    snprintf(f->path, sizeof f->path, "%s", slash + 1);
    *slash = 0;
    snprintf(f->folder, sizeof f->folder, "%s", *full ? full : "/");
    free(full);
    return 0;
}

/* "-f tests/load.py", "-f=tests/load.py", "--locustfile tests/load.py" … → the same with the name in its
 * folder. */
static int make_args(struct locust_fleet *f, const char *locustfile, struct error *err) {
    size_t n = (size_t)f->argc, len = strlen(locustfile);

    f->args = calloc(n + 1, sizeof *f->args);
    f->texts = calloc(n + 1, sizeof *f->texts);
    if (!f->args || !f->texts)
        return error_set(err, -ENOMEM, "out of memory");
    for (size_t i = 1; i < n; i++) {
        const char *arg = f->argv[i];
        size_t total = strlen(arg);
        bool ends = total >= len && !strcmp(arg + total - len, locustfile);
        bool names = ends && (total == len || !strncmp(arg, "-f", 2) || !strncmp(arg, "--locustfile=", 13));
        if (names && asprintf(&f->texts[i], "%.*s%s", (int)(total - len), arg, f->path) < 0)
            return error_set(err, -ENOMEM, "out of memory");
        f->args[i - 1] = view_of_cstr(names ? f->texts[i] : arg);
    }
    return 0;
}

int locust_fleet_prepare(struct locust_fleet *f, const char *locustfile, struct error *err) {
    struct fleet_away *away = &f->choice.away;

    if (!f->choice.wanted)
        return 0;
    int r = find_folder(f, locustfile, err);
    r = r < 0 ? r : make_args(f, locustfile, err);
    away->folder = f->folder;
    away->path = view_of_cstr(f->path);
    away->args = f->args;
    away->arg_count = (size_t)f->argc - 1;
    return r;
}

void locust_fleet_deinit(struct locust_fleet *f) {
    for (int i = 0; f->texts && i < f->argc; i++)
        free(f->texts[i]);
    free(f->texts);
    free(f->args);
    free(f->argv);
    flags_deinit(&f->flags);
    fleet_choice_deinit(&f->choice);
}
