/* What the database costs one request: each store brackets its statements with begin and end. The fault
 * db-latency is added up here and slept afterwards by whoever works on the request: a thread is never blocked
 * by it. */
#ifndef TARGET_QUERY_METER_H
#define TARGET_QUERY_METER_H

#include "target/fault.h"
#include "target/metrics.h"

enum { QUERY_METER_KEPT = 100 }; /* queries of one request that are told one by one */

/* Times since the first one began; the sleep of db-latency counts as part of each. */
struct query_told {
    const char *sql; /* the statement's, as long as its store lives */
    int64_t from_ns, ns;
};

struct query_meter {
    const struct fault_set *faults;
    struct metrics *metrics;
    unsigned queries; /* of this request */
    int64_t used_ns;  /* what they took */
    int64_t owed_ns;  /* what db-latency makes them take besides */
    int64_t first_ns; /* when the first one began; 0 = none */
    int64_t began_ns;
    bool tells; /* somebody wants `told` */
    struct query_told told[QUERY_METER_KEPT];
};

void query_meter_reset(struct query_meter *m);
/* Both take NULL, for stores that nobody watches. */
void query_meter_begin(struct query_meter *m);
void query_meter_end(struct query_meter *m, const char *sql);
bool query_meter_fault(const struct query_meter *m, enum fault_id id);

#endif
