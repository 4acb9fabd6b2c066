/* Times that a closed loop hides: what users felt from when they were due (open model), and what a stall kept
 * from being sent at all (closed model; an estimate). */
#ifndef REPORT_MEANING_TIMING_H
#define REPORT_MEANING_TIMING_H

#include "report/meaning.h"

bool meaning_timing_open(const struct run_state *r); /* some of the load came by a schedule */
/* A sentence with a leading blank, or nothing. durations: of requests, as measured. */
int meaning_timing_omitted(const struct meaning *m, const struct run_state *r,
    const struct histogram *durations, struct buf *out) MUST_USE;
/* A small table: iterations by response time (from the intended start) and by service time; nothing for
 * closed models. */
int meaning_timing_table(const struct run_state *r, struct buf *out) MUST_USE;

#endif
