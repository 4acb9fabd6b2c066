/* What a raw load counts: mergeable, and packed for the way from a process to its parent. */
#ifndef RAW_RAW_TALLY_H
#define RAW_RAW_TALLY_H

#include "net/fault.h"
#include "stats/histogram.h"

enum { RAW_TALLY_VERSION = 1, RAW_STATUS_CLASSES = 6 }; /* by first digit; 0 = beyond 5xx */

struct raw_tally {
    struct histogram service_ms;  /* from sending to the last byte; timeouts at their limit */
    struct histogram response_ms; /* from the intended instant; empty in the closed model */
    struct histogram rates;       /* requests per second of a process, sampled ten times a second */
    uint64_t statuses[RAW_STATUS_CLASSES]; /* answers */
    uint64_t faults[NET_FAULT_COUNT];
    uint64_t bytes_sent, bytes_received, connects;
    uint64_t due, unsent;         /* open model: requests whose instant came, and those of them never sent */
    uint64_t cut;                 /* under way when the run was over: the server may have counted them */
    uint64_t late_answers;        /* answered after the end of sending */
};
#define RAW_TALLY_NULL ((struct raw_tally){0})

void raw_tally_deinit(struct raw_tally *t);
void raw_tally_reset(struct raw_tally *t); /* to zero, keeping memory */
int raw_tally_merge(struct raw_tally *into, const struct raw_tally *from) MUST_USE;
void raw_tally_pack(const struct raw_tally *t, struct pack_writer *w);
int raw_tally_unpack_merge(struct raw_tally *into, struct pack_reader *r) MUST_USE; /* ERROR_SYNTAX, -ENOMEM */

uint64_t raw_tally_answers(const struct raw_tally *t);
uint64_t raw_tally_failures(const struct raw_tally *t);
/* The four kinds that people know from wrk. */
struct raw_socket_errors { uint64_t connect, read, write, timeout; };
struct raw_socket_errors raw_tally_socket_errors(const struct raw_tally *t);
/* What users felt: response times, or service times in the closed model. */
const struct histogram *raw_tally_latency(const struct raw_tally *t);

#endif
