/* Which Python runs the locustfile, and how it finds our packages. */
#ifndef CLI_LOCUST_PYTHON_H
#define CLI_LOCUST_PYTHON_H

#include "core/error.h"
#include "fleet/process.h"

enum { LOCUST_PATH_MAX = 4096 };

struct locust_python {
    char program[LOCUST_PATH_MAX]; /* absolute, or as found on PATH */
    char package[LOCUST_PATH_MAX]; /* the folder that holds `locust` and `halftime` */
    char path_variable[2 * LOCUST_PATH_MAX + 16];
    const char *argv[5];
    const char *environment[2];
    struct process_program process; /* points into this */
};
/* asked: --python, or NULL: then that of $VIRTUAL_ENV, else the first python3 on PATH that has gevent.
 * ERROR_INVALID with a sentence that tells what to install. */
int locust_python_find(struct locust_python *p, const char *asked, struct error *err) MUST_USE;

#endif
