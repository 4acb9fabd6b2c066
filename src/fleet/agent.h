/* An agent: what `halftime fleet worker` is on each machine. It only dials out; announces the machine on the
 * bus, takes runs (fleet/errand), and waits for the next one. */
#ifndef FLEET_AGENT_H
#define FLEET_AGENT_H

#include "core/log.h"
#include "fleet/nats_link.h"
#include "fleet/process.h"

enum { AGENT_ERRANDS_MAX = 16, AGENT_ORPHAN_S = 60, AGENT_BEAT_US = 1000 * 1000 };

struct agent_options {
    struct nats_options bus;
    const char *labels; /* separated by commas; "" = none */
    const char *host;   /* NULL = the machine's name */
    int slots;          /* worker processes at most; 0 = the number of cores */
    int64_t orphan_us;
    const struct process_program *python; /* NULL = Locust files are not run here */
    struct log_sink *log;
};
/* Until SIGINT or SIGTERM (what runs is stopped then), or the bus refuses us: a negative error with its
 * sentence. */
int agent_run(const struct agent_options *o, struct error *err) MUST_USE;

#endif
