/* What a run means, in one to three sentences: valid or not, converged or still rising, where the knee was, errors, which percentile
 * matters to whom; and how many requests the server should have seen.
 *
 * Whether a figure was still rising can only be told from its course, so a small series of points is kept while the run goes. */
#ifndef REPORT_MEANING_H
#define REPORT_MEANING_H

#include "report/sink.h"

enum {
    MEANING_POINTS_MAX = 720,   /* then neighbours are merged: a point covers twice as much */
    MEANING_BUSY_PERCENT = 90,  /* CPU of a worker; beyond it the generator is the limit */
    MEANING_BAD_SECONDS_MIN = 3,
};

/* A stretch of the run. */
struct meaning_point {
    double from_s, to_s;
    double requests, sum_ms; /* answered in it, and the sum of their durations */
    double users;            /* the most in it */
};
struct meaning {
    struct meaning_point points[MEANING_POINTS_MAX];
    size_t count;
    double step_s;                      /* what a point covers */
    double seen_requests, seen_ms, at_s; /* totals at the last second, to form differences */
    /* the generator's own health, over all workers */
    double busy_seconds, late_seconds, bad_from_s, bad_to_s;
    double worst_cpu; /* 0…1 of one core, of the busiest worker in its busiest second */
    int64_t worst_late_us;
    uint64_t ports_exhausted, descriptors_exhausted;
};

void meaning_init(struct meaning *m);
void meaning_second(struct meaning *m, const struct run_state *r); /* after each merged second */
/* True when the generator itself was the limit for a part of the run. */
bool meaning_invalid(const struct meaning *m);
/* Appends the paragraph with its heading, INVALID first. colour: with ANSI colours. */
int meaning_write(const struct meaning *m, const struct run_state *r, bool colour, struct buf *out) MUST_USE;

#endif
