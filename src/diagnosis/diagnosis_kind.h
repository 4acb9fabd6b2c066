/* The kinds of findings, in one table. */
#ifndef DIAGNOSIS_DIAGNOSIS_KIND_H
#define DIAGNOSIS_DIAGNOSIS_KIND_H

#include <stdbool.h>

/* X(enumerator, key, title, note): notes say what was seen where nothing is broken. tidy: table */
#define DIAGNOSIS_KINDS(X)                                                                                   \
    X(GENERATOR, "generator", "the load generator was the limit", false)                                     \
    X(NETWORK, "network", "the network was the limit", false)                                                \
    X(SCRIPT, "script", "the script is at fault", false)                                                     \
    X(WORKERS, "workers", "too few server workers", false)                                                   \
    X(THREAD_POOL, "thread_pool", "the thread pool is full", false)                                          \
    X(ACCEPT_QUEUE, "accept_queue", "the accept queue overflows", false)                                     \
    X(CPU, "cpu", "the processor is the limit", false)                                                       \
    X(CPU_QUOTA, "cpu_quota", "the processor quota throttles", false)                                        \
    X(DB_POOL, "db_pool", "the database pool is full", false)                                                \
    X(DB_CONNECTIONS, "db_connections", "too many database connections", false)                              \
    X(MISSING_INDEX, "missing_index", "an index is missing", false)                                          \
    X(SLOW_QUERY, "slow_query", "queries are slow", false)                                                   \
    X(N_PLUS_1, "n_plus_1", "N+1 queries", false)                                                            \
    X(LOCK, "lock", "a lock is contended", false)                                                            \
    X(MEMORY_LEAK, "memory_leak", "memory leaks", false)                                                     \
    X(MEMORY_FULL, "memory_full", "memory is full", false)                                                   \
    X(SWAP, "swap", "the machine swaps", false)                                                              \
    X(CACHE_MISSES, "cache_misses", "the cache misses", false)                                               \
    X(CACHE_EVICTIONS, "cache_evictions", "the cache evicts", false)                                         \
    X(CACHE_WITHOUT_TTL, "cache_without_ttl", "cached keys never expire", false)                             \
    X(MESSAGE_BACKLOG, "message_backlog", "messages pile up", false)                                         \
    X(RATE_LIMIT, "rate_limit", "a rate limit or quota refuses", false)                                      \
    X(ERRORS, "errors", "requests fail at any load", false)                                                  \
    X(OVERLOAD, "overload", "requests fail under load", false)                                               \
    X(ELASTICITY, "elasticity", "replicas do not come", false)                                               \
    X(CONNECTION_CHURN, "connection_churn", "connections are not kept open", false)                          \
    X(SLOW_UPSTREAM, "slow_upstream", "an upstream service is slow", false)                                  \
    X(STATIC_BY_APP, "static_by_app", "the application serves static files", false)                          \
    X(CACHED_PAGES, "cached_pages", "cached pages are fast, the others queue", false)                        \
    X(STALLS, "stalls", "everything stops at times", false)                                                  \
    X(COLD_START, "cold_start", "a cold start", false)                                                       \
    X(SATURATED, "saturated", "something inside is full", false)                                             \
    X(UNKNOWN, "unknown", "I can't tell", false)                                                             \
    X(CONVERGING, "converging", "figures had not settled", true)                                             \
    X(DB_DISTANCE, "db_distance", "the database is far away", true)                                          \
    X(KNEE, "knee", "the knee", true)                                                                        \
    X(OVERPROVISIONED, "overprovisioned", "more than is needed", true)

enum diagnosis_kind {
#define DIAGNOSIS_ENUM(id, key, title, note) DIAGNOSIS_##id,
    DIAGNOSIS_KINDS(DIAGNOSIS_ENUM)
#undef DIAGNOSIS_ENUM
        DIAGNOSIS_KIND_COUNT
};

const char *diagnosis_kind_key(enum diagnosis_kind k);   /* "db_pool" */
const char *diagnosis_kind_title(enum diagnosis_kind k); /* "the database pool is full" */
bool diagnosis_kind_note(enum diagnosis_kind k);
/* Is `symptom` what one sees when `cause` is the matter? A worker that waits for the pool is busy, too. */
bool diagnosis_kind_explains(enum diagnosis_kind cause, enum diagnosis_kind symptom);

#endif
