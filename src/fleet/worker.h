/* A worker process: an engine with the bus as its only connection to the world. */
#ifndef FLEET_WORKER_H
#define FLEET_WORKER_H

#include "script/script.h"

struct fleet_worker;
/* For a program that has a loop of its own: the worker lives on `loop` until over. bus_fd is taken over; host and loop must outlive it. */
int fleet_worker_new(struct fleet_worker **out, struct loop *loop, const struct script_ops *host, int bus_fd) MUST_USE;
bool fleet_worker_loaded(const struct fleet_worker *w); /* the script was read, well or badly */
bool fleet_worker_over(const struct fleet_worker *w);   /* it was told to go; its last words are on the bus */
void fleet_worker_free(struct fleet_worker *w);         /* writes what is left to say; the loop must not be in a turn */

/* `halftime __worker HOST`: HOST names one of the hosts (NULL-terminated table). The bus is descriptor PROCESS_BUS_FD. Returns the
 * process's exit code: 0 after an orderly end, 1 otherwise. */
int fleet_worker_main(int argc, char **argv, const struct script_ops *const *hosts);

#endif
