/* What can be wrong with the practice backend, on purpose: one row each.
 *
 * A fault is a name and a number ("cpu-ms=600"). Whoever plays the fault reads its value with fault_value();
 * 0 always means that the fault is off. A set may lie in memory shared by processes: values are atomic, and a
 * change is seen by all at once. */
#ifndef TARGET_FAULT_H
#define TARGET_FAULT_H

#include "core/buf.h"
#include <stdint.h>
#include <stdio.h>

enum fault_unit {
    FAULT_COUNT,
    FAULT_MS,      /* milliseconds, or as Go writes durations ("1.5s") */
    FAULT_FINE_MS, /* the same, kept in microseconds: "66.4" */
    FAULT_SECONDS, /* seconds, or with a unit; kept as ms */
    FAULT_RATE,    /* "100/s", "600/m" or "100" (a second); kept per minute */
    FAULT_SHARE,   /* "0.05" or "5%"; kept in millionths */
    FAULT_KB,      /* KiB */
    FAULT_FLAG,    /* on or off */
    FAULT_NONE,    /* the word "none" */
    FAULT_PERIOD,  /* "S:MS", each S seconds for MS; kept packed, see fault_period_ms */
    FAULT_UNITS,
};

enum {
    FAULT_WORKERS_MAX = 4096,
    FAULT_MS_MAX = 600 * 1000,
    FAULT_US_MAX = 600 * 1000 * 1000,
    FAULT_RATE_MAX = 60 * 1000 * 1000,
    FAULT_SHARE_ALL = 1000 * 1000,
    FAULT_KB_MAX = 1024 * 1024,
};

/* id, name, unit, least, most, preset (what the bare name means; 0 = it needs a value), what it does, what
 * one sees. tidy: table */
#define FAULT_TABLE(X)                                                                                       \
    X(FAULT_WORKERS, "workers", FAULT_COUNT, 1, FAULT_WORKERS_MAX, 0,                                        \
        "only N requests are worked on at a time, the others queue (gunicorn -w N)",                         \
        "response time grows with users, throughput does not")                                               \
    X(FAULT_DB_POOL, "db-pool", FAULT_COUNT, 1, FAULT_WORKERS_MAX, 0,                                        \
        "requests that use the database share N connections, first come, first served",                      \
        "db_pool_waiting grows while the processor and the database are idle; worse with db-latency")        \
    X(FAULT_DB_LATENCY, "db-latency", FAULT_FINE_MS, 0, FAULT_US_MAX, 0,                                      \
        "every query takes MS longer, without processor time",                                               \
        "slower in proportion to the queries of a page; a queue while the cores are idle")                   \
    X(FAULT_N_PLUS_1, "n-plus-1", FAULT_FLAG, 1, 1, 1, "lists ask the database once more for each row",      \
        "db_queries_total grows much faster than the requests; lists are slow, single pages are not")        \
    X(FAULT_NO_INDEX, "no-index", FAULT_FLAG, 1, 1, 1, "queries ignore every index and read whole tables",   \
        "processor and query time grow with the rows (--seed); what uses no database stays fast")            \
    X(FAULT_CPU_MS, "cpu-ms", FAULT_FINE_MS, 0, FAULT_US_MAX, 0,                                             \
        "every request but health and assets burns MS of processor time", "the cores are busy")              \
    X(FAULT_LOCK, "lock", FAULT_MS, 1, FAULT_MS_MAX, 10,                                                     \
        "who uses the database holds one lock of all processes meanwhile, for MS at least (10 ms)",          \
        "at most 1000/MS requests a second however many cores there are, and they are idle")                 \
    X(FAULT_RATE_LIMIT, "rate-limit", FAULT_RATE, 1, FAULT_RATE_MAX, 0,                                      \
        "more than N requests a second are refused: 429 with Retry-After",                                   \
        "fast failures above a fixed throughput; health is spared")                                          \
    X(FAULT_ERROR_RATE, "error-rate", FAULT_SHARE, 1, FAULT_SHARE_ALL, 0,                                    \
        "so many of the requests fail with 500, by chance", "failures at any load, as fast as ever")         \
    X(FAULT_MEMORY_LEAK, "memory-leak", FAULT_KB, 1, FAULT_KB_MAX, 64,                                       \
        "every request leaves KB of memory behind (64), 512 MiB at most",                                    \
        "process_resident_memory_bytes rises with the requests and never falls")                             \
    X(FAULT_CACHE_TTL, "cache-ttl", FAULT_NONE, 1, 1, 0,                                                     \
        "the cache of search results never lets go of a key, 512 MiB at most",                               \
        "cache_entries and memory rise with each new key; old answers stay")                                 \
    X(FAULT_STALL_EVERY, "stall-every", FAULT_PERIOD, 1, INT64_MAX, 0,                                       \
        "each S seconds everything stops for MS, as a collector of garbage does (10:500)",                   \
        "a good median, a bad maximum; slow requests come in groups at even distances")                      \
    X(FAULT_SLOW_START, "slow-start", FAULT_SECONDS, 1, FAULT_MS_MAX, 0,                                     \
        "for S seconds after the start requests take up to 400 ms longer, less and less (cold caches)",      \
        "the beginning of a run is slow; a run with a warm-up does not see it")                              \
    X(FAULT_ACCEPT_BACKLOG, "accept-backlog", FAULT_COUNT, 1, FAULT_WORKERS_MAX, 0,                          \
        "the kernel keeps only N connections that wait to be accepted",                                      \
        "with busy processes (cpu-ms) connecting takes 1, 3, 7 s: the client's kernel repeats")              \
    X(FAULT_STATIC_BY_APP, "static-by-app", FAULT_FLAG, 1, 1, 1,                                             \
        "assets queue and burn processor time like pages, and may not be cached",                            \
        "pages with many assets crowd out the rest; no 304")

