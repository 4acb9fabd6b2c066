/* A child process of ours: this same program in its worker role, with one end of a socketpair as descriptor 3 and, if given, one more
 * open file as descriptor 4. It dies with its parent, and ignores the terminal's Ctrl-C: the controller decides. */
#ifndef FLEET_PROCESS_H
#define FLEET_PROCESS_H

#include "core/loop.h"

#include <sys/types.h>

enum { PROCESS_BUS_FD = 3, PROCESS_NUMBERS_FD = 4 };

struct process {
    pid_t pid;     /* 0 = none */
    int socket_fd; /* the parent's end; taken over by the bus */
    int status;    /* as waitpid gave it, once reaped */
};
/* Another program that speaks our bus, in place of this one. */
struct process_program {
    const char *const *argv;        /* NULL-terminated; argv[0] is found on PATH */
    const char *const *environment; /* "NAME=value" over the environment of ours; NULL-terminated */
    const char *folder;             /* where it runs; NULL = where we do */
};
#define PROCESS_NULL ((struct process){.socket_fd = -1})

/* argv[0] of the child shows its role: "halftime worker 3 (k6)". numbers_fd: see fleet/numbering.h; -1 = none. */
/* program: NULL = this same program. */
int process_spawn(struct process *p, const struct process_program *program, const char *host_name, const char *role, int numbers_fd) MUST_USE;
void process_kill(struct process *p);
/* Waits up to patience_ms for the process to end by itself; false: it still runs. */
bool process_wait(struct process *p, int patience_ms);
/* Waits for the end (it is near: the socket was closed or the process was killed) and keeps the status. */
void process_reap(struct process *p);
/* "was killed by signal 11 (Segmentation fault)", "exited with code 3". */
const char *process_end_words(const struct process *p, char *out, size_t out_size);

#endif
