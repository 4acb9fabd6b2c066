/* What all processes of the backend share: the faults, the gates, the limits. Made by the parent before it
 * forks. */
#ifndef TARGET_COMMONS_H
#define TARGET_COMMONS_H

#include "target/access_log.h"
#include "target/fault.h"
#include "target/gate.h"
#include "target/metrics.h"
#include "target/served.h"

enum commons_gate { COMMONS_WORKERS, COMMONS_POOL, COMMONS_LOCK, COMMONS_GATES };

enum {
    COMMONS_LEAK_MAX = 512 * 1024 * 1024,  /* bytes over all processes: memory-leak stops there */
    COMMONS_CACHE_MAX = 512 * 1024 * 1024, /* the same for cache-ttl=none */
    COMMONS_LLM_CLIENTS = 1024,            /* token meters; who has the same number shares one */
};

/* A process's part: written by it, read by all. */
struct backend_shared {
    struct served served;
    struct metrics metrics;
    struct access_log_pending log_pending;
    _Atomic int pid; /* 0 = not running */
};

struct commons {
    struct fault_set faults;
    struct gate gates[COMMONS_GATES];
    _Atomic int64_t rate_meter, leaked_bytes, cached_bytes;
    _Atomic int64_t llm_meters[COMMONS_LLM_CLIENTS];
    _Atomic uint64_t changes; /* of the faults at run time */
    _Atomic uint64_t dead_cpu_us;
    _Atomic uint64_t restarts;
    int64_t started_ns, started_wall_ns;
    int64_t llm_tokens_per_minute;
    uint64_t secret[2];
    unsigned processes;
    int wake_fds[GATE_PROCESSES_MAX]; /* eventfds: a gate opened, or a fault was switched */
    struct backend_shared parts[];
};

int commons_new(
    struct commons **out, unsigned processes, const struct fault_set *faults, struct error *err) MUST_USE;
void *commons_free(struct commons *c);
void commons_wake(void *commons, unsigned process); /* a gate_wake_fn */
void commons_wake_all(struct commons *c);
/* Switches one fault, in all processes at once. ERROR_INVALID: it contradicts another one. */
int commons_switch(struct commons *c, enum fault_id id, int64_t value, struct error *err) MUST_USE;
/* The process died: frees what it held. */
void commons_forget(struct commons *c, unsigned process);
int64_t commons_now_ns(void); /* CLOCK_MONOTONIC */

#endif
