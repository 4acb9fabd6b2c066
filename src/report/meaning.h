/* What a run means, in one to three sentences: valid or not, converged or still rising, where the knee was, errors, which percentile
 * matters to whom; and how many requests the server should have seen.
 *
 * Whether a figure was still rising can only be told from its course, so a small series of points is kept while the run goes. */
#ifndef REPORT_MEANING_H
#define REPORT_MEANING_H

#include "report/sink.h"

enum {
    MEANING_POINTS_MAX = 720,   /* then neighbours are merged: a point covers twice as much */
};

/* A stretch of the run. */
struct meaning_point {
    double from_s, to_s;
    double requests, sum_ms; /* answered in it, and the sum of their durations */
    double users;            /* the load: the most users in it, or in the open model arrivals per second */
};
struct meaning {
    struct meaning_point points[MEANING_POINTS_MAX];
    size_t count;
    double step_s;                      /* what a point covers */
    double seen_requests, seen_ms, seen_arrivals, at_s; /* totals at the last second, to form differences */
    bool open; /* all of the load comes by a schedule */
    struct validity validity; /* the run's, as last seen: it is asked for after the run, too */
};

void meaning_init(struct meaning *m);
void meaning_second(struct meaning *m, const struct run_state *r); /* after each merged second */
/* True when the generator itself was the limit for a part of the run. */
bool meaning_invalid(const struct meaning *m);
/* Appends the paragraph with its heading, INVALID first. colour: with ANSI colours. */
int meaning_write(const struct meaning *m, const struct run_state *r, bool colour, struct buf *out) MUST_USE;

#endif
