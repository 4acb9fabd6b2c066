/* The subcommands of halftime: one file each, one row each. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

struct command {
    const char *name;    /* NULL ends the table */
    const char *usage;   /* "FILE [flags]" */
    const char *summary; /* NULL = not in the help */
    int (*run)(int argc, char **argv); /* argv[0] = the command's name; returns the exit code */
};
extern const struct command commands[];

int cmd_run(int argc, char **argv);
int cmd_k6(int argc, char **argv);
int cmd_locust(int argc, char **argv);
int cmd_python(int argc, char **argv);
int cmd_capacity(int argc, char **argv);
int cmd_watch(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_agent(int argc, char **argv);
int cmd_ui(int argc, char **argv);
int cmd_runs(int argc, char **argv);
int cmd_diagnose(int argc, char **argv);
int cmd_logs(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_matrix(int argc, char **argv);
int cmd_fleet(int argc, char **argv);
int cmd_target(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_help(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_worker(int argc, char **argv); /* `halftime __worker HOST`: internal; the whole command line */

#endif
