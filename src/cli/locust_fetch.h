/* `--worker -f -`: the locustfile comes from the master. */
#ifndef CLI_LOCUST_FETCH_H
#define CLI_LOCUST_FETCH_H

#include "cli/locust_plan.h"
#include "cli/locust_stdin.h"

enum {
    LOCUST_FETCH_FILES_MAX = 64,
    LOCUST_FETCH_WAIT_S = 300,
    LOCUST_FETCH_WORD_S = 10,
    LOCUST_FETCH_NAME_MAX = 128
};

struct locust_fetch {
    char folder[LOCUST_STDIN_FOLDER_MAX]; /* "": nothing was asked for */
    char names[LOCUST_FETCH_FILES_MAX][LOCUST_FETCH_NAME_MAX];
    size_t count;
    char *paths; /* "a.py,b.py" with their folder, and URLs: what stands in the place of "-" */
};

/* Asks the master if one of the arguments is "-", each second until it answers, and puts the files' paths in
 * its place. Names with folders or not ending in .py are refused. Negative with a sentence. */
int locust_fetch_take(struct locust_fetch *f, const struct locust_early *early, struct view *args,
    size_t count, struct error *err) MUST_USE;
void locust_fetch_deinit(struct locust_fetch *f); /* removes the files; twice is fine */

#endif
