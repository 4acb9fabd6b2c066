/* Was the generator itself the limit? Figures of a starved generator say nothing about the target, so every
 * second of a run is VALID, DEGRADED (the figures are worse than they need be, or less load was made than
 * planned) or INVALID, with the reasons.
 *
 * validity_of() judges what one worker told about one stretch of time: a pure function. struct validity adds
 * these up over workers and seconds: a second is as bad as its worst worker, and is counted once. */
#ifndef STATS_VALIDITY_H
#define STATS_VALIDITY_H

#include "stats/snapshot.h"

enum validity_state { VALIDITY_VALID, VALIDITY_DEGRADED, VALIDITY_INVALID };

/* X(enumerator, key, remedy) */
#define VALIDITY_REASONS(X)                                                                                  \
    X(BUSY, "cpu",                                                                                           \
        "use more workers (--workers), free the cores of other programs, or take another machine")           \
    X(STALLED, "stalled",                                                                                    \
        "find what held the loop: a script that computes, garbage collection, code that does not give way")  \
    X(LATE, "late", "use more workers or another machine; requests left later than the schedule wanted")     \
    X(STOLEN, "steal", "the hypervisor gave the cores to others: take a machine of your own")                \
    X(PORTS, "ports",                                                                                        \
        "keep connections open, widen net.ipv4.ip_local_port_range, or use more source addresses")           \
    X(DESCRIPTORS, "descriptors", "raise the limit of open files (ulimit -n)")                               \
    X(DROPS, "drops",                                                                                        \
        "raise net.core.rmem_max, net.ipv4.tcp_rmem and the card's ring sizes, or use more machines")        \
    X(USERS, "users", "give more users (maxVUs, preAllocatedVUs, -u) if the target was not the limit")
enum validity_reason {
#define VALIDITY_ENUM(id, key, remedy) VALIDITY_##id,
    VALIDITY_REASONS(VALIDITY_ENUM)
#undef VALIDITY_ENUM
        VALIDITY_REASON_COUNT
};

enum {
    VALIDITY_BUSY_PERCENT = 90,    /* of a core, used and waited for; beyond it the worker is the limit */
    VALIDITY_TIGHT_PERCENT = 80,   /* beyond it there is no room for a burst */
    VALIDITY_LATE_US = 100 * 1000, /* lateness that makes a second INVALID … */
    VALIDITY_TARDY_US = 25 * 1000, /* … or DEGRADED */
    VALIDITY_STOLEN_PERCENT = 20,
    VALIDITY_STEALING_PERCENT = 5,
    VALIDITY_SECONDS_MIN = 3,          /* bad seconds that make a bad run; ports and descriptors need none */
    VALIDITY_SHARE_PERCENT = 10,       /* and so much of it: a bad second at the start is no verdict */
    VALIDITY_WALL_MIN_US = 500 * 1000, /* less time than this says nothing about shares of it */
    VALIDITY_INTERVALS_MAX = 64,       /* then the last one is extended */
    VALIDITY_RING = 128,               /* seconds within which workers may tell at different times */
    VALIDITY_SPAN_MAX = 86400,         /* seconds that one reading may cover */
};

/* What one worker told about one stretch; counters are differences to its reading before. */
struct validity_reading {
    int64_t from_us, to_us; /* of the load */
    int64_t wall_us, cpu_us, wait_us, steal_us;
    int64_t turn_max_us, timer_late_max_us, send_late_max_us;
    uint64_t cores, ports, descriptors, drops, users; /* users: iterations that found no free one */
};
/* The differences between two healths of a worker (before = NULL: its first). Times and `users` are left to
 * the caller. */
struct validity_reading validity_reading_of(
    const struct snapshot_health *now, const struct snapshot_health *before);

struct validity_judgement {
    unsigned invalid, degraded;            /* bits 1 << reason */
    double figures[VALIDITY_REASON_COUNT]; /* shares of one core or of the time, milliseconds, or counts */
};
struct validity_judgement validity_of(const struct validity_reading *r);

struct validity_interval {
    int64_t from_s, to_s;
    enum validity_state state;
    unsigned reasons;
};
struct validity {
    struct validity_interval intervals[VALIDITY_INTERVALS_MAX];
    size_t interval_count;
    struct {
        double invalid_s, degraded_s, worst;
        uint64_t count;
    } reasons[VALIDITY_REASON_COUNT];
    double invalid_s, degraded_s, seconds; /* seconds: judged so far */
    double seconds_min;                    /* 0 = VALIDITY_SECONDS_MIN */
    struct {
        int64_t second;
        unsigned invalid, degraded;
        bool used;
    } ring[VALIDITY_RING];
};
void validity_add(struct validity *v, const struct validity_reading *r);
/* The run as a whole. */
enum validity_state validity_state(const struct validity *v);
/* The state of the second that was judged last but for those still to come in. */
enum validity_state validity_at(const struct validity *v, int64_t second);
/* Those reasons that make the run what it is, as bits. */
unsigned validity_reasons(const struct validity *v);

const char *validity_word(enum validity_state s);        /* "VALID" */
const char *validity_reason_key(enum validity_reason r); /* "cpu" */
const char *validity_reason_remedy(enum validity_reason r);

#endif
