/* How far another machine's monotonic clock is from ours: asked a few times, the answer with the shortest way
 * counts, since the error is at most half of its way. Pure. */
#ifndef FLEET_CLOCK_MATCH_H
#define FLEET_CLOCK_MATCH_H

#include <stdbool.h>
#include <stdint.h>

struct clock_match {
    unsigned rounds;
    int64_t rtt_us;    /* of the best round */
    int64_t offset_us; /* ours minus theirs */
};
#define CLOCK_MATCH_NULL ((struct clock_match){0})

void clock_match_round(struct clock_match *m, int64_t asked_us, int64_t theirs_us, int64_t answered_us);
/* Their instant on our clock. */
static inline int64_t clock_match_ours_us(const struct clock_match *m, int64_t theirs_us) {
    return theirs_us + m->offset_us;
}

#endif
