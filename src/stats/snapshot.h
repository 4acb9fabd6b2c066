/* The snapshot: what one worker tells about one second. The one currency between engine, fleet, report, ledger, observe and web.
 *
 * Packed form: version, head, health, per-scenario progress, series (deltas), evidence (deltas), exemplars (what is new). Merging a snapshot twice would count
 * twice: (worker, seq) is its key, the merger keeps the last seq of each worker. */
#ifndef STATS_SNAPSHOT_H
#define STATS_SNAPSHOT_H

#include "stats/recorder.h"

enum { SNAPSHOT_VERSION = 3, SNAPSHOT_SCENARIOS_MAX = 256, SNAPSHOT_BYTES_MAX = 64 * 1024 * 1024 };

/* The worker's own health since the previous snapshot. */
struct snapshot_health {
    int64_t wall_us, cpu_us;        /* elapsed, and process CPU used in it */
    int64_t wait_us;                /* ready to run, but the core had others to do */
    int64_t steal_us;               /* stolen by the hypervisor, all cores */
    uint64_t cores;                 /* online */
    uint64_t net_drops;             /* received or sent bytes that this machine threw away: full rings, full socket buffers */
    int64_t turn_max_us;            /* longest turn of the loop */
    int64_t timer_late_max_us;      /* worst lateness of a timer */
    int64_t send_late_max_us;       /* worst lateness of an iteration against its schedule */
    uint64_t port_exhausted, fd_exhausted; /* connects that failed with EADDRNOTAVAIL / EMFILE, since the start */
    uint64_t samples_dropped;       /* from the sample stream only; aggregates never drop */
    uint64_t rss_bytes;
};

struct snapshot_scenario {
    uint64_t active_users, allocated_users;            /* gauges at the end of the interval */
    uint64_t started, completed, interrupted, dropped; /* iterations, totals since the start */
};

struct snapshot_head {
    uint32_t worker;
    uint64_t seq;            /* 1, 2, … */
    int64_t from_us, to_us;  /* since the start of the run (as the controller defined it) */
    uint64_t users_active, users_initialised;
    uint64_t requests_in_flight;
    bool final; /* the worker's last one */
    struct snapshot_health health;
    struct snapshot_scenario scenarios[SNAPSHOT_SCENARIOS_MAX];
    size_t scenario_count;
};

/* Packs the head and everything r recorded since last time, and resets r's deltas (not on error). */
int snapshot_pack(const struct snapshot_head *h, struct recorder *r, struct buf *out) MUST_USE;
/* Only the head: who and which, before deciding whether to merge. ERROR_SYNTAX. */
int snapshot_head_unpack(struct view packed, struct snapshot_head *h) MUST_USE;
/* Reads the head and merges series and evidence into the (controller's) recorder. On ERROR_SYNTAX and
 * ERROR_LIMIT the recorder is unchanged. */
int snapshot_unpack_merge(struct view packed, struct snapshot_head *h, struct recorder *into) MUST_USE;

#endif