enum fault_id {
#define FAULT_ENUM(id, ...) id,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_IDS
};

struct fault_set {
    _Atomic int64_t value[FAULT_IDS];
    _Atomic int64_t since_ns[FAULT_IDS]; /* CLOCK_MONOTONIC of the last change at run time; 0 = never */
};
#define FAULT_SET_NULL ((struct fault_set){.value = {0}})
enum { FAULT_TEXT_MAX = 48 };

static inline int64_t fault_value(const struct fault_set *s, enum fault_id id) {
    return __atomic_load_n((const int64_t *)&s->value[id], __ATOMIC_RELAXED);
}
/* The two halves of a FAULT_PERIOD; 0 when it is off. */
int64_t fault_period_ms(const struct fault_set *s, enum fault_id id);
int64_t fault_pause_ms(const struct fault_set *s, enum fault_id id);

void fault_copy(struct fault_set *to, const struct fault_set *from);
/* Reads "name=value" (or the bare name where the row has a preset) into the set; the last one wins. Returns
 * 0, ERROR_SYNTAX or ERROR_INVALID with a sentence that names the known faults or the permitted range. */
int fault_parse(struct fault_set *s, struct view text, struct error *err) MUST_USE;
/* ERROR_INVALID and why, when two faults of the set make no sense together. */
int fault_check(const struct fault_set *s, struct error *err) MUST_USE;

/* FAULT_IDS and "did you mean" in err when there is none of that name. */
enum fault_id fault_find(struct view name, struct error *err);
const char *fault_name(enum fault_id id);
const char *fault_what(enum fault_id id);
const char *fault_sees(enum fault_id id);
const char *fault_value_hint(enum fault_id id); /* "N", "MS", "S:MS" …; "" for flags */
bool fault_needs_value(enum fault_id id);
/* The value as fault_parse reads it; "on" for flags, "off" for 0. Returns out. */
char *fault_format_value(const struct fault_set *s, enum fault_id id, char out[FAULT_TEXT_MAX]);
/* "workers=1 cpu-ms=600"; empty without faults. Returns out. */
char *fault_format(const struct fault_set *s, char *out, size_t out_size);
/* One line per fault, for --help. */
void fault_print_table(FILE *out);

#endif
