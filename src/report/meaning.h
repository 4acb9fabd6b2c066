/* What a run means, in one to three sentences: valid or not, converged or still rising, errors, which percentile matters to whom.
 *
 * Whether a figure was still rising can only be told from its course, so a small series of seconds is kept while the run goes. */
#ifndef REPORT_MEANING_H
#define REPORT_MEANING_H

#include "report/sink.h"

enum { MEANING_POINTS_MAX = 720, MEANING_SENTENCES_MAX = 6 };

/* One stretch of the run (a second, or several once it is long). */
struct meaning_point {
    double from_s, to_s;
    uint64_t requests, failed;
    double mean_ms;      /* of the requests in it; 0 without any */
    double users;
};
struct meaning {
    struct meaning_point points[MEANING_POINTS_MAX];
    size_t count;
    double step_s;        /* how much a point covers; doubles when points run out */
    /* totals at the last point, to form differences */
    uint64_t requests, failed;
    double sum_ms, at_s;
    /* the generator's own health */
    int64_t cpu_us, wall_us;          /* of the busiest worker-second run, summed over seconds with CPU > 90 % */
    double busy_seconds, worst_cpu;   /* worst_cpu: 0…1 */
    int64_t worst_turn_us, worst_late_us;
    double late_seconds;
    uint64_t ports_exhausted, descriptors_exhausted;
    double invalid_from_s, invalid_to_s;
};

void meaning_init(struct meaning *m);
void meaning_second(struct meaning *m, const struct run_state *r);
/* True when the generator itself was the limit for a part of the run. */
bool meaning_invalid(const struct meaning *m);
/* Appends the paragraph, lines ending in \n, INVALID first. colour: with ANSI colours. */
int meaning_write(const struct meaning *m, const struct run_state *r, bool colour, struct buf *out) MUST_USE;

#endif
