/* The next iteration number of each scenario, common to all workers of this machine: a page of shared memory
 * that the controller makes and every worker maps. So exec.scenario.iterationInTest counts without a gap, in
 * the order of starting, whatever the number of workers. A worker on another machine has no such page and
 * numbers by stripes. */
#ifndef FLEET_NUMBERING_H
#define FLEET_NUMBERING_H

#include "core/error.h"

#include <stdatomic.h>
#include <stdint.h>

/* The page, all zero; closed on exec. Negative errno on failure. */
int numbering_new(int *fd) MUST_USE;
/* PLAN_SCENARIOS_MAX counters, or NULL when fd is no such page. Never unmapped: they live as long as the
 * process. */
_Atomic uint64_t *numbering_map(int fd);

#endif
