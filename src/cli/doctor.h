/* What limits the load that a machine can make: a pure function of facts, so that tests need no particular machine. */
#ifndef CLI_DOCTOR_H
#define CLI_DOCTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"

enum { DOCTOR_TEXT_MAX = 64 };

/* -1 or "" = could not be read. */
struct doctor_facts {
    int64_t descriptors_soft, descriptors_hard, descriptors_system;
    int64_t port_first, port_last;
    int64_t tcp_tw_reuse;      /* 0 off, 1 on, 2 loopback only */
    int64_t somaxconn;
    int64_t cores, cores_usable; /* of the machine; by affinity and cgroup quota (rounded down, at least 1) */
    int64_t memory_total, memory_available; /* bytes; the cgroup's when smaller */
    int64_t max_map_count;
    char clock_source[DOCTOR_TEXT_MAX];   /* "tsc" */
    char governor[DOCTOR_TEXT_MAX];       /* "performance", "powersave", "" without frequency scaling */
};
void doctor_facts_read(struct doctor_facts *f); /* of this machine */

enum doctor_state { DOCTOR_OK, DOCTOR_NOTE, DOCTOR_LIMITS };
struct doctor_finding {
    enum doctor_state state;
    const char *subject;       /* "descriptors" */
    char value[128];           /* what was found */
    char meaning[256];         /* what it allows */
    char remedy[256];          /* what to set and how; "" when nothing is to do */
};
enum { DOCTOR_FINDINGS_MAX = 16 };
/* Returns how many findings; in a fixed order. */
int doctor_examine(const struct doctor_facts *f, struct doctor_finding out[DOCTOR_FINDINGS_MAX]);

#endif
