/* What `halftime target` was asked to do. */
#ifndef TARGET_OPTIONS_H
#define TARGET_OPTIONS_H

#include "target/fault.h"
#include "target/shop_seed.h"
#include <stdbool.h>
#include <stdio.h>

enum {
    TARGET_LISTEN_MAX = 16,
    TARGET_PROCESSES_MAX = 256,
    TARGET_SEED_TODOS_MAX = 10 * 1000 * 1000,
};

struct target_options {
    const char *listen[TARGET_LISTEN_MAX]; /* "host:port", "[::1]:port", ":port" (loopback) or "port" */
    size_t listen_count;
    const char *admin; /* where faults are switched; NULL = the usual port or a free one, "none" */
    struct fault_set faults;
    const char *log;    /* path, "-" for stdout, NULL for none */
    const char *db;     /* path, NULL for a temporary one that is removed at the end */
    unsigned processes; /* 0 = one per core */
    struct shop_seed seed;
    int64_t seed_todos;               /* todos created before the first request, if the table is empty */
    const char *otlp_url, *otlp_file; /* where spans go; NULL = nowhere; not both */
    int64_t llm_tokens;               /* per minute and client; 0 = no limit */
    bool strict;                      /* DELETE of an unknown todo is 404, not 200 */
    bool stats;                       /* one line per second on err */
    FILE *out, *err;                  /* NULL = stdout, stderr */
};
#define TARGET_OPTIONS_NULL ((struct target_options){0})

/* The whole command line, argv[0] being the command's name. Strings are kept by reference.
 * Returns 0 = run it; 1 = help was printed on stdout, nothing to run; ERROR_SYNTAX = wrong usage, told on
 * err. */
int target_options_parse(struct target_options *o, int argc, char **argv, FILE *err) MUST_USE;
void target_options_print_help(FILE *out);

#endif
