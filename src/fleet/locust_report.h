/* The `stats` message of Locust's wire protocol and our recorder, both ways.
 *
 * Ours to theirs: response times go into Locust's two-digit buckets by the middle of our own (≤ 0.1 % wide);
 * counts, sums, minima, maxima and counts per second are exact. Theirs to ours: each of their buckets becomes
 * as many values at the bucket's number; count, sum, minimum and maximum stay exact, what lay between two
 * bucket numbers is lost.
 *
 * Between two programs of ours the report also carries `halftime`: the same as a packed snapshot, with
 * nothing lost. */
#ifndef FLEET_LOCUST_REPORT_H
#define FLEET_LOCUST_REPORT_H

#include "fleet/locust_message.h"
#include "report/locust_stats.h"
#include "stats/snapshot.h"

enum { LOCUST_REPORT_ENTRIES_MAX = 10000, LOCUST_REPORT_BUCKETS_MAX = 20000 };
#define LOCUST_REPORT_SNAPSHOT "halftime"

/* What was measured since the last report. */
struct locust_report {
    struct recorder recorder;
    struct locust_stats stats;
    struct run_state state;
    struct snapshot_head head; /* of the snapshots we make */
};
int locust_report_init(struct locust_report *r) MUST_USE;
void locust_report_deinit(struct locust_report *r);
/* A packed snapshot of a worker of ours; about once a second, so that the counts per second are right. */
int locust_report_add(struct locust_report *r, struct view snapshot) MUST_USE;
void locust_report_clear(struct locust_report *r); /* all begins anew */

struct locust_report_class {
    struct view name;
    uint64_t users;
};
struct locust_report_options {
    const struct locust_report_class *classes;
    size_t class_count;
    const json_t *more; /* an object: keys of the locustfile's listeners; NULL = none. Ours win */
    bool snapshot;      /* the master is one of ours */
};
/* Packs the report as one value and clears it. */
void locust_report_pack(
    struct locust_report *r, struct locust_packer *p, const struct locust_report_options *o);
/* {class: users, …} */
void locust_report_pack_classes(struct locust_packer *p, const struct locust_report_class *classes, size_t n);

/* Adds a worker's report to `into`. Returns how many entries were not understood and left out, or a negative
 * error. */
int locust_report_read(const msgpack_object *data, struct recorder *into) MUST_USE;
/* One exception of a worker. */
void locust_report_exception(const msgpack_object *data, struct view node_id, struct recorder *into);
/* The key of a failure in a report: SHA-256 of METHOD.name.repr(error), in hexadecimal digits. */
int locust_report_key(struct view method, struct view name, struct view error, char out[65]) MUST_USE;

#endif
