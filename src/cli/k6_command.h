/* The k6 personality: its subcommands as a table, and what each is called with. */
#ifndef CLI_K6_COMMAND_H
#define CLI_K6_COMMAND_H

#include "cli/exit_code.h"
#include "cli/k6_flags.h"
#include "cli/log_printer.h"

enum { K6_COMMAND_TABLES = 12 };

struct k6_call;
struct k6_command {
    const char *name;     /* NULL ends the table */
    const char *usage;    /* "run [flags]" */
    const char *summary;  /* one line for the list of commands */
    const char *text;     /* what the help says first */
    const char *examples; /* NULL = none */
    const struct flag *tables[K6_COMMAND_TABLES + 1];
    bool system_env;      /* default of --include-system-env-vars */
    bool settings;        /* k6_settings are wanted */
    int (*run)(struct k6_call *call); /* returns the exit code */
};
extern const struct k6_command k6_commands[];

struct k6_call {
    const struct k6_command *command;
    const char *program;        /* "k6" or "halftime k6" */
    int argc;                   /* as typed; argv[0] = the command's word */
    char **argv;
    struct flag_result flags;
    const struct flag *tables[K6_COMMAND_TABLES + 2];
    struct k6_settings settings;
    struct log_printer log;
};

/* argv[0] is the personality's name ("k6"). Returns the exit code. */
int k6_main(const char *program, int argc, char **argv);
/* One command straight away: of the table (halftime run), or one of its own that shares the flags (halftime capacity). */
int k6_command_main(const struct k6_command *c, const char *program, int argc, char **argv);
int k6_command_run(const char *program, const char *name, int argc, char **argv);

int cmd_k6_run(struct k6_call *call);
int cmd_k6_archive(struct k6_call *call);
int cmd_k6_inspect(struct k6_call *call);
int cmd_k6_version(struct k6_call *call);
int cmd_k6_new(struct k6_call *call);

#endif
