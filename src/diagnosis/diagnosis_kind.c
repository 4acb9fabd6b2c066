/* Who waits for something deep inside holds all that lies before it: a queue of requests stands behind full
 * workers, those behind a full pool, that behind a lock. So the deepest queue is the cause. */
#include "diagnosis/diagnosis_kind.h"

#include <stddef.h>

static const struct {
    const char *key, *title;
    bool note;
} kinds[] = {
#define DIAGNOSIS_ROW(id, key, title, note) {key, title, note},
    DIAGNOSIS_KINDS(DIAGNOSIS_ROW)
#undef DIAGNOSIS_ROW
};

static const struct {
    enum diagnosis_kind cause, symptom;
} explanations[] = {
    {DIAGNOSIS_LOCK, DIAGNOSIS_DB_POOL},
    {DIAGNOSIS_LOCK, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_LOCK, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_LOCK, DIAGNOSIS_SLOW_QUERY},
    {DIAGNOSIS_DB_POOL, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_DB_POOL, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_MISSING_INDEX, DIAGNOSIS_SLOW_QUERY},
    {DIAGNOSIS_MISSING_INDEX, DIAGNOSIS_DB_POOL},
    {DIAGNOSIS_MISSING_INDEX, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_MISSING_INDEX, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_MISSING_INDEX, DIAGNOSIS_CPU},
    {DIAGNOSIS_MISSING_INDEX, DIAGNOSIS_LOCK},
    {DIAGNOSIS_N_PLUS_1, DIAGNOSIS_SLOW_QUERY},
    {DIAGNOSIS_N_PLUS_1, DIAGNOSIS_DB_POOL},
    {DIAGNOSIS_N_PLUS_1, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_N_PLUS_1, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_N_PLUS_1, DIAGNOSIS_CPU},
    {DIAGNOSIS_SLOW_UPSTREAM, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_SLOW_UPSTREAM, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_STATIC_BY_APP, DIAGNOSIS_CPU},
    {DIAGNOSIS_STATIC_BY_APP, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_STATIC_BY_APP, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_CPU_QUOTA, DIAGNOSIS_CPU},
    {DIAGNOSIS_CPU_QUOTA, DIAGNOSIS_WORKERS},
    {DIAGNOSIS_CPU_QUOTA, DIAGNOSIS_THREAD_POOL},
    {DIAGNOSIS_CPU, DIAGNOSIS_SLOW_QUERY},
    {DIAGNOSIS_DB_CONNECTIONS, DIAGNOSIS_SLOW_QUERY},
    {DIAGNOSIS_CACHE_WITHOUT_TTL, DIAGNOSIS_MEMORY_LEAK},
    {DIAGNOSIS_CACHE_WITHOUT_TTL, DIAGNOSIS_MEMORY_FULL},
    {DIAGNOSIS_CACHE_WITHOUT_TTL, DIAGNOSIS_CACHE_EVICTIONS},
    {DIAGNOSIS_CACHE_EVICTIONS, DIAGNOSIS_CACHE_MISSES},
    {DIAGNOSIS_MEMORY_LEAK, DIAGNOSIS_MEMORY_FULL},
    {DIAGNOSIS_MEMORY_LEAK, DIAGNOSIS_SWAP},
    {DIAGNOSIS_ACCEPT_QUEUE, DIAGNOSIS_CONNECTION_CHURN},
    {DIAGNOSIS_ACCEPT_QUEUE, DIAGNOSIS_CPU},
    {DIAGNOSIS_RATE_LIMIT, DIAGNOSIS_ERRORS},
    {DIAGNOSIS_RATE_LIMIT, DIAGNOSIS_OVERLOAD},
    {DIAGNOSIS_COLD_START, DIAGNOSIS_CONVERGING},
};

const char *diagnosis_kind_key(enum diagnosis_kind k) {
    return kinds[k].key;
}

const char *diagnosis_kind_title(enum diagnosis_kind k) {
    return kinds[k].title;
}

bool diagnosis_kind_note(enum diagnosis_kind k) {
    return kinds[k].note;
}

bool diagnosis_kind_explains(enum diagnosis_kind cause, enum diagnosis_kind symptom) {
    if (cause == symptom)
        return false;
    if (cause == DIAGNOSIS_GENERATOR)
        return true;
    if (symptom == DIAGNOSIS_SATURATED || symptom == DIAGNOSIS_UNKNOWN)
        return true;
    for (size_t i = 0; i < sizeof explanations / sizeof *explanations; i++)
        if (explanations[i].cause == cause && explanations[i].symptom == symptom)
            return true;
    return false;
}
