/* Command-line flags from tables: parsing and help, in the manner of Go's pflag that k6's users know.
 *
 * `--name=value`, `--name value`, `-n value`, `-nvalue`, `-abc` for booleans, `--bool=false`, `--` ends flags; flags and arguments mix.
 * The result keeps every occurrence in order; who reads it decides whether the last wins or all count. */
#ifndef CLI_FLAGS_H
#define CLI_FLAGS_H

#include <stdio.h>

#include "core/error.h"
#include "core/view.h"

enum { FLAGS_OCCURRENCES_MAX = 4096, FLAGS_ARGS_MAX = 64, FLAGS_TABLES_MAX = 14 };

enum flag_type { FLAG_TEXT, FLAG_BOOL, FLAG_INT, FLAG_DURATION };

struct flag {
    const char *name;      /* NULL ends a table */
    char shorthand;        /* 0 = none */
    enum flag_type type;
    const char *value;     /* what the help calls the value: "int", "duration"; "" for booleans */
    const char *fallback;  /* default shown in the help; NULL = none */
    const char *bare;      /* value when given without one (booleans: "true"); NULL = a value must follow */
    const char *env;       /* environment variable with the same meaning; NULL = none */
    const char *option;    /* the k6 option it sets; NULL = none */
    const char *help;
};

struct flag_occurrence {
    const struct flag *flag;
    const char *value;
};
struct flag_result {
    struct flag_occurrence *items; /* heap */
    size_t count;
    const char *args[FLAGS_ARGS_MAX];
    size_t arg_count;
    bool help; /* -h, --help, or `help` was met; parsing stopped there */
};
#define FLAG_RESULT_NULL ((struct flag_result){0})

/* argv[0] is skipped. ERROR_INVALID with pflag's words. `tables`: NULL-terminated list. Texts stay those of argv. */
int flags_parse(const struct flag *const *tables, int argc, char **argv, struct flag_result *out, struct error *err) MUST_USE;
void flags_deinit(struct flag_result *r);

/* The last value given, else the environment variable's (when `env` is not NULL and the flag has one), else NULL. */
typedef const char *flags_getenv(const char *name);
const char *flags_get(const struct flag_result *r, const struct flag *const *tables, const char *name, flags_getenv *env);
/* As above for booleans; `fallback` when not given. ERROR_INVALID when the environment variable is no boolean. */
int flags_get_bool(const struct flag_result *r, const struct flag *const *tables, const char *name, flags_getenv *env, bool fallback, bool *out,
    struct error *err) MUST_USE;

/* "  -u, --vus int   number of …" with aligned columns over all tables, wrapped at FLAGS_HELP_COLUMNS. */
enum { FLAGS_HELP_COLUMNS = 118 };
void flags_print(const struct flag *const *tables, FILE *out);

bool flags_parse_bool(const char *text, bool *out); /* as Go: 1 t T true TRUE True 0 f … */

#endif
