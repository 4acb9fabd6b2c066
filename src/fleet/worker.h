/* A worker process: an engine with the bus as its only connection to the world. */
#ifndef FLEET_WORKER_H
#define FLEET_WORKER_H

#include "script/script.h"

/* `halftime __worker HOST`: HOST names one of the hosts (NULL-terminated table). The bus is descriptor PROCESS_BUS_FD. Returns the
 * process's exit code: 0 after an orderly end, 1 otherwise. */
int fleet_worker_main(int argc, char **argv, const struct script_ops *const *hosts);

#endif
